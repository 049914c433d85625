"""How often each check finds a flaw of a given strength in a given number of rows.

    python benchmarks/power.py             # half an hour on one core; writes benchmarks/power.csv
    python benchmarks/power.py --only shared_rows    # these alone again

Every check is asked on studies that are made here: at strength 0 nothing is wrong, and at 1 the
flaw is gross. The file has a row for each check, flaw, strength and number of rows: in how many of
the studies it was suspect, clean and not checked. Real tables are in ``checks.py``.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GroupKFold, KFold, cross_val_score, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from pitfalls import checks

FILE = Path(__file__).with_name("power.csv")
STRENGTHS = (0.0, 0.1, 0.3, 1.0)
SIZES = (200, 1_000, 5_000)
STUDIES = 30

Study = Callable[[float, int, np.random.Generator], checks.Result]


def rows_of(n: int, rng: np.random.Generator, width: int = 12) -> np.ndarray:
    """Return rows that hang together, as columns of a table do."""
    return rng.normal(size=(n, width)) @ rng.normal(size=(width, width))


def identifiers(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """A tenth of the strength of the test patients are training patients as well."""
    train, test = np.split(rng.permutation(2 * n), [n])
    n_shared = round(0.1 * strength * len(test))
    test[:n_shared] = train[:n_shared]
    return checks.shared_identifiers(train, test)


def copies(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """A tenth of the strength of the test rows are copies of training rows."""
    train, test = np.split(rows_of(n, rng), [2 * n // 3])
    n_copied = round(0.1 * strength * len(test))
    test[:n_copied] = train[:n_copied]
    return checks.shared_rows(train, test)


def near_copies(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """The same, with a little noise on each number."""
    train, test = np.split(rows_of(n, rng), [2 * n // 3])
    n_copied = round(0.1 * strength * len(test))
    noise = rng.normal(0, 0.05, (n_copied, 12)) * train.std(axis=0)
    test[:n_copied] = train[:n_copied] + noise
    return checks.shared_rows(train, test)


def edited_copies(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """The same, with another number in one column of each."""
    train, test = np.split(rows_of(n, rng), [2 * n // 3])
    n_copied = round(0.1 * strength * len(test))
    test[:n_copied] = train[:n_copied]
    at = np.arange(n_copied)
    test[at, rng.integers(12, size=n_copied)] = rng.normal(0, 3, n_copied)
    return checks.shared_rows(train, test)


def windows(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """Windows of one series, of which a share of the strength changes sides at random."""
    series = rng.normal(size=n + 23).cumsum()
    rows = np.lib.stride_tricks.sliding_window_view(series, 24)
    is_test = np.arange(n) >= 2 * n // 3
    moved = np.flatnonzero(rng.random(n) < strength)
    is_test[moved] = is_test[rng.permutation(moved)]
    return checks.shared_rows(rows[~is_test], rows[is_test])


def texts(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """A tenth of the strength of the test texts hold twenty words of a training text."""
    words = np.array([f"w{place}" for place in range(2_000)])
    said = [rng.choice(words, 60, p=_zipf(len(words))).tolist() for _ in range(n)]
    train, test = said[: 2 * n // 3], said[2 * n // 3 :]
    for place in range(round(0.1 * strength * len(test))):
        test[place][20:40] = train[place][20:40]
    return checks.shared_texts([" ".join(t) for t in train], [" ".join(t) for t in test])


def _zipf(n: int) -> np.ndarray:
    weights = 1 / np.arange(3, n + 3)
    return weights / weights.sum()


def later(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """A tenth of the strength of the training rows are from after the first test row."""
    times = np.arange(n)
    train, test = times[: 2 * n // 3].copy(), times[2 * n // 3 :]
    n_late = round(0.1 * strength * len(train))
    train[:n_late] = rng.choice(test, n_late) + 0.5 if n_late else train[:n_late]
    return checks.trained_after_test(train, test)


def made_up(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """SMOTE adds as many rows to the rare class, before the split, as it lacks."""
    X = rows_of(n, rng, 6)
    rare = rng.random(n) < 0.25
    n_wanted = round(rare.sum() + strength * ((~rare).sum() - rare.sum()))
    if n_wanted > rare.sum():
        sampler = SMOTE(sampling_strategy={True: n_wanted}, random_state=int(rng.integers(2**31)))
        X, rare = sampler.fit_resample(X, rare)
    X, tested, rare, y_test = train_test_split(X, rare, random_state=int(rng.integers(2**31)))
    return checks.resampled_before_split(X, tested, y_train=rare, y_test=y_test)


def late_column(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """A column that comes after the decision knows the outcome of so many rows."""
    y = rng.integers(2, size=n)
    late = np.where(rng.random(n) < strength, y, rng.integers(2, size=n))
    frame = pd.DataFrame({"early": y + rng.normal(0, 2, n), "late": late + rng.normal(0, 0.2, n)})
    return checks.too_good_alone(frame, y, {"early": -1, "late": 1})


def outcome_again(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """A column is the outcome under other names, in so many rows; no times are given."""
    y = rng.integers(2, size=n)
    again = np.where(rng.random(n) < strength, y, rng.integers(2, size=n))
    return checks.too_good_alone(pd.DataFrame({"again": np.where(again, "yes", "no")}), y)


def look_ahead(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """A feature takes tomorrow's value on so many days."""
    series = pd.DataFrame({"price": rng.normal(size=n).cumsum()})
    peeks = rng.random(n) < strength

    def features(frame: pd.DataFrame) -> pd.DataFrame:
        today, tomorrow = frame["price"], frame["price"].shift(-1)
        peeking = pd.Series(peeks[: len(frame)], frame.index)
        return pd.DataFrame({"last": today.where(~peeking, tomorrow.fillna(today))})

    return checks.features_that_look_ahead(features, series, random_state=int(rng.integers(2**31)))


