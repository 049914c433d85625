"""What each study claims and deploys, in one picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .style import BOTH, CHANCE, FIX, MARKERS, PITFALL, axis_label, colour

__all__ = ["dumbbell"]


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
    figure = Figure(figsize=(8.5, 0.62 * sum(heights) + 0.6), layout="constrained")
    axes = figure.subplots(len(groups), 1, squeeze=False, height_ratios=heights)
    for ax, (metric, rows) in zip(axes[:, 0], groups, strict=True):
        _dumbbell_panel(ax, rows, metric)
    handles = [
        Line2D([], [], color=BOTH, ls="none", ms=8, mew=1.6, label=number, **MARKERS[number])
        for number in ("claimed", "deployed")
    ]
    hues = (("pitfall", PITFALL), ("fix", FIX))
    handles += [Line2D([], [], color=hue, lw=4, label=name) for name, hue in hues]
    figure.legend(handles=handles, loc="outside upper right", ncols=4, frameon=False)
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
                ax.plot(row[number], y + offset, color=hue, ms=size, mew=1.8, **MARKERS[number])
        chance = here["chance"].iloc[0]
        ax.plot([chance, chance], [y - 0.4, y + 0.4], color=CHANCE, lw=1.2, ls=":")
    ax.set_yticks(range(len(studies)), studies)
    ax.set_ylim(len(studies) - 0.4, -0.6)
    ax.set_xlabel(f"{axis_label(metric)}   (dotted: chance)")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
