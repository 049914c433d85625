"""Replication over seeds and strengths, and the verdict on each clause of the contract.

The contract is an equivalence test: an effect counts as nothing only where its 90 % interval lies
inside a margin, so that few or noisy seeds never pass for good ones.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy import stats
from sklearn import config_context
from threadpoolctl import threadpool_limits

from .lessons import UNIT_METRICS, Experiment, Lesson, World
from .study import Sample, Study

__all__ = [
    "at_dose",
    "coverage",
    "margin",
    "mean_interval",
    "poison",
    "read",
    "replicate",
    "run_experiment",
    "verdict",
    "write",
]

#: The margin for scores between 0 and 1.
UNIT_MARGIN = 0.03
#: The margin on any other scale, as a share of the pitfall's gap at full strength.
SHARE_MARGIN = 0.1


def replicate(
    world: World,
    strengths: float | Iterable[float] | None = None,
    seeds: int | Iterable[int] | None = None,
    arms: Iterable[str] | None = None,
    n_jobs: int | None = None,
    *,
    on_row: Callable[[int], Any] | None = None,
) -> pd.DataFrame:
    """Run a world's protocols over strengths and seeds.

    Parameters
    ----------
    world : World
        From `pitfalls.lessons`.
    strengths : float or iterable of float, default=None
        Positions of the dial; ``world.strengths`` by default. Not for a real world.
    seeds : int or iterable of int, default=None
        A number of seeds, counted from 0, or the seeds; ``world.seeds`` by default.
    arms : iterable of str, default=None
        ``"pitfall"`` and names of fixes and of what is compared; all by default.
    n_jobs : int, default=None
        Processes, as in joblib. One BLAS thread each.
    on_row : callable (int), default=None
        Told the number of studies done so far, for a progress bar.

    Returns
    -------
    DataFrame
        A row for each arm, strength and seed with the columns ``world, arm, strength, seed,
        claimed, low, high, fresh, deployed, cost, seconds`` and one for each further measure.
        All but ``seconds`` are the same whatever `n_jobs`.

    Raises
    ------
    ValueError
        If an arm is unknown, a strength lies outside [0, 1] or there is nothing to run.
    """
    protocols = world.protocols
    chosen = list(protocols) if arms is None else list(arms)
    unknown = [arm for arm in chosen if arm not in protocols]
    if unknown:
        raise ValueError(f"arms={unknown} are not in {world.slug}; known: {list(protocols)}")
    dials = _dials(world, strengths)
    seeds = _seeds(world, seeds)
    tasks = [(strength, seed) for strength in dials for seed in seeds]
    if not tasks or not chosen:
        raise ValueError(f"{world.slug}: there is nothing to run: seeds={seeds}, arms={chosen}")
    selected = {arm: protocols[arm] for arm in chosen}
    calls = (delayed(_run_study)(world.make, selected, *task) for task in tasks)
    frame = pd.DataFrame(itertools.chain.from_iterable(_in_parallel(calls, n_jobs, on_row)))
    frame.insert(0, "world", world.slug)
    return frame


def run_experiment(
    experiment: Experiment,
    settings: Mapping[str, Iterable] | None = None,
    seeds: int | Iterable[int] | None = None,
    n_jobs: int | None = None,
    *,
    on_row: Callable[[int], Any] | None = None,
) -> pd.DataFrame:
    """Run a chapter's experiment for every combination of its settings and every seed.

    Parameters
    ----------
    experiment : Experiment
        From `pitfalls.lessons`.
    settings : mapping of str to iterable, default=None
        Values that replace those of ``experiment.settings``, argument by argument.
    seeds : int or iterable of int, default=None
        A number of seeds, counted from 0, or the seeds; ``experiment.seeds`` by default.
    n_jobs : int, default=None
        Processes, as in joblib. One BLAS thread each.
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
    settings = dict(settings or {})
    unknown = set(settings) - set(experiment.settings)
    if unknown:
        raise ValueError(
            f"settings={sorted(unknown)} are not in {experiment.slug}; "
            f"known: {list(experiment.settings)}"
        )
    chosen = {**experiment.settings, **settings}
    tasks = [
        dict(zip((*chosen, "seed"), values, strict=True))
        for values in itertools.product(*chosen.values(), _seeds(experiment, seeds))
    ]
    calls = (delayed(_run_setting)(experiment.measure, task) for task in tasks)
    return pd.DataFrame(_in_parallel(calls, n_jobs, on_row))


