"""Checks that a reader can take into a project of their own.

They take your procedure as a function, so that whatever it does to the data is inside the check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import spatial, stats
from scipy.stats import pearson3

from .datasets._arguments import check_count, check_rng

__all__ = [
    "answers_that_change",
    "falls_under_changes",
    "features_that_look_ahead",
    "features_that_need_the_future",
    "resampled_before_split",
    "score_gap_by",
    "scores_on_shuffled_labels",
    "shared_groups",
    "shared_rows",
    "too_good_alone",
    "who_was_excluded",
]


def scores_on_shuffled_labels(
    procedure: Callable[[Any, np.ndarray], float],
    X: Any,
    y: np.ndarray,
    *,
    n_shuffles: int = 20,
    random_state: Any = None,
) -> np.ndarray:
    """Run a whole procedure on labels that mean nothing.

    Shuffled labels cannot be predicted, so a procedure that scores better than chance on them has
    seen what it is scored on. Unlike `sklearn.model_selection.permutation_test_score`, which
    shuffles inside the cross-validation of one estimator, this also covers what you did before.

    Parameters
    ----------
    procedure : callable (X, y) -> float
        Everything between the raw data and the number that you report: selection, scaling,
        splitting, fitting, scoring.
    X : array or DataFrame of n rows
        The raw data.
    y : array of shape (n,)
        The labels.
    n_shuffles : int, default=20
        How often to shuffle.
    random_state : int, Generator or None, default=None
        Seed of the shuffles.

    Returns
    -------
    array of shape (n_shuffles,)
        The procedure's scores. Compare their mean with chance.

    Notes
    -----
    Shuffling assumes that rows can be exchanged: with several rows a patient or a series in time,
    shuffle whole patients or blocks instead. See Ojala and Garriga (2010) on what permutation
    tests of classifiers show.
    """
    n_shuffles = check_count("n_shuffles", n_shuffles)
    rng = check_rng(random_state)
    return np.array([procedure(X, rng.permutation(y)) for _ in range(n_shuffles)])


def features_that_look_ahead(
    make_features: Callable[[pd.DataFrame], pd.DataFrame],
    series: pd.DataFrame,
    *,
    n_cuts: int = 20,
    random_state: Any = None,
) -> pd.Series:
    """Find the features that change when the future is taken away.

    The series is cut off after a row drawn at random, the features are made again, and the last
    row is compared with the same row made from the whole series.

    Parameters
    ----------
    make_features : callable (frame) -> frame
        Everything between the raw series and the features; a row for each row of the series.
    series : DataFrame of n rows
        The raw series, in order of time.
    n_cuts : int, default=20
        How often to cut, in the later half of the series; more find a rarer look ahead.
    random_state : int, Generator or None, default=None
        Seed of the cuts.

    Returns
    -------
    Series
        For each feature the share of cuts at which it changed, in [0, 1]; 0 for a feature of the
        past.

    Raises
    ------
    ValueError
        If `series` has fewer than 4 rows or `make_features` does not give one row for each.
    """
    n_cuts = check_count("n_cuts", n_cuts)
    rng = check_rng(random_state)
    if len(series) < 4:
        raise ValueError(f"series has {len(series)} rows; it needs at least 4")
    whole = make_features(series)
    if len(whole) != len(series):
        raise ValueError(f"make_features gave {len(whole)} rows for {len(series)} rows of series")
    ends = rng.integers(len(series) // 2, len(series) - 1, n_cuts)
    changed = [
        ~np.isclose(
            make_features(series.iloc[: end + 1]).iloc[-1].to_numpy(dtype=float),
            whole.iloc[end].to_numpy(dtype=float),
            equal_nan=True,
        )
        for end in ends
    ]
    return pd.Series(np.mean(changed, axis=0), index=whole.columns, name="share of cuts")


def features_that_need_the_future(
    make_features: Callable[[pd.DataFrame], Any],
    X: pd.DataFrame,
    *,
    known: Any,
    random_state: Any = None,
) -> pd.Series:
    """Find the features that change when what is not known on the day is replaced.

    For rows that hold their own future in further columns, such as windows with their horizon,
    or patients with what was charted after admission. The columns that are not known are taken
    from other rows, the features are made again and compared.

    Parameters
    ----------
    make_features : callable (frame) -> frame or array of n rows
        Everything between the raw rows and what the model is given.
    X : DataFrame of n rows
        The raw rows, at least 2; a handful will do.
    known : array of bool of shape (n_columns,)
        True for the columns of `X` that hold on the day what they hold here.
    random_state : int, Generator or None, default=None
        Seed of the exchange.

    Returns
    -------
    Series
        For each feature the share of rows in which it changed, in [0, 1]; 0 for a feature that
        needs no more than what is known.

    Raises
    ------
    ValueError
        If `X` has one row, `known` does not say yes or no for each column, all columns are known,
        or `make_features` does not give one row for each.

    See Also
    --------
    features_that_look_ahead : The same for one series in order of time.

    Notes
    -----
    The check believes `known`. It cannot see that a column was filled in or revised later.
    """
    rng = check_rng(random_state)
    if len(X) < 2:
        raise ValueError(f"X has {len(X)} rows; it needs at least 2")
    later = ~_mask("known", known, X.shape[1])
    if not later.any():
        raise ValueError("known is True for every column of X; there is no future to replace")
    # A shift by at least one row, so that no row keeps its own future.
    others = (np.arange(len(X)) + rng.integers(1, len(X))) % len(X)
    columns = [
        X.iloc[others if is_later else slice(None), place].set_axis(X.index)
        for place, is_later in enumerate(later)
    ]
    exchanged = pd.concat(columns, axis=1)
    before, after = pd.DataFrame(make_features(X)), pd.DataFrame(make_features(exchanged))
    if len(before) != len(X):
        raise ValueError(f"make_features gave {len(before)} rows for the {len(X)} rows of X")
    values = (frame.to_numpy(dtype=float) for frame in (before, after))
    changed = ~np.isclose(*values, equal_nan=True)
    return pd.Series(changed.mean(axis=0), index=before.columns, name="share of rows")


def who_was_excluded(frame: Any, steps: Mapping[str, Any]) -> pd.DataFrame:
    """Compare who goes at each step of a selection with who stays, in all that is recorded.

    Numbers and dates are replaced by their ranks, and are looked at twice: how high they are, and
    how far from the middle, since a study that takes the clear cases leaves out the middle. Every
    other characteristic is looked at level by level. `value` is the largest difference between
    those who stay at a step and those who go, in standard deviations over both.

    Parameters
    ----------
    frame : DataFrame or array of n rows
        The whole sampling frame: a row for everybody who could have been in the study, a column a
        characteristic. Missing values are left out, column by column.
    steps : mapping of str to array of bool of shape (n,), or callable (frame) -> such an array
        Who is kept at each step, True or False for every row of `frame`, in order. Who has gone
        at an earlier step is not counted again.

    Returns
    -------
    DataFrame
        A row for each step and characteristic, which are its index, with the columns ``gone`` (how
        many went at this step), ``value``, ``null`` (what a step that draws lots exceeds, in
        any characteristic, in 1 of 100 cases) and ``verdict``: ``"suspect"`` where `value` exceeds
        `null`, else ``"clean"``; ``"not checked"`` where nobody or everybody went, the
        characteristic is constant or missing, or so few went, or have it, that lots could do
        anything.

    Notes
    -----
    False alarms come at a rate of 1 % a step or less, by Bonferroni's correction over
    characteristics and levels, whatever their distributions: under lots, variance and skewness of
    a difference of mean ranks, or of shares, are known, and Pearson's third distribution gives the
    limit. Of a characteristic that is no number, levels with fewer than ten rows are not
    looked at, and no more than the 50 commonest. The check sees what the frame records and nothing
    else: clean means that no difference could be seen *there*, and `null` how large one could have
    been. In a large frame it sees differences too small to matter, so read `value` as well.
    """
    left, rows = pd.DataFrame(frame).reset_index(drop=True), {}
    for step, keep in steps.items():
        stay = pd.Series(np.asarray(keep(frame) if callable(keep) else keep, bool))
        for name, seen in ((k, column.dropna()) for k, column in left.items()):
            m = len(seen) * stay[seen.index].var(ddof=0) or np.nan
            X = {v: seen == v for v, k in seen.value_counts()[:50].items() if k > 9}
            X = pd.DataFrame(seen.rank() if seen.dtype.kind in "iufmM" else X)
            X = pd.concat([X, abs(X - X.mean())], axis=1, keys=[0, 1]).astype(float)
            d = (X.groupby(stay).mean().diff().abs().max() / X.std()).max()
            p = 0.005 / left.shape[1] / max(1, X.shape[1]) if m > 3 else np.nan
            null = pearson3.isf(p, X.skew().abs().max() / m**0.5) / m**0.5
            say = "suspect" if d > null else "clean" if d <= null else "not checked"
            rows[step, name] = (~stay[left.index]).sum(), d, null, say
        left = left[stay[left.index]]
    return pd.DataFrame(rows, "gone value null verdict".split()).T.infer_objects()


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


def resampled_before_split(train: Any, test: Any) -> pd.DataFrame:
    """Ask whether test rows are copies of training rows, or lie on a line between two of them.

    Copies across the split are what random oversampling before it leaves behind. Rows on a
    straight line between two training rows are what SMOTE leaves.

    Parameters
    ----------
    train, test : array or DataFrame
        Features of the rows that a model is fitted on and scored on, with the same columns. A
        label may be one of them.

    Returns
    -------
    DataFrame
        Two rows, over the distinct rows of `test` (400 of them, drawn at random, if there are
        more):

        ``copies``
            ``value`` is the share of test rows that are also in `train`. ``null`` is the share of
            the *other* test rows that come within one column of it (a column of two values counts
            half): where coincidence makes copies, it makes near misses at least as often.
        ``between``
            ``value`` is the share of test rows that lie on a line from their nearest training row
            to another one, in the numeric columns of which nine values in ten are distinct.
            ``null`` is zero but for what is added below: chance puts no three rows on a line.

        One row is added to either null, as if it had been found. ``verdict`` is ``"suspect"``
        where so many rows would be found in less than 1 of 100 tests, ``"clean"`` where not, and
        ``"not checked"`` where the null is 1 and nothing could stand out. That is so with fewer
        than 7 distinct rows on either side, with columns so coarse that any row nearly has a
        twin, and, for ``between``, with fewer than three fine columns of which none is a function
        of another.

    See Also
    --------
    scores_on_shuffled_labels : Sees every form of the mistake, from the procedure.

    Notes
    -----
    The lines are those of Chawla and colleagues (2002). Copies that were there before anybody
    resampled look the same. Rows moved by noise, encoded categories and filled gaps leave neither.
    """
    train, test = (pd.DataFrame(part).infer_objects().drop_duplicates() for part in (train, test))
    rows, n = pd.concat([train, test.sample(frac=1, random_state=0)[:400]]), len(train)
    weight, table, found = rows.nunique().clip(1, 3) - 1, [], [([0], [1]), ([0], [1])]
    X = rows.loc[:, rows.nunique() > 0.9 * len(rows)].select_dtypes("number").dropna(axis=1)
    if min(n, len(rows) - n) > 6 and weight.any():
        codes = rows.apply(lambda column: pd.factorize(column)[0])
        miss = spatial.distance.cdist(codes[n:], codes[:n], "hamming", w=weight).min(axis=1)
        found[0] = miss == 0, [1, *(miss[miss > 0] * weight.sum() < 2.1)]
        far, free = spatial.distance_matrix(X[n:], X[:n]), X.corr("spearman").abs() < 0.999
        gap = far.T + far.min(1) - spatial.distance_matrix(X[:n], X.iloc[far.argmin(1)])
        found[1] = (
            (gap < 1e-12 * far.min(1)).any(0),
            [1] + [0] * (len(far) * (free.sum().sum() > 4)),
        )
    for seen, chance in found:
        null = sum(chance) / len(chance)
        verdict = "suspect" if stats.binom.sf(sum(seen) - 1, len(seen), null) < 0.01 else "clean"
        table.append([sum(seen) / len(seen), null, verdict if null < 1 else "not checked"])
    return pd.DataFrame(table, ["copies", "between"], ["value", "null", "verdict"])


def shared_rows(train: Any, test: Any, tolerance: float = 0.01) -> pd.DataFrame:
    """Find test rows that have a copy, exact or near, among the training rows.

    Around each test row, how the distances of the 10th to the 20th nearest training row grow says
    in how many directions rows differ, and so how near the nearest one is by chance. A test row
    counts as shared where its nearest is nearer than that: where different rows come as near in
    fewer than `tolerance` of cases.

    Parameters
    ----------
    train, test : array or DataFrame with the same columns
        The rows on either side of the split: what the model is given, without names and numbers
        of rows. Columns may be numbers, categories or dates, and values may be missing.
    tolerance : float in (0, 1), default=0.01
        How seldom a different row comes as near as one that counts as shared.
        A smaller one, such as 1e-4, finds a handful of exact copies, and misses noisy ones.

    Returns
    -------
    DataFrame
        One row, ``test``, with the columns ``value`` (the share of test rows that count as
        shared), ``null`` (`tolerance`: at most so many do where all rows are different) and
        ``verdict``: ``"suspect"`` where so many come by chance in fewer than 1 of 100 tables,
        else ``"clean"``; ``"not checked"`` where an exact copy would not stand out either, as in
        few columns with few values, and where there are fewer than 10 training or 2 test rows or
        all rows are the same.

    Notes
    -----
    Distances are between ranks, so units and outliers do not matter. A value that several training
    rows have is spread at random over the ranks that they take: rows that agree because a column
    has few values come no nearer than the column allows. Missing is a value of its own. A column
    counts as much as it tells (its Rényi entropy). That rows differ in d directions means that
    the chance of a row within a distance grows with its d-th power; d is estimated from all test
    rows together.

    False alarms are rarer than 1 % where rows are drawn from one smooth population. Rows that are
    alike for another reason than copying are found as well: visits of one patient, neighbouring
    hours, knots of fewer than ten rows. More than nine copies of a row in `train` hide each other.
    With tens of thousands of rows a random sample of the test rows will do, and takes less time.
    """
    rows = pd.concat(map(pd.DataFrame, (train, test)), ignore_index=True)
    X = pd.DataFrame([pd.Categorical(c).codes for _, c in rows.items()]).T
    n, m, value, says = len(train), min(10, len(train) // 2), np.nan, "not checked"
    if m >= 5 and len(test) > 1 and X.size and X.nunique().max() > 1:
        room = X.apply(lambda c: c.map(c[:n].value_counts())).fillna(1) - 0.9
        w = np.log(n / (room.mean() + 0.9)).to_numpy()
        Z = w * (X.rank() + room * (np.random.default_rng(0).random(X.shape) - 0.5))
        r = spatial.KDTree(Z[:n]).query(Z[n:], 2 * m, workers=-1)[0]
        spread = (np.diff(np.log(r[:, m - 1 :])) * np.arange(m, 2 * m)).mean()
        limit = r[:, m - 1] * (1 - (1 - tolerance) ** (1 / (m - 1))) ** spread
        value = (r[:, 0] < limit).mean()
        if np.median(np.linalg.norm(w * room[n:], axis=1) / limit) < 6**0.5:
            alarm = stats.binom.sf(value * len(r) - 0.5, len(r), tolerance) < 0.01
            says = "suspect" if alarm else "clean"
    return pd.DataFrame(dict(value=value, null=tolerance, verdict=says), ["test"])


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


def falls_under_changes(
    predict: Callable[[np.ndarray], np.ndarray], X: Any, y: Any, changes: Mapping[str, Any]
) -> pd.DataFrame:
    """Compare the score on the same rows before and after changes that must not matter.

    Parameters
    ----------
    predict : callable (X) -> array of labels
        The model as it is used, such as ``model.predict``.
    X : array of shape (n, ...)
        Rows that it was not trained on: pictures, numbers, texts.
    y : array of shape (n,)
        Their true labels.
    changes : mapping of str to array like X, or callable (X) -> such an array
        The same rows, in the same order, after each change of something that must not matter to
        the answer: another weather, another camera, mirrored, noise.

    Returns
    -------
    DataFrame
        A row for each change, over the rows that it changes at all. ``value``: how far accuracy
        falls; ``null``: the largest fall that is still called chance; ``verdict``: ``"suspect"``
        where `value` is greater, else ``"clean"``. ``"not checked"`` where it changes fewer than 7
        rows (more, with several changes), their labels are all the same, or all get one answer.

    Notes
    -----
    A change that does not matter breaks as many right answers as it mends wrong ones, so that of
    the rows that turn either way those that break are half: McNemar's test, from one side. The
    level is 1 % over all changes together. Rows must be independent. Clean says that no fall could
    be seen under *this* change; it says nothing of changes that you have not made.
    """
    X, y, rows = np.asarray(X), np.asarray(y), []
    level = 0.01 / max(1, len(changes))
    for change in changes.values():
        new = np.asarray(change(X) if callable(change) else change)
        moved = np.flatnonzero((new != X).any(axis=tuple(range(1, X.ndim))))
        n, value, null, verdict = len(moved), np.nan, np.nan, "not checked"
        if 0.5**n <= level and len(np.unique(y[moved])) > 1:
            answers = np.array([predict(part[moved]) for part in (X, new)])
            before, after = answers == y[moved]
            turned, value = sum(before != after), np.mean(before) - np.mean(after)
            null = (2 * stats.binom.isf(level, turned, 0.5) - turned) / n
            if len(np.unique(answers)) > 1:
                verdict = "suspect" if value > null + 1e-12 else "clean"
        rows.append([value, null, verdict])
    return pd.DataFrame(rows, [*changes], ["value", "null", "verdict"])


def too_good_alone(X: Any, y: Any, available_at: Any = None) -> pd.DataFrame:
    """Find the features that know more of the outcome, alone, than they may.

    Each feature is turned into at most eleven bins of its ranks, or its categories, with a missing
    value as one more. In a shuffled order each row gets the share of positive outcomes among the
    rows before it in its bin, and these shares are scored by AUROC. A feature that comes after the
    decision may know nothing; one that is known in time may not leave less than a quarter of the
    error that the next best in time leaves.

    Parameters
    ----------
    X : array or DataFrame of shape (n_rows, n_features)
        Numbers, categories, dates, missing values.
    y : array of shape (n_rows,)
        The outcome. Of one with more than two values it is asked whether a row lies in the upper
        half. Rows without an outcome are left out.
    available_at : mapping, Series, array of shape (n_features,) or float, default=None
        Hours (or days) from the decision until the feature holds what it holds here: above 0 it
        comes too late, at 0 or below it is known in time. NaN, or a feature that is not
        mentioned: its time is unknown.

    Returns
    -------
    DataFrame
        A row for each feature: ``value``, its AUROC alone, of rows predicted from other rows;
        ``null``, the most that this may be; ``verdict``. ``"not checked"`` where the time is
        unknown, the feature has one value only, or an outcome has fewer than five rows.

    Notes
    -----
    Under the null hypothesis no row's prediction depends on its own outcome, so that the AUROC is
    0.5 on average, with the variance of the Mann-Whitney statistic, scaled by A (1 - A) where the
    bound A is another. The reach above it grows with the number of features as that of the largest
    of so many normal variables. Of 100 tables whose features all come late and know nothing, 1 to
    4 have one that is called suspect, and fewer where some are in time. For a feature in time the
    bound is a convention, and a splendid marker breaks it: look before you throw it out.

    Rows must be independent. Two leaks that both claim to be in time hide each other. Without
    times there is no verdict: see Kaufman, Rosset, Perlich and Stitelman (2012).
    """
    X, y = pd.DataFrame(X).infer_objects(), pd.Series(np.ravel(y))
    high = (y.dropna().rank(pct=True) > 0.5).sample(frac=1, random_state=0)
    n, few, varied = len(high), min(sum(high), sum(~high)), X.nunique(dropna=False) >= 2
    hours = pd.Series(available_at, X.columns, float).where(varied & (few > 4)).to_numpy()
    risk = pd.DataFrame(0.0, high.index, range(len(hours)))
    for j, (_, c) in enumerate(X.items()):
        c = c if c.dtype.kind == "O" else c.rank(pct=True).round(1)
        past = high.groupby(pd.factorize(c)[0][high.index])
        risk[j] = (past.cumsum() - high + high.mean()) / (past.cumcount() + 1)
    own = 0.5 + risk.rank().groupby(high).mean().diff().sum() / n
    second = np.sort(np.r_[0.5, 0.5, own[hours <= 0]])[-2]
    null = np.where(hours <= 0, 0.75 + second / 4, 0.5)
    spread = null * (1 - null) * (n + 1) / max(3 * few * (n - few), 1)
    null += np.sqrt(2 * np.log(1 + 2 * len(hours)) * spread)
    said = np.select([np.isnan(hours), own > null], ["not checked", "suspect"], "clean")
    return pd.DataFrame({"value": own.array, "null": null, "verdict": said}, X.columns)


def answers_that_change(
    predict: Callable[[Any], Any], X: Any, altered: Any, placebo: Any, allowed: float = 0.05
) -> pd.DataFrame:
    """Ask whether altering what must not matter changes more answers than a placebo.

    The same rows are put to a model three times: as they are, with something altered that the
    answer should not depend on (the background, the device, the sex), and with a placebo, which
    alters the rows by the same means and leaves that as it was.

    Parameters
    ----------
    predict : callable (X) -> array of shape (n,)
        A fitted model's answers: labels, not probabilities.
    X : array or DataFrame of n rows
        Rows that the model was not trained on.
    altered, placebo : array or DataFrame of the same shape
        The same rows, row by row, altered in either way.
    allowed : float, default=0.05
        The share of answers that may change beyond those that the placebo changes.

    Returns
    -------
    DataFrame
        One row, ``answers``, with the columns ``value`` (the share of answers that change),
        ``null`` (the most that a model would change that goes by the alteration in `allowed` of
        the rows, beyond the placebo, 99 % of the time) and ``verdict``: ``"suspect"`` where
        `value` is greater, else ``"clean"``; ``"not checked"`` where `X` is empty, `altered` or
        `placebo` is the same as `X`, every answer is the same, or so few rows are given, or so
        many answers change with the placebo, that nothing could stand out.

    Notes
    -----
    The comparison is paired, like McNemar's test: its standard error comes from the rows in which
    the altered answer changes and that of the placebo does not, or the other way round, and one
    more. A model clean of one alteration may depend on anything that was not altered, and a
    model that was trained on such alterations will pass without being any better for it. That
    answers change does not say that they become wrong.
    """
    A, *others = (np.asarray(Z) for Z in (X, altered, placebo))
    idle = [((Z == A) | ((Z != Z) & (A != A))).all() for Z in others]
    value = null = np.nan
    verdict = "not checked"
    if not any(idle):
        said = pd.factorize(np.ravel([predict(Z) for Z in (X, altered, placebo)]))[0]
        first, *changed = said.reshape(3, -1)
        moved, stirred = (answers != first for answers in changed)
        n, value, null = len(first), moved.mean(), stirred.mean() + allowed
        if said.max() > 0 and null + 2.33 * (n + 1) ** 0.5 / n < 1:
            null += 2.33 * (1 + (moved != stirred).sum()) ** 0.5 / n
            verdict = "suspect" if value > null else "clean"
    return pd.DataFrame([[value, null, verdict]], ["answers"], ["value", "null", "verdict"])


def _mask(name: str, values: Any, length: int) -> np.ndarray:
    mask = np.asarray(values)
    if mask.dtype != bool or mask.shape != (length,):
        raise ValueError(
            f"{name} must be {length} values True or False, one for each column of X; "
            f"got shape {mask.shape} of {mask.dtype}"
        )
    return mask
