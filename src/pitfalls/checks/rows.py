"""Whether test rows are copies of training rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from scipy import stats

from .._data import is_sparse, n_rows
from .._words import counted, percent
from ._equal import all_but_one, exact
from ._near import View, too_near
from ._order import alike_next_to, places_of
from ._sides import FEWEST, Sides
from ._windows import between_windows
from .result import Finding, Result

__all__ = ["shared_rows"]

#: Copies that are planted to see whether they would be found: so small a share that a reader
#: would let it pass.
PLANTED, FEWEST_PLANTED = 0.05, 3
#: Near copies are planted so often, each time by another draw, and must be found each time: at the
#: edge of what can be seen a single control is found by luck.
PLANTINGS = 3
#: And most of them, or others that are a little less alike would go unseen; and so many more than
#: an alarm takes that another draw would raise it as well, in 19 of 20.
MOST_FOUND, SPARE = 0.6, float(stats.norm.ppf(0.95))
#: Rows are too near where one of a thousand comes as near by chance, and where one of a hundred
#: does: few that are very near, or more that are a little less. Each with the share of test rows
#: that may be so near, of real tables and of tables whose training rows come in knots, as copies
#: on their side alone do: chance is less regular there.
TOO_NEAR = ((0.001, 0.001, 0.004), (0.01, 0.004, 0.05))
#: How seldom a question may alarm if that is so; where it has several limits, they share it.
SELDOM = 0.001
#: And how seldom so many rows may be too near where they are called clean: what is too few to
#: accuse and too many for chance is neither. Where training rows come in knots chance is less
#: regular, and more are let pass.
OFTEN, OFTEN_IN_KNOTS = 0.05, 0.01
#: Share of test rows that may be most alike to their neighbour in order; one in ten is by chance.
ALIKE = 0.25
#: Share of test rows that may lie between windows of one series: a few, at the ends of blocks.
BETWEEN = 0.02


def shared_rows(train: Any, test: Any, *, order: Any = None, random_state: int = 0) -> Result:
    """Find test rows that have a copy, exact or near, among the training rows.

    Parameters
    ----------
    train, test : frame, array of any dimension, sparse matrix, tensor or list, n rows each
        The rows on either side of the split, as the model is given them, without the outcome.
        Columns may be numbers, categories, texts or dates, and values may be missing. Pictures
        are best handed over as an array of shape (n, height, width) or (n, height, width,
        channels), so that a shift or a mirror is seen.
    order : pair of array-likes, default=None
        The time, or the place in the file, of each training and of each test row, as numbers or
        dates. Then it is also asked whether test rows lie between training rows that they are
        far more alike to than to others: frames of one video, hours of one sensor.
    random_state : int, default=0
        For the rows that are drawn where there are many, and for the copies that are planted.

    Returns
    -------
    Result
        ``"exact"`` : test rows that are equal to a training row. ``null`` is the share that
        coincidence would make of it, and is near 0 unless all columns are coarse.
        ``"all but one"`` : other test rows that are equal to a training row in all columns but
        one: an entry was corrected, a gap filled in. ``null`` is again what coincidence makes.
        ``"near"`` : other test rows that are nearer to a training row, or to a knot of up to nine
        of them, than different rows come. ``null`` is what real tables have of them.
        ``"neighbours"`` : where `order` is given, test rows that are more alike to the training
        row next to them than to any of nine further off; and, with or without it, test rows
        between two training rows of which all three are windows of one series.
        Each is ``"clean"`` only where copies that are planted in these data are found.

    Raises
    ------
    ValueError
        If the sides have other columns, or `order` does not fit.
    TypeError
        If a side has no rows.

    Notes
    -----
    Equal rows are found by numbers that stand for them. In a coarse table different rows are equal
    as well; how many, follows from how many agree in all columns but a few (see the source of
    ``_chance.equal_rows``; the estimate for the missing cell of a fourfold table is that of
    capture and recapture). A column in which each row has a value of its own, such as a row's
    number, would hide copies and is set aside; so are blank rows, in which nothing varies.

    Near rows are found by gaps among the distances from a row to its nearest, with the spacings
    of Rényi and the exponent of Hill, of each row by itself, so that no density is taken
    for granted. Units, and outliers, do not matter; columns with very heavy tails are compared
    by their normal scores. Pictures are also compared shifted by a pixel, mirrored, turned and
    inverted.

    Windows of one series have runs of numbers in common, in other columns. Where training rows
    that begin earlier and later have such runs, the future of the test row is in training. After
    a split in time the first test rows have some with the last training rows, which begin earlier
    alone: by right.

    What it cannot see: copies that were changed until they are as far away as strangers, which in
    few columns is soon, or by other entries in several columns; pictures that were enlarged or
    moved by more than a pixel; windows that were put on a level each, which have no number in
    common; knots of more than nine alike rows, such as the frames of one clip,
    unless `order` is given: distances cannot tell them from the clusters that data have, but the
    clip's name can (`shared_identifiers`). Rows that are alike for another reason than copying
    are found as well: visits of one patient, natural clusters of fewer than ten rows. Sense and
    paraphrase of texts are not looked at: see `shared_texts`.

    References
    ----------
    A. Rényi (1953). On the theory of order statistics. Acta Mathematica Academiae Scientiarum
    Hungaricae 4, 191-231.

    B. M. Hill (1975). A simple general approach to inference about the tail of a distribution.
    Annals of Statistics 3, 1163-1174.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> train, test = rng.normal(size=(400, 20)), rng.normal(size=(120, 20))
    >>> test[:3] = train[:3]
    >>> result = shared_rows(train, test)
    >>> result["exact"].verdict, result["exact"].where
    ('suspect', (0, 1, 2))
    >>> result["near"].verdict
    'clean'
    """
    rng = np.random.default_rng(random_state)
    if not n_rows("train", train) or not n_rows("test", test):
        empty = "a side has no rows; hand over those of both sides."
        return Result(
            "shared_rows", (Finding.missing("exact", empty), Finding.missing("near", empty))
        )
    sides = (
        Sides.sparse(train, test) if is_sparse(train) or is_sparse(test) else Sides.of(train, test)
    )
    same, equal = exact(sides, rng)
    findings = [same, all_but_one(sides, equal, rng)]
    rows = _drawn(np.flatnonzero(~equal), sides.sample, rng)
    if len(rows) < (~equal).sum():
        sides.notes.append(
            f"near: {counted(len(rows), 'test row')} of {(~equal).sum()} were drawn and looked at."
        )
    views = sides.views(rows, rng)
    findings.append(_near(sides, views, rows, rng))
    given = order is not None
    places = places_of(order, *sides.n) if given else sides.places
    windows = _between(sides, rows)
    if windows:
        findings.append(windows)
    elif places is not None and views and not sides.is_sparse and sides.n[0] >= 2 * FEWEST:
        found = _neighbours(views[0], places[0], places[1][rows], rng, curves=sides.curves)
        if given:
            findings.append(found)
        elif found.verdict == "suspect":
            findings.append(
                Finding.missing(
                    "neighbours",
                    f"by the index, {found.says} If the index is an order in time or in a film, "
                    "say so with order=, and split by blocks.",
                )
            )
    elif given:
        findings.append(
            Finding.missing("neighbours", "too few rows, or rows of a kind without distances.")
        )
    sides.notes.append(
        "copies were looked for in pairs, and in knots of up to nine; the frames of one clip or "
        "the hours of one sensor are many rows alike, which only order= or their names can tell."
    )
    return Result("shared_rows", tuple(findings), tuple(sides.notes))


def _drawn(rows: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))


# Near rows


def _near(
    sides: Sides, views: Sequence[View], rows: np.ndarray, rng: np.random.Generator
) -> Finding:
    if not len(rows):
        return Finding.missing("near", "all test rows are equal to training rows: none is left.")
    if sides.n[0] < FEWEST:
        return Finding.missing(
            "near", f"with {counted(sides.n[0], 'training row')} no distance is usual; {FEWEST} "
            "are needed."
        )  # fmt: skip
    if not views:
        return Finding.missing("near", "no column varies, so that there are no distances.")
    if not any(view.controls for view in views):
        return Finding.missing(
            "near", "columns of names have no distances; hand over numbers, or ask shared_texts."
        )
    looked = [too_near(view) for view in views]
    chance = np.minimum(1, len(views) * np.min([one for one, _ in looked], axis=0))
    in_knots = any(knots for _, knots in looked)
    near, null = _too_many(chance, in_knots)
    value = float(near.mean())
    few, usual = _too_many(chance, in_knots, OFTEN_IN_KNOTS if in_knots else OFTEN)
    some = int(few.sum()) if few.mean() > usual else 0
    missed = [] if value > null or some else _missed(views, in_knots, rng)
    kinds = [kind for view in views for kind in view.controls]
    order = np.flatnonzero(near)[np.argsort(chance[near], kind="stable")]
    n = int(near.sum())
    return Finding.judged(
        "near", value, null, seen=not missed and not some,
        where=[sides.names[row] for row in rows[order]],
        says=(
            f"{counted(n, 'test row')} of {len(rows)} {'lies' if n == 1 else 'lie'} nearer to a "
            "training row than different rows come."
            if value > null
            else f"no more than {percent(null)} of the test rows lie nearer to a training row "
            f"than different rows come ({n} of {len(rows)}); copies "
            f"{_listed(dict.fromkeys(kinds))} that were planted here were found."
        ),
        blind=(
            f"{counted(some, 'test row')} of {len(rows)} {'lies' if some == 1 else 'lie'} nearer "
            "to a training row than different rows come: too few to accuse, too many for chance. "
            f"Look at {', '.join(str(sides.names[row]) for row in rows[few][:5])}."
            if some
            else f"copies {_listed(missed)} that were planted here were not found: too few rows, "
            "or copies lie as far apart as different rows do. Hand over more rows or columns, or "
            "ask by name, date and source."
        ),
        cure=(
            "look at the nearest pairs until you know what ties them, and keep on one side what "
            "belongs together (GroupKFold)."
        ),
    )  # fmt: skip


def _too_many(
    chance: np.ndarray, in_knots: bool, seldom: float = SELDOM
) -> tuple[np.ndarray, float]:
    """Return which rows are too near, and the share that may be, where it is exceeded most."""
    found, seldom = [], seldom / len(TOO_NEAR)
    for limit, usual, usual_in_knots in TOO_NEAR:
        most = stats.binom.ppf(1 - seldom, len(chance), usual_in_knots if in_knots else usual)
        found.append((chance < limit, float(most / len(chance))))
    return max(found, key=lambda one: one[0].mean() - one[1])


def _missed(views: Sequence[View], in_knots: bool, rng: np.random.Generator) -> list[str]:
    """Return the kinds of near copies that were planted and not found in any view."""
    missed: dict[str, bool] = {}
    for view in views:
        n_test = view.looks[0].shape[0]
        n = max(FEWEST_PLANTED, round(PLANTED * n_test))
        for kind in view.controls:
            planted = [too_near(view.with_copies(kind, n, rng))[0] for _ in range(PLANTINGS)]
            told = [_too_many(len(views) * chance, in_knots) for chance in planted]
            found = float(np.mean([near.sum() for near, _ in told]))
            alarms = [near.mean() > null for near, null in told]
            luck = SPARE * max(found * (1 - found / n), 0.25) ** 0.5
            limit = n_test * max(null for _, null in told)
            seen = all(alarms) and found >= MOST_FOUND * n and found - luck > limit
            missed[kind] = missed.get(kind, True) and not seen
    return [kind for kind, gone in missed.items() if gone]


def _listed(kinds: Iterable[str]) -> str:
    *first, last = kinds or [""]
    return f"{', '.join(first)} or {last}" if first else last


# Rows next to each other


def _between(sides: Sides, rows: np.ndarray) -> Finding | None:
    """Return a finding if test rows lie between training rows as windows of one series do."""
    there = between_windows(*sides.laid_out) if sides.laid_out else None
    if there is None or there.found.mean() <= BETWEEN:
        return None
    n = int(there.found.sum())
    return Finding.judged(
        "neighbours", there.found.mean(), BETWEEN, seen=True,
        where=[sides.names[row] for row in rows[there.found]],
        says=(
            f"{counted(n, 'test row')} of {len(there.found)} have {there.run} numbers in a row in "
            "common, in other columns, with a training row that begins earlier and with one that "
            "begins later, as windows of one series have."
        ),
        blind="",
        cure=(
            "split by blocks of time or by series (TimeSeriesSplit, GroupKFold), with a gap as "
            "long as a window."
        ),
    )  # fmt: skip


def _neighbours(
    view: View, train: np.ndarray, test: np.ndarray, rng: np.random.Generator, *, curves: bool
) -> Finding:
    next_to, alike = alike_next_to(view, train, test, rng)
    n = len(test)
    null = max(ALIKE, float(stats.binom.ppf(1 - SELDOM, n, 0.1) / n))
    return Finding.judged(
        "neighbours", float(alike.mean()), null, seen=n >= FEWEST and not curves,
        says=(
            f"{counted(int(next_to.sum()), 'test row')} of {n} lie next to a training row, and "
            f"{counted(int(alike.sum()), 'row')} are more alike to it than to each of nine "
            "training rows 10 to 40 places away."
        ),
        blind=(
            "if rows are windows of one series, one that begins a step later shares nearly all "
            "its numbers, in other columns, which this question does not see; split by blocks, "
            "with a gap as long as a window."
            if curves
            else f"{counted(n, 'test row')} are too few; {FEWEST} are needed."
        ),
        cure=(
            "split in time or by blocks, with a gap, so that no test row lies between training "
            "rows (TimeSeriesSplit, GroupKFold by day or by clip)."
        ),
    )  # fmt: skip
