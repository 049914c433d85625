"""What `pitfalls.audit.audit` and its peers say of the same planted and sound procedures.

    python -m pip install --group batteries                 # the real tables
    python benchmarks/audits.py pitfalls                    # a quarter of an hour on one core
    python benchmarks/audits.py --only copies pitfalls      # the cases whose names have this
    python -m venv peers                                    # elsewhere; needs pip 25.1 for groups
    peers/bin/python -m pip install . --group peers
    peers/bin/python benchmarks/audits.py skore deepchecks mlw cleanlab
    python benchmarks/audits.py --show                      # the table, of what was written

Each case is a procedure with one flaw, or a sound one that has what is often taken for one, on
data that are drawn anew for each seed; or a real table (see `tables.py`). The file
``benchmarks/audits.csv`` has a row for each tool, case and seed. The rows of the tools and
cases that are run are replaced.

Each tool is handed what its interface takes. `audit` gets the procedure and the arguments that
name what is known: groups, times, the split, when columns are known. A peer gets the two sides of
the split as the procedure makes them, so with what was done to all rows before; the model, the
dates, and the identifiers of groups where it has a place for them.

A peer has *found* a flaw where a check or condition that is about that flaw warns, whatever it
calls it (`peers.Tool.about`). It is *clean* where such a check ran and none warned, *not checked*
where none could run, *not applicable* where it has none. A peer *accuses* a sound case where a
check of leaks or of the split warns (`peers.Tool.leaks`); drift, overfitting, weak segments and
imbalance are no accusations. Two warnings count where they are right, and not where they are
wrong: the tip of skore that one column is as good as all, which "may" be a leak, and the condition
of deepchecks that a column tells as much on either side. All that warned is in the column
``said``, so that another rule can be applied. Of `audit` any check that is suspect accuses a sound
case; in a planted one those count that are named in the case.

`peers.fires` is run first: a check that is silent on its documented positive, or warns on its
documented negative, ends the run.

deepchecks 0.19.1 is the newest. It asks scikit-learn for a scorer that went with 1.8 and numpy for
a name that went with 2.0, so the peers run with older versions than this project's. evidently
0.7.23 has no check of leaks or of a split: it compares distributions. There is no leakaudit on
PyPI. Of mlw, `ml.leak` and `ml.drift` are asked, of cleanlab `Datalab`.
"""

from __future__ import annotations

import argparse
import functools
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import envelope as procedures
import numpy as np
import pandas as pd
from peers import PEERS, Handed, Said, Sides, Tool, fires
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, f1_score, r2_score, roc_auc_score
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from tables import tables

from pitfalls.audit import audit, cross_validated, held_out

FILE = Path(__file__).with_suffix(".csv")
#: A real table is used with so many rows, drawn anew for each seed.
ROWS = 600

#: Which checks of `audit` are about a flaw.
ABOUT = {
    "selection": ("sealed_envelope", "scores_on_shuffled_labels"),
    "encoding": ("sealed_envelope", "scores_on_shuffled_labels"),
    "oversampling": ("sealed_envelope", "shared_rows", "resampled_before_split"),
    "SMOTE": ("resampled_before_split", "sealed_envelope"),
    "SMOTE in the file": ("resampled_before_split",),
    "copies": ("shared_rows",),
    "near copies": ("shared_rows",),
    "groups": ("shared_identifiers", "shared_groups", "sealed_envelope"),
    "time": ("trained_after_test", "sealed_envelope"),
    "tuning": ("sealed_envelope", "scores_on_shuffled_labels"),
    "own rows": ("sealed_envelope", "scores_on_shuffled_labels", "shared_rows"),
    "filled by outcome": ("sealed_envelope", "scores_on_shuffled_labels"),
    "stacking": ("sealed_envelope", "scores_on_shuffled_labels"),
    "late column": ("too_good_alone",),
    "outcome copy": ("too_good_alone",),
    "look-ahead": ("features_that_look_ahead",),
    "skew": ("answers_alike",),
    "constant": ("beats_baselines",),
    "last value": ("beats_baselines",),
}


