"""Tables as spreadsheets write them: encodings, commas, and what is a formula to them."""

from __future__ import annotations

import codecs
import csv
import io
import stat
from pathlib import Path

__all__ = ["read_rows", "without_formula"]

#: A log has a few lines, so that a larger file is something else.
MOST_BYTES = 10_000_000
#: Text that begins with one of these is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read_rows(file: Path) -> list[tuple[int, list[str]]]:
    """Return the rows of a table, each with its line in the file and its cells as text.

    Parameters
    ----------
    file : Path
        UTF-8, UTF-16 or Latin-1; with commas, semicolons or tabs between the cells.

    Returns
    -------
    list of tuple
        The headings come first. Empty rows, and empty cells at the end of a row, are left out.

    Raises
    ------
    ValueError
        If it is no table, or too large to be a log.
    OSError
        If it cannot be read.
    """
    # Before it is opened: who opens a pipe waits for somebody to write into it.
    about = file.stat()
    if not stat.S_ISREG(about.st_mode):
        kind = "a folder" if stat.S_ISDIR(about.st_mode) else "no ordinary file"
        raise ValueError(f"it is {kind}")
    if about.st_size > MOST_BYTES:
        raise ValueError(f"it has {about.st_size / 1e6:.0f} MB, and a log has a few lines")
    text = _text(file.read_bytes())
    headings = next(filter(str.strip, text.splitlines()), "")
    between = max(",", ";", "\t", key=headings.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between, skipinitialspace=True)
    rows = []
    try:
        for cells in reader:
            while cells and not cells[-1].strip():
                cells.pop()
            if cells:
                rows.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise ValueError(str(error)) from None
    return rows


def without_formula(text: str) -> str:
    """Return text that a spreadsheet shows and does not compute."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _text(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
