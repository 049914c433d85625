"""Words of the sentences that checks say."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

__all__ = ["counted", "first_line", "nearest", "percent", "raised", "suggested"]

#: So many of what there is are named.
_NAMED = 8
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


def nearest(name: Any, known: Iterable[Any]) -> Any:
    """Return which of the known names is meant by one that is none of them, or None.

    Capitals, blanks, hyphens and underscores make no difference.
    """
    plain = {_plain(one): one for one in known}
    close = difflib.get_close_matches(_plain(name), plain, 1)
    return plain[close[0]] if close else None


def suggested(name: Any, known: Iterable[Any]) -> str:
    """Say what may be meant by a name that is not there, or what there is."""
    known = [*known]
    close = nearest(name, known)
    if close is not None:
        return f"is it {close!r}?"
    return f"it has {', '.join(map(repr, known[:_NAMED]))}" if known else "it has none"


def _plain(name: Any) -> str:
    return str(name).casefold().replace("-", "_").replace(" ", "_")