# ------------------------------------------------------------------------------ handing over


def part(n: int) -> np.ndarray:
    """Return which rows of n are test rows: a fifth, by lot."""
    is_test = np.zeros(n, dtype=bool)
    is_test[np.random.default_rng(0).permutation(n)[: n // 5]] = True
    return is_test


def last(n: int, share: int = 6) -> np.ndarray:
    """Return which rows of n are test rows: the last sixth, or another share."""
    return np.arange(n) >= n - n // share


def fold(cv: Any, n: int, y: Any = None, groups: Any = None) -> np.ndarray:
    """Return which rows are test rows in the first fold."""
    return np.isin(np.arange(n), next(cv.split(np.zeros(n), y, groups))[1])


def frame_of(X: Any) -> pd.DataFrame:
    """Return a frame of numbers, with names."""
    if isinstance(X, pd.DataFrame):
        return X.rename(columns=str)
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(np.shape(X)[1])])


def sides_of(
    seen: Any, y: Any, is_test: np.ndarray, model: Any, *, groups: Any = None, when: Any = None
) -> Sides:
    """Return a split of what a model sees."""
    seen, y = frame_of(seen), pd.Series(np.asarray(y), name="outcome")
    if when is not None and not np.issubdtype(np.asarray(when).dtype, np.datetime64):
        when = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.asarray(when), unit="D")
    pairs = {
        name: None if one is None else (np.asarray(one)[~is_test], np.asarray(one)[is_test])
        for name, one in (("groups", groups), ("time", when))
    }
    return Sides(seen[~is_test], seen[is_test], y[~is_test], y[is_test], model, **pairs)


def handed(
    data: dict[str, Any],
    evaluate: Callable[..., Any],
    model: Any,
    is_test: np.ndarray | None = None,
    *,
    metric: Any = accuracy_score,
    seen: Any = None,
    y_seen: Any = None,
    **asked: Any,
) -> Handed:
    """Return a case in which all is said that is known, unless it is said otherwise."""
    X, y, groups, when = data["X"], data["y"], data.get("groups"), data.get("time")
    is_test = part(len(y if y_seen is None else y_seen)) if is_test is None else is_test
    sides = sides_of(
        X if seen is None else seen, y if y_seen is None else y_seen, is_test, model,
        groups=groups, when=when,
    )  # fmt: skip
    known = {
        "metric": metric,
        "groups": False if groups is None else groups,
        "time": False if when is None else when,
        "available_at": False,
        "make_features": False,
        "served": False,
    }
    if y_seen is None:
        known |= {"train": np.flatnonzero(~is_test), "test": np.flatnonzero(is_test)}
    return Handed(sides, X, y, evaluate, known | asked)


@dataclass(frozen=True)
class Case:
    """A case.

    Attributes
    ----------
    make : callable (Generator) -> Handed
        Makes its data.
    flaw : str
        What is planted, or nothing.
    given : str
        What `audit` is told besides the procedure.
    """

    make: Callable[[np.random.Generator], Handed]
    flaw: str = ""
    given: str = "metric, split"

    @property
    def kind(self) -> str:
        return "planted" if self.flaw else "sound"


# ------------------------------------------------------------------------ planted, simulated


def selection(rng, data=procedures.genes):
    data = data(rng)
    seen = SelectKBest(k=20).fit_transform(data["X"], data["y"])
    return handed(data, procedures.select_first, GaussianNB(), seen=seen)


def wide_signal(rng):
    return procedures.signal(rng, 120, p=1000)


def codes(rng):
    """Make codes of places that say nothing, and a number that says something."""
    data = procedures.postcodes(rng)
    x = data["X"]["x"]
    return data | {"y": (x + rng.normal(size=len(x)) > 0).astype(int).to_numpy()}


