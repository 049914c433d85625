import ast
import inspect

import numpy as np
import pandas as pd
import pytest

from pitfalls import checks, course
from pitfalls.course.protocols import tagged_cells


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


def test_no_repeats_are_refused():
    with pytest.raises(ValueError, match="n_repeats=0 must be a whole number from 1"):
        checks.score_gap_by(lambda *_: 0.5, np.zeros((9, 1)), np.arange(9) % 2, "abcabcabc",
                            n_repeats=0)  # fmt: skip
