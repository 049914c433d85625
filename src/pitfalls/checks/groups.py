"""Whether a procedure profits from having met the group of a row before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from .._arguments import check_count, check_rng
from .._data import n_rows, outcome_in_order
from .._words import counted, raised
from ._control import APART, Control, controlled, look
from ._exchanges import Exchanges, codes_of
from .result import Finding, Result
from .runs import Runs

__all__ = ["shared_groups"]

#: After so many exchanges the check looks whether it knows enough, and stops if it does.
_LOOKS = (5, 8, 12)
#: Chance of a false alarm at each of these, and at the end: less than one in a hundred in all.
_EARLY, _LAST = 0.0007, 0.004
#: Chance that a limit on what is gained is too low.
_MISS = 0.01
#: Below this share of what made-up groups give, what real groups give counts as nothing.
_NOTHING = 0.07
#: What is gained is told from nothing where it is more than this share.
_LEAST = 0.02
#: A procedure may fail on outcomes that are drawn by lot; after so many times it is given up.
_FAILURES = 3


def shared_groups(
    evaluate: Callable[[Any, Any], float],
    X: Any,
    y: Any,
    groups: Any,
    *,
    greater_is_better: bool | None = None,
    n_shuffles: int = 16,
    random_state: Any = None,
) -> Result:
    """Find out whether a procedure profits from having met the groups before.

    Whole groups, such as patients with all their records, exchange their outcomes; where a group
    has several, each becomes one of the other group's. A group's outcomes then say nothing
    about a new group, and what a procedure still scores it owes to knowing the group. For
    comparison the exchanged outcomes are dealt out anew among all rows of the same true outcome,
    which no longer leaves a group anything of its own.

    Parameters
    ----------
    evaluate : callable (X, y) -> float or (float, model)
        Everything between the raw data and the number that you report: splitting, fitting,
        scoring. Where it splits by group it brings the groups along, in the order of the rows.
    X : n rows of any kind
        The raw data. They are handed on as they are.
    y : outcomes of any kind, n of them
        Labels, numbers for a regression, or several columns of either. They are handed on as the
        kind of thing that they are, in another order.
    groups : array-like of shape (n,)
        Which group a row belongs to. A row without one counts as a group of its own.
    greater_is_better : bool, default=None
        False for a loss or an error. None finds out by the control.
    n_shuffles : int, default=16
        How often to exchange, at most; at least 5. It stops as soon as the answer is clear.
    random_state : int, Generator or None, default=None
        Seed of the exchanges.

    Returns
    -------
    Result
        One finding, ``"groups"``. ``value`` is the mean score on outcomes that belong to whole
        groups and ``null`` the most that the same outcomes may score where groups do not matter.
        A loss is turned: -0.3 is a loss of 0.3.

        ``"clean"`` where groups are kept apart: the group of each row was written into it, each
        group was given one outcome, and the procedure made nothing of it, although it did for
        made-up groups that cut across the real ones. Or where groups are met again, and what is
        made of it is a small part of that at most. ``"not checked"`` where made-up groups are not
        found, there is one group, no group has two rows, or `X`, `y` or the scores are constant.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it should be, or X, y and groups differ in length.

    Notes
    -----
    `value` minus `null` is not the size of the leak. It says how well groups are recognised when
    nothing else can be learned; what your score owes to that depends on what else there is.
    `score_gap_by` measures it. Where you have the two sides of a split, `shared_identifiers` needs
    no training, and sees a single group that is on both.

    It takes 10 to 23 runs where groups are kept apart, about 14 where they are recognised at once,
    and up to ``2 * n_shuffles + 23`` where it is hard to tell; a note says how many it were.

    Whether a profit is wrong depends on the claim: where the same groups come back it is none. A
    person under two numbers is two groups to it. Give it a metric that does not reward saying yes
    more often: accuracy, AUROC or R², not F1 or recall. It sees no group that is on both sides
    among many that are not.

    After Chaibub Neto and colleagues (2019), who let subjects exchange their labels. For its power
    and its false alarms see the evidence of chapter 05.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import GroupKFold, KFold, cross_val_score
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from pitfalls.checks import shared_groups
    >>> rng = np.random.default_rng(0)
    >>> patient = np.repeat(np.arange(40), 5)
    >>> voice, y = rng.normal(size=(40, 6))[patient], (patient % 2)
    >>> X = voice + rng.normal(size=(200, 6)) / 2
    >>> def by_recording(X, y):
    ...     return cross_val_score(KNeighborsClassifier(3), X, y, cv=KFold(5, shuffle=True)).mean()
    >>> def by_patient(X, y):
    ...     folds = GroupKFold(5).split(X, y, patient)
    ...     return cross_val_score(KNeighborsClassifier(3), X, y, cv=folds).mean()
    >>> shared_groups(by_recording, X, y, patient, random_state=0).verdict
    'suspect'
    >>> shared_groups(by_patient, X, y, patient, random_state=0).verdict
    'clean'
    """
    rng = check_rng(random_state)
    n_shuffles = check_count("n_shuffles", n_shuffles, least=_LOOKS[0], most=10_000)
    check_direction(greater_is_better)
    runs = Runs(evaluate)
    group, notes = groups_of("groups", groups, X, y)
    exchanges = Exchanges(y, group, rng)
    if why := _hopeless(X, exchanges):
        return Result("shared_groups", (Finding.missing("groups", why),), tuple(notes))
    claimed = runs.score(X, y)
    if np.isnan(claimed):
        finding = Finding.missing("groups", "evaluate returned no finite number on your own data.")
        return Result("shared_groups", (finding,), tuple(notes))
    control = Control(runs, X, y, group, exchanges)
    rounds = _Rounds(runs, X, y, exchanges, n_shuffles)
    # Most procedures that meet groups again show it at once, and need no more of the control.
    if look(control, X, group, rng):
        rounds.run(control, greater_is_better, _LOOKS[0])
    if not rounds.suspect(control, greater_is_better):
        controlled(control, X, group, rng)
    if control.found and control.apart and not rounds.suspect(control, greater_is_better):
        sign = _sign(greater_is_better, control)
        right = sign * control.gain > 0
        finding = _kept_apart(control, sign) if right else _contradicted(control, sign)
    else:
        rounds.run(control, greater_is_better, n_shuffles)
        finding = _recognised(rounds, control, greater_is_better, claimed)
    sign = _sign(greater_is_better, control)
    if sign < 0:
        notes.append("the score is a loss and turned: of the values here, more is better.")
    notes.append(f"evaluate ran {counted(runs.count, 'time')}.")
    return Result("shared_groups", (finding,), tuple(notes))


def _sign(greater_is_better: bool | None, control: Control) -> int:
    """Return -1 for a loss; where nobody said, by what the control gives."""
    if greater_is_better is None:
        return -1 if control.gain < 0 else 1
    return 1 if greater_is_better else -1


def groups_of(name: str, groups: Any, X: Any, y: Any) -> tuple[np.ndarray, list[str]]:
    """Return a whole number for each row's group, and notes; rows without one are groups."""
    sizes = {"X": n_rows("X", X), "y": n_rows("y", y), name: n_rows(name, groups)}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{size} of {what}" for what, size in sizes.items())
        raise ValueError(f"there are {told}; each needs one entry for each row")
    group, missing = codes_of(name, groups)
    alone = np.flatnonzero(missing)
    group[alone] = len(group) + np.arange(len(alone))
    notes = (
        [f"{counted(len(alone), 'row')} without {name}: each counts as one of its own."]
        if len(alone)
        else []
    )
    return pd.factorize(group)[0], notes


