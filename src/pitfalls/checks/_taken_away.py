"""Takes the future away, makes the features again, and keeps what has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ._features import Made, Maker
from ._handed import CannotMake, Handed, View
from ._moments import Moments, places_to_cut, plain_dates
from ._unchanged import differ, spread_of

__all__ = ["Look", "Seen"]

#: So many of the rows at fault are kept for a feature; all of a long series would fill memory.
_MOST_ROWS = 1_000
#: A change that goes back over more of the series than this comes from a number of the whole
#: column, and not from a window.
_MOST = 0.5
#: Exchanges of late columns where all rows stand for themselves: with one, a maximum may stay.
_EXCHANGES = 5


@dataclass
class Seen:
    """What was seen of one feature.

    Attributes
    ----------
    unsteady, constant : bool
        Whether it differs from run to run; whether it is the same in all rows.
    compared, changed, ahead, late, torn : set of int
        The cuts at which it was compared; at which it changed, because the future was gone, or
        because late values were exchanged; and those in the middle of a day that may be whole.
    control : bool
        Whether its own next value, planted as a column, was found to look ahead.
    reach : int
        How many moments before a cut the furthest change was.
    everywhere : bool
        Whether, at the last cut of those that changed it, that was most of the series.
    last : int
        That cut.
    filled : bool
        Whether each change was between a value with the future and none without.
    rows : dict
        The rows that changed, by number, with their moments.
    example : tuple
        The first change in time: label, before, after, cut, whether of a late value.
    share_changed : float
        The share of cuts, or of rows where all stand for themselves, at which it changed.
    """

    unsteady: bool = False
    constant: bool = False
    compared: set[int] = field(default_factory=set)
    ahead: set[int] = field(default_factory=set)
    late: set[int] = field(default_factory=set)
    torn: set[int] = field(default_factory=set)
    control: bool = False
    reach: int = 0
    everywhere: bool = False
    last: int = -1
    filled: bool = True
    rows: dict[int, int] = field(default_factory=dict)
    example: tuple[Any, Any, Any, int, bool] = (None, None, None, 0, False)
    share_changed: float = 0.0

    @property
    def changed(self) -> set[int]:
        """The cuts at which it changed for either reason."""
        return self.ahead | self.late


@dataclass(frozen=True)
class _Match:
    """Rows of two results that belong together, up to a cut, in the order of time.

    Attributes
    ----------
    before, after : array of int
        Their places in either result.
    when : array
        Their moments.
    strange : array of int
        Places in `before` of rows that `after` lacks, or -1 for one that `before` lacks.
    following : int
        The place in `before` of the first row after the cut; -1 where there is none.
    """

    before: np.ndarray
    after: np.ndarray
    when: np.ndarray
    strange: np.ndarray
    following: int


class Look:
    """A series, what was made of it, and what became of that without the future."""

    def __init__(
        self,
        handed: Handed,
        moments: Moments,
        lags: dict[int, int],
        maker: Maker,
        *,
        exchange_only: bool,
        rng: np.random.Generator,
    ) -> None:
        self.handed, self.moments, self.lags = handed, moments, lags
        self._maker, self._exchange_only, self._rng = maker, exchange_only, rng
        self.together = moments.count == 1
        self.seen: dict[str, Seen] = {}
        self.cuts: list[int] = []
        self.exchanged: set[int] = set()
        self.failures: dict[int, str] = {}
        self.rows_changed: dict[int, Any] = {}
        self.late_found = False
        self.one_value = [
            str(handed.frame.columns[place])
            for place in lags
            if handed.others(place, np.arange(1), rng, far=True) is None
        ]
        self._all = np.arange(len(handed))

    @property
    def offset(self) -> int:
        """The row of the series that the first of fewer rows belongs to."""
        return self._maker.offset or 0

    @property
    def why_not(self) -> str:
        """What the function said where it could not be run."""
        return next(iter(self.failures.values()))

    # The whole series

    def at_whole(self) -> str:
        """Make the features of the whole series, twice; return why that is no use, if so."""
        self.whole, again = self._maker.whole(), self._maker.whole()
        features = self.whole.features
        if not features.size:
            return (
                f"make_features gave {features.shape[0]} rows and {features.shape[1]} columns; "
                "there is nothing to look at."
            )
        same_rows = np.array_equal(self.whole.rows, again.rows)
        if not same_rows or not features.columns.equals(again.features.columns):
            return "its rows or columns differ from run to run; fix the seed of what is drawn."
        self.n_rows = len(features)
        if self.whole.by == "number" and not self.together:
            of = self.moments.of
            if (np.diff(of) < 0).any() or not self._maker.settle(self.whole, of, self._rng):
                return (
                    f"make_features gave {len(features)} rows for {len(self.handed)} rows of the "
                    "series, and nothing says which; return a frame with the index of the series."
                )
            self.whole = self._maker.whole()
        self._when = self._times(self.whole)
        self._spread = {name: spread_of(features[name]) for name in features}
        for name in features:
            column = features[name]
            self.seen[name] = Seen(
                unsteady=bool(differ(column, again.features[name], self._spread[name]).any()),
                constant=not differ(column, column.iloc[np.zeros(len(column), int)], 0.0).any(),
            )
        return ""

    def _telling(self) -> list[int]:
        return self.handed.telling(self.moments.places)

    def places(self, first: int, n_cuts: int) -> list[int]:
        """Choose where to cut."""
        whole = self.whole
        rows = whole.rows if whole.matched else np.arange(len(whole.features)) % len(self.handed)
        if whole.by == "moment":
            rows = np.unique(self.moments.of, return_index=True)[1][whole.rows]
        chosen = places_to_cut(
            self.moments, first, n_cuts, self.handed.frame, whole.features, rows, self._rng
        )
        if self.moments.ties is not None:  # the end of each day that a place lies in, as well
            ends = np.append(np.flatnonzero(np.diff(self.moments.ties)), self.moments.count - 1)
            wholes = ends[np.searchsorted(ends, chosen)]
            chosen = sorted({*chosen, *wholes[wholes < self.moments.count - 1].tolist()})
        return chosen

    def own_order(self) -> bool:
        """Whether changes may be owed to rows that the function sorts and numbers anew."""
        changed = any(seen.changed for seen in self.seen.values()) or self.rows_changed
        one_series = np.array_equal(self.moments.of, self._all)
        if (
            one_series
            or self.together
            or not changed
            or not self.whole.numbered
            or self.whole.by == "key"
        ):
            return False
        try:
            turned = self._maker(View(self._all[::-1])).features
        except CannotMake:
            return False
        whole = self.whole.features
        names = [name for name, seen in self.seen.items() if not (seen.unsteady or seen.constant)]
        if len(turned) != len(whole) or not set(names) <= set(turned.columns) or not names:
            return False
        return all(not differ(whole[n], turned[n], self._spread[n]).any() for n in names)

    # Cuts

    def at(self, place: int) -> None:
        """Take away what comes after a moment, and then exchange what is late at it."""
        runs = [*self._without_future(place)]
        matches = [self._match(self.whole, made, place) for _, made in runs]
        for (_, made), match in zip(runs, matches, strict=True):
            self._compare(self.whole, made, match, place, late=False)
        if runs:
            self.cuts.append(place)
        if runs and len(matches[-1].strange):
            strange = matches[-1].strange[0]
            row = "of its own" if strange < 0 else self._label(self.whole.rows[strange])
            self.rows_changed[place] = row
        if runs and self.lags:
            self._late_at(place, *runs[-1])

    def _without_future(self, place: int) -> Iterator[tuple[View, Made]]:
        """Make features of the series up to a moment.

        Where the function cannot be run on that, or rows come and go with the future, the values
        after it are exchanged instead.
        """
        if not self._exchange_only:
            view = View(np.flatnonzero(self.moments.of <= place))
            try:
                made = self._maker(view)
                match = self._match(self.whole, made, place)
                yield view, made
                if not len(match.strange):
                    return
            except CannotMake as error:
                self.failures.setdefault(place, str(error))
        later = np.flatnonzero(self.moments.of > place)
        try:
            view = self.handed.exchanged(View(self._all), self._telling(), later, self._rng)
            made = self._maker(view)
            self._match(self.whole, made, place)
        except CannotMake as error:
            if self._exchange_only:
                self.failures.setdefault(place, str(error))
            return
        self.exchanged.add(place)
        yield view, made

    # What is late

    def _late_at(self, place: int, view: View, made: Made) -> None:
        """Exchange what is not known yet at a moment, and compare with what was made before."""
        found = self._exchange_late(view, place)
        try:
            changed = self._maker(found)
            match = self._match(made, changed, place)
        except CannotMake as error:
            self.failures.setdefault(place, str(error))
            return
        at_place = match.when == (match.when if made.by in ("date", "number") else place)
        self.late_found |= bool(len(found.sources) and at_place.any())
        self._compare(made, changed, match, place, late=True)

    def _exchange_late(self, view: View, place: int) -> View:
        of = self.moments.of
        for column, lag in self.lags.items():
            rows = np.flatnonzero((of > place - lag) & (of <= place))
            if str(self.handed.frame.columns[column]) not in self.one_value:
                view = self.handed.exchanged(view, [column], rows, self._rng)
        return view

    def at_all_rows(self) -> None:
        """Exchange what is late in every row, where each stands for itself."""
        for place in range(_EXCHANGES):
            self._late_at_all(place)
        for seen in self.seen.values():
            seen.share_changed = len(seen.rows) / self.n_rows

    def _late_at_all(self, place: int) -> None:
        view = self._exchange_late(View(self._all), 0)
        try:
            made = self._maker(view)
            match = self._match(self.whole, made, 0)
        except CannotMake as error:
            self.failures.setdefault(place, str(error))
            return
        self.late_found |= bool(view.sources)
        self._compare(self.whole, made, match, place, late=True)

    def further_places_for_late(self, first: int, n_cuts: int) -> list[int]:
        """Return moments at which features changed when everything late was exchanged at once.

        That is no proof, since values of earlier rows are known; but a feature that takes the
        row's own late value on rare rows changes at those.
        """
        if not self.lags or self.together:
            return []
        try:
            made = self._maker(
                self.handed.exchanged(View(self._all), [*self.lags], self._all, self._rng)
            )
            match = self._match(self.whole, made, self.moments.count - 1)
        except CannotMake:
            return []
        chosen: set[int] = set()
        free = np.setdiff1d(np.arange(first, self.moments.count - 1), self.cuts)
        for name, seen in self.seen.items():
            if seen.changed or seen.unsteady or name not in made.features:
                continue
            moved = self._when[match.before][self._differ(name, self.whole, made, match)]
            here = free[:0] if self.whole.by in ("date", "number") else np.intersect1d(moved, free)
            if len(here) and not chosen & {*here.tolist()} and len(chosen) < n_cuts:
                chosen |= {*self._rng.permutation(here)[:2].tolist()}
        return sorted(chosen)

    # Comparing

    def _times(self, made: Made) -> np.ndarray:
        """Return when each row of a result is: its moment, its date, or its number."""
        return self.moments.of[made.rows] if made.matched else made.rows

    def _within(self, made: Made, place: int) -> np.ndarray:
        """Say which rows of a result lie before a cut: those of dates before the next moment."""
        when = self._times(made)
        if made.by != "date":
            return when <= (len(when) if made.by == "number" else place)
        dates = plain_dates(pd.DatetimeIndex(self.moments.names))
        return when < dates[place + 1] if place + 1 < len(dates) else np.ones(len(when), bool)

    def _match(self, before: Made, after: Made, place: int) -> _Match:
        """Find the rows up to a cut that belong together, or raise `CannotMake`."""
        when = self._times(before)
        if before.matched != after.matched or not (before.matched or before.by == after.by):
            raise CannotMake("its rows cannot be matched with those of the whole series")
        ours = np.flatnonzero(self._within(before, place))
        ours = ours[np.argsort(when[ours], kind="stable")]
        theirs = pd.Index(after.rows).get_indexer(before.rows[ours])
        both = theirs >= 0
        new = np.setdiff1d(after.rows[self._within(after, place)], before.rows[ours])
        strange = np.concatenate([ours[~both], np.full(len(new), -1)])
        later = np.flatnonzero(~self._within(before, place))
        following = int(later[when[later].argmin()]) if len(later) else -1
        return _Match(ours[both], theirs[both], when[ours[both]], strange, following)

    def _differ(self, name: str, before: Made, after: Made, match: _Match) -> np.ndarray:
        one = before.features[name].iloc[match.before]
        return differ(one, after.features[name].iloc[match.after], self._spread[name])

    def _compare(
        self, before: Made, after: Made, match: _Match, place: int, *, late: bool
    ) -> None:
        """Keep what has changed at a cut, feature by feature."""
        if not len(match.before):
            return
        torn = self._torn(place)
        for name, seen in self.seen.items():
            if seen.unsteady or name not in after.features or name not in before.features:
                continue
            changed = self._differ(name, before, after, match)
            seen.compared.add(place)
            if not late and not seen.control:
                seen.control = self._finds_planted(name, before, after, match)
            if changed.any() and torn and not late:
                seen.torn.add(place)
            elif changed.any():
                self._keep(name, seen, before, after, match, changed, place, late)
            if not self.together:
                seen.share_changed = len(seen.changed) / len(seen.compared)

    def _torn(self, place: int) -> bool:
        ties = self.moments.ties
        return ties is not None and ties[place] == ties[min(place + 1, len(ties) - 1)]

    def _finds_planted(self, name: str, before: Made, after: Made, match: _Match) -> bool:
        """Whether a column that holds the feature's next value would be seen to change.

        At the last row before the cut it has the next row's value with the future, and without it
        the last one that is there.
        """
        if match.following < 0:
            return False
        planted = before.features[name].iloc[[match.following]]
        without = after.features[name].iloc[[match.after[-1]]]
        return bool(differ(planted, without, self._spread[name])[0])

    def _keep(
        self,
        name: str,
        seen: Seen,
        before: Made,
        after: Made,
        match: _Match,
        changed: np.ndarray,
        place: int,
        late: bool,
    ) -> None:
        at = np.flatnonzero(changed)
        one = before.features[name].iloc[match.before[at]]
        other = after.features[name].iloc[match.after[at]]
        (seen.late if late else seen.ahead).add(place)
        when = match.when[at]
        if not seen.rows or when[0] < min(seen.rows.values()):
            label = self._label(before.rows[match.before[at[0]]])
            seen.example = (label, one.iloc[0], other.iloc[0], place, late)
        if not late:
            reach = _count(match.when[at[0] :])
            seen.reach = max(seen.reach, reach)
            if place >= seen.last:
                seen.last = place
                seen.everywhere = reach > _MOST * _count(match.when)
            seen.filled &= bool((one.notna() & other.isna().to_numpy()).all())
        for row, moment in zip(before.rows[match.before[at]], when, strict=True):
            if len(seen.rows) >= _MOST_ROWS and row not in seen.rows:
                break
            seen.rows[row] = moment

    def _label(self, row: Any) -> Any:
        """Return what the reader calls a row."""
        if self.whole.by == "moment":
            return self.moments.names[row]
        return self.handed.frame.index[row] if self.whole.matched else row

    def labels(self, rows: dict[Any, Any]) -> list[Any]:
        """Return what the reader calls some rows, in the order of time."""
        return [self._label(row) for row in sorted(rows, key=lambda row: (rows[row], row))]

    def would_have_seen(self, seen: Seen) -> bool:
        """Whether a look-ahead of this feature would have been found."""
        return (seen.control or self.together) and (self.late_found or not self.lags)


def _count(when: np.ndarray) -> int:
    """Return how many moments there are in what lies in the order of time."""
    return 1 + int((when[1:] != when[:-1]).sum())
