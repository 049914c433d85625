"""What a procedure scores that knows nothing, and one that knows everything, in its own units."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._data import outcome_in_order
from .._words import raised
from ._known import PROBES, Form, Seen, forms_of, known_metrics, matching
from ._meaningless import Outcomes, few_rows, naming, unlike_rows
from ._metrics import Metric, as_shares, constants, guess, lucky_ranks
from .runs import Runs

__all__ = ["Chance", "chance_of"]

#: Runs on rows that are all alike, that know all, and for each probe.
_CONSTANT, _PLANTED, _PROBED = 4, 2, 4
#: Rows from which on probes tell metrics apart.
_ROWS_FOR_PROBES = 40
#: Outcomes of more values are numbers.
_CLASSES = 20
#: Classes whose shares are within this of each other are even already.
_EVEN = 0.05
#: What is measured is another number than what is worked out if it is off by so many standard
#: errors, and by more than folds of unequal size explain.
_LUCK, _ROUNDING = 3, 0.02
_ALIKE = "rows that are all alike"
#: A metric fits a procedure whose scores are off by less than this share of the way to perfect.
_FITS = 0.3


@dataclass
class Chance:
    """What is known of a procedure's scale before its labels are shuffled.

    Attributes
    ----------
    order : callable () -> array
        Draws an order of the outcomes in which they mean nothing.
    sign : {1, -1}
        Whether more or less of the score is better.
    most, low : float
        The best that knowing nothing gets, and what an honest procedure may get that fits noise;
        infinitely bad where that is not known.
    span : float
        The way from there to features that know the outcomes.
    error : float
        Standard error of `most`, where that was measured.
    form : Form, optional
        The metric and the form in which it is returned, where the reader named it.
    told : str
        What `most` is, in words.
    blind : str
        Why nothing can be told.
    notes : list of str
        What was found on the way.
    """

    order: Callable[[], np.ndarray]
    sign: int = 1
    most: float = math.nan
    low: float = math.nan
    span: float = math.nan
    error: float = 0.0
    form: Form | None = None
    told: str = ""
    blind: str = ""
    notes: list[str] = field(default_factory=list)


def chance_of(
    runs: Runs,
    X: Any,
    y: Any,
    answers: np.ndarray | None,
    outcomes: Outcomes,
    metric: Metric | None,
    greater: bool | None,
) -> Chance:
    """Measure what a procedure scores on rows that say nothing, and on rows that say all.

    Parameters
    ----------
    runs : Runs
        The procedure.
    X, y : as the reader handed them over
        Rows and outcomes.
    answers : array of shape (n,), optional
        The outcomes, where they are one column.
    outcomes : Outcomes
        The orders in which they can be dealt out.
    metric : Metric, optional
        What the procedure returns.
    greater : bool, optional
        Whether more of it is better.
    """
    return _Measuring(runs, X, y, answers, outcomes, metric, greater).chance()


@dataclass
class _Measuring:
    runs: Runs
    X: Any
    y: Any
    answers: np.ndarray | None
    outcomes: Outcomes
    metric: Metric | None
    greater: bool | None

    def __post_init__(self) -> None:
        self.rng = self.outcomes.rng
        self.places = self._places()
        self.kept: list[int] = []

    def chance(self) -> Chance:
        base = self.outcomes.even if self.outcomes.can_be_dealt else self.outcomes.shuffled
        try:
            nothing, everything = self._both(base)
        except Exception as error:  # the reader's function, on rows that it does not expect
            return Chance(
                base,
                blind=(
                    "the procedure fails on rows that are copies of two rows "
                    f"({raised(error)}), so chance "
                    "could not be measured; leave out of evaluate what refuses such rows, such as "
                    "dropping copies or constant columns."
                ),
            )
        gain = everything.mean() - nothing.mean()
        spread = nothing.std(ddof=1) / len(nothing) ** 0.5
        if not abs(gain) > max(3 * spread, 1e-9):
            return Chance(
                base,
                blind=(
                    f"the procedure scores {everything.mean():.3g} on rows that know the labels "
                    f"outright and {nothing.mean():.3g} on rows that know nothing: it learns "
                    "nothing from X and y, or uses data of its own."
                ),
            )
        sign = 1 if gain > 0 else -1
        if self.greater is not None and self.greater != (sign > 0):
            return Chance(
                base,
                blind=(
                    f"greater_is_better={self.greater}, but the score goes "
                    f"{'up' if sign > 0 else 'down'} from {nothing.mean():.3g} to "
                    f"{everything.mean():.3g} where the rows know the labels."
                ),
            )
        forms = self._forms(sign, nothing, everything)
        order = self._order(forms)
        if order is not base and order != base:
            nothing, everything = self._nothing(order), self._everything(order)
        return self._told(order, sign, forms, nothing, everything)

    def _both(self, order: Callable[[], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Score rows that know nothing, and rows that know all.

        Where a procedure fails on them it may need the column by which it keeps groups or times
        apart; that it is then left.
        """
        try:
            return self._nothing(order), self._everything(order)
        except Exception:  # the reader's function, on rows that it does not expect
            self.kept = naming(self.X, self.outcomes.units)
            if not self.kept:
                raise
            return self._nothing(order), self._everything(order)

    def _places(self) -> np.ndarray:
        """Return the rows that stand for the classes: the first two as unlike as can be."""
        n, wanted = self.outcomes.n, max(2, self.outcomes.n_classes)
        places = self.rng.choice(n, wanted, replace=False)
        try:
            pair = unlike_rows(self.X, self.rng)
        except Exception:  # rows that cannot be compared
            pair = None
        if pair is not None:
            others = places[~np.isin(places, pair)]
            places = np.r_[pair, others][:wanted]
        return places

    def _run(self, which: np.ndarray, order: np.ndarray) -> float:
        rows = few_rows(self.X, self.places[which], self.kept)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of columns that are constant here, and only here
            return self.runs.score(rows, outcome_in_order(self.y, order))

    def _nothing(self, order: Callable[[], np.ndarray]) -> np.ndarray:
        """Score rows that are all alike, or where these are refused, of two kinds by a coin."""
        n = self.outcomes.n
        try:
            scores = [self._run(np.zeros(n, dtype=int), order()) for _ in range(_CONSTANT)]
        except Exception:  # the reader's function, on constant columns
            scores = [self._run(self.rng.permutation(n) % 2, order()) for _ in range(_CONSTANT)]
        return _numbers(scores)

    def _everything(self, order: Callable[[], np.ndarray]) -> np.ndarray:
        """Score rows that know the outcome: one kind for each class, or for large and small."""
        scores = []
        for _ in range(_PLANTED):
            drawn = order()
            scores.append(self._run(self._kinds()[drawn], drawn))
        return _numbers(scores)

    def _kinds(self) -> np.ndarray:
        if self.outcomes.codes is not None:
            return self.outcomes.codes
        return (self.outcomes.ranks > 0.5 * self.outcomes.n).astype(int)

    def _forms(self, sign: int, nothing: np.ndarray, everything: np.ndarray) -> list[Form]:
        """Return what the procedure may return, told from runs where every answer is known."""
        two = self.outcomes.n_classes == 2 and self.answers is not None
        if not two and self.metric is None:
            return []
        assert self.answers is not None
        labels = np.unique(self.answers)
        some = known_metrics(labels) if self.metric is None else [self.metric]
        forms = forms_of(some, balanced=two)
        if two and self.outcomes.n >= _ROWS_FOR_PROBES:
            try:
                seen = [self._probed(probe) for probe in PROBES]
            except Exception:  # the reader's function, on rows that it does not expect
                seen = []
            mean = float(nothing.mean())
            found = matching(forms, seen, mean, labels, greater=sign > 0) if seen else []
            if not found and seen and self.metric is not None:
                usual = forms_of(known_metrics(labels), balanced=False)
                others = matching(usual, seen, mean, labels, greater=sign > 0)
                found = others if others and self._is_another(seen, labels) else []
            if found:
                return found
        if self.metric is None:
            return [f for f in forms if f.metric.takes_shares and self._fits(f, sign, nothing)]
        ends = nothing, everything
        return [form for form in forms if self._fits(form, sign, *ends)][:1]

    def _probed(self, probe: Any, *, knows: bool = True) -> np.ndarray:
        scores = []
        for _ in range(_PROBED if knows else 2):
            true, said = probe.draw(self.outcomes.n, self.rng)
            rows = said if knows else np.zeros_like(said)
            scores.append(self._run(rows, self.outcomes.dealt(true, by_row=True)))
        return _numbers(scores)

    def _is_another(self, known: list[np.ndarray], labels: np.ndarray) -> bool:
        """Whether the procedure cannot return the metric that was named, even with a flaw."""
        assert self.metric is not None
        try:
            nothing = [self._probed(probe, knows=False) for probe in PROBES]
        except Exception:  # the reader's function, on rows that it does not expect
            return False
        seen = Seen(labels, known, nothing)
        every = (form for form in forms_of([self.metric], balanced=False))
        return all(seen.under(form).is_not(self.metric) for form in every)

    def _fits(
        self, form: Form, sign: int, nothing: np.ndarray, everything: np.ndarray | None = None
    ) -> bool:
        """Whether a form gives about what was measured at either end."""
        assert self.answers is not None
        if form.greater != (sign > 0):
            return False
        even = self._labels(self.outcomes.can_be_dealt)
        at_best = _best(form, even)
        if everything is None:  # a proper score of a constant is what it is
            return abs(at_best - nothing.mean()) < 0.02 * abs(at_best)
        said = as_shares(even) if form.metric.takes_shares else even
        perfect = form.of(form.metric.score(even, said))
        way, ends = abs(perfect - at_best), _ends(form, even)
        return bool(
            min(ends) - way / 2 < nothing.mean() < max(ends) + way / 2
            and form.of(1) != form.of(0)
            and abs(everything.mean() - perfect) < max(way * (1 - _FITS), 1e-9)
        )

    def _labels(self, even: bool) -> np.ndarray:
        assert self.answers is not None
        return np.repeat(np.unique(self.answers), 100) if even else self.answers

    def _order(self, forms: list[Form]) -> Callable[[], np.ndarray]:
        """Return how labels are dealt out: so that less room is left for a leak to hide."""
        outcomes = self.outcomes
        if not outcomes.can_be_dealt or outcomes.codes is None:
            return outcomes.shuffled
        shares = np.bincount(outcomes.codes) / outcomes.n
        if np.ptp(shares) <= _EVEN:
            return outcomes.shuffled if forms else outcomes.even
        if not forms:
            return outcomes.even
        rooms = [max(_room(form, self._labels(even)) for form in forms) for even in (False, True)]
        return outcomes.shuffled if rooms[0] <= rooms[1] + 1e-6 else outcomes.even

    def _told(
        self,
        order: Callable[[], np.ndarray],
        sign: int,
        forms: list[Form],
        nothing: np.ndarray,
        everything: np.ndarray,
    ) -> Chance:
        even = order == self.outcomes.even
        measured = float(nothing.mean())
        error = float(nothing.std(ddof=1) / len(nothing) ** 0.5)
        if forms:
            labels = {form: self._labels(even or form.balanced) for form in forms}
            bounds = {form: _best(form, labels[form]) for form in forms}
            best = max(forms, key=lambda form: sign * bounds[form])
            most, told = bounds[best], f"{best.metric.name} of a constant or a guess"
            low = min((_lowest(form, labels[form]) for form in forms), key=lambda one: sign * one)
        else:
            most, low, told = self._unknown(sign, even, nothing, everything)
        if sign * (measured - most) > _LUCK * error + _ROUNDING:
            most, told = measured, _ALIKE
        elif told != _ALIKE:
            error = 0.0
        notes = []
        if even and self.outcomes.n_classes:
            notes.append("Classes were dealt out equally often, so that no constant does well.")
        if forms and not any(form.metric is self.metric for form in forms):
            names = dict.fromkeys(form.metric.name for form in forms)
            notes.append(f"The score was taken for {' or '.join(list(names)[:2])}.")
        own = [form for form in forms if form.metric is self.metric]
        if self.metric is not None and not own:
            notes.append(
                f"The procedure does not seem to return {self.metric.name}: it scores "
                f"{everything.mean():.3g} where all is known and {measured:.3g} where nothing is."
            )
        named = own[0] if own else None
        span = max(sign * (float(everything.mean()) - most), 1e-12)
        return Chance(order, sign, most, low, span, error, named, told, "", notes)

    def _unknown(
        self, sign: int, even: bool, nothing: np.ndarray, everything: np.ndarray
    ) -> tuple[float, float, str]:
        """Return most, low and what they are under a metric that is not known."""
        measured, seen = float(nothing.mean()), np.r_[nothing, everything]
        codes, never = self.outcomes.codes, -sign * math.inf
        if codes is None or (seen < 0).any() or (seen > 1).any():
            return measured, never, _ALIKE
        two = self.outcomes.n_classes == 2
        share = 1 / self.outcomes.n_classes if even else np.bincount(codes).max() / len(codes)
        bound = 2 * share / (1 + share) if two else share
        bound = bound if sign > 0 else 1 - bound
        most = sign * max(sign * measured, sign * bound)
        error = nothing.std(ddof=1) / len(nothing) ** 0.5
        alike = abs(measured - most) <= _LUCK * error + _ROUNDING
        low = never if two or not even else most if alike else measured
        told = _ALIKE if most == measured else "accuracy or F1 of a constant"
        return most, low, told


