"""What a class predicted, as a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..figures.style import BOTH, OTHERS, PITFALL, axis_label

__all__ = ["guesses"]


def guesses(merged: pd.DataFrame, *, metric: str, title: str = "", truth: bool = True) -> Figure:
    """Draw what a class predicted for one chapter: a histogram, and the intervals below it.

    Parameters
    ----------
    merged : DataFrame
        Rows of one chapter from `pitfalls.classroom.merge`.
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
    figure = Figure(figsize=(8, 2.6 * len(ratios)), layout="constrained")
    axes = figure.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)
    above = axes[0, 0]
    above.hist(merged["guess"], bins, color=OTHERS[3], edgecolor="white")
    above.yaxis.get_major_locator().set_params(integer=True)
    above.set(ylabel="learners")
    above.set_title(title, pad=6 if np.isnan(deployed) else 20)
    if len(with_interval):
        below, heights = axes[1, 0], np.arange(len(with_interval))
        below.hlines(heights, with_interval["low"], with_interval["high"], color=BOTH, lw=1.5)
        below.plot(with_interval["guess"], heights, "|", color=BOTH, ms=8)
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
    axes[-1, 0].set_xlabel(f"predicted {axis_label(metric)}")
    return figure
