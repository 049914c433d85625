"""Whether a single column is too good to be true."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from .._data import as_frame, keys
from .._words import counted, percent, suggested
from ._coincidence import weights
from ._columns import Column, by_name, read_column
from ._outcome import Outcome, read_outcome
from ._told import Likeness, likeness
from .result import Finding, Result

__all__ = ["too_good_alone"]

#: Level at which a column that knows nothing is suspected, over all columns of a table. A row is
#: told from others, of which those of its own outcome are one fewer, so that the AUROC lies below
#: 0.5 on average: of 1 000 such tables fewer than ten are suspected.
_LEVEL = 0.025
#: A column in time may not leave less than this share of the error that the next best leaves.
_SHARE_OF_THE_ERROR = 0.25
#: Of the control for late columns half of the rows know the outcome; the others are drawn anew.
_HALF_KNOWN = 0.5
_HALF = f"a column that knows the outcome of {percent(_HALF_KNOWN)} of the rows"
#: In the control for copies this share of what a guess gets wrong is wrong.
_ERRORS = 0.02
#: Multiples of it, without their whole part, are mixed as evenly as can be.
_GOLDEN = (math.sqrt(5) - 1) / 2
#: A column of which fewer rows than this share their value with another tells nothing of others.
_REPEATED = 0.5
#: Numbers and dates are cut into tenths of their ranks.
_TENTHS = 1
#: Rows that are equal are copies where a column gives this share of the different rows a value of
#: its own, or the others still tell that share apart whichever column is left out, and where this
#: share of them is there once; in a coarse table different cases are equal.
_OF_ITS_OWN, _ALONE = 0.9, 0.5
#: More rows than this add nothing to the answer, and much to the time: they are drawn by lot.
_MOST_ROWS = 20_000


def too_good_alone(X: Any, y: Any, available_at: Any = None, *, random_state: int = 0) -> Result:
    """Find the columns that know more of the outcome, alone, than they may. Nothing is trained.

    Without times one thing can be asked of a column: whether it *is* the outcome, under other
    names, cut or rounded, or filled in for one outcome only. With times a column that comes after
    the decision may know nothing at all, and one that is known in time may be good, but not leave
    less than a quarter of the error that the next best in time leaves.

    Parameters
    ----------
    X : frame, or array of shape (n_rows, n_columns)
        Numbers, texts, categories, dates, with gaps or without.
    y : array-like of shape (n_rows,)
        The outcome: classes of any kind, or numbers. Rows without one are left out.
    available_at : mapping, Series, array of shape (n_columns,), number or timedelta, default=None
        How long after the decision a column holds what it holds here: above 0 it comes too late,
        at 0 or below it is known in time. Hours or days, or timedeltas, as ``recorded_at -
        decision`` gives them. None, NaN, or a column that is not named: nobody said.
    random_state : int, default=0
        Seed of the order of the rows, and of the planted columns.

    Returns
    -------
    Result
        A finding for each column. With a time, ``value`` is its AUROC alone, of rows told from
        other rows, and ``null`` the most that this may be; of several classes, and of the upper
        half and the ends of a range of numbers, the one that stands out most. Without a time, or
        where the column is the outcome, ``value`` is the share of a guess's errors that is gone
        once one knows the column, and ``null`` the share from which it counts as the outcome.
        ``"not checked"`` where nobody said when a column that tells something is known, or where
        too few rows would have shown a planted one.

    Raises
    ------
    ValueError
        If a time is given for a column that is not there, or `y` does not fit the rows.
    TypeError
        If times are no numbers and no timedeltas.

    Notes
    -----
    *Planted.* A late column is called clean only if a column was found that knows the outcome of
    half of the rows: one that knows fewer may be missed. A column in time is called so only if a
    copy of the outcome was found in which a fiftieth of a guess's errors is left; one without a
    time, only if both were found. What is planted has the gaps of the column in question.

    *Nulls.* A row is told from the rows before it, in a shuffled order, that are in the same tenth
    or have the same value, so that no row's prediction depends on its own outcome. The AUROC is
    then 0.5 on average with at most the variance of the Mann-Whitney statistic, scaled by
    A (1 - A) where the bound A is another. The level is shared among all columns and
    questions.

    A column is the outcome if both tell each other all but perfectly; if its few values each go
    with one outcome; if the outcome changes where a number passes a limit that rows crowd at, as
    they do where a number was cut and not where two kinds differ; if it lies with a numerical
    outcome on one curve or its steps; or if it is filled in for one outcome only.

    *What it cannot see.* A leak of middling strength looks like a good column: only the times tell
    them apart. Kaufman and colleagues tag values with them. A column in time is believed. Not seen
    are leaks in columns whose values are all different, such as free text, and numerical outcomes
    with noise. A splendid marker that is known in time may be suspected: look before you throw it
    out. A number given to patients in the order of their outcome is found, and is a leak. Rows
    must be independent; copies of whole rows, as oversampling makes them, count once. False alarms
    and power: see the evidence of chapter 06.

    References
    ----------
    Kaufman, Rosset, Perlich and Stitelman (2012), Leakage in data mining,
    https://doi.org/10.1145/2382577.2382579

    Examples
    --------
    >>> import pandas as pd
    >>> from pitfalls.checks import too_good_alone
    >>> died = pd.Series([0, 0, 1, 0, 1] * 20)
    >>> X = pd.DataFrame({"age": range(100), "ward": died.map({0: "home", 1: "mortuary"})})
    >>> too_good_alone(X, died)["ward"].verdict
    'suspect'
    """
    frame = as_frame("X", X)
    named = by_name(frame)
    times = _times(available_at, [label for label, _ in named.values()])
    outcome, rows, notes = read_outcome(frame, y)
    if not named:
        return Result("too_good_alone", (Finding.missing("columns", "X has no columns."),))
    rng = np.random.default_rng(random_state)
    if len(rows) > _MOST_ROWS:
        notes.append(f"{_MOST_ROWS} rows of {len(rows)} were drawn by lot.")
        drawn = np.sort(rng.choice(len(rows), _MOST_ROWS, replace=False))
        outcome, rows = outcome.rows(drawn), rows[drawn]
    columns = [read_column(values.iloc[rows], name) for name, (_, values) in named.items()]
    once = _once(columns, outcome)
    if len(once) < len(rows):
        notes.append(f"{counted(len(rows) - len(once), 'row')} repeat others and count once.")
        columns, outcome = [column.rows(once) for column in columns], outcome.rows(once)
        rows = rows[once]
    asked = outcome.questions()
    if not asked:
        why = "y has no two outcomes with five rows each; hand over more rows."
        findings = [Finding.missing(column.name, why) for column in columns]
        return Result("too_good_alone", tuple(findings), tuple(notes))
    table = _Table(outcome, asked, rng.permutation(len(rows)), random_state)
    alone = np.array([table.aurocs(column) for column in columns])
    likes = [likeness(column, outcome) for column in columns]
    peers = (times <= 0) & ~np.array([like.same for like in likes])
    nulls = _nulls(alone, times, peers, asked)
    chance = _nulls(alone, np.ones(len(columns)), peers, asked)
    findings = []
    for place, (label, _) in enumerate(named.values()):
        look = _Look(table, columns[place], label, alone[place], nulls[place], chance[place])
        findings.append(look.finding(times[place], likes[place]))
    return Result("too_good_alone", tuple(findings), tuple(notes))


@dataclass(frozen=True)
class _Table:
    """What all columns are compared with."""

    outcome: Outcome
    asked: dict[str, np.ndarray]
    order: np.ndarray
    random_state: int
    #: What was planted and seen, by the gaps that it has: columns of a wide table share them.
    known: dict[tuple[str, bytes], Any] = field(default_factory=dict)

    def copied(self, column: Column) -> tuple[bool, np.ndarray]:
        """Say whether a copy of the outcome is seen to be one, and how well it answers."""
        key = "copy", column.known.tobytes()
        if key not in self.known:
            classes = self.outcome.classes
            guessed = 1 - np.bincount(classes).max() / len(classes)
            numbers = self.outcome.numbers is not None
            copy = self.planted(column, _ERRORS * (0.5 if numbers else guessed))
            self.known[key] = likeness(copy, self.outcome).same, self.aurocs(copy)
        return self.known[key]

    def half_known(self, column: Column) -> np.ndarray:
        """Return how well a column answers that knows the outcome of half of the rows."""
        key = "half", column.known.tobytes()
        if key not in self.known:
            self.known[key] = self.aurocs(self.planted(column, _HALF_KNOWN))
        return self.known[key]

    def aurocs(self, column: Column) -> np.ndarray:
        """Return how well the column alone answers each question."""
        bins = _bins(column)[self.order]
        if not len(bins) or bins.min() == bins.max():
            return np.full(len(self.asked), math.nan)
        return np.array([_auroc(bins, yes[self.order]) for yes in self.asked.values()])

    def planted(self, column: Column, share_wrong: float) -> Column:
        """Return the outcome, with some rows drawn anew, and the gaps of a column.

        Rows are taken at even distances in the order of the outcome, and get each other's outcome
        in an even mixture, so that no luck makes the control easy or hard.
        """
        rng = np.random.default_rng(self.random_state)
        outcome = self.outcome
        values = outcome.classes if outcome.numbers is None else outcome.numbers
        values = values.astype(float)
        order = np.lexsort((rng.random(len(values)), values))
        steps = np.floor(share_wrong * np.arange(0.5, len(values) + 1))
        wrong = order[np.flatnonzero(np.diff(steps))]
        values[wrong] = values[wrong][np.argsort(_GOLDEN * np.arange(len(wrong)) % 1)]
        values[~column.known] = math.nan
        return read_column(pd.Series(values), column.name)


@dataclass(frozen=True)
class _Look:
    """One column: how well it tells the outcome alone, and how well it may."""

    table: _Table
    column: Column
    label: Any
    alone: np.ndarray
    nulls: np.ndarray
    chance: np.ndarray

    def finding(self, time: float, like: Likeness) -> Finding:
        if np.isnan(self.alone).any():
            return Finding.missing(self.column.name, "it has one value only.")
        late = time > 0
        if like.same and not (late and self.stands_out):
            return self._the_outcome(like, time)
        if self.column.numbers is None and _repeated(self.column.codes) < _REPEATED:
            return Finding.missing(
                self.column.name,
                "most rows have a value of their own, which tells nothing of other rows; "
                "hand over what you make of it.",
            )
        if math.isnan(time):
            return self._without_a_time(like)
        return self._with_a_time(late)

    @property
    def best(self) -> int:
        """The question at which the column stands out most."""
        return int(np.argmax(self.alone - self.nulls))

    @property
    def stands_out(self) -> bool:
        return bool((self.alone > self.nulls).any())

    def _the_outcome(self, like: Likeness, time: float) -> Finding:
        known = "" if math.isnan(time) else " You say that it is known in time."
        return Finding.judged(
            self.column.name,
            like.told,
            like.limit,
            seen=True,
            says=like.says + (known if not time > 0 else " It is known after the decision."),
            blind="",
            cure="leave it out, unless the outcome is known before you have to tell it; ask who "
            "fills it in, and when.",
            where=[self.label],
        )

    def _with_a_time(self, late: bool) -> Finding:
        value, null = self.alone[self.best], self.nulls[self.best]
        question = [*self.table.asked][self.best]
        tells = f"alone it tells {question} with an AUROC of {value:.2f}"
        if late:
            says = f"it is known after the decision, and {tells}; chance reaches {null:.2f}"
            seen, planted = self._half_known_is_seen(), _HALF
            cure = "leave it out: nobody has it when the decision is made."
        else:
            says = f"{tells}; beside the other columns in time it may reach {null:.2f}"
            seen, planted = self._copy_is_seen(), "a copy of the outcome"
            cure = "ask who fills it in, and when: it stands far above the others in time."
        return Finding.judged(
            self.column.name,
            value,
            null,
            seen=seen,
            says=says + ("." if value > null else f", and {planted}, planted here, is seen."),
            blind=f"{planted} would not have been seen here; hand over more rows.",
            cure=cure,
            where=[self.label],
        )

    def _without_a_time(self, like: Likeness) -> Finding:
        best = int(np.argmax(self.alone - self.chance))
        tells = f"an AUROC of {self.alone[best]:.2f} for {[*self.table.asked][best]}"
        told = like.told if math.isnan(like.told) else max(like.told, 0.0)
        if self.alone[best] > self.chance[best]:
            seen = False
            blind = (
                f"it is no copy of the outcome, and tells something of it alone ({tells}); "
                "whether it may depends on when it is known: pass available_at."
            )
        else:
            seen = self._copy_is_seen() and self._half_known_is_seen()
            blind = "a copy of the outcome would not have been seen here; hand over more rows."
        return Finding.judged(
            self.column.name,
            told,
            like.limit,
            seen=seen,
            says=f"it is no copy of the outcome, and tells nothing of it alone ({tells}); "
            f"{_HALF}, planted here, is seen.",
            blind=blind,
            cure="",
        )

    def _copy_is_seen(self) -> bool:
        same, alone = self.table.copied(self.column)
        return same or bool((alone > self.nulls).any())

    def _half_known_is_seen(self) -> bool:
        return bool((self.table.half_known(self.column) > self.chance).any())


def _once(columns: list[Column], outcome: Outcome) -> np.ndarray:
    """Return the places of the rows without copies of whole rows, as oversampling makes them."""
    told = outcome.classes if outcome.numbers is None else outcome.numbers
    things = [*(column.things for column in columns), pd.Series(told)]
    rows = sum(_weighed(things), np.zeros(len(told), dtype=np.uint64))
    once, often = np.unique(rows, return_index=True, return_counts=True)[1:]
    copied = len(once) < len(rows) and (often == 1).sum() >= _ALONE * len(once)
    if copied and _told_apart(columns, things, rows, once):
        return np.sort(once)
    return np.arange(len(rows))


def _weighed(things: list[pd.Series]) -> Iterator[np.ndarray]:
    """Return numbers for each column's values, of which the sum tells rows apart."""
    for weight, one in zip(weights(len(things)), things, strict=True):
        yield weight * keys(one.to_frame())[0].ravel()


