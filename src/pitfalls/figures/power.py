"""How often a check raises an alarm, over the gap of the pitfall."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from scipy.stats import binomtest

from .style import CHANCE, label_ends

__all__ = ["power"]


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
