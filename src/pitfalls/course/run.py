"""Runs the chapters' pitfalls and fixes, and sums them up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from .. import evidence
from .._files import whole
from ..evidence import Request
from ..metrics import mean_interval
from ..worlds import World
from .lesson import PARTS, Lesson

__all__ = ["Task", "compute", "plan", "rehearse", "rehearse_kind", "summarise", "write"]


@dataclass(frozen=True)
class Task:
    """One world of a chapter, and what to run of it."""

    lesson: Lesson
    request: Request

    @property
    def world(self) -> World:
        """The world."""
        return self.request.world

    @property
    def studies(self) -> int:
        """How many studies that makes."""
        return len(self.request)


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
        Which chapters; each once.
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
        In reading order, a chapter's simulated worlds before its real ones; of each the pitfall
        and the first fix.

    Raises
    ------
    ValueError
        If `strength` is not in [0, 1] or `seeds` is less than 1.
    """
    if strength is not None and not 0 <= strength <= 1:
        raise ValueError(f"strength={strength} must lie between 0 and 1")
    if seeds is not None and seeds < 1:
        raise ValueError(f"seeds={seeds} must be at least 1")
    chapters = list(dict.fromkeys(chapters))
    worlds = [(lesson, world) for lesson in chapters for world in lesson.simulated + lesson.real]
    worlds = [(lesson, world) for lesson, world in worlds if real or not world.real]
    tasks = []
    for lesson, world in worlds:
        dial = world.full if strength is None else min(strength, world.full)
        request = Request.of(
            world, None if world.real else dial, seeds or world.run_seeds, world.promised[:2]
        )
        tasks.append(Task(lesson, request))
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
        Task(lesson, Request.of(world, seeds=range(base, base + (seeds or world.seeds))))
        for world in lesson.worlds
    ]


def rehearse_kind(lesson: Lesson, *, draws: int | None = None, base: int = 0) -> list[Task]:
    """List what the evidence on other worlds of the kind runs: full strength, the promised arms.

    Parameters
    ----------
    lesson : Lesson
        Which chapter.
    draws : int, default=None
        Worlds of each kind; what the contract needs by default.
    base : int, default=0
        The first seed.

    Returns
    -------
    list of Task
        Of the worlds that have ranges in ``[worlds.varies]``.
    """
    return [
        Task(
            lesson,
            Request.of(
                world, world.full, range(base, base + (draws or world.draws)), world.promised,
                kind=True,
            ),
        )
        for world in lesson.simulated
        if world.varies
    ]  # fmt: skip


def compute(
    tasks: Sequence[Task],
    *,
    n_jobs: int | None = None,
    backend: str | None = None,
    scheduler: str | None = None,
    on_study: Callable[[World], object] | None = None,
) -> pd.DataFrame:
    """Run tasks in one pool of processes, the longest studies first.

    Parameters
    ----------
    tasks : sequence of Task
        What to run.
    n_jobs : int, default=None
        Processes; `pitfalls.evidence.default_jobs` by default.
    backend, scheduler : str, default=None
        As in `pitfalls.evidence.replicate`.
    on_study : callable (World), default=None
        Told of each study that is done, for a progress bar.

    Returns
    -------
    DataFrame
        The rows of `pitfalls.evidence.replicate`, of all tasks in their order.
    """
    return evidence.replicate_all(
        [task.request for task in tasks], n_jobs or evidence.default_jobs(), backend,
        scheduler=scheduler, on_row=on_study,
    )  # fmt: skip


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
        A row for each world and arm with the columns ``number, title, part, world, headline, real,
        arm, metric, chance, claimed, claimed_error, deployed, deployed_error, n``. ``headline`` is
        true of one world a chapter; ``arm`` is ``"pitfall"`` or ``"fix"``. Errors are half the
        95 % t interval over the seeds, infinite for one seed.
    """
    rows = []
    for task in tasks:
        world, lesson = task.world, task.lesson
        here = scores[scores["world"] == world.slug]
        for arm, role in zip(world.promised[:2], ("pitfall", "fix"), strict=False):
            part = here[here["arm"] == arm]
            row = {
                "number": lesson.number,
                "title": lesson.title,
                "part": PARTS.get(lesson.part, lesson.part),
                "world": world.name,
                "headline": world is lesson.world(),
                "real": world.real,
                "arm": role,
                "metric": world.metric_label,
                "chance": world.chance,
            }
            for name in ("claimed", "deployed"):
                mean, low, _ = mean_interval(part[name])
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
    from matplotlib import rc_context

    from .. import figures

    picture, rows = folder / "summary.png", folder / "scores.csv"
    with rc_context(), whole(picture) as drawn, whole(rows) as written:
        figures.house_style()
        figures.poster(summary).savefig(drawn, dpi=150)
        scores.to_csv(written, index=False, float_format="%.6g", lineterminator="\n")
    return [picture, rows]
