"""The file of a ledger, and the logs of other programs, judged afterwards."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from .._words import nearest
from ._held import Held
from ._log import Log
from ._rows_asked import Rows
from .looks import Look, Looks

__all__ = ["read_ledger", "read_looks"]


def read_ledger(path: Path | str) -> list[Looks]:
    """Return what the file of a ledger says, a report for rows that have nothing in common.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no ledger, or nothing was asked yet.
    """
    log, held = Log(path), Held()
    if not log.path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    with log.held():
        for line in log.unread():
            held.take(line)
    if not held.looks:
        raise ValueError(f"{log.path.name} is no ledger of looks, or nothing was asked yet")
    found, left = [], [name for name in held.holdouts if held.distinct[name]]
    while left:
        name = max(left, key=lambda one: held.distinct[one])
        rows = Rows.from_line(held.holdouts[name])
        found.append(held.report(rows, log))
        left = [one for one in left if one != name and one not in held.joined(rows)]
    return found


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
