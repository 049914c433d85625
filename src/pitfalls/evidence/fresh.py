"""Seeds that nobody has run: each day has its own.

A contract that is judged on the same seeds in every run has been tuned to them after a while,
which is the pitfall of chapter 12. So a run of the tests takes seeds of the day, prints the first,
and can be given it to be repeated.
"""

from __future__ import annotations

import datetime

__all__ = ["EACH_DAY", "FIRST", "seed_base"]

#: Seeds below this are for committed evidence.
FIRST = 10_000
#: How many seeds a day has.
EACH_DAY = 1_000


def seed_base(day: datetime.date | None = None) -> int:
    """Return the first of the seeds that belong to a day.

    Parameters
    ----------
    day : date, default=None
        Today by default, in UTC, so that a run on two computers has the same.

    Returns
    -------
    int
        At least `FIRST`; the next day's is `EACH_DAY` more.

    Examples
    --------
    >>> import datetime
    >>> from pitfalls.evidence import seed_base
    >>> seed_base(datetime.date(2026, 1, 2)) - seed_base(datetime.date(2026, 1, 1))
    1000
    """
    day = datetime.datetime.now(datetime.UTC).date() if day is None else day
    return FIRST + EACH_DAY * (day.toordinal() - datetime.date(2020, 1, 1).toordinal())
