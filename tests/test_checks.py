import ast
import inspect

import numpy as np
import pandas as pd
import pytest

from pitfalls import checks, course
from pitfalls.checks import features_that_look_ahead, scores_on_shuffled_labels
from pitfalls.course.protocols import tagged_cells


def test_shuffled_labels_keep_their_counts_and_lose_their_rows():
    y = np.arange(30) % 3
    seen = []

    def procedure(X, labels):
        seen.append(labels)
        return float((labels == y).mean())

    scores = scores_on_shuffled_labels(procedure, None, y, n_shuffles=50, random_state=0)
    assert scores.shape == (50,)
    assert all(np.array_equal(np.sort(labels), np.sort(y)) for labels in seen)
    assert scores.mean() == pytest.approx(1 / 3, abs=0.05)
    again = scores_on_shuffled_labels(procedure, None, y, n_shuffles=50, random_state=0)
    np.testing.assert_array_equal(scores, again)


@pytest.fixture
def series():
    return pd.DataFrame({"x": np.random.default_rng(0).normal(size=100).cumsum()})


def test_features_of_the_past_are_left_in_peace(series):
    def features(frame):
        x = frame["x"]
        return pd.DataFrame({"lag": x.shift(1), "mean": x.rolling(5).mean(), "top": x.cummax()})

    assert (features_that_look_ahead(features, series, random_state=0) == 0).all()


@pytest.mark.parametrize(
    "feature",
    [
        lambda x: x.shift(-1),
        lambda x: x.rolling(3, center=True).mean(),
        lambda x: x - x.mean(),
        lambda x: x[::-1].cummax()[::-1] + x.iloc[-1],
    ],
)
def test_features_of_the_future_are_found(series, feature):
    found = features_that_look_ahead(lambda f: feature(f["x"]).to_frame(), series, random_state=0)
    assert found.iloc[0] > 0.9


def test_errors_name_what_is_wrong(series):
    with pytest.raises(ValueError, match="series has 3 rows"):
        features_that_look_ahead(lambda f: f, series[:3])
    with pytest.raises(ValueError, match="gave 1 rows for 100"):
        features_that_look_ahead(lambda f: f[:1], series)
    with pytest.raises(ValueError, match="n_cuts=0"):
        features_that_look_ahead(lambda f: f, series, n_cuts=0)
    with pytest.raises(ValueError, match="n_shuffles=0"):
        scores_on_shuffled_labels(lambda X, y: 0, None, np.arange(3), n_shuffles=0)


def copied_checks():
    """The cells tagged ``check`` in the chapters' pages: what a reader copies."""
    for lesson in course.lessons():
        for page in lesson.pages:
            for source in tagged_cells(page.read_text(encoding="utf-8"), "check"):
                yield pytest.param(source, id=page.stem)


def body(source):
    """A function's name, its arguments' names and its body, without docstring and annotations."""
    (function,) = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    arguments = [a.arg for a in (*function.args.args, *function.args.kwonlyargs)]
    statements = function.body[1:] if ast.get_docstring(function) else function.body
    return function.name, arguments, [ast.unparse(statement) for statement in statements]


@pytest.mark.parametrize("source", list(copied_checks()))
def test_the_check_in_the_notebook_is_that_of_the_package(source):
    name, *written = body(source)
    _, *packaged = body(inspect.getsource(getattr(checks, name)))
    assert written == packaged
    lines = [line for line in source.splitlines() if line.strip()]
    assert 6 <= len(lines) <= 26, "six to twenty lines, besides imports and the docstring"


