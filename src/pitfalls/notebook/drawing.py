"""The explorer's figure and table at full strength; on the site a script moves its marks."""

from __future__ import annotations

from html import escape
from typing import Any

__all__ = [
    "LEFT",
    "MOST_DOTS",
    "NUMBERS",
    "WIDTH",
    "caption",
    "doses",
    "drawing",
    "drawn",
    "key",
    "marks",
    "table",
]

NUMBERS = ("claimed", "deployed")
#: Studies drawn as dots; means and intervals use all.
MOST_DOTS = 30
#: The drawing's x axis in percent of its width: where the domain begins, and how wide it is.
LEFT, WIDTH = 3.0, 94.0
#: The drawing's rows in pixels: the names and the marks of each line, then the axis.
NAMES, MARKS = (36, 80, 136, 180), (54, 98, 154, 198)
#: The axis below one arm and below two, and how much is below the axis.
AXES, BELOW = (120, 220), 48


def _at(place: float) -> str:
    """Return a place on the axis as a share of the drawing."""
    return f"{LEFT + WIDTH * place / 1000:.2f}%"


def _wide(start: float, end: float) -> str:
    return f"{WIDTH * abs(end - start) / 1000:.2f}%"


def drawing(study: dict[str, Any], rows: int = 2) -> str:
    """Draw the figure at full strength with room for `rows` arms; the script moves its marks."""
    here, axis = study["positions"][-1], AXES[rows - 1]
    parts = [
        f'<svg class="explorer-drawing" width="100%" height="{axis + BELOW}" role="img" '
        f'aria-label="{escape(drawn(study))}">',
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


def drawn(study: dict[str, Any]) -> str:
    """Return the alternative text; the numbers follow in words and as a table."""
    arms = " and ".join(study["arms"])
    return (
        f"Claimed and deployed {study['metric']} of {arms}, a row each on one axis: "
        "an open circle for the claimed mean, a filled one for the deployed mean, "
        "small dots for single studies, a dotted line for chance."
    )


def key(study: dict[str, Any]) -> str:
    """Return what markers and colours mean, and the names of the procedures."""
    named = "; ".join(
        f"{role}: <em>{escape(name)}</em>"
        for role, name in zip(study["arms"], study["protocols"], strict=True)
    )
    return f"<span>{named}.</span> {escape(marks(study))}"


def marks(study: dict[str, Any]) -> str:
    """Say what the marks of the drawing are."""
    shown = min(MOST_DOTS, study["seeds"])
    which = f"the first {shown} of {study['seeds']}" if shown < study["seeds"] else f"all {shown}"
    return (
        f"Open circle: claimed. Filled circle: deployed. Bar: 95 % interval of the mean over "
        f"{study['seeds']} simulated studies, often narrower than the circle. "
        f"Small dots: single studies, {which}. Shaded: the gap."
    )


def doses(study: dict[str, Any]) -> str:
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


def table(study: dict[str, Any]) -> str:
    """Return the same as a table: every position of the dial, a row an arm."""
    names = "".join(f'<th scope="col">{n}</th>' for n in ("dial", "arm", *NUMBERS, "gap"))
    return (
        '<table class="table explorer-table">'
        f"<caption>{escape(caption(study))}</caption>"
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


def caption(study: dict[str, Any]) -> str:
    """Return the heading of the table."""
    return (
        f"Mean {study['metric']} over {study['seeds']} simulated studies. Dial: {study['dial']}. "
        "Gaps are differences before rounding."
    )
