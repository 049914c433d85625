"""The audit: what was given is read, the plan is said, the checks are asked, in the budget."""

from __future__ import annotations

import datetime
import math
import platform
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import numpy as np

from .._data import as_frame
from .._words import counted, raised
from ..checks import Finding, Result
from ..checks.asking import check_labels, check_metric, why
from ..checks.look_ahead import lags_of
from ..checks.runs import check_model, read_answer
from ._budget import Budget, OutOfTime, Procedure, seconds_of
from ._given import Given, Options, check_gap, given_of
from ._steps import Step, steps_of
from .adapters import Sides
from .report import WIDTH, AuditError, Report, check_silence

__all__ = ["audit"]

#: A run that is planned may take so much longer than those before.
_SLACK = 1.1
_RAISE_ON = (None, "suspect", "not checked")


def audit(
    evaluate: Callable[..., Any] | None,
    X: Any,
    y: Any,
    *,
    groups: Any = None,
    time: Any = None,
    available_at: Any = None,
    train: Any = None,
    test: Any = None,
    metric: Any = None,
    greater_is_better: bool | None = None,
    make_features: Any = None,
    series: Any = None,
    late: Any = None,
    fit_until: Any = None,
    served: Any = None,
    gap: Any = None,
    improvement: float | None = None,
    budget: Any = "2 min",
    silence: Any = None,
    raise_on: str | None = None,
    progress: bool | None = None,
    random_state: int = 0,
) -> Report:
    """Ask of a whole pipeline every check that what is given allows.

    One run of `evaluate` is timed; the plan and its cost are said; then the checks are asked,
    those that run nothing first. Only `evaluate`, `X` and `y` are required. What else could be
    asked is ``"not checked"`` in the report, with what to hand over. False for `groups`, `time`,
    `available_at`, `make_features` or `served` says that there is none, so that nobody asks.

    Parameters
    ----------
    evaluate : callable (X, y) -> float or (float, model), or None
        Everything between the raw data and the number that you report: selection, scaling,
        splitting, tuning, fitting, scoring. The model is what you would ship: an estimator, or a
        function of raw rows. Where `evaluate` has a parameter named ``groups`` or ``time`` it is
        handed those of its rows. `cross_validated` and `held_out` make one of an estimator. None
        where there is nothing to run; then the data alone are looked at.
    X : frame, array, sparse matrix, tensor or list of n rows
        The raw data.
    y : array-like of shape (n,)
        The outcomes.
    groups, time : array-like of shape (n,), the name of a column of X, or False; default=None
        The patient, device or document of each row, and when it was. A column that is named stays
        in what `evaluate` is handed, and is no feature to the other checks. Groups are for claims
        about *new* groups, and times for claims about *later* rows.
    available_at : mapping, array of shape (n_columns,), number, or False; default=None
        How long after the decision each column is known; see `pitfalls.checks.too_good_alone`.
        False says that all are known in time.
    train, test : array of places, array of n times yes or no, or rows; default=None
        The two sides of your split, or of one fold: places in `X`, masks, or frames like `X`.
    metric : callable (y_true, y_pred), or name of a scorer; default=None
        What `evaluate` returns.
    greater_is_better : bool, default=None
        Whether more of it is better; found out where it is not said.
    make_features : callable (series) -> frame, or False; default=None
        Makes your features of the raw rows; see `pitfalls.checks.features_that_look_ahead`.
    series : frame or array, default=None
        The raw rows for `make_features`, where that is not `X`.
    late : columns of the series, or False; default=None
        Whose value of the row itself is not known yet when its features are needed; see
        `features_that_look_ahead`. None takes a column that is the outcome, and asks.
    fit_until : default=None
        As in `features_that_look_ahead`.
    served : pair of callables, or these and raw rows, or False; default=None
        What prepares rows in training and in use; see `pitfalls.checks.answers_alike`.
    gap : timedelta, text such as "1D", or number, default=None
        How long after its time the outcome of a row is known, in the unit of the times; 0 at once.
    improvement : float, default=None
        A difference of two scores that you call progress. Then `evaluate` is run with other seeds,
        by a parameter named ``seed`` or ``random_state``; see `pitfalls.checks.noise_floor`.
    budget : str, number of seconds, timedelta or None; default="2 min"
        What it may take. No run begins that would not end in time; what is left is ``"not
        checked"``. The checks that run nothing are not cut short.
    silence : mapping of str to str, default=None
        The reason why a finding is right here, by check, or by ``"check: of"``. It stays in the
        report and is not counted.
    raise_on : {"suspect", "not checked"}, default=None
        Raise `AuditError` where the verdict is as bad, or worse.
    progress : bool, default=None
        Whether to print the plan, and to show a bar where there is a terminal or a notebook and
        Rich is installed. None prints the plan.
    random_state : int, default=0
        Seed of all that is drawn.

    Returns
    -------
    Report
        A row a check: ``value``, ``null``, ``verdict``, ``where``, ``cure``, ``chapter``,
        ``runs``, ``seconds``. ``report.verdict`` is the worst of them.

    Raises
    ------
    ValueError, TypeError
        If an argument is not what it should be, or `evaluate` fails on the data as they are. What
        fails within a check is told in its row.
    AuditError
        As `raise_on` says.

    Notes
    -----
    Nothing is called clean unless a flaw of its kind was planted in these very data and found; see
    the checks. After the tools of its time: one function and one plain table, the cost first,
    chance and not the observed score as the null, a positive control before any "clean", and a
    finding can be silenced only in writing.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.feature_selection import SelectKBest
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from pitfalls.audit import audit
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(100, 500)), rng.integers(2, size=100)
    >>> def choose_then_split(X, y):
    ...     return cross_val_score(GaussianNB(), SelectKBest(k=9).fit_transform(X, y), y).mean()
    >>> report = audit(choose_then_split, X, y, groups=False, time=False, progress=False)
    >>> report.verdict
    'suspect'
    >>> report["scores_on_shuffled_labels"].verdict
    'suspect'
    """
    if raise_on not in _RAISE_ON:
        raise ValueError(f"raise_on={raise_on!r} must be 'suspect', 'not checked' or None")
    silence = check_silence(silence)
    clock = Budget(seconds_of(budget))
    if evaluate is not None and not callable(evaluate):
        raise TypeError(
            f"evaluate={evaluate!r} must be a function of X and y that returns your score; of an "
            "estimator, cross_validated(estimator, cv) makes one"
        )
    split = evaluate.sides if isinstance(evaluate, Sides) else None
    given = given_of(
        X, y, groups=groups, time=time, available_at=available_at, train=train, test=test,
        split=split and (lambda: split(X, y, groups)),
    )  # fmt: skip
    check_gap(gap, given)
    if late is not None and late is not False:
        lags_of(late, as_frame("series", X if series is None else series))
    options = Options(
        metric=_metric(metric, evaluate, y), greater_is_better=greater_is_better,
        make_features=make_features, series=series, late=late, fit_until=fit_until, served=served,
        gap=gap, improvement=improvement, seed=random_state,
        crossed=getattr(evaluate, "crossed", False), held=getattr(evaluate, "held", False),
    )  # fmt: skip
    procedure, claimed, has_model = None, math.nan, False
    if evaluate is not None:
        procedure = Procedure(evaluate, X, given.named, clock)
        claimed, has_model = _first_run(procedure, given)
    steps = [*steps_of(given, options, procedure, has_model)]
    plan = _plan(steps, procedure, claimed, clock)
    if progress is not False:
        print(textwrap.fill(plan, WIDTH), flush=True)
    results, spent = [], {}
    with _bar(len(steps), shown=progress is not False) as told:
        for place, step in enumerate(steps):
            told(step.check)
            before = (procedure.count if procedure else 0, clock.used)
            results.append(_asked(step, steps[place:], procedure, clock, budget))
            after = (procedure.count if procedure else 0, clock.used)
            spent[step.check] = (after[0] - before[0], after[1] - before[1])
    report = Report(
        results=tuple(results), claimed=claimed, plan=plan,
        runs=procedure.count if procedure else 0, seconds=clock.used, spent=spent,
        silence=silence, about=_about(given, budget, random_state),
        notes=tuple(_notes(results, silence)),
    )  # fmt: skip
    if raise_on is not None and report.verdict in _RAISE_ON[1 : _RAISE_ON.index(raise_on) + 1]:
        raise AuditError(report)
    return report