def check_direction(greater_is_better: Any) -> None:
    """Raise where it is neither None, True nor False."""
    if greater_is_better is not None and not isinstance(greater_is_better, bool | np.bool_):
        raise TypeError(f"greater_is_better={greater_is_better!r} must be True, False or None")


def _hopeless(X: Any, exchanges: Exchanges) -> str:
    """Say why no exchange can tell anything, or nothing."""
    sizes = [len(rows) for rows in exchanges.rows]
    if not sizes:
        return "there is no row with an outcome; hand over those that have one."
    if len(sizes) == 1:
        return "all rows are of one group; with one alone nothing can be exchanged."
    if max(sizes) == 1:
        return "no group has two rows, so that none can be met again; is this the right column?"
    if exchanges.n_labels == 1:
        return "all outcomes are the same; there is nothing to predict."
    return "all rows of X are the same; there is nothing to predict from." if same(X) else ""


def same(X: Any) -> bool:
    """Whether all rows are the same, where that is cheap to see."""
    if isinstance(X, pd.DataFrame):
        return all(
            not len(c) or c.isna().all() or bool((c == c.iloc[0]).all()) for _, c in X.items()
        )
    if isinstance(X, np.ndarray) and X.dtype.kind in "fiub" and len(X):
        return bool((np.isnan(X).all() if X.dtype.kind == "f" else False) or (X == X[:1]).all())
    return False


