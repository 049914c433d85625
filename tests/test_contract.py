"""The contract of design, for every world of every chapter that is there."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from pitfalls import course, evidence
from pitfalls.study import Score
from pitfalls.worlds import UNIT_METRICS

#: Fresh seeds for each world; where the contract needs more, the committed rows join them.
FRESH_SEEDS = 60
#: The same where a study trains networks, of which `run` shows one seed.
FRESH_NETWORKS = 2


def worlds(*, real=None):
    found = [w for lesson in course.lessons() for w in lesson.worlds if real in (None, w.real)]
    return [pytest.param(w, id=w.slug, marks=pytest.mark.xdist_group(w.slug)) for w in found]


def committed(world):
    """The world's committed rows, or None before its evidence has been made."""
    lesson = course.load(world.chapter)
    if not lesson.evidence_file.is_file():
        return None
    rows = evidence.read(lesson)
    return rows[rows["world"] == world.slug]


def red(table):
    rows = table[table["verdict"] != "holds"]
    return rows.drop(columns="world").round(4).to_string()


@pytest.mark.parametrize("world", worlds(real=False))
def test_committed_evidence_holds(world):
    rows = committed(world)
    if rows is None:
        rows = evidence.replicate(world)
    table = evidence.verdict(rows, world)
    assert (table["verdict"] == "holds").all(), red(table)
    assert rows.groupby(["arm", "strength"])["seed"].nunique().min() >= world.seeds


