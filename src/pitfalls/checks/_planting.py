"""Writes into rows which group they are of, so that a check can see whether a procedure minds.

The positive control of the checks of groups. Rows are never changed where they are: a marked copy
is returned, of the kind that was handed over, or None where nobody could know how to mark it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .._data import without_torch

__all__ = ["Marks"]

#: So many groups get a column each; more of them share columns of random numbers.
_MOST_COLUMNS = 200
#: Columns of random numbers besides: for trees whose leaves must not be small, for procedures that
#: choose a few columns, and for all where groups are too many for a column each.
_RANDOM_COLUMNS = 64
#: A mark is so many times as long as a row differs from the mean row, so that neighbours see it.
_LOUD = 2.0
#: A mark that is added to the values that are there, in standard deviations of these.
_INSIDE = 4.0
#: Whole numbers of so few values may be codes, which no shift must change.
_MOST_CODES = 20
#: So many rows tell how far rows differ.
_ROWS_LOOKED_AT = 1_000
#: How often the made-up word of a group is written behind a text.
_SAID = 3


class Marks:
    """What tells one group from another, once it is written into the rows.

    Parameters
    ----------
    X : rows of any kind
        As the procedure takes them.
    n_groups : int
        How many groups are told apart.
    rng : Generator
        Draws the marks.
    """

    def __init__(self, X: Any, n_groups: int, rng: np.random.Generator) -> None:
        self._X = X
        self._n_groups = n_groups
        self._spread, width = _spread_of(X)
        if n_groups <= _MOST_COLUMNS:
            copies = int(np.clip(2 * width // n_groups, 1, _MOST_COLUMNS // n_groups))
            own = np.tile(np.eye(n_groups), copies)
            self._codes = np.hstack([own, rng.normal(size=(n_groups, _RANDOM_COLUMNS))])
        else:
            self._codes = rng.normal(size=(n_groups, _RANDOM_COLUMNS))
        self._seed = int(rng.integers(2**31))

    @property
    def ways(self) -> list[Callable[[np.ndarray], Any]]:
        """Functions of the rows' groups that return marked rows, or None; the mildest first."""
        return [self.beside, self.inside]

    def beside(self, group: np.ndarray) -> Any:
        """Return the rows with columns more, which tell the group of each row."""
        X, columns = self._X, _LOUD * self._spread * self._codes[group]
        if isinstance(X, pd.DataFrame):
            names = _new_names(X.columns, columns.shape[1])
            return pd.concat([X, pd.DataFrame(columns, X.index, names)], axis=1)
        if sparse.issparse(X):
            return sparse.hstack([X, sparse.csr_array(columns)], format="csr").astype(float)
        if isinstance(X, np.ndarray) and X.ndim == 2:
            whole = X.dtype.kind in "iub"
            return np.concatenate([X, columns if whole else columns.astype(X.dtype)], axis=1)
        if hasattr(X, "detach") and X.ndim == 2:
            return sys.modules["torch"].cat([X, X.new_tensor(columns)], dim=1)
        if _is_polars_frame(X):
            make = sys.modules["polars"].Series
            names = _new_names(X.columns, columns.shape[1])
            return X.with_columns([make(n, columns[:, place]) for place, n in enumerate(names)])
        if isinstance(X, list) and all(isinstance(row, list | tuple) for row in X):
            return [[*row, *more] for row, more in zip(X, columns.tolist(), strict=True)]
        return None

    def inside(self, group: np.ndarray) -> Any:
        """Return rows whose own values, or texts, tell the group of each row."""
        X = self._X
        if isinstance(X, pd.DataFrame):
            return self._in_columns(X, group)
        if isinstance(X, np.ndarray) and X.dtype.kind in "fiu":
            return self._in_numbers(X, group)
        if hasattr(X, "detach") and X.dtype.is_floating_point:
            return X + X.new_tensor(self._patterns(without_torch(X))[group])
        if isinstance(X, pd.Series) and _is_text(X):
            return X + self._words(X.index, group)
        if isinstance(X, np.ndarray) and X.ndim == 1 and _is_text(X):
            return X.astype(object) + self._words(None, group).to_numpy()
        if isinstance(X, list) and _is_text(X):
            words = self._words(None, group)
            return [text + word for text, word in zip(X, words, strict=True)]
        return None

    def _in_columns(self, X: pd.DataFrame, group: np.ndarray) -> pd.DataFrame | None:
        marked = {}
        for place, name in enumerate(X.columns):
            column = X.iloc[:, place]
            if _is_measured(column):
                values = column.to_numpy(float, na_value=np.nan)[:, None]
                marked[name] = self._in_numbers(values, group, place)[:, 0]
            elif _is_text(column) and column.nunique() > len(X) / 2:
                marked[name] = column + self._words(X.index, group)
        return X.assign(**marked) if marked and _are_texts(X.columns) else None

    def _in_numbers(self, X: np.ndarray, group: np.ndarray, place: int = 0) -> np.ndarray:
        moved = X + self._patterns(X, place)[group]
        if X.dtype.kind in "iu":
            moved = np.clip(np.round(moved), *_range_of(X))
        return moved.astype(X.dtype)

    def _patterns(self, X: np.ndarray, place: int = 0) -> np.ndarray:
        """Return what is added to the rows of each group."""
        rng = np.random.default_rng([self._seed, place])
        spread = np.nanstd(X[:_ROWS_LOOKED_AT], axis=0)
        loud = np.where(spread > 0, spread, spread.mean() or 1)
        return _INSIDE * loud * rng.normal(size=(self._n_groups, *X.shape[1:]))

    def _words(self, index: pd.Index | None, group: np.ndarray) -> pd.Series:
        """Return a made-up word for each row, the same for all rows of a group."""
        letters = np.array(list("bcdfghjklmnprstvwz"))
        rng = np.random.default_rng(self._seed)
        drawn = letters[rng.integers(len(letters), size=(self._n_groups, 9))]
        words = pd.Series([_SAID * (" q" + "".join(row)) for row in drawn], dtype=object)
        return words.iloc[group].set_axis(index if index is not None else range(len(group)))


