import numpy as np
import pandas as pd
import pytest

from pitfalls.notebook.feedback import in_words, miss, number
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


@pytest.fixture(scope="module")
def notebook():
    """Run cells as a notebook that answers in words; return what is printed, and if it ran."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    in_words()
    in_words()  # a cell that is run twice says "Right." once

    def run(source):
        with capture_output() as said:
            result = shell.run_cell(source, store_history=True)
        return said.stdout + said.stderr, result.success

    yield run
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("assert 1 == 1", "Right.\n"),
        ("for x in (1, 2):\n    assert x", "Right.\n"),
        ("def f():\n    assert False", ""),
        ("x = 1", ""),
        ("assert 1 > 2, '1 is too low.'", "Not yet. 1 is too low.\n"),
        ("assert 1 > 2", "Not yet. The check does not say why"),
        ("assert answer_of_mine == 2", "Not yet. There is no `answer_of_mine` yet: write your"),
        ("x = (lambda: 1 / 0)()\nassert x", "Not yet. Your answer stops with ZeroDivisionError"),
        (
            "raise NotImplementedError('Write your answer here.')",
            "Not yet. Write your answer here.",
        ),
    ],
)
def test_a_check_answers_in_a_sentence(notebook, source, says):
    said, _ = notebook(source)
    assert said.startswith(says) and said.count("\n") == bool(says), said


def test_other_cells_keep_their_traceback(notebook):
    said, ran = notebook("1 / 0")
    assert "Traceback" in said and "ZeroDivisionError" in said and not ran


def test_a_refused_answer_stops_the_notebook_and_keeps_its_traceback(notebook):
    assert not notebook("assert 1 > 2, 'No.'")[1]
    assert "AssertionError" in notebook("%tb")[0]


def test_outside_a_notebook_nothing_happens():
    assert in_words() is None
