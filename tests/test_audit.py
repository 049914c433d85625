"""An audit of a pipeline: what it is handed, what it costs, what it says, what becomes of it."""

import json
import math
import sys
import time
import warnings
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from pitfalls import reforms
from pitfalls.audit import (
    AuditError,
    Report,
    _budget as budgets,
    audit,
    auditing,
    cross_validated,
    held_out,
    two_frames,
)
from pitfalls.audit._given import given_of
from pitfalls.checks import Finding, Result
from pitfalls.checks.about import ABOUT
from pitfalls.cli import main

COLUMNS = [
    "of",
    "value",
    "null",
    "verdict",
    "where",
    "cure",
    "chapter",
    "runs",
    "seconds",
    "silenced",
]
DAYS = pd.date_range("2024", periods=120)
NONE = {"groups": False, "time": False, "available_at": False, "served": False}


def asked(*given, **options):
    return audit(*given, **{"progress": False, "random_state": 0} | options)


def signal(n=1_000, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 12)), columns=list("abcdefghijkl"))
    return X, (X["a"] + X["b"] + rng.normal(size=n) > 0).astype(int)


def noise(n=120, width=200, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, width)), rng.integers(2, size=n)


def people(seed=0, n=50, each=6):
    """Whose label is a coin of theirs, and whose rows are alike."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(n), each)
    rows = rng.normal(size=(n, 6))[patient] + rng.normal(size=(n * each, 6)) / 2
    frame = pd.DataFrame(rows, columns=list("abcdef")).assign(patient=patient)
    return frame, pd.Series(rng.integers(2, size=n)[patient])


class Nearest(ClassifierMixin, BaseEstimator):
    """The label of the nearest voice, without the fuss that takes most of the time."""

    def fit(self, X, y):
        self.classes_, self.voices_, self.labels_ = np.unique(y), self._voices(X), np.asarray(y)
        return self

    def predict(self, X):
        distances = self.voices_ @ self._voices(X).T
        return self.labels_[(np.square(self.voices_).sum(1)[:, None] / 2 - distances).argmin(0)]

    def _voices(self, X):
        return X[list("abcdef")].to_numpy()


class Plane(ClassifierMixin, BaseEstimator):
    """The side of a plane, by least squares; as quick as `Nearest`."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.normal_ = np.linalg.lstsq(self._rows(X), 2.0 * (y == self.classes_[-1]) - 1)[0]
        return self

    def predict(self, X):
        return self.classes_[np.where(self._rows(X) @ self.normal_ > 0, -1, 0)]

    def _rows(self, X):
        return np.c_[np.ones(len(X)), X]


def choose_then_split(X, y):
    chosen = SelectKBest(k=10).fit(X, y)
    score = cross_val_score(GaussianNB(), chosen.transform(X), y, cv=3).mean()
    return score, make_pipeline(chosen, GaussianNB().fit(chosen.transform(X), y))


choose_inside = make_pipeline(SelectKBest(k=10), GaussianNB())


@pytest.fixture(scope="module")
def sound():
    X, y = signal()
    return asked(cross_validated(Plane(), 3), X, y, **NONE)


@pytest.fixture(scope="module")
def leaky():
    return asked(choose_then_split, *noise(), metric=accuracy_score, groups=False)


# ---------------------------------------------------------------------------------------------
# What it says


def test_a_sound_pipeline_of_which_all_was_said_is_clean(sound):
    assert sound.verdict == "clean"
    assert {row.verdict for row in sound} == {"clean"}
    assert {"shared_rows", "too_good_alone", "sealed_envelope", "beats_baselines"} <= {
        row.check for row in sound
    }


def test_a_row_a_check_with_all_columns(sound, leaky):
    for report in (sound, leaky):
        assert [*report.table.columns] == COLUMNS and report.table.index.is_unique
        assert len(report) == len(report.table) == len(report.results)
        assert report.table["runs"].sum() + 1 == report.runs > 20
        assert 0 < report.table["seconds"].sum() < report.seconds
        assert (report.table["chapter"].str.len() == 2).all()


def test_a_selection_before_the_split_is_found(leaky):
    assert leaky.verdict == "suspect"
    assert leaky["sealed_envelope"].verdict == "suspect"
    assert leaky["scores_on_shuffled_labels"].verdict == "suspect"
    row = leaky.table.loc["sealed_envelope"]
    assert row["value"] > row["null"] and "Pipeline" in row["cure"] and row["runs"] >= 3


def test_the_same_selection_inside_is_not_accused():
    found = asked(cross_validated(choose_inside), *noise(), groups=False)
    assert found.verdict != "suspect" and found["scores_on_shuffled_labels"].verdict == "clean"


def test_what_is_missing_is_said_with_what_to_pass(leaky):
    plain = asked(lambda X, y: choose_then_split(X, y)[0], *noise())
    table = plain.table
    for check, words in {
        "shared_identifiers": "groups=",
        "trained_after_test": "time=",
        "features_that_look_ahead": "make_features=",
        "answers_alike": "served=",
        "sealed_envelope": "metric=",
        "beats_baselines": "the model that you would ship",
        "shared_groups": "groups=False",
    }.items():
        assert table.loc[check, "verdict"] == "not checked" and words in table.loc[check, "cure"]
        assert check in plain.plan.partition("something is missing")[2]
    assert "shared_groups" not in leaky.table.index


