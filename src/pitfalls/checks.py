"""Checks that a reader can take into a project of their own.

They take your procedure as a function, so that whatever it does to the data is inside the check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .datasets._arguments import check_count, check_rng

__all__ = [
    "features_that_look_ahead",
    "features_that_need_the_future",
    "scores_on_shuffled_labels",
]


def scores_on_shuffled_labels(
    procedure: Callable[[Any, np.ndarray], float],
    X: Any,
    y: np.ndarray,
    *,
    n_shuffles: int = 20,
    random_state: Any = None,
) -> np.ndarray:
    """Run a whole procedure on labels that mean nothing.

    Shuffled labels cannot be predicted, so a procedure that scores better than chance on them has
    seen what it is scored on. Unlike `sklearn.model_selection.permutation_test_score`, which
    shuffles inside the cross-validation of one estimator, this also covers what you did before.

    Parameters
    ----------
    procedure : callable (X, y) -> float
        Everything between the raw data and the number that you report: selection, scaling,
        splitting, fitting, scoring.
    X : array or DataFrame of n rows
        The raw data.
    y : array of shape (n,)
        The labels.
    n_shuffles : int, default=20
        How often to shuffle.
    random_state : int, Generator or None, default=None
        Seed of the shuffles.

    Returns
    -------
    array of shape (n_shuffles,)
        The procedure's scores. Compare their mean with chance.

    Notes
    -----
    Shuffling assumes that rows can be exchanged: with several rows a patient or a series in time,
    shuffle whole patients or blocks instead. See Ojala and Garriga (2010) on what permutation
    tests of classifiers show.
    """
    n_shuffles = check_count("n_shuffles", n_shuffles)
    rng = check_rng(random_state)
    return np.array([procedure(X, rng.permutation(y)) for _ in range(n_shuffles)])


def features_that_look_ahead(
    make_features: Callable[[pd.DataFrame], pd.DataFrame],
    series: pd.DataFrame,
    *,
    n_cuts: int = 20,
    random_state: Any = None,
) -> pd.Series:
    """Find the features that change when the future is taken away.

    The series is cut off after a row drawn at random, the features are made again, and the last
    row is compared with the same row made from the whole series.

    Parameters
    ----------
    make_features : callable (frame) -> frame
        Everything between the raw series and the features; a row for each row of the series.
    series : DataFrame of n rows
        The raw series, in order of time.
    n_cuts : int, default=20
        How often to cut, in the later half of the series; more find a rarer look ahead.
    random_state : int, Generator or None, default=None
        Seed of the cuts.

    Returns
    -------
    Series
        For each feature the share of cuts at which it changed, in [0, 1]; 0 for a feature of the
        past.

    Raises
    ------
    ValueError
        If `series` has fewer than 4 rows or `make_features` does not give one row for each.
    """
    n_cuts = check_count("n_cuts", n_cuts)
    rng = check_rng(random_state)
    if len(series) < 4:
        raise ValueError(f"series has {len(series)} rows; it needs at least 4")
    whole = make_features(series)
    if len(whole) != len(series):
        raise ValueError(f"make_features gave {len(whole)} rows for {len(series)} rows of series")
    ends = rng.integers(len(series) // 2, len(series) - 1, n_cuts)
    changed = [
        ~np.isclose(
            make_features(series.iloc[: end + 1]).iloc[-1].to_numpy(dtype=float),
            whole.iloc[end].to_numpy(dtype=float),
            equal_nan=True,
        )
        for end in ends
    ]
    return pd.Series(np.mean(changed, axis=0), index=whole.columns, name="share of cuts")


def features_that_need_the_future(
    make_features: Callable[[pd.DataFrame], Any],
    X: pd.DataFrame,
    *,
    known: Any,
    random_state: Any = None,
) -> pd.Series:
    """Find the features that change when what is not known on the day is replaced.

    For rows that hold their own future in further columns, such as windows with their horizon,
    or patients with what was charted after admission. The columns that are not known are taken
    from other rows, the features are made again and compared.

    Parameters
    ----------
    make_features : callable (frame) -> frame or array of n rows
        Everything between the raw rows and what the model is given.
    X : DataFrame of n rows
        The raw rows, at least 2; a handful will do.
    known : array of bool of shape (n_columns,)
        True for the columns of `X` that hold on the day what they hold here.
    random_state : int, Generator or None, default=None
        Seed of the exchange.

    Returns
    -------
    Series
        For each feature the share of rows in which it changed, in [0, 1]; 0 for a feature that
        needs no more than what is known.

    Raises
    ------
    ValueError
        If `X` has one row, `known` does not say yes or no for each column, all columns are known,
        or `make_features` does not give one row for each.

    See Also
    --------
    features_that_look_ahead : The same for one series in order of time.

    Notes
    -----
    The check believes `known`. It cannot see that a column was filled in or revised later.
    """
    rng = check_rng(random_state)
    if len(X) < 2:
        raise ValueError(f"X has {len(X)} rows; it needs at least 2")
    later = ~_mask("known", known, X.shape[1])
    if not later.any():
        raise ValueError("known is True for every column of X; there is no future to replace")
    # A shift by at least one row, so that no row keeps its own future.
    others = (np.arange(len(X)) + rng.integers(1, len(X))) % len(X)
    columns = [
        X.iloc[others if is_later else slice(None), place].set_axis(X.index)
        for place, is_later in enumerate(later)
    ]
    exchanged = pd.concat(columns, axis=1)
    before, after = pd.DataFrame(make_features(X)), pd.DataFrame(make_features(exchanged))
    if len(before) != len(X):
        raise ValueError(f"make_features gave {len(before)} rows for the {len(X)} rows of X")
    values = (frame.to_numpy(dtype=float) for frame in (before, after))
    changed = ~np.isclose(*values, equal_nan=True)
    return pd.Series(changed.mean(axis=0), index=before.columns, name="share of rows")


def _mask(name: str, values: Any, length: int) -> np.ndarray:
    mask = np.asarray(values)
    if mask.dtype != bool or mask.shape != (length,):
        raise ValueError(
            f"{name} must be {length} values True or False, one for each column of X; "
            f"got shape {mask.shape} of {mask.dtype}"
        )
    return mask
