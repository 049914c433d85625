"""The pictures that the chapters share: the card of numbers, the dial, the dumbbell.

Hue tells the arm (pitfall vermilion, fix blue), the marker tells the number (open claimed,
half-filled fresh, filled deployed), chance is grey. The colours are those of Okabe and Ito (2008),
which readers with any colour vision can tell apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import binomtest

from .study import Score

__all__ = [
    "CHANCE",
    "FIX",
    "PITFALL",
    "card",
    "colour",
    "dial",
    "dumbbell",
    "guesses",
    "house_style",
    "label_ends",
    "power",
]

PITFALL = "#D55E00"
FIX = "#0072B2"
CHANCE = "#767676"
_OTHERS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_BOTH = "#333333"
_MARKERS = {
    "claimed": {"marker": "o", "fillstyle": "none"},
    "fresh": {"marker": "o", "fillstyle": "left"},
    "deployed": {"marker": "o", "fillstyle": "full"},
}


def house_style() -> None:
    """Set seaborn's theme for the course: ticks, Okabe-Ito colours, nothing clipped."""
    sns.set_theme(
        context="notebook",
        style="ticks",
        palette=[FIX, PITFALL, *_OTHERS],
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
    return (FIX, *_OTHERS)[others.index(arm) % (1 + len(_OTHERS))]


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
        for number, style in _MARKERS.items():
            value = getattr(score, number)
            right = score.interval[1] if number == "claimed" else value
            ax.plot(value, y, color=hue, ms=9, mew=1.8, ls="none", **style)
            text = f"{value:.2f}"
            beside = {"xytext": (9, 0), "textcoords": "offset points", "va": "center"}
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
            ax.annotate(text, (max(value, right), y), bbox=box, **beside)
            labels.append(f"{_name(arm)}: {number}")
            y += 1
        y += 0.5
    positions = [row + 0.5 * (row // 3) for row in range(len(labels))]
    ax.set_yticks(positions, labels)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_ylim(positions[-1] + 0.7, -0.9)
    ax.set_xlabel(_axis_label(metric))
    ax.margins(x=0.12)
    ax.axvline(chance, color=CHANCE, lw=1, ls=":")
    where = {"xy": (chance, 1), "xycoords": ("data", "axes fraction"), "ha": "center"}
    ax.annotate("chance", xytext=(0, 2), textcoords="offset points", color=CHANCE, **where)
    return ax


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
            **_MARKERS[number],
        )
        ends.append((float(means.iloc[-1]), f"{name} {number}", hue))
    ax.set_xticks(strengths, ticks or [f"{s:g}" for s in strengths])
    ax.set_xlabel(label)
    ax.set_ylabel(_axis_label(metric))
    ax.axhline(chance, color=CHANCE, lw=1, ls=":")
    label_ends(ax, strengths[-1] + 0.35 * step, [*ends, (chance, "chance", CHANCE)])
    _mark(ax, marks, (strengths[0] + strengths[-1]) / 2)
    return ax


def _mark(ax: Axes, marks: Sequence, middle: float) -> None:
    """Point at studies from above, a line of text each, which runs towards the middle."""
    left = sorted((mark for mark in marks if mark.at < middle), key=lambda mark: -mark.at)
    right = sorted((mark for mark in marks if mark.at >= middle), key=lambda mark: mark.at)
    for row, mark in enumerate([*left, *right]):
        ax.axvline(mark.at, color=_BOTH, lw=0.8, alpha=0.35, zorder=0)
        side = 1 if mark in left else -1
        where = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        arrow = {"arrowstyle": "-|>", "color": _BOTH, "lw": 1, "shrinkA": 0, "shrinkB": 0}
        height = 16 + 14 * row
        ax.annotate("", (mark.at, 1), (0, height), arrowprops=arrow, **where)
        ax.annotate(
            mark.study, (mark.at, 1), (4 * side, height), color=_BOTH, fontsize=9.5, va="center",
            ha="left" if side > 0 else "right", bbox={"facecolor": "white", "lw": 0, "pad": 0},
            **where,
        )  # fmt: skip


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


def power(
    frame: pd.DataFrame, *, label: str, size: str = "n", ticks: Sequence[str] = ()
) -> Figure:
    """Draw how often a check alarms, and where a flaw hurts but is not seen.

    Parameters
    ----------
    frame : DataFrame
        A row a study with the columns ``strength``, ``n`` (how much the check is given), ``alarm``
        (0 or 1: whether it said "suspect") and ``gap`` (claimed minus deployed of the pitfall in
        that study).
    label : str
        What strength is.
    size : str, default="rows"
        What `n` is, such as ``"patients"``.
    ticks : sequence of str, default=()
        The dial's positions in natural units, one a strength.

    Returns
    -------
    Figure
        Above the share of studies with an alarm, which at strength 0 is that of false alarms, with
        95 % Wilson intervals; below the mean gap, open where the check misses more than a fifth of
        the studies.
    """
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(7, 5.6), sharex=True, layout="constrained"
    )
    strengths = np.sort(frame["strength"].unique())
    sizes = np.sort(frame["n"].unique())
    hues = sns.color_palette("blend:#56B4E9,#0072B2,#00253a", len(sizes)).as_hex()
    step = np.diff(strengths).min()
    offsets = (np.arange(len(sizes)) - (len(sizes) - 1) / 2) * 0.06 * step
    alarms = []
    for n, hue, offset in zip(sizes, hues, offsets, strict=True):
        rows = frame[frame["n"] == n].groupby("strength")
        share, gap = rows["alarm"].mean(), rows["gap"].mean()
        counts = zip(rows["alarm"].sum(), rows.size(), strict=True)
        limits = [binomtest(int(k), m).proportion_ci(method="wilson") for k, m in counts]
        x = share.index + offset
        above.plot(x, share, "o-", color=hue, ms=6)
        above.vlines(x, *np.transpose(limits), color=hue)
        below.plot(x, gap, color=hue, lw=1.6)
        for seen, fill in ((share >= 0.8, hue), (share < 0.8, "white")):
            below.plot(x[seen], gap[seen], "o", color=hue, mfc=fill, ms=7, mew=1.6)
        alarms.append((float(share.iloc[-1]), f"{n:,} {size}", hue))
    above.set(ylim=(-0.05, 1.05), ylabel="share of studies\nwith an alarm")
    below.set(xlabel=label, ylabel="gap of the pitfall\n(open: mostly not seen)")
    below.axhline(0, color=CHANCE, lw=1, ls=":")
    below.set_xticks(strengths, ticks or [f"{s:g}" for s in strengths])
    label_ends(above, strengths[-1] + 0.35 * step, alarms)
    return figure


def dumbbell(summary: pd.DataFrame) -> Figure:
    """Draw what each study claims and deploys, a panel a metric.

    Parameters
    ----------
    summary : DataFrame
        A row for each study and arm with the columns ``study, arm, metric, chance, claimed,
        deployed``.

    Returns
    -------
    Figure
    """
    groups = list(summary.groupby("metric", sort=False))
    heights = [rows["study"].nunique() + 1.2 for _, rows in groups]
    figure, axes = plt.subplots(
        len(groups),
        1,
        figsize=(8.5, 0.62 * sum(heights) + 0.6),
        squeeze=False,
        height_ratios=heights,
        layout="constrained",
    )
    for ax, (metric, rows) in zip(axes[:, 0], groups, strict=True):
        _dumbbell_panel(ax, rows, metric)
    handles = [
        plt.Line2D([], [], color=_BOTH, ls="none", ms=8, mew=1.6, label=number, **_MARKERS[number])
        for number in ("claimed", "deployed")
    ]
    hues = (("pitfall", PITFALL), ("fix", FIX))
    handles += [plt.Line2D([], [], color=hue, lw=4, label=name) for name, hue in hues]
    figure.legend(handles=handles, loc="outside upper right", ncols=4, frameon=False)
    return figure


def guesses(merged: pd.DataFrame, *, metric: str, title: str = "", truth: bool = True) -> Figure:
    """Draw what a class predicted for one chapter: a histogram, and the intervals below it.

    Parameters
    ----------
    merged : DataFrame
        Rows of one chapter from `pitfalls.predictions.merge`.
    metric : str
        The axis label.
    title : str, default=""
        Above the figure, such as the chapter's title.
    truth : bool, default=True
        Show the deployed score, where somebody has run on; False for the minute before.

    Returns
    -------
    Figure
        The second panel is missing where nobody gave an interval.
    """
    with_interval = merged.dropna(subset=["low", "high"]).sort_values("guess", kind="stable")
    deployed = merged["deployed"].mean() if truth else float("nan")
    numbers = merged[["guess", "low", "high"]].to_numpy(float)
    ends = [np.nanmin(numbers), np.nanmax(numbers)]
    ends += [] if np.isnan(deployed) else [deployed]
    low, high = (0, 1) if min(ends) >= 0 and max(ends) <= 1 else (min(ends), max(ends))
    bins = np.linspace(low, high if high > low else low + 1, 21)
    ratios = (3, 3) if len(with_interval) else (3,)
    figure, axes = plt.subplots(
        len(ratios),
        1,
        figsize=(8, 2.6 * len(ratios)),
        sharex=True,
        squeeze=False,
        height_ratios=ratios,
        layout="constrained",
    )
    above = axes[0, 0]
    above.hist(merged["guess"], bins, color=_OTHERS[3], edgecolor="white")
    above.yaxis.get_major_locator().set_params(integer=True)
    above.set(ylabel="learners")
    above.set_title(title, pad=6 if np.isnan(deployed) else 20)
    if len(with_interval):
        below, heights = axes[1, 0], np.arange(len(with_interval))
        below.hlines(heights, with_interval["low"], with_interval["high"], color=_BOTH, lw=1.5)
        below.plot(with_interval["guess"], heights, "|", color=_BOTH, ms=8)
        below.set(ylabel="80 % intervals", yticks=[], ylim=(-0.7, len(with_interval) - 0.3))
    if not np.isnan(deployed):
        for ax in axes[:, 0]:
            ax.axvline(deployed, color=PITFALL, lw=2)
        label = f"deployed {deployed:.2f} "
        side = "right" if deployed > (low + high) / 2 else "left"
        above.annotate(
            f" {label}", (deployed, 1), xycoords=("data", "axes fraction"), color=PITFALL,
            ha=side, va="bottom", annotation_clip=False,
        )  # fmt: skip
    axes[-1, 0].set_xlabel(f"predicted {_axis_label(metric)}")
    return figure


def _dumbbell_panel(ax: Axes, rows: pd.DataFrame, metric: str) -> None:
    studies = list(dict.fromkeys(rows["study"]))
    for y, study in enumerate(studies):
        here = rows[rows["study"] == study]
        arms = list(here["arm"])
        for offset, (_, row) in zip(
            np.linspace(-0.17, 0.17, len(here)), here.iterrows(), strict=True
        ):
            hue = colour(row["arm"], arms)
            ax.plot(
                [row["claimed"], row["deployed"]], [y + offset] * 2, color=hue, lw=2.5, alpha=0.55
            )
            # Where the two agree, the dot lies inside the ring.
            for number, size in (("claimed", 11), ("deployed", 6.5)):
                ax.plot(row[number], y + offset, color=hue, ms=size, mew=1.8, **_MARKERS[number])
        chance = here["chance"].iloc[0]
        ax.plot([chance, chance], [y - 0.4, y + 0.4], color=CHANCE, lw=1.2, ls=":")
    ax.set_yticks(range(len(studies)), studies)
    ax.set_ylim(len(studies) - 0.4, -0.6)
    ax.set_xlabel(f"{_axis_label(metric)}   (dotted: chance)")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _lines(frame: pd.DataFrame) -> list[tuple[str, str, str, pd.DataFrame]]:
    """Name, colour, number and rows of each line; one line where all arms deploy the same."""
    arms = list(dict.fromkeys(frame["arm"]))
    parts = {arm: frame[frame["arm"] == arm] for arm in arms}
    short = len(arms) == 2 and arms[0] == "pitfall"
    names = (
        dict(zip(arms, ("pitfall", "fix"), strict=True)) if short else {a: _name(a) for a in arms}
    )
    lines = [(names[arm], colour(arm, arms), "claimed", parts[arm]) for arm in arms]
    key = ["strength", "seed"]
    deployed = [part.set_index(key)["deployed"].sort_index() for part in parts.values()]
    if len(arms) > 1 and all(deployed[0].equals(other) for other in deployed[1:]):
        return [*lines, ("both", _BOTH, "deployed", parts[arms[0]])]
    return lines + [(names[arm], colour(arm, arms), "deployed", parts[arm]) for arm in arms]


def _axis_label(metric: str) -> str:
    return metric.replace("R2", "R²")


def _name(arm: str) -> str:
    return arm.replace("_", " ")
