"""What people hand over: frames, arrays, pictures, texts, sparse matrices, and rows of them.

Nothing here copies the data: frames are used as they are, arrays become frames that share memory.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

__all__ = [
    "as_frame",
    "both_sides",
    "hashed",
    "is_sparse",
    "keys",
    "n_rows",
    "native",
    "outcome_in_order",
    "take",
    "without_torch",
]

_KINDS = "a frame, an array, a list of numbers or texts, a sparse matrix or a tensor"


def is_sparse(data: Any) -> bool:
    """Whether this is a sparse matrix or array of SciPy."""
    return sparse.issparse(data)


def native(name: str, data: Any) -> Any:
    """Return what pandas or NumPy know: polars, Arrow and torch are asked for it."""
    if data is None or isinstance(data, str | bytes):
        raise TypeError(f"{name}={data!r} must be {_KINDS}, with a row for each case")
    if isinstance(data, pd.DataFrame | pd.Series | np.ndarray) or sparse.issparse(data):
        return data
    if isinstance(data, pd.Index | pd.api.extensions.ExtensionArray):
        return pd.Series(data)
    if hasattr(data, "detach"):
        return without_torch(data)
    if _is_polars(data):  # its own way to pandas needs Arrow
        if hasattr(data, "columns"):
            return pd.DataFrame({name: data[name].to_numpy() for name in data.columns})
        return pd.Series(data.to_numpy(), name=data.name)
    if hasattr(data, "to_pandas"):
        return data.to_pandas()
    return data


def without_torch(data: Any) -> Any:
    """Return a tensor as an array, and anything else as it is."""
    return data.detach().cpu().numpy() if hasattr(data, "detach") else data


def _is_polars(data: Any) -> bool:
    return type(data).__module__.partition(".")[0] == "polars"


def n_rows(name: str, data: Any) -> int:
    """Return how many rows there are, or raise."""
    data = native(name, data)
    try:
        return int(data.shape[0]) if hasattr(data, "shape") else len(data)
    except (TypeError, IndexError):
        raise TypeError(
            f"{name} is a {type(data).__name__} without rows; it must be {_KINDS}"
        ) from None


def as_frame(name: str, data: Any) -> pd.DataFrame:
    """Return rows and columns of what was handed over.

    Parameters
    ----------
    name : str
        The argument, for errors.
    data : frame, Series, array of any shape, list, tensor or small sparse matrix
        With a row for each case. Arrays of more than two dimensions, such as pictures, are
        flattened. Texts and other things become one column.

    Raises
    ------
    TypeError
        If this has no rows.
    ValueError
        If a sparse matrix is too large to be made dense.
    """
    data = native(name, data)
    if isinstance(data, pd.DataFrame):
        return data
    if isinstance(data, pd.Series):
        return data.to_frame()
    if sparse.issparse(data):
        if np.prod(data.shape, dtype=float) > LARGEST_DENSE:
            raise ValueError(
                f"{name} is a sparse matrix of {data.shape[0]} × {data.shape[1]}, too large to be "
                f"made dense; hand over some of its columns, or what it was made of"
            )
        return pd.DataFrame(data.toarray())
    if isinstance(data, dict):
        return pd.DataFrame(data)
    n_rows(name, data)
    array = data if isinstance(data, np.ndarray) else _array(data)
    if array.dtype.names:
        return pd.DataFrame(array)
    if array.ndim > 2:
        array = array.reshape(len(array), -1)
    return pd.DataFrame(array)


#: Values of a sparse matrix that may be made dense: a third of a gigabyte.
LARGEST_DENSE = 40_000_000


def _array(data: Any) -> np.ndarray:
    """Return a list of rows as an array; what is ragged, or no number, as a column of things."""
    data = list(data)
    try:
        array = np.asarray([native("row", one) for one in data] if data else data)
    except (ValueError, TypeError):
        array = np.empty(0)
    plain = array.dtype.kind in "biufcmM" and len(array) == len(data)
    if plain or (array.ndim == 2 and len(array) == len(data)):
        return array
    things = np.empty(len(data), dtype=object)
    things[:] = data
    return things


def both_sides(train: Any, test: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the two sides of a split with the same columns in the same order.

    Where one side is an array and the other a frame, the array's columns get the frame's names,
    by their order. Two frames are matched by name.

    Raises
    ------
    ValueError
        If the sides have not the same columns.
    """
    train, test = native("train", train), native("test", test)
    named = [isinstance(side, pd.DataFrame) for side in (train, test)]
    first, second = as_frame("train", train), as_frame("test", test)
    if all(named):
        strange = [str(one) for one in first.columns.symmetric_difference(second.columns)]
        if strange:
            raise ValueError(
                f"columns {', '.join(strange[:5])} are not in both train and test; hand over the "
                "same columns of both"
            )
        twice = first.columns[first.columns.duplicated()]
        if len(twice) or len(second.columns) != len(first.columns):
            raise ValueError(f"column {list(twice)[:1]} is there twice; rename or drop it")
        return first, second[first.columns]
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"train has {first.shape[1]} columns and test {second.shape[1]}; both sides must have "
            "the same"
        )
    names = (first if named[0] else second).columns
    return first.set_axis(names, axis=1), second.set_axis(names, axis=1)


