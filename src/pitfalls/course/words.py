"""What is said of chapters, dials and gaps, wherever it is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..metrics import mean_interval
from ..worlds import World
from .lesson import Lesson

__all__ = [
    "doses",
    "gap_in_words",
    "link",
    "position_in_words",
    "roles",
    "rounded",
    "shown_arms",
    "study_name",
    "tick_in_words",
    "ticks",
    "who",
]


def link(lesson: Lesson, page: str, title: str) -> str:
    """Return a Markdown link to a chapter's page, from the README or the front of the book."""
    return f"[{title}](chapters/{lesson.folder.name}/{page}.ipynb)"


def shown_arms(world: World, arms: Sequence[str] | None = None) -> list[str]:
    """Return the arms that are shown of a study: the pitfall, and at most one beside it.

    Parameters
    ----------
    world : World
        Simulated.
    arms : sequence of str, default=None
        ``["pitfall"]`` shows the pitfall alone. With a second name, or by default, the fix of that
        name stands beside it, or the study's first fix where it has none of that name.
    """
    others = list(world.arms[1:])
    if arms is None:
        return ["pitfall", *others[:1]]
    known = [name for name in others if name in arms]
    return ["pitfall", *(known or others)[:1]] if len(arms) > 1 else ["pitfall"]


def roles(lesson: Lesson, arms: Iterable[str]) -> list[str]:
    """Return what each arm is: "pitfall", "fix" in some study of the chapter, or "compared"."""
    repairs = {name for world in lesson.simulated for name in world.promised[1:]}
    return [arm if arm == "pitfall" else "fix" if arm in repairs else "compared" for arm in arms]


def study_name(world: World) -> str:
    """Return a world's name as it is offered to a reader."""
    harmless = " (does no harm)" if world.expect == "harmless" else ""
    return world.name.replace("_", " ") + harmless


def ticks(world: World) -> tuple[str, ...]:
    """Return the positions of the dial in natural units, or the strengths where it has none."""
    return world.ticks or tuple(f"{strength:g}" for strength in world.strengths)


def doses(world: World) -> list[dict[str, Any]]:
    """Return the published studies on a world's dial.

    Parameters
    ----------
    world : World
        Simulated.

    Returns
    -------
    list of dict
        ``mark`` (a letter), ``study``, ``url``, ``says`` in plain text, ``place`` (percent of the
        dial's length, on which the positions are spaced evenly) and ``near`` (the index of the
        nearest position).
    """
    strengths = np.array(world.strengths, dtype=float)
    places = 100 * np.arange(len(strengths)) / (len(strengths) - 1)
    return [
        {
            "mark": chr(ord("A") + i),
            "study": dose.study,
            "url": dose.url,
            "says": re.sub("[*`]", "", dose.says),
            "place": round(float(np.interp(dose.at, strengths, places)), 1),
            "near": int(np.abs(strengths - dose.at).argmin()),
        }
        for i, dose in enumerate(world.doses)
    ]


def who(role: str) -> str:
    """Return a role as the subject of a sentence."""
    return "What is compared" if role == "compared" else f"The {role}"


def gap_in_words(role: str, part: pd.DataFrame, margin: float) -> str:
    """Name the gap in words: how large it is, and how much of it is optimism.

    Parameters
    ----------
    role : {"pitfall", "fix", "compared"}
        Whose gap it is.
    part : DataFrame
        Rows of one arm at one strength with the columns ``claimed``, ``fresh`` and ``deployed``.
    margin : float
        What counts as nothing.
    """
    claimed, fresh, deployed = (part[name].mean() for name in ("claimed", "fresh", "deployed"))
    gap, low, high = mean_interval(part["claimed"] - part["deployed"])
    start = f"{who(role)} claims {rounded(claimed)} and gets {rounded(deployed)}"
    if abs(gap) < margin:
        return f"{start}: no gap to speak of ({rounded(gap)})."
    if gap < 0:
        return f"{start}: it gets {rounded(-gap)} more than it claims."
    optimism, shift = claimed - fresh, fresh - deployed
    if abs(shift) < margin:
        reason = "nearly all of it optimism: the number is wrong"
    elif abs(optimism) < margin:
        reason = "nearly all of it shift: the world is different"
    else:
        reason = f"optimism {rounded(optimism)}, shift {rounded(shift)}"
    size = f"{rounded(gap)}"
    if np.isfinite([low, high]).all() and rounded(low) != rounded(high):
        size += f" (95 % interval {rounded(low)} to {rounded(high)})"
    return f"{start}: a gap of {size}, {reason}."


def rounded(value: float) -> str:
    """Give two digits, with a true minus sign and no sign on zero."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


def position_in_words(world: World, strength: float) -> str:
    """Name a position of the dial, which is one of the world's strengths."""
    return f"{world.dial[:1].upper()}{world.dial[1:]}: {tick_in_words(world, strength)}."


def tick_in_words(world: World, strength: float) -> str:
    """Return a position of the dial in natural units, with the strength where that differs."""
    tick = ticks(world)[world.strengths.index(strength)]
    return tick if tick == f"{strength:g}" else f"{tick} (strength {strength:g})"
