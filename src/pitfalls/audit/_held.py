"""What the file of a ledger holds: hold-outs, and the looks at them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ._log import Log
from ._rows_asked import Rows
from .looks import Look, Looks

__all__ = ["Held", "Kept"]

#: Share of the rows from which on two hold-outs are one.
SAME = 0.05


@dataclass
class Kept:
    """A look whose answers are kept: the first at these rows, or the best so far."""

    told: float
    answers: str | None
    form: str
    noise: np.ndarray | None = None


@dataclass
class Held:
    """The lines of a file, as they were read.

    Attributes
    ----------
    holdouts : dict of str to dict
        The line of each hold-out, by the fingerprint of its rows.
    looks : list of Look
    asked : dict of (str, str) to int
        The first look that gave these answers to these rows.
    distinct : Counter of str
        How many different answers were given to each hold-out.
    faults : list of str
        What was wrong with the file when a line was written.
    first, best : dict of str to Kept
        Of each hold-out the first look, and the best so far.
    """

    holdouts: dict[str, dict[str, Any]] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    asked: dict[tuple[str, str], int] = field(default_factory=dict)
    distinct: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    first: dict[str, Kept] = field(default_factory=dict)
    best: dict[str, Kept] = field(default_factory=dict)

    def take(self, line: dict[str, Any]) -> None:
        """Take a line over."""
        if line.get("kind") == "rows":
            self.holdouts[line["rows"]] = line
        elif line.get("kind") == "fault":
            self.faults.append(str(line["says"]))
        elif line.get("kind") == "look" and line.get("rows") in self.holdouts:
            self._take_look(line)

    def _take_look(self, line: dict[str, Any]) -> None:
        name, asked = line["rows"], (line["rows"], line["asked"])
        again = self.asked.get(asked)
        self.looks.append(Look.from_line(line, again))
        if again is not None:
            return
        self.asked[asked] = len(self.looks) - 1
        self.distinct[name] += 1
        kept = Kept(self.looks[-1].told, line.get("answers"), line.get("form", "predict"))
        self.first.setdefault(name, kept)
        if "answers" in line:
            self.best[name] = kept

    def joined(self, rows: Rows) -> list[str]:
        """Return the hold-outs that have rows in common with one."""
        others = self.holdouts.items()
        return [name for name, line in others if rows.shared_with(Rows.from_line(line)) >= SAME]

    def report(self, rows: Rows, log: Log) -> Looks:
        """Return what the looks at some rows are worth, and at those that they have in common."""
        line, joined = self.holdouts[rows.name], self.joined(rows)
        alike = [name for name in joined if _way(self.holdouts[name]) == _way(line)]
        return Looks(
            tuple(look for look in self.looks if look.rows in alike),
            n_rows=rows.n,
            metric=line["metric"],
            greater_is_better=line["greater"],
            answer=line["answer"],
            budget=line.get("budget"),
            holdouts=len(joined),
            unscored=sum(self.distinct[name] for name in joined if name not in alike),
            broken=log.broken,
            faults=tuple(dict.fromkeys([*self.faults, *log.faults])),
        )


def _way(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["metric"], line["greater"], line["answer"]
