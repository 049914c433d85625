"""Reads ``chapter.toml``: checked by its schema, and by what a schema cannot say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ..worlds import UNIT_METRICS, Dose, Experiment, Limit, Range, World
from .errors import LessonError
from .lesson import Lesson, evidence_folder
from .protocols import Protocols
from .schemas import read_toml

__all__ = ["read_chapter"]

_ROLES = ("make", "pitfall", "fixes", "compared")


def read_chapter(file: Path) -> Lesson:
    """Return the chapter that a ``chapter.toml`` describes.

    Parameters
    ----------
    file : Path
        In the chapter's folder, ``NN_slug``.

    Raises
    ------
    LessonError
        If it cannot be read; the message names the file, the key and what would be right.
    """
    folder = file.parent
    match = re.fullmatch(r"(\d\d)_([a-z0-9_]+)", folder.name)
    if match is None:
        raise LessonError(f"{folder}: a chapter's folder is named NN_slug, such as 02_my_chapter")
    table = read_toml(file, "chapter")
    if table["number"] != int(match[1]):
        raise LessonError(f"{file}: number = {table['number']!r} must be {int(match[1])}")
    find, slug = Protocols(folder), match[2]
    worlds = tuple(_world(row, file, slug, find) for row in table.pop("worlds", []))
    experiments = tuple(_experiment(r, file, slug, find) for r in table.pop("experiments", []))
    for heading, named in (("worlds", worlds), ("experiments", experiments)):
        names = [one.name for one in named]
        if len(set(names)) < len(names):
            raise LessonError(f"{file}: two [[{heading}]] have one name: {names}")
    if table.get("contract", True) is not bool(worlds):
        raise LessonError(
            f"{file}: a chapter has [[worlds]] with claimed and deployed scores, or says "
            f"contract = false; it has {len(worlds)} worlds and contract = "
            f"{table.get('contract', 'nothing')!r}"
        )
    table.setdefault("order", table["number"])
    return Lesson(
        slug=slug, folder=folder, worlds=worlds, experiments=experiments, **_frozen(table)
    )


def _world(row: dict[str, Any], file: Path, chapter: str, find: Protocols) -> World:
    where = f"[[worlds]] {row['name']!r}: "
    rest = {key: value for key, value in row.items() if key not in _ROLES}
    names = {role: row.get(role, []) for role in _ROLES}
    doses = sorted((Dose(**dose) for dose in rest.pop("doses", [])), key=lambda dose: dose.at)
    varies = {name: Range(**said) for name, said in rest.pop("varies", {}).items()}
    limits = tuple(Limit(**limit) for limit in rest.pop("limits", []))
    world = World(
        chapter=chapter, names=_frozen(names), find=find, doses=tuple(doses), varies=varies,
        limits=limits,
        evidence_file=evidence_folder(file.parent) / f"{file.parent.name}.csv", **_frozen(rest),
    )  # fmt: skip
    fault = _fault(world)
    if fault:
        raise LessonError(f"{file}: {where}{fault}")
    return world


def _fault(world: World) -> str:
    """Say what no schema can hold of a world; empty where nothing is wrong."""
    if world.doses and (world.real or world.unplaced):
        why = "is real: there is no dial" if world.real else "unplaced: say one of them"
        return f"has [[worlds.doses]] and {why}"
    if world.real:
        return "is real: nothing varies" if world.varies or world.limits else ""
    for name, found in world.varies.items():
        if not found.low < found.high or (found.log and found.low <= 0):
            return (
                f"[worlds.varies] {name}: low = {found.low} must lie below high = {found.high}"
                f"{', and above 0 where log = true' if found.log else ''}"
            )
    if not world.names["fixes"] and world.expect == "inflates":
        return "fixes = [] must name a protocol: a pitfall that inflates has a fix"
    strengths = list(world.strengths)
    if strengths != sorted(set(strengths)) or strengths[0] != 0:
        return f"strengths = {strengths} must rise from 0 to at most 1"
    if world.ticks and len(world.ticks) != len(strengths):
        return f"ticks = {list(world.ticks)} must be one for each strength"
    for dose in world.doses:
        if dose.at > strengths[-1]:
            return (
                f"[[worlds.doses]] {dose.study!r}: at = {dose.at} must lie on the dial, from 0 to "
                f"{strengths[-1]}"
            )
    if world.expect == "harmless" and world.metric not in UNIT_METRICS:
        return (
            "a harmless world needs a metric from 0 to 1, whose margin does not depend on the "
            f"gap; metric = {world.metric!r}, known: {sorted(UNIT_METRICS)}"
        )
    return ""


def _experiment(row: dict[str, Any], file: Path, chapter: str, find: Protocols) -> Experiment:
    path = evidence_folder(file.parent) / f"{file.parent.name}.{row['name']}.csv"
    return Experiment(
        row["name"], chapter, path, {"measure": row["measure"]}, _frozen(row["settings"]),
        row["seeds"], find,
    )  # fmt: skip


def _frozen(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table whose lists cannot be added to."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
