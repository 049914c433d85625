"""The outcome that a table is to tell: classes, or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame
from .._words import counted
from ._columns import read_column

__all__ = ["Outcome", "read_outcome"]

#: Numbers of which there are no more than this are classes, such as digits, grades or stars.
_MOST_CLASSES = 20
#: A class has so many rows at least: of fewer nothing can be said.
LEAST_OF_A_CLASS = 5
#: Of more classes than this, the commonest are looked at one by one.
_MOST_QUESTIONS = 10
#: A value that so many rows share is a class of its own among numbers: no claim, no sale.
_ATOM = 0.05


@dataclass(frozen=True)
class Outcome:
    """The outcome of each row.

    Attributes
    ----------
    classes : array of int of shape (n,)
        The class of each row. Of numbers: whether it is the commonest one, or all zeros.
    names : tuple
        The classes by name.
    numbers : array of float of shape (n,), or None
        The outcomes themselves where they are numbers; None where they are classes.
    ordered : bool
        Whether the classes are numbers.
    """

    classes: np.ndarray
    names: tuple[Any, ...]
    numbers: np.ndarray | None
    ordered: bool

    def __len__(self) -> int:
        return len(self.classes)

    def rows(self, chosen: np.ndarray) -> Outcome:
        """Return the outcome of some rows."""
        numbers = None if self.numbers is None else self.numbers[chosen]
        return Outcome(self.classes[chosen], self.names, numbers, self.ordered)

    def questions(self) -> dict[str, np.ndarray]:
        """Return what can be asked with yes or no of each row, with enough of either answer."""
        asked: dict[str, np.ndarray] = {}
        counts = np.bincount(self.classes, minlength=len(self.names))
        if self.numbers is not None:
            height = pd.Series(self.numbers).rank(pct=True).to_numpy()
            asked["the upper half"] = height > 0.5
            asked["the two ends"] = np.abs(height - 0.5) > 0.25
        elif self.ordered and len(self.names) > 2:
            asked["the upper half"] = pd.Series(self.classes).rank(pct=True).to_numpy() > 0.5
        common = np.argsort(-counts, kind="stable")[:_MOST_QUESTIONS]
        if len(self.names) == 2:
            common = np.array([1])
        for code in common if len(self.names) > 1 else ():
            asked[f"outcome {self.names[code]}"] = self.classes == code
        least = LEAST_OF_A_CLASS
        return {name: yes for name, yes in asked.items() if least <= yes.sum() <= len(yes) - least}


def read_outcome(X: pd.DataFrame, y: Any) -> tuple[Outcome, np.ndarray, list[str]]:
    """Read the outcome of the rows of a table.

    Returns
    -------
    Outcome, array of int, list of str
        The outcome of the rows that have one, their positions, and notes.

    Raises
    ------
    ValueError
        If there are several outcomes, another number of rows, or as many texts as rows.
    """
    frame = as_frame("y", y)
    if frame.shape[1] != 1:
        raise ValueError(
            f"y has {frame.shape[1]} columns; it must be one outcome, so ask of one at a time"
        )
    if len(frame) != len(X):
        raise ValueError(f"y has {len(frame)} rows and X {len(X)}; it must have one for each")
    _in_the_same_order(X, y)
    column = read_column(frame.iloc[:, 0])
    rows = np.flatnonzero(column.known)
    notes = []
    if len(rows) < len(frame):
        notes.append(f"{counted(len(frame) - len(rows), 'row')} without an outcome left out.")
    return _outcome(column.rows(rows)), rows, notes


def _outcome(column: Any) -> Outcome:
    numbers, n = column.numbers, len(column)
    classes = column.n_levels <= 2 or (
        column.n_levels <= _MOST_CLASSES and n >= LEAST_OF_A_CLASS * column.n_levels
    )
    if numbers is not None and not classes:
        values, counts = np.unique(numbers, return_counts=True)
        atom = values[counts.argmax()] if counts.max() >= _ATOM * n else np.nan
        one = (numbers == atom).astype(int)
        names = ("another number", f"{atom:g}") if one.any() else ("any number",)
        return Outcome(one, names, numbers, ordered=True)
    if numbers is None and n >= 2 * _MOST_CLASSES and column.n_levels > n / 2:
        raise ValueError(
            f"y has {column.n_levels} different texts in {n} rows; it must be classes or numbers"
        )
    if numbers is not None:  # in their order
        values, codes = np.unique(numbers, return_inverse=True)
        names = tuple(column.things.iloc[int(np.argmax(codes == c))] for c in range(len(values)))
        return Outcome(codes, tuple(map(_shown, names)), None, ordered=True)
    names = tuple(_shown(column.level(code)) for code in range(column.n_levels))
    order = np.argsort([str(name) for name in names], kind="stable")
    place = np.empty(len(names), dtype=int)
    place[order] = np.arange(len(names))
    return Outcome(place[column.codes], tuple(names[o] for o in order), None, ordered=False)


def _shown(thing: Any) -> Any:
    return thing.item() if isinstance(thing, np.generic) else thing


def _in_the_same_order(X: pd.DataFrame, y: Any) -> None:
    index = getattr(y, "index", None)
    if not isinstance(index, pd.Index) or index.equals(X.index) or not X.index.is_unique:
        return
    if index.is_unique and len(index.symmetric_difference(X.index)) == 0:
        raise ValueError(
            "y has the rows of X in another order, by its index; hand over y.loc[X.index]"
        )
