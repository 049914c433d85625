"""Worlds and experiments: what is measured, as data.

A world knows no folder: whoever reads one hands in the functions that it names, and says where
its evidence is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # so that the command can list chapters without numpy and pandas
    from .study import Claim, Development, Study

__all__ = ["UNIT_METRICS", "Dose", "Experiment", "Find", "Limit", "Range", "World"]

#: Metrics on the scale from 0 to 1, whose margin in the contract is fixed.
UNIT_METRICS = frozenset({"accuracy", "balanced accuracy", "AUROC", "average precision", "F1"})


class Find(Protocol):
    """Finds a function by its name and its role; `last_first` prefers the fix's notebook."""

    def __call__(self, name: str, role: str, *, last_first: bool = False) -> Callable:
        """Return the function, or raise an error that names both."""


@dataclass(frozen=True)
class Dose:
    """Where a published study stands on a world's dial.

    Attributes
    ----------
    study : str
        Its authors and year, such as ``"Zech et al., 2018"``.
    url : str
        The paper, as a link to its DOI or to arXiv.
    at : float
        The dial's position, between its ends; need not be a strength that was measured.
    says : str
        How the published design maps to this dial, and what is stretched in the mapping.
    placed_by : {"design", "effect"}
        What places it: a number of its design in the dial's own unit, or, where none is published,
        an effect that it reports.
    """

    study: str
    url: str
    at: float
    says: str
    placed_by: str = "design"


@dataclass(frozen=True)
class Range:
    """What an argument of a world's generator is among practitioners, who cannot set it.

    Attributes
    ----------
    low, high : float
        The ends, both included.
    why : str
        Why it is as wide as that, with a source where there is one.
    log : bool
        Whether a factor matters and not a difference.
    whole : bool
        Whether it is a whole number.
    """

    low: float
    high: float
    why: str
    log: bool = False
    whole: bool = False

    def at(self, share: float) -> float | int:
        """Return the value at a share of the way from `low` to `high`.

        Examples
        --------
        >>> Range(10, 1000, "as studies are", log=True, whole=True).at(0.5)
        100
        """
        if self.log:
            value = self.low * (self.high / self.low) ** share
        else:
            value = self.low + (self.high - self.low) * share
        return round(value) if self.whole else value


@dataclass(frozen=True)
class Limit:
    """Where the contract of a world stops.

    Its fix claims too much there, or its pitfall does so without the flaw.

    Attributes
    ----------
    argument : str
        Of the world's generator.
    at : float
        A value outside the range of ``varies`` with which a clause of the contract does not hold.
    says : str
        What happens there, in a sentence.
    """

    argument: str
    at: float
    says: str


