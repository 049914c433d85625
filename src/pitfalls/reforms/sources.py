"""Looks at the evidence that a report names: files, cells of notebooks, DOIs, results of checks.

Files are looked for in the report's folder and below, and nowhere else: a report from somebody
else must not make you read, or find out about, files of your own. So absolute paths, ways out by
``..`` and links that lead out are refused.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from .reading import Report

__all__ = ["doi_of", "faults_of", "inside", "sha256_of"]

_DOI = re.compile(r"(?:https://doi\.org/)?(10\.[0-9]{4,9}/[-._;()/:A-Za-z0-9]{1,200})\Z")
_LARGEST_NOTEBOOK = 50_000_000


def doi_of(text: Any) -> str | None:
    """Return the DOI without the resolver's address, or None where it is not one."""
    found = _DOI.match(text) if isinstance(text, str) else None
    return found[1] if found else None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inside(named: str, report: Path, root: Path) -> Path:
    """Return the file that a report names, once it is sure to lie in a folder.

    Parameters
    ----------
    named : str
        The path as the report has it, relative to the report's folder.
    report, root : Path
        The report, and the folder that evidence may lie in.

    Returns
    -------
    Path
        An ordinary file.

    Raises
    ------
    ValueError
        If the path leads elsewhere or there is no such file.
    """
    windows = PureWindowsPath(named)
    if "\\" in named:
        raise ValueError(f"`{named}`: write the path with / and not with \\")
    if PurePosixPath(named).is_absolute() or windows.drive or windows.root:
        raise ValueError(f"`{named}` is an absolute path; name files from the report's folder")
    try:
        path = (report.parent / named).resolve()
        if not path.is_relative_to(root.resolve()):
            raise ValueError(
                f"`{named}` leads out of the folder of the report; put the file beside it"
            )
        kind = path.stat().st_mode
    except FileNotFoundError:
        raise ValueError(f"there is no file `{named}`") from None
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ValueError(f"`{named}` cannot be read: {why}") from None
    if not stat.S_ISREG(kind):
        raise ValueError(f"`{named}` is no file; name one")
    return path


def faults_of(piece: Mapping[str, Any], report: Report) -> list[tuple[str, str]]:
    """Say what is wrong with a piece of evidence that has the form it should have.

    Returns
    -------
    list of (key, message)
        Empty where nothing is.
    """
    try:
        for key, look in (("file", _file), ("doi", _doi), ("cell", _cell), ("check", _check)):
            if key in piece:
                look(piece, report)
    except ValueError as error:
        return [("sha256" if str(error).startswith("the hash") else key, str(error))]
    return []


def _file(piece: Mapping[str, Any], report: Report) -> None:
    path = inside(piece["file"], report.path, report.root)
    try:
        found = sha256_of(path)
    except OSError as error:
        raise ValueError(f"`{piece['file']}` cannot be read: {error.strerror}") from None
    if found != piece["sha256"].lower():
        raise ValueError(
            f"the hash no longer matches: `{piece['file']}` has changed since, and is now {found}"
        )


def _doi(piece: Mapping[str, Any], report: Report) -> None:
    if doi_of(piece["doi"]) is None:
        raise ValueError(f"`{piece['doi']}` is no DOI; one looks like 10.1126/sciadv.adk3452")


def _cell(piece: Mapping[str, Any], report: Report) -> None:
    named, mark, cell = piece["cell"].rpartition("#")
    if not mark or not cell or not named.endswith(".ipynb"):
        raise ValueError(
            f"`{piece['cell']}`: name a notebook and a cell by its tag, id or number from 0, such "
            "as analysis.ipynb#headline"
        )
    path = inside(named, report.path, report.root)
    if path.stat().st_size > _LARGEST_NOTEBOOK:
        raise ValueError(f"`{named}` is too large for a notebook")
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        known = [{str(number), *_names(one)} for number, one in enumerate(cells)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"`{named}` cannot be read as a notebook") from None
    if not any(cell in names for names in known):
        raise ValueError(
            f"`{named}` has {len(known)} cells, and none with the tag, id or number {cell}"
        )


def _names(cell: Mapping[str, Any]) -> set[str]:
    return {cell.get("id", ""), *cell["metadata"].get("tags", [])} - {""}


def _check(piece: Mapping[str, Any], report: Report) -> None:
    from .. import checks

    found = piece["check"]
    if found["name"] not in checks.__all__:
        raise ValueError(
            f"pitfalls.checks has no `{found['name']}`; it has {', '.join(sorted(checks.__all__))}"
        )
    numbers = [found["value"], found["null"]]
    known = all(number is not None and math.isfinite(number) for number in numbers)
    if found["verdict"] != "not checked" and not known:
        raise ValueError(f"a check that says {found['verdict']} has a finite value and null")
