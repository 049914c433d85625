"""Puts an answer or a piece of evidence into a report, and leaves all else as it is."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .catalogue import items
from .reading import LARGEST, STATUSES, Entry, Report, ReportError, forbidden, parse, read_text
from .sources import contradiction, doi_of, inside, is_address, sha256_of
from .template import template
from .writing import replace

__all__ = ["record", "record_audit"]

_LONGEST_NAME = 100
#: What an audit has evidence for.
_OF_AN_AUDIT = ("5c", "6a", "6b", "6c", "7b")


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
    section: str | None = None,
    url: str | None = None,
    repository: str | None = None,
    commit: str | None = None,
    interval: Iterable[float] | None = None,
    n: int | None = None,
    scores: Iterable[Mapping[str, Any]] | None = None,
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
    status : {"met", "partial", "not_met", "not_applicable", "not_stated"}, default=None
        None makes the item met where an answer is given and no check is suspicious, not met where
        one is, and else leaves it as it is: a clean check is evidence and no answer.
    check : Result, Report, frame or mapping, default=None
        What a function of `pitfalls.checks` returned; of each verdict in it the worst finding is
        recorded. Or an audit, of which the checks are recorded that are evidence for this item.
        Or a check of your own, marked as such: a frame with the columns ``value``, ``null`` and
        ``verdict`` and a row for each thing looked at, or one row as a mapping.
    name : str, default=None
        What your own check is called, in your words. A `Result` brings its name along.
    file : str or Path, default=None
        A file in the folder of the report or below, whose hash is recorded with it.
    cell : str, default=None
        A cell, such as ``"analysis.ipynb#headline"``.
    doi : str, default=None
        A DOI.
    section : str, default=None
        A section of your document, such as ``"2.4"``.
    url : str, default=None
        An address that begins with ``https://``.
    repository, commit : str, default=None
        The address of a repository, and the commit in it.
    interval : pair of floats, default=None
        Of item 7b.
    n : int, default=None
        Of item 7b.
    scores : iterable of mapping, default=None
        Of item 7b, where there are several: each with ``name``, ``interval``, ``n`` and perhaps
        ``value``.

    Raises
    ------
    ValueError
        If an argument is not what it should be; the report is left as it was.
    ReportError
        If the report cannot be read or written, or the item is written in a way that cannot be
        edited without harm to it; the report is left as it was.
    """
    given = _given(item, answer, status, interval, n, scores)
    report = Path(report)
    if hasattr(check, "evidence_for"):
        pieces = [*_of_audit(check, item, name)]
    else:
        pieces = [*_of_check(check, name)] if check is not None else []
    if check is None and name is not None:
        raise ValueError(f"name={name!r} is that of a check; hand over its result as check=")
    pieces += _pieces(report, file, cell, doi, section, url, repository, commit)
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
    entry = before.entries.get(item, Entry())
    status = changes.get("status") or entry.status
    print(_said(item, report, status, changes.get("answer", entry.answer), pieces))


def _said(
    item: str, report: Path, status: str | None, answer: str, pieces: list[dict[str, Any]]
) -> str:
    """Tell what stands in the report now, and what it still takes."""
    found = [f"{p['check']['name']}: {p['check']['verdict']}" for p in pieces if "check" in p]
    told = f" ({', '.join(found)})" if found else ""
    verdicts = {_verdict(piece) for piece in pieces} - {None}
    if "suspect" in verdicts:
        return f"Noted for {item} in {report.name}{told}: {_words(status)}, until that is mended."
    if verdicts == {"not checked"}:
        return (
            f"Noted for {item} in {report.name}{told}: nothing was seen, so it is no evidence yet."
        )
    if pieces and not any(letter.isalnum() for letter in answer) and status == "not_met":
        return (
            f"Evidence noted for {item} in {report.name}{told}; the answer is still to be written."
        )
    return f"Noted for {item} in {report.name}: {_words(status)}{told}."


def _words(status: str | None) -> str:
    words = {"partial": "partly met", None: "no status"}
    return words.get(status) or str(status).replace("_", " ")