def encoding(rng):
    data = codes(rng)
    X, y = data["X"], data["y"]
    mean = pd.Series(y).groupby(X["code"]).transform("mean").to_numpy()
    seen = pd.DataFrame({"code": mean, "x": X["x"]})
    return handed(
        data, procedures.encode_first, LogisticRegression(), metric=roc_auc_score, seen=seen
    )


def oversampling(rng):
    data = procedures.rare(rng)
    X, y = data["X"], data["y"]
    more = rng.choice(np.flatnonzero(y == 1), (y == 0).sum())
    seen, y_seen = np.r_[X, X[more]], np.r_[y, y[more]]
    is_test = fold(KFold(5, shuffle=True, random_state=0), len(seen))
    return handed(
        data, procedures.oversample_first, DecisionTreeClassifier(random_state=0), is_test,
        metric=f1_score, seen=seen, y_seen=y_seen, train=seen[~is_test], test=seen[is_test],
    )  # fmt: skip


def smote(rng):
    from imblearn.over_sampling import SMOTE

    data = procedures.rare(rng)
    seen, y_seen = SMOTE(random_state=0).fit_resample(data["X"], data["y"])
    order = rng.permutation(len(seen))
    seen, y_seen = seen[order], y_seen[order]
    is_test = part(len(seen))
    return handed(
        data, procedures.smote_first, RandomForestClassifier(30, random_state=0), is_test,
        metric=f1_score, seen=seen, y_seen=y_seen, train=seen[~is_test], test=seen[is_test],
    )  # fmt: skip


def patients(rng):
    data = procedures.patients(rng)
    data["X"] = frame_of(data["X"])
    is_test = fold(KFold(5, shuffle=True, random_state=0), len(data["y"]))
    return handed(data, procedures.shuffled_folds, KNeighborsClassifier(3), is_test)


def shuffled(rng):
    data = procedures.drifting(rng)
    data["X"] = frame_of(data["X"])
    is_test = fold(KFold(5, shuffle=True, random_state=0), len(data["y"]))
    return handed(data, procedures.shuffled_folds, KNeighborsClassifier(3), is_test)


def of_procedure(evaluate, data, model, **options):
    """Make a case of a procedure of `envelope.py` that leaves the rows as they are."""

    def make(rng):
        return handed(data(rng), evaluate, model, **options)

    return make


def filled(rng):
    data = procedures.with_gaps(rng)
    X, y = data["X"], data["y"]
    seen = X.fillna(X.groupby(y).transform("mean"))
    return handed(data, procedures.fill_by_outcome, LogisticRegression(), seen=seen)


def stacked(rng):
    data = procedures.signal(rng)
    X, y = data["X"], data["y"]
    below = [RandomForestClassifier(20, random_state=i).fit(X, y) for i in range(2)]
    seen = np.column_stack([one.predict_proba(X)[:, 1] for one in below])
    return handed(
        data, procedures.stack_on_same_rows, LogisticRegression(),
        metric=roc_auc_score, seen=seen,
    )  # fmt: skip


def one_strong(rng, late):
    """Make a column that nearly gives the outcome: recorded after it, or long before."""
    data = procedures.signal(rng)
    X = frame_of(data["X"]).assign(strong=data["y"] + 0.3 * rng.normal(size=len(data["y"])))
    known = dict.fromkeys(X, 0) | {"strong": 30 if late else 0}
    return handed(
        {"X": X, "y": data["y"]}, cross_validated(LogisticRegression(), 5),
        LogisticRegression(), metric=None, available_at=known,
    )  # fmt: skip


def windows(centred):
    """Make the function that makes features of prices, from the past or from around a day."""

    def make(series):
        price = series["price"]
        return pd.DataFrame(
            {
                "smooth": price - price.rolling(5, center=centred).mean(),
                "change": price.diff(),
                "spread": price.rolling(10).std(),
            }
        )

    return make


