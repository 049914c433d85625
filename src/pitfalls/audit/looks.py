"""What many looks at the same rows are worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from .._words import counted, percent
from ..checks import Finding, Result
from ._optimism import Luck, Tries, luck, noise_alone

__all__ = ["Look", "Looks"]


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
    unscored : int
        Looks at these rows by another metric; each is counted as a look.
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
    unscored: int = 0
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
        return len(self.looks) + self.broken + self.unscored

    @property
    def n_distinct(self) -> int:
        """How many of them could bring luck: the same answers asked twice are one look."""
        return len(self._distinct) + self.broken + self.unscored

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
            if self._luck.alike > 0.005 or self._luck.fresh < 0.995:
                notes.append(
                    f"two tries share {percent(self._luck.alike)} of their noise; each differs "
                    f"from the best before it in {percent(self._luck.fresh)} of the rest."
                )
        if self.holdouts > 1:
            notes.append(
                f"{self.holdouts} splits of the same rows were asked; another split or seed is no "
                "new hold-out."
            )
        if self.unscored:
            notes.append(f"{counted(self.unscored, 'look')} by another metric count as well.")
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

    def plot(self, ax: Any) -> Any:
        """Draw each look, the best so far, and what noise alone makes of the best.

        Parameters
        ----------
        ax : matplotlib Axes
            Such as that of ``plt.subplots()``.

        Returns
        -------
        matplotlib Axes
        """
        table = self.table[~self.table["again"]]
        at = np.arange(1, len(table) + 1)
        sd = float(np.median(self._tries.sd))
        ax.plot(at, table["score"], ".", color=".6", markersize=4, label="each look")
        ax.plot(at, table["best"], drawstyle="steps-post", color="C0", label="best so far")
        if sd > 0 and self.answer == "exact":
            looks = np.unique(np.geomspace(1, len(at), 30).round().astype(int))
            rise = [noise_alone(int(n), sd, self._luck.alike, self._luck.fresh) for n in looks]
            line = self._sign * (self._luck.level + np.array(rise))
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