@pytest.mark.parametrize("world", worlds(real=False))
def test_seeds_never_run_before_hold(world, seed_base):
    old = committed(world)
    few = FRESH_SEEDS if world.run_seeds > 1 else FRESH_NETWORKS
    n = world.seeds if old is None else min(world.seeds, few)
    seeds = range(seed_base, seed_base + n)
    ends = world.strengths[0], world.strengths[len(world.strengths) // 2], world.strengths[-1]
    three = dataclasses.replace(world, strengths=tuple(dict.fromkeys(ends)))
    rows = evidence.replicate(world, strengths=three.strengths, seeds=seeds)
    table = evidence.verdict(rows, three)
    assert not (table["verdict"] == "broken").any(), red(table)
    if n < world.seeds:
        table = evidence.verdict(pd.concat([old[~old["seed"].isin(seeds)], rows]), three)
    assert (table["verdict"] == "holds").all(), red(table)


@pytest.mark.parametrize("world", worlds())
def test_a_sample_of_the_committed_rows_can_be_computed_again(world, seed_base):
    rows = committed(world)
    if rows is None:
        pytest.skip(
            f"no evidence yet for {world.slug}: python3 course.py evidence {world.chapter}"
        )
    rng = np.random.default_rng(seed_base)
    n = 1 if world.run_seeds == 1 else 2
    seeds = rng.choice(rows["seed"].unique(), n, replace=False)
    dials = None if world.real else [world.strengths[0], rng.choice(world.strengths[1:])]
    new = evidence.replicate(world, strengths=dials, seeds=seeds)
    old = rows.drop(columns="strength") if world.real else rows
    key = ["arm", "seed"] if world.real else ["arm", "strength", "seed"]
    both = new.merge(old, on=key, suffixes=("", "_old"), validate="one_to_one")
    assert len(both) == len(new)
    columns = "claimed", "low", "high", "fresh", "deployed"
    if world.run_seeds == 1:
        for row in new.itertuples():
            like = old[(old["arm"] == row.arm) & (old["strength"] == row.strength)]
            for column in columns:
                assert_among(getattr(row, column), like[column], f"{world.slug}: {column}")
        return
    dial = {} if world.real else {"strength": world.strengths[-1]}
    study = world.make(**dial, random_state=0)
    few, many = 2 / len(study), 2 / len(study.deployment)
    scale = 1 if world.metric in UNIT_METRICS else 1 + both["deployed"].abs().max()
    for column, allowed in zip(columns, (few, few, few, many, many), strict=True):
        off = (both[column] - both[f"{column}_old"]).abs().max()
        assert off <= allowed * scale, f"{world.slug}: {column} is off by {off:.4f}"


def assert_among(value, committed, what):
    """A network differs a little from processor to processor: it must be one of its kind."""
    low, high = committed.min(), committed.max()
    reach = max((high - low) / 2, evidence.UNIT_MARGIN)
    assert low - reach <= value <= high + reach, f"{what} is {value}, not in {low} to {high}"


@pytest.mark.parametrize(
    "experiment",
    [pytest.param(e, id=e.slug) for lesson in course.lessons() for e in lesson.experiments],
)
def test_a_sample_of_an_experiment_can_be_computed_again(experiment, seed_base):
    rows = evidence.read(experiment)
    keys = [*experiment.settings, "seed"]
    combinations = np.prod([len(values) for values in experiment.settings.values()])
    assert len(rows.drop_duplicates(keys)) == len(rows) == combinations * experiment.seeds
    (place,) = rows.sample(1, random_state=seed_base).index
    settings = {key: [rows[key].tolist()[place]] for key in experiment.settings}
    seed = int(rows["seed"][place])
    new = evidence.run_experiment(experiment, settings, seeds=[seed]).iloc[0]
    like = rows[(rows[list(settings)] == [value for (value,) in settings.values()]).all(axis=1)]
    # Timings, whose names end in "seconds", are the machine's own.
    timings = [column for column in rows if column.endswith("seconds")]
    for column in rows.columns.difference([*keys, *timings]):
        if np.isnan(rows[column][place]):
            assert np.isnan(new[column]), column
        else:
            assert_among(new[column], like[column], f"{experiment.slug}: {column}")


@pytest.mark.parametrize("world", worlds(real=False))
def test_an_interval_that_covers_too_seldom_is_explained(world):
    rows = committed(world)
    rows = evidence.replicate(world) if rows is None else rows
    if not world.fixes or (evidence.coverage(rows, world)["high"] > 0.85).all():
        return
    pages = [page.read_text(encoding="utf-8") for page in course.load(world.chapter).pages]
    assert any("evidence.coverage(" in page for page in pages), (
        "below .85 the fix shows the coverage and says why"
    )


@pytest.mark.parametrize("world", worlds(real=False))
def test_a_fix_that_keeps_a_quarter_of_the_gap_turns_red(world):
    if world.expect == "harmless":
        pytest.skip("a harmless pitfall has no gap to keep; see the next test")
    rows = committed(world)
    rows = evidence.replicate(world) if rows is None else rows.copy()
    full = rows[(rows["arm"] == "pitfall") & (rows["strength"] == max(world.strengths))]
    quarter = (full["claimed"] - full["deployed"]).mean() / 4
    rows.loc[rows["arm"].isin(world.fixes), "claimed"] += quarter
    table = evidence.verdict(rows, world)
    assert (table.loc[table["clause"] == 3, "verdict"] != "holds").all(), red(table)


@pytest.mark.parametrize("world", worlds(real=False))
def test_a_harmless_pitfall_that_inflates_turns_red(world):
    if world.expect != "harmless":
        pytest.skip("the pitfall inflates; see the test before")
    rows = committed(world)
    rows = evidence.replicate(world) if rows is None else rows.copy()
    rows.loc[rows["arm"] == "pitfall", "claimed"] += 2 * evidence.UNIT_MARGIN
    table = evidence.verdict(rows, world)
    assert (table.loc[table["clause"] == 1, "verdict"] == "broken").all()


@pytest.mark.parametrize("world", worlds(real=False))
def test_swapped_arms_turn_red(world):
    if world.expect == "harmless":
        pytest.skip("where the pitfall is harmless its arms may be swapped")
    rows = committed(world)
    rows = evidence.replicate(world) if rows is None else rows.copy()
    fix = next(iter(world.fixes))
    rows["arm"] = rows["arm"].replace({"pitfall": fix, fix: "pitfall"})
    table = evidence.verdict(rows, world)
    full = table[table["strength"] == max(world.strengths)]
    assert (
        full.loc[full["clause"].isin([1, 3]) & full["arm"].isin(["pitfall", fix]), "verdict"]
        != "holds"
    ).all()


def assert_blind(protocol, study):
    """The claim may not depend on what no analyst has; the deployed score has to."""
    poisoned = evidence.poison(study, np.random.default_rng(0))
    before, after = protocol(study), protocol(poisoned)
    assert (after.claimed, after.interval) == (before.claimed, before.interval), "it has looked"
    assert after.deployed != before.deployed, "the deployed score does not use deployment rows"
    assert after.fresh != before.fresh, "the fresh score does not use fresh rows"


@pytest.mark.parametrize("world", worlds())
def test_no_claim_looks_at_what_no_analyst_has(world):
    dial = {} if world.real else {"strength": world.strengths[len(world.strengths) // 2]}
    study = world.make(**dial, random_state=1)
    for protocol in world.protocols.values():
        assert_blind(protocol, study)


def knows_the_truth(study):
    return Score(study.truth["informative"].argmax(), (0, 1), study.fresh.y[0], 0)


def scores_the_deployment_rows(study):
    model = study.deployment.y @ np.arange(len(study.deployment))
    return Score(model, (0, 1), study.fresh.y[0], 0)


def typed_in(study):
    return Score(0.97, (0.9, 1.0), 0.6, 0.6)


@pytest.mark.parametrize("cheat", [knows_the_truth, scores_the_deployment_rows, typed_in])
def test_a_cheating_protocol_is_caught(cheat):
    study = course.load("leaky_selection").world("signal").make(strength=0.25, random_state=0)
    with pytest.raises(AssertionError, match="looked|does not use"):
        assert_blind(cheat, study)


@pytest.mark.parametrize("world", worlds(real=False))
def test_the_dial_turns_what_the_chapter_says(world):
    zero, full = (world.make(strength=s, random_state=3) for s in (0, max(world.strengths)))
    if world.turns == "world":
        # Where the dial is of the labels, the features may be the same.
        assert not (np.array_equal(zero.X, full.X) and np.array_equal(zero.y, full.y))
        return
    np.testing.assert_array_equal(zero.X, full.X)
    np.testing.assert_array_equal(zero.y, full.y)
    for fix in world.fixes.values():
        assert fix(zero) == fix(full), "the fix reads the dial"
    if world.expect == "inflates":
        assert world.pitfall(zero) != world.pitfall(full), "the pitfall does not read the dial"
