"""JSON Schemas of the course's TOML files, and what is said where a file does not fit one."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..errors import LessonError

__all__ = ["check", "read_toml", "schema"]


@cache
def schema(name: str) -> Mapping[str, Any]:
    """Return the schema of a kind of file: ``"chapter"``, ``"teaching"`` or ``"cases"``."""
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
    error = next(_validator(kind).iter_errors(table), None)
    if error is None:
        return
    where = _place(table, error.absolute_path)
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        strange = sorted(set(error.instance) - set(known))
        said = f"unknown key {', '.join(strange)}; known: {', '.join(known)}"
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        said = f"missing {', '.join(missing)}"
    else:
        key, wanted = _key(error.absolute_path), error.schema.get("description", error.message)
        said = f"{key} = {_shown(error.instance)} must be {wanted}"
    raise LessonError(f"{file}: {where}{said}")


@cache
def _validator(kind: str) -> Any:
    # Not needed by who only runs studies, and slow to import.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(kind))


def _place(table: Mapping[str, Any], path: Sequence[str | int]) -> str:
    """Say in which table of an array a fault is: ``[[worlds]] 'window': ``."""
    steps, here, said = list(path), table, ""
    for place, step in enumerate(steps):
        here = here[step]
        if isinstance(step, int) and isinstance(here, Mapping):
            heading = ".".join(str(s) for s in steps[:place] if isinstance(s, str))
            name = next(
                (here[k] for k in ("name", "study", "answer", "question") if k in here), step
            )
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