def _told_apart(
    columns: list[Column], things: list[pd.Series], rows: np.ndarray, once: np.ndarray
) -> bool:
    """Say whether a column tells nearly all of the rows apart, or all columns but any one do."""
    own = _OF_ITS_OWN * len(once)
    if max(len(np.unique(column.codes[once])) for column in columns) >= own:
        return True
    return all(len(np.unique((rows - one)[once])) >= own for one in _weighed(things))


def _bins(column: Column) -> np.ndarray:
    """Return tenths of ranks, or levels, and one more bin for what is missing."""
    if column.numbers is None:
        return column.codes + 1
    tenths = pd.Series(column.numbers).rank(pct=True).round(_TENTHS) * 10
    return tenths.fillna(-1).to_numpy().astype(int) + 1


def _auroc(bins: np.ndarray, yes: np.ndarray) -> float:
    """Score rows by the share of a yes among the rows before them in their bin."""
    order = np.argsort(bins, kind="stable")
    answers = yes[order].astype(float)
    first = np.r_[True, bins[order][1:] != bins[order][:-1]]
    start = np.maximum.accumulate(np.where(first, np.arange(len(bins)), 0))
    before = np.cumsum(answers) - answers
    told = (before - before[start] + yes.mean()) / (np.arange(len(bins)) - start + 1)
    ranks = stats.rankdata(told)[answers == 1]
    n_yes, n = len(ranks), len(yes)
    return float((ranks.mean() - (n_yes + 1) / 2) / (n - n_yes))


