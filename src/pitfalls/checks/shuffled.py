"""Whether a procedure scores on labels that mean nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import stats

from .._arguments import check_count, check_rng
from .._data import as_frame, n_rows, outcome_in_order, take
from .._words import counted, raised
from ._meaningless import Outcomes, whole_units
from ._metrics import Metric, as_metric, guess, outcome_of, said_by
from ._nothing import Chance, chance_of
from .result import Finding, Result
from .runs import Runs

__all__ = ["scores_on_shuffled_labels"]

_OF = "shuffled labels"
#: With fewer rows there is nothing to split, and with fewer groups or blocks nothing to exchange.
_FEWEST_ROWS, _FEWEST_UNITS = 20, 8
#: Shuffles to begin with, and the most that are made without being asked for.
_FIRST, _MOST = 20, 60
#: More shuffles than that are not proposed.
_FEASIBLE = 1_000
#: One false alarm in two hundred.
_SURE = 0.995
#: A leak counts as one that would have been seen if it is in nine of ten cases.
_SEEN = 0.9
#: "Clean" wants a leak to be seen that is a tenth of the way from chance to a perfect answer.
_SHARE = 0.1
#: The share of rows that are withheld where the procedure gives its model: one of so many.
_EVERY = 4
_WITHHELD = 1 / _EVERY
#: Orders of the withheld outcomes that a model is scored on: luck of the null is then small.
_ORDERS = 10
_CURE = (
    "let everything that reads y (choosing, encoding, resampling, tuning, stopping) see training "
    "rows only, such as in a Pipeline inside the cross-validation, and score on rows that it has "
    "not seen."
)


def scores_on_shuffled_labels(
    evaluate: Callable[..., Any],
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    blocks: Any = None,
    metric: Any = None,
    greater_is_better: bool | None = None,
    n_shuffles: int | None = None,
    random_state: Any = None,
) -> Result:
    """Run a whole procedure on labels that mean nothing, and see whether it scores all the same.

    Labels that mean nothing cannot be predicted. A procedure that does better on them than knowing
    nothing has seen what it is scored on.

    Parameters
    ----------
    evaluate : callable (X, y) -> float, or (float, model)
        Everything between the raw data and the number that you report: selection, scaling,
        splitting, fitting, scoring. A model is a function of rows, or has ``predict``. Where it
        gives its model, and `metric` is given, the model is scored as well on rows that the
        procedure never saw: the sharpest form of this check.
    X : frame, array of any shape, sparse matrix, tensor or list of n rows
        The raw data, handed to `evaluate` as they are.
    y : array-like of shape (n,), or frame of n rows
        The outcomes. `evaluate` gets them as the type that they are.
    groups : array-like of shape (n,), optional
        Which patient, device or document a row is of: groups exchange their outcomes whole.
    blocks : int or array-like of shape (n,), optional
        For rows in the order of time: how many make a block, or the block of each row. Blocks are
        put in another order whole.
    metric : str or callable (y_true, y_pred) -> float, optional
        What `evaluate` returns: the name of a scikit-learn scorer, or a function. By default it is
        told from what the procedure scores where every answer is known.
    greater_is_better : bool, optional
        Whether more of the score is better. By default this is found by handing over features that
        know the outcomes.
    n_shuffles : int, optional
        How often to shuffle; at least 2. By default 20, and as many more, up to 60, as it takes
        to see a leak of a tenth of the way from chance to a perfect answer.
    random_state : int, Generator or None, default=None
        Seed of the shuffles.

    Returns
    -------
    Result
        One finding, ``"shuffled labels"``. ``value`` is how much better the procedure does, on
        average, than knowing nothing, in the units of its own score, whichever direction is
        better; ``null`` is the most that luck explains. ``"clean"`` where a leak of a tenth of the
        way from chance to a perfect answer would have been seen. ``"not checked"`` where not, or
        where the procedure does not profit from features that know the outcomes.

    Raises
    ------
    ValueError, TypeError
        If `X`, `y`, `groups` and `blocks` do not fit each other, or the metric is unknown.

    Notes
    -----
    Knowing nothing is the best of three: a constant, in hindsight; a guess; and the procedure
    itself on rows that are copies of one row. No honest procedure can expect more. Many get less:
    under accuracy with one class of 90 %, one that fits noise gets less than "always the common
    one", and a leak may hide below it. So classes are dealt out equally often where this tells
    more. They keep their shares under a metric for which that makes no difference, such as AUROC.
    Where a score lies well below a constant all the same, as R² of a model that fits noise does,
    nothing can be told from scores alone: the verdict is ``"not checked"`` until the procedure
    returns its model.

    The limit of luck is one of Student's, of 1 in 200, over the shuffles. They differ from each
    other in nothing but their labels. See Ojala and Garriga (2010) on what tests by permutation
    show. Power and false alarms: see the evidence.

    It sees what passes through the outcomes. It cannot see copies of rows, late features or wrong
    labels; of groups and times it sees what `groups` and `blocks` ask for. A function that keeps
    its own data, or its own outcomes, cannot be checked.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.feature_selection import SelectKBest
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from pitfalls.checks import scores_on_shuffled_labels
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(100, 500)), rng.integers(2, size=100)
    >>> def choose_then_split(X, y):
    ...     return cross_val_score(GaussianNB(), SelectKBest(k=9).fit_transform(X, y), y).mean()
    >>> scores_on_shuffled_labels(choose_then_split, X, y, random_state=0).verdict
    'suspect'
    """
    runs, rng = Runs(evaluate), check_rng(random_state)
    if n_shuffles is not None:
        n_shuffles = check_count("n_shuffles", n_shuffles, least=2)
    frame, n = as_frame("y", y), n_rows("y", y)
    if hasattr(X, "shape") and n_rows("X", X) != n:
        raise ValueError(f"X has {n_rows('X', X)} rows and y {n}; hand over one for each")
    units = whole_units(n, groups, blocks)
    outcomes = Outcomes(frame, units, in_time=blocks is not None, rng=rng)
    answers = outcome_of(frame) if frame.shape[1] == 1 else None
    asked = None
    if metric is not None:
        if answers is None:
            raise ValueError("metric is for one column of outcomes; leave it out")
        asked = as_metric(metric, answers, greater_is_better=greater_is_better)
    missing = _too_few(n, outcomes, frame)
    if missing:
        return _result(Finding.missing(_OF, missing))
    task = _Task(runs, X, y, answers, outcomes, asked, greater_is_better, n_shuffles)
    finding = task.found()
    task.notes.append(f"The procedure ran {counted(runs.count, 'time')} in {runs.seconds:.3g} s.")
    return _result(finding, *task.notes)


def _result(finding: Finding, *notes: str) -> Result:
    return Result("scores_on_shuffled_labels", (finding,), notes)


def _too_few(n: int, outcomes: Outcomes, frame: Any) -> str:
    if n < _FEWEST_ROWS:
        return f"{counted(n, 'row')}; it takes {_FEWEST_ROWS} to tell anything."
    if outcomes.n_units < _FEWEST_UNITS:
        return (
            f"{counted(outcomes.n_units, 'group or block', 'groups or blocks')} to exchange "
            f"outcomes; it takes {_FEWEST_UNITS}."
        )
    if len(frame.drop_duplicates()) < 2:
        return "all outcomes are equal; hand over rows of which some differ."
    return ""


@dataclass
class _Task:
    """One procedure, on one set of rows."""

    runs: Runs
    X: Any
    y: Any
    answers: np.ndarray | None
    outcomes: Outcomes
    metric: Metric | None
    greater: bool | None
    n_shuffles: int | None
    notes: list[str] = field(default_factory=list)

    def found(self) -> Finding:
        """Run the procedure, and judge."""
        true, model = self.runs(self.X, self.y)
        if math.isnan(true):
            return Finding.missing(_OF, "the procedure gives no number for the true labels.")
        chance = chance_of(
            self.runs, self.X, self.y, self.answers, self.outcomes, self.metric, self.greater
        )
        self.notes += chance.notes
        if chance.blind:
            return Finding.missing(_OF, chance.blind)
        if model is not None and self.metric is not None and chance.form is not None:
            try:
                return self._against_withheld(chance, true)
            except Exception as error:  # the reader's function, on fewer rows than it knows
                self.notes.append(
                    f"Without some of its rows the procedure fails ({raised(error)}), "
                    "so its model was not scored on withheld ones."
                )
        elif model is not None and self.metric is None:
            self.notes.append("With metric= the model would be scored on withheld rows as well.")
        return self._against_chance(chance, true)

    def _against_chance(self, chance: Chance, true: float) -> Finding:
        def one() -> tuple[float, float]:
            order = chance.order()
            return self.runs.score(self.X, outcome_in_order(self.y, order)), chance.most

        scores = self._repeated(one, chance, withheld=False)
        if len(scores) < 2:
            return Finding.missing(_OF, "the procedure gives no numbers on shuffled labels.")
        return _judged(scores, chance, true, withheld=False)

    def _against_withheld(self, chance: Chance, true: float) -> Finding:
        form, metric, answers = chance.form, self.metric, self.answers
        assert form is not None and metric is not None and answers is not None
        chance = replace(chance, low=form.of(guess(metric, answers)), told="on withheld rows")

        def one() -> tuple[float, float]:
            order = self.outcomes.shuffled()
            kept, withheld = self._sides(order)
            labels = outcome_in_order(self.y, order)
            score, model = self.runs(take("X", self.X, kept), take("y", labels, kept))
            meaningless = answers[order]
            ask = said_by(metric, model, take("X", self.X, withheld), meaningless[withheld])
            draws = [self.outcomes.rng.permutation(meaningless[withheld]) for _ in range(_ORDERS)]
            return score, form.of(float(np.nanmean([ask(draw) for draw in draws])))

        scores = self._repeated(one, chance, withheld=True)
        if len(scores) < 2:
            raise ValueError("no numbers")
        return _judged(scores, chance, true, withheld=True)

    def _sides(self, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows that the procedure gets and those that it does not; groups whole.

        Classes have the same share on both sides: else the one that is common among the rows that
        the procedure gets is rare among the others, and knowing that much looks like a leak.
        """
        n, units, rng = self.outcomes.n, self.outcomes.units, self.outcomes.rng
        out = np.zeros(n, dtype=bool)
        if units is None:
            ranks = self.outcomes.ranks if self.outcomes.codes is None else self.outcomes.codes
            dealt = np.lexsort((rng.random(n), ranks[order]))
            first = rng.integers(_EVERY)
            out[dealt[first::_EVERY]] = True
        else:
            for place in rng.permutation(len(units))[: max(1, round(_WITHHELD * len(units)))]:
                out[units[place]] = True
        return np.flatnonzero(~out), np.flatnonzero(out)

    def _repeated(
        self, one: Callable[[], tuple[float, float]], chance: Chance, *, withheld: bool
    ) -> np.ndarray:
        """Return scores and what knowing nothing gets, for as many shuffles as it takes."""
        n = self.n_shuffles or _FIRST
        pairs = [one() for _ in range(n)]
        while self.n_shuffles is None and len(pairs) < _MOST:
            wanted = min(_MOST, _shuffles_for(_known(pairs), chance, withheld=withheld))
            if wanted <= len(pairs):
                break
            pairs += [one() for _ in range(wanted - len(pairs))]
        known = _known(pairs)
        if len(known) < len(pairs):
            gone = len(pairs) - len(known)
            self.notes.append(f"{counted(gone, 'shuffle')} without a number left out.")
        return known


