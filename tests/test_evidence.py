import dataclasses
import datetime
import math
from math import inf

import numpy as np
import pandas as pd
import pytest

from pitfalls import course, evidence
from pitfalls.cli import tables as report
from pitfalls.evidence import pool
from pitfalls.evidence.contract import UNIT_MARGIN
from pitfalls.metrics import mean_interval
from pitfalls.worlds import World

FIX = "fixed"


@pytest.fixture
def world():
    names = {"make": "make", "pitfall": "peek", "fixes": [FIX], "compared": []}
    return World(
        name="toy", chapter="toy", metric="accuracy", chance=0.5, names=names, strengths=(0, 1),
        find=None,
    )  # fmt: skip


def frame(world, *, n=60, pitfall_gap=0.3, fix_gap=0.0, gain=0.0, level=0.7, noise=0.02, seed=0):
    """A frame as replicate gives it, with known effects."""
    rng = np.random.default_rng(seed)
    rows = []
    for strength in world.strengths:
        for s in range(n):
            deployed = level + noise * rng.normal()
            arms = {"pitfall": (pitfall_gap * strength, deployed), FIX: (fix_gap, deployed + gain)}
            for arm, (gap, score) in arms.items():
                claimed = score + gap + noise * rng.normal()
                rows.append(
                    {
                        "world": world.slug, "arm": arm, "strength": strength, "seed": s,
                        "claimed": claimed,
                        "low": claimed - 2 * noise, "high": claimed + 2 * noise,
                        "fresh": score, "deployed": score, "cost": 0, "seconds": 0.0,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def verdicts(rows, world):
    table = evidence.verdict(rows, world)
    return {(r.clause, r.strength): r.verdict for r in table.itertuples()}


def test_a_sound_world_holds(world):
    table = evidence.verdict(frame(world), world)
    assert (table["verdict"] == "holds").all()
    assert list(table.columns) == [
        "world", "clause", "arm", "strength", "mean", "low", "high", "n", "margin", "verdict",
    ]  # fmt: skip
    assert set(table["clause"]) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(("at", "weight"), [(0, 0), (0.25, 0.25), (0.9, 0.9), (1, 1)])
def test_a_dose_lies_on_the_line_between_measured_strengths(world, at, weight):
    rows = frame(world, n=3)
    numbers = ["claimed", "fresh", "deployed"]
    found = evidence.at_dose(rows, world, at).set_index(["arm", "seed"])[numbers]
    low, high = (
        rows[rows["strength"] == s].set_index(["arm", "seed"])[numbers].sort_index()
        for s in (0, 1)
    )
    pd.testing.assert_frame_equal(found.sort_index(), (1 - weight) * low + weight * high)


def test_a_dose_uses_the_strengths_on_either_side_only(world):
    finer = dataclasses.replace(world, strengths=(0, 0.5, 1))
    rows = frame(finer, n=3)
    wild = rows.assign(claimed=rows["claimed"].where(rows["strength"] > 0, 9.0))
    same = evidence.at_dose(rows, finer, 0.5), evidence.at_dose(rows, finer, 0.8)
    pd.testing.assert_frame_equal(evidence.at_dose(wild, finer, 0.5), same[0])
    pd.testing.assert_frame_equal(evidence.at_dose(wild, finer, 0.8), same[1])
    assert (evidence.at_dose(wild, finer, 0.3)["claimed"] > 2).all()


@pytest.mark.parametrize("at", [-0.1, 1.1])
def test_a_dose_off_the_dial_is_refused(world, at):
    with pytest.raises(ValueError, match=f"at={at} must lie between measured strengths, toy.toy"):
        evidence.at_dose(frame(world, n=2), world, at)


def test_a_pitfall_that_does_nothing_is_broken(world):
    assert verdicts(frame(world, pitfall_gap=0.0), world)[1, 1] == "broken"


def test_a_harmless_pitfall_must_do_nothing(world):
    harmless = dataclasses.replace(world, expect="harmless")
    assert verdicts(frame(world, pitfall_gap=0.0), harmless)[1, 1] == "holds"
    assert verdicts(frame(world, pitfall_gap=0.1), harmless)[1, 1] == "broken"


def test_a_fix_that_still_inflates_is_broken(world):
    found = verdicts(frame(world, fix_gap=0.06), world)
    assert found[3, 0] == found[3, 1] == "broken"


def test_a_fix_that_deploys_worse_is_broken(world):
    assert verdicts(frame(world, gain=-0.06), world)[4, 1] == "broken"


def test_a_number_fix_must_ship_the_same_model(world):
    refit = dataclasses.replace(world, ships="refit", repairs="number")
    assert verdicts(frame(world), refit)[4, 1] == "holds"
    assert verdicts(frame(world, gain=0.001), refit)[4, 1] == "broken"


def test_a_constant_predictor_does_not_pass(world):
    found = verdicts(frame(world, level=0.5, noise=1e-9), world)
    assert found[5, 1] != "holds"
    unlearnable = dataclasses.replace(world, signal=False)
    assert (5, 1) not in verdicts(frame(world, level=0.5), unlearnable)


@pytest.mark.parametrize("changes", [{"n": 3}, {"noise": 0.3, "n": 20}, {"n": 1}])
def test_few_or_noisy_seeds_never_pass(world, changes):
    found = verdicts(frame(world, **changes), world)
    assert found[3, 1] != "holds"


def test_no_rows_is_no_evidence(world):
    rows = frame(world)
    found = verdicts(rows[rows["strength"] == 0], world)
    assert found[1, 1] == found[3, 1] == "wants more seeds"


def test_the_margin_of_a_world_is_its_own(world):
    r2 = dataclasses.replace(world, metric="R2")
    other = dataclasses.replace(world, name="other")
    rows = pd.concat([frame(r2, pitfall_gap=3.0), frame(other, pitfall_gap=0.3)])
    assert evidence.margin(rows, r2) == pytest.approx(0.3, abs=0.01)


def test_the_margin_on_other_scales_is_a_tenth_of_the_gap(world):
    r2 = dataclasses.replace(world, metric="R2")
    assert evidence.margin(frame(world, pitfall_gap=3.0), r2) == pytest.approx(0.3, abs=0.01)
    assert evidence.margin(frame(world, pitfall_gap=3.0), world) == UNIT_MARGIN


def test_coverage_counts_intervals_that_hold_the_deployed_score(world):
    rows = frame(world, n=200)
    table = evidence.coverage(rows, world)
    assert table["mean"].between(0.9, 0.99).all()
    rows[["low", "high"]] = 5.0
    assert (evidence.coverage(rows, world)["mean"] == 0).all()


def test_a_world_without_a_fix_has_no_coverage(world):
    bare = dataclasses.replace(world, names={**world.names, "fixes": []})
    table = evidence.coverage(frame(bare), bare)
    assert table.empty and list(table.columns)[:3] == ["world", "arm", "strength"]
    assert report.coverage_lines(table) == []


def test_real_worlds_have_no_contract(world):
    with pytest.raises(ValueError, match="real"):
        evidence.verdict(frame(world), dataclasses.replace(world, real=True))


@pytest.mark.parametrize(
    ("values", "expected"), [([], np.nan), ([3.0], 3.0), ([2.0, 2.0, 2.0], 2.0), ([1.0, 3.0], 2.0)]
)
def test_mean_interval_is_as_wide_as_the_evidence_is_thin(values, expected):
    mean, low, high = mean_interval(values)
    assert mean == pytest.approx(expected, nan_ok=True)
    if len(values) < 2:
        assert (low, high) == (-np.inf, np.inf)
    else:
        assert low <= mean <= high


def test_replicate_is_the_same_whatever_the_number_of_jobs():
    world = course.load("leaky_selection").world("signal")
    options = {"strengths": [0, 0.25], "seeds": [3, 5]}
    alone, together = (evidence.replicate(world, n_jobs=n, **options) for n in (1, 2))
    columns = [name for name in alone.columns if name != "seconds"]
    pd.testing.assert_frame_equal(alone[columns], together[columns])
    assert columns == [
        "world", "arm", "strength", "seed", "claimed", "low", "high", "fresh", "deployed", "cost",
    ]  # fmt: skip
    assert len(alone) == 2 * 2 * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"arms": ["nobody"]}, "nobody.*known"),
        ({"strengths": 2}, r"strengths=\[2.0\]"),
        ({"seeds": 0}, "nothing to run"),
    ],
)
def test_replicate_errors_name_the_argument(options, message):
    world = course.load("leaky_selection").world("signal")
    with pytest.raises(ValueError, match=message):
        evidence.replicate(world, **options)


