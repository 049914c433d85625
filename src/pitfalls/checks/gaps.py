"""Whether the score is lower on rows of somebody whom the model has not met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from .._arguments import check_count, check_rng
from .._data import outcome_in_order, take
from .._words import counted, raised
from ._exchanges import Exchanges, codes_of
from ._planting import Marks
from .groups import check_direction, groups_of
from .result import Finding, Result
from .runs import Runs

__all__ = ["score_gap_by"]

#: People are dealt into so many parts, of which one is tested; fewer where there are fewer people.
_PARTS = 5
#: The rows of each are dealt into so many pieces, of which one is tested and the rest is met.
_PIECES = 3
#: Chance of a false alarm at each look; there are three in a deal.
_ALARM = 0.002
#: Chance that a limit on the gap is too low.
_MISS = 0.01
#: The control runs so often.
_TRIES = 3
#: Scores differ where they are so many standard deviations of scores by chance apart.
_FAR = 5.0
#: Scores that differ by less leave nothing to be gained or lost.
_ALL_ALIKE = 0.005
#: So many comparisons tell how far they differ.
_LEAST_COMPARED = 4
#: Below this share of the gap where people are all that counts, a gap counts as none.
_NOTHING = 0.07


class _Split(NamedTuple):
    """Rows to be tested, and two training sets of the same size, one of which has met them."""

    strange: np.ndarray
    known: np.ndarray
    test: np.ndarray


def score_gap_by(
    evaluate: Callable[[Any, Any, Any, Any], float],
    X: Any,
    y: Any,
    who: Any,
    *,
    greater_is_better: bool | None = None,
    n_repeats: int = 1,
    random_state: Any = None,
) -> Result:
    """Measure how much lower the score is on rows of somebody whom the model has not met.

    A fifth of the annotators (patients, sites, devices) is drawn, and a third of the rows of each
    is tested, twice: by a model that was fitted on rows of the others alone, and by one that was
    fitted on as many rows, among them the other two thirds of these people's. Test rows and sizes
    are the same, so that nothing else can make a difference. Then the next third is tested, and
    the next fifth is drawn, until every row was tested once.

    Parameters
    ----------
    evaluate : callable (X_train, y_train, X_test, y_test) -> float
        Fits everything that you fit on the first two and scores it on the last two.
    X : n rows of any kind
        They are handed on as the kind of thing that they are.
    y : outcomes of any kind, n of them
        Rows without one, or without `who`, are left out.
    who : array-like of shape (n,)
        Who made or labelled each row.
    greater_is_better : bool, default=None
        False for a loss or an error. None finds out by the control.
    n_repeats : int, default=1
        How often the rows are dealt out, at most; `evaluate` runs thirty times for each, less
        where the answer is clear before, and six times for the control.
    random_state : int, Generator or None, default=None
        Seed of the deals.

    Returns
    -------
    Result
        One finding, ``"who"``. ``value`` is how much better the score is where two thirds of the
        rows of the same people were trained on, in points of your score, and ``null`` the most
        that luck makes of it.

        ``"clean"`` where the gap is, for sure, a small part of what it is where nothing but
        who made a row counts; that is the control, made of these very rows. ``"not checked"``
        where the control is not found, the gap cannot be told from none, there is one `who`, none
        has two rows, or the training rows have one outcome only.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it should be, or X, y and who differ in length.

    Notes
    -----
    Unlike that of `shared_groups`, this `value` is the size of something: what having met two
    thirds of somebody's rows is worth, in points of the score. It asks whether rows of *others*
    score lower, not whether the labels are right: where everybody makes the same mistake it sees
    nothing.

    After the comparison of Geva, Goldberg and Berant (2019), who trained with and without the
    annotators of the test rows. For power and false alarms see the evidence of chapter 10.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from pitfalls.checks import score_gap_by
    >>> rng = np.random.default_rng(0)
    >>> who = np.repeat(np.arange(12), 25)
    >>> style = np.eye(12)[who] + rng.normal(size=(300, 12)) / 4
    >>> leaning = rng.normal(size=12)[who]
    >>> y = (leaning + rng.normal(size=300) / 2 > 0).astype(int)
    >>> def evaluate(X_train, y_train, X_test, y_test):
    ...     return LogisticRegression().fit(X_train, y_train).score(X_test, y_test)
    >>> score_gap_by(evaluate, style, y, who, random_state=0).verdict
    'suspect'
    """
    rng = check_rng(random_state)
    n_repeats = check_count("n_repeats", n_repeats, least=1, most=10_000)
    check_direction(greater_is_better)
    runs = Runs(evaluate)
    groups_of("who", who, X, y)
    (codes, unknown), (labels, blank) = codes_of("who", who), codes_of("y", y)
    rows = np.flatnonzero(~unknown & ~blank)
    notes = []
    if len(rows) < len(codes):
        gone = counted(len(codes) - len(rows), "row")
        notes.append(f"{gone} without who or without an outcome left out.")
    group = pd.factorize(codes[rows])[0]
    if why := _hopeless(group, labels[rows]):
        return Result("score_gap_by", (Finding.missing("who", why),), tuple(notes))
    X, y = (
        one if len(rows) == len(codes) else take(n, one, rows) for n, one in (("X", X), ("y", y))
    )
    trial = _Trial(runs, X, y, group, labels[rows], rng)
    gain = trial.control()
    sign = None if not gain else 1 if gain > 0 else -1
    if greater_is_better is not None:
        sign = 1 if greater_is_better else -1
    trial.compare(n_repeats, sign or 1, abs(gain))
    notes.append(f"evaluate ran {counted(runs.count, 'time')}.")
    return Result("score_gap_by", (_judged(trial, sign, gain),), tuple(notes))


def _hopeless(group: np.ndarray, labels: np.ndarray) -> str:
    """Say why nothing can be compared, or nothing."""
    sizes = np.bincount(group) if len(group) else np.zeros(0)
    if len(sizes) == 0:
        return "there is no row with both an outcome and a who; hand over those that have both."
    if len(sizes) == 1:
        return "all rows are of one who, so that nobody else could be tested."
    if sizes.max() == 1:
        return "nobody has two rows, so that none can be met again; is this the right column?"
    return "all outcomes are the same." if len(np.unique(labels)) == 1 else ""


def _splits(group: np.ndarray, rng: np.random.Generator) -> Iterator[_Split]:
    """Deal people into parts, and the rows of each into pieces; test every row once."""
    n, n_groups = len(group), int(group.max()) + 1
    part = (rng.permutation(n_groups) % min(_PARTS, n_groups))[group]
    shuffled = rng.permutation(n)
    place = np.empty(n, dtype=int)
    place[shuffled] = pd.Series(shuffled).groupby(group[shuffled]).cumcount()
    first = rng.integers(_PIECES, size=n_groups)[group]  # so that those of one row are dealt, too
    piece = (place + first) % _PIECES
    for tested in range(_PIECES):
        for number in range(part.max() + 1):
            own, others = part == number, np.flatnonzero(part != number)
            met = np.flatnonzero(own & (piece != tested))
            met = rng.permutation(met)[: len(others) // 2]
            left = rng.permutation(others)[: len(others) - len(met)]
            test = np.flatnonzero(own & (piece == tested))
            if len(test) and len(met):
                yield _Split(others, np.sort(np.r_[left, met]), test)


class _Trial:
    """Runs of one procedure on rows of people that it has met and that it has not."""

    def __init__(
        self,
        runs: Runs,
        X: Any,
        y: Any,
        group: np.ndarray,
        labels: np.ndarray,
        rng: np.random.Generator,
    ) -> None:
        self._runs, self._X, self._y = runs, X, y
        self._group, self._labels, self._rng = group, labels, rng
        self.scores: list[tuple[float, float]] = []
        self.in_a_deal = 1
        self.problem = ""

    def control(self) -> float:
        """Return what it gives to have met people who are all that counts; 0 if it is not seen."""
        exchanges = Exchanges(self._y, self._group, self._rng)
        for mark in Marks(self._X, int(self._group.max()) + 1, self._rng).ways:
            marked, scores = mark(self._group), []
            if marked is None:
                continue
            for split in islice(_splits(self._group, self._rng), _TRIES):
                order = exchanges.one_for_each()
                loose = self._rng.permutation(len(order))
                try:
                    scores.append(
                        [
                            self._score(marked, one, split.known, split.test)
                            for one in (order, order[loose])
                        ]
                    )
                except Exception as error:  # whatever a procedure of somebody else may raise
                    self.problem = raised(error)
            if len(scores) == _TRIES and np.isfinite(scores).all():
                met, dealt = np.transpose(scores)
                gain = float(np.mean(met - dealt))
                luck = np.hypot(met.std(ddof=1), dealt.std(ddof=1)) / _TRIES**0.5
                if abs(gain) > max(_FAR * luck, 1e-9):
                    return gain
        return 0.0

    def _score(
        self, X: Any, order: np.ndarray | None, train: np.ndarray, test: np.ndarray
    ) -> float:
        y = self._y if order is None else outcome_in_order(self._y, order)
        parts = [take(n, one, rows) for rows in (train, test) for n, one in (("X", X), ("y", y))]
        return self._runs.score(*parts)

    def compare(self, n_repeats: int, sign: int, gain: float) -> None:
        """Test rows after training with and without their people, until it is clear."""
        for _ in range(n_repeats):
            splits = list(_splits(self._group, self._rng))
            self.in_a_deal = max(self.in_a_deal, len(splits))
            for number, split in enumerate(splits, start=1):
                self._compare(split)
                look = number % -(-len(splits) // _PIECES) == 0 or number == len(splits)
                if look and self._clear(sign, gain):
                    return

    def _compare(self, split: _Split) -> None:
        if any(len(np.unique(self._labels[rows])) < 2 for rows in split[:2]):
            return
        try:
            scores = [self._score(self._X, None, rows, split.test) for rows in split[:2]]
        except Exception:
            if len(np.unique(self._labels[split.test])) > 1:  # else the metric is not defined
                raise
            return
        if np.isfinite(scores).all():
            self.scores.append((scores[0], scores[1]))

    def gap(self) -> tuple[float, float, int]:
        """Return the mean gap, its standard error, and how many comparisons it is made of."""
        gaps = np.subtract([known for _, known in self.scores], [new for new, _ in self.scores])
        # A second deal has the same rows again: it makes the mean steadier, not surer.
        error = gaps.std(ddof=1) / min(len(gaps), self.in_a_deal) ** 0.5
        return float(gaps.mean()), float(error), len(gaps)

    def luck(self) -> float:
        """Return how large a gap luck alone makes."""
        _, error, n = self.gap()
        return float(stats.t.isf(_ALARM, n - 1)) * error

    def little(self, sign: int, gain: float) -> bool:
        """Whether the gap is, for sure, small beside the control's."""
        mean, error, n = self.gap()
        return sign * mean + float(stats.t.isf(_MISS, n - 1)) * error < _NOTHING * gain

    def _clear(self, sign: int, gain: float) -> bool:
        if len(self.scores) < _LEAST_COMPARED or not gain:
            return False
        return self.little(sign, gain) or sign * self.gap()[0] > self.luck()


