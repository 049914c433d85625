"""Whether a score falls, or answers change, when what should not matter changes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from .._arguments import check_number
from .._data import as_frame, n_rows
from .._words import counted
from ._rows import answers, changed, labels_of, moved, predictor, some
from .result import Finding, Result

__all__ = ["answers_that_change", "falls_under_changes"]

#: Chance of a false alarm, over all changes together.
_LEVEL = 0.01
#: The control exchanges so many of the changed rows for rows of another label.
_EXCHANGED = 0.2
#: The control's model goes by the alteration in so many more rows than allowed.
_FOLLOWED = 0.25
#: Fractions with more different values than this, and than a fifth of the rows, are no labels.
_MOST_LABELS = 20
#: The 99 % point of the normal distribution.
_REACH = 2.33


def falls_under_changes(
    predict: Any, X: Any, y: Any, changes: Any, *, random_state: int = 0
) -> Result:
    """Compare the score on the same rows before and after changes that must not matter.

    Parameters
    ----------
    predict : callable (X) -> array of n labels, or a model that has ``predict``
        The model as it is used. It gets the rows as the kind of thing that they are: frames stay
        frames.
    X : frame, array of shape (n, ...), list, sparse matrix or tensor
        Rows that it was not trained on: tables, pictures, texts.
    y : array-like of shape (n,)
        Their true labels.
    changes : mapping of str to rows like X, or callable (X) -> such rows
        The same rows, in the same order, after each change of something that must not matter to
        the answer: another weather, another camera, mirrored, noise. A list of them has no names.
    random_state : int, default=0
        Seed of the planted change.

    Returns
    -------
    Result
        A finding for each change, over the rows that it alters at all. ``value``: how far accuracy
        falls; ``null``: the largest fall that is still called chance. ``where`` names the rows of
        which a right answer becomes wrong. ``"not checked"`` where it alters too few rows, their
        labels are all the same, all get one answer, or a planted fall was not seen.

    Raises
    ------
    ValueError
        If a change has other rows or columns, or `predict` returns no labels of `y`.
    TypeError
        If `predict` cannot be called, or `changes` are none.

    Notes
    -----
    *Null.* A change that does not matter breaks as many right answers as it mends wrong ones, so
    that of the rows that turn either way those that break are half: McNemar's test, from one
    side. The level is 1 % over all changes together.

    *Planted.* Of the altered rows one in five is exchanged for a row of another label, and the
    model gets those as well. If that fall is not seen, nothing is called clean: there are too few
    rows, or the model knows too little to lose.

    *What it cannot see.* Clean says that no fall could be seen under *this* change; it says
    nothing of changes that you have not made. Rows must be independent, and right or wrong:
    numbers as outcome are not taken. False alarms and power: see the evidence of chapter 18.

    References
    ----------
    McNemar (1947), https://doi.org/10.1007/BF02295996

    Examples
    --------
    >>> import numpy as np
    >>> from pitfalls.checks import falls_under_changes
    >>> X = np.random.default_rng(0).normal(size=(200, 2))
    >>> def predict(X):
    ...     return X[:, 0] > 0
    >>> swapped, moved = X[:, ::-1], X + [0, 5]
    >>> falls_under_changes(predict, X, X[:, 0] > 0, {"swapped": swapped}).verdict
    'suspect'
    >>> falls_under_changes(predict, X, X[:, 0] > 0, {"moved": moved}).verdict
    'clean'
    """
    predict = predictor(predict)
    named = _named(changes)
    truth = _labels("y", y, n_rows("X", X))
    rng = np.random.default_rng(random_state)
    level = _LEVEL / len(named)
    findings = []
    for name, change in named.items():
        after = changed(f"changes[{name!r}]", change, X)
        rows = moved(X, after)
        why = _too_little(rows, truth, level)
        if why:
            findings.append(Finding.missing(name, why))
            continue
        said = [answers("X", predict, some("X", part, rows)) for part in (X, after)]
        _are_labels(said[0], truth)
        right, before, now = labels_of(truth[rows], *said)
        findings.append(_fall(name, right, before, now, level, _index(X, y)[rows], rng))
    return Result("falls_under_changes", tuple(findings))


def _too_little(rows: np.ndarray, truth: np.ndarray, level: float) -> str:
    if not len(rows):
        return "it alters no row; hand over rows that it changes."
    if 0.5 ** len(rows) > level:
        return f"it alters {counted(len(rows), 'row')}, of which nothing can be told."
    if len(pd.unique(truth[rows])) < 2:
        return "the rows that it alters have all the same label; hand over others as well."
    return ""


def _fall(
    name: str,
    truth: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    level: float,
    labels: np.ndarray,
    rng: np.random.Generator,
) -> Finding:
    if len(np.unique(before)) == 1 and len(np.unique(after)) == 1 and before[0] == after[0]:
        return Finding.missing(name, "all rows get one answer, before the change and after it.")
    value, null = _turned(before == truth, after == truth, level)
    planted = _turned(before == truth, _exchanged(after, truth, rng) == truth, level)
    broken = (before == truth) & (after != truth)
    n, right = len(truth), (before == truth).mean()
    return Finding.judged(
        name,
        value,
        null,
        seen=planted[0] > planted[1],
        says=(
            f"of {counted(n, 'altered row')} the model has {right:.1%} right before the change "
            f"and {(after == truth).mean():.1%} after it; chance alone reaches a fall of "
            f"{100 * null:.1f} points."
        ),
        blind=(
            f"with {counted(n, 'altered row')}, of which the model has {right:.0%} right, a fall "
            f"would not have been seen where {_EXCHANGED:.0%} of them are exchanged for rows of "
            "another label; hand over more rows, or a model that knows more."
        ),
        cure="train on rows with this change, or collect some, and say where the finding does not "
        "hold (REFORMS 8b).",
        where=labels[broken],
    )


def _turned(before: np.ndarray, after: np.ndarray, level: float) -> tuple[float, float]:
    """Return how far accuracy falls, and how far it may by chance."""
    turned = int((before != after).sum())
    fall = (int(before.sum()) - int(after.sum())) / len(before)
    null = (2 * stats.binom.isf(level, turned, 0.5) - turned) / len(before)
    return fall, float(null)


def _exchanged(after: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the answers where some rows are exchanged for rows of another label."""
    planted = after.copy()
    others = {label: np.flatnonzero(truth != label) for label in np.unique(truth)}
    for row in rng.choice(len(truth), round(_EXCHANGED * len(truth)), replace=False):
        planted[row] = after[rng.choice(others[truth[row]])]
    return planted


