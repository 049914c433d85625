"""What a teacher needs: each chapter's ``teaching.toml``, and the routes through the course."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .errors import LessonError
from .lesson import Lesson
from .schemas import read_toml

__all__ = ["NOTES", "ROUTES", "notes", "routes"]

#: Where a chapter's notes for teachers are, in its folder, and the routes, in a checkout.
NOTES, ROUTES = "teaching.toml", Path("book", "instructor", "routes.toml")


def notes(lesson: Lesson) -> dict[str, Any] | None:
    """Return what a chapter's ``teaching.toml`` says, or None where there is none.

    Raises
    ------
    LessonError
        If it does not fit its schema, names an answer twice, has no right answer or only right
        ones.
    """
    file = lesson.folder / NOTES
    if not file.is_file():
        return None
    found = read_toml(file, "teaching")
    answers = [choice["answer"] for choice in found["choices"]]
    twice = [answer for answer in answers if answers.count(answer) > 1]
    if twice:
        raise LessonError(f"{file}: two [[choices]] have one answer: {twice[0]!r}")
    right = [choice.get("right", False) for choice in found["choices"]]
    if not any(right) or all(right):
        raise LessonError(
            f"{file}: {sum(right)} of {len(right)} [[choices]] are right; at least one must be, "
            "and one not"
        )
    return found


def routes(root: Path) -> list[dict[str, Any]]:
    """Return the routes of a checkout, shortest first; none where it has no such file.

    Raises
    ------
    LessonError
        If the file does not fit its schema.
    """
    file = root / ROUTES
    return read_toml(file, "routes")["routes"] if file.is_file() else []