def _numbers(scores: list[float]) -> np.ndarray:
    found = np.array([one for one in scores if math.isfinite(one)])
    if len(found) < 2:
        raise ValueError("no numbers")
    return found


def _ends(form: Form, labels: np.ndarray) -> list[float]:
    """Return what constants get, and a guess."""
    found = [*constants(form.metric, labels), guess(form.metric, labels)]
    if form.metric.named:
        found += lucky_ranks(form.metric, labels)
    return [form.of(one) for one in found]


def _best(form: Form, labels: np.ndarray) -> float:
    """Return the best that a constant or a guess gets."""
    told = _ends(form, labels)
    return max(told) if form.greater else min(told)


def _lowest(form: Form, labels: np.ndarray) -> float:
    """Return what an honest procedure may well get that fits noise, or always says the same."""
    found = [form.of(guess(form.metric, labels))]
    if not form.metric.takes_shares:
        values, counts = np.unique(labels, return_counts=True)
        if len(values) <= _CLASSES:
            common = np.full(len(labels), values[counts.argmax()])
            found.append(form.of(form.metric.score(labels, common)))
    return min(found) if form.greater else max(found)


def _room(form: Form, labels: np.ndarray) -> float:
    """Return how far honest procedures may lie below a constant, in ways from it to perfect."""
    best = _best(form, labels)
    said = labels if not form.metric.takes_shares else as_shares(labels)
    way = abs(form.of(form.metric.score(labels, said)) - best)
    return abs(best - _lowest(form, labels)) / max(way, 1e-12)