def test_the_worst_counts_and_not_checked_is_no_good_news(sound):
    some = asked(cross_validated(GaussianNB(), 2), *signal(300), **NONE | {"served": None})
    assert some.verdict == "not checked"
    assert some.table.loc["answers_alike", "verdict"] == "not checked"
    assert sound.verdict == "clean"


BY_ROW, BY_PATIENT = KFold(3, shuffle=True, random_state=0), GroupKFold(3)


def asked_of_people(cv, **options):
    return asked(
        cross_validated(Nearest(), cv), *people(), **NONE | {"groups": "patient"} | options
    )


@pytest.fixture(scope="module")
def by_row():
    return asked_of_people(BY_ROW)


@pytest.mark.parametrize("leaks", [True, False])
def test_patients_on_both_sides(leaks, by_row):
    found = by_row if leaks else asked_of_people(BY_PATIENT)
    assert found["shared_identifiers"].verdict == ("suspect" if leaks else "clean")
    assert found["shared_groups"].verdict == ("suspect" if leaks else "clean")
    assert (found["sealed_envelope"].verdict == "suspect") == leaks
    assert (found.verdict == "suspect") == leaks
    assert "patient" not in found.table.loc["too_good_alone", "of"]


def walk(n=600, seed=1):
    rng = np.random.default_rng(seed)
    level = rng.normal(size=n + 5).cumsum() / 5
    frame = pd.DataFrame({"day": pd.date_range("2022", periods=n)})
    frame["a"], frame["b"] = level[:n] + rng.normal(size=n) / 10, rng.normal(size=n)
    return frame, pd.Series(level[5:] + rng.normal(size=n) / 5)


def test_a_forecast_is_not_accused_of_what_is_not_known_on_the_day():
    """The outcome is five days ahead: yesterday's is no baseline, it is not known yet."""
    X, y = walk()

    def forward(X, y):
        folds, features = TimeSeriesSplit(4, gap=5), X[["a", "b"]]
        score = cross_val_score(Ridge(), features, y, cv=folds, scoring="r2").mean()
        model = Ridge().fit(features, y)
        return score, lambda rows: model.predict(rows[["a", "b"]])

    given = NONE | {"time": "day", "make_features": False, "metric": "r2"}
    found = asked(forward, X, y, **given, gap="5D")
    assert found.verdict != "suspect", found
    assert "last value" in [one.of for one in found["beats_baselines"]]
    at_once = asked(forward, X, y, **given, gap=0)
    assert at_once["beats_baselines"]["last value"].verdict == "suspect"
    nobody_said = asked(forward, X, y, **given)
    assert "pass gap=" in nobody_said["beats_baselines"]["last value"].says


def test_days_that_are_shuffled():
    X, y = walk()
    train, test = np.arange(600) % 5 > 0, np.arange(600) % 5 == 0
    found = asked(None, X, y, time="day", groups=False, train=train, test=test, gap="5D")
    assert found["trained_after_test"]["after"].verdict == "suspect"
    found = asked(None, X, y, time="day", train=np.arange(400), test=np.arange(405, 600), gap="5D")
    assert found["trained_after_test"].verdict == "clean"


def test_a_splendid_column_that_is_in_time_is_not_accused_and_not_cleared():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(500, 4)), columns=list("abcd"))
    y = X["a"] + rng.normal(size=500) / 8 > 0
    for times in (False, 0, dict.fromkeys("abcd", -1), [0, 0, 0, 0]):
        found = asked(None, X, y, available_at=times)["too_good_alone"]
        assert found["a"].verdict == "not checked" and "ask who fills it in" in found["a"].says
        assert found["b"].verdict == "clean"
    assert asked(None, X, y, available_at={"a": 2})["too_good_alone"]["a"].verdict == "suspect"
    copy = X.assign(again=np.where(y, "yes", "no"))
    assert asked(None, copy, y, available_at=False)["too_good_alone"]["again"].verdict == "suspect"


def test_a_model_that_is_worth_nothing_and_says_so_is_not_accused():
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(1_000, 5)), rng.random(1_000) < 0.5
    found = asked(cross_validated(Plane(), 2), X, y)["beats_baselines"]
    assert found.verdict == "not checked"
    rare = rng.random(1_000) < 0.03
    found = asked(cross_validated(Plane(), 2), X, rare)["beats_baselines"]
    assert found["constant"].verdict == "suspect"


