"""Rows that are windows of one series: they have runs of numbers in common, in other columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .._data import hashed
from ._chance import factors

__all__ = ["Between", "between_windows"]

#: Numbers in a row, at least, that make two windows of one series; more than so many, which
#: coarse numbers need, would take long to look at.
SHORTEST, LONGEST = 4, 24
#: A run is so long that chance makes fewer than one of so many pairs of rows that have one.
SURE = 1e6
#: Columns beyond so many are not looked at: windows begin fewer steps apart.
WIDEST = 1_000
#: Numbers of which is counted how common they are, runs that are held of each side, and numbers
#: of which runs are made at a time.
LOOKED_AT, MOST_RUNS, AT_A_TIME = 200_000, 4_000_000, 4_000_000


class Between:
    """What was found.

    Attributes
    ----------
    found : array of bool, shape (n_test,)
        Test rows that have a run in common with a training row that begins earlier in the series,
        and with one that begins later.
    run : int
        The length of these runs, at least.
    """

    def __init__(self, found: np.ndarray, run: int) -> None:
        self.found, self.run = found, run


def between_windows(train: np.ndarray, test: np.ndarray) -> Between | None:
    """Find test rows that lie between two training rows in one series.

    The window that begins a step later has all numbers but one in common, each a column further
    on. A run that is twice in a row is a habit of the series and does not count, nor one that a
    training row has in the same columns: that is an entity that comes again.

    Parameters
    ----------
    train, test : array of float, shape (n_rows, n_columns)

    Returns
    -------
    Between or None
        None where numbers are so coarse that runs of half of the columns are alike by chance.
    """
    train, test = train[:, :WIDEST], test[:, :WIDEST]
    n_columns = train.shape[1]
    if n_columns < SHORTEST + 1 or not len(train) or not len(test):
        return None
    run = _shortest(train, len(train) * len(test))
    if run > min(LONGEST, n_columns // 2):
        return None
    one_in = 1 + max(train.size, test.size) // MOST_RUNS
    theirs, ours = (_Runs.of(side, run, one_in) for side in (train, test))
    ours = ours.only(~ours.twice())
    theirs = theirs.only(pd.Index(theirs.numbers).isin(ours.numbers))
    theirs = theirs.only(~theirs.twice())
    there = pd.DataFrame({"run": theirs.numbers, "there": theirs.columns}).drop_duplicates()
    here = pd.DataFrame({"run": ours.numbers, "row": ours.rows, "here": ours.columns})
    both = here.merge(there, on="run")
    place, shift = both["row"] * n_columns + both["here"], both["there"] - both["here"]
    both, shift = (some[~place.isin(place[shift == 0])] for some in (both, shift))
    earlier, later = (
        np.isin(np.arange(len(test)), both["row"][off]) for off in (shift > 0, shift < 0)
    )
    found = earlier & later
    return Between(found, run)


def _shortest(rows: np.ndarray, pairs: int) -> int:
    """Return how long a run must be, by how seldom two numbers of the table are equal."""
    often = np.unique(rows.ravel()[:: 1 + rows.size // LOOKED_AT], return_counts=True)[1]
    n = often.sum()
    alike = float((often * (often - 1.0)).sum() / max(n * (n - 1.0), 1))
    tells = max(-np.log(max(alike, 1 / n**2)), 1e-9)
    return max(SHORTEST, int(np.ceil(np.log(pairs * rows.shape[1] ** 2 * SURE) / tells)))


class _Runs:
    """All runs of some length, by number, row and first column."""

    def __init__(self, numbers: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> None:
        self.numbers, self.rows, self.columns = numbers, rows, columns

    @classmethod
    def of(cls, rows: np.ndarray, run: int, one_in: int) -> _Runs:
        """Return the runs in which each number is another than the one before it.

        Of many runs, ``one_in`` so many are returned, the same ones of each side.
        """
        n = rows.shape[1] - run + 1
        found = []
        for start in range(0, len(rows), step := max(1, AT_A_TIME // rows.shape[1])):
            cells = hashed(rows[start : start + step].astype(float))
            numbers = np.zeros((len(cells), n), np.uint64)
            for place, factor in enumerate(factors(run)):
                numbers += cells[:, place : place + n] * factor
            stays = np.cumsum(cells[:, 1:] == cells[:, :-1], axis=1, dtype=np.int32)
            stays = np.pad(stays, ((0, 0), (1, 0)))
            changes = stays[:, run - 1 :] == stays[:, :n]
            row, column = np.nonzero(changes & (numbers % np.uint64(one_in) == 0))
            found.append((numbers[row, column], row + start, column))
        return cls(*(np.concatenate(some) for some in zip(*found, strict=True)))

    def only(self, some: np.ndarray) -> _Runs:
        return _Runs(self.numbers[some], self.rows[some], self.columns[some])

    def twice(self) -> np.ndarray:
        """Say which runs are in their row more than once."""
        table = pd.DataFrame({"run": self.numbers, "row": self.rows})
        return table.duplicated(keep=False).to_numpy()
