import ast
import inspect

import jupytext
import numpy as np
import pandas as pd
import pytest

from pitfalls import checks, lessons
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


def copied_checks():
    """The cells tagged ``check`` in the chapters' pages: what a reader copies."""
    for lesson in lessons.all():
        for page in lesson.pages:
            for cell in jupytext.read(page).cells:
                if "check" in cell.metadata.get("tags", []):
                    yield pytest.param(cell.source, id=page.stem)


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
    assert 6 <= len(lines) <= 20, "six to fifteen lines, besides imports and the docstring"