@dataclass(frozen=True, eq=False)
class World:
    """One simulated or real study with its protocols.

    Attributes
    ----------
    name, slug : str
        ``"window"`` and ``"leaky_scaling.window"``.
    make, pitfall : callable
        ``make(strength=, random_state=)`` (``make(random_state=)`` where `real`) gives a
        `Study`, ``pitfall(development)`` a `Claim`.
    fixes, compared : dict of str to callable
        Protocols that the contract holds for, and those shown beside them.
    metric : str
        What a score measures.
    chance : float
        The score of a predictor that knows nothing.
    expect : {"inflates", "harmless"}
        What the pitfall does at full strength.
    repairs : {"number", "model", "data"}
        What the fix repairs.
    turns : {"world", "protocol"}
        What the dial changes.
    ships : {"model", "folds", "refit"}
        Which model is deployed: the one that was scored, the fold models, or one refitted on all
        rows.
    dial : str
        What the dial is, in natural units.
    ticks : tuple of str
        The positions of the dial in those units, one for each strength; may be empty.
    strengths : tuple of float
        Positions of the dial, from 0.
    seeds : int
        Seeds that the contract needs.
    run_seeds : int
        Seeds that ``pitfalls run`` shows; 1 where a network is trained.
    signal : bool
        Whether there is anything to learn; the contract asks more than chance of the fix then.
    doses : tuple of Dose
        Published studies, where they stand on the dial, in its order.
    unplaced : str
        Why none could be placed, in Markdown; empty where one is.
    real : bool
        Real rows: reported, without dial and contract.
    varies : dict of str to Range
        Arguments of ``make`` that an analyst cannot set, and what they are among practitioners.
    limits : tuple of Limit
        Where the fixes stop.
    draws : int
        Worlds of the kind that the contract needs.
    evidence_file : Path or None
        Where committed rows of the world are, among others.
    names : mapping of str to str or tuple of str
        The names of ``make``, ``pitfall``, ``fixes`` and ``compared``.
    find : Find
        Finds the functions that have these names.
    """

    name: str
    chapter: str
    metric: str
    chance: float
    names: Mapping[str, Any]
    find: Find = field(repr=False)
    expect: str = "inflates"
    repairs: str = "number"
    turns: str = "world"
    ships: str = "model"
    dial: str = "strength"
    ticks: tuple[str, ...] = ()
    strengths: tuple[float, ...] = (0, 0.25, 0.5, 0.75, 1)
    seeds: int = 30
    run_seeds: int = 10
    signal: bool = True
    doses: tuple[Dose, ...] = ()
    unplaced: str = ""
    real: bool = False
    varies: Mapping[str, Range] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    draws: int = 60
    evidence_file: Path | None = field(default=None, repr=False)

    @property
    def slug(self) -> str:
        """The world's name with its chapter's, such as ``leaky_scaling.window``."""
        return f"{self.chapter}.{self.name}"

    @property
    def make(self) -> Callable[..., Study]:
        """The function that makes a study."""
        return self.find(self.names["make"], "make")

    @property
    def pitfall(self) -> Callable[[Development], Claim]:
        """The protocol that inflates its claim."""
        return self.find(self.names["pitfall"], "pitfall")

    @property
    def fixes(self) -> dict[str, Callable[[Development], Claim]]:
        """The protocols that the contract holds for."""
        return self._protocols("fixes")

    @property
    def compared(self) -> dict[str, Callable[[Development], Claim]]:
        """The protocols that are shown and promise nothing."""
        return self._protocols("compared")

    def _protocols(self, role: str) -> dict[str, Callable[[Development], Claim]]:
        return {n: self.find(n, role, last_first=True) for n in self.names[role]}

    @property
    def protocols(self) -> dict[str, Callable[[Development], Claim]]:
        """Every arm: ``"pitfall"``, then the fixes and what is compared, by name."""
        return {"pitfall": self.pitfall, **self.fixes, **self.compared}

    @property
    def arms(self) -> tuple[str, ...]:
        """The names of every arm, as in `protocols`, without asking for the functions."""
        return ("pitfall", *self.names["fixes"], *self.names["compared"])

    @property
    def promised(self) -> tuple[str, ...]:
        """The names of the arms that the contract speaks of: ``"pitfall"`` and the fixes."""
        return ("pitfall", *self.names["fixes"])

    @property
    def first_fix(self) -> str | None:
        """The name of the fix that stands for all, or None where there is none."""
        return next(iter(self.names["fixes"]), None)

    @property
    def full(self) -> float:
        """The last position of the dial."""
        return self.strengths[-1]

    def of_the_kind(self, seed: int) -> dict[str, float]:
        """Return arguments of ``make`` for the world of the kind that a seed draws.

        They do not depend on what the seed draws in that world. Those of successive seeds are
        spread evenly over the ranges, as a Kronecker sequence.
        """
        steps = _kronecker(len(self.varies))
        shares = [(0.5 + (seed + 1) * step) % 1 for step in steps]
        return {
            name: found.at(share)
            for (name, found), share in zip(self.varies.items(), shares, strict=True)
        }

    @property
    def metric_label(self) -> str:
        """The metric as it is printed: ``R²`` for ``R2``."""
        return self.metric.replace("R2", "R²")


@dataclass(frozen=True, eq=False)
class Experiment:
    """Numbers of a chapter's own, beside the claimed and deployed scores of its worlds.

    Attributes
    ----------
    name, slug : str
        ``"remedies"`` and ``"tank_background.remedies"``.
    evidence_file : Path
        Where its committed rows are.
    names : mapping of str to str
        The name of ``measure``.
    settings : mapping of str to tuple
        The values of each argument; the experiment runs for every combination.
    seeds : int
        Seeds of each combination.
    find : Find
        Finds the function that has this name.
    """

    name: str
    chapter: str
    evidence_file: Path
    names: Mapping[str, str]
    settings: Mapping[str, tuple]
    seeds: int
    find: Find = field(repr=False)

    @property
    def slug(self) -> str:
        """The experiment's name with its chapter's."""
        return f"{self.chapter}.{self.name}"

    @property
    def measure(self) -> Callable[..., Mapping[str, float]]:
        """The function that takes settings and a ``random_state`` and returns numbers by name."""
        return self.find(self.names["measure"], "measure")


def _kronecker(n: int) -> list[float]:
    """Return the steps of a sequence that fills a cube of `n` sides evenly.

    They are powers of the root above 1 of x ** (n + 1) = x + 1, a generalised golden ratio.
    """
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (n + 1))
    return [root ** -(place + 1) for place in range(n)]
