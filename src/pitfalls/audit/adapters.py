"""Procedures of a line: an estimator and a splitter, an estimator and a split, two frames."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import check_cv, cross_validate

from .._data import n_rows, take

__all__ = ["Sides", "cross_validated", "held_out", "two_frames"]


class Sides:
    """A procedure that says which rows it trains on, and which it tests on.

    Attributes
    ----------
    metric : str or callable
        What it scores by.
    """

    metric: Any
    #: Whether all rows are test rows once, and whether the model never meets the test rows.
    crossed, held = False, False

    def sides(self, X: Any, y: Any, groups: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Return the places of the training and the test rows of the first fold."""
        raise NotImplementedError


class _CrossValidated(Sides):
    crossed = True

    def __init__(self, estimator: Any, cv: Any, scoring: Any) -> None:
        self._estimator, self._cv, self.metric = estimator, cv, scoring

    def __call__(self, X: Any, y: Any, groups: Any = None) -> tuple[float, Any]:
        """Return the mean score over folds, and the estimator fitted to all rows."""
        folds = self._folds(X, y, groups)
        found = cross_validate(
            self._estimator, X, y, cv=folds, scoring=self.metric, error_score="raise"
        )
        return float(np.mean(found["test_score"])), clone(self._estimator).fit(X, y)

    def sides(self, X: Any, y: Any, groups: Any = None) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(groups, str) and hasattr(X, "columns"):
            groups = X[groups]
        groups = None if groups is False else groups
        return self._folds(X, y, groups)[0]

    def _folds(self, X: Any, y: Any, groups: Any) -> list[tuple[np.ndarray, np.ndarray]]:
        splitter = check_cv(self._cv, np.asarray(y), classifier=is_classifier(self._estimator))
        with warnings.catch_warnings():  # a splitter that has no use for groups need not say so
            warnings.filterwarnings("ignore", "The groups parameter is ignored")
            return [*splitter.split(np.zeros(n_rows("X", X)), y, groups)]


def cross_validated(
    estimator: Any, cv: Any = 5, *, scoring: Any = "accuracy"
) -> Callable[..., tuple[float, Any]]:
    """Make a procedure of an estimator and a splitter.

    Parameters
    ----------
    estimator : estimator
        A `Pipeline` of all that is fitted.
    cv : int or splitter of scikit-learn, default=5
        How to split. A splitter by group is handed the groups of the audit.
    scoring : str or scorer, default="accuracy"
        What to score by.

    Returns
    -------
    callable (X, y, groups=None) -> (float, estimator)
        Returns the mean score over the folds, and the estimator fitted to all rows. The audit
        takes its metric, and the first fold as the split.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from pitfalls.audit import cross_validated
    >>> evaluate = cross_validated(LogisticRegression(max_iter=500))
    >>> score, model = evaluate(*load_iris(return_X_y=True))
    >>> bool(score > 0.9)
    True
    """
    _check_estimator(estimator)
    if not (callable(scoring) or isinstance(scoring, str)):
        raise TypeError(f"scoring={scoring!r} must be the name of a scorer, or a scorer")
    return _CrossValidated(estimator, cv, scoring)


class _HeldOut(Sides):
    held = True

    def __init__(self, estimator: Any, is_test: np.ndarray, scoring: Any) -> None:
        self._estimator, self._is_test, self.metric = estimator, is_test, scoring

    def __call__(self, X: Any, y: Any) -> tuple[float, Any]:
        """Return the score on the test rows, and the estimator fitted to the others."""
        n = n_rows("X", X)
        is_test = self._is_test
        if isinstance(X, pd.DataFrame | pd.Series) and n != len(is_test):
            is_test = is_test[X.index.to_numpy()]
        elif n != len(is_test):
            raise ValueError(
                f"X has {n} rows and is_test {len(is_test)}; hand X over as a frame, numbered "
                "from 0 on, so that a part of it can be told"
            )
        train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
        model = clone(self._estimator).fit(take("X", X, train), take("y", y, train))
        score = get_scorer(self.metric)(model, take("X", X, test), take("y", y, test))
        return float(score), model

    def sides(self, X: Any, y: Any, groups: Any = None) -> tuple[np.ndarray, np.ndarray]:
        return np.flatnonzero(~self._is_test), np.flatnonzero(self._is_test)


