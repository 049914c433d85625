"""Chapter 19: the reports are what the runs say, and the checks see what the chapter says."""

import runpy

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, todays

from pitfalls import course, evidence, reforms

REPORTS = ROOT / "data" / "reports"
NAMES = ("flawed", "honest", "fixed")
TURNED = ["3g", "5c", "6b", "7b", "7c", "8a"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The reports, made again from new runs."""
    folder = tmp_path_factory.mktemp("reports")
    runpy.run_path(str(REPORTS / "make_reports.py"))["main"](folder)
    return folder


@pytest.fixture(scope="module")
def audit():
    return course.load("reforms").experiment("audit").measure


def entries(name, folder=REPORTS):
    return reforms.read(folder / f"{name}.yaml").entries


@pytest.mark.parametrize("name", NAMES)
def test_a_committed_report_is_what_a_new_run_says(made, name):
    old, new = entries(name), entries(name, made)
    assert list(old) == list(new) == list(reforms.items())
    for code, entry in new.items():
        assert old[code].status == entry.status and old[code].n == entry.n
        for piece, like in zip(old[code].evidence, entry.evidence, strict=True):
            assert piece.keys() == like.keys() and piece.get("file") == like.get("file")
            if "check" in piece:
                assert piece["check"]["verdict"] == like["check"]["verdict"]
                numbers = [[c["check"]["value"], c["check"]["null"]] for c in (piece, like)]
                np.testing.assert_allclose(*numbers, atol=0.02)
    if entry := new["7b"].interval:
        np.testing.assert_allclose(old["7b"].interval, entry, atol=0.02)


@pytest.mark.parametrize("by", ["recording", "patient"])
def test_a_committed_list_of_rows_is_what_a_new_run_says(made, by):
    old, new = (pd.read_csv(f / f"split_by_{by}.csv") for f in (REPORTS, made))
    sure = ["recording", "patient", "side", "outcome"]
    pd.testing.assert_frame_equal(old[sure], new[sure])
    assert (old["said"].fillna(-1) == new["said"].fillna(-1)).mean() > 0.99


def test_the_checker_says_of_each_report_what_the_chapter_says():
    found = {name: reforms.check(reforms.read(REPORTS / f"{name}.yaml")) for name in NAMES}
    assert found["flawed"] == found["fixed"] == []
    assert [fault.item for fault in found["honest"]] == TURNED
    assert all(fault.gap for fault in found["honest"])


def test_flawed_and_honest_differ_in_what_the_mistake_touches_and_nowhere_else():
    flawed, honest = entries("flawed"), entries("honest")
    differ = [code for code in flawed if flawed[code].answer != honest[code].answer]
    assert differ == ["3e", *TURNED]
    assert all(entry.status == "met" for entry in flawed.values())


@pytest.mark.parametrize("name", NAMES)
def test_no_report_repeats_itself(name):
    answers = [entry.answer for entry in entries(name).values()]
    assert len(set(answers)) == 32 and min(map(len, answers)) > 40


STUDIES = [
    ("genes", "scores_on_shuffled_labels", "shared_rows"),
    ("births", "resampled_before_split", None),
    ("scans", "shared_rows", "scores_on_shuffled_labels"),
    ("voices", "shared_groups", "scores_on_shuffled_labels"),
    ("record", "too_good_alone", "scores_on_shuffled_labels"),
    ("referrals", "who_was_excluded", "shared_rows"),
]


def pytest_generate_tests(metafunc):
    """Hand out two studies a day; all where this file is asked for, and weekly."""
    if "study" in metafunc.fixturenames:
        some = todays(STUDIES, metafunc.config, __file__, every=3)
        metafunc.parametrize(("study", "sees", "blind"), some)


def test_each_mistake_has_a_check_that_sees_it_and_is_gone_in_the_sound_form(
    audit, study, sees, blind
):
    wrong, right = (audit(study, 1, sound, random_state=901) for sound in (0, 1))
    assert wrong[sees] == 1 and right[sees] != 1  # clean, or not checked
    assert blind is None or wrong[blind] != 1
    assert right["claimed"] < wrong["claimed"]
    asked = [name for name, said in wrong.items() if not np.isnan(said)]
    assert ("shared_groups" in asked) == (study == "voices")
    assert ("too_good_alone" in asked) == (study == "record")


def test_the_committed_audit_is_whole_and_has_few_false_alarms():
    rows = evidence.read(course.load("reforms").experiment("audit"))
    verdicts = rows.loc[rows["sound"] == 1, "scores_on_shuffled_labels":"who_was_excluded"]
    assert len(rows) == 6 * 2 * 2 * 20 and np.nanmean(verdicts) < 0.02


def test_every_item_has_a_chapter():
    shown = {code for lesson in course.lessons() for code in lesson.reforms}
    assert shown <= set(reforms.items())
    assert set(reforms.items()) <= shown


def test_the_group_exercise_is_linked_and_takes_45_minutes():
    page = (ROOT / "book" / "instructor" / "reforms.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:4] for line in page.splitlines() if line.startswith("| 0:")]
    minutes = [int(row[1]) for row in rows]
    clock = [int(row[0].strip()[2:]) for row in rows]
    assert sum(minutes) == 45 and clock == np.cumsum([0, *minutes[:-1]]).tolist()
    assert "instructor/reforms.md" in (ROOT / "book" / "how_to_read.md").read_text("utf-8")
    assert "file: instructor/reforms" in (ROOT / "book" / "_toc.yml").read_text("utf-8")
