"""The predictions of a class, from the logs of its learners."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from ..course import Course, Lesson, LessonError
from ..notebook.predictions import COLUMNS, checked
from ._spreadsheet import read_rows, without_formula

__all__ = ["for_a_spreadsheet", "merge", "summary"]

NUMBERS = COLUMNS[1:]
#: What programs write where there is no number.
_NONE = {"", "na", "nan", "none", "null"}


def merge(
    files: Iterable[Path | str], tell: Callable[[str], object] = warnings.warn
) -> pd.DataFrame:
    """Put the logs of a class into one table.

    Parameters
    ----------
    files : iterable of path
        Logs, one a learner, named after the learner: ``ada.csv``. A file that was typed from
        slips of paper holds many learners: ``chapter`` and ``guess`` are enough, ``student``,
        ``low``, ``high`` and ``deployed`` may be there. Semicolons, decimal commas and the
        encodings of spreadsheets are understood.
    tell : callable, default=warnings.warn
        Is called for each row that cannot be and is left out, with a sentence that names the
        file, the line and what is wrong.

    Returns
    -------
    DataFrame
        ``student, chapter, guess, low, high, deployed``, a row for each prediction, in the order
        of the chapters.

    Raises
    ------
    ValueError
        If there is no prediction in any file, or a file is no log; the message names it and what
        is wrong.
    LessonError
        If a file names a chapter that does not exist.
    """
    logs, lessons = [Path(file) for file in files], _Lessons()
    if not logs:
        raise ValueError("there is no log to merge: one file for each learner, such as ada.csv")
    rows = [row for log in logs for row in _one_log(log, lessons, tell)]
    if not rows:
        raise ValueError("there is no prediction in the files that is to be kept")
    rows.sort(key=lambda row: lessons[row["chapter"]].order)
    merged = pd.DataFrame(rows, columns=["student", *COLUMNS])
    return merged.astype(dict.fromkeys(NUMBERS, float))


def for_a_spreadsheet(merged: pd.DataFrame) -> pd.DataFrame:
    """Return the table of `merge` for a file: a name that would be a formula is text in it."""
    return merged.assign(student=merged["student"].map(without_formula))


def summary(merged: pd.DataFrame) -> pd.DataFrame:
    """Return what a class predicted, a row a chapter.

    Parameters
    ----------
    merged : DataFrame
        From `merge`.

    Returns
    -------
    DataFrame
        ``chapter, predictions, lowest, median, highest, deployed, intervals, held``: the mean
        deployed score, NaN where nobody has run on yet, how many gave an interval, and the share
        of these that held the score of its owner, or that mean where the owner has none (a slip).
    """
    rows = []
    for chapter, mine in merged.groupby("chapter", sort=False):
        known = mine.dropna(subset=["low", "high"])
        guess, score = mine["guess"], mine["deployed"].mean()
        judged = known.fillna({"deployed": score}).dropna(subset=["deployed"])
        held = judged["deployed"].between(judged["low"], judged["high"])
        rows.append(
            {
                "chapter": chapter,
                "predictions": len(mine),
                "lowest": guess.min(),
                "median": guess.median(),
                "highest": guess.max(),
                "deployed": score,
                "intervals": len(known),
                "held": held.mean() if len(held) else float("nan"),
            }
        )
    return pd.DataFrame(rows)


class _Lessons(dict[str, Lesson]):
    """The chapters by whatever name a file gives them, each looked up once."""

    def __missing__(self, name: str) -> Lesson:
        found = self[name] = Course.here().load(name)
        return found


def _one_log(
    file: Path, lessons: _Lessons, tell: Callable[[str], object]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file that can be, and tell of those that cannot."""
    try:
        rows = read_rows(file)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise ValueError(f"{file} is no prediction log: {said}") from None
    (_, headings), *rows = rows or [(0, [])]
    headings = [heading.lower() for heading in headings]
    missing = {"chapter", "guess"} - set(headings)
    if missing:
        raise ValueError(f"{file} is no prediction log: it has no column {min(missing)!r}")
    for line, cells in rows:
        row = {"student": file.stem} | dict.fromkeys(headings, "")
        row |= dict(zip(headings, cells, strict=False))
        if row["guess"].lower() in _NONE:
            continue
        try:
            if len(cells) > len(headings):
                raise ValueError(f"{len(cells)} cells below {len(headings)} headings")
            yield _one_row(row, lessons)
        except LessonError as error:
            raise LessonError(f"{file}, line {line}: {error}") from None
        except ValueError as error:
            tell(f"left out: {file}, line {line}: {error}")


def _one_row(row: dict[str, str], lessons: _Lessons) -> dict[str, Any]:
    """Return a row with numbers and the chapter's slug; an error says why it cannot be."""
    if not row["chapter"]:
        raise ValueError("it names no chapter")
    lesson = lessons[row["chapter"]]
    numbers = {
        name: _number(name, row[name])
        for name in NUMBERS
        if name in row and row[name].lower() not in _NONE
    }
    return {"student": row["student"], "chapter": lesson.slug, **checked(lesson, **numbers)}


def _number(name: str, text: str) -> float:
    """Return the number in a cell, with a decimal point or a decimal comma."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"{name}={text!r} is no number") from None
