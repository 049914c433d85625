"""Who was left out on the way to the table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from .._data import as_frame
from .._words import counted, percent
from ._columns import Column, by_name, read_column
from .result import Finding, Result

__all__ = ["who_was_excluded"]

#: A step that draws lots is suspected in any characteristic in one of a hundred cases.
_FALSE_ALARMS = 0.01
#: Levels of fewer rows are not looked at: of fewer hardly any difference could stand out.
_LEAST_OF_A_LEVEL = 10
#: So many levels of a characteristic are looked at, the commonest: names of places, not of people.
_MOST_LEVELS = 50
#: Rows on the smaller side, in effect, below which lots can do anything.
_LEAST_LEFT_OUT = 3
#: In the control three of four who go are taken by the characteristic, and the others by lot.
_BY_CHOICE = 0.75

_YES = frozenset({"true", "t", "yes", "y", "1", "kept", "keep", "in"})
_NO = frozenset({"false", "f", "no", "n", "0", "gone", "out", "excluded"})


def who_was_excluded(frame: Any, steps: Any, *, random_state: int = 0) -> Result:
    """Compare who goes at each step of a selection with who stays, in all that is recorded.

    Numbers and dates are replaced by their ranks, and are looked at twice: how high they are, and
    how far from the middle, since a study that takes the clear cases leaves out the middle. Every
    other characteristic is looked at level by level.

    Parameters
    ----------
    frame : DataFrame, or array of shape (n, n_characteristics)
        The whole sampling frame: a row for everybody who could have been in the study, a column a
        characteristic. Missing values are left out, column by column, and whether a value is known
        is one more characteristic.
    steps : mapping, list or frame of masks
        Who is kept at each step, in order, by name: True or False for each row of `frame`, a
        function of `frame` that says so, or the rows that were kept, as a frame or a Series with
        the index of `frame`. Texts such as "yes" and "no", and 1 and 0, are read as such. A mask
        with an index is matched by it, and may lack those who had gone before. Who has gone at an
        earlier step is not counted again.
    random_state : int, default=0
        Seed of the planted steps.

    Returns
    -------
    Result
        A finding for each step and characteristic, named ``"step: characteristic"``. ``value`` is
        the largest difference between those who stay and those who go, in standard deviations over
        both (of ranks, for numbers); ``null`` is what a step that draws lots exceeds, in any
        characteristic, in 1 of 100 cases. ``"not checked"`` where nobody or everybody went, the
        characteristic is constant or missing, or so few went, or have it, that a planted step
        would not have been seen.

    Raises
    ------
    ValueError
        If a mask does not fit the rows, or says something other than yes or no.
    TypeError
        If `steps` are no masks.

    Notes
    -----
    *Planted.* A characteristic is called clean only if another step was found in it, which leaves
    out as many rows, one in four by lot and the others because of this characteristic: the
    highest, or those of the rarest level that enough have.

    *Null.* Under lots, variance and skewness of a difference of mean ranks, or of shares, are
    known, and Pearson's third distribution gives the limit, with Bonferroni's correction over
    characteristics and levels. Levels with fewer than ten rows are not looked at, and no more than
    the 50 commonest. What a flow chart of participants should show: item 13 of STROBE.

    *What it cannot see.* The check sees what the frame records and nothing else. Clean means that
    no difference could be seen *there*, and `null` how large one could have been. A step that
    keeps complete cases is compared in the columns that all have; how those whose value is missing
    differ in it, nobody can say. In a large frame it sees differences too small to matter, so read
    `value` as well. Rows must be independent. False alarms and power: see the evidence of chapter
    11.

    References
    ----------
    von Elm and colleagues (2007), The STROBE statement,
    https://doi.org/10.1371/journal.pmed.0040296

    Examples
    --------
    >>> import pandas as pd
    >>> from pitfalls.checks import who_was_excluded
    >>> frame = pd.DataFrame({"age": range(20, 80), "ward": ["a", "b", "c"] * 20})
    >>> result = who_was_excluded(frame, {"below 65": frame["age"] < 65})
    >>> result["below 65: age"].verdict
    'suspect'
    """
    table = as_frame("frame", frame)
    masks, notes = _steps(frame, table, steps)
    named = by_name(table)
    if not named:
        raise ValueError("frame has no columns; it must have one for each characteristic")
    columns = {name: (label, read_column(values)) for name, (label, values) in named.items()}
    missing = {name: values.isna().to_numpy() for name, (_, values) in named.items()}
    gaps = {f"{name} known": gone for name, gone in missing.items() if 0 < gone.sum() < len(gone)}
    for name, gone in gaps.items():
        columns[name] = name, read_column(pd.Series(np.where(gone, "no", "yes")))
    rng = np.random.default_rng(random_state)
    left = np.ones(len(table), dtype=bool)
    findings = []
    for step, kept in masks.items():
        gone = int((left & ~kept).sum())
        notes.append(f"At {step!r} {gone} of {counted(int(left.sum()), 'row')} went.")
        rows = np.flatnonzero(left)
        for name, (label, column) in columns.items():
            if name in gaps and not gaps[name][left & kept].any() and gaps[name][left].any():
                why = "nobody stays in whom it is missing; ask of whom it is, and why."
                findings.append(Finding.missing(f"{step}: {name}", why))
                continue
            compared = _Compared(step, name, label, len(columns))
            findings.append(compared.finding(column.rows(rows), kept[rows], rng))
        left &= kept
    return Result("who_was_excluded", tuple(findings), tuple(notes))


@dataclass(frozen=True)
class _Difference:
    """The largest difference between those who stay and those who go."""

    value: float
    null: float
    says: str


@dataclass(frozen=True)
class _Compared:
    """One characteristic at one step."""

    step: str
    name: str
    label: Any
    n_characteristics: int

    def finding(self, column: Column, stay: np.ndarray, rng: np.random.Generator) -> Finding:
        of = f"{self.step}: {self.name}"
        if stay.all() or not stay.any():
            return Finding.missing(of, "nobody went." if stay.all() else "everybody went.")
        column, stay = column.rows(column.known), stay[column.known]
        if column.n_levels < 2 or stay.all() or not stay.any():
            why = "it is constant" if column.n_levels == 1 else "it is not recorded on both sides"
            return Finding.missing(of, f"{why}, among those who were left.")
        found = self._differ(column, stay)
        planted = self._differ(column, _planted(column, stay, rng))
        return Finding.judged(
            of,
            found.value,
            found.null,
            seen=planted.value > planted.null,
            says=f"{found.says} Lots differ by up to {found.null:.2f}.",
            blind="even a step that chooses three of four who go by it would not have been seen: "
            "too few went, or too few have it; hand over more rows.",
            cure="say who was left out (REFORMS 3g and 4a), take them in or weight those who "
            "stand for them, and claim nothing for those who are not there.",
            where=[self.label],
        )

    def _differ(self, column: Column, stay: np.ndarray) -> _Difference:
        if column.numbers is not None:
            return self._by_rank(column.numbers, stay)
        return self._by_level(column, stay)

    def _by_rank(self, numbers: np.ndarray, stay: np.ndarray) -> _Difference:
        ranks = stats.rankdata(numbers)
        looks = np.stack([ranks, np.abs(ranks - ranks.mean())])
        spread = looks.std(axis=1, ddof=1)
        apart = (looks[:, ~stay].mean(axis=1) - looks[:, stay].mean(axis=1))[spread > 0]
        skew = stats.skew(looks[spread > 0], axis=1, bias=len(ranks) < 3)
        apart = apart / spread[spread > 0]
        most = int(np.argmax(np.abs(apart)))
        null = self._null(stay, 2, np.abs(skew).max())
        words = [("lower", "higher"), ("nearer to the middle", "farther from the middle")]
        says = (
            f"those who go are {words[most][int(apart[most] > 0)]} in {self.name}, by "
            f"{abs(apart[most]):.2f} standard deviations."
        )
        return _Difference(float(abs(apart[most])), null, says)

    def _by_level(self, column: Column, stay: np.ndarray) -> _Difference:
        counts = np.bincount(column.codes)
        levels = np.argsort(-counts, kind="stable")[:_MOST_LEVELS]
        levels = levels[counts[levels] >= _LEAST_OF_A_LEVEL]
        if not len(levels):
            return _Difference(math.nan, math.nan, "")
        n = len(stay)
        here = np.bincount(column.codes[stay], minlength=len(counts))[levels]
        with_it = counts[levels]
        share = with_it / n
        staying, going = here / stay.sum(), (with_it - here) / (~stay).sum()
        variance = share * (1 - share)
        apart = (going - staying) / np.sqrt(variance * n / (n - 1))
        skew = np.abs(1 - 2 * share) / np.sqrt(variance) * math.sqrt(n * (n - 1)) / (n - 2)
        most = int(np.argmax(np.abs(apart)))
        says = (
            f"{self.name} is {column.level(int(levels[most]))} in {percent(going[most])} of those "
            f"who go and {percent(staying[most])} of those who stay."
        )
        null = self._null(stay, 2 * len(levels), float(skew.max()))
        return _Difference(float(abs(apart[most])), null, says)

    def _null(self, stay: np.ndarray, n_looks: int, skew: float) -> float:
        """Return the difference that lots exceed, over all looks, as rarely as they may."""
        share = stay.mean()
        in_effect = len(stay) * share * (1 - share)
        if in_effect <= _LEAST_LEFT_OUT:
            return math.nan
        level = _FALSE_ALARMS / 2 / self.n_characteristics / n_looks
        return float(stats.pearson3.isf(level, skew / in_effect**0.5) / in_effect**0.5)


def _planted(column: Column, stay: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a step that leaves out as many: most by the characteristic, the others by lot."""
    gone = int((~stay).sum())
    chosen = math.ceil(_BY_CHOICE * gone)
    lots = rng.random(len(stay))
    if column.numbers is not None:
        first = np.lexsort((lots, -column.numbers))
    else:
        counts = np.bincount(column.codes)
        enough = np.flatnonzero(counts >= max(chosen, _LEAST_OF_A_LEVEL))
        rarest = enough[np.argmin(counts[enough])] if len(enough) else int(np.argmax(counts))
        first = np.lexsort((lots, column.codes != rarest))
    planted = np.ones(len(stay), dtype=bool)
    planted[first[:chosen]] = False
    others = np.flatnonzero(planted)
    planted[rng.choice(others, gone - chosen, replace=False)] = False
    return planted