def test_a_real_world_has_no_dial():
    world = course.load("leaky_selection").world("digits")
    with pytest.raises(ValueError, match="real"):
        evidence.replicate(world, strengths=[1])
    rows = evidence.replicate(world, seeds=1)
    assert rows["strength"].isna().all()


def test_an_experiment_runs_for_every_combination_and_seed(small_course):
    experiment = course.load("tests").experiment("throws")
    told = []
    rows = evidence.run_experiment(experiment, n_jobs=2, on_row=told.append)
    assert list(rows.columns) == ["coins", "bias", "seed", "heads", "seconds"]
    assert len(rows.drop_duplicates(["coins", "bias", "seed"])) == 8 and told[-1] == 8
    sure = rows[rows["bias"] == 1]
    assert (sure["heads"] == sure["coins"]).all()
    one = evidence.run_experiment(experiment, {"coins": [40]}, seeds=[1])
    both = one.merge(rows, on=["coins", "bias", "seed"])
    assert len(one) == 2 and (both["heads_x"] == both["heads_y"]).all()
    alone = evidence.run_experiment(experiment, {"coins": 40, "bias": (b for b in (1, 0.5))})
    assert alone[["coins", "bias"]].drop_duplicates().to_numpy().tolist() == [[40, 1], [40, 0.5]]
    with pytest.raises(ValueError, match=r"settings=\['dice'\].*known: \['coins', 'bias'\]"):
        evidence.run_experiment(experiment, {"dice": [1]})
    evidence.write(experiment, rows)
    assert evidence.read(experiment)["heads"].tolist() == rows["heads"].tolist()


