"""The moments that rows belong to, and the places at which a series is cut."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .._data import keys
from .._times import are_dates, read_times
from .._words import suggested

__all__ = ["Moments", "moments_of", "places_to_cut", "plain_dates", "said", "until"]


@dataclass(frozen=True)
class Moments:
    """When each row is.

    Attributes
    ----------
    of : array of int of shape (n,)
        The number of each row's moment, in order of time.
    names : sequence
        What each moment is called.
    places : tuple of int
        The columns that times were read from.
    doubt : str
        A column of times that does not lie in the order of the rows, where no time was given.
    ties : array of int or None
        Where rows are taken as they lie and a column of days says that several are of one day,
        the day of each row.
    source : str
        Where times were read from, in words; empty for the order of rows.
    """

    of: np.ndarray
    names: Sequence[Any]
    places: tuple[int, ...] = ()
    doubt: str = ""
    ties: np.ndarray | None = None
    source: str = ""

    @property
    def count(self) -> int:
        """How many moments there are."""
        return len(self.names)

    @property
    def dated(self) -> bool:
        """Whether moments are dates."""
        return isinstance(self.names, pd.DatetimeIndex)

    def called(self, moment: int) -> str:
        """Return a moment as a reader would say it."""
        name = said(self.names[moment])
        return name if self.source else f"row {name}"


def plain_dates(index: pd.DatetimeIndex) -> np.ndarray:
    """Return dates that can be compared with all others: of one zone, and without it."""
    return np.asarray(index if index.tz is None else index.tz_convert("UTC").tz_localize(None))


def said(thing: Any) -> str:
    """Return a label as a reader would write it: a day without midnight."""
    if isinstance(thing, tuple):
        return " · ".join(map(said, thing))
    text = str(thing)
    return text.replace(" 00:00:00", "") if isinstance(thing, pd.Timestamp) else text


def moments_of(time: Any, frame: pd.DataFrame, late: Collection[int] = ()) -> Moments:
    """Read when each row is.

    Parameters
    ----------
    time : None, False, label, list of labels, or array of shape (n,)
        As in `features_that_look_ahead`.
    frame : DataFrame of n rows
        The series.
    late : collection of int, default=()
        The places of columns that say nothing of the order of rows.

    Raises
    ------
    ValueError
        If a name is no column, a row has no time, or texts are no dates that can be sorted.
    """
    n = len(frame)
    if time is False:
        return Moments(np.zeros(n, int), ["all rows"], source="all rows together")
    if time is None:
        return _unsaid(frame, late)
    values, places, what = _asked(time, frame)
    if isinstance(values, pd.DataFrame):
        _complete(f"time={what!r}", values.isna().any(axis=1))
        groups = values.groupby(list(values.columns), sort=True, observed=True)
        names = [said(one) for one in groups.size().index]
        return Moments(groups.ngroup().to_numpy(), names, places, source=what)
    return _sorted(values, places, what)


def _asked(time: Any, frame: pd.DataFrame) -> tuple[Any, tuple[int, ...], str]:
    """Return the times that were asked for, the columns they are from, and their name."""
    listed = isinstance(time, list | tuple) and len(time) > 0
    if listed and len(time) != len(frame) and all(isinstance(one, str) for one in time):
        for one in time:
            _known(one, frame)
        places = tuple(int(p) for one in time for p in np.flatnonzero(frame.columns == one))
        return frame.iloc[:, list(places)], places, " and ".join(map(str, time))
    if isinstance(time, str) or not isinstance(time, Iterable):
        _known(time, frame)
        if time in frame.columns:
            place = int(np.flatnonzero(frame.columns == time)[0])
            return frame.iloc[:, place], (place,), str(time)
        return pd.Series(frame.index.get_level_values(time)), (), str(time)
    values: Any = time
    if type(time).__module__.startswith("polars"):
        values = values.to_numpy()
    values = pd.Series(values if isinstance(values, np.ndarray | pd.Series) else list(values))
    if len(values) != len(frame):
        raise ValueError(f"time has {len(values)} values; series has {len(frame)} rows")
    same = tuple(
        place
        for place in range(frame.shape[1])
        if values.reset_index(drop=True).equals(frame.iloc[:, place].reset_index(drop=True))
    )
    return values, same, "time"


def _known(name: Any, frame: pd.DataFrame) -> None:
    known = [*frame.columns, *(one for one in frame.index.names if one is not None)]
    if name in known:
        return
    raise ValueError(f"time={name!r} is no column of series; {suggested(name, known)}")


def _sorted(values: pd.Series, places: tuple[int, ...], what: str) -> Moments:
    """Put times in order, and call them as the reader does."""
    called = "time" if what == "time" else f"time={what!r}"
    _complete(called, values.isna())
    times = read_times(called, values)
    of, names = pd.factorize(times, sort=True)
    if isinstance(values.dtype, pd.PeriodDtype) or not are_dates(times):
        names = pd.Index(values.iloc[np.unique(of, return_index=True)[1]])
    return Moments(of, names if len(names) else [], places, source=what)


def _complete(what: str, missing: pd.Series) -> None:
    if missing.any():
        raise ValueError(
            f"{what} is missing in {int(missing.sum())} of {len(missing)} rows; drop them, "
            "or fill in their times"
        )


def _unsaid(frame: pd.DataFrame, late: Collection[int]) -> Moments:
    """Take times from the index if it has any; else rows as they lie, with doubts."""
    index, n = frame.index, len(frame)
    levels = [index.get_level_values(place) for place in range(index.nlevels)]
    dates = [one for one in levels if isinstance(one, pd.DatetimeIndex | pd.PeriodIndex)]
    if len(dates) == 1 and n:
        return _sorted(pd.Series(dates[0]), (), "the index")
    rows = Moments(np.arange(n), index)
    doubts = []
    for place in range(frame.shape[1]):
        column = None if place in late else _dates(frame.iloc[:, place])
        if column is None:
            continue
        if column.is_monotonic_increasing and column.is_unique:
            return rows  # a column says that the rows lie in order
        doubts.append((column.is_monotonic_increasing, str(frame.columns[place]), column))
    if not doubts:
        return rows
    doubts.sort(key=lambda one: not one[0])
    in_order, name, column = doubts[0]
    ties = pd.factorize(column)[0] if in_order else None
    return Moments(np.arange(n), index, doubt=name, ties=ties)


def _dates(column: pd.Series) -> pd.Series | None:
    """Return a column as times, if it has times and nothing else."""
    if column.dtype.kind == "M" or isinstance(column.dtype, pd.PeriodDtype):
        return None if column.isna().any() or (column == column.iloc[0]).all() else column
    if column.dtype.kind != "O" and not isinstance(column.dtype, pd.StringDtype):
        return None
    if not column[:3].astype(str).str.match(r"\d{4}-\d\d-\d\d").all() or column.isna().any():
        return None
    try:
        dates = pd.to_datetime(column.astype(str), format="ISO8601")
    except ValueError:
        return None
    return None if (dates == dates.iloc[0]).all() else dates


def until(fit_until: Any, moments: Moments) -> int:
    """Return the first moment after which a series may be cut: the last of the training rows.

    Raises
    ------
    ValueError
        If no two moments are left behind it, or it is no time of the kind.
    """
    if fit_until is None:
        return 0
    number = isinstance(fit_until, int | np.integer) and not isinstance(fit_until, bool)
    if number and (moments.dated or not moments.source):
        if not 0 < fit_until < len(moments.of):
            raise ValueError(
                f"fit_until={fit_until!r} must be a number of rows from 1 to {len(moments.of) - 1}"
            )
        last = int(np.sort(moments.of)[fit_until - 1])
    else:
        last = _last(fit_until, moments)
    if last > moments.count - 3:
        raise ValueError(
            f"fit_until={fit_until!r} leaves fewer than two moments behind it; the series must "
            "go on after the training rows"
        )
    return max(last, 0)


def _last(fit_until: Any, moments: Moments) -> int:
    """Return the number of the last moment that is not after a time."""
    right = "a time of the series" if moments.source else "a number of rows"
    if isinstance(fit_until, bool) or not moments.source:
        raise ValueError(f"fit_until={fit_until!r} must be {right}")
    try:
        names, time = pd.Index(moments.names), fit_until
        if moments.dated:
            time = _one_date(time)
            if names.tz is not None and time.tz is None:
                time = time.tz_localize(names.tz)
            elif names.tz is None and time.tz is not None:
                time = time.tz_localize(None)
        elif isinstance(names, pd.PeriodIndex):
            time = pd.Period(time, names.freq)
        place = int(names.searchsorted(time, side="right")) - 1
    except (TypeError, ValueError):
        raise ValueError(f"fit_until={fit_until!r} must be {right}") from None
    if place < 0:
        raise ValueError(f"fit_until={fit_until!r} lies before the series begins")
    return place


def _one_date(time: Any) -> pd.Timestamp:
    """Return a date; a text of digits is a year here."""
    if isinstance(time, str) and time.isdigit():
        return pd.Timestamp(time)
    return pd.Timestamp(read_times("fit_until", pd.Series([time])).iloc[0])


def places_to_cut(
    moments: Moments,
    first: int,
    n_cuts: int,
    series: pd.DataFrame,
    features: pd.DataFrame,
    rows: np.ndarray,
    rng: np.random.Generator,
) -> list[int]:
    """Choose the moments after which the series is cut.

    A third lies ever further apart from the start, where warm-ups are filled; a third is spread
    over the whole length; and a third lies where things happen: at gaps, at rare values of a
    feature, at rows where a feature is not its raw column, at steps, at extremes.

    Parameters
    ----------
    moments : Moments
        When each row is.
    first : int
        The first moment that may be the last before a cut.
    n_cuts : int
        How many places.
    series, features : DataFrame
        The raw rows, and what was made of them.
    rows : array of int
        The position in `series` of each row of `features`.
    rng : Generator
        For the draw.
    """
    stop = moments.count - 1
    if stop - first <= n_cuts:
        return list(range(first, stop))
    third = max(1, n_cuts // 3)
    early = first - 1 + np.geomspace(1, stop - first, third).astype(int)
    edges = np.linspace(first, stop, n_cuts - 2 * third + 1) if n_cuts > 2 else [first, stop]
    spread = [rng.integers(int(a), max(int(a) + 1, int(b))) for a, b in pairwise(edges)]
    chosen = {int(place) for place in (*early, *spread)}
    for group in _where_things_happen(moments, series, features, rows, rng):
        if len(chosen) >= n_cuts:
            break
        group = group[(group >= first) & (group < stop)]
        if len(group) and not chosen.intersection(group.tolist()):
            chosen.add(int(rng.choice(group)))
    free = np.setdiff1d(np.arange(first, stop), list(chosen))
    more = rng.permutation(free)[: max(0, n_cuts - len(chosen))]
    return (
        sorted({*chosen, *more.tolist()})[:n_cuts]
        if n_cuts < 3
        else sorted({*chosen, *more.tolist()})
    )


def _where_things_happen(
    moments: Moments,
    series: pd.DataFrame,
    features: pd.DataFrame,
    rows: np.ndarray,
    rng: np.random.Generator,
) -> Iterable[np.ndarray]:
    """Give groups of moments, each of which should hold a place."""
    of = moments.of[rows]
    raw, made = keys(series)[0][rows], keys(features)[0]
    order = np.argsort(of, kind="stable")
    columns = rng.permutation(made.shape[1])
    for place in columns:
        values, counts = np.unique(made[:, place], return_counts=True)
        usual = values[counts.argmax()]
        if counts.max() > len(made) / 2:
            yield np.unique(of[made[:, place] != usual])
    for place in columns:
        same = [p for p, name in enumerate(series.columns) if name == features.columns[place]]
        for twin in same or range(raw.shape[1])[:1]:
            mended = made[:, place] != raw[:, twin]
            if 0 < mended.sum() < len(mended) / 2:
                yield np.unique(of[mended])
    for place in range(series.shape[1]):
        gaps = series.iloc[:, place].isna().to_numpy()
        if 0 < gaps.sum() < len(gaps):
            yield np.unique(moments.of[gaps])
    for place in columns:
        steps = np.flatnonzero(made[order[1:], place] != made[order[:-1], place])
        yield np.unique(of[order[steps]])
    for place in rng.permutation(series.shape[1]):
        column = series.iloc[:, place]
        if column.dtype.kind == "f" and column.notna().any():
            values = column.to_numpy(dtype=float, na_value=np.nan)
            yield moments.of[[int(np.nanargmax(np.abs(values - np.nanmedian(values))))]]
