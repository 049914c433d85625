"""Whether rows of somebody whom the model has not met score lower."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline

from pitfalls.checks import score_gap_by
from pitfalls.datasets import make_reviews


def table(n, n_groups, lean, seed, shift=0.0):
    """Rows whose label depends on the first column, and on who made them as far as they lean."""
    rng = np.random.default_rng(seed)
    who, marks = rng.integers(n_groups, size=n), rng.normal(size=(n_groups, 6))
    X = np.c_[rng.normal(size=(n, 2)), shift * marks[who] + 0.3 * rng.normal(size=(n, 6))]
    leaning = lean * rng.normal(size=n_groups)
    y = (X[:, 0] + leaning[who] + 0.5 * rng.normal(size=n) > 0).astype(int)
    return X, y, who


def fit_and_score(X_train, y_train, X_test, y_test):
    model = LogisticRegression(solver="liblinear").fit(X_train, y_train)
    return model.score(X_test, y_test)


def verdict(*given, **options):
    return score_gap_by(*given, random_state=0, **options).verdict


@pytest.mark.parametrize(("n", "n_groups"), [(400, 8), (600, 30)])
def test_people_who_lean_are_found(n, n_groups):
    found = [verdict(fit_and_score, *table(n, n_groups, 1.5, s, 1.0)) for s in range(5)]
    assert found.count("suspect") >= 4


def test_people_who_do_not_lean_are_clean():
    found = [verdict(fit_and_score, *table(800, 20, 0, s)) for s in range(5)]
    assert found.count("clean") >= 4 and "suspect" not in found


def test_few_rows_are_not_called_clean():
    found = {verdict(fit_and_score, *table(60, 6, 0, s, 1)) for s in range(6)}
    assert "not checked" in found and "suspect" not in found


def test_the_value_is_the_size_of_the_gap():
    X, y, who = table(1_000, 25, 3, 0, 2.0)
    found = score_gap_by(fit_and_score, X, y, who, random_state=0)["who"]
    assert found.verdict == "suspect" and found.value > 0.08
    assert "by training sets of the same size" in found.says


def test_either_training_set_has_the_same_size_and_no_test_row():
    X, y, who = table(240, 8, 0, 0)
    X[:, 1] = np.arange(240)
    seen = []

    def evaluate(X_train, y_train, X_test, y_test):
        seen.append((X_train[:, 1], X_test[:, 1]))
        assert len(X_train) == len(y_train) and len(X_test) == len(y_test)
        return fit_and_score(X_train, y_train, X_test, y_test)

    score_gap_by(evaluate, X, y, who, random_state=0)
    pairs = seen[6:]  # the control comes first
    for (strange, test), (known, again) in zip(pairs[::2], pairs[1::2], strict=True):
        np.testing.assert_array_equal(test, again)
        assert len(strange) == len(known)
        assert not {*test} & {*strange} and not {*test} & {*known}
        people = set(who[test.astype(int)])
        assert not people & set(who[strange.astype(int)])
        assert people <= set(who[known.astype(int)])


def test_annotators_are_found_in_texts():
    study = make_reviews(600, n_fresh=2, strength=1, random_state=0)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(solver="liblinear"))

    def evaluate(X_train, y_train, X_test, y_test):
        return model.fit(X_train, y_train).score(X_test, y_test)

    who = study.meta["annotator"]
    for texts in (study.X["text"], study.X["text"].tolist()):
        assert verdict(evaluate, texts, study.y, who) == "suspect"


def test_arrays_frames_sparse_matrices_and_lists_give_the_same():
    X, y, who = table(200, 10, 1, 0, 1.0)
    index = np.arange(500, 700)
    expected = score_gap_by(fit_and_score, X, y, who, random_state=0)
    frame = pd.DataFrame(X, index=index)
    forms = [
        (frame, pd.Series(y, index=index), pd.Series(who).astype(str)),
        (sparse.csr_array(X), y.tolist(), [f"p{w}" for w in who]),
        (X.tolist(), y.astype(bool), pd.Categorical(who)),
    ]
    for form in forms:
        found = score_gap_by(fit_and_score, *form, random_state=0)
        assert found.verdict == expected.verdict == "suspect"
        assert found["who"].value == pytest.approx(expected["who"].value, abs=0.15)


def test_numbers_losses_and_two_outcomes():
    rng = np.random.default_rng(0)
    who = rng.integers(20, size=400)
    X = np.eye(20)[who] + 0.1 * rng.normal(size=(400, 20))
    y = rng.normal(size=20)[who] + 0.3 * rng.normal(size=400)

    def r2(X_train, y_train, X_test, y_test):
        return LinearRegression().fit(X_train, y_train).score(X_test, y_test)

    def loss(*parts):
        return 1 - r2(*parts)

    assert verdict(r2, X, y, who) == "suspect"
    assert verdict(r2, X, np.c_[y, y + 1], who) == "suspect"
    found = score_gap_by(loss, X, y, who, random_state=0)
    assert found.verdict == "suspect" and found["who"].value > 0
    assert verdict(loss, X, y, who, greater_is_better=False) == "suspect"
    wrong = score_gap_by(loss, X, y, who, greater_is_better=True, random_state=0)
    assert wrong.verdict == "not checked" and "greater_is_better" in wrong["who"].says
    assert verdict(r2, X, y, rng.permutation(who)) != "suspect"


X, Y, WHO = table(60, 6, 0, 0)


@pytest.mark.parametrize(
    ("X", "y", "who"),
    [
        (X, Y, np.zeros(60)),
        (X, Y, np.arange(60)),
        (X, np.ones(60), WHO),
        (X, np.full(60, np.nan), WHO),
        (X, Y, np.full(60, None)),
        (X[:0], Y[:0], WHO[:0]),
        ([], [], []),
        (X[:1], Y[:1], WHO[:1]),
        (X, Y, Y),
        (pd.DataFrame(X[:0]), pd.Series(Y[:0]), pd.Series(WHO[:0])),
    ],
    ids="one-who all-differ constant no-y no-who empty lists one-row who-is-y empty-frame".split(),
)
def test_what_cannot_be_split_is_not_checked(X, y, who):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert verdict(fit_and_score, X, y, who) == "not checked"


def test_a_procedure_that_does_not_look_is_not_called_clean():
    X, y, who = table(200, 10, 1, 0, 1.0)
    assert verdict(lambda *parts: 0.5, X, y, who) == "not checked"


def test_rows_without_a_label_or_a_name_are_left_out():
    X, y, who = table(300, 10, 1.5, 1, 1.0)
    y = np.where(np.arange(300) % 7 == 0, np.nan, y)
    who = np.where(np.arange(300) % 5 == 0, np.nan, who)

    def evaluate(X_train, y_train, X_test, y_test):
        assert not np.isnan(np.r_[y_train, y_test]).any()
        return fit_and_score(X_train, y_train, X_test, y_test)

    result = score_gap_by(evaluate, X, y, who, random_state=0)
    assert result.verdict == "suspect"
    gone = (np.isnan(y) | np.isnan(who)).sum()
    assert result.notes[0] == f"{gone} rows without who or without an outcome left out."
    assert result.notes[-1].startswith("evaluate ran ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_repeats": 0}, "n_repeats=0 must be a whole number from 1"),
        ({"greater_is_better": 1}, "greater_is_better=1 must be"),
        ({"who": list("abc")}, "3 of who"),
        ({"who": "abc"}, "who='abc' must be"),
    ],
)
def test_arguments_that_are_wrong_are_named(options, message):
    given = {"X": X, "y": Y, "who": WHO} | options
    with pytest.raises((ValueError, TypeError), match=message):
        score_gap_by(fit_and_score, **given)
