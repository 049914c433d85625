"""Whether the sides of a split share groups, and whether that matters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .._arguments import check_count
from ._arguments import checking

__all__ = ["score_gap_by", "shared_groups"]


def shared_groups(
    evaluate: Callable[[Any, np.ndarray], float],
    X: Any,
    y: np.ndarray,
    groups: np.ndarray,
    *,
    n_shuffles: int = 20,
    random_state: Any = None,
) -> pd.DataFrame:
    """Find out whether a procedure profits from having met the groups before.

    Whole groups, such as patients with all their records, exchange their labels; where a group has
    several, each becomes one of the other group's. A group's labels then say nothing about a new
    group, and what a procedure still scores it owes to knowing the group. For comparison the
    exchanged labels are also dealt out anew among all rows of the same true label, which no
    longer leaves a group anything of its own.

    Parameters
    ----------
    evaluate : callable (X, y) -> float
        Everything between the raw data and the number that you report: splitting, fitting,
        scoring. Where it splits by group it brings the groups along.
    X : array or DataFrame of n rows
        The raw data.
    y : array of shape (n,)
        The labels, or numbers for a regression.
    groups : array of shape (n,)
        Which group a row belongs to; missing values count as one group.
    n_shuffles : int, default=20
        How often to exchange; at least 2. `evaluate` runs twice each time.
    random_state : int, Generator or None, default=None
        Seed of the exchanges.

    Returns
    -------
    DataFrame
        One row with the columns ``value`` (mean score where groups exchanged their labels),
        ``null`` (mean score where rows did) and ``verdict``: ``"suspect"`` where `value` is
        greater by more than luck, else ``"clean"``; ``"not checked"`` where there is one group or
        no group has two rows, where `X` or `y` is constant, empty or missing, or where a score is.

    Notes
    -----
    The limit is three standard errors of the shuffles' differences, which luck in 20 shuffles
    exceeds in 4 of 1 000 cases. Where groups have nothing of their own, about 1 of 100 simulated
    studies alarmed, more of them where one group had a third of the rows: some rows of a group are
    alike by chance, and many more than 20 shuffles would find that. A procedure that meets no
    group twice alarms less, since labels that are exchanged keep their counts: the more there are
    of one in training, the fewer are left for the test, so that `value` falls below `null`.

    The comparison keeps how far exchanged labels agree with the true ones, so that a real effect
    does not alarm; numbers count as the same label in bands of about three groups. Give it a
    metric that does not reward saying yes more often: accuracy, AUROC or R², not F1 or recall.
    After Chaibub Neto and colleagues (2019), who let subjects exchange their labels.
    """
    rng, y = np.random.default_rng(random_state), pd.Series(np.asarray(y))
    at = [*y.groupby(np.asarray(groups), dropna=False).indices.values()]
    band = y.rank(method="dense") // max(1, 3 * y.nunique() // max(1, len(at)))
    raw = groups, y, np.asarray(X).reshape(max(1, len(y)), -1)
    scores = np.full((n_shuffles, 2), np.nan)
    if len(at) < len(y) and all(pd.DataFrame(r).nunique().max() > 1 for r in raw):
        for pair in scores:
            old, new = y.to_numpy(), y.to_numpy(copy=True)
            for me, j in zip(at, rng.permutation(len(at)), strict=True):
                new[me] = rng.choice(old[at[j]], len(me))[pd.factorize(old[me])[0]]
            loose = pd.Series(new).groupby(band).transform(rng.permutation)
            pair[:] = evaluate(X, new), evaluate(X, loose.to_numpy())
    sure = (d := scores @ [1, -1]).mean() - 3 * d.std(ddof=1) / n_shuffles**0.5
    verdict = "suspect" if sure > 0 else "clean" if sure <= 0 else "not checked"
    return pd.DataFrame([[*scores.mean(0), verdict]], ["groups"], ["value", "null", "verdict"])


@checking(n_repeats=check_count)
def score_gap_by(
    evaluate: Callable[[Any, np.ndarray, Any, np.ndarray], float],
    X: Any,
    y: Any,
    who: Any,
    *,
    n_repeats: int = 10,
    random_state: Any = None,
) -> pd.DataFrame:
    """Compare the score of random splits with that of splits by who made the rows.

    Five folds that hold whole annotators (patients, sites, devices), against folds of the very
    same sizes whose rows are drawn at random. Every row is tested once in each, so that easy and
    hard rows weigh the same.

    Parameters
    ----------
    evaluate : callable (X_train, y_train, X_test, y_test) -> float
        Fits everything that you fit on the first two and scores it on the last two; greater is
        better.
    X : array, sparse matrix, frame, Series or list of n rows
        The rows, as `evaluate` takes them.
    y : array-like of shape (n,)
        Labels or numbers. Rows without one, or without `who`, are left out.
    who : array-like of shape (n,)
        Who made or labelled each row.
    n_repeats : int, default=10
        How often rows are dealt into random folds; ``evaluate`` runs five times for each, and five
        times more.
    random_state : int, Generator or None, default=None
        Seed of the folds.

    Returns
    -------
    DataFrame
        One row, ``who``. ``value``: score of random folds minus score of folds by who;
        ``null``: the most that the score moves when rows are drawn anew, 97.5 % of the time, from
        the spread of the random folds; ``verdict``: ``"suspect"`` where the first is greater,
        ``"clean"``, or ``"not checked"``: there is one `who`, none has two rows, or a training
        part is left without rows or with one label only.

    Notes
    -----
    On rows whose labels know nothing of `who` it alarms in 0 to 3 of 100 studies, fewer where
    `who` moves the features neither. It asks whether rows of *others* score lower, not whether
    the labels are right: where everybody makes the same mistake it sees nothing.
    """
    rng, y, who = np.random.default_rng(random_state), np.asarray(y), pd.Series(who)
    rows = np.flatnonzero(pd.notna(y) & pd.notna(who))
    group, names = pd.factorize(who.iloc[rows])
    X = getattr(X, "iloc", X if hasattr(X, "tocsr") else np.asarray(X))

    def run(fold):
        sides = [(rows[fold != k], rows[fold == k]) for k in np.unique(fold)]
        if min((len(np.unique(y[train])) for train, _ in sides), default=0) < 2:
            return [np.nan]
        return [evaluate(X[a], y[a], X[b], y[b]) for a, b in sides]

    fold = (rng.permutation(len(names)) % 5)[group]
    free = pd.Series([s for _ in range(n_repeats) for s in run(rng.permuted(fold))])
    gap = free.mean() - np.mean(run(fold)) if len(names) < len(rows) else np.nan
    null = 1.96 * free.std() * (n_repeats / len(free)) ** 0.5
    verdict = "suspect" if gap > null else "clean" if gap <= null else "not checked"
    return pd.DataFrame({"value": gap, "null": null, "verdict": verdict}, ["who"])