def test_texts_pictures_and_lists():
    rng = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(400)])
    texts = [" ".join(rng.choice(words, 30)) for _ in range(200)]
    texts[150] = texts[3].upper()
    y = np.arange(200) % 2
    found = asked(None, texts, y, train=np.arange(100), test=np.arange(100, 200))
    assert found["shared_texts"]["exact"].where == (150,)
    assert not {"shared_rows", "too_good_alone"} & {*found.table.index}
    frame = pd.DataFrame({"said": texts, "age": rng.normal(size=200)})
    found = asked(None, frame, y, train=np.arange(100), test=np.arange(100, 200))
    assert found["shared_texts"].verdict == "suspect"
    assert "shared_rows" in found.table.index
    pictures = rng.random((200, 8, 8))
    pictures[150] = pictures[3]
    found = asked(None, pictures, y, train=np.arange(100), test=np.arange(100, 200))
    assert found["shared_rows"]["exact"].where == (150,)
    assert "too_good_alone" not in found.table.index


def test_without_a_split_rows_that_are_alike_are_told_and_not_accused():
    X, y = signal(300)
    X = pd.concat([X, X.iloc[:40]], ignore_index=True)
    y = pd.concat([y, y.iloc[:40]], ignore_index=True)
    found = asked(None, X, y)["shared_rows"]
    assert found["exact"].verdict == "not checked" and "pass train=" in found["exact"].says
    sides = {"train": np.arange(300), "test": np.arange(300, 340)}
    assert asked(None, X, y, **sides)["shared_rows"]["exact"].verdict == "suspect"


def panel(seed, n=80, rounds=5):
    """Units that are asked again in each round, and are like themselves."""
    rng = np.random.default_rng(seed)
    unit, when = np.tile(np.arange(n), rounds), np.repeat(np.arange(rounds), n)
    rows = rng.normal(size=(n, 8))[unit] + rng.normal(size=(n * rounds, 8)) / 20
    X = pd.DataFrame(rows, columns=list("abcdefgh")).assign(year=2015 + when)
    return X, (X["a"] + rng.normal(size=len(X)) > 0).astype(int), unit


@pytest.mark.parametrize("seed", range(4))
def test_units_that_come_again_in_a_later_round_are_no_copies(seed):
    X, y, unit = panel(seed)
    forwards = {"train": X["year"] < 2019, "test": X["year"] == 2019, "time": "year"}
    for groups, words in ((None, "pass groups=, the unit"), (False, "say so in silence=")):
        found = asked(None, X, y, **forwards, groups=groups)["shared_rows"]
        near = found["near"]
        assert found.verdict == "not checked"
        assert near.verdict == "not checked" and words in near.says and near.where
    assert asked(None, X, y, **forwards, groups=unit)["shared_rows"]["near"].verdict == "suspect"
    tested = np.random.default_rng(seed).random(len(X)) < 0.2
    shuffled = {"train": ~tested, "test": tested, "time": "year"}
    assert asked(None, X, y, **shuffled)["shared_rows"]["near"].verdict == "suspect"
    X.iloc[330:340, :8] = X.iloc[10:20, :8].to_numpy()
    assert asked(None, X, y, **forwards)["shared_rows"]["exact"].verdict == "suspect"


def test_features_and_two_paths():
    X, y = walk()

    def centred(frame):
        return pd.DataFrame({"smooth": frame["a"].rolling(5, center=True).mean()})

    found = asked(None, X, y, time="day", make_features=centred)
    assert found["features_that_look_ahead"]["smooth"].verdict == "suspect"

    def trailing(frame):
        return frame[["a"]].rolling(5).mean()

    found = asked(None, X, y, time="day", make_features=trailing, late=False)
    assert found["features_that_look_ahead"].verdict == "clean"
    found = asked(None, X, y, time="day", make_features=trailing)["features_that_look_ahead"]
    assert found["a"].verdict == "clean" and found.verdict == "not checked"
    assert "pass late=" in found["the row's own late values"].says
    paths = (lambda rows: rows[["a"]] * 2.54, lambda rows: rows[["a"]])
    assert asked(None, X, y, served=paths)["answers_alike"]["a"].verdict == "suspect"


def test_a_missing_shift_is_found_as_the_outcome_is_in_the_series():
    X, y = walk()
    series = X.assign(sales=y)

    def features(frame):
        return pd.DataFrame({"a": frame["a"], "mean": frame["sales"].rolling(10, 1).mean()})

    found = asked(None, X, y, time="day", make_features=features, series=series)
    assert found["features_that_look_ahead"]["mean"].verdict == "suspect"
    assert found["features_that_look_ahead"]["a"].verdict == "clean"

    def shifted(frame):
        return features(frame.assign(sales=frame["sales"].shift()))

    found = asked(None, X, y, time="day", make_features=shifted, series=series)
    assert found["features_that_look_ahead"]["mean"].verdict == "clean"


def test_a_scaler_of_the_training_rows_is_not_accused_and_one_of_all_rows_is():
    X, y = walk()
    sides = {"train": np.arange(400), "test": np.arange(400, 600), "time": "day", "late": False}

    def of_training(frame):
        known = frame["a"].iloc[:400]
        return pd.DataFrame({"a": (frame["a"] - known.mean()) / known.std()})

    def of_all(frame):
        return pd.DataFrame({"a": frame["a"] - frame["a"].mean()})

    found = asked(None, X, y, make_features=of_training, **sides)["features_that_look_ahead"]
    assert found["a"].verdict == "not checked" and "fit_until=" in found["a"].says
    found = asked(None, X, y, make_features=of_all, **sides)["features_that_look_ahead"]
    assert found["a"].verdict == "suspect"