def _run_setting(measure: Callable, task: dict[str, Any]) -> dict[str, Any]:
    arguments = {key: value for key, value in task.items() if key != "seed"}
    with _small_fits():
        start = time.perf_counter()
        found = measure(**arguments, random_state=task["seed"])
        return {**task, **found, "seconds": time.perf_counter() - start}


def _in_parallel(
    calls: Iterable, n_jobs: int | None, on_row: Callable[[int], Any] | None
) -> Iterator[Any]:
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    for done, result in enumerate(parallel(calls), 1):
        yield result
        if on_row is not None:
            on_row(done)


@contextmanager
def _small_fits() -> Iterator[None]:
    """Use one thread, and leave out sklearn's checks, which change nothing but the time."""
    with threadpool_limits(1), config_context(assume_finite=True, skip_parameter_validation=True):
        yield


def _dials(world: World, strengths: float | Iterable[float] | None) -> list[float | None]:
    if world.real:
        if strengths is not None:
            raise ValueError(f"strengths={strengths}: {world.slug} is real and has no dial")
        return [None]
    chosen = np.atleast_1d(world.strengths if strengths is None else strengths).astype(float)
    if not ((chosen >= 0) & (chosen <= 1)).all():
        raise ValueError(f"strengths={chosen.tolist()} must lie in [0, 1]")
    return chosen.tolist()


def _seeds(world: World | Experiment, seeds: int | Iterable[int] | None) -> list[int]:
    if seeds is None:
        seeds = world.seeds
    return list(range(seeds)) if isinstance(seeds, (int, np.integer)) else [int(s) for s in seeds]


def _run_study(
    make: Callable, protocols: dict[str, Callable], strength: float | None, seed: int
) -> list[dict[str, Any]]:
    """Make one study and run every protocol on it; a row each."""
    dial = {} if strength is None else {"strength": strength}
    rows = []
    with _small_fits():
        study = make(**dial, random_state=seed)
        for arm, protocol in protocols.items():
            start = time.perf_counter()
            score = protocol(study)
            seconds = time.perf_counter() - start
            low, high = score.interval
            rows.append(
                {
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
                    **score.measures,
                }
            )
    return rows


def read(source: Lesson | Experiment) -> pd.DataFrame:
    """Return committed evidence, as `replicate` or `run_experiment` gave it.

    Parameters
    ----------
    source : Lesson or Experiment
        From `pitfalls.lessons`.

    Returns
    -------
    DataFrame
        The rows of all the chapter's worlds, or of its experiment.

    Raises
    ------
    FileNotFoundError
        If there is none yet; the message has the command that makes it.
    """
    file = source.evidence_file
    if not file.is_file():
        chapter = source.slug.partition(".")[0]
        raise FileNotFoundError(f"{file} is missing; `pitfalls evidence {chapter}` makes it")
    return pd.read_csv(file)


def write(source: Lesson | Experiment, frame: pd.DataFrame) -> None:
    """Commit evidence: replace its file, whole or not at all.

    Parameters
    ----------
    source : Lesson or Experiment
        From `pitfalls.lessons`.
    frame : DataFrame
        The rows of all the chapter's worlds, from `replicate`, or those of `run_experiment`.
    """
    file = source.evidence_file
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    frame.round({"seconds": 3}).to_csv(
        partial, index=False, float_format="%.6g", lineterminator="\n"
    )
    partial.replace(file)


def at_dose(frame: pd.DataFrame, world: World, at: float) -> pd.DataFrame:
    """Return what each arm scores at a position of the dial, also between measured strengths.

    Parameters
    ----------
    frame : DataFrame
        From `replicate` or `read`.
    world : World
        A simulated world.
    at : float
        Between the first and the last strength in `frame`.

    Returns
    -------
    DataFrame
        A row for each arm and seed with the columns ``arm, seed, claimed, fresh, deployed``. They
        lie on a straight line between those of the same seed at the strengths on either side, and
        are the measured ones at a measured strength.

    Raises
    ------
    ValueError
        If `frame` has no rows of the world, or none on both sides of `at`.
    """
    rows = frame[frame["world"] == world.slug]
    measured = np.sort(rows["strength"].unique())
    if not (measured <= at).any() or not (measured >= at).any():
        raise ValueError(
            f"at={at} must lie between measured strengths, {world.slug} has {measured}"
        )
    left, right = measured[measured <= at].max(), measured[measured >= at].min()
    weight = (at - left) / (right - left) if right > left else 0.0
    numbers = ["claimed", "fresh", "deployed"]
    before, after = (
        rows[rows["strength"] == strength].set_index(["arm", "seed"])[numbers]
        for strength in (left, right)
    )
    return ((1 - weight) * before + weight * after).dropna().reset_index()


