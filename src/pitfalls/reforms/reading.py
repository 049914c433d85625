"""Reads a report, which may come from anybody, into plain values with their lines.

Only small UTF-8 files without control characters are read; what is refused in their YAML says
`pitfalls.reforms.document`.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import PitfallsError

if TYPE_CHECKING:
    from .document import Place

__all__ = ["STATUSES", "Entry", "Report", "ReportError", "forbidden", "parse", "read", "read_text"]

LARGEST = 1_000_000
#: `not_stated` is for an audit of somebody else's document, which does not say.
STATUSES = ("met", "partial", "not_met", "not_applicable", "not_stated")
#: Control characters, halves of surrogate pairs, and what turns the direction of a whole line.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_MARKS = {b"\xff\xfe\x00\x00": "UTF-32", b"\x00\x00\xfe\xff": "UTF-32"}
_MARKS |= {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


class ReportError(PitfallsError, ValueError):
    """A report cannot be read or written; the message names the file, the line and the cure.

    Attributes
    ----------
    path : Path
        The file.
    line : int or None
        The line, from 1.
    """

    def __init__(self, path: Path, message: str, line: int | None = None) -> None:
        self.path, self.line = path, line
        super().__init__(f"{path}:{line}: {message}" if line else f"{path}: {message}")


@dataclass(frozen=True)
class Entry:
    """What a report says of an item; what is not as it should be is left out.

    Attributes
    ----------
    status : str or None
        ``"met"``, ``"partial"``, ``"not_met"``, ``"not_applicable"``, ``"not_stated"`` or None.
    answer : str
        The answer, or nothing.
    evidence : tuple of mapping
        A mapping a piece: ``file`` and ``sha256``, ``doi``, ``cell``, ``section``, ``url``,
        ``repository`` and ``commit``, or ``check``.
    interval : tuple of two floats or None
        Of item 7b.
    n : int or None
        Of item 7b.
    scores : tuple of mapping
        Of item 7b, where there are several: ``name``, ``interval``, ``n`` and perhaps ``value``.
    """

    status: str | None = None
    answer: str = ""
    evidence: tuple[Mapping[str, Any], ...] = ()
    interval: tuple[float, float] | None = None
    n: int | None = None
    scores: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Report:
    """A report that could be read, sound or not.

    Attributes
    ----------
    path : Path
        The file.
    root : Path
        The folder that evidence may lie in.
    data : dict
        What it says, as plain Python.
    places : mapping of tuple to Place
        Where each value stands, by the keys and numbers that lead to it.
    """

    path: Path
    root: Path
    data: dict[str, Any]
    places: Mapping[tuple, Place] = field(repr=False)

    def line_of(self, path: tuple[str | int, ...]) -> int:
        """Return the line, from 1, of a key or a piece; of the nearest that is there."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path].key.start_mark.line + 1

    @property
    def title(self) -> str:
        """The study's title, or the name of the file."""
        title = self._study.get("title")
        return title if isinstance(title, str) and title.strip() else self.path.name

    @property
    def authors(self) -> tuple[str, ...]:
        """The authors' names."""
        authors = self._study.get("authors")
        return tuple(a for a in authors if isinstance(a, str)) if _is(authors, list) else ()

    @property
    def date(self) -> str:
        """The date, as it is written, or nothing."""
        date = self._study.get("date")
        return date if isinstance(date, str) else ""

    @property
    def audit_of(self) -> str:
        """The document of somebody else that this report is about, or nothing."""
        document = self._study.get("audit_of")
        return document.strip() if isinstance(document, str) else ""

    @property
    def entries(self) -> dict[str, Entry]:
        """What the report says, item by item, in its order."""
        items = self.data.get("items")
        return {code: _entry(row) for code, row in items.items()} if _is(items, dict) else {}

    @property
    def _study(self) -> dict[str, Any]:
        study = self.data.get("study")
        return study if isinstance(study, dict) else {}


def read(path: str | Path, *, root: str | Path | None = None) -> Report:
    """Read a report.

    Parameters
    ----------
    path : str or Path
        The YAML file.
    root : str or Path, default=None
        The folder that files of evidence may lie in; by default that of the report.

    Returns
    -------
    Report
        What it says, whether sound or not: ask `check`.

    Raises
    ------
    ReportError
        If it cannot be read: no file, too large, no UTF-8, no YAML, or YAML that a report has no
        need of.
    """
    path = Path(path)
    return parse(read_text(path), path, root)


def parse(text: str, path: Path, root: str | Path | None = None) -> Report:
    """Return the report that a text is, as `read` does for the text of a file."""
    from .document import load

    data, places = load(text, path)
    if not isinstance(data, dict):
        raise ReportError(path, "this is no report: it has to begin with `format: 1`", 1)
    return Report(path, Path(root) if root is not None else path.parent, data, places)


def read_text(path: Path) -> str:
    """Return the text of a small UTF-8 file, its byte order mark included."""
    raw = _bytes(path)
    if len(raw) > LARGEST:
        raise ReportError(path, f"larger than {LARGEST / 1e6:g} MB, which no report needs to be")
    for mark, name in _MARKS.items():
        if raw.startswith(mark):
            raise ReportError(path, f"this is {name}; save it as UTF-8")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = _line_at(raw[: error.start].decode("latin-1"))
        raise ReportError(path, "this is not UTF-8; save it as UTF-8", line) from None
    if found := _FORBIDDEN.search(text):
        message = f"the control character {forbidden(text)} has no place in a report; delete it"
        raise ReportError(path, message, _line_at(text[: found.start()]))
    return text


def forbidden(text: str) -> str | None:
    """Return the first letter that no report may have, as ``U+0007``, or None."""
    found = _FORBIDDEN.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def _bytes(path: Path) -> bytes:
    """Return the beginning of an ordinary file, one byte more than a report may have."""
    try:
        kind = path.stat().st_mode
        if stat.S_ISREG(kind):  # a pipe or a device might never end
            with path.open("rb") as file:
                return file.read(LARGEST + 1)
    except FileNotFoundError:
        hint = f"`pitfalls reforms new {path.name}` makes one"
        raise ReportError(path, f"there is no such file; {hint}") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        why = getattr(error, "strerror", None) or error
        raise ReportError(path, f"cannot be read: {why}") from None
    if stat.S_ISDIR(kind):
        raise ReportError(path, "this is a folder; give the file of a report")
    raise ReportError(path, "this is no ordinary file")


def _line_at(before: str) -> int:
    """Return the line, from 1, that comes after a text; YAML 1.2 counts these ends, no others."""
    return 1 + len(re.findall(r"\r\n|\r|\n", before))


def _entry(row: Any) -> Entry:
    """Keep of an entry what is as it should be."""
    row = row if isinstance(row, dict) else {}
    status, answer, evidence = (row.get(key) for key in ("status", "answer", "evidence"))
    interval, n, scores = row.get("interval"), row.get("n"), row.get("scores")
    pair = _is(interval, list) and len(interval) == 2 and all(_is(x, int, float) for x in interval)
    return Entry(
        status=status if isinstance(status, str) and status in STATUSES else None,
        answer=answer if isinstance(answer, str) else "",
        evidence=tuple(e for e in evidence if _is(e, dict)) if _is(evidence, list) else (),
        interval=tuple(interval) if pair else None,
        n=int(n) if _is(n, int, float) and n == n // 1 else None,
        scores=tuple(one for one in scores if _is(one, dict)) if _is(scores, list) else (),
    )


def _is(value: Any, *kinds: type) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)
