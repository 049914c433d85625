"""What many looks at the same rows are worth: a ledger's report, and that of another log."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from .._words import counted, nearest, percent
from ..checks import Finding, Result
from ._optimism import Luck, Tries, luck, noise_alone

__all__ = ["Look", "Looks", "read_looks"]


@dataclass(frozen=True)
class Look:
    """One look at held-out rows.

    Attributes
    ----------
    at : str
        When it was, as far as the log says.
    note : str
        What was tried.
    told : float
        What was answered.
    sd, from_best, from_first : float
        Standard deviation of the score over draws of the rows, and those of its differences to
        the best before it and to the first; NaN where they are not known.
    rows : str
        The hold-out.
    again : int or None
        The place of an earlier look that gave the same answers to the same rows.
    """

    at: str
    note: str
    told: float
    sd: float = math.nan
    from_best: float = math.nan
    from_first: float = math.nan
    rows: str = ""
    again: int | None = None

    @classmethod
    def from_line(cls, line: Mapping[str, Any], again: int | None) -> Look:
        """Read a line of a ledger."""
        numbers = {name: line.get(name, math.nan) for name in ("sd", "from_best", "from_first")}
        told = float(line.get("told", line.get("score", math.nan)))
        return cls(
            line.get("at", ""),
            line.get("note", ""),
            told,
            **numbers,
            rows=line["rows"],
            again=again,
        )


@dataclass(frozen=True, repr=False)
class Looks:
    """What many looks at the same rows are worth.

    Prints as a sentence and a table; `plot` draws the best so far over what noise makes.

    Attributes
    ----------
    looks : tuple of Look
        In order.
    n_rows : int
        Held-out rows.
    metric : str
    greater_is_better : bool
    answer : {"exact", "coarse"}
    budget : int or None
        Looks that were planned.
    holdouts : int
        Splits of the same rows that were asked.
    broken : int
        Lines that broke off as a process died; each is counted as a look.
    faults : tuple of str
        What is wrong with the file, a sentence each.
    """

    looks: tuple[Look, ...]
    n_rows: int
    metric: str = "the metric"
    greater_is_better: bool = True
    answer: str = "exact"
    budget: int | None = None
    holdouts: int = 1
    broken: int = 0
    faults: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.looks:
            raise ValueError("no look is in the log yet; ask for a score first")

    @property
    def _sign(self) -> int:
        return 1 if self.greater_is_better else -1

    @cached_property
    def _distinct(self) -> list[Look]:
        return [look for look in self.looks if look.again is None]

    @property
    def n_looks(self) -> int:
        """How many looks there were, those included that broke off or came again."""
        return len(self.looks) + self.broken

    @property
    def n_distinct(self) -> int:
        """How many of them could bring luck: the same answers asked twice are one look."""
        return len(self._distinct) + self.broken

    @cached_property
    def _tries(self) -> Tries:
        score = self._sign * np.array([look.told for look in self._distinct])
        sd = np.array([look.sd for look in self._distinct])
        sd = np.where(np.isfinite(sd), sd, np.nanmedian(sd) if np.isfinite(sd).any() else 0)
        same = np.array([look.rows == self._distinct[0].rows for look in self._distinct])
        tries = Tries(score, sd, sd, sd, self.n_rows)
        apart = np.hypot(sd, sd[tries.parents])
        known = [np.array([getattr(look, name) for look in self._distinct]) for name in
                 ("from_best", "from_first")]  # fmt: skip
        from_best, from_first = (
            np.where(np.isfinite(one) & same, one, other)
            for one, other in zip(known, (apart, np.hypot(sd, sd[0])), strict=True)
        )
        return Tries(score, sd, from_best, from_first, self.n_rows)

    @cached_property
    def _luck(self) -> Luck:
        return luck(self._tries)

    @property
    def best(self) -> Look:
        """The look with the best answer."""
        return self._distinct[self._tries.best]

    @property
    def score(self) -> float:
        """The best answer."""
        return self.best.told

    @property
    def sd(self) -> float:
        """Standard deviation of the best score over draws of as many rows."""
        return float(self._tries.sd[self._tries.best])

    @property
    def optimism(self) -> float:
        """How much better than the truth the best score is expected to be; NaN if coarse."""
        return self._luck.optimism if self.answer == "exact" else math.nan

    @property
    def corrected(self) -> float:
        """The best score without its optimism."""
        return self.score - self._sign * self.optimism

    @property
    def low(self) -> float:
        """Lower end of a 95 % interval of what the best is worth on new rows like these."""
        return self._ends[0]

    @property
    def high(self) -> float:
        """Upper end of that interval."""
        return self._ends[1]

    @cached_property
    def _ends(self) -> tuple[float, float]:
        if self.answer != "exact":
            return math.nan, math.nan
        ends = sorted((self._sign * self._luck.low, self._sign * self._luck.high))
        return ends[0], ends[1]

    @cached_property
    def noise_alone(self) -> float:
        """How far the best would have risen if all tries were equally good."""
        sd = float(np.median(self._tries.sd))
        return noise_alone(self.n_distinct, sd, self._luck.alike, self._luck.fresh)

    @property
    def bound(self) -> float:
        """The rule of thumb for unrelated tries: sd × √(2 ln looks)."""
        return float(np.median(self._tries.sd) * math.sqrt(2 * math.log(max(self.n_distinct, 1))))

    @property
    def progress(self) -> float:
        """How far the best is from the first."""
        return self._sign * (self.score - self._distinct[0].told)

    @property
    def table(self) -> pd.DataFrame:
        """A row a look: ``at, note, score, best, kept, again``."""
        told = np.array([look.told for look in self.looks])
        best = self._sign * np.maximum.accumulate(self._sign * told)
        before = np.r_[np.nan, best[:-1]]
        return pd.DataFrame(
            {
                "at": [look.at for look in self.looks],
                "note": [look.note for look in self.looks],
                "score": told,
                "best": best,
                "kept": (best != before),
                "again": [look.again is not None for look in self.looks],
            }
        )

    # What it says

    def result(self) -> Result:
        """Return what was found as a check does, for an audit and for a report."""
        return Result("looks", (self._finding(),), tuple(self._notes()))

    def _finding(self) -> Finding:
        if self.faults:
            return Finding.missing("looks", " ".join(self.faults))
        if self.answer != "exact":
            return self._coarse()
        if not self.sd > 0:
            return Finding.missing("looks", "how a score varies over rows is not known.")
        blind = (
            f"{self._counted()}: if all tries were alike in truth, the best would be "
            f"{self.noise_alone:.2g} too good, more than the {self.sd:.2g} that any score of "
            f"{counted(self.n_rows, 'row')} is off; the scores do not tell. Ask new rows once."
        )
        return Finding.judged(
            "looks", self.optimism, self.sd, seen=self.noise_alone <= self.sd,
            says=(
                f"{self._counted()}. The best, {self.score:.3g}, is {self.optimism:.2g} too good, "
                f"as far as the scores tell: {self.corrected:.3g}, between {self.low:.3g} and "
                f"{self.high:.3g}."
            ),
            blind=blind,
            cure=(
                "choose on other rows, such as by cross-validation within the training rows, and "
                "ask rows once that nobody has asked."
            ),
            numbers={
                "score": self.score, "corrected": self.corrected, "low": self.low,
                "high": self.high, "noise_alone": self.noise_alone, "looks": self.n_looks,
            },
        )  # fmt: skip

    def _coarse(self) -> Finding:
        n = counted(self.n_distinct, "look")
        steps = len({look.told for look in self._distinct})
        return Finding(
            "looks", 0.0, 0.0, "clean",
            f"{n} by the ladder, which answered {counted(steps, 'number')}: only what was better "
            "by more than its noise moved the answer.",
            numbers={"score": self.score, "looks": self.n_looks},
        )  # fmt: skip

    def _counted(self) -> str:
        again = self.n_looks - self.n_distinct
        told = f", {counted(again, 'of them', 'of them')} the same again" if again else ""
        return f"{counted(self.n_looks, 'look')} at {counted(self.n_rows, 'row')}{told}"

    def _notes(self) -> list[str]:
        notes = []
        if self.answer == "exact" and self.n_distinct > 1 and self.sd > 0:
            notes.append(
                f"from the first to the best is {self.progress:.2g}; noise alone makes "
                f"{self.noise_alone:.2g} of so many tries, and {self.bound:.2g} (sd × √(2 ln K)) "
                "if they had nothing in common."
            )
            notes.append(
                f"two tries share {percent(self._luck.alike)} of their noise; each differs from "
                f"the best before it in {percent(self._luck.fresh)} of the rest."
            )
        if self.holdouts > 1:
            notes.append(
                f"{self.holdouts} splits of the same rows were asked; another split or seed is no "
                "new hold-out."
            )
        if self.broken:
            notes.append(f"{counted(self.broken, 'line')} broke off, and count as looks.")
        if self.budget is not None and self.n_distinct > self.budget:
            notes.append(
                f"{self.budget} were planned: {self.n_distinct - self.budget} are beyond that."
            )
        return notes

    def __str__(self) -> str:
        return str(self.result())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.result()._repr_html_()

    def plot(self, ax: Any = None) -> Any:
        """Draw each look, the best so far, and what noise alone makes of the best.

        Parameters
        ----------
        ax : matplotlib Axes, default=None

        Returns
        -------
        matplotlib Axes
        """
        import matplotlib.pyplot as plt

        ax = plt.subplots(figsize=(7, 3.6), layout="constrained")[1] if ax is None else ax
        table = self.table[~self.table["again"]]
        at = np.arange(1, len(table) + 1)
        sd = float(np.median(self._tries.sd))
        ax.plot(at, table["score"], ".", color=".6", markersize=4, label="each look")
        ax.plot(at, table["best"], drawstyle="steps-post", color="C0", label="best so far")
        if sd > 0 and self.answer == "exact":
            looks = np.unique(np.geomspace(1, len(at), 30).round().astype(int))
            rise = [noise_alone(int(n), sd, self._luck.alike, self._luck.fresh) for n in looks]
            base = float(np.median(table["score"][: max(1, len(at) // 10)]))
            line = base + self._sign * np.array(rise)
            ax.fill_between(looks, line - sd, line + sd, color="C1", alpha=0.2, linewidth=0)
            ax.plot(looks, line, color="C1", label="best so far, if all were equally good")
            ends = [[self.corrected - self.low], [self.high - self.corrected]]
            ax.errorbar(
                [at[-1]], [self.corrected], ends, fmt="o", color="C3", capsize=3,
                label="what the best is worth, 95 %",
            )  # fmt: skip
        ax.set(xlabel="look", ylabel=self.metric)
        ax.legend(frameon=False, fontsize="small")
        return ax


def read_looks(
    path: Path | str,
    *,
    score: str,
    n_rows: int | None = None,
    sd: float | None = None,
    note: str | None = None,
    at: str | None = None,
    greater_is_better: bool = True,
) -> Looks:
    r"""Read the log of another program: how much of its progress noise would have made.

    Parameters
    ----------
    path : path
        A file of comma- or tab-separated values with a head, or of JSON lines.
    score, note, at : str
        The columns of the score, of what was tried, and of the time.
    n_rows : int, optional
        Rows that were scored, where the score is a share of right answers.
    sd : float, optional
        Standard deviation of one score instead: over draws of the rows, or over repeated runs of
        one program, if that is what may differ.
    greater_is_better : bool, default=True

    Returns
    -------
    Looks
        How alike the tries were the log does not say. Where scores vary less than unrelated ones
        of their noise would, they are taken to be alike.

    Raises
    ------
    ValueError
        If there is no such column, no score in it, or neither `n_rows` nor `sd`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name, "night.tsv")
    >>> rows = [f"{.50 + .01 * (n % 7):.2f}\ttry {n}" for n in range(40)]
    >>> _ = file.write_text("\n".join(["val_acc\tchange", *rows]))
    >>> night = read_looks(file, score="val_acc", note="change", n_rows=200)
    >>> night.n_looks, night.score, night.corrected < 0.54
    (40, 0.56, True)
    >>> folder.cleanup()
    """
    path = Path(path)
    records = _records(path)
    columns = list(dict.fromkeys(name for one in records for name in one))
    for name, column in (("score", score), ("note", note), ("at", at)):
        if column is not None and column not in columns:
            close = nearest(column, columns)
            meant = f"is it {close!r}?" if close else f"it has {', '.join(map(str, columns[:8]))}"
            raise ValueError(f"{name}={column!r} is no column of {path.name}; {meant}")
    told = [(_number(one.get(score)), one) for one in records]
    known = [(number, one) for number, one in told if number is not None]
    if not known:
        raise ValueError(f"{path.name} has no number in its column {score!r}")
    numbers = np.array([number for number, _ in known])
    spread = _spread(numbers, n_rows, sd)
    alike = _least_alike(numbers, spread)
    apart = spread * math.sqrt(2 * (1 - alike))
    looks = tuple(
        Look(_text(one, at), _text(one, note), number, spread, apart, apart)
        for number, one in known
    )
    return Looks(
        looks, n_rows or len(looks), metric=score, greater_is_better=greater_is_better,
        broken=len(told) - len(known),
    )  # fmt: skip


def _text(record: Mapping[str, Any], column: str | None) -> str:
    return "" if column is None else str(record.get(column, ""))


def _spread(numbers: np.ndarray, n_rows: int | None, sd: float | None) -> float:
    if sd is not None:
        if not sd > 0:
            raise ValueError(f"sd={sd!r} must be a positive number")
        return float(sd)
    if n_rows is None:
        raise ValueError(
            "pass n_rows=, how many rows were scored, or sd=, how much a score varies"
        )
    middle = float(np.median(numbers))
    if not 0 <= numbers.min() <= numbers.max() <= 1:
        raise ValueError(
            f"the scores are no shares of right answers (from {numbers.min():.3g} to "
            f"{numbers.max():.3g}); pass sd=, such as that of repeated runs of one program"
        )
    return math.sqrt(max(middle * (1 - middle), 1 / n_rows) / n_rows)


def _least_alike(numbers: np.ndarray, sd: float) -> float:
    """Return how alike looks must be at least, since they vary less than unrelated ones do."""
    n = len(numbers)
    if n < 3:
        return 0.0
    varies = min(float(np.var(numbers, ddof=1)), float(np.mean(np.diff(numbers) ** 2) / 2))
    by_chance = stats.chi2.ppf(0.01, n - 1) / (n - 1)
    return float(np.clip(1 - varies / (sd**2 * by_chance), 0, 0.99))


def _records(path: Path) -> Sequence[Mapping[str, Any]]:
    text = path.read_text("utf-8-sig")
    first = text.lstrip()[:1]
    if first == "{":
        found = []
        for line in filter(str.strip, text.splitlines()):
            try:
                one = json.loads(line)
            except ValueError:
                one = {}  # a line that broke off
            found.append(one if isinstance(one, dict) else {})
        return found
    head = text.split("\n", 1)[0]
    separator = max("\t,;", key=head.count)
    return list(csv.DictReader(text.splitlines(), delimiter=separator))


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
