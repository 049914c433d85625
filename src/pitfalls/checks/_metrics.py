"""The reader's own metric: how it is asked, whether more is better, what knowing nothing gets.

Three things know nothing of a case: a constant, a guess (the outcomes themselves in another
order), and for a metric of shares the shares of the classes.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from .._words import raised
from .asking import Together, answers_of, called, check_labels, check_metric, scorer_of

__all__ = [
    "Metric",
    "as_metric",
    "as_shares",
    "best_constant",
    "constants",
    "guess",
    "lucky_ranks",
    "outcome_of",
    "said_by",
    "thinned",
    "tried_once",
]

#: Guesses that tell whether more is better.
_GUESSES = 9
#: Outcomes that meet each other in a guess: ten thousand pairs.
_MET = 100
#: Folds of random scores, and the rows that one has at least.
_FOLDS, _SMALLEST = 200, 10
#: Outcomes on which constants are scored: their shares are then right to a thousandth.
_ROWS = 5_000
#: So many of the most frequent labels are tried as a constant.
_CONSTANTS = 20


@dataclass(frozen=True)
class Metric:
    """A metric, as the reader handed it over.

    Attributes
    ----------
    name : str
        What it is called in a sentence.
    score : callable (y_true, y_pred) -> float
        Its number, in the reader's own direction.
    greater : bool
        Whether more of it is better.
    takes_shares : bool
        Whether `y_pred` are scores or shares of the classes, and not labels.
    scorer : callable (model, X, y) -> float, optional
        The scikit-learn scorer that it is.
    named : bool
        Whether the reader named it.
    luck : dict of bytes to list
        What `lucky_ranks` has found, by the outcomes.
    """

    name: str
    score: Callable[[Any, Any], float]
    greater: bool
    takes_shares: bool = False
    scorer: Callable[..., float] | None = None
    named: bool = False
    luck: dict[bytes, list[float]] = field(default_factory=dict, repr=False, compare=False)


class _Said(BaseEstimator):
    """What a scikit-learn scorer takes for a model: it says what it was told to say."""

    def __init__(self, said: Any, classes: Any) -> None:
        self.said, self.classes_ = np.asarray(said), classes

    def predict(self, X: Any) -> np.ndarray:
        """Return labels or numbers; of shares of classes the label that has the largest."""
        if self.classes_ is None or not self._shares():
            return self.said
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return a share for each class."""
        if self.said.ndim == 2:
            return self.said
        if self._shares():
            return np.column_stack([1 - self.said, self.said])
        return (self.said[:, None] == self.classes_[None, :]).astype(float)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return a score for each row, or for each row and class."""
        if self.said.ndim == 1 and self.said.dtype.kind == "f":
            return self.said
        shares = self.predict_proba(X)
        return shares[:, 1] if shares.shape[1] == 2 else shares

    def _shares(self) -> bool:
        """Whether these are shares: a column for each class, or one for the second of two."""
        if self.said.ndim == 2 or self.classes_ is None:
            return self.said.ndim == 2
        of_two = len(self.classes_) == 2 and self.said.dtype.kind == "f"
        within = of_two and bool(((self.said >= 0) & (self.said <= 1)).all())
        return within and not np.isin(self.said, self.classes_).all()


class _SaidLabels(ClassifierMixin, _Said):
    pass


class _SaidNumbers(RegressorMixin, _Said):
    pass


def as_metric(metric: Any, y: Any, *, greater_is_better: bool | None = None) -> Metric:
    """Return the reader's metric in a form that can be asked.

    Parameters
    ----------
    metric : str, or callable (y_true, y_pred) -> float, or scorer
        The name of a scikit-learn scorer, one made by ``make_scorer``, or a function.
    y : array of shape (n,)
        Outcomes to try it on.
    greater_is_better : bool, optional
        Overrides what is found by comparing a perfect answer with guesses.

    Raises
    ------
    ValueError
        If the name is unknown, or the metric does not take these outcomes.
    """
    check_metric(metric)
    check_labels(metric, y)
    scorer, name = scorer_of(metric), called(metric)
    score = _asked(metric, scorer, _classes(y))
    perfect, by_luck, shares = _tried(name, score, y)
    if greater_is_better is None:
        if math.isclose(perfect, by_luck):
            raise ValueError(
                f"metric={name} gives {perfect:.3g} for perfect answers and for guesses; pass "
                "greater_is_better="
            )
        greater_is_better = perfect > by_luck
    return Metric(name, score, bool(greater_is_better), shares, scorer, named=True)


def _asked(metric: Any, scorer: Any, every: np.ndarray | None) -> Callable[[Any, Any], float]:
    if scorer is None:
        return lambda true, said: _number(metric, true, said)
    function = partial(scorer._score_func, **scorer._kwargs)

    def score(true: Any, said: Any) -> float:
        classes = _classes(true)
        if classes is not None and every is not None and np.isin(classes, every).all():
            classes = every  # a rare one may be missing among these rows, and has its shares
        of = _SaidNumbers(said, None) if classes is None else _SaidLabels(said, classes)
        if getattr(scorer, "_response_method", "") == "predict":  # half of the time is saved
            return scorer._sign * _number(function, true, of.predict(None))
        return _number(scorer, of, np.zeros((len(true), 1)), true)

    return score


def _number(call: Callable[..., Any], *given: Any) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes that a constant never says
        return float(call(*given))


def _tried(
    name: str, score: Callable[[Any, Any], float], y: np.ndarray
) -> tuple[float, float, bool]:
    """Return the score of perfect answers and of guesses, and whether it is asked with shares."""
    rng = np.random.default_rng(0)
    error: Exception | None = None
    for shares in (False, True):
        try:
            said = as_shares(y) if shares else y
            scores = [score(y, said[rng.permutation(len(y))]) for _ in range(_GUESSES)]
            perfect = score(y, said)
            if math.isfinite(perfect) and np.isfinite(scores).any():
                return perfect, float(np.nanmean(scores)), shares
        except Exception as failed:  # whatever a reader's function raises
            error = error or failed
    told = raised(error) if error else "no number"
    raise ValueError(f"metric={name} does not take these outcomes ({told}); pass another metric")


def as_shares(y: np.ndarray) -> np.ndarray:
    """Return certain answers as shares: of the second class, or of each of several."""
    classes = _classes(y)
    if classes is None:
        return np.asarray(y, dtype=float)
    each = (y[:, None] == classes[None, :]).astype(float)
    return each[:, 1] if len(classes) == 2 else each


def _classes(y: np.ndarray) -> np.ndarray | None:
    """Return the labels in order; None where these are numbers of a regression."""
    y = np.asarray(y)
    if y.dtype.kind == "f" and (not np.isfinite(y).all() or (y != np.round(y)).any()):
        return None
    return np.unique(y)


def outcome_of(frame: pd.DataFrame) -> np.ndarray:
    """Return one column of outcomes as an array that scikit-learn's metrics take."""
    column = frame.iloc[:, 0]
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    values = column.to_numpy()
    if values.dtype == object:
        kinds = {type(one) for one in values}
        if kinds <= {bool, np.bool_}:
            return values.astype(bool)
        return values.astype(str) if kinds != {str} else values.astype("U")
    return values


