"""Whether predictions are better than a constant, a guess, or the value before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from .._arguments import check_count, check_rng
from .._data import as_frame
from .._times import read_times, time_numbers
from .._words import counted
from ._draws import DRAWS, Rows
from ._metrics import (
    Metric,
    as_metric,
    as_shares,
    best_constant,
    outcome_of,
    thinned,
    tried_once,
)
from .result import Finding, Result

__all__ = ["beats_baselines", "best_of_answers"]

#: With fewer rows no difference is more than luck.
_FEWEST = 20
#: One time in two hundred luck explains more.
_SURE = float(stats.norm.ppf(0.995))
#: An improvement counts as one that would have been seen if it is in nine of ten cases ...
_SEEN = float(stats.norm.ppf(0.9))
#: ... and rows are enough if that is so for a tenth of the way from the baseline to perfect.
_SHARE = 0.1
#: A model that is less than a fiftieth of that way ahead, and within luck, is no better.
_NO_BETTER = 0.02
#: Guesses that are averaged.
_GUESSES = 9
_CALLED = {
    "constant": "the constant",
    "guess": "a guess",
    "last value": "the last value",
    "a period ago": "the value a period ago",
}
_NOTHING = "The score that you report says so itself."
_CURE = (
    "report the baseline beside your score, and say what the model adds to it; without an "
    "advantage, use the baseline."
)


def beats_baselines(
    y_true: Any,
    y_pred: Any,
    metric: Any,
    *,
    y_train: Any = None,
    time: Any = None,
    groups: Any = None,
    previous: Any = None,
    period: int | None = None,
    claimed: float | None = None,
    greater_is_better: bool | None = None,
    random_state: Any = None,
) -> Result:
    """Compare predictions with those of somebody who knows nothing, under the reader's own metric.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        Outcomes of the test rows.
    y_pred : array-like of shape (n,) or (n, n_classes)
        What the model says of them, as `metric` takes it: labels, numbers or shares.
    metric : str or callable (y_true, y_pred) -> float
        The name of a scikit-learn scorer, or a function.
    y_train : array-like, optional
        Outcomes of the training rows, which the constant and the guess are taken from. Without
        them they are those of the test rows in hindsight, which is a little hard on the model.
    time : array-like of shape (n,), optional
        When each row was. Asks for the last value: the outcome of the row before.
    groups : array-like of shape (n,), optional
        Which shop, patient or device a row is of: the row before is one of the same.
    previous : array-like of shape (n,), optional
        The last outcome that was known when the prediction was made, where that is not the row
        before.
    period : int, optional
        How many rows ago the same hour, weekday or month was, such as 24 or 7. With `time`.
    claimed : float, optional
        The score that you report. Where it says itself that nothing was learned, nobody is misled
        by it, and no baseline makes it suspect: ``"not checked"``.
    greater_is_better : bool, optional
        Whether more of the metric is better. By default found by comparing perfect answers with
        guesses.
    random_state : int, Generator or None, default=None
        Seed of the guesses and of the bootstrap.

    Returns
    -------
    Result
        A finding for each baseline: ``"constant"``, ``"guess"`` where outcomes are classes,
        ``"last value"`` and ``"a period ago"`` where asked for. ``value`` is how far the baseline
        is *ahead* of the model, whichever direction of the metric is better: below 0 where the
        model is better. ``null`` is minus the advantage that a model must have: the least of luck
        and of a fiftieth of the way from the baseline to perfect answers. ``"clean"`` where the
        model is ahead by more than luck. ``"not checked"`` where it is ahead by less, or where
        there are too few rows for an improvement of a tenth of that way to be seen.

    Raises
    ------
    ValueError, TypeError
        If lengths differ, the metric is unknown, or `period` comes without `time`.

    Notes
    -----
    Luck is the difference of the two scores over rows drawn with replacement, the same for both;
    whole groups with `groups`, and blocks of rows that follow each other with `time`. Rows without
    a value before are left out of that comparison, for both sides. Of persistence as the reference
    that a forecast has to beat, see Hyndman and Koehler (2006).

    It cannot see whether the baseline is the best one: a single column, or last year's model, may
    be better than these.

    Examples
    --------
    >>> import numpy as np
    >>> from pitfalls.checks import beats_baselines
    >>> price = 100 + np.random.default_rng(0).normal(size=1000).cumsum()
    >>> forecast = 0.9 * np.r_[100, price[:-1]] + 10  # R² is 0.98
    >>> beats_baselines(price, forecast, "r2", time=np.arange(1000), random_state=0).verdict
    'suspect'
    """
    return best_of_answers(
        y_true, [y_pred], metric, y_train=y_train, time=time, groups=groups, previous=previous,
        period=period, claimed=claimed, greater_is_better=greater_is_better,
        random_state=random_state,
    )  # fmt: skip


def best_of_answers(
    y_true: Any,
    answers: Sequence[Any],
    metric: Any,
    *,
    y_train: Any = None,
    time: Any = None,
    groups: Any = None,
    previous: Any = None,
    period: int | None = None,
    claimed: float | None = None,
    greater_is_better: bool | None = None,
    random_state: Any = None,
) -> Result:
    """Compare the one of several answers that scores best; see `beats_baselines`.

    Raises
    ------
    ValueError, TypeError
        As `beats_baselines` does, of the last of the answers where there is none that will do.
    """
    rng = check_rng(random_state)
    truth = _column("y_true", y_true)
    several = _whole(answers, truth)
    if len(truth) < _FEWEST:
        few = f"{counted(len(truth), 'row')}; it takes {_FEWEST} to tell anything."
        return Result("beats_baselines", (Finding.missing("constant", few),))
    if len(np.unique(truth)) < 2:
        alike = "all outcomes are equal, so that a constant is perfect."
        return Result("beats_baselines", (Finding.missing("constant", alike),))
    learned = truth if y_train is None else _column("y_train", y_train)
    known = np.concatenate([truth, learned]) if learned.dtype.kind == truth.dtype.kind else truth
    asked = as_metric(metric, known, greater_is_better=greater_is_better)
    order, group = _order(time, groups, len(truth))
    rivals = dict(_rivals(asked, learned, len(truth), rng))
    rivals |= _earlier(truth, order, group, previous, period, time is not None)
    rows = Rows(order, group, time is not None, rng)
    findings = _of_best(asked, truth, several, rivals, rows)
    if claimed is not None and _says_nothing(asked, float(claimed), truth, learned, rng):
        findings = tuple(
            Finding.missing(one.of, f"{one.says} {_NOTHING}") if one.verdict == "suspect" else one
            for one in findings
        )
    notes = () if y_train is not None else ("The constant is the best in hindsight.",)
    return Result("beats_baselines", findings, notes)


def _whole(answers: Sequence[Any], truth: np.ndarray) -> list[np.ndarray]:
    """Return those answers that are one for each row."""
    found: list[np.ndarray] = []
    problem: Exception | None = None
    gaps = "y_true or y_pred has gaps; leave out those rows, and say how many"
    for one in answers:
        try:
            said = _said(one, len(truth))
            if pd.isna(truth).any() or (said.dtype.kind == "f" and np.isnan(said).any()):
                raise ValueError(gaps)
            found.append(said)
        except (ValueError, TypeError) as error:
            problem = error
    if not found:
        raise problem or ValueError("the model gives no answers")
    return found


def _of_best(
    metric: Metric,
    truth: np.ndarray,
    answers: Sequence[np.ndarray],
    rivals: Mapping[str, list[Any]],
    rows: Rows,
) -> tuple[Finding, ...]:
    """Compare the answers that score best; the next best where the metric does not take them."""

    def worth(said: np.ndarray) -> float:
        score = tried_once(metric, truth, said)
        return score if metric.greater else -score

    best_first = sorted(answers, key=worth, reverse=True) if len(answers) > 1 else answers
    problem: Exception | None = None
    for said in best_first:
        try:
            return tuple(
                _compared(name, metric, truth, said, rival, rows) for name, rival in rivals.items()
            )
        except (ValueError, TypeError) as error:
            problem = error
            rows.known.clear()
    assert problem is not None
    raise problem


def _says_nothing(
    metric: Metric,
    claimed: float,
    truth: np.ndarray,
    learned: np.ndarray,
    rng: np.random.Generator,
) -> bool:
    """Whether a score is near what drawing any label gives, or one number for all."""
    labels = np.unique(truth)
    if metric.takes_shares:
        naive = metric.score(truth, best_constant(metric, learned, len(truth)))
    elif truth.dtype.kind in "biuOUS" and len(labels) <= max(2, len(truth) // 5):
        drawn = [metric.score(truth, rng.choice(labels, len(truth))) for _ in range(_GUESSES)]
        naive = float(np.mean(drawn))
    else:
        naive = metric.score(truth, best_constant(metric, learned, len(truth)))
    perfect = metric.score(truth, as_shares(truth) if metric.takes_shares else truth)
    gained = (claimed - naive) * (1 if metric.greater else -1)
    return bool(gained <= _SHARE * abs(perfect - naive))


def _column(name: str, given: Any) -> np.ndarray:
    frame = as_frame(name, given)
    if frame.shape[1] != 1:
        raise ValueError(f"{name} has {frame.shape[1]} columns; hand over one")
    return outcome_of(frame)


def _said(y_pred: Any, n: int) -> np.ndarray:
    frame = as_frame("y_pred", y_pred)
    if len(frame) != n:
        raise ValueError(f"y_pred has {len(frame)} rows and y_true {n}; hand over one for each")
    return outcome_of(frame) if frame.shape[1] == 1 else frame.to_numpy(dtype=float)


def _order(time: Any, groups: Any, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows in order of time, and the number of each row's group."""
    columns = {"time": time, "groups": groups}
    for name, given in columns.items():
        if given is not None and len(as_frame(name, given)) != n:
            raise ValueError(
                f"{name} has {len(as_frame(name, given))} rows and y_true {n}; hand over one for "
                "each"
            )
    group = np.zeros(n, dtype=int)
    if groups is not None:
        group = pd.factorize(as_frame("groups", groups).iloc[:, 0], use_na_sentinel=False)[0]
    order = np.arange(n)
    if time is not None:
        when = as_frame("time", time).iloc[:, 0]
        if when.isna().any():
            raise ValueError("time has gaps; leave out those rows")
        order = np.argsort(time_numbers(read_times("time", when)), kind="stable")
    return order, group


