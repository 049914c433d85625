"""The dial: claimed and deployed scores along the strength of the flaw."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .style import BOTH, CHANCE, MARKERS, axis_label, colour, label_ends, plain

__all__ = ["dial"]


def dial(
    frame: pd.DataFrame,
    *,
    metric: str,
    chance: float,
    label: str,
    ticks: Sequence[str] = (),
    marks: Sequence = (),
    most_dots: int = 40,
    here: float | None = None,
    own: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what each arm claims and deploys along the dial.

    Parameters
    ----------
    frame : DataFrame
        One world's rows, as `pitfalls.evidence.replicate` gives them: the columns ``arm,
        strength, seed, claimed, deployed``.
    metric, label : str
        The axes' labels.
    chance : float
        The score of a predictor that knows nothing.
    ticks : sequence of str, default=()
        The dial's positions in natural units, one a strength.
    marks : sequence of Dose, default=()
        Published studies, from ``world.doses``; an arrow above the axes shows where each stands.
    most_dots : int, default=40
        Seeds drawn as dots at each strength, the first ones; mean and interval use all.
    here : float, default=None
        A strength to shade.
    own : DataFrame, default=None
        Rows of further studies with the columns of `frame`, drawn as diamonds.
    ax : Axes, default=None
        Where to draw; a new figure by default.

    Returns
    -------
    Axes
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(7, 4.2))
    strengths = np.sort(frame["strength"].unique())
    step = np.diff(strengths).min() if len(strengths) > 1 else 1.0
    lines = _lines(frame)
    offsets = (np.arange(len(lines)) - (len(lines) - 1) / 2) * 0.13 * step
    ends = []
    if here is not None:
        ax.axvspan(here - 0.45 * step, here + 0.45 * step, color=CHANCE, alpha=0.15, lw=0)
    for offset, (name, hue, number, rows) in zip(offsets, lines, strict=True):
        if own is not None:
            mine = own[own["arm"] == rows["arm"].iloc[0]]
            face = "white" if number == "claimed" else hue
            style = {"ms": 7.5, "mew": 1.6, "mec": hue, "mfc": face, "zorder": 5}
            ax.plot(mine["strength"] + offset, mine[number], "D", **style)
        means = rows.groupby("strength")[number].mean()
        errors = rows.groupby("strength")[number].sem().fillna(0) * 1.96
        seeds = np.sort(rows["seed"].unique())[:most_dots]
        dots = rows[rows["seed"].isin(seeds)]
        spread = 0.1 * step * (np.searchsorted(seeds, dots["seed"]) / len(seeds) - 0.5)
        x = dots["strength"] + offset + spread
        size, alpha = (8, 0.45) if len(seeds) <= 20 else (4.5, 0.35)
        ax.plot(x, dots[number], ".", color=hue, ms=size, alpha=alpha, mew=0)
        ax.errorbar(
            means.index + offset,
            means,
            yerr=errors,
            color=hue,
            lw=1.6,
            ms=7,
            mew=1.6,
            capsize=0,
            ls="--" if number == "claimed" else "-",
            **MARKERS[number],
        )
        ends.append((float(means.iloc[-1]), f"{name} {number}", hue))
    ax.set_xticks(strengths, ticks or [f"{s:g}" for s in strengths])
    ax.set_xlabel(label)
    ax.set_ylabel(axis_label(metric))
    ax.axhline(chance, color=CHANCE, lw=1, ls=":")
    label_ends(ax, strengths[-1] + 0.35 * step, [*ends, (chance, "chance", CHANCE)])
    _mark(ax, marks, (strengths[0] + strengths[-1]) / 2)
    return ax


def _mark(ax: Axes, marks: Sequence, middle: float) -> None:
    """Point at studies from above, a line of text each, which runs towards the middle."""
    left = sorted((mark for mark in marks if mark.at < middle), key=lambda mark: -mark.at)
    right = sorted((mark for mark in marks if mark.at >= middle), key=lambda mark: mark.at)
    for row, mark in enumerate([*left, *right]):
        ax.axvline(mark.at, color=BOTH, lw=0.8, alpha=0.35, zorder=0)
        side = 1 if mark in left else -1
        where = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        arrow = {"arrowstyle": "-|>", "color": BOTH, "lw": 1, "shrinkA": 0, "shrinkB": 0}
        height = 16 + 14 * row
        ax.annotate("", (mark.at, 1), (0, height), arrowprops=arrow, **where)
        ax.annotate(
            mark.study, (mark.at, 1), (4 * side, height), color=BOTH, fontsize=9.5, va="center",
            ha="left" if side > 0 else "right", bbox={"facecolor": "white", "lw": 0, "pad": 0},
            **where,
        )  # fmt: skip


def _lines(frame: pd.DataFrame) -> list[tuple[str, str, str, pd.DataFrame]]:
    """Name, colour, number and rows of each line; one line where all arms deploy the same."""
    arms = list(dict.fromkeys(frame["arm"]))
    parts = {arm: frame[frame["arm"] == arm] for arm in arms}
    short = len(arms) == 2 and arms[0] == "pitfall"
    names = (
        dict(zip(arms, ("pitfall", "fix"), strict=True)) if short else {a: plain(a) for a in arms}
    )
    lines = [(names[arm], colour(arm, arms), "claimed", parts[arm]) for arm in arms]
    key = ["strength", "seed"]
    deployed = [part.set_index(key)["deployed"].sort_index() for part in parts.values()]
    if len(arms) > 1 and all(deployed[0].equals(other) for other in deployed[1:]):
        return [*lines, ("both", BOTH, "deployed", parts[arms[0]])]
    return lines + [(names[arm], colour(arm, arms), "deployed", parts[arm]) for arm in arms]
