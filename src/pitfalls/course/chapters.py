"""The chapters of a checkout, each read once until its files change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from .errors import LessonError
from .lesson import Lesson
from .reading import read_chapter

__all__ = ["Course", "lessons", "load"]


@dataclass(frozen=True)
class Course:
    """A checkout of the course.

    Parameters
    ----------
    root : Path
        The folder with ``chapters/``.
    """

    root: Path

    @classmethod
    def here(cls) -> Self:
        """Return the course around the working folder.

        The nearest parent of the working folder that has ``chapters/*/chapter.toml``, else the
        checkout that this package is installed from.

        Raises
        ------
        LessonError
            If neither has chapters.
        """
        here = Path.cwd()
        for parent in (here, *here.parents, Path(__file__).resolve().parents[3]):
            if next((parent / "chapters").glob("*/chapter.toml"), None) is not None:
                # The book has a link of that name to the chapters beside it.
                return cls((parent / "chapters").resolve().parent)
        raise LessonError(
            f"no chapters/ with a chapter.toml in {here} or above it; "
            "run this inside a copy of the course"
        )

    @property
    def work(self) -> Path:
        """The learner's own copies of the notebooks, log and report."""
        return self.root / "work"

    @property
    def results(self) -> Path:
        """What commands write to be looked at."""
        return self.root / "results"

    @property
    def book(self) -> Path:
        """What the site is built from."""
        return self.root / "book"

    def lessons(self) -> list[Lesson]:
        """Return every chapter, in reading order.

        Raises
        ------
        LessonError
            If a ``chapter.toml`` cannot be read.
        """
        files = sorted((self.root / "chapters").glob("*/chapter.toml"))
        read = [_read_once(file, file.stat().st_mtime_ns, file.stat().st_size) for file in files]
        return sorted(read, key=lambda lesson: (lesson.order, lesson.slug))

    def load(self, chapter: str | int) -> Lesson:
        """Return one chapter by its slug, its number or its folder's name.

        Parameters
        ----------
        chapter : str or int
            ``"leaky_selection"``, ``2``, ``"02"`` or ``"02_leaky_selection"``.

        Raises
        ------
        LessonError
            If there is no such chapter.
        """
        lessons = self.lessons()
        wanted = str(chapter).strip("/")
        for lesson in lessons:
            names = {lesson.slug, lesson.folder.name, f"{lesson.number}", f"{lesson.number:02d}"}
            if wanted in names:
                return lesson
        known = ", ".join(lesson.folder.name for lesson in lessons)
        raise LessonError(f"there is no chapter {wanted!r}; there are: {known}")


def lessons() -> list[Lesson]:
    """Return every chapter of the course around the working folder, in reading order."""
    return Course.here().lessons()


def load(chapter: str | int) -> Lesson:
    """Return one chapter of the course around the working folder.

    Parameters
    ----------
    chapter : str or int
        ``"leaky_selection"``, ``2``, ``"02"`` or ``"02_leaky_selection"``.

    Returns
    -------
    Lesson

    Raises
    ------
    LessonError
        If there is no such chapter.

    Examples
    --------
    >>> from pitfalls.course import load
    >>> load("02").slug
    'leaky_selection'
    """
    return Course.here().load(chapter)


@cache
def _read_once(file: Path, changed: int, size: int) -> Lesson:
    """Read a chapter again only when its file has changed."""
    return read_chapter(file)
