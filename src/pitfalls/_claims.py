"""What a protocol claims, and what becomes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .study import Sample

__all__ = ["Claim", "Score", "finite"]


@dataclass(frozen=True, eq=False)
class Claim:
    """What a protocol claims of a model, and how that model is scored.

    Parameters
    ----------
    claimed : float
        What the protocol reports. Greater is better; losses are negated.
    interval : tuple of two floats
        Its 95 % interval, as the protocol reports it.
    score : callable (Sample) -> float or mapping of str to float
        Scores what would be shipped, on rows that nobody has seen. A mapping has the score under
        ``"score"`` and further numbers, such as the worst group's, by name.
    cost : float, default=0
        What was bought, in rows collected, annotated or relabelled.
    measures : mapping of str to float
        Further numbers of the claim, such as an effective sample size.

    Raises
    ------
    TypeError, ValueError
        If `claimed` is no finite number, `interval` no pair (low, high) with low <= high, or
        `score` cannot be called.

    See Also
    --------
    Study.settle : What becomes of a claim.
    """

    claimed: float
    interval: tuple[float, float]
    score: Callable[[Sample], float | Mapping[str, float]] = field(repr=False)
    cost: float = 0
    measures: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "claimed", finite("claimed", self.claimed))
        object.__setattr__(self, "interval", _ordered(self.interval))
        if not callable(self.score):
            raise TypeError(
                f"score={self.score!r} must be a function of a sample, such as "
                "lambda sample: model.score(sample.X, sample.y)"
            )


@dataclass(frozen=True)
class Score:
    """What a protocol claims, and what its model gets; from `Study.settle`.

    Parameters
    ----------
    claimed : float
        What the protocol reports.
    interval : tuple of two floats
        Its 95 % interval, as the protocol reports it.
    fresh : float
        The score of the model that the protocol would ship, on a fresh draw of the study's
        population.
    deployed : float
        The same model's score on the population that the claim is about.
    cost : float, default=0
        What was bought, in rows collected, annotated or relabelled.
    measures : mapping of str to float
        Further numbers, such as the worst group's score.

    Raises
    ------
    ValueError
        If `interval` is not a pair (low, high) with low <= high.
    """

    claimed: float
    interval: tuple[float, float]
    fresh: float
    deployed: float
    cost: float = 0
    measures: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for name in ("claimed", "fresh", "deployed"):
            object.__setattr__(self, name, finite(name, getattr(self, name)))
        object.__setattr__(self, "interval", _ordered(self.interval))

    @property
    def optimism(self) -> float:
        """Claimed minus fresh: the number is wrong."""
        return self.claimed - self.fresh

    @property
    def shift(self) -> float:
        """Fresh minus deployed: the world is different."""
        return self.fresh - self.deployed

    @property
    def gap(self) -> float:
        """Claimed minus deployed: optimism plus shift."""
        return self.claimed - self.deployed

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"claimed   {self.claimed:.2f}   95 % interval {low:.2f} to {high:.2f}\n"
            f"fresh     {self.fresh:.2f}\n"
            f"deployed  {self.deployed:.2f}\n"
            f"gap       {self.gap:.2f} = optimism {self.optimism:.2f} + shift {self.shift:.2f}"
        )


def finite(name: str, value: Any) -> float:
    """Return `value` as a float, or raise where it is not finite."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{name}={value!r} must be a finite number")
    return number


def _ordered(interval: Any) -> tuple[float, float]:
    low, high = (float(limit) for limit in interval)
    if not low <= high:
        raise ValueError(f"interval={interval} must be (low, high) with low <= high")
    return low, high
