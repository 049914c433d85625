"""What the pages for instructors are made of: routes, prompts, and links to chapters.

A route stands in ``instructor/routes.toml``. What a teacher needs for a chapter stands in the
chapter's own ``teaching.toml``; a chapter without one is left out. Scores come from the evidence.
"""

from __future__ import annotations

from typing import Any

from .. import evidence
from ..course import Course, Lesson, teaching as notes_of, words


def routes() -> dict[str, dict[str, Any]]:
    """Return the routes by name, shortest first."""
    return {route["name"]: route for route in notes_of.routes(Course.here().root)}


def write_routes(chapters: list[Lesson], up: str = "") -> str:
    """Return a section for each route: whom it is for, the clock, and the objectives."""
    sections = []
    for name, route in routes().items():
        able = "\n".join(objectives(lesson, up) for lesson in on_route(name, chapters))
        table = f":::{{div}} route\n\n{plan(name, chapters, up)}\n\n:::"
        shut = f":::{{dropdown}} What learners can do afterwards\n\n{able}\n:::"
        saved = sum(step.get("saves", 0) for step in route["steps"])
        says = f"{route['says']} {route['pair']} All cuts together save {saved} minutes."
        sections += [f"## {name}", says, table, shut]
    return "\n\n".join(sections) + "\n"


def write_prompts(chapters: list[Lesson], up: str = "") -> str:
    """Return a section for each chapter that has notes for teachers."""
    return "\n".join(prompt(lesson, up) for lesson in chapters)


def write_fields(chapters: list[Lesson], up: str = "") -> str:
    """Return each chapter with what people say who need it, as a Markdown table."""
    rows = [
        f"| {link(lesson, lesson.first_page, lesson.title, up)} | {lesson.symptoms[0]} |"
        for lesson in chapters
        if lesson.pages and lesson.symptoms
    ]
    return "\n".join(["| chapter | for people who say |", "|---|---|", *rows])


def plan(name: str, chapters: list[Lesson], up: str = "") -> str:
    """Return a route as a Markdown table, without what needs a chapter that is not there.

    Parameters
    ----------
    name : str
        The route.
    chapters : list of Lesson
        Those that are there.
    up : str, default=""
        The way from the page to ``book``, such as ``"../"``.
    """
    known = {lesson.number: lesson for lesson in chapters if lesson.pages}
    lines = ["| time | minutes | what | when you are late |", "|---|---|---|---|"]
    clock = 0
    for step in routes()[name]["steps"]:
        pages = {}
        if "chapter" in step:
            if step["chapter"] not in known:
                continue
            pages = _pages(known[step["chapter"]], up)
        time, what = f"{clock // 60}:{clock % 60:02d}", step["what"].format(**pages)
        late = step.get("late", "")
        late += f" *saves {step['saves']}*" if "saves" in step else ""
        lines.append(f"| {time} | {step['minutes']} | {what} | {late} |")
        clock += step["minutes"]
    lines.append(f"| {clock // 60}:{clock % 60:02d} | | End. | |")
    return "\n".join(lines)


def on_route(name: str, chapters: list[Lesson]) -> list[Lesson]:
    """Return the chapters of a route, in its order."""
    known = {lesson.number: lesson for lesson in chapters if lesson.pages}
    numbers = dict.fromkeys(step.get("chapter") for step in routes()[name]["steps"])
    return [known[number] for number in numbers if number in known]


def objectives(lesson: Lesson, up: str = "") -> str:
    """Return what learners can do after a chapter, as a Markdown list under its title."""
    notes = notes_of.notes(lesson)
    if notes is None:
        return ""
    title = link(lesson, lesson.pages[0].stem, lesson.title, up)
    items = "\n".join(f"- {item}" for item in notes["objectives"])
    return f"**{lesson.number:02d} · {title}**\n\n{items}\n"


def prompt(lesson: Lesson, up: str = "") -> str:
    """Return a chapter's section on the page of prompts, or nothing where it has no notes."""
    notes = notes_of.notes(lesson)
    if notes is None:
        return ""
    title = link(lesson, lesson.pages[0].stem, lesson.title, up)
    parts = [
        f"## {lesson.number:02d} · {lesson.title}",
        f"Chapter: {title}. **Ask:** {notes['ask']}",
        result(lesson, notes.get("world")),
        "| they say | what it reveals |\n|---|---|\n"
        + "\n".join(f"| {row['answer']} | {row['reveals']} |" for row in notes["wrong"]),
        f"**Vote:** {notes['vote']} *Answer:* {notes['found']}",
        f"**Run live:** {_listed(notes['live'])}.",
        f"**Show as pictures:** {_listed(notes['show'])}." if "show" in notes else "",
        *(f"**Asked:** *{row['question']}* {row['answer']}" for row in notes.get("asked", ())),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def result(lesson: Lesson, slug: str | None = None) -> str:
    """Return what a pitfall claims and deploys at full strength, in words.

    Parameters
    ----------
    lesson : Lesson
        The chapter.
    slug : str, default=None
        The study that the question is about, such as ``"leaky_selection.coin"``, where it is not
        the chapter's headline; ``""`` where no study answers it.
    """
    name = None
    if slug:
        chapter, name = slug.split(".")
        lesson = Course.here().load(chapter)
    if slug == "" or not lesson.simulated or not evidence.has_evidence(lesson):
        return ""
    world = lesson.world(name)
    rows = evidence.read(world)
    rows = rows[(rows["arm"] == "pitfall") & (rows["strength"] == world.full)]
    claimed, deployed = rows["claimed"], rows["deployed"]
    return (
        f"**What comes out:** {world.metric.replace('R2', 'R²')} claimed {claimed.mean():.2f}, "
        f"deployed {deployed.mean():.2f} on average; deployed {deployed.min():.2f} to "
        f"{deployed.max():.2f} over {len(rows)} seeds."
    )


def link(lesson: Lesson, page: str, title: str, up: str = "") -> str:
    """Return a Markdown link to a chapter's page, or the bare title before `sync` knows of it."""
    contents = (Course.here().book / "_toc.yml").read_text(encoding="utf-8")
    known = f"chapters/{lesson.folder.name}/{page}\n" in contents
    return words.link(lesson, page, title).replace("](", f"]({up}", 1) if known else title


def _pages(lesson: Lesson, up: str) -> dict[str, str]:
    """Return the links that a step may name."""
    names = {"title": (lesson.pages[0].stem, lesson.title)}
    names["claim"] = names["title"]
    if len(lesson.pages) > 1:
        names["fix"] = (lesson.pages[1].stem, "Its fix")
    exercises = sorted(lesson.folder.glob("*_exercises.py"))
    if exercises:
        names["exercises"] = (exercises[0].stem, "Exercises")
    return {name: link(lesson, page, title, up) for name, (page, title) in names.items()}


def _listed(headings: list[str]) -> str:
    return ", ".join(f"*{heading}*" for heading in headings)