def constants(metric: Metric, y: np.ndarray, *, learned: np.ndarray | None = None) -> np.ndarray:
    """Return what the metric gives to each constant: every label, or mean, median and the like.

    The constants are those of `learned`, by default of `y` itself, in hindsight.
    """
    learned = y if learned is None else learned
    y, found = thinned(y, _ROWS), []
    for one in _said_constants(metric, learned):
        try:
            found.append(metric.score(y, _times(one, len(y))))
        except Exception:  # a constant that this metric does not take
            continue
    return np.array([one for one in found if math.isfinite(one)])


def _said_constants(metric: Metric, y: np.ndarray) -> list[Any]:
    shares = [] if _classes(y) is None else [as_shares(y).mean(axis=0)]
    if metric.takes_shares and shares:
        return shares
    labels, counts = np.unique(y, return_counts=True)
    most = [*labels[np.argsort(-counts, kind="stable")][:_CONSTANTS], *shares]
    if y.dtype.kind not in "iuf":
        return most
    middle = [y.mean(), np.median(y)]
    if (y > 0).all():  # best for an error that is a share of the outcome
        middle += [np.exp(np.log(y.astype(float)).mean()), np.quantile(y, 0.25)]
    return most + middle if len(labels) <= _CONSTANTS else middle


def best_constant(metric: Metric, learned: np.ndarray, n: int) -> np.ndarray:
    """Return n times the constant that scores best on `learned`."""
    some = thinned(learned, _ROWS)
    best, said = -math.inf, None
    for one in _said_constants(metric, learned):
        try:
            score = metric.score(some, _times(one, len(some)))
        except Exception:  # a constant that this metric does not take
            continue
        score = score if metric.greater else -score
        if score > best:
            best, said = score, one
    if said is None:
        raise ValueError(f"metric={metric.name} takes no constant")
    return _times(said, n)


