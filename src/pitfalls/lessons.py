"""The chapters: what their ``chapter.toml`` says, and the protocols in their notebooks.

A chapter is a folder ``chapters/NN_slug`` with a ``chapter.toml`` and the notebooks' ``.py``
twins, ``NNa_pitfall.py`` and ``NNb_fix.py``. The code that the learner reads is the code that is
measured: cells tagged ``protocol`` hold imports and functions, and ``chapter.toml`` says which
function plays which part.
"""

from __future__ import annotations

import ast
import json
import linecache
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

__all__ = [
    "PARTS",
    "Dose",
    "Experiment",
    "Lesson",
    "LessonError",
    "World",
    "all",
    "chapters_folder",
    "load",
]

PARTS = MappingProxyType(
    {
        "opening": "Opening",
        "leakage": "Part 1 · Leakage: the test set has been seen",
        "data": "Part 2 · Misleading data: right for the wrong reason",
        "evaluation": "Part 3 · Misleading evaluation",
        "defences": "Part 4 · Defences, and their price",
    }
)
#: Metrics on the scale from 0 to 1, whose margin in the contract is fixed.
UNIT_METRICS = frozenset({"accuracy", "balanced accuracy", "AUROC", "average precision", "F1"})
_CHOICES = {
    "expect": ("inflates", "harmless"),
    "repairs": ("number", "model", "data"),
    "turns": ("protocol", "world"),
    "ships": ("model", "folds", "refit"),
    "placed_by": ("design", "effect"),
}


class LessonError(ValueError):
    """A chapter cannot be read; the message names the file and what would be right."""


