"""Whether a procedure returns the metric that was named, and which one it returns instead.

A claim in other units than those of its metric looks like a flaw. So a procedure is asked where
nothing but its metric can make a difference: on rows that are copies of two rows, in which a
feature knows a part of a rare class, and on rows that are all alike, so that accuracy, F1 and
AUROC lie far apart; and for amounts, on outcomes in other units, which R² does not mind and an
error follows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn import metrics

from .._data import outcome_in_order
from ._desk import Desk
from ._known import PROBES, Probe, Seen, forms_of
from ._meaningless import few_rows, unlike_rows
from ._metrics import Metric, as_metric
from ._scoring import are_classes
from ._weighed import NothingToSee, Opened, Weighed, weigh
from .asking import ASKED, GIVEN, Answers, Together

__all__ = ["returned_instead"]

#: Runs on each of two probes, with and without the feature, and the rows that they need.
_PROBED, _FEWEST_ROWS = 2, 40
#: Rows on which a metric's number is worked out.
_ROWS = 500
#: Outcomes are handed over in units that are so many times smaller; errors follow by a power of
#: it, which luck in a procedure may put off by so much.
_UNITS, _POWER = 10.0, 0.3

_OF_CLASSES = (
    "accuracy", "roc_auc", "f1_macro", "balanced_accuracy", "average_precision", "f1_weighted",
    "matthews_corrcoef", "neg_log_loss", "neg_brier_score",
)  # fmt: skip
_OF_ONE_CLASS = (metrics.f1_score, metrics.recall_score, metrics.precision_score)
_OF_AMOUNTS = {
    f"{name!r}": name
    for name in (
        "r2", "neg_mean_absolute_error", "neg_root_mean_squared_error",
        "neg_mean_squared_error", "neg_mean_absolute_percentage_error",
    )
}  # fmt: skip


def returned_instead(
    desk: Desk, opened: Opened, outcomes: np.ndarray, sure: float, rng: np.random.Generator
) -> tuple[str, Weighed] | None:
    """Return the metric that a procedure returns, where that is clearly not the one named.

    Two things must be so. Where only the metric can make a difference, the scores cannot be those
    of the metric that was named, even of a procedure that claims too much, and are those of
    another; and under that one the claims are what the model gets in the envelopes. A flawed
    procedure that returns what was named fails the first, and one that returns another the second.

    Parameters
    ----------
    desk : Desk
        Where the procedure runs.
    opened : Opened
        What the envelopes said.
    outcomes : array
        Outcomes that tell where a metric's scale lies.
    sure : float
        The one-sided certainty of what luck explains.
    rng : Generator
        For the draws.

    Returns
    -------
    (str, Weighed) or None
        What to name, and the claims against the envelopes under it.
    """
    if desk.outcome.shape[1] > 1 or not (are_classes(outcomes) or outcomes.dtype.kind in "iuf"):
        return None
    classes = are_classes(outcomes)
    agreeing: list[tuple[float, str, Any, Weighed]] = []
    for name, metric in _usual(_labels(outcomes)) if classes else _OF_AMOUNTS.items():
        one = _under(metric, desk, opened, outcomes, sure)
        if one is not None and abs(one.value) <= one.null:
            agreeing.append((abs(one.value) / one.null, name, metric, one))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of columns that are constant in these rows only
            some = {name: metric for _, name, metric, _ in agreeing}
            left = _of_classes(desk, outcomes, some, rng) if classes else (
                _of_amounts(desk, opened, outcomes, some)
            )  # fmt: skip
    except Exception:  # a stranger's function, on rows that it does not expect
        return None
    found = [(off, name, one) for off, name, _, one in agreeing if name in left]
    return min(found, key=lambda each: each[0])[1:] if found else None


def _under(
    metric: Any, desk: Desk, opened: Opened, outcomes: np.ndarray, sure: float
) -> Weighed | None:
    """Weigh the claims against the same answers under another metric, if it takes them."""
    other, inside = desk.under(metric), []
    try:
        for one, true in zip(opened.answers, opened.outcomes, strict=True):
            model = Together([one]) if hasattr(one.model, "predict") else one.model
            rows = np.zeros((len(true), 1))
            inside.append(other.scoring(Answers(model, one.said), rows, true))
        own = [dict.fromkeys(one, math.nan) for one in inside]
        again = replace(opened, inside=inside, own=own, notes=[], weighed=None)
        return weigh(other, again, outcomes, sure, sure)
    except (ValueError, TypeError, NothingToSee):  # other labels, or better than perfect
        return None


# Classes


def _labels(y: np.ndarray) -> np.ndarray:
    """Return the two commonest classes."""
    values, counts = np.unique(y, return_counts=True)
    return np.sort(values[np.argsort(-counts, kind="stable")[:2]])


def _of_classes(
    desk: Desk, y: np.ndarray, some: dict[str, Any], rng: np.random.Generator
) -> list[str]:
    """Return which of some metrics fit the scores on probes, unless their own may."""
    if not some or desk.n < _FEWEST_ROWS:
        return []
    labels = _labels(y)
    true = labels[PROBES[0].draw(_ROWS, np.random.default_rng(0))[0]]
    own = as_metric(desk.scoring.metric, true)
    known = [_probed(desk, probe, labels, rng, knows=True) for probe in PROBES]
    nothing = [_probed(desk, probe, labels, rng, knows=False) for probe in PROBES]
    seen = Seen(labels, known, nothing)
    if not all(seen.under(form).is_not(own) for form in forms_of([own], balanced=False)):
        return []
    left = []
    for name, metric in some.items():
        try:
            left += [name] if seen.may_be(as_metric(metric, true)) else []
        except ValueError:  # of words, or of other labels than 0 and 1
            continue
    return left


def _probed(
    desk: Desk, probe: Probe, labels: np.ndarray, rng: np.random.Generator, *, knows: bool
) -> np.ndarray:
    """Score a procedure on rows that are copies of two rows, or of one."""
    outcome, pair = desk.outcome.iloc[:, 0], unlike_rows(desk.X, rng)
    if pair is None:
        raise ValueError("all rows are alike")
    first, second = (np.flatnonzero((outcome == one).to_numpy()) for one in labels)
    scores = []
    for _ in range(_PROBED):
        true, said = probe.draw(desk.n, rng)
        order = np.where(true == 1, rng.choice(second, desk.n), rng.choice(first, desk.n))
        rows = few_rows(desk.X, pair[said if knows else np.zeros_like(said)])
        scores.append(desk.run_as(rows, outcome_in_order(desk.y, order)))
    return np.array(scores)


def _usual(labels: np.ndarray) -> Iterator[tuple[str, Any]]:
    """Give the usual metrics of classes, as they are to be named."""
    for name in _OF_CLASSES:
        yield f"{name!r}", name
    for label in labels[::-1].tolist():
        for call in _OF_ONE_CLASS:
            told = f"make_scorer({call.__name__}, pos_label={label!r})"
            yield told, metrics.make_scorer(call, pos_label=label, zero_division=0)


# Amounts


def _of_amounts(desk: Desk, opened: Opened, y: np.ndarray, some: dict[str, Any]) -> list[str]:
    """Return which of some metrics follow the units of outcomes as the procedure's score does."""
    if not some:
        return []
    before, after = desk.run_as(desk.X, desk.y), desk.run_as(desk.X, _in_other_units(desk.y))
    power = _power(before, after)
    own = _power_of(as_metric(desk.scoring.metric, y), opened)
    if not abs(own - power) > _POWER:  # alike, or not known
        return []
    powers = {name: _power_of(as_metric(metric, y), opened) for name, metric in some.items()}
    return [name for name, one in powers.items() if abs(one - power) <= _POWER]


def _in_other_units(y: Any) -> Any:
    return y * _UNITS if hasattr(y, "shape") else [one * _UNITS for one in y]


def _power(before: float, after: float) -> float:
    """Return the power of the units that a score follows; NaN where it has no sign."""
    if not before * after > 0:
        return math.nan
    return math.log(after / before) / math.log(_UNITS)


def _power_of(metric: Metric, opened: Opened) -> float:
    kind = next(one for one in (*ASKED, GIVEN) if one in opened.answers[0].said)
    said = np.concatenate([one.of(kind) for one in opened.answers]).astype(float)
    true = np.concatenate(opened.outcomes).astype(float)
    return _power(metric.score(true, said), metric.score(_UNITS * true, _UNITS * said))