def rolling(rng, centred):
    price = 100 + rng.normal(size=700).cumsum()
    price[1:] += 0.6 * np.diff(price)  # what rose yesterday rises on
    series = pd.DataFrame({"price": price}, index=pd.date_range("2022", periods=700))
    X = windows(centred)(series)
    y = (series["price"].shift(-1) > series["price"]).astype(int)
    kept = X.notna().all(axis=1) & (np.arange(700) < 699)
    dates = X.index[kept]
    X, y = X[kept].reset_index(drop=True), y[kept].to_numpy()
    return handed(
        {"X": X, "y": y, "time": dates}, procedures.forwards, LogisticRegression(), last(len(y)),
        make_features=windows(centred), series=series, gap="1D",
    )  # fmt: skip


def served(rng, alike):
    """Make lengths that are served in inches, or as in training."""
    data = procedures.signal(rng)
    X = pd.DataFrame(data["X"] * 10 + 170).add_prefix("length ")

    def train_path(rows):
        return (rows - 170) / 10

    def serve_path(rows):
        return train_path(rows if alike else rows.assign(**{"length 0": rows["length 0"] / 2.54}))

    line = make_pipeline(StandardScaler(), LogisticRegression())
    case = handed(
        {"X": X, "y": data["y"]}, cross_validated(line, 5), line, metric=None,
        served=(train_path, serve_path),
    )  # fmt: skip
    case.sides.train, case.sides.test = train_path(case.sides.train), serve_path(case.sides.test)
    return case


def constant(rng):
    """Make a rare outcome, whose accuracy is high for anybody."""
    n = 600
    data = {"X": rng.normal(size=(n, 5)), "y": (rng.random(n) < 0.1).astype(int)}
    return handed(data, procedures.crossed(LogisticRegression()), LogisticRegression())


def price_tomorrow(rng):
    """Make a random walk, whose forecast is that of three days ago, with a splendid R²."""
    price = 100 + rng.normal(size=803).cumsum()
    X = pd.DataFrame({"lag 3": price[:-3], "noise": rng.normal(size=800)})
    data = {"X": X, "y": price[3:], "time": pd.date_range("2022", periods=800)}
    return handed(data, last_quarter, LinearRegression(), last(800, 4), metric="r2", gap=0)


def last_quarter(X, y):
    cut = 3 * len(X) // 4
    model = LinearRegression().fit(X[:cut], y[:cut])
    return r2_score(y[cut:], model.predict(X[cut:])), model


# -------------------------------------------------------------------------- sound, simulated


def by_patient(rng):
    data = procedures.patients(rng)
    data["X"] = frame_of(data["X"])
    is_test = fold(GroupKFold(5), len(data["y"]), None, data["groups"])
    return handed(data, procedures.by_patient, KNeighborsClassifier(3), is_test)


def of_copies(rng):
    data = procedures.copies_grouped(rng)
    data["X"] = frame_of(data["X"])
    is_test = fold(GroupKFold(5), len(data["y"]), None, data["groups"])
    return handed(data, procedures.of_copies, KNeighborsClassifier(1), is_test)


def forwards(rng):
    data = procedures.days(rng)
    return handed(data, procedures.forwards, LogisticRegression(), last(600), gap="1D")


def multiples(rng):
    """Make columns that are others in other units."""
    data = procedures.signal(rng)
    X = frame_of(data["X"])
    X = X.assign(inches=X["x0"] / 2.54, pounds=X["x1"] * 2.2, total=X["x0"] + X["x1"])
    line = make_pipeline(StandardScaler(), LogisticRegression())
    return handed({"X": X, "y": data["y"]}, procedures.crossed(line), line)


def coarse(rng):
    """Make answers on scales of three, in which equal rows are natural."""
    n = 600
    X = pd.DataFrame(rng.integers(0, 3, (n, 4))).add_prefix("q")
    y = (X["q0"] + X["q1"] + rng.normal(size=n) > 2).astype(int).to_numpy()
    return handed({"X": X, "y": y}, procedures.crossed(LogisticRegression()), LogisticRegression())


