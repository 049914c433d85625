"""Makes pages of a report: one HTML file that asks no other host for anything, or Markdown.

What a report says is text: it is escaped, whatever it looks like. A DOI becomes a link where it
has a DOI's form, and nothing else does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from .catalogue import DOI, RESOLVER, SITE, SOURCE, Item, items
from .faults import check
from .reading import Entry, Report, ReportError
from .sources import doi_of
from .writing import replace

__all__ = ["overview", "render", "render_html", "render_markdown", "summary"]

#: Kinds of items in a report, and what is said of each; open is what `check` finds fault with.
KINDS = {"met": "met", "not-met": "not met", "not-applicable": "not applicable", "open": "open"}
_LETTERS = {"met": "✓", "not-met": "✗", "not-applicable": "–", "open": "?"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-!|~$^=:@%])")
_MARK = "<!-- Made by pitfalls reforms render. -->"


class _Row(NamedTuple):
    """An item with what the report says of it."""

    item: Item
    entry: Entry
    kind: str

    @property
    def module(self) -> str:
        return f"{self.item.code[0]} · {self.item.module}"

    @property
    def said(self) -> str:
        return KINDS[self.kind]

    @property
    def measured(self) -> str:
        low_high, n = self.entry.interval, self.entry.n
        parts = [f"interval {low_high[0]:g} to {low_high[1]:g}"] if low_high else []
        return ", ".join(parts + ([f"n = {n:,}"] if n is not None else []))

    @property
    def evidence(self) -> list[dict[str, str]]:
        return [piece for one in self.entry.evidence if (piece := _told(one))]


def render(report: Report, out: str | Path | None = None, to: str | None = None) -> Path:
    """Write a report as a page.

    Parameters
    ----------
    report : Report
        As `read` gives it, sound or not.
    out : str or Path, default=None
        Where to; beside the report, under its name with another ending, by default. A page that
        was made before is replaced, and no other file.
    to : {"html", "md"}, default=None
        What to make; by the ending of `out`, and HTML by default.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ReportError
        If the page cannot be written, or would replace something that is no page.
    """
    ending = Path(out).suffix.lower() if out is not None else ""
    to = to or {".md": "md", ".markdown": "md"}.get(ending, "html")
    if to not in ("html", "md"):
        raise ValueError(f"to={to!r} must be html or md")
    path = Path(out) if out is not None else report.path.with_suffix(f".{to}")
    text = render_html(report) if to == "html" else render_markdown(report)
    same = path.exists() and path.samefile(report.path)
    if same or (path.is_file() and not _is_page(path)):
        raise ReportError(path, "is there and is no page made before; choose another name")
    replace(path, text)
    return path


def render_html(report: Report) -> str:
    """Return a report as one HTML page, with its style and its picture inside.

    Parameters
    ----------
    report : Report
        As `read` gives it, sound or not.

    Returns
    -------
    str
        Without scripts, and without requests to another host.
    """
    from markupsafe import Markup

    faults = check(report)
    rows = _rows(report, faults)
    return _template("page.html.jinja").render(
        report=report,
        rows=rows,
        faults=faults,
        summary=_summary(rows),
        picture=Markup(_picture(rows)),
        source=SOURCE,
        doi=DOI,
        site=SITE,
    )


def overview(report: Report) -> str:
    """Return the picture of the 32 items by module, as SVG.

    Parameters
    ----------
    report : Report
        As `read` gives it, sound or not.

    Returns
    -------
    str
        Status is told by colour, by shape and by sign; each item has a title.
    """
    return _picture(_rows(report, check(report)))


def summary(report: Report) -> str:
    """Return how many items are met, not met, not applicable and open, in a sentence."""
    return _summary(_rows(report, check(report)))


def render_markdown(report: Report) -> str:
    """Return a report as Markdown, in which nothing that it says is markup.

    Parameters
    ----------
    report : Report
        As `read` gives it, sound or not.

    Returns
    -------
    str
    """
    faults = check(report)
    rows = _rows(report, faults)
    by = " · ".join(filter(None, [", ".join(report.authors), report.date]))
    lines = [_MARK, "", f"# {_escaped(_one_line(report.title))}", ""]
    lines += [_escaped(_one_line(by)), ""] if by else []
    lines += [f"**{_summary(rows)}**", "", *_table(rows), ""]
    if faults:
        told = (
            f"- {f.item}{': ' if f.item else ''}{_escaped(f.message)} (line {f.line})"
            for f in faults
        )
        lines += ["## What is open", "", *told, ""]
    module = ""
    for row in rows:
        lines += ["", f"## {row.module}", ""] if row.module != module else []
        module = row.module
        lines += [
            f"### {row.item.code} · {row.item.short}: {row.said}",
            "",
            f"*{row.item.asks}*",
            "",
        ]
        lines += [_paragraphs(row.entry.answer), ""] if row.entry.answer.strip() else []
        lines += [f"{row.measured}", ""] if row.measured else []
        lines += [*(_bullet(piece) for piece in row.evidence), ""] if row.evidence else []
    lines += ["---", "", f"{SOURCE} The checklist itself: <{RESOLVER}{DOI}>, <{SITE}>.", ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _rows(report: Report, faults: Iterable) -> list[_Row]:
    entries = report.entries
    faulty = {fault.item for fault in faults if not fault.gap}
    rows = []
    for code, item in items().items():
        entry = entries.get(code, Entry())
        kind = (entry.status or "open").replace("_", "-")
        rows.append(_Row(item, entry, "open" if code in faulty else kind))
    return rows


def _summary(rows: Iterable[_Row]) -> str:
    counts = Counter(row.kind for row in rows)
    told = [f"{counts[kind]} {words}" for kind, words in KINDS.items() if counts[kind]]
    return f"Of 32 items: {', '.join(told)}."


def _picture(rows: list[_Row]) -> str:
    modules: dict[str, list[_Row]] = {}
    for row in rows:
        modules.setdefault(row.module, []).append(row)
    drawn = [
        {
            "title": title,
            "y": 8 + 46 * place,
            "cells": [
                {
                    "x": 214 + 72 * column,
                    "kind": row.kind,
                    "code": row.item.code,
                    "title": f"{row.item.code} {row.item.short}: {row.said}",
                }
                for column, row in enumerate(cells)
            ],
        }
        for place, (title, cells) in enumerate(modules.items())
    ]
    at = (4, 88, 196, 346)
    legend = [
        {"x": x, "kind": kind, "text": KINDS[kind]} for x, kind in zip(at, KINDS, strict=True)
    ]
    spelled = [
        f"{KINDS[kind].capitalize()}: {', '.join(r.item.code for r in rows if r.kind == kind)}."
        for kind in KINDS
        if any(r.kind == kind for r in rows)
    ]
    return _template("overview.svg.jinja").render(
        width=720,
        height=8 + 46 * len(drawn) + 40,
        modules=drawn,
        legend=legend,
        summary=_summary(rows),
        spelled=" ".join(spelled),
    )


@cache
def _template(name: str) -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(name)


def _told(piece: Mapping[str, Any]) -> dict[str, str] | None:
    """Return a piece of evidence as ``kind``, ``text``, ``link`` and ``more``."""
    for kind in ("file", "doi", "cell"):
        if isinstance(piece.get(kind), str):
            doi = doi_of(piece[kind]) if kind == "doi" else None
            digest = str(piece.get("sha256", ""))[:12] if kind == "file" else ""
            return {
                "kind": "DOI" if kind == "doi" else kind,
                "text": doi or piece[kind],
                "link": f"{RESOLVER}{doi}" if doi else "",
                "more": f"SHA-256 {digest}…" if digest else "",
            }
    found = piece.get("check")
    if not isinstance(found, dict):
        return None
    of = f" of {found['of']}" if "of" in found else ""
    more = ", ".join(f"{key} {_number(found.get(key))}" for key in ("value", "null"))
    text = f"{found.get('name')}{of}: {found.get('verdict')}"
    return {"kind": "check", "text": text, "link": "", "more": more}


def _number(value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:.3g}" if number else "–"


def _is_page(path: Path) -> bool:
    """Whether a file was made by `render`, or is empty."""
    try:
        with path.open(encoding="utf-8") as file:
            head = file.read(1_000)
    except (OSError, ValueError):
        return False
    made = '<meta name="generator" content="pitfalls reforms">'
    return (
        not head or head.startswith(_MARK) or (head.startswith("<!DOCTYPE html>") and made in head)
    )


def _table(rows: list[_Row]) -> Iterable[str]:
    """Return the overview as a table, a row a module."""
    yield "| module | items |"
    yield "|---|---|"
    modules: dict[str, list[str]] = {}
    for row in rows:
        modules.setdefault(row.module, []).append(f"{row.item.code} {_LETTERS[row.kind]}")
    for module, cells in modules.items():
        yield f"| {module} | {' · '.join(cells)} |"
    yield ""
    yield ", ".join(f"{_LETTERS[kind]} {words}" for kind, words in KINDS.items())


def _bullet(piece: Mapping[str, str]) -> str:
    text = _escaped(_one_line(piece["text"]))
    text = f"[{text}](<{piece['link']}>)" if piece["link"] else text
    return f"- {piece['kind']}: {text}" + (f", {_escaped(piece['more'])}" if piece["more"] else "")


def _paragraphs(text: str) -> str:
    """Escape an answer and keep its lines: each ends in a backslash, a hard break."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n").strip())
    return "\n\n".join(
        "\\\n".join(_escaped(line.strip()) for line in block.splitlines() if line.strip())
        for block in blocks
        if block.strip()
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    """Escape all that means something to CommonMark, GitHub, MyST or HTML."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _SPECIAL.sub(r"\\\1", text)
    text = re.sub(r"(?m)^(\s*\d+)([.)])", r"\1\\\2", text)
    return re.sub(r"(?i)\b(www)\.", r"\1\\.", text)
