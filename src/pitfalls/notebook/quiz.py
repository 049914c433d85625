"""The question before the result, as a quiz that opens without a script.

Each answer to choose from opens to what it gets right or wrong. Question, answers and feedback
stand in the chapter's ``teaching.toml``, as ``ask`` and ``[[choices]]``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ..course import Lesson, LessonError, load, teaching

__all__ = ["Choice", "Quiz", "quiz", "read"]

# Where the site's style sheet is missing, as in Jupyter, this much makes it readable.
_BOX = "border: 1px solid #808080; border-radius: 4px; margin: 0.4em 0"
_SUMMARY = "cursor: pointer; padding: 0.5em 0.8em"
_SAYS = "border-left: 4px solid {}; margin: 0.1em 0.8em 0.8em; padding-left: 0.7em"
_HUES = {True: "#0072b2", False: "#d55e00"}
_MARKS = {True: "✓", False: "✗"}


@dataclass(frozen=True)
class Choice:
    """An answer to choose from.

    Attributes
    ----------
    answer : str
        What the learner may think.
    says : str
        What the learner is told then.
    right : bool
        Whether that is what comes out.
    """

    answer: str
    says: str
    right: bool = False

    @property
    def verdict(self) -> str:
        """The words that the feedback begins with."""
        return "Right." if self.right else "Not quite."


@dataclass(frozen=True)
class Quiz:
    """A question with answers to choose from; a notebook shows it.

    Attributes
    ----------
    slug : str
        The chapter's.
    ask : str
        The question.
    choices : tuple of Choice
        Three or four, in the order in which they are shown.
    """

    slug: str
    ask: str
    choices: tuple[Choice, ...]

    def _repr_html_(self) -> str:
        name = escape(f"quiz-{self.slug}")
        boxes = "\n".join(
            f'<details name="{name}" style="{_BOX}">\n'
            f'<summary style="{_SUMMARY}">{escape(choice.answer)}</summary>\n'
            f'<p style="{_SAYS.format(_HUES[choice.right])}">'
            f'<span aria-hidden="true">{_MARKS[choice.right]}</span> '
            f"<strong>{choice.verdict}</strong> {escape(choice.says)}</p>\n</details>"
            for choice in self.choices
        )
        return (
            f'<div class="quiz" role="group" aria-labelledby="{name}">\n'
            f'<p id="{name}"><strong>{escape(self.ask)}</strong></p>\n{boxes}\n</div>'
        )

    def _repr_markdown_(self) -> str:
        answers = "\n".join(f"- {_literal(choice.answer)}" for choice in self.choices)
        says = "\n".join(
            f"- *{_literal(choice.answer)}*: {choice.verdict} {_literal(choice.says)}"
            for choice in self.choices
        )
        return f"**{_literal(self.ask)}**\n\n{answers}\n\nWhat each answer is told:\n\n{says}\n"

    def __repr__(self) -> str:
        """Return the question, the answers, and what each is told, as plain text."""
        rows = list(zip("abcd", self.choices, strict=False))
        answers = [f"  {letter}) {choice.answer}" for letter, choice in rows]
        says = [f"  {letter}) {choice.verdict} {choice.says}" for letter, choice in rows]
        return "\n".join([self.ask, *answers, "What each answer is told:", *says])


def quiz(chapter: str | int) -> Quiz:
    """Return the question that a chapter asks before it shows the result.

    Parameters
    ----------
    chapter : str or int
        The chapter's slug or number, such as ``"leaky_selection"``.

    Returns
    -------
    Quiz

    Raises
    ------
    LessonError
        If there is no such chapter, or it has no quiz.
    """
    return read(load(chapter))


def read(lesson: Lesson) -> Quiz:
    """Return the quiz in a chapter's ``teaching.toml``.

    Raises
    ------
    LessonError
        If the file is missing or its choices are not fit to be shown: three or four of them, each
        with ``answer`` and ``says``, no answer twice, at least one ``right = true`` and one not.
    """
    file, notes = lesson.folder / teaching.NOTES, teaching.notes(lesson)
    if notes is None:
        raise LessonError(f"there is no {file}, and so no quiz for chapter {lesson.slug!r}")
    rows = notes.get("choices", [])
    if not 3 <= len(rows) <= 4:
        raise LessonError(f"{file}: it has {len(rows)} [[choices]], and must have three or four")
    choices = tuple(_choice(row, file) for row in rows)
    if len({choice.answer for choice in choices}) < len(choices):
        raise LessonError(f"{file}: two [[choices]] have one answer")
    right = sum(choice.right for choice in choices)
    if not 0 < right < len(choices):
        raise LessonError(
            f"{file}: right = true stands in {right} of {len(choices)} [[choices]]; "
            "at least one must have it, and at least one must not"
        )
    return Quiz(lesson.slug, _text(notes, "ask", file), choices)


def _choice(row: dict, file: Path) -> Choice:
    unknown = set(row) - {"answer", "says", "right"}
    if unknown:
        raise LessonError(
            f"{file}: unknown key {min(unknown)!r} in [[choices]]; known: answer, says, right"
        )
    right = row.get("right", False)
    if not isinstance(right, bool):
        raise LessonError(f"{file}: right = {right!r} in [[choices]] must be true or false")
    return Choice(_text(row, "answer", file), _text(row, "says", file), right)


def _text(row: dict, key: str, file: Path) -> str:
    text = row.get(key)
    if not isinstance(text, str) or not text.strip():
        raise LessonError(f"{file}: {key} = {text!r} must be text that is not empty, in {row}")
    return text


def _literal(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return re.sub(r"([\\`*_$<>\[\]])", r"\\\1", text)
