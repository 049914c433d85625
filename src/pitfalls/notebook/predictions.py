"""The reader's prediction log: what you expected, and what it was.

Each chapter asks for a number before it shows one. The answers go to ``work/predictions.csv`` in
your copy of the course and nowhere else; the environment variable ``PITFALLS_PREDICTIONS`` names
another file, for a computer that several people share.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .._files import whole
from .._settings import Settings
from ..course import Course, load

__all__ = ["COLUMNS", "log_file", "predict", "read_log", "settle"]

COLUMNS = ["chapter", "guess", "low", "high", "deployed"]


def log_file() -> Path:
    """Return the file of the log, whether it exists or not."""
    return Settings.from_env().predictions or Course.here().work / "predictions.csv"


def read_log() -> pd.DataFrame:
    """Return the log: ``chapter, guess, low, high, deployed``, a row a chapter."""
    file = log_file()
    if not file.is_file():
        return pd.DataFrame(columns=COLUMNS)
    return pd.read_csv(file, dtype={"chapter": str})[COLUMNS]


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
    _write(pd.DataFrame([[chapter, guess, low, high, None]], columns=COLUMNS))
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


def _write(row: pd.DataFrame) -> None:
    file = log_file()
    log = read_log()
    kept = log[log["chapter"] != row.iloc[0]["chapter"]]
    new = pd.DataFrame([*kept.to_dict("records"), *row.to_dict("records")], columns=COLUMNS)
    with whole(file) as partial:
        new.to_csv(partial, index=False)
