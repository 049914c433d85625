"""What a simulated study holds, and what a protocol reports of it.

A `Study` is what an analyst is handed: development data, and what is known besides. It also
holds two draws that no analyst has, ``fresh`` and ``deployment``, which is why the score that a
model really gets is known here. A protocol is a function from a `Study` to a `Score`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import pandas as pd

__all__ = ["Sample", "Score", "Services", "Study"]


def _read_only(values: Any) -> Any:
    """Return `values` such that writing into it raises; arrays and frames, deep in mappings."""
    if isinstance(values, np.ndarray):
        view = values.view()
        view.flags.writeable = False
        return view
    if isinstance(values, pd.DataFrame):
        columns = {name: _read_only(values[name]) for name in values.columns}
        return pd.DataFrame(columns, index=values.index, columns=values.columns, copy=False)
    if isinstance(values, pd.Series):
        if isinstance(values.dtype, np.dtype):
            array = _read_only(values.to_numpy(copy=False))
            return pd.Series(array, index=values.index, name=values.name, copy=False)
        return values.copy()
    if isinstance(values, Mapping):
        return MappingProxyType({key: _read_only(value) for key, value in values.items()})
    return values


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows drawn from one population.

    Parameters
    ----------
    X : array of shape (n_samples, ...) or DataFrame
        Raw material; protocols make the features from it.
    y : array of shape (n_samples,)
        Outcomes.
    meta : DataFrame of n_samples rows, default=None
        What the analyst can see of each row besides, such as patient, site or time.

    Raises
    ------
    ValueError
        If `X`, `y` and `meta` do not have the same number of rows.

    Notes
    -----
    Arrays are held as read-only views.
    """

    X: np.ndarray | pd.DataFrame
    y: np.ndarray
    meta: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        meta = pd.DataFrame(index=range(len(self.y))) if self.meta is None else self.meta
        for name, value in {"X": self.X, "y": self.y, "meta": meta}.items():
            if len(value) != len(self.y):
                raise ValueError(f"{name} has {len(value)} rows but y has {len(self.y)}")
            object.__setattr__(self, name, _read_only(value))

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return f"Sample(n={len(self)}, X of shape {np.shape(self.X)})"


@dataclass(frozen=True, eq=False)
class Services:
    """What costs money in life: more rows, a hidden variable, gold labels.

    Parameters
    ----------
    seed : SeedSequence
        Spawned for the services, so that buying never changes another draw.
    collect : callable (n, rng) -> Sample, default=None
        Draws n development rows without the confounding.
    annotations : mapping of name to array of shape (n_samples,)
        Hidden variables of the development rows that can be bought.
    gold : array of shape (n_samples,), default=None
        Gold labels of the development rows.
    """

    seed: np.random.SeedSequence
    collect: Callable[[int, np.random.Generator], Sample] | None = None
    annotations: Mapping[str, np.ndarray] = field(default_factory=dict)
    gold: np.ndarray | None = None

    def generator(self, service: int) -> np.random.Generator:
        """Return a new generator for a service; the same stream each time it is asked for."""
        key = (*self.seed.spawn_key, service)
        return np.random.default_rng(np.random.SeedSequence(self.seed.entropy, spawn_key=key))


