"""Which rows are withheld: some at random, whole groups, or the latest."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame, is_sparse, keys
from .._times import read_times

__all__ = ["column", "in_time", "latest", "numbered", "of_groups", "of_rows", "twins"]

Envelope = tuple[np.ndarray, np.ndarray]


def of_rows(y: pd.Series | None, n: int, size: float, rng: np.random.Generator) -> Iterator:
    """Give rows that are kept and withheld, without end; classes have their share in each.

    Parameters
    ----------
    y : Series or None
        Classes, to be withheld in proportion; None where outcomes are amounts.
    n : int
        How many rows there are.
    size : float
        The share that is withheld.
    """
    classes = np.zeros(n, dtype=int) if y is None else pd.factorize(y)[0]
    while True:
        place = np.empty(n)
        for one in np.unique(classes):
            rows = np.flatnonzero(classes == one)
            place[rows] = (rng.permutation(len(rows)) + rng.random()) / len(rows)
        yield from _parts(np.argsort(place), size)


def of_groups(groups: np.ndarray, size: float, rng: np.random.Generator) -> Iterator:
    """Give rows that are kept and withheld, whole groups at a time, without end."""
    while True:
        for _, withheld in _parts(rng.permutation(groups.max() + 1), size):
            inside = np.isin(groups, withheld)
            yield np.flatnonzero(~inside), np.flatnonzero(inside)


def _parts(order: np.ndarray, size: float) -> Iterator[Envelope]:
    """Deal an order into parts of a size that share nothing."""
    cuts = np.rint(np.arange(0, 1 + 1e-9, size) * len(order)).astype(int)
    for start, stop in pairwise(cuts):
        yield np.sort(np.r_[order[:start], order[stop:]]), np.sort(order[start:stop])


def latest(time: np.ndarray, size: float, n_envelopes: int) -> list[Envelope]:
    """Return rows before a day, and those from there on, for days over the later half.

    Parameters
    ----------
    time : array of int
        The place of each row's time in their order; -1 where it is not known.
    size : float
        The share that is withheld: as long a period as a test set may be, as what divides by the
        spread of its rows is lower in a short one. Periods overlap.
    n_envelopes : int
        How many days to start from. Rows of one time are on one side.
    """
    known = np.sort(time[time >= 0])
    found = []
    for begin in np.linspace(EARLIEST, 1 - size, n_envelopes):
        start, stop = (
            known[min(round(share * len(known)), len(known) - 1)]
            for share in (begin, begin + size)
        )
        last = begin + size >= 1 - 1e-9
        kept = np.flatnonzero((time >= 0) & (time < start))
        later = np.flatnonzero((time >= start) & ((time < stop) | last))
        if len(kept) and len(later):
            found.append((kept, later))
    return found


#: The first half of the time is never withheld: a procedure needs rows to learn from.
EARLIEST = 0.5


def column(name: str, given: Any, n: int) -> pd.Series:
    """Return one value a row of what was handed over, or raise."""
    frame = as_frame(name, given)
    if frame.shape[1] != 1 or len(frame) != n:
        raise ValueError(
            f"{name} has {len(frame)} rows and {frame.shape[1]} columns; it must have one value "
            f"for each of the {n} rows of X"
        )
    return frame.iloc[:, 0].reset_index(drop=True)


def numbered(groups: pd.Series) -> np.ndarray:
    """Return a number for each row's group; rows without one are a group each."""
    codes = pd.factorize(groups)[0]
    alone = codes < 0
    codes[alone] = codes.max() + 1 + np.arange(alone.sum())
    return codes


def in_time(time: pd.Series) -> np.ndarray:
    """Return the place of each row's time in their order, -1 where there is none."""
    return pd.factorize(read_times("time", time), sort=True)[0]


def twins(X: Any, y: Any) -> np.ndarray:
    """Return a number for each row, the same for rows that are the same in all of X and y."""
    if is_sparse(X):
        X = X.tocsr()
        spans = pairwise(X.indptr)
        rows = [hash(X.indices[a:b].tobytes() + X.data[a:b].tobytes()) for a, b in spans]
    elif isinstance(X, np.ndarray) and X.dtype.kind in "biufcmM":
        rows = [hash(row.tobytes()) for row in X]
    else:
        (known,) = keys(as_frame("X", X))
        rows = [hash(row.tobytes()) for row in known]
    (outcome,) = keys(as_frame("y", y))
    return pd.factorize(pd.MultiIndex.from_arrays([rows, *outcome.T]))[0]
