"""Whether a model gets what was claimed on rows that the procedure never saw."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from .._arguments import check_count, check_number, check_rng
from .._words import counted, percent
from ._desk import Desk
from ._named import returned_instead
from ._scoring import Scoring, are_classes
from ._weighed import FEWEST, NothingToSee, Opened, Weighed, weigh
from ._withheld import column, in_time, latest, numbered, of_groups, of_rows, twins
from .asking import called, check_labels
from .result import Finding, Result

__all__ = ["sealed_envelope"]

#: How sure a claim is too high, how wide the interval is to either side, and how sure both must be
#: where it stops before the last envelope. The first is enough, as the corrected spread is wide.
SURE, INTERVAL, EARLY = 0.90, 0.95, 0.99
#: One test set is one throw; and periods are few and unlike each other, by seasons and trends.
SURE_OF_ONE, SURE_IN_TIME = 0.95, 0.975
#: In so many orders a claim may be the same by chance: shares of few rows come again.
ORDERS = 3
#: After as many it stops as soon as the verdict is sure; fewer differences may be alike by chance.
FIRST_LOOK = 5
#: With fewer rows in an envelope, or fewer groups in all, scores are tosses of a few coins.
FEWEST_WITHHELD, FEWEST_GROUPS = 5, 5
#: Rows that have a twin outside the envelope do no harm while they are few.
MOST_TWINS = 0.05
#: So many rows tell where a metric's scale lies, and what a model gets on rows that it was given.
MOST_ROWS = 1000


def sealed_envelope(
    evaluate: Callable[..., tuple[float, Any]],
    X: Any,
    y: Any,
    *,
    metric: Any = None,
    groups: Any = None,
    time: Any = None,
    n_scored: int | None = None,
    n_envelopes: int = 10,
    size: float = 0.2,
    random_state: Any = None,
) -> Result:
    """Compare what a procedure claims with what its model gets on rows that were put away.

    Several times, some rows are sealed in an envelope before the procedure sees anything. It runs
    on the others, and returns its score and its model. Then the envelope is opened, and the model
    is scored on it. Whatever the procedure does to its own data, the envelope has no part in it.

    Parameters
    ----------
    evaluate : callable (X, y) -> (float, model)
        Everything between the raw data and the number that you report. The model is what you would
        ship: an estimator, or a function of raw rows that returns its answers. Where `evaluate`
        has a parameter named ``groups`` or ``time``, it is handed those of its rows.
    X : frame, array, sparse matrix, tensor or list of n rows
        The raw data. Frames keep their index, so that `evaluate` can look up what it needs by it.
    y : array-like of n rows
        The outcomes. Rows without one are never withheld.
    metric : callable (y_true, y_pred), name of a scorer, or scorer
        The score that `evaluate` returns. A loss is recognised: a perfect answer gets less than a
        poor one. Estimators are asked for labels, probabilities and margins, and what scores best
        is taken. A function of rows says what its metric wants: labels, numbers or shares.
    groups : array-like of shape (n,), default=None
        The patient, device or document of each row. Whole groups are withheld. Rows without one
        are a group each.
    time : array-like of shape (n,), default=None
        When each row became known: numbers, dates, or texts such as ``"2024-05-31"``. Rows from a
        day on are withheld, for several days over the later half; later ones are set aside.
    n_scored : int, default=None
        How many rows the score that is claimed is measured on: all of them in a cross-validation,
        the test rows where one split is used. None finds out by runs on the same rows in other
        orders; where the claim is always the same, so may be the test rows of all runs, and as
        many are taken as an envelope has.
    n_envelopes : int, default=10
        How many envelopes there are at most, at least 3; `evaluate` runs once for each, and a
        few times more. It stops earlier where the verdict is sure.
    size : float, default=0.2
        The share of rows, groups or times in an envelope, at most 0.5.
    random_state : int, Generator or None, default=None
        Seed of what is withheld.

    Returns
    -------
    Result
        A finding ``"rows"``, or ``"groups"``, or ``"time"``, or the last two where both are given.
        ``value`` is the mean of the claimed minus the envelope's score, or the reverse for a loss,
        so that more is worse; ``null`` is what luck and harmless habits explain. ``"not checked"``
        where no model is returned, where a claim that is too high by a fifth of the way from a
        guess to a perfect score could not be seen (with how many rows would do), where many rows
        have an exact copy and no groups are given, where the model gets far more than claimed,
        or where the claim is plainly one of another metric, which is named.
        ``numbers`` has the mean score that was ``claimed``, the one that the model ``got``, its
        90 % interval from ``low`` to ``high``, and ``n``, the rows of an envelope.

    Raises
    ------
    ValueError
        If `evaluate` cannot work on a part of the rows, or claims more than a perfect answer gets.

    Notes
    -----
    `null` is a t-limit of the mean difference plus a small allowance. The procedure meets most
    rows in each run, so that the differences are not independent; their variance is multiplied by
    1 / J + n2 / n1, with J envelopes, n1 rows kept and n2 withheld (Nadeau and Bengio, 2003).
    Where a claim is measured on fewer than n1 rows these take the place of n1, as the same test
    set may be in all claims. With `time` J is the number of periods that the envelopes are worth,
    as those that follow each other are alike; the spread of the claims counts whole, and the claim
    must be too high for surer. The rows are handed over from another place on in each run, so that
    a test set that is a fixed part of the table is another one; where `time` is given their order
    stays.

    Before a claim is called too high, `evaluate` is asked whether it returns the metric that was
    named: on rows that are copies of two rows, or on outcomes in other units, where nothing but
    the metric makes a difference. Where it returns another one, under which the claim holds in the
    envelopes, nothing is accused. Errors of amounts in the same units, such as MAE and RMSE, are
    not told apart.

    What the envelope cannot see: what was done to the rows before `evaluate` is handed them, in an
    earlier cell; what the envelope shares with the other rows, such as near copies, or the same
    patients without `groups`; features that will not be there on the day, or are written down
    afterwards; a time that passes, without `time`. With few rows or groups it sees gross
    exaggeration only, and says so. For its power and its false alarms see the evidence.

    References
    ----------
    Nadeau, C. and Bengio, Y. (2003). Inference for the generalization error. Machine Learning 52,
    239-281. https://doi.org/10.1023/A:1024068626366

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.metrics import accuracy_score
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from pitfalls.checks import sealed_envelope
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(200, 3)), rng.integers(0, 2, 200)
    >>> def scored_on_its_own_rows(X, y):
    ...     model = KNeighborsClassifier(1).fit(X, y)
    ...     return model.score(X, y), model
    >>> result = sealed_envelope(
    ...     scored_on_its_own_rows, X, y, metric=accuracy_score, random_state=0
    ... )
    >>> result.verdict
    'suspect'
    """
    n_envelopes = check_count("n_envelopes", n_envelopes, least=FEWEST, most=1000)
    size = check_number("size", size, low=1e-3, high=0.5)
    rng = check_rng(random_state)
    if n_scored is not None:
        n_scored = check_count("n_scored", n_scored)
    given = {"groups": groups, "time": time}
    named = {name: one for name, one in given.items() if one is not None}
    desk = Desk(evaluate, X, y, named)
    columns = {name: column(name, one, desk.n) for name, one in named.items()}
    places = {
        name: numbered(one) if name == "groups" else in_time(one) for name, one in columns.items()
    }
    kinds = [*named] or ["rows"]
    if metric is None:
        says = "pass metric=, the function of (y_true, y_pred) that your score is."
        return Result("sealed_envelope", tuple(Finding.missing(kind, says) for kind in kinds))
    desk.scoring = Scoring(metric)
    if desk.outcome.shape[1] == 1:
        check_labels(metric, desk.outcomes(desk.known.nonzero()[0]))
    findings, notes = [], []
    for kind in kinds:
        try:
            envelopes = _envelopes(desk, kind, places, n_envelopes, size, rng)
            units = places["groups"] if kind == "groups" else np.arange(desk.n)
            opened = Opened(n_scored=n_scored, metric=called(metric))
            _open(desk, kind, opened, envelopes, n_envelopes, units, places.get("time"), rng)
            findings.append(_finding(kind, opened, len(np.unique(units))))
            notes += opened.notes
        except NothingToSee as reason:
            findings.append(Finding.missing(kind, str(reason)))
    if not named:
        notes.append(
            "rows were withheld one by one; where several belong together, or time passes, pass "
            "groups= or time=."
        )
    notes.append(f"{counted(desk.runs.count, 'run')} of evaluate, {desk.runs.seconds:.2g} s.")
    return Result("sealed_envelope", tuple(findings), tuple(notes))


def _envelopes(
    desk: Desk,
    kind: str,
    places: dict[str, np.ndarray],
    n_envelopes: int,
    size: float,
    rng: np.random.Generator,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Return the rows that are kept and withheld, for each envelope."""
    if kind == "groups":
        n_groups = places["groups"].max() + 1
        if n_groups < FEWEST_GROUPS:
            raise NothingToSee(f"there are {n_groups} groups; {FEWEST_GROUPS} are needed.")
        return islice(of_groups(places["groups"], max(size, 1 / n_groups), rng), n_envelopes)
    if kind == "time":
        found = latest(places["time"], size, n_envelopes)
        if len(found) < FEWEST:
            raise NothingToSee("there are too few different times to put the latest away.")
        return iter([found[place] for place in rng.permutation(len(found))])
    y = desk.outcome.iloc[:, 0]
    classes = desk.outcome.shape[1] == 1 and are_classes(desk.outcomes(desk.known.nonzero()[0]))
    return islice(of_rows(y if classes else None, desk.n, size, rng), n_envelopes)


