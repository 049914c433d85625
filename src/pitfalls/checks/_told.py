"""Whether a column is the outcome itself: under other names, cut, rounded, or filled in after it.

Each way of looking says how much of what a guess gets wrong is gone once one knows the column
(``told``, 1 where nothing is left), and the share above which the column counts as the outcome
(``limit``). What is merely a splendid marker stays below: it is wrong where the classes meet.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from .._words import counted
from ._columns import Column
from ._outcome import LEAST_OF_A_CLASS, Outcome

__all__ = ["Likeness", "likeness"]

#: A column with more different values than this is no list of names for outcomes.
_FEW_LEVELS = 20
#: A code that is finer than the outcome (home, other ward, died) has no more values a class.
#: With more, each value may be a patient or a machine, of which each has its one outcome.
_CODES_A_CLASS = 3
#: Both tell each other but for one in twenty of what a guess gets wrong.
_SAME = 0.95
#: One tells the other but for one in a hundred: a lookup has hardly an exception.
_LOOKUP = 0.99
#: What the outcome decides must tell so much of the outcome, or it is one trait of many: that an
#: animal gives milk follows from its class, and tells one class of seven.
_TELLING = 0.4
#: Among the rows that a column is filled in for, one in twenty of the guess's errors may be left.
_FILLED = 0.95
#: An outcome that more rows than this have is the only one of a small group by nature.
_MOST_COMMON = 0.8
#: By chance a pattern is that pure less often than once in a hundred thousand columns.
_CHANCE = 1e-5
#: Distance between the outcomes' values, in spreads, above which they are the outcome with a
#: little noise. Species that never overlap, such as two kinds of iris, are 6 apart.
_FAR = 9
#: Of several cuts so many must be cuts indeed.
_MOST_CUTS = 0.5
#: Rows of a stretch of one outcome that its density is judged by.
_STRETCH = 20
#: A tenth of a stretch beside the cut may be this much wider than one in its middle.
_PILED = 1.5
#: The gap at a cut is no wider than so many of the distances beside it.
_GAP = 8
#: Rows beside a cut that these distances are taken from.
_BESIDE = 10
#: Numbers as outcome need so many rows: fewer are in line by chance, or because both rise.
_LEAST_NUMBERS = 40
#: A row lies on a smooth curve if it is off by less than this share of its neighbours' distance.
_SMOOTH = 0.1
#: More of the rows of a table in order of time than this lie between their neighbours if the
#: outcome rises steadily, and then whatever rises as well is in line with it.
_RISING = 0.8
#: A rounded or cut outcome has at most this many values for each row, or it is rounded nowhere.
_COARSE = 0.5


@dataclass(frozen=True)
class Likeness:
    """How much a column is the outcome, by the way that shows it best."""

    told: float
    limit: float
    says: str

    @property
    def same(self) -> bool:
        """Whether the column counts as the outcome."""
        return self.told > self.limit


def likeness(column: Column, outcome: Outcome, random_state: int = 0) -> Likeness:
    """Look at a column in every way, and return the one in which it is most like the outcome."""
    rng = np.random.default_rng(random_state)
    known = np.flatnonzero(column.known)
    ways = _presence(column, outcome)
    if len(known) >= 2 * LEAST_OF_A_CLASS:
        here, told = column.rows(known), outcome.rows(known)
        if _enough(told.classes):
            ways += _by_levels(here, told)
            if here.numbers is not None:
                ways += _by_cuts(here.numbers, told, rng)
        if told.numbers is not None and len(known) >= _LEAST_NUMBERS:
            ways += _in_line(here, told.numbers, rng)
    ways = [way for way in ways if not math.isnan(way.told)]
    nothing = Likeness(math.nan, math.nan, "")
    return max(ways, key=lambda way: (way.same, way.told - way.limit), default=nothing)


def _enough(classes: np.ndarray) -> bool:
    """Whether rows in another order would hardly ever give the same classes."""
    counts = np.bincount(classes)
    orders = special.gammaln(len(classes) + 1) - special.gammaln(counts + 1).sum()
    return bool(orders > -math.log(_CHANCE))


# -- levels against classes ---------------------------------------------------------------------


def _by_levels(column: Column, outcome: Outcome) -> list[Likeness]:
    """Compare the column's values with the classes: the same, finer, coarser, or one value."""
    ways = []
    levels = column.codes
    if 2 <= column.n_levels <= _FEW_LEVELS:
        crossed = _crossed(levels, outcome.classes)
        outcome_told, column_told = _left_one_out(crossed), _left_one_out(crossed.T)
        wrong = len(levels) - crossed.max(axis=1).sum()
        but = f", but for {counted(wrong, 'row')} of {len(levels)}" if wrong else ""
        ways.append(
            Likeness(
                min(outcome_told, column_told),
                _SAME,
                f"it is the outcome under other names{but}.",
            )
        )
        if column.n_levels <= _CODES_A_CLASS * len(outcome.names):
            says = f"each of its {column.n_levels} values goes with one outcome{but}."
            ways.append(Likeness(outcome_told, _LOOKUP, says))
        if outcome_told >= _TELLING:
            says = "each outcome goes with one of its values: it is made from the outcome."
            ways.append(Likeness(column_told, _LOOKUP, says))
    elif column.n_levels > _FEW_LEVELS:
        counts = np.bincount(levels)
        common = levels == counts.argmax()
        crossed = _crossed(common.astype(int), outcome.classes)
        if counts.max() >= LEAST_OF_A_CLASS and np.count_nonzero(crossed.sum(axis=0)) > 1:
            told = min(_left_one_out(crossed), _left_one_out(crossed.T))
            value = column.level(int(counts.argmax()))
            says = f"whether it is {value!s:.40} is the outcome under other names."
            ways.append(Likeness(told, _SAME, says))
    return ways


