"""The card of numbers: what was claimed, what a fresh draw gives, what is deployed."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from ..study import Score
from .style import CHANCE, MARKERS, axis_label, colour, plain

__all__ = ["card"]


def card(
    scores: Mapping[str, Score], *, metric: str, chance: float, ax: Axes | None = None
) -> Axes:
    """Draw the card of numbers: claimed, fresh and deployed of each arm, a line each.

    Parameters
    ----------
    scores : mapping of arm to Score
        ``{"pitfall": score}``, with the fix beside it where it is known.
    metric : str
        The axis label.
    chance : float
        The score of a predictor that knows nothing.
    ax : Axes, default=None
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 0.5 + 0.95 * len(scores)))
    labels, y = [], 0
    for arm, score in scores.items():
        hue = colour(arm, list(scores))
        ax.plot(score.interval, [y, y], color=hue, lw=2, alpha=0.5, solid_capstyle="butt")
        for number, style in MARKERS.items():
            value = getattr(score, number)
            right = score.interval[1] if number == "claimed" else value
            ax.plot(value, y, color=hue, ms=9, mew=1.8, ls="none", **style)
            text = f"{value:.2f}"
            beside = {"xytext": (9, 0), "textcoords": "offset points", "va": "center"}
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
            ax.annotate(text, (max(value, right), y), bbox=box, **beside)
            labels.append(f"{plain(arm)}: {number}")
            y += 1
        y += 0.5
    positions = [row + 0.5 * (row // 3) for row in range(len(labels))]
    ax.set_yticks(positions, labels)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_ylim(positions[-1] + 0.7, -0.9)
    ax.set_xlabel(axis_label(metric))
    ax.margins(x=0.12)
    ax.axvline(chance, color=CHANCE, lw=1, ls=":")
    where = {"xy": (chance, 1), "xycoords": ("data", "axes fraction"), "ha": "center"}
    ax.annotate("chance", xytext=(0, 2), textcoords="offset points", color=CHANCE, **where)
    return ax