def _known(pairs: list[tuple[float, float]]) -> np.ndarray:
    scores = np.array(pairs, dtype=float)
    return scores[np.isfinite(scores).all(axis=1)]


def _reach(n: int) -> float:
    """Return how many standard errors a leak must have to be seen as often as is asked for."""
    return float(stats.t.ppf(_SURE, n - 1) + stats.t.ppf(_SEEN, n - 1))


def _room(chance: Chance, *, withheld: bool) -> float:
    """Return how far below knowing nothing an honest procedure may lie, and a leak hide."""
    return 0.0 if withheld else max(0.0, chance.sign * (chance.most - chance.low))


def _shuffles_for(scores: np.ndarray, chance: Chance, *, withheld: bool) -> int:
    """Return how many shuffles see a leak of the size asked for; from their spread alone."""
    left = _SHARE * chance.span - _room(chance, withheld=withheld)
    if len(scores) < 2 or left <= 0:
        return 0
    spread = (scores[:, 0] - scores[:, 1]).std(ddof=1)
    return math.ceil((_reach(len(scores)) * spread / left) ** 2)


def _judged(scores: np.ndarray, chance: Chance, true: float, *, withheld: bool) -> Finding:
    """Compare scores on labels that mean nothing with what knowing nothing gets."""
    above = chance.sign * (scores[:, 0] - scores[:, 1])
    n, spread = len(above), above.std(ddof=1)
    error = float(np.hypot(spread / n**0.5, 0 if withheld else chance.error))
    value, null = float(above.mean()), float(stats.t.ppf(_SURE, n - 1)) * error + 1e-9
    below = max(0 if withheld else -value, _room(chance, withheld=withheld))
    smallest = _reach(n) * error + below
    score, nothing = scores.mean(axis=0)
    lost = chance.sign * (score - chance.low) < -_SHARE * chance.span
    against = (
        f"the models that it gives score {_short(nothing)} on withheld rows"
        if withheld
        else f"knowing nothing gets {_short(nothing)} ({chance.told})"
    )
    says = (
        f"on labels that mean nothing the procedure scores {_short(score)}, and {against}; luck "
        f"in {counted(n, 'shuffle')} explains a difference of {_short(null)}. On the true labels "
        f"it scores {_short(true)}."
    )
    if value <= null:
        says += (
            f" A leak of {_short(smallest)} would have been seen in nine of ten cases; from "
            f"knowing nothing to features that know the labels it is {_short(chance.span)}."
        )
    if withheld and lost and value > null:
        return Finding.missing(
            _OF,
            f"on labels that mean nothing the procedure scores {_short(score)}, worse than a "
            f"guess ({_short(chance.low)}): its model fits noise so wildly that nothing can be "
            "told; let it be simpler.",
        )
    return Finding.judged(
        _OF,
        value,
        null,
        seen=smallest <= _SHARE * chance.span * (1 + 1e-6),
        says=says,
        blind=_blind(score, nothing, below, smallest, n, chance),
        cure=_CURE,
    )


def _blind(
    score: float, nothing: float, below: float, smallest: float, n: int, chance: Chance
) -> str:
    """Say what could not be seen, and what would help."""
    told = (
        f"on labels that mean nothing the procedure scores {_short(score)}, no better than "
        f"knowing nothing ({_short(nothing)}, {chance.told})"
    )
    room = _SHARE * chance.span - below
    if room > 0:
        wanted = max(n + 1, math.ceil(n * ((smallest - below) / room) ** 2))
        cure = (
            f"n_shuffles={wanted} or more rows"
            if wanted <= _FEASIBLE
            else "more rows, or a metric that varies less,"
        )
        return (
            f"{told}, but a leak of up to {_short(smallest)} would not have been seen; {cure} "
            "would show it."
        )
    first = "" if chance.form is not None else " pass metric=, and"
    return (
        f"{told}. One that fits noise gets less than that, so a leak could hide below it;{first} "
        "let evaluate return (score, model), so that the model is scored on withheld rows."
    )


def _short(number: float) -> str:
    return (
        f"{number:.3g}"
        if abs(number) >= 1
        else f"{number:.2f}"
        if abs(number) > 0.0995
        else (f"{number:.3f}")
    )