class _Pages:
    """The protocol cells of a chapter's notebooks, run when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def namespaces(self) -> dict[str, dict[str, Any]]:
        """One namespace for each notebook, in the order of their names."""
        return {path.stem: _run_protocol(path) for path in _page_files(self.folder)}

    def find(self, name: str, role: str, *, last_first: bool = False) -> Callable:
        """Return the function `name`: from the pair, then from further pages.

        `last_first` looks into the fix before the pitfall.
        """
        spaces = list(self.namespaces.values())
        pair, further = spaces[:2], spaces[2:]
        for namespace in (*(reversed(pair) if last_first else pair), *further):
            if callable(namespace.get(name)):
                return namespace[name]
        raise LessonError(
            f"{self.folder / 'chapter.toml'}: {role} = {name!r} is no function in the cells "
            f"tagged protocol of {', '.join(self.namespaces) or 'any notebook'}"
        )


@dataclass(frozen=True)
class Dose:
    """Where a published study stands on a world's dial.

    Attributes
    ----------
    study : str
        Its authors and year, such as ``"Zech et al., 2018"``.
    url : str
        The paper, as a link to its DOI or to arXiv.
    at : float
        The dial's position, between its ends; need not be a strength that was measured.
    says : str
        How the published design maps to this dial, and what is stretched in the mapping.
    placed_by : {"design", "effect"}
        What places it: a number of its design in the dial's own unit, or, where none is published,
        an effect that it reports.
    """

    study: str
    url: str
    at: float
    says: str
    placed_by: str = "design"


@dataclass(frozen=True, eq=False)
class World:
    """One simulated or real study with its protocols, as ``chapter.toml`` describes it.

    Attributes
    ----------
    name, slug : str
        ``"window"`` and ``"leaky_scaling.window"``.
    make, pitfall : callable
        ``make(strength=, random_state=)`` (``make(random_state=)`` where `real`) gives a
        `Study`, ``pitfall(study)`` a `Score`.
    fixes, compared : dict of str to callable
        Protocols that the contract holds for, and those shown beside them.
    metric : str
        What `Score` measures.
    chance : float
        The score of a predictor that knows nothing.
    expect : {"inflates", "harmless"}
        What the pitfall does at full strength.
    repairs : {"number", "model", "data"}
        What the fix repairs.
    turns : {"world", "protocol"}
        What the dial changes.
    ships : {"model", "folds", "refit"}
        Which model is deployed: the one that was scored, the fold models, or one refitted on all
        rows.
    dial : str
        What the dial is, in natural units.
    ticks : tuple of str
        The positions of the dial in those units, one for each strength; may be empty.
    strengths : tuple of float
        Positions of the dial, from 0.
    seeds : int
        Seeds that the contract needs.
    run_seeds : int
        Seeds that ``pitfalls run`` shows; 1 where a network is trained.
    signal : bool
        Whether there is anything to learn; the contract asks more than chance of the fix then.
    doses : tuple of Dose
        Published studies, where they stand on the dial, in its order.
    unplaced : str
        Why none could be placed, in Markdown; empty where one is.
    real : bool
        Real rows: reported, without dial and contract.
    """

    name: str
    chapter: str
    metric: str
    chance: float
    names: Mapping[str, Any]
    expect: str = "inflates"
    repairs: str = "number"
    turns: str = "world"
    ships: str = "model"
    dial: str = "strength"
    ticks: tuple[str, ...] = ()
    strengths: tuple[float, ...] = (0, 0.25, 0.5, 0.75, 1)
    seeds: int = 30
    run_seeds: int = 10
    signal: bool = True
    doses: tuple[Dose, ...] = ()
    unplaced: str = ""
    real: bool = False
    pages: _Pages | None = field(default=None, repr=False)

    @property
    def slug(self) -> str:
        """The world's name with its chapter's, such as ``leaky_scaling.window``."""
        return f"{self.chapter}.{self.name}"

    @property
    def make(self) -> Callable:
        """The function that makes a study."""
        return self.pages.find(self.names["make"], "make")

    @property
    def pitfall(self) -> Callable:
        """The protocol that inflates its claim."""
        return self.pages.find(self.names["pitfall"], "pitfall")

    @property
    def fixes(self) -> dict[str, Callable]:
        """The protocols that the contract holds for."""
        return self._protocols("fixes")

    @property
    def compared(self) -> dict[str, Callable]:
        """The protocols that are shown and promise nothing."""
        return self._protocols("compared")

    def _protocols(self, role: str) -> dict[str, Callable]:
        return {n: self.pages.find(n, role, last_first=True) for n in self.names[role]}

    @property
    def protocols(self) -> dict[str, Callable]:
        """Every arm: ``"pitfall"``, then the fixes and what is compared, by name."""
        return {"pitfall": self.pitfall, **self.fixes, **self.compared}


@dataclass(frozen=True, eq=False)
class Experiment:
    """Numbers of a chapter's own, beside the claimed and deployed scores of its worlds.

    Attributes
    ----------
    name, slug : str
        ``"remedies"`` and ``"tank_background.remedies"``.
    evidence_file : Path
        Where its committed rows are.
    settings : mapping of str to tuple
        The values of each argument; the experiment runs for every combination.
    seeds : int
        Seeds of each combination.
    """

    name: str
    chapter: str
    evidence_file: Path
    names: Mapping[str, str]
    settings: Mapping[str, tuple]
    seeds: int
    pages: _Pages | None = field(default=None, repr=False)

    @property
    def slug(self) -> str:
        """The experiment's name with its chapter's."""
        return f"{self.chapter}.{self.name}"

    @property
    def measure(self) -> Callable:
        """The function that takes settings and a ``random_state`` and returns numbers by name."""
        return self.pages.find(self.names["measure"], "measure")


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
        return tuple(_notebook_files(self.folder))

    @property
    def pages(self) -> tuple[Path, ...]:
        """The notebooks' ``.py`` twins, without the exercises."""
        return tuple(_page_files(self.folder))

    @property
    def first_page(self) -> str | None:
        """The name of the notebook to begin with, or None where there is none yet."""
        return self.notebooks[0].stem if self.notebooks else None

    @property
    def evidence_file(self) -> Path:
        """Where the chapter's committed evidence is."""
        return _evidence_folder(self.folder) / f"{self.folder.name}.csv"

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


def chapters_folder() -> Path:
    """Return the folder of the chapters.

    The nearest parent of the working folder that has ``chapters/*/chapter.toml``, else the
    checkout that this package is installed from.

    Raises
    ------
    LessonError
        If neither has chapters.
    """
    here = Path.cwd()
    for parent in (here, *here.parents, Path(__file__).resolve().parents[2]):
        folder = parent / "chapters"
        if next(folder.glob("*/chapter.toml"), None) is not None:
            return folder.resolve()
    raise LessonError(
        f"no chapters/ with a chapter.toml in {here} or above it; "
        "run this inside a copy of the course"
    )


def all() -> list[Lesson]:
    """Return every chapter, in reading order.

    Raises
    ------
    LessonError
        If a ``chapter.toml`` cannot be read.
    """
    files = chapters_folder().glob("*/chapter.toml")
    return sorted((_read(file) for file in files), key=lambda lesson: (lesson.order, lesson.slug))


