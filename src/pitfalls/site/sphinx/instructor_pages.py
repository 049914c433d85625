"""Routes and prompts, written into the pages for instructors before they are read.

The lines ``<!-- routes -->``, ``<!-- prompts -->`` and ``<!-- fields -->`` become sections, which
the page's contents list and a link can reach, made from ``instructor/routes.toml`` and every
chapter's ``teaching.toml`` by `pitfalls.site.workshops`.
"""

from __future__ import annotations

from ...course import lessons
from .. import workshops

FOLDER = "instructor"


def setup(app):
    """Register what writes the sections."""
    app.connect("source-read", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(app, docname: str, source: list[str]) -> None:
    """Put the sections in place of their markers."""
    if not docname.startswith(f"{FOLDER}/"):
        return
    for name in ("routes", "prompts", "fields"):
        marker = f"<!-- {name} -->"
        if marker in source[0]:
            make = getattr(workshops, f"write_{name}")
            source[0] = source[0].replace(marker, make(lessons(), "../"))
