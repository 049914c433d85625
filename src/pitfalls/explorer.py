"""The dial explorer: a figure on the site that a reader turns, made from the committed evidence.

`explorer_for` makes the one of a chapter, `explorer_of_all` the one of the front page. Without
JavaScript both show a study at full strength, as a figure and a table. Everything that is said or
drawn is worked out here; ``book/_static/explorer.js`` only moves the marks. In a notebook,
`pitfalls.live.turn` shows the same studies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from . import evidence
from .lessons import Lesson, World

__all__ = [
    "Explorer",
    "chapter_data",
    "doses",
    "explorer_for",
    "explorer_of_all",
    "gap_in_words",
    "position_in_words",
    "roles",
    "shown_arms",
    "study_data",
    "study_name",
    "ticks",
]

NUMBERS = ("claimed", "deployed")
#: Studies drawn as dots; means and intervals use all.
MOST_DOTS = 30
NO_SCRIPT = "The dial needs JavaScript. This is full strength; the table has the other positions."
#: The drawing's x axis in percent of its width: where the domain begins, and how wide it is.
LEFT, WIDTH = 3.0, 94.0
#: The drawing's rows in pixels: the names and the marks of each line, then the axis.
NAMES, MARKS = (36, 80, 136, 180), (54, 98, 154, 198)
#: The axis below one arm and below two, and how much is below the axis.
AXES, BELOW = (120, 220), 48


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
        study, ident = self.first, escape(self.ident)
        data = {"left": LEFT, "width": WIDTH, "start": self.start, "chapters": self.chapters}
        # A "<" inside could end the element.
        packed = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        packed = packed.replace("<", "\\u003c")
        says = "".join(f"<p>{escape(line)}</p>" for line in study["positions"][-1]["says"])
        parts = [
            f'<div class="explorer" id="{ident}" role="group" aria-label="A dial to turn">',
            self._controls(study),
            f"<noscript><p>{NO_SCRIPT}</p></noscript>",
            _drawing(study, self.rows),
            f'<div class="explorer-says" aria-live="polite" aria-atomic="true">{says}</div>',
            f'<p class="explorer-key">{_key(study)}</p>',
            _doses(study),
            f"<details open><summary>The same as a table</summary>{_table(study)}</details>",
            f'<p class="explorer-link">{self._link()}</p>',
            f'<script type="application/json">{packed}</script>',
            "</div>",
        ]
        return "\n".join(parts)

    def _repr_markdown_(self) -> str:
        """Where no HTML can be shown: what is said at full strength."""
        return "\n\n".join(self.first["positions"][-1]["says"])

    def _controls(self, study: dict[str, Any]) -> str:
        """Chapter, study and dial; hidden until the script can answer."""
        ident = escape(self.ident)
        chapter, place = self.start
        last = len(study["positions"]) - 1
        titles = [entry["title"] for entry in self.chapters]
        names = [entry["name"] for entry in self.chapters[chapter]["studies"]]
        return "\n".join(
            [
                '<div class="explorer-controls" hidden>',
                _select(f"{ident}-chapter", "Chapter", titles, chapter),
                _select(f"{ident}-study", "Study", names, place),
                '<div class="explorer-dial">',
                f'<label for="{ident}-dial">Dial: <span>{escape(study["dial"])}</span></label>',
                f'<input type="range" id="{ident}-dial" min="0" max="{last}" value="{last}" '
                'step="1">',
                '<div class="explorer-ticks" aria-hidden="true"></div>',
                '<div class="explorer-marks" aria-hidden="true"></div>',
                "</div>",
                "</div>",
            ]
        )

    def _link(self) -> str:
        chapter = self.chapters[self.start[0]]
        if not chapter["page"]:
            return ""
        return f'<a href="{escape(chapter["page"])}">{escape("Read " + chapter["title"])}</a>'


def explorer_for(
    lesson: Lesson, study: str | None = None, arms: Sequence[str] | None = None
) -> Explorer | None:
    """Return the explorer of one chapter.

    Parameters
    ----------
    lesson : Lesson
        From `pitfalls.lessons`.
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


