"""Slides of a chapter, made from its notebooks and from what stands in ``teaching.toml``.

A section becomes slides where a teacher shows it: the first one of a notebook, those named in
``teaching.toml`` or in a route, the prediction and the truth, the literature, the check to take
home, and what a cell marks with Jupyter's ``slideshow`` metadata (``slide_type`` ``"slide"``;
``"skip"`` leaves a cell out, ``"notes"`` leaves a text to the speaker).

Each output is a slide: the sentence before it says what it shows, the sentence after it reads it
back, and the whole prose goes into the speaker's notes. The question stands where the notebook
asks for a prediction, the vote before anything gives its answer away.
"""

from __future__ import annotations

import base64
import re
import struct
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from ..course import Lesson, LessonError, teaching

__all__ = ["deck", "half_day", "read_teaching", "render", "run_notebooks"]

#: Sections that every deck has, after the fix; the notebooks call them so.
LITERATURE, CHECK = "Where it happened", "A check to take home"
#: What a slide has room for: lines of code, lines of all kinds, words on either side of an output.
CODE_LINES, LINES, WORDS = 12, 14, 38
#: What a slide cannot show; the question and the figure of the dial stand on slides themselves.
_INTERACTIVE = re.compile(r"^(?:turn|quiz)\(", re.M)
_RETINA = "%config InlineBackend.figure_format = 'retina'"


@dataclass
class Slide:
    """One slide: what is seen, top to bottom, and what the speaker reads."""

    heading: str
    part: str = ""
    kind: str = "result"
    lead: str = ""
    body: str = ""
    code: str = ""
    outputs: list[NotebookNode] = field(default_factory=list)
    takeaway: str = ""
    notes: list[str] = field(default_factory=list)
    settles: bool = False
    kept: bool = False
    cells: list[str] = field(default_factory=list)


@dataclass
class _Section:
    heading: str
    page: str
    cells: list[NotebookNode] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n\n".join(cell.source for cell in self.cells if cell.cell_type == "markdown")


def half_day(root: Path) -> list[int]:
    """Return the numbers of the chapters of the half-day route, in its order.

    Raises
    ------
    LessonError
        If the checkout has no such route.
    """
    steps = next((r["steps"] for r in teaching.routes(root) if r["name"] == "Half a day"), None)
    if steps is None:
        raise LessonError(f"{root / 'book'} has no route for half a day: name the chapters")
    return list(dict.fromkeys(step["chapter"] for step in steps if "chapter" in step))


def run_notebooks(lesson: Lesson) -> list[NotebookNode]:
    """Run the first two notebooks of a chapter, with figures twice as fine as in the book.

    Parameters
    ----------
    lesson : Lesson
        The chapter.

    Returns
    -------
    list of NotebookNode
        The claim and, where there is one, the fix.

    Raises
    ------
    LessonError
        If a cell fails.
    """
    books = []
    for page in lesson.pages[:2]:
        book = nbformat.read(page.with_suffix(".ipynb"), as_version=4)
        book.cells.insert(0, nbformat.v4.new_code_cell(_RETINA))
        where = {"metadata": {"path": page.parent}}
        client = NotebookClient(book, timeout=600, kernel_name="python3", resources=where)
        try:
            client.execute(stderr=subprocess.DEVNULL)
        except CellExecutionError as error:
            raise LessonError(f"{page.stem} fails: {error.ename}: {error.evalue}") from None
        del book.cells[0]
        books.append(book)
    return books


def read_teaching(lesson: Lesson) -> dict[str, Any]:
    """Return what a chapter's ``teaching.toml`` says.

    Raises
    ------
    LessonError
        If there is none.
    """
    notes = teaching.notes(lesson)
    if notes is None:
        file = lesson.folder / teaching.NOTES
        raise LessonError(f"{file} is missing: slides need its question and its vote")
    return notes