@pytest.mark.parametrize("metric", [log_loss, brier_score_loss])
def test_a_loss_of_shares_that_takes_labels_as_well(metric):
    X, y = signal(600)

    def evaluate(X, y):
        fitted, tested, known, answers = train_test_split(X, y, random_state=0)
        model = LogisticRegression().fit(fitted, known)
        return metric(answers, model.predict_proba(tested)[:, 1]), model

    assert asked(evaluate, X, y, metric=metric, **NONE).verdict != "suspect"


def test_a_metric_that_is_not_the_one_returned_accuses_nobody():
    rng = np.random.default_rng(0)
    y = (rng.random(1_000) < 0.1).astype(int)
    X = pd.DataFrame(rng.normal(size=(1_000, 3)) + 0.5 * y[:, None], columns=list("abc"))
    model, seen = GaussianNB(), {"metric": "roc_auc", "groups": False, "time": False}

    def evaluate(X, y):
        return cross_val_score(model, X, y, cv=3).mean(), GaussianNB().fit(X, y)

    found = asked(evaluate, X, y, **seen)
    assert found.verdict != "suspect", found
    assert "pass metric='accuracy'" in found["sealed_envelope"]["rows"].says
    told = " ".join(found["scores_on_shuffled_labels"].notes)
    assert "does not seem to return roc_auc" in told and "taken for accuracy" in told


def test_a_claim_that_is_a_little_too_high_for_sure_is_not_clean():
    """Hard rows are left out before the split."""
    X, y = signal(1_500)

    def evaluate(X, y):
        sure = cross_val_predict(LogisticRegression(), X, y, cv=2, method="predict_proba")[:, 1]
        kept = np.abs(sure - y) < 0.8
        score = cross_val_score(LogisticRegression(), X[kept], y[kept], cv=2).mean()
        return score, LogisticRegression().fit(X, y)

    found = asked(evaluate, X, y, metric="accuracy", **NONE)
    assert found["sealed_envelope"].verdict != "clean"


def test_the_noise_floor_where_an_improvement_is_claimed():
    X, y = signal(200)

    def evaluate(X, y, seed=0):
        folds = KFold(5, shuffle=True, random_state=seed)
        return cross_val_score(Plane(), X, y, cv=folds).mean()

    assert "noise_floor" not in asked(evaluate, X, y).table.index
    found = asked(evaluate, X, y, improvement=0.001)
    assert found["noise_floor"].verdict == "suspect"
    plain = asked(lambda X, y: 0.9, X, y, improvement=0.001)
    assert "named seed" in plain["noise_floor"].findings[0].says


# ---------------------------------------------------------------------------------------------
# What it is handed


def test_sides_as_people_have_them():
    X, y = signal(300)
    X.loc[299] = X.loc[0]
    places = np.split(np.arange(300), [200])
    masks = [np.isin(np.arange(300), one) for one in places]
    ways = {
        "places": places,
        "lists": [one.tolist() for one in places],
        "masks": masks,
        "a mask as a Series": [pd.Series(one, index=X.index) for one in masks],
        "an index": [X.index[one] for one in places],
        "frames": [X.iloc[one] for one in places],
        "arrays": [X.to_numpy()[one] for one in places],
    }
    for name, (train, test) in ways.items():
        found = asked(None, X, y, train=train, test=test, groups=np.arange(300) % 250)
        assert found["shared_rows"]["exact"].verdict == "suspect", name
        known = "not checked" if name == "arrays" else "suspect"
        assert found["shared_identifiers"].verdict == known, name


def test_frames_that_were_taken_from_the_rows_are_found_among_them():
    X, y = signal(100)
    given = given_of(
        X, y, groups=None, time=None, available_at=None, train=X.iloc[50:], test=X.iloc[:50]
    )
    assert given.train.places.tolist() == [*range(50, 100)]
    other = given_of(
        X, y, groups=None, time=None, available_at=None, train=X.iloc[50:] * 2, test=X.iloc[:50]
    )
    assert other.train.places is None


def test_labels_of_an_index_are_labels_and_no_places():
    X, y = walk()
    mixed = X.sample(frac=1, random_state=0)
    in_time = mixed.sort_values("day")  # whose labels are not 0, 1, 2
    sides = {"train": in_time.index[:400], "test": in_time.index[400:]}
    found = asked(None, mixed, y.loc[mixed.index], time="day", **sides)
    assert found["trained_after_test"].verdict == "clean"
    named = X.set_axis([f"day {place}" for place in range(600)])
    sides = {"train": named.index[:400], "test": named.index[400:]}
    assert asked(None, named, y, time="day", **sides)["trained_after_test"].verdict == "clean"
    sides = {"train": np.arange(400.0), "test": np.arange(400.0, 600)}
    assert asked(None, named, y, time="day", **sides)["trained_after_test"].verdict == "clean"