# -- masks --------------------------------------------------------------------------------------


def _steps(given: Any, table: pd.DataFrame, steps: Any) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return who is kept at each step, True or False for each row, and notes."""
    named = _named(steps)
    if not named:
        raise ValueError("steps is empty; it must say at each step who was kept")
    masks: dict[str, np.ndarray] = {}
    notes = []
    left = np.ones(len(table), dtype=bool)
    for step, keep in named.items():
        mask = keep(given) if callable(keep) else keep
        masks[step], missing = _mask(f"steps[{step!r}]", mask, table, left)
        if missing:
            notes.append(f"{counted(missing, 'row')} without an answer at {step!r} count as gone.")
        left = left & masks[step]
    return masks, notes


def _named(steps: Any) -> dict[str, Any]:
    if isinstance(steps, Mapping):
        return {str(name): keep for name, keep in steps.items()}
    if isinstance(steps, pd.DataFrame):
        return {name: keep for name, (_, keep) in by_name(steps).items()}
    if callable(steps) or isinstance(steps, pd.Series | np.ndarray):
        return {getattr(steps, "name", None) or "step 1": steps}
    if isinstance(steps, list | tuple):
        if all(isinstance(one, tuple) and len(one) == 2 for one in steps):
            return {str(name): keep for name, keep in steps}
        if all(callable(one) or np.ndim(one) > 0 for one in steps):
            return {f"step {place}": keep for place, keep in enumerate(steps, 1)}
        return {"step 1": steps}
    raise TypeError(
        f"steps is a {type(steps).__name__}; it must give a mask by name, such as "
        '{"of age": frame["age"] >= 18}'
    )


def _mask(name: str, mask: Any, table: pd.DataFrame, left: np.ndarray) -> tuple[np.ndarray, int]:
    """Return True or False for each row of the table, and how many gave no answer."""
    if isinstance(mask, pd.DataFrame) and mask.shape[1] != 1:
        return _those_kept(name, mask.index, table), 0
    values = as_frame(name, mask)
    if values.shape[1] != 1:
        raise ValueError(
            f"{name} has {values.shape[1]} columns; it must say True or False of each row"
        )
    if hasattr(mask, "index") and isinstance(mask.index, pd.Index):
        values = _matched(name, values, table, left)
    if len(values) != len(table):
        raise ValueError(
            f"{name} has {len(values)} values; it must say True or False of each of the "
            f"{len(table)} rows"
        )
    return _read(name, values.iloc[:, 0])


def _those_kept(name: str, index: pd.Index, table: pd.DataFrame) -> np.ndarray:
    """Return a mask from a frame that holds the rows that were kept."""
    if not table.index.is_unique:
        raise ValueError(
            f"{name} is a frame, and the index of the whole frame is not unique; hand over a mask"
        )
    strange = index.difference(table.index)
    if len(strange):
        raise ValueError(f"{name} has the row {strange[0]!r}, which is not in frame; give a mask")
    return table.index.isin(index)


def _matched(
    name: str, values: pd.DataFrame, table: pd.DataFrame, left: np.ndarray
) -> pd.DataFrame:
    """Match a mask to the rows by its index; who is not in it had gone before."""
    if values.index.equals(table.index):
        return values
    unique = values.index.is_unique and table.index.is_unique
    if unique and values.index.isin(table.index).all():
        lacking = ~table.index.isin(values.index) & left
        if not lacking.any():
            return values.astype(object).reindex(table.index, fill_value=False)
        raise ValueError(
            f"{name} says nothing of {lacking.sum()} rows that are left, such as "
            f"{str(table.index[lacking][0])!r}; it must say True or False of each"
        )
    return values


def _read(name: str, values: pd.Series) -> tuple[np.ndarray, int]:
    """Read True and False, 1 and 0, yes and no; who is missing is not kept."""
    if values.dtype == bool:
        return values.to_numpy(), 0
    missing = values.isna().to_numpy()
    kept = np.zeros(len(values), dtype=bool)
    for row in np.flatnonzero(~missing):
        kept[row] = _yes(name, values.iloc[row])
    return kept, int(missing.sum())


def _yes(name: str, value: Any) -> bool:
    value = value.item() if isinstance(value, np.generic) else value
    text = str(value).strip().casefold().removesuffix(".0")
    if text in _YES or text in _NO:
        return text in _YES
    raise ValueError(f"{name} has the value {value!r}; it must say True or False of each row")
