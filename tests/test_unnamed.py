"""Unnamed studies: what the auditor is handed, and how an answer is held against the truth."""

import pytest

from pitfalls import course
from pitfalls.notebook import unnamed

CASES = """
diagnoses = ["nothing", "coins", "cups"]

[A]
world = "tests.coin"
arm = "pitfall"
strength = 1
random_state = 4
diagnosis = "coins"
hint = "Look at the coin."

[B]
world = "tests.coin"
arm = "claim_what_is"
strength = 1
random_state = 5
diagnosis = "nothing"
hint = "Look again."
"""


@pytest.fixture
def cases(small_course):
    folder = course.load("tests").folder
    (folder / "cases.toml").write_text(CASES, encoding="utf-8")
    return {letter: unnamed.open_case("tests", letter) for letter in "AB"}


def test_a_case_holds_what_an_analyst_has(cases):
    study = course.load("tests").world("coin").make(strength=1, random_state=4)
    case = cases["A"]
    assert (case.X == study.X).all() and (case.y == study.y).all()
    assert case.claimed == pytest.approx(0.9 + 0.01 * study.X[0, 0])
    assert case.diagnoses == ("nothing", "coins", "cups")
    assert not hasattr(case, "truth") and not hasattr(case, "deployment")
    assert case._hint not in repr(case) and "_deployed" not in repr(case)


def test_an_answer_is_paid_by_width_and_by_what_it_misses(cases):
    case = cases["A"]
    truth = unnamed.settle(case, "coins", 0, 1).deployed
    assert case.claimed - truth == pytest.approx(0.4)
    holds = unnamed.settle(case, "coins", truth - 0.1, truth + 0.1)
    assert holds.right and holds.penalty == pytest.approx(0.2)
    misses = unnamed.settle(case, "cups", truth + 0.1, truth + 0.2)
    assert not misses.right and misses.hint == "Look at the coin."
    assert misses.penalty == pytest.approx(0.1 + 10 * 0.1)
    assert unnamed.settle(cases["B"], "nothing", 0, 1).right


def test_mistakes_are_named(cases):
    with pytest.raises(course.LessonError, match="letter='C' must be one of A, B"):
        unnamed.open_case("tests", "C")
    with pytest.raises(ValueError, match="diagnosis='dice' must be one of nothing, coins, cups"):
        unnamed.settle(cases["A"], "dice", 0, 1)
    with pytest.raises(ValueError, match="low=1 must not be above high=0"):
        unnamed.settle(cases["A"], "coins", 1, 0)


def test_a_chapter_without_cases_says_so(small_course):
    with pytest.raises(course.LessonError, match="'tests' has no unnamed studies"):
        unnamed.open_case("tests", "A")


def every_case():
    for lesson in course.lessons():
        if (lesson.folder / "cases.toml").is_file():
            yield from (pytest.param(lesson.slug, letter) for letter in "ABC")


@pytest.mark.parametrize(("chapter", "letter"), list(every_case()))
def test_the_cases_of_the_course_are_what_they_say(chapter, letter):
    case = unnamed.open_case(chapter, letter)
    assert case._diagnosis in case.diagnoses and "nothing" in case.diagnoses
    gap = case.claimed - case._deployed
    assert (abs(gap) < 0.06) if case._diagnosis == "nothing" else gap > 0.1


def test_of_three_cases_one_is_clean():
    found = {chapter for chapter, _ in (parameter.values for parameter in every_case())}
    for chapter in found:
        cases = [unnamed.open_case(chapter, letter) for letter in "ABC"]
        assert sum(case._diagnosis == "nothing" for case in cases) == 1