def load(chapter: str | int) -> Lesson:
    """Return one chapter by its slug, its number or its folder's name.

    Parameters
    ----------
    chapter : str or int
        ``"leaky_selection"``, ``2``, ``"02"`` or ``"02_leaky_selection"``.

    Returns
    -------
    Lesson

    Raises
    ------
    LessonError
        If there is no such chapter.
    """
    lessons = all()
    wanted = str(chapter).strip("/")
    for lesson in lessons:
        if wanted in {lesson.slug, lesson.folder.name, f"{lesson.number}", f"{lesson.number:02d}"}:
            return lesson
    known = ", ".join(lesson.folder.name for lesson in lessons)
    raise LessonError(f"there is no chapter {wanted!r}; there are: {known}")


def _notebook_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9][0-9][a-z]_*.py"))


def _page_files(folder: Path) -> list[Path]:
    return [page for page in _notebook_files(folder) if not page.stem.endswith("_exercises")]


def _read(file: Path) -> Lesson:
    folder = file.parent
    match = re.fullmatch(r"(\d\d)_([a-z0-9_]+)", folder.name)
    if match is None:
        raise LessonError(f"{folder}: a chapter's folder is named NN_slug, such as 02_my_chapter")
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise LessonError(f"{file}: not valid TOML: {error}") from None
    if table.get("number") != int(match[1]):
        raise LessonError(f"{file}: number = {table.get('number')!r} must be {int(match[1])}")
    pages = _Pages(folder)
    rows = table.pop("worlds", [])
    worlds = tuple(_read_world(row, file, match[2], pages) for row in rows)
    names = [world.name for world in worlds]
    if len(set(names)) < len(names):
        raise LessonError(f"{file}: two worlds have one name: {names}")
    if table.get("contract", True) is not bool(worlds):
        raise LessonError(
            f"{file}: a chapter has [[worlds]] with claimed and deployed scores, or says "
            f"contract = false; it has {len(worlds)} worlds and contract = "
            f"{table.get('contract', 'nothing')!r}"
        )
    experiments = tuple(
        _read_experiment(row, file, match[2], pages) for row in table.pop("experiments", [])
    )
    given = {"slug", "folder", "worlds", "experiments"}
    _check_keys(table, Lesson, file, "", given)
    table.setdefault("order", table["number"])
    return Lesson(
        slug=match[2], folder=folder, worlds=worlds, experiments=experiments, **_frozen(table)
    )


def _read_world(row: dict[str, Any], file: Path, chapter: str, pages: _Pages) -> World:
    where = f"[[worlds]] {row.get('name', '')!r}: "
    row = dict(row)
    missing = {"make", "pitfall", "fixes"} - set(row)
    if missing:
        raise LessonError(f"{file}: {where}missing {', '.join(sorted(missing))}")
    roles = {role: row.pop(role) for role in ("make", "pitfall", "fixes")}
    roles["compared"] = row.pop("compared", [])
    _check_keys(row, World, file, where, {"names", "chapter", "pages"})
    _check_choices(row, file, where)
    row["doses"] = _read_doses(row.get("doses", []), file, where)
    world = World(chapter=chapter, names=MappingProxyType(roles), pages=pages, **_frozen(row))
    _check_world(world, file, where)
    return world


def _read_doses(rows: list[dict[str, Any]], file: Path, where: str) -> tuple[Dose, ...]:
    for row in rows:
        here = f"{where}[[worlds.doses]] {row.get('study', '')!r}: "
        _check_keys(row, Dose, file, here, set())
        _check_choices(row, file, here)
        if not row["url"].startswith("https://"):
            raise LessonError(
                f"{file}: {here}url = {row['url']!r} must link the paper, such as "
                "https://doi.org/10.1371/journal.pmed.1002683"
            )
    return tuple(sorted((Dose(**row) for row in rows), key=lambda dose: dose.at))


def _check_choices(row: dict[str, Any], file: Path, where: str) -> None:
    for key in _CHOICES.keys() & row.keys():
        if row[key] not in _CHOICES[key]:
            raise LessonError(
                f"{file}: {where}{key} = {row[key]!r} must be one of {_CHOICES[key]}"
            )


def _read_experiment(row: dict[str, Any], file: Path, chapter: str, pages: _Pages) -> Experiment:
    where = f"[[experiments]] {row.get('name', '')!r}: "
    row = dict(row)
    if not isinstance(row.get("measure"), str):
        raise LessonError(f"{file}: {where}measure must name a function")
    names = MappingProxyType({"measure": row.pop("measure")})
    given = {"names", "chapter", "evidence_file", "pages"}
    _check_keys(row, Experiment, file, where, given)
    settings = row.pop("settings")
    if not isinstance(settings, dict) or not settings:
        raise LessonError(f"{file}: {where}settings = {settings!r} must be a table of lists")
    for key, values in settings.items():
        if not isinstance(values, list) or not values:
            raise LessonError(f"{file}: {where}settings.{key} = {values!r} must be a list")
    if row["seeds"] < 2:
        raise LessonError(f"{file}: {where}seeds = {row['seeds']} must be at least 2")
    path = _evidence_folder(file.parent) / f"{file.parent.name}.{row['name']}.csv"
    return Experiment(
        chapter=chapter, names=names, evidence_file=path, pages=pages,
        settings=_frozen(settings), **row,
    )  # fmt: skip