def _rivals(
    metric: Metric, learned: np.ndarray, n: int, rng: np.random.Generator
) -> Mapping[str, list[Any]]:
    """Return what those say who know nothing but earlier outcomes."""
    found = {"constant": [best_constant(metric, learned, n)]}
    labels = np.unique(learned)
    if learned.dtype.kind in "biuOUS" and len(labels) <= max(2, len(learned) // 5):
        some = thinned(learned, len(learned))
        drawn = [rng.choice(some, n) for _ in range(_GUESSES)]
        if all(len(np.unique(one)) == len(labels) for one in drawn):
            found["guess"] = [as_shares(one) if metric.takes_shares else one for one in drawn]
    return found


def _earlier(
    truth: np.ndarray,
    order: np.ndarray,
    group: np.ndarray,
    previous: Any,
    period: int | None,
    in_time: bool,
) -> Mapping[str, list[Any]]:
    """Return earlier outcomes: None where there is none."""
    found: dict[str, list[Any]] = {}
    if previous is not None:
        known = as_frame("previous", previous).iloc[:, 0].to_numpy(dtype=object)
        if len(known) != len(truth):
            raise ValueError(
                f"previous has {len(known)} rows and y_true {len(truth)}; hand over one for each"
            )
        found["last value"] = [pd.Series(known, dtype=object)]
    elif in_time:
        found["last value"] = [_shifted(truth, order, group, 1)]
    if period is not None:
        if not in_time:
            raise ValueError(f"period={period!r} needs time=, so that rows are in order")
        period = check_count("period", period, least=1, most=len(truth) - 1)
        found["a period ago"] = [_shifted(truth, order, group, period)]
    return found


def _shifted(truth: np.ndarray, order: np.ndarray, group: np.ndarray, by: int) -> pd.Series:
    in_order = pd.Series(truth[order], index=order, dtype=object)
    return in_order.groupby(group[order], sort=False).shift(by).sort_index()


def _compared(
    name: str,
    metric: Metric,
    truth: np.ndarray,
    said: np.ndarray,
    rivals: list[Any],
    rows: Rows,
) -> Finding:
    kept = np.ones(len(truth), dtype=bool)
    if isinstance(rivals[0], pd.Series):
        kept = rivals[0].notna().to_numpy()
        if kept.sum() < _FEWEST or len(np.unique(truth[kept])) < 2:
            known = counted(int(kept.sum()), "row")
            return Finding.missing(name, f"only {known} with a value before; hand over more.")
        filled = rivals[0].where(kept, truth[0]).to_numpy()
        values = filled.astype(truth.dtype)
        rivals = [as_shares(values) if metric.takes_shares else values]
    sign = 1 if metric.greater else -1

    def of_model(some: np.ndarray) -> float:
        varies = (truth[some] != truth[some[0]]).any()
        return float(metric.score(truth[some], said[some])) if varies else math.nan

    whole = np.flatnonzero(kept)
    model = metric.score(truth[whole], said[whole])
    rival = float(np.mean([metric.score(truth[whole], one[whole]) for one in rivals]))
    perfect = as_shares(truth) if metric.takes_shares else truth
    way = abs(metric.score(truth[whole], perfect[whole]) - rival)
    lead = sign * (model - rival)
    draws = [
        sign * (score - metric.score(truth[some], rivals[0][some]))
        for some, score in rows.drawn(kept, of_model)
        if math.isfinite(score)
    ]
    finite = np.array([one for one in draws if math.isfinite(one)], dtype=float)
    error = float(finite.std(ddof=1)) * rows.share**0.5 if len(finite) > DRAWS // 2 else math.nan
    if not math.isfinite(error + lead) or way == 0:
        return Finding.missing(
            name, f"{metric.name} gives no number for {_CALLED[name]}; pass another metric."
        )
    return _judged(name, metric, lead, error, way, model, rival, len(whole))


def _judged(
    name: str,
    metric: Metric,
    lead: float,
    error: float,
    way: float,
    model: float,
    rival: float,
    n: int,
) -> Finding:
    luck = _SURE * error
    enough = (_SURE + _SEEN) * error <= _SHARE * way
    worse = lead < -luck
    null = -min(luck, _NO_BETTER * way)
    if lead == 0 == error:
        null = -np.finfo(float).eps
    told = (
        f"{metric.name} is {model:.3g} for the model and {rival:.3g} for {_CALLED[name]} on "
        f"{counted(n, 'row')}; luck explains a difference of {luck:.2g}."
    )
    if -lead > null and not (enough or worse or lead == error == 0):
        return Finding.missing(
            name,
            f"{told} An improvement of a tenth of the way to perfect answers would not have been "
            "seen; more test rows would show it.",
        )
    return Finding.judged(
        name,
        0.0 - lead,
        null,
        seen=lead > luck,
        says=told,
        blind=f"{told} The model is ahead, but by less than that; more test rows would tell.",
        cure=_CURE,
    )
