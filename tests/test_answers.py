"""What learners may answer to the exercises: wrong answers are refused in words, right ones pass.

`tests/answers/NN.py` has them for a chapter, as code by exercise: it takes the place of the model
answer. Besides, each thing that a model answer defines is tried as something odd: None, a text, a
list, an array, a model that was never fitted. A run of all tests takes one wrong and one right
answer to each exercise and an odd one to each chapter, others each day. Asked for this file, or
for all seeds, it takes every one; of the odd ones in chapters of networks, for all seeds only.
"""

import ast
import contextlib
import io
import re
import runpy
from pathlib import Path

import jupytext
import pytest
from conftest import todays

from pitfalls import course

HERE = Path(__file__).parent / "answers"
FILES = sorted(HERE.glob("[0-9][0-9].py"))
#: What nobody asked for; the last one stands for a function that is none.
ODD = ("None", "'text'", "[1, 2, 3]", "np.zeros((3, 3))", "LogisticRegression()", "not a function")


def solutions(number):
    """The script with a chapter's model answers."""
    (lesson,) = [one for one in course.lessons() if one.number == number]
    root = course.Course.here().root
    (script,) = (root / "solutions" / lesson.folder.name).glob("*_solutions.py")
    return script


def exercises(script):
    """The code before the first exercise, and of each: what is given, the answer, the check."""
    parts, kind = {0: ([], [], [])}, 0
    for cell in jupytext.read(script).cells:
        heading = re.match(r"## (\d+)\.", cell.source)
        if heading:
            kind = int(heading[1])
            parts[kind] = ([], [], [])
        if cell.cell_type == "code":
            tags = cell.metadata.get("tags", [])
            place = 2 if "check" in tags else 1 if "solution" in tags else 0
            parts[kind][place].append(cell.source)
    return parts


def run(sources, namespace):
    """Run cells, and keep what they print off the test's output."""
    with contextlib.redirect_stdout(io.StringIO()):
        for source in sources:
            exec(compile(ast.parse(source), "<cell>", "exec"), namespace)


def answered(answer, check):
    """The names that an answer defines and its check asks for, and which of them are functions."""
    nodes = [node for source in check for node in ast.walk(ast.parse(source))]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    own = {node.id for node in nodes if isinstance(node, ast.Name) and type(node.ctx) is ast.Store}
    own |= {one.name for node in nodes if isinstance(node, ast.ImportFrom) for one in node.names}
    found = {}
    for node in (node for source in answer for node in ast.parse(source).body):
        if isinstance(node, ast.FunctionDef):
            found[node.name] = True
        elif isinstance(node, ast.Assign):
            stored = (one for target in node.targets for one in ast.walk(target))
            found |= {one.id: False for one in stored if isinstance(one, ast.Name)}
    return {name: kind for name, kind in found.items() if name in names and name not in own}


def odd_answers(number):
    """Model answers by exercise, of which one thing is something odd."""
    found = {}
    for exercise, (_, answer, check) in exercises(solutions(number)).items():
        found[exercise] = []
        for odd in ODD if exercise else ():
            for name, is_function in answered(answer, check).items():
                if odd == ODD[-1]:
                    given = "3"
                else:
                    given = f"lambda *given, **more: {odd}" if is_function else odd
                more = "from sklearn.linear_model import LogisticRegression\nimport numpy as np"
                found[exercise].append("\n".join([*answer, more, f"{name} = {given}"]))
    return found


@pytest.fixture(autouse=True)
def own_report(tmp_path, monkeypatch):
    """Answers that go into the learner's own report go into another one here."""
    monkeypatch.setenv("PITFALLS_REFORMS", str(tmp_path / "reforms.yaml"))


@pytest.fixture(scope="module")
def asked():
    """Namespaces of a chapter as they are before each exercise, where none has been answered."""
    known = {}

    def before(number, exercise):
        if number not in known:
            namespace, states = {"__name__": "__main__"}, {}
            for place, (given, _, _) in exercises(solutions(number)).items():
                run(given, namespace)
                states[place] = dict(namespace)
            known[number] = states
        return dict(known[number][exercise])

    return before


def listed(kind, config):
    """The answers of a kind that are due today, on the process of their chapter."""
    return [
        pytest.param(
            int(file.stem), exercise, answer, id=f"{file.stem}-{exercise}-{place}",
            marks=pytest.mark.xdist_group(f"answers {file.stem}"),
        )
        for file in FILES
        for exercise, place, answer in due(file, kind, config)
    ]  # fmt: skip


def due(file, kind, config):
    """One answer of a kind to each exercise; of odd ones, which are alike, one to a chapter."""
    each = [
        [(exercise, *one) for one in enumerate(answers)]
        for exercise, answers in answers_of(file, kind).items()
    ]
    turns = [sum(each, [])] if kind == "ODD" else each
    return [one for some in turns for one in todays(some, config, asked_for(file, kind))]


def asked_for(file, kind):
    """The file that takes all answers; none for odd ones to networks, which are trained first."""
    (lesson,) = [one for one in course.lessons() if one.number == int(file.stem)]
    return None if kind == "ODD" and lesson.network else __file__


def answers_of(file, kind):
    """A chapter's answers of a kind, by exercise."""
    return odd_answers(int(file.stem)) if kind == "ODD" else runpy.run_path(file)[kind]


def pytest_generate_tests(metafunc):
    """Hand out the answers of the day, or all."""
    kind = metafunc.function.__name__.split("_")[2].upper()
    if kind in {"WRONG", "ODD", "RIGHT"} and "answer" in metafunc.fixturenames:
        answers = listed(kind, metafunc.config)
        metafunc.parametrize(("number", "exercise", "answer"), answers)


def check_of(number, exercise):
    return exercises(solutions(number))[exercise][2]


def test_a_wrong_answer_is_refused_in_words(asked, number, exercise, answer):
    namespace = asked(number, exercise)
    run([answer], namespace)
    with pytest.raises(AssertionError) as refused:
        run(check_of(number, exercise), namespace)
    assert len(str(refused.value).split()) > 4, refused.value


def test_an_odd_answer_is_refused_in_words(asked, number, exercise, answer):
    test_a_wrong_answer_is_refused_in_words(asked, number, exercise, answer)


def test_a_right_answer_in_another_form_passes(asked, number, exercise, answer):
    namespace = asked(number, exercise)
    run([answer], namespace)
    run(check_of(number, exercise), namespace)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_exercise_has_three_wrong_and_two_right_answers(file):
    answers, asked = runpy.run_path(file), exercises(solutions(int(file.stem)))
    for exercise in asked.keys() - {0}:
        assert len(set(answers["WRONG"][exercise])) >= 3, exercise
        assert len(set(answers["RIGHT"][exercise])) >= 2, exercise
