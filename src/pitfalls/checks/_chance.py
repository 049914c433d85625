"""Equal rows, and how many of them chance would make.

Rows are compared by whole numbers that stand for them, a sum over the numbers that stand for
their parts. So what a row is without one of its parts is a subtraction.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .._data import keys

__all__ = ["Equal", "counts", "equal_rows", "numbered", "numbered_sparse", "planted"]

#: Columns beyond so many are joined to so many parts, neighbours with neighbours: leaving out
#: each of a thousand columns by itself would take minutes and say no more.
PARTS = 64
#: Columns of which numbers are made at a time, so that no second copy of wide data is held.
SLICE = 64
#: Parts that are also left out in pairs: those in which most rows differ alone.
PAIRED = 8
#: How many rows a row's own odds must rest on before they outweigh those of all values: odds of
#: fewer than five rows are mostly noise.
ENOUGH = 5


@dataclass(frozen=True)
class Equal:
    """What is equal on both sides.

    Attributes
    ----------
    found : array of int, shape (n_test,)
        How many training rows are equal to each test row.
    by_chance : array of float, shape (n_test,)
        How many would be equal to it by chance.
    company : float
        Share of test rows that are mostly like another training row: equal in much of what tells
        rows apart, but not in all.
    """

    found: np.ndarray
    by_chance: np.ndarray
    company: float


def numbered(train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers for the parts of rows: equal parts have equal numbers, and sum to rows'."""
    n_columns = train.shape[1]
    factors = _factors(n_columns)
    part_of = np.arange(n_columns) * min(PARTS, n_columns) // max(n_columns, 1)
    n_parts = min(PARTS, n_columns)
    sides = np.zeros((len(train), n_parts), np.uint64), np.zeros((len(test), n_parts), np.uint64)
    for start in range(0, n_columns, SLICE):
        columns = slice(start, start + SLICE)
        found = _keys(train.iloc[:, columns], test.iloc[:, columns])
        for side, values in zip(sides, found, strict=True):
            for part in np.unique(part_of[columns]):
                here = part_of[columns] == part
                side[:, part] += (values[:, here] * factors[columns][here]).sum(axis=1)
    return sides


def _keys(train: pd.DataFrame, test: pd.DataFrame) -> list[np.ndarray]:
    """Return the keys of values; those of plain numbers at once and not column by column."""
    kinds = {*train.dtypes, *test.dtypes}
    if len(kinds) != 1 or not isinstance(kind := kinds.pop(), np.dtype) or kind.kind not in "iuf":
        return keys(train, test)
    found = []
    for side in (train, test):
        values = np.array(side, order="C")  # a copy: it is hashed in place
        if kind.kind == "f":
            values = values + 0.0  # no -0.0
            values[np.isnan(values)] = np.nan
        found.append(pd.util.hash_array(values.ravel()).reshape(values.shape))
    return found


def numbered_sparse(*sides: Any) -> list[np.ndarray]:
    """Do the same for sparse matrices, without making them dense."""
    factors = _factors(sides[0].shape[1])
    part_of = np.arange(sides[0].shape[1]) * PARTS // sides[0].shape[1]
    found = []
    for side in sides:
        side = side.tocsr().astype(float)
        side.sum_duplicates()
        values = pd.util.hash_array(side.data) * factors[side.indices]
        values[side.data == 0] = 0  # a zero that is stored
        shape = (side.shape[0], PARTS)
        parts = sparse.csr_array((values, part_of[side.indices], side.indptr), shape=shape)
        found.append(parts.toarray())
    return found


def _factors(n: int) -> np.ndarray:
    """Return odd factors, one a column, so that a value counts differently in each."""
    draws = np.random.default_rng(0).integers(2**63, size=n, dtype=np.uint64)
    return draws * np.uint64(2) + np.uint64(1)


