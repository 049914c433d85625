"""How the values of a column were rounded: to cents, to whole numbers, not at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Rounding"]

#: A step that this share of the values obeys is how they were rounded. The rest have finer ones.
OBEY = 0.3
#: Values without a step are exact but for what arithmetic loses after they were scaled.
EXACT = 1e-10
#: The same where they were ever stored in four bytes.
SINGLE = 1e-6
#: Steps of ten that are tried, from billions to the tenth decimal.
TENS = tuple(10.0**power for power in range(9, -11, -1))


@dataclass(frozen=True)
class Rounding:
    """The grids that the values of a column are on, the coarsest first.

    Rows that SMOTE made are often on none, where those that it made them of are.

    Attributes
    ----------
    grids : tuple of (start, step)
        Values are a start and a whole number of steps.
    holds : tuple of float
        The share of the values on each grid that are on none before it.
    size : float
        How large values are.
    lost : float
        What arithmetic loses of it.
    """

    grids: tuple[tuple[float, float], ...]
    holds: tuple[float, ...]
    size: float
    lost: float

    @classmethod
    def of(cls, column: np.ndarray) -> Rounding:
        """Learn the grids from the values of a column."""
        size = np.median(np.abs(column)) + np.subtract(*np.quantile(column, [0.75, 0.25]))
        single = np.array_equal(column, column.astype(np.float32))
        left = column[column != 0]  # on every grid
        grids, holds = [], []
        for grid in [*((0.0, step) for step in TENS), None]:
            grid = grid or _gap(left)
            if grid is None:
                continue
            on = _on(left, *grid)
            if len(on) and on.mean() >= OBEY:
                grids.append(grid)
                holds.append(on.sum() / len(column))
                left = left[~on]
        return cls(tuple(grids), tuple(holds), float(size), SINGLE if single else EXACT)

    def steps(self, values: np.ndarray) -> np.ndarray:
        """Return to what step each value was rounded, or what arithmetic lost of it."""
        found = self.lost * (np.abs(values) + self.size)
        free = np.ones(len(values), dtype=bool)
        for start, step in self.grids:
            here = free & _on(values, start, step)
            found[here] = np.maximum(found[here], step)
            free &= ~here
        return found

    def rounded(self, values: np.ndarray) -> np.ndarray:
        """Round values as most of the column are."""
        if not self.grids or sum(self.holds) < 0.5:
            return values
        start, step = self.grids[int(np.argmax(self.holds))]
        return start + np.rint((values - start) / step) * step


def _on(values: np.ndarray, start: float, step: float) -> np.ndarray:
    """Whether values are on a grid, as far as floating point can say."""
    scaled = (values - start) / step
    lost = 64 * np.finfo(float).eps * (np.abs(values) + abs(start)) / step
    return (np.abs(scaled - np.rint(scaled)) <= lost) & (lost < 0.01)


def _gap(values: np.ndarray) -> tuple[float, float] | None:
    """Return the grid of values that come several times: they were rounded, and scaled since."""
    different, counts = np.unique(values, return_counts=True)
    several = different[counts > 1]
    if len(several) < 2:
        return None
    reach = several[-1] - several[0]
    return float(several[0]), float(reach / np.rint(reach / np.diff(several).min()))