def weak(rng):
    """Make a model that knows little, and says so."""
    n = 1000
    X = rng.normal(size=(n, 5))
    y = (0.4 * X[:, 0] + rng.normal(size=n) > 0).astype(int)
    return handed({"X": X, "y": y}, procedures.crossed(LogisticRegression()), LogisticRegression())


def oversampled_inside(X, y):
    scores = []
    for train, test in StratifiedKFold(5).split(X, y):
        model = _oversampled(X[train], y[train])
        scores.append(f1_score(y[test], model.predict(X[test])))
    return np.mean(scores), _oversampled(X, y)


def _oversampled(X, y):
    rng = np.random.default_rng(0)
    more = rng.choice(np.flatnonzero(y == 1), (y == 0).sum())
    return LogisticRegression().fit(np.r_[X, X[more]], np.r_[y, y[more]])


def one_split(rng):
    """Make a rare outcome, and test rows that are the same ones whenever they are handed over."""
    data = procedures.rare(rng)
    X, is_test = frame_of(data["X"]), part(600)
    evaluate = held_out(LogisticRegression(), is_test)
    return handed({"X": X, "y": data["y"]}, evaluate, LogisticRegression(), is_test, metric=None)


def season(rng):
    """Make amounts with a season that is known, and test on the last quarter."""
    n = 800
    year, x = np.sin(np.arange(n) / 58), rng.normal(size=n)
    X = pd.DataFrame({"x": x, "year": year})
    y = 3 * year + x + 0.7 * rng.normal(size=n)
    data = {"X": X, "y": y, "time": pd.date_range("2022", periods=n)}
    return handed(data, last_quarter, LinearRegression(), last(n, 4), metric="r2", gap="1D")


def drift(rng):
    """Make a world that grows harder with time, and test forwards."""
    n = 900
    t = np.arange(n) / n
    X = rng.normal(size=(n, 4)) + t[:, None]
    y = (X[:, 0] - t + (1 - t) * X[:, 1] + rng.normal(size=n) > 0).astype(int)
    data = {"X": X, "y": y, "time": pd.date_range("2022", periods=n)}
    return handed(data, procedures.forwards, LogisticRegression(), last(n), gap="1D")


class Means(TransformerMixin, BaseEstimator):
    """Puts in place of each code the mean outcome of the training rows that have it."""

    def fit(self, X, y):
        self.means_ = pd.Series(np.asarray(y)).groupby(X["code"].to_numpy()).mean()
        self.overall_ = float(np.mean(y))
        return self

    def transform(self, X):
        return np.c_[X["code"].map(self.means_).fillna(self.overall_), X["x"]]


def encoding_inside(rng):
    line = make_pipeline(Means(), LogisticRegression())
    evaluate = procedures.crossed(line, "roc_auc")
    return handed(codes(rng), evaluate, line, metric=roc_auc_score)


# ------------------------------------------------------------------------------- real tables


@functools.cache
def real():
    """Return the real tables by name, read once."""
    return {table.name: table for table in tables()}


def line_of(X, y):
    """Return a plain pipeline for a table."""
    words = [name for name in X if X[name].dtype.kind not in "biuf"]
    numbers = [name for name in X if name not in words]
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", min_frequency=5), words),
    )
    amounts = y.dtype.kind == "f" and y.nunique() > 20
    return make_pipeline(prepare, Ridge() if amounts else LogisticRegression(max_iter=500))


def some_of(name, rng):
    """Return some rows of a table, and their outcomes."""
    table = real()[name]
    rows = rng.permutation(len(table.X))[:ROWS]
    X, y = (one.iloc[rows].reset_index(drop=True) for one in (table.X, table.y))
    X = X[[one for one in X if not one.lower().endswith("id")]].rename(columns=str)
    words = [one for one in X if X[one].dtype.kind not in "biuf"]
    return X.astype(dict.fromkeys(words, object)), pd.Series(y.to_numpy(), name="outcome")


