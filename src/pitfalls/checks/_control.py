"""The positive control of `shared_groups`: the group of each row is written into it."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from ._data import outcome_in_order
from ._exchanges import Exchanges
from ._planting import Marks
from ._runs import Runs

__all__ = ["APART", "Control", "controlled", "looked_at"]

#: The control runs so often, and so often at most where too few groups leave it undecided.
TRIES, MOST_TRIES = 3, 6
#: Below this share of what made-up groups give, real ones count as kept apart.
APART = 0.25
#: At this share and above they are clearly met again, and one try is enough to say so.
MET = 0.5
#: Scores differ where they are so many standard errors of their difference apart.
_FAR = 5.0
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
        """Run all three once; return whether that gave numbers."""
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
                self.problem = f"{type(error).__name__}: {error}".partition("\n")[0]
                continue
            if np.isfinite([real, dealt, made_up]).all():
                self.real.append(real)
                self.dealt.append(dealt)
                self.made_up.append(made_up)
                return True
        return False

    def _score(self, X: Any, order: np.ndarray) -> float:
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
        return np.subtract(self.real, self.dealt) / gain if gain else np.zeros(len(self.real))

    def found(self, by_chance: list[float]) -> bool:
        """Whether made-up groups are seen, given some more scores by chance."""
        chance = [*self.dealt, *by_chance]
        if not self.dealt or len(chance) < TRIES:
            return False
        error = np.std(chance, ddof=1) * (1 / len(self.made_up) + 1 / len(self.dealt)) ** 0.5
        return bool(abs(self.gain) > max(_FAR * error, 1e-9))

    @property
    def apart(self) -> bool | None:
        """Whether the real groups are kept apart; None where more tries may tell."""
        shares = self.shares
        if len(shares) < TRIES:
            return None
        error = stats.sem(shares) * stats.t.ppf(_CONFIDENCE, len(shares) - 1)
        if shares.mean() + error < APART:
            return True
        return False if len(shares) >= MOST_TRIES or shares.mean() > MET else None


def controlled(control: Control, X: Any, group: np.ndarray, rng: np.random.Generator) -> bool:
    """Run a control in the mildest way in which it is found; return whether it was."""
    for mark in Marks(X, int(group.max()) + 1, rng).ways:
        control.start()
        while control.run(mark, rng):
            if control.gain == 0 or control.apart is not None:
                break
            if len(control.dealt) == TRIES and not control.found([]):
                break
        if control.found([]):
            return True
    return False


def looked_at(control: Control, X: Any, group: np.ndarray, rng: np.random.Generator) -> bool:
    """Run a control once; return whether it shows already that groups are met again."""
    control.start()
    first = Marks(X, int(group.max()) + 1, rng).ways[0]
    return control.run(first, rng) and bool(control.shares.mean() > MET)