def counts(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return for each number of the test side how often it is on the training side."""
    values, often = np.unique(train, return_counts=True)
    place = np.searchsorted(values, test).clip(max=len(values) - 1)
    return np.where(values[place] == test, often[place], 0)


def equal_rows(train: np.ndarray, test: np.ndarray) -> Equal:
    """Find equal rows, and how many training rows would be equal by chance.

    Parameters
    ----------
    train, test : array of uint64, shape (n_rows, n_parts)
        From `numbered`.

    Returns
    -------
    Equal

    Notes
    -----
    Split the columns in two, A and the rest. Of the training rows some agree with a test row in
    the rest but not in A, some in A but not in the rest, and some in neither. If agreement in A
    has nothing to do with agreement in the rest, then (rest alone) × (A alone) / (neither) agree
    in both: the estimate of Lincoln and Petersen for what is in a fourfold table's missing cell.
    Copies agree in all columns and are in none of the three numbers, so they do not hide
    themselves. Columns that go together make the estimate too small. Hence A is each column,
    each pair of neighbours, each four, and so on, and where two such parts are left out, the odds
    of agreeing in one are taken from rows that agree in all but the two. The largest estimate
    counts.
    """
    rows = train.sum(axis=1), test.sum(axis=1)
    both = counts(*rows)
    if not both.any() or not len(train):
        return Equal(both, np.zeros(len(test)), 0)
    if train.shape[1] == 1:
        return Equal(both, np.full(len(test), _repeats(rows[0])), 0)
    parts = [_Part.left_out(slice(*ends), train, test, rows, both) for ends in _blocks(train)]
    estimates = [part.alone * part.odds for part in parts]
    often = sorted(parts, key=lambda part: -int(part.alone.sum()))[:PAIRED]
    for one, other in permutations(often, 2):
        if one.ends.start < other.ends.stop and other.ends.start < one.ends.stop:
            continue
        rest = counts(rows[0] - one.train - other.train, rows[1] - one.test - other.test)
        in_both = rest - one.alone - other.alone - both
        odds = (other.alone + ENOUGH * one.odds) / (in_both + ENOUGH)
        estimates.append(one.alone * odds)
    most = max(estimates, key=lambda many: -np.expm1(-many).sum())
    return Equal(both, most, _company(train, test))


@dataclass(frozen=True)
class _Part:
    """Some columns that are left out.

    ``alone`` is how many training rows differ from each test row in these columns alone, ``odds``
    the odds that a training row agrees in them if it does not agree in the others.
    """

    ends: slice
    train: np.ndarray
    test: np.ndarray
    alone: np.ndarray
    odds: np.ndarray

    @classmethod
    def left_out(
        cls,
        ends: slice,
        train: np.ndarray,
        test: np.ndarray,
        rows: tuple[np.ndarray, np.ndarray],
        both: np.ndarray,
    ) -> _Part:
        ours, theirs = train[:, ends].sum(axis=1), test[:, ends].sum(axis=1)
        here = counts(ours, theirs)
        elsewhere = counts(rows[0] - ours, rows[1] - theirs)
        neither = len(train) - here - elsewhere + both
        odds = (here - both) / np.maximum(neither, 1)
        return cls(ends, ours, theirs, elsewhere - both, odds)


def _blocks(train: np.ndarray) -> Iterator[tuple[int, int]]:
    """Give each part, each two neighbours, each four, and so on up to halves."""
    n, size = train.shape[1], 1
    while size < n:
        for start in range(0, n, size):
            yield start, min(start + size, n)
        size *= 2


def _company(train: np.ndarray, test: np.ndarray) -> float:
    """Return the share of test rows that have most in common with a training row unlike them."""
    rng = np.random.default_rng(0)
    some = test[rng.permutation(len(test))[:LOOKED_AT]]
    others = train[rng.permutation(len(train))[:COMPARED_WITH]]
    information = np.log((len(train) + 1) / (1 + _agreeing(train, some)))
    best = np.zeros(len(some))
    for place, (row, tells) in enumerate(zip(some, information, strict=True)):
        agree = others == row
        shared = (agree @ tells)[~agree.all(axis=1)]
        best[place] = shared.max(initial=0) / max(tells.sum(), 1e-300)
    mostly = np.clip(OUTSTANDING * np.median(best), *MOSTLY_LIKE)
    return float((best >= mostly).mean())


def _agreeing(train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Return for each part of each test row how many training rows agree in it."""
    return np.transpose(
        [counts(ours, theirs) for ours, theirs in zip(train.T, test.T, strict=True)]
    )


#: Rows are mostly alike if they agree in three fifths of what tells them apart, or in less where
#: most rows agree with no other in a fifth of that: then other columns may follow from these.
MOSTLY_LIKE, OUTSTANDING = (0.25, 0.6), 3
#: Test rows and training rows that are compared for this.
LOOKED_AT, COMPARED_WITH = 200, 20_000


def _repeats(train: np.ndarray) -> float:
    """Return how many equals a row of a single column has, on average, on its own side."""
    often = np.unique(train, return_counts=True)[1]
    return float(-np.log1p(-min((often[often > 1]).sum() / len(train), 1 - 1e-9)))


def planted(
    train: np.ndarray, test: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    """Return the test side with copies of training rows in place of some of its rows."""
    free = np.flatnonzero(~np.isin(test.sum(axis=1), train.sum(axis=1)))
    free = free if len(free) else np.arange(len(test))
    n = min(max(FEWEST_PLANTED, round(share * len(test))), len(free))
    test = test.copy()
    test[rng.choice(free, n, replace=False)] = train[rng.integers(len(train), size=n)]
    return test


#: Copies that are planted at least: what a reader would call a handful.
FEWEST_PLANTED = 3
