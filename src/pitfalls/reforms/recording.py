"""Puts an answer or a piece of evidence into a report, and leaves all else as it is.

Only the lines of what changes are written anew, so that comments, order, quotes and line ends
stay. The new text is read again before it is written, and has to say what it should and no more.
"""

from __future__ import annotations

import copy
import json
import math
import os
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .catalogue import items
from .evidence import doi_of, inside, sha256_of
from .reading import (
    STATUSES,
    Node,
    Report,
    ReportError,
    compose,
    parse,
    read,
    read_text,
    resolve,
    split_lines,
)
from .template import template
from .writing import replace

__all__ = ["own_report", "record"]

_WIDTH = 88


def own_report() -> Path:
    """Return the reader's own report, whether it exists or not.

    ``work/reforms.yaml`` in the copy of the course; the environment variable ``PITFALLS_REFORMS``
    names another file.
    """
    own = os.environ.get("PITFALLS_REFORMS")
    if own:
        return Path(own)
    from ..course import Course

    return Course.here().work / "reforms.yaml"


def record(
    item: str,
    answer: str | None = None,
    *,
    status: str | None = None,
    check: Any = None,
    name: str | None = None,
    file: str | Path | None = None,
    cell: str | None = None,
    doi: str | None = None,
    interval: Iterable[float] | None = None,
    n: int | None = None,
    path: str | Path | None = None,
) -> None:
    """Put an answer or a piece of evidence into a report, your own if you name no other.

    The report is made on first use. To record the same again changes nothing; a result of a check
    takes the place of the older results of that check.

    Parameters
    ----------
    item : str
        The code, such as ``"6b"``.
    answer : str, default=None
        Your answer, which replaces the one that is there.
    status : {"met", "not_met", "not_applicable"}, default=None
        None makes the item met where an answer is given and no check is suspicious, not met where
        one is, and else leaves it as it is: a clean check is evidence and no answer.
    check : DataFrame, Series or mapping, default=None
        What a function of `pitfalls.checks` returned: a frame with the columns ``value``,
        ``null`` and ``verdict``, the shares that `features_that_look_ahead` gives, or one row
        as a mapping. Of each verdict in it the worst row is recorded.
    name : str, default=None
        The name of the check.
    file : str or Path, default=None
        A file in the folder of the report or below, whose hash is recorded with it.
    cell : str, default=None
        A cell, such as ``"analysis.ipynb#headline"``.
    doi : str, default=None
        A DOI.
    interval : pair of floats, default=None
        Of item 7b.
    n : int, default=None
        Of item 7b.
    path : str or Path, default=None
        The report; `own_report` by default.

    Raises
    ------
    ValueError
        If an argument is not what it should be; the report is left as it was.
    ReportError
        If the report cannot be read or written.
    """
    _check_item(item, status, interval, n)
    given = {"answer": answer, "status": status, "interval": interval, "n": n}
    pieces = [*_of_check(check, name)]
    path = own_report() if path is None else Path(path)
    if file is not None:
        pieces.append(_of_file(file, path))
    pieces += [{"cell": str(cell)}] if cell is not None else []
    pieces += [{"doi": _of_doi(doi)}] if doi is not None else []
    if not pieces and all(value is None for value in given.values()):
        asks = items()[item].asks
        print(f"{item}: {asks} Write your answer into this cell and run it.")
        return
    if not os.path.lexists(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        text = template("")
    else:
        text = read_text(path)
    report = parse(text, path)
    changes = _changes(report, item, given, pieces)
    after = _edited(text, report, item, changes)
    if after != text or not path.exists():
        replace(path, after)
    _say(path, item, pieces)


def _check_item(item: str, status: Any, interval: Any, n: Any) -> None:
    if item not in items():
        raise ValueError(f"item={item!r} is none of the codes from 1a to 8b")
    if status is not None and status not in STATUSES:
        raise ValueError(f"status={status!r} must be one of {', '.join(STATUSES)}")
    if item != "7b" and (interval is not None or n is not None):
        raise ValueError(f"item={item!r} has no interval and no n; item 7b has")
    if interval is not None:
        interval = [float(limit) for limit in interval]
        if (
            len(interval) != 2
            or not all(map(math.isfinite, interval))
            or interval[0] >= interval[1]
        ):
            raise ValueError(f"interval={interval} must be two numbers, the lower first")
    if n is not None and (int(n) != n or n < 2):
        raise ValueError(f"n={n!r} must be a whole number of at least 2")


def _of_check(check: Any, name: str | None) -> Iterable[dict[str, Any]]:
    """Make a piece of evidence of the worst row of each verdict."""
    if check is None:
        return
    from .. import checks

    if name not in checks.__all__:
        raise ValueError(f"name={name!r} must be one of {', '.join(sorted(checks.__all__))}")
    worst: dict[str, tuple[float, dict[str, Any]]] = {}
    for of, row in _rows(check):
        value, null = _number(row["value"]), _number(row["null"])
        verdict = str(row["verdict"])
        if verdict not in ("clean", "suspect", "not checked"):
            raise ValueError(f"check says {verdict!r}; it must say clean, suspect or not checked")
        excess = -math.inf if value is None or null is None else value - null
        if verdict not in worst or excess > worst[verdict][0]:
            found = {"name": name, "of": of, "value": value, "null": null, "verdict": verdict}
            worst[verdict] = excess, found
    for verdict in ("suspect", "clean", "not checked"):
        if verdict in worst:
            yield {"check": worst[verdict][1]}


def _rows(check: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
    if hasattr(check, "iterrows"):
        missing = {"value", "null", "verdict"} - set(check.columns)
        if missing:
            raise ValueError(f"check has no column {', '.join(sorted(missing))}")
        for of, row in check.iterrows():
            yield " · ".join(map(str, of)) if isinstance(of, tuple) else str(of), row
    elif isinstance(check, Mapping):
        yield str(check.get("of", "all")), {**{"value": None, "null": None}, **check}
    elif hasattr(check, "items"):  # a Series of shares, of which none may be above 0
        for of, share in check.items():
            yield (
                str(of),
                {"value": share, "null": 0, "verdict": "suspect" if share > 0 else "clean"},
            )
    else:
        raise ValueError(
            f"check is a {type(check).__name__}; it must be what a function of pitfalls.checks "
            "returned, or a mapping of value, null and verdict"
        )


def _number(value: Any) -> float | None:
    value = math.nan if value is None else float(value)
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _of_file(file: str | Path, path: Path) -> dict[str, str]:
    here, there = path.parent.resolve(), Path(file).resolve()
    if not there.is_relative_to(here):
        raise ValueError(f"file={str(file)!r} lies outside {here}, the folder of the report")
    named = there.relative_to(here).as_posix()
    return {"file": named, "sha256": sha256_of(inside(named, path, path.parent))}


def _of_doi(doi: str) -> str:
    found = doi_of(doi)
    if found is None:
        raise ValueError(f"doi={doi!r} is no DOI; one looks like 10.1126/sciadv.adk3452")
    return found


def _changes(report: Report, item: str, given: dict, pieces: list) -> dict[str, Any]:
    """Return the keys of the entry that get a new value."""
    entries = report.data.get("items")
    before = entries.get(item) if isinstance(entries, dict) else None
    before = before if isinstance(before, dict) else {}
    changes = {key: value for key, value in given.items() if value is not None}
    if "interval" in changes:
        changes["interval"] = [_number(limit) for limit in changes["interval"]]
    if "n" in changes:
        changes["n"] = int(changes["n"])
    old = before.get("evidence")
    old = old if isinstance(old, list) else []
    evidence = [e for e in old if not any(_replaces(new, e) for new in pieces)] + pieces
    if pieces:
        changes["evidence"] = evidence
    suspect = any(_verdict(piece) == "suspect" for piece in evidence)
    if given["status"] is None and suspect and (pieces or given["answer"] is not None):
        changes["status"] = "not_met"
    elif given["status"] is None and given["answer"] is not None:
        changes["status"] = "met"
    if "status" not in before:
        changes.setdefault("status", "not_met")
    if "answer" not in before:
        changes.setdefault("answer", "")
    return {key: value for key, value in changes.items() if before.get(key, ...) != value}


def _verdict(piece: Any) -> Any:
    check = piece.get("check") if isinstance(piece, dict) else None
    return check.get("verdict") if isinstance(check, dict) else None


def _replaces(new: dict, old: Any) -> bool:
    """Whether a piece of evidence is a later state of another."""
    if not isinstance(old, dict):
        return False
    if "check" in new:
        check = old.get("check")
        return isinstance(check, dict) and check.get("name") == new["check"]["name"]
    (kind, named) = next(iter(new.items()))
    return old.get(kind) == named


def _edited(text: str, report: Report, item: str, changes: dict[str, Any]) -> str:
    """Return the text with an entry's keys changed, once it is sure to say so."""
    if not changes:
        return text
    wanted = copy.deepcopy(report.data)
    if wanted.get("items") is None:
        wanted["items"] = {}
    if not isinstance(wanted["items"], dict):
        raise ReportError(report.path, "`items` must be a mapping of the codes 1a to 8b")
    before = wanted["items"].get(item)
    wanted["items"][item] = {**(before if isinstance(before, dict) else {}), **changes}
    for by_piece in (True, False):
        after = _spliced(text, report.tree, item, wanted["items"][item], changes, by_piece)
        try:
            told = compose(after, report.path).value
        except ReportError:
            continue
        if json.dumps(told) == json.dumps(wanted):
            return after
    raise ReportError(
        report.path, f"item {item} is written in a way that cannot be edited; tidy it by hand"
    )


def _spliced(
    text: str, tree: Node, item: str, entry: dict, changes: dict[str, Any], by_piece: bool
) -> str:
    """Write the lines of the changed keys anew; of evidence, `by_piece`, only what is new."""
    lines = split_lines(text)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    edits = []  # (first line, line after the last, new lines)
    entries = tree.children.get("items")
    node = entries.children.get(item) if entries else None
    if entries is None:
        edits.append((len(lines), len(lines), ["items:", *_block(item, entry, 2)]))
    elif node is not None and node.flow:
        before, after = lines[node.first][: node.column], lines[node.last][node.end :]
        edits.append(
            (node.first, node.last + 1, [f"{before}{_flow(entry)}{after}".rstrip("\r\n")])
        )
    elif node is None or not node.children:
        columns = [key.column for key in entries.keys.values()] or [2]
        after = entries.last + 1
        first, last = (entries.keys[item].first, node.last + 1) if node else (after, after)
        edits.append((first, last, _block(item, entry, columns[0])))
    else:
        column = next(iter(node.keys.values())).column
        fresh = [
            line for k in changes if k not in node.keys for line in _pair(k, changes[k], column)
        ]
        edits.append((node.last + 1, node.last + 1, fresh))
        for key in changes.keys() & node.keys.keys():
            old, first = node.children[key], node.keys[key].first
            if by_piece and key == "evidence" and old.children and not old.flow:
                edits += _piece_edits(old, changes[key], lines)
                continue
            new = _pair(key, changes[key], column)
            rest = lines[old.last][old.end :].strip()
            if len(new) == 1 and rest.startswith("#") and old.first == old.last and not old.flow:
                new = [f"{new[0]}  {rest}"]
            edits.append((first, old.last + 1, new))
    for first, last, new in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        lines[first:last] = [line + end for line in new]
    return "".join(lines)


def _piece_edits(old: Node, pieces: list, lines: list[str]) -> list[tuple[int, int, list[str]]]:
    """Take out the pieces of evidence that are no longer there, and add the new ones."""
    first = next(iter(old.children.values())).first
    column = len(lines[first]) - len(lines[first].lstrip())
    gone = [child for child in old.children.values() if child.value not in pieces]
    new = [piece for piece in pieces if piece not in old.value]
    edits = [(child.first, child.last + 1, []) for child in gone]
    return [*edits, (old.last + 1, old.last + 1, [r for p in new for r in _piece(p, column)])]


def _block(code: str, entry: Mapping[str, Any], column: int) -> list[str]:
    pairs = (line for key, value in entry.items() for line in _pair(key, value, column + 2))
    return [f"{' ' * column}{code}:", *pairs]


def _pair(key: str, value: Any, column: int) -> list[str]:
    """Return the lines of a key and its value."""
    indent = " " * column
    if key == "evidence" and value:
        pieces = [line for piece in value for line in _piece(piece, column + 2)]
        return [f"{indent}evidence:", *pieces]
    if key == "answer" and isinstance(value, str):
        if len(value) + column < _WIDTH - 12 and "\n" not in value:
            return [f"{indent}answer: {_in_quotes(value)}"]
        return _long_text(key, value, column)
    if key == "status":
        return [f"{indent}status: {value}"]
    return [f"{indent}{key}: {_flow(value)}"]


def _piece(piece: Any, column: int) -> list[str]:
    indent = " " * column
    if not isinstance(piece, dict) or not piece:
        return [f"{indent}- {_flow(piece)}"]
    pairs = [f"{key}: {_flow(value)}" for key, value in piece.items()]
    return [f"{indent}{'  ' if place else '- '}{pair}" for place, pair in enumerate(pairs)]


def _flow(value: Any) -> str:
    """Write a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_word(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else f"{'-' * (value < 0)}.inf"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _word(text: str) -> str:
    return text if text.isidentifier() else _quoted(text)


def _quoted(text: str) -> str:
    """Write text so that nothing in it means anything: a few words as they are."""
    words = re.fullmatch(r"[A-Za-z][\w.-]*(?: [\w.-]+)*", text, re.ASCII)
    if words and len(text) <= 40 and resolve(text) == text:
        return text
    return _in_quotes(text)


def _in_quotes(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x85", "\\N")


def _long_text(key: str, text: str, column: int) -> list[str]:
    """Write text below its key: wrapped, or line by line, or in quotes where neither will do."""
    indent, inner = " " * column, " " * (column + 2)
    wrapped = textwrap.wrap(text, _WIDTH - column, break_long_words=False, break_on_hyphens=False)
    if " ".join(wrapped) == text:
        return [f"{indent}{key}: >-", *(inner + line for line in wrapped)]
    rows = text.split("\n")
    plain = all(row == row.rstrip() and "\r" not in row and "\t" not in row for row in rows)
    if plain and rows[0].strip() and rows[0][0] != " " and rows[-1]:
        return [f"{indent}{key}: |-", *((inner + row) if row else "" for row in rows)]
    return [f"{indent}{key}: {_quoted(text)}"]


def _say(path: Path, item: str, pieces: list) -> None:
    entry = read(path).entries[item]
    found = [f"{p['check']['name']}: {p['check']['verdict']}" for p in pieces if "check" in p]
    said = f" ({', '.join(found)})" if found else ""
    status = (entry.status or "no status").replace("_", " ")
    print(f"Noted for {item} in {path.name}: {status}{said}.")