def held_out(
    estimator: Any, is_test: Any, *, scoring: Any = "accuracy"
) -> Callable[..., tuple[float, Any]]:
    """Make a procedure of an estimator and a split.

    Parameters
    ----------
    estimator : estimator
        A `Pipeline` of all that is fitted.
    is_test : array-like of bool, shape (n,)
        Which rows are test rows.
    scoring : str or scorer, default="accuracy"
        What to score by.

    Returns
    -------
    callable (X, y) -> (float, estimator)
        Returns the score on the test rows, and the estimator fitted to the others. `X` must be a
        frame numbered from 0 on, as ``frame.reset_index(drop=True)`` makes it, so that it can be
        told which of some of its rows are test rows.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from pitfalls.audit import held_out
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> evaluate = held_out(LogisticRegression(max_iter=500), np.arange(150) % 3 == 0)
    >>> bool(evaluate(X, y)[0] > 0.9)
    True
    """
    _check_estimator(estimator)
    mask = np.asarray(is_test)
    if mask.ndim != 1 or mask.dtype.kind != "b" or not 0 < mask.sum() < len(mask):
        raise ValueError(f"is_test={is_test!r} must say of each row whether it is a test row")
    return _HeldOut(estimator, mask, scoring)


def two_frames(
    train: pd.DataFrame,
    test: pd.DataFrame,
    outcome: str,
    estimator: Any = None,
    *,
    scoring: Any = "accuracy",
) -> dict[str, Any]:
    """Make the arguments of an audit of two frames, such as a training and a test file.

    Parameters
    ----------
    train, test : DataFrame
        The two sides, with the same columns.
    outcome : str
        The column of the outcomes.
    estimator : estimator, default=None
        A `Pipeline` of all that is fitted. Without it the data alone are looked at.
    scoring : str or scorer, default="accuracy"
        What to score by.

    Returns
    -------
    dict
        Of ``evaluate``, ``X``, ``y``, ``train`` and ``test``, for ``audit(**two_frames(...))``.

    Examples
    --------
    >>> import pandas as pd
    >>> from pitfalls.audit import audit, two_frames
    >>> train = pd.DataFrame({"age": [50, 60, 70], "died": [0, 1, 1]})
    >>> test = pd.DataFrame({"age": [55, 65], "died": [0, 1]})
    >>> given = two_frames(train, test, "died")
    >>> given["test"].tolist()
    [3, 4]
    """
    for name, frame in (("train", train), ("test", test)):
        if not isinstance(frame, pd.DataFrame):
            raise TypeError(f"{name} is a {type(frame).__name__}; hand over a pandas.DataFrame")
        if outcome not in frame.columns:
            raise ValueError(f"outcome={outcome!r} is no column of {name}")
    strange = train.columns.symmetric_difference(test.columns)
    if len(strange):
        raise ValueError(
            f"columns {', '.join(map(str, strange[:5]))} are not in both train and test; hand "
            "over the same columns of both"
        )
    both = pd.concat([train, test[train.columns]], ignore_index=True)
    places = np.split(np.arange(len(both)), [len(train)])
    X, y = both.drop(columns=outcome), both[outcome]
    evaluate = None
    if estimator is not None:
        evaluate = held_out(estimator, np.arange(len(both)) >= len(train), scoring=scoring)
    return {"evaluate": evaluate, "X": X, "y": y, "train": places[0], "test": places[1]}


def _check_estimator(estimator: Any) -> None:
    if isinstance(estimator, type) or not (
        hasattr(estimator, "fit") and hasattr(estimator, "predict")
    ):
        raise TypeError(
            f"estimator={estimator!r} must be an estimator of scikit-learn with fit and predict, "
            "not yet fitted"
        )
