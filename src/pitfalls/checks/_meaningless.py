"""Labels that mean nothing, and rows that say nothing or everything."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame, n_rows, take

__all__ = ["Outcomes", "few_rows", "naming", "unlike_rows", "whole_units"]

#: Outcomes of at most so many values, each often, are classes.
_CLASSES = 20
#: Rows that are looked through for two that differ.
_LOOKED_AT = 200
#: Standard deviations that a column may add to the distance of two rows: one outlier is not all.
_FAR = 3.0


def whole_units(n: int, groups: Any, blocks: Any) -> list[np.ndarray] | None:
    """Return the rows of each group or block; None where every row stands for itself.

    Parameters
    ----------
    n : int
        Number of rows.
    groups : array-like of shape (n,), optional
        Which patient, device or document a row is of. Rows without one are each their own.
    blocks : int or array-like of shape (n,), optional
        How many rows that follow each other are a block, or the block of each row.
    """
    if groups is not None and blocks is not None:
        raise ValueError("groups and blocks are both given; pass one of them")
    if groups is None and blocks is None:
        return None
    if np.ndim(blocks) == 0 and blocks is not None and not isinstance(blocks, str):
        if isinstance(blocks, bool | np.bool_) or int(blocks) != blocks or not 1 <= blocks < n:
            raise ValueError(
                f"blocks={blocks!r} must be a whole number of rows from 1 to {n - 1}, or the "
                "block of each row"
            )
        return np.split(np.arange(n), np.arange(int(blocks), n, int(blocks)))
    name, given = ("groups", groups) if groups is not None else ("blocks", blocks)
    if n_rows(name, given) != n:
        raise ValueError(
            f"{name} has {n_rows(name, given)} rows and y {n}; hand over one for each"
        )
    frame = as_frame(name, given)
    if frame.shape[1] != 1:
        raise ValueError(f"{name} has {frame.shape[1]} columns; hand over one")
    codes = pd.factorize(frame.iloc[:, 0])[0].astype(np.int64)
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(alone.sum())
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


class Outcomes:
    """The orders in which outcomes can be dealt out, so that they mean nothing.

    Parameters
    ----------
    y : frame
        The outcomes.
    units : list of arrays, optional
        The rows that keep their outcomes together.
    in_time : bool
        Whether units follow each other in time.
    rng : Generator
        Source of the orders.

    Attributes
    ----------
    codes : array of shape (n,), optional
        The class of each row, from 0; None where the outcomes are numbers, or of several columns.
    ranks : array of shape (n,)
        The ranks of the first column of outcomes, from 1.
    """

    def __init__(
        self,
        y: pd.DataFrame,
        units: list[np.ndarray] | None,
        *,
        in_time: bool,
        rng: np.random.Generator,
    ) -> None:
        self.n, self.units, self.rng, self._in_time = len(y), units, rng, in_time
        self.codes = _codes(y)
        column = y.iloc[:, 0].infer_objects()
        first = pd.Series(pd.factorize(column, sort=column.dtype.kind in "biufmM")[0])
        self.ranks = first.rank(method="average").to_numpy()
        self.of_unit = self._classes_of_units()

    @property
    def n_units(self) -> int:
        """How many things exchange their outcomes."""
        return self.n if self.units is None else len(self.units)

    @property
    def n_classes(self) -> int:
        """How many classes there are; 0 where the outcomes are numbers."""
        return 0 if self.codes is None else int(self.codes.max()) + 1

    @property
    def can_be_dealt(self) -> bool:
        """Whether classes can be given other shares: not in time, nor mixed within a group."""
        return self.n_classes >= 2 and self.of_unit is not None and not self._in_time

    def shuffled(self) -> np.ndarray:
        """Return an order with the shares as they are; groups and blocks move whole."""
        rng = self.rng
        if self.units is None:
            return rng.permutation(self.n)
        places = rng.permutation(len(self.units))
        if self._in_time:
            moved = np.concatenate([self.units[place] for place in places])
            return np.roll(moved, rng.integers(self.n))
        return self._handed_on(places)

    def even(self) -> np.ndarray:
        """Return an order in which all classes are equally frequent."""
        return self.dealt(self.rng.permutation(np.arange(self.n_units) % self.n_classes))

    def dealt(self, wanted: np.ndarray, *, by_row: bool = False) -> np.ndarray:
        """Return an order that gives each row or unit an outcome of the wanted class."""
        kinds = self.codes if by_row else self.of_unit
        if kinds is None:
            raise ValueError("outcomes of several classes within a group cannot be dealt out")
        givers = np.empty(len(wanted), dtype=np.int64)
        for kind in range(self.n_classes):
            mine = wanted == kind
            givers[mine] = self.rng.choice(np.flatnonzero(kinds == kind), mine.sum())
        return givers if by_row or self.units is None else self._handed_on(givers)

    def _handed_on(self, givers: np.ndarray) -> np.ndarray:
        """Let each unit take the outcomes of another, over and over where it is longer."""
        order = np.empty(self.n, dtype=np.int64)
        units = self.units or []
        for mine, giver in zip(units, givers, strict=True):
            start = self.rng.integers(len(units[giver]))
            order[mine] = np.resize(np.roll(units[giver], -start), len(mine))
        return order

    def _classes_of_units(self) -> np.ndarray | None:
        if self.codes is None or self.units is None:
            return self.codes
        found = [np.unique(self.codes[unit]) for unit in self.units]
        return np.concatenate(found) if all(len(one) == 1 for one in found) else None


def _codes(y: pd.DataFrame) -> np.ndarray | None:
    """Return the class of each row; None where these are numbers, or more than one column."""
    if y.shape[1] != 1 or y.iloc[:, 0].isna().any():
        return None
    column = y.iloc[:, 0].infer_objects()
    if column.dtype.kind in "mM" or (
        column.dtype.kind == "f" and (column != column.round()).any()
    ):
        return None
    codes, labels = pd.factorize(column, sort=column.dtype.kind in "biuf")
    few = 2 <= len(labels) <= min(_CLASSES, len(y) // 5)
    texts = column.dtype.kind not in "iuf" and 2 <= len(labels) <= len(y) // 2
    return codes.astype(np.int64) if few or texts else None


def unlike_rows(X: Any, rng: np.random.Generator) -> np.ndarray | None:
    """Return the positions of two rows that are as unlike as can be found; None if there are none.

    Numbers differ by standard deviations, other things by being equal or not. Of rows with gaps
    those are taken that have the fewest: what is nowhere known cannot be filled.
    """
    n = n_rows("X", X)
    places = np.sort(rng.choice(n, min(n, _LOOKED_AT), replace=False))
    frame = as_frame("X", take("X", X, places)).reset_index(drop=True)
    gaps = frame.isna().to_numpy().sum(axis=1)
    one = int(gaps.argmin())
    numbers = frame.select_dtypes(["number", "bool"])
    values = numbers.to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns without a value
        away = np.abs(values - values[[one]]) / np.nanstd(values, axis=0)
    apart = np.minimum(np.nan_to_num(away, nan=0.0, posinf=_FAR), _FAR).sum(axis=1)
    for name in frame.columns.difference(numbers.columns):
        told = frame[name].astype(str).to_numpy()
        apart += told != told[one]
    if not apart.max() > 0:
        return None
    apart[gaps > gaps[apart > 0].min()] = 0
    return places[[one, int(apart.argmax())]]


def few_rows(X: Any, which: np.ndarray, but: Sequence[int] = ()) -> Any:
    """Return rows that are copies of a few rows of `X`, as the kind of thing that `X` is.

    Parameters
    ----------
    X : n rows
        Of any kind.
    which : array of int, shape (n,)
        The row that each is a copy of.
    but : sequence of int
        Places of columns of a frame that stay as they are.
    """
    rows = take("X", X, which)
    if hasattr(X, "iloc"):
        rows = rows.set_axis(X.index, axis=0)
    for place in but:
        rows.isetitem(place, X.iloc[:, place])
    return rows


def naming(X: Any, units: list[np.ndarray] | None) -> list[int]:
    """Return the places of columns by which a procedure can tell groups or blocks apart.

    In such a column each unit has a range of values of its own.
    """
    if units is None or not isinstance(X, pd.DataFrame):
        return []
    found = []
    for place in range(X.shape[1]):
        try:
            codes = pd.factorize(X.iloc[:, place], sort=True)[0]
        except TypeError:  # values that have no order
            continue
        ends = sorted((codes[unit].min(), codes[unit].max()) for unit in units)
        if all(before[1] < after[0] for before, after in pairwise(ends)):
            found.append(place)
    return found
