import numpy as np
import pandas as pd
import pytest

from pitfalls import checks
from pitfalls.checks import features_that_look_ahead, scores_on_shuffled_labels


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


def test_no_repeats_are_refused():
    with pytest.raises(ValueError, match="n_repeats=0 must be a whole number from 1"):
        checks.score_gap_by(lambda *_: 0.5, np.zeros((9, 1)), np.arange(9) % 2, "abcabcabc",
                            n_repeats=0)  # fmt: skip