@dataclass(frozen=True, eq=False)
class Study:
    """A simulated or real study: what the analyst has, and what only the simulator knows.

    Parameters
    ----------
    X, y, meta
        The development data, as in `Sample`.
    fresh : Sample
        A fresh draw of the population that the development data come from.
    deployment : Sample
        A draw of the population that the claim is about; the same object as `fresh` where the
        populations agree. Rows are as they would be on the day: what is not yet recorded is
        missing.
    info : mapping
        What the analyst knows besides, such as look-back and horizon.
    truth : mapping
        What only the simulator knows, such as the informative columns or the Bayes score.
    strength : float in [0, 1] or None
        The dial. None for real data.
    random_state : int, Generator or None
        As it was given to the generator.
    services : Services, default=None
        What can be bought; see `collect`, `annotate` and `relabel`.
    """

    X: np.ndarray | pd.DataFrame
    y: np.ndarray
    meta: pd.DataFrame | None
    fresh: Sample
    deployment: Sample
    info: Mapping[str, Any] = field(default_factory=dict)
    truth: Mapping[str, Any] = field(default_factory=dict)
    strength: float | None = None
    random_state: Any = None
    services: Services | None = None

    def __post_init__(self) -> None:
        sample = Sample(self.X, self.y, self.meta)
        for name in ("X", "y", "meta"):
            object.__setattr__(self, name, getattr(sample, name))
        for name in ("info", "truth"):
            object.__setattr__(self, name, _read_only(getattr(self, name)))

    @classmethod
    def of(
        cls, development: Sample, fresh: Sample, deployment: Sample | None = None, **known: Any
    ) -> Self:
        """Return a study of these rows.

        Parameters
        ----------
        development, fresh : Sample
            The rows that the analyst has, and a fresh draw of their population.
        deployment : Sample, default=None
            A draw of the population that the claim is about; `fresh` where the populations agree.
        **known
            The other parameters of `Study`.

        Returns
        -------
        Study
        """
        deployment = fresh if deployment is None else deployment
        return cls(development.X, development.y, development.meta, fresh, deployment, **known)

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return (
            f"Study(n={len(self)}, X of shape {np.shape(self.X)}, strength={self.strength}, "
            f"random_state={self.random_state!r})"
        )

    def collect(self, n: int) -> Sample:
        """Return `n` more development rows, drawn without the confounding.

        Parameters
        ----------
        n : int
            Rows to collect. The first call and the next return the same rows: buy once, buy all.

        Returns
        -------
        Sample
            `n` rows; never rows of `fresh` or `deployment`.

        Raises
        ------
        ValueError
            If the study sells no further rows, or `n` is not a positive whole number.
        """
        if self.services is None or self.services.collect is None:
            raise ValueError("collect: no further rows can be had in this study")
        return self.services.collect(_count("n", n), self.services.generator(0))

    def annotate(self, name: str, n: int) -> pd.Series:
        """Return a hidden variable for `n` development rows drawn at random.

        Parameters
        ----------
        name : str
            The hidden variable.
        n : int
            Rows to annotate, at most ``len(study)``.

        Returns
        -------
        Series of length n
            Values, indexed by the row's position in the development data; an array each where
            the variable is one, such as a mask.

        Raises
        ------
        ValueError
            If `name` cannot be had here, or `n` is not a count between 1 and ``len(study)``.
        """
        known = {} if self.services is None else self.services.annotations
        if name not in known:
            raise ValueError(f"name={name!r} cannot be annotated here; known: {sorted(known)}")
        if _count("n", n) > len(self):
            raise ValueError(f"n={n} is more than the {len(self)} rows of this study")
        rows = np.sort(self.services.generator(1).permutation(len(self))[:n])
        values = np.asarray(known[name])[rows]
        return pd.Series(values if values.ndim == 1 else list(values), index=rows, name=name)

    def relabel(self, rows: np.ndarray) -> np.ndarray:
        """Return gold labels of the development rows at positions `rows`.

        Parameters
        ----------
        rows : array of int of shape (n,)
            Positions in the development data.

        Returns
        -------
        array of shape (n,)
            Gold labels.

        Raises
        ------
        ValueError
            If the study has no gold labels to sell.
        """
        if self.services is None or self.services.gold is None:
            raise ValueError("relabel: no gold labels can be had in this study")
        return np.asarray(self.services.gold)[np.asarray(rows, dtype=int)]


@dataclass(frozen=True)
class Score:
    """What a protocol claims, and what it gets. Greater is better; losses are negated.

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
    measures: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("claimed", "fresh", "deployed"):
            object.__setattr__(self, name, float(getattr(self, name)))
        low, high = (float(limit) for limit in self.interval)
        if low > high:
            raise ValueError(f"interval={self.interval} must be (low, high) with low <= high")
        object.__setattr__(self, "interval", (low, high))

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


def _count(name: str, value: Any) -> int:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < 1:
        raise ValueError(f"{name}={value!r} must be a whole number of at least 1")
    return int(value)