def _judged(trial: _Trial, sign: int | None, gain: float) -> Finding:
    """Say how large the gap is."""
    if len(trial.scores) < _LEAST_COMPARED:
        return Finding.missing(
            "who",
            "too few splits gave a score: a training part has one outcome only, or too few people "
            "made the rows.",
        )
    mean, luck = trial.gap()[0], trial.luck()
    new, known = np.mean(trial.scores, axis=0)
    if sign is None and abs(mean) > luck:
        return Finding.missing(
            "who",
            f"the score of new people's rows is {new:.2f} and of known ones' {known:.2f}, but "
            "whether more is better could not be seen; say so by greater_is_better=.",
        )
    if gain and (sign or 1) * gain < 0:
        return Finding.missing(
            "who",
            f"greater_is_better={sign == 1} contradicts the control, where people who are easy to "
            f"recognise move the score by {gain:+.2f}.",
        )
    said = f"rows of people who were not met score {new:.2f}, of people who were {known:.2f}"
    return Finding.judged(
        "who",
        (sign or 1) * mean,
        luck,
        seen=bool(gain) and trial.little(sign or 1, abs(gain)),
        says=f"{said}, by training sets of the same size.",
        blind=_blind(trial, gain, said),
        cure=(
            "claim the score of rows by people who were held out (GroupKFold), or say that the "
            "claim is for these people alone."
        ),
    )


def _blind(trial: _Trial, gain: float, said: str) -> str:
    if gain:
        return (
            f"{said}; with {counted(len(trial.scores), 'comparison')} a gap of "
            f"{abs(trial.gap()[0]) + trial.luck():.2f} could not be told from none. More rows "
            "would tell."
        )
    if trial.scores and np.ptp(trial.scores) < _ALL_ALIKE:
        return (
            f"{said}: every score is all but the same, and people who were written into the rows "
            "could not raise it, so nothing could be seen. Harder rows would tell."
        )
    why = f" ({trial.problem})" if trial.problem else ""
    return (
        f"people who were written into the rows were not found either{why}, so nothing could be "
        "seen; does evaluate fit on what it is given?"
    )
