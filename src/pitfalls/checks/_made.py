"""What a code path made of some rows: columns, with the name of each row."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame, is_sparse, without_torch
from .._words import counted, raised
from ._alike import Column

__all__ = ["Made", "as_whole", "call", "labels_of", "made"]

#: An array with more columns is compared row by row, as a picture is.
MOST_COLUMNS = 2000


@dataclass
class Made:
    """What a path made of the rows.

    Attributes
    ----------
    columns : dict
        By name.
    labels : list
        The name of each row.
    named : bool
        Whether columns have names of their own.
    by_label : bool
        Whether the labels are those of the path's own answer, not places.
    """

    columns: dict[Any, Column]
    labels: list[Any]
    named: bool
    by_label: bool

    def at(self, places: list[int]) -> Made:
        """Return some rows."""
        columns = {
            name: one.iloc[places].reset_index(drop=True)
            if isinstance(one, pd.Series)
            else one[places]
            for name, one in self.columns.items()
        }
        return Made(columns, [self.labels[p] for p in places], self.named, self.by_label)


def labels_of(rows: Any, n: int) -> list[Any]:
    """Return the name of each row: a frame's index, else places."""
    return list(rows.index) if isinstance(rows, pd.DataFrame | pd.Series) else list(range(n))


def call(name: str, path: Callable[[Any], Any], rows: Any, labels: list[Any]) -> Made:
    """Return what a path makes of a copy of the rows, or raise."""
    try:
        answer = path(copy.deepcopy(rows))
    except Exception as error:
        raise ValueError(
            f"{name} failed on {counted(len(labels), 'row')} ({raised(error)}); it "
            "must take rows as you hand them over"
        ) from error
    return made(name, answer, labels)


def made(name: str, answer: Any, labels: list[Any]) -> Made:
    """Return an answer as columns."""
    if isinstance(answer, tuple):
        raise ValueError(
            f"{name} returned {len(answer)} things; it must return what the model is given, or "
            "its answers, alone"
        )
    if len(labels) == 1:
        answer = _one_row(answer)
    if isinstance(answer, list) and answer and all(isinstance(one, dict) for one in answer):
        answer = pd.DataFrame(answer)
    if is_sparse(answer):
        answer = answer.tocsr()
        return Made({"values": answer}, _places(labels, answer.shape[0]), False, False)
    whole = without_torch(answer)
    if isinstance(whole, list):
        try:
            whole = np.asarray(whole)
        except ValueError:  # rows of different lengths
            whole = answer
    wide = isinstance(whole, np.ndarray) and whole.ndim > 1
    if wide and (whole.ndim > 2 or whole.shape[1] > MOST_COLUMNS):
        return Made({"values": whole}, _places(labels, len(whole)), False, False)
    frame = as_frame(name, answer)
    named = isinstance(answer, pd.DataFrame | dict) or hasattr(answer, "columns")
    if named:
        columns = _by_name(frame)
    elif frame.shape[1] == 1 and not wide:
        columns = {"answers": frame.iloc[:, 0].reset_index(drop=True)}
    else:
        columns = {
            f"column {place}": frame.iloc[:, place].reset_index(drop=True)
            for place in range(frame.shape[1])
        }
    by_label = isinstance(answer, pd.DataFrame | pd.Series) and answer.index.is_unique
    by_label = by_label and {*answer.index} <= {*labels} and len({*labels}) == len(labels)
    found = list(frame.index) if by_label else _places(labels, len(frame))
    return Made(columns, found, named, by_label)


def _one_row(answer: Any) -> Any:
    """Return a single answer, or a dict of single values, as one row."""
    if isinstance(answer, dict):
        return [answer] if all(np.ndim(one) == 0 for one in answer.values()) else answer
    if isinstance(answer, str | bool | int | float | np.generic):
        return [answer]
    return [answer.item()] if getattr(answer, "shape", None) == () else answer


def _by_name(frame: pd.DataFrame) -> dict[Any, Column]:
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ValueError(f"column {twice[0]!r} is there twice; rename or drop it")
    return {name: frame[name].reset_index(drop=True) for name in frame.columns}


def _places(labels: list[Any], n: int) -> list[Any]:
    """Return the rows' own labels where none was lost, else places."""
    return list(labels) if n == len(labels) else list(range(n))


def as_whole(made: Made) -> Made:
    """Return columns side by side, to be compared with a sparse matrix or a wide array."""
    if "values" in made.columns:
        return made
    whole = pd.concat(made.columns, axis=1).to_numpy()
    return Made({"values": whole}, made.labels, False, False)
