"""Whether a feature changes when the future is taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .._arguments import check_count, check_rng
from .changes import _mask

__all__ = ["features_that_look_ahead", "features_that_need_the_future"]


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
    size = _size(whole)
    changed = [
        _differ(make_features(series.iloc[: end + 1]).iloc[-1], whole.iloc[end], size)
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
    changed = _differ(before, after, _size(before))
    return pd.Series(changed.mean(axis=0), index=before.columns, name="share of rows")


def _size(features: pd.DataFrame) -> np.ndarray:
    """Return how large the values of each feature are: the median of those that are not 0."""
    values = np.abs(features.to_numpy(dtype=float))
    values[(values == 0) | ~np.isfinite(values)] = np.nan
    known = ~np.isnan(values).all(axis=0)
    size = np.ones(values.shape[1])
    size[known] = np.nanmedian(values[:, known], axis=0)
    return size


def _differ(before: Any, after: Any, size: np.ndarray) -> np.ndarray:
    """Say where values differ by more than rounding, whatever unit a feature has."""
    one, other = (np.asarray(part, dtype=float) / size for part in (before, after))
    return ~np.isclose(one, other, equal_nan=True)