def mean_interval(values: Any, level: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of `values` and its t interval.

    Parameters
    ----------
    values : array of shape (n,)
        One number a seed.
    level : float, default=0.95
        Confidence level.

    Returns
    -------
    mean, low, high : float
        The interval is ±infinity wide for one value and has no width where all are equal.
    """
    values = np.asarray(values, dtype=float)
    if len(values) == 0:
        return np.nan, -np.inf, np.inf
    mean = float(values.mean())
    if len(values) == 1:
        return mean, -np.inf, np.inf
    error = float(stats.sem(values))
    if error == 0:
        return mean, mean, mean
    low, high = stats.t.interval(level, len(values) - 1, loc=mean, scale=error)
    return mean, float(low), float(high)


def margin(frame: pd.DataFrame, world: World) -> float:
    """Return what counts as nothing: .03 between 0 and 1, else a tenth of the full gap."""
    if world.metric in UNIT_METRICS:
        return UNIT_MARGIN
    return SHARE_MARGIN * abs(float(_gaps(frame, "pitfall", max(world.strengths)).mean()))


def verdict(frame: pd.DataFrame, world: World) -> pd.DataFrame:
    """Judge each clause of the contract.

    Parameters
    ----------
    frame : DataFrame
        From `replicate`, with the arm ``"pitfall"`` and every fix.
    world : World
        A simulated world.

    Returns
    -------
    DataFrame
        A row for each clause, arm and strength with the columns ``world, clause, arm, strength,
        mean, low, high, n, margin, verdict``. The interval is the one that the clause is judged
        by. ``verdict`` is ``"holds"``, ``"broken"`` (the 95 % interval lies on the wrong side) or
        ``"wants more seeds"`` (neither). The clauses:

        1. the pitfall's gap at full strength (large, or nothing where it is harmless);
        2. the pitfall's gap at strength 0 (nothing);
        3. each fix's gap (nothing);
        4. deployed score of each fix minus that of the pitfall (not below nothing);
        5. deployed score of each fix minus chance, in a world with signal (above nothing).

    Raises
    ------
    ValueError
        If the world is real: it has no contract.

    See Also
    --------
    coverage : How often the fixes' intervals cover what they deploy.

    Notes
    -----
    "Nothing" is the two one-sided tests of Schuirmann (1987): the 90 % interval inside ± margin.
    """
    if world.real:
        raise ValueError(f"{world.slug} is real: it is reported and has no contract")
    frame = frame[frame["world"] == world.slug]
    limit = margin(frame, world)
    full, zero = max(world.strengths), min(world.strengths)
    judged = _inside if world.expect == "harmless" else _above
    rows = [_clause(1, "pitfall", full, _gaps(frame, "pitfall", full), judged, limit)]
    rows.append(_clause(2, "pitfall", zero, _gaps(frame, "pitfall", zero), _inside, limit))
    for fix in world.names["fixes"]:
        for strength in world.strengths:
            deployed = _paired(frame, fix, strength)
            same = world.repairs == "number" and world.ships == "refit"
            rows += [
                _clause(3, fix, strength, _gaps(frame, fix, strength), _inside, limit),
                _clause(4, fix, strength, deployed, _equal if same else _not_below, limit),
            ]
            if world.signal:
                skill = _select(frame, fix, strength)["deployed"] - world.chance
                rows.append(_clause(5, fix, strength, skill, _positive, 0.0))
    table = pd.DataFrame(rows)
    table.insert(0, "world", world.slug)
    return table


def coverage(frame: pd.DataFrame, world: World) -> pd.DataFrame:
    """Report how often each fix's 95 % interval covers the score that it deploys.

    Parameters
    ----------
    frame : DataFrame
        From `replicate`.
    world : World
        A simulated world.

    Returns
    -------
    DataFrame
        A row for each fix and strength with the columns ``world, arm, strength, mean, low, high,
        n``: the share and its 95 % Wilson interval.
    """
    rows = []
    for fix in world.names["fixes"]:
        for strength in world.strengths:
            part = _select(frame[frame["world"] == world.slug], fix, strength)
            covered = int(
                ((part["low"] <= part["deployed"]) & (part["deployed"] <= part["high"])).sum()
            )
            interval = stats.binomtest(covered, len(part)).proportion_ci(method="wilson")
            rows.append(
                {
                    "world": world.slug,
                    "arm": fix,
                    "strength": strength,
                    "mean": covered / len(part),
                    "low": interval.low,
                    "high": interval.high,
                    "n": len(part),
                }
            )
    columns = ["world", "arm", "strength", "mean", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def poison(study: Study, rng: np.random.Generator) -> Study:
    """Replace what no analyst has by something plausible and wrong.

    Rows of `fresh` and `deployment` lose their outcomes to other rows and get the opposite label;
    arrays in the truth are permuted. A protocol that claims the same number as before has not
    looked; one whose deployed score stays the same does not use them where it should.

    Parameters
    ----------
    study : Study
        Left as it is.
    rng : Generator
        Permutes.

    Returns
    -------
    Study
    """
    truth = {
        key: rng.permutation(value) if isinstance(value, np.ndarray) and value.ndim else value
        for key, value in study.truth.items()
    }
    fresh = _poison_sample(study.fresh, rng)
    same = study.deployment is study.fresh
    deployment = fresh if same else _poison_sample(study.deployment, rng)
    return replace(study, fresh=fresh, deployment=deployment, truth=truth)


def _poison_sample(sample: Sample, rng: np.random.Generator) -> Sample:
    y = rng.permutation(sample.y)
    labels = np.unique(y)
    flipped = labels[::-1][np.searchsorted(labels, y)]
    return Sample(sample.X, flipped, sample.meta)


def _select(frame: pd.DataFrame, arm: str, strength: float) -> pd.DataFrame:
    here = (frame["arm"] == arm) & np.isclose(frame["strength"], strength)
    return frame[here].set_index("seed").sort_index()


def _gaps(frame: pd.DataFrame, arm: str, strength: float) -> pd.Series:
    part = _select(frame, arm, strength)
    return part["claimed"] - part["deployed"]


def _paired(frame: pd.DataFrame, fix: str, strength: float) -> pd.Series:
    gain = (
        _select(frame, fix, strength)["deployed"] - _select(frame, "pitfall", strength)["deployed"]
    )
    return gain.dropna()


def _clause(
    clause: int, arm: str, strength: float, values: pd.Series, judge: Callable, limit: float
) -> dict[str, Any]:
    level, says = judge(values, limit) if len(values) > 1 else (0.95, "wants more seeds")
    mean, low, high = mean_interval(values, level)
    return {
        "clause": clause,
        "arm": arm,
        "strength": strength,
        "mean": mean,
        "low": low,
        "high": high,
        "n": len(values),
        "margin": limit,
        "verdict": says,
    }


def _inside(values: pd.Series, limit: float) -> tuple[float, str]:
    _, low, high = mean_interval(values, 0.90)
    _, outer_low, outer_high = mean_interval(values, 0.95)
    broken = outer_low > limit or outer_high < -limit
    return 0.90, _says(holds=-limit < low and high < limit, broken=broken)


def _above(values: pd.Series, limit: float) -> tuple[float, str]:
    _, low, high = mean_interval(values, 0.95)
    return 0.95, _says(holds=low > limit, broken=high < limit)


def _not_below(values: pd.Series, limit: float) -> tuple[float, str]:
    _, low, _ = mean_interval(values, 0.90)
    _, _, outer_high = mean_interval(values, 0.95)
    return 0.90, _says(holds=low > -limit, broken=outer_high < -limit)


def _positive(values: pd.Series, limit: float) -> tuple[float, str]:
    return _above(values, limit)


def _equal(values: pd.Series, limit: float) -> tuple[float, str]:
    same = bool(np.allclose(values, 0, rtol=0, atol=1e-12))
    return 0.95, _says(holds=same, broken=not same)


def _says(*, holds: bool, broken: bool) -> str:
    if holds:
        return "holds"
    return "broken" if broken else "wants more seeds"
