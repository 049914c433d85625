"""Studies without a name: after each part you say what is wrong with them, if anything is.

A chapter of unnamed studies has a file ``cases.toml``, with what may be wrong with them and a
table for each case::

    diagnoses = ["nothing", "features chosen before the split", "copies on both sides"]

    [A]
    world = "leaky_selection.signal"    # the study, and whose procedure reported on it
    arm = "pitfall"                     # or the name of a fix: then nothing is wrong
    strength = 0.75
    random_state = 11
    diagnosis = "features chosen before the split"    # or "nothing"
    hint = "In which order did things happen?"
    rename = { antibiotic = "m7" }      # columns whose names would tell
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..course import LessonError, load
from ..course.schemas import read_toml

__all__ = ["Answer", "Case", "open_case", "settle"]

#: The share of truths that the reader's intervals are meant to hold.
LEVEL = 0.8


@dataclass(frozen=True, eq=False)
class Case:
    """What an auditor is handed: the development data, and what was claimed.

    Attributes
    ----------
    X, y, meta, info
        As in `pitfalls.study.Study`; columns may have other names.
    claimed : float
        The score that was reported.
    diagnoses : tuple of str
        What may be wrong with a case of this chapter, or ``"nothing"``.
    """

    X: np.ndarray | pd.DataFrame
    y: np.ndarray
    meta: pd.DataFrame
    info: Mapping[str, Any]
    claimed: float
    diagnoses: tuple[str, ...]
    _deployed: float = field(repr=False)
    _diagnosis: str = field(repr=False)
    _hint: str = field(repr=False)


class Answer(NamedTuple):
    """What an answer was worth.

    Attributes
    ----------
    right : bool
        Whether the diagnosis is the true one.
    hint : str
        What to look at where it is not.
    deployed : float
        The score that the model really gets.
    penalty : float
        The interval score of the answer's interval: its width, and ten times what it misses by.
    """

    right: bool
    hint: str
    deployed: float
    penalty: float


def open_case(chapter: str, letter: str) -> Case:
    """Return one of a chapter's unnamed studies.

    Parameters
    ----------
    chapter : str
        The chapter's slug, such as ``"unnamed_leakage"``.
    letter : str
        ``"A"``, ``"B"`` or ``"C"``.

    Returns
    -------
    Case

    Raises
    ------
    LessonError
        If there is no such chapter or case.
    """
    file = load(chapter).folder / "cases.toml"
    if not file.is_file():
        raise LessonError(f"chapter={chapter!r} has no unnamed studies: {file} is missing")
    cases = read_toml(file, "cases")
    diagnoses = tuple(cases.pop("diagnoses"))
    if letter not in cases:
        raise LessonError(f"letter={letter!r} must be one of {', '.join(cases)}")
    case = cases[letter]
    slug, _, world = case["world"].partition(".")
    world = load(slug).world(world)
    study = world.make(strength=case["strength"], random_state=case["random_state"])
    score = study.run(world.protocols[case["arm"]])
    names = case.get("rename", {})
    return Case(
        X=study.X.rename(columns=names) if isinstance(study.X, pd.DataFrame) else study.X,
        y=study.y,
        meta=study.meta.rename(columns=names),
        info={
            k: v.rename(names) if isinstance(v, pd.Series) else v for k, v in study.info.items()
        },
        claimed=score.claimed,
        diagnoses=diagnoses,
        _deployed=score.deployed,
        _diagnosis=case["diagnosis"],
        _hint=case["hint"],
    )


def settle(case: Case, diagnosis: str, low: float, high: float) -> Answer:
    """Hold an answer against the truth.

    Parameters
    ----------
    case : Case
        From `open_case`.
    diagnosis : str
        What you hold to be wrong, one of ``case.diagnoses``.
    low, high : float
        An interval that holds the deployed score with a probability of 80 %.

    Returns
    -------
    Answer

    Raises
    ------
    ValueError
        If there is no such diagnosis or `low` is above `high`.

    Notes
    -----
    The interval score of Gneiting and Raftery (2007) is proper: who reports the interval that they
    believe in pays least on average.
    """
    if diagnosis not in case.diagnoses:
        raise ValueError(f"diagnosis={diagnosis!r} must be one of {', '.join(case.diagnoses)}")
    if not low <= high:
        raise ValueError(f"low={low} must not be above high={high}")
    missed = max(low - case._deployed, case._deployed - high, 0.0)
    return Answer(
        right=diagnosis == case._diagnosis,
        hint=case._hint,
        deployed=case._deployed,
        penalty=high - low + 2 / (1 - LEVEL) * missed,
    )