@pytest.fixture
def threshold():
    """Say whether the first column is above 0, and rows of which that is mostly right."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = np.where(rng.random(400) < 0.9, X[:, 0] > 0, X[:, 0] <= 0).astype(int)
    return lambda rows: (rows[:, 0] > 0).astype(int), X, y


def test_a_change_that_moves_the_answers_is_suspect_and_another_is_not(threshold):
    predict, X, y = threshold
    swapped, other = X[:, [1, 0, 2]], X + [0, 5, 5]
    table = checks.falls_under_changes(predict, X, y, {"swapped": swapped, "other": other})
    assert table["verdict"].to_dict() == {"swapped": "suspect", "other": "clean"}
    assert table.loc["swapped", "value"] == pytest.approx(
        (predict(X) == y).mean() - (predict(swapped) == y).mean()
    )
    assert table.loc["other", ["value", "null"]].tolist() == [0, 0]
    called = checks.falls_under_changes(predict, X, y, {"swapped": lambda X: X[:, [1, 0, 2]]})
    assert called.loc["swapped", "value"] == table.loc["swapped", "value"]


def test_rows_that_a_change_leaves_as_they_are_do_not_count(threshold):
    predict, X, y = threshold
    half = X.copy()
    half[:200] = X[:200, [1, 0, 2]]
    table = checks.falls_under_changes(predict, X, y, {"half": half})
    alone = checks.falls_under_changes(predict, X[:200], y[:200], {"half": half[:200]})
    pd.testing.assert_frame_equal(table, alone)


def test_what_is_missing_and_stays_missing_has_not_changed(threshold):
    predict, X, y = threshold
    gappy = X.copy()
    gappy[:, 1] = np.nan
    table = checks.falls_under_changes(predict, gappy, y, {"nothing": gappy.copy()})
    assert table["verdict"].tolist() == ["not checked"]
    swapped = gappy[:, [2, 1, 0]]
    found = checks.falls_under_changes(predict, gappy, y, {"swapped": swapped})
    assert found["verdict"].tolist() == ["suspect"]
    assert found["value"].iloc[0] == pytest.approx(
        (predict(gappy) == y).mean() - (predict(swapped) == y).mean()
    )


def test_a_change_that_breaks_as_many_as_it_mends_is_clean(threshold):
    predict, X, y = threshold
    rng, alarms = np.random.default_rng(1), 0
    for _ in range(200):
        pair = [X + rng.normal(scale=0.5, size=X.shape) for _ in range(2)]
        table = checks.falls_under_changes(predict, pair[0], y, {"again": pair[1]})
        alarms += table.loc["again", "verdict"] == "suspect"
    assert alarms <= 8


@pytest.mark.parametrize(
    "spoil",
    [
        lambda predict, X, y: (predict, X[:0], y[:0], X[:0]),
        lambda predict, X, y: (predict, X, y, X),
        lambda predict, X, y: (predict, X, np.ones_like(y), X[:, ::-1]),
        lambda predict, X, y: (predict, X[:6], y[:6], X[:6, ::-1]),
        lambda predict, X, y: (lambda rows: np.ones(len(rows)), X, y, X[:, ::-1]),
        lambda predict, X, y: (predict, np.ones_like(X), y, np.ones_like(X)),
    ],
    ids=["empty", "no change", "one label", "six rows", "one answer", "constant"],
)
def test_changes_that_cannot_be_judged_are_not_checked(threshold, spoil):
    predict, X, y, changed = spoil(*threshold)
    table = checks.falls_under_changes(predict, X, y, {"change": changed})
    assert table["verdict"].tolist() == ["not checked"]


# What is handed over


def shapes(train, test):
    names = list("abcde")
    frames = pd.DataFrame(train, columns=names), pd.DataFrame(test, columns=names)
    yield train, test
    yield frames[0], test
    yield train, frames[1]
    yield frames[0], frames[1][names[::-1]]
    yield train.reshape(len(train), 1, 5), test.reshape(len(test), 1, 5)


def test_copies_are_found_whatever_the_two_sides_are():
    rng = np.random.default_rng(0)
    train = rng.normal(size=(200, 5))
    test = np.vstack([train[:50], rng.normal(size=(50, 5))])
    for sides in shapes(train, test):
        assert checks.shared_rows(*sides).loc["test", "verdict"] == "suspect"
        assert checks.resampled_before_split(*sides).loc["copies", "verdict"] == "suspect"


@pytest.mark.parametrize("copied", [False, True])
def test_where_most_rows_have_near_twins_copies_are_not_checked(copied):
    rng = np.random.default_rng(0)
    n = 1_000
    people = pd.DataFrame({
        "age": rng.normal(40, 12, n).round().clip(17, 80),
        "hours": rng.choice([20, 38, 40, 50], n, p=[0.1, 0.15, 0.65, 0.1]),
        "education": rng.integers(5, 16, n),
        "sex": rng.integers(2, size=n),
        "gain": rng.choice([0, 0, 0, 0, 0, 0, 0, 0, 5_000, 15_000], n),
        "income": rng.integers(2, size=n),
    })  # fmt: skip
    train, test = people[:700], people[700:]
    if copied:
        test = pd.concat([test, train.sample(80, random_state=0)])
    report = checks.resampled_before_split(train / train.std(), test / train.std())
    assert report.loc["copies", "verdict"] == "not checked"


@pytest.mark.parametrize("unit", [1e-6, 1, 1e6])
def test_no_unit_hides_a_feature_of_the_future(unit):
    returns = pd.DataFrame({"r": unit * np.random.default_rng(0).normal(size=400)})

    def make(series):
        squares = series["r"] ** 2
        return pd.DataFrame({
            "centred": squares.rolling(21, center=True, min_periods=1).mean(),
            "past": squares.rolling(21, min_periods=1).mean(),
        })  # fmt: skip

    changed = checks.features_that_look_ahead(make, returns, random_state=0)
    assert changed["centred"] == 1 and changed["past"] == 0
    windows = pd.DataFrame(returns["r"].to_numpy().reshape(20, 20))

    def variances(rows):
        return pd.DataFrame({"all": rows.var(axis=1), "known": rows.iloc[:, :15].var(axis=1)})

    known = np.arange(20) < 15
    changed = checks.features_that_need_the_future(variances, windows, known=known, random_state=0)
    assert changed["all"] == 1 and changed["known"] == 0


def test_sides_with_other_columns_are_refused():
    with pytest.raises(ValueError, match="train has 2 columns and test 3"):
        checks.shared_rows(np.zeros((9, 2)), np.zeros((9, 3)))
    one, other = (pd.DataFrame(np.zeros((9, 1)), columns=[name]) for name in "ab")
    with pytest.raises(ValueError, match=r"columns \['a', 'b'\] are not in both train and test"):
        checks.resampled_before_split(one, other)


def test_a_mask_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match=r"steps\['age'\] has shape \(2,\); .* of the 3 rows"):
        checks.who_was_excluded(pd.DataFrame({"a": [1, 2, 3]}), {"age": [True, False]})


def test_who_was_excluded_counts_columns_of_numbers_and_of_words():
    """A column of whole numbers is no list of positions."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.integers(20, 80, 400), "ward": rng.choice(list("ab"), 400)})
    table = checks.who_was_excluded(
        frame, {"old": frame["age"] < 60, "lots": rng.random(400) < 0.8}
    )
    assert table.loc[("old", "age"), "verdict"] == "suspect"
    assert table.loc[("lots", "ward"), "verdict"] == "clean"