def _crossed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Count the rows of each pair of codes."""
    width = int(second.max()) + 1
    return np.bincount(first * width + second, minlength=(first.max() + 1) * width).reshape(
        -1, width
    )


def _left_one_out(crossed: np.ndarray) -> float:
    """Return the share of a guess's errors that is gone if rows are told from their level.

    Each row is told from the others of its level, so that a value of its own tells nothing.
    """
    counts = crossed.sum(axis=0)
    guessed = counts.sum() - counts.max()
    if guessed < LEAST_OF_A_CLASS:
        return math.nan
    ranked = np.sort(crossed, axis=1)
    best = ranked[:, -1]
    second = ranked[:, -2] if crossed.shape[1] > 1 else np.zeros_like(best)
    right = best[(best - 1 > second)].sum()
    return 1 - (counts.sum() - right) / guessed


# -- numbers against classes --------------------------------------------------------------------


def _by_cuts(numbers: np.ndarray, outcome: Outcome, rng: np.random.Generator) -> list[Likeness]:
    """Ask whether the outcome is cut from a number, or is that number but for a little noise."""
    order = np.lexsort((rng.random(len(numbers)), numbers))
    values, classes = numbers[order], outcome.classes[order]
    if len(np.unique(values)) < 3:
        return []
    shares = np.bincount(classes) / len(classes)
    shuffled = (shares * (1 - shares) ** 2).sum()
    if shuffled * len(classes) < LEAST_OF_A_CLASS:
        return []
    told = 1 - _unlike_both(classes).mean() / shuffled
    marker = [Likeness(told, 1.0, "")]  # good or not, it may be no more than that
    cuts = _cuts(classes)
    if told <= _SAME or not len(cuts) or not _few_changes(values, cuts, shares):
        return marker
    if _noisy(values, classes):
        return [Likeness(told, _SAME, "it has one narrow range of values for each outcome.")]
    if np.mean([_is_cut(values, cuts, place) for place in range(len(cuts))]) >= _MOST_CUTS:
        where = ", ".join(f"{(values[cut - 1] + values[cut]) / 2:.4g}" for cut in cuts[:3])
        return [Likeness(told, _SAME, f"the outcome changes where it passes {where}.")]
    return marker


def _unlike_both(classes: np.ndarray) -> np.ndarray:
    """Whether a row's outcome is another than those of both neighbours."""
    other = classes[1:] != classes[:-1]
    return np.r_[True, other] & np.r_[other, True]


def _cuts(classes: np.ndarray) -> np.ndarray:
    """Return the places at which the outcome changes, single exceptions aside."""
    window = 2  # rows on either side that must outvote an exception
    padded = np.pad(classes, window, mode="edge")
    near = np.stack([padded[place : place + len(classes)] for place in range(2 * window + 1)])
    smooth = np.sort(near, axis=0)[window] if classes.max() == 1 else stats.mode(near).mode
    return np.flatnonzero(smooth[1:] != smooth[:-1]) + 1


def _few_changes(values: np.ndarray, cuts: np.ndarray, shares: np.ndarray) -> bool:
    """Whether the outcome changes more rarely than if each value had an outcome of its own.

    So a patient's number, of which each has its one outcome, is no measurement that was cut.
    """
    distinct = len(np.unique(values))
    change = 1 - (shares**2).sum()
    return bool(stats.binom.cdf(len(cuts), distinct - 1, change) < _CHANCE)


def _noisy(values: np.ndarray, classes: np.ndarray) -> bool:
    """Whether the values of each outcome lie close together and far from those of the others."""
    quartiles = [
        np.quantile(values[classes == one], [0.25, 0.5, 0.75])
        for one in np.unique(classes)
        if (classes == one).sum() >= LEAST_OF_A_CLASS
    ]
    if len(quartiles) < 2:
        return False
    low, middle, high = np.sort(quartiles, axis=0).T
    spread = ((high - low) / 1.35).max()  # a standard deviation, where the values are normal
    return bool(np.diff(middle).min() > _FAR * spread)


