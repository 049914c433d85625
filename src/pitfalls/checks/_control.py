"""The positive control of `shared_groups`: the group of each row is written into it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy import stats

from .._data import outcome_in_order
from .._words import raised
from ._exchanges import Exchanges
from ._planting import Marks
from .runs import Runs

__all__ = ["APART", "Control", "controlled", "look"]

#: The control runs so often, and so often at most where made-up groups are hard to see.
TRIES, MOST_TRIES = 3, 8
#: Real groups are tried so often at most: few of them score by luck, some well and some badly.
_MOST_OF_REAL = 16
#: Below this share of what made-up groups give, real ones count as kept apart.
APART = 1 / 3
#: At this share and above they are clearly met again, and one try is enough to say so.
MET = 0.5
#: Made-up groups are found where they score so many standard errors better than by chance, and
#: are worth another try where it is less than that and not nothing.
_FAR, _SOME = 4.0, 2.0
#: Confidence of the limit on what real groups give.
_CONFIDENCE = 0.95
#: A procedure may fail on outcomes that are drawn by lot, such as a fold of one class.
_FAILURES = 3


class Control:
    """Scores where each group has one outcome, and the group is written into each row.

    Attributes
    ----------
    made_up : list of float
        Scores where these groups are made-up ones that cut across the real ones, so that whoever
        splits by row, or by real group, meets them again.
    real : list of float
        Scores where they are the real ones.
    dealt : list of float
        Scores where the same outcomes are dealt out among all rows.
    problem : str
        What the procedure says of rows with marks in them, where it stops.
    """

    def __init__(
        self, runs: Runs, X: Any, y: Any, group: np.ndarray, exchanges: Exchanges
    ) -> None:
        self._runs, self._X, self._y = runs, X, y
        self._group, self._exchanges = group, exchanges
        self.problem = ""
        self.start()

    def start(self) -> None:
        """Forget all scores."""
        self.made_up: list[float] = []
        self.real: list[float] = []
        self.dealt: list[float] = []

    def run(self, mark: Any, rng: np.random.Generator) -> bool:
        """Run all three once, or where made-up groups are found the real ones alone.

        Returns whether that gave numbers.
        """
        if self.found:
            return self._run_real(mark)
        for _ in range(_FAILURES):
            order = self._exchanges.one_for_each()
            across, loose = self._shuffled(rng), self._shuffled(rng)
            try:
                marked = mark(self._group)
                if marked is None:
                    return False
                real = self._score(marked, order)
                dealt = self._score(marked, order[loose])
                made_up = self._score(mark(self._group[across]), order[across])
            except Exception as error:  # whatever a procedure of somebody else may raise
                self.problem = raised(error)
                continue
            if np.isfinite([real, dealt, made_up]).all():
                self.real.append(real)
                self.dealt.append(dealt)
                self.made_up.append(made_up)
                return True
        return False

    def _run_real(self, mark: Any) -> bool:
        try:
            self.real.append(self._score(mark(self._group), self._exchanges.one_for_each()))
        except Exception as error:  # whatever a procedure of somebody else may raise
            self.problem = raised(error)
            return False
        if not np.isfinite(self.real[-1]):
            self.real.pop()
            return False
        return True

    def _score(self, X: Any, order: np.ndarray) -> float:
        with warnings.catch_warnings():  # of marks, which are loud, and none of the reader's doing
            warnings.simplefilter("ignore")
            return self._runs.score(X, outcome_in_order(self._y, order))

    def _shuffled(self, rng: np.random.Generator) -> np.ndarray:
        """Return all rows, those with an outcome in another order."""
        known, order = self._exchanges.known, np.arange(len(self._group))
        order[known] = rng.permutation(known)
        return order

    @property
    def gain(self) -> float:
        """How much better than by chance made-up groups score; below 0 for a loss."""
        return float(np.subtract(self.made_up, self.dealt).mean()) if self.dealt else 0.0

    @property
    def shares(self) -> np.ndarray:
        """How much of that the real groups give, at each try."""
        gain = self.gain
        return (np.array(self.real) - np.mean(self.dealt)) / gain if gain else np.zeros(1)

    @property
    def error(self) -> float:
        """The standard error of the gain."""
        if len(self.dealt) < TRIES:
            return np.inf
        spread = np.var(self.made_up, ddof=1) + np.var(self.dealt, ddof=1)
        return float((spread / len(self.dealt)) ** 0.5)

    @property
    def found(self) -> bool:
        """Whether made-up groups are seen."""
        return abs(self.gain) > max(_FAR * self.error, 1e-9)

    @property
    def at_once(self) -> bool:
        """Whether a single try says that real groups are met again, as made-up ones are."""
        return len(self.dealt) == 1 and self.gain != 0 and bool(self.shares[0] > MET)

    @property
    def apart(self) -> bool | None:
        """Whether the real groups are kept apart; None where more tries may tell."""
        shares = self.shares
        if len(shares) < TRIES:
            return None
        spread = np.hypot(stats.sem(shares), stats.sem(self.dealt) / abs(self.gain or 1))
        error = spread * stats.t.ppf(_CONFIDENCE, len(shares) - 1)
        if shares.mean() + error < APART:
            return True
        return False if len(shares) >= _MOST_OF_REAL or shares.mean() - error > APART else None


def look(control: Control, X: Any, group: np.ndarray, rng: np.random.Generator) -> bool:
    """Run a control once; return whether it says already that groups are met again."""
    first = Marks(X, int(group.max()) + 1, rng).ways[0]
    return control.run(first, rng) and control.at_once


def controlled(control: Control, X: Any, group: np.ndarray, rng: np.random.Generator) -> None:
    """Run a control in the mildest way in which it is found."""
    for mark in Marks(X, int(group.max()) + 1, rng).ways:
        control.start()
        while control.run(mark, rng):
            n_tries = len(control.dealt)
            hopeless = n_tries >= TRIES and abs(control.gain) < _SOME * control.error
            settled = control.found and control.apart is not None
            tired = n_tries == MOST_TRIES and not control.found
            if hopeless or settled or tired or not control.gain:
                break
        if control.found:
            return
