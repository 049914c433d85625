"""Rows drawn with replacement, to see how far luck moves a score."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

__all__ = ["DRAWS", "Rows"]

#: Draws of a bootstrap: its standard error is then right to a twentieth.
DRAWS = 200
#: Rows that a draw has at most; a larger one has less luck, by the root of the share.
_DRAWN = 5_000
#: Groups that a draw has at least.
_FEWEST_UNITS = 20


class Rows:
    """Draws rows with replacement, as groups or stretches of time where they hang together."""

    def __init__(
        self, order: np.ndarray, group: np.ndarray, in_time: bool, rng: np.random.Generator
    ) -> None:
        self.rng = rng
        if group.any():
            by_group = np.argsort(group, kind="stable")
            cuts = np.flatnonzero(np.diff(group[by_group])) + 1
            self.units = np.split(by_group, cuts)
        elif in_time:
            length = math.ceil(len(order) ** 0.5)
            self.units = np.split(order, np.arange(length, len(order), length))
        else:
            self.units = []
        self.share = min(1.0, _DRAWN / len(order))
        self.known: dict[bytes, list[tuple[np.ndarray, float]]] = {}

    def drawn(
        self, kept: np.ndarray, score: Callable[[np.ndarray], float]
    ) -> list[tuple[np.ndarray, float]]:
        """Return draws of those rows that are kept, each with a score; the same for each rival."""
        key = kept.tobytes()
        if key not in self.known:
            draws = [self._draw(kept) for _ in range(DRAWS)]
            self.known[key] = [(some, score(some)) for some in draws if len(some)]
        return self.known[key]

    def _draw(self, kept: np.ndarray) -> np.ndarray:
        if not self.units:
            rows = np.flatnonzero(kept)
            return rows[self.rng.integers(len(rows), size=math.ceil(self.share * len(rows)))]
        n = max(_FEWEST_UNITS, round(self.share * len(self.units)))
        drawn = self.rng.integers(len(self.units), size=min(n, len(self.units)))
        rows = np.concatenate([self.units[unit] for unit in drawn])
        return rows[kept[rows]]
