"""Whether two columns hold the same, and how they differ where they do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .._data import is_sparse

__all__ = ["differ", "how", "kind_of", "varies"]

#: A difference of numbers that is none, as a share of the column's spread: what single precision
#: and another order of adding up leave behind.
ROUNDING = 1e-5
#: Last digits of the coarser of two float types that may differ.
LAST_DIGITS = 4
#: Differences and ratios that vary by less are one number.
_ONE = 1e-6
_NUMBERS = ("integer", "floating", "mixed-integer-float", "boolean", "decimal", "complex")
_DATES = ("datetime64", "datetime", "date", "timedelta64", "timedelta")

#: A column: a Series, an array whose rows are compared whole, or a sparse matrix.
Column = Any


def kind_of(column: Column) -> str:
    """Return ``"numbers"``, ``"dates"``, ``"texts"``, ``"nothing"`` or ``"arrays"``."""
    if not isinstance(column, pd.Series):
        return "arrays"
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    found = pd.api.types.infer_dtype(column, skipna=True)
    if column.isna().all():
        return "nothing"
    return "numbers" if found in _NUMBERS else "dates" if found in _DATES else "texts"


def differ(
    train: Column, serve: Column, tolerance: float | None, like: Column | None = None
) -> np.ndarray:
    """Return in which rows two columns differ.

    Parameters
    ----------
    train, serve : column
        Of the same number of rows.
    tolerance : float or None
        The largest difference of numbers that is none, as a share of the spread; None for what
        rounding leaves, and none at all between whole numbers.
    like : column, default=None
        The column that has the spread; `train` where it is None.
    """
    kinds = {kind_of(train), kind_of(serve)} - {"nothing"}
    if kinds == {"arrays"}:
        return _arrays_differ(train, serve, tolerance)
    if len(kinds) > 1:
        return np.ones(len(train), dtype=bool)
    gone = train.isna().to_numpy(), serve.isna().to_numpy()
    if not kinds:
        return np.zeros(len(train), dtype=bool)
    (kind,) = kinds
    both = ~gone[0] & ~gone[1]
    found = gone[0] != gone[1]
    ours, theirs = train[both], serve[both]
    if kind == "numbers":
        found[both] = _numbers_differ(ours, theirs, tolerance, train if like is None else like)
    elif kind == "dates":
        found[both] = _moments(ours) != _moments(theirs)
    else:
        found[both] = _things(ours) != _things(theirs)
    return found


def _numbers_differ(
    ours: pd.Series, theirs: pd.Series, tolerance: float | None, like: pd.Series
) -> np.ndarray:
    whole = [pd.api.types.is_integer_dtype(one) for one in (ours, theirs)]
    if tolerance is None and all(whole):
        return ours.to_numpy() != theirs.to_numpy()
    return _beyond(_floats(ours), _floats(theirs), tolerance, _floats(like.dropna()))


def _beyond(a: np.ndarray, b: np.ndarray, tolerance: float | None, like: np.ndarray) -> np.ndarray:
    """Return where numbers are further apart than rounding puts them."""
    like = like[np.isfinite(like)]
    middle = np.median(like) if like.size else 0.0
    spread = np.median(abs(like - middle)) if like.size else 0.0
    spread = spread or (np.std(like) if like.size else 0.0)
    share = ROUNDING if tolerance is None else tolerance
    digits = LAST_DIGITS * max(_step(a), _step(b))
    with np.errstate(invalid="ignore"):
        allowed = np.maximum(share * np.maximum(spread, abs(a - middle)), digits * abs(a))
        near = abs(np.subtract(a, b, dtype=float)) <= allowed
    return ~(near & np.isfinite(a) & np.isfinite(b)) & (a != b)


def _step(numbers: np.ndarray) -> float:
    return float(np.finfo(numbers.dtype).eps) if numbers.dtype.kind == "f" else 0.0


def _floats(column: pd.Series) -> np.ndarray:
    """Return numbers in the precision that they have."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind == "f":
        return column.to_numpy()
    return column.astype(object).to_numpy().astype(float)


def _moments(column: pd.Series) -> np.ndarray:
    """Return dates as nanoseconds, those with a time zone at its noon in UTC."""
    if pd.api.types.infer_dtype(column).startswith("timedelta"):
        return pd.to_timedelta(column).to_numpy().astype("m8[ns]").astype(np.int64)
    found = pd.to_datetime(column, utc=True)
    return found.dt.tz_localize(None).to_numpy().astype("M8[ns]").astype(np.int64)


def _things(column: pd.Series) -> np.ndarray:
    found = [one if isinstance(one, str) else f"\0{one!r}" for one in column.astype(object)]
    return np.array(found, dtype=object)


