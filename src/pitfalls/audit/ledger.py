"""A hold-out that counts how often it was asked."""

from __future__ import annotations

import base64
import io
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .._data import as_frame, n_rows
from .._words import counted, raised
from ..checks.asking import Answers, Together, answers_of, called, check_metric, flat, scorer_of
from ._held import Held, Kept
from ._log import Log
from ._rows_asked import Rows, fingerprint, row_numbers
from .looks import Looks

__all__ = ["BudgetSpentWarning", "Ledger"]

#: Parts of the rows that are left out in turn, to tell how a score varies over rows.
PARTS = 64
#: Metrics that are the mean of something over rows, which needs no leaving out.
BY_ROW: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "accuracy": lambda y, said: (y == said).astype(float),
    "neg_mean_absolute_error": lambda y, said: -np.abs(y - said),
    "neg_mean_squared_error": lambda y, said: -((y - said) ** 2),
}


class BudgetSpentWarning(UserWarning):
    """More looks were taken than were planned."""


class Ledger:
    """A hold-out that counts: each look is a line in a file.

    Parameters
    ----------
    X : frame, array, sparse matrix or list, n rows
        The held-out rows, as the models take them.
    y : array-like of shape (n,)
        Their outcomes.
    path : path
        The file of looks, JSON lines. It is made with the first look; several processes may share
        it, and several hold-outs too: what was asked of the same rows counts, whatever split or
        seed they came by.
    metric : str, scorer or callable (y_true, y_pred) -> float, default="accuracy"
        A name of ``sklearn.metrics.get_scorer_names()``, a scorer, or a function.
    greater_is_better : bool, default=True
        Of a function; a scorer knows.
    answer : {"exact", "coarse"}, default="exact"
        ``"coarse"`` answers by the ladder of Blum and Hardt: with a new score only where it is
        better than the last answer by more than the noise of the difference, and with the last
        answer else. The file then holds what was answered, and no score.
    budget : int, optional
        Looks that were planned. Those beyond it are answered, counted and warned of: a refusal
        would only move them to a file that nobody reads. The first budget of these rows holds.

    Raises
    ------
    ValueError
        If `y` does not fit, or the file has these rows with another metric, answer or budget.

    Notes
    -----
    What a look is: a set of answers to these rows that was not asked before. The rows are known
    by fingerprints, in any order; where their features were made anew, by their outcomes. The
    seals in the file tell an accident and a convenient correction, not somebody who makes all of
    them anew. A program that can read the hold-out's outcomes does not need the ledger; keep them
    where it cannot.

    References
    ----------
    A. Blum and M. Hardt (2015). The ladder: a reliable leaderboard for machine learning
    competitions. ICML, PMLR 37, 1006-1014.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(100, 3)), rng.integers(0, 2, 100)
    >>> folder = tempfile.TemporaryDirectory()
    >>> ledger = Ledger(X, y, Path(folder.name, "looks.jsonl"))
    >>> for seed in range(50):  # coins, each of which may be the best
    ...     score = ledger.score(rng.integers(0, 2, 100), note=f"seed {seed}")
    >>> report = ledger.report()
    >>> report.n_distinct, report.score > 0.58, report.low < 0.5 < report.high
    (50, True, True)
    >>> folder.cleanup()
    """

    def __init__(
        self,
        X: Any,
        y: Any,
        path: Path | str,
        *,
        metric: Any = "accuracy",
        greater_is_better: bool = True,
        answer: Literal["exact", "coarse"] = "exact",
        budget: int | None = None,
    ) -> None:
        self.X, self.y = X, _outcomes(X, y)
        self.path = Path(path)
        self.metric, self.answer, self.budget = check_metric(metric), answer, budget
        if answer not in ("exact", "coarse"):
            raise ValueError(f"answer={answer!r} must be 'exact' or 'coarse'")
        if budget is not None and (isinstance(budget, bool) or not budget >= 1):
            raise ValueError(f"budget={budget!r} must be a number of looks, at least 1")
        self._scorer = scorer_of(metric)
        self.greater_is_better = self._scorer is not None or bool(greater_is_better)
        numbers = row_numbers(X)
        self.rows = Rows.of(numbers, self.y)
        self._order = np.argsort(numbers, kind="stable")
        self._log = Log(self.path)
        self._held = Held()
        with self._log.held():
            self._read()
            self._agree()

    # Asking

    def score(self, model: Any, note: str = "") -> float:
        """Return the score of a model on the held-out rows, and write the look down.

        Parameters
        ----------
        model : object with ``predict``, callable or array-like of shape (n,)
            A fitted model, a function of rows, or the answers themselves.
        note : str, default=""
            What was tried.

        Returns
        -------
        float
            The score; with ``answer="coarse"`` what the ladder says.

        Raises
        ------
        ValueError
            If the answers do not fit the rows, or the metric does not take them.
        """
        said, form, number = self._asked(model)
        noise = self._noise(said)
        look: dict[str, Any] = {
            "kind": "look",
            "rows": self.rows.name,
            "asked": fingerprint(said[self._order]),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "note": str(note),
        }
        with self._log.held():
            self._read()
            self._write_faults()
            self._agree(write=True)
            again = self._held.asked.get((self.rows.name, look["asked"]))
            told = self._told(look, number, noise, said, form, again)
            self._log.append(look)
            self._held.take(look)
        self._warn_of_the_budget()
        return told

    def _told(
        self, look: dict[str, Any], number: float, noise: np.ndarray, said: np.ndarray, form: str,
        again: int | None,
    ) -> float:  # fmt: skip
        """Write into a look what is answered, and return it."""
        known, sign = self._held, 1 if self.greater_is_better else -1
        before, first = known.best.get(self.rows.name), known.first.get(self.rows.name)
        best = self._noise_of(before)
        from_best = _sd(noise - best) if best is not None else _sd(noise)
        rises = before is None or sign * (number - before.told) > 0
        if self.answer == "coarse":
            n = len(self.y)
            told = round(number * n) / n
            if before is not None and sign * (number - before.told) <= from_best:
                rises, told = False, before.told
            look["told"] = told
        else:
            told = number
            start = self._noise_of(first)
            look["score"], look["sd"] = number, _sd(noise)
            look["from_best"] = from_best
            look["from_first"] = _sd(noise - start) if start is not None else 0.0
        if rises and again is None:
            look["answers"], look["form"] = _packed(said), form
        return float(told)

    def _asked(self, model: Any) -> tuple[np.ndarray, str, float]:
        """Ask a model; return the answers that the metric takes, their form and score."""
        if callable(model) or hasattr(model, "predict"):
            answers = answers_of(model, self.X, self.y)
        else:
            answers = Answers(model, {"predict": flat(np.asarray(model), self.y)})
        errors: list[str] = []
        for form in answers.said:
            try:
                number = self._number(answers, form)
            except Exception as error:  # whatever a metric does not take
                errors.append(raised(error))
                continue
            if np.isfinite(number):
                return answers.of(form), form, number
            errors.append("the score is not a number")
        raise ValueError(
            f"metric={called(self.metric)} takes none of the model's answers ({errors[0]})"
        )

    def _number(self, answers: Answers, form: str) -> float:
        """Return the score of answers of one form; a scorer sees to what it wants of a model."""
        if self._scorer is None or not hasattr(answers.model, "predict"):
            return self._of_some(answers.of(form), np.arange(len(self.y)))
        model = Together([Answers(answers.model, {form: answers.said[form]})])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that no row is told to be
            return float(self._scorer(model, np.zeros((len(self.y), 1)), self.y))

    def _of_some(self, said: np.ndarray, rows: np.ndarray) -> float:
        """Return the score of some rows, as the function within the scorer has it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that are rare among some of the rows
            if self._scorer is None:
                return float(self.metric(self.y[rows], said[rows]))
            score, how = self._scorer._score_func, self._scorer._kwargs
            return float(self._scorer._sign * score(self.y[rows], said[rows], **how))

    def _noise(self, said: np.ndarray) -> np.ndarray:
        """Return what each row, or each part of the rows, has to do with the score."""
        by_row = BY_ROW.get(self.metric) if isinstance(self.metric, str) else None
        if by_row is not None:
            each = by_row(self.y, said)
            return np.asarray(each - each.mean(), dtype=float)
        n = len(self.y)
        parts = min(PARTS, n)
        part_of = np.random.default_rng(n).permutation(np.arange(n) * parts // n)
        without = np.full(parts, np.nan)
        for part in range(parts):
            with suppress(Exception):  # a class is missing, or whatever a metric does not take
                without[part] = self._of_some(said, np.flatnonzero(part_of != part))
        if not np.isfinite(without).any():
            return np.zeros(parts)
        middle = np.nanmean(without)
        return np.asarray((parts - 1) * (middle - np.nan_to_num(without, nan=middle)))

    def _noise_of(self, look: Kept | None) -> np.ndarray | None:
        """Return that of a look whose answers the file holds."""
        if look is None or look.answers is None:
            return None
        if look.noise is None:
            look.noise = self._noise(_unpacked(look.answers))
        return look.noise

    # The file

    def _read(self) -> None:
        for line in self._log.unread():
            self._held.take(line)

    def _write_faults(self) -> None:
        """Write down what is wrong with the file, before a new seal hides it."""
        for says in self._log.faults:
            if says not in self._held.faults:
                self._held.faults.append(says)
                self._log.append({"kind": "fault", "says": says})

    def _agree(self, *, write: bool = False) -> None:
        """Compare with what the file says of these rows, or write it down."""
        mine = self._line()
        theirs = self._held.holdouts.get(self.rows.name)
        if theirs is None:
            if write:
                self._log.append(mine)
                self._held.take(mine)
            return
        for name in ("metric", "greater", "answer"):
            if theirs.get(name) != mine[name]:
                raise ValueError(
                    f"{self.path.name} has these rows with {name}={theirs.get(name)!r} and not "
                    f"{mine[name]!r}; ask them as before, or hold out other rows"
                )
        if self.budget is not None and theirs.get("budget") != self.budget:
            raise ValueError(
                f"{self.path.name} has a budget of {theirs.get('budget')} for these rows, not "
                f"{self.budget}; a budget does not grow by asking again"
            )
        self.budget = theirs.get("budget")

    def _line(self) -> dict[str, Any]:
        """Return the line of these rows."""
        way = {
            "metric": called(self.metric),
            "greater": self.greater_is_better,
            "answer": self.answer,
        }
        return {"kind": "rows", **self.rows.as_line(), **way, "budget": self.budget}

    def _warn_of_the_budget(self) -> None:
        if self.budget is None:
            return
        n = sum(self._held.distinct[name] for name in self._held.joined(self.rows))
        if n > self.budget:
            warnings.warn(
                f"{counted(n, 'look')} at rows of which {counted(self.budget, 'look')} "
                f"{'was' if self.budget == 1 else 'were'} planned: what is best now is also what "
                "was lucky. Another seed or split of these rows is the same hold-out; new rows "
                "are not.",
                BudgetSpentWarning,
                stacklevel=3,
            )

    def report(self) -> Looks:
        """Return how many looks there were, and what the best of them is worth.

        Raises
        ------
        ValueError
            If nothing was asked yet.
        """
        with self._log.held():
            self._read()
        if self.rows.name not in self._held.holdouts:
            self._held.take(self._line())  # rows that others asked in part
        return self._held.report(self.rows, self._log)


def _outcomes(X: Any, y: Any) -> np.ndarray:
    frame = as_frame("y", y)
    if frame.shape[1] != 1 or len(frame) != n_rows("X", X):
        raise ValueError(
            f"y has {len(frame)} × {frame.shape[1]} values for the {n_rows('X', X)} rows of X; it "
            "must have one for each"
        )
    return frame.iloc[:, 0].to_numpy()


def _sd(noise: np.ndarray) -> float:
    """Return the standard deviation of a score from what its rows have to do with it."""
    return float(noise.std() / len(noise) ** 0.5)


def _packed(said: np.ndarray) -> str:
    """Return answers as a short text."""
    buffer = io.BytesIO()
    values = np.asarray(said)
    np.save(buffer, values.astype(str) if values.dtype == object else values, allow_pickle=False)
    return base64.b64encode(zlib.compress(buffer.getvalue(), 6)).decode()


def _unpacked(text: str) -> np.ndarray:
    data = zlib.decompress(base64.b64decode(text))
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))
