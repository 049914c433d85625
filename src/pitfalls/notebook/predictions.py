"""The reader's prediction log: what you expected, and what it was.

Each chapter asks for a number before it shows one. The answers go to ``work/predictions.csv`` in
your copy of the course and nowhere else. In a copy that is somebody else's they go to
``pitfalls/`` in your home, and the environment variable ``PITFALLS_PREDICTIONS`` names any other
file.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from .._files import whole
from .._settings import Settings
from ..course import Course, Lesson, load
from ..worlds import UNIT_METRICS
from ._numbers import named, one_number
from .own_files import own_file

__all__ = ["COLUMNS", "checked", "log_file", "predict", "read_log", "settle"]

COLUMNS = ["chapter", "guess", "low", "high", "deployed"]
#: No chapter asks for a larger number, and a picture of a class cannot show one.
LARGEST = 1e6
#: How long a notebook waits for another one of the same learner to write, in seconds.
PATIENCE = 10


def log_file() -> Path:
    """Return the file of the log, whether it exists or not."""
    return Settings.from_env().predictions or own_file("predictions.csv")


def read_log() -> pd.DataFrame:
    """Return the log: ``chapter, guess, low, high, deployed``, a row a chapter.

    Raises
    ------
    ValueError
        If the file is there and is no log.
    """
    file = log_file()
    if not file.is_file():
        return pd.DataFrame(columns=COLUMNS)
    try:
        return pd.read_csv(file, dtype={"chapter": str})[COLUMNS]
    except (ValueError, KeyError) as error:
        said = " ".join(str(error).split())
        raise ValueError(
            f"{file} is no prediction log ({said}): give it another name, and a new one is begun"
        ) from None


def predict(
    chapter: str, guess: float | None = None, low: float | None = None, high: float | None = None
) -> None:
    """Write down a prediction of the deployed score, or ask for one.

    A second prediction for the same chapter takes the place of the first.

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
        If the chapter is unknown, a number is none or cannot be true, only one end of the
        interval is given, or the guess lies outside it.
    OSError
        If the log cannot be written.
    """
    lesson = load(chapter)
    if guess is None:
        print("Write your number into this cell, as guess=..., low=..., high=..., and run it.")
        return
    if (low is None) != (high is None):
        raise ValueError(f"low={low}, high={high}: give both ends of the interval or neither")
    said = {"guess": guess} if low is None else {"guess": guess, "low": low, "high": high}
    row = checked(lesson, **said)
    if low is not None and not row["low"] <= row["guess"] <= row["high"]:
        between = "guess={guess:g} must lie between low={low:g} and high={high:g}"
        raise ValueError(between.format(**row))
    _write(lesson.slug, row)
    interval = "" if low is None else ", 80 % between {low:g} and {high:g}".format(**row)
    file = log_file()
    place = "" if file.parent == Course.here().work else f" (in {file})"
    print(f"Noted for {lesson.slug}: {row['guess']:g}{interval}{place}")


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
    numbers = {name: row[name] for name in COLUMNS[1:]}
    _write(row.chapter, numbers | {"deployed": deployed})


def checked(lesson: Lesson, **said: Any) -> dict[str, float]:
    """Return the numbers of a prediction, if each can be true.

    Parameters
    ----------
    lesson : Lesson
        The chapter; the metric of its headline says how large a number can be.
    **said
        ``guess``, ``low``, ``high`` and ``deployed``, as far as they are given.

    Returns
    -------
    dict of str to float
        The same by name.

    Raises
    ------
    ValueError
        If one cannot come out; the message names it and what to write.
    """
    metric = lesson.world().metric if lesson.worlds else "number"
    numbers = {name: _possible(name, value, metric) for name, value in said.items()}
    low, high = numbers.get("low", -LARGEST), numbers.get("high", LARGEST)
    if low > high:
        raise ValueError(f"low={low:g} is greater than high={high:g}")
    return numbers


def _possible(name: str, value: Any, metric: str) -> float:
    """Return a number that a metric can have, or say in an error why it cannot."""
    number, unit = one_number(value), metric in UNIT_METRICS
    if isinstance(value, str):
        wrong = f"={value!r} is text: write a number such as 0.7, without quotation marks"
    elif number is None:
        wrong = f": {named(value)} is not one number: write one such as 0.7"
    elif not math.isfinite(number):
        wrong = f"={number:g} is no number that can come out: write one such as 0.7"
    elif unit and number > 1:
        wrong = f"={number:g} is more than {metric} can be: write 70 % as 0.7"
    elif unit and number < 0:
        wrong = f"={number:g} is less than {metric} can be: write a number from 0 to 1"
    elif abs(number) > LARGEST:
        wrong = f"={number:g} is larger than anything that the course asks for"
    else:
        return number
    raise ValueError(name + wrong)


def _write(chapter: str, numbers: dict[str, float]) -> None:
    """Put a chapter's row into the log.

    Another notebook of the same learner waits meanwhile, so that rows of other chapters stay; of
    two rows for one chapter the later stays.
    """
    file = log_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_name(f".{file.name}.lock"), timeout=PATIENCE):
            log = read_log()
            kept = log[log["chapter"] != chapter].to_dict("records")
            rows = [*kept, {"chapter": chapter, **numbers}]
            with whole(file) as partial:
                pd.DataFrame(rows, columns=COLUMNS).to_csv(partial, index=False)
    except OSError as error:
        raise OSError(
            f"{file} cannot be written ({error.strerror or error}): name another file in the "
            "environment variable PITFALLS_PREDICTIONS"
        ) from None