def _new_names(names: Any, count: int) -> list[Any]:
    """Return names for columns more, numbers where names are numbers."""
    known = list(names)
    if all(isinstance(name, int | np.integer) for name in known):
        first = max(known, default=-1) + 1
        return list(range(first, first + count))
    return [f"mark {number} of {count}" for number in range(count)]


def _spread_of(X: Any) -> tuple[float, int]:
    """Return how far a row differs from the mean row, and how many columns there are."""
    if sparse.issparse(X):
        some = X.tocsr()[:_ROWS_LOOKED_AT]
        return float(np.sqrt(some.multiply(some).sum() / max(1, some.shape[0]))) or 1.0, X.shape[1]
    if isinstance(X, pd.DataFrame):
        some = X.iloc[:_ROWS_LOOKED_AT].select_dtypes("number").to_numpy(float, na_value=np.nan)
    elif hasattr(X, "detach"):
        some = without_torch(X[:_ROWS_LOOKED_AT])
    elif isinstance(X, np.ndarray) and X.dtype.kind in "fiub":
        some = X[:_ROWS_LOOKED_AT]
    else:
        return 1.0, 1
    some = some.reshape(len(some), -1).astype(float)
    some = np.where(np.isfinite(some), some, np.nan)
    varying = some[:, np.isfinite(some).any(axis=0)]
    spread = float(np.sqrt(np.nanvar(varying, axis=0).sum())) if varying.size else 0.0
    return spread or 1.0, some.shape[1]


def _is_measured(column: pd.Series) -> bool:
    """Whether a column holds numbers that mean an amount: no codes, no yes and no."""
    if column.dtype.kind not in "fiu":
        return False
    return column.dtype.kind == "f" or column.nunique() > _MOST_CODES


def _are_texts(names: pd.Index) -> bool:
    return names.is_unique and all(isinstance(name, str) for name in names)


def _is_text(column: Any) -> bool:
    return pd.api.types.infer_dtype(column, skipna=False) == "string"


def _is_polars_frame(X: Any) -> bool:
    return type(X).__module__.partition(".")[0] == "polars" and hasattr(X, "columns")


def _range_of(X: np.ndarray) -> tuple[int, int]:
    """Return the range of whole numbers that the values may lie in, such as 0 to 255."""
    kind = np.iinfo(X.dtype)
    return int(kind.min), int(kind.max)
