"""Findings on rows that are equal, or equal in all columns but one."""

from __future__ import annotations

import numpy as np

from .._words import counted
from ._chance import COMMON, Equal, but_one, edited, equal_rows, part_of, planted
from ._sides import Sides
from .result import Finding

__all__ = ["all_but_one", "exact"]

#: Copies that are planted to see whether they would be found: so small a share that a reader
#: would let it pass.
PLANTED = 0.005
#: Chance may be half as frequent again as it was estimated to be: columns go together in more
#: ways than in pairs.
SLACK = 1.5
#: Standard deviations that a number of coincidences may be off.
SURE = 3
#: Columns may be tied in ways that no counting of agreements can see, as price and price with
#: tax. So half as many rows may be equal as are mostly alike, up to three in a hundred; and as
#: many as there are common rows, since some common rows are less common.
BY_COMPANY, MOST_BY_COMPANY = 0.5, 0.03
#: Fewer columns cannot lose one and still tell a row.
FEWEST = 4


def exact(sides: Sides, rng: np.random.Generator) -> tuple[Finding, np.ndarray]:
    """Judge how many test rows are equal to a training row, and say which."""
    train, test = sides.numbers
    n_columns = sides.train.shape[1]
    if not n_columns or (np.concatenate(sides.numbers) == train[0]).all():
        none = "no column varies, so that no two rows can be told apart."
        return Finding.missing("exact", none), np.zeros(len(test), bool)
    equal = equal_rows(train, test)
    counted_in = ~sides.blank & ~equal.common
    value, null, n = _shares(equal, counted_in)
    seen = False
    if value <= null and not equal.common.any():
        there = equal_rows(train, planted(train, test, PLANTED, rng))
        now, limit, _ = _shares(there, ~(sides.blank & (equal.found > 0)))
        seen = now - value > limit  # by themselves, without those that are there already
    if sides.blank.any():
        sides.notes.append(
            f"{counted(int(sides.blank.sum()), 'test row')} in which nothing varies left out."
        )
    by_chance = -np.expm1(-equal.by_chance[counted_in]).sum()
    columns = "the one column" if n_columns == 1 else f"all {n_columns} columns"
    chance = "" if by_chance < 0.5 else f"; chance would make about {by_chance:.0f}"
    finding = Finding.judged(
        "exact", value, null, seen=seen, where=_named(sides, equal, counted_in),
        says=(
            f"{counted(n, 'test row') if n else 'no test row'} of {len(test)} "
            f"{'are' if n > 1 else 'is'} equal to a training row in {columns}{chance}"
            + ("." if value > null else "; copies that were planted here were found.")
        ),
        blind=_why_blind(sides, equal),
        cure=(
            "drop the copies before the split (drop_duplicates), or keep equal rows on one side "
            "(GroupKFold), and score again."
        ),
    )  # fmt: skip
    return finding, equal.found > 0


def all_but_one(sides: Sides, equal: np.ndarray, rng: np.random.Generator) -> Finding:
    """Judge how many of the other test rows are equal to a training row in all columns but one."""
    of = "all but one"
    train, test = sides.numbers
    n_columns = sides.train.shape[1]
    if n_columns < FEWEST:
        few = f"rows of {counted(n_columns, 'column')} agree in all but one by chance."
        return Finding.missing(of, few)
    looked_at = ~sides.blank & ~equal
    if not looked_at.any():
        return Finding.missing(of, "all test rows are equal to training rows: none is left.")
    there, lines = but_one(train, test)
    if lines:
        sides.notes.append(
            f"all but one: training rows differ in {_columns(sides, lines)} alone so often, as "
            "lines of one thing do, that test rows which do as well are not counted."
        )
    counted_in = looked_at & ~there.common
    value, null, n = _shares(there, counted_in)
    seen = False
    if value <= null and not there.common.any():
        planted_ones = but_one(train, edited(train, test, PLANTED, rng))[0]
        now, limit, _ = _shares(planted_ones, looked_at)
        seen = now - value > limit
    differ = "one" if n_columns == train.shape[1] else f"one of {train.shape[1]} groups"
    return Finding.judged(
        of, value, null, seen=seen, where=_named(sides, there, counted_in),
        says=(
            f"{counted(n, 'other test row') if n else 'no other test row'} of "
            f"{int((~equal).sum())} {'are' if n > 1 else 'is'} equal to a training row in all "
            f"{n_columns} columns but {differ}"
            + ("." if value > null else "; such copies that were planted here were found.")
        ),
        blind=(
            f"different rows agree in all {n_columns} columns but {differ} so often that a few "
            "edited copies would not stand out."
        ),
        cure=(
            "look at what differs: a corrected entry, another unit, a gap that was filled in; "
            "keep the versions of a row on one side (GroupKFold)."
        ),
    )  # fmt: skip


def _columns(sides: Sides, parts: list[int]) -> str:
    """Return the columns of some parts by name."""
    names = range(sides.train.shape[1]) if sides.is_sparse else sides.train.columns
    of = part_of(len(names))
    some = [str(name) for name, part in zip(names, of, strict=True) if part in parts]
    return ", ".join(some[:3]) + (f" and {len(some) - 3} more" if len(some) > 3 else "")


def _shares(equal: Equal, of: np.ndarray) -> tuple[float, float, int]:
    """Return the share of equal rows, the most that chance makes of it, and how many they are."""
    by_chance = -np.expm1(-SLACK * equal.by_chance[of]).sum()
    by_company = min(BY_COMPANY * equal.company, MOST_BY_COMPANY) * len(of)
    expected = max(by_chance, by_company, equal.common.sum())
    n = int((equal.found[of] > 0).sum())
    return n / len(of), min(1.0, float((expected + SURE * expected**0.5) / len(of))), n


def _named(sides: Sides, equal: Equal, of: np.ndarray) -> list[object]:
    """Return the rows that are equal, the most surprising first."""
    found = (equal.found > 0) & of
    order = np.argsort(equal.by_chance[found], kind="stable")
    return [sides.names[row] for row in np.flatnonzero(found)[order]]


def _why_blind(sides: Sides, equal: Equal) -> str:
    n_columns, common = sides.train.shape[1], int(equal.common.sum())
    if common:
        return (
            f"{counted(common, 'test row')} equal {COMMON} training rows or more, as rows do in a "
            "coarse table, or after oversampling, which resampled_before_split looks for; hand "
            "over more columns."
        )
    if sides.own:
        return (
            f"without {', '.join(sides.own)}, which is another in each row, different rows agree "
            "by chance, and a copy with a new number would not stand out; hand over more columns."
        )
    if n_columns == 1:
        return (
            "one column cannot tell copies from values that come again; for identifiers ask "
            "shared_identifiers, for texts shared_texts."
        )
    return (
        f"different rows agree in all {n_columns} columns so often that a few copies would not "
        "stand out; look for them by name, date and source, or hand over more columns."
    )