def _evidence_folder(chapter: Path) -> Path:
    return chapter.parent.parent / "data" / "evidence"


def _check_world(world: World, file: Path, where: str) -> None:
    if world.doses and (world.real or world.unplaced):
        raise LessonError(
            f"{file}: {where}has [[worlds.doses]] and "
            + ("is real: there is no dial" if world.real else "unplaced: say one of them")
        )
    if world.real:
        return
    rising = list(world.strengths) == sorted(set(world.strengths))
    if (
        not rising
        or len(world.strengths) < 2
        or not 0 == world.strengths[0] < world.strengths[-1] <= 1
    ):
        raise LessonError(
            f"{file}: {where}strengths = {list(world.strengths)} must rise from 0 to at most 1"
        )
    if world.ticks and len(world.ticks) != len(world.strengths):
        raise LessonError(
            f"{file}: {where}ticks = {list(world.ticks)} must be one for each strength"
        )
    for dose in world.doses:
        if not 0 <= dose.at <= world.strengths[-1]:
            raise LessonError(
                f"{file}: {where}[[worlds.doses]] {dose.study!r}: at = {dose.at} must lie on the "
                f"dial, from 0 to {world.strengths[-1]}"
            )
    if world.run_seeds < 1:
        raise LessonError(f"{file}: {where}run_seeds = {world.run_seeds} must be at least 1")
    if world.seeds < 2:
        raise LessonError(f"{file}: {where}seeds = {world.seeds} must be at least 2")
    if world.expect == "harmless" and world.metric not in UNIT_METRICS:
        raise LessonError(
            f"{file}: {where}a harmless world needs a metric from 0 to 1, whose margin does not "
            f"depend on the gap; metric = {world.metric!r}, known: {sorted(UNIT_METRICS)}"
        )


def _check_keys(row: dict, kind: type, file: Path, where: str, given: set[str]) -> None:
    allowed = {f.name: f for f in fields(kind) if f.name not in given}
    unknown = set(row) - set(allowed)
    if unknown:
        raise LessonError(
            f"{file}: {where}unknown key {', '.join(sorted(unknown))}; known: {', '.join(allowed)}"
        )
    needed = {
        n for n, f in allowed.items() if f.default is MISSING and f.default_factory is MISSING
    }
    missing = needed - set(row) - {"order"}
    if missing:
        raise LessonError(f"{file}: {where}missing {', '.join(sorted(missing))}")


def _frozen(table: dict[str, Any]) -> dict[str, Any]:
    kinds = {list: tuple, dict: MappingProxyType}
    return {key: kinds.get(type(value), lambda v: v)(value) for key, value in table.items()}


def _protocol_cells(script: str) -> list[str]:
    """Return the code of the cells tagged ``protocol``.

    The same as jupytext reads, whose import takes longer than all else that a notebook imports.
    """
    parts = re.split(r"^# %%(.*)\n", script, flags=re.M)
    marks = (re.search(r"tags=(\[.*?\])", header) for header in parts[1::2])
    tagged = [mark is not None and "protocol" in json.loads(mark[1]) for mark in marks]
    return [code.strip("\n") for code, wanted in zip(parts[2::2], tagged, strict=True) if wanted]


def _run_protocol(path: Path) -> dict[str, Any]:
    source = "\n\n".join(_protocol_cells(path.read_text(encoding="utf-8")))
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise LessonError(f"{path}: a cell tagged protocol cannot be parsed: {error}") from None
    for node in tree.body:
        if not isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef)):
            raise LessonError(
                f"{path}: a cell tagged protocol holds imports and functions only, "
                f"not: {ast.unparse(node).splitlines()[0]}"
            )
    # Tracebacks and inspect.getsource find the code under this name. No module has it, so that
    # joblib's workers get the functions by value.
    filename = f"<protocol of {path.parent.name}/{path.name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": f"protocol_{path.parent.name}_{path.stem}"}
    exec(compile(source, filename, "exec"), namespace)
    return namespace