def _metric(metric: Any, evaluate: Any, y: Any) -> Any:
    """Return what `evaluate` scores by; what cannot score these outcomes is refused."""
    metric = getattr(evaluate, "metric", None) if metric is None else metric
    if metric is None:
        return None
    outcome = as_frame("y", y)
    if outcome.shape[1] == 1:
        check_labels(check_metric(metric), outcome.iloc[:, 0].dropna().to_numpy())
    return check_metric(metric)


def _first_run(procedure: Procedure, given: Given) -> tuple[float, bool]:
    """Run the procedure once, on the data as they are."""
    try:
        answer = procedure(given.X, given.y)
    except Exception as error:
        raise ValueError(
            f"evaluate fails on X and y as they are ({why(error, given.y)}); let it run once "
            "before it is audited"
        ) from error
    score, model = read_answer(answer)
    return score, model is not None and check_model(model) is not None


def _plan(steps: list[Step], procedure: Procedure | None, claimed: float, clock: Budget) -> str:
    """Say what will be asked, and what it costs."""
    asked = [step for step in steps if not step.missing]
    without = [step.check for step in asked if not step.most]
    told = []
    if without:
        told.append(f"Without running it: {', '.join(without)}.")
    running = [step for step in asked if step.most]
    if procedure is not None:
        told.insert(0, f"One run took {procedure.typical:.2g} s and claims {claimed:.3g}.")
        each = ", ".join(f"{step.check} ({_times(step)})" for step in running)
        least, most = (sum(getattr(step, one) for step in running) for one in ("least", "most"))
        seconds = [runs * procedure.typical for runs in (least, most)]
        bound = "" if math.isinf(clock.seconds) else f" The budget is {_said(clock.seconds)}."
        told.append(
            f"In {least} to {most} runs, {_said(seconds[0])} to {_said(seconds[1])}: "
            f"{each}.{bound}"
        )
        if seconds[0] > clock.left:
            told.append("That is not enough for all: what does not fit is not checked.")
    missing = [step.check for step in steps if step.missing]
    if missing:
        told.append(f"Not asked, as something is missing: {', '.join(missing)}.")
    return " ".join(told)