def test_an_experiment_without_rows_names_the_command(small_course):
    with pytest.raises(FileNotFoundError, match="`pitfalls evidence tests` makes it"):
        evidence.read(course.load("tests").experiment("throws"))


def test_a_word_is_one_value_of_a_setting(small_course):
    experiment = dataclasses.replace(
        course.load("tests").experiment("throws"), settings={"coins": (1,), "bias": ("no", "yes")}
    )
    with pytest.raises(ValueError, match="yes"):  # from numpy: the whole word has arrived
        evidence.run_experiment(experiment, {"bias": "yes"}, seeds=1)


@pytest.mark.parametrize("strengths", [{0, 1}, (s for s in (0, 1)), [0, 1], np.array([0, 1])])
def test_strengths_can_be_anything_that_is_counted_through(small_course, strengths):
    rows = evidence.replicate(course.load("tests").world(), strengths, seeds=2)
    assert sorted(rows["strength"].unique()) == [0, 1]


def test_a_fix_alone_gets_what_it_gets_beside_its_pitfall(small_course):
    world = course.load("tests").world()
    together = evidence.replicate(world, seeds=3)
    alone = evidence.replicate(world, seeds=3, arms=["claim_what_is"])
    beside = together[together["arm"] == "claim_what_is"].reset_index(drop=True)
    columns = [name for name in alone if name != "seconds"]
    pd.testing.assert_frame_equal(alone[columns], beside[columns])


def that_took(lesson, **seconds):
    """Write a chapter's evidence as if its studies, of two arms, had taken so many seconds."""
    rows = pd.concat([evidence.replicate(world, seeds=2) for world in lesson.worlds])
    rows["seconds"] = rows["world"].map({f"{lesson.slug}.{k}": s / 2 for k, s in seconds.items()})
    evidence.write(lesson, rows)


def test_many_worlds_share_one_pool_and_keep_their_order(small_course):
    lesson = course.load("tests")
    that_took(lesson, coin=0.1, slope=9.0, rows=1.0)
    requests = [evidence.Request.of(w, seeds=2) for w in lesson.worlds]
    told = []
    rows = evidence.replicate_all(requests, 2, on_row=lambda w: told.append(w.name))
    apart = pd.concat([evidence.replicate(w, seeds=2) for w in lesson.worlds])
    columns = [name for name in rows if name != "seconds"]
    pd.testing.assert_frame_equal(rows[columns], apart[columns].reset_index(drop=True))
    assert sorted(told) == sorted(["coin", "slope"] * 4 + ["rows"] * 2)


def test_the_longest_studies_begin_first(small_course):
    lesson = course.load("tests")
    told = []

    def run():
        told.clear()
        requests = [evidence.Request.of(w, seeds=2) for w in lesson.simulated]
        evidence.replicate_all(requests, on_row=lambda w: told.append(w.name))
        return told

    assert run() == ["coin"] * 4 + ["slope"] * 4  # nobody knows: as they were asked for
    that_took(lesson, coin=1.0, slope=3.0, rows=0.0)
    assert run() == ["slope"] * 4 + ["coin"] * 4