def test_days_of_which_nobody_knows_whether_the_month_is_first():
    X, y = walk()
    sides = {"train": np.arange(400), "test": np.arange(400, 600)}
    for form in ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y"):
        found = asked(None, X, y, time=X["day"].dt.strftime(form), **sides)
        assert found["trained_after_test"].verdict == "not checked"
        assert "is the day or the month first?" in found.table.loc["trained_after_test", "cure"]
    found = asked(None, X, y, time=X["day"].dt.strftime("%d %b %Y"), **sides)
    assert found["trained_after_test"].verdict == "clean"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"train": ["a"], "test": ["b"]}, "train must be places in X, yes or no for each row"),
        (
            {"train": pd.Index([0]), "test": pd.Index([900])},
            "test has the label 900",
        ),
        ({"train": [], "test": [1]}, "train has no rows"),
        ({"groups": "ward"}, "groups='ward' is no column of X, which has 'a', 'b'"),
        ({"groups": [1, 2]}, "groups has 2 rows"),
        ({"groups": True}, "groups=True"),
        ({"train": [0, 1]}, "a split has two sides"),
        ({"train": [0, 200], "test": [1]}, "train has the place 200; places in X are 0 to 119"),
        ({"train": [True], "test": [False]}, "train says yes or no 1 times; X has 120 rows"),
        ({"available_at": True}, "available_at=True says nothing"),
        ({"available_at": {"A": 2}}, "names 'A', which is no column of X; is it 'a'?"),
        ({"available_at": {"zzz": 2}}, r"names 'zzz', .* it has 'a', 'b'"),
        (
            {"metric": "acuracy"},
            "metric='acuracy' is no scorer of scikit-learn; is it 'accuracy'?",
        ),
        ({"metric": "zzz"}, "pass a function of y_true and y_pred"),
        ({"metric": "ROC-AUC"}, "is it 'roc_auc'?"),
        ({"evaluate": lambda X, y: (0.7, 0.1)}, "evaluate returned 0.1 as its model"),
        ({"budget": "soon"}, "budget='soon' must be a time above 0"),
        ({"budget": -1}, "budget=-1"),
        ({"raise_on": "clean"}, "raise_on='clean'"),
        ({"silence": {"rows": "why"}}, "silence has 'rows'"),
        ({"silence": {"shared_rows": " "}}, "must be the reason, in words"),
        ({"silence": "shared_rows"}, "must be a mapping"),
        ({"evaluate": 3}, "evaluate=3 must be a function"),
        ({"evaluate": lambda X, y: X["zzz"]}, r"fails on X and y as they are \(KeyError"),
        ({"evaluate": lambda X, y: "high"}, "evaluate returned 'high'"),
        ({"evaluate": lambda X, y: (1, 2, 3)}, "evaluate returned 3 things"),
        ({"metric": True}, "metric=True must be a function of y_true and y_pred"),
        ({"metric": False}, "metric=False must be a function of y_true and y_pred"),
        ({"metric": 3}, "metric=3 must be a function of y_true and y_pred"),
        ({"time": [1, 2]}, "time has 2 rows"),
        ({"gap": True, "time": range(120)}, "gap=True must be a number, as the times are"),
        ({"gap": -1, "time": range(120)}, "gap=-1 must be 0 or more"),
        ({"gap": "1D", "time": range(120)}, "gap='1D' must be a number, as the times are numbers"),
        ({"gap": 3, "time": DAYS}, 'gap=3 must be a timedelta or a text such as "10D"'),
        ({"gap": "soon", "time": DAYS}, "gap='soon' must be a timedelta"),
        ({"gap": "-3D", "time": DAYS}, "gap='-3D' must be 0 or more"),
        ({"gap": "120D", "time": DAYS}, "gap='120D' is as long as all times, .* or more"),
        ({"gap": 119, "time": range(120)}, "gap=119 is as long as all times, from 0 to 119"),
        ({"gap": [1]}, r"gap=\[1\] must be a timedelta, a text such as '10D', or a number"),
        ({"gap": False}, "gap=False must be .* or a number; 0 is at once"),
        ({"late": "zzz"}, "late='zzz' is no column of series, which has 'a', 'b'"),
        ({"late": ["a", "zzz"]}, "late='zzz' is no column of series"),
        ({"late": 3}, "late=3 is no column of series"),
        ({"late": True}, "late says yes or no 1 times; series has 12 columns"),
        ({"late": {"a": 0}}, r"late\['a'\]=0 must be a whole number"),
        ({"X": signal(120)[0].set_axis(["a"] * 12, axis=1)}, "X has several columns 'a'; rename"),
        ({"y": [1, 2]}, "X has 120 rows and y has 2"),
    ],
)
def test_wrong_arguments_are_named_in_one_sentence_before_a_run(options, words):
    X, y = signal(120)
    runs = []
    given = {"evaluate": lambda X, y: runs.append(1) or 0.5, "X": X, "y": y} | options
    with pytest.raises((TypeError, ValueError), match=words) as raised:
        asked(given.pop("evaluate"), given.pop("X"), given.pop("y"), **given)
    assert "\n" not in str(raised.value) and not runs


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"groups": [1, 2]}, "groups has 2 rows"),
        ({"groups": "ward"}, "groups='ward' is no column of X"),
        ({"time": "day"}, "time='day' is no column of X"),
    ],
)
def test_a_splitter_is_handed_nothing_that_does_not_fit(options, words):
    with pytest.raises(ValueError, match=words):
        asked(cross_validated(GaussianNB(), GroupKFold(3)), *signal(120), **options)


