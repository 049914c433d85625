"""Procedures that score on labels that mean nothing, and those that do not."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    mean_absolute_error,
    roc_auc_score,
)
from sklearn.model_selection import GroupKFold, KFold, cross_val_score, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from pitfalls.checks import scores_on_shuffled_labels


@pytest.fixture(scope="module")
def rows():
    """A hundred and fifty rows of many columns, of which the first says a little."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 200))
    numbers = X[:, 0] + rng.normal(size=150)
    return X, numbers


def labels(numbers, share=0.5):
    return (numbers > np.quantile(numbers, 1 - share)).astype(int)


METRICS = {
    "accuracy": lambda y, said: np.mean(y == (said > 0)),
    "balanced_accuracy": lambda y, said: (
        (np.mean(said[y == 1] > 0) + np.mean(said[y == 0] <= 0)) / 2
    ),
    "roc_auc": roc_auc_score,
    "average_precision": average_precision_score,
    "f1": lambda y, said: 2 * np.sum(y & (said > 0)) / max(1, np.sum(y) + np.sum(said > 0)),
    "recall": lambda y, said: np.mean(said[y == 1] > 0),
    "log_loss": lambda y, said: np.mean(np.logaddexp(0, np.where(y == 1, -said, said))),
}


def choose(X, y):
    return np.argsort(-np.abs(X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0)))[:10]


def procedure(metric, leak):
    """Choose ten columns, on all rows or on those of training, and score naive Bayes in folds."""

    def evaluate(X, y):
        fold = np.empty(len(y), dtype=int)
        for label in (0, 1):
            fold[y == label] = np.arange(np.sum(y == label)) % 5
        scores = []
        for k in range(5):
            train, test = fold != k, fold == k
            columns = choose(X, y) if leak else choose(X[train], y[train])
            A, b = X[train][:, columns], y[train]
            middle = [A[b == label].mean(axis=0) for label in (0, 1)]
            within = np.mean([A[b == label].var(axis=0) for label in (0, 1)], axis=0) + 0.1
            away = [((X[test][:, columns] - one) ** 2 / within).sum(axis=1) for one in middle]
            said = (away[0] - away[1]) / 2 + np.log(b.mean() / (1 - b.mean()))
            scores.append(METRICS[metric](y[test], said))
        return float(np.mean(scores))

    return evaluate


def honest(metric):
    return procedure(metric, leak=False)


def leaky(metric):
    return procedure(metric, leak=True)


def check(evaluate, X, y, **more):
    return scores_on_shuffled_labels(evaluate, X, y, **({"random_state": 0} | more))


@pytest.mark.parametrize("share", [0.5, 0.15])
@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc", "balanced_accuracy"])
def test_a_leak_is_found_and_an_honest_procedure_is_clean(rows, scoring, share):
    X, numbers = rows
    y = labels(numbers, share)
    found = check(leaky(scoring), X, y, n_shuffles=10)
    assert found.verdict == "suspect"
    assert found["shuffled labels"].value > 0.1
    assert check(honest(scoring), X, y).verdict == "clean"


def test_errors_are_told_from_scores(rows):
    X, numbers = rows
    y = labels(numbers)
    wrong, right = leaky("accuracy"), honest("accuracy")
    found = check(lambda X, y: 1 - wrong(X, y), X, y, n_shuffles=10)
    assert found.verdict == "suspect"
    assert found["shuffled labels"].value > 0.1
    assert check(lambda X, y: 100 * (1 - right(X, y)), X, y).verdict == "clean"
    assert check(leaky("log_loss"), X, y, n_shuffles=10).verdict == "suspect"
    opposite = check(wrong, X, y, greater_is_better=False)
    assert opposite.verdict == "not checked"
    assert "greater_is_better=False, but the score goes up" in opposite["shuffled labels"].says


@pytest.mark.parametrize("scoring", ["f1", "recall", "average_precision", "log_loss"])
def test_metrics_that_reward_saying_yes_accuse_no_honest_procedure(rows, scoring):
    X, numbers = rows
    found = check(honest(scoring), X, labels(numbers, 0.2), n_shuffles=10)
    assert found.verdict == "not checked"
    assert "pass metric=" in found["shuffled labels"].says


@pytest.mark.parametrize(
    "evaluate",
    [
        lambda X, y: 0.4,
        lambda X, y: float(np.mean(y)),
        lambda X, y: cross_val_score(DummyClassifier(), X, y).mean(),
        lambda X, y: np.nan,
    ],
    ids=["a number", "a mean", "a dummy", "no number"],
)
def test_what_learns_nothing_is_neither_clean_nor_suspect(rows, evaluate):
    assert check(evaluate, rows[0], labels(rows[1])).verdict == "not checked"


def test_a_procedure_with_data_of_its_own_is_not_checked(rows):
    X, y = rows[0], labels(rows[1])
    own = lambda *_: cross_val_score(GaussianNB(), X, y).mean()  # noqa: E731
    found = check(own, X, y)["shuffled labels"]
    assert found.verdict == "not checked"
    assert "uses data of its own" in found.says


