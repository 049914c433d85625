"""Who was left out on the way to the table."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from pitfalls.checks import who_was_excluded


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def candidates(n, rng):
    """A register of mixed columns, skewed, rare and incomplete ones included."""
    frame = pd.DataFrame(
        {
            "age": rng.normal(70, 8, n).round(),
            "income": np.exp(rng.normal(0, 1.5, n)),
            "sex": rng.choice(["female", "male"], n),
            "smoker": rng.random(n) < 0.06,
            "site": pd.Categorical(rng.choice(list("abcde"), n, p=[0.5, 0.3, 0.12, 0.06, 0.02])),
            "visits": rng.poisson(0.3, n),
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D"),
            "lab": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
        }
    )
    frame.loc[rng.random(n) < 0.1, "sex"] = None
    return frame


def verdicts(*asked):
    return who_was_excluded(*asked).table["verdict"].to_dict()


def test_lots_seldom_raise_an_alarm(rng, request):
    """The rate is at most 1 % a step: studies of two steps stay below a binomial bound."""
    trials = 300 if request.config.option.all_seeds else 54
    shapes = [(n, share) for n in (40, 200, 1_000) for share in (0.05, 0.3, 0.8)]
    alarms = 0
    for trial in range(trials):
        n, share = shapes[trial % len(shapes)]
        steps = {"one": rng.random(n) > share, "two": rng.random(n) > 0.2}
        alarms += who_was_excluded(candidates(n, rng), steps).verdict == "suspect"
    assert alarms <= binom.isf(0.001, trials, 0.02)


@pytest.mark.parametrize(
    ("column", "keep"),
    [
        ("age", lambda f: f["age"] < 76),
        ("age", lambda f: (f["age"] - 70).abs() > 5),
        ("age", lambda f: (f["age"] - 70).abs() < 10),
        ("income", lambda f: f["income"] > 0.5),
        ("sex", lambda f: f["sex"] != "male"),
        ("smoker", lambda f: ~f["smoker"]),
        ("site", lambda f: f["site"] != "c"),
        ("seen", lambda f: f["seen"] > pd.Timestamp("2024-06-01")),
        ("lab", lambda f: ~(f["lab"] > 0.5)),
        ("visits", lambda f: f["visits"] == 0),
    ],
)
def test_exclusion_by_a_characteristic_is_found_and_named(column, keep, rng):
    result = who_was_excluded(candidates(600, rng), {"step": keep})
    suspects = {finding.of: finding.where for finding in result if finding.verdict == "suspect"}
    suspects.pop(f"step: {column} known", None)  # who has a gap is not kept by a comparison
    assert suspects == {f"step: {column}": (column,)}


def test_an_exclusion_that_only_leans_one_way_is_found(rng):
    frame = candidates(1_000, rng)
    lean = rng.random(1_000) < np.where(frame["age"] > 75, 0.5, 0.85)
    found = who_was_excluded(frame, {"step": lean})["step: age"]
    assert found.verdict == "suspect"
    assert 0.3 < found.value < 1.5
    assert "those who go are higher in age" in found.says


def test_a_step_is_judged_among_those_who_were_left(rng):
    frame = candidates(2_000, rng)
    by_age = (frame["age"] < 72).to_numpy()
    lots = rng.random(2_000) < 0.7
    result = who_was_excluded(frame, {"by age": by_age, "lots": by_age & lots})
    assert result["by age: age"].verdict == "suspect"
    assert result["lots: age"].verdict == "clean"
    gone = [int(note.partition("' ")[2].split()[0]) for note in result.notes]
    assert gone == [(~by_age).sum(), (by_age & ~lots).sum()]


def test_the_value_is_a_standardised_difference(rng):
    kept = np.arange(4_000) % 2 == 0
    frame = pd.DataFrame({"x": rng.normal(size=4_000) + 0.5 * kept, "b": rng.random(4_000) < 0.5})
    result = who_was_excluded(frame, {"step": kept})
    assert result["step: x"].value == pytest.approx(0.5, abs=0.07)
    share = [frame["b"][side].mean() for side in (kept, ~kept)]
    assert result["step: b"].value == pytest.approx(2 * abs(np.diff(share)[0]), abs=0.01)


def test_clean_only_where_a_planted_step_was_found(rng):
    n = 400
    frame = pd.DataFrame({"x": rng.normal(size=n), "sex": rng.choice(["f", "m"], n)})
    many, few = rng.random(n) < 0.7, np.arange(n) >= 8
    assert set(verdicts(frame, {"step": many}).values()) == {"clean"}
    assert verdicts(frame, {"step": few})["step: sex"] == "not checked"


@pytest.mark.filterwarnings("error")
def test_what_cannot_be_compared_is_not_checked(rng):
    n = 60
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "constant": 1,
            "missing": np.nan,
            "name": [f"p{i}" for i in range(n)],
            "none": pd.Series([None] * n, dtype=object),
        }
    )
    half = np.arange(n) % 2 == 0
    steps = {"nobody": np.ones(n, bool), "half": half, "everybody": ~half, "after": half}
    found = verdicts(frame, steps)
    assert found.pop("half: x") == "clean"
    assert set(found.values()) == {"not checked"}


def test_a_column_that_is_only_known_of_those_who_stay_is_not_checked(rng):
    frame = pd.DataFrame({"lab": np.where(rng.random(200) < 0.4, np.nan, 1.0)}) * rng.normal(
        size=(200, 1)
    )
    assert verdicts(frame, {"complete": lambda f: f["lab"].notna()}) == {
        "complete: lab": "not checked",
        "complete: lab known": "not checked",
    }


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.filterwarnings("error")
def test_hardly_any_rows_are_never_clean(n):
    frame = pd.DataFrame({"x": np.arange(float(n)), "s": ["a"] * n})
    found = verdicts(frame, {"step": np.arange(n) % 2 == 0})
    assert found == {"step: x": "not checked", "step: s": "not checked"}


# -- what is handed over ------------------------------------------------------------------------


def test_masks_of_any_kind_will_do(rng):
    X = rng.normal(size=(300, 3))
    keep = X[:, 1] > 0
    expected = ["clean", "suspect", "clean"]
    assert [*verdicts(X, {"step": keep}).values()] == expected
    assert [*verdicts(X, {"step": lambda a: a[:, 1] > 0}).values()] == expected
    frame = pd.DataFrame(X, index=rng.permutation(300) + 1_000)
    before = frame.copy()
    masks = [
        list(keep),
        pd.Series(keep),
        pd.Series(keep, frame.index),
        pd.Series(keep, frame.index).sort_index(),
        pd.Series(keep, dtype="boolean"),
        keep.astype(int),
        keep.astype(float),
        np.where(keep, "yes", "No"),
        pd.Series(np.where(keep, "True", "False"), dtype="string"),
        pd.Categorical(np.where(keep, "kept", "gone")),
        frame[keep],
        lambda f: f[f[1] > 0],
        lambda f: f[1] > 0,
    ]
    for mask in masks:
        for steps in ({"step": mask}, [("step", mask)], [mask]):
            assert [*verdicts(frame, steps).values()] == expected
    pd.testing.assert_frame_equal(frame, before)


def test_steps_of_any_kind_will_do(rng):
    frame = pd.DataFrame({"age": rng.normal(50, 9, 400)})
    keep = frame["age"] < 60
    assert verdicts(frame, keep) == {"age: age": "suspect"}
    assert verdicts(frame, [keep, rng.random(400) < 0.7]) == {
        "step 1: age": "suspect",
        "step 2: age": "clean",
    }
    assert verdicts(frame, pd.DataFrame({"young": keep})) == {"young: age": "suspect"}


def test_a_mask_of_those_who_are_left_is_matched_by_its_index(rng):
    frame = candidates(600, rng)
    young = frame[frame["age"] < 75]
    women = young["sex"] != "male"
    result = who_was_excluded(frame, {"young": frame["age"] < 75, "women": women})
    assert result["young: age"].verdict == result["women: sex"].verdict == "suspect"
    with pytest.raises(
        ValueError, match=r"steps\['women'\] says nothing of \d+ rows that are left"
    ):
        who_was_excluded(frame, {"women": young["sex"] != "male"})


def test_missing_answers_count_as_gone(rng):
    frame = candidates(400, rng)
    frame["visits"] = frame["visits"].astype("Int64")
    frame.loc[:30, "visits"] = pd.NA
    result = who_was_excluded(frame, {"seldom": frame["visits"] < 1})
    assert "31 rows without an answer at 'seldom' count as gone." in result.notes


def test_nullable_columns_texts_and_dates_are_read(rng):
    n = 400
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D")
    frame = pd.DataFrame(
        {
            "i": pd.array(rng.integers(0, 9, n), "Int64"),
            "b": pd.array(rng.random(n) < 0.5, "boolean"),
            "text": day.strftime("%Y-%m-%d"),
            "date": day.date,
            "number": [f"{one:.2f}" for one in rng.normal(size=n)],
        }
    )
    frame.loc[::7, ["i", "b"]] = pd.NA
    found = verdicts(frame, {"step": day > pd.Timestamp("2025-01-01")})
    known = ["clean", "clean"]
    assert [*found.values()] == ["clean", "clean", "suspect", "suspect", "clean", *known]


def test_polars_will_do(rng):
    pl = pytest.importorskip("polars")
    age = rng.normal(50, 9, 400)
    frame = pl.DataFrame({"age": age.tolist()})
    for mask in (frame["age"] < 60, lambda f: f["age"] < 60, age < 60):
        assert verdicts(frame, {"step": mask}) == {"step: age": "suspect"}


def test_columns_of_one_name_are_kept_apart(rng):
    frame = pd.DataFrame(rng.normal(size=(300, 2)), columns=["a", "a"])
    found = verdicts(frame, {"step": frame.iloc[:, 1] > 0})
    assert found == {"step: a": "clean", "step: a (2)": "suspect"}


@pytest.mark.parametrize(
    ("steps", "error", "words"),
    [
        ({"age": [True, False]}, ValueError, r"steps\['age'\] has 2 values; .* of the 3 rows"),
        ({"age": [1, 2, 3]}, ValueError, r"steps\['age'\] has the value 2; it must say True or"),
        ({"age": ["a", "b", "c"]}, ValueError, r"steps\['age'\] has the value 'a'"),
        ({"age": np.ones((3, 2), bool)}, ValueError, "has 2 columns; it must say True or False"),
        ({"age": pd.DataFrame({"a": [1], "b": 2}, index=[9])}, ValueError, "has the row .*9"),
        ({"age": None}, TypeError, r"steps\['age'\]=None must be"),
        ({}, ValueError, "steps is empty"),
        (None, TypeError, "steps is a NoneType; it must give a mask by name"),
        ("age > 3", TypeError, "steps is a str"),
    ],
)
def test_steps_that_do_not_fit_are_named(steps, error, words):
    with pytest.raises(error, match=words):
        who_was_excluded(pd.DataFrame({"a": [1, 2, 3]}), steps)


def test_whether_a_value_is_known_is_compared(rng):
    n = 1_000
    stay = rng.random(n) < 0.8
    gap = rng.random(n) < np.where(stay, 0.1, 0.6)
    frame = pd.DataFrame({"age": rng.normal(50, 10, n), "hba1c": rng.normal(6, 1, n)})
    frame.loc[gap, "hba1c"] = np.nan
    result = who_was_excluded(frame, {"enrolled": stay})
    assert result["enrolled: hba1c known"].verdict == "suspect"
    assert "of those who go" in result["enrolled: hba1c known"].says
    assert result["enrolled: hba1c"].verdict == "clean"
    complete = who_was_excluded(frame, {"complete": frame["hba1c"].notna()})
    assert complete["complete: hba1c known"].verdict == "not checked"
    assert "why" in complete["complete: hba1c known"].says
    lots = who_was_excluded(frame, {"lots": rng.random(n) < 0.8})
    assert lots["lots: hba1c known"].verdict == "clean"