class _Rounds:
    """Scores on outcomes that groups exchanged, and on the same dealt out among rows."""

    def __init__(self, runs: Runs, X: Any, y: Any, exchanges: Exchanges, most: int) -> None:
        self._runs, self._X, self._y, self._exchanges = runs, X, y, exchanges
        self._most = most
        self.exchanged: list[float] = []
        self.dealt: list[float] = []
        self.problem = ""

    def run(self, control: Control, greater_is_better: bool | None, until: int) -> None:
        """Exchange until it is clear whether that matters, or so many times."""
        if self._clear(control, greater_is_better):
            return
        failures = 0
        while len(self.dealt) < until and failures < _FAILURES:
            failures = 0 if self._once() else failures + 1
            if self._clear(control, greater_is_better):
                break

    def _once(self) -> bool:
        order = self._exchanges.between_groups()
        dealt = self._exchanges.among_rows(order)
        try:
            scores = [
                self._runs.score(self._X, outcome_in_order(self._y, one)) for one in (order, dealt)
            ]
        except Exception as error:  # whatever a procedure of somebody else may raise
            self.problem = raised(error)
            return False
        if not np.isfinite(scores).all():
            self.problem = "no finite number"
            return False
        self.exchanged.append(scores[0])
        self.dealt.append(scores[1])
        return True

    def gain(self) -> tuple[float, float]:
        """Return what the exchange gives on average, and its standard error."""
        gains = np.subtract(self.exchanged, self.dealt)
        return float(gains.mean()), float(stats.sem(gains))

    def luck(self, control: Control) -> float:
        """Return how much luck alone gives at most."""
        chance = _EARLY if len(self.dealt) < self._most else _LAST
        by_luck = float(stats.t.isf(chance, len(self.dealt) - 1)) * self.gain()[1]
        return max(by_luck, _LEAST * abs(control.gain))

    def suspect(self, control: Control, greater_is_better: bool | None) -> bool:
        """Whether the exchange gives more than luck, and it is known which way is up."""
        if len(self.dealt) < _LOOKS[0]:
            return False
        up = greater_is_better is not None or control.found or control.at_once
        return up and _sign(greater_is_better, control) * self.gain()[0] > self.luck(control)

    def little(self, control: Control, sign: int) -> bool:
        """Whether what is gained is a small part of what the control gives, for sure."""
        mean, error = self.gain()
        most = sign * mean + float(stats.t.isf(_MISS, len(self.dealt) - 1)) * error
        return most < _NOTHING * abs(control.gain)

    def _clear(self, control: Control, greater_is_better: bool | None) -> bool:
        if len(self.dealt) not in _LOOKS:
            return False
        if self.exchanged == self.dealt or self.suspect(control, greater_is_better):
            return True
        return control.found and self.little(control, _sign(greater_is_better, control))


def _kept_apart(control: Control, sign: int) -> Finding:
    """Say that groups are not met again, not even where nothing else is to be learned."""
    made_up, real, dealt = (
        float(np.mean(s)) for s in (control.made_up, control.real, control.dealt)
    )
    return Finding.judged(
        "groups",
        sign * real,
        sign * (dealt + APART * control.gain),
        seen=True,
        says=(
            "groups are kept apart: with the group written into each row and one outcome for "
            f"each group it scores {real:.2f}, no better than on outcomes dealt out by lot "
            f"({dealt:.2f}). Groups made up across the real ones it recognises ({made_up:.2f})."
        ),
        blind="",
        cure="",
    )


def _recognised(
    rounds: _Rounds, control: Control, greater_is_better: bool | None, claimed: float
) -> Finding:
    """Say whether the procedure profits from what is in the rows of a group."""
    if len(rounds.dealt) < _LOOKS[0]:
        return Finding.missing(
            "groups",
            f"evaluate fails on exchanged outcomes ({rounds.problem}); let it return a score for "
            "any outcomes, as they are exchanged between whole groups.",
        )
    sign, found = _sign(greater_is_better, control), control.found
    exchanged, dealt = float(np.mean(rounds.exchanged)), float(np.mean(rounds.dealt))
    gain, luck = sign * rounds.gain()[0], rounds.luck(control)
    if greater_is_better is None and not (found or control.at_once):
        if abs(gain) > luck:
            blind = (
                f"exchanged outcomes score {exchanged:.2f} and dealt ones {dealt:.2f}, but "
                "whether more is better could not be seen; say so by greater_is_better=."
            )
            return Finding.missing("groups", blind)
    if found and sign * control.gain < 0:
        return _contradicted(control, sign)
    return Finding.judged(
        "groups",
        sign * exchanged,
        sign * dealt + luck,
        seen=found and rounds.little(control, sign),
        says=_said(exchanged, dealt, gain > luck, claimed),
        blind=_blind(rounds, control, found),
        cure=(
            "if the claim is about new groups, split by group (GroupKFold, GroupShuffleSplit); "
            "score_gap_by measures what that costs."
        ),
    )


def _contradicted(control: Control, sign: int) -> Finding:
    return Finding.missing(
        "groups",
        f"greater_is_better={sign > 0} contradicts the control, where groups that are easy to "
        f"recognise move the score by {control.gain:+.2f}.",
    )


def _said(exchanged: float, dealt: float, suspect: bool, claimed: float) -> str:
    if suspect:
        return (
            "the procedure recognises groups that it has met: outcomes exchanged between whole "
            f"groups score {exchanged:.2f}, the same dealt out among rows {dealt:.2f}. That is "
            f"not how much of your {claimed:.2f} is owed to it, which score_gap_by measures."
        )
    return (
        f"groups may be met again, but nothing comes of it here: outcomes exchanged between whole "
        f"groups score {exchanged:.2f}, the same dealt out among rows {dealt:.2f}."
    )


def _blind(rounds: _Rounds, control: Control, found: bool) -> str:
    if not found:
        why = f" ({control.problem})" if control.problem and not control.made_up else ""
        return (
            "groups that were written into the rows were not found either, so nothing could be "
            f"seen{why}; does evaluate use the X and y that it is given?"
        )
    mean, error = (abs(number) for number in rounds.gain())
    return (
        f"groups may be met again, and {len(rounds.dealt)} exchanges cannot tell little from "
        f"nothing ({mean:.2f} ± {2 * error:.2f}); raise n_shuffles, or split by group."
    )