def _open(
    desk: Desk,
    kind: str,
    opened: Opened,
    envelopes: Iterator[tuple[np.ndarray, np.ndarray]],
    n_envelopes: int,
    units: np.ndarray,
    when: np.ndarray | None,
    rng: np.random.Generator,
) -> None:
    """Run the procedure and open an envelope, until the verdict is sure or none is left."""
    outcomes = desk.some_outcomes(rng, MOST_ROWS)
    same = twins(desk.X, desk.y) if kind == "rows" else np.arange(desk.n)
    for kept, withheld in envelopes:
        withheld = withheld[desk.known[withheld]]
        if len(withheld) < FEWEST_WITHHELD:
            needed = math.ceil(desk.n * FEWEST_WITHHELD / max(1, len(withheld)))
            raise NothingToSee(
                f"an envelope has {counted(len(withheld), 'row')} with an outcome; pass more "
                f"rows, at least {needed} in all."
            )
        if "time" not in desk.named:
            kept = np.roll(kept, -round(len(opened.claimed) / n_envelopes * len(kept)))
        claim, model = desk.run(kept)
        if model is None:
            raise NothingToSee(
                "evaluate returned a score alone; return the pair of the score and the model that "
                "you would ship, an estimator or a function of raw rows."
            )
        if not opened.claimed and kind != "time" and opened.n_scored is None:
            opened.n_scored = _rows_behind(desk, kept, claim, rng)
        opened.claimed.append(claim)
        scores, answers = desk.ask(model, withheld)
        opened.inside.append(scores)
        opened.answers.append(answers)
        opened.outcomes.append(desk.outcomes(withheld))
        own = kept[desk.known[kept]]
        opened.own.append(desk.ask(model, rng.permutation(own)[:MOST_ROWS])[0])
        opened.share.append(len(withheld) / len(kept))
        opened.twins.append(float(np.isin(same[withheld], same[kept]).mean()))
        opened.withheld.append(len(withheld))
        if kind == "time" and when is not None:
            opened.starts.append(int(when[withheld].min()))
        opened.units |= {*units[withheld].tolist()}
        if len(opened.claimed) < FIRST_LOOK:
            continue
        early = weigh(desk, opened, outcomes, EARLY, EARLY)
        if early.value > early.null or max(early.null, early.most) <= early.visible / 2:
            break
    one_throw = opened.n_scored is None or opened.n_scored < len(kept)
    sure = SURE_IN_TIME if kind == "time" else SURE_OF_ONE if one_throw else SURE
    opened.weighed = seen = weigh(desk, opened, outcomes, sure, INTERVAL)
    if seen.value > seen.null or seen.most < -seen.visible:
        opened.instead = returned_instead(desk, opened, outcomes, sure, rng)
    silent = seen.value <= seen.null and len({*opened.claimed}) == 1
    if silent and _deaf(desk, kept, opened.claimed[0], rng):
        raise NothingToSee(
            f"evaluate returned {opened.claimed[0]:.3g} whatever it was handed, mixed-up outcomes "
            "too: its model says the same of all rows, or it does not use the X and y that it is "
            "handed."
        )


