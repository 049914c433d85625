"""Who was left out on the way to the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import pearson3

from ._arguments import checking

__all__ = ["who_was_excluded"]


def _masks(name: str, steps: Mapping[str, Any]) -> dict[str, Any]:
    """Return the steps, each as a function that raises where its answer does not fit the frame."""

    def fitted(step: str, keep: Any) -> Any:
        def mask(frame: Any) -> np.ndarray:
            kept = np.asarray(keep(frame) if callable(keep) else keep)
            if kept.shape != (len(frame),):
                raise ValueError(
                    f"steps[{step!r}] has shape {kept.shape}; it must say True or False of each "
                    f"of the {len(frame)} rows"
                )
            return kept

        return mask

    return {step: fitted(step, keep) for step, keep in steps.items()}


@checking(steps=_masks)
def who_was_excluded(frame: Any, steps: Mapping[str, Any]) -> pd.DataFrame:
    """Compare who goes at each step of a selection with who stays, in all that is recorded.

    Numbers and dates are replaced by their ranks, and are looked at twice: how high they are, and
    how far from the middle, since a study that takes the clear cases leaves out the middle. Every
    other characteristic is looked at level by level. `value` is the largest difference between
    those who stay at a step and those who go, in standard deviations over both.

    Parameters
    ----------
    frame : DataFrame or array of n rows
        The whole sampling frame: a row for everybody who could have been in the study, a column a
        characteristic. Missing values are left out, column by column.
    steps : mapping of str to array of bool of shape (n,), or callable (frame) -> such an array
        Who is kept at each step, True or False for every row of `frame`, in order. Who has gone
        at an earlier step is not counted again.

    Returns
    -------
    DataFrame
        A row for each step and characteristic, which are its index, with the columns ``gone`` (how
        many went at this step), ``value``, ``null`` (what a step that draws lots exceeds, in
        any characteristic, in 1 of 100 cases) and ``verdict``: ``"suspect"`` where `value` exceeds
        `null`, else ``"clean"``; ``"not checked"`` where nobody or everybody went, the
        characteristic is constant or missing, or so few went, or have it, that lots could do
        anything.

    Notes
    -----
    False alarms come at a rate of 1 % a step or less, by Bonferroni's correction over
    characteristics and levels, whatever their distributions: under lots, variance and skewness of
    a difference of mean ranks, or of shares, are known, and Pearson's third distribution gives the
    limit. Of a characteristic that is no number, levels with fewer than ten rows are not
    looked at, and no more than the 50 commonest. The check sees what the frame records and nothing
    else: clean means that no difference could be seen *there*, and `null` how large one could have
    been. In a large frame it sees differences too small to matter, so read `value` as well.
    """
    left, rows = pd.DataFrame(frame).reset_index(drop=True), {}
    for step, keep in steps.items():
        stay = pd.Series(np.asarray(keep(frame) if callable(keep) else keep, bool))
        for name, seen in ((k, column.dropna()) for k, column in left.items()):
            m = len(seen) * stay[seen.index].var(ddof=0) or np.nan
            X = {v: seen == v for v, k in seen.value_counts().head(50).items() if k > 9}
            X = pd.DataFrame(seen.rank() if seen.dtype.kind in "iufmM" else X)
            X = pd.concat([X, abs(X - X.mean())], axis=1, keys=[0, 1]).astype(float)
            d = (X.groupby(stay).mean().diff().abs().max() / X.std()).max()
            p = 0.005 / left.shape[1] / max(1, X.shape[1]) if m > 3 else np.nan
            null = pearson3.isf(p, X.skew().abs().max() / m**0.5) / m**0.5
            say = "suspect" if d > null else "clean" if d <= null else "not checked"
            rows[step, name] = (~stay[left.index]).sum(), d, null, say
        left = left[stay[left.index]]
    return pd.DataFrame(rows, "gone value null verdict".split()).T.infer_objects()
