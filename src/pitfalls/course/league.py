"""What each pitfall costs at the dose of a published study, on one scale.

Gaps are divided by what lies between chance and a perfect score: 1 is a claim of perfect for a
model that knows nothing. Chapters say in ``chapter.toml`` where studies stand on their dials, or
why none does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from .. import evidence
from ..metrics import mean_interval
from ..worlds import UNIT_METRICS, World
from .lesson import Lesson

__all__ = ["placed", "unplaced"]


def placed(chapters: Iterable[Lesson]) -> pd.DataFrame:
    """Return the published doses, the costliest first.

    Parameters
    ----------
    chapters : iterable of Lesson
        From `pitfalls.course`; worlds without a dose or without evidence are left out.

    Returns
    -------
    DataFrame
        A row for each dose with the columns ``chapter`` (slug), ``world`` (slug), ``study, url,
        at, says, placed_by, metric, seeds``; ``gap`` (claimed minus deployed of the pitfall at the
        dose) with its 95 % interval over seeds, ``low`` and ``high``, and its parts ``optimism``
        and ``shift``; ``fix, fix_low, fix_high`` (the gap of the first fix at the dose); and
        ``full`` (the pitfall's gap at full strength).

    Raises
    ------
    ValueError
        If a world with a dose has a metric without a perfect score.
    """
    rows = []
    for lesson, world, frame in _worlds(chapters, "doses"):
        for dose in world.doses:
            arms = dict(list(_shares(frame, world, dose.at).groupby("arm")))
            pitfall, fix = arms["pitfall"], arms[world.first_fix]
            gap, low, high = mean_interval(pitfall["gap"])
            fix_gap, fix_low, fix_high = mean_interval(fix["gap"])
            rows.append(
                {
                    "chapter": lesson.slug,
                    "world": world.slug,
                    "study": dose.study,
                    "url": dose.url,
                    "at": dose.at,
                    "says": dose.says,
                    "placed_by": dose.placed_by,
                    "metric": world.metric,
                    "seeds": len(pitfall),
                    "gap": gap,
                    "low": low,
                    "high": high,
                    "optimism": pitfall["optimism"].mean(),
                    "shift": pitfall["shift"].mean(),
                    "fix": fix_gap,
                    "fix_low": fix_low,
                    "fix_high": fix_high,
                    "full": _full(frame, world)[0],
                }
            )
    table = pd.DataFrame(rows)
    return table.sort_values("gap", ascending=False, ignore_index=True) if rows else table


def unplaced(chapters: Iterable[Lesson]) -> pd.DataFrame:
    """Return the worlds that say why no published study is on their dial, in reading order.

    Parameters
    ----------
    chapters : iterable of Lesson
        From `pitfalls.lessons`.

    Returns
    -------
    DataFrame
        A row for each world with the columns ``chapter`` and ``world`` (slugs), ``dial``, ``why``
        (Markdown) and ``full, low, high`` (the pitfall's gap at full strength).
    """
    rows = []
    for lesson, world, frame in _worlds(chapters, "unplaced"):
        full, low, high = _full(frame, world)
        names = {"chapter": lesson.slug, "world": world.slug}
        says = {"dial": world.dial, "why": world.unplaced}
        rows.append({**names, **says, "full": full, "low": low, "high": high})
    return pd.DataFrame(rows)


def _worlds(chapters: Iterable[Lesson], key: str) -> Iterator[tuple[Lesson, World, pd.DataFrame]]:
    for lesson in chapters:
        worlds = [world for world in lesson.simulated if getattr(world, key)]
        if worlds and evidence.has_evidence(lesson):
            frame = evidence.read(lesson)
            yield from ((lesson, world, frame) for world in worlds)


def _shares(frame: pd.DataFrame, world: World, at: float) -> pd.DataFrame:
    """Gap, optimism and shift of each arm and seed, as shares of the way up from chance."""
    if world.metric not in UNIT_METRICS:
        raise ValueError(
            f"{world.slug}: metric={world.metric!r} has no perfect score to compare with; "
            f"known: {sorted(UNIT_METRICS)}"
        )
    rows = evidence.at_dose(frame, world, at)
    way = 1 - world.chance
    return rows.assign(
        gap=(rows["claimed"] - rows["deployed"]) / way,
        optimism=(rows["claimed"] - rows["fresh"]) / way,
        shift=(rows["fresh"] - rows["deployed"]) / way,
    )


def _full(frame: pd.DataFrame, world: World) -> tuple[float, float, float]:
    shares = _shares(frame, world, world.full)
    return mean_interval(shares.loc[shares["arm"] == "pitfall", "gap"])