def _times(step: Step) -> str:
    return str(step.most) if step.least == step.most else f"{step.least} to {step.most}"


def _said(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _asked(
    step: Step, left: list[Step], procedure: Procedure | None, clock: Budget, budget: Any
) -> Result:
    """Ask one check, in its share of the time that is left."""
    if step.missing:
        return _missing(step, f"pass {step.missing}." if not step.missing.startswith("let ")
                        else f"{step.missing}.")  # fmt: skip
    clock.allot(math.inf)
    runs, before = 10**6, 0
    if step.most and procedure is not None:
        before, each = procedure.count, max(procedure.typical, 1e-6) * _SLACK
        share = clock.left * step.most / sum(one.most for one in left if not one.missing)
        seconds = min(clock.left, max(share, step.least * each))
        if step.least * each > clock.left:
            return _missing(step, _too_long(step.least, 0, each, clock))
        clock.allot(seconds)
        runs = 10**6 if math.isinf(seconds) else int(seconds / each)
    try:
        return step.call(runs)
    except OutOfTime:
        assert procedure is not None
        return _missing(
            step, _too_long(step.most, procedure.count - before, procedure.typical, clock)
        )
    except Exception as error:  # of a check that what was given does not suit
        return _missing(step, f"it could not be asked here: {raised(error)}.")
    finally:
        clock.allot(math.inf)


def _too_long(wanted: int, done: int, each: float, clock: Budget) -> str:
    """Say how much time a check would have taken."""
    needed = clock.used + wanted * each * 1.5
    began = f" after {counted(done, 'run')}" if done else ""
    return (
        f"the budget of {_said(clock.seconds)} ended{began}; it takes up to {wanted} runs of "
        f"{each:.2g} s: budget='{math.ceil(needed / 60)} min' would do."
    )


def _missing(step: Step, says: str) -> Result:
    return Result(step.check, (Finding.missing("", says),))


def _notes(results: list[Result], silence: dict[str, str]) -> Iterator[str]:
    """Tell of reasons that nothing needs any more."""
    asked = {result.check for result in results}
    for key in silence:
        check, _, of = key.partition(": ")
        found = [
            one.verdict
            for result in results
            for one in result
            if result.check == check and of in ("", one.of)
        ]
        if check not in asked or not any(verdict != "clean" for verdict in found):
            yield f"{key!r} is silenced, and there is nothing to silence: drop it."


def _about(given: Given, budget: Any, random_state: int) -> dict[str, str]:
    shape = np.shape(given.X)
    wide = f" × {' × '.join(map(str, shape[1:]))}" if len(shape) > 1 else ""
    return {
        "rows": f"{given.n}{wide}",
        "budget": str(budget),
        "random_state": str(random_state),
        "date": datetime.date.today().isoformat(),
        "versions": ", ".join(
            [
                f"Python {platform.python_version()}",
                *(f"{name} {version(name)}" for name in ("pitfalls", "numpy", "pandas")),
                f"scikit-learn {version('scikit-learn')}",
            ]
        ),
    }


@contextmanager
def _bar(total: int, *, shown: bool) -> Iterator[Callable[[str], None]]:
    """Show a bar over checks, where there is something to show it on; give who moves it."""
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ModuleNotFoundError:
        shown = False
    if not shown or not ((console := Console()).is_terminal or console.is_jupyter):
        yield lambda name: None
        return
    with Progress(console=console, transient=True) as bar:
        task, done = bar.add_task("", total=total), -1

        def tell(name: str) -> None:
            nonlocal done
            done += 1
            bar.update(task, completed=done, description=name)

        yield tell
