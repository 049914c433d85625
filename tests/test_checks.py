"""What holds for all checks; each has tests of its own in ``tests/checks``."""

import inspect

import pytest

from pitfalls import checks, course, reforms
from pitfalls.checks.about import ABOUT
from pitfalls.checks.result import Finding, Result, worst

NAMES = sorted(set(checks.__all__) - {"Finding", "Result"})


def test_each_check_says_what_it_asks_and_where_it_is_taught():
    assert NAMES == sorted(ABOUT)
    titles = {f"{lesson.number:02d}": lesson.title for lesson in course.lessons()}
    for name, about in ABOUT.items():
        assert about.asks.endswith("?"), name
        assert titles[about.chapter] == about.title, name
        assert about.items and set(about.items) <= set(reforms.items()), name


@pytest.mark.parametrize("name", NAMES)
def test_each_check_has_a_signature_and_an_example_that_readers_can_rely_on(name):
    check = getattr(checks, name)
    assert inspect.signature(check).return_annotation in ("Result", Result)
    told = inspect.getdoc(check)
    for part in ("Parameters\n---", "Returns\n---", "Notes\n---", "Examples\n---", ">>> "):
        assert part in told, part


def test_a_value_above_the_null_is_suspect_and_one_below_it_is_clean_only_if_seen():
    words = {"says": "", "blind": "why", "cure": "so"}
    found = Finding.judged("of", 2, 1, seen=False, where=[3], **words)
    assert (found.verdict, found.where, found.cure) == ("suspect", (3,), "so")
    assert Finding.judged("of", 1, 1, seen=True, **words).verdict == "clean"
    blind = Finding.judged("of", 1, 1, seen=False, **words)
    assert (blind.verdict, blind.says) == ("not checked", "why")
    assert Finding.judged("of", float("nan"), 1, seen=True, **words).verdict == "not checked"


def test_the_worst_verdict_counts():
    assert worst(["clean", "not checked", "suspect"]) == "suspect"
    assert worst(["clean", "not checked"]) == "not checked"
    assert worst(["clean"]) == "clean"
    assert worst([]) == "not checked"


def test_a_finding_that_is_not_there_is_named():
    result = Result("shared_rows", (Finding.missing("exact", "no rows."),))
    with pytest.raises(KeyError, match="has no finding 'near'; it has 'exact'"):
        result["near"]


def test_what_is_worst_is_told_first_and_what_is_not_told_is_counted():
    findings = [Finding.missing(f"part {n}", f"Reason {n}.") for n in range(8)]
    findings.append(Finding("last", 2, 1, "suspect", "It is so.", ("a",), "Mend it."))
    text = str(Result("shared_rows", tuple(findings)))
    told = [line.strip() for line in text.splitlines() if line.startswith("  ")]
    assert told[:3] == ["last: It is so.", "What to do: Mend it.", "part 0: Reason 0."]
    assert told[6] == "4 more findings in the table."
    alike = tuple(Finding.missing(name, "The same.") for name in "abc")
    assert str(Result("shared_rows", alike)).count("The same.") == 1
