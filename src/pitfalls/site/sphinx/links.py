"""Links to chapters, their pages and the classes of leakage, for extensions of the site.

The role ``{chapter}`slug` `` is a link to a chapter with its title.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from ...course import Course, Lesson, lessons
from ...course.schemas import read_toml

logger = logging.getLogger(__name__)


@cache
def site_map() -> dict:
    """Return ``map.toml``."""
    return read_toml(map_file(), "map")


def map_file() -> Path:
    """Return the file of classes, questions and sections."""
    return Course.here().book / "map.toml"


def chapter_of(docname: str) -> Lesson | None:
    """Return the chapter that a page belongs to; None for any other page."""
    top, _, rest = docname.partition("/")
    folder, _, page = rest.partition("/")
    if top != "chapters" or not page:
        return None
    return next((lesson for lesson in lessons() if lesson.folder.name == folder), None)


def docname_of(lesson: Lesson) -> str | None:
    """Return the page to begin a chapter with."""
    return f"chapters/{lesson.folder.name}/{lesson.first_page}" if lesson.first_page else None


def chapter_link(lesson: Lesson, docname: str, known: Collection[str]) -> nodes.Node:
    """Return a link to a chapter, or its title where the site has no page of it."""
    target = docname_of(lesson)
    return (
        page_link(target, lesson.title, docname) if target in known else nodes.Text(lesson.title)
    )


def page_link(target: str, title: str, docname: str) -> pending_xref:
    """Return a link to a page, which Sphinx resolves or complains of."""
    options = {"refdoc": docname, "refdomain": "std", "refexplicit": True, "refwarn": True}
    text = nodes.inline("", title)
    return pending_xref("", text, reftype="doc", reftarget=f"/{target}", **options)


def class_link(code: str, docname: str) -> pending_xref:
    """Return a link to a class in the index of classes."""
    options = {"refdoc": docname, "refdomain": "std", "refexplicit": True, "refwarn": True}
    text = nodes.inline("", f"{code}\u00a0{site_map()['taxonomy'][code]['name']}")
    return pending_xref("", text, reftype="ref", reftarget=class_label(code), **options)


def class_label(code: str) -> str:
    """Return the label of a class in the index of classes."""
    return f"class-{code.lower().replace('.', '-')}"


def joined(parts: list, mark: str) -> list:
    """Return the parts with a mark between each two."""
    return [n for part in parts for n in (nodes.Text(mark), part)][1:]


class ChapterRole(SphinxRole):
    """A link to a chapter by its slug, with its title."""

    def run(self):
        """Return the link, or complain of a chapter that is not there."""
        lesson = next((c for c in lessons() if c.slug == self.text), None)
        if lesson is None:
            logger.warning("there is no chapter %r", self.text, location=self.get_location())
            return [nodes.Text(self.text)], []
        return [chapter_link(lesson, self.env.docname, self.env.found_docs)], []
