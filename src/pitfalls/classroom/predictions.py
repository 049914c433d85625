"""The predictions of a class, from the logs of its learners."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ..course import Course
from ..notebook.predictions import COLUMNS

__all__ = ["merge", "summary"]


def merge(files: Iterable[Path | str]) -> pd.DataFrame:
    """Put the logs of a class into one table.

    Parameters
    ----------
    files : iterable of path
        Logs, one a learner, named after the learner: ``ada.csv``. A file that was typed from
        slips of paper holds many learners: ``chapter`` and ``guess`` are enough, ``student``,
        ``low``, ``high`` and ``deployed`` may be there.

    Returns
    -------
    DataFrame
        ``student, chapter, guess, low, high, deployed``, a row for each prediction, in the order
        of the chapters.

    Raises
    ------
    ValueError
        If there is no file, or one is no log; the message names it and what is wrong.
    LessonError
        If a file names a chapter that does not exist.
    """
    logs = [_one_log(Path(file)) for file in files]
    if not logs:
        raise ValueError("there is no log to merge: one file for each learner, such as ada.csv")
    rows = pd.concat(logs, ignore_index=True)
    order = {lesson.slug: lesson.order for lesson in Course.here().lessons()}
    rows["place"] = rows["chapter"].map(order)
    rows = rows.sort_values("place", kind="stable", ignore_index=True)
    return rows.drop(columns="place")


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


def _one_log(file: Path) -> pd.DataFrame:
    try:
        log = pd.read_csv(file, dtype={"chapter": str, "student": str}, skipinitialspace=True)
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is no prediction log: {str(error).strip()}") from None
    missing = {"chapter", "guess"} - set(log.columns)
    if missing:
        raise ValueError(f"{file} is no prediction log: it has no column {min(missing)!r}")
    if "student" not in log:
        log["student"] = file.stem
    log = log.reindex(columns=["student", *COLUMNS]).dropna(subset=["guess"])
    for column in COLUMNS[1:]:
        try:
            log[column] = pd.to_numeric(log[column]).astype(float)
        except ValueError as error:
            raise ValueError(f"{file}, column {column!r}: {error}") from None
    course = Course.here()
    slugs = {chapter: course.load(chapter).slug for chapter in log["chapter"].unique()}
    log["chapter"] = log["chapter"].map(slugs)
    return log