def of_table(name, plant=None, given="split"):
    """Make a case of a real table, as it is or with a flaw of `checks.py` planted in the split."""

    def make(rng):
        X, y = some_of(name, rng)
        is_test = part(len(X))
        if plant is not None:
            import checks as flaws

            sides = X[~is_test], X[is_test], y[~is_test], y[is_test]
            train, test, *outcomes = getattr(flaws, plant)(sides, rng)
            X = pd.concat([train, test], ignore_index=True)
            y = pd.concat(outcomes, ignore_index=True)
            is_test = np.arange(len(X)) >= len(train)
        line = line_of(X, y)
        scoring = "r2" if y.dtype.kind == "f" and y.nunique() > 20 else "balanced_accuracy"
        case = handed(
            {"X": X, "y": y}, held_out(line, is_test, scoring=scoring), line, is_test, metric=None
        )
        if plant == "outcome_again":
            case.asked["available_at"] = None
        return case

    return make


NB, LR, NN = GaussianNB(), LogisticRegression(), KNeighborsClassifier(5)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
inside = make_pipeline(SelectKBest(k=20), GaussianNB())
CASES = {
    "selection on all rows, noise": Case(selection, "selection"),
    "selection on all rows, signal": Case(
        functools.partial(selection, data=wide_signal), "selection"
    ),
    "target encoding on all rows": Case(encoding, "encoding"),
    "oversampling before folds": Case(oversampling, "oversampling"),
    "SMOTE before split": Case(smote, "SMOTE"),
    "SMOTE before split, cells": Case(of_table("modeldata/cells", "made_up"), "SMOTE in the file"),
    "copies, credit data": Case(of_table("modeldata/credit_data", "equal"), "copies"),
    "copies, breast cancer": Case(of_table("sklearn/breast_cancer", "equal"), "copies"),
    "near copies, breast cancer": Case(of_table("sklearn/breast_cancer", "near"), "near copies"),
    "near copies, cells": Case(of_table("modeldata/cells", "near"), "near copies"),
    "copies, OJ": Case(of_table("ISLR/OJ", "equal"), "copies"),
    "SMOTE before split, Default": Case(of_table("ISLR/Default", "made_up"), "SMOTE in the file"),
    "patients on both sides": Case(patients, "groups", "metric, split, groups"),
    "shuffled time": Case(shuffled, "time", "metric, split, time"),
    "tuned on test rows": Case(
        of_procedure(procedures.tune_on_test, procedures.signal, NN), "tuning"
    ),
    "tuned on test rows, noise": Case(
        of_procedure(procedures.tune_on_test, procedures.noise, NN), "tuning"
    ),
    "best seed": Case(of_procedure(procedures.best_seed, procedures.noise, TREE), "tuning"),
    "best epoch on test rows": Case(
        of_procedure(procedures.best_epoch, procedures.noise, LR), "tuning"
    ),
    "scored on its own rows": Case(
        of_procedure(
            procedures.own_rows, procedures.signal, RandomForestClassifier(30, random_state=0)
        ),
        "own rows",
    ),
    "filled by outcome": Case(filled, "filled by outcome"),
    "stacked on the same rows": Case(stacked, "stacking"),
    "late column": Case(
        functools.partial(one_strong, late=True), "late column", "metric, split, available_at"
    ),
    "outcome copy, Boston": Case(of_table("MASS/Boston", "outcome_again"), "outcome copy"),
    "outcome copy, HMDA": Case(of_table("AER/HMDA", "outcome_again"), "outcome copy"),
    "centred windows": Case(
        functools.partial(rolling, centred=True),
        "look-ahead",
        "metric, split, time, gap, make_features, series",
    ),
    "served in inches": Case(
        functools.partial(served, alike=False), "skew", "metric, split, served"
    ),
    "no better than a constant": Case(constant, "constant"),
    "no better than the last value": Case(
        price_tomorrow, "last value", "metric, split, time, gap"
    ),
    "scaled on all rows": Case(
        of_procedure(procedures.scaled_first, procedures.signal, procedures.line)
    ),
    "splendid column in time": Case(
        functools.partial(one_strong, late=False), given="metric, split, available_at"
    ),
    "noise, a score of chance": Case(of_procedure(procedures.crossed(NB), procedures.noise, NB)),
    "weak model": Case(weak),
    "folds by patient": Case(by_patient, given="metric, split, groups"),
    "copies, folds by copy": Case(of_copies, given="metric, split, groups"),
    "forwards in time": Case(forwards, given="metric, split, time, gap"),
    "F1 of a rare class": Case(
        of_procedure(procedures.crossed(LR, "f1"), procedures.rare, LR, metric=f1_score)
    ),
    "columns that are multiples": Case(multiples),
    "coarse scales": Case(coarse),
    "selection inside folds": Case(
        of_procedure(procedures.crossed(inside), procedures.genes, inside)
    ),
    "tuned inside folds": Case(of_procedure(procedures.nested, procedures.signal, NN)),
    "tuned, then one split": Case(
        of_procedure(procedures.tuned_on_validation, procedures.signal, TREE)
    ),
    "oversampling inside folds": Case(
        of_procedure(oversampled_inside, procedures.rare, LR, metric=f1_score)
    ),
    "target encoding inside folds": Case(encoding_inside),
    "windows of the past": Case(
        functools.partial(rolling, centred=False),
        given="metric, split, time, gap, make_features, series",
    ),
    "served as trained": Case(
        functools.partial(served, alike=True), given="metric, split, served"
    ),
    "one split, a rare class": Case(one_split),
    "season, forwards, R2": Case(season, given="metric, split, time, gap"),
    "drift, forwards": Case(drift, given="metric, split, time, gap"),
    "breast cancer": Case(of_table("sklearn/breast_cancer")),
    "diabetes": Case(of_table("sklearn/diabetes")),
    "HMDA, mixed": Case(of_table("AER/HMDA")),
    "OJ, functions of one another": Case(of_table("ISLR/OJ")),
    "Chile, categories": Case(of_table("carData/Chile")),
    "biopsy, coarse scales": Case(of_table("MASS/biopsy")),
    "churn, categories": Case(of_table("modeldata/wa_churn")),
    "attrition, mixed": Case(of_table("modeldata/attrition")),
}


