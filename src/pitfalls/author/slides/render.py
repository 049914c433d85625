"""Slides as one HTML file, by nbconvert."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ...course import Lesson
from .slide import Slide

__all__ = ["render"]

_FILES = {
    "reveal_css": "reveal/reveal.css",
    "deck_css": "deck.css",
    "reveal_js": "reveal/reveal.js",
    "notes_js": "reveal/notes.js",
}


def render(lesson: Lesson, slides: Iterable[Slide], root: Path) -> str:
    """Return slides as one HTML file that asks no other host, and no other file, for anything.

    Parameters
    ----------
    lesson : Lesson
        The chapter, for the title.
    slides : iterable of Slide
        As `deck` gives them.
    root : Path
        The checkout, whose ``book/slides`` has reveal.js, the style and the template.
    """
    from nbconvert.exporters import SlidesExporter

    folder = root / "book" / "slides"
    book = nbformat.v4.new_notebook(cells=[c for slide in slides for c in _cells(slide)])
    book.metadata.update(title=lesson.title, number=f"{lesson.number:02d}")
    exporter = SlidesExporter(
        template_file=str(folder / "deck.html.j2"), exclude_anchor_links=True
    )
    inline = {name: (folder / path).read_text(encoding="utf-8") for name, path in _FILES.items()}
    text, _ = exporter.from_notebook_node(book, resources={"inline": inline})
    return text


def _cells(slide: Slide) -> Iterator[NotebookNode]:
    """Yield a slide as cells with the metadata that nbconvert's exporter reads."""
    level = "#" if slide.kind == "title" else "##"
    yield _text(f"{level} {slide.heading}", "slide", kind=slide.kind, part=slide.part)
    if slide.lead:
        yield _text(slide.lead, "-", role="lead")
    if slide.body:
        words = re.sub(r"\]\([^)]*\)", "", slide.body)
        lines = sum(-(-len(line) // 62) for line in words.split("\n"))
        yield _text(slide.body, "-", role="body", size="dense" if lines > 10 else "")
    if slide.outputs:
        cell = nbformat.v4.new_code_cell(slide.code, outputs=slide.outputs)
        longest = max(map(len, slide.code.split("\n")))
        cell.metadata["size"] = "large" if longest <= 76 and slide.code.count("\n") < 6 else ""
        cell.metadata["slideshow"] = {"slide_type": "-"}
        yield cell
    if slide.takeaway:
        yield _text(slide.takeaway, "-", role="takeaway")
    yield _text("\n\n".join(filter(None, slide.notes)) or "No notes.", "notes", role="notes")


def _text(source: str, slide_type: str, **metadata: str) -> NotebookNode:
    """Return a Markdown cell; links to other notebooks become words, since a deck stands alone."""
    source = re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", source)
    return nbformat.v4.new_markdown_cell(
        source, metadata={"slideshow": {"slide_type": slide_type}, **metadata}
    )
