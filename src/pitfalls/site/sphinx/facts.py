"""The facts in the box of a page: what its ``chapter.toml`` says, and what was measured."""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path

from docutils import nodes

from ... import reforms
from ...course import Course, Lesson, lessons
from .links import chapter_link, class_link, docname_of, joined, page_link, site_map

SOLUTIONS = "solutions"
LEAGUE = "league_table"
#: What pages are called whose file's name is not what they are called.
PAGE_NAMES = {"pitfall": "the claim", "fix": "the fix"}


def facts(lesson: Lesson, docname: str, known: Collection[str]) -> list[tuple[str, list]]:
    """Return the rows of the box, those that the chapter has: a name and inline nodes."""
    items, names = reforms.items(), site_map()
    classes = [class_link(code, docname) for code in lesson.taxonomy]
    rows = [
        ("You need", needs(lesson, docname, known)),
        ("To work on it", command(lesson)),
        ("The claim is about", [nodes.Text(lesson.population)] if lesson.population else []),
        ("Class of leakage", joined(classes, " · ")),
        ("REFORMS items", coded({c: items[c].short for c in lesson.reforms})),
        ("Lones' sections", coded({c: names["lones"][c] for c in lesson.lones})),
        ("On the dial", studies(lesson, docname)),
        ("In this chapter", in_chapter(lesson, docname, known)),
        ("Next chapter", next_chapter(lesson, docname, known)),
    ]
    return [(name, content) for name, content in rows if content]


def minutes(lesson: Lesson) -> str:
    """Return how long the chapter takes, in words."""
    read, exercises = (lesson.minutes.get(key, 0) for key in ("read", "exercises"))
    said = [f"{read} minutes to read"] if read else []
    if exercises:
        said.append(f"{exercises} for the exercises" if read else f"{exercises} minutes to solve")
    return f"Chapter {lesson.number:02d}" + "".join(f" · {part}" for part in said)


def timings() -> Path:
    """Return where the running times are, which ``benchmarks/notebooks.py`` has measured."""
    return Course.here().root / "benchmarks" / "notebooks.csv"


def running_time(page: str) -> str:
    """Return how long a page's notebook takes, in words; nothing where nobody has measured it."""
    if not timings().is_file():
        return ""
    with timings().open(encoding="utf-8", newline="") as file:
        measured = {row["notebook"]: float(row["seconds"]) for row in csv.DictReader(file)}
    seconds = measured.get(page.replace("_exercises", "_solutions"))
    if seconds is None:
        return ""
    return f"{'solved, ' if '_exercises' in page else ''}runs in {coarse(seconds)}"


def coarse(seconds: float) -> str:
    """Return a time in words, as coarse as a time on another computer can be."""
    if seconds < 10:
        return "under 10 seconds"
    if seconds < 55:
        return f"about {round(seconds, -1):.0f} seconds"
    return "about a minute" if seconds < 90 else f"about {seconds / 60:.0f} minutes"


def needs(lesson: Lesson, docname: str, known: Collection[str]) -> list[nodes.Node]:
    """Return what learners must know, have read and have installed."""
    parts = enumerate(lesson.needs.split("`"))
    found = [nodes.literal("", text) if i % 2 else nodes.Text(text) for i, text in parts if text]
    after = [Course.here().load(slug) for slug in lesson.after]
    if after:
        found.append(nodes.Text("; the chapter " if found else "The chapter "))
        found += joined([chapter_link(other, docname, known) for other in after], " and ")
    if found:
        found.append(nodes.Text("."))
    if lesson.network:
        found.append(nodes.Text(f"{' ' if found else ''}The cells that train need PyTorch."))
    return found


def command(lesson: Lesson) -> list[nodes.Node]:
    """Return the command that opens the chapter's exercises, or the chapter where it has none."""
    what = "exercises" if lesson.pages != lesson.notebooks else "notebook"
    return [
        nodes.literal("", command_of(lesson)),
        nodes.Text(f" opens your own copy of the {what} in JupyterLab."),
    ]


def command_of(lesson: Lesson) -> str:
    """Return the command that opens JupyterLab on a chapter."""
    return f"python3 course.py lab {lesson.number:02d}"


def coded(names: dict[str, str]) -> list[nodes.Node]:
    """Return codes in bold, each with its name."""
    pairs = [[nodes.strong("", code), nodes.Text(f"\u00a0{name}")] for code, name in names.items()]
    return [
        node
        for pair in joined(pairs, " · ")
        for node in (pair if isinstance(pair, list) else [pair])
    ]


def studies(lesson: Lesson, docname: str) -> list[nodes.Node]:
    """Return the published studies on the chapter's dials, with a link to how they were placed."""
    doses = [dose for world in lesson.simulated for dose in world.doses]
    if not doses:
        return []
    links = [nodes.reference("", dose.study, refuri=dose.url) for dose in doses]
    return [*joined(links, " · "), nodes.Text(" · "), page_link(LEAGUE, "what they cost", docname)]


def in_chapter(lesson: Lesson, docname: str, known: Collection[str]) -> list[nodes.Node]:
    """Return the chapter's pages and its solutions; the page itself is not a link."""
    found: list[nodes.Node] = []
    for page in lesson.notebooks:
        name = f"chapters/{lesson.folder.name}/{page.stem}"
        if name == docname:
            found.append(nodes.strong("", page_name(page)))
        elif name in known:
            found.append(page_link(name, page_name(page), docname))
    prefix = f"{SOLUTIONS}/{lesson.folder.name}/"
    found += [
        page_link(name, "solutions", docname) for name in sorted(known) if name.startswith(prefix)
    ]
    return joined(found, " · ") if len(found) > 1 else []


def page_name(page: Path) -> str:
    """Return what a page is called, by its file: ``the fix``, ``exercises``."""
    name = page.stem.partition("_")[2]
    return PAGE_NAMES.get(name, name.replace("_", " "))


def next_chapter(lesson: Lesson, docname: str, known: Collection[str]) -> list[nodes.Node]:
    """Return a link to the chapter that follows in the reading order."""
    order = [chapter for chapter in lessons() if docname_of(chapter) in known]
    names = [chapter.slug for chapter in order]
    place = names.index(lesson.slug) + 1 if lesson.slug in names else len(names)
    return [chapter_link(other, docname, known) for other in order[place : place + 1]]
