"""Data as they are handed to a reader's own function: some of the rows, and values exchanged."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame, is_sparse, keys, n_rows, take

__all__ = ["CannotMake", "Handed", "View", "columns_of"]


class CannotMake(Exception):
    """A view cannot be made, the reader's function raised, or its rows cannot be matched."""


@dataclass(frozen=True)
class View:
    """Which rows are handed over, and which of their values are those of another row.

    Attributes
    ----------
    rows : array of int
        Positions in the series.
    sources : dict of int to array of int
        For the place of a column the row that each value is taken from, one for each of `rows`.
    renamed : int
        What is added to the labels of rows that are only counted.
    """

    rows: np.ndarray
    sources: Mapping[int, np.ndarray] = field(default_factory=dict)
    renamed: int = 0


class Handed:
    """A series of any kind, of which each view is a copy of its own, of the same kind.

    Attributes
    ----------
    frame : DataFrame
        The same as a frame, to look at.
    exchangeable : bool
        Whether values of single columns can be exchanged: in frames and arrays, not in lists.
    """

    def __init__(self, name: str, data: Any) -> None:
        if hasattr(data, "collect") and not hasattr(data, "shape"):
            raise TypeError(f"{name} is a {type(data).__name__}; hand over {name}.collect()")
        if isinstance(data, dict):
            raise TypeError(f"{name} is a dict; hand over pandas.DataFrame({name})")
        n_rows(name, data)
        self._name, self._data = name, data
        self.frame = as_frame(name, data)
        self.exchangeable = isinstance(data, pd.DataFrame | pd.Series | np.ndarray) or hasattr(
            data, "with_columns"
        )
        self._codes: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def hand_over(self, view: View) -> Any:
        """Return a copy of the data that a function may change as it likes."""
        whole = np.array_equal(view.rows, np.arange(len(self)))
        if whole and not is_sparse(self._data):
            part = copy.deepcopy(self._data)
        else:
            part = take(self._name, self._data, view.rows)
            part = part.copy() if hasattr(part, "copy") else part
        for place, source in view.sources.items():
            part = self._with_column(part, place, source)
        if view.renamed:
            part.index = part.index + view.renamed
        return part

    def exchanged(
        self, view: View, columns: list[int], rows: np.ndarray, rng: np.random.Generator
    ) -> View:
        """Exchange the values of some columns in some rows, which the view must have.

        Raises
        ------
        CannotMake
            If nothing can be exchanged, as each column has one value.
        """
        sources = dict(view.sources)
        at = np.flatnonzero(np.isin(view.rows, rows))
        far = bool(rng.random() < 0.5)
        for place in columns if self.exchangeable else ():
            others = self.others(place, rows, rng, far)
            if others is not None:
                source = np.array(sources.get(place, view.rows))
                source[at] = others
                sources[place] = source
        if not sources:
            raise CannotMake("no column of the series has values that could be exchanged")
        return View(view.rows, sources)

    def _with_column(self, part: Any, place: int, source: np.ndarray) -> Any:
        data = self._data
        if isinstance(data, pd.Series):
            return pd.Series(data.array.take(source), index=part.index, name=data.name)
        if isinstance(data, pd.DataFrame):
            part.isetitem(place, data.iloc[:, place].array.take(source))
            return part
        if isinstance(data, np.ndarray):
            part.reshape(len(part), -1)[:, place] = data.reshape(len(data), -1)[source, place]
            return part
        name = data.columns[place]
        return part.with_columns(data[name][source.tolist()].alias(name))

    def others(
        self, place: int, rows: np.ndarray, rng: np.random.Generator, far: bool
    ) -> np.ndarray | None:
        """Return for each row one that has another value in a column; None if there is but one.

        Parameters
        ----------
        place : int
            Of the column.
        rows : array of int
            The rows whose values are to be exchanged.
        rng : Generator
            For the draw.
        far : bool
            Whether numbers become the lowest or highest of the column, whichever is further off.
        """
        code, one, other, value = self._distinct(place)
        if one == other:
            return None
        drawn = rng.integers(len(self), size=len(rows))
        if far and value is not None:
            with np.errstate(invalid="ignore"):
                drawn = np.where(value[rows] * 2 > value[one] + value[other], one, other)
        twin = code[drawn] == code[rows]
        drawn[twin] = np.where(code[rows[twin]] == code[one], other, one)
        return drawn

    def _distinct(self, place: int) -> tuple[np.ndarray, int, int, np.ndarray | None]:
        """Return what each row has, two rows that differ, and the values if they are numbers.

        The two rows have the lowest and the highest number. A missing value is one as well.
        """
        column = self.frame.iloc[:, place]
        if place not in self._codes:
            self._codes[place] = keys(column.to_frame())[0].ravel()
        code, value, one, other = self._codes[place], None, 0, 0
        known = np.flatnonzero(column.notna().to_numpy())
        numbers = column.dtype.kind in "iuf" and not isinstance(column.dtype, pd.CategoricalDtype)
        if numbers and len(known):
            value = column.to_numpy(dtype=float, na_value=np.nan)
            one, other = int(known[value[known].argmin()]), int(known[value[known].argmax()])
        if one == other:
            differ = np.flatnonzero(code != code[one])
            value, other = None, int(differ[0]) if len(differ) else one
        return code, one, other, value

    def telling(self, without: Iterable[int]) -> list[int]:
        """Return the places of the columns whose values can be exchanged for a future's.

        Numbers, or, where there are none, all but times. Names of shares, patients or days stay,
        as a table with other names would be no table of the kind.
        """
        kinds = dict(enumerate(self.frame.dtypes))
        left = [place for place in kinds if place not in {*without} and _kind(kinds[place]) != "M"]
        return [place for place in left if _kind(kinds[place]) in "iufb"] or left


def _kind(dtype: Any) -> str:
    return "O" if isinstance(dtype, pd.CategoricalDtype) else dtype.kind


def columns_of(name: str, asked: Any, frame: pd.DataFrame) -> list[int]:
    """Return the places of columns that are given by name, or by a yes or no for each.

    Raises
    ------
    ValueError
        If a name is no column, or the yes and no are not one for each column.
    """
    if isinstance(asked, str | bytes) or not isinstance(asked, Iterable):
        asked = [asked]
    asked = list(asked)
    if asked and all(isinstance(one, bool | np.bool_) for one in asked):
        if len(asked) != frame.shape[1]:
            raise ValueError(
                f"{name} says yes or no {len(asked)} times; series has {frame.shape[1]} columns"
            )
        return np.flatnonzero(asked).tolist()
    known = [*frame.columns]
    strange = [one for one in asked if one not in known]
    if strange:
        some = ", ".join(repr(one) for one in known[:8])
        raise ValueError(f"{name}={strange[0]!r} is no column of series, which has {some}")
    return [place for one in asked for place, column in enumerate(known) if column == one]
