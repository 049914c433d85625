"""Whether values are the same but for rounding, whatever their type and unit."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from .._data import keys

__all__ = ["differ", "spread_of"]

#: A change that matters, as a share of a feature's own spread. Sums over other lengths, and
#: solvers that stop early, differ by less; so does nothing that a model could profit from.
SMALLEST = 1e-7
#: So many steps of a float are rounding: fast code adds in another order.
ROUNDING = 32
#: Kinds of object columns that are numbers all the same.
_NUMBERS = {"floating", "integer", "mixed-integer-float", "decimal", "boolean"}


def differ(before: pd.Series, after: pd.Series, spread: float) -> np.ndarray:
    """Say for each value whether it is another one.

    Parameters
    ----------
    before, after : Series of n rows
        Compared row by row; their indexes do not matter. Missing and missing are the same.
    spread : float
        How far the feature's values lie from each other, by `spread_of`.
    """
    first, second = _numbers(before), _numbers(after)
    if first is None or second is None:
        names: list[Hashable] = ["value"]
        one, other = keys(
            before.to_frame().set_axis(names, axis=1), after.to_frame().set_axis(names, axis=1)
        )
        return (one != other).ravel()
    numbers = first, second
    if all(column.dtype.kind in "iub" for column in numbers):
        return first != second
    step = max(np.finfo(n.dtype).eps for n in numbers if n.dtype.kind == "f")
    one, other = (column.astype(float) for column in numbers)
    with np.errstate(invalid="ignore"):
        far = np.abs(one - other) > SMALLEST * spread + ROUNDING * step * np.abs(one)
    far |= np.isnan(one) != np.isnan(other)
    infinite = np.isinf(one) | np.isinf(other)
    far[infinite] = one[infinite] != other[infinite]
    return far


def spread_of(column: pd.Series) -> float:
    """Return how far the values of a column of numbers lie from each other.

    The median distance from their median, of those that have one. A column of one value has the
    spread of that value, and 0 if it is 0: then any change is one.
    """
    numbers = _numbers(column)
    if numbers is None:
        return 0.0
    values = numbers.astype(float)
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0
    middle = np.median(values)
    off = np.abs(values - middle)
    off = off[off > 0]
    return float(np.median(off)) if len(off) else float(abs(middle))


def _numbers(column: pd.Series) -> np.ndarray | None:
    """Return the values of a column of numbers, or None."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return None
    if isinstance(column.dtype, pd.SparseDtype):
        column = column.sparse.to_dense()
    if column.dtype.kind == "O" and pd.api.types.infer_dtype(column, skipna=True) in _NUMBERS:
        return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if column.dtype.kind == "O" and column.isna().all():
        return np.full(len(column), np.nan)
    if column.dtype.kind not in "iufb":
        return None
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    return column.to_numpy(dtype=float, na_value=np.nan)