# ----------------------------------------------------------------------------------- running


def ask_audit(case: Handed, seed: int) -> Said:
    """Ask `audit`, in a minute at most."""
    report = audit(
        case.evaluate, case.X, case.y, budget="1 min", progress=False, random_state=seed,
        **case.asked,
    )  # fmt: skip
    return {row.check: row.verdict for row in report} | {"the whole report": report.verdict}


EVERY = (
    "sealed_envelope", "scores_on_shuffled_labels", "shared_groups", "shared_identifiers",
    "shared_rows", "shared_texts", "resampled_before_split", "too_good_alone", "answers_alike",
    "features_that_look_ahead", "trained_after_test", "beats_baselines", "noise_floor",
)  # fmt: skip
TOOLS = {"pitfalls": Tool("pitfalls", ask_audit, ABOUT, EVERY)} | PEERS


def verdict_of(tool: Tool, case: Case, said: Said) -> str:
    """Return the verdict of a tool on a case."""
    checks = tool.about.get(case.flaw, ()) if case.flaw else tool.leaks
    found = [said[check] for check in checks if check in said]
    if not checks:
        return "not applicable"
    return next((one for one in ("suspect", "clean") if one in found), "not checked")


def measure(name: str, title: str, seed: int) -> dict[str, Any]:
    """Ask a tool of a case."""
    tool, case = TOOLS[name], CASES[title]
    made = case.make(np.random.default_rng(seed))
    start = time.perf_counter()
    try:
        said = tool.ask(made, seed)
        problem = ""
    except Exception as error:
        if name == "pitfalls":
            raise
        said, problem = {}, f"{type(error).__name__}: {error}"[:80]
    seconds = time.perf_counter() - start
    warned = [one for one, word in said.items() if word == "suspect"]
    cleared = [
        one for one in tool.about.get(case.flaw, ()) if case.flaw and said.get(one) == "clean"
    ]
    return {
        "tool": name,
        "version": tool.version,
        "sklearn": version("scikit-learn"),
        "case": title,
        "kind": case.kind,
        "flaw": case.flaw,
        "given": case.given if name == "pitfalls" else "sides, model",
        "seed": seed,
        "verdict": verdict_of(tool, case, said),
        "said": "; ".join(warned) or problem,
        "cleared": "; ".join(cleared),
        "whole": said.get("the whole report", ""),
        "seconds": round(seconds, 2),
    }


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each tool: what it found, missed and accused."""
    rows = {}
    for tool, mine in table.groupby("tool", sort=False):
        planted, sound = (mine[mine["kind"] == kind] for kind in ("planted", "sound"))
        said = planted["verdict"].value_counts()
        rows[tool] = {
            "found": f"{said.get('suspect', 0)} of {len(planted)}",
            "called clean": said.get("clean", 0),
            "not checked": said.get("not checked", 0),
            "not applicable": said.get("not applicable", 0),
            "accused": f"{(sound['verdict'] == 'suspect').sum()} of {len(sound)}",
            "any warning, sound": f"{(sound['said'] != '').sum()} of {len(sound)}",
            "seconds": mine["seconds"].median(),
        }
    return pd.DataFrame(rows).T


def by_case(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each case: in how many seeds each tool was suspect, or what it said."""

    def told(verdicts: pd.Series) -> str:
        counts = verdicts.value_counts()
        return ", ".join(f"{n} {word}" for word, n in counts.items())

    order = [*dict.fromkeys(table["case"])]
    return table.pivot_table(
        index="case", columns="tool", values="verdict", aggfunc=told, sort=False
    ).loc[order]


