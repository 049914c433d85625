"""Files of the folder ``data/``, read only if their bytes are those that were promised."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pandas as pd

from ..._errors import PitfallsError

__all__ = ["DataError", "data_folder", "read_table"]

_SUMS = "SHA256SUMS"


class DataError(PitfallsError, OSError):
    """A file of ``data/`` is missing or damaged; the message names it and says how to mend it."""


def data_folder() -> Path:
    """Return the folder of the data sets: inside the installed package, or in the checkout.

    Raises
    ------
    DataError
        If neither has one.
    """
    package = Path(__file__).resolve().parents[2]
    for folder in (package / "data", package.parents[1] / "data"):
        if (folder / _SUMS).is_file():
            return folder
    raise DataError(
        f"no {_SUMS} in {package.parents[1] / 'data'}; get it back with: "
        f"git checkout -- data/{_SUMS}"
    )


def read_table(name: str) -> pd.DataFrame:
    """Read a committed table whose bytes are those that ``SHA256SUMS`` promises."""
    folder = data_folder()
    file, promised = folder / name, _promised(folder, name)
    cure = f"get it back with: git checkout -- data/{name}"
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{file} is missing; {cure}") from None
    digest = hashlib.sha256(content).hexdigest()
    if digest != promised:
        raise DataError(
            f"{file} is damaged: its SHA-256 starts with {digest[:12]}, not with {promised[:12]} "
            f"as in {_SUMS}; {cure}"
        )
    table = pd.read_csv(io.BytesIO(content), compression="gzip")
    table["time"] = pd.to_datetime(table["time"], format="%Y-%m-%d %H:%M", utc=True)
    return table


def _promised(folder: Path, name: str) -> str:
    """Return the checksum of a file, from a line such as ``sha256sum`` writes."""
    for line in (folder / _SUMS).read_text(encoding="utf-8", errors="replace").splitlines():
        digest, _, file = line.partition("  ")
        if file == name:
            return digest
    raise DataError(
        f"{folder / _SUMS} has no line for {name}; get it back with: git checkout -- data/{_SUMS}"
    )
