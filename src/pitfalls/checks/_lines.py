"""Which rows lie on a line between two others, as a row that SMOTE made does.

Lines are those of the columns as they are: no unit and no shift of a column bends a line.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.neighbors import NearestNeighbors

from ._rounding import Rounding

__all__ = ["TELLS", "fine_columns", "made_up", "numbers", "on_lines"]

#: A column tells something of lines where its commonest value is rarer than this: in others, such
#: as flags and amounts that are mostly nothing, any three rows agree.
COMMON = 0.1
#: Columns whose ranks go together as closely as this say the same.
SAME = 0.999
#: No more columns than these are looked at, the finest: they leave nothing to chance.
MOST_COLUMNS = 16
#: So many of the nearest rows, by either distance, are taken as ends of a line. SMOTE takes 5 of
#: one class; rows of the other classes and other made-up ones are among them.
NEAR = 300
#: A pair of ends tells something where chance puts at most such a share of the rows between them
#: on their line, as far as the steps of the columns say. The finer the columns, the stricter the
#: level that still has enough pairs.
TELLS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
#: Off a line by more than a step and less than so many: what chance does more often than to hit.
OFF = 3.0
#: Lines that may be said to meet in a point, and the rounds in which it is found.
KNOT, ROUNDS = 3, 20
#: Halvings of the doubt about how far off a line is.
HALVINGS = 12


def fine_columns(train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list]:
    """Return columns of many different numbers, without gaps, of both sides, and their places.

    The finest come first. Of columns that are functions of one another only one is taken.
    """
    found, sides = [], {}
    for place in range(train.shape[1]):
        ours, theirs = (numbers(side.iloc[:, place]) for side in (train, test))
        if ours is None or theirs is None:
            continue
        column = np.concatenate([ours, theirs])
        common = np.unique(column, return_counts=True)[1].max() / len(column)
        spread = np.subtract(*np.quantile(column, [0.75, 0.25])) or column.std()
        if common < COMMON and spread > 0:
            step = np.median(Rounding.of(theirs).steps(theirs))
            found.append((step / spread, place))
            sides[place] = ours, theirs
    chosen: list[int] = []
    ranks: list[np.ndarray] = []
    for _, place in sorted(found):
        rank = stats.rankdata(sides[place][0])
        if len(chosen) < MOST_COLUMNS and not any(_alike(rank, other) for other in ranks):
            chosen.append(place)
            ranks.append(rank)
    first, second = np.empty((len(train), len(chosen))), np.empty((len(test), len(chosen)))
    for to, place in enumerate(chosen):
        first[:, to], second[:, to] = sides[place]
    return first, second, chosen


def numbers(column: pd.Series) -> np.ndarray | None:
    """Return a column of numbers without gaps, or nothing."""
    if isinstance(column.dtype, pd.SparseDtype):
        column = column.sparse.to_dense()
    if column.dtype == object:
        column = column.infer_objects()
    if column.dtype.kind not in "iuf":
        return None
    values = column.to_numpy(dtype=float, na_value=np.nan)
    return values if np.isfinite(values).all() else None


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    return abs(np.corrcoef(one, other)[0, 1]) > SAME


def on_lines(
    rows: np.ndarray, step: np.ndarray, train: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the rows that lie between two training rows.

    Parameters
    ----------
    rows, step : array of shape (m, p)
        The rows, and to what each of their values was rounded.
    train : array of shape (n, p)
        Different rows that may be the ends of lines.

    Returns
    -------
    hit : array of bool, shape (m, levels)
        The row is on a line that nothing else explains, at each level of `TELLS`.
    miss : array of bool, shape (m, levels)
        The row is near lines at least as often as on one: chance.
    """
    hit = np.zeros((len(rows), len(TELLS)), dtype=bool)
    miss, spans = hit.copy(), np.full(rows.shape, np.nan)
    for place, near in enumerate(_neighbours(rows, train)):
        off, span, chance = _between(train[near] - rows[place], step[place])
        on, tells = off <= 1, chance[:, None] <= np.array(TELLS)
        hits, misses = (on[:, None] & tells).sum(axis=0), (~on[:, None] & tells).sum(axis=0)
        hit[place] = hits > misses
        miss[place] = (misses > 0) & ~hit[place]
        if on.any():
            spans[place] = span[on][np.argmin(chance[on])]
            hit[place] &= not _along(rows[place], span[on], 2 * step[place]).any()
    found = np.flatnonzero(hit.any(axis=1))
    common = _common(rows[found], spans[found], step[found])
    hit[found[common]] = False
    return hit, miss


def _neighbours(rows: np.ndarray, train: np.ndarray) -> list[np.ndarray]:
    """Return the nearest training rows by the columns as they are, and scaled alike."""
    scale = np.subtract(*np.quantile(train, [0.75, 0.25], axis=0))
    scale[scale == 0] = train.std(axis=0)[scale == 0]
    scale[scale == 0] = 1
    found = []
    for unit in (scale, 1.0):
        search = NearestNeighbors(n_neighbors=min(NEAR, len(train)), algorithm="brute")
        found.append(search.fit(train / unit).kneighbors(rows / unit, return_distance=False))
    return [np.unique(both) for both in np.hstack(found)]


