"""What a reader's function makes of a series, and the row of the series each row belongs to."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ._data import as_frame, is_sparse, keys, n_rows
from ._handed import Handed, View

__all__ = ["CannotMake", "Made", "Maker"]


class CannotMake(Exception):
    """A reader's function raised, or what it returned has no rows that can be matched."""


@dataclass(frozen=True)
class Made:
    """Features, and the rows that they belong to.

    Attributes
    ----------
    features : DataFrame
        Named by texts that occur once.
    rows : array
        The position in the series of each row; or its own number, or its date.
    by : {"label", "key", "place", "number", "date"}
        How rows were matched with those of the series: by ``"number"`` where each makes a row but
        a constant count of them, as windows do; by ``"date"`` where rows have dates of their own.
    lost : int
        How many rows fewer than the series.
    numbered : bool
        Whether rows have no label but a number.
    """

    features: pd.DataFrame
    rows: np.ndarray
    by: str
    lost: int
    numbered: bool

    @property
    def matched(self) -> bool:
        """Whether rows are positions in the series."""
        return self.by in ("label", "key", "place")


class Maker:
    """Runs a reader's function on views of a series.

    Attributes
    ----------
    runs : int
        How often it ran.
    """

    def __init__(self, make_features: Callable[[Any], Any], handed: Handed, dated: bool) -> None:
        if not callable(make_features):
            raise TypeError(
                f"make_features={make_features!r} must be a function of the series that returns "
                "its features"
            )
        self._make, self._handed, self._dated = make_features, handed, dated
        self.runs = 0

    def whole(self) -> Made:
        """Run it on the whole series; what it raises is the reader's to see."""
        view = View(np.arange(len(self._handed)))
        self.runs += 1
        try:
            made = self._run(view)
        except CannotMake:
            raise
        except Exception as error:
            raise ValueError(
                f"make_features raised {type(error).__name__} on the whole series: {_short(error)}"
            ) from error
        return made

    def __call__(self, view: View) -> Made:
        """Run it on a view, or raise `CannotMake`."""
        self.runs += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of short series; the whole one has warned
                return self._run(view)
        except CannotMake:
            raise
        except Exception as error:
            raise CannotMake(f"{type(error).__name__}: {_short(error)}") from error

    def _run(self, view: View) -> Made:
        part = self._handed.hand_over(view)
        had = list(part.columns) if isinstance(part, pd.DataFrame) else None
        out = self._make(part)
        if out is None and had is not None and list(part.columns) != had:
            out = part  # it wrote its features into the frame
        if hasattr(out, "collect") and not hasattr(out, "shape"):
            out = out.collect()
        if out is None or isinstance(out, str | bytes | tuple | dict) or _no_rows(out):
            raise TypeError(
                f"make_features returned {_kind(out)}; it must return the features alone, as a "
                "frame or an array with a row for each row of the series"
            )
        features = as_frame("what make_features returned", out)
        rows, by = self._match(out, features, view)
        names = _names(features.columns)
        lost = len(view.rows) - len(features)
        numbered = not hasattr(out, "index") or _counts(features.index)
        features = features.set_axis(names, axis=1).reset_index(drop=True)
        return Made(features, rows, by, lost, numbered)

    def _match(self, out: Any, features: pd.DataFrame, view: View) -> tuple[np.ndarray, str]:
        """Return which row of the series each row of the features belongs to."""
        indexed = isinstance(out, pd.DataFrame | pd.Series)
        if not indexed or _counts(features.index):
            places = self._by_key(features, view)
            if places is not None:
                return view.rows[places], "key"
        else:
            places = _by_label(self._handed.frame.index[view.rows], features.index)
            if places is not None:
                return view.rows[places], "label"
            if self._dated and isinstance(features.index, pd.DatetimeIndex):
                return np.asarray(features.index), "date"
        if len(features) == len(view.rows):
            return view.rows, "place"
        return np.arange(len(features)), "number"

    def _by_key(self, features: pd.DataFrame, view: View) -> np.ndarray | None:
        """Match rows by the columns that were handed through: days, names, counts.

        Frames without an index, and such as were numbered anew, may be sorted otherwise.
        """
        series = self._handed.frame
        named = [
            name
            for place, name in enumerate(series.columns)
            if series.dtypes.iloc[place].kind != "f"
            and place not in view.sources
            and (series.columns == name).sum() == 1 == (features.columns == name).sum()
        ]
        if not named or not len(features):
            return None
        ours, theirs = keys(series[named].iloc[view.rows], features[named])
        kept = [
            column
            for column in range(len(named))
            if np.isin(theirs[:, column], ours[:, column]).all()
        ]
        if not kept:
            return None
        frames = (pd.DataFrame(side[:, kept]) for side in (ours, theirs))
        one, other = (pd.util.hash_pandas_object(side, index=False) for side in frames)
        if one.duplicated().any():
            return None
        places = pd.Index(one).get_indexer(other)
        return places if (places >= 0).all() else None


def _by_label(given: pd.Index, made: pd.Index) -> np.ndarray | None:
    """Return the position of each label, the first of equal ones for the first."""
    if len(given) == len(made) and given.equals(made):
        return np.arange(len(given))
    try:
        if given.is_unique and made.is_unique:
            places = given.get_indexer(made)
        else:
            places = _numbered(given).get_indexer(_numbered(made))
    except (TypeError, ValueError):
        return None
    return places if (places >= 0).all() else None


def _numbered(index: pd.Index) -> pd.MultiIndex:
    labels = index.to_series(index=range(len(index)))
    return pd.MultiIndex.from_arrays([labels, labels.groupby(labels).cumcount()])


def _counts(index: pd.Index) -> bool:
    """Whether an index only counts the rows."""
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1


def _no_rows(out: Any) -> bool:
    if is_sparse(out):
        return False
    try:
        n_rows("out", out)
    except TypeError:
        return True
    return np.ndim(out) == 0 if isinstance(out, np.ndarray) else False


def _kind(out: Any) -> str:
    return "None: does it end with a return?" if out is None else f"a {type(out).__name__}"


def _names(columns: pd.Index) -> list[str]:
    """Return a text for each column that no other has."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for column in columns:
        name = " · ".join(map(str, column)) if isinstance(column, tuple) else str(column)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _short(error: Exception) -> str:
    """Return the first line of what an error says."""
    return (str(error).strip().splitlines() or ["no message"])[0][:160]
