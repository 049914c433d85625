"""What learners may answer to the exercises: wrong answers are refused in words, right ones pass.

`tests/answers/NN.py` has them for a chapter, as code by exercise: it takes the place of the model
answer. A run of all tests takes one wrong and one right answer to each exercise, another each day.
Asked for this file, or for all seeds, it takes every one.
"""

import ast
import contextlib
import io
import re
import runpy
from pathlib import Path

import jupytext
import pytest

from pitfalls import course

HERE = Path(__file__).parent / "answers"
FILES = sorted(HERE.glob("[0-9][0-9].py"))


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


def listed(kind, turn=None):
    """Each answer of a kind, or one to each exercise, on the process of its chapter."""
    return [
        pytest.param(
            int(file.stem), exercise, answer, id=f"{file.stem}-{exercise}-{place}",
            marks=pytest.mark.xdist_group(f"answers {file.stem}"),
        )
        for file in FILES
        for exercise, answers in runpy.run_path(file)[kind].items()
        for place, answer in enumerate(answers)
        if turn is None or place == turn % len(answers)
    ]  # fmt: skip


def pytest_generate_tests(metafunc):
    """Hand out the answers of the day, or all."""
    kind = {"wrong": "WRONG", "right": "RIGHT"}.get(metafunc.function.__name__.split("_")[2])
    if kind and "answer" in metafunc.fixturenames:
        config = metafunc.config
        every = config.option.all_seeds or any("test_answers" in part for part in config.args)
        turn = None if every else config.option.seed_base // 1000
        metafunc.parametrize(("number", "exercise", "answer"), listed(kind, turn))


def check_of(number, exercise):
    return exercises(solutions(number))[exercise][2]


def test_a_wrong_answer_is_refused_in_words(asked, number, exercise, answer):
    namespace = asked(number, exercise)
    run([answer], namespace)
    with pytest.raises(AssertionError) as refused:
        run(check_of(number, exercise), namespace)
    assert len(str(refused.value).split()) > 4, refused.value


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
