"""The checks of an audit: what each needs of what was given, what it costs, how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from .. import checks
from .._data import as_frame, n_rows, native, take
from ..checks import Finding, Result
from ..checks.runs import read_answer
from ._budget import Procedure
from ._given import Given, Options
from ._predicted import best_answers, last_known
from ._sided import SIDES, both_known, identifiers, is_forwards, resampled, rows, texts_of, times

__all__ = ["Step", "steps_of"]

#: A procedure's model is compared with a constant on so many rows that it has not seen.
_WITHHELD = 0.25
#: Outcomes in the order of time are shuffled in so many stretches.
_BLOCKS = 40
#: So many runs an envelope takes besides: in other orders, and to know the metric.
_BESIDES = 12
#: With fewer different times these are rounds or years, whose rows stand side by side.
_FEWEST_TIMES = 20


@dataclass(frozen=True)
class Step:
    """One check.

    Attributes
    ----------
    check : str
        Its name.
    call : callable (runs) -> Result
        Asks it, in so many runs of the procedure at most.
    least, most : int
        How many runs it takes; 0 where it runs nothing.
    missing : str
        What to hand over so that it can be asked; then `call` is not used.
    """

    check: str
    call: Callable[[int], Result] = field(repr=False, default=lambda runs: Result("", ()))
    least: int = 0
    most: int = 0
    missing: str = ""


def steps_of(
    given: Given, options: Options, procedure: Procedure | None, has_model: bool
) -> Iterator[Step]:
    """Give the checks that this asks for, those without runs first.

    Parameters
    ----------
    given, options : Given, Options
        What was handed over.
    procedure : Procedure or None
        The procedure.
    has_model : bool
        Whether it returns its model.
    """
    yield from _of_sides(given, options)
    yield from _of_columns(given, options)
    if procedure is None:
        runs = "evaluate=, a function of X and y that returns your score and your model"
        for check in ("sealed_envelope", "scores_on_shuffled_labels", "shared_groups"):
            if check != "shared_groups" or given.groups is not False:
                yield Step(check, missing=runs)
        return
    yield from _of_models(given, options, procedure, has_model)
    yield from _of_scores(given, options, procedure)


def _of_sides(given: Given, options: Options) -> Iterator[Step]:
    """Give the checks of two sides of a split."""
    train, test = given.train, given.test
    split = train is not None and test is not None
    if given.groups is not False:
        if given.groups is None:
            missing = (
                "groups=, the patient, device or document of each row, or groups=False where each "
                "row is a case of its own"
            )
        else:
            missing = "" if both_known(given) else SIDES
        yield Step("shared_identifiers", lambda runs: identifiers(given), missing=missing)
    if given.time is not False:
        if given.time is None:
            missing = "time=, when each row was, or time=False where time plays no part"
        else:
            missing = "" if both_known(given) else SIDES
        yield Step("trained_after_test", lambda runs: times(given, options), missing=missing)
    texts = given.texts()
    if texts != [None]:
        yield Step("shared_rows", lambda runs: rows(given, options, split))
    if texts:
        yield Step("shared_texts", lambda runs: texts_of(given, texts, options, split))
    if given.is_table:
        yield Step("resampled_before_split", lambda runs: resampled(given, options, split))


def _of_columns(given: Given, options: Options) -> Iterator[Step]:
    """Give the checks of columns, and of the code that makes them."""
    if given.is_table:
        yield Step("too_good_alone", lambda runs: _alone(given, options))
    if options.make_features is not None and options.make_features is not False:
        yield Step("features_that_look_ahead", lambda runs: _look_ahead(given, options))
    elif options.make_features is None and given.time is not False:
        yield Step(
            "features_that_look_ahead",
            missing="make_features=, the function that makes your features of the raw rows (with "
            "series= where these are not X), or make_features=False where none is made of other "
            "rows",
        )
    if options.served is not None and options.served is not False:
        yield Step("answers_alike", lambda runs: _alike(given, options))
    elif options.served is None:
        yield Step(
            "answers_alike",
            missing="served=(train_path, serve_path), the two functions that prepare rows for "
            "training and in use, or served=False where that is one and the same",
        )


def _alone(given: Given, options: Options) -> Result:
    """Ask of columns, and believe that a column is in time where the reader says so.

    One that stands far above all others in time is splendid or mistaken: nobody calls it suspect
    on that account, and nobody clean. A copy of the outcome is one whenever it is known.
    """
    times, seed = given.available_at, options.seed
    found = checks.too_good_alone(given.features, given.y, times, random_state=seed)
    if times is None or found.verdict != "suspect":
        return found
    copies = checks.too_good_alone(given.features, given.y, None, random_state=seed)
    findings = [
        Finding.missing(
            one.of,
            f"you say that it is known in time, but {one.says} It is a splendid column, or one "
            "that is written down afterwards: ask who fills it in, and when.",
        )
        if one.verdict == "suspect"
        and copies[one.of].verdict != "suspect"
        and not _is_late(times, one.where[0], given.features)
        else one
        for one in found
    ]
    return replace(found, findings=tuple(findings))


def _is_late(times: Any, column: Any, features: Any) -> bool:
    """Whether a column is known after the decision."""
    time: Any
    if isinstance(times, Mapping | pd.Series):
        time = times.get(column)
    elif np.ndim(times) == 0:
        time = times
    else:
        time = [*times][[*as_frame("X", features).columns].index(column)]
    try:
        return bool(float(time) > 0)
    except (TypeError, ValueError):
        return bool(pd.Timedelta(time) > pd.Timedelta(0))


def _look_ahead(given: Given, options: Options) -> Result:
    """Ask of features, with the outcome as late as it is, and what is fitted on training rows."""
    series = given.X if options.series is None else options.series
    time, late = _time_of(given, series), options.late
    if late is None:
        late = _outcomes_in(native("series", series), given)
    elif late is False:
        late = ()

    def look(until: Any) -> Result:
        return checks.features_that_look_ahead(
            options.make_features, series, time=time, late=late, fit_until=until,
            random_state=options.seed,
        )  # fmt: skip

    found = look(options.fit_until)
    until = None if options.fit_until is not None else _last_of_training(given)
    if until is not None and found.verdict == "suspect":
        found = _fitted_on_training(found, look(until))
    if options.late is not None:
        return found
    took = f"{', '.join(map(str, late))} was taken to be late, as the outcome is; " if late else ""
    missing = Finding.missing(
        "the row's own late values",
        f"{took}pass late=, the columns of the series whose value of the row itself is not known "
        "yet when its features are needed, or late=False where all are.",
    )
    return replace(found, findings=(*found, missing))


def _time_of(given: Given, series: Any) -> Any:
    """Return the times of a series, as a column of it or as values."""
    column, frame = given.column_of["time"], native("series", series)
    if column is not None and isinstance(frame, pd.DataFrame) and column in frame.columns:
        return column
    if given.time is not None and given.time is not False:
        return given.time if n_rows("series", series) == given.n else None
    return given.time


def _outcomes_in(series: Any, given: Given) -> list[Any]:
    """Return the columns of a series that are the outcome."""
    y = as_frame("y", given.y)
    if not isinstance(series, pd.DataFrame) or len(series) != given.n or y.shape[1] != 1:
        return []
    outcome = y.iloc[:, 0].reset_index(drop=True)
    found = []
    for place, name in enumerate(series.columns):
        column = series.iloc[:, place].reset_index(drop=True)
        if bool(((column == outcome) | (column.isna() & outcome.isna())).all()):
            found.append(name)
    return found


def _last_of_training(given: Given) -> Any:
    """Return the last time of the training rows, where all test rows are later."""
    if not is_forwards(given):
        return None
    assert given.train is not None
    train = given.when().iloc[given.train.places]
    return as_frame("time", given.time).iloc[int(train.idxmax()), 0]


def _fitted_on_training(found: Result, later: Result) -> Result:
    """Take back suspicions that are gone where training rows are left as they are."""
    known = {one.of: one for one in later}
    findings = [
        Finding.missing(
            one.of,
            f"{one.says} It does not change where all training rows are there: if it is fitted on "
            "them on purpose, such as a scaler, pass fit_until=, their last time.",
        )
        if one.verdict == "suspect" and one.of in known and known[one.of].verdict != "suspect"
        else one
        for one in found
    ]
    return replace(found, findings=tuple(findings))


def _alike(given: Given, options: Options) -> Result:
    served = options.served
    if not isinstance(served, tuple | list) or len(served) not in (2, 3):
        raise ValueError(
            "served must be the pair (train_path, serve_path), or these and the raw rows"
        )
    train_path, serve_path, rows = (*served, given.X)[:3]
    return checks.answers_alike(train_path, serve_path, rows)


def _of_models(
    given: Given, options: Options, procedure: Procedure, has_model: bool
) -> Iterator[Step]:
    """Give the checks of what a procedure ships."""
    wanted = []
    if not has_model:
        wanted.append(
            "let evaluate return the pair of the score and the model that you would ship"
        )
    if options.metric is None:
        wanted.append("metric=, the function of (y_true, y_pred) that your score is, or its name")
    missing = ", and ".join(wanted)
    kinds = len(given.named) or 1
    yield Step(
        "beats_baselines", lambda runs: _baselines(given, options, procedure), 1, 1, missing
    )

    def envelope(runs: int) -> Result:
        return checks.sealed_envelope(
            procedure, given.X, given.y, metric=options.metric, n_scored=_n_scored(given, options),
            n_envelopes=min(10, max(3, runs // kinds - _BESIDES)),
            random_state=options.seed, **given.named,
        )  # fmt: skip

    yield Step("sealed_envelope", envelope, 5 * kinds, (10 + _BESIDES) * kinds, missing)


def _n_scored(given: Given, options: Options) -> int | None:
    """Return how many rows the claim is measured on, where that is known."""
    if options.crossed:
        return given.n
    places = None if given.test is None else given.test.places
    return None if places is None else len(places)


def _baselines(given: Given, options: Options, procedure: Procedure) -> Result:
    """Compare a model with those who know nothing, on rows that the procedure never saw."""
    known = np.flatnonzero(as_frame("y", given.y).notna().all(axis=1))
    if options.held and both_known(given):
        assert given.train is not None and given.test is not None
        kept, learned, withheld = np.arange(given.n), given.train.places, given.test.places
        assert learned is not None and withheld is not None
        withheld = withheld[np.isin(withheld, known)]
    else:
        kept, withheld = _withheld(given, options, known)
        learned = kept
    X, y = take("X", given.X, kept), take("y", given.y, kept)
    named = {name: take(name, one, kept) for name, one in procedure.handed.items()}
    score, model = read_answer(procedure(X, y, **named))
    X, truth = take("X", given.X, withheld), take("y", given.y, withheld)
    asked = {"y_train": take("y", given.y, learned[np.isin(learned, known)])}
    if "groups" in given.named:
        group = as_frame("groups", take("groups", given.groups, withheld)).iloc[:, 0]
        if not group.isna().any():
            asked["groups"] = group.reset_index(drop=True)
    if "time" in given.named:
        when = pd.Series(given.ranks())
        if (when >= 0).all():
            asked["time"] = when.iloc[withheld].reset_index(drop=True)
            asked["previous"] = last_known(given, options.gap, withheld)
    found = best_answers(
        model, X, truth, options.metric, claimed=score,
        greater_is_better=options.greater_is_better, random_state=options.seed, **asked,
    )  # fmt: skip
    if "time" not in given.named or options.gap is not None:
        return found
    unknown = Finding.missing(
        "last value",
        "pass gap=, how long after its time the outcome of a row is known, such as '1D' or 0; "
        "then the last one that was known is a baseline.",
    )
    findings = [one for one in found if one.of != unknown.of]
    return replace(found, findings=(*findings, unknown))


def _withheld(given: Given, options: Options, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that a procedure gets, and some with an outcome that it does not."""
    out = np.zeros(given.n, dtype=bool)
    if "time" in given.named:
        rank = pd.Series(given.ranks()).rank(pct=True, method="max")
        out[(rank > 1 - _WITHHELD).to_numpy()] = True
    elif "groups" in given.named:
        group = pd.factorize(as_frame("groups", given.groups).iloc[:, 0], use_na_sentinel=False)[0]
        order = np.random.default_rng(options.seed).permutation(group.max() + 1)
        out = np.isin(group, order[: max(1, round(_WITHHELD * len(order)))])
    else:
        order = np.random.default_rng(options.seed).permutation(given.n)
        out[order[: round(_WITHHELD * given.n)]] = True
    return np.flatnonzero(~out), np.intersect1d(np.flatnonzero(out), known)


