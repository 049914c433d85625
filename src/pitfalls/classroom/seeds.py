"""For teachers: seeds that belong to one person.

A study is made from a seed. With a seed of its own everybody in a class has the same question and
another answer, and the teacher can compute each answer from the names alone.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable

import pandas as pd

from ..course import load

__all__ = ["answers", "personal_seed"]


def personal_seed(name: str, course: str = "") -> int:
    """Return the seed that belongs to a name, the same on every computer.

    Capitals, spaces around the name and the way in which accents are stored do not matter.

    Parameters
    ----------
    name : str
        A name or a student number.
    course : str, default=""
        A word that is new each time the course is taught, so that last year's answers are wrong.

    Returns
    -------
    int
        Nine digits, the first of them not zero.

    Raises
    ------
    ValueError
        If the name is empty.
    """
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    if not plain:
        raise ValueError(f"name={name!r} must have at least one letter or digit")
    digest = hashlib.sha256(f"{course}\n{plain}".encode()).digest()
    return 10**8 + int.from_bytes(digest[:8], "big") % (9 * 10**8)


def answers(
    chapter: str | int,
    names: Iterable[str],
    *,
    course: str = "",
    world: str | None = None,
    strength: float | None = None,
) -> pd.DataFrame:
    """Return what everybody's own study claims and deploys: a key for the teacher.

    Parameters
    ----------
    chapter : str or int
        The chapter, as in `load`.
    names : iterable of str
        The class.
    course : str, default=""
        The word that the class used for its seeds.
    world : str, default=None
        One of the chapter's simulated studies; None is the headline.
    strength : float, default=None
        Where the dial stands; None is full strength.

    Returns
    -------
    DataFrame
        A row a name: ``seed``, and ``claimed`` and ``deployed`` of the pitfall and of each fix.

    Raises
    ------
    ValueError
        If the study is of real rows, which no seed makes anew.
    """
    study = load(chapter).world(world)
    if study.real:
        raise ValueError(f"world={world!r} has real rows; choose a simulated study")
    strength = study.full if strength is None else strength
    arms = {"pitfall": study.pitfall, **study.fixes}
    rows = {}
    for name in names:
        seed = personal_seed(name, course)
        data = study.make(strength=strength, random_state=seed)
        row: dict[str, float] = {"seed": seed}
        for arm, protocol in arms.items():
            score = data.run(protocol)
            row |= {f"{arm} claimed": score.claimed, f"{arm} deployed": score.deployed}
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("name")
