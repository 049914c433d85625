"""Makes a new report: every item, with what it asks and what a good answer holds."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

from .catalogue import DOI, RESOLVER, SITE, SOURCE, items
from .writing import create

__all__ = ["new", "template"]

_HEAD = f"""\
# A report after REFORMS: 32 items, each with a status, an answer and evidence.
#
# status: met, partial, not_met or not_applicable. The answer is a sentence or more, whatever the
# status: partial and not_met say what is missing, not_applicable says why. Evidence is a list; a
# piece is one of
#   - {{file: results.csv, sha256: "64 digits 0-9 a-f"}}   `pitfalls reforms hash FILE` writes it
#   - {{doi: {DOI}}}
#   - {{cell: analysis.ipynb#headline}}    a cell's tag, id or number from 0
#   - {{section: "2.4"}}    of your document
#   - {{url: https://example.org/data}}
#   - {{repository: https://example.org/code.git, commit: 0f3c2a1}}
#   - check: {{name: shared_groups, value: 0.48, null: 0.55, verdict: clean}}
#   - check: {{name: a look of mine, own: true, value: 0, null: 0, verdict: clean}}
# Items 6a, 6b and 6c need evidence, and 8b always applies. 7b needs an interval and n, or for
# several scores a list `scores`: - {{name: AUROC, interval: [0.52, 0.69], n: 30}}
#
# To audit a document of somebody else, name it in `study` as `audit_of`; status not_stated then
# means that it does not say.
#
# `pitfalls reforms check FILE` says what is open, `pitfalls reforms render FILE` makes a page.
#
"""
_WIDTH = 88


def new(path: str | Path, title: str = "") -> None:
    """Write a report in which every answer is still to be given.

    Parameters
    ----------
    path : str or Path
        Where to; what is there already is never overwritten.
    title : str, default=""
        The study's title.

    Raises
    ------
    ReportError
        If there is something of that name, or the file cannot be written.
    """
    create(Path(path), template(title))


def template(title: str = "") -> str:
    """Return the text of a report in which every answer is still to be given."""
    source = _comment(f"{SOURCE} The official text: {RESOLVER}{DOI} and {SITE}.", "")
    lines = [
        *(_HEAD + source).splitlines(),
        "format: 1",
        "study:",
        f"  title: {json.dumps(title, ensure_ascii=False)}",
        "  authors: []",
        "  date:          # such as 2026-03-31",
        "items:",
    ]
    module = ""
    for code, item in items().items():
        lines += ["", f"  {code}:"]
        if item.module != module:
            module = item.module
            rule = f"--- {code[0]} · {module} "
            lines += [f"    # {rule:-<{_WIDTH - 6}}"]
        lines += _comment(f"{item.asks} A good answer: {item.holds}", "    ").splitlines()
        lines += ["    status: not_met", '    answer: ""']
        lines += ["    interval:    # such as [0.52, 0.69]", "    n:"] if code == "7b" else []
        lines += ["    evidence: []"]
    return "\n".join(lines) + "\n"


def _comment(text: str, indent: str) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}# ",
        break_long_words=False,
        break_on_hyphens=False,
    )