def test_a_regression_that_fits_noise_wants_its_model(rows):
    X, numbers = rows

    def r2(leak, model):
        def evaluate(X, y):
            choice = SelectKBest(f_regression, k=10)
            whole = make_pipeline(choice, Ridge())
            score = (
                cross_val_score(Ridge(), choice.fit_transform(X, y), y).mean()
                if leak
                else cross_val_score(whole, X, y).mean()
            )
            return (score, whole.fit(X, y)) if model else score

        return evaluate

    assert check(r2(True, False), X, numbers, n_shuffles=8).verdict == "suspect"
    alone = check(r2(False, False), X, numbers, n_shuffles=8)
    assert alone.verdict == "not checked"
    assert "return (score, model)" in alone["shuffled labels"].says
    assert check(r2(True, True), X, numbers, metric="r2", n_shuffles=8).verdict == "suspect"
    assert check(r2(False, True), X, numbers, metric="r2", n_shuffles=10).verdict != "suspect"
    absolute = check(r2(False, False), X, numbers, metric=mean_absolute_error, n_shuffles=2)
    assert any("does not seem to return mean_absolute_error" in note for note in absolute.notes)


def test_interpolation_at_its_worst_is_no_leak(rows):
    """Where a model of all rows fits noise more wildly than those of the folds."""
    X, numbers = rows[0][:100, :70], rows[1][:100]
    fitted = lambda X, y: (cross_val_score(LinearRegression(), X, y).mean(),  # noqa: E731
                           LinearRegression().fit(X, y))  # fmt: skip
    assert check(fitted, X, numbers, metric="r2", n_shuffles=20).verdict == "not checked"


def test_a_model_is_scored_on_withheld_rows_under_any_metric(rows):
    X, y = rows[0], labels(rows[1], 0.2)

    def evaluate(leak):
        def procedure(X, y):
            score = (leaky if leak else honest)("f1")(X, y)
            model = make_pipeline(SelectKBest(k=10), GaussianNB()).fit(X, y)
            return score, model.predict

        return procedure

    assert check(evaluate(True), X, y, metric=f1_score, n_shuffles=10).verdict == "suspect"
    assert check(evaluate(False), X, y, metric="f1", n_shuffles=10).verdict in (
        "clean",
        "not checked",
    )


def test_the_best_of_many_looks_at_the_test_rows_is_found():
    """Case 18: below the largest class, above the coin."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 30))
    y = (X[:, 0] + rng.normal(size=200) > -0.4).astype(int)

    def epochs(X, y):
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)
        for column in range(1, 31, 3):
            model = GaussianNB().fit(X_train[:, :column], y_train)
            yield model.score(X_test[:, :column], y_test)

    best = check(lambda X, y: max(epochs(X, y)), X, y)
    assert best.verdict == "suspect"
    assert check(lambda X, y: [*epochs(X, y)][-1], X, y).verdict == "clean"


def test_oversampling_before_the_split_is_found_whatever_the_shares():
    """Case 01: rare cases, copied until the classes are even."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 5))
    y = (X[:, 0] > 2).astype(int)

    def copied(X, y):
        rare = np.flatnonzero(y == 1)
        rows = np.r_[np.flatnonzero(y == 0), np.resize(rare, (y == 0).sum())]
        return X[rows], y[rows]

    def evaluate(before):
        def procedure(X, y):
            if before:
                X, y = copied(X, y)
            X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
            if not before:
                X, y = copied(X, y)
            model = DecisionTreeClassifier(random_state=0).fit(X, y)
            return f1_score(y_test, model.predict(X_test))

        return procedure

    assert check(evaluate(True), X, y, n_shuffles=5).verdict == "suspect"
    assert check(evaluate(False), X, y, n_shuffles=5).verdict != "suspect"


def test_groups_move_whole():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), rng.integers(2, 9, 40))
    X = rng.normal(size=(40, 6))[groups] + 0.2 * rng.normal(size=(len(groups), 6))
    y = pd.Series(np.array(["ill", "well"])[rng.integers(2, size=40)][groups])
    seen = []

    def score(cv):
        def evaluate(X, y):
            seen.append(y)
            return cross_val_score(KNeighborsClassifier(3), X, y, cv=cv, groups=groups).mean()

        return evaluate

    by_row = score(KFold(5, shuffle=True, random_state=0))
    assert check(by_row, X, y, groups=groups, n_shuffles=10).verdict == "suspect"
    assert all(len(set(one)) == 1 for _, one in seen[-1].groupby(groups))
    assert check(score(GroupKFold(5)), X, y, groups=groups).verdict != "suspect"


def test_blocks_move_whole_and_stay_in_order():
    y = np.arange(100)
    seen = []

    def evaluate(X, y):
        seen.append(y)
        return float(np.corrcoef(X, y)[0, 1]) if np.std(X) else 0.0

    check(evaluate, np.arange(100.0), y, blocks=10, n_shuffles=5)
    assert all((np.diff(one) == 1).sum() >= 88 for one in seen)
    by_label = np.repeat(np.arange(10), 10)
    check(evaluate, np.arange(100.0), y, blocks=by_label, n_shuffles=5)
    assert sorted(seen[-1]) == list(y)


