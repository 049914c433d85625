"""The start of a new chapter: files that run, with what an author has still to write in them."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from ..._files import write_text
from ...course import Course, CourseError

__all__ = ["TO_WRITE", "left_to_write", "new_chapter"]

#: What an author has still to write stands behind this mark.
TO_WRITE = "TO WRITE:"
#: What may stand around it on its line.
NO_WORDS = ' "#]}'
#: The files, in the folder of the course, from the templates beside this module.
FILES = {
    "chapters/{folder}/chapter.toml": "chapter.toml.txt",
    "chapters/{folder}/teaching.toml": "teaching.toml.txt",
    "chapters/{folder}/{number:02d}a_pitfall.py": "pitfall.py.txt",
    "chapters/{folder}/{number:02d}b_fix.py": "fix.py.txt",
    "solutions/{folder}/{number:02d}c_solutions.py": "solutions.py.txt",
}


def new_chapter(course: Course, number: int, slug: str) -> list[Path]:
    """Write the files of a new chapter, which runs and says what is still to be written.

    Parameters
    ----------
    course : Course
        Where to.
    number : int from 0 to 99
        The chapter's number, which no other has.
    slug : str
        Its name in small letters, digits and ``_``, such as ``"my_pitfall"``.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    CourseError
        If number or name cannot be had; nothing is written then.
    """
    if not 0 <= number <= 99:
        raise CourseError(f"number={number} must be a whole number from 0 to 99")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", slug):
        raise CourseError(f"name={slug!r} must be small letters, digits and _, such as my_pitfall")
    for lesson in course.lessons():
        if number == lesson.number or slug == lesson.slug:
            raise CourseError(f"there is a chapter {lesson.folder.name} already: choose another")
    title = slug.replace("_", " ").capitalize()
    words = {"number": f"{number:02d}", "plain": f"{number}", "slug": slug, "title": title}
    written = []
    for place, template in FILES.items():
        text = files(__package__).joinpath(template).read_text(encoding="utf-8")
        for name, value in words.items():
            text = text.replace(f"@{name}@", value)
        path = course.root / place.format(number=number, folder=f"{number:02d}_{slug}")
        write_text(path, text)
        written.append(path)
    return written


def left_to_write(root: Path) -> list[str]:
    """Return what authors have still to write, with file and line.

    Parameters
    ----------
    root : Path
        The checkout.

    Returns
    -------
    list of str
        ``chapters/42_my_pitfall/42a_pitfall.py:12: who makes the claim``, one a mark.
    """
    kinds = ("chapters/*/*.py", "chapters/*/*.toml", "solutions/*/*.py")
    found = []
    for path in sorted(path for kind in kinds for path in root.glob(kind)):
        if path.stem.endswith("_exercises"):  # made from the solutions
            continue
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            _, mark, what = text.partition(TO_WRITE)
            if mark:
                place = path.relative_to(root).as_posix()
                found.append(f"{place}:{line}: {what.strip(NO_WORDS)}")
    return found
