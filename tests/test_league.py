"""What the league table says: gaps at published doses, and where each study was placed."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from pitfalls import course, evidence
from pitfalls.course import league
from pitfalls.datasets import make_tank_scenes

CHAPTERS = {lesson.slug: lesson for lesson in course.lessons()}
PLACED = league.placed(CHAPTERS.values())
#: Cheap enough to run at the dose itself.
CHEAP = ("hidden_variable", "shared_subjects", "leaky_selection", "duplicates")


def row_of(study):
    (row,) = PLACED[PLACED["study"] == study].itertuples()
    return row


def world_of(row):
    return CHAPTERS[row.chapter].world(row.world.split(".")[1])


def studies(row, seeds):
    return [world_of(row).make(strength=row.at, random_state=seed) for seed in range(seeds)]


@pytest.mark.parametrize("study", ["Vandewiele et al., 2021", "DeGrave et al., 2021"])
def test_at_a_measured_strength_the_gap_is_the_measured_one(study):
    row = row_of(study)
    world = world_of(row)
    assert row.at == world.strengths[-1]
    rows = evidence.read(CHAPTERS[row.chapter])
    rows = rows[(rows["world"] == row.world) & (rows["strength"] == row.at)]
    for arm, gap in (("pitfall", row.gap), (world.names["fixes"][0], row.fix)):
        mine = rows[rows["arm"] == arm]
        assert gap == pytest.approx(2 * (mine["claimed"] - mine["deployed"]).mean())
    assert row.full == row.gap and row.seeds == world.seeds


def test_the_costliest_dose_comes_first_and_a_gap_is_the_sum_of_its_parts():
    assert len(PLACED) == sum(len(w.doses) for c in CHAPTERS.values() for w in c.simulated)
    assert (np.diff(PLACED["gap"]) <= 0).all()
    np.testing.assert_allclose(PLACED["gap"], PLACED["optimism"] + PLACED["shift"])
    assert (PLACED["low"] < PLACED["gap"]).all() and (PLACED["gap"] < PLACED["high"]).all()


def test_a_gap_is_a_share_of_the_way_from_chance():
    lesson = CHAPTERS["duplicates"]
    halves = [dataclasses.replace(w, chance=0.75) for w in lesson.worlds]
    other = dataclasses.replace(lesson, worlds=tuple(halves))
    mine, found = league.placed([lesson]), league.placed([other])
    for name in ("gap", "low", "high", "optimism", "shift", "fix", "full"):
        np.testing.assert_allclose(found[name], 2 * mine[name])


def test_a_metric_without_a_perfect_score_has_no_rank():
    lesson = CHAPTERS["duplicates"]
    odd = [dataclasses.replace(w, metric="return (% a year)") for w in lesson.worlds]
    with pytest.raises(ValueError, match="has no perfect score to compare with; known"):
        league.placed([dataclasses.replace(lesson, worlds=tuple(odd))])


def test_every_chapter_with_a_dial_has_a_study_on_it_or_says_why_not():
    told = {*PLACED["chapter"], *league.unplaced(CHAPTERS.values())["chapter"]}
    assert [c.slug for c in CHAPTERS.values() if c.simulated and c.slug not in told] == []


@pytest.mark.parametrize("study", PLACED[PLACED["chapter"].isin(CHEAP)]["study"])
def test_the_straight_line_is_near_what_the_study_gives_at_the_dose(study):
    row = row_of(study)
    world, seeds = world_of(row), range(6)
    drawn = evidence.at_dose(evidence.read(CHAPTERS[row.chapter]), world, row.at)
    drawn = drawn[(drawn["arm"] == "pitfall") & drawn["seed"].isin(seeds)]
    run = evidence.replicate(world, strengths=row.at, seeds=seeds, arms=["pitfall"])
    gaps = [(rows["claimed"] - rows["deployed"]).mean() for rows in (drawn, run)]
    assert abs(gaps[0] - gaps[1]) / (1 - world.chance) < 0.06


# Where the studies were placed: what each `says` promises.


@pytest.mark.parametrize(
    ("study", "share"),
    [
        ("CIFAR-10 in Barz and Denzler, 2020", 0.0286),
        ("CIFAR-100 in Barz and Denzler, 2020", 0.0891),
    ],
)
def test_as_many_held_out_rows_have_a_twin_as_test_images_have(study, share):
    twins = []
    for made in studies(row_of(study), 20):
        train, test = train_test_split(made.truth["source"], test_size=0.3, random_state=0)
        twins.append(np.isin(test, train).mean())
    assert np.mean(twins) == pytest.approx(share, abs=0.006)


def test_there_are_as_many_genes_as_in_the_public_data():
    (made,) = studies(row_of("Alon et al., 1999"), 1)
    assert made.X.shape[1] == pytest.approx(2_000, rel=0.005)
    assert len(made) == 60


def test_hospitals_alone_tell_the_ill_as_well_as_published():
    scores = [
        roc_auc_score(made.fresh.y, made.fresh.meta["hospital"] == "A")
        for made in studies(row_of("Zech et al., 2018"), 3)
    ]
    assert np.mean(scores) == pytest.approx(0.861, abs=0.006)


def test_coin_flip_patients_give_the_published_score_at_the_dose():
    coin = CHAPTERS["shared_subjects"].world("coin")
    at = row_of("Yagis et al., 2021").at
    run = evidence.replicate(coin, strengths=at, seeds=12, arms=["pitfall"])
    assert run["claimed"].mean() == pytest.approx(0.96, abs=0.012)


def test_weather_and_label_agree_as_often_as_on_waterbirds():
    at = row_of("Waterbirds in Sagawa et al., 2020").at
    made = make_tank_scenes(2_000, size=16, n_fresh=10, strength=at, random_state=0)
    follows = (made.meta["weather"] == "clouds") == made.y
    assert follows.mean() == pytest.approx(0.95, abs=0.006)


@pytest.mark.parametrize(
    ("study", "share"),
    [
        ("ten test sets in Northcutt et al., 2021", 0.033),
        ("ImageNet in Northcutt et al., 2021", 0.06),
    ],
)
def test_as_many_ticks_are_wrong_as_published_labels(study, share):
    row = row_of(study)
    world = world_of(row)
    wrong = [float(tick.split()[0]) / 100 for tick in world.ticks]
    assert np.interp(row.at, world.strengths, wrong) == pytest.approx(share, abs=0.001)