def _between(apart: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, ...]:
    """Find pairs of ends with the row on their line, or nearly so.

    Parameters
    ----------
    apart : array of shape (k, p)
        How far each end is from the row.
    width : array of shape (p,)
        The steps of the row's values.

    Returns
    -------
    off : array
        By how many steps the row is off each line, in the column where that is most; at most
        `OFF`.
    span : array
        From end to end of each.
    chance : array
        The share of rows between the ends that are on their line by chance.
    """
    apart = apart[(np.abs(apart) > width).any(axis=1)]
    finest, *others = np.argsort(-np.abs(apart).sum(axis=0) / width)
    below, above = (np.flatnonzero(side) for side in (apart[:, finest] < 0, apart[:, finest] > 0))
    one, other = (side.ravel() for side in np.meshgrid(below, above, indexing="ij"))
    low, high = _weights(apart[one, finest], apart[other, finest], OFF * width[finest])
    for column in others:  # one weight must suit all
        a, b = apart[one, column], apart[other, column]
        keep = (a * b <= 0) & (a != b)
        one, other, low, high, a, b = (x[keep] for x in (one, other, low, high, a, b))
        lower, upper = _weights(a, b, OFF * width[column])
        low, high = np.maximum(low, lower), np.minimum(high, upper)
        keep = low <= high
        one, other, low, high = (x[keep] for x in (one, other, low, high))
    a, span = apart[one], apart[other] - apart[one]
    free = np.minimum(1, 2 * width / np.abs(span))
    chance = np.sort(free, axis=1)[:, 1:].prod(axis=1)  # the finest column gives the weight
    a, span, chance = (x[chance <= TELLS[0]] for x in (a, span, chance))
    return _off(a, span, width), span, chance


def _weights(a: np.ndarray, b: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return from which to which weight a value between two is explained within a width."""
    span = np.abs(b - a)
    middle = np.abs(a) / span
    return middle - width / span, middle + width / span


def _off(a: np.ndarray, span: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Return by how many steps each line passes the row, with the weight that suits it best."""
    low, high = np.zeros(len(a)), np.full(len(a), OFF)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        start, stop = _weights(a, a + span, middle[:, None] * width)
        meets = start.max(axis=1) <= stop.min(axis=1)
        low, high = np.where(meets, low, middle), np.where(meets, middle, high)
    return high


def _common(rows: np.ndarray, spans: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Whether other lines run in the same direction, or most lines meet in one point.

    Columns that are multiples of one another put rows on lines: price, total and tax. So do a
    date and an age that grow together. Such lines are parallel, or meet where all is zero (or
    where only a fee is left). SMOTE draws each in a direction of its own.
    """
    common = np.zeros(len(rows), dtype=bool)
    for place, (row, span, width) in enumerate(zip(rows, spans, step, strict=True)):
        wide = 2 * np.maximum(width, step)
        parallel, same = _along(spans, span, wide), _along(rows - row, span, wide)
        common[place] = (parallel & ~same).any()
    if len(rows) >= KNOT:
        size = np.abs(spans).mean(axis=0)
        point = _meeting(rows / size, spans / size) * size
        meets = _along(point - rows, spans, 2 * step + 1e-6 * size)
        if meets.mean() > 0.5:
            common |= meets
    return common


def _along(vectors: np.ndarray, spans: np.ndarray, wide: np.ndarray) -> np.ndarray:
    """Whether vectors are multiples of spans, as far as the steps can say."""
    v, s = vectors / wide, spans / wide
    factor = ((v * s).sum(axis=-1) / (s * s).sum(axis=-1))[:, None]
    return (np.abs(v - factor * s) <= 1 + np.abs(factor)).all(axis=1)


def _meeting(rows: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Return the point that most lines come near: least distances, not least squares."""
    along = spans / np.linalg.norm(spans, axis=1, keepdims=True)
    across = np.eye(rows.shape[1]) - along[:, :, None] * along[:, None, :]
    weights = np.ones(len(rows))
    for _ in range(ROUNDS):
        left = np.einsum("k,kij->ij", weights, across)
        right = np.einsum("k,kij,kj->i", weights, across, rows)
        point = np.linalg.lstsq(left, right, rcond=None)[0]
        far = np.linalg.norm(np.einsum("kij,kj->ki", across, point - rows), axis=1)
        weights = 1 / np.maximum(far, 1e-9)
    return point


def made_up(
    few: np.ndarray, number: int, rounded: list[Rounding], rng: np.random.Generator
) -> np.ndarray:
    """Make rows as SMOTE does, and round them as the columns are."""
    scale = few.std(axis=0)
    scale[scale == 0] = 1
    search = NearestNeighbors(n_neighbors=min(6, len(few))).fit(few / scale)
    of = rng.integers(len(few), size=number)
    near = search.kneighbors(few[of] / scale, return_distance=False)[:, 1:]
    to = near[np.arange(number), rng.integers(near.shape[1], size=number)]
    rows = few[of] + rng.random((number, 1)) * (few[to] - few[of])
    columns = zip(rounded, rows.T, strict=True)
    return np.column_stack([grid.rounded(column) for grid, column in columns])
