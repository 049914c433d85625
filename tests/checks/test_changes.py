"""Scores that fall, and answers that change, with what should not matter."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from pitfalls.checks import answers_that_change, falls_under_changes


@pytest.fixture
def threshold():
    """Say whether the first column is above 0, and rows of which that is mostly right."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = np.where(rng.random(400) < 0.9, X[:, 0] > 0, X[:, 0] <= 0).astype(int)
    return lambda rows: (rows[:, 0] > 0).astype(int), X, y


def falls(*asked):
    return {finding.of: finding.verdict for finding in falls_under_changes(*asked)}


# -- scores -------------------------------------------------------------------------------------


def test_a_change_that_moves_the_answers_is_suspect_and_another_is_not(threshold):
    predict, X, y = threshold
    swapped, other = X[:, [1, 0, 2]], X + [0, 5, 5]
    result = falls_under_changes(predict, X, y, {"swapped": swapped, "other": other})
    assert result["swapped"].verdict == "suspect"
    assert result["other"].verdict == "clean"
    assert result["swapped"].value == pytest.approx(
        (predict(X) == y).mean() - (predict(swapped) == y).mean()
    )
    assert (result["other"].value, result["other"].null) == (0, 0)
    broken = np.flatnonzero((predict(X) == y) & (predict(swapped) != y))
    assert result["swapped"].where == tuple(broken)
    called = falls_under_changes(predict, X, y, {"swapped": lambda X: X[:, [1, 0, 2]]})
    assert called["swapped"].value == result["swapped"].value


def test_rows_that_a_change_leaves_as_they_are_do_not_count(threshold):
    predict, X, y = threshold
    half = X.copy()
    half[:200] = X[:200, [1, 0, 2]]
    (whole,) = falls_under_changes(predict, X, y, {"half": half})
    (alone,) = falls_under_changes(predict, X[:200], y[:200], {"half": half[:200]})
    assert whole == alone


def test_what_is_missing_and_stays_missing_has_not_changed(threshold):
    predict, X, y = threshold
    gappy = X.copy()
    gappy[:, 1] = np.nan
    assert falls(predict, gappy, y, {"nothing": gappy.copy()}) == {"nothing": "not checked"}
    frame = pd.DataFrame(gappy).assign(text=None)
    take = lambda f: predict(f.to_numpy())  # noqa: E731
    assert falls(take, frame, y, {"nothing": frame.copy()}) == {"nothing": "not checked"}
    assert falls(predict, gappy, y, {"swapped": gappy[:, [2, 1, 0]]}) == {"swapped": "suspect"}


def test_a_change_that_breaks_as_many_as_it_mends_is_no_alarm(threshold):
    predict, X, y = threshold
    rng, alarms = np.random.default_rng(1), 0
    for _ in range(100):
        pair = [X + rng.normal(scale=0.5, size=X.shape) for _ in range(2)]
        alarms += falls(predict, pair[0], y, {"again": pair[1]})["again"] == "suspect"
    assert alarms <= 5


@pytest.mark.parametrize(
    "spoil",
    [
        lambda predict, X, y: (predict, X[:0], y[:0], X[:0]),
        lambda predict, X, y: (predict, X, y, X),
        lambda predict, X, y: (predict, X, np.ones_like(y), X[:, ::-1]),
        lambda predict, X, y: (predict, X[:6], y[:6], X[:6, ::-1]),
        lambda predict, X, y: (lambda rows: np.ones(len(rows)), X, y, X[:, ::-1]),
        lambda predict, X, y: (predict, np.ones_like(X), y, np.ones_like(X)),
        lambda predict, X, y: (predict, X, np.arange(len(y)) % 2, X + [0, 1, 0]),
        lambda predict, X, y: (predict, X[:12], y[:12], X[:12] + [0, 1, 0]),
    ],
    ids=[
        "empty",
        "no change",
        "one label",
        "six rows",
        "one answer",
        "constant",
        "a model that knows nothing",
        "too few rows for a planted fall",
    ],
)
def test_changes_that_cannot_be_judged_are_not_checked(threshold, spoil):
    predict, X, y, changed = spoil(*threshold)
    assert falls(predict, X, y, {"change": changed}) == {"change": "not checked"}


