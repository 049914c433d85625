"""Both sides of a split, as they are compared: numbers for parts of rows, names, and distances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .._data import both_sides, is_sparse, keys, native
from ._chance import numbered, numbered_sparse
from ._near import View, as_pictures, as_shapes, as_sparse, as_table
from ._order import places_of_index

__all__ = ["FEWEST", "Sides"]

#: Test rows that are looked at one by one; of pictures fewer, since each is looked at in ten ways.
SAMPLE, SAMPLE_OF_PICTURES = 2_000, 500
#: Training rows without which no distance is usual.
FEWEST = 20
#: Values of a table that are laid out at once, a quarter of a gigabyte; of more columns some are
#: drawn.
LARGEST = 60_000_000
#: Whole numbers, texts or dates of which nearly all are different number the rows; more than
#: three such columns are measurements.
OWN_VALUES, MOST_NUMBERS = 0.99, 3
#: From so many columns on rows have a shape, if nine tenths of what varies has so many values:
#: rows of yes and no have none.
SHAPE, FINE, FINE_SHARE = 16, 10, 0.9
#: Columns are of one kind if none has more than a quarter of all that varies.
ONE_KIND = 0.25
#: Pictures have at least so many pixels either way; they are compared without the outermost.
SMALLEST = 6
#: From so many columns of one kind on they may be pixels.
PIXELS = 64


class Sides:
    """What is compared: numbers for parts of rows, names of rows, and ways to take distances."""

    def __init__(
        self, train: Any, test: Any, numbers: Sequence[np.ndarray], names: Sequence[Any]
    ) -> None:
        self.train, self.test = train, test
        self.numbers = numbers[0], numbers[1]
        self.n = len(numbers[0]), len(numbers[1])
        self.names = names
        self.notes: list[str] = []
        self.own: list[str] = []
        self.places: tuple[np.ndarray, ...] | None = None
        self.blank = np.zeros(self.n[1], dtype=bool)
        self.is_sparse = False
        #: Whether rows are curves of one kind, as windows of a series are.
        self.curves = False
        self.pictures: tuple[np.ndarray, np.ndarray] | None = None
        #: Numbers of the rows that were laid out, all columns in their order, if there are such.
        self.laid_out: tuple[np.ndarray, np.ndarray] | None = None

    @classmethod
    def sparse(cls, train: Any, test: Any) -> Sides:
        train, test = (sparse.csr_array(_rows(side)) for side in (train, test))
        if train.shape[1] != test.shape[1]:
            raise ValueError(
                f"train has {train.shape[1]} columns and test {test.shape[1]}; both sides must "
                "have the same"
            )
        made = cls(train, test, numbered_sparse(train, test), range(test.shape[0]))
        made.is_sparse = True
        made.blank = np.asarray(np.diff(test.indptr) == 0)
        return made

    @classmethod
    def of(cls, train: Any, test: Any) -> Sides:
        arrays = [
            _stacked(native(name, side)) for name, side in (("train", train), ("test", test))
        ]
        first, second = both_sides(*arrays)
        shapes = [np.shape(array) for array in arrays]
        pictures = all(isinstance(array, np.ndarray) for array in arrays)
        pictures = pictures and len(shapes[0]) in (3, 4) and shapes[0][1:] == shapes[1][1:]
        own = [] if pictures else _own_values(first, second)
        kept = np.setdiff1d(np.arange(first.shape[1]), own)
        train, test = (side.iloc[:, kept] if len(own) else side for side in (first, second))
        made = cls(train, test, numbered(train, test), second.index)
        made.own = [str(first.columns[place]) for place in own]
        if own:
            made.notes.append(
                f"{', '.join(made.own)}: each row has a value of its own, which would hide "
                "copies; set aside."
            )
        made.places = places_of_index(first, second)
        sized = (_channels_last(arrays[0]), _channels_last(arrays[1])) if pictures else None
        if sized and min(sized[0].shape[1:3]) >= SMALLEST:
            made.pictures = sized
        made.blank = _blank(test)
        return made

    @property
    def sample(self) -> int:
        return SAMPLE_OF_PICTURES if self.pictures else SAMPLE

    def views(self, rows: np.ndarray, rng: np.random.Generator) -> list[View]:
        """Lay out the training rows and some test rows, in each way that fits them."""
        if not len(rows) or self.n[0] < FEWEST:
            return []
        if self.is_sparse:
            return [as_sparse(self.train, self.test[rows])]
        if self.pictures:
            ours, theirs = self.pictures[0], self.pictures[1][rows]
            self.laid_out = ours.reshape(len(ours), -1), theirs.reshape(len(theirs), -1)
            return [as_pictures(ours, theirs)]
        first, second = self.train, self.test.iloc[rows]
        most = max(SHAPE, LARGEST // self.n[0])
        if first.shape[1] > most:
            drawn = np.sort(rng.choice(first.shape[1], most, replace=False))
            first, second = first.iloc[:, drawn], second.iloc[:, drawn]
            self.notes.append(f"near: {most} of {self.train.shape[1]} columns were drawn.")
        values, other, named = _values(first, second)
        if first.shape[1] == self.train.shape[1]:
            self.laid_out = values[:, ~named], other[:, ~named]
        shape, one_kind = _has_a_shape(values, named)
        self.curves = shape and one_kind
        views = [as_shapes(values, other)] if shape else []
        if shape and one_kind and first.shape[1] >= PIXELS:
            self.notes.append(
                "near: if rows are pictures, hand them over as an array of shape (n, height, "
                "width), so that a shift or a mirror is seen."
            )
        if not (shape and one_kind):
            table = as_table(values, other, named, rng)
            views = views if table is None else [table, *views]
        return views


def _rows(side: Any) -> Any:
    return side if is_sparse(side) else np.asarray(native("train", side), dtype=float)


def _stacked(rows: Any) -> Any:
    """Return pictures that are listed one by one as one array, and all else as it is."""
    if not isinstance(rows, list | tuple) or not all(isinstance(one, np.ndarray) for one in rows):
        return rows
    alike = len({one.shape for one in rows}) == 1 and rows[0].ndim >= 2
    return np.stack(rows) if alike else rows


def _channels_last(pictures: np.ndarray) -> np.ndarray:
    """Return pictures with their colours last; torch has them before height and width."""
    if pictures.ndim == 4 and pictures.shape[1] <= 4 < pictures.shape[3]:
        return np.moveaxis(pictures, 1, -1)
    return pictures


def _own_values(train: pd.DataFrame, test: pd.DataFrame) -> list[int]:
    """Return the columns that number the rows, unless nothing else would be left."""
    found, varies = [], False
    for place in range(train.shape[1]):
        sides = train.iloc[:, place], test.iloc[:, place]
        if all(_may_number(side.iloc[:FEWEST]) for side in sides) and all(map(_may_number, sides)):
            both = keys(*(side.to_frame() for side in sides))
            if all(len(np.unique(some)) >= OWN_VALUES * len(some) for some in both):
                found.append(place)
                continue
        varies = varies or bool(
            (keys(sides[0].to_frame())[0] != keys(sides[0][:1].to_frame())[0]).any()
        )
        if len(found) > MOST_NUMBERS:
            return []
    return found if varies and len(found) <= MOST_NUMBERS else []


def _may_number(column: pd.Series) -> bool:
    """Whether these are whole numbers, dates or things with a name, all different, and enough."""
    if len(column) < FEWEST or column.dtype.kind in "bc":
        return False
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=float, na_value=np.nan)
        different = len(np.unique(values)) >= OWN_VALUES * len(values)
        return bool((values == np.floor(values)).all()) and different
    return True


def _blank(rows: pd.DataFrame) -> np.ndarray:
    """Say which rows tell nothing: all is missing, or of many numbers all are the same."""
    if rows.shape[1] < 2:
        return np.zeros(len(rows), dtype=bool)
    blank = rows.isna().all(axis=1).to_numpy()
    plain = {*rows.dtypes}
    if rows.shape[1] >= SHAPE and len(plain) == 1 and getattr(plain.pop(), "kind", "") in "iuf":
        values = rows.to_numpy()
        blank = blank | (values == values[:, :1]).all(axis=1)
    return blank


def _values(train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return columns as numbers; names get numbers, and what is missing one beyond all others."""
    sides = np.empty((len(train), train.shape[1])), np.empty((len(test), train.shape[1]))
    named = np.zeros(train.shape[1], dtype=bool)
    for place in range(train.shape[1]):
        columns = train.iloc[:, place], test.iloc[:, place]
        numbers = [_numbers(column) for column in columns]
        named[place] = any(one is None for one in numbers)
        if named[place]:
            codes = np.concatenate(keys(*(column.to_frame() for column in columns))).ravel()
            both = np.unique(codes, return_inverse=True)[1].astype(float)
        else:
            both = np.concatenate([one for one in numbers if one is not None])
            both[np.isinf(both)] = np.nan
            largest = np.nanmax(np.abs(both), initial=0)
            if largest > 1e100 or 0 < largest < 1e-100:  # squares must not overflow
                both = both / largest
            gone = np.isnan(both)
            if gone.any():
                known = both[~gone]
                both[gone] = known.max() + (np.std(known) or 1) if len(known) else 0
        sides[0][:, place], sides[1][:, place] = both[: len(train)], both[len(train) :]
    return *sides, named


def _numbers(column: pd.Series) -> np.ndarray | None:
    """Return numbers and dates as numbers, and nothing for the rest."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return None
    if column.dtype.kind in "mM" or isinstance(column.dtype, pd.DatetimeTZDtype):
        seconds = column.astype("int64").to_numpy(dtype=float)
        seconds[column.isna().to_numpy()] = np.nan
        return seconds
    if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype.kind != "c":
        return column.to_numpy(dtype=float, na_value=np.nan)
    return None


def _has_a_shape(values: np.ndarray, named: np.ndarray) -> tuple[bool, bool]:
    """Say whether rows are curves or pictures of one kind, and whether all columns are alike."""
    if values.shape[1] < SHAPE or named.any():
        return False, False
    few = values[:SAMPLE]
    varies = few.var(axis=0)
    if not varies.sum() > 0:
        return False, False
    share = varies / varies.sum()
    fine = [len(np.unique(column)) >= FINE for column in few.T]
    return bool(share[fine].sum() >= FINE_SHARE), bool(share.max() <= ONE_KIND)
