"""What the chapters claim and deploy, in one picture."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .style import BOTH, CHANCE, FIX, MARKERS, PITFALL

__all__ = ["poster"]

#: How far above and below a chapter's line its pitfall, its fix and its real data stand.
ROWS = {"pitfall": -0.2, "fix": 0.08, "real": 0.34}
HUES = {"pitfall": PITFALL, "fix": FIX}
#: Inches of a chapter's line, of a part's heading, and of all around them.
LINE, HEADING, AROUND = 0.5, 0.34, 1.5


def poster(summary: pd.DataFrame) -> Figure:
    """Draw a line a chapter: what its pitfall and its fix claim, and what they get.

    Parameters
    ----------
    summary : DataFrame
        A row for each study and arm with the columns ``title, part, headline, real, arm, metric,
        chance, claimed, deployed``. A chapter's headline is drawn, and below it its first study
        of real data, smaller.

    Returns
    -------
    Figure
        Chapters under the names of their parts; metrics from 0 to 1 on one axis, those of another
        kind on an axis below.
    """
    chapters = summary.groupby(["part", "title"], sort=False)
    shown = [_shown(rows) for _, rows in chapters]
    kinds = [[r for r in shown if _in_unit(r) == unit] for unit in (True, False)]
    panels = [pd.concat(rows) for rows in kinds if rows]
    heights = [_height(rows) for rows in panels]
    figure = Figure(figsize=(9.5, sum(heights) + AROUND), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for ax, rows in zip(axes, panels, strict=True):
        _panel(ax, rows)
    figure.suptitle(
        "What was claimed (ring), and what the model gets (dot)", x=0.02, ha="left", fontsize=15
    )
    figure.legend(
        handles=_legend(any((~r["headline"]).any() for r in shown)),
        loc="outside lower left",
        ncols=6,
        frameon=False,
    )
    figure.draw_without_rendering()  # the layout has settled after a second time only
    return figure


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a chapter's headline, and the pitfall of its first real data on the same scale."""
    real = rows[rows["real"] & ~rows["headline"] & (rows["arm"] == "pitfall")]
    real = real[real["metric"] == rows.loc[rows["headline"], "metric"].iloc[0]]
    return pd.concat([rows[rows["headline"]], real[:1]]).reset_index(drop=True)


def _in_unit(rows: pd.DataFrame) -> bool:
    """Say whether all scores of a chapter lie between 0 and 1."""
    scores = rows[["claimed", "deployed", "chance"]].to_numpy()
    return bool((scores >= 0).all() and (scores <= 1).all())


def _height(rows: pd.DataFrame) -> float:
    return LINE * rows["title"].nunique() + HEADING * rows["part"].nunique() + 0.2


def _panel(ax: Axes, rows: pd.DataFrame) -> None:
    """Draw chapters below each other, with room for the name of each part."""
    room, y, ticks = HEADING / LINE, 0.0, {}
    for part, inside in rows.groupby("part", sort=False):
        y += room
        ax.text(
            -0.01, y - 0.62, part, transform=ax.get_yaxis_transform(), ha="right", va="center",
            fontsize=10, fontstyle="italic", color=CHANCE, clip_on=False,
        )  # fmt: skip
        for title, here in inside.groupby("title", sort=False):
            _chapter(ax, here, y)
            ticks[y] = title
            y += 1
    ax.set_yticks(list(ticks), list(ticks.values()), fontsize=11)
    ax.set_ylim(y - 0.3, -0.35)
    ax.set_xlabel(" or ".join(dict.fromkeys(rows["metric"])))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x", color="#E5E5E5", lw=0.8)
    ax.set_axisbelow(True)
    ax.spines["left"].set_visible(False)


def _chapter(ax: Axes, rows: pd.DataFrame, y: float) -> None:
    """Draw what each arm claims and gets, joined by a bar; real data thinner and as squares."""
    headline = rows[rows["headline"]]
    chance = headline["chance"].iloc[0]
    ax.plot([chance, chance], [y - 0.36, y + 0.42], color=CHANCE, lw=1.4, ls=":")
    for row in rows.itertuples():
        real = row.real and not row.headline
        height, hue = y + ROWS["real" if real else row.arm], HUES[row.arm]
        width, size = (1.6, 5.5) if real else (3.2, 8.5)
        ax.plot([row.claimed, row.deployed], [height] * 2, color=hue, lw=width, alpha=0.45)
        for number, scale in (("claimed", 1.0), ("deployed", 0.72)):
            marker = MARKERS[number] | ({"marker": "s"} if real else {})
            if number == "claimed":  # a ring whose inside hides the bar
                marker |= {"fillstyle": "full", "markerfacecolor": "white"}
            ax.plot(getattr(row, number), height, color=hue, ms=scale * size, mew=1.6, **marker)


def _legend(real: bool) -> list[Line2D]:
    """Name hues and markers."""
    handles = [Line2D([], [], color=hue, lw=4, label=arm) for arm, hue in HUES.items()]
    look = {"color": BOTH, "ls": "none", "mew": 1.6}
    for number, size in (("claimed", 8.5), ("deployed", 6.5)):
        handles.append(Line2D([], [], label=number, ms=size, **look, **MARKERS[number]))
    if real:
        squares = MARKERS["deployed"] | {"marker": "s"}
        handles.append(Line2D([], [], label="pitfall on real data", ms=5, **look, **squares))
    return [*handles, Line2D([], [], color=CHANCE, ls=":", lw=1.4, label="chance")]