def write(table: pd.DataFrame) -> None:
    """Put rows into the file, in place of those of the same tools and cases."""
    if FILE.exists():
        before = pd.read_csv(FILE, keep_default_na=False)
        run = pd.MultiIndex.from_frame(table[["tool", "case"]])
        kept = before[~pd.MultiIndex.from_frame(before[["tool", "case"]]).isin(run)]
        table = pd.concat([kept, table])
    places = [
        table["tool"].map([*TOOLS].index), table["case"].map([*CASES].index), table["seed"]
    ]  # fmt: skip
    table = table.iloc[np.lexsort(places[::-1])]
    table.to_csv(FILE, index=False, lineterminator="\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tools", nargs="*", help=", ".join(TOOLS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", help="part of the name of a case")
    parser.add_argument("--show", action="store_true", help="only show what was written")
    options = parser.parse_args()
    if options.show:
        table = pd.read_csv(FILE, keep_default_na=False)
        print(shown(table).to_string(), by_case(table).to_string(), sep="\n\n")
        return
    rows = []
    for name in options.tools or ["pitfalls"]:
        if not TOOLS[name].version:
            print(f"{name} is not installed here")
            continue
        if name in PEERS:
            fires(name)
            print(f"{name} warns where it should, and not where it should not", flush=True)
        for title in [one for one in CASES if options.only in one]:
            for seed in range(options.seeds):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ConvergenceWarning)
                    rows.append(measure(name, title, seed))
                shown_now = [rows[-1][one] for one in ("verdict", "said", "cleared", "seconds")]
                print(name, title, seed, *shown_now, sep=" | ", flush=True)
    table = pd.DataFrame(rows)
    write(table)
    print(shown(table).to_string(), by_case(table).to_string(), sep="\n\n")


if __name__ == "__main__":
    main()
