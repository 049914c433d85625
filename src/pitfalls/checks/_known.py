"""Which metric a procedure returns, told from what it scores where every answer is known.

Where rows are copies of two rows, a procedure that learns says the commoner class of each. So its
score is a known function of four counts, and metrics differ in it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import metrics

from ._metrics import Metric, constants

__all__ = ["PROBES", "Form", "Probe", "Seen", "forms_of", "known_metrics", "matching"]

#: Scores of a procedure and of a metric are the same within this, beside what luck explains.
_ALIKE = 0.015
#: The score of a probe may be off by this, beside what its runs differ by: folds have other
#: shares of the classes.
_OFF = 0.03
#: Errors are returned as they are, or negated as scikit-learn does; nobody takes them from one.
_OF_ERRORS = [(1, 0), (-1, 0)]
#: A constant's score in a split may be off by this, as a split's shares are.
_OF_CONSTANTS = 0.1
#: Rows of the small table on which a metric's number is worked out; splits into all shares below.
_ROWS = 500


@dataclass(frozen=True)
class Probe:
    """Outcomes of two classes, of which one is rare, and a feature that misses some of the rare.

    Few are missed, so that even the nearest neighbours of a row agree on its class.

    Attributes
    ----------
    rare : {0, 1}
        The rarer class.
    share, found : float
        The share of rows that are of it, and the share of those that the feature knows.
    """

    rare: int
    share: float = 0.2
    found: float = 0.65

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the classes of n rows, and what the feature says of them."""
        n_rare = max(2, round(self.share * n))
        n_found = min(n_rare - 1, max(1, round(self.found * n_rare)))
        rows = rng.permutation(n)
        said = np.full(n, 1 - self.rare)
        said[rows[:n_found]] = self.rare
        true = np.full(n, 1 - self.rare)
        true[rows[:n_rare]] = self.rare
        return true, said


#: One class is the rare one, then the other: F1, recall and precision know which is which.
PROBES = (Probe(1), Probe(0))


@dataclass(frozen=True)
class Form:
    """A metric as a procedure may return it: ``times * metric + plus``.

    Attributes
    ----------
    metric : Metric
        The metric.
    times, plus : float
        ``-1`` and ``1`` for one minus it, ``100`` and ``0`` for per cent.
    balanced : bool
        Whether the classes are made equally frequent before rows are scored.
    """

    metric: Metric
    times: float = 1
    plus: float = 0
    balanced: bool = False

    def of(self, number: float) -> float:
        """Return the metric's number as the procedure returns it."""
        return self.times * number + self.plus

    @property
    def greater(self) -> bool:
        """Whether more of what is returned is better."""
        return self.metric.greater == (self.times > 0)


def forms_of(some: Sequence[Metric], *, balanced: bool) -> list[Form]:
    """Return the forms that these metrics may have, the plainest first."""
    scales = [(1, 0), (-1, 0), (-1, 1), (100, 0), (-100, 0), (-100, 100)]
    ways = (False, True) if balanced else (False,)
    return [
        Form(one, *scale, way)
        for way in ways
        for scale in scales
        for one in some
        if one.greater or scale in _OF_ERRORS
    ]


def matching(
    forms: Sequence[Form],
    seen: Sequence[np.ndarray],
    constant: float,
    labels: np.ndarray,
    *,
    greater: bool,
) -> list[Form]:
    """Return the forms whose numbers are those that a procedure returned for the probes.

    Parameters
    ----------
    forms : sequence of Form
        What may be.
    seen : sequence of arrays
        The scores of several runs, for each of `PROBES`.
    constant : float
        The score where nothing is known and classes are equally frequent.
    labels : array of shape (2,)
        What the two classes are called.
    greater : bool
        Whether more of what the procedure returns is better.
    """
    found: list[Form] = []
    numbers: dict[tuple[int, bool], list[float]] = {}
    for form in forms:
        if form.greater != greater:
            continue
        key = id(form.metric), form.balanced
        if key not in numbers:
            numbers[key] = [_number(form, probe, labels) for probe in PROBES]
        told = numbers[key]
        within = [
            abs(form.of(one) - scores.mean())
            <= abs(form.times) * _ALIKE + 3 * scores.std(ddof=1) / len(scores) ** 0.5
            for one, scores in zip(told, seen, strict=True)
        ]
        if all(within) and _may_be(form, constant, labels):
            found.append(form)
    return found


