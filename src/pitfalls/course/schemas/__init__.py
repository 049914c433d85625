"""JSON Schemas of the course's TOML files, and what is said where a file does not fit one."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..errors import LessonError

__all__ = ["check", "read_toml", "schema"]


#: Keys by whose text a table of an array is named where something is wrong in it.
_NAMES = ("name", "study", "answer", "question", "ask", "when", "do", "what")


@cache
def schema(name: str) -> Mapping[str, Any]:
    """Return the schema of a kind of file.

    The kinds are ``"chapter"``, ``"teaching"``, ``"cases"``, ``"routes"`` and ``"map"``.
    """
    return json.loads(files(__package__).joinpath(f"{name}.schema.json").read_text("utf-8"))


def read_toml(file: Path, kind: str) -> dict[str, Any]:
    """Return what a TOML file says, if it fits the schema of its kind.

    Parameters
    ----------
    file : Path
        Is there.
    kind : str
        As in `schema`.

    Raises
    ------
    LessonError
        If it is not TOML in UTF-8 or does not fit; the message names the file and the key.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise LessonError(f"{file}: not valid TOML: {error}") from None
    except UnicodeDecodeError as error:
        raise LessonError(f"{file}: not UTF-8 at byte {error.start}: save it as UTF-8") from None
    check(table, kind, file)
    return table


def check(table: Mapping[str, Any], kind: str, file: Path) -> None:
    """Raise a `LessonError` that names file and key if a table does not fit its schema."""
    # Not needed by who only runs studies. jsonschema says no more, and takes a second to import.
    from fastjsonschema import JsonSchemaValueException

    try:
        _validator(kind)(table)
    except JsonSchemaValueException as error:
        path = _steps(table, error.path[1:])
        raise LessonError(f"{file}: {_place(table, path)}{_said(error, path)}") from None


def _said(error: Any, path: Sequence[str | int]) -> str:
    """Say what is wrong with a value, and what would be right."""
    if error.rule in ("additionalProperties", "required"):
        known = error.definition["properties"]
        strange = sorted(set(error.value) - set(known))
        if strange:  # before what is missing: it may be that, misspelt
            return f"unknown key {', '.join(strange)}; known: {', '.join(known)}"
        missing = [key for key in error.rule_definition if key not in error.value]
        return f"missing {', '.join(missing)}"
    if error.rule == "propertyNames":
        rule = error.definition["propertyNames"]
        strange = sorted(key for key in error.value if not re.search(rule["pattern"], key))
        return f"{_key(path)} has {', '.join(strange)}: it must be {rule['description']}"
    wanted = error.definition.get("description", error.message)
    return f"{_key(path)} = {_shown(error.value)} must be {wanted}"


def _steps(table: Mapping[str, Any], words: Sequence[str]) -> list[str | int]:
    """Return the way to a value; the validator parts it at points, in ``"L1.2"`` as well."""
    here, steps, rest = table, [], list(words)
    while rest:
        step: str | int = rest.pop(0)
        if isinstance(here, list):
            step = int(step)
        else:
            while step not in here and rest:
                step = f"{step}.{rest.pop(0)}"
        steps.append(step)
        here = here[step]
    return steps


@cache
def _validator(kind: str) -> Any:
    import fastjsonschema

    return fastjsonschema.compile(schema(kind), use_default=False)


def _place(table: Mapping[str, Any], path: Sequence[str | int]) -> str:
    """Say in which table of an array a fault is: ``[[worlds]] 'window': ``."""
    steps, here, said = list(path), table, ""
    for place, step in enumerate(steps):
        here = here[step]
        if isinstance(step, int) and isinstance(here, Mapping):
            heading = ".".join(str(s) for s in steps[:place] if isinstance(s, str))
            name = next((here[key] for key in _NAMES if key in here), step)
            said += f"[[{heading}]] {name!r}: "
    return said


def _key(path: Sequence[str | int]) -> str:
    """Return a path below the last table of an array: ``minutes.read``."""
    words = list(path)
    tables = [i for i, step in enumerate(words) if isinstance(step, int) and i + 1 < len(words)]
    rest = words[tables[-1] + 1 :] if tables else words
    return "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in rest).lstrip(".")


def _shown(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 80 else f"{said[:77]}..."
