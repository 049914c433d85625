"""The YAML of a report: what is allowed in it, what it says, and where each value stands.

A report may come from anybody. ruamel.yaml composes it, and each of its words goes through a gate
before anything is built of it. Refused is what no report has need of: anchors and aliases (a few
lines can stand for billions), tags, directives, more than 12 levels or 10 000 values, and keys
that are no text or come twice. The rest is YAML 1.2: ``no`` is a word, and a date is text.

This module, `layout` and `editing` import ruamel.yaml; others import them where they need them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML, tokens
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node, ScalarNode, SequenceNode
from ruamel.yaml.scanner import Scanner

from .reading import ReportError, forbidden

__all__ = ["Place", "load", "resolve"]

DEEPEST = 12
MOST_VALUES = 10_000
#: A value takes two words or more: `- a`, `a: b`, `a,`.
MOST_WORDS = 2 * MOST_VALUES
_OPENING = (
    tokens.BlockMappingStartToken,
    tokens.BlockSequenceStartToken,
    tokens.FlowMappingStartToken,
    tokens.FlowSequenceStartToken,
)
_CLOSING = (tokens.BlockEndToken, tokens.FlowMappingEndToken, tokens.FlowSequenceEndToken)
#: The parser takes a tag apart letter by letter, again and again; no text of a report has one.
_LONGEST_TAG = 1_000
_WORDS = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True)
_WORDS |= dict.fromkeys(("false", "False", "FALSE"), False)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)"
)
#: What ruamel.yaml says, and what we say.
_PROBLEMS = {
    "another document": "a second document begins; a report is one",
    r"'\\t'": "a tab; indent with spaces",
    "mapping values are not allowed": "a colon where none can be; put the text in quotes, or "
    "indent it below `answer: >`",
    "end of stream|stream end": "a quote or a bracket is opened and never closed",
    "block (mapping|collection|end)": "this line is not indented like those it belongs to",
    "cannot start any token": "a word cannot begin with this character; put the text in quotes",
}


class Place(NamedTuple):
    """Where a value stands: the node of its key, in a list its own, and that of the value."""

    key: Node
    value: Node


def load(text: str, path: Path) -> tuple[Any, dict[tuple, Place]]:
    """Return what YAML says, as plain Python, and the place of each value in it.

    Parameters
    ----------
    text : str
        One document of YAML 1.2.
    path : Path
        The file, for messages.

    Returns
    -------
    data : object
        None, bool, int, float, str, list or dict.
    places : dict of tuple to Place
        By the keys and numbers that lead to a value, such as ``("items", "6b", "status")``. Marks
        count from behind the byte order mark.

    Raises
    ------
    ReportError
        If the text is not YAML, or makes use of what a report has no need of.
    """
    _refuse_endless_tags(text, path)
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _Gate
    places: dict[tuple, Place] = {}
    try:
        root = yaml.compose(text.removeprefix("\ufeff"))
        data = None if root is None else _values(root, (), places)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ReportError(path, _in_our_words(error), mark.line + 1 if mark else None) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise ReportError(path, f"not valid YAML: {' '.join(str(error).split())}") from None
    if data is None:
        raise ReportError(path, "the file is empty; `pitfalls reforms new` makes one")
    places[()] = Place(root, root)
    return data, places


def _refuse_endless_tags(text: str, path: Path) -> None:
    """Refuse what the scanner would take minutes for, before it begins."""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if "!" in line and any("!" in w for w in line.split() if len(w) > _LONGEST_TAG):
            why = f"tags (!) are refused, and so is a word of {_LONGEST_TAG:,} letters with a !"
            raise ReportError(path, why, number)


class _Refused(MarkedYAMLError):
    """Says in our words what a report has no need of."""

    def __init__(self, why: str, mark: Any) -> None:
        super().__init__(problem=why, problem_mark=mark)


class _Gate(Scanner):
    """Looks at each word of YAML before the parser, which takes some apart at great length."""

    depth = count = 0

    def get_token(self) -> tokens.Token:
        token = super().get_token()
        self.depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        self.count += 1
        if isinstance(token, tokens.AnchorToken | tokens.AliasToken):
            why = "anchors (&) and aliases (*) are refused; repeat the text"
        elif isinstance(token, tokens.TagToken):
            why = "tags (!) are refused; delete it, or put the text in quotes"
        elif isinstance(token, tokens.DirectiveToken) and token.value != (1, 2):
            why = "directives (%) are refused; delete the line"
        elif self.depth >= DEEPEST:
            why = f"nested more than {DEEPEST} levels deep"
        elif self.count > MOST_WORDS:
            why = f"more than {MOST_VALUES:,} values"
        else:
            return token
        raise _Refused(why, token.start_mark)


def _values(node: Node, here: tuple, places: dict[tuple, Place]) -> Any:
    """Make plain values of nodes, and write down their places."""
    if isinstance(node, ScalarNode):
        _look_at(node)
        return node.value if node.style else resolve(node.value)
    if isinstance(node, SequenceNode):
        places.update(((*here, n), Place(child, child)) for n, child in enumerate(node.value))
        return [_values(child, (*here, n), places) for n, child in enumerate(node.value)]
    values = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise _Refused("a key has to be text", key.start_mark)
        _look_at(key)
        there = (*here, key.value)
        if there in places:
            line = places[there].key.start_mark.line + 1
            why = f"the key {_short(key.value)} comes twice, first on line {line}"
            raise _Refused(why, key.start_mark)
        places[there] = Place(key, value)
        values[key.value] = _values(value, there, places)
    return values


def _look_at(node: ScalarNode) -> None:
    """Refuse a control character that an escape has put there."""
    if letter := forbidden(node.value):
        message = f"the control character {letter} has no place in a report; delete it"
        raise _Refused(message, node.start_mark)


def resolve(text: str) -> Any:
    """Return what a word without quotes stands for, by the core schema of YAML 1.2."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text.lower().replace(".inf", "inf"))
    return float("nan") if text in (".nan", ".NaN", ".NAN") else text


def _in_our_words(error: MarkedYAMLError) -> str:
    """Say what is wrong with the YAML, for people who have never seen its grammar."""
    if isinstance(error, _Refused):
        return error.problem
    problem = f"{error.problem or ''} {error.context or ''}"
    for words, said in _PROBLEMS.items():
        if re.search(words, problem):
            return said
    return f"not valid YAML: {' '.join((error.problem or str(error)).split())}"


def _short(text: str, most: int = 40) -> str:
    text = " ".join(text.split())
    return f"`{text}`" if len(text) <= most else f"`{text[: most - 1]}…`"
