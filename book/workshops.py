"""Plans of workshops, filled with the chapters that are there when the site is built."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pitfalls import sync
from pitfalls.lessons import Lesson


class Item(NamedTuple):
    """One entry of a plan.

    Attributes
    ----------
    minutes : int
        How long it takes.
    what : str
        What happens; ``{claim}``, ``{fix}`` and ``{exercises}`` are pages of the pair.
    late : str
        What to leave out when you are late.
    pair : int or None
        Which pair in the reading order, from 0; None where no pair is needed.
    """

    minutes: int
    what: str
    late: str = ""
    pair: int | None = None


WELCOME = "Welcome. Everyone opens the first notebook; who cannot sits beside someone who can."
CLAIM = "{claim}. Run on to *Predict*, write your number down, collect all numbers, then run on."
LINE = "In pairs, notebook closed: which line was wrong? Vote before you open the fix."
FIX = "{fix}. Read the two cards side by side, then the section on costs."
PRACTICE = "{exercises}. In pairs; the checks in the notebook tell you when you are done."
OWN = (
    "Your own project. Each writes down: the population of the claim, the claimed score, and "
    "which rows could stand for fresh ones. Then runs one check of the day on it."
)
CLOSE = "Close. Everyone reads out one thing they will look at tomorrow."
HURRY = {
    "claim": "Leave out *Was it bad luck?*; show its picture.",
    "fix": "Leave out the real data.",
    "practice": "Only the first exercise; the rest is homework.",
    "own": "Do it as homework, with a partner and a date.",
}


def opening(minutes: int) -> Item:
    """Return the opening's place in a plan; it is left out where there is no opening."""
    return Item(
        minutes,
        "{opening}. Predictions first, results after.",
        "Stop when you know the three numbers.",
        pair=-1,
    )


PLANS = {
    "90 minutes": [
        Item(5, WELCOME),
        opening(20),
        Item(20, CLAIM, HURRY["claim"], 0),
        Item(5, LINE, "Vote without talking.", 0),
        Item(15, FIX, HURRY["fix"], 0),
        Item(15, PRACTICE, HURRY["practice"], 0),
        Item(7, OWN, HURRY["own"]),
        Item(3, CLOSE),
    ],
    "Half a day": [
        Item(10, WELCOME),
        opening(25),
        Item(25, CLAIM, HURRY["claim"], 0),
        Item(5, LINE, "Vote without talking.", 0),
        Item(15, FIX, HURRY["fix"], 0),
        Item(20, PRACTICE, HURRY["practice"], 0),
        Item(20, "Break."),
        Item(20, CLAIM, HURRY["claim"], 1),
        Item(15, FIX, HURRY["fix"], 1),
        Item(20, PRACTICE, "Leave out.", 1),
        Item(25, OWN, "Ten minutes, in pairs."),
        Item(10, CLOSE),
    ],
    "One day": [
        Item(15, WELCOME),
        opening(30),
        Item(30, CLAIM, HURRY["claim"], 0),
        Item(20, FIX, HURRY["fix"], 0),
        Item(15, "Break."),
        Item(30, PRACTICE, "Two exercises.", 0),
        Item(25, CLAIM, HURRY["claim"], 1),
        Item(20, FIX, HURRY["fix"], 1),
        Item(60, "Lunch."),
        Item(25, PRACTICE, HURRY["practice"], 1),
        Item(25, CLAIM, HURRY["claim"], 2),
        Item(20, FIX, HURRY["fix"], 2),
        Item(15, "Break."),
        Item(30, PRACTICE, "Leave out.", 2),
        Item(40, OWN, "Half an hour."),
        Item(20, CLOSE, "Ten minutes."),
    ],
}


def plan(name: str, chapters: list[Lesson]) -> str:
    """Return a plan as a Markdown table, without what needs a chapter that is not there."""
    pairs = [c for c in chapters if c.part != "opening" and len(c.pages) > 1]
    first = [c for c in chapters if c.part == "opening" and c.pages]
    lines = ["| time | minutes | what | when you are late |", "|---|---|---|---|"]
    clock = 0
    for item in PLANS[name]:
        pages = _pages(item.pair, first, pairs)
        if pages is None:
            continue
        row = f"{clock // 60}:{clock % 60:02d} | {item.minutes} | {item.what.format(**pages)}"
        lines.append(f"| {row} | {item.late} |")
        clock += item.minutes
    lines.append(f"| {clock // 60}:{clock % 60:02d} | | End. | |")
    return "\n".join(lines)


def link(lesson: Lesson, page: str, title: str) -> str:
    """Return a Markdown link to a chapter's page, or the bare title before `sync` knows of it."""
    contents = Path(__file__).with_name("_toc.yml").read_text(encoding="utf-8")
    known = f"chapters/{lesson.folder.name}/{page}\n" in contents
    return sync.link(lesson, page, title) if known else title


def _pages(place: int | None, first: list[Lesson], pairs: list[Lesson]) -> dict[str, str] | None:
    """Return the links that an item needs; None where its chapter is not there."""
    if place is None:
        return {}
    if place < 0:
        return (
            {"opening": link(first[0], first[0].pages[0].stem, first[0].title)} if first else None
        )
    if place >= len(pairs):
        return None
    lesson = pairs[place]
    claim, fix = (page.stem for page in lesson.pages[:2])
    exercises = sorted(lesson.folder.glob("*_exercises.py"))
    return {
        "claim": link(lesson, claim, lesson.title),
        "fix": link(lesson, fix, "Its fix"),
        "exercises": link(lesson, exercises[0].stem, "Exercises") if exercises else "Questions",
    }