def test_a_check_that_cannot_be_asked_is_told_in_its_row_and_the_others_go_on():
    X, y = signal(200)
    found = asked(None, X, y, available_at={"a": "late"}, served=(1, 2, 3, 4))
    assert found.table.loc["too_good_alone", "verdict"] == "not checked"
    assert "'late'" in found.table.loc["too_good_alone", "cure"]
    assert "the pair (train_path, serve_path)" in found.table.loc["answers_alike", "cure"]
    assert found["shared_rows"]["exact"].verdict == "clean"


def test_a_column_that_names_groups_may_have_a_time_and_is_not_asked_about():
    X, y = people()
    times = dict.fromkeys(X.columns, 0)
    found = asked(None, X, y, groups="patient", available_at=times)["too_good_alone"]
    assert {one.of for one in found} == {*"abcdef"}


def test_groups_and_times_go_to_a_procedure_that_names_them():
    X, y = people()
    seen = []

    def evaluate(X, y, groups):
        seen.append((len(X), len(groups), (X["patient"].to_numpy() == np.asarray(groups)).all()))
        model = Nearest()
        score = cross_val_score(model, X, y, cv=GroupKFold(3), groups=groups).mean()
        return score, model.fit(X, y)

    found = asked(evaluate, X, y, groups="patient", metric=accuracy_score)
    assert found.verdict != "suspect"
    assert found["scores_on_shuffled_labels"].verdict != "not checked"
    whole = [one for one in seen if one[0] == len(X)]
    assert len(whole) > 20 and len(seen) > len(whole)
    assert all(rows == groups for rows, groups, _ in seen)
    assert all(same for rows, _, same in seen if rows < len(X))


def test_a_procedure_may_change_what_it_is_handed_and_may_not_leave():
    X, y = signal(100)

    def careless(X, y):
        X["more"] = 1
        X.iloc[0] = y.iloc[0] = 0
        return 0.5

    before = X.copy(), y.copy()
    asked(careless, X, y, budget=1)
    assert X.equals(before[0]) and y.equals(before[1])
    with pytest.raises(ValueError, match=r"evaluate called sys.exit\(0\)"):
        asked(lambda X, y: sys.exit(0), X, y)

    def interrupted(X, y):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asked(interrupted, X, y)


def test_it_does_not_change_what_it_is_handed():
    X, y = people()
    before = X.copy(), y.copy()

    def evaluate(X, y):
        return cross_val_score(Nearest(), X, y, cv=GroupKFold(3), groups=X["patient"]).mean()

    first = asked(evaluate, X, y, groups="patient")
    assert X.equals(before[0]) and y.equals(before[1])
    again = asked(evaluate, X, y, groups="patient")
    columns = ["of", "value", "null", "verdict", "where", "runs"]
    pd.testing.assert_frame_equal(first.table[columns], again.table[columns])


# ---------------------------------------------------------------------------------------------
# What it costs


@pytest.mark.parametrize(
    ("budget", "seconds"),
    [
        ("2 min", 120),
        ("90s", 90),
        (5, 5),
        (0.5, 0.5),
        (pd.Timedelta("1h"), 3600),
        (None, math.inf),
    ],
)
def test_budgets_as_people_write_them(budget, seconds):
    assert budgets.seconds_of(budget) == seconds


class Clock:
    """A procedure that takes a second of a clock that nobody waits for."""

    def __init__(self, each=1.0):
        self.now, self.each, self.count = 0.0, each, 0

    def __call__(self):
        return self.now

    def evaluate(self, X, y):
        self.now += self.each
        self.count += 1
        model = GaussianNB().fit(X, y)
        return cross_val_score(GaussianNB(), X, y, cv=3).mean(), model


def clocked(monkeypatch, each, budget, **options):
    clock = Clock(each)
    monkeypatch.setattr(auditing, "Budget", lambda seconds: budgets.Budget(seconds, now=clock))
    X, y = signal(200)
    found = asked(clock.evaluate, X, y, metric="accuracy", budget=budget, **options)
    return found, clock


@pytest.mark.parametrize("budget", [3, 10, 30, 60, 100])
def test_the_budget_is_kept(monkeypatch, budget):
    groups = np.arange(200) // 4
    found, clock = clocked(monkeypatch, 1.0, budget, groups=groups)
    assert clock.now <= budget and found.runs == clock.count
    late = [row for row in found if "the budget of" in row.cure]
    assert bool(late) == (budget < 60)
    for row in late:
        assert row.verdict == "not checked" and "would do" in row.cure


