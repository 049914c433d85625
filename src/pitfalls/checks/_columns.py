"""One column as numbers where it has an order, and as levels where it has none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from .._data import keys

__all__ = ["Column", "by_name", "read_column"]

#: A text that is read as numbers has so many different values at least: "0" and "1" are levels.
_MANY_TEXTS = 20


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Attributes
    ----------
    name : object
        As the reader knows it.
    numbers : array of float of shape (n,), or None
        Numbers, dates and times, with NaN where they are missing; None for texts and categories.
    things : Series
        The values themselves.
    """

    name: Any
    numbers: np.ndarray | None
    things: pd.Series

    def __len__(self) -> int:
        return len(self.things)

    @cached_property
    def codes(self) -> np.ndarray:
        """A whole number for each value, from 0, and -1 where it is missing."""
        if self.numbers is not None:
            return pd.factorize(self.numbers)[0]
        missing = self.things.isna().to_numpy()
        (hashed,) = keys(self.things.to_frame())
        codes = np.full(len(self), -1)
        codes[~missing] = pd.factorize(hashed[~missing, 0])[0]
        return codes

    @property
    def known(self) -> np.ndarray:
        """Whether a row has a value."""
        return self.codes >= 0 if self.numbers is None else ~np.isnan(self.numbers)

    @cached_property
    def n_levels(self) -> int:
        """How many different values there are."""
        return int(self.codes.max(initial=-1)) + 1

    def level(self, code: int) -> Any:
        """Return a value by its code."""
        return self.things.iloc[int(np.argmax(self.codes == code))]

    def rows(self, chosen: np.ndarray) -> Column:
        """Return some rows of the column."""
        numbers = None if self.numbers is None else self.numbers[chosen]
        return Column(self.name, numbers, self.things.iloc[chosen])


def read_column(values: pd.Series, name: Any = None) -> Column:
    """Read a column: numbers, dates, booleans, texts, categories, with gaps or without."""
    name = values.name if name is None else name
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if isinstance(values.dtype, pd.SparseDtype):
        values = values.sparse.to_dense()
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    return Column(name, _numbers(values), values)


def _numbers(values: pd.Series) -> np.ndarray | None:
    kind = values.dtype.kind
    if kind in "mM":
        return np.where(values.isna(), np.nan, values.astype("int64").to_numpy().astype(float))
    if kind in "iuf":
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        return np.where(np.isfinite(numbers), numbers, np.nan) if kind == "f" else numbers
    if kind in "bc":
        return None
    told = pd.api.types.infer_dtype(values, skipna=True)
    if told in ("integer", "floating", "mixed-integer-float", "decimal"):
        return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if told in ("date", "datetime", "datetime64"):
        return _numbers(pd.to_datetime(values, errors="coerce", utc=True))
    if told in ("timedelta", "timedelta64"):
        return _numbers(pd.to_timedelta(values, errors="coerce"))
    if told == "string" and values.nunique() > _MANY_TEXTS:
        return _written(values)
    return None


def _written(texts: pd.Series) -> np.ndarray | None:
    """Return numbers or dates that were written as texts, or None where one is something else."""
    known = texts.notna().to_numpy()
    numbers = pd.to_numeric(texts, errors="coerce")
    if numbers.notna().to_numpy()[known].all():
        return numbers.to_numpy(dtype=float, na_value=np.nan)
    dates = pd.to_datetime(texts, errors="coerce", format="ISO8601", utc=True)
    return _numbers(dates) if dates.notna().to_numpy()[known].all() else None


def by_name(frame: pd.DataFrame) -> dict[str, tuple[Any, pd.Series]]:
    """Return each column with a name of its own: the second ``age`` is ``age (2)``."""
    named: dict[str, tuple[Any, pd.Series]] = {}
    for place, label in enumerate(frame.columns):
        name = str(label)
        number = 2
        while name in named:
            name, number = f"{label} ({number})", number + 1
        named[name] = label, frame.iloc[:, place]
    return named
