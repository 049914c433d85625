"""The table at which a reader's procedure runs on a part of the rows, and its model is scored."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame, n_rows, outcome_in_order, take
from .._words import raised
from ._scoring import Level, NotAnEstimator, Scoring
from .asking import Answers, answers_of
from .runs import Runs, check_model

__all__ = ["Desk"]


class Desk:
    """Runs a procedure on parts of the rows.

    Parameters
    ----------
    evaluate : callable (X, y) -> (score, model)
        The procedure. Where it has a parameter of one of the names in `named`, it is handed those
        of its rows.
    X, y : rows and outcomes
        As the reader has them; parts of them stay the kind of thing that they were.
    named : dict of str to array-like
        What else belongs to the rows.

    Attributes
    ----------
    n : int
        How many rows there are.
    outcome : DataFrame
        The outcomes.
    known : array of bool
        Which rows have an outcome.
    runs : Runs
        The runs so far.
    """

    scoring: Scoring

    def __init__(self, evaluate: Any, X: Any, y: Any, named: dict[str, Any]) -> None:
        self.X, self.y, self.named = X, y, named
        self.n = n_rows("X", X)
        if n_rows("y", y) != self.n:
            raise ValueError(
                f"X has {self.n} rows and y has {n_rows('y', y)}; they must have the same"
            )
        self.outcome = as_frame("y", y)
        self.known = self.outcome.notna().all(axis=1).to_numpy()
        self.runs = Runs(_on_parts(evaluate, self.n))
        asked = _parameters(evaluate)
        self._handed = {name: one for name, one in named.items() if name in asked}
        self._levels: dict[str, Level | None] = {}

    def run(self, rows: np.ndarray, *, mixed: np.random.Generator | None = None) -> Any:
        """Run the procedure on some rows, with their outcomes mixed up where a generator is given.

        Returns
        -------
        float, object
            The claimed score, and the model or None.
        """
        y = take("y", self.y, rows)
        if mixed is not None:
            y = outcome_in_order(y, mixed.permutation(len(rows)))
        named = {name: take(name, one, rows) for name, one in self._handed.items()}
        return self.runs(take("X", self.X, rows), y, **named)

    def run_as(self, X: Any, y: Any) -> float:
        """Return what the procedure claims of other rows, or other outcomes, as many as all."""
        return self.runs(X, y, **self._handed)[0]

    def under(self, metric: Any) -> Desk:
        """Return the same table under another metric."""
        other = copy.copy(self)
        other.scoring, other._levels = Scoring(metric), {}
        return other

    def ask(self, model: Any, rows: np.ndarray) -> tuple[dict[str, float], Answers]:
        """Score a model on some rows, by each kind of answer that it gives; and its answers."""
        check_model(model)
        try:
            X, y = take("X", self.X, rows), self.outcomes(rows)
            answers = answers_of(model, X, y)
            return self.scoring(answers, X, y), answers
        except NotAnEstimator:
            raise
        except Exception as error:
            raise ValueError(
                "the model that evaluate returned could not answer for raw rows of X "
                f"({raised(error)}); return a function of raw rows, "
                "such as lambda rows: model.predict(prepare(rows))"
            ) from error

    def level(self, kind: str, outcomes: np.ndarray, claimed: float) -> Level | None:
        """Return where the metric's scale lies for a kind of answer."""
        if kind not in self._levels:
            self._levels[kind] = self.scoring.level(kind, outcomes, claimed)
        return self._levels[kind]

    def some_outcomes(self, rng: np.random.Generator, most: int) -> np.ndarray:
        """Return known outcomes, enough to tell where the metric's scale lies."""
        return self.outcomes(rng.permutation(np.flatnonzero(self.known))[:most])

    def outcomes(self, rows: np.ndarray) -> np.ndarray:
        """Return outcomes as metrics take them: an array, of plain numbers where they are some."""
        part = self.outcome.iloc[rows]
        if part.shape[1] > 1:
            return part.to_numpy()
        values = part.iloc[:, 0].to_numpy()
        return pd.Series(values).infer_objects().to_numpy() if values.dtype == object else values


def _parameters(evaluate: Any) -> set[str]:
    try:
        return set(inspect.signature(evaluate).parameters)
    except (TypeError, ValueError):
        return set()


def _on_parts(evaluate: Any, n: int) -> Any:
    """Return a procedure whose errors say that it was handed a part of the rows."""
    if not callable(evaluate):
        return evaluate

    def run(X: Any, y: Any, **named: Any) -> Any:
        try:
            return evaluate(X, y, **named)
        except Exception as error:
            raise ValueError(
                f"evaluate could not work on {n_rows('X', X)} of the {n} rows "
                f"({raised(error)}); it must take any rows: name a "
                "parameter groups or time to be handed those of its rows, look other things up "
                "by X.index, and count rows of a frame by iloc"
            ) from error

    return run
