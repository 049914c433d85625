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
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from .reading import Report

__all__ = ["contradiction", "doi_of", "faults_of", "inside", "is_address", "sha256_of"]

#: As people write it: with the resolver's address, or `doi:`. Old ones have < and > in them.
_DOI = re.compile(
    r"(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}/[-._;()/:<>A-Za-z0-9]{1,200})\Z",
    re.IGNORECASE,
)
#: What a sentence puts behind a DOI.
_BEHIND = ".,;:"
#: What an address may have: no blanks, no quotes, no brackets, no name and password before an @.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[^\s<>\"'\\`{}|^]*)?\Z")
_LARGEST_NOTEBOOK = 50_000_000


def doi_of(text: Any) -> str | None:
    """Return the DOI without the resolver's address, or None where it is not one."""
    found = _DOI.match(text.strip().rstrip(_BEHIND)) if isinstance(text, str) else None
    even = found is not None and found[1].count("<") == found[1].count(">")
    return found[1] if found and even else None


def is_address(text: Any) -> bool:
    """Whether this is the address of a page; nobody goes there to look."""
    return isinstance(text, str) and _ADDRESS.match(text) is not None


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
    if not root.is_dir():
        raise ValueError(f"`{named}` cannot be looked for: there is no folder `{root}`")
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
        for key, look in _LOOKS.items():
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


def _address(piece: Mapping[str, Any], report: Report) -> None:
    for key in ("url", "repository"):
        if key in piece and not is_address(piece[key]):
            raise ValueError(f"`{piece[key]}` is no address; one begins with https://")


def _section(piece: Mapping[str, Any], report: Report) -> None:
    if not any(letter.isalnum() for letter in piece["section"]):
        raise ValueError(f"`{piece['section']}` is no section; name one, such as 2.4")


def _check(piece: Mapping[str, Any], report: Report) -> None:
    from .. import checks

    found = piece["check"]
    if found["name"] not in checks.__all__ and not found.get("own"):
        known = ", ".join(sorted(checks.__all__))
        raise ValueError(
            f"pitfalls.checks has no `{found['name']}`; it has {known}. If it is a check of your "
            "own, add `own: true`"
        )
    if why := contradiction(found["value"], found["null"], found["verdict"]):
        raise ValueError(why)


def contradiction(value: float | None, null: float | None, verdict: str) -> str:
    """Say how a verdict disagrees with its numbers, or nothing."""
    if verdict == "not checked":
        return ""
    if value is None or null is None or not (math.isfinite(value) and math.isfinite(null)):
        return f"a check that says {verdict} has a finite value and null"
    if verdict == "clean" and value > null:
        return (
            f"it says clean, but the value {value:g} is above the null {null:g}; that is suspect"
        )
    if verdict == "suspect" and value < null:
        return f"it says suspect, but the value {value:g} is not above the null {null:g}"
    return ""


_LOOKS: Mapping[str, Callable[[Mapping[str, Any], Report], None]] = {
    "file": _file,
    "doi": _doi,
    "cell": _cell,
    "section": _section,
    "url": _address,
    "repository": _address,
    "check": _check,
}
