"""The question before the result, as a quiz that opens without a script.

Each answer to choose from opens to what it gets right or wrong. Question, answers and feedback
stand in the chapter's ``teaching.toml``, as ``ask`` and ``[[choices]]``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..course import Lesson, LessonError, load, teaching
from ._templates import template

__all__ = ["Choice", "Quiz", "quiz", "read"]


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
        return template("quiz.html.jinja").render(
            name=f"quiz-{self.slug}", ask=self.ask, choices=self.choices
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
        If the file is missing, or does not fit, as `pitfalls.course.teaching.notes` says.
    """
    notes = teaching.notes(lesson)
    if notes is None:
        file = lesson.folder / teaching.NOTES
        raise LessonError(f"there is no {file}, and so no quiz for chapter {lesson.slug!r}")
    return Quiz(lesson.slug, notes["ask"], tuple(Choice(**row) for row in notes["choices"]))


def _literal(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return re.sub(r"([\\`*_$<>\[\]])", r"\\\1", text)
