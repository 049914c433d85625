"""The reader's prediction log: what you expected, and what it was.

Each chapter asks for a number before it shows one. The answers go to ``work/predictions.csv`` in
your copy of the course and nowhere else; the environment variable ``PITFALLS_PREDICTIONS`` names
another file, for a computer that several people share.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from .lessons import chapters_folder, load

__all__ = ["log_file", "merge", "predict", "read_log", "settle", "summary"]

_COLUMNS = ["chapter", "guess", "low", "high", "deployed"]
_NUMBERS = _COLUMNS[1:]


def log_file() -> Path:
    """Return the file of the log, whether it exists or not."""
    own = os.environ.get("PITFALLS_PREDICTIONS")
    return Path(own) if own else chapters_folder().parent / "work" / "predictions.csv"


def read_log() -> pd.DataFrame:
    """Return the log: ``chapter, guess, low, high, deployed``, a row a chapter."""
    file = log_file()
    if not file.is_file():
        return pd.DataFrame(columns=_COLUMNS)
    return pd.read_csv(file, dtype={"chapter": str})[_COLUMNS]


def predict(
    chapter: str, guess: float | None = None, low: float | None = None, high: float | None = None
) -> None:
    """Write down a prediction of the deployed score, or ask for one.

    Parameters
    ----------
    chapter : str
        The chapter's slug, such as ``"leaky_selection"``.
    guess : float, default=None
        Your number. None writes nothing and prints what to do.
    low, high : float, default=None
        An interval that holds the truth with a probability of 80 %, if you dare.

    Raises
    ------
    ValueError
        If the chapter is unknown, only one end of the interval is given, or the guess lies
        outside it.
    """
    chapter = load(chapter).slug
    if guess is None:
        print("Write your number into this cell, as guess=..., low=..., high=..., and run it.")
        return
    if (low is None) != (high is None):
        raise ValueError(f"low={low}, high={high}: give both ends of the interval or neither")
    if low is not None and not low <= guess <= high:
        raise ValueError(f"guess={guess} must lie between low={low} and high={high}")
    _write(pd.DataFrame([[chapter, guess, low, high, None]], columns=_COLUMNS))
    print(
        f"Noted for {chapter}: {guess}"
        + ("" if low is None else f", 80 % between {low} and {high}")
    )


def settle(chapter: str, deployed: float) -> None:
    """Hold your prediction against the truth.

    Parameters
    ----------
    chapter : str
        The chapter's slug.
    deployed : float
        The deployed score.
    """
    log = read_log()
    mine = log[log["chapter"] == load(chapter).slug]
    if mine.empty:
        print(f"It was {deployed:.2f}. You had made no prediction.")
        return
    row = mine.iloc[0]
    print(f"You said {row.guess:.2f}. It was {deployed:.2f}.", end=" ")
    if pd.notna(row.low):
        inside = row.low <= deployed <= row.high
        print("Your interval held it." if inside else "Your interval missed it.", end="")
    print()
    _write(mine.assign(deployed=deployed))


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
    order = {slug: load(slug).order for slug in rows["chapter"].unique()}
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
    log = log.reindex(columns=["student", *_COLUMNS]).dropna(subset=["guess"])
    for column in _NUMBERS:
        try:
            log[column] = pd.to_numeric(log[column]).astype(float)
        except ValueError as error:
            raise ValueError(f"{file}, column {column!r}: {error}") from None
    log["chapter"] = [load(chapter).slug for chapter in log["chapter"]]
    return log


def _write(row: pd.DataFrame) -> None:
    file = log_file()
    log = read_log()
    kept = log[log["chapter"] != row.iloc[0]["chapter"]]
    new = pd.DataFrame([*kept.to_dict("records"), *row.to_dict("records")], columns=_COLUMNS)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    new.to_csv(partial, index=False)
    partial.replace(file)
