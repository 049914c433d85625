"""What a time may be, and how it is read: the same wherever somebody hands over times.

Numbers, such as years or places in a file; dates, with a zone or without; periods, of which the
start counts; spans, in seconds; texts that are numbers, dates as ISO 8601 writes them, or dates
with the month by its name and a year of four digits; and ordered categories.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["are_dates", "read_reach", "read_sides", "read_times", "time_numbers"]

_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")
_DATES = ("date", "datetime", "datetime64")
#: A month by its name, which says itself that it is no day, and a year that is one.
_MONTH = r"(?i)\b(?:\d*)(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_YEAR = r"(?<!\d)\d{4}(?!\d)"
#: Day and month as numbers, in whichever order.
_DAY_OR_MONTH = r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
#: What a time ends in that says how far it is from Greenwich.
_ZONE = r"[T ]\d\d.*(?:Z|[+-]\d\d(?::?\d\d)?)$"


def read_times(name: str, column: pd.Series) -> pd.Series:
    """Return times as numbers or dates, with what is missing as missing.

    Parameters
    ----------
    name : str
        What they are called in an error.
    column : Series
        One time a row. Its index is kept.

    Raises
    ------
    ValueError
        If one is no time, if nobody can tell its day from its month, or if some have a time zone
        and others have none.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return _of_categories(name, column)
    if isinstance(column.dtype, pd.PeriodDtype):
        return column.dt.start_time
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        return column
    if column.dtype.kind == "m":
        return column.dt.total_seconds()
    if column.dtype.kind in "iuf":
        whole = isinstance(column.dtype, np.dtype)
        return column if whole else column.astype("Float64").astype(float)
    return _of_things(name, column, column.dropna())


def _of_categories(name: str, column: pd.Series) -> pd.Series:
    """Read categories as what they are, or where they are words in order by their places."""
    kinds = column.cat.categories
    try:
        return read_times(name, column.astype(kinds.dtype))
    except ValueError:
        if not column.cat.ordered:
            raise
    codes = column.cat.codes
    return codes.where(codes >= 0).astype(float)


def _of_things(name: str, column: pd.Series, known: pd.Series) -> pd.Series:
    """Read texts, and things of Python."""
    if known.empty:
        return pd.Series(np.nan, index=column.index)
    kind = pd.api.types.infer_dtype(known)
    if kind == "string":
        return _of_texts(name, column, known.astype(str))
    if kind in _NUMBERS:
        return pd.to_numeric(column).astype(float)
    if kind == "period":
        return column.map(lambda one: one.start_time, na_action="ignore").astype("datetime64[ns]")
    if kind in ("timedelta", "timedelta64"):
        return pd.to_timedelta(column).dt.total_seconds()
    if kind in _DATES or all(isinstance(one, dt.date | np.datetime64) for one in known):
        zoned = [getattr(one, "tzinfo", None) is not None for one in known]
        _of_one_kind(name, any(zoned), all(zoned))
        return _dates(name, column, known, zoned=all(zoned))
    raise _no_time(name, known)


def _of_texts(name: str, column: pd.Series, known: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(known, errors="coerce")
    if numbers.notna().all():
        return pd.to_numeric(column.astype(object), errors="coerce").astype(float)
    zoned = known.str.contains(_ZONE)
    _of_one_kind(name, zoned.any(), zoned.all())
    column = column.astype(object)
    if (known.str.contains(_MONTH) & known.str.contains(_YEAR)).all():
        return _dates(name, column, known, zoned=zoned.all(), format="mixed")
    return _dates(name, column, known, zoned=zoned.all(), format="ISO8601")


def _dates(
    name: str, column: pd.Series, known: pd.Series, *, zoned: bool, format: Any = None
) -> pd.Series:
    try:
        return pd.to_datetime(column, utc=bool(zoned), format=format)
    except (ValueError, TypeError):
        raise _no_time(name, known) from None


def _of_one_kind(name: str, some: bool, every: bool) -> None:
    if some and not every:
        raise ValueError(
            f"{name} has dates with a time zone and others without; hand over all with one, or "
            "all without, such as times.dt.tz_localize(None)"
        )


def _no_time(name: str, known: pd.Series) -> ValueError:
    """Return what is wrong with the first thing that is no time."""
    texts = known.map(lambda one: isinstance(one, str))
    unclear = known[texts & known.astype(str).str.contains(_DAY_OR_MONTH)]
    unclear = unclear[~unclear.astype(str).str.match(r"\d{4}-")]
    if len(unclear):
        return ValueError(
            f"{name} has {unclear.iloc[0]!r}: is the day or the month first? Hand over texts such "
            "as 2024-01-31, or pd.to_datetime(times, dayfirst=True), or dayfirst=False"
        )
    is_iso = pd.to_datetime(known.where(texts), errors="coerce", format="ISO8601", utc=True)
    strange = known[is_iso.isna()] if is_iso.isna().any() else known
    [one, *_] = strange.iloc[:1].tolist()
    return ValueError(
        f"{name} has {one!r} at {strange.index[0]!r}; it must be a date, such as "
        "2024-01-31, or a number; of other texts pd.to_datetime(times, format=...) makes dates"
    )


def are_dates(times: pd.Series) -> bool:
    """Whether times that were read are dates, not numbers."""
    return times.dtype.kind == "M"


def time_numbers(times: pd.Series) -> np.ndarray:
    """Return times that were read as numbers that can be compared; NaN where one is missing."""
    if not are_dates(times):
        return times.to_numpy(dtype=float)
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    since = times.to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(since), np.nan, since.astype(np.int64))


def read_sides(
    names: tuple[str, str], train: pd.Series, test: pd.Series
) -> tuple[pd.Series, pd.Series]:
    """Return the times of both sides of a split, so that they can be compared.

    Raises
    ------
    ValueError
        If one is no time, or those of one side have no order with those of the other.
    """
    ours, theirs = read_times(names[0], train), read_times(names[1], test)
    if ours.dropna().empty or theirs.dropna().empty:
        return ours, theirs
    dates = are_dates(ours), are_dates(theirs)
    if dates[0] != dates[1]:
        kinds = ["dates" if one else "numbers" for one in dates]
        raise ValueError(
            f"{names[0]} has {kinds[0]} and {names[1]} {kinds[1]}, which have no order; hand over "
            "the same of both"
        )
    zones = [isinstance(side.dtype, pd.DatetimeTZDtype) for side in (ours, theirs)]
    if zones[0] != zones[1]:
        raise ValueError(
            f"the times of {names[0] if zones[0] else names[1]} have a time zone and those of the "
            "other side have none; use tz_localize on these, or tz_localize(None) on those"
        )
    return ours, theirs


def read_reach(name: str, reach: Any, times: pd.Series) -> Any:
    """Return a distance in time, in the unit of times that were read: a timedelta or a number.

    Raises
    ------
    ValueError
        If it is of another kind than the times, or below 0.
    """
    dates = are_dates(times)
    plain = isinstance(reach, int | float | np.number) and not isinstance(reach, np.timedelta64)
    try:
        if isinstance(reach, bool | np.bool_) or (dates and plain and reach != 0):
            raise ValueError("a number of what?")
        found = pd.Timedelta(reach) if dates else float(reach)
    except (ValueError, TypeError):
        needed = 'a timedelta or a text such as "10D"' if dates else "a number"
        kind = "dates" if dates else "numbers"
        raise ValueError(f"{name}={reach!r} must be {needed}, as the times are {kind}") from None
    if not found >= (pd.Timedelta(0) if dates else 0):
        raise ValueError(f"{name}={reach!r} must be 0 or more")
    return found
