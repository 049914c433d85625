"""Rows that are nearer to each other than different rows come.

The distances from a row to its nearest others say how densely rows lie there and in how many
directions they differ. From these follows how near the nearest comes by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse, stats

__all__ = ["View", "as_pictures", "as_shapes", "as_sparse", "as_table", "too_near"]

#: Distances that are looked at, from the nearest on; half of them tell what is usual.
NEIGHBOURS = 20
#: Copies come in knots of up to so many.
LARGEST_KNOT = 9
#: Pairs are what copies mostly are: they get this share of the chance of an alarm, and all
#: larger knots together the rest.
SHARE_OF_PAIRS = 0.5
#: Distances that are held at a time, 80 MB of them.
AT_A_TIME = 20_000_000
#: Pictures are made so small, or no smaller than that: enough to tell two of them apart.
PICTURE = 16
#: Noise of a planted copy: a twentieth of a column's or a picture's standard deviation ...
NOISE = 0.05
#: ... which a few large values make at most so many times as large as what is usual.
MOST_NOISE = 3.0
#: Share of the entries of a sparse row that a planted copy lacks.
LEFT_OUT = 0.05
#: Spreads that a value may lie from the middle: more would drown the rest in single precision.
FARTHEST = 1e3
#: Tails are very heavy where 98 of 100 values span so many times what the middle half spans.
HEAVY = 10

Planted = Callable[[np.ndarray, np.random.Generator], list[Any]]


@dataclass(frozen=True)
class View:
    """One way to lay rows out so that distances mean something.

    Attributes
    ----------
    train : array or sparse array of float, shape (n_train, n)
        The training rows.
    looks : list of such arrays, shape (n_test, n)
        The test rows, and what else they may have been: shifted, mirrored.
    controls : mapping of str to function
        For each kind of near copy, a function that makes looks of copies of some training rows.
    """

    train: Any
    looks: list[Any]
    controls: Mapping[str, Planted]

    def nearest(self) -> np.ndarray:
        """Return how far the nearest training row is from each test row."""
        return _nearest(self.train, self.looks, 1)[:, 0]

    def with_copies(self, kind: str, n: int, rng: np.random.Generator) -> View:
        """Return a view with `n` near copies of training rows in place of the first test rows."""
        n = min(n, self.looks[0].shape[0], self.train.shape[0])
        made = self.controls[kind](rng.choice(self.train.shape[0], n, replace=False), rng)
        stack = sparse.vstack if sparse.issparse(self.train) else np.concatenate
        pairs = zip(made, self.looks, strict=True)
        looks = [stack([copies, look[n:]]) for copies, look in pairs]
        return View(self.train, looks, self.controls)


def too_near(view: View) -> tuple[np.ndarray, bool]:
    """Return for each test row the chance that its nearest come as near by chance.

    Of several looks of a test row the one that is nearest to a training row counts.

    Returns
    -------
    chance : array of float, shape (n_test,)
    in_knots : bool
        Whether training rows come in knots of their own, so that chance is less regular.

    Notes
    -----
    If rows lie evenly around a row and differ in d directions, then the number of rows within a
    distance grows with its d-th power, and the steps ``j log(r[j + 1] / r[j])`` between the
    sorted distances are independent draws of one exponential distribution with the mean 1/d
    (Rényi 1953). The far steps tell that mean (Hill's estimator), so a step among the nearest that
    is larger than all that follows is a gap, with a chance of the F distribution. The mean is that
    of the row itself where rows differ in few directions around it, and that of most rows where
    the row's own far steps are unusually small, as beside a dense heap of rows.
    """
    n = min(NEIGHBOURS, view.train.shape[0] // 2)
    distances = _nearest(view.train, view.looks, n)
    far = distances[:, -1:]
    distances = np.maximum(distances, 1e-9 * far)  # what is equal has a logarithm as well
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.arange(1, n) * np.diff(np.log(distances), axis=1)
    knot = min(LARGEST_KNOT, n // 2 - 1)
    far, usual = steps[:, knot:], steps[:, knot:].mean(axis=1)
    seen = np.isfinite(usual) & (usual > 0)
    if not seen.any():
        return np.ones(len(distances)), False
    near, far = steps[:, :knot], np.where(seen[:, None], far, np.inf)
    chance = np.exp(-near / np.median(usual[seen]))
    own = (1 + near / far.sum(axis=1, keepdims=True)) ** -_worth(far)[:, None]
    chance = np.maximum(chance, own)
    others = near.sum(axis=1, keepdims=True) - near
    chance = np.maximum(chance, (1 + near / np.maximum(others, 1e-300)) ** -(knot - 1))
    shares = np.r_[SHARE_OF_PAIRS, np.full(knot - 1, (1 - SHARE_OF_PAIRS) / max(knot - 1, 1))]
    chance = np.minimum((chance / shares).min(axis=1), 1)
    return np.where(seen, chance, 1), bool(np.median(_worth(far[seen])) < n - 1 - knot)


def _worth(steps: np.ndarray) -> np.ndarray:
    """Return how many independent steps these are worth.

    Of n steps of one exponential distribution twice the squared sum over the sum of squares is
    about n + 1. Where training rows come in knots, most steps are nothing and some are large, and
    they are worth less.
    """
    squares = (steps**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = 2 * steps.sum(axis=1) ** 2 / squares - 1
    return np.clip(np.nan_to_num(worth, nan=1.0), 1, 2 * steps.shape[1])


def _nearest(train: Any, looks: Sequence[Any], n: int) -> np.ndarray:
    """Return the distances to the nearest training rows, sorted, a bounded number at a time."""
    if sparse.issparse(train):
        return _nearest_sparse(train, looks[0], n)
    squares = np.einsum("ij,ij->i", train, train)
    found = np.empty((len(looks[0]), n))
    more = min(n + 5, len(train))  # single precision may take a neighbour for another
    for start in range(0, len(found), step := max(1, AT_A_TIME // len(train))):
        parts = [look[start : start + step] for look in looks]
        nearest = np.full((len(parts[0]), len(train)), np.inf, dtype=np.float32)
        for part in parts:
            own = np.einsum("ij,ij->i", part, part)[:, None]
            np.minimum(nearest, squares - 2 * part @ train.T + own, out=nearest)
        which = np.argpartition(nearest, more - 1, axis=1)[:, :more]
        exact = np.full(which.shape, np.inf)
        for part in parts:
            for place in range(more):
                off = train[which[:, place]].astype(float) - part
                np.minimum(exact[:, place], np.einsum("ij,ij->i", off, off), out=exact[:, place])
        exact.sort(axis=1)
        found[start : start + step] = np.sqrt(exact[:, :n])
    return found


def _nearest_sparse(train: Any, test: Any, n: int) -> np.ndarray:
    """Do the same for rows of length 1: their distance is that of the angle between them."""
    found = np.empty((test.shape[0], n))
    for start in range(0, len(found), step := max(1, AT_A_TIME // 2 // train.shape[0])):
        cosines = (test[start : start + step] @ train.T).toarray()
        nearest = -np.partition(-cosines, n - 1, axis=1)[:, :n]
        nearest.sort(axis=1)
        found[start : start + step] = np.sqrt(np.maximum(2 - 2 * nearest[:, ::-1], 0))
    return found


# Views


def as_table(
    train: np.ndarray, test: np.ndarray, named: np.ndarray, rng: np.random.Generator
) -> View | None:
    """Lay out a table, so that units do not matter.

    Each column is put in units of its spread. A value that several training rows have stands for
    all between its neighbours and is put anywhere there, so that rows that agree because a column
    is coarse come no nearer than the column allows. A column weighs as much as it tells: the
    logarithm of how seldom two rows agree in it.

    Parameters
    ----------
    train, test : array of float, shape (n_rows, n_columns)
    named : array of bool, shape (n_columns,)
        Columns whose numbers stand for names, and have no order.
    """
    columns = [_Column.of(train[:, place], named[place]) for place in range(train.shape[1])]
    kept = [place for place, column in enumerate(columns) if column.weight > 0]
    if not kept:
        return None

    def lay_out(rows: np.ndarray, noise: float = 0) -> np.ndarray:
        found = np.empty((len(rows), len(kept)), dtype=np.float32)
        for to, place in enumerate(kept):
            found[:, to] = columns[place].laid_out(rows[:, place], noise, rng)
        return found

    def noisy(rows: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
        return [lay_out(train[rows], NOISE)]

    noise = {} if named[kept].all() else {"with a little noise": noisy}
    return View(lay_out(train), [lay_out(test)], noise)


@dataclass(frozen=True)
class _Column:
    scale: _Scale
    values: np.ndarray
    tied: np.ndarray
    low: np.ndarray
    high: np.ndarray
    spread: float
    noise: float
    weight: float
    named: bool

    @classmethod
    def of(cls, column: np.ndarray, named: bool) -> _Column:
        noise = float(np.clip(column.std() / _spread(column), 1.0, MOST_NOISE))
        scale = _Scale.of(column)
        column = scale(column)
        values, often = np.unique(column, return_counts=True)
        agree = ((often / len(column)) ** 2).sum()
        weight = -np.log(agree) if len(values) > 1 else 0.0
        between = (values[1:] + values[:-1]) / 2
        if len(values) > 1:
            low = np.r_[2 * values[0] - between[0], between]
            high = np.r_[between, 2 * values[-1] - between[-1]]
        else:
            low = high = values
        weight, spread = float(weight), _spread(column)
        return cls(scale, values, often > 1, low, high, spread, noise, weight, bool(named))

    def laid_out(self, column: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
        column = self.scale(column)
        place = np.searchsorted(self.values, column).clip(max=len(self.values) - 1)
        tied = self.tied[place] & (self.values[place] == column)
        anywhere = self.low[place] + (self.high - self.low)[place] * rng.random(len(column))
        laid = np.where(tied, anywhere, column) / self.spread
        if noise and not self.named:
            laid = laid + rng.normal(0, noise * self.noise, len(laid))
        laid = laid - self.values[len(self.values) // 2] / self.spread
        return self.weight * laid.clip(-FARTHEST, FARTHEST)


def _spread(column: np.ndarray) -> float:
    """Return the standard deviation that the middle half has; without a half, that of all."""
    quarters = np.subtract(*np.percentile(column, [75, 25])) / 1.35
    spread = max(quarters, 1e-3 * column.std()) if quarters > 0 else column.std()
    return float(spread) if spread > 0 else 1.0


@dataclass(frozen=True)
class _Scale:
    """The scale of a column: its own, or, where it has very heavy tails, that of normal scores.

    Amounts over many powers of ten are close together in the low ones and strangers in the high
    ones, so that no distance is usual. A normal score is where a value would lie if those of the
    training rows were normal: it depends on their order alone.
    """

    values: np.ndarray | None
    scores: np.ndarray | None

    @classmethod
    def of(cls, column: np.ndarray) -> _Scale:
        low, first, third, high = np.percentile(column, [1, 25, 75, 99])
        if high - low <= HEAVY * (third - first) or first == third:
            return cls(None, None)
        values, often = np.unique(column, return_counts=True)
        below = (np.cumsum(often) - often / 2) / len(column)
        return cls(values, stats.norm.ppf(below))

    def __call__(self, column: np.ndarray) -> np.ndarray:
        if self.values is None or self.scores is None:
            return column
        return np.interp(column, self.values, self.scores)


def as_shapes(train: np.ndarray, test: np.ndarray) -> View:
    """Lay out rows of numbers of one kind, so that their level and their strength do not matter.

    A spectrum, a curve or a flattened picture that is darker or brighter is the same.
    """

    def noisy(rows: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
        return [_normal(_with_noise(train[rows].astype(float), rng))]

    return View(_normal(train), [_normal(test)], {"with a little noise": noisy})


def as_pictures(train: np.ndarray, test: np.ndarray) -> View:
    """Lay out pictures, so that light, a pixel's shift, a mirror and a turn do not matter.

    They are compared without their outermost pixels, so that of a picture that was cut out a pixel
    further on the same is left.

    Parameters
    ----------
    train, test : array, shape (n_pictures, height, width) or with channels, last
    """
    high, wide = train.shape[1:3]

    def window(pictures: np.ndarray, down: int = 1, right: int = 1) -> np.ndarray:
        return pictures[:, down : high - 2 + down, right : wide - 2 + right]

    def looks(pictures: np.ndarray) -> list[np.ndarray]:
        places = [(down, right) for down in range(3) for right in range(3)]
        middle = window(pictures)
        turns = range(1, 4) if high == wide else (2,)
        return [
            *(_small(window(pictures, *place)) for place in places),
            _small(middle[:, :, ::-1]),
            _small(middle[:, ::-1]),
            *(_small(np.rot90(middle, turn, (1, 2))) for turn in turns),
            -_small(middle),
        ]

    def controls(
        change: Callable[[np.ndarray, np.random.Generator], np.ndarray],
    ) -> Planted:
        return lambda rows, rng: looks(change(train[rows].astype(float), rng))

    kinds = {
        "with a little noise": controls(_with_noise),
        "a tenth darker": controls(lambda some, rng: np.round(0.9 * some, 6)),
        "shifted by a pixel": controls(
            lambda some, rng: np.roll(some, rng.choice([-1, 1], 2), (1, 2))
        ),
        "mirrored": controls(lambda some, rng: some[:, :, ::-1]),
        "turned": controls(lambda some, rng: np.rot90(some, 1 if high == wide else 2, (1, 2))),
        "inverted": controls(lambda some, rng: some.max() - some),
    }
    return View(_small(window(train)), looks(test), kinds)


def as_sparse(train: Any, test: Any) -> View:
    """Lay out sparse rows, such as counts of words, by the angle between them."""
    train, test = (_of_length_one(side) for side in (train, test))

    def thinned(rows: np.ndarray, rng: np.random.Generator) -> list[Any]:
        copies = train[rows].copy()
        copies.data *= (rng.random(len(copies.data)) > LEFT_OUT) * rng.uniform(
            1 - NOISE, 1 + NOISE, len(copies.data)
        )
        copies.eliminate_zeros()
        return [_of_length_one(copies)]

    return View(train, [test], {"with a twentieth of their entries left out": thinned})


def _of_length_one(rows: Any) -> Any:
    rows = sparse.csr_array(rows, dtype=float)
    length = np.sqrt(rows.multiply(rows).sum(axis=1)).ravel()
    return sparse.diags_array(1 / np.where(length > 0, length, 1)).tocsr() @ rows


def _with_noise(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rows + rng.normal(0, NOISE * rows.std(), rows.shape)


def _small(pictures: np.ndarray) -> np.ndarray:
    """Return pictures as rows, made small by means over squares of pixels."""
    n, high, wide = pictures.shape[:3]
    down, right = max(1, high // PICTURE), max(1, wide // PICTURE)
    cut = pictures[:, : high // down * down, : wide // right * right]
    small = np.empty((n, high // down, wide // right, *pictures.shape[3:]), dtype=np.float32)
    for start in range(0, n, step := max(1, AT_A_TIME // max(1, cut[:1].size))):
        some = cut[start : start + step].astype(np.float32)
        small[start : start + step] = some.reshape(
            len(some), high // down, down, wide // right, right, *pictures.shape[3:]
        ).mean(axis=(2, 4))
    return _normal(small.reshape(n, -1))


def _normal(rows: np.ndarray) -> np.ndarray:
    """Return rows with the mean 0 and the length 1."""
    rows = np.asarray(rows, dtype=np.float32)
    rows = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)