def _given(
    item: str, answer: Any, status: Any, interval: Any, n: Any, scores: Any
) -> dict[str, Any]:
    """Check what an entry is to say, and return it as a report has it."""
    if item not in items():
        raise ValueError(f"item={item!r} is none of the codes from 1a to 8b")
    if not isinstance(answer, str | None):
        raise ValueError(f"answer={answer!r} must be text")
    if answer and (letter := forbidden(answer)):
        raise ValueError(f"answer={answer!r} has the control character {letter}; delete it")
    if status is not None and status not in STATUSES:
        raise ValueError(f"status={status!r} must be one of {', '.join(STATUSES)}")
    if item != "7b" and not (interval is None and n is None and scores is None):
        raise ValueError(f"item={item!r} has no interval and no n; item 7b has")
    return {
        "answer": answer,
        "status": status,
        "interval": None if interval is None else _limits(interval),
        "n": None if n is None else _cases(n),
        "scores": None if scores is None else [_score(score) for score in scores],
    }


def _limits(interval: Any) -> list[float]:
    """Return the two limits of an interval as a report has them."""
    try:
        limits = [float(limit) for limit in interval]
    except (TypeError, ValueError):
        raise ValueError(
            f"interval={interval!r} must be two numbers, with a decimal point and not a comma"
        ) from None
    if len(limits) != 2 or not all(map(math.isfinite, limits)) or limits[0] >= limits[1]:
        raise ValueError(f"interval={limits} must be two numbers, the lower first")
    return [float(f"{limit:.6g}") for limit in limits]


def _cases(n: Any) -> int:
    try:
        whole = int(n) == n
    except (TypeError, ValueError):
        whole = False
    if not whole or n < 2:
        raise ValueError(f"n={n!r} must be a whole number of at least 2")
    return int(n)


def _score(score: Any) -> dict[str, Any]:
    """Return one of several scores as a report has it."""
    keys = ("name", "value", "interval", "n")
    if (
        not isinstance(score, Mapping)
        or {"name", "interval", "n"} - {*score}
        or {*score} - {*keys}
    ):
        raise ValueError(
            f"scores has {score!r}; each is a mapping of name, interval, n and perhaps value"
        )
    told = {"name": str(score["name"])}
    if score.get("value") is not None:
        told["value"] = _number(score["value"])
    return told | {"interval": _limits(score["interval"]), "n": _cases(score["n"])}


def _pieces(
    report: Path,
    file: Any,
    cell: str | None,
    doi: Any,
    section: str | None,
    url: str | None,
    repository: str | None,
    commit: str | None,
) -> Iterator[dict[str, Any]]:
    """Make pieces of evidence of what is given."""
    if file is not None:
        yield _of_file(file, report)
    if cell is not None:
        yield {"cell": str(cell)}
    if doi is not None:
        yield {"doi": _of_doi(doi)}
    if section is not None:
        yield {"section": str(section)}
    if url is not None:
        yield {"url": _of_address("url", url)}
    if (repository is None) != (commit is None):
        raise ValueError(
            f"repository={repository!r} and commit={commit!r} go together; "
            "`git rev-parse HEAD` says which commit it is"
        )
    if repository is not None and commit is not None:
        if not re.fullmatch("[0-9a-fA-F]{7,64}", commit):
            raise ValueError(f"commit={commit!r} must be 7 to 64 digits 0-9 a-f")
        yield {"repository": _of_address("repository", repository), "commit": commit}


def _of_address(key: str, address: Any) -> str:
    if not is_address(address):
        raise ValueError(f"{key}={address!r} is no address; one begins with https://")
    return str(address)


def _of_check(check: Any, name: str | None) -> Iterator[dict[str, Any]]:
    """Make a piece of evidence of the worst row of each verdict."""
    from ..checks import Result

    if isinstance(check, Result):
        if name not in (None, check.check):
            raise ValueError(f"name={name!r}: this is a result of {check.check}, and named so")
        told = {"name": check.check}
        rows: Iterable[tuple[str, Any, Any, str]] = [
            (one.of, one.value, one.null, one.verdict) for one in check
        ]
    else:
        told = {"name": _own_name(name), "own": True}
        rows = [*_rows(check)]
    worst: dict[str, tuple[float, dict[str, Any]]] = {}
    for of, value, null, verdict in rows:
        value, null = _number(value), _number(null)
        excess = -math.inf if value is None or null is None else value - null
        if verdict not in worst or excess > worst[verdict][0]:
            found = told | {"of": of, "value": value, "null": null, "verdict": verdict}
            worst[verdict] = excess, found
    for verdict in ("suspect", "clean", "not checked"):
        if verdict in worst:
            yield {"check": worst[verdict][1]}