def copied_into_training(strength: float, X: Any, y: Any) -> tuple[float, Any]:
    """Train on four fifths of the rows and on so many of the test rows."""
    cut = len(X) * 4 // 5
    leaked = cut + round(strength * (len(X) - cut))
    model = KNeighborsClassifier(1).fit(X[:leaked], y[:leaked])
    return model.score(X[cut:], y[cut:]), model


def leaking(check: Callable[..., checks.Result]) -> Study:
    """Return a study in which so many of the test rows were trained on, asked by a check."""

    def study(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
        X, y = rows_of(n, rng), rng.integers(2, size=n)
        return check(
            lambda X, y: copied_into_training(strength, X, y), X, y, metric=accuracy_score,
            random_state=int(rng.integers(2**31)),
        )  # fmt: skip

    return study


def groups(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """Rows of a patient are alike by so much, and are split by row; at 0 by patient."""
    patient = np.repeat(np.arange(n // 5), 5)
    voice = rng.normal(size=(n // 5, 8))[patient]
    X = strength * voice + rng.normal(size=(len(patient), 8)) / 2
    y = rng.integers(2, size=n // 5)[patient]
    folds = KFold(5, shuffle=True, random_state=0) if strength else GroupKFold(5)

    def evaluate(X: Any, y: Any) -> float:
        return cross_val_score(KNeighborsClassifier(3), X, y, groups=None if strength else patient,
                               cv=folds).mean()  # fmt: skip

    return checks.shared_groups(evaluate, X, y, patient, random_state=int(rng.integers(2**31)))


def annotators(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """Annotators lean one way by so much, and their style shows."""
    who = np.repeat(np.arange(20), n // 20)
    style = np.eye(20)[who] + rng.normal(size=(len(who), 20)) / 4
    leaning = 2 * strength * rng.normal(size=20)[who]
    truth = rng.normal(size=len(who))
    y = (leaning + truth + rng.normal(size=len(who)) / 2 > 0).astype(int)

    def evaluate(X: Any, y: Any, tested: Any, answers: Any) -> float:
        return LogisticRegression(max_iter=500).fit(X, y).score(tested, answers)

    X = np.c_[style, truth]
    return checks.score_gap_by(evaluate, X, y, who, random_state=int(rng.integers(2**31)))


def excluded(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """Half of the people are left out, and so much of it goes by their age."""
    frame = pd.DataFrame(rng.normal(size=(n, 3)), columns=["age", "weight", "height"])
    stays = strength * frame["age"] + (1 - strength) * rng.normal(size=n) > 0
    return checks.who_was_excluded(frame, {"answered": stays})


def served(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """One path fills a gap with 0 and the other with the mean; so many rows have one."""
    X = pd.DataFrame({"age": rng.normal(50, 9, n), "dose": rng.normal(size=n)})
    X.loc[rng.random(n) < 0.1 * strength, "age"] = np.nan
    return checks.answers_alike(
        lambda rows: rows.fillna({"age": 50}), lambda rows: rows.fillna(0), X
    )


def worthless(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """So much of what a model knew is gone; at 1 it knows nothing."""
    y = rng.integers(2, size=n)
    said = np.where(rng.random(n) < 0.6 * (1 - strength), y, rng.integers(2, size=n))
    return checks.beats_baselines(y, said, "accuracy", random_state=int(rng.integers(2**31)))


def floor(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """An improvement of a tenth is claimed at 0, and of so much less at other strengths."""
    X = rng.normal(size=(n, 3))
    y = (X[:, 0] + rng.normal(size=n) > 0).astype(int)

    def evaluate(X: Any, y: Any, seed: int) -> float:
        X, tested, y, answers = train_test_split(X, y, random_state=seed)
        return GaussianNB().fit(X, y).score(tested, answers)

    return checks.noise_floor(evaluate, X, y, improvement=0.2 * (1 - 0.95 * strength))


def changed(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """A model goes by what should not matter in so many rows."""
    X, y, goes = _goes_by(strength, n, rng)
    return checks.falls_under_changes(goes, X, y, {"other weather": _other(X)})


def answers(strength: float, n: int, rng: np.random.Generator) -> checks.Result:
    """A model goes by what should not matter in so many rows."""
    X, _, goes = _goes_by(strength, n, rng)
    placebo = X.copy()
    placebo[:, 2] = rng.normal(size=n)
    return checks.answers_that_change(goes, X, _other(X), placebo)


def _goes_by(strength: float, n: int, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    X = np.c_[rng.normal(size=(n, 3)), rng.random(n)]
    y = X[:, 0] > 0
    X[:, 1] = np.where(y, 1, -1) * np.abs(X[:, 1])

    def predict(rows: np.ndarray) -> np.ndarray:
        return np.where(rows[:, 3] < strength, rows[:, 1], rows[:, 0]) > 0

    return X, y, predict


def _other(X: np.ndarray) -> np.ndarray:
    altered = X.copy()
    altered[:, 1] *= -1
    return altered


#: Each check, with the flaws that it is asked for and the finding that counts.
BATTERY: dict[str, dict[str, Study]] = {
    "shared_identifiers": {"patients on both sides": identifiers},
    "shared_rows": {
        "copies": copies,
        "near copies": near_copies,
        "copies with one entry edited": edited_copies,
        "windows of one series": windows,
    },
    "shared_texts": {"pieces of texts": texts},
    "trained_after_test": {"later training rows": later},
    "resampled_before_split": {"SMOTE": made_up},
    "features_that_look_ahead": {"tomorrow's value": look_ahead},
    "scores_on_shuffled_labels": {
        "test rows in training": leaking(checks.scores_on_shuffled_labels)
    },
    "sealed_envelope": {"test rows in training": leaking(checks.sealed_envelope)},
    "beats_baselines": {"a model that knows nothing": worthless},
    "noise_floor": {"an improvement within the noise": floor},
    "answers_alike": {"gaps filled otherwise": served},
    "too_good_alone": {"a late column": late_column, "the outcome again": outcome_again},
    "shared_groups": {"patients on both sides": groups},
    "score_gap_by": {"annotators who lean": annotators},
    "who_was_excluded": {"left out by age": excluded},
    "answers_that_change": {"goes by the weather": answers},
    "falls_under_changes": {"goes by the weather": changed},
}


def measure(check: str, flaw: str, study: Study, studies: int) -> list[dict[str, object]]:
    """Return a row for each strength and number of rows."""
    rows = []
    for n in SIZES:
        for strength in STRENGTHS:
            said: Counter[str] = Counter()
            start = time.perf_counter()
            for seed in range(studies):
                key = [sum(map(ord, check + flaw)), n, seed]
                said[study(strength, n, np.random.default_rng(key)).verdict] += 1
            seconds = (time.perf_counter() - start) / studies
            rows.append(
                {"check": check, "flaw": flaw, "n": n, "strength": strength, "studies": studies}
                | {verdict: said[verdict] for verdict in ("suspect", "clean", "not checked")}
                | {"seconds": float(f"{seconds:.2g}")}
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=STUDIES)
    parser.add_argument("--only", default="", help="part of the name of a check")
    options = parser.parse_args()
    rows = []
    for check, flaws in BATTERY.items():
        for flaw, study in flaws.items():
            if options.only in check:
                rows += measure(check, flaw, study, options.studies)
                print(pd.DataFrame(rows[-len(STRENGTHS) * len(SIZES) :]).to_string(), flush=True)
    frame = pd.DataFrame(rows)
    if options.only:  # the others stay as they were
        before = pd.read_csv(FILE)
        frame = pd.concat([before[~before["check"].isin(frame["check"])], frame])
        place = {check: number for number, check in enumerate(BATTERY)}
        frame = frame.sort_values("check", key=lambda names: names.map(place), kind="stable")
    frame.to_csv(FILE, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