def answers_that_change(
    predict: Any,
    X: Any,
    altered: Any,
    placebo: Any,
    allowed: float = 0.05,
    *,
    random_state: int = 0,
) -> Result:
    """Ask whether altering what must not matter changes more answers than a placebo.

    The same rows are put to a model three times: as they are, with something altered that the
    answer should not depend on (the background, the device, the sex), and with a placebo, which
    alters the rows by the same means and leaves that as it was.

    Parameters
    ----------
    predict : callable (X) -> array of n labels, or a model that has ``predict``
        A fitted model's answers: labels, not probabilities. It gets the rows as the kind of thing
        that they are: frames stay frames.
    X : frame, array of shape (n, ...), list, sparse matrix or tensor
        Rows that the model was not trained on.
    altered, placebo : rows like X, or callable (X) -> such rows
        The same rows, row by row, altered in either way.
    allowed : float, default=0.05
        The share of answers that may change beyond those that the placebo changes.
    random_state : int, default=0
        Seed of the planted answers.

    Returns
    -------
    Result
        One finding, ``"answers"``. ``value``: the share of answers that change; ``null``: the most
        that a model would change that goes by the alteration in `allowed` of the rows, beyond the
        placebo, 99 % of the time. ``where`` names the rows whose answer changes. ``"not
        checked"`` where there are no rows, `altered` or `placebo` is the same as `X`, every answer
        is the same, or a planted dependence was not seen.

    Raises
    ------
    ValueError
        If the rows do not fit, or `predict` returns no labels.
    TypeError
        If `predict` cannot be called.

    Notes
    -----
    *Null.* The comparison is paired, like McNemar's test: its standard error comes from the
    rows in which the altered answer changes and that of the placebo does not, or the other way
    round, and one more.

    *Planted.* A model that goes by the alteration in a quarter more rows than allowed, beyond
    those that the placebo moves: so many of the altered answers are made to change. If that is not
    seen nothing is called clean.

    *What it cannot see.* A model clean of one alteration may depend on anything that was not
    altered, and a model that was trained on such alterations will pass without being any better
    for it. That answers change does not say that they become wrong. Rows must be independent.
    False alarms and power: see the evidence of chapter 17.

    References
    ----------
    McNemar (1947), https://doi.org/10.1007/BF02295996

    Examples
    --------
    >>> import numpy as np
    >>> from pitfalls.checks import answers_that_change
    >>> rng = np.random.default_rng(0)
    >>> X, other = rng.normal(size=(2, 200, 3))
    >>> sex, noise = np.c_[-X[:, :1], X[:, 1:]], np.c_[X[:, :2], other[:, 2:]]
    >>> answers_that_change(lambda X: X[:, 0] > 0, X, sex, noise).verdict
    'suspect'
    """
    predict = predictor(predict)
    allowed = check_number("allowed", allowed, low=0, high=1)
    parts = {"altered": changed("altered", altered, X), "placebo": changed("placebo", placebo, X)}
    if not n_rows("X", X):
        return _unasked("X has no rows.")
    for name, part in parts.items():
        if not len(moved(X, part)):
            return _unasked(f"{name} is the same as X, row by row; hand over altered rows.")
    said = [answers(name, predict, part) for name, part in ({"X": X} | parts).items()]
    first, *others = labels_of(*said)
    if len(np.unique(np.r_[first, *others])) == 1:
        return _unasked("every row gets the same answer, whatever is altered.")
    follows, stirred = (other != first for other in others)
    value, null = _beyond_placebo(follows, stirred, allowed)
    rng = np.random.default_rng(random_state)
    planted = follows | stirred | (rng.random(len(first)) < allowed + _FOLLOWED)
    n = len(first)
    finding = Finding.judged(
        "answers",
        value,
        null,
        seen=np.greater(*_beyond_placebo(planted, stirred, allowed)).item(),
        says=(
            f"of {counted(n, 'answer')} {follows.mean():.0%} change with the alteration and "
            f"{stirred.mean():.0%} with the placebo; up to {null:.0%} are allowed, or chance."
        ),
        blind=(
            f"with {counted(n, 'row')}, and {stirred.mean():.0%} of the answers changed by the "
            "placebo, a model that goes by the alteration would not have been seen; hand over "
            "more rows, or a gentler placebo."
        ),
        cure="find rows in which this is otherwise and score them; train without it or on rows "
        "that differ in it.",
        where=_index(X)[follows],
    )
    return Result("answers_that_change", (finding,))


