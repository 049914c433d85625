"""Whether a model was trained on what came after its test."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .._data import as_frame
from .._times import read_reach, read_sides
from .._words import counted, percent
from .result import Finding, Result

__all__ = ["trained_after_test"]

#: If so large a share of the training rows of the test period's length lies among the test rows,
#: the rows were shuffled; in a block of test rows there is none.
SHUFFLED = 0.05


def trained_after_test(train: Any, test: Any, *, gap: Any = None) -> Result:
    """Find training rows that come from after the first test row. Nothing is trained.

    Parameters
    ----------
    train, test : array-like of shape (n,), or frame of one column
        The time of each row: dates, texts such as ``"2024-01-31"``, periods, of which the start
        counts, or numbers such as years, seconds or places in a file. Of several folds hand over
        one after the other.
    gap : timedelta, text such as "10D", or number, default=None
        How far the outcome of a row reaches into the future, in the unit of the times. Then
        training rows are found as well whose outcome was not known at the first test row.

    Returns
    -------
    Result
        ``"after"`` : the share of training rows that are later than the earliest test row.
        ``"gap"`` : where `gap` is given, the share of training rows that are not later, but by
        less than `gap` earlier than the earliest test row.
        For both ``null`` is 0: in a split by time there is none.

    Raises
    ------
    ValueError
        If times cannot be read or compared: dates against numbers, some with a time zone and some
        without.

    Notes
    -----
    A training row from after the first test row knows what the model will not know on the day.
    Where the claim is not about the future (an archive that is complete), that is no fault: say
    so in the report. The times are taken as given. What the check cannot see: features that look
    ahead (`features_that_look_ahead`), values that were revised later, and rows of other times
    that are one case (`shared_identifiers`). Blocks of the past, tested on with training rows on
    both sides, are named as such: they are right for some questions and wrong for a forecast
    (Cerqueira, Torgo and Mozetič 2020, doi:10.1007/s10994-020-05910-7).

    Examples
    --------
    >>> from pitfalls.checks import trained_after_test
    >>> result = trained_after_test(["2024-01-01", "2024-01-03"], ["2024-01-02", "2024-01-04"])
    >>> result.verdict, result["after"].where
    ('suspect', (1,))
    """
    sides = read_sides(("train", "test"), _column("train", train), _column("test", test))
    notes = [*_gone("train", sides[0]), *_gone("test", sides[1])]
    ours, theirs = (side.dropna() for side in sides)
    reach = None if gap is None else read_reach("gap", gap, ours if len(ours) else theirs)
    if ours.empty or theirs.empty:
        none = Finding.missing("after", "a side has no times; hand over those of both sides.")
        return Result("trained_after_test", (none,), tuple(notes))
    first, last = theirs.min(), theirs.max()
    after = ours > first
    findings = [_after(ours, theirs, after)]
    if (ours == first).any() and not after.any():
        notes.append(
            f"{counted(int((ours == first).sum()), 'training row')} and "
            f"{counted(int((theirs == first).sum()), 'test row')} have the same time, "
            f"{_told(first)}: cut by whole times, if rows of one time know of each other."
        )
    if reach is None:
        notes.append(
            "outcomes that reach into the test period were not looked for: gap= says how far they "
            "reach."
        )
    else:
        findings.append(_gap(ours, first, reach, gap))
    if last == first and len(theirs) > 1:
        notes.append(f"all test rows have the same time, {_told(first)}.")
    return Result("trained_after_test", tuple(findings), tuple(notes))


def _after(train: pd.Series, test: pd.Series, after: pd.Series) -> Finding:
    first, last = test.min(), test.max()
    n, within = int(after.sum()), int((after & (train < last)).sum())
    among = within / max(within + len(test), 1)
    kind = (
        f"{counted(within, 'of them lies', 'of them lie')} among the test rows, as after a shuffle"
        if among > SHUFFLED
        else "none of them lies among the test rows, which are a block"
    )
    return Finding.judged(
        "after", float(after.mean()), 0, seen=True, where=train.index[after],
        says=(
            f"{counted(n, 'training row')} of {len(train)} ({percent(float(after.mean()))}) "
            f"{'is' if n == 1 else 'are'} later than the first test row, {_told(first)}; {kind}."
            if n
            else f"the last of {counted(len(train), 'training row')}, {_told(train.max())}, is no "
            f"later than the first test row, {_told(first)}."
        ),
        blind="",
        cure=(
            "for a forecast, train on what comes before all test rows (TimeSeriesSplit, or a cut "
            "at a date)."
        ),
    )  # fmt: skip


def _gap(train: pd.Series, first: Any, reach: Any, gap: Any) -> Finding:
    inside = (train <= first) & (train > first - reach)
    n = int(inside.sum())
    return Finding.judged(
        "gap", float(inside.mean()), 0, seen=True, where=train.index[inside],
        says=(
            f"the outcomes of {counted(n, 'training row')} of {len(train)} reach beyond the first "
            f"test row, {_told(first)}, by a gap of {gap}."
            if n
            else f"no training row is by less than {gap} earlier than the first test row."
        ),
        blind="",
        cure="drop the training rows within the gap (TimeSeriesSplit(gap=...), purging).",
    )  # fmt: skip


def _column(name: str, side: Any) -> pd.Series:
    """Return the times of a side as they were handed over."""
    frame = as_frame(name, side)
    if frame.shape[1] > 1:
        raise ValueError(
            f"{name} has {frame.shape[1]} columns; hand over one, the time of each row"
        )
    return pd.Series(dtype=float) if frame.empty else frame.iloc[:, 0]


def _gone(name: str, times: pd.Series) -> list[str]:
    gone = int(times.isna().sum())
    return [f"{counted(gone, f'{name} row')} without a time left out."] if gone else []


def _told(time: Any) -> str:
    if not isinstance(time, pd.Timestamp):
        return f"{time:g}"
    return str(time.date() if time == time.normalize() else time)
