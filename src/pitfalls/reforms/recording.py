"""Puts an answer or a piece of evidence into a report, and leaves all else as it is."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .catalogue import items
from .reading import LARGEST, STATUSES, Entry, Report, ReportError, forbidden, parse, read_text
from .sources import doi_of, inside, sha256_of
from .template import template
from .writing import replace

__all__ = ["record"]


def record(
    item: str,
    answer: str | None = None,
    *,
    report: str | Path,
    status: str | None = None,
    check: Any = None,
    name: str | None = None,
    file: str | Path | None = None,
    cell: str | None = None,
    doi: str | None = None,
    interval: Iterable[float] | None = None,
    n: int | None = None,
) -> None:
    """Put an answer or a piece of evidence into a report.

    The report is made on first use. To record the same again changes nothing; a result of a check
    takes the place of the older results of that check. Only lines of this item change, and the
    comments among them stay.

    Parameters
    ----------
    item : str
        The code, such as ``"6b"``.
    answer : str, default=None
        Your answer, which replaces the one that is there.
    report : str or Path
        The file.
    status : {"met", "not_met", "not_applicable"}, default=None
        None makes the item met where an answer is given and no check is suspicious, not met where
        one is, and else leaves it as it is: a clean check is evidence and no answer.
    check : Result, DataFrame, Series or mapping, default=None
        What a function of `pitfalls.checks` returned, a frame with the columns ``value``,
        ``null`` and ``verdict``, the shares that `features_that_look_ahead` gives, or one row
        as a mapping. Of each verdict in it the worst row is recorded.
    name : str, default=None
        The name of the check; a `Result` knows its own.
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

    Raises
    ------
    ValueError
        If an argument is not what it should be; the report is left as it was.
    ReportError
        If the report cannot be read or written, or the item is written in a way that cannot be
        edited without harm to it; the report is left as it was.
    """
    given = _given(item, answer, status, interval, n)
    report = Path(report)
    pieces = [*_pieces(report, check, name, file, cell, doi)]
    if not pieces and all(value is None for value in given.values()):
        print(f"{item}: {items()[item].asks} Write your answer into this cell and run it.")
        return
    new = not os.path.lexists(report)
    text = template() if new else read_text(report)
    before = parse(text, report)
    changes = _changes(before, item, given, pieces)
    after = text
    if changes:
        from .editing import changed

        after = changed(text, before, item, changes)
    if len(after.encode()) > LARGEST:
        raise ReportError(report, f"would be larger than {LARGEST / 1e6:g} MB; shorten the answer")
    if new:
        report.parent.mkdir(parents=True, exist_ok=True)
    if new or changes:
        replace(report, after)
    status = changes.get("status") or before.entries.get(item, Entry()).status or "no status"
    found = [f"{p['check']['name']}: {p['check']['verdict']}" for p in pieces if "check" in p]
    said = f" ({', '.join(found)})" if found else ""
    print(f"Noted for {item} in {report.name}: {status.replace('_', ' ')}{said}.")


def _given(item: str, answer: Any, status: Any, interval: Any, n: Any) -> dict[str, Any]:
    """Check what an entry is to say, and return it as a report has it."""
    if item not in items():
        raise ValueError(f"item={item!r} is none of the codes from 1a to 8b")
    if not isinstance(answer, str | None):
        raise ValueError(f"answer={answer!r} must be text")
    if answer and (letter := forbidden(answer)):
        raise ValueError(f"answer={answer!r} has the control character {letter}; delete it")
    if status is not None and status not in STATUSES:
        raise ValueError(f"status={status!r} must be one of {', '.join(STATUSES)}")
    if item != "7b" and (interval is not None or n is not None):
        raise ValueError(f"item={item!r} has no interval and no n; item 7b has")
    if interval is not None:
        interval = [float(limit) for limit in interval]
        finite = all(map(math.isfinite, interval))
        if len(interval) != 2 or not finite or interval[0] >= interval[1]:
            raise ValueError(f"interval={interval} must be two numbers, the lower first")
        interval = [_number(limit) for limit in interval]
    if n is not None:
        if int(n) != n or n < 2:
            raise ValueError(f"n={n!r} must be a whole number of at least 2")
        n = int(n)
    return {"answer": answer, "status": status, "interval": interval, "n": n}


def _pieces(
    report: Path, check: Any, name: str | None, file: Any, cell: Any, doi: Any
) -> Iterator[dict[str, Any]]:
    """Make pieces of evidence of what is given."""
    if check is not None:
        yield from _of_check(check, name)
    if file is not None:
        yield _of_file(file, report)
    if cell is not None:
        yield {"cell": str(cell)}
    if doi is not None:
        yield {"doi": _of_doi(doi)}


def _of_check(check: Any, name: str | None) -> Iterable[dict[str, Any]]:
    """Make a piece of evidence of the worst row of each verdict."""
    from .. import checks

    if isinstance(check, checks.Result):
        name, check = name or check.check, check.table
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


def _of_file(file: str | Path, report: Path) -> dict[str, str]:
    here, there = report.parent.resolve(), Path(file).resolve()
    if not there.is_relative_to(here):
        raise ValueError(f"file={str(file)!r} lies outside {here}, the folder of the report")
    named = there.relative_to(here).as_posix()
    return {"file": named, "sha256": sha256_of(inside(named, report, report.parent))}


def _of_doi(doi: str) -> str:
    found = doi_of(doi)
    if found is None:
        raise ValueError(f"doi={doi!r} is no DOI; one looks like 10.1126/sciadv.adk3452")
    return found


def _changes(report: Report, item: str, given: dict, pieces: list) -> dict[str, Any]:
    """Return the keys of the entry that get a new value, in the order of a new report."""
    entries = report.data.get("items")
    before = entries.get(item) if isinstance(entries, dict) else None
    before = before if isinstance(before, dict) else {}
    old = before.get("evidence") or []
    if pieces and not isinstance(old, list):
        line = report.line_of(("items", item, "evidence"))
        raise ReportError(report.path, "`evidence` must be a list; put `- ` before it", line)
    evidence = _merged(old, pieces) if isinstance(old, list) else []
    suspect = any(_verdict(piece) == "suspect" for piece in evidence)
    status = given["status"]
    if status is None and suspect and (pieces or given["answer"] is not None):
        status = "not_met"
    elif status is None and given["answer"] is not None:
        status = "met"
    changes = {**given, "status": status, "evidence": evidence if pieces else None}
    for key, value in (("status", "not_met"), ("answer", "")):
        if changes[key] is None and key not in before:
            changes[key] = value
    return {
        key: changes[key]
        for key in ("status", "answer", "interval", "n", "evidence")
        if changes[key] is not None and before.get(key, ...) != changes[key]
    }


def _merged(old: list, new: list) -> list:
    """Put new pieces of evidence in the place of those that they replace, or behind all."""
    merged, left = [], [piece for piece in new if piece not in old]
    for piece in old:
        if piece in new or not any(_replaces(one, piece) for one in new):
            merged.append(piece)
        else:
            merged += [one for one in left if _replaces(one, piece)]
            left = [one for one in left if not _replaces(one, piece)]
    return merged + left


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
