"""Changes an item of a report in its text, and leaves all else as it is, letter by letter.

ruamel.yaml says where the keys of the item stand, and writes what comes in their place. A report
is not written anew as a whole: that would join the lines of answers, take out spaces and move
comments in items that nobody has touched. Comments among what is replaced are kept, above it. The
new text is read again, and has to say what it should and no more.
"""

from __future__ import annotations

import contextlib
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .document import Place, load
from .layout import in_brackets, in_lines, pieces_in_lines
from .reading import Report, ReportError

__all__ = ["changed"]

_COMMENT = re.compile(r"(?<!\S)#[^\r\n]*")
_DASH = re.compile(r"[\r\n] *(-)(?=\s|\Z)")
_TO_THE_END = re.compile(r"[^\r\n]*")


def changed(text: str, report: Report, item: str, changes: Mapping[str, Any]) -> str:
    """Return the text of a report with some keys of an item set.

    Parameters
    ----------
    text : str
        The text of the file.
    report : Report
        The same text, as `reading.parse` gives it.
    item : str
        The code of the item, which may be missing in the report.
    changes : mapping of str to object
        The new values by their keys.

    Returns
    -------
    str
        The new text; lines that are not of the item are the same.

    Raises
    ------
    ReportError
        If the item is written in a way that cannot be edited; it names the line.
    """

    def error(message: str, *path: str) -> ReportError:
        return ReportError(report.path, message, report.line_of(path))

    items = report.data.get("items")
    if not isinstance(items, dict | None):
        raise error("`items` must be a mapping of the codes 1a to 8b", "items")
    before = (items or {}).get(item)
    if not isinstance(before, dict | None):
        raise error(f"{item} must be a mapping of `status` and `answer`", "items", item)
    if before is None and _is_flow(report.places.get(("items",), report.places[()]).value):
        message = f"the items stand in brackets, where {item} cannot be added; do it by hand"
        raise error(message, "items")
    entry = {**(before or {}), **changes}
    wanted = {**report.data, "items": {**(items or {}), item: entry}}
    for quoted in (False, True):
        after = _Editor(text, report.places, quoted).edited(item, entry, before, changes)
        with contextlib.suppress(ReportError):
            if json.dumps(load(after, report.path)[0]) == json.dumps(wanted):
                return after
    message = f"{item} is written in a way that cannot be edited without harm; change it by hand"
    raise error(message, "items", item)


