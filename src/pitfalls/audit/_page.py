"""A report as one file of HTML."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from .._errors import PitfallsError
from ..checks import Finding, Result
from .report import OUT_OF_SCOPE, Report

__all__ = ["page_of"]

_MARKS = {"suspect": "✗", "not checked": "?", "clean": "✓", "silenced": "–"}


def page_of(report: Report) -> str:
    """Return the page. All that a report says is text, and is escaped."""
    return str(
        _template().render(
            report=report, blocks=_blocks(report), marks=_MARKS, scope=OUT_OF_SCOPE, number=_number
        )
    )


def _blocks(report: Report) -> dict[str, list[tuple[Result, list[tuple[Finding, str]]]]]:
    """Return for each kind the checks that have findings of it, each with its reason."""
    found: dict[str, list[tuple[Result, list[tuple[Finding, str]]]]] = {}
    for kind in _MARKS:
        of_kind = (
            report.silenced() if kind == "silenced" else ((*one, "") for one in report.told(kind))
        )
        blocks = found.setdefault(kind, [])
        for result, one, reason in of_kind:
            if not blocks or blocks[-1][0] is not result:
                blocks.append((result, []))
            blocks[-1][1].append((one, reason))
    return found


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3g}"


@cache
def _template() -> Any:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ModuleNotFoundError as error:
        raise PitfallsError(
            "a page needs Jinja: run `pip install 'pitfalls[audit]'`; print(report) needs nothing"
        ) from error
    loader = PackageLoader("pitfalls.audit", "")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html.jinja")