def _times(one: Any, n: int) -> np.ndarray:
    return np.tile(one, (n, 1)) if np.ndim(one) else np.full(n, one)


def guess(metric: Metric, y: np.ndarray) -> float:
    """Return what the metric gives to answers that are spread as the outcomes and know nothing.

    Each of some outcomes meets each of them as an answer, so that no luck is in it.
    """
    some = thinned(y, _MET)
    true, said = np.repeat(some, len(some)), np.tile(some, len(some))
    return metric.score(true, as_shares(said) if metric.takes_shares else said)


def lucky_ranks(metric: Metric, y: np.ndarray) -> list[float]:
    """Return what a metric of ranks gives to random scores in a fold of a tenth of the rows.

    On few rows average precision and its like lie above the share of the cases, on average. Empty
    for a metric of two classes that takes labels only, or where the folds are not small.
    """
    key = y.tobytes()
    if key not in metric.luck:  # it takes some hundred scores, and is asked for every form
        metric.luck[key] = _lucky_ranks(metric, y)
    return metric.luck[key]


def _lucky_ranks(metric: Metric, y: np.ndarray) -> list[float]:
    classes = _classes(y)
    if classes is None or len(classes) != 2 or metric.takes_shares:
        return []
    rng = np.random.default_rng(0)
    fold = thinned(y, max(_SMALLEST, len(y) // 10))
    try:
        some = rng.random(len(fold))
        if metric.score(fold, some) == metric.score(fold, np.round(some)):
            return []
        luck = np.array([metric.score(fold, rng.random(len(fold))) for _ in range(_FOLDS)])
    except Exception:  # a metric of labels
        return []
    error = np.nanstd(luck) / _FOLDS**0.5
    plain = guess(metric, y)
    found = float(np.nanmean(luck))
    return [found] if abs(found - plain) > 3 * error else []


def thinned(y: np.ndarray, most: int) -> np.ndarray:
    """Return at most so many outcomes, spread evenly over all in order of size."""
    if len(y) <= most:
        return y
    return np.sort(y)[np.linspace(0, len(y) - 1, most).round().astype(int)]


def said_by(metric: Metric, model: Any, X: Any, y: np.ndarray) -> Callable[[np.ndarray], float]:
    """Return a function of outcomes: the score of what a model says of these rows.

    `model` is a function of rows, or has ``predict``. It is asked once. A function does not say
    whether it wants labels, shares or margins: what scores best is taken, as for log loss labels
    are no answer.
    """
    found, scorer = answers_of(model, X, y), metric.scorer
    if scorer is not None and hasattr(model, "fit") and hasattr(model, "predict"):
        remembered = Together([found])
        return lambda true: _number(scorer, remembered, X, true)
    answers = [found.of(kind) for kind in found.said]
    if len(answers) == 1:
        return lambda true: metric.score(true, answers[0])
    scores = [tried_once(metric, y, said) for said in answers]
    best = int(np.argmax(scores) if metric.greater else np.argmin(scores))
    return lambda true: metric.score(true, answers[best])


def tried_once(metric: Metric, y: np.ndarray, said: np.ndarray) -> float:
    """Return a score of answers, the worst there is where the metric does not take them."""
    worst = -math.inf if metric.greater else math.inf
    try:
        score = metric.score(y, said)
    except Exception:  # whatever a reader's function raises
        return worst
    return score if math.isfinite(score) else worst