def _of_scores(given: Given, options: Options, procedure: Procedure) -> Iterator[Step]:
    """Give the checks that run a procedure many times."""

    def groups(runs: int) -> Result:
        return checks.shared_groups(
            procedure, given.X, given.y, given.groups,
            greater_is_better=options.greater_is_better,
            n_shuffles=min(16, max(5, (runs - 23) // 2)), random_state=options.seed,
        )  # fmt: skip

    if given.groups is not False:
        missing = "" if given.groups is not None else (
            "groups=, or groups=False where each row is a case of its own"
        )  # fmt: skip
        yield Step("shared_groups", groups, 14, 55, missing)

    def shuffled(runs: int) -> Result:
        whole = {"groups": given.groups} if "groups" in given.named else {"blocks": _blocks(given)}
        outcome = as_frame("y", given.y)
        known = bool(outcome.notna().all(axis=None)) and outcome.shape[1] == 1
        evaluate = procedure if procedure.names_rows and known else _score_alone(procedure)
        return checks.scores_on_shuffled_labels(
            evaluate, given.X, given.y, metric=options.metric if known else None,
            greater_is_better=options.greater_is_better,
            n_shuffles=None if runs >= 80 else min(30, max(4, runs - 16)),
            random_state=options.seed, **whole,
        )  # fmt: skip

    yield Step("scores_on_shuffled_labels", shuffled, 24, 80)
    if options.improvement is not None:
        name = next((one for one in ("seed", "random_state") if one in procedure.parameters), None)
        missing = "" if name else "a parameter of evaluate named seed, for the split and the model"

        def noise(runs: int) -> Result:
            return _noise(given, options, procedure, name, runs)

        yield Step("noise_floor", noise, 6, 20, missing)


def _score_alone(procedure: Procedure) -> Callable[..., float]:
    def evaluate(X: Any, y: Any) -> float:
        return read_answer(procedure(X, y))[0]

    return evaluate


def _blocks(given: Given) -> np.ndarray | None:
    """Return the stretch of time of each row, where rows are in time."""
    if "time" not in given.named:
        return None
    rank = pd.Series(given.ranks())
    if rank.nunique() < _FEWEST_TIMES:
        return None
    return np.ceil(rank.rank(pct=True) * _BLOCKS).to_numpy(int)


def _noise(
    given: Given, options: Options, procedure: Procedure, name: str | None, runs: int
) -> Result:
    def seeded(X: Any, y: Any, seed: int) -> Any:
        return procedure(X, y, **{str(name): seed})

    return checks.noise_floor(
        seeded, given.X, given.y, improvement=options.improvement, seeds=min(20, max(5, runs))
    )
