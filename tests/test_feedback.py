import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from pitfalls.notebook.feedback import called, formed, in_words, miss, number, readable
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


FRAME = pd.DataFrame({"a": [1, 2]})
FITTED = LogisticRegression().fit([[0], [1]], [0, 1])
PLACES = np.arange(3)


@pytest.mark.parametrize(
    ("like", "value"),
    [
        ((0, 0), (0.5, 1)),
        ((0, 0), [np.float32(0.5), np.array([1])]),
        ((0, 0), np.array([0.5, 1])),
        ((0, 0), pd.Series([0.5, 1])),
        (FRAME, pd.DataFrame({"b": ["x"]})),
        ((FRAME, PLACES), (FRAME, FRAME["a"])),
        ((PLACES, PLACES), ([0, 2], np.array([True, False]))),
        (np.zeros((1, 2, 2)), np.ones((3, 4, 4), dtype=np.uint8).tolist()),
        ((FITTED, 0), (make_pipeline(FITTED), 0.5)),
        ({}, {"a": 1}),
        ([], pd.Index(["a"])),
        (len, lambda: 1),
        (None, 0),
    ],
)
def test_what_has_the_form_of_the_example_passes(like, value):
    assert called(lambda x: x, value, like=like) is value
    assert formed(value, like, "mine") is value


@pytest.mark.parametrize(
    ("like", "value", "says"),
    [
        ((0, 0), 0.5, "float, and two numbers is asked for"),
        ((0, 0), (0.5,), "1 values (tuple), and two numbers"),
        ((0, 0), "ab", "'ab', and two numbers"),
        ((0, 0), (0.5, [1, 2]), "2 things, of which number 2 is 2 values (list), and one number"),
        ((0, 0), np.array(0.5), "ndarray of shape (), and two numbers"),
        (FRAME, np.zeros((2, 1)), "ndarray of shape (2, 1), and a frame"),
        (FRAME, pd.DataFrame(), "DataFrame of shape (0, 0), and a frame"),
        (
            (FRAME, FRAME, PLACES, PLACES),
            (FRAME, FRAME, [1]),
            "and a frame and a frame and a list",
        ),
        (np.zeros((1, 2)), [[1, 2], [3]], "2 values (list), and an array of numbers"),
        (PLACES, ["a", "b"], "2 values (list), and a list of numbers"),
        ((FITTED, 0), FITTED, "LogisticRegression, and a fitted model and one number"),
        ((FITTED, 0), (LogisticRegression(), 0.5), "number 1 is a model that is not fitted: call"),
        (FITTED, len, "a function, and a fitted model"),
        ({}, FRAME, "DataFrame of shape (2, 1), and a dict"),
        ({}, FRAME["a"], "2 values (Series), and a dict"),
        ([], "a", "'a', and a list"),
        (len, 3, "int, and a function"),
    ],
)
def test_another_form_is_refused_in_words(like, value, says):
    def answer(x):
        return x

    with pytest.raises(AssertionError) as error:
        called(answer, value, like=like)
    assert str(error.value).startswith("answer returned ") and says in str(error.value)
    with pytest.raises(AssertionError) as error:
        formed(value, like, "mine")
    assert str(error.value).startswith("mine is ") and says in str(error.value)


@pytest.mark.parametrize(("like", "asked"), [((0, 0), "two numbers"), (None, "something")])
def test_a_forgotten_return_is_named(like, asked):
    with pytest.raises(AssertionError, match=f"returned None, and {asked} is asked for: does it"):
        called(lambda: None, like=like)


@pytest.mark.parametrize("call", [lambda f: number(f), lambda f: called(f, like=0)])
def test_what_is_no_function_is_named(call):
    with pytest.raises(AssertionError, match="Your answer is 2 values .list., and a function is"):
        call([1, 2])


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ValueError("no column 'a'."), "mine cannot be read: no column 'a'."),
        (KeyError("a"), "mine cannot be read: KeyError, 'a'."),
        (TypeError("not None"), "mine cannot be read: TypeError, not None."),
        (AssertionError("No."), "No."),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(error, says):
    with pytest.raises(AssertionError) as refused, readable("mine"):
        raise error
    assert str(refused.value) == says


@pytest.mark.parametrize("error", [NotImplementedError("Write your answer."), NameError("x")])
def test_what_is_not_answered_yet_is_left_as_it_is(error):
    with pytest.raises(type(error)), readable("mine"):
        raise error


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
            "import json\nassert json.loads(0)",
            "Not yet. Your answer stops with TypeError: the JSON object must be str, bytes or "
            "bytearray, not int, in a line that says `assert json.loads(0)`",
        ),
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
