"""A dial to turn inside a notebook, and a button that runs a study which nobody has run.

`turn` is called below a static figure of the dial. In Jupyter it shows a slider, and on the site
the explorer of `pitfalls.explorer`; where neither can be shown, a line of text, since the figure
stands above. The environment variable ``PITFALLS_DIALS`` says what a page can show: ``"html"``
without a kernel, ``"text"`` on paper; unset, what the reader's Jupyter can.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from .. import evidence, figures
from .._settings import Settings
from ..course import Lesson, load, words
from ..worlds import World
from . import explorer
from ._templates import template

__all__ = ["Dial", "Panel", "turn"]

NO_WIDGETS = (
    "In JupyterLab a slider stands here that turns this dial, and a button that runs a new study."
)
#: Where new seeds come from: six digits, more than any evidence has counted to.
NEW_SEEDS = (100_000, 1_000_000)


def turn(chapter: str | int, study: str | None = None, arms: Sequence[str] | None = None) -> Dial:
    """Show a dial that the reader turns, and run new studies at its positions.

    Parameters
    ----------
    chapter : str or int
        The chapter, as in `load`.
    study : str, default=None
        The name of the world that is shown first; the headline by default.
    arms : sequence of str, default=None
        ``["pitfall"]`` does not give the fix away. By default the first fix stands beside the
        pitfall; a second name puts that fix, or what is compared, in its place.

    Returns
    -------
    Dial
        To be shown as the result of a cell. Showing it runs no study.

    Raises
    ------
    LessonError
        If there is no such chapter or study.
    ValueError
        If the study has no dial, or an arm is unknown.
    FileNotFoundError
        If the chapter has no evidence yet.
    """
    lesson = load(chapter)
    world = lesson.world(study)
    if world.real:
        raise ValueError(f"study={study!r}: {world.slug} is real and has no dial")
    known = list(world.arms)
    chosen = known[:2] if arms is None else list(arms)
    if chosen[:1] != ["pitfall"] or len(chosen) > 2 or not set(chosen) <= set(known):
        raise ValueError(
            f"arms={chosen} must be 'pitfall' and at most one of {known[1:]}, in this order"
        )
    return Dial(lesson, world, tuple(chosen), evidence.read(lesson))


@dataclass(frozen=True, eq=False, repr=False)
class Dial:
    """A dial that has not been shown yet, from `turn`.

    Attributes
    ----------
    lesson, world : Lesson, World
        The chapter, and the study that is shown first.
    arms : tuple of str
        ``"pitfall"``, and what stands beside it.
    rows : DataFrame
        The chapter's evidence.
    """

    lesson: Lesson
    world: World
    arms: tuple[str, ...]
    rows: pd.DataFrame

    def __repr__(self) -> str:
        return NO_WIDGETS

    def panel(self) -> Panel:
        """Return the slider and what belongs to it.

        Raises
        ------
        ImportError
            If ipywidgets is missing.
        """
        return Panel(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        shown = Settings.from_env().dials
        plain = {"text/plain": NO_WIDGETS, "text/markdown": f"*{NO_WIDGETS}*"}
        if shown == "html":
            figure = explorer.explorer_for(self.lesson, self.world.name, self.arms)
            return plain | {"text/html": figure._repr_html_()}
        if shown == "text" or _ipywidgets() is None:
            return plain
        # ipywidgets adds a plain text of its own, which says less.
        return self.panel().box._repr_mimebundle_() | plain


class Panel:
    """The slider, the figure, what it says, and the button that runs a new study.

    Parameters
    ----------
    dial : Dial
        From `turn`.
    random_state : int, Generator or None, default=None
        Draws the seeds of new studies.

    Attributes
    ----------
    study, dial, position, run : widget
        What a reader sets: the study, the position of its dial by a slider or from a list, the
        button.
    says, doses, figure, told : widget
        What is shown: what the evidence says here, published studies near here, the figure, and
        what new studies gave.
    box : widget
        All of it.
    own : DataFrame
        The rows of the studies that the reader has run, as `pitfalls.evidence.replicate` gives
        them.
    """

    def __init__(self, dial: Dial, random_state: Any = None) -> None:
        widgets = _ipywidgets()
        if widgets is None:
            raise ImportError("the slider needs ipywidgets: `pip install ipywidgets`")
        self._shown, self._rng = dial, np.random.default_rng(random_state)
        self.own = dial.rows.iloc[:0]
        present = set(dial.rows["world"])
        worlds = [world for world in dial.lesson.simulated if world.slug in present]
        wide = widgets.Layout(width="100%", max_width="46rem")
        wide_names = {"description_width": "initial"}
        self.study = widgets.Dropdown(
            options=[(words.study_name(world), world.name) for world in worlds],
            value=dial.world.name,
            description="Study",
            style=wide_names,
            layout=widgets.Layout(display="none" if len(worlds) < 2 else ""),
        )
        self.dial = widgets.SelectionSlider(
            options=[("0", 0.0)], description="Dial", readout=False, style=wide_names, layout=wide
        )
        # A screen reader has no name for the slider's handle and reads its place as a number.
        self.position = widgets.Dropdown(
            options=["0"],
            description="Position",
            style=wide_names,
            layout=widgets.Layout(width="16rem"),
        )
        widgets.link((self.dial, "index"), (self.position, "index"))
        self.name, self.says, self.doses, self.figure, self.told = (
            widgets.HTML(layout=wide) for _ in range(5)
        )
        self.run = widgets.Button(
            icon="play", layout=widgets.Layout(width="auto", align_self="flex-start")
        )
        dial_row = widgets.HBox([self.dial, self.position], layout=wide)
        above = [self.study, self.name, dial_row, self.says, self.doses]
        self.box = widgets.VBox([*above, self.figure, self.run, self.told])
        self.dial.observe(self._turn, "value")
        self.study.observe(self._open, "value")
        self.run.on_click(self._run)
        self._open()

    @property
    def world(self) -> World:
        """The study that is chosen."""
        return self._shown.lesson.world(self.study.value)

    @property
    def arms(self) -> list[str]:
        """The arms that are shown of the chosen study."""
        return words.shown_arms(self.world, self._shown.arms)

    def _open(self, change: Any = None) -> None:
        """Show another study at full strength."""
        world = self.world
        self.dial.unobserve(self._turn, "value")
        self.dial.options = list(zip(words.ticks(world), world.strengths, strict=True))
        self.position.options = words.ticks(world)
        self.dial.value = world.strengths[-1]
        self.dial.observe(self._turn, "value")
        self.name.value = _html("name", world.dial[:1].upper() + world.dial[1:])
        self.run.description = f"Run a new study here ({self._duration()})"
        self._turn()

    def _turn(self, change: Any = None) -> None:
        """Show another position of the dial."""
        world, strength = self.world, self.dial.value
        rows = _of(self._shown.rows, world)
        here, studies = words.tick_in_words(world, strength), rows["seed"].nunique()
        says = f"At {here}, over {studies} simulated studies:"
        self.says.value = _html("spoken", [says, *self._gaps(rows)])
        near = [d for d in words.doses(world) if world.strengths[d["near"]] == strength]
        self.doses.value = _html("doses", near)
        self.figure.value = self._picture(here)
        self._tell([])

    def _run(self, button: Any = None) -> None:
        """Run a study of a seed that nobody has run, at this position of the dial."""
        world, strength, seed = self.world, self.dial.value, self._new_seed()
        label = self.run.description
        self.run.disabled, self.run.description = True, f"Running a study of seed {seed} …"
        try:
            rows = evidence.replicate(world, strength, [seed], self.arms)
        # Jupyter shows no error of a button: the reader would wait for nothing.
        except Exception as error:
            self._tell([f"The study did not run. {type(error).__name__}: {error}"])
        else:
            self.own = pd.concat([self.own, rows]) if len(self.own) else rows
            self._turn()
            self._tell([f"Your study, with seed {seed}:", *self._scores(rows)])
        finally:
            self.run.disabled, self.run.description = False, label

    def _new_seed(self) -> int:
        known = {*self._shown.rows["seed"], *self.own["seed"]}
        while (seed := int(self._rng.integers(*NEW_SEEDS))) in known:
            pass
        return seed

    def _duration(self) -> str:
        """Return how long a study took where the evidence was made."""
        rows = _of(self._shown.rows, self.world)
        took = rows.groupby("arm")["seconds"].median()[self.arms].sum()
        return f"about {took:.0f} seconds" if took >= 1.5 else "a second or less"

    def _roles(self) -> list[tuple[str, str]]:
        """Return the arms that are shown, each with its role."""
        return list(zip(self.arms, words.roles(self._shown.lesson, self.arms), strict=True))

    def _gaps(self, rows: pd.DataFrame) -> list[str]:
        """Name the gap of each arm here in words, over many studies."""
        world = self.world
        here = rows[np.isclose(rows["strength"], self.dial.value)]
        limit = evidence.margin(_of(self._shown.rows, world), world)
        return [
            words.gap_in_words(role, here[here["arm"] == arm], limit)
            for arm, role in self._roles()
        ]

    def _scores(self, rows: pd.DataFrame) -> list[str]:
        """Say what each arm claims and gets, in one study with its interval or over some."""
        lines = []
        for arm, role in self._roles():
            part = rows[rows["arm"] == arm]
            claimed, deployed, low, high = part[["claimed", "deployed", "low", "high"]].mean()
            claims, gets, *ends = map(words.rounded, (claimed, deployed, low, high))
            says = f"{words.who(role)} claims {claims} and gets {gets}"
            if len(part) == 1 and np.isfinite([low, high]).all():
                lies = "inside" if low <= deployed <= high else "outside"
                says += f", {lies} the 95 % interval of the claim, {ends[0]} to {ends[1]}"
            lines.append(f"{says}.")
        return lines

    def _tell(self, lines: list[str]) -> None:
        """Say what was run last, and what all the reader's studies at this position give."""
        mine = _of(self.own, self.world)
        mine = mine[np.isclose(mine["strength"], self.dial.value)]
        seeds = mine["seed"].nunique()
        if seeds > 1:
            lines = [*lines, f"On average over your {seeds} studies here:", *self._scores(mine)]
        elif seeds and not lines:
            lines = ["Your study here:", *self._scores(mine)]
        if seeds:
            lines = [*lines, "In the figure your own studies are diamonds."]
        self.told.value = _html("spoken", lines)

    def _picture(self, here: str) -> str:
        """Return the dial as an image with the chosen position shaded."""
        world, arms = self.world, self.arms
        rows, mine = _of(self._shown.rows, world), _of(self.own, world)
        file = io.BytesIO()
        with rc_context():
            figures.house_style()
            figure = Figure(figsize=(7, 4.2))
            figures.dial(
                rows[rows["arm"].isin(arms)],
                metric=world.metric,
                chance=world.chance,
                label=world.dial,
                ticks=world.ticks,
                marks=world.doses,
                here=self.dial.value,
                own=mine[mine["arm"].isin(arms)],
                ax=figure.add_subplot(),
            )
            figure.savefig(file, dpi=150)
        data = base64.b64encode(file.getvalue()).decode()
        says = (
            f"Claimed and deployed {world.metric} of {' and '.join(arms).replace('_', ' ')} along "
            f"the dial; the position {here} is shaded."
        )
        return _html("picture", data, says)


def _of(rows: pd.DataFrame, world: World) -> pd.DataFrame:
    return rows[rows["world"] == world.slug]


def _html(fragment: str, *values: Any) -> str:
    """Return a fragment of the template; whatever is put into it is escaped."""
    return str(getattr(template("live.html.jinja").module, fragment)(*values))


def _ipywidgets() -> ModuleType | None:
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets
