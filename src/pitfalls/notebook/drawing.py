"""The explorer's figure at full strength; on the site a script moves its marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ._templates import template

__all__ = ["LEFT", "MOST_DOTS", "NUMBERS", "WIDTH", "caption", "drawing", "drawn", "marks"]

NUMBERS = ("claimed", "deployed")
#: Studies drawn as dots; means and intervals use all.
MOST_DOTS = 30
#: The drawing's x axis in percent of its width: where the domain begins, and how wide it is.
LEFT, WIDTH = 3.0, 94.0
#: The drawing's rows in pixels: the names and the marks of each line, then the axis.
NAMES, MARKS = (36, 80, 136, 180), (54, 98, 154, 198)
#: The axis below one arm and below two, and how much is below the axis.
AXES, BELOW = (120, 220), 48
#: What a drawing with room for two arms has where a study has one.
_NO_LINE: list[Any] = [0, 0, 0, "", []]


def drawing(study: Mapping[str, Any], rows: int = 2) -> Markup:
    """Draw the figure at full strength.

    Parameters
    ----------
    study : mapping
        From `pitfalls.notebook.explorer.study_data`.
    rows : {1, 2}, default=2
        How many arms there is room for; the script fills it for other studies.

    Returns
    -------
    Markup
        SVG, which a template takes as it is.
    """
    bottom = AXES[rows - 1]
    shown = template("drawing.svg.jinja").render(
        says=drawn(study),
        height=bottom + BELOW,
        chance={"x": _at(study["chance"]), "anchor": _anchor(study["chance"])},
        axis={
            "y": bottom,
            "left": _at(0),
            "right": _at(1000),
            "metric": study["metric"],
            "ticks": [{"x": _at(place), "text": text} for place, text in study["ticks"]],
        },
        arms=[_arm(study, arm) for arm in range(rows)],
    )
    return Markup(shown)


def _arm(study: Mapping[str, Any], arm: int) -> dict[str, Any]:
    """Return where the marks of an arm are: its two numbers, and the gap between them."""
    there = arm < len(study["arms"])
    lines = study["positions"][-1]["lines"][2 * arm : 2 * arm + 2] if there else [_NO_LINE] * 2
    claimed, deployed = (line[0] for line in lines)
    first, second = MARKS[2 * arm : 2 * arm + 2]
    return {
        "role": study["arms"][arm] if there else "",
        "hue": "pitfall" if arm == 0 else "fix",
        "gap": {
            "x": _at(min(claimed, deployed)),
            "y": first,
            "width": _wide(claimed, deployed),
            "height": second - first,
        },
        "lines": [
            {"number": number} | _line(2 * arm + offset, line)
            for offset, (number, line) in enumerate(zip(NUMBERS, lines, strict=True))
        ],
    }


def _line(row: int, line: list[Any]) -> dict[str, Any]:
    """Return where the marks of one number are: single studies, interval and mean.

    Some studies have fewer dots than others, whose places stay hidden.
    """
    mean, low, high, text, dots = line
    places = [*dots, *[None] * (MOST_DOTS - len(dots))]
    return {
        "text": text,
        "y": MARKS[row],
        "name_y": NAMES[row],
        "mean": _at(mean),
        "low": _at(low),
        "wide": _wide(low, high),
        "dots": [
            {
                "x": _at(place or 0),
                "y": MARKS[row] + _spread(seed),
                "visibility": "hidden" if place is None else "visible",
            }
            for seed, place in enumerate(places)
        ],
    }


def _at(place: float) -> str:
    """Return a place on the axis as a share of the drawing."""
    return f"{LEFT + WIDTH * place / 1000:.2f}%"


def _wide(start: float, end: float) -> str:
    return f"{WIDTH * abs(end - start) / 1000:.2f}%"


def _spread(seed: int) -> int:
    """Set neighbouring seeds apart; the same seed always at the same height."""
    return (seed * 7) % 17 - 8


def _anchor(place: float) -> str:
    """Keep names near an end of the axis inside the drawing."""
    return "start" if place < 80 else "end" if place > 920 else "middle"


def drawn(study: Mapping[str, Any]) -> str:
    """Return the alternative text; the numbers follow in words and as a table."""
    arms = " and ".join(study["arms"])
    return (
        f"Claimed and deployed {study['metric']} of {arms}, a row each on one axis: "
        "an open circle for the claimed mean, a filled one for the deployed mean, "
        "small dots for single studies, a dotted line for chance."
    )


def marks(study: Mapping[str, Any]) -> str:
    """Say what the marks of the drawing are."""
    shown = min(MOST_DOTS, study["seeds"])
    which = f"the first {shown} of {study['seeds']}" if shown < study["seeds"] else f"all {shown}"
    return (
        f"Open circle: claimed. Filled circle: deployed. Bar: 95 % interval of the mean over "
        f"{study['seeds']} simulated studies, often narrower than the circle. "
        f"Small dots: single studies, {which}. Shaded: the gap."
    )


def caption(study: Mapping[str, Any]) -> str:
    """Return the heading of the table."""
    return (
        f"Mean {study['metric']} over {study['seeds']} simulated studies. Dial: {study['dial']}. "
        "Gaps are differences before rounding."
    )