def _of_audit(audit: Any, item: str, name: str | None) -> Iterator[dict[str, Any]]:
    """Make pieces of evidence of the checks of an audit that belong to an item."""
    if name is not None:
        raise ValueError(f"name={name!r}: the checks of an audit have names of their own")
    found = [*audit.evidence_for(item)]
    if not found:
        has = [code for code in items() if any(audit.evidence_for(code))]
        told = f"it has some for {', '.join(has)}" if has else "it could not check anything"
        raise ValueError(f"this audit has no evidence for item {item}; {told}")
    for result in found:
        yield from _of_check(result, None)


def record_audit(audit: Any, *, report: str | Path) -> None:
    """Put all that an audit is evidence for into a report: items 5c, 6a, 6b, 6c and 7b.

    Item 7b gets the score in sealed envelopes, with its interval. Answers stay yours to write; an
    item with a suspicious check is not met until that is mended or silenced.

    Parameters
    ----------
    audit : Report
        What `pitfalls.audit.audit` returned.
    report : str or Path
        The file; made on first use.

    Raises
    ------
    ValueError
        If there is no evidence in the audit.
    ReportError
        If the report cannot be read or written; see `record`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from pitfalls.audit import audit
    >>> from pitfalls.reforms import record_audit
    >>> rows, died = [[50.0], [60.0], [60.0], [70.0]] * 20, [0, 1, 0, 1] * 20
    >>> found = audit(None, rows, died, progress=False)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record_audit(found, report=Path(folder, "reforms.yaml"))  # doctest: +ELLIPSIS
    Noted for ...
    """
    filled = 0
    for item in _OF_AN_AUDIT:
        if any(audit.evidence_for(item)):
            scores = audit.scores or None if item == "7b" else None
            record(item, report=report, check=audit, scores=scores)
            filled += 1
    if not filled:
        raise ValueError("this audit could not check anything, so there is nothing to record")


def _own_name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip():
        raise ValueError(
            f"name={name!r}: say what your own check is called, such as name='patients on both "
            "sides'; a result of pitfalls.checks brings its name along"
        )
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"name={name!r} is longer than {_LONGEST_NAME} letters; shorten it")
    return name


def _rows(check: Any) -> Iterator[tuple[str, Any, Any, str]]:
    """Read a check of the reader's own."""
    if hasattr(check, "iterrows"):
        missing = {"value", "null", "verdict"} - set(check.columns)
        if missing:
            raise ValueError(f"check has no column {', '.join(sorted(missing))}")
        rows = [
            (" · ".join(map(str, of)) if isinstance(of, tuple) else str(of), row)
            for of, row in check.iterrows()
        ]
    elif isinstance(check, Mapping):
        rows = [(str(check.get("of", "all")), check)]
    else:
        raise ValueError(
            f"check is a {type(check).__name__}; it must be what a function of pitfalls.checks "
            "returned, or a frame or a mapping of value, null and verdict"
        )
    for of, row in rows:
        verdict = row.get("verdict")
        if verdict not in ("clean", "suspect", "not checked"):
            raise ValueError(f"check says {verdict!r}; it must say clean, suspect or not checked")
        value, null = row.get("value"), row.get("null")
        if why := contradiction(_number(value), _number(null), verdict):
            raise ValueError(f"check of {of!r}: {why}")
        yield of, value, null, verdict


def _number(value: Any) -> float | None:
    try:
        value = math.nan if value is None else float(value)
    except (TypeError, ValueError):
        raise ValueError(f"check has {value!r} where a number should be") from None
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
        for key in ("status", "answer", "interval", "n", "scores", "evidence")
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