def take(name: str, data: Any, rows: np.ndarray) -> Any:
    """Return some rows, by their positions, as the kind of thing that was handed over."""
    rows = np.asarray(rows)
    if hasattr(data, "iloc"):
        return data.iloc[rows]
    if isinstance(data, np.ndarray) or hasattr(data, "detach"):
        return data[rows]
    if sparse.issparse(data):
        return data.tocsr()[rows]
    if _is_polars(data):
        return data[rows.tolist()]
    if hasattr(data, "to_pandas"):  # Arrow
        return data.take(rows)
    n_rows(name, data)
    return [data[row] for row in rows]


def outcome_in_order(y: Any, order: np.ndarray) -> Any:
    """Return the outcomes in another order, as the kind of thing that they were.

    A Series keeps its index, its name and its type, so that it still fits its rows.
    """
    if isinstance(y, pd.Series | pd.DataFrame):
        return y.iloc[order].set_axis(y.index, axis=0)
    return take("y", y, np.asarray(order))


def keys(*frames: pd.DataFrame) -> list[np.ndarray]:
    """Return a whole number for each value, so that equal values have equal numbers.

    Values are equal as a reader would have it: 1 and 1.0, a category and its name, a missing
    value and another. The frames must have the same columns; each gives an array of its shape.
    """
    n = np.cumsum([0, *map(len, frames)])
    found = np.empty((n[-1], frames[0].shape[1]), dtype=np.uint64)
    for place in range(frames[0].shape[1]):
        column = pd.concat([_plain(f.iloc[:, place]) for f in frames], ignore_index=True)
        found[:, place] = pd.util.hash_array(_comparable(column))
    return [found[start:stop] for start, stop in pairwise(n)]


def hashed(values: np.ndarray) -> np.ndarray:
    """Return a whole number for each number, so that equal numbers of one type have equal ones."""
    values = np.array(values, order="C")  # a copy: it is hashed in place
    if values.dtype.kind == "f":
        values = values + 0.0  # no -0.0
        values[np.isnan(values)] = np.nan
    return np.asarray(pd.util.hash_array(values.ravel())).reshape(values.shape)


def _plain(column: pd.Series) -> pd.Series:
    """Return a column without what pandas adds to its values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    if isinstance(column.dtype, pd.SparseDtype):
        column = column.sparse.to_dense()
    return column


def _comparable(column: pd.Series) -> np.ndarray:
    """Return values of which equal ones are equal to the bit."""
    if column.dtype.kind in "iu" and not column.hasnans:
        return column.to_numpy(dtype=np.int64 if column.dtype.kind == "i" else np.uint64)
    if column.dtype.kind in "iufb":
        values = column.to_numpy(dtype=float, na_value=np.nan) + 0.0
        values[np.isnan(values)] = np.nan
        return values
    if column.dtype.kind in "mM":
        return column.to_numpy().astype(np.int64)
    missing = column.isna().to_numpy()
    things = column.astype(object).to_numpy(copy=True)
    things[missing] = "\0missing"
    told = [one if isinstance(one, str) else _told(one) for one in things]
    return np.array(told, dtype=object)


def _told(thing: Any) -> str:
    """Return a text that is the same for equal things."""
    if isinstance(thing, bool | int | float | np.number | np.bool_):
        return repr(float(thing))
    if isinstance(thing, np.ndarray):
        return f"{thing.shape} {thing.dtype.kind} {thing.tobytes().hex()}"
    return str(thing)
