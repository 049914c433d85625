"""Replication over seeds and strengths: every protocol on every study."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..worlds import Experiment, World
from .committed import seconds_of
from .pool import in_pool, small_fits

__all__ = ["Request", "replicate", "replicate_all", "run_experiment"]


@dataclass(frozen=True)
class Request:
    """What to replicate of one world.

    Attributes
    ----------
    world : World
        Whose protocols.
    dials : tuple of float or None
        Positions of the dial; one None for a real world.
    seeds : tuple of int
        One study each at every position.
    arms : tuple of str
        Which protocols.
    kind : bool
        Whether each seed draws its own world of the kind.
    """

    world: World
    dials: tuple[float | None, ...]
    seeds: tuple[int, ...]
    arms: tuple[str, ...]
    kind: bool = False

    @classmethod
    def of(
        cls,
        world: World,
        strengths: float | Iterable[float] | None = None,
        seeds: int | Iterable[int] | None = None,
        arms: Iterable[str] | None = None,
        *,
        kind: bool = False,
    ) -> Request:
        """Return a request with what is left out filled in, as `replicate` describes it."""
        chosen = world.arms if arms is None else tuple(arms)
        unknown = [arm for arm in chosen if arm not in world.arms]
        if unknown:
            raise ValueError(f"arms={unknown} are not in {world.slug}; known: {list(world.arms)}")
        if kind and not world.varies:
            raise ValueError(f"kind=True: {world.slug} has no [worlds.varies] in its chapter.toml")
        dials, counted = _dials(world, strengths), _seeds(world, seeds)
        if not dials or not counted or not chosen:
            raise ValueError(
                f"{world.slug}: there is nothing to run: strengths={list(dials)}, "
                f"seeds={list(counted)}, arms={list(chosen)}"
            )
        return cls(world, dials, counted, chosen, kind)

    def __len__(self) -> int:
        """Return how many studies that makes."""
        return len(self.dials) * len(self.seeds)


def replicate(
    world: World,
    strengths: float | Iterable[float] | None = None,
    seeds: int | Iterable[int] | None = None,
    arms: Iterable[str] | None = None,
    n_jobs: int | None = None,
    backend: str | None = None,
    *,
    kind: bool = False,
    scheduler: str | None = None,
    on_row: Callable[[int], object] | None = None,
) -> pd.DataFrame:
    """Run a world's protocols over strengths and seeds.

    Each protocol is handed development data of its own, and the study settles what it claims.

    Parameters
    ----------
    world : World
        What is replicated.
    strengths : float or iterable of float, default=None
        Positions of the dial; ``world.strengths`` by default. Not for a real world.
    seeds : int or iterable of int, default=None
        A number of seeds, counted from 0, or the seeds; ``world.seeds`` by default.
    arms : iterable of str, default=None
        ``"pitfall"`` and names of fixes and of what is compared; all by default.
    n_jobs : int, default=None
        Processes, as in joblib. One BLAS thread each.
    backend : {"loky", "dask"}, default=None
        Processes of this computer by default, or a Dask cluster. The rows are the same.
    kind : bool, default=False
        Whether each seed draws a world of its own from ``world.varies``; the arguments that it
        drew are columns ``given_NAME``.
    scheduler : str, default=None
        The address of the cluster's scheduler; a cluster is made here by default.
    on_row : callable (int), default=None
        Told the number of studies done so far, for a progress bar.

    Returns
    -------
    DataFrame
        A row for each arm, strength and seed with the columns ``world, arm, strength, seed,
        claimed, low, high, fresh, deployed, cost, seconds`` and one for each further measure.
        All but ``seconds`` are the same whatever `n_jobs` and `backend`.

    Raises
    ------
    ValueError
        If an arm is unknown, a strength lies outside [0, 1] or there is nothing to run.

    Examples
    --------
    >>> from pitfalls import evidence
    >>> from pitfalls.course import load
    >>> rows = evidence.replicate(load("leaky_selection").world(), 1, seeds=2)
    >>> sorted(rows["arm"].unique())
    ['pitfall', 'select_within_each_fold']
    """
    request = Request.of(world, strengths, seeds, arms, kind=kind)
    return replicate_all([request], n_jobs, backend, scheduler=scheduler, on_row=_counted(on_row))


def replicate_all(
    requests: Iterable[Request],
    n_jobs: int | None = None,
    backend: str | None = None,
    *,
    scheduler: str | None = None,
    on_row: Callable[[World], object] | None = None,
) -> pd.DataFrame:
    """Run many worlds in one pool of processes, the longest studies first.

    How long a study takes is known from the committed evidence, where there is some.

    Parameters
    ----------
    requests : iterable of Request
        What to run.
    n_jobs, backend, scheduler
        As in `replicate`.
    on_row : callable (World), default=None
        Told of each study that is done.

    Returns
    -------
    DataFrame
        The rows of all, in the order of `requests`.
    """
    requests = list(requests)
    studies = [
        (request, dial, seed)
        for request in requests
        for dial in request.dials
        for seed in request.seeds
    ]
    lasts = {id(request): seconds_of(request.world, request.arms) for request in requests}
    seconds = [lasts[id(request)] for request, *_ in studies]
    order = sorted(range(len(studies)), key=lambda i: -seconds[i])
    tasks = [
        (request.world, request.arms, dial, seed, request.kind)
        for request, dial, seed in (studies[i] for i in order)
    ]
    done = None if on_row is None else lambda place: on_row(tasks[place][0])
    found = in_pool(
        _run_study, tasks, seconds=[seconds[i] for i in order], n_jobs=n_jobs, backend=backend,
        scheduler=scheduler, on_done=done,
    )  # fmt: skip
    by_place = dict(zip(order, found, strict=True))
    return pd.DataFrame(itertools.chain.from_iterable(by_place[i] for i in range(len(studies))))


def run_experiment(
    experiment: Experiment,
    settings: Mapping[str, Iterable] | None = None,
    seeds: int | Iterable[int] | None = None,
    n_jobs: int | None = None,
    backend: str | None = None,
    *,
    scheduler: str | None = None,
    on_row: Callable[[int], object] | None = None,
) -> pd.DataFrame:
    """Run a chapter's experiment for every combination of its settings and every seed.

    Parameters
    ----------
    experiment : Experiment
        What is run.
    settings : mapping of str to value or iterable, default=None
        Values that replace those of ``experiment.settings``, argument by argument; a word or a
        number stands for itself.
    seeds : int or iterable of int, default=None
        A number of seeds, counted from 0, or the seeds; ``experiment.seeds`` by default.
    n_jobs, backend, scheduler
        As in `replicate`.
    on_row : callable (int), default=None
        Told the number of rows done so far, for a progress bar.

    Returns
    -------
    DataFrame
        A row for each combination and seed: the settings, ``seed``, what was measured, and
        ``seconds``.

    Raises
    ------
    ValueError
        If there is no such setting.
    """
    settings = {key: _values(value) for key, value in (settings or {}).items()}
    unknown = set(settings) - set(experiment.settings)
    if unknown:
        raise ValueError(
            f"settings={sorted(unknown)} are not in {experiment.slug}; "
            f"known: {list(experiment.settings)}"
        )
    chosen = {**experiment.settings, **settings}
    tasks = [
        (experiment, dict(zip((*chosen, "seed"), values, strict=True)))
        for values in itertools.product(*chosen.values(), _seeds(experiment, seeds))
    ]
    count = _counted(on_row)
    done = None if count is None else lambda place: count(experiment)
    found = in_pool(
        _run_setting, tasks, seconds=[seconds_of(experiment)] * len(tasks), n_jobs=n_jobs,
        backend=backend, scheduler=scheduler, on_done=done,
    )  # fmt: skip
    return pd.DataFrame(found)


def _run_study(
    world: World, arms: Sequence[str], strength: float | None, seed: int, kind: bool
) -> list[dict[str, Any]]:
    """Make one study, run protocols on it and settle what they claim; a row each."""
    dial = {} if strength is None else {"strength": strength}
    given = world.of_the_kind(seed) if kind else {}
    protocols, rows = world.protocols, []
    with small_fits():
        study = world.make(**dial, **given, random_state=seed)
        for arm in arms:
            start = time.perf_counter()
            score = study.run(protocols[arm])
            seconds = time.perf_counter() - start
            low, high = score.interval
            rows.append(
                {
                    "world": world.slug,
                    "arm": arm,
                    "strength": np.nan if strength is None else strength,
                    "seed": seed,
                    "claimed": score.claimed,
                    "low": low,
                    "high": high,
                    "fresh": score.fresh,
                    "deployed": score.deployed,
                    "cost": score.cost,
                    "seconds": seconds,
                    **{f"given_{name}": value for name, value in given.items()},
                    **score.measures,
                }
            )
    return rows


def _run_setting(experiment: Experiment, task: dict[str, Any]) -> dict[str, Any]:
    arguments = {key: value for key, value in task.items() if key != "seed"}
    with small_fits():
        start = time.perf_counter()
        found = experiment.measure(**arguments, random_state=task["seed"])
        return {**task, **found, "seconds": time.perf_counter() - start}


def _counted(on_row: Callable[[int], object] | None) -> Callable[[Any], object] | None:
    if on_row is None:
        return None
    done = itertools.count(1)
    return lambda _: on_row(next(done))


def _values(value: Any) -> tuple:
    """Return the values of a setting; a word is one value."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        return (value,)
    return tuple(value)


def _dials(world: World, strengths: float | Iterable[float] | None) -> tuple[float | None, ...]:
    if world.real:
        if strengths is not None:
            raise ValueError(f"strengths={strengths}: {world.slug} is real and has no dial")
        return (None,)
    chosen = tuple(map(float, world.strengths if strengths is None else _values(strengths)))
    if not all(0 <= strength <= 1 for strength in chosen):
        raise ValueError(f"strengths={list(chosen)} must lie in [0, 1]")
    return chosen


def _seeds(world: World | Experiment, seeds: int | Iterable[int] | None) -> tuple[int, ...]:
    if seeds is None:
        seeds = world.seeds
    if isinstance(seeds, (int, np.integer)):
        return tuple(range(seeds))
    return tuple(int(seed) for seed in seeds)
