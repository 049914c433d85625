"""What the sealed envelope finds: flawed procedures, and sound ones that it must not accuse.

    python benchmarks/envelope.py [SEEDS]

runs `sealed_envelope` on procedures with one flaw each and on procedures without any, with new
data for each of SEEDS seeds (20), prints a table and writes ``benchmarks/envelope.csv``: the mean
of claimed minus envelope, the mean limit, the shares of each verdict, runs and seconds. Data are
simulated, but for scikit-learn's own.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.cross_decomposition import PLSRegression
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    log_loss,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from pitfalls.checks import sealed_envelope

N = 300


@dataclass
class Case:
    """A procedure, and data for it."""

    evaluate: Callable[..., tuple[float, Any]]
    make: Callable[[np.random.Generator], dict[str, Any]]
    metric: Any = accuracy_score
    flawed: bool = False


# ------------------------------------------------------------------------------------ data


def noise(rng, n=N, p=10):
    return {"X": rng.normal(size=(n, p)), "y": rng.integers(0, 2, n)}


def genes(rng):
    return noise(rng, 100, 1000)


def signal(rng, n=N, share=0.5, p=8):
    y = (rng.random(n) < share).astype(int)
    X = rng.normal(size=(n, p))
    X[:, :3] += 0.7 * y[:, None]
    return {"X": X, "y": y}


def rare(rng):
    return signal(rng, 600, 0.15)


def amounts(rng, n=N, p=8):
    X = rng.normal(size=(n, p))
    return {"X": X, "y": 100 + 20 * (X[:, 0] + X[:, 1] + rng.normal(size=n))}


def wide_amounts(rng):
    return {"X": rng.normal(size=(100, 1000)), "y": rng.normal(50, 10, 100)}


def postcodes(rng):
    y = rng.integers(0, 2, N)
    return {"X": pd.DataFrame({"code": rng.integers(0, 150, N), "x": rng.normal(size=N)}), "y": y}


def patients(rng, n=50, each=8):
    who = np.repeat(np.arange(n), each)
    y = rng.integers(0, 2, n)[who]
    X = rng.normal(size=(n, 5))[who] + 0.3 * rng.normal(size=(n * each, 5))
    X[:, 0] += 0.7 * y
    return {"X": X, "y": y, "groups": who}


def drifting(rng, n=1500):
    state = np.cumsum(rng.normal(size=(n, 3)), axis=0)
    y = (np.convolve(np.cumsum(rng.normal(size=n)), np.ones(5), "same") > 0).astype(int)
    y = (y + (np.sin(np.arange(n) / 40 + rng.random() * 6) > 0)) % 2
    return {"X": np.c_[state, np.arange(n)], "y": y, "time": np.arange(n)}


def days(rng, n=600):
    X = rng.normal(size=(n, 5))
    y = (X[:, 0] + X[:, 1] + rng.normal(size=n) > 0).astype(int)
    return {"X": X, "y": y, "time": pd.date_range("2024", periods=n)}


def copies(rng):
    data = noise(rng, 150)
    at = rng.permutation(np.r_[np.arange(150), np.arange(150)])
    return {"X": data["X"][at], "y": data["y"][at]}


def copies_grouped(rng):
    data = copies(rng)
    return data | {"groups": np.unique(data["X"][:, 0], return_inverse=True)[1]}


def with_gaps(rng):
    data = signal(rng, N)
    X = pd.DataFrame(data["X"])
    return {"X": X.mask(rng.random(X.shape) < 0.4), "y": data["y"]}


def texts(rng):
    y = rng.integers(0, 2, N)
    words = np.array([f"w{i}" for i in range(200)])
    tell = [["refund", "late"], ["thanks", "great"]]
    X = [
        " ".join(
            [*rng.choice(words, 8), *(rng.choice(tell[one], 1) if rng.random() < 0.6 else [])]
        )
        for one in y
    ]
    return {"X": X, "y": np.array(["complaint", "praise"])[y]}


def part_of(load, n=None):
    def make(rng):
        data = load()
        rows = rng.permutation(len(data.target))[:n]
        return {"X": data.data[rows], "y": data.target[rows]}

    return make


# ------------------------------------------------------------------------- flawed procedures


def select_first(X, y):
    best = SelectKBest(k=20).fit(X, y)
    Z, model = best.transform(X), GaussianNB()
    claimed = cross_val_score(model, Z, y, cv=5).mean()
    model.fit(Z, y)
    return claimed, lambda rows: model.predict(best.transform(rows))


def select_first_amounts(X, y):
    best = SelectKBest(f_regression, k=20).fit(X, y)
    Z, model = best.transform(X), Ridge()
    errors = -cross_val_score(model, Z, y, cv=5, scoring="neg_root_mean_squared_error")
    model.fit(Z, y)
    return errors.mean(), lambda rows: model.predict(best.transform(rows))


def _made_up(X, y, rng, n):
    few = X[y == 1]
    a, b = rng.integers(0, len(few), (2, n))
    return few[a] + rng.random((n, 1)) * (few[b] - few[a])


def smote_first(X, y):
    rng, n = np.random.default_rng(0), int((y == 0).sum() - (y == 1).sum())
    X, y = np.r_[X, _made_up(X, y, rng, n)], np.r_[y, np.ones(n, int)]
    a, b, c, d = train_test_split(X, y, random_state=0)
    model = RandomForestClassifier(30, random_state=0).fit(a, c)
    return f1_score(d, model.predict(b)), model


def oversample_first(X, y):
    rng = np.random.default_rng(0)
    more = rng.choice(np.flatnonzero(y == 1), (y == 0).sum())
    X, y = np.r_[X, X[more]], np.r_[y, y[more]]
    model = DecisionTreeClassifier(random_state=0)
    cv = KFold(5, shuffle=True, random_state=0)
    return cross_val_score(model, X, y, cv=cv, scoring="f1").mean(), model.fit(X, y)


def encode_first(X, y):
    means, overall = pd.Series(y).groupby(X["code"].to_numpy()).mean(), y.mean()

    def prepare(rows):
        return np.c_[rows["code"].map(means).fillna(overall), rows["x"]]

    model = LogisticRegression()
    claimed = cross_val_score(model, prepare(X), y, cv=5, scoring="roc_auc").mean()
    model.fit(prepare(X), y)
    return claimed, lambda rows: model.predict_proba(prepare(rows))[:, 1]


def tune_on_test(X, y):
    rng = np.random.default_rng(0)
    a, b, c, d = train_test_split(X, y, test_size=0.2, random_state=0)
    best = (-1.0, None, None)
    for _ in range(60):
        chosen = rng.choice(X.shape[1], 4, replace=False)
        model = KNeighborsClassifier(int(rng.integers(1, 15))).fit(a[:, chosen], c)
        best = max(best, (model.score(b[:, chosen], d), model, chosen), key=lambda one: one[0])
    score, model, chosen = best
    return score, lambda rows: model.predict(rows[:, chosen])


def best_seed(X, y):
    found = []
    for seed in range(40):
        a, b, c, d = train_test_split(X, y, test_size=0.2, random_state=seed)
        model = DecisionTreeClassifier(max_depth=3, random_state=seed).fit(a, c)
        found.append((model.score(b, d), model))
    return max(found, key=lambda one: one[0])


def best_epoch(X, y):
    a, b, c, d = train_test_split(X, y, test_size=0.2, random_state=0)
    model = SGDClassifier(learning_rate="constant", eta0=0.5, random_state=0)
    best = (-1.0, None)
    for _ in range(80):
        model.partial_fit(a, c, classes=[0, 1])
        now = model.score(b, d)
        if now > best[0]:
            best = (now, (model.coef_.copy(), model.intercept_.copy()))
    coef, intercept = best[1]
    return best[0], lambda rows: (rows @ coef[0] + intercept[0] > 0).astype(int)


def shuffled_folds(X, y):
    model, cv = KNeighborsClassifier(3), KFold(5, shuffle=True, random_state=0)
    return cross_val_score(model, X, y, cv=cv).mean(), model.fit(X, y)


def nearest_row(X, y):
    model, cv = KNeighborsClassifier(1), KFold(5, shuffle=True, random_state=0)
    return cross_val_score(model, X, y, cv=cv).mean(), model.fit(X, y)


def fill_by_outcome(X, y):
    means, overall = X.groupby(y).mean(), X.mean()
    filled = X.copy()
    for one in means.index:
        filled[y == one] = filled[y == one].fillna(means.loc[one])
    model = LogisticRegression()
    claimed = cross_val_score(model, filled, y, cv=5).mean()
    model.fit(filled, y)
    return claimed, lambda rows: model.predict(rows.fillna(overall))


def stack_on_same_rows(X, y):
    below = [RandomForestClassifier(20, random_state=seed).fit(X, y) for seed in range(2)]

    def prepare(rows):
        return np.column_stack([one.predict_proba(rows)[:, 1] for one in below])

    model = LogisticRegression()
    claimed = cross_val_score(model, prepare(X), y, cv=5, scoring="roc_auc").mean()
    model.fit(prepare(X), y)
    return claimed, lambda rows: model.predict_proba(prepare(rows))[:, 1]


def own_rows(X, y):
    model = RandomForestClassifier(30, random_state=0).fit(X, y)
    return model.score(X, y), model


def hard_rows_dropped(X, y):
    guess = cross_val_predict(LogisticRegression(), X, y, cv=5, method="predict_proba")[:, 1]
    easy = abs(guess - y) < 0.6
    model = LogisticRegression()
    return cross_val_score(model, X[easy], y[easy], cv=5).mean(), model.fit(X[easy], y[easy])


def project_first(X, y):
    below = PLSRegression(3).fit(X, y)
    model = LogisticRegression()
    claimed = cross_val_score(model, below.transform(X), y, cv=5, scoring="roc_auc").mean()
    model.fit(below.transform(X), y)
    return claimed, lambda rows: model.predict_proba(below.transform(rows))[:, 1]


def best_fold(X, y):
    folds = KFold(10, shuffle=True, random_state=0).split(X)
    found = []
    for train, test in folds:
        model = GaussianNB().fit(X[train], y[train])
        found.append((model.score(X[test], y[test]), model))
    return max(found, key=lambda one: one[0])


# -------------------------------------------------------------------------- sound procedures


def crossed(model, scoring="accuracy", sign=1, **options):
    def evaluate(X, y):
        scores = sign * cross_val_score(model, X, y, cv=5, scoring=scoring, **options)
        return scores.mean(), model.fit(X, y)

    return evaluate


def held_out(X, y):
    a, b, c, d = train_test_split(X, y, random_state=0)
    model = LogisticRegression().fit(a, c)
    return model.score(b, d), model


def last_quarter(X, y):
    cut = 3 * len(X) // 4
    model = LogisticRegression().fit(X[:cut], y[:cut])
    return model.score(X[cut:], y[cut:]), model


def nested(X, y):
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 5, 15, 31]}, cv=3)
    return cross_val_score(search, X, y, cv=4).mean(), search.fit(X, y)


def tuned_on_validation(X, y):
    a, b, c, d = train_test_split(X, y, test_size=0.25, random_state=0)
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 4]}, cv=3)
    search.fit(a, c)
    return search.score(b, d), search


def scaled_first(X, y):
    scaler = StandardScaler().fit(X)
    model = LogisticRegression()
    claimed = cross_val_score(model, scaler.transform(X), y, cv=5).mean()
    model.fit(scaler.transform(X), y)
    return claimed, lambda rows: model.predict(scaler.transform(rows))


def by_patient(X, y, groups):
    model = KNeighborsClassifier(3)
    claimed = cross_val_score(model, X, y, cv=GroupKFold(5), groups=groups).mean()
    return claimed, model.fit(X, y)


def forwards(X, y):
    model = LogisticRegression()
    return cross_val_score(model, X, y, cv=TimeSeriesSplit(5)).mean(), model.fit(X, y)


def of_copies(X, y, groups):
    model = KNeighborsClassifier(1)
    claimed = cross_val_score(model, X, y, cv=GroupKFold(5), groups=groups).mean()
    return claimed, model.fit(X, y)


def forest_probabilities(X, y):
    model = RandomForestClassifier(50, min_samples_leaf=5, random_state=0)
    claimed = -cross_val_score(model, X, y, cv=5, scoring="neg_log_loss").mean()
    return claimed, model.fit(X, y)


line = make_pipeline(StandardScaler(), LogisticRegression())
words = make_pipeline(TfidfVectorizer(), LogisticRegression())
inside = make_pipeline(SelectKBest(k=20), GaussianNB())

CASES = {
    "selection before folds": Case(select_first, genes, flawed=True),
    "selection before folds, RMSE": Case(
        select_first_amounts, wide_amounts, root_mean_squared_error, flawed=True
    ),
    "SMOTE before split": Case(smote_first, rare, f1_score, flawed=True),
    "oversampling before folds": Case(oversample_first, rare, f1_score, flawed=True),
    "target encoding on all rows": Case(encode_first, postcodes, roc_auc_score, flawed=True),
    "tuned on test rows": Case(tune_on_test, noise, flawed=True),
    "best seed": Case(best_seed, noise, flawed=True),
    "best fold": Case(best_fold, noise, flawed=True),
    "best epoch on test rows": Case(best_epoch, noise, flawed=True),
    "patients on both sides": Case(shuffled_folds, patients, flawed=True),
    "shuffled time": Case(shuffled_folds, drifting, flawed=True),
    "filled by outcome": Case(fill_by_outcome, with_gaps, flawed=True),
    "stacked on the same rows": Case(stack_on_same_rows, signal, roc_auc_score, flawed=True),
    "scored on its own rows": Case(own_rows, signal, flawed=True),
    "hard rows dropped": Case(hard_rows_dropped, signal, flawed=True),
    "projection before folds": Case(project_first, genes, roc_auc_score, flawed=True),
    "copies, as groups": Case(nearest_row, copies_grouped, flawed=True),
    "copies, no groups (blind)": Case(nearest_row, copies, flawed=True),
    "folds, accuracy": Case(crossed(LogisticRegression()), signal),
    "folds, noise": Case(crossed(GaussianNB()), noise),
    "folds, nearest row, noise": Case(crossed(KNeighborsClassifier(1)), noise),
    "selection inside folds": Case(crossed(inside), genes),
    "folds, F1 of a rare class": Case(crossed(LogisticRegression(), "f1"), rare, f1_score),
    "folds, AUROC": Case(crossed(LogisticRegression(), "roc_auc"), signal, roc_auc_score),
    "folds, AUROC, named": Case(crossed(GaussianNB(), "roc_auc"), signal, "roc_auc"),
    "folds, R2": Case(crossed(Ridge(), "r2"), amounts, r2_score),
    "folds, RMSE": Case(
        crossed(Ridge(), "neg_root_mean_squared_error", -1), amounts, root_mean_squared_error
    ),
    "folds, RMSE, diabetes": Case(
        crossed(Ridge(0.1), "neg_root_mean_squared_error"),
        part_of(load_diabetes),
        "neg_root_mean_squared_error",
    ),
    "log loss of three classes, wine": Case(forest_probabilities, part_of(load_wine), log_loss),
    "texts": Case(crossed(words), texts),
    "nested folds": Case(nested, signal),
    "one split": Case(held_out, signal),
    "one split, few rows": Case(held_out, lambda rng: signal(rng, 80)),
    "last quarter": Case(last_quarter, signal),
    "last quarter, noise, few rows": Case(last_quarter, lambda rng: noise(rng, 80)),
    "tuned, then one split": Case(tuned_on_validation, signal),
    "scaled on all rows": Case(scaled_first, signal),
    "breast cancer": Case(crossed(line), part_of(load_breast_cancer)),
    "breast cancer, 60 rows": Case(crossed(line), part_of(load_breast_cancer, 60)),
    "folds by patient": Case(by_patient, patients),
    "folds of copies as groups": Case(of_copies, copies_grouped),
    "forwards in time": Case(forwards, days),
}


def measure(name: str, seeds: int) -> dict[str, object]:
    """Return what the check says of a procedure, over new data for each seed."""
    case, rows, start = CASES[name], [], time.perf_counter()
    for seed in range(seeds):
        data = case.make(np.random.default_rng(seed))
        result = sealed_envelope(case.evaluate, **data, metric=case.metric, random_state=seed)
        (found,) = result
        rows.append((found.value, found.null, found.verdict, int(result.notes[-1].split()[0])))
    table = pd.DataFrame(rows, columns=["value", "null", "verdict", "runs"])
    said = table["verdict"].value_counts(normalize=True)
    return {
        "procedure": name,
        "flawed": case.flawed,
        "seeds": seeds,
        "value": table["value"].mean(),
        "null": table["null"].mean(),
        **{one: said.get(one, 0.0) for one in ("suspect", "clean", "not checked")},
        "runs": table["runs"].mean(),
        "seconds": (time.perf_counter() - start) / seeds,
    }


if __name__ == "__main__":
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    wanted = sys.argv[2:] or list(CASES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        table = pd.DataFrame([measure(name, seeds) for name in wanted])
    if wanted == list(CASES):
        table.to_csv(Path(__file__).with_suffix(".csv"), index=False, float_format="%.3g")
    print(table.round(3).to_string(index=False))
