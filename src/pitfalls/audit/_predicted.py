"""What a model says of rows, in the form that its metric takes."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from .._data import as_frame
from .._times import read_reach, time_numbers
from ..checks import Result
from ..checks.asking import answers_of
from ..checks.baselines import best_of_answers
from ._given import Given

__all__ = ["best_answers", "last_known"]


def best_answers(model: Any, X: Any, y: Any, metric: Any, **asked: Any) -> Result:
    """Compare a model's answers with baselines, in the form that scores best.

    A metric does not say whether it wants labels, shares or margins; what does best against a
    constant is what its author must have meant.

    Raises
    ------
    ValueError
        If the metric takes none of its answers.
    """
    answers = answers_of(model, X, as_frame("y", y))
    return best_of_answers(y, [answers.of(kind) for kind in answers.said], metric, **asked)


def last_known(given: Given, gap: Any, rows: np.ndarray) -> np.ndarray:
    """Return for each of some rows the last outcome that was known at its time, or NaN.

    Parameters
    ----------
    given : Given
        All rows, with their times; and groups, where each has outcomes of its own.
    gap : timedelta, text such as "1D", number or None
        How long after its time the outcome of a row is known. None: nobody said; then none is.
    rows : array of int
        The places of the rows.
    """
    outcome = as_frame("y", given.y).iloc[:, 0]
    found = np.full(len(rows), np.nan, dtype=object)
    if gap is None:
        return found.astype(float)
    when = given.when()
    known_at = time_numbers(when + read_reach("gap", gap, when))
    asked_at = time_numbers(when)
    group = np.zeros(given.n, dtype=int)
    if "groups" in given.named:
        group = pd.factorize(as_frame("groups", given.groups).iloc[:, 0], use_na_sentinel=False)[0]
    has = outcome.notna().to_numpy()
    for one in np.unique(group[rows]):
        mine = np.flatnonzero((group == one) & has)
        mine = mine[np.argsort(known_at[mine], kind="stable")]
        here = np.flatnonzero(group[rows] == one)
        # what becomes known at the very moment comes too late for a decision at it
        side: Literal["left", "right"] = "right" if known_at[0] > asked_at[0] else "left"
        before = np.searchsorted(known_at[mine], asked_at[rows[here]], side=side) - 1
        there = before >= 0
        found[here[there]] = outcome.to_numpy(dtype=object)[mine[before[there]]]
    return found