def test_a_run_that_is_longer_than_the_budget_runs_once_and_the_plan_says_so(monkeypatch, capsys):
    found, clock = clocked(monkeypatch, 100.0, "1 min", progress=True)
    assert clock.count == 1
    told = capsys.readouterr().out
    assert "One run took 1e+02 s" in told or "One run took 100 s" in told
    assert "That is not enough for all" in told and found.plan in " ".join(told.split())
    assert found["shared_rows"]["exact"].verdict == "clean"


def test_no_bar_and_no_word_where_nobody_wants_them(capsys):
    asked(None, *signal(60))
    assert capsys.readouterr().out == ""


# ---------------------------------------------------------------------------------------------
# What becomes of it


def test_silence_needs_a_reason_and_keeps_the_finding(by_row):
    why, loud = "the shop will be there tomorrow", by_row
    suspects = [row.check for row in loud if row.verdict == "suspect"]
    quiet = asked_of_people(BY_ROW, silence=dict.fromkeys(suspects, why))
    assert loud.verdict == "suspect" != quiet.verdict
    for check in suspects:
        assert quiet.table.loc[check, "verdict"] == "suspect"
        assert quiet.table.loc[check, "silenced"] == why
    assert why in str(quiet) and why in quiet._repr_html_()
    assert str(quiet).count("silenced") >= len(suspects)


def test_one_finding_of_several_is_silenced_and_what_is_gone_is_said():
    X, y = signal(300)
    X = X.assign(late=np.where(y, "yes", "no"))
    one = {"too_good_alone: late": "known at noon, as the decision is"}
    found = asked(None, X, y, **NONE, silence=one | {"shared_rows": "no longer so"})
    assert found.table.loc["too_good_alone", "verdict"] != "suspect"
    assert found["too_good_alone"]["late"].verdict == "suspect"
    assert any("'shared_rows' is silenced" in note for note in found.notes)


def test_it_raises_as_it_is_told(leaky):
    with pytest.raises(AuditError, match="the audit is suspect: .*scores_on_shuffled") as raised:
        asked(choose_then_split, *noise(), raise_on="suspect")
    assert isinstance(raised.value.report, Report)
    X, y = signal(200)
    assert asked(None, X, y, raise_on="suspect").verdict == "not checked"
    with pytest.raises(AuditError, match="the audit is not checked"):
        asked(None, X, y, raise_on="not checked")


def test_it_prints_within_a_terminal(sound, leaky):
    for report in (sound, leaky):
        lines = str(report).splitlines()
        assert lines[0] == f"audit: {report.verdict}"
        assert max(map(len, lines)) <= 99
        assert f"claims {report.claimed:.3g}" in str(report)
        assert report.verdict in report._repr_html_()


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


EVIL = '<img src=x onerror="alert(1)">'


def test_the_page_is_one_file_that_asks_nobody_and_escapes_all(tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(80, 3)), columns=["a", EVIL, "c"])
    y = (X[EVIL] > 0).astype(int)
    X[EVIL] = y
    found = asked(None, X, y, silence={"answers_alike": EVIL})
    file = tmp_path / "new" / "audit.html"
    found.to_html(file)
    page = file.read_text(encoding="utf-8")
    tags = Tags(page).found
    assert not [tag for tag, _ in tags if tag in ("script", "img", "link", "iframe", "a")]
    assert not [a for _, attributes in tags for a in attributes if a in ("src", "href", "style")]
    assert page.count("alert(1)") >= 2 and EVIL not in page
    assert "prefers-color-scheme: dark" in page and "default-src 'none'" in page
    assert EVIL not in found._repr_html_()
    for row in found:
        assert row.check in page
    assert "proves no absence" in page


def test_a_page_without_jinja_says_what_to_install(tmp_path, monkeypatch):
    from pitfalls.audit import _page

    _page._template.cache_clear()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(Exception, match=r"pip install 'pitfalls\[audit\]'"):
        asked(None, *signal(60)).to_html(tmp_path / "audit.html")
    _page._template.cache_clear()


def test_it_goes_into_a_report_of_reforms(tmp_path, capsys, leaky, sound):
    file = tmp_path / "reforms.yaml"
    reforms.record_audit(leaky, report=file)
    entries = reforms.read(file).entries
    assert entries["6a"].status == "not_met"
    names = {piece["check"]["name"] for piece in entries["6a"].evidence}
    assert {"scores_on_shuffled_labels", "sealed_envelope"} <= names
    [score] = entries["7b"].scores
    assert score["interval"][0] < score["value"] < score["interval"][1]
    reforms.record_audit(sound, report=file)
    entries = reforms.read(file).entries
    assert {p["check"]["verdict"] for p in entries["6a"].evidence} == {"clean"}
    reforms.record("6c", check=sound, report=file)
    with pytest.raises(ValueError, match="no evidence for item 1a"):
        reforms.record("1a", check=sound, report=file)


# ---------------------------------------------------------------------------------------------
# Adapters


