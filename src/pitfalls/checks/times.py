"""Whether a model was trained on what came after its test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame
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
        The time of each row: dates, texts that are dates, or numbers such as years, seconds or
        places in a file. Of several folds hand over one after the other.
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
    notes: list[str] = []
    sides = [_read(name, side, notes) for name, side in (("train", train), ("test", test))]
    _comparable(*sides)
    ours, theirs = (side.dropna() for side in sides)
    reach = None if gap is None else _reach(gap, ours if len(ours) else theirs)
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


def _read(name: str, side: Any, notes: list[str]) -> pd.Series:
    """Return times as numbers or dates, with what is missing as missing."""
    frame = as_frame(name, side)
    if frame.shape[1] > 1:
        raise ValueError(
            f"{name} has {frame.shape[1]} columns; hand over one, the time of each row"
        )
    if frame.empty:
        return pd.Series(dtype=float)
    column = frame.iloc[:, 0]
    times = _as_times(name, column)
    gone = int(times.isna().sum())
    if gone:
        notes.append(f"{counted(gone, f'{name} row')} without a time left out.")
    return times


def _as_times(name: str, column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if isinstance(column.dtype, pd.PeriodDtype):
        return column.dt.start_time
    if column.dtype.kind == "m":
        return column.dt.total_seconds()
    if column.dtype.kind == "M" or isinstance(column.dtype, pd.DatetimeTZDtype):
        return column
    if column.dtype.kind == "b":
        raise ValueError(f"{name} has {column.iloc[0]!r}; it must be dates or numbers")
    if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype.kind != "c":
        return column.astype(float)
    known = column.dropna()
    numbers = pd.to_numeric(known, errors="coerce")
    if len(known) and numbers.notna().all():
        return pd.to_numeric(column, errors="coerce").astype(float)
    return _as_dates(name, column, known)


def _as_dates(name: str, column: pd.Series, known: pd.Series) -> pd.Series:
    for one in known[:1]:
        if isinstance(one, pd.Period):
            return column.map(lambda each: each.start_time, na_action="ignore")
    try:
        if not _any_text(known):
            return pd.to_datetime(column)
        named = known.astype(str).str.contains("[A-Za-z]{3}").all()  # a month by its name
        return pd.to_datetime(column, format="mixed" if named else "ISO8601")
    except (ValueError, TypeError) as error:
        if "tz" in str(error).lower() or "offset" in str(error).lower():
            raise ValueError(
                f"{name} has dates of several time zones, or with and without one; hand over all "
                "in one, such as pd.to_datetime(times, utc=True)"
            ) from None
    for row, one in known.items():
        try:
            pd.Timestamp(one)
        except (ValueError, TypeError):
            raise ValueError(
                f"{name} has {one!r} at {row!r}; it must be a date, such as 2024-01-31, or a "
                "number"
            ) from None
    raise ValueError(
        f"{name} has {known.iloc[0]!r}: is the day or the month first? Hand over texts such as "
        "2024-01-31, or pd.to_datetime(times, dayfirst=...)"
    )


def _any_text(known: pd.Series) -> bool:
    return any(isinstance(one, str) for one in known[:10])


def _comparable(train: pd.Series, test: pd.Series) -> None:
    """Raise where the times of the two sides cannot be compared."""
    if train.empty or test.empty:
        return
    dates = [side.dtype.kind == "M" or hasattr(side.dtype, "tz") for side in (train, test)]
    if dates[0] != dates[1]:
        kinds = ["dates" if one else "numbers" for one in dates]
        raise ValueError(
            f"train has {kinds[0]} and test {kinds[1]}, which have no order; hand over the same "
            "of both"
        )
    zones = [getattr(side.dtype, "tz", None) for side in (train, test)]
    if dates[0] and (zones[0] is None) != (zones[1] is None):
        with_one = "train" if zones[0] is not None else "test"
        raise ValueError(
            f"the times of {with_one} have a time zone and those of the other side have none; use "
            "tz_localize on these, or tz_localize(None) on those"
        )


def _reach(gap: Any, times: pd.Series) -> Any:
    """Return the gap in the unit of the times, or raise."""
    dates = times.dtype.kind == "M" or hasattr(times.dtype, "tz")
    plain = isinstance(gap, int | float | np.number) and not isinstance(gap, np.timedelta64)
    try:
        if dates and plain and gap != 0:
            raise ValueError("a number of what?")
        reach = pd.Timedelta(gap) if dates else float(gap)
    except (ValueError, TypeError):
        needed = 'a timedelta or a text such as "10D"' if dates else "a number"
        raise ValueError(
            f"gap={gap!r} must be {needed}, as the times are {'dates' if dates else 'numbers'}"
        ) from None
    if not reach >= (pd.Timedelta(0) if dates else 0):
        raise ValueError(f"gap={gap!r} must be 0 or more")
    return reach


def _told(time: Any) -> str:
    if not isinstance(time, pd.Timestamp):
        return f"{time:g}"
    return str(time.date() if time == time.normalize() else time)
