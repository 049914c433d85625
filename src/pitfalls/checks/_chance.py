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

from .._data import hashed, keys

__all__ = [
    "Equal",
    "but_one",
    "counts",
    "edited",
    "equal_rows",
    "factors",
    "numbered",
    "numbered_sparse",
    "part_of",
    "planted",
]

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
#: A row that equals so many training rows is no copy but a common row, if most rows are mostly
#: like others; of rows that are equal but for one part so many are lines of one thing.
COMMON = 5
#: Rows that differ in one part alone from another, without which it is not asked in which.
FEWEST_PAIRED = 10


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
    common : array of bool, shape (n_test,)
        Test rows that are common rows of a coarse table, of which copies cannot be told.
    """

    found: np.ndarray
    by_chance: np.ndarray
    company: float
    common: np.ndarray


def numbered(train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers for the parts of rows: equal parts have equal numbers, and sum to rows'."""
    n_columns = train.shape[1]
    weights = factors(n_columns)
    part = part_of(n_columns)
    n_parts = min(PARTS, n_columns)
    sides = np.zeros((len(train), n_parts), np.uint64), np.zeros((len(test), n_parts), np.uint64)
    for start in range(0, n_columns, SLICE):
        columns = slice(start, start + SLICE)
        found = _keys(train.iloc[:, columns], test.iloc[:, columns])
        for side, values in zip(sides, found, strict=True):
            for place in np.unique(part[columns]):
                here = part[columns] == place
                side[:, place] += (values[:, here] * weights[columns][here]).sum(axis=1)
    return sides


def part_of(n_columns: int) -> np.ndarray:
    """Return which part each column is joined to."""
    return np.arange(n_columns) * min(PARTS, n_columns) // max(n_columns, 1)


def _keys(train: pd.DataFrame, test: pd.DataFrame) -> list[np.ndarray]:
    """Return the keys of values; those of plain numbers at once and not column by column."""
    kinds = {*train.dtypes, *test.dtypes}
    if len(kinds) != 1 or not isinstance(kind := kinds.pop(), np.dtype) or kind.kind not in "iuf":
        return keys(train, test)
    return [hashed(np.asarray(side)) for side in (train, test)]


def numbered_sparse(*sides: Any) -> list[np.ndarray]:
    """Do the same for sparse matrices, without making them dense."""
    weights = factors(sides[0].shape[1])
    part = part_of(sides[0].shape[1])
    found = []
    for side in sides:
        side = side.tocsr().astype(float)
        side.sum_duplicates()
        values = pd.util.hash_array(side.data) * weights[side.indices]
        values[side.data == 0] = 0  # a zero that is stored
        shape = (side.shape[0], PARTS)
        parts = sparse.csr_array((values, part[side.indices], side.indptr), shape=shape)
        found.append(parts.toarray())
    return found


def factors(n: int) -> np.ndarray:
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
        return Equal(both, np.zeros(len(test)), 0, np.zeros(len(test), bool))
    if train.shape[1] == 1:
        alone = np.full(len(test), _repeats(rows[0]))
        return Equal(both, alone, 0, np.zeros(len(test), bool))
    parts = [_Part.left_out(slice(*ends), train, test, rows, both) for ends in _blocks(train)]
    estimates = [part.alone * part.odds for part in parts]
    often = sorted(parts, key=lambda part: -int(part.alone.sum()))[:PAIRED]
    for one, other in permutations(often, 2):
        if one.ends.start < other.ends.stop and other.ends.start < one.ends.stop:
            continue
        in_both = _rest(rows, one, other) - one.alone - other.alone - both
        odds = (other.alone + ENOUGH * one.odds) / (in_both + ENOUGH)
        estimates.append(one.alone * odds)
    most = max(estimates, key=lambda many: -np.expm1(-many).sum())
    company = _company(train, test)
    return Equal(both, most, company, (both >= COMMON) & (company > 0.5))


