"""The time that an audit may take, and a procedure that keeps to it."""

from __future__ import annotations

import copy
import inspect
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from .._data import n_rows, take

__all__ = ["Budget", "OutOfTime", "Procedure", "parameters_of", "seconds_of"]


class OutOfTime(BaseException):
    """The time is up. No `Exception`, so that no check takes it for a fault of the procedure."""


def seconds_of(budget: Any) -> float:
    """Read a budget: a text such as ``"2 min"``, seconds, a timedelta, or None for no bound."""
    if budget is None:
        return math.inf
    try:
        budget = float(budget) if isinstance(budget, str) else budget
    except ValueError:  # a number with a unit
        pass
    unit = "s" if isinstance(budget, int | float) and not isinstance(budget, bool) else None
    try:
        seconds = pd.Timedelta(budget, unit=unit).total_seconds()
    except (ValueError, TypeError):
        seconds = math.nan
    if not seconds > 0:
        raise ValueError(
            f"budget={budget!r} must be a time above 0, such as '2 min', '90 s' or '1 h', a "
            "number of seconds, or None for as long as it takes"
        )
    return seconds


class Budget:
    """How much time is left, for all, and for the check that is running.

    Parameters
    ----------
    seconds : float
        For all.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.perf_counter) -> None:
        self.seconds, self.now = seconds, now
        self.start = now()
        self._end = math.inf

    @property
    def used(self) -> float:
        """Seconds since the start."""
        return self.now() - self.start

    @property
    def left(self) -> float:
        """Seconds that are left for all."""
        return self.seconds - self.used

    def allot(self, seconds: float) -> None:
        """Give the next check so much of what is left."""
        self._end = self.now() + min(seconds, self.left)

    def ask(self, seconds: float) -> None:
        """Raise `OutOfTime` where so many seconds more would be too many."""
        if self.now() + seconds > self._end:
            raise OutOfTime


class Procedure:
    """A reader's procedure: handed what it names, counted, and stopped when the time is up.

    Where it has a parameter named ``groups`` or ``time`` it is handed those of its rows. Which
    rows these are follows from their number, or, for a part of them, from the index of a frame.

    Parameters
    ----------
    evaluate : callable (X, y, ...) -> float or (float, model)
        The procedure.
    X : rows
        All of them, as the reader has them.
    named : mapping of str to array-like
        The groups and times of all rows.
    budget : Budget
        Is asked before each run.

    Attributes
    ----------
    parameters : set of str
        The names of its parameters.
    handed : dict
        What it is handed besides X and y, for all rows.
    """

    def __init__(
        self, evaluate: Callable[..., Any], X: Any, named: Mapping[str, Any], budget: Budget
    ) -> None:
        self._evaluate, self._budget = evaluate, budget
        self.parameters = parameters_of(evaluate)
        self.handed = {name: one for name, one in named.items() if name in self.parameters}
        self._n, self._index = n_rows("X", X), _unique_index(X)
        self._times: list[float] = []
        self.__signature__ = inspect.Signature(
            [
                inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)
                for name in ("X", "y", *self.handed)
            ]
        )

    @property
    def count(self) -> int:
        """How often it ran."""
        return len(self._times)

    @property
    def seconds(self) -> float:
        """How long it ran in all."""
        return float(sum(self._times))

    @property
    def typical(self) -> float:
        """How long a run takes: the median so far."""
        return float(np.median(self._times)) if self._times else 0.0

    @property
    def names_rows(self) -> bool:
        """Whether a part of the rows can be handed over with all that belongs to them."""
        return not self.handed or self._index is not None

    def __call__(self, X: Any, y: Any, **named: Any) -> Any:
        """Run it, if there is time."""
        self._budget.ask(self.typical)
        X, y = _copied(X), _copied(y)
        start = self._budget.now()
        for name, whole in self.handed.items():
            if named.get(name) is None:
                named[name] = self._part(name, whole, X)
        try:
            return self._evaluate(X, y, **named)
        except SystemExit as error:
            raise RuntimeError(f"evaluate called sys.exit({error.code!r})") from error
        finally:
            self._times.append(self._budget.now() - start)

    def _part(self, name: str, whole: Any, X: Any) -> Any:
        """Return the groups or times of some rows."""
        if n_rows("X", X) == self._n:
            return whole
        none = np.full(1, -1)
        places = none if self._index is None else self._index.get_indexer(X.index)
        if np.min(places, initial=0) < 0:
            raise ValueError(
                f"the {name} of {n_rows('X', X)} of {self._n} rows are not known; hand X over as "
                "a frame whose index names each row once"
            )
        return take(name, whole, places)


def _copied(data: Any) -> Any:
    """Return data that a procedure may change as it likes."""
    kinds = pd.DataFrame | pd.Series | np.ndarray
    return data.copy() if isinstance(data, kinds) else copy.copy(data)


def _unique_index(X: Any) -> pd.Index | None:
    index = getattr(X, "index", None)
    return index if isinstance(index, pd.Index) and index.is_unique else None


def parameters_of(function: Any) -> set[str]:
    """Return the names of a function's parameters; none where they are not known."""
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return set()