def kinds(X, y):
    import polars
    import torch

    names = np.array(["no", "yes"])[y]
    index = np.arange(len(y)) + 7
    yield "category", pd.DataFrame(X, index), pd.Series(names, index, dtype="category", name="out")
    yield "lists", X.tolist(), names.tolist()
    yield "booleans", X, y.astype(bool)
    yield "images", X.reshape(len(X), 2, 2), y
    yield "sparse", sparse.csr_matrix(X), y
    yield "polars", polars.DataFrame(X), polars.Series("y", y)
    yield "torch", torch.tensor(X), torch.tensor(y)


def test_outcomes_stay_what_they_were(rows):
    pytest.importorskip("polars")
    pytest.importorskip("torch")
    X, numbers = rows
    for name, data, y in kinds(X[:, :4], labels(numbers)):

        def evaluate(X, outcome, y=y):
            assert type(outcome) is type(y)
            assert getattr(outcome, "dtype", None) == getattr(y, "dtype", None)
            if isinstance(y, pd.Series):
                assert outcome.index.equals(X.index) and outcome.name == y.name
            X = X.toarray() if sparse.issparse(X) else np.asarray(X)
            return cross_val_score(GaussianNB(), X.reshape(len(X), -1), np.asarray(outcome)).mean()

        assert check(evaluate, data, y, n_shuffles=3).verdict != "suspect", name


def test_two_outcomes_stay_a_row(rows):
    X, numbers = rows
    y = pd.DataFrame({"a": numbers, "b": 2 * numbers})

    def evaluate(X, y):
        assert np.allclose(y["b"], 2 * y["a"])
        return cross_val_score(Ridge(), X[:, :3], y).mean()

    assert check(evaluate, X, y, n_shuffles=5).verdict == "not checked"


def test_three_classes(rows):
    X, numbers = rows
    y = np.digitize(numbers, [-0.5, 1.5])

    def half(leak):
        def evaluate(X, y):
            columns = SelectKBest(k=10).fit(*((X, y) if leak else (X[::2], y[::2]))).get_support()
            model = GaussianNB().fit(X[::2][:, columns], y[::2])
            return model.score(X[1::2][:, columns], y[1::2])

        return evaluate

    assert check(half(True), X, y, n_shuffles=10).verdict == "suspect"
    assert check(half(False), X, y, n_shuffles=40).verdict != "suspect"


def test_rows_that_are_refused_are_said(rows):
    X, y = pd.DataFrame(rows[0][:, :4]), labels(rows[1])

    def evaluate(X, y):
        if len(X.drop_duplicates()) < len(X):
            raise ValueError("copies")
        return cross_val_score(GaussianNB(), X, y).mean()

    found = check(evaluate, X, y)["shuffled labels"]
    assert found.verdict == "not checked"
    assert "fails on rows that are copies of two rows (ValueError: copies)" in found.says


def test_nothing_of_the_reader_changes_and_seeds_repeat(rows):
    X, y = rows[0].copy(), pd.Series(labels(rows[1]))
    before = X.copy(), y.copy()
    first, second = (check(honest("accuracy"), X, y, n_shuffles=3, random_state=1) for _ in "ab")
    np.testing.assert_array_equal(X, before[0])
    pd.testing.assert_series_equal(y, before[1])
    assert first["shuffled labels"] == second["shuffled labels"]


def test_too_little_is_said(rows):
    X, y = rows[0], labels(rows[1])
    assert "it takes 20" in check(honest("accuracy"), X[:10], y[:10])["shuffled labels"].says
    few = check(honest("accuracy"), X, y, groups=np.arange(150) % 3)
    assert "3 groups or blocks" in few["shuffled labels"].says
    assert "all outcomes are equal" in check(honest("accuracy"), X, 0 * y)["shuffled labels"].says
    short = check(honest("accuracy"), X[:60], y[:60], n_shuffles=3)["shuffled labels"]
    assert short.verdict == "not checked"
    assert "or more rows would show it" in short.says


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"y": np.zeros(9)}, ValueError, "X has 150 rows and y 9"),
        ({"metric": "acuracy"}, ValueError, "metric='acuracy' is no scorer"),
        ({"metric": 3}, TypeError, "metric=3 must be a function"),
        ({"groups": [1, 2]}, ValueError, "groups has 2 rows and y 150"),
        ({"blocks": 0}, ValueError, "blocks=0 must be a whole number"),
        ({"blocks": 5, "groups": [1] * 150}, ValueError, "both given"),
        ({"n_shuffles": 0}, ValueError, "n_shuffles=0 must be"),
        ({"evaluate": 3}, TypeError, "evaluate=3 must be a function"),
        ({"evaluate": lambda X, y: "good"}, TypeError, "evaluate returned 'good'"),
    ],
)
def test_errors_say_what_would_be_right(rows, change, error, says):
    given = {"evaluate": honest("accuracy"), "X": rows[0], "y": labels(rows[1])} | change
    with pytest.raises(error, match=says):
        scores_on_shuffled_labels(**given)
