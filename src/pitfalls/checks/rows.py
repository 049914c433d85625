"""Whether test rows are copies of training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import spatial, stats

from ._arguments import on_aligned_tables

__all__ = ["shared_rows"]


@on_aligned_tables
def shared_rows(train: Any, test: Any, tolerance: float = 0.01) -> pd.DataFrame:
    """Find test rows that have a copy, exact or near, among the training rows.

    Around each test row, how the distances of the 10th to the 20th nearest training row grow says
    in how many directions rows differ, and so how near the nearest one is by chance. A test row
    counts as shared where its nearest is nearer than that: where different rows come as near in
    fewer than `tolerance` of cases.

    Parameters
    ----------
    train, test : array or DataFrame with the same columns
        The rows on either side of the split: what the model is given, without names and numbers
        of rows. Columns may be numbers, categories or dates, and values may be missing.
    tolerance : float in (0, 1), default=0.01
        How seldom a different row comes as near as one that counts as shared.
        A smaller one, such as 1e-4, finds a handful of exact copies, and misses noisy ones.

    Returns
    -------
    DataFrame
        One row, ``test``, with the columns ``value`` (the share of test rows that count as
        shared), ``null`` (`tolerance`: at most so many do where all rows are different) and
        ``verdict``: ``"suspect"`` where so many come by chance in fewer than 1 of 100 tables,
        else ``"clean"``; ``"not checked"`` where an exact copy would not stand out either, as in
        few columns with few values, and where there are fewer than 10 training or 2 test rows or
        all rows are the same.

    Notes
    -----
    Distances are between ranks, so units and outliers do not matter. A value that several training
    rows have is spread at random over the ranks that they take: rows that agree because a column
    has few values come no nearer than the column allows. Missing is a value of its own. A column
    counts as much as it tells (its Rényi entropy). That rows differ in d directions means that
    the chance of a row within a distance grows with its d-th power; d is estimated from all test
    rows together.

    False alarms are rarer than 1 % where rows are drawn from one smooth population. Rows that are
    alike for another reason than copying are found as well: visits of one patient, neighbouring
    hours, knots of fewer than ten rows. More than nine copies of a row in `train` hide each other.
    With tens of thousands of rows a random sample of the test rows will do, and takes less time.
    """
    rows = pd.concat(map(pd.DataFrame, (train, test)), ignore_index=True)
    X = pd.DataFrame([pd.Categorical(c).codes for _, c in rows.items()]).T
    n, m, value, says = len(train), min(10, len(train) // 2), np.nan, "not checked"
    if m >= 5 and len(test) > 1 and X.size and X.nunique().max() > 1:
        room = X.apply(lambda c: c.map(c[:n].value_counts())).fillna(1) - 0.9
        w = np.log(n / (room.mean() + 0.9)).to_numpy()
        Z = w * (X.rank() + room * (np.random.default_rng(0).random(X.shape) - 0.5))
        r = spatial.KDTree(Z[:n]).query(Z[n:], 2 * m, workers=-1)[0]
        spread = (np.diff(np.log(r[:, m - 1 :])) * np.arange(m, 2 * m)).mean()
        limit = r[:, m - 1] * (1 - (1 - tolerance) ** (1 / (m - 1))) ** spread
        value = (r[:, 0] < limit).mean()
        if np.median(np.linalg.norm(w * room[n:], axis=1) / limit) < 6**0.5:
            alarm = stats.binom.sf(value * len(r) - 0.5, len(r), tolerance) < 0.01
            says = "suspect" if alarm else "clean"
    return pd.DataFrame(dict(value=value, null=tolerance, verdict=says), ["test"])