class _Editor:
    """Collects what is put where, and then puts it there.

    Places in the text are numbers of letters, as ruamel.yaml has them, from behind the byte order
    mark.
    """

    def __init__(self, text: str, places: Mapping[tuple, Place], quoted: bool) -> None:
        self.text = text.removeprefix("\ufeff")
        self.mark = text[: len(text) - len(self.text)]
        self.places, self.quoted = places, quoted
        self.edits: list[tuple[int, int, str]] = []

    def edited(self, item: str, entry: Mapping, before: Mapping | None, changes: Mapping) -> str:
        """Return the text with the changes in it; `entry` is the item with all its keys."""
        items, place = self.places.get(("items",)), self.places.get(("items", item))
        if place and _is_flow(place.value):
            name = self.text[place.key.start_mark.index : place.key.end_mark.index]
            self.put(place, f"{name}: {in_brackets(entry, self.quoted)}")
        elif before:
            self.set_keys(place.value, ("items", item), before, changes)
        elif place:
            self.put(place, in_lines({item: entry}, self.quoted))
        elif items and isinstance(items.value, MappingNode):
            self.add(items.value, in_lines({item: entry}, self.quoted))
        elif items:
            self.put(items, in_lines({"items": {item: entry}}, self.quoted))
        else:
            self.add(self.places[()].value, in_lines({"items": {item: entry}}, self.quoted))
        after, end = self.text, re.search(r"\r\n|\r|\n|\Z", self.text)[0] or "\n"
        for start, stop, new in reversed(sorted(self.edits, key=lambda edit: edit[0])):
            after = after[:start] + new.replace("\n", end) + after[stop:]
        return self.mark + after

    def set_keys(self, node: MappingNode, here: tuple, before: Mapping, changes: Mapping) -> None:
        """Set keys of an item that stand in lines of their own."""
        for key, value in changes.items():
            place = self.places.get((*here, key))
            if place and key == "evidence" and _is_flow(place.value) is False:
                self.set_pieces(place.value, before[key], value)
            elif place:
                self.put(place, in_lines({key: value}, self.quoted))
        if fresh := {key: value for key, value in changes.items() if key not in before}:
            self.add(node, in_lines(fresh, self.quoted))

    def set_pieces(self, node: SequenceNode, old: list, new: list) -> None:
        """Replace, delete and add pieces of evidence; each stands in lines of its own."""
        told = ([json.dumps(piece) for piece in pieces] for pieces in (old, new))
        for kind, first, last, begin, end in SequenceMatcher(None, *told).get_opcodes():
            start, lines = node.start_mark.index, pieces_in_lines(new[begin:end], self.quoted)
            if first:
                start = self.end(node.value[first - 1])
            if kind == "insert":
                self.insert(start, node.start_mark.column, lines)
            elif kind != "equal":
                dash = _DASH.search(self.text, start).start(1) if first else start
                stop = self.end(node.value[last - 1])
                self.replace(dash, stop, node.start_mark.column, lines)

    def put(self, place: Place, lines: str) -> None:
        """Put lines in the place of a key and its value."""
        key = place.key.start_mark
        self.replace(key.index, self.end(place.value, place.key), key.column, lines)

    def add(self, node: MappingNode, lines: str) -> None:
        """Add lines to a mapping, below all that it has."""
        self.insert(self.end(node), node.start_mark.column, lines)

    def insert(self, after: int, column: int, lines: str) -> None:
        """Put lines below the one that a place is in."""
        at = _TO_THE_END.match(self.text, after).end()
        self.edits.append((at, at, "\n" + textwrap.indent(lines, " " * column)))

    def replace(self, start: int, stop: int, column: int, lines: str) -> None:
        """Put lines, or nothing, in the place of others, whose comments come before them."""
        if "\n" in lines or not lines:  # a comment behind would become text of the last line
            stop = _TO_THE_END.match(self.text, stop).end()
        new = "\n".join(filter(None, (*self.comments(start, stop), lines)))
        if not new:  # the whole line goes
            start, stop = start - column, re.compile(r"\r?\n?").match(self.text, stop).end()
        self.edits.append((start, stop, textwrap.indent(new, " " * column)[column:]))

    def comments(self, start: int, stop: int) -> Iterator[str]:
        """Find the comments between two places: they lie outside the scalars."""
        nodes = {node.start_mark.index: node for place in self.places.values() for node in place}
        for first, node in sorted(nodes.items()):
            if isinstance(node, ScalarNode) and start <= first < stop:
                if node.style in ("|", ">"):
                    first = _TO_THE_END.match(self.text, first).end()
                yield from _COMMENT.findall(self.text, start, first)
                start = max(first, self.end(node))
        yield from _COMMENT.findall(self.text, start, stop)

    def end(self, node: Node, key: Node | None = None) -> int:
        """Return where a value ends; one that is empty ends at the colon behind its key."""
        start, stop = node.start_mark.index, node.end_mark.index
        if _is_flow(node):
            return stop
        if not isinstance(node, ScalarNode):
            last = node.value[-1]
            return self.end(last[1], last[0]) if isinstance(node, MappingNode) else self.end(last)
        if start == stop and key is not None:
            return self.text.find(":", key.end_mark.index) + 1
        told = self.text[start:stop]
        if node.style in ("|", ">") and "+" in told[:3]:  # which keeps empty lines at its end
            return start + len(re.sub(r"(\r\n|\r|\n)\Z", "", told))
        return start + len(told.rstrip(" \t\r\n"))


def _is_flow(node: Node) -> bool | None:
    """Whether a list or mapping stands in brackets; None for all else."""
    return None if isinstance(node, ScalarNode) else bool(node.flow_style)
