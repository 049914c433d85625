"""Times of training and of test rows."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from pitfalls.checks import trained_after_test

DAYS = pd.date_range("2024-01-01", periods=10)


def test_a_split_in_time_is_clean():
    found = trained_after_test(DAYS[:7], DAYS[7:])
    assert found.verdict == "clean" and found["after"].value == 0
    assert "2024-01-07" in found["after"].says and "2024-01-08" in found["after"].says
    assert "gap= says how far" in found.notes[0]


def test_a_shuffled_split_and_a_block_are_told_apart():
    shuffled = trained_after_test(DAYS[::2], DAYS[1::2])["after"]
    assert shuffled.verdict == "suspect" and "as after a shuffle" in shuffled.says
    assert shuffled.value == pytest.approx(0.8)
    block = trained_after_test(DAYS[:3].append(DAYS[6:]), DAYS[3:6])["after"]
    assert block.verdict == "suspect" and "which are a block" in block.says
    assert block.where == (3, 4, 5, 6)


def test_one_row_is_enough_and_is_named():
    train = pd.Series([*DAYS[:7], DAYS[9]], index=list("abcdefgh"))
    found = trained_after_test(train, DAYS[7:])["after"]
    assert found.verdict == "suspect" and found.where == ("h",)
    assert "1 training row of 8" in found.says and "is later" in found.says


def test_the_same_time_on_both_sides_is_said():
    found = trained_after_test(DAYS[:8], DAYS[7:])
    assert found.verdict == "clean"
    assert "1 training row and 1 test row have the same time, 2024-01-08" in found.notes[0]


@pytest.mark.parametrize(
    "gap", ["3D", pd.Timedelta(days=3), dt.timedelta(3), np.timedelta64(3, "D")]
)
def test_outcomes_that_reach_into_the_test_are_found(gap):
    found = trained_after_test(DAYS[:7], DAYS[7:], gap=gap)
    assert found["after"].verdict == "clean" and found["gap"].verdict == "suspect"
    assert found["gap"].where == (5, 6)
    assert trained_after_test(DAYS[:5], DAYS[7:], gap=gap).verdict == "clean"
    assert trained_after_test([1, 2, 3], [5], gap=2)["gap"].verdict == "clean"


@pytest.mark.parametrize(
    "kind",
    [
        list, np.array, pd.Series, lambda days: pd.DataFrame({"day": days}),
        lambda days: days.strftime("%Y-%m-%d").tolist(), lambda days: [day.date() for day in days],
        lambda days: days.to_period("D"), lambda days: days.tz_localize("UTC").tz_localize(None),
        lambda days: pd.Categorical(days.strftime("%d %B %Y")),
    ],
)  # fmt: skip
def test_kinds_of_dates_do_not_matter(kind):
    assert trained_after_test(kind(DAYS[:7]), DAYS[7:]).verdict == "clean"
    assert trained_after_test(DAYS[:8], kind(DAYS[5:])).verdict == "suspect"


def test_numbers_and_zones():
    assert trained_after_test([2019, 2020], ["2021"]).verdict == "clean"
    assert trained_after_test(np.array([[1], [5]]), [[3]]).verdict == "suspect"
    zoned = DAYS.tz_localize("UTC"), DAYS.tz_localize("UTC").tz_convert("Asia/Tokyo")
    assert trained_after_test(zoned[0][:5], zoned[1][5:]).verdict == "clean"
    hours = pd.to_timedelta(range(9), "h")
    assert trained_after_test(hours[:4], hours[4:]).verdict == "clean"


def test_missing_times_are_counted():
    found = trained_after_test([None, "2024-01-01"], ["2024-01-02", None])
    assert found.verdict == "clean"
    assert found.notes[:2] == (
        "1 train row without a time left out.",
        "1 test row without a time left out.",
    )
    assert trained_after_test([], [1]).verdict == "not checked"
    assert trained_after_test([np.nan], [1]).verdict == "not checked"


@pytest.mark.parametrize(
    ("train", "test", "more", "says"),
    [
        (DAYS.tz_localize("UTC"), DAYS, {}, "the times of train have a time zone"),
        (DAYS, [1, 2], {}, "train has dates and test numbers"),
        (["2024-01-01", "soon"], ["2024"], {}, "train has 'soon' at 1; it must be a date"),
        ([True], [False], {}, "train has True at 0; it must be a date"),
        (["2024-01-01", "2024-01-02T00:00Z"], ["2025-01-01"], {}, "time zone"),
        (pd.DataFrame({"a": [1], "b": [2]}), [1], {}, "2 columns; hand over one"),
        (DAYS[:5], DAYS[5:], {"gap": 3}, "gap=3 must be a timedelta"),
        ([1], [2], {"gap": "3D"}, "gap='3D' must be a number"),
        ([1], [2], {"gap": -1}, "gap=-1 must be 0 or more"),
    ],
)
def test_errors_say_what_would_be_right(train, test, more, says):
    with pytest.raises(ValueError, match=says):
        trained_after_test(train, test, **more)