def shown_arms(world: World, arms: Sequence[str] | None = None) -> list[str]:
    """Return the arms that are shown of a study: the pitfall, and at most one beside it.

    Parameters
    ----------
    world : World
        Simulated.
    arms : sequence of str, default=None
        ``["pitfall"]`` shows the pitfall alone. With a second name, or by default, the fix of that
        name stands beside it, or the study's first fix where it has none of that name.
    """
    others = [*world.names["fixes"], *world.names["compared"]]
    if arms is None:
        return ["pitfall", *others[:1]]
    known = [name for name in others if name in arms]
    return ["pitfall", *(known or others)[:1]] if len(arms) > 1 else ["pitfall"]


def roles(lesson: Lesson, arms: Iterable[str]) -> list[str]:
    """Return what each arm is: "pitfall", "fix" in some study of the chapter, or "compared"."""
    repairs = {name for world in lesson.simulated for name in world.names["fixes"]}
    return [arm if arm == "pitfall" else "fix" if arm in repairs else "compared" for arm in arms]


def chapter_data(lesson: Lesson, arms: Sequence[str] | None = None) -> dict[str, Any] | None:
    """Return what the explorer shows of a chapter, or None where it has no dial or evidence.

    Parameters
    ----------
    lesson : Lesson
        From `pitfalls.lessons`.
    arms : sequence of str, default=None
        What is shown of each study, as in `shown_arms`.

    Returns
    -------
    dict or None
        ``title``, ``page`` and ``studies``, each as `study_data` gives it.
    """
    if not lesson.simulated or not lesson.evidence_file.is_file():
        return None
    rows = evidence.read(lesson)
    present = set(rows["world"])
    chosen = {world.slug: shown_arms(world, arms) for world in lesson.simulated}
    studies = [
        study_data(
            rows[rows["world"] == world.slug],
            world,
            dict(zip(chosen[world.slug], roles(lesson, chosen[world.slug]), strict=True)),
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
        mean, *interval = evidence.mean_interval(part[number])
        ends = [place(end if np.isfinite(end) else mean) for end in interval]
        dots = [round(place(value)) for value in part[number].iloc[:MOST_DOTS]]
        return [place(mean), *ends, rounded(mean), dots]

    margin = evidence.margin(rows, world)
    published, positions = doses(world), []
    for tick, strength in zip(ticks(world), world.strengths, strict=True):
        parts = [values[arm, strength] for arm in arms]
        positions.append(
            {
                "tick": tick,
                "strength": f"{strength:g}",
                "lines": [line(part, number) for part in parts for number in NUMBERS],
                "gaps": [rounded(_gap(part)[0]) for part in parts],
                "says": [
                    position_in_words(world, strength),
                    *(
                        gap_in_words(role, part, margin)
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
        "name": study_name(world),
        "dial": world.dial,
        "metric": world.metric.replace("R2", "R²"),
        "domain": [low, high],
        "chance": place(world.chance),
        "ticks": [[place(tick), _short(tick)] for tick in _ticks(low, high)],
        "arms": list(arms.values()),
        "protocols": [name.replace("_", " ") for name in names],
        "seeds": int(rows["seed"].nunique()),
        "doses": published,
        "positions": positions,
    }
    words = {"caption": _caption(study), "marks": _marks(study), "drawn": _drawn(study)}
    return study | words


def study_name(world: World) -> str:
    """Return a world's name as it is offered to a reader."""
    harmless = " (does no harm)" if world.expect == "harmless" else ""
    return world.name.replace("_", " ") + harmless


def ticks(world: World) -> tuple[str, ...]:
    """Return the positions of the dial in natural units, or the strengths where it has none."""
    return world.ticks or tuple(f"{strength:g}" for strength in world.strengths)


def doses(world: World) -> list[dict[str, Any]]:
    """Return the published studies on a world's dial.

    Parameters
    ----------
    world : World
        Simulated.

    Returns
    -------
    list of dict
        ``mark`` (a letter), ``study``, ``url``, ``says`` in plain text, ``place`` (percent of the
        dial's length, on which the positions are spaced evenly) and ``near`` (the index of the
        nearest position).
    """
    strengths = np.array(world.strengths, dtype=float)
    places = 100 * np.arange(len(strengths)) / (len(strengths) - 1)
    return [
        {
            "mark": chr(ord("A") + i),
            "study": dose.study,
            "url": dose.url,
            "says": re.sub("[*`]", "", dose.says),
            "place": round(float(np.interp(dose.at, strengths, places)), 1),
            "near": int(np.abs(strengths - dose.at).argmin()),
        }
        for i, dose in enumerate(world.doses)
    ]


def _gap(part: pd.DataFrame) -> tuple[float, float, float]:
    return evidence.mean_interval(part["claimed"] - part["deployed"])


def who(role: str) -> str:
    """Return a role as the subject of a sentence."""
    return "What is compared" if role == "compared" else f"The {role}"


def gap_in_words(role: str, part: pd.DataFrame, margin: float) -> str:
    """Name the gap in words: how large it is, and how much of it is optimism.

    Parameters
    ----------
    role : {"pitfall", "fix", "compared"}
        Whose gap it is.
    part : DataFrame
        Rows of one arm at one strength with the columns ``claimed``, ``fresh`` and ``deployed``.
    margin : float
        What counts as nothing.
    """
    claimed, fresh, deployed = (part[name].mean() for name in ("claimed", "fresh", "deployed"))
    gap, low, high = _gap(part)
    start = f"{who(role)} claims {rounded(claimed)} and gets {rounded(deployed)}"
    if abs(gap) < margin:
        return f"{start}: no gap to speak of ({rounded(gap)})."
    if gap < 0:
        return f"{start}: it gets {rounded(-gap)} more than it claims."
    optimism, shift = claimed - fresh, fresh - deployed
    if abs(shift) < margin:
        reason = "nearly all of it optimism: the number is wrong"
    elif abs(optimism) < margin:
        reason = "nearly all of it shift: the world is different"
    else:
        reason = f"optimism {rounded(optimism)}, shift {rounded(shift)}"
    size = f"{rounded(gap)}"
    if np.isfinite([low, high]).all() and rounded(low) != rounded(high):
        size += f" (95 % interval {rounded(low)} to {rounded(high)})"
    return f"{start}: a gap of {size}, {reason}."


def _domain(parts: Iterable[pd.DataFrame], chance: float) -> tuple[float, float]:
    """Return the axis: from the lowest to the highest mark at any strength, so it can stay."""
    drawn = [chance]
    for part in parts:
        for number in NUMBERS:
            ends = np.array(evidence.mean_interval(part[number]))
            drawn += [*part[number].iloc[:MOST_DOTS], *ends[np.isfinite(ends)]]
    low, high = float(min(drawn)), float(max(drawn))
    pad = 0.02 * ((high - low) or 1.0)
    return round(low - pad, 4), round(high + pad, 4)


def _ticks(low: float, high: float) -> list[float]:
    steps = MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in steps if low <= tick <= high]


def rounded(value: float) -> str:
    """Give two digits, with a true minus sign and no sign on zero."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


def _short(value: float) -> str:
    return f"{round(value, 6) + 0.0:g}".replace("-", "−")


def _at(place: float) -> str:
    """Return a place on the axis as a share of the drawing."""
    return f"{LEFT + WIDTH * place / 1000:.2f}%"


def _wide(start: float, end: float) -> str:
    return f"{WIDTH * abs(end - start) / 1000:.2f}%"


def position_in_words(world: World, strength: float) -> str:
    """Name a position of the dial, which is one of the world's strengths."""
    return f"{world.dial[:1].upper()}{world.dial[1:]}: {tick_in_words(world, strength)}."


def tick_in_words(world: World, strength: float) -> str:
    """Return a position of the dial in natural units, with the strength where that differs."""
    tick = ticks(world)[world.strengths.index(strength)]
    return tick if tick == f"{strength:g}" else f"{tick} (strength {strength:g})"


def _drawing(study: dict[str, Any], rows: int = 2) -> str:
    """Draw the figure at full strength with room for `rows` arms; the script moves its marks."""
    here, axis = study["positions"][-1], AXES[rows - 1]
    parts = [
        f'<svg class="explorer-drawing" width="100%" height="{axis + BELOW}" role="img" '
        f'aria-label="{escape(_drawn(study))}">',
        f'<line class="chance" x1="{_at(study["chance"])}" x2="{_at(study["chance"])}" '
        f'y1="20" y2="{axis}"/>',
        f'<text class="chance-name" y="14" x="{_at(study["chance"])}" '
        f'text-anchor="{_anchor(study["chance"])}">chance</text>',
        f'<g class="axis"><line x1="{_at(0)}" x2="{_at(1000)}" y1="{axis}" y2="{axis}"/>'
        f'<g class="ticks">{_axis(study, axis)}</g>'
        f'<text class="metric" x="50%" y="{axis + 40}" text-anchor="middle">'
        f"{escape(study['metric'])}</text></g>",
    ]
    for arm in range(rows):
        role = study["arms"][arm] if arm < len(study["arms"]) else ""
        hidden = "" if role else ' style="display:none"'
        lines = here["lines"][2 * arm : 2 * arm + 2] or [[0, 0, 0, "", []]] * 2
        hue = "pitfall" if arm == 0 else "fix"
        parts.append(f'<g class="arm {hue}"{hidden}>')
        claimed, deployed = lines[0][0], lines[1][0]
        top, bottom = MARKS[2 * arm], MARKS[2 * arm + 1]
        parts.append(
            f'<rect class="gap" x="{_at(min(claimed, deployed))}" y="{top}" '
            f'width="{_wide(claimed, deployed)}" height="{bottom - top}"/>'
        )
        for offset, (number, line) in enumerate(zip(NUMBERS, lines, strict=True)):
            parts.append(_line(2 * arm + offset, role, number, line))
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"])


def _line(row: int, role: str, number: str, line: list[Any]) -> str:
    """Draw one number of one arm: its name, single studies, interval and mean."""
    mean, low, high, text, dots = line
    y = MARKS[row]
    places = [*dots, *[None] * (MOST_DOTS - len(dots))]
    return "\n".join(
        [
            f'<g class="line {number}">',
            f'<text x="{_at(0)}" y="{NAMES[row]}"><tspan class="role">{escape(role)}</tspan> '
            f'{number} <tspan class="value">{text}</tspan></text>',
            *(_dot(dot, y + _spread(i)) for i, dot in enumerate(places)),
            f'<rect class="interval" x="{_at(low)}" y="{y - 2}" width="{_wide(low, high)}" '
            'height="4"/>',
            f'<circle class="mean" cx="{_at(mean)}" cy="{y}" r="6.5"/>',
            "</g>",
        ]
    )


def _dot(place: int | None, y: int) -> str:
    """Draw one study; some studies have fewer, whose dots stay hidden."""
    seen = "visible" if place is not None else "hidden"
    return f'<circle class="dot" cx="{_at(place or 0)}" cy="{y}" r="2.2" visibility="{seen}"/>'


def _spread(seed: int) -> int:
    """Set neighbouring seeds apart; the same seed always at the same height."""
    return (seed * 7) % 17 - 8


def _anchor(place: float) -> str:
    """Keep names near an end of the axis inside the drawing."""
    return "start" if place < 80 else "end" if place > 920 else "middle"


def _axis(study: dict[str, Any], axis: int) -> str:
    return "".join(
        f'<line x1="{_at(place)}" x2="{_at(place)}" y1="{axis}" y2="{axis + 5}"/>'
        f'<text x="{_at(place)}" y="{axis + 20}" text-anchor="middle">{text}</text>'
        for place, text in study["ticks"]
    )


def _drawn(study: dict[str, Any]) -> str:
    """Return the alternative text; the numbers follow in words and as a table."""
    arms = " and ".join(study["arms"])
    return (
        f"Claimed and deployed {study['metric']} of {arms}, a row each on one axis: "
        "an open circle for the claimed mean, a filled one for the deployed mean, "
        "small dots for single studies, a dotted line for chance."
    )


def _key(study: dict[str, Any]) -> str:
    named = "; ".join(
        f"{role}: <em>{escape(name)}</em>"
        for role, name in zip(study["arms"], study["protocols"], strict=True)
    )
    return f"<span>{named}.</span> {escape(_marks(study))}"


def _marks(study: dict[str, Any]) -> str:
    shown = min(MOST_DOTS, study["seeds"])
    which = f"the first {shown} of {study['seeds']}" if shown < study["seeds"] else f"all {shown}"
    return (
        f"Open circle: claimed. Filled circle: deployed. Bar: 95 % interval of the mean over "
        f"{study['seeds']} simulated studies, often narrower than the circle. "
        f"Small dots: single studies, {which}. Shaded: the gap."
    )


def _doses(study: dict[str, Any]) -> str:
    """List the published studies on the dial; hidden where there is none."""
    last = len(study["positions"]) - 1
    items = "".join(
        f"<li{' aria-current=true' if dose['near'] == last else ''}>"
        f'<b>{dose["mark"]}</b> <a href="{escape(dose["url"])}">{escape(dose["study"])}</a>: '
        f"{escape(dose['says'])}</li>"
        for dose in study["doses"]
    )
    return (
        f'<div class="explorer-doses"{"" if items else " hidden"}>'
        f"<p>Published studies on this dial:</p><ul>{items}</ul></div>"
    )


def _table(study: dict[str, Any]) -> str:
    names = "".join(f'<th scope="col">{n}</th>' for n in ("dial", "arm", *NUMBERS, "gap"))
    return (
        '<table class="table explorer-table">'
        f"<caption>{escape(_caption(study))}</caption>"
        f"<thead><tr>{names}</tr></thead>"
        f"{''.join(_rows(here, study['arms']) for here in study['positions'])}</table>"
    )


def _rows(here: dict[str, Any], arms: list[str]) -> str:
    """Return a position of the dial as a part of the table, a row an arm."""
    rows = []
    for arm, (role, gap) in enumerate(zip(arms, here["gaps"], strict=True)):
        claimed, deployed = (line[3] for line in here["lines"][2 * arm : 2 * arm + 2])
        cells = "".join(f"<td>{text}</td>" for text in (claimed, deployed, gap))
        rows.append(f'<th scope="row">{role}</th>{cells}')
    rows[0] = f'<th scope="rowgroup" rowspan="{len(arms)}">{escape(here["tick"])}</th>{rows[0]}'
    return f"<tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody>"


def _caption(study: dict[str, Any]) -> str:
    return (
        f"Mean {study['metric']} over {study['seeds']} simulated studies. Dial: {study['dial']}. "
        "Gaps are differences before rounding."
    )


def _select(ident: str, label: str, names: list[str], chosen: int) -> str:
    hidden = " hidden" if len(names) < 2 else ""
    options = "".join(
        f'<option value="{i}"{" selected" if i == chosen else ""}>{escape(name)}</option>'
        for i, name in enumerate(names)
    )
    return (
        f'<div class="explorer-choice"{hidden}><label for="{ident}">{label}</label>'
        f'<select id="{ident}">{options}</select></div>'
    )
