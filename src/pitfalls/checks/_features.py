"""What a reader's function makes of a series, and the row of the series each row belongs to."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame, is_sparse, keys, n_rows
from .._words import first_line, raised
from ._handed import CannotMake, Handed, View
from ._moments import Moments, plain_dates
from ._unchanged import differ, spread_of

__all__ = ["Made", "Maker"]


#: Added to labels that count rows, to see whether a function keeps them; few functions ask whether
#: a label can be divided by 5 or 7, and those that do get the same answers.
_OTHER_LABELS = 2**4 * 3**3 * 5**3 * 7


@dataclass(frozen=True)
class Made:
    """Features, and the rows that they belong to.

    Attributes
    ----------
    features : DataFrame
        Named by texts that occur once.
    rows : array
        The position in the series of each row; or its moment, its date or its own number.
    by : {"label", "key", "place", "moment", "date", "number"}
        How rows were matched with those of the series. By ``"moment"`` there is one for each, such
        as means of a day; by ``"date"`` they have dates of their own; by ``"number"`` they are not
        matched yet: there are fewer than in the series, and nothing says which.
    lost : int
        How many rows fewer than the series.
    numbered, labelled : bool
        Whether rows have no label but a number; whether they have labels at all.
    """

    features: pd.DataFrame
    rows: np.ndarray
    by: str
    lost: int
    numbered: bool
    labelled: bool

    @property
    def matched(self) -> bool:
        """Whether rows are positions in the series."""
        return self.by in ("label", "key", "place")


class Maker:
    """Runs a reader's function on views of a series.

    Attributes
    ----------
    offset : int or None
        Where there are fewer rows than in the series, as of windows, the row of the series that
        the first one belongs to, once that is known.
    keeps_labels : bool
        Whether labels that only count the rows are known to be those of the series.
    """

    def __init__(
        self, make_features: Callable[[Any], Any], handed: Handed, moments: Moments
    ) -> None:
        if not callable(make_features):
            raise TypeError(
                f"make_features={make_features!r} must be a function of the series that returns "
                "its features"
            )
        self._make, self._handed, self._moments = make_features, handed, moments
        self.offset: int | None = None
        self.keeps_labels = False

    def whole(self) -> Made:
        """Run it on the whole series; what it raises is the reader's to see."""
        view = View(np.arange(len(self._handed)))
        try:
            out = self._call(view)
        except Exception as error:
            raise ValueError(
                f"make_features raised {type(error).__name__} on the whole series: "
                f"{first_line(error) or 'no message'}"
            ) from error
        return self._read(out, view)

    def __call__(self, view: View) -> Made:
        """Run it on a view, or raise `CannotMake`."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of short series; the whole one has warned
                return self._read(self._call(view), view)
        except CannotMake:
            raise
        except Exception as error:
            raise CannotMake(raised(error)) from error

    def _call(self, view: View) -> Any:
        """Hand a view over, and return what comes back, or was written into it."""
        part = self._handed.hand_over(view)
        had = list(part.columns) if isinstance(part, pd.DataFrame) else None
        out = self._make(part)
        if out is None and had is not None and list(part.columns) != had:
            return part
        if hasattr(out, "collect") and not hasattr(out, "shape"):
            return out.collect()
        return out

    def _read(self, out: Any, view: View) -> Made:
        if out is None or isinstance(out, str | bytes | tuple | dict) or _no_rows(out):
            raise TypeError(
                f"make_features returned {_kind(out)}; it must return the features alone, as a "
                "frame or an array with a row for each row of the series"
            )
        features = as_frame("what make_features returned", out)
        rows, by = self._match(out, features, view)
        names = _names(features.columns)
        lost = len(view.rows) - len(features)
        labelled = isinstance(out, pd.DataFrame | pd.Series)
        numbered = not labelled or _counts(features.index)
        features = features.set_axis(names, axis=1).reset_index(drop=True)
        return Made(features, rows, by, lost, numbered, labelled)

    def _match(self, out: Any, features: pd.DataFrame, view: View) -> tuple[np.ndarray, str]:
        """Return which row of the series each row of the features belongs to."""
        indexed = isinstance(out, pd.DataFrame | pd.Series)
        index, given = features.index, self._handed.frame.index
        if not indexed or (_counts(index) and not self.keeps_labels):
            places = self._by_key(features, view)
            if places is not None:
                return view.rows[places], "key"
        elif index.names != given.names and {*index.names} <= {*self._handed.frame.columns}:
            places = self._by_key(index.to_frame(index=False), view)
            if places is not None:
                return view.rows[places], "key"
            moments = self._by_moment(index)
            if moments is not None:
                return moments, "moment"
            return np.arange(len(features)), "number"
        else:
            places = _by_label(given[view.rows], index)
            if places is not None:
                return view.rows[places], "label"
            dates = isinstance(index, pd.DatetimeIndex) and index.is_unique and not index.hasnans
            if self._moments.dated and dates:
                return plain_dates(index), "date"
        if len(features) == len(view.rows):
            return view.rows, "place"
        if self.offset is not None and self.offset + len(features) <= len(view.rows):
            return view.rows[self.offset : self.offset + len(features)], "place"
        return np.arange(len(features)), "number"

    def settle(self, whole: Made, of: np.ndarray, rng: np.random.Generator) -> bool:
        """Find out to which rows fewer rows belong; return whether that can be known.

        Labels that count are those of the series if they follow when those are renamed. Else rows
        are taken to belong to the last row of the series that they are made of.

        Parameters
        ----------
        whole : Made
            Of the whole series.
        of : array of int
            The moment of each row of the series, in order.
        rng : Generator
            For exchanges.
        """
        everything = np.arange(len(self._handed))
        if whole.lost < 0:
            return False
        try:
            if whole.labelled and _counts(self._handed.frame.index):
                renamed = View(everything, renamed=_OTHER_LABELS)
                first = self._make(self._handed.hand_over(renamed)).index
                self.keeps_labels = not _counts(first)
                if self.keeps_labels:
                    return True
            if self(View(np.flatnonzero(of <= of[-1] // 4))).lost != whole.lost:
                return False  # rows were dropped here and there
            at = int((of <= of[-1] // 2).sum())
            columns = self._handed.telling(())
            view = self._handed.exchanged(View(everything), columns, everything[at:], rng)
            made = self(view)
        except Exception:  # the reader's function may raise anything
            return False
        if made.lost != whole.lost or not made.features.columns.equals(whole.features.columns):
            return False
        reach = [0]
        for name in whole.features:
            one, other = whole.features[name], made.features[name]
            changed = differ(one, other, spread_of(one))
            reach += [at - int(changed.argmax())] if changed.any() else []
        self.offset = min(max(reach), whole.lost)
        return True

    def _by_moment(self, index: pd.Index) -> np.ndarray | None:
        """Match rows by the times that they are named by, one for each moment."""
        columns = [self._handed.frame.columns[place] for place in self._moments.places]
        if columns != list(index.names) or not index.is_unique or index.nlevels > 1:
            return None
        moments = pd.Index(self._moments.names).get_indexer(index)
        return moments if (moments >= 0).all() else None

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
        if one.duplicated().any() or other.duplicated().any():
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
    if out is None:
        return "None (is there a `return`?)"
    return "an array without rows" if isinstance(out, np.ndarray) else f"a {type(out).__name__}"


def _names(columns: pd.Index) -> list[str]:
    """Return a text for each column that no other has."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for column in columns:
        name = " · ".join(map(str, column)) if isinstance(column, tuple) else str(column)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names
