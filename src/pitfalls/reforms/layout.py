"""Writes keys of an item as lines of YAML, by ruamel.yaml."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
)

from .document import resolve

__all__ = ["in_brackets", "in_lines", "pieces_in_lines"]

_NARROW = 72
_ONE_LINE = 1_000_000


class _Representer(RoundTripRepresenter):
    """Writes ``null`` as a word, and what comes twice twice."""

    def represent_none(self, _: None) -> ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:null", "null")

    def ignore_aliases(self, _: Any) -> bool:
        return True


_Representer.add_representer(type(None), _Representer.represent_none)


def in_lines(entry: Mapping[str, Any], quoted: bool) -> str:
    """Write keys of an item, or an item or `items` with its key.

    A long answer stands below its key, folded or line by line. `quoted` puts all text in quotes:
    there are letters for which ruamel.yaml knows no other way.
    """
    written = []
    for key, value in entry.items():
        if isinstance(value, dict):
            written.append(f"{key}:\n{textwrap.indent(in_lines(value, quoted), '  ')}")
        elif key == "evidence" and value:
            written.append(f"evidence:\n{textwrap.indent(pieces_in_lines(value, quoted), '  ')}")
        elif key == "answer" and isinstance(value, str):
            written.append(_answer(value, quoted))
        else:
            written.append(_written({key: _on_one_line(value)}))
    return "\n".join(written)


def pieces_in_lines(pieces: Sequence[Any], quoted: bool) -> str:
    """Write pieces of evidence, each behind a dash, with a line a key."""
    rows = []
    for piece in pieces:
        keys = piece.items() if isinstance(piece, dict) else ()
        row = {key: _on_one_line(value, quoted) for key, value in keys}
        rows.append(row or _on_one_line(piece, quoted))
    return textwrap.dedent(_written(rows)) if rows else ""


def in_brackets(entry: Mapping[str, Any], quoted: bool) -> str:
    """Write an item without its key on one line."""
    return _written(_on_one_line(entry, quoted))


def _answer(text: str, quoted: bool) -> str:
    rows, width, styled = text.split("\n"), _ONE_LINE, DoubleQuotedScalarString(text)
    if len(rows) > 1 and not quoted and all(row == row.rstrip() for row in rows):
        styled = LiteralScalarString(text)
    elif len(text) > _NARROW and not quoted and text == " ".join(text.split()):
        width, styled = _NARROW, FoldedScalarString(text)
    return _written({"answer": styled}, width)


def _on_one_line(value: Any, quoted: bool = False) -> Any:
    """Mark data to be written on one line, and text to be written so that it stays text."""
    if isinstance(value, dict):
        # `null` is the name of a number here; ruamel.yaml would put the word in quotes.
        words = ((None if key == "null" else key, part) for key, part in value.items())
        flow = CommentedMap((key, _on_one_line(part, quoted)) for key, part in words)
    elif isinstance(value, list):
        flow = CommentedSeq(_on_one_line(part, quoted) for part in value)
    else:
        other = isinstance(value, str) and (quoted or resolve(value) != value)
        return DoubleQuotedScalarString(value) if other else value
    flow.fa.set_flow_style()
    return flow


def _written(data: Any, width: int = _ONE_LINE) -> str:
    yaml = YAML(typ="rt")
    yaml.Representer, yaml.width = _Representer, width
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(data, stream)
    return stream.getvalue().rstrip("\n")