def test_two_frames_with_and_without_an_estimator():
    X, y = signal(400)
    table = X.assign(sick=y)
    train, test = table.iloc[:300], table.iloc[300:]
    found = asked(**two_frames(train, pd.concat([test, train.iloc[:30]]), "sick"))
    assert found["shared_rows"]["exact"].verdict == "suspect" and math.isnan(found.claimed)
    found = asked(**two_frames(train, test, "sick", LogisticRegression()), **NONE)
    assert found.verdict != "suspect" and found.runs > 20
    assert not math.isnan(found["beats_baselines"]["constant"].value)
    assert found.claimed == LogisticRegression().fit(train[[*X.columns]], train["sick"]).score(
        test[[*X.columns]], test["sick"]
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda X: cross_validated(LogisticRegression), "must be an estimator"),
        (lambda X: cross_validated(LogisticRegression(), scoring=3), "scoring=3"),
        (lambda X: held_out(LogisticRegression(), [0, 1]), "must say of each row"),
        (lambda X: two_frames(X, X, "zzz"), "outcome='zzz' is no column of train"),
        (lambda X: two_frames(X, X.drop(columns="b"), "a"), "columns b are not in both"),
        (lambda X: two_frames(X.to_numpy(), X, "a"), "train is a ndarray"),
    ],
)
def test_adapters_refuse_in_one_sentence(make, words):
    with pytest.raises((TypeError, ValueError), match=words):
        make(signal(20)[0])


def test_a_splitter_that_has_no_use_for_groups_says_nothing():
    X, y = people(n=20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        score, model = cross_validated(Nearest(), KFold(3))(X, y, X["patient"])
    assert 0 <= score <= 1 and hasattr(model, "predict")


# ---------------------------------------------------------------------------------------------
# The command


@pytest.fixture
def study(tmp_path, monkeypatch):
    X, y = people()
    X.assign(sick=y, side=np.where(X["patient"] < 35, "train", "test")).to_csv(
        tmp_path / "visits.csv", index=False
    )
    (tmp_path / "someones_study.py").write_text(
        "from sklearn.model_selection import GroupKFold, KFold\n"
        "from test_audit import Nearest\n"
        "def scored(X, y, folds):\n"
        "    parts = [(X.iloc[a], y.iloc[a], X.iloc[b], y.iloc[b]) for a, b in folds]\n"
        "    return sum(Nearest().fit(*p[:2]).score(*p[2:]) for p in parts) / len(parts)\n"
        "def by_row(X, y):\n"
        "    return scored(X, y, KFold(3, shuffle=True, random_state=0).split(X))\n"
        "def by_patient(X, y):\n"
        "    return scored(X, y, GroupKFold(3).split(X, y, X['patient']))\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    yield tmp_path
    sys.modules.pop("someones_study", None)


def test_the_command_and_its_exit_codes(study, capsys):
    asks = ["visits.csv", "--outcome", "sick", "--groups", "patient", "--time", "none"]
    assert main(["audit", "someones_study:by_row", *asks, "--html", "found.html"]) == 1
    told = capsys.readouterr()
    assert "audit: suspect" in told.out and "runs the code of someones_study" in told.err
    assert "audit" in (study / "found.html").read_text(encoding="utf-8").lower()
    assert "--one-path" in told.out and "served=" not in "".join(told.out.split())
    more = ["--split", "side", "--known-in-time", "--one-path"]
    assert main(["audit", "someones_study:by_patient", *asks, *more]) == 2
    assert "audit: not checked" in capsys.readouterr().out
    left = ["shared_rows", "sealed_envelope", "beats_baselines", "scores_on_shuffled_labels"]
    quiet = [option for check in left for option in ("--silence", f"{check}=seen by hand")]
    assert main(["audit", "someones_study:by_patient", *asks, *more, *quiet]) == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({0: "someones_study"}, "must be like study:evaluate"),
        ({0: "nobodys:by_row"}, "there is no module nobodys"),
        ({0: "someones_study:zzz"}, "someones_study has no function zzz"),
        ({0: "leaves:by_row"}, "leaves called sys.exit(0)"),
        ({1: "zzz.csv"}, "zzz.csv is no file"),
        ({1: "someones_study.py"}, "is no .csv"),
        ({3: "ill"}, "--outcome ill is no column of visits.csv; it has a, b"),
    ],
)
def test_the_command_refuses_in_one_sentence(study, capsys, changed, words):
    (study / "leaves.py").write_text("import sys; sys.exit(0)", encoding="utf-8")
    given = ["someones_study:by_row", "visits.csv", "--outcome", "sick"]
    for place, word in changed.items():
        given[place] = word
    assert main(["audit", *given]) == 2
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert words in told and told.startswith("pitfalls: ")


def test_a_line_in_pytest(sound):
    assert sound.verdict != "suspect"
    assert json.loads(sound.table.to_json())["verdict"]
    assert isinstance(sound["shared_rows"], Result)
    assert isinstance(sound["shared_rows"].findings[0], Finding)
    assert {row.check for row in sound} <= {*ABOUT}
    with pytest.raises(KeyError, match="has no check 'zzz'"):
        sound["zzz"]
    assert time.strptime(sound.about["date"], "%Y-%m-%d")
