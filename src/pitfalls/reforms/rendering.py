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
from urllib.parse import quote

from .catalogue import DOI, RESOLVER, SITE, SOURCE, Item, items
from .faults import Fault, check
from .reading import Entry, Report, ReportError
from .sources import doi_of
from .writing import replace

__all__ = ["overview", "render", "render_html", "render_markdown", "summary"]

#: Kinds of items in a report, and what is said of each; open is what `check` finds fault with.
KINDS = {
    "met": "met",
    "partial": "partly met",
    "not-met": "not met",
    "not-stated": "not stated",
    "not-applicable": "not applicable",
    "open": "open",
}
LETTERS = {
    "met": "✓",
    "partial": "◐",
    "not-met": "✗",
    "not-stated": "∅",
    "not-applicable": "–",
    "open": "?",
}
#: Kinds of evidence, and what is said of each.
_PIECES = {
    "file": "file",
    "doi": "DOI",
    "cell": "cell",
    "section": "section",
    "url": "address",
    "repository": "repository",
}
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
    def measured(self) -> list[str]:
        """Intervals and numbers of cases, a text a score."""
        one = {"interval": self.entry.interval, "n": self.entry.n}
        told = [_measured(score) for score in (one, *self.entry.scores)]
        return [text for text in told if text]

    @property
    def evidence(self) -> list[dict[str, str]]:
        return [piece for one in self.entry.evidence if (piece := _piece(one))]


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

    rows, faults = _rows(report)
    picture = Markup(_picture(rows))
    return _template("page.html.jinja").render(_told(report, rows, faults), picture=picture)


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
    return _picture(_rows(report)[0])


def summary(report: Report) -> str:
    """Return how many items are met, not met, not applicable and open, in a sentence."""
    return _summary(_rows(report)[0])


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
    page = _template("page.md.jinja").render(_told(report, *_rows(report)))
    return re.sub(r"\n{3,}", "\n\n", page) + "\n"


def _rows(report: Report) -> tuple[list[_Row], list[Fault]]:
    faults, rows = check(report), []
    faulty = {fault.item for fault in faults if not fault.gap}
    for code, item in items().items():
        entry = report.entries.get(code, Entry())
        kind = (entry.status or "open").replace("_", "-")
        rows.append(_Row(item, entry, "open" if code in faulty else kind))
    return rows, faults


def _summary(rows: Iterable[_Row]) -> str:
    counts = Counter(row.kind for row in rows)
    told = [f"{counts[kind]} {words}" for kind, words in KINDS.items() if counts[kind]]
    return f"Of 32 items: {', '.join(told)}."


def _told(report: Report, rows: list[_Row], faults: list[Fault]) -> dict[str, Any]:
    """Return what a template may speak of."""
    return {
        "report": report,
        "rows": rows,
        "faults": faults,
        "summary": _summary(rows),
        "kinds": KINDS,
        "letters": LETTERS,
        "source": SOURCE,
        "doi": DOI,
        "site": SITE,
    }


def _picture(rows: list[_Row]) -> str:
    return _template("overview.svg.jinja").render(rows=rows, summary=_summary(rows), kinds=KINDS)


@cache
def _template(name: str) -> Any:
    """Return a template that escapes all it is given, by the rules of what it makes."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        **({"finalize": _escaped} if name.endswith(".md.jinja") else {"autoescape": True}),
    )
    environment.filters |= {"one_line": _one_line, "paragraphs": _paragraphs}
    return environment.get_template(name)


def _piece(piece: Mapping[str, Any]) -> dict[str, str] | None:
    """Return a piece of evidence as ``kind``, ``text``, ``link`` and ``more``."""
    for kind, words in _PIECES.items():
        if isinstance(piece.get(kind), str):
            doi = doi_of(piece[kind]) if kind == "doi" else None
            return {
                "kind": words,
                "text": doi or piece[kind],
                "link": f"{RESOLVER}{quote(doi, safe='/:;().-_')}" if doi else "",
                "more": _more(piece, kind),
            }
    found = piece.get("check")
    if not isinstance(found, dict):
        return None
    of = f" of {found['of']}" if "of" in found else ""
    more = ", ".join(f"{key} {_number(found.get(key))}" for key in ("value", "null"))
    text = f"{found.get('name')}{of}: {found.get('verdict')}"
    kind = "a check of the authors' own" if found.get("own") is True else "check"
    return {"kind": kind, "text": text, "link": "", "more": more}


def _more(piece: Mapping[str, Any], kind: str) -> str:
    if kind == "file" and piece.get("sha256"):
        return f"SHA-256 {str(piece['sha256'])[:12]}…"
    return f"commit {piece['commit']}" if kind == "repository" and "commit" in piece else ""


def _measured(score: Mapping[str, Any]) -> str:
    """Return one score with its interval and n as text."""
    limits, n = score.get("interval"), score.get("n")
    parts = [str(score["name"])] if isinstance(score.get("name"), str) else []
    if _is_number(score.get("value")):
        parts.append(f"{score['value']:g}")
    if isinstance(limits, list | tuple) and len(limits) == 2 and all(map(_is_number, limits)):
        parts.append(f"interval {limits[0]:g} to {limits[1]:g}")
    if _is_number(n):
        parts.append(f"n = {n:,}")
    return ", ".join(parts)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> str:
    return f"{value:.3g}" if _is_number(value) else "–"


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


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _paragraphs(text: str) -> str:
    """Escape an answer for Markdown and keep its lines: each ends in a backslash, a hard break."""
    from markupsafe import Markup

    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n").strip())
    lines = ([line.strip() for line in block.splitlines() if line.strip()] for block in blocks)
    return Markup("\n\n".join("\\\n".join(map(_escaped, block)) for block in lines if block))


def _escaped(value: Any) -> str:
    """Escape all that means something to CommonMark, GitHub, MyST or HTML."""
    if hasattr(value, "__html__"):  # done already
        return value
    text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _SPECIAL.sub(r"\\\1", text)
    text = re.sub(r"(?m)^(\s*\d+)([.)])", r"\1\\\2", text)
    return re.sub(r"(?i)\b(www)\.", r"\1\\.", text)
