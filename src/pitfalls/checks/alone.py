"""Whether a single column is too good to be true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

__all__ = ["too_good_alone"]


def too_good_alone(X: Any, y: Any, available_at: Any = None) -> pd.DataFrame:
    """Find the features that know more of the outcome, alone, than they may.

    Each feature is turned into at most eleven bins of its ranks, or its categories, with a missing
    value as one more. In a shuffled order each row gets the share of positive outcomes among the
    rows before it in its bin, and these shares are scored by AUROC. A feature that comes after the
    decision may know nothing; one that is known in time may not leave less than a quarter of the
    error that the next best in time leaves.

    Parameters
    ----------
    X : array or DataFrame of shape (n_rows, n_features)
        Numbers, categories, dates, missing values.
    y : array of shape (n_rows,)
        The outcome. Of one with more than two values it is asked whether a row lies in the upper
        half. Rows without an outcome are left out.
    available_at : mapping, Series, array of shape (n_features,) or float, default=None
        Hours (or days) from the decision until the feature holds what it holds here: above 0 it
        comes too late, at 0 or below it is known in time. NaN, or a feature that is not
        mentioned: its time is unknown.

    Returns
    -------
    DataFrame
        A row for each feature: ``value``, its AUROC alone, of rows predicted from other rows;
        ``null``, the most that this may be; ``verdict``. ``"not checked"`` where the time is
        unknown, the feature has one value only, or an outcome has fewer than five rows.

    Notes
    -----
    Under the null hypothesis no row's prediction depends on its own outcome, so that the AUROC is
    0.5 on average, with the variance of the Mann-Whitney statistic, scaled by A (1 - A) where the
    bound A is another. The reach above it grows with the number of features as that of the largest
    of so many normal variables. Of 100 tables whose features all come late and know nothing, 1 to
    4 have one that is called suspect, and fewer where some are in time. For a feature in time the
    bound is a convention, and a splendid marker breaks it: look before you throw it out.

    Rows must be independent. Two leaks that both claim to be in time hide each other. Without
    times there is no verdict: see Kaufman, Rosset, Perlich and Stitelman (2012).
    """
    X, y = pd.DataFrame(X).infer_objects(), pd.Series(np.ravel(y))
    high = (y.dropna().rank(pct=True) > 0.5).sample(frac=1, random_state=0)
    n, few, varied = len(high), min(sum(high), sum(~high)), X.nunique(dropna=False) >= 2
    hours = pd.Series(available_at, X.columns, float).where(varied & (few > 4)).to_numpy()
    risk = pd.DataFrame(0.0, high.index, range(len(hours)))
    for j, (_, c) in enumerate(X.items()):
        c = c if c.dtype.kind == "O" else c.rank(pct=True).round(1)
        past = high.groupby(pd.factorize(c)[0][high.index])
        risk[j] = (past.cumsum() - high + high.mean()) / (past.cumcount() + 1)
    own = 0.5 + risk.rank().groupby(high).mean().diff().sum() / n
    second = np.sort(np.r_[0.5, 0.5, own[hours <= 0]])[-2]
    null = np.where(hours <= 0, 0.75 + second / 4, 0.5)
    spread = null * (1 - null) * (n + 1) / max(3 * few * (n - few), 1)
    null += np.sqrt(2 * np.log(1 + 2 * len(hours)) * spread)
    said = np.select([np.isnan(hours), own > null], ["not checked", "suspect"], "clean")
    return pd.DataFrame({"value": own.array, "null": null, "verdict": said}, X.columns)
