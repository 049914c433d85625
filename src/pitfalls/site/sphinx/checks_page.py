"""The page of checks: each with its question, a call, what it was measured to find, its limits.

The line ``<!-- checks -->`` of a page becomes a section for each check of `pitfalls.checks`, and
``<!-- tables -->`` what the checks say of real tables; ``<!-- peers -->`` what the
audit and other tools say of the same procedures.
"""

from __future__ import annotations

import ast
import csv
import inspect
import statistics
import textwrap
from collections import defaultdict
from collections.abc import Iterator

from ... import checks, reforms
from ...checks.about import ABOUT, About
from ...course import Course, lessons, words

#: Where checks are asked, in the order of the page.
_PARTS = {
    "Two sides of a split": (
        "shared_identifiers",
        "shared_rows",
        "shared_texts",
        "trained_after_test",
        "resampled_before_split",
    ),
    "Columns and features": ("too_good_alone", "features_that_look_ahead", "answers_alike"),
    "The whole procedure": (
        "scores_on_shuffled_labels",
        "sealed_envelope",
        "shared_groups",
        "beats_baselines",
        "noise_floor",
    ),
    "People, labels and what should not matter": (
        "score_gap_by",
        "who_was_excluded",
        "answers_that_change",
        "falls_under_changes",
    ),
}


def write_checks(app, docname: str, source: list[str]) -> None:
    """Put the sections in place of their marker."""
    makers = {"checks": _sections, "tables": _tables, "peers": _peers}
    for marker, make in ((f"<!-- {name} -->", make) for name, make in makers.items()):
        if marker in source[0]:
            source[0] = source[0].replace(marker, "\n".join(make(app.env.found_docs)))


def _sections(known) -> Iterator[str]:
    left = ABOUT.keys() - {name for names in _PARTS.values() for name in names}
    if left:
        raise ValueError(f"checks without a place on the page: {', '.join(sorted(left))}")
    measured = _measured("power.csv")
    for part, names in _PARTS.items():
        yield f"## {part}\n"
        for name in names:
            yield from _section(name, ABOUT[name], measured[name], known)


def _section(name: str, about: About, measured: list[dict[str, str]], known) -> Iterator[str]:
    """Yield the lines of one check."""
    yield f"(check-{name})=\n### {about.asks}\n"
    yield f"```python\nfrom pitfalls.checks import {name}\n\n{about.call}\n```\n"
    yield f"**Ask it when** {'; or '.join(about.signs)}.\n"
    yield f"**It cannot see** {about.blind}\n"
    yield from _power(measured)
    lesson = next((one for one in lessons() if f"{one.number:02d}" == about.chapter), None)
    taught = about.title
    if lesson is not None and f"chapters/{lesson.folder.name}/{lesson.first_page}" in known:
        taught = words.link(lesson, lesson.first_page, about.title)
    items = ", ".join(f"{code} ({reforms.items()[code].short})" for code in about.items)
    yield f"Taught in {taught}. In a REFORMS report: {items}. All of it: {{py:obj}}`{name}`.\n"
    yield f":::{{dropdown}} How it goes about it\n```python\n{_source(name)}\n```\n:::\n"


def _source(name: str) -> str:
    """Return a check's own lines, without its documentation."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(getattr(checks, name))))
    [function] = tree.body
    assert isinstance(function, ast.FunctionDef)
    lines = inspect.getsource(getattr(checks, name)).splitlines()
    documentation = function.body[0]
    return "\n".join([*lines[: documentation.lineno - 1], *lines[documentation.end_lineno :]])


def _power(rows: list[dict[str, str]]) -> Iterator[str]:
    """Yield a table of how often a flaw was found, for each flaw."""
    flaws = defaultdict(list)
    for row in rows:
        flaws[row["flaw"]].append(row)
    for flaw, cells in flaws.items():
        strengths = list(dict.fromkeys(cell["strength"] for cell in cells))
        studies = cells[0]["studies"]
        yield f"Suspect in so many of {studies} studies, *{flaw}*:\n"
        heads = ["nothing wrong" if float(s) == 0 else f"strength {float(s):g}" for s in strengths]
        yield f"| rows | {' | '.join(heads)} |\n|---:|{'---:|' * len(strengths)}"
        for n in dict.fromkeys(cell["n"] for cell in cells):
            said = {c["strength"]: c for c in cells if c["n"] == n}
            found = " | ".join(said[s]["suspect"] for s in strengths)
            yield f"| {int(n):,} | {found} |".replace(",", "\u202f")
        yield ""


def _tables(known) -> Iterator[str]:
    """Yield what checks say of real tables, as they are and with a flaw planted."""
    yield "| check | what was done | suspect | clean | not checked |\n|---|---|---:|---:|---:|"
    for name, rows in _measured("checks.csv").items():
        for flaw in dict.fromkeys(row["flaw"] for row in rows):
            sums = [
                sum(int(row[verdict]) for row in rows if row["flaw"] == flaw)
                for verdict in ("suspect", "clean", "not checked")
            ]
            told = " | ".join(map(str, sums))
            yield f"| [{name}](#check-{name}) | {flaw.replace('_', ' ')} | {told} |"
    yield ""


def _peers(known) -> Iterator[str]:
    """Yield what the audit and its peers say of the same planted and sound procedures."""
    rows = defaultdict(list)
    path = Course.here().root / "benchmarks" / "audits.csv"
    with path.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            rows[row["tool"], row["version"]].append(row)
    yield "| tool | found | called clean | not checked | has no such check | accused | seconds |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for (tool, version), ran in rows.items():
        planted = [row["verdict"] for row in ran if row["kind"] == "planted"]
        sound = [row["verdict"] for row in ran if row["kind"] == "sound"]
        found = " | ".join(
            str(planted.count(verdict))
            for verdict in ("suspect", "clean", "not checked", "not applicable")
        )
        seconds = statistics.median(float(row["seconds"]) for row in ran)
        yield f"| {tool} {version} | {found} | {sound.count('suspect')} | {seconds:.2g} |"
    n = len(planted), len(sound)
    yield ""
    yield f"{n[0]} runs with a planted flaw and {n[1]} sound ones a tool.\n"


def _measured(file: str) -> dict[str, list[dict[str, str]]]:
    """Return the rows of a file of measurements, by check."""
    found = defaultdict(list)
    path = Course.here().root / "benchmarks" / file
    with path.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            found[row["check"]].append(row)
    return found
