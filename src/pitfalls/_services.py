"""What costs money in life: more rows, a hidden variable, gold labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from ._arguments import check_count, seeds_of

if TYPE_CHECKING:
    from .study import Sample

__all__ = ["Services"]


@dataclass(frozen=True, eq=False)
class Services:
    """What an analyst can buy in a study; `Development` is where it is bought.

    Parameters
    ----------
    seed : SeedSequence, default=None
        Spawned for the services, so that buying never changes another draw. Needed where rows or
        annotations are sold.
    collect : callable (n, rng) -> Sample, default=None
        Draws n development rows without the confounding.
    annotations : mapping of name to array of shape (n_samples,)
        Hidden variables of the development rows that can be bought.
    gold : array of shape (n_samples,), default=None
        Gold labels of the development rows.
    """

    seed: np.random.SeedSequence | None = None
    collect: Callable[[int, np.random.Generator], Sample] | None = None
    annotations: Mapping[str, np.ndarray] = field(default_factory=dict)
    gold: np.ndarray | None = None

    @classmethod
    def spawned(cls, rng: np.random.Generator, **sold: Any) -> Self:
        """Return services with a seed of their own, spawned from the generator of a study.

        Parameters
        ----------
        rng : Generator
            What the study is drawn from. Its stream stays as it is.
        **sold
            The other parameters of `Services`.
        """
        (own,) = seeds_of(rng).spawn(1)
        return cls(own, **sold)

    def sell_rows(self, n: int) -> Sample:
        """Return `n` rows drawn without the confounding; see `Development.collect`."""
        if self.collect is None:
            raise ValueError("collect: no further rows can be had in this study")
        return self.collect(check_count("n", n), self._generator(0))

    def sell_annotations(self, name: str, n: int, length: int) -> pd.Series:
        """Return a hidden variable of `n` of `length` rows; see `Development.annotate`."""
        if name not in self.annotations:
            known = sorted(self.annotations)
            raise ValueError(f"name={name!r} cannot be annotated here; known: {known}")
        if check_count("n", n) > length:
            raise ValueError(f"n={n} is more than the {length} rows of these data")
        rows = np.sort(self._generator(1).permutation(length)[:n])
        values = np.asarray(self.annotations[name])[rows]
        return pd.Series(values if values.ndim == 1 else list(values), index=rows, name=name)

    def sell_labels(self, rows: Any, length: int) -> np.ndarray:
        """Return gold labels of the rows at some positions; see `Development.relabel`."""
        if self.gold is None:
            raise ValueError("relabel: no gold labels can be had in this study")
        return np.asarray(self.gold)[_positions(rows, length)]

    def _generator(self, service: int) -> np.random.Generator:
        """Return a new generator for a service; the same stream each time it is asked for."""
        if self.seed is None:
            raise ValueError("seed=None: services that draw rows need a SeedSequence")
        key = (*self.seed.spawn_key, service)
        return np.random.default_rng(np.random.SeedSequence(self.seed.entropy, spawn_key=key))

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        if self.collect is not None:
            # A closure, which pickle does not take.
            from joblib import wrap_non_picklable_objects

            state["collect"] = wrap_non_picklable_objects(self.collect)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def _positions(rows: Any, length: int) -> np.ndarray:
    """Return `rows` as positions in data of `length` rows, or raise."""
    chosen = np.asarray(rows)
    if chosen.size and chosen.dtype.kind not in "iu":
        cure = "; np.flatnonzero(mask) makes positions of a mask" if chosen.dtype == bool else ""
        raise TypeError(f"rows={rows!r} must be positions, whole numbers from 0{cure}")
    wrong = chosen[(chosen < 0) | (chosen >= length)]
    if wrong.size:
        raise ValueError(f"rows holds {wrong.flat[0]}; positions go from 0 to {length - 1}")
    return chosen.astype(int)
