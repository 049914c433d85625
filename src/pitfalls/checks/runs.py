"""Runs of a reader's own procedure: counted, timed, and what it returns is read."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

__all__ = ["Runs", "check_model", "read_answer"]


class Runs:
    """Calls a procedure, and reads what it returns.

    Parameters
    ----------
    evaluate : callable (X, y) -> float or (float, model)
        The whole procedure. A model is a function of rows, or has ``predict``.

    Attributes
    ----------
    count : int
        How often it ran.
    seconds : float
        How long it ran in all.
    """

    def __init__(self, evaluate: Callable[..., Any]) -> None:
        if not callable(evaluate):
            raise TypeError(
                f"evaluate={evaluate!r} must be a function of X and y that returns your score"
            )
        self._evaluate = evaluate
        self.count = 0
        self.seconds = 0.0

    def __call__(self, *data: Any, **named: Any) -> tuple[float, Any]:
        """Return the score and the model, or None where the procedure gives no model."""
        start = time.perf_counter()
        try:
            answer = self._evaluate(*data, **named)
        finally:
            self.count += 1
            self.seconds += time.perf_counter() - start
        return read_answer(answer)

    def score(self, *data: Any) -> float:
        """Return the score alone."""
        return self(*data)[0]


def read_answer(answer: Any) -> tuple[float, Any]:
    """Return the score, NaN where it is no finite number, and the model or None.

    Raises
    ------
    TypeError
        If a procedure returned anything else.
    """
    pair = answer if isinstance(answer, tuple) else (answer, None)
    if len(pair) != 2:
        raise TypeError(
            f"evaluate returned {len(pair)} things; it must return your score, or a pair of the "
            "score and the model"
        )
    try:
        score = float(pair[0])
    except (TypeError, ValueError):
        raise TypeError(
            f"evaluate returned {pair[0]!r}; it must return one number, your score, or a pair of "
            "the score and the model"
        ) from None
    return score if math.isfinite(score) else math.nan, pair[1]


def check_model(model: Any) -> Any:
    """Return a model, or raise where it can be asked for nothing."""
    if callable(model) or hasattr(model, "predict"):
        return model
    raise TypeError(
        f"evaluate returned {model!r} as its model; it must return the pair of the score and an "
        "estimator or a function of raw rows, or the score alone"
    )
