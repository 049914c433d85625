"""Whether rows were resampled before the split."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from .._data import as_frame, both_sides, keys
from .._words import counted, percent
from ._coincidence import coincidences, row_numbers
from ._lines import TELLS, fine_columns, made_up, on_lines
from ._rounding import Rounding
from .result import Finding, Result

__all__ = ["resampled_before_split"]

#: A verdict where nothing is wrong exceeds its null in fewer than one of so many tables.
RARE = 1e-3
#: So few test rows, or this share, may be copies or between: a table has a double now and then.
FEW, FEW_SHARE = 2, 0.005
#: Coincidences were seen to be more than what is counted for them by no more than this factor.
SLACK = 1.25
#: What a positive control plants: resampling that makes fewer rows does little harm.
PLANTED = 0.1
#: Test rows that are looked at for lines, drawn at random from more.
TEST_ROWS = 400
#: Rows of a side among which lines are sought, drawn at random from more.
ENDS = 100_000
#: Columns that a line needs: of two, three rows are on one too easily.
COLUMNS = 3
#: Rows that came near a line by chance are on it in at most this share. In three columns chance
#: alone makes it 1 in 9; along smooth curves, which bend away, it was seen up to 1 in 14.
ON_BY_CHANCE = 0.15
#: Rows that are made up and planted, of at least so many others.
PLANTS, FEWEST = 100, 30
#: Of rows that were made before the split about so many have both ends on the training side.
HALF = 0.5
#: A class has so many rows on average; else labels are numbers of a scale.
MEMBERS = 10
#: SMOTE makes at most half of the rows, of two classes. Where more lie on lines, all of the data
#: may be lines, such as the way of a car.
MOST = 0.6
#: SMOTE leaves one class at least as it is. Where lines come in all classes, they have another
#: cause, and as many more do not count.
OTHERS = 2.0

_CURE = (
    "split first, and let a pipeline resample the training rows alone, such as "
    "imblearn.pipeline.make_pipeline({}, model)."
)


def resampled_before_split(
    train: Any, test: Any, *, y_train: Any = None, y_test: Any = None
) -> Result:
    """Find test rows that oversampling or SMOTE made before the split. Nothing is trained.

    Copies across the split are what random oversampling before it leaves behind. Rows on a
    straight line between two training rows are what SMOTE and its kin leave.

    Parameters
    ----------
    train, test : array-like of shape (n, ...), or frame
        What a model is fitted on and what it is scored on, with the same columns. Arrays and
        frames may be mixed. Hand over the rows as they were after the resampling: a logarithm or
        ranks taken since then bend the lines.
    y_train, y_test : array-like of shape (n,), default=None
        The classes of the rows. Resampling acts within one class; where the classes are known
        fewer rows come between others by chance, and more can be seen.

    Returns
    -------
    Result
        Two findings.

        ``"copies"``
            ``value`` is the share of test rows that are also in `train`; ``null`` is the share
            that coincidence explains.
        ``"between"``
            ``value`` is the share of (400, drawn at random) different test rows that lie on a
            line between two training rows, within the rounding of each column; ``null`` is the
            share that chance explains, going by the rows that come near a line and miss it.

        Either is ``"clean"`` only where resampled rows that are planted in these very data, a
        tenth of the test rows, would be seen. ``"between"`` needs three columns of many different
        numbers.

    Raises
    ------
    TypeError, ValueError
        If a side has no rows and columns, the sides have other columns, or the labels do not fit.

    See Also
    --------
    shared_rows : Finds a handful of copies, and near ones.
    scores_on_shuffled_labels : Sees every form of the mistake, from the procedure.

    Notes
    -----
    The lines are those of Chawla and colleagues (2002): a made-up row is ``a + w * (b - a)``
    with one weight ``w`` for all columns. So for each test row and pair of training rows it is
    asked whether one weight explains all columns within their steps (cents, whole numbers, or
    what floating point loses). Chance misses by one to three steps at least as often as it hits.
    Lines that are parallel to others, or run through zero, come from columns that are multiples
    of one another, and do not count.

    Copies by coincidence are counted from pairs that agree in all columns but one or two: if
    columns agree by chance, ``n(none) = n(c) * n(d) / n(c and d)``, where n counts the pairs that
    differ in these columns only.

    What it cannot see: copies with noise (ROSE, augmentation), encoded categories, filled gaps,
    a resampled share below one in two hundred. Doubles that were in the table before look like
    copies, and a series that was interpolated to a finer grid looks like SMOTE: both let test
    rows be known from training rows.

    References
    ----------
    Chawla, Bowyer, Hall and Kegelmeyer (2002), SMOTE: synthetic minority over-sampling
    technique, Journal of Artificial Intelligence Research 16.
    https://doi.org/10.1613/jair.953

    Examples
    --------
    >>> import numpy as np
    >>> from pitfalls.checks import resampled_before_split
    >>> rows = np.random.default_rng(0).normal(size=(300, 4))
    >>> resampled_before_split(rows[:200], rows[200:]).verdict
    'clean'
    >>> resampled_before_split(rows[:200], rows[150:])["copies"].verdict
    'suspect'
    """
    first, second = both_sides(train, test)
    classes, notes = _classes(first, second, y_train, y_test)
    if len(first) == 0 or len(second) == 0 or first.shape[1] == 0:
        says = "a side has no rows or no columns; hand over the rows of both sides."
        missing = tuple(Finding.missing(of, says) for of in ("copies", "between"))
        return Result("resampled_before_split", missing)
    rng = np.random.default_rng(0)
    copies = _copies(first, second, classes[1], rng)
    between, more = _between(first, second, classes, rng)
    return Result("resampled_before_split", (copies, between), (*notes, *more))


def _classes(
    train: pd.DataFrame, test: pd.DataFrame, y_train: Any, y_test: Any
) -> tuple[list, list[str]]:
    """Return the class of each row as a number, or zeros where no classes are known."""
    none = [np.zeros(len(train), int), np.zeros(len(test), int)]
    if y_train is None and y_test is None:
        return none, []
    if y_train is None or y_test is None:
        gone = "y_train" if y_train is None else "y_test"
        raise ValueError(f"{gone}=None; hand over the labels of both sides, or of neither")
    sides = [as_frame("y_train", y_train), as_frame("y_test", y_test)]
    for name, side, rows in zip(("y_train", "y_test"), sides, (train, test), strict=True):
        if side.shape != (len(rows), 1):
            raise ValueError(
                f"{name} has shape {side.shape}; it must be one label for each of the {len(rows)} "
                "rows"
            )
    codes = keys(*(side.set_axis(["y"], axis=1) for side in sides))
    known, numbers = np.unique(np.concatenate(codes).ravel(), return_inverse=True)
    if len(known) > max(2, len(numbers) / MEMBERS):
        return none, [f"the {len(known)} different labels are no classes, and were left out."]
    return np.split(numbers, [len(train)]), []


# Copies


def _copies(
    train: pd.DataFrame, test: pd.DataFrame, classes: np.ndarray, rng: np.random.Generator
) -> Finding:
    known = keys(train, test)
    rows = [row_numbers(side) for side in known]
    copied = np.isin(rows[1], rows[0])
    often = np.sort(np.unique(rows[1][copied], return_counts=True)[1])[::-1]
    firsts = [np.unique(side, return_index=True)[1] for side in rows]
    different = [side[first] for side, first in zip(known, firsts, strict=True)]
    expected = coincidences(train, test, different, rng)
    if np.isinf(expected):
        return Finding.missing(
            "copies",
            "a single column of texts or categories does not tell copies from coincidence; hand "
            "over more columns, or texts to shared_texts.",
        )
    bound = int(min(max(FEW, stats.poisson.isf(RARE, SLACK * expected)), len(firsts[1])))
    usual = min(len(often), expected)  # and a tenth of the others copied
    planted = usual + PLANTED * (len(firsts[1]) - usual)
    says = f"{counted(int(copied.sum()), 'test row')} of {len(test)} are training rows as well"
    if copied.any():
        says += f" ({counted(len(often), 'different one')}){_of_class(classes[copied], classes)}"
    return Finding.judged(
        "copies",
        copied.mean(),
        FEW_SHARE + often[:bound].sum() / len(test),
        seen=planted > bound + FEW_SHARE * len(firsts[1]),
        says=(
            f"{says}; coincidence explains {bound} different ones at most. Doubles that were in "
            "the table before look the same as copies that were drawn."
            if copied.any()
            else f"{says}."
        ),
        blind=(
            f"{says}, but in columns of so few values, or so few rows, coincidence may make "
            f"{bound} different ones alike, and a tenth of the test rows would not stand out; "
            "hand over more rows, or columns with more values."
        ),
        cure=_CURE.format("RandomOverSampler()"),
        where=test.index[copied],
    )


def _of_class(some: np.ndarray, classes: np.ndarray) -> str:
    """Say how many of some rows are of one class, where classes are known."""
    if len(some) == 0 or classes.max() == 0:
        return ""
    return f", {percent(np.bincount(some).max() / len(some))} of them of one class"


# Rows between rows


def _between(
    train: pd.DataFrame, test: pd.DataFrame, classes: list[np.ndarray], rng: np.random.Generator
) -> tuple[Finding, list[str]]:
    kept = [rng.permutation(len(side))[:ENDS] for side in (train, test)]
    ends, rows, places = fine_columns(train.iloc[kept[0]], test.iloc[kept[1]])
    if len(places) < COLUMNS:
        return Finding.missing(
            "between",
            f"{counted(len(places), 'column')} of many different numbers, of which none is a "
            f"function of another; lines are seen in {COLUMNS} or more.",
        ), []
    first = [np.unique(side, axis=0, return_index=True)[1] for side in (ends, rows)]
    first[1] = rng.permutation(first[1])[:TEST_ROWS]
    rounding = [Rounding.of(column) for column in rows.T]
    ends, ends_of = ends[first[0]], classes[0][kept[0]][first[0]]
    rows, rows_of = rows[first[1]], classes[1][kept[1]][first[1]]
    hit, miss = _votes(rows, rows_of, ends, ends_of, rounding)
    few = _few(ends_of, rng)
    made = made_up(ends[few], PLANTS, rounding, rng)
    made_of = np.repeat(ends_of[few[:1]], PLANTS)
    found = _votes(made, made_of, ends, ends_of, rounding)[0].mean(axis=0)
    bounds = _bounds(hit, miss)
    share = hit.mean(axis=0)
    bounds = np.maximum(bounds, OTHERS * len(rows) * _least(hit, rows_of))
    level = np.argmax(hit.sum(axis=0) - bounds)
    if hit[:, level].sum() <= bounds[level]:  # no level sees any: the one that could
        level = np.argmax(found - bounds / len(rows))
    share, null = share[level], bounds[level] / len(rows)
    if share > MOST and classes[0].max() == 0:
        return Finding.missing(
            "between",
            f"{percent(share)} of the test rows lie on lines between training rows: more than "
            "SMOTE makes of two classes, as where all columns follow from one or two; hand over "
            "y_train= and y_test=.",
        ), []
    names = ", ".join(str(train.columns[place]) for place in places)
    where = test.index[kept[1][first[1][hit[:, level]]]]
    looked = f"of the {len(rows)} different test rows that were looked at"
    return Finding.judged(
        "between",
        share,
        null,
        seen=PLANTED * HALF * found[level] > null,
        says=(
            f"{hit[:, level].sum()} {looked} lie on a line between two training rows"
            f"{_of_class(rows_of[hit[:, level]], classes[1])}; chance explains "
            f"{int(bounds[level])} at most. A series that was interpolated looks the same."
        ),
        blind=(
            f"rows that were made up from these very rows, and rounded as they are, do not stand "
            f"out from chance ({percent(found[level])} of them are found); hand over the columns "
            "before they were rounded, more rows"
            + ("." if classes[0].max() else ", or y_train= and y_test=.")
        ),
        cure=_CURE.format("SMOTE()"),
        where=where,
    ), [f"Lines were sought in the columns {names}."] if len(places) < train.shape[1] else []


def _votes(
    rows: np.ndarray,
    rows_of: np.ndarray,
    ends: np.ndarray,
    ends_of: np.ndarray,
    rounding: list[Rounding],
) -> tuple[np.ndarray, np.ndarray]:
    """Find the rows on a line between two training rows of their own class."""
    columns = zip(rounding, rows.T, strict=True)
    step = np.column_stack([grid.steps(column) for grid, column in columns])
    hit, miss = np.zeros((2, len(rows), len(TELLS)), dtype=bool)
    for code in np.unique(rows_of):
        here, there = rows_of == code, ends_of == code
        if there.sum() > 1:
            hit[here], miss[here] = on_lines(rows[here], step[here], ends[there])
    return hit, miss


def _least(hit: np.ndarray, rows_of: np.ndarray) -> np.ndarray:
    """Return the share of rows on lines in the class of fewest; none where all are of one."""
    codes, counts = np.unique(rows_of, return_counts=True)
    shares = [hit[rows_of == code].mean(axis=0) for code in codes[counts >= MEMBERS]]
    return np.min(shares, axis=0) if len(shares) > 1 else np.zeros(hit.shape[1])


def _few(ends_of: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return rows that stand for a rare class: the rarest, or a random tenth."""
    codes, counts = np.unique(ends_of, return_counts=True)
    enough = counts >= min(FEWEST, counts.max())
    rarest = np.flatnonzero(ends_of == codes[enough][np.argmin(counts[enough])])
    if len(codes) == 1:
        rarest = rng.permutation(rarest)[: max(FEWEST, len(rarest) // 10)]
    return rarest


def _bounds(hit: np.ndarray, miss: np.ndarray) -> np.ndarray:
    """Return how many rows chance may put on a line at each level, going by those beside one."""
    chance = stats.nbinom.isf(RARE, miss.sum(axis=0) + 1, 1 - ON_BY_CHANCE)
    return np.maximum(chance, max(FEW, FEW_SHARE * len(hit)))
