"""The tables that list the chapters: in the README, and the site's table of contents."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .. import evidence
from ..course import PARTS, Course, CourseError, Lesson
from ..course.schemas import schema

__all__ = ["chapter_table", "fill", "key_table", "table_of_contents"]


def chapter_table(chapters: list[Lesson], link: Callable[[Lesson, str, str], str]) -> str:
    """Return the Markdown table of the chapters, with what each claims and not what it gets."""
    lines = ["| | chapter | the claim | minutes |", "|---|---|---|---|"]
    for lesson in chapters:
        first = lesson.first_page
        title = link(lesson, first, lesson.title) if first else lesson.title
        minutes = sum(lesson.minutes.values()) or "–"
        lines.append(f"| {lesson.number:02d} | {title} | {_claim(lesson)} | {minutes} |")
    return "\n".join(lines) + "\n"


def table_of_contents(course: Course) -> str:
    """Return ``book/_toc.yml``: the front, the parts, solutions, for instructors, the back.

    The pages that are no chapters stand in ``book/pages.toml``.
    """
    chapters, root = course.lessons(), course.root
    pages_of = tomllib.loads((course.book / "pages.toml").read_text(encoding="utf-8"))
    lines = [
        "# Written by `python3 course.py sync`.",
        "format: jb-book",
        "root: index",
        "parts:",
        *_part("Before you start", pages_of["front"]),
    ]
    parts = dict.fromkeys([*PARTS, *(lesson.part for lesson in chapters)])
    for part in parts:
        here = [lesson for lesson in chapters if lesson.part == part]
        pages = [_book_path(page, root) for lesson in here for page in lesson.notebooks]
        if pages:
            lines += _part(PARTS.get(part, part), pages)
    solved = [
        _book_path(page, root)
        for lesson in chapters
        for page in sorted((root / "solutions" / lesson.folder.name).glob("*.py"))
    ]
    if solved:
        lines += _part("Solutions", solved)
    lines += _part("For instructors", pages_of["teaching"])
    lines += _part("Behind the course", pages_of["back"])
    return "\n".join(lines) + "\n"


def key_table(kind: str) -> str:
    """Return the Markdown table of the keys that a kind of TOML file has, from its schema.

    Parameters
    ----------
    kind : str
        As in `pitfalls.course.schemas.schema`.
    """
    lines = ["| key | needed | what it is |", "|---|---|---|"]
    lines += [
        f"| `{where}{key}` | {'yes' if needed else ''} | {says} |"
        for where, key, needed, says in _keys(schema(kind), "")
    ]
    return "\n".join(lines) + "\n"


def _keys(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, str, bool, str]]:
    """Yield the keys of a table of a schema, then those of the tables inside."""
    inside = []
    for key, rule in table["properties"].items():
        yield where, key, key in table.get("required", ()), rule["description"].replace("|", "or")
        inner = rule.get("items", {})
        if "properties" in inner:
            inside.append((inner, f"{where}{key}."))
    for inner, place in inside:
        yield from _keys(inner, place)


def fill(text: str, name: str, table: str) -> str:
    """Return a page with another table between ``<!-- name -->`` and ``<!-- /name -->``.

    Raises
    ------
    CourseError
        If it has no place for one.
    """
    fence = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.S)
    if not fence.search(text):
        raise CourseError(f"no lines <!-- {name} --> and <!-- /{name} --> to put a table between")
    return fence.sub(lambda match: f"{match[1]}{table}{match[2]}", text)


def _claim(lesson: Lesson) -> str:
    """Return what the pitfall claims at full strength, as the evidence has it."""
    if not lesson.simulated or not evidence.has_evidence(lesson):
        return "–"
    world = lesson.world()
    rows = evidence.read(world).query("strength == @world.full and arm == 'pitfall'")
    return f"{world.metric_label} {rows['claimed'].mean():.2f}"


def _book_path(page: Path, root: Path) -> str:
    return page.with_suffix("").relative_to(root).as_posix()


def _part(caption: str, pages: Iterable[str]) -> list[str]:
    return [f'  - caption: "{caption}"', "    chapters:", *(f"      - file: {p}" for p in pages)]