def test_a_model_gets_what_it_was_trained_on():
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rng = np.random.default_rng(0)
    index = [f"p{row}" for row in range(600)]
    X = pd.DataFrame({"age": rng.normal(50, 15, 600), "sex": rng.choice(["m", "f"], 600)}, index)
    X["ward"] = pd.Categorical(rng.choice(list("abc"), 600))
    y = pd.Series(np.where((X["sex"] == "m") ^ (rng.random(600) < 0.1), "ill", "well"), index)
    encode = make_column_transformer((OneHotEncoder(), ["sex", "ward"]), remainder="passthrough")
    model = make_pipeline(encode, LogisticRegression(max_iter=1_000)).fit(X, y)
    changes = {
        "sex": X.assign(sex=rng.permutation(X["sex"])),
        "a year": lambda f: f.assign(age=f["age"] + 1),
        "in place": lambda f: f.__setitem__("ward", f["ward"].to_numpy()[::-1]) or f,
        "order": X[["ward", "sex", "age"]],
        "as array": lambda f: f.assign(age=f["age"] + 1).to_numpy(),
    }
    before = X.copy()
    result = falls_under_changes(model, X, y, changes)
    assert [finding.verdict for finding in result] == [
        "suspect", "clean", "clean", "not checked", "clean",
    ]  # fmt: skip
    assert result["sex"].where[0] in index
    pd.testing.assert_frame_equal(X, before)
    with pytest.raises(ValueError, match="predict returned 2 numbers a row"):
        falls_under_changes(model.predict_proba, X, y, changes)
    with pytest.raises(ValueError, match=r"predict returned numbers such as 0\.\d+"):
        falls_under_changes(lambda rows: model.predict_proba(rows)[:, 1], X, y, changes)
    with pytest.raises(ValueError, match="predict says well, ill, and the labels in y are"):
        falls_under_changes(lambda rows: model.predict(rows)[::-1], X, y == "ill", changes)
    with pytest.raises(ValueError, match="has other columns than X"):
        falls_under_changes(model, X, y, {"new": X.rename(columns={"sex": "Sex"})})


def things(rng):
    """Rows of many kinds, a change that does not matter, one that does, and their model."""
    X = rng.normal(size=(300, 4))
    pictures = rng.integers(0, 200, (300, 6, 6)).astype(np.uint8)
    bright = lambda X: np.asarray([one.mean() for one in X]) > 100  # noqa: E731
    texts = list(np.where(X[:, 0] > 0, "good film", "bad film"))
    good = lambda texts: ["good" in one.lower() for one in texts]  # noqa: E731
    yield "array", X, X + [0, 1, 0, 0], -X, lambda X: X[:, 0] > 0
    yield "list of rows", X.tolist(), (X + [0, 1, 0, 0]).tolist(), (-X).tolist(), (
        lambda X: [row[0] > 0 for row in X]
    )  # fmt: skip
    yield "pictures", pictures, pictures[:, ::-1], 200 - pictures, bright
    yield "list of pictures", [*pictures], [*pictures[:, ::-1]], [*(200 - pictures)], bright
    yield "texts", texts, [t.upper() for t in texts], texts[::-1], (
        good
    )  # fmt: skip
    yield "series", pd.Series(texts), pd.Series(texts).str.upper(), (
        pd.Series(texts[::-1])
    ), lambda s: s.str.lower().str.contains("good")  # fmt: skip
    table = sparse.random(300, 40, 0.2, format="csr", random_state=0)
    table[:, 0] = np.maximum(X[:, :1], 0)
    table = table.tocsr()
    yield "sparse", table, table * 2, table[:, ::-1].tocsr(), (
        lambda S: np.asarray(S[:, [0]].todense()).ravel() > 0
    )  # fmt: skip


@pytest.mark.parametrize("place", range(7))
@pytest.mark.filterwarnings("ignore::scipy.sparse.SparseEfficiencyWarning")
def test_rows_of_any_kind_will_do(place):
    name, X, harmless, harmful, predict = [*things(np.random.default_rng(0))][place]
    y = predict(X)
    assert falls(predict, X, y, {"not": harmless, "does": harmful}) == {
        "not": "clean",
        "does": "suspect",
    }, name
    assert answers_that_change(predict, X, harmful, harmless).verdict == "suspect"
    assert answers_that_change(predict, X, harmless, harmless).verdict == "clean"


def test_tensors_and_polars_will_do():
    torch = pytest.importorskip("torch")
    X = torch.tensor(np.random.default_rng(0).normal(size=(300, 3)))
    predict = lambda rows: (rows[:, 0] > 0).int()  # noqa: E731
    found = falls(predict, X, predict(X), {"more": lambda X: X.mul_(2), "turned": -X})
    assert found == {"more": "clean", "turned": "suspect"}


def test_polars_frames_will_do():
    pl = pytest.importorskip("polars")
    X = pl.DataFrame({"a": np.random.default_rng(0).normal(size=300).tolist(), "b": [1.0] * 300})
    predict = lambda rows: rows["a"] > 0  # noqa: E731
    changes = {"b": X.with_columns(pl.col("b") + 1), "a": X.with_columns(-pl.col("a"))}
    assert falls(predict, X, predict(X), changes) == {"b": "clean", "a": "suspect"}


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (lambda p, X, y: (3, X, y, {"a": -X}), TypeError, "predict=3 must be a function of rows"),
        (lambda p, X, y: (p, X, y, -X), TypeError, "changes is a ndarray; it must give rows"),
        (lambda p, X, y: (p, X, y, {}), TypeError, "changes is a dict"),
        (
            lambda p, X, y: (p, X, y, {"a": X[1:]}),
            ValueError,
            r"\['a'\] has 399 rows",
        ),
        (lambda p, X, y: (p, X, y, {"a": lambda X: None}), ValueError, r"\['a'\] is None"),
        (lambda p, X, y: (p, X, y[1:], {"a": -X}), ValueError, r"y has the shape \(399, 1\)"),
        (lambda p, X, y: (p, X, X, {"a": -X}), ValueError, r"y has the shape \(400, 3\)"),
        (lambda p, X, y: (p, X, X[:, 0], {"a": -X}), ValueError, "y has numbers such as"),
        (
            lambda p, X, y: (lambda X: 1, X, y, {"a": -X}),
            ValueError,
            "predict returned 1; it",
        ),
        (lambda p, X, y: (lambda X: [0], X, y, {"a": -X}), ValueError, "1 answers for 400 rows"),
        (lambda p, X, y: (lambda X: X[:, 0], X, y, {"a": -X}), ValueError, "must return labels"),
        (lambda p, X, y: (p, X, np.where(y, 1, np.nan), {"a": -X}), ValueError, "without a label"),
    ],
)
def test_what_does_not_fit_is_named(threshold, spoil, error, words):
    with pytest.raises(error, match=words):
        falls_under_changes(*spoil(*threshold))


