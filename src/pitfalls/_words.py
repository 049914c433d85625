"""Words of the sentences that checks say."""

from __future__ import annotations

__all__ = ["counted", "first_line", "percent", "raised"]

#: Letters of an error that are quoted.
_LINE = 300


def counted(number: int, thing: str, things: str | None = None) -> str:
    """Return a number with its noun: ``1 row``, ``1 200 rows``."""
    return f"{number:,}".replace(",", " ") + f" {thing if number == 1 else things or thing + 's'}"


def percent(share: float) -> str:
    """Return a share as a reader would say it: ``3 %``, ``0.4 %``, ``none`` is left to words."""
    number = 100 * share
    return f"{number:.0f} %" if number >= 10 or number == round(number) else f"{number:.2g} %"


def first_line(error: Exception) -> str:
    """Return the first line of an error's text, without a full stop."""
    line = (str(error).strip().splitlines() or [""])[0].rstrip(".:")
    return line if len(line) <= _LINE else line[:_LINE].rpartition(" ")[0] + " …"


def raised(error: Exception) -> str:
    """Return an error as a reader would quote it: its type, and the first line of its text."""
    line = first_line(error)
    return f"{type(error).__name__}: {line}" if line else type(error).__name__
