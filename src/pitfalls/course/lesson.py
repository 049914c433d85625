"""A chapter, as its ``chapter.toml`` describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ..worlds import Experiment, World
from .errors import LessonError

__all__ = ["PARTS", "Lesson", "evidence_folder", "notebook_files", "page_files"]

PARTS = MappingProxyType(
    {
        "opening": "Opening",
        "leakage": "Part 1 · Leakage: the test set has been seen",
        "data": "Part 2 · Misleading data: right for the wrong reason",
        "evaluation": "Part 3 · Misleading evaluation",
        "defences": "Part 4 · Defences, and their price",
    }
)


@dataclass(frozen=True, eq=False)
class Lesson:
    """A chapter, as its ``chapter.toml`` describes it.

    Attributes
    ----------
    number, slug, title : int, str, str
        ``2``, ``"leaky_selection"``, the heading.
    part : str
        A key of `PARTS`, or a heading of its own.
    order : int
        Place in the reading order; `number` where it is not given.
    folder : Path
        Where the chapter is.
    contract : bool
        Whether the chapter has claimed and deployed scores; one without says ``contract = false``
        and has no worlds.
    worlds : tuple of World
        The first simulated one is the pair's headline.
    experiments : tuple of Experiment
        What else the chapter measures.
    do : str
        What learners do on the first page; empty where nobody makes slides of the chapter.
    needs : str
        What learners must know, in words without a full stop.
    after : tuple of str
        Slugs of chapters that must have been read before.
    network : bool
        Whether a cell trains a neural network.
    minutes : mapping
        Minutes to read and for the exercises.
    taxonomy, reforms, lones : tuple of str
        Classes of the Kapoor-Narayanan taxonomy, REFORMS items, sections of Lones' guide.
    population : str
        Whom the claim is about.
    symptoms : tuple of str
        What the reader sees first when the pitfall bites.
    """

    number: int
    slug: str
    title: str
    part: str
    folder: Path
    order: int
    contract: bool = True
    worlds: tuple[World, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    do: str = ""
    needs: str = ""
    after: tuple[str, ...] = ()
    network: bool = False
    minutes: Mapping[str, int] = field(default_factory=dict)
    taxonomy: tuple[str, ...] = ()
    reforms: tuple[str, ...] = ()
    lones: tuple[str, ...] = ()
    population: str = ""
    symptoms: tuple[str, ...] = ()

    @property
    def simulated(self) -> tuple[World, ...]:
        """The worlds that have a dial and a contract."""
        return tuple(world for world in self.worlds if not world.real)

    @property
    def real(self) -> tuple[World, ...]:
        """The worlds of real rows."""
        return tuple(world for world in self.worlds if world.real)

    @property
    def notebooks(self) -> tuple[Path, ...]:
        """The notebooks' ``.py`` twins, with the exercises."""
        return notebook_files(self.folder)

    @property
    def pages(self) -> tuple[Path, ...]:
        """The notebooks' ``.py`` twins, without the exercises."""
        return page_files(self.folder)

    @property
    def first_page(self) -> str | None:
        """The name of the notebook to begin with, or None where there is none yet."""
        return self.notebooks[0].stem if self.notebooks else None

    @property
    def evidence_file(self) -> Path:
        """Where the chapter's committed evidence is."""
        return evidence_folder(self.folder) / f"{self.folder.name}.csv"

    def world(self, name: str | None = None) -> World:
        """Return the world called `name`, or the headline world.

        Raises
        ------
        LessonError
            If there is no such world.
        """
        if name is None and self.worlds:
            return (self.simulated or self.worlds)[0]
        for world in self.worlds:
            if world.name == name:
                return world
        raise LessonError(
            f"{self.folder.name} has no world {name!r}; it has "
            f"{', '.join(world.name for world in self.worlds) or 'none'}"
        )

    def experiment(self, name: str) -> Experiment:
        """Return the experiment called `name`.

        Raises
        ------
        LessonError
            If there is no such experiment.
        """
        for experiment in self.experiments:
            if experiment.name == name:
                return experiment
        raise LessonError(
            f"{self.folder.name} has no experiment {name!r}; it has "
            f"{', '.join(experiment.name for experiment in self.experiments) or 'none'}"
        )


def notebook_files(folder: Path) -> tuple[Path, ...]:
    """Return the ``.py`` twins of the notebooks in a chapter's folder, with the exercises."""
    return tuple(sorted(folder.glob("[0-9][0-9][a-z]_*.py")))


def page_files(folder: Path) -> tuple[Path, ...]:
    """Return the ``.py`` twins of the notebooks in a chapter's folder, without the exercises."""
    return tuple(p for p in notebook_files(folder) if not p.stem.endswith("_exercises"))


def evidence_folder(chapter: Path) -> Path:
    """Return the folder of the committed evidence, from a chapter's folder."""
    return chapter.parent.parent / "data" / "evidence"
