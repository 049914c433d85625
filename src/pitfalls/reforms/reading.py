"""Reads a report, which may come from anybody, into plain values with their lines.

YAML is read as events, so that nothing is built before it is known to be harmless. What a
report has no need of is refused: anchors and aliases (a few lines can stand for billions), tags,
directives, second documents, keys that are no text or come twice, control characters, more than
1 MB, 12 levels or 10 000 values. The rest is YAML 1.2: ``no`` is a word and a date is text.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._errors import PitfallsError

__all__ = [
    "Entry",
    "Node",
    "Report",
    "ReportError",
    "compose",
    "parse",
    "read",
    "resolve",
    "split_lines",
]

LARGEST = 1_000_000
DEEPEST = 12
MOST_VALUES = 10_000
STATUSES = ("met", "not_met", "not_applicable")
#: Control characters, halves of surrogate pairs, and what turns the direction of a whole line.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = ("", "~", "null", "Null", "NULL")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}\Z")
_NUMBER = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?\.(inf|Inf|INF)\Z"
)


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


@dataclass
class Node:
    """A value and where it stands.

    Attributes
    ----------
    value : object
        None, bool, int, float, str, list or dict.
    first, last : int
        Its first line and the last line that holds something of it, from 0.
    column, end : int
        Where it begins in its first line and ends in its last, from 0.
    flow : bool
        Whether it is written in brackets.
    keys : dict of str to Node
        Of a mapping: its keys.
    children : dict of str or int to Node
        Of a mapping or a list: its values.
    """

    value: Any
    first: int
    last: int
    column: int
    end: int = 0
    flow: bool = False
    keys: dict[str, Node] = field(default_factory=dict)
    children: dict[str | int, Node] = field(default_factory=dict)

    def line_of(self, path: tuple[str | int, ...]) -> int:
        """Return the line, from 1, of a key or value; of the nearest that is there."""
        node, line = self, self.first
        for step in path:
            if step in node.keys:
                line = node.keys[step].first
            elif step in node.children:
                line = node.children[step].first
            if step not in node.children:
                break
            node = node.children[step]
        return line + 1


@dataclass(frozen=True)
class Entry:
    """What a report says of an item; what is not as it should be is left out.

    Attributes
    ----------
    status : str or None
        ``"met"``, ``"not_met"``, ``"not_applicable"`` or None.
    answer : str
        The answer, or nothing.
    evidence : tuple of mapping
        A mapping a piece: ``file`` and ``sha256``, ``doi``, ``cell``, or ``check``.
    interval : tuple of two floats or None
        Of item 7b.
    n : int or None
        Of item 7b.
    """

    status: str | None = None
    answer: str = ""
    evidence: tuple[Mapping[str, Any], ...] = ()
    interval: tuple[float, float] | None = None
    n: int | None = None


@dataclass(frozen=True)
class Report:
    """A report that could be read, sound or not.

    Attributes
    ----------
    path : Path
        The file.
    root : Path
        The folder that evidence may lie in.
    tree : Node
        The values and their lines.
    """

    path: Path
    root: Path
    tree: Node

    @property
    def data(self) -> dict[str, Any]:
        """The values, as plain Python."""
        return self.tree.value

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
    folder = Path(root) if root is not None else path.parent
    tree = compose(text, path)
    if not isinstance(tree.value, dict):
        raise ReportError(path, "this is no report: it has to begin with `format: 1`", 1)
    return Report(path=path, root=folder, tree=tree)


def read_text(path: Path) -> str:
    """Return the text of a small UTF-8 file, its byte order mark included."""
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            raise ReportError(path, "this is a folder; give the file of a report")
        if not stat.S_ISREG(kind):  # a pipe or a device might never end
            raise ReportError(path, "this is no ordinary file")
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        hint = f"`pitfalls reforms new {path.name}` makes one"
        raise ReportError(path, f"there is no such file; {hint}") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        why = getattr(error, "strerror", None) or error
        raise ReportError(path, f"cannot be read: {why}") from None
    if len(raw) > LARGEST:
        raise ReportError(path, f"larger than {LARGEST / 1e6:g} MB, which no report needs to be")
    for mark, name in _MARKS.items():
        if raw.startswith(mark):
            raise ReportError(path, f"this is {name}; save it as UTF-8")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = len(split_lines(raw[: error.start].decode("latin-1") + "x"))
        raise ReportError(path, "this is not UTF-8; save it as UTF-8", line) from None
    found = _FORBIDDEN.search(text)
    if found is not None:
        line = len(split_lines(text[: found.start()] + "x"))
        what = f"the control character U+{ord(found[0]):04X}"
        raise ReportError(path, f"{what} has no place in a report; delete it", line)
    return text


def split_lines(text: str) -> list[str]:
    """Split at line feeds and carriage returns, which YAML 1.2 counts, and at nothing else."""
    return _LINE.findall(text)


def compose(text: str, path: Path) -> Node:
    """Parse YAML into values with their lines.

    Parameters
    ----------
    text : str
        One document of YAML 1.2.
    path : Path
        The file, for messages.

    Returns
    -------
    Node
        The document; None, on line 0, where it is empty.

    Raises
    ------
    ReportError
        If the text is not YAML, or makes use of what a report has no need of.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    events = YAML(typ="safe", pure=True).parse(text.removeprefix("\ufeff"))
    try:
        return _Composer(events, path).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ReportError(path, _in_our_words(error), mark.line + 1 if mark else None) from None
    except (YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, ReportError):
            raise
        raise ReportError(path, f"not valid YAML: {' '.join(str(error).split())}") from None


class _Composer:
    """Builds nodes from events, and refuses what a report has no need of."""

    def __init__(self, events: Iterator, path: Path) -> None:
        self.events, self.path, self.count = events, path, 0

    def document(self) -> Node:
        root = None
        for event in self.events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                if root is not None:
                    raise self.error(event, "a second document begins; a report is one")
                if event.tags or event.version not in (None, (1, 2)):
                    raise self.error(event, "directives (%) are refused; delete the line")
            elif kind not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                root = self.node(event, 1)
        if root is None or root.value is None:
            raise ReportError(self.path, "the file is empty; `pitfalls reforms new` makes one")
        return root

    def node(self, event: Any, depth: int) -> Node:
        self.count += 1
        if type(event).__name__ == "AliasEvent" or event.anchor is not None:
            raise self.error(event, "anchors (&) and aliases (*) are refused; repeat the text")
        if event.tag is not None:
            raise self.error(event, "tags (!) are refused; delete it, or put the text in quotes")
        if depth > DEEPEST:
            raise self.error(event, f"nested more than {DEEPEST} levels deep")
        if self.count > MOST_VALUES:
            raise self.error(event, f"more than {MOST_VALUES:,} values")
        start = event.start_mark
        node = Node(None, start.line, start.line, start.column)
        if type(event).__name__ == "ScalarEvent":
            return self.scalar(event, node)
        node.flow = bool(event.flow_style)
        fill = self.mapping if type(event).__name__ == "MappingStartEvent" else self.sequence
        end = fill(node, depth)
        node.last = max([child.last for child in node.children.values()] or [node.last])
        if node.flow:
            node.last, node.end = end.end_mark.line, end.end_mark.column
        return node

    def scalar(self, event: Any, node: Node) -> Node:
        node.value = event.value if event.style else resolve(event.value)
        end = event.end_mark
        # The end of a block lies at the beginning of the line after it.
        node.last, node.end = max(node.first, end.line - (end.column == 0)), end.column
        if isinstance(node.value, str) and (found := _FORBIDDEN.search(node.value)):
            what = f"the control character U+{ord(found[0]):04X}"
            raise self.error(event, f"{what} has no place in a report; delete it")
        return node

    def mapping(self, node: Node, depth: int) -> Any:
        node.value = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            if type(event).__name__ in ("SequenceStartEvent", "MappingStartEvent"):
                raise self.error(event, "a key has to be text")
            key, name = self.node(event, depth + 1), event.value
            if name in node.keys:
                first = node.keys[name].first + 1
                raise self.error(
                    event, f"the key {_short(name)} comes twice, first on line {first}"
                )
            child = self.node(next(self.events), depth + 1)
            # An empty value has no place of its own: it is where its key is.
            if child.value is None and child.first > key.last:
                child.first = child.last = key.last
            node.keys[name], node.children[name], node.value[name] = key, child, child.value
        return event

    def sequence(self, node: Node, depth: int) -> Any:
        node.value = []
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            child = self.node(event, depth + 1)
            node.children[len(node.value)] = child
            node.value.append(child.value)
        return event

    def error(self, event: Any, message: str) -> ReportError:
        return ReportError(self.path, message, event.start_mark.line + 1)


def resolve(text: str) -> Any:
    """Return what a word without quotes stands for, by the core schema of YAML 1.2."""
    if text in _NOTHING:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _NUMBER.match(text) and not re.match(r"[-+]?[0-9]+\Z", text):
        return float(text.lower().replace(".inf", "inf"))
    return float("nan") if text in (".nan", ".NaN", ".NAN") else text


def _entry(row: Any) -> Entry:
    """Keep of an entry what is as it should be."""
    row = row if isinstance(row, dict) else {}
    status, answer, evidence = (row.get(key) for key in ("status", "answer", "evidence"))
    interval, n = row.get("interval"), row.get("n")
    pair = _is(interval, list) and len(interval) == 2 and all(_is(x, int, float) for x in interval)
    return Entry(
        status=status if isinstance(status, str) and status in STATUSES else None,
        answer=answer if isinstance(answer, str) else "",
        evidence=tuple(e for e in evidence if _is(e, dict)) if _is(evidence, list) else (),
        interval=tuple(interval) if pair else None,
        n=int(n) if _is(n, int, float) and n == n // 1 else None,
    )


def _is(value: Any, *kinds: type) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


def _in_our_words(error: Any) -> str:
    """Say what is wrong with the YAML, for people who have never seen its grammar."""
    problem = f"{error.problem or ''} {error.context or ''}"
    if "'\\t'" in problem:
        return "a tab; indent with spaces"
    if "mapping values are not allowed" in problem:
        return "a colon where none can be; put the text in quotes, or indent it below `answer: >`"
    if "end of stream" in problem or "stream end" in problem:
        return "a quote or a bracket is opened and never closed"
    if "block mapping" in problem or "block collection" in problem or "block end" in problem:
        return "this line is not indented like those it belongs to"
    if "cannot start any token" in problem:
        return "a word cannot begin with this character; put the text in quotes"
    return f"not valid YAML: {' '.join((error.problem or str(error)).split())}"


def _short(text: str, most: int = 40) -> str:
    text = " ".join(text.split())
    return f"`{text}`" if len(text) <= most else f"`{text[: most - 1]}…`"