def _may_be(form: Form, constant: float, labels: np.ndarray) -> bool:
    """Whether one of the constants, or a mixture of them, gets this number."""
    even = np.repeat(labels, _ROWS // 2)
    found = [form.of(one) for one in constants(form.metric, even)]
    off = abs(form.times) * _OF_CONSTANTS
    return bool(found) and min(found) - off <= constant <= max(found) + off


def _number(form: Form, probe: Probe, labels: np.ndarray) -> float:
    """Return the metric's number for a probe; NaN where it does not take it."""
    true, said = probe.draw(_ROWS, np.random.default_rng(0))
    if form.balanced:
        common = np.flatnonzero(true != probe.rare)
        rare = np.flatnonzero(true == probe.rare)
        times = len(common) // len(rare)
        rows = np.r_[common, np.repeat(rare, times)]
        true, said = true[rows], said[rows]
    shares = np.array([true[said == cell].mean() for cell in (0, 1)])[said]
    answers = shares if form.metric.takes_shares else labels[said]
    try:
        return form.metric.score(labels[true], answers)
    except Exception:  # a metric that does not take classes
        return np.nan


@dataclass(frozen=True)
class Seen:
    """What a procedure scored where a feature knows a part of a rare class, and where none does.

    For each of two probes, of which one or the other class is the rare one.
    """

    labels: np.ndarray
    known: list[np.ndarray]
    nothing: list[np.ndarray]

    def is_not(self, metric: Metric) -> bool:
        """Whether a metric gives other scores than these, whatever flaw a procedure has.

        None makes a claim lower, or helps where all rows are alike: a constant gets what it gets.
        """
        sign = 1 if metric.greater else -1
        for probe, known, nothing in zip(PROBES, self.known, self.nothing, strict=True):
            least = min(sign * one for one in _knowing(metric, probe, self.labels))
            ends = _constant(metric, probe, self.labels)
            off = _slack(nothing)
            if not min(ends) - off <= nothing.mean() <= max(ends) + off:
                return True
            if sign * known.mean() < least - _slack(known):
                return True
        return False

    def under(self, form: Form) -> Seen:
        """Return the metric's own numbers, where they were returned in another form."""
        known, nothing = (
            [(one - form.plus) / form.times for one in scores]
            for scores in (self.known, self.nothing)
        )
        return Seen(self.labels, known, nothing)

    def may_be(self, metric: Metric) -> bool:
        """Whether a metric gives all these scores."""
        for probe, known, nothing in zip(PROBES, self.known, self.nothing, strict=True):
            if not (
                _near(known, _knowing(metric, probe, self.labels))
                and _near(nothing, _constant(metric, probe, self.labels))
            ):
                return False
        return True


def _slack(scores: np.ndarray) -> float:
    return _OFF + 3 * float(scores.std(ddof=1)) / len(scores) ** 0.5


def _near(scores: np.ndarray, numbers: list[float]) -> bool:
    return any(abs(one - scores.mean()) <= _slack(scores) for one in numbers)


def _knowing(metric: Metric, probe: Probe, labels: np.ndarray) -> list[float]:
    """Return what a metric makes of labels, and of shares, where all is known that can be."""
    true, said = probe.draw(_ROWS, np.random.default_rng(0))
    shares = np.array([true[said == cell].mean() for cell in (0, 1)])[said]
    return _scored(metric, labels, true, (labels[(shares > 0.5).astype(int)], shares))


def _constant(metric: Metric, probe: Probe, labels: np.ndarray) -> list[float]:
    """Return what a metric makes of each label for all, and of the share of the second."""
    true = probe.draw(_ROWS, np.random.default_rng(0))[0]
    said = (np.full(_ROWS, labels[0]), np.full(_ROWS, labels[1]), np.full(_ROWS, true.mean()))
    return _scored(metric, labels, true, said)


def _scored(
    metric: Metric, labels: np.ndarray, true: np.ndarray, answers: Iterable[np.ndarray]
) -> list[float]:
    found = []
    for said in answers:
        try:
            found.append(metric.score(labels[true], said))
        except Exception:  # a metric that does not take them
            continue
    return found


def known_metrics(labels: np.ndarray) -> list[Metric]:
    """Return the usual metrics of two classes."""

    def plain(name: str, call: Callable[..., Any], **how: Any) -> Metric:
        return Metric(name, lambda true, said: float(_quietly(call, true, said, **how)), True)

    first, second = labels
    named = {"zero_division": 0}
    found = [
        plain("accuracy or weighted F1", metrics.accuracy_score),
        plain("balanced accuracy or AUROC", metrics.balanced_accuracy_score),
        plain(f"F1 of {second}", metrics.f1_score, pos_label=second, **named),
        plain(f"F1 of {first}", metrics.f1_score, pos_label=first, **named),
        plain("F1 of both classes", metrics.f1_score, average="macro", **named),
        plain(f"recall of {second}", metrics.recall_score, pos_label=second, **named),
        plain(f"recall of {first}", metrics.recall_score, pos_label=first, **named),
        plain(f"precision of {second}", metrics.precision_score, pos_label=second, **named),
        plain(f"precision of {first}", metrics.precision_score, pos_label=first, **named),
        plain("Matthews' correlation", metrics.matthews_corrcoef),
        plain("Cohen's kappa", metrics.cohen_kappa_score),
    ]

    def surprise(true: Any, shares: Any) -> float:
        return float(metrics.log_loss(true == second, shares, labels=[False, True]))

    def brier(true: Any, shares: Any) -> float:
        return float(((true == second) - np.asarray(shares, dtype=float)).__pow__(2).mean())

    return [
        *found,
        Metric("log loss", surprise, False, takes_shares=True),
        Metric("Brier score", brier, False, takes_shares=True),
    ]


def _quietly(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a class that is never said
        return call(*given, **named)