def deck(lesson: Lesson, books: Sequence[NotebookNode], root: Path) -> list[Slide]:
    """Return the slides of a chapter.

    Parameters
    ----------
    lesson : Lesson
        The chapter; it has a ``teaching.toml``.
    books : sequence of NotebookNode
        Its claim and its fix, executed.
    root : Path
        The checkout, for the routes.

    Returns
    -------
    list of Slide
    """
    teaching = read_teaching(lesson)
    steps = [step for route in teaching.routes(root) for step in _steps(route, lesson)]
    shown = {*teaching["live"], *teaching.get("show", ()), LITERATURE, CHECK}
    named = tuple(re.findall(r"\*([A-Z][^*]+)\*", " ".join(step["what"] for step in steps)))
    slides, late = [_title(lesson, books[0], teaching, root)], []
    for book, page, part in zip(books, lesson.pages, _parts(books), strict=False):
        for place, section in enumerate(_sections(book, page.stem)):
            wanted = place == 0 or section.heading in shown or section.heading.startswith(named)
            if not wanted and not any(map(_calls_in, section.cells)):
                continue
            if section.heading == LITERATURE:
                late[:0] = _literature(section)
                continue
            story = place == 0 and page == lesson.pages[0]
            made = list(_section_slides(section, teaching, story=story))
            for slide in made:
                slide.part = part
            (late if section.heading == CHECK else slides).extend(made)
    _insert_vote(slides, teaching)
    return [*slides, *late, _close(teaching)]


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

    Returns
    -------
    str
    """
    from nbconvert.exporters import SlidesExporter

    folder = root / "book" / "slides"
    book = nbformat.v4.new_notebook(cells=[c for slide in slides for c in _cells(slide)])
    book.metadata.update(title=lesson.title, number=f"{lesson.number:02d}")
    exporter = SlidesExporter(
        template_file=str(folder / "deck.html.j2"), exclude_anchor_links=True
    )
    files = {"reveal_css": "reveal/reveal.css", "deck_css": "deck.css"}
    files |= {"reveal_js": "reveal/reveal.js", "notes_js": "reveal/notes.js"}
    inline = {name: (folder / path).read_text(encoding="utf-8") for name, path in files.items()}
    text, _ = exporter.from_notebook_node(book, resources={"inline": inline})
    return text


# --- What is shown --------------------------------------------------------------------------


def _steps(route: dict[str, Any], lesson: Lesson) -> list[dict[str, Any]]:
    return [step for step in route["steps"] if step.get("chapter") == lesson.number]


def _parts(books: Sequence[NotebookNode]) -> list[str]:
    return ["the claim", "the fix"] if len(books) > 1 else [""]


def _calls_in(cell: NotebookNode) -> bool:
    """Return whether a cell brings its section in: by its mark, a prediction or the truth."""
    asks = re.search(r"^(predict|settle)\(", cell.source, re.M)
    return _mark(cell) == "slide" or (cell.cell_type == "code" and bool(asks))


def _mark(cell: NotebookNode) -> str:
    return cell.metadata.get("slideshow", {}).get("slide_type", "")


def _sections(book: NotebookNode, page: str) -> Iterator[_Section]:
    """Cut a notebook at its second headings; what stands before the first is left out."""
    section = None
    for cell in book.cells:
        on_screen_only = cell.cell_type == "code" and _INTERACTIVE.search(cell.source)
        hidden = "remove-cell" in cell.metadata.get("tags", ())
        if _mark(cell) == "skip" or hidden or on_screen_only:
            continue
        if cell.cell_type != "markdown":
            if section is not None:
                section.cells.append(cell)
            continue
        for part in re.split(r"^(?=## )", cell.source, flags=re.M):
            if part.startswith("## "):
                if section is not None:
                    yield section
                heading, _, part = part.removeprefix("## ").partition("\n")
                section = _Section(heading.strip(), page)
            if section is not None and part.strip():
                piece = nbformat.v4.new_markdown_cell(part.strip(), metadata=cell.metadata)
                section.cells.append(piece)
    if section is not None:
        yield section


def _section_slides(section: _Section, teaching: dict[str, Any], *, story: bool) -> list[Slide]:
    slides: list[Slide] = []
    texts, code, aside = [], [], []
    live = section.heading in (*teaching["live"], CHECK) or section.page.endswith("b_fix")
    for cell in section.cells:
        if cell.cell_type == "markdown":
            if _mark(cell) == "notes":
                aside.append(cell.source)
            else:
                texts.append(cell.source)
            continue
        if re.search(r"^predict\(", cell.source, re.M):
            _read_back(slides, texts, last=True)
            slides.append(_question(teaching, texts))
            texts, code = [], []
            continue
        outputs = _shown(cell)
        code.append(_plain(cell.source))
        if not outputs:
            if any(output.output_type == "execute_result" for output in cell.outputs):
                code[-1] = code[-1].rpartition("\n")[0]
            continue
        picture = _is_picture(outputs[0])
        slide = Slide(section.heading, outputs=outputs, settles="settle(" in cell.source)
        slide.kept = picture or slide.settles or "keep_output" in cell.metadata.get("tags", ())
        slide.kind = _layout(outputs[0])
        if story and not slides:
            body = "\n\n".join(_sentences("\n\n".join(texts)))
            slides.append(Slide(section.heading, kind="text", body=body, notes=[*texts]))
        else:
            slide.lead = _read_back(slides, texts)
        slide.cells = [] if picture or not live else code
        slide.notes = [*texts, *aside, _how(section, live=live and not picture)]
        slides.append(slide)
        texts, code, aside = [], [], []
    if slides:
        _read_back(slides, texts, last=True)
        slides[-1].notes[-1:-1] = aside
        for slide in slides:
            _fit_code(slide)
    else:
        body = _body("\n\n".join(texts))
        slides.append(Slide(section.heading, kind="text", body=body, notes=texts))
    return slides


def _read_back(slides: list[Slide], texts: list[str], *, last: bool = False) -> str:
    """Give the last slide what the text says of it; return what introduces the next one."""
    introduces = _sentences(texts[-1]) if texts and not last else []
    if not texts or not slides or not slides[-1].outputs:
        return " ".join(_from_end(introduces))
    slide, said = slides[-1], _sentences("\n\n".join(texts))
    told = list(takewhile(lambda sentence: not re.search(r"[:?]\W*$", sentence), said))
    bold = [sentence for sentence in said if _is_statement(sentence)]
    if bold:
        back = bold[:1]
    elif last:
        back = _from_start(told)
    else:
        back = told[:1] if slide.kept and len(said) > 1 else []
    slide.takeaway = " ".join(back)
    slide.notes[-1:-1] = texts
    return " ".join(_from_end([sentence for sentence in introduces if sentence not in back]))


def _is_statement(sentence: str) -> bool:
    """Return whether a sentence has words in bold and is no question and no label."""
    label = re.fullmatch(r"\*\*\S+( \S+){0,2}\*\*", sentence)
    return "**" in sentence and not label and not re.search(r"[:?]\W*$", sentence)


def _shown(cell: NotebookNode) -> list[NotebookNode]:
    """Return the outputs that are worth a slide: a picture, else tables and printed lines."""
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    outputs = cell.get("outputs", ())
    printed = "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout")
    shown = [nbformat.v4.new_output("stream", name="stdout", text=_without_prediction(printed))]
    shown = shown if shown[0].text else []
    for output in outputs:
        data = output.get("data", {})
        plain = re.sub(r"\n(Name: .*|dtype: .*)$", "", data.get("text/plain", ""))
        if "image/png" in data:
            return [_only(output, "image/png", alt)]
        if "text/html" in data:
            shown.append(_only(output, "text/html"))
        elif output.output_type == "execute_result" and "\n" in plain:
            shown.append(nbformat.v4.new_output("stream", name="stdout", text=plain))
    return shown


def _is_picture(output: NotebookNode) -> bool:
    data = output.get("data", {})
    return "image/png" in data or "<svg" in data.get("text/html", "")


def _layout(output: NotebookNode) -> str:
    """Return whether the words stand beside a picture or, where it is wide, above and below."""
    png = output.get("data", {}).get("image/png")
    if png is None:
        return "result"
    width, height = struct.unpack(">II", base64.b64decode(png)[16:24])
    return "beside" if width < 2.3 * height else "wide"


def _height(output: NotebookNode) -> int:
    """Return how many lines of code are as high as printed text or a table, about."""
    if output.output_type != "stream":
        return 2 * output.data["text/html"].count("<tr")
    return max(3, output.text.count("\n") + 1)


def _only(output: NotebookNode, kind: str, alt: str = "") -> NotebookNode:
    new = nbformat.v4.new_output("display_data", data={kind: output.data[kind]})
    new.metadata["alt"] = alt
    return new


def _without_prediction(printed: str) -> str:
    """Leave out what `settle` says to one reader; keep the truth where nothing else is printed."""
    lines = printed.rstrip("\n").split("\n")
    truth = [m[1] for line in lines if (m := re.search(r"(It was -?[\d.]+\d\.)", line))]
    rest = [line for line in lines if not re.match(r"(It was|You said) -?[\d.]+\d\.", line)]
    return "\n".join(rest if any(rest) else truth)


# --- Words ----------------------------------------------------------------------------------


def _sentences(text: str) -> list[str]:
    """Cut running text into sentences; lists, tables and code blocks are left out."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        if re.match(r"[-|`#]|\d+\. ", block.strip()):
            continue
        flat = " ".join(block.split())
        for piece in re.split(r"(?<=[.?!])\s|(?<=[.?!][*)”\"])\s|(?<=[.?!]\*\*)\s", flat):
            piece = piece.strip()
            open_bold = bool(found) and found[-1].count("**") % 2
            mid_sentence = piece[:1].islower()
            if found and (open_bold or mid_sentence):
                found[-1] = f"{found[-1]} {piece}"
            elif piece:
                found.append(piece)
    return [sentence for sentence in found if not sentence.startswith("(")]


def _words(sentences: Iterable[str]) -> int:
    return sum(len(sentence.split()) for sentence in sentences)


def _from_start(sentences: list[str]) -> list[str]:
    """Return the first sentence, and those after it while there is room."""
    n = 1
    while n < len(sentences) and _words(sentences[: n + 1]) <= WORDS:
        n += 1
    return sentences[:n]


def _from_end(sentences: list[str]) -> list[str]:
    """Return the last sentence, and those before it while there is room."""
    return _from_start(sentences[::-1])[::-1]


def _body(text: str) -> str:
    """Return the text of a section without outputs: a table as it is, else what is bold."""
    tables = [block for block in re.split(r"\n\s*\n", text) if block.startswith("|")]
    if tables:
        return tables[0]
    said = _sentences(text)
    return "\n\n".join([sentence for sentence in said if "**" in sentence] or said[:3])


def _plain(source: str) -> str:
    """Return code without imports and marks for the tests."""
    source = re.sub(r"^from [\w.]+ import \([^)]*\)\n", "", source, flags=re.M)
    lines = [
        line
        for line in source.split("\n")
        if not re.match(r"(# NBVAL|from [\w.]+ import |import |settle\()", line)
    ]
    return "\n".join(lines).strip("\n")


def _fit_code(slide: Slide) -> None:
    """Show the code since the last output, or its last cell, where there is room for it.

    What introduces it becomes shorter, if that is what it takes.
    """
    if not slide.cells:
        return
    shorter = (_sentences(slide.lead) or [""])[-1]
    for part in ("\n".join(filter(None, slide.cells)), slide.cells[-1]):
        for lead in (slide.lead, shorter):
            words = sum(-(-len(text) // 80) for text in (lead, slide.takeaway))
            room = min(CODE_LINES, LINES - words - sum(map(_height, slide.outputs)))
            if part.count("\n") < room:
                slide.code, slide.lead = re.sub(r"\n{2,}", "\n\n", part), lead
                return


def _how(section: _Section, *, live: bool) -> str:
    verb = "Run it live" if live else "Show it as a picture"
    return f"*{verb}: {section.page}.ipynb, “{section.heading}”.*"


# --- Slides of their own --------------------------------------------------------------------


def _title(lesson: Lesson, book: NotebookNode, teaching: dict[str, Any], root: Path) -> Slide:
    do = re.search(r"\*\*What you'll do\.\*\*(.+?)(?:\n\s*\n|$)", book.cells[0].source, re.S)
    notes = []
    for route in teaching.routes(root):
        steps = _steps(route, lesson)
        if steps:
            total = sum(step["minutes"] for step in steps)
            lines = [
                f"- {step['minutes']} min: {_bare(step['what'])}"
                + (f" *Late: {step['late']}*" if "late" in step else "")
                for step in steps
            ]
            notes.append(f"**{route['name']}: {total} minutes.**\n\n" + "\n".join(lines))
    listed = ", ".join(f"“{name}”" for name in teaching["live"])
    notes.append(f"**Run live:** {listed}. Have the notebook open beside this.")
    said = " ".join(do[1].split()) if do else ""
    return Slide(lesson.title, kind="title", body=said, notes=notes)


def _bare(step: str) -> str:
    words = {"claim": "the claim", "fix": "the fix", "title": "the report"}
    return step.format(exercises="exercises", **words)


def _question(teaching: dict[str, Any], texts: list[str]) -> Slide:
    wrong = "\n".join(f"- *{row['answer']}*: {row['reveals']}" for row in teaching["wrong"])
    collect = "Collect every number, with an interval, before you go on. Hands for each answer."
    choices = [(letter, row) for letter, row in zip("ABCD", teaching["choices"], strict=False)]
    answers = "\n".join(f"1. {row['answer']}" for _, row in choices)
    told = "\n".join(f"- {letter}: {row['says']}" for letter, row in choices)
    return Slide(
        "Predict",
        kind="question",
        body=f"{teaching['ask']}\n\n{answers}",
        takeaway="A number, and an interval that you would give four to one on.",
        notes=[
            f"**{collect}**",
            *texts,
            f"What they say, and what it reveals:\n\n{wrong}",
            f"What the page tells those who choose:\n\n{told}",
        ],
    )


def _insert_vote(slides: list[Slide], teaching: dict[str, Any]) -> None:
    """Put the vote after the result or, where that comes late, after the question."""
    asked = next((i for i, slide in enumerate(slides) if slide.kind == "question"), None)
    if asked is None:
        return
    place, after = asked + 1, [slide.heading for slide in slides[asked + 1 :]]
    for i, slide in enumerate(slides[place:], start=place):
        if slide.settles and slide.heading == after[0]:
            place = i + 1
            break
    part = slides[asked].part
    pairs = "In pairs, notebooks closed. Turn back to what they want to see; `Esc` shows all "
    pairs += "slides. Count hands before you go on to the answer."
    vote = Slide("Vote", part, "question", body=teaching["vote"], notes=[pairs])
    found = Slide("What it was", part, "answer", body=teaching["found"])
    found.notes = ["Who saw it? Let one of them explain before you do."]
    slides[place:place] = [vote, found]


def _literature(section: _Section) -> list[Slide]:
    """Two sentences of each case, then where it hides; the rest is for the speaker."""
    cases = re.findall(r"^- (.+?)(?=^- |^\s*$|\Z)", section.text, re.M | re.S)
    kept = [
        "- " + " ".join(_case(" ".join(case.split())))
        for case in cases
        if "taxonomy" not in case[:30]
    ]
    slides = [Slide(section.heading, kind="list", body="\n".join(kept), notes=[section.text])]
    hides = re.search(r"\*\*Where it hides\.\*\*(.+?)(?=\n\s*\n|\Z)", section.text, re.S)
    if hides:
        places = re.findall(r"([A-Z]\w+): (.+?\.)(?= [A-Z]|$)", " ".join(hides[1].split()))
        body = "\n".join(f"- **{field}:** {where}" for field, where in places)
        ask = "Ask each of them for the place in their own field."
        slides.append(Slide("Where it hides", kind="list", body=body, notes=[ask, hides[1]]))
    return slides


def _case(text: str) -> list[str]:
    said = _sentences(text)
    return said[: 3 if said[0].endswith("**") else 2]


def _close(teaching: dict[str, Any]) -> Slide:
    notes = [f"**{row['question']}** {row['answer']}" for row in teaching.get("asked", ())]
    body = "\n".join(f"- {able}" for able in teaching["objectives"])
    notes.insert(0, "One thing each for Monday, on paper. Questions that come up:")
    return Slide("What you can do on Monday", kind="list", body=body, notes=notes)


# --- Cells for nbconvert --------------------------------------------------------------------


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
