"""The dial explorer: a figure on the site that a reader turns, made from the committed evidence.

`explorer_for` makes the one of a chapter, `explorer_of_all` the one of the front page. Without
JavaScript both show a study at full strength, as a figure and a table. Everything that is said or
drawn is worked out here; ``book/_static/explorer.js`` only moves the marks. In a notebook,
`pitfalls.notebook.live.turn` shows the same studies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from .. import evidence
from ..course import Lesson, words
from ..metrics import mean_interval
from ..worlds import World
from ._templates import template
from .drawing import LEFT, MOST_DOTS, NUMBERS, WIDTH, caption, drawing, drawn, marks

__all__ = [
    "LEFT",
    "MOST_DOTS",
    "NO_SCRIPT",
    "NUMBERS",
    "WIDTH",
    "Explorer",
    "chapter_data",
    "explorer_for",
    "explorer_of_all",
    "study_data",
]

NO_SCRIPT = "The dial needs JavaScript. This is full strength; the table has the other positions."


@dataclass(frozen=True)
class Explorer:
    """A figure to be shown as the result of a cell.

    Attributes
    ----------
    ident : str
        Its id on the page.
    chapters : list of dict
        What can be chosen, as `chapter_data` gives it.
    start : tuple of int
        The chapter and the study that are shown first.
    """

    ident: str
    chapters: list[dict[str, Any]] = field(repr=False)
    start: tuple[int, int] = (0, 0)

    @property
    def first(self) -> dict[str, Any]:
        """The study that is shown first."""
        return self.chapters[self.start[0]]["studies"][self.start[1]]

    @property
    def rows(self) -> int:
        """How many arms the drawing has room for."""
        return max(len(study["arms"]) for entry in self.chapters for study in entry["studies"])

    def _repr_html_(self) -> str:
        return template("explorer.html.jinja").render(
            ident=self.ident,
            chapters=self.chapters,
            start=self.start,
            chapter=self.chapters[self.start[0]],
            study=self.first,
            figure=drawing(self.first, self.rows),
            no_script=NO_SCRIPT,
            data={"left": LEFT, "width": WIDTH, "start": self.start, "chapters": self.chapters},
        )

    def _repr_markdown_(self) -> str:
        """Where no HTML can be shown: what is said at full strength."""
        return "\n\n".join(self.first["positions"][-1]["says"])


def explorer_for(
    lesson: Lesson, study: str | None = None, arms: Sequence[str] | None = None
) -> Explorer | None:
    """Return the explorer of one chapter.

    Parameters
    ----------
    lesson : Lesson
        From `pitfalls.course`.
    study : str, default=None
        The name of the world that is shown first; the headline by default.
    arms : sequence of str, default=None
        What is shown, as in `shown_arms`.

    Returns
    -------
    Explorer or None
        None for a chapter without a dial or without evidence.
    """
    chapter = chapter_data(lesson, arms)
    if chapter is None:
        return None
    chapter["page"] = ""
    names = [entry["world"] for entry in chapter["studies"]]
    place = names.index(study) if study else 0
    return Explorer(f"dial-{lesson.slug}-{names[place]}", [chapter], (0, place))


def explorer_of_all(chapters: Iterable[Lesson], start: str | None = None) -> Explorer | None:
    """Return the explorer of the front page.

    Parameters
    ----------
    chapters : iterable of Lesson
        In the order of the list; those without a dial or evidence are left out.
    start : str, default=None
        The slug of the chapter that is shown first; the first one by default.

    Returns
    -------
    Explorer or None
        None where no chapter has a dial and evidence.
    """
    shown = [(lesson, data) for lesson in chapters if (data := chapter_data(lesson))]
    if not shown:
        return None
    first = next((i for i, (lesson, _) in enumerate(shown) if lesson.slug == start), 0)
    return Explorer("dial-explorer", [data for _, data in shown], (first, 0))


def chapter_data(lesson: Lesson, arms: Sequence[str] | None = None) -> dict[str, Any] | None:
    """Return what the explorer shows of a chapter, or None where it has no dial or evidence.

    Parameters
    ----------
    lesson : Lesson
        From `pitfalls.course`.
    arms : sequence of str, default=None
        What is shown of each study, as in `shown_arms`.

    Returns
    -------
    dict or None
        ``title``, ``page`` and ``studies``, each as `study_data` gives it.
    """
    if not lesson.simulated or not evidence.has_evidence(lesson):
        return None
    rows = evidence.read(lesson)
    present = set(rows["world"])
    chosen = {world.slug: words.shown_arms(world, arms) for world in lesson.simulated}
    studies = [
        study_data(
            rows[rows["world"] == world.slug],
            world,
            dict(zip(chosen[world.slug], words.roles(lesson, chosen[world.slug]), strict=True)),
        )
        for world in lesson.simulated
        if world.slug in present
    ]
    if not studies:
        return None
    page = f"chapters/{lesson.folder.name}/{lesson.first_page}.html" if lesson.first_page else ""
    title = f"{lesson.number:02d} · {lesson.title}"
    return {"title": title, "page": page, "studies": studies}


def study_data(rows: pd.DataFrame, world: World, arms: Mapping[str, str]) -> dict[str, Any]:
    """Return what the explorer shows of a study.

    Parameters
    ----------
    rows : DataFrame
        The world's evidence.
    world : World
        Simulated.
    arms : mapping of str to str
        The arms that are shown, each with its role: "pitfall", "fix" or "compared".

    Returns
    -------
    dict
        JSON. Places on the axis are in thousandths of ``domain``; numbers that are read are text.
        ``positions`` has an entry for each strength with ``lines``, one for each arm and number:
        ``[mean, low, high, text, dots]``.
    """
    values = {
        (arm, strength): part.sort_values("seed")
        for arm in arms
        for strength in world.strengths
        if len(part := rows[(rows["arm"] == arm) & np.isclose(rows["strength"], strength)])
    }
    low, high = _domain(values.values(), world.chance)

    def place(value: float) -> float:
        return round(1000 * (float(np.clip(value, low, high)) - low) / (high - low), 1)

    def line(part: pd.DataFrame, number: str) -> list[Any]:
        mean, *interval = mean_interval(part[number])
        ends = [place(end if np.isfinite(end) else mean) for end in interval]
        dots = [round(place(value)) for value in part[number].iloc[:MOST_DOTS]]
        return [place(mean), *ends, words.rounded(mean), dots]

    margin = evidence.margin(rows, world)
    published, positions = words.doses(world), []
    for tick, strength in zip(words.ticks(world), world.strengths, strict=True):
        parts = [values[arm, strength] for arm in arms]
        positions.append(
            {
                "tick": tick,
                "strength": f"{strength:g}",
                "lines": [line(part, number) for part in parts for number in NUMBERS],
                "gaps": [words.rounded(_gap(part)[0]) for part in parts],
                "says": [
                    words.position_in_words(world, strength),
                    *(
                        words.gap_in_words(role, part, margin)
                        for role, part in zip(arms.values(), parts, strict=True)
                    ),
                    *(
                        f"You are near mark {dose['mark']}: {dose['study']}."
                        for dose in published
                        if world.strengths[dose["near"]] == strength
                    ),
                ],
            }
        )
    names = [world.names["pitfall"] if arm == "pitfall" else arm for arm in arms]
    study = {
        "world": world.name,
        "name": words.study_name(world),
        "dial": world.dial,
        "metric": world.metric_label,
        "domain": [low, high],
        "chance": place(world.chance),
        "ticks": [[place(tick), _short(tick)] for tick in _ticks(low, high)],
        "arms": list(arms.values()),
        "protocols": [name.replace("_", " ") for name in names],
        "seeds": int(rows["seed"].nunique()),
        "doses": published,
        "positions": positions,
    }
    said = {"caption": caption(study), "marks": marks(study), "drawn": drawn(study)}
    return study | said


def _gap(part: pd.DataFrame) -> tuple[float, float, float]:
    return mean_interval(part["claimed"] - part["deployed"])


def _domain(parts: Iterable[pd.DataFrame], chance: float) -> tuple[float, float]:
    """Return the axis: from the lowest to the highest mark at any strength, so it can stay."""
    drawn = [chance]
    for part in parts:
        for number in NUMBERS:
            ends = np.array(mean_interval(part[number]))
            drawn += [*part[number].iloc[:MOST_DOTS], *ends[np.isfinite(ends)]]
    low, high = float(min(drawn)), float(max(drawn))
    pad = 0.02 * ((high - low) or 1.0)
    return round(low - pad, 4), round(high + pad, 4)


def _ticks(low: float, high: float) -> list[float]:
    steps = MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in steps if low <= tick <= high]


def _short(value: float) -> str:
    return f"{round(value, 6) + 0.0:g}".replace("-", "−")