def test_how_long_a_study_takes_is_known_from_the_evidence(small_course):
    lesson = course.load("tests")
    world, experiment = lesson.world(), lesson.experiments[0]
    assert math.isinf(evidence.seconds_of(world)) and math.isinf(evidence.seconds_of(experiment))
    that_took(lesson, coin=1.0, slope=3.0, rows=0.5)
    assert [evidence.seconds_of(w) for w in lesson.worlds] == [1.0, 3.0, 0.5]
    assert evidence.seconds_of(world, ["pitfall"]) == 0.5
    rows = evidence.run_experiment(experiment, seeds=1)
    evidence.write(experiment, rows.assign(seconds=7.0))
    assert evidence.seconds_of(experiment) == 7.0


@pytest.mark.parametrize(
    "text", ["", "\0\0", "world,arm\ntests.coin,pitfall\n", "seconds\nlong\n"]
)
def test_evidence_that_is_damaged_tells_no_seconds(small_course, text):
    lesson = course.load("tests")
    that_took(lesson, coin=1.0, slope=3.0, rows=0.5)
    lesson.evidence_file.write_text(text, encoding="utf-8")
    assert math.isinf(evidence.seconds_of(lesson.world()))


@pytest.mark.parametrize(
    ("seconds", "parcels"),
    [
        ([3] * 3, [[0], [1], [2]]),
        ([inf, inf, 3, 0.2], [[0], [1], [2], [3]]),
        # at most half a second, and at most an eighth of what is left for two processes
        ([0.25] * 24, [*([i, i + 1] for i in range(0, 10, 2)), *([i] for i in range(10, 24))]),
        ([1 / 64] * 64, [[*range(8)], [*range(8, 15)], [*range(15, 21)]]),
        ([], []),
    ],
)
def test_short_studies_are_sent_together(seconds, parcels):
    found = list(pool._Parcels(seconds, 2))
    assert found[: len(parcels)] == parcels and sum(found, []) == list(range(len(seconds)))
    assert not found or len(found[-1]) == 1


@pytest.mark.parametrize("known", [1.0, 0.004, inf])
def test_parcels_learn_how_long_studies_take(known):
    parcels = pool._Parcels([known] * 1_000, 2)
    sent, sizes = iter(parcels), []
    for _ in range(20):
        parcel = next(sent)
        sizes.append(len(parcel))
        for place in parcel:
            parcels.took(place, 0.02)
    assert sizes[0] <= 125 and set(sizes[1:]) <= {24, 25}  # half a second


def test_read_gives_the_rows_of_one_world(small_course):
    lesson = course.load("tests")
    rows = pd.concat([evidence.replicate(w, seeds=2) for w in lesson.worlds])
    assert evidence.write(lesson, rows) == lesson.evidence_file
    for world in lesson.worlds:
        mine = evidence.read(world)
        assert set(mine["world"]) == {world.slug} and list(mine.index) == list(range(len(mine)))
    assert len(evidence.read(lesson)) == len(rows)
    renamed = dataclasses.replace(
        lesson.world(), names={**lesson.world().names, "fixes": ("claim_it_anew",)}
    )
    with pytest.raises(evidence.EvidenceError, match="no rows of tests.coin, claim_it_anew; `pit"):
        evidence.read(renamed)


@pytest.mark.parametrize("damage", [lambda t: t[: len(t) // 2], lambda t: "", lambda t: "\0\0"])
def test_damaged_evidence_is_named(small_course, damage):
    lesson = course.load("tests")
    evidence.write(lesson, evidence.replicate(lesson.world(), seeds=3))
    file = lesson.evidence_file
    file.write_text(damage(file.read_text("utf-8")), "utf-8")
    with pytest.raises(evidence.EvidenceError, match="is damaged.*`pitfalls evidence tests`"):
        evidence.read(lesson.world())


def test_each_day_has_seeds_of_its_own():
    day = datetime.date(2026, 11, 29)
    days = [evidence.seed_base(day + datetime.timedelta(days=n)) for n in range(3)]
    assert days[1] - days[0] == days[2] - days[1] >= 1000 and days[0] >= 10_000
    assert evidence.seed_base() == evidence.seed_base(datetime.datetime.now(datetime.UTC).date())