def _unasked(why: str) -> Result:
    return Result("answers_that_change", (Finding.missing("answers", why),))


def _beyond_placebo(
    follows: np.ndarray, stirred: np.ndarray, allowed: float
) -> tuple[float, float]:
    """Return the share of answers that change, and how many may."""
    n = len(follows)
    error = math.sqrt(1 + (follows != stirred).sum()) / n
    null = stirred.mean() + allowed + _REACH * error
    return float(follows.mean()), float(null)


# -- what was handed over -----------------------------------------------------------------------


def _named(changes: Any) -> dict[str, Any]:
    if isinstance(changes, Mapping) and changes:
        return {str(name): change for name, change in changes.items()}
    if callable(changes):
        return {getattr(changes, "__name__", "change"): changes}
    if isinstance(changes, list | tuple) and changes and all(map(callable, changes)):
        return {f"change {place}": change for place, change in enumerate(changes, 1)}
    raise TypeError(
        f"changes is a {type(changes).__name__}; it must give rows or a function by name, such as "
        '{"mirrored": lambda X: X[:, :, ::-1]}'
    )


def _labels(name: str, y: Any, n: int) -> np.ndarray:
    table = as_frame(name, y)
    if table.shape != (n, 1):
        raise ValueError(
            f"{name} has the shape {tuple(table.shape)}; it must be one label for each of the {n} "
            "rows of X"
        )
    missing = int(table.iloc[:, 0].isna().sum())
    if missing:
        raise ValueError(f"{name} has {missing} rows without a label; leave them out of X as well")
    labels = table.iloc[:, 0].to_numpy()
    if _fractions(labels) and len(np.unique(labels)) > max(_MOST_LABELS, len(labels) / 5):
        raise ValueError(
            f"{name} has numbers such as {labels[0]:.3g}, and right answers are counted; hand "
            "over labels, such as whether the error is small enough, and predict them"
        )
    return labels


def _are_labels(said: np.ndarray, truth: np.ndarray) -> None:
    """Raise where no answer is a label, or answers lie between the labels."""
    names, answer = labels_of(truth, said)
    none = not np.isin(answer, names).any()
    if none or (_fractions(said) and not _fractions(truth)):
        known, strange = (", ".join(map(str, pd.unique(a)[:3])) for a in (truth, said))
        raise ValueError(
            f"predict says {strange}, and the labels in y are {known}; it must return labels of y"
        )


def _fractions(labels: np.ndarray) -> bool:
    """Whether some are no whole numbers."""
    return bool(labels.dtype.kind == "f" and (labels[np.isfinite(labels)] % 1 > 0).any())


def _index(*sources: Any) -> np.ndarray:
    """Return the names of the rows as the reader knows them: an index, or positions."""
    for source in sources:
        if isinstance(source, pd.DataFrame | pd.Series):
            return source.index.to_numpy()
    return np.arange(n_rows("X", sources[0]))
