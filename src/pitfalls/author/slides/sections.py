"""The sections of a notebook, and the slides that one becomes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

from .outputs import calls, is_picture, layout, plain, shown
from .slide import WORDS, Slide, paragraphs, sentences, shortened

__all__ = ["Section", "case_slides", "section_slides", "sections"]

#: What a slide cannot show; the question and the figure of the dial stand on slides themselves.
_INTERACTIVE = {"turn", "quiz"}


@dataclass
class Section:
    """A section of a notebook.

    Attributes
    ----------
    heading, page : str
        Its heading, and the name of the notebook.
    kind : str
        ``"cases"``, ``"check"`` or nothing, as a cell says.
    cells : list of NotebookNode
        What a slide can show, text without the heading.
    """

    heading: str
    page: str
    kind: str = ""
    cells: list[NotebookNode] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """What is written in it."""
        return [c.source for c in self.cells if c.cell_type == "markdown" and c.source]

    @property
    def marked(self) -> bool:
        """Whether it is shown whoever asks: it says so, or has a prediction or the truth."""
        asks = any(calls(cell) & {"predict", "settle"} for cell in self.cells)
        return bool(self.kind) or asks or any(_says(cell) == "slide" for cell in self.cells)


def sections(book: NotebookNode, page: str) -> list[Section]:
    """Cut a notebook at its second headings; what stands before the first is left out."""
    found = [Section("", page)]
    for cell in book.cells:
        hidden = "remove-cell" in cell.metadata.get("tags", ()) or _says(cell) == "skip"
        if hidden or calls(cell) & _INTERACTIVE:
            continue
        if cell.cell_type != "markdown":
            found[-1].cells.append(cell)
            continue
        for place, text in enumerate(re.split(r"^## ", cell.source, flags=re.M)):
            if place > 0:
                heading, _, text = text.partition("\n")
                found.append(Section(heading.strip(), page))
            piece = nbformat.v4.new_markdown_cell(text.strip(), metadata=cell.metadata)
            found[-1].cells.append(piece)
        found[-1].kind = found[-1].kind or _says(cell, "section")
    return found[1:]


def _says(cell: NotebookNode, key: str = "slide_type") -> str:
    return cell.metadata.get("slideshow", {}).get(key, "")


def section_slides(
    section: Section,
    *,
    live: bool = False,
    story: bool = False,
    ask: Callable[[list[str]], Slide] | None = None,
) -> list[Slide]:
    """Return the slides of a section: one for each output, or one for its text.

    Parameters
    ----------
    section : Section
        Executed.
    live : bool, default=False
        Whether it is run before the learners, so that code is shown.
    story : bool, default=False
        Whether the text before the first output has a slide of its own.
    ask : callable, optional
        Makes the slide of the question, from the text before the prediction.
    """
    slides: list[Slide] = []
    run: list[tuple[Slide, list[str]]] = []
    texts, code = [], []
    for cell in section.cells:
        if cell.cell_type == "markdown":
            texts.append(cell)
            continue
        if ask and "predict" in calls(cell):
            _read_back(slides, texts)
            slides.append(ask(_sources(texts)))
            texts, code = [], []
            continue
        code.append(plain(cell))
        outputs = shown(cell)
        if not outputs:
            continue
        slide = Slide(section.heading, kind=layout(outputs[0]), outputs=outputs)
        slide.settles = "settle" in calls(cell)
        if story and not slides:
            slides.append(_told(section.heading, texts))
        else:
            slide.lead = _read_back(slides, texts, more=True)
        how = "Show it as a picture"
        if live and not is_picture(outputs[0]):
            run.append((slide, code))
            how = "Run it live"
        how = f"*{how}: {section.page}.ipynb, “{section.heading}”.*"
        slide.notes = [how, *_sources(texts)]
        slides.append(slide)
        texts, code = [], []
    if not slides:
        return [_summary(section)]
    _read_back(slides, texts)
    for slide, cells in run:
        slide.fit_code(cells)
    return slides


def _read_back(slides: list[Slide], texts: list[NotebookNode], *, more: bool = False) -> str:
    """Give the last slide the paragraph that reads it back; return what leads to the next.

    That is the first after the last output, or the first of a text that says so. Where there is
    `more`, the last paragraph leads to it, or what is left of it.
    """
    spoken = [text for text in texts if _says(text) != "notes"]
    said = [(p, _says(text, "text")) for text in spoken for p in paragraphs(text.source)]
    told = [(p, says) for p, says in said if says] or said[: 0 if more else 1]
    lead = said[-1][0] if said and more else ""
    if slides:
        slides[-1].notes += _sources(texts)
    if slides and slides[-1].outputs and told:
        paragraph, says = told[0]
        back = slides[-1].takeaway = shortened(paragraph, end=says == "conclusion")
        lead = lead.replace(back, "").strip()
    return shortened(lead, end=True) if lead else ""


def case_slides(section: Section) -> list[Slide]:
    """Return a slide of published cases, and one for each heading in bold of the last text.

    The cases share the room of a slide; a section that lists none has a slide for each output.
    """
    items = re.findall(r"^- (.+?)(?=^- |^\s*$|\Z)", "\n\n".join(section.texts), re.M | re.S)
    room = 5 * WORDS // max(1, len(items))
    body = "\n".join(f"- {shortened(' '.join(item.split()), room)}" for item in items)
    listed = Slide(section.heading, kind="list", body=body, notes=section.texts)
    slides = [listed] if items else section_slides(section)
    for paragraph in paragraphs("".join(section.texts[-1:])):
        if opens := re.match(r"\*\*([^*]+)[.:]\*\* ", paragraph):
            rest = paragraph[opens.end() :]
            fields = (re.sub(r"^(\w+:)", r"**\1**", sentence) for sentence in sentences(rest))
            body = "\n".join(f"- {field}" for field in fields)
            ask = "Ask each of them for a case in their own field."
            slides.append(Slide(opens[1], kind="list", body=body, notes=[ask, rest]))
    return slides


def _sources(cells: list[NotebookNode]) -> list[str]:
    return [cell.source for cell in cells if cell.source]


def _told(heading: str, texts: list[NotebookNode]) -> Slide:
    """Return a slide of whole texts, a sentence a line."""
    said = [s for text in texts for p in paragraphs(text.source) for s in sentences(p)]
    return Slide(heading, kind="text", body="\n\n".join(said), notes=_sources(texts))


def _summary(section: Section) -> Slide:
    """Return a slide of a section without outputs: its first table, or what it begins with."""
    text = "\n\n".join(section.texts)
    table = re.search(r"^\|.+?(?=\n\s*\n|\Z)", text, re.M | re.S)
    body = table[0] if table else "\n\n".join(map(shortened, paragraphs(text)[:1]))
    return Slide(section.heading, kind="text", body=body, notes=section.texts)
