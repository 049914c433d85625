"""The slides of a chapter: which sections, in which order, and what stands between them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from ...course import Lesson, LessonError, teaching
from .sections import case_slides, section_slides, sections
from .slide import Slide

__all__ = ["deck", "half_day", "read_teaching", "run_notebooks"]

_RETINA = "%config InlineBackend.figure_format = 'retina'"


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
        If there is none, or the chapter does not say what it does.
    """
    notes = teaching.notes(lesson)
    if notes is None:
        file = lesson.folder / teaching.NOTES
        raise LessonError(f"{file} is missing: slides need its question and its vote")
    if not lesson.do:
        file = lesson.folder / "chapter.toml"
        raise LessonError(f"{file}: missing do: the first slide says what learners will do")
    return notes


def deck(lesson: Lesson, books: Sequence[NotebookNode], root: Path) -> list[Slide]:
    """Return the slides of a chapter.

    Parameters
    ----------
    lesson : Lesson
        The chapter; it has a ``teaching.toml``, and says what it does.
    books : sequence of NotebookNode
        Its claim and its fix, executed.
    root : Path
        The checkout, for the routes.

    Raises
    ------
    LessonError
        If the chapter has no `teaching.toml`, or does not say what it does.
    """
    notes = read_teaching(lesson)
    routes = [(route, _steps(route, lesson)) for route in teaching.routes(root)]
    shown = {*notes["live"], *notes.get("show", ())}
    told = " ".join(step["what"] for _, steps in routes for step in steps)
    named = tuple(re.findall(r"\*([A-Z][^*]+)\*", told))
    slides, cases, check = [_title(lesson, notes, routes)], [], []
    for number, (book, page) in enumerate(zip(books, lesson.pages, strict=False)):
        part = ("the claim", "the fix")[number] if len(books) > 1 else ""
        for place, section in enumerate(sections(book, page.stem)):
            called = section.heading in shown or section.heading.startswith(named)
            if place > 0 and not called and not section.marked:
                continue
            if section.kind == "cases":
                cases += case_slides(section)
                continue
            live = section.heading in notes["live"] or section.kind == "check" or number == 1
            story = place == number == 0
            made = section_slides(section, live=live, story=story, ask=partial(_question, notes))
            for slide in made:
                slide.part = part
            (check if section.kind == "check" else slides).extend(made)
    _insert_vote(slides, notes)
    return [*slides, *cases, *check, _close(notes)]


def _steps(route: dict[str, Any], lesson: Lesson) -> list[dict[str, Any]]:
    return [step for step in route["steps"] if step.get("chapter") == lesson.number]


def _title(lesson: Lesson, notes: dict[str, Any], routes: list[tuple[dict, list[dict]]]) -> Slide:
    words = {"claim": "the claim", "fix": "the fix", "title": "the report"}
    aside = []
    for route, steps in routes:
        lines = [
            f"- {step['minutes']} min: {step['what'].format(exercises='exercises', **words)}"
            + (f" *Late: {step['late']}*" if "late" in step else "")
            for step in steps
        ]
        total = sum(step["minutes"] for step in steps)
        if steps:
            aside.append(f"**{route['name']}: {total} minutes.**\n\n" + "\n".join(lines))
    listed = ", ".join(f"“{name}”" for name in notes["live"])
    aside.append(f"**Run live:** {listed}. Have the notebook open beside this.")
    return Slide(lesson.title, kind="title", body=lesson.do, notes=aside)


def _question(notes: dict[str, Any], texts: list[str]) -> Slide:
    wrong = "\n".join(f"- *{row['answer']}*: {row['reveals']}" for row in notes["wrong"])
    answers = "\n".join(f"1. {row['answer']}" for row in notes["choices"])
    told = "\n".join(
        f"- {letter}: {row['says']}" for letter, row in zip("ABCD", notes["choices"], strict=False)
    )
    collect = "Collect every number, with an interval, before you go on. Hands for each answer."
    return Slide(
        "Predict",
        kind="question",
        body=f"{notes['ask']}\n\n{answers}",
        takeaway="A number, and an interval that you would give four to one on.",
        notes=[
            f"**{collect}**",
            *texts,
            f"What they say, and what it reveals:\n\n{wrong}",
            f"What the page tells those who choose:\n\n{told}",
        ],
    )


def _insert_vote(slides: list[Slide], notes: dict[str, Any]) -> None:
    """Put the vote after the result or, where that comes late, after the question."""
    asked = next((i for i, slide in enumerate(slides) if slide.kind == "question"), None)
    if asked is None:
        return
    after, part = slides[asked + 1 :], slides[asked].part
    shows = [slide.settles and slide.heading == after[0].heading for slide in after]
    place = asked + 1 + (shows.index(True) + 1 if any(shows) else 0)
    pairs = "In pairs, notebooks closed. Turn back to what they want to see; `Esc` shows all "
    pairs += "slides. Count hands before you go on to the answer."
    vote = Slide("Vote", part, "question", body=notes["vote"], notes=[pairs])
    found = Slide("What it was", part, "answer", body=notes["found"])
    found.notes = ["Who saw it? Let one of them explain before you do."]
    slides[place:place] = [vote, found]


def _close(notes: dict[str, Any]) -> Slide:
    aside = ["One thing each for Monday, on paper. Questions that come up:"]
    aside += [f"**{row['question']}** {row['answer']}" for row in notes.get("asked", ())]
    body = "\n".join(f"- {able}" for able in notes["objectives"])
    return Slide("What you can do on Monday", kind="list", body=body, notes=aside)
