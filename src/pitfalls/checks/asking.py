"""How a model is asked for its answers, and which metric is meant: for checks and the audit."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils import get_tags

from .._data import without_torch
from .._words import nearest, raised

__all__ = [
    "ASKED",
    "GIVEN",
    "Answers",
    "Together",
    "answers_of",
    "called",
    "check_labels",
    "check_metric",
    "flat",
    "scorer_of",
    "why",
]

#: What an estimator can be asked; a metric wants one of these, and does not say which.
ASKED = ("predict", "predict_proba", "decision_function")
#: The answer of a model that is a function of rows.
GIVEN = "function"


@dataclass(frozen=True)
class Answers:
    """What a model said of some rows.

    Attributes
    ----------
    model : object
        The model, or a function of rows.
    said : dict of str to array
        Its answers, by what it was asked.
    """

    model: Any
    said: dict[str, Any]

    def of(self, kind: str) -> np.ndarray:
        """Return the answers as a metric takes them: of two classes the shares of the second."""
        said = np.asarray(self.said[kind])
        two = kind == "predict_proba" and said.ndim == 2 and said.shape[1] == 2
        return said[:, 1] if two else said


def answers_of(model: Any, X: Any, y: Any) -> Answers:
    """Ask a model once for all that it says of some rows.

    Raises
    ------
    ValueError
        If it does not give one answer for each row.
    """
    if not hasattr(model, "predict"):
        return Answers(model, {GIVEN: flat(model(X), y)})
    said = {kind: flat(getattr(model, kind)(X), y) for kind in ASKED if hasattr(model, kind)}
    return Answers(model, said)


def flat(said: Any, y: Any) -> Any:
    """Return answers that fit the outcomes: an array, without a second dimension of one."""
    said = without_torch(said)
    shape = np.shape(said)
    if not shape or shape[0] != len(y):
        raise ValueError(
            f"the model gave {'one answer' if not shape else f'{shape[0]} answers'} for {len(y)} "
            "rows; it must give one a row"
        )
    said = np.asarray(said)
    return said.ravel() if shape[1:] == (1,) else said


class Together(BaseEstimator):
    """A model that has said what a model, or several of them, said of some rows."""

    def __init__(self, answers: list[Answers]) -> None:
        self.answers = answers
        classes = [getattr(one.model, "classes_", None) for one in answers]
        if classes[0] is not None:
            if any(one is None or not np.array_equal(classes[0], one) for one in classes):
                raise ValueError("the models know other classes")
            self.classes_ = classes[0]

    def __sklearn_tags__(self) -> Any:
        return get_tags(self.answers[0].model)

    def __getattr__(self, name: str) -> Any:
        answers = self.__dict__.get("answers", [])
        if name not in ASKED or not all(name in one.said for one in answers):
            raise AttributeError(name)
        said = np.concatenate([one.said[name] for one in answers])

        def again(X: Any) -> np.ndarray:
            return said

        again.__name__ = name  # scorers look at it
        return again


def check_metric(metric: Any) -> Any:
    """Return a metric, or raise where it is no function, no scorer and no name of one."""
    if isinstance(metric, str):
        if metric in get_scorer_names():
            return metric
        close = nearest(metric, get_scorer_names())
        meant = "" if close is None else f"is it {close!r}? Else "
        raise ValueError(
            f"metric={metric!r} is no scorer of scikit-learn; {meant}pass a function of y_true "
            "and y_pred, or a name of sklearn.metrics.get_scorer_names()"
        )
    if not callable(metric):
        raise TypeError(
            f"metric={metric!r} must be a function of y_true and y_pred that returns a number, or "
            "the name of a scorer of scikit-learn, such as 'accuracy'"
        )
    return metric


def scorer_of(metric: Any) -> Any:
    """Return the scorer of scikit-learn that a metric is, or None where it is a function."""
    if isinstance(metric, str):
        return get_scorer(check_metric(metric))
    return metric if hasattr(metric, "_score_func") else None


def called(metric: Any) -> str:
    """Return what a metric is called in a sentence."""
    if isinstance(metric, str):
        return metric
    name = getattr(getattr(metric, "_score_func", metric), "__name__", "the metric")
    return "the metric" if name in ("<lambda>", "partial") else name


def check_labels(metric: Any, y: np.ndarray) -> None:
    """Raise where a metric counts one of two labels, and does not know which.

    F1, precision, recall and their like count the label 1, and know no "yes".

    Raises
    ------
    ValueError
        If that is so of these outcomes.
    """
    scorer = scorer_of(metric)
    score, named = (metric, {}) if scorer is None else (scorer._score_func, scorer._kwargs)
    labels = np.unique(np.asarray(y).astype(str))
    for how, said in (("", y), (", response_method='predict_proba'", y == labels[-1])):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                score(y, np.asarray(said, dtype=float) if how else said, **named)
        except Exception as error:  # whatever else a reader's function does not take
            if _counts_one(error):
                example = f"{called(score)}{how}"
                raise ValueError(f"metric={called(metric)}: {why(error, y, example)}") from None


def why(error: Exception, y: Any = None, example: str = "f1_score") -> str:
    """Return what scikit-learn did not like, with what to do where labels are words."""
    if not _counts_one(error):
        return raised(error)
    labels = [] if y is None else np.unique(np.asarray(y).astype(str)).tolist()
    two = f" {labels[0]!r} and {labels[1]!r}" if len(labels) == 2 else ""
    return (
        f"it counts the label 1, and the outcomes are the words{two}; make them 0 and 1, or name "
        f"the label that counts, as in make_scorer({example}, pos_label={labels[1]!r})"
        if two
        else f"{raised(error)}; name the label that counts, as in make_scorer({example}, "
        "pos_label=...)"
    )


def _counts_one(error: Exception) -> bool:
    return isinstance(error, ValueError) and "pos_label" in str(error)