def _nulls(
    alone: np.ndarray, times: np.ndarray, peers: np.ndarray, asked: dict[str, np.ndarray]
) -> np.ndarray:
    """Return the most that each column may reach, for each question; peers are what is in time."""
    reach = stats.norm.isf(_LEVEL / alone.size)
    nulls = np.empty_like(alone)
    timely = times <= 0
    for place, yes in enumerate(asked.values()):
        known = peers & ~np.isnan(alone[:, place])
        in_time = np.sort(np.r_[0.5, 0.5, alone[known, place]])
        error = (1 - in_time[-2]) * _SHARE_OF_THE_ERROR
        bound = np.where(timely, 1 - error, 0.5)
        n_yes, n_no = yes.sum(), (~yes).sum()
        spread = bound * (1 - bound) * (len(yes) + 1) / (3 * n_yes * n_no)
        nulls[:, place] = bound + reach * np.sqrt(spread)
    return nulls


def _repeated(codes: np.ndarray) -> float:
    """Return the share of rows that share their value with another."""
    return float((np.bincount(codes + 1)[codes + 1] > 1).mean())


def _times(available_at: Any, labels: list[Any]) -> np.ndarray:
    """Return a time for each column, NaN where nobody said."""
    if available_at is None:
        return np.full(len(labels), math.nan)
    if isinstance(available_at, pd.DataFrame):
        raise TypeError(
            "available_at is a frame; it must be a time for each column, such as a Series by name"
        )
    if isinstance(available_at, Mapping | pd.Series):
        given = dict(available_at.items())
        for name in given:
            if name not in labels:
                raise ValueError(
                    f"available_at names {name!r}, which is no column of X; "
                    f"{suggested(name, labels)}"
                )
        return np.array([_time(label, given.get(label)) for label in labels])
    if np.ndim(available_at) == 0:
        return np.full(len(labels), _time("every column", available_at))
    listed = list(available_at)
    if len(listed) != len(labels):
        raise ValueError(
            f"available_at has {len(listed)} times and X {len(labels)} columns; it must have one "
            "for each, or name the columns"
        )
    return np.array([_time(label, time) for label, time in zip(labels, listed, strict=True)])


def _time(label: Any, time: Any) -> float:
    """Return one time as a number; only its sign matters."""
    if time is None or time is pd.NA or time is pd.NaT:
        return math.nan
    if isinstance(time, str | pd.Timedelta | np.timedelta64) or hasattr(time, "total_seconds"):
        try:
            time = pd.Timedelta(time) / pd.Timedelta(1, "h")
        except ValueError:
            pass
    try:
        number = math.nan if isinstance(time, bool | np.bool_) else float(time)
    except (TypeError, ValueError):
        number = None
    if number is None or isinstance(time, bool | np.bool_):
        raise TypeError(
            f"available_at of {label} is {time!r}; it must be hours or days after the decision, "
            "as a number or a timedelta (recorded_at - decision)"
        )
    return number
