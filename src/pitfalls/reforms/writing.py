"""Writes files whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from .._files import write_text
from .reading import ReportError

__all__ = ["create", "replace"]


def create(path: Path, text: str) -> None:
    """Write a new file; refuse where there is something of that name already.

    Raises
    ------
    ReportError
        If there is, or the file cannot be written.
    """
    if os.path.lexists(path):
        raise ReportError(path, "is there already, and is left as it is; choose another name")
    replace(path, text)


def replace(path: Path, text: str) -> None:
    """Write a file beside its place and move it there, so that nobody finds half of it.

    Raises
    ------
    ReportError
        If the file cannot be written.
    """
    path = Path(os.path.realpath(path))  # a link stays one
    try:
        if not path.parent.is_dir():
            raise ReportError(path, f"there is no folder {path.parent}; make it first")
        if path.exists() and not path.is_file():
            raise ReportError(path, "this is no ordinary file; name another")
        write_text(path, text)
    except OSError as error:
        raise ReportError(path, f"cannot be written: {error.strerror or error}") from None
