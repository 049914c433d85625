import numpy as np
import pandas as pd
import pytest

from pitfalls.notebook.feedback import miss, number
from pitfalls.study import Score


@pytest.mark.parametrize("estimate", [0.6, np.float64(0.64), np.array([0.57]), np.array(0.6)])
def test_a_right_estimate_is_not_missed(estimate):
    assert miss(estimate, 0.6, 0.05) == ""


@pytest.mark.parametrize(
    ("estimate", "says"),
    [
        (0.7, "0.7 is too high."),
        (0.2, "0.2 is too low, by more"),
        (60, "60 is more than a score can be"),
        (None, "None; give one number"),
        ("0.6", "'0.6'; give one number"),
        (np.array([0.6, 0.6]), "2 values (ndarray); give one number"),
        (float("nan"), "give one number"),
    ],
)
def test_a_missed_estimate_is_told_without_the_answer(estimate, says):
    said = miss(estimate, 0.63, 0.05)
    assert says in said and "0.63" not in said and ".58" not in said


def test_a_number_above_one_may_be_right():
    assert miss(12, 12.3, 1) == "" and "too high" in miss(15, 12.3, 1)
    assert miss(1.02, 1.0, 0.05) == "" and "more than a score" in miss(1.06, 1.0, 0.05)


@pytest.mark.parametrize(
    "form", [0.5, 1, [0.5], pd.Series([0.5]), np.float32(0.5), np.array([0.5]), True]
)
def test_a_number_in_any_form_passes(form):
    assert number(lambda x: x, form) == float(np.ravel(form)[0])


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (None, "answer returned None and no number: does it end with a line that says `return`?"),
        ([0.5, 0.6], "2 values (list) and no number: is a mean missing?"),
        (pd.Series([0.5, 0.6]), "2 values (Series) and no number: is a mean missing?"),
        (Score(0.5, (0.4, 0.6), 0.5, 0.5), "returned Score and no number: which of its numbers"),
        ("0.5", "returned '0.5' and no number"),
        (float("nan"), "returned nan"),
        (object(), "returned object"),
    ],
)
def test_what_is_no_number_is_named(returned, says):
    def answer(*, x):
        return x

    with pytest.raises(AssertionError) as error:
        number(answer, x=returned)
    assert says in str(error.value)
