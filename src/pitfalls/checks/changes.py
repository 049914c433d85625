"""Whether a score falls, or answers change, when what should not matter changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

__all__ = ["answers_that_change", "falls_under_changes"]


def falls_under_changes(
    predict: Callable[[np.ndarray], np.ndarray], X: Any, y: Any, changes: Mapping[str, Any]
) -> pd.DataFrame:
    """Compare the score on the same rows before and after changes that must not matter.

    Parameters
    ----------
    predict : callable (X) -> array of labels
        The model as it is used, such as ``model.predict``.
    X : array of shape (n, ...)
        Rows that it was not trained on: pictures, numbers, texts.
    y : array of shape (n,)
        Their true labels.
    changes : mapping of str to array like X, or callable (X) -> such an array
        The same rows, in the same order, after each change of something that must not matter to
        the answer: another weather, another camera, mirrored, noise.

    Returns
    -------
    DataFrame
        A row for each change, over the rows that it changes at all. ``value``: how far accuracy
        falls; ``null``: the largest fall that is still called chance; ``verdict``: ``"suspect"``
        where `value` is greater, else ``"clean"``. ``"not checked"`` where it changes fewer than 7
        rows (more, with several changes), their labels are all the same, or all get one answer.

    Notes
    -----
    A change that does not matter breaks as many right answers as it mends wrong ones, so that of
    the rows that turn either way those that break are half: McNemar's test, from one side. The
    level is 1 % over all changes together. Rows must be independent. Clean says that no fall could
    be seen under *this* change; it says nothing of changes that you have not made.
    """
    X, y, rows = np.asarray(X), np.asarray(y), []
    level = 0.01 / max(1, len(changes))
    for change in changes.values():
        new = np.asarray(change(X) if callable(change) else change)
        differs = (new != X) & ~((new != new) & (X != X))  # missing is no change of missing
        moved = np.flatnonzero(differs.any(axis=tuple(range(1, X.ndim))))
        n, value, null, verdict = len(moved), np.nan, np.nan, "not checked"
        if 0.5**n <= level and len(np.unique(y[moved])) > 1:
            answers = np.array([predict(part[moved]) for part in (X, new)])
            before, after = answers == y[moved]
            turned, value = sum(before != after), np.mean(before) - np.mean(after)
            null = (2 * stats.binom.isf(level, turned, 0.5) - turned) / n
            if len(np.unique(answers)) > 1:
                verdict = "suspect" if value > null + 1e-12 else "clean"
        rows.append([value, null, verdict])
    return pd.DataFrame(rows, [*changes], ["value", "null", "verdict"])


def answers_that_change(
    predict: Callable[[Any], Any], X: Any, altered: Any, placebo: Any, allowed: float = 0.05
) -> pd.DataFrame:
    """Ask whether altering what must not matter changes more answers than a placebo.

    The same rows are put to a model three times: as they are, with something altered that the
    answer should not depend on (the background, the device, the sex), and with a placebo, which
    alters the rows by the same means and leaves that as it was.

    Parameters
    ----------
    predict : callable (X) -> array of shape (n,)
        A fitted model's answers: labels, not probabilities.
    X : array or DataFrame of n rows
        Rows that the model was not trained on.
    altered, placebo : array or DataFrame of the same shape
        The same rows, row by row, altered in either way.
    allowed : float, default=0.05
        The share of answers that may change beyond those that the placebo changes.

    Returns
    -------
    DataFrame
        One row, ``answers``, with the columns ``value`` (the share of answers that change),
        ``null`` (the most that a model would change that goes by the alteration in `allowed` of
        the rows, beyond the placebo, 99 % of the time) and ``verdict``: ``"suspect"`` where
        `value` is greater, else ``"clean"``; ``"not checked"`` where `X` is empty, `altered` or
        `placebo` is the same as `X`, every answer is the same, or so few rows are given, or so
        many answers change with the placebo, that nothing could stand out.

    Notes
    -----
    The comparison is paired, like McNemar's test: its standard error comes from the rows in which
    the altered answer changes and that of the placebo does not, or the other way round, and one
    more. A model clean of one alteration may depend on anything that was not altered, and a
    model that was trained on such alterations will pass without being any better for it. That
    answers change does not say that they become wrong.
    """
    A, *others = (np.asarray(Z) for Z in (X, altered, placebo))
    idle = [((Z == A) | ((Z != Z) & (A != A))).all() for Z in others]
    value = null = np.nan
    verdict = "not checked"
    if not any(idle):
        said = pd.factorize(np.ravel([predict(Z) for Z in (X, altered, placebo)]))[0]
        first, *changed = said.reshape(3, -1)
        moved, stirred = (answers != first for answers in changed)
        n, value, null = len(first), moved.mean(), stirred.mean() + allowed
        if said.max() > 0 and null + 2.33 * (n + 1) ** 0.5 / n < 1:
            null += 2.33 * (1 + (moved != stirred).sum()) ** 0.5 / n
            verdict = "suspect" if value > null else "clean"
    return pd.DataFrame([[value, null, verdict]], ["answers"], ["value", "null", "verdict"])


def _mask(name: str, values: Any, length: int) -> np.ndarray:
    mask = np.asarray(values)
    if mask.dtype != bool or mask.shape != (length,):
        raise ValueError(
            f"{name} must be {length} values True or False, one for each column of X; "
            f"got shape {mask.shape} of {mask.dtype}"
        )
    return mask