def _is_cut(values: np.ndarray, cuts: np.ndarray, place: int) -> bool:
    """Whether rows crowd at a cut, as where a number was cut and not where two kinds part."""
    ends = np.r_[0, cuts, len(values)]
    cut = cuts[place]
    below, above = values[ends[place] : cut], values[cut : ends[place + 2]]
    if not _no_gap(below, above):
        return False
    return _crowds(-below[::-1]) or _crowds(above)


def _no_gap(below: np.ndarray, above: np.ndarray) -> bool:
    near = np.unique(below)[-_BESIDE:], np.unique(above)[:_BESIDE]
    steps = np.r_[np.diff(near[0]), np.diff(near[1])]
    return len(steps) > 0 and near[1][0] - near[0][-1] <= _GAP * np.median(steps)


def _crowds(stretch: np.ndarray) -> bool:
    """Whether the first tenth of a stretch is no wider than a tenth in its middle."""
    if len(stretch) < _STRETCH:
        return False
    first, low, high = np.quantile(stretch, [0.1, 0.45, 0.55])
    steps = np.diff(np.unique(stretch))
    step = np.median(steps) if len(steps) else 0
    return bool(first - stretch[0] <= _PILED * (high - low) + step)


# -- numbers against numbers --------------------------------------------------------------------


def _in_line(column: Column, y: np.ndarray, rng: np.random.Generator) -> list[Likeness]:
    """Ask whether column and outcome lie on one curve, or on the steps of a rounded one."""
    if _between(y).mean() > _RISING:  # in order of time, and rising: so does much else
        return []
    ways = []
    values = column.numbers
    few = column.n_levels <= _FEW_LEVELS and np.bincount(column.codes).min() >= LEAST_OF_A_CLASS
    if values is None:
        if not few or column.n_levels < 2:
            return []
        middle = [np.median(y[column.codes == code]) for code in range(column.n_levels)]
        values = stats.rankdata(middle)[column.codes]
    elif column.n_levels > _COARSE * len(y):
        for ordered, told in ((y, values), (values, y)):
            share = _beyond_chance(_on_a_curve, ordered, told, rng)
            ways.append(Likeness(share, _SAME, "it lies on one curve with the outcome."))
    for ordered, told in ((y, values), (values, y)):
        distinct = len(np.unique(told))
        if 2 <= distinct <= _COARSE * len(y):
            share = _beyond_chance(_on_steps, ordered, told, rng)
            ways.append(Likeness(share, _SAME, "one of them is cut or rounded from the other."))
    return ways


def _beyond_chance(
    measure: Callable[[np.ndarray, np.ndarray], np.ndarray],
    ordered: np.ndarray,
    told: np.ndarray,
    rng: np.random.Generator,
) -> float:
    """Return how far the share of rows in line lies from that of shuffled rows to 1."""
    order = np.lexsort((rng.random(len(told)), ordered))
    share = measure(ordered[order], told[order]).mean()
    shuffled = measure(ordered[order], rng.permutation(told)).mean()
    out_of_line = len(told) * (1 - shuffled)
    return 1 - (1 - share) / (1 - shuffled) if out_of_line >= LEAST_OF_A_CLASS else math.nan


def _between(values: np.ndarray) -> np.ndarray:
    """Whether a row lies between its neighbours."""
    before, here, after = values[:-2], values[1:-1], values[2:]
    return (np.minimum(before, after) <= here) & (here <= np.maximum(before, after))


def _on_steps(ordered: np.ndarray, values: np.ndarray) -> np.ndarray:
    return _between(values)


def _on_a_curve(ordered: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Whether a row lies on the line between its neighbours."""
    span = values[2:] - values[:-2]
    width = ordered[2:] - ordered[:-2]
    share = np.divide(
        ordered[1:-1] - ordered[:-2], width, out=np.full(len(width), 0.5), where=width > 0
    )
    off = np.abs(values[1:-1] - values[:-2] - share * span)
    return off <= _SMOOTH * np.abs(span)


# -- gaps against classes -----------------------------------------------------------------------


def _presence(column: Column, outcome: Outcome) -> list[Likeness]:
    """Ask whether a column is filled in, or empty, for one outcome only."""
    known = column.known
    if known.all() or not known.any() or len(outcome.names) < 2:
        return []
    ways = []
    counts = np.bincount(outcome.classes, minlength=len(outcome.names))
    for present, word in ((known, "filled in"), (~known, "empty")):
        rows = int(present.sum())
        here = np.bincount(outcome.classes[present], minlength=len(counts))
        one = int(here.argmax())
        share = counts[one] / len(outcome)
        if share > _MOST_COMMON or stats.binom.sf(here[one] - 1, rows, share) > _CHANCE:
            continue
        told = 1 - (rows - here[one]) / rows / (1 - share)
        says = (
            f"it is {word} for {counted(rows, 'row')}, of which {here[one]} have the outcome "
            f"{outcome.names[one]} ({100 * share:.0f} % of all rows have it)."
        )
        ways.append(Likeness(told, _FILLED, says))
    return ways
