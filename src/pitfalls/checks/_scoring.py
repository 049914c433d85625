"""A reader's own metric: what it makes of a model's answers, and what no knowledge scores."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.multiclass import type_of_target

from .._words import raised
from ._metrics import as_metric
from .asking import ASKED, GIVEN, Answers, Together, check_metric, flat, scorer_of

__all__ = ["Level", "NotAnEstimator", "Scoring", "are_classes"]

#: More different numbers than these are amounts, not classes.
_MOST_CLASSES = 50


@dataclass(frozen=True)
class Level:
    """Where a metric's scale lies for these outcomes.

    Attributes
    ----------
    sign : {1, -1}
        -1 for a loss, of which less is better.
    perfect, chance : float
        What the true outcomes themselves score, and the best of the answers that know nothing: a
        constant, the shares of the classes, a guess.
    """

    sign: int
    perfect: float
    chance: float

    @property
    def scale(self) -> float:
        """How far it is from knowing nothing to knowing all."""
        return abs(self.perfect - self.chance)


class NotAnEstimator(TypeError):
    """A scorer was named, and the model is a function."""


class Scoring:
    """Scores a model on rows by the metric that a reader uses.

    Parameters
    ----------
    metric : callable (y_true, y_pred), name of a scorer, or scorer
        A function of outcomes and answers, or what scikit-learn calls a scorer.

    Notes
    -----
    A function of outcomes and answers does not say whether it wants labels, probabilities or
    margins. Estimators are asked for all that they have; what scores best is what its author must
    have meant. A function of rows gives its own answers.
    """

    def __init__(self, metric: Any) -> None:
        self.metric, self.scorer = metric, _scorer(metric)
        self._score = metric
        self.error = ""

    def __call__(self, answers: Answers, X: Any, y: Any) -> dict[str, float]:
        """Return the score of a model by each kind of answer; NaN where the metric refuses it."""
        model = answers.model
        if self.scorer is not None:
            if hasattr(model, "predict"):
                return {GIVEN: self._number(self.scorer, model, X, y)}
            if not (isinstance(self.metric, str) or hasattr(self.metric, "_score_func")):
                raise NotAnEstimator(
                    f"metric={self.metric!r} needs a fitted estimator, and evaluate returned a "
                    f"{type(model).__name__}; pass a function of (y_true, y_pred) as metric"
                )
            self._score, self.scorer = as_metric(self.metric, np.asarray(y)).score, None
        return {kind: self._number(self._score, y, answers.of(kind)) for kind in answers.said}

    def pooled(self, kind: str, answers: list[Answers], y: list[np.ndarray]) -> float:
        """Return the score of the answers for several sets of rows as if they were one.

        A metric that divides by the spread of its rows, such as R², is lower on few rows that lie
        close together than on many that lie apart. NaN where answers cannot be put together.
        """
        try:
            true = np.concatenate(y)
            if self.scorer is not None:
                if not hasattr(self.scorer, "_score_func"):
                    return math.nan
                rows = np.zeros((len(true), 1))
                return self._number(self.scorer, Together(answers), rows, true)
            return self._number(
                self._score, true, np.concatenate([one.of(kind) for one in answers])
            )
        except (ValueError, KeyError):  # of several shapes
            return math.nan

    def level(self, kind: str, y: np.ndarray, claimed: float) -> Level | None:
        """Return where the metric's scale lies, or None where the outcomes do not tell.

        Parameters
        ----------
        kind : str
            The kind of answer, as `__call__` names it.
        y : array of known outcomes
            Some thousand are enough.
        claimed : float
            A score that somebody claims. Where the outcomes are words, a metric may count either
            as the positive one; then the claim tells, as it is on the good side of chance.
        """
        rows = np.arange(len(y)).reshape(-1, 1)
        oracles, guesses = _oracles_and_guesses(rows, y)
        found: list[Level | None] = []
        for form, turned in _forms(kind if self.scorer is None else None):
            scores = [
                self._level_of(model, rows, y, form, turned) for model in (*oracles, *guesses)
            ]
            knows = [one for one in scores[: len(oracles)] if math.isfinite(one)]
            guessed = [one for one in scores[len(oracles) :] if math.isfinite(one)]
            if knows and guessed:
                found.append(_judge(knows[0], guessed))
            if found and not turned and form == "predict":
                break  # labels are not turned around
        told = [one for one in found if one is not None]
        if len({one.sign for one in told}) == 2:
            told.sort(key=lambda one: one.sign * (claimed - one.chance), reverse=True)
        return told[0] if told else None

    def _level_of(self, model: Any, rows: Any, y: Any, form: str, turned: bool) -> float:
        if self.scorer is not None:
            return self._number(self.scorer, model, rows, y)
        if not hasattr(model, form):
            return math.nan
        said = Answers(model, {form: flat(getattr(model, form)(rows), y)}).of(form)
        return self._number(self._score, y, 1 - said if turned else said)

    def _number(self, metric: Callable[..., Any], *given: Any) -> float:
        try:
            with warnings.catch_warnings():  # of labels where probabilities are wanted
                warnings.simplefilter("ignore", UndefinedMetricWarning)
                score = float(metric(*given))
        except Exception as error:  # a stranger's function, tried on what it may not be made for
            self.error = raised(error)
            return math.nan
        return score if math.isfinite(score) else math.nan


def are_classes(y: np.ndarray) -> bool:
    """Whether outcomes are classes, not amounts."""
    try:
        kind = type_of_target(y)
    except ValueError:
        return False
    if kind not in ("binary", "multiclass"):
        return False
    return len(np.unique(y)) <= (_MOST_CLASSES if y.dtype.kind in "iufb" else len(y) // 2)


def _scorer(metric: Any) -> Callable[..., Any] | None:
    """Return a function of (estimator, X, y), or None where the metric takes outcomes alone."""
    if isinstance(check_metric(metric), str):
        return scorer_of(metric)
    try:
        parameters = inspect.signature(metric).parameters.values()
    except (TypeError, ValueError):
        return None
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [one for one in parameters if one.default is one.empty and one.kind in plain]
    return metric if len(needed) == 3 else None


def _oracles_and_guesses(rows: np.ndarray, y: np.ndarray) -> tuple[list[Any], list[Any]]:
    """Return models that know each outcome by its row's number, and models that know nothing."""
    oracles: list[Any] = []
    guesses: list[Any] = []
    if are_classes(y):
        oracles.append(DecisionTreeClassifier(random_state=0))
        guesses += [DummyClassifier(strategy="prior")]
        guesses += [DummyClassifier(strategy="stratified", random_state=seed) for seed in range(3)]
    elif y.dtype.kind in "iufb":
        oracles.append(DecisionTreeRegressor(random_state=0))
    if y.dtype.kind in "iufb":
        guesses += [DummyRegressor(strategy="mean"), DummyRegressor(strategy="median")]
    return [one.fit(rows, y) for one in oracles], [one.fit(rows, y) for one in guesses]


def _forms(kind: str | None) -> list[tuple[str, bool]]:
    """Return the forms that an answer may have, and whether it is of the other class."""
    if kind == GIVEN:
        return [("predict", False), ("predict_proba", False), ("predict_proba", True)]
    return [("predict_proba" if kind in ASKED[1:] else "predict", False)]


def _judge(perfect: float, guessed: list[float]) -> Level | None:
    """Tell a loss from a score: the truth itself is better than every guess."""
    if all(one < perfect for one in guessed):
        return Level(1, perfect, max(guessed))
    if all(one > perfect for one in guessed):
        return Level(-1, perfect, min(guessed))
    return None
