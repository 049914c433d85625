"""Evidence in files: what a chapter has committed."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from .._errors import PitfallsError
from .._files import whole
from ..worlds import Experiment, World

__all__ = ["EvidenceError", "at_dose", "has_evidence", "read", "seconds_of", "write"]


class EvidenceError(PitfallsError, FileNotFoundError):
    """Committed evidence is missing or damaged; the message names the file and the cure."""


class Source(Protocol):
    """What has committed evidence: a chapter, one of its worlds, or an experiment."""

    @property
    def slug(self) -> str: ...
    @property
    def evidence_file(self) -> Path | None: ...


def has_evidence(source: Source, *, kind: bool = False) -> bool:
    """Return whether there is a file of committed evidence, of worlds of the `kind` if asked."""
    file = _file_of(source, kind=kind)
    return file is not None and file.is_file()


def _file_of(source: Source, *, kind: bool) -> Path | None:
    """Return the file of a source, or of the worlds of its kind, which lie in one of their own."""
    file = source.evidence_file
    return file.with_name(f"{file.stem}.kind.csv") if kind and file is not None else file


def read(source: Source, *, kind: bool = False) -> pd.DataFrame:
    """Return committed evidence, as `replicate` or `run_experiment` gave it.

    Parameters
    ----------
    source : World, Experiment or Lesson
        Whose.
    kind : bool, default=False
        Whether that of other worlds of the kind is asked for, at full strength.

    Returns
    -------
    DataFrame
        The rows of the world or the experiment, or of all worlds of a chapter.

    Raises
    ------
    EvidenceError
        If there is none yet, or none of this world, or the file is damaged; the message has the
        command that makes it.
    """
    file, chapter = _file_of(source, kind=kind), source.slug.partition(".")[0]
    cure = f"`pitfalls evidence {chapter}` makes it"
    if file is None or not file.is_file():
        raise EvidenceError(f"{file or source.slug} is missing; {cure}")
    try:
        frame = pd.read_csv(file)
    except (ValueError, UnicodeDecodeError) as error:
        said = str(error).strip().splitlines()[0]
        raise EvidenceError(f"{file} is damaged ({said}); {cure} anew") from None
    needed = {"seed", "seconds"} | (
        {"world", "arm"} if not isinstance(source, Experiment) else set()
    )
    if needed - set(frame) or frame["seconds"].isna().any():
        raise EvidenceError(f"{file} is damaged: it ends in the middle of a row; {cure} anew")
    if not isinstance(source, World):
        return frame
    rows = frame[frame["world"] == source.slug].reset_index(drop=True)
    missing = set(source.promised) - set(rows["arm"])
    if missing:
        raise EvidenceError(f"{file} has no rows of {source.slug}, {min(missing)}; {cure} anew")
    return rows


def write(
    source: Source, frame: pd.DataFrame, folder: Path | None = None, *, kind: bool = False
) -> Path:
    """Write evidence, whole or not at all.

    Parameters
    ----------
    source : Lesson or Experiment
        Whose.
    frame : DataFrame
        The rows of all the chapter's worlds, from `replicate`, or those of `run_experiment`.
    folder : Path, default=None
        Where to; by default where committed evidence is.
    kind : bool, default=False
        Whether the rows are of other worlds of the kind.

    Returns
    -------
    Path
        The file.
    """
    file = _file_of(source, kind=kind)
    if file is None:
        raise ValueError(f"{source.slug} has no file for its evidence")
    file = file if folder is None else folder / file.name
    with whole(file) as partial:
        frame.round({"seconds": 3}).to_csv(
            partial, index=False, float_format="%.6g", lineterminator="\n"
        )
    return file


def seconds_of(source: World | Experiment, arms: Collection[str] | None = None) -> float:
    """Return how long a study, or a row of an experiment, took where the evidence was made.

    Parameters
    ----------
    source : World or Experiment
        Whose.
    arms : collection of str, default=None
        Which arms of a world's study; all by default.

    Returns
    -------
    float
        Seconds, a median; infinite where no evidence tells yet, so that it comes first in a pool.
    """
    file = source.evidence_file
    if file is None or not file.is_file():
        return float("inf")
    stat = file.stat()
    frame = _durations(file, stat.st_mtime_ns, stat.st_size)
    rows = frame if isinstance(source, Experiment) else frame[frame["world"] == source.slug]
    if arms is not None:
        rows = rows[rows["arm"].isin(arms)]
    return float(rows.groupby("arm")["seconds"].median().sum()) if len(rows) else float("inf")


@lru_cache(maxsize=64)
def _durations(file: Path, changed: int, size: int) -> pd.DataFrame:
    """Return what took how long, read again when the file has changed; none from a damaged one."""
    nothing = pd.DataFrame({"world": [], "arm": [], "seconds": []})
    try:
        frame = pd.read_csv(file, usecols=lambda name: name in nothing)
    except (ValueError, UnicodeDecodeError):
        return nothing
    if not pd.api.types.is_numeric_dtype(frame.get("seconds")):
        return nothing
    return frame.assign(**{name: "" for name in nothing if name not in frame}).dropna()


def at_dose(frame: pd.DataFrame, world: World, at: float) -> pd.DataFrame:
    """Return what each arm scores at a position of the dial, also between measured strengths.

    Parameters
    ----------
    frame : DataFrame
        From `replicate` or `read`.
    world : World
        A simulated world.
    at : float
        Between the first and the last strength in `frame`.

    Returns
    -------
    DataFrame
        A row for each arm and seed with the columns ``arm, seed, claimed, fresh, deployed``. They
        lie on a straight line between those of the same seed at the strengths on either side, and
        are the measured ones at a measured strength.

    Raises
    ------
    ValueError
        If `frame` has no rows of the world, or none on both sides of `at`.
    """
    rows = frame[frame["world"] == world.slug]
    measured = np.sort(rows["strength"].unique())
    if not (measured <= at).any() or not (measured >= at).any():
        raise ValueError(
            f"at={at} must lie between measured strengths, {world.slug} has {measured}"
        )
    left, right = measured[measured <= at].max(), measured[measured >= at].min()
    weight = (at - left) / (right - left) if right > left else 0.0
    numbers = ["claimed", "fresh", "deployed"]
    before, after = (
        rows[rows["strength"] == strength].set_index(["arm", "seed"])[numbers]
        for strength in (left, right)
    )
    return ((1 - weight) * before + weight * after).dropna().reset_index()
