"""Identifiers on both sides of a split."""

import numpy as np
import pandas as pd
import pytest

from pitfalls.checks import shared_identifiers


def test_identifiers_on_both_sides_are_named():
    result = shared_identifiers(["p1", "p2", "p2"], ["p2", "p3", "p2"])
    (found,) = result
    assert result.verdict == "suspect"
    assert found.where == ("p2",)
    assert found.value == pytest.approx(2 / 3)
    assert found.null == 0
    assert "2 test rows of 3" in found.says


@pytest.mark.parametrize(
    "kind",
    [
        list,
        np.array,
        pd.Series,
        pd.Index,
        lambda ids: pd.Series(ids, dtype="category"),
        lambda ids: pd.Series(ids, dtype="string"),
        lambda ids: pd.DataFrame({"who": ids}),
    ],
)
def test_kinds_of_either_side_do_not_matter(kind):
    assert shared_identifiers(kind(["a", "b"]), ["b", "c"]).verdict == "suspect"
    assert shared_identifiers(["a", "b"], kind(["c", "d"])).verdict == "clean"


def test_numbers_are_compared_as_numbers():
    assert shared_identifiers([1, 2], np.array([2.0, 3.0])).verdict == "suspect"
    large = 2**60
    assert shared_identifiers([large], [large + 1]).verdict == "clean"


def test_each_column_is_looked_at_by_itself():
    train = pd.DataFrame({"patient": [1, 2], "site": ["a", "b"]})
    test = pd.DataFrame({"patient": [3, 4], "site": ["b", "b"]})
    table = shared_identifiers(train, test).table
    assert table["verdict"].to_dict() == {"patient": "clean", "site": "suspect"}


def test_identifiers_written_in_two_ways_are_no_clean_split():
    result = shared_identifiers(["P-01", "P-02"], ["p1", "p7"])
    assert result.verdict == "not checked"
    assert "'p 1'" in result["identifiers"].says


def test_missing_identifiers_are_left_out_and_counted():
    result = shared_identifiers(["a", None], [None, "b"])
    assert result.verdict == "clean"
    assert result.notes == ("2 rows without identifiers left out.",)
    assert shared_identifiers([None], ["a"]).verdict == "not checked"
    assert shared_identifiers([], []).verdict == "not checked"


def test_errors_say_what_would_be_right():
    with pytest.raises(ValueError, match="numbers in train and texts in test"):
        shared_identifiers([1, 2], ["1", "3"])
    with pytest.raises(TypeError, match="train='p1' must be"):
        shared_identifiers("p1", ["p1"])
    with pytest.raises(ValueError, match="hand over the same of both"):
        shared_identifiers(pd.DataFrame({"a": [1], "b": [1]}), pd.DataFrame({"a": [1], "c": [1]}))


def test_a_result_prints_as_a_sentence_and_a_table():
    text = str(shared_identifiers(["a"], ["a"]))
    assert text.startswith("shared_identifiers: suspect\n  identifiers: 1 test row of 1 belong")
    assert "What to do: split by this identifier" in text
    assert text.endswith("More: chapter 05, The same patients on both sides.")
    shown = shared_identifiers(["<b>"], ["<b>"])._repr_html_()
    assert "<b>" not in shown
    assert "&lt;b&gt;" in shown