def _arrays_differ(train: Any, serve: Any, tolerance: float | None) -> np.ndarray:
    """Return which rows of pictures, or of sparse matrices, differ anywhere."""
    if is_sparse(train) or is_sparse(serve):
        a, b = (sparse.csr_matrix(side) for side in (train, serve))
        if a.shape != b.shape:
            return np.ones(a.shape[0], dtype=bool)
        gap = abs(a - b).tocsr()
        gap.data = gap.data > (ROUNDING if tolerance is None else tolerance) * _size(a.data)
        gap.eliminate_zeros()
        return np.diff(gap.indptr) > 0
    if train.shape != serve.shape:
        return np.ones(len(train), dtype=bool)
    if train.dtype.kind not in "biuf" or serve.dtype.kind not in "biuf":
        return np.array([not np.array_equal(a, b) for a, b in zip(train, serve, strict=True)])
    whole = train.dtype.kind in "biu" and serve.dtype.kind in "biu" and tolerance is None
    allowed = 0.0 if whole else (ROUNDING if tolerance is None else tolerance) * _size(train)
    rows = zip(train, serve, strict=True)
    return np.array([not np.allclose(a, b, rtol=0, atol=allowed, equal_nan=True) for a, b in rows])


def _size(numbers: np.ndarray) -> float:
    """Return the spread of all numbers together."""
    numbers = numbers[np.isfinite(numbers)]
    return float(numbers.std() or abs(numbers).max()) if numbers.size else 0.0


def varies(column: Column, tolerance: float | None) -> bool:
    """Whether a value that is put into another row is found: the positive control.

    The value of some row that differs from that of the first is put in its place.
    """
    n = column.shape[0]
    if n < 2:
        return False
    if isinstance(column, pd.Series):
        first = column.iloc[np.zeros(n, dtype=int)].reset_index(drop=True)
        return bool(differ(column.reset_index(drop=True), first, tolerance).any())
    return bool(differ(column, column[np.zeros(n, dtype=int)], tolerance).any())


def how(train: Column, serve: Column, rows: np.ndarray) -> str:
    """Say how two columns differ in some rows.

    Parameters
    ----------
    train, serve : column
        Of the same number of rows.
    rows : array of int
        Where they differ; at least one.
    """
    kinds = kind_of(train), kind_of(serve)
    if "arrays" in kinds:
        return _how_arrays(train, serve)
    if "nothing" not in kinds and kinds[0] != kinds[1]:
        return f"{kinds[0]} in training and {kinds[1]} in serving"
    if kinds[1] == "nothing":
        return "missing in serving"
    if kinds[0] == "nothing":
        return "missing in training"
    ours, theirs = train.iloc[rows], serve.iloc[rows]
    if not varies(serve, None) and varies(train, None):
        return f"{_shown(serve.iloc[0])} in all rows of serving"
    gone = theirs.isna().to_numpy() != ours.isna().to_numpy()
    if gone.all():
        side = "serving" if theirs.isna().all() else "one of the two"
        return f"missing in {side}"
    ours, theirs = ours[~gone], theirs[~gone]
    told = _pattern(ours, theirs, kinds[0]) if len(ours) > 1 else ""
    return told or f"{_shown(ours.iloc[0])} in training and {_shown(theirs.iloc[0])} in serving"


def _pattern(ours: pd.Series, theirs: pd.Series, kind: str) -> str:
    """Name a difference that is the same in all rows, or nothing."""
    if kind == "dates":
        gaps = _moments(theirs) - _moments(ours)
        if len({*gaps}) == 1:
            word = "later" if gaps[0] > 0 else "earlier"
            return f"{word} by {pd.Timedelta(abs(int(gaps[0])), 'ns')} in serving"
    elif kind == "numbers":
        a, b = (_floats(one).astype(float) for one in (ours, theirs))
        finite = np.isfinite(a) & np.isfinite(b)
        a, b = a[finite], b[finite]
        if len(a) < 2 or np.ptp(a) == 0:
            return ""
        times, more = float(b @ a / (a @ a)), float(np.mean(b - a))
        apart = np.ptp(b - times * a), np.ptp(b - a)
        if min(apart) <= _ONE * np.ptp(a):
            if apart[0] < apart[1]:
                return f"in serving {times:.4g} times what they are in training"
            return f"in serving {'more' if more > 0 else 'less'} by {abs(more):.4g}"
        if np.ptp(b) > 0 and abs(np.corrcoef(a, b)[0, 1]) > 1 - _ONE:
            return "on another scale in serving"
        if len(a) > 2 and np.array_equal(np.sort(a), np.sort(b)):
            return "the same values, in other rows"
    elif np.array_equal(_bare(ours), _bare(theirs)):
        return "texts that differ in capitals or blanks"
    return ""


def _bare(column: pd.Series) -> np.ndarray:
    return column.astype(str).str.casefold().str.split().str.join(" ").to_numpy()


def _how_arrays(train: Any, serve: Any) -> str:
    if train.shape[1:] != serve.shape[1:]:
        return f"of shape {train.shape[1:]} in training and {serve.shape[1:]} in serving"
    if is_sparse(train) or is_sparse(serve) or train.dtype.kind not in "biuf":
        return "other values in serving"
    means = float(np.mean(train)), float(np.mean(serve))
    return f"with a mean of {means[0]:.3g} in training and {means[1]:.3g} in serving"


def _shown(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.5g}"
    return repr(str(value)[:40]) if isinstance(value, str) else str(value)[:40]
