"""The look of the course's figures: colours, markers, names.

Hue tells the arm (pitfall vermilion, fix blue), the marker tells the number (open claimed,
half-filled fresh, filled deployed), chance is grey. The colours are those of Okabe and Ito (2008),
which readers with any colour vision can tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import seaborn as sns
from matplotlib.axes import Axes

__all__ = [
    "BOTH",
    "CHANCE",
    "FIX",
    "MARKERS",
    "OTHERS",
    "PITFALL",
    "axis_label",
    "colour",
    "house_style",
    "label_ends",
    "plain",
]

PITFALL = "#D55E00"
FIX = "#0072B2"
CHANCE = "#767676"
OTHERS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9")
BOTH = "#333333"
MARKERS = {
    "claimed": {"marker": "o", "fillstyle": "none"},
    "fresh": {"marker": "o", "fillstyle": "left"},
    "deployed": {"marker": "o", "fillstyle": "full"},
}


def house_style() -> None:
    """Set seaborn's theme for the course: ticks, Okabe-Ito colours, nothing clipped."""
    sns.set_theme(
        context="notebook",
        style="ticks",
        palette=[FIX, PITFALL, *OTHERS],
        rc={
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 12,
            "axes.labelsize": 11,
            "figure.constrained_layout.use": True,
            "figure.dpi": 110,
            "savefig.bbox": "tight",
        },
    )


def colour(arm: str, arms: Sequence[str]) -> str:
    """Return an arm's colour: vermilion for ``pitfall``, blue for the first other arm."""
    if arm == "pitfall":
        return PITFALL
    others = [name for name in arms if name != "pitfall"]
    return (FIX, *OTHERS)[others.index(arm) % (1 + len(OTHERS))]


def label_ends(ax: Axes, x: float, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write the name of each line at its right end, moved apart where names would overlap.

    Names move up, and down again where they would leave the axes.

    Parameters
    ----------
    ax : Axes
        Where the lines are; its y limits should be final.
    x : float
        Where the names begin.
    ends : sequence of (height, name, colour)
        A line each; of lines that end level, the first is named lowest.
    """
    low, high = ax.get_ylim()
    least = 0.065 * (high - low)
    ends = sorted(ends, key=lambda end: end[0])
    heights = [value for value, _, _ in ends]
    for i in range(1, len(ends)):
        heights[i] = max(heights[i], heights[i - 1] + least)
    room = high
    for i in reversed(range(len(ends))):
        heights[i] = min(heights[i], room)
        room = heights[i] - least
    for height, (_, text, hue) in zip(heights, ends, strict=True):
        ax.text(x, height, text, color=hue, va="center", fontsize=10)
    ax.set_xlim(right=x)


def axis_label(metric: str) -> str:
    """Return a metric as an axis is labelled: ``R²`` for ``R2``."""
    return metric.replace("R2", "R²")


def plain(arm: str) -> str:
    """Return an arm's name in words."""
    return arm.replace("_", " ")