def _rows_behind(
    desk: Desk, kept: np.ndarray, claim: float, rng: np.random.Generator
) -> int | None:
    """Return how many rows claims rest on, or None where the test rows are the same in all.

    Handed the same rows in another order, a cross-validation or a random split tests others at a
    time and claims a little more or less. A split by name claims the very same.
    """
    for _ in range(ORDERS):
        again = desk.run(rng.permutation(kept))[0]
        if math.isfinite(again) and not math.isclose(again, claim, rel_tol=1e-9):
            return len(kept)
    return None


def _deaf(desk: Desk, rows: np.ndarray, claimed: float, rng: np.random.Generator) -> bool:
    """Whether a procedure says the same of outcomes that mean nothing."""
    try:
        return desk.run(rows, mixed=rng)[0] == claimed
    except ValueError:
        return False


def _finding(kind: str, opened: Opened, n_units: int) -> Finding:
    """Say what the envelopes showed."""
    if opened.weighed is None:
        raise NothingToSee("too few envelopes could be opened; pass more rows.")
    w, n_opened = opened.weighed, len(opened.claimed)
    withheld = round(float(np.mean(opened.withheld)))
    copied = float(np.mean(opened.twins))
    told = (
        f"claimed {w.claimed:.3g}, and the model gets {w.got:.3g} in the envelope: the claim is "
        f"{abs(w.value):.2g} {'too high' if w.value >= 0 else 'lower'} (90 % interval "
        f"{w.value - w.half:.2g} to {w.most:.2g}; {n_opened} envelopes of about "
        f"{counted(withheld, 'row')})."
    )
    if math.isfinite(w.own):
        would = "would" if w.own > w.null else "would not"
        opened.notes.append(
            f"had it claimed what its model gets on rows that it was given, that would be "
            f"{max(w.own, 0):.2g} too high, and {would} have been seen."
        )
    if opened.instead is not None:
        return Finding.missing(kind, _in_other_units(w, *opened.instead, opened.metric))
    seen = f" One that is {w.null:.2g} too high would have been seen."
    blind = told + " " + _blind(w, copied, n_units, "group" if kind == "groups" else "row")
    return Finding.judged(
        kind,
        w.value,
        w.null,
        seen=(
            -w.visible <= w.most
            and max(w.null, w.most) <= w.visible
            and w.value <= w.half
            and copied <= MOST_TWINS
        ),
        says=told if w.value > w.null else told + seen,
        blind=blind,
        cure=_CURES[kind],
        numbers={
            "claimed": w.claimed,
            "got": w.got,
            "low": w.got - w.got_half,
            "high": w.got + w.got_half,
            "n": float(withheld),
            "envelopes": float(n_opened),
        },
    )


