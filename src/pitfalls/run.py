"""Runs the chapters' pitfalls and fixes, and sums them up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib
import pandas as pd

from . import evidence
from .lessons import Lesson, World

__all__ = ["Task", "compute", "default_jobs", "plan", "rehearse", "summarise", "write"]


@dataclass(frozen=True)
class Task:
    """One world to run: at which strengths (None for all, or for real rows), with which seeds."""

    lesson: Lesson
    world: World
    strengths: tuple[float, ...] | None
    seeds: tuple[int, ...]

    @property
    def studies(self) -> int:
        """How many studies that makes."""
        dials = 1 if self.world.real else len(self.strengths or self.world.strengths)
        return dials * len(self.seeds)


def plan(
    chapters: Iterable[Lesson],
    *,
    strength: float | None = None,
    seeds: int | None = None,
    real: bool = True,
) -> list[Task]:
    """List what `pitfalls run` runs.

    Parameters
    ----------
    chapters : iterable of Lesson
        Which chapters.
    strength : float in [0, 1], default=None
        Position of the dial; each world's last one by default, and where `strength` lies beyond
        it.
    seeds : int, default=None
        Seeds of every world; its ``run_seeds`` by default.
    real : bool, default=True
        Whether to run real data too.

    Returns
    -------
    list of Task
        Simulated worlds in reading order, then real ones.

    Raises
    ------
    ValueError
        If `strength` is not in [0, 1] or `seeds` is less than 1.
    """
    if strength is not None and not 0 <= strength <= 1:
        raise ValueError(f"strength={strength} must lie between 0 and 1")
    if seeds is not None and seeds < 1:
        raise ValueError(f"seeds={seeds} must be at least 1")
    chapters = list(chapters)
    worlds = [(lesson, world) for lesson in chapters for world in lesson.simulated]
    if real:
        worlds += [(lesson, world) for lesson in chapters for world in lesson.real]
    tasks = []
    for lesson, world in worlds:
        full = max(world.strengths)
        dial = None if world.real else (full if strength is None else min(strength, full),)
        tasks.append(Task(lesson, world, dial, tuple(range(seeds or world.run_seeds))))
    return tasks


def rehearse(lesson: Lesson, *, seeds: int | None = None, base: int = 0) -> list[Task]:
    """List what a chapter's evidence runs: each world at each strength.

    Parameters
    ----------
    lesson : Lesson
        Which chapter.
    seeds : int, default=None
        Seeds of every world; what its contract needs by default.
    base : int, default=0
        The first seed.

    Returns
    -------
    list of Task
    """
    return [
        Task(lesson, world, None, tuple(range(base, base + (seeds or world.seeds))))
        for world in lesson.worlds
    ]


def default_jobs() -> int:
    """Return how many processes to use: one a core, at most eight."""
    return min(joblib.cpu_count(), 8)


def compute(
    tasks: Sequence[Task],
    *,
    n_jobs: int | None = None,
    on_task: Callable[[Task], object] | None = None,
    on_study: Callable[[], object] | None = None,
) -> pd.DataFrame:
    """Run tasks one after the other, each over `n_jobs` processes.

    Parameters
    ----------
    tasks : sequence of Task
        What to run.
    n_jobs : int, default=None
        Processes; `default_jobs` by default.
    on_task, on_study : callable, default=None
        Told of each task that begins and each study that is done, for a progress bar.

    Returns
    -------
    DataFrame
        The rows of `pitfalls.evidence.replicate`, of all tasks.
    """
    frames = []
    for task in tasks:
        if on_task is not None:
            on_task(task)
        frames.append(
            evidence.replicate(
                task.world,
                task.strengths,
                task.seeds,
                n_jobs=n_jobs or default_jobs(),
                on_row=None if on_study is None else lambda _: on_study(),
            )
        )
    return pd.concat(frames, ignore_index=True)


def summarise(scores: pd.DataFrame, tasks: Sequence[Task]) -> pd.DataFrame:
    """Sum up each world's pitfall and first fix over the seeds.

    Parameters
    ----------
    scores : DataFrame
        From `compute`.
    tasks : sequence of Task
        The tasks that it was given.

    Returns
    -------
    DataFrame
        A row for each world and arm with the columns ``chapter, world, study, real, arm, metric,
        chance, claimed, claimed_error, deployed, deployed_error, n``. Errors are half the 95 % t
        interval over the seeds, infinite for one seed.
    """
    rows = []
    for task in tasks:
        world = task.world
        here = scores[scores["world"] == world.slug]
        for arm in ("pitfall", *world.names["fixes"][:1]):
            part = here[here["arm"] == arm]
            row = {
                "chapter": f"{task.lesson.number:02d} {world.chapter}",
                "world": world.name,
                "study": f"{task.lesson.number:02d} {world.name}" + " (real)" * world.real,
                "real": world.real,
                "arm": arm,
                "metric": world.metric,
                "chance": world.chance,
            }
            for name in ("claimed", "deployed"):
                mean, low, _ = evidence.mean_interval(part[name])
                row |= {name: mean, f"{name}_error": mean - low}
            rows.append(row | {"n": len(part)})
    return pd.DataFrame(rows)


def write(scores: pd.DataFrame, summary: pd.DataFrame, folder: Path) -> list[Path]:
    """Write ``scores.csv`` and ``summary.png``, each whole or not at all.

    Parameters
    ----------
    scores : DataFrame
        From `compute`.
    summary : DataFrame
        From `summarise`.
    folder : Path
        Made where it is missing.

    Returns
    -------
    list of Path
        The picture and the scores.
    """
    import matplotlib

    matplotlib.use("Agg")
    from . import figures

    figures.house_style()
    figure = figures.dumbbell(summary)
    folder.mkdir(parents=True, exist_ok=True)
    picture, rows = folder / "summary.png", folder / "scores.csv"
    partial = [path.with_name(path.name + ".partial") for path in (picture, rows)]
    figure.savefig(partial[0], format="png", dpi=150)
    scores.to_csv(partial[1], index=False, float_format="%.6g", lineterminator="\n")
    for source, target in zip(partial, (picture, rows), strict=True):
        source.replace(target)
    return [picture, rows]