# -- answers ------------------------------------------------------------------------------------


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    altered, placebo = X.copy(), X.copy()
    altered[:, 1] = -X[:, 1]
    placebo[:, 2] = rng.permutation(X[:, 2])
    return X, altered, placebo


def verdict(predict, *rows, **options):
    (finding,) = answers_that_change(predict, *rows, **options)
    assert finding.of == "answers"
    return finding.verdict


def test_a_model_that_uses_what_was_altered_is_suspect(rows):
    assert verdict(lambda X: X[:, 1] > 0, *rows) == "suspect"
    assert verdict(lambda X: X[:, 0] + X[:, 1] > 0, *rows) == "suspect"
    words = lambda X: np.where(X[:, 1] > 0, "tank", "lorry")  # noqa: E731
    assert verdict(words, *rows) == "suspect"
    frames = [pd.DataFrame(part, columns=list("abc")) for part in rows]
    assert verdict(lambda X: X["b"] > 0, *frames) == "suspect"
    assert verdict(lambda X: X["b"] > 0, frames[0], lambda f: f.assign(b=-f["b"]), frames[2]) == (
        "suspect"
    )


def test_a_model_that_does_not_is_clean_even_where_the_placebo_moves_it(rows):
    assert verdict(lambda X: X[:, 0] > 0, *rows) == "clean"
    assert verdict(lambda X: X[:, 0] + X[:, 2] > 0, *rows) == "clean"
    assert verdict(lambda X: X[:, 1] > 0, *rows, allowed=0.99) == "not checked"


@pytest.mark.parametrize("answer", [0, 1, "tank", np.nan])
def test_a_model_with_one_answer_is_not_checked(rows, answer):
    assert verdict(lambda X: np.array([answer] * len(X)), *rows) == "not checked"


def test_nothing_altered_is_not_checked(rows):
    X, altered, placebo = rows
    use = lambda X: np.nan_to_num(X[:, 1]) > 0  # noqa: E731
    gaps = np.where(X > 1, np.nan, X)
    assert verdict(use, X, X, placebo) == verdict(use, X, altered, X) == "not checked"
    assert verdict(use, gaps, gaps.copy(), placebo) == "not checked"
    assert verdict(use, X[:0], altered[:0], placebo[:0]) == "not checked"
    assert verdict(use, gaps, np.nan_to_num(gaps), placebo) in {"clean", "suspect"}


def test_a_handful_of_rows_is_not_checked(rows):
    use = lambda X: X[:, 1] > 0  # noqa: E731
    assert verdict(use, *(part[:6] for part in rows)) == "not checked"
    assert verdict(use, *(part[:12] for part in rows)) == "suspect"


def test_a_placebo_that_changes_everything_hides_everything(rows):
    X, altered, _ = rows
    assert verdict(lambda X: X[:, 1] > 0, X, altered, altered - 1e-9) == "not checked"


def test_rows_and_answers_that_do_not_fit_are_an_error(rows):
    X, altered, placebo = rows
    with pytest.raises(ValueError, match="altered has 50 rows and X 200"):
        answers_that_change(lambda X: X[:, 1] > 0, X, altered[:50], placebo)
    with pytest.raises(ValueError, match="predict returned numbers such as"):
        answers_that_change(lambda X: 1 / (1 + np.exp(-X[:, 1])), *rows)
    with pytest.raises(ValueError, match="predict returned 3 numbers a row"):
        answers_that_change(lambda X: X, *rows)
    with pytest.raises(ValueError, match="allowed=5 must be"):
        answers_that_change(lambda X: X[:, 1] > 0, *rows, allowed=5)


def test_false_alarms_are_as_rare_as_promised():
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(400):
        X = np.arange(100)[:, None]
        moved, stirred = (rng.random(100) < share for share in (0.25, 0.20))
        answers = iter([np.zeros(100), moved, stirred])
        alarms += verdict(lambda Z: next(answers), X, X + 1, X + 2) == "suspect"  # noqa: B023
    assert alarms / 400 < 0.025