def _in_other_units(w: Weighed, name: str, other: Weighed, metric: str) -> str:
    """Say that the claim is one of another metric, and what to do."""
    return (
        f"the claim is as {name.strip(chr(39))} would be here ({other.claimed:.3g} against "
        f"{other.got:.3g} in the envelope), not as {metric} ({w.got:.3g}), and evaluate scores so "
        f"where all answers are known; pass metric={name}, or what else evaluate returns."
    )


def _blind(w: Weighed, copied: float, n_units: int, unit: str) -> str:
    """Say why nothing is called clean, and what would help."""
    if w.most < -w.visible:
        return (
            "The model gets far more than claimed: these rows are easier than those of the claim, "
            "such as later rows of groups that are known; or the metric is not what evaluate "
            "returns, or the model was fitted to more rows than it was handed."
        )
    if w.half < w.value and max(w.null, w.most) <= w.visible:
        return (
            "That is little, but no luck: the claim profits from something that new rows do not "
            "have, such as the best of several settings, or hard rows that were left out."
        )
    if max(w.null, w.most) > w.visible:
        room = w.visible - max(w.value, w.allowed)
        factor = (w.half / max(room, w.visible / 4)) ** 2
        return (
            f"Only a claim that is {w.null:.2g} too high would have been seen; to see "
            f"{w.visible:.2g} takes about {_round(n_units * max(factor, 1.1))} {unit}s."
        )
    return (
        f"Of the rows in an envelope {percent(copied)} have an exact copy outside; where they are "
        "copies, and not alike by chance, pass groups= with one number for all copies."
    )


def _round(number: float) -> str:
    """Return a number with two digits, as it is said."""
    digits = 1 - math.floor(math.log10(number))
    return f"{int(round(number, min(digits, 0))):,}".replace(",", " ")


_CURES = {
    "rows": (
        "let all that is fitted, chosen, copied or tuned see training rows only, in a Pipeline "
        "inside the cross-validation; report the score of rows that chose nothing."
    ),
    "groups": (
        "if the claim is about new groups, split by group (GroupKFold) wherever you split, and "
        "report the score of new groups; else leave groups= out."
    ),
    "time": (
        "train on earlier rows and score on later ones (TimeSeriesSplit) wherever you split, and "
        "report the score of later rows."
    ),
}
