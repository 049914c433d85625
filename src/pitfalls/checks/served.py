"""Whether the code that serves a model prepares a row as the code that trained it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .._arguments import check_count, check_number
from .._data import n_rows, take
from .._words import counted, raised
from ._alike import differ, how, varies
from ._made import Made, as_whole, call, labels_of, made
from .result import Finding, Result

__all__ = ["answers_alike"]

#: So many rows tell the spread of a column, against which single rows are compared.
ENOUGH = 1000
#: Among so many columns that differ it is asked whether one holds what another should.
MOST_SWAPPED = 50

_ONE_PLACE = (
    "prepare rows in one place: fit it on training rows, save it with the model (a Pipeline), and "
    "call it in serving as well."
)


def answers_alike(
    train_path: Callable[[Any], Any],
    serve_path: Callable[[Any], Any],
    rows: Any,
    *,
    tolerance: float | None = None,
    n_alone: int = 10,
) -> Result:
    """Compare what two code paths make of the same raw rows.

    One path is the code that prepares the rows a model is trained on, the other the code that
    prepares what it is asked in use; or either returns the model's answers. Both are called with
    the same rows, twice, and the serving path once more for single rows, as it would be in use.

    Parameters
    ----------
    train_path, serve_path : callable (rows) -> frame, array, list, sparse matrix or tensor
        What the model is given for these rows, or its answers, with a row for each raw row. Each
        is handed a copy of `rows`. A list of dicts is a frame.
    rows : frame, array, list or any other kind of n rows
        Raw rows as they arrive, in which all that matters takes more than one value.
    tolerance : float, default=None
        The largest difference of numbers that is none, as a share of the column's spread. None
        allows what rounding to single precision leaves, and nothing between whole numbers.
    n_alone : int, default=10
        How many single rows the serving path is called with; 0 where it is never called with one.

    Returns
    -------
    Result
        A finding for each column (frames by name, arrays by position; pictures, sparse matrices
        and very wide arrays as a whole, ``"values"``; a list of answers is ``"answers"``), and for
        ``"columns"`` (missing, new, in another order), ``"rows"`` (dropped, or in another order),
        ``"twice"`` (another result for the same rows) and ``"alone"`` (single rows against the
        same rows among others). ``value`` is the share that differs, ``null`` is 0. ``"not
        checked"`` where a value could be anything unseen: one row, a column that is the same in
        all rows, a path that gives something else each time.

    Raises
    ------
    ValueError
        If a path fails on the rows, or returns what has no rows.

    Notes
    -----
    A scaler or an encoder that is fitted on the batch shows in ``"alone"``, even where both paths
    share it. What differs outside the two paths, such as another source of the raw rows, an older
    model or another version of a library on the server, is not seen: call the server itself in
    `serve_path`, with rows that it answered before. A window over earlier rows is no fault, but
    needs those rows: hand them over inside `serve_path`, or set ``n_alone=0``.

    Two code paths for one thing are a known source of faults in use, called training-serving skew;
    see rule 29 to 32 of M. Zinkevich's Rules of Machine Learning,
    https://developers.google.com/machine-learning/guides/rules-of-ml.

    Examples
    --------
    >>> import numpy as np
    >>> from pitfalls.checks import answers_alike
    >>> rows = np.random.default_rng(0).normal(size=(50, 2))
    >>> result = answers_alike(lambda rows: rows * [1, 2.54], lambda rows: rows, rows)
    >>> result.table["verdict"].to_dict()["column 1"]
    'suspect'
    """
    for name, path in (("train_path", train_path), ("serve_path", serve_path)):
        if not callable(path):
            raise TypeError(f"{name}={path!r} must be a function of rows")
    if tolerance is not None:
        tolerance = check_number("tolerance", tolerance, low=0)
    n_alone = check_count("n_alone", n_alone, least=0)
    n = n_rows("rows", rows)
    if not n:
        raise ValueError("rows is empty; hand over raw rows as they arrive")
    names = labels_of(rows, n)
    train = call("train_path", train_path, rows, names)
    serve = call("serve_path", serve_path, rows, names)
    twice = _twice(train, call("train_path", train_path, rows, names), "train", tolerance)
    again = _twice(serve, call("serve_path", serve_path, rows, names), "serve", tolerance)
    steady = "suspect" not in (twice.verdict, again.verdict)
    findings = [*_columns(train, serve)]
    ours, theirs, of_rows = _same_rows(train, serve)
    findings += of_rows
    if not steady:
        findings.append(
            Finding.missing(
                "values",
                "a path gives other results for the same rows each time; switch off chance "
                "(dropout, augmentation), or fix its seed inside the path.",
            )
        )
    elif ours is not None and theirs is not None:
        findings += _values(ours, theirs, tolerance)
    if again.verdict != "suspect" and twice.verdict == "suspect":
        again = twice = Finding.missing("twice", twice.says)  # augmentation is no fault there
    findings.append(again)
    if n_alone:
        findings.append(_alone(serve_path, serve, rows, names, n_alone, tolerance, again))
    return Result("answers_alike", tuple(findings))


def _columns(train: Made, serve: Made) -> list[Finding]:
    """Say which columns are missing, new, or elsewhere."""
    ours, theirs = list(train.columns), list(serve.columns)
    if not (train.named and serve.named):
        if len(ours) == len(theirs) or "values" in (*ours, *theirs):
            return []
        says = f"{counted(len(ours), 'column')} in training and {len(theirs)} in serving."
        share = abs(len(ours) - len(theirs)) / max(len(ours), len(theirs))
        return [_judged("columns", share, says, (), True, "")]
    gone = [one for one in ours if one not in serve.columns]
    new = [one for one in theirs if one not in train.columns]
    both = [one for one in ours if one in serve.columns]
    there = [one for one in theirs if one in train.columns]
    moved = [one for one, other in zip(both, there, strict=True) if one != other]
    at_fault = [*gone, *new, *moved]
    told = [
        f"{len(some)} {what}"
        for some, what in (
            (gone, "missing in serving"),
            (new, "in serving alone"),
            (moved, "in another place"),
        )
        if some
    ]
    says = f"of {counted(len(ours), 'column')} {', '.join(told) or 'all are there, in one order'}."
    share = len(at_fault) / max(1, len({*ours, *theirs}))
    return [_judged("columns", share, says, at_fault, True, "")]


def _same_rows(train: Made, serve: Made) -> tuple[Made | None, Made | None, list[Finding]]:
    """Return the rows that both made, in one order, and what became of the others."""
    n, m = len(train.labels), len(serve.labels)
    labelled = train.by_label and serve.by_label
    if n == m and (not labelled or train.labels == serve.labels):
        return train, serve, []
    if not labelled:
        says = f"{counted(n, 'row')} in training and {m} in serving."
        note = (
            "the rows cannot be matched; let both paths return all rows, or frames with an index."
        )
        found = _judged("rows", abs(n - m) / max(n, m), says, (), True, "")
        return None, None, [found, Finding.missing("values", note)]
    place = {label: at for at, label in enumerate(serve.labels)}
    at = [(one, place[label]) for one, label in enumerate(train.labels) if label in place]
    lost = [label for label in train.labels if label not in place]
    known = {*train.labels}
    lost += [label for label in serve.labels if label not in known]
    moved = [] if lost else [a for a, b in zip(train.labels, serve.labels, strict=True) if a != b]
    says = (
        f"{counted(len(lost), 'row')} made by one path alone."
        if lost
        else f"{counted(len(moved), 'row')} of {n} in another place."
    )
    share = len(lost or moved) / max(n, m)
    found = _judged("rows", share, says, lost or moved, True, "")
    return train.at([a for a, _ in at]), serve.at([b for _, b in at]), [found]


def _values(train: Made, serve: Made, tolerance: float | None) -> list[Finding]:
    """Compare column by column, or as a whole where one side has no columns."""
    if ("values" in train.columns) != ("values" in serve.columns):
        train, serve = as_whole(train), as_whole(serve)
    if train.named and serve.named:
        pairs = [(one, one) for one in train.columns if one in serve.columns]
    elif len(train.columns) == len(serve.columns):
        names = train if train.named else serve
        pairs = list(zip(train.columns, serve.columns, strict=True))
        shown = dict(zip(train.columns, names.columns, strict=True))
    else:
        return [Finding.missing("values", "the columns cannot be matched; give them names.")]
    found: dict[Any, tuple[np.ndarray, str]] = {}
    for ours, theirs in pairs:
        a, b = train.columns[ours], serve.columns[theirs]
        rows = np.flatnonzero(differ(a, b, tolerance))
        found[ours] = rows, how(a, b, rows) if len(rows) else ""
    wrong = [pair for pair in pairs if len(found[pair[0]][0])]
    if 1 < len(wrong) <= MOST_SWAPPED:
        for ours, theirs in wrong:
            for other, _ in wrong:
                a, b = train.columns[other], serve.columns[theirs]
                if other != ours and not differ(a, b, tolerance).any():
                    found[ours] = found[ours][0], f"serving has what is {other} in training"
    findings = []
    for ours, _ in pairs:
        rows, told = found[ours]
        name = ours if train.named and serve.named else shown[ours]
        n = len(train.labels)
        says = f"{counted(len(rows), 'row')} of {n} differ: {told}." if len(rows) else _ALIKE
        seen = varies(train.columns[ours], tolerance)
        where = [train.labels[row] for row in rows]
        findings.append(_judged(str(name), len(rows) / max(1, n), says, where, seen, _SAME))
    return findings


_ALIKE = "the same in training and in serving."
_SAME = (
    "it is the same in all rows, so that nothing could be seen; hand over rows in which it takes "
    "more than one value."
)


def _judged(
    of: str, value: float, says: str, where: Any, seen: bool, blind: str, cure: str = _ONE_PLACE
) -> Finding:
    return Finding.judged(
        of, value, 0.0, seen=seen, says=says, blind=blind, cure=cure, where=where
    )


def _any_seen(made: Made, tolerance: float | None) -> bool:
    return any(varies(one, tolerance) for one in made.columns.values())


def _twice(first: Made, second: Made, side: str, tolerance: float | None) -> Finding:
    """Say whether a path gives the same for the same rows."""
    rows = _rows_that_differ(first, second, tolerance)
    name = {"train": "training", "serve": "serving"}[side]
    return _judged(
        "twice",
        len(rows) / max(1, len(first.labels)),
        f"{counted(len(rows), 'row')} of {len(first.labels)} came out otherwise when {name} "
        "prepared them again."
        if len(rows)
        else "the same rows give the same when they are prepared again.",
        [first.labels[row] for row in rows],
        _any_seen(first, tolerance),
        _SAME,
        cure="switch off chance in the path: dropout (model.eval()), augmentation, seeds.",
    )


def _rows_that_differ(
    first: Made, second: Made, tolerance: float | None, like: Made | None = None
) -> np.ndarray:
    """Return the rows in which any column differs; all where the columns do."""
    n = len(first.labels)
    if list(first.columns) != list(second.columns) or len(second.labels) != n:
        return np.arange(n)
    found = np.zeros(n, dtype=bool)
    for name, one in first.columns.items():
        found |= differ(one, second.columns[name], tolerance, like and like.columns[name])
    return np.flatnonzero(found)


def _alone(
    serve_path: Callable[[Any], Any],
    serve: Made,
    rows: Any,
    names: list[Any],
    n_alone: int,
    tolerance: float | None,
    again: Finding,
) -> Finding:
    """Serve single rows, and compare them with the same rows among the others."""
    if again.verdict == "suspect":
        return Finding.missing("alone", "serving gives other results for the same rows each time.")
    if len(names) < 2:
        return Finding.missing("alone", "there is one row; hand over several.")
    place = {label: at for at, label in enumerate(serve.labels)}
    if not serve.by_label and len(serve.labels) != len(names):
        return Finding.missing("alone", "serving returned other rows than it was handed.")
    tried = np.unique(np.linspace(0, len(names) - 1, n_alone).round().astype(int))
    like = serve.at(
        [*np.unique(np.linspace(0, len(serve.labels) - 1, ENOUGH).round().astype(int))]
    )
    wrong, why = [], ""
    for row in tried:
        label = names[row]
        if label not in place:
            continue
        among = serve.at([place[label]])
        try:
            single = made(
                "serve_path",
                serve_path(copy.deepcopy(take("rows", rows, np.array([row])))),
                [label],
            )
        except Exception as error:
            wrong.append(label)
            why = why or f"it fails ({raised(error)})"
            continue
        if len(_rows_that_differ(among, single, tolerance, like)):
            wrong.append(label)
            why = why or _why(among, single, tolerance, like)
    return _judged(
        "alone",
        len(wrong) / len(tried),
        f"{counted(len(wrong), 'row')} of {len(tried)} came out otherwise when served "
        f"alone: {why}."
        if wrong
        else f"{counted(len(tried), 'row')} came out the same when served alone.",
        wrong,
        _any_seen(serve, tolerance),
        _SAME,
        cure=(
            "let nothing be fitted on the rows that are served: means, scales and categories come "
            "from the training rows; n_alone=0 where rows are never served alone."
        ),
    )


def _why(among: Made, single: Made, tolerance: float | None, like: Made) -> str:
    """Say how a row that was served alone differs from itself among others."""
    gone = [str(one) for one in among.columns if one not in single.columns]
    new = [str(one) for one in single.columns if one not in among.columns]
    if gone or new:
        return f"columns {', '.join((gone or new)[:5])} are {'missing' if gone else 'new'}"
    if len(single.labels) != 1:
        return f"there are {len(single.labels)} rows"
    for name, one in among.columns.items():
        other = single.columns[name]
        if differ(one, other, tolerance, like.columns[name]).any():
            if isinstance(one, pd.Series):
                return f"{name} is {one.iloc[0]} among others and {other.iloc[0]} alone"
            return f"{name} differ"
    return "the columns are in another order"
