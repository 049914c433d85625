"""The pictures of the front matter, drawn from the committed evidence when the site is built."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import evidence, figures
from ..course import Lesson
from ..worlds import UNIT_METRICS, World

NUMBERS = {"claimed": "none", "fresh": "left", "deployed": "full"}
ARMS = {"pitfall": figures.PITFALL, "fix": figures.FIX}


def means(lesson: Lesson, world: World) -> pd.DataFrame:
    """Return the mean numbers of a world at full strength, a row for the pitfall and its fix."""
    rows = evidence.read(world)
    table = rows[rows["strength"] == world.full].groupby("arm")[list(NUMBERS)].mean()
    return table.loc[list(world.promised[:2])].set_axis(list(ARMS))


def example(chapters: list[Lesson]) -> tuple[Lesson, World] | None:
    """Return the pair that shows both parts of the gap best, or the first that inflates."""
    pairs = [lesson for lesson in chapters if lesson.simulated and len(lesson.pages) > 1]
    worlds = [(lesson, lesson.world()) for lesson in pairs if evidence.has_evidence(lesson)]
    shown = [
        (lesson, world)
        for lesson, world in worlds
        if world.expect == "inflates" and world.signal
        if world.metric in UNIT_METRICS and world.first_fix
    ]

    def both_parts(pair: tuple[Lesson, World]) -> float:
        score = means(*pair).loc["pitfall"]
        parts = score["claimed"] - score["fresh"], score["fresh"] - score["deployed"]
        return round(min(parts), 1)

    return max(shown, key=both_parts, default=None)


def steps(table: pd.DataFrame, metric: str, chance: float) -> Figure:
    """Draw the way down from claimed to deployed, for the pitfall and for the fix.

    Parameters
    ----------
    table : DataFrame
        Rows ``pitfall`` and ``fix``; columns ``claimed``, ``fresh`` and ``deployed``.
    metric : str
        The axis label.
    chance : float
        The score of a predictor that knows nothing.
    """
    low = min(chance, table.to_numpy().min())
    high = max(1.0, table.to_numpy().max())
    width = high - low
    fig, axes = plt.subplots(2, 1, figsize=(4.8, 5), sharex=True, dpi=200)
    for ax, (arm, score) in zip(axes, table.iterrows(), strict=True):
        _staircase(ax, score, ARMS[arm], chance, 0.03 * width)
        gap = _number(score["claimed"] - score["deployed"])
        ax.set_title(f"{arm}: gap {gap}", color=ARMS[arm], fontweight="bold")
    axes[0].set_xlim(low - 0.06 * width, high + 0.14 * width)
    axes[1].set_xlabel(f"{metric} (dotted: chance)")
    return fig


def _staircase(ax: Axes, score: pd.Series, hue: str, chance: float, pad: float) -> None:
    """Three rows; between two rows the step, with its name and size."""
    ax.axvline(chance, color=figures.CHANCE, ls=":", lw=1.2)
    for row, (name, fill) in enumerate(NUMBERS.items()):
        style = {"marker": "o", "ms": 11, "mew": 2, "fillstyle": fill, "color": hue}
        ax.plot(score[name], row, ls="none", **style)
        ax.annotate(
            f"{score[name]:.2f}",
            (score[name], row),
            (11, 0),
            textcoords="offset points",
            va="center",
            color=hue,
            fontweight="bold",
        )
    names = list(NUMBERS)
    for row, step in enumerate(("optimism", "shift")):
        start, end = score[names[row]], score[names[row + 1]]
        if abs(start - end) > 2 * pad:
            ax.annotate(
                "",
                (end, row + 0.5),
                (start, row + 0.5),
                arrowprops={"arrowstyle": "->", "color": "#333333", "lw": 1.3},
            )
        ax.text(
            (start + end) / 2,
            row + 0.44,
            f"{step} {_number(start - end)}",
            ha="center",
            va="bottom",
            color="#333333",
            fontsize=11,
            bbox={"color": "white", "pad": 0.5},
        )
    ax.set_yticks(range(3), names)
    ax.set_ylim(2.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _number(value: float) -> str:
    """Two digits, with a true minus sign and no sign on zero."""
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def key() -> Figure:
    """Draw what markers and colours mean."""
    fig, ax = plt.subplots(figsize=(4.8, 1.6), dpi=200)
    for row, (arm, hue) in enumerate(ARMS.items()):
        for column, (name, fill) in enumerate(NUMBERS.items()):
            ax.plot(column, row, "o", ms=13, mew=2.2, fillstyle=fill, color=hue)
            if row == 0:
                ax.text(column, -0.62, name, ha="center", va="bottom")
        ax.text(-0.55, row, arm, ha="right", va="center", color=hue, fontweight="bold")
    ax.set(xlim=(-1.1, 2.5), ylim=(1.5, -1.1))
    ax.set_axis_off()
    return fig


def league(table: pd.DataFrame, titles: dict[str, str]) -> Figure:
    """Draw what the pitfalls cost at the doses of published studies, the costliest on top.

    Parameters
    ----------
    table : DataFrame
        From `pitfalls.course.league.placed`.
    titles : dict of str to str
        The chapters' titles by their slugs.
    """
    fig, ax = plt.subplots(figsize=(5.6, 0.62 * len(table) + 1.1), dpi=160, layout="constrained")
    rows, edge = range(len(table)), {"edgecolor": figures.PITFALL, "linewidth": 0.6}
    bars = {"height": 0.3, **edge}
    ax.barh(rows, table["optimism"], color=figures.PITFALL, label="optimism", **bars)
    pale = {"color": "#F2C6A5", "hatch": "//", "label": "shift"}
    ax.barh(rows, table["shift"], left=table["optimism"], **pale, **bars)
    ax.hlines(rows, table["low"], table["high"], color="#333333", lw=1.6)
    ax.plot(table["fix"], rows, "o", color=figures.FIX, ms=5.5, label="gap of the fix")
    hollow = {"mfc": "white", "mec": figures.PITFALL, "ls": "none"}
    ax.plot(table["full"], rows, "D", ms=6, label="at full strength", **hollow)
    for row, (_, line) in enumerate(table.iterrows()):
        says = f"{row + 1}. {titles[line['chapter']]}: {line['study']}"
        ax.text(0.006, row - 0.22, says, fontsize=10.5, va="bottom")
    ax.set(yticks=[], ylim=(len(table) - 0.6, -0.75), xlim=(min(0, table["fix"].min()) - 0.02, 1))
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color="#333333", lw=0.8)
    ax.set_xlabel("gap, as a share of the way from chance to perfect")
    handles, labels = ax.get_legend_handles_labels()
    order = [labels.index(name) for name in ("optimism", "shift", "gap of the fix")]
    order += [labels.index("at full strength")]
    fig.legend(
        [handles[i] for i in order], [labels[i] for i in order], loc="outside upper left", ncols=4,
        frameon=False, fontsize=10, columnspacing=0.8, handletextpad=0.4,
    )  # fmt: skip
    return fig