def but_one(train: np.ndarray, test: np.ndarray) -> tuple[Equal, list[int]]:
    """Find rows that are equal in all parts but one, and how many would be by chance.

    Parameters
    ----------
    train, test : array of uint64, shape (n_rows, n_parts)
        From `numbered`.

    Returns
    -------
    equal : Equal
    lines : list of int
        Parts in which rows may differ alone: most training rows that have another such among
        them differ in these, as the lines of one bill do in what was bought. An entry that was
        edited is now in this part and now in that.

    Notes
    -----
    As in `equal_rows`: of the training rows that differ from a test row in two parts, as many
    agree in one of the two as agree in it by chance.
    """
    rows = train.sum(axis=1), test.sum(axis=1)
    both = counts(*rows)
    parts = [
        _Part.left_out(slice(place, place + 1), train, test, rows, both)
        for place in range(train.shape[1])
    ]
    lines = _lines(train)
    counted = [part for place, part in enumerate(parts) if place not in lines]
    found = np.zeros(len(test), int)
    for part in counted:
        found += part.alone
    if not found.any():
        return Equal(found, np.zeros(len(test)), 0, found > 0), lines
    often = sorted(parts, key=lambda part: -int(part.alone.sum()))[:PAIRED]
    by_chance = np.zeros(len(test))
    for one in (part for part in counted if part.alone.any()):
        estimates = [
            (_rest(rows, one, other) - one.alone - other.alone - both) * other.odds
            for other in often
            if other is not one
        ]
        by_chance += np.max(estimates, axis=0)
    return Equal(found, by_chance, _company(train, test, but=1), found >= COMMON), lines


def _lines(train: np.ndarray) -> list[int]:
    """Return the parts in which most training rows differ that differ from another in one."""
    rows = train.sum(axis=1)
    same = counts(rows, rows)
    often = np.zeros(train.shape[1], int)
    for place in range(train.shape[1]):
        rest = rows - train[:, place]
        often[place] = (counts(rest, rest) > same).sum()
    lines: list[int] = []
    while often.sum() >= FEWEST_PAIRED and 2 * often.max() >= often.sum():
        lines.append(int(often.argmax()))
        often[lines[-1]] = 0
    return lines


def _rest(rows: tuple[np.ndarray, np.ndarray], one: _Part, other: _Part) -> np.ndarray:
    """Return how many training rows agree with each test row in all but two parts."""
    return counts(rows[0] - one.train - other.train, rows[1] - one.test - other.test)


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


def _company(train: np.ndarray, test: np.ndarray, but: int = 0) -> float:
    """Return the share of test rows that have most in common with a training row unlike them.

    Unlike in more than `but` parts.
    """
    rng = np.random.default_rng(0)
    some = test[rng.permutation(len(test))[:LOOKED_AT]]
    others = train[rng.permutation(len(train))[:COMPARED_WITH]]
    information = np.log((len(train) + 1) / (1 + _agreeing(train, some)))
    best = np.zeros(len(some))
    for place, (row, tells) in enumerate(zip(some, information, strict=True)):
        agree = others == row
        shared = (agree @ tells)[(~agree).sum(axis=1) > but]
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
    return _with_copies(train, test, share, rng)[0]


def edited(
    train: np.ndarray, test: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    """Do the same with copies of which one part is another: a number that no row has."""
    test, at = _with_copies(train, test, share, rng)
    varies = np.flatnonzero((train != train[0]).any(axis=0))
    test[at, rng.choice(varies, len(at))] = rng.integers(2**63, size=len(at), dtype=np.uint64)
    return test


def _with_copies(
    train: np.ndarray, test: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Do the same, and say where; rows that are equal to no training row make room, if any."""
    free = np.flatnonzero(~np.isin(test.sum(axis=1), train.sum(axis=1)))
    free = free if len(free) else np.arange(len(test))
    n = min(max(FEWEST_PLANTED, round(share * len(test))), len(free))
    at = np.asarray(rng.choice(free, n, replace=False))
    test = test.copy()
    test[at] = train[rng.integers(len(train), size=n)]
    return test, at


#: Copies that are planted at least: what a reader would call a handful.
FEWEST_PLANTED = 3
