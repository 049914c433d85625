"""How many rows of two tables are alike by coincidence, as in columns of few values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._lines import numbers
from ._rounding import Rounding

__all__ = ["coincidences", "row_numbers", "weights"]

#: Rows of a side that are compared, drawn at random from more.
TEST_ROWS, TRAIN_ROWS = 400, 4_000
#: Rows of a side by which columns are found that follow from others.
KEY_ROWS = 10_000
#: Steps to either side of a value that tell how crowded a column is there.
BESIDE = 5
#: A text or a date that tells all rows apart does so for each, where so many are different; else
#: it is a category.
FEW_CATEGORIES = 0.1
#: Pairs of rows that agree in all but one or two columns; more say no more.
PAIRS = 200_000
#: Pairs that are added to those that were seen, where chance may have shown too few.
UNSEEN = 3


def row_numbers(values: np.ndarray) -> np.ndarray:
    """Return one number for each row of whole numbers, so that equal rows have equal ones."""
    return values @ weights(values.shape[1])


def weights(number: int) -> np.ndarray:
    """Return odd numbers, by which no two rows come to the same sum but by a miracle."""
    return 2 * np.random.default_rng(1).integers(2**63, size=number, dtype=np.uint64) + 1


def coincidences(
    train: pd.DataFrame, test: pd.DataFrame, keys: list[np.ndarray], rng: np.random.Generator
) -> float:
    """Return how many of the test rows are training rows by coincidence.

    If columns agree by chance, the pairs of rows that differ in no column are as many as those
    that differ in column c only, times those in d only, by those in c and d.

    Parameters
    ----------
    train, test : frame
        The rows of either side.
    keys : list of two arrays of whole numbers, shapes (n, p) and (m, p)
        A number for each value of the different rows of either side.

    Returns
    -------
    float
        A number of different test rows; infinite where it can not be told.
    """
    if train.shape[1] == 1 and numbers(test.iloc[:, 0]) is None:
        return np.inf
    ours, theirs = (rng.permutation(side) for side in keys)
    key = _key(np.concatenate([ours[:KEY_ROWS], theirs[:KEY_ROWS]]))
    if len(key) == 1:
        return _crowd(train.iloc[:, key[0]], test.iloc[:, key[0]])
    some = ours[:TRAIN_ROWS, key], theirs[:TEST_ROWS, key]
    found = _agreeing(*some, rng)
    return float(found * len(theirs) / len(some[1]) * len(ours) / len(some[0]))


def _key(values: np.ndarray) -> list[int]:
    """Return columns that tell all rows apart, and of which none could go.

    Columns that follow from others, such as a total, differ whenever those do: they say nothing
    of how often rows agree by coincidence. Columns of many values go first.
    """
    weighted = values * weights(values.shape[1])
    numbers, kept = weighted.sum(axis=1), list(range(values.shape[1]))
    rows = len(np.unique(numbers))
    for place in sorted(kept, key=lambda one: -len(np.unique(values[:, one]))):
        without = numbers - weighted[:, place]
        if len(kept) > 1 and len(np.unique(without)) == rows:
            numbers = without
            kept.remove(place)
    return kept


def _agreeing(train: np.ndarray, test: np.ndarray, rng: np.random.Generator) -> float:
    """Return how many pairs of rows agree by coincidence: the highest guess of several."""
    unlike = np.zeros((len(test), len(train)), dtype=np.int32)
    agree = np.ones(train.shape[1])
    for place in range(train.shape[1]):
        differ = test[:, place, None] != train[None, :, place]
        unlike += differ
        agree[place] -= differ.mean()
    agree -= (unlike == 0).mean()  # copies are no sign of how often values agree
    single, double = (_which(train, test, unlike == number, rng) for number in (1, 2))
    alone, pairs = np.diag(single), double * (1 - np.eye(len(double)))
    odds = agree / (1 - agree)
    by_two = np.outer(alone, alone) / (pairs + 1) * (pairs > 0)
    return max(((alone + UNSEEN) * odds).min(), (alone * odds).max(), by_two.max())


def _which(
    train: np.ndarray, test: np.ndarray, chosen: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Count by columns the pairs of rows that are chosen: how often each differs, and each two."""
    one, other = np.nonzero(chosen)
    all_of_them = len(one)
    if all_of_them > PAIRS:
        kept = rng.choice(all_of_them, PAIRS, replace=False)
        one, other = one[kept], other[kept]
    differ = (test[one] != train[other]).astype(np.float32)
    return (differ.T @ differ) * (all_of_them / max(1, len(one)))


def _crowd(train: pd.Series, test: pd.Series) -> float:
    """Return how many values of a single column are on both sides by coincidence.

    Where values are rounded, those next to a value are as likely as that itself.
    """
    first, second = numbers(train), numbers(test)
    if first is None or second is None:  # names and dates, or a few categories
        return 0.0 if train.nunique() > FEW_CATEGORIES * len(train) else np.inf
    ours, theirs = np.unique(first), np.unique(second)
    grids = Rounding.of(theirs).grids
    if not grids:
        return 0.0
    reach = BESIDE * grids[-1][1]
    lower, upper = (np.searchsorted(ours, theirs + far) for far in (-1.001 * reach, 1.001 * reach))
    return float((upper - lower - np.isin(theirs, ours)).sum() / (2 * BESIDE))
