import time

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from pitfalls import course
from pitfalls.datasets import make_assisted_labels, make_noisy_labels, make_reviews

# --- reviews


def test_a_review_is_a_sentence_with_opinions_and_habits():
    study = make_reviews(200, n_fresh=2, habit=1, random_state=0)
    first = (
        study.X["text"]
        .groupby(study.meta["annotator"])
        .agg(lambda t: t.str.split().str[0].nunique())
    )
    assert (first == 1).all(), "with a firm habit everybody always begins alike"
    assert study.X["text"].str.count(r"\bthe\b").eq(4).all()
    assert study.X["text"].str.count(" is ").eq(3).all()
    free = make_reviews(2_000, n_fresh=2, habit=0, random_state=0)
    first = free.X["text"].str.split().str[0]
    assert first.groupby(free.meta["annotator"]).nunique().min() > 8


@pytest.mark.parametrize("n_opinions", [1, 2, 5])
def test_reviews_have_as_many_opinions_as_asked_for(n_opinions):
    text = make_reviews(20, n_fresh=2, n_opinions=n_opinions, random_state=0).X["text"]
    assert text.str.count(" is ").eq(n_opinions).all()


@pytest.mark.parametrize("strength", [0, 0.3, 1])
def test_ticks_differ_from_gold_as_the_docstring_says(strength):
    study = make_reviews(20_000, n_annotators=2_000, n_fresh=2, strength=strength, random_state=1)
    expected = np.arctan(1.2 * strength) / np.pi
    assert (study.y != study.truth["gold"]).mean() == pytest.approx(expected, abs=0.012)
    np.testing.assert_array_equal(study.relabel(np.arange(50)), study.truth["gold"][:50])


def test_slips_turn_ticks_and_no_gold_label():
    study = make_reviews(20_000, slips=0.2, strength=0, n_fresh=20_000, random_state=1)
    assert (study.y != study.truth["gold"]).mean() == pytest.approx(0.2, abs=0.012)
    again = make_reviews(20_000, slips=0, strength=0, n_fresh=20_000, random_state=1)
    np.testing.assert_array_equal(study.deployment.y, again.deployment.y)


def test_fresh_reviews_are_by_the_same_people_and_deployed_ones_by_others():
    study = make_reviews(random_state=0)
    ids = [set(part.meta["annotator"]) for part in (study, study.fresh, study.deployment)]
    assert ids[0] == ids[1] and ids[0].isdisjoint(ids[2])
    assert len(ids[2]) == 100
    more = study.collect(300)
    assert not set(more.meta["annotator"]) & (ids[0] | ids[2])
    ticked = pd.Series(study.fresh.y).groupby(study.fresh.meta["annotator"].to_numpy()).mean()
    r = np.corrcoef(ticked.sort_index(), study.truth["leaning"])[0, 1]
    assert r > 0.9
    panel = pd.Series(study.deployment.y).groupby(study.deployment.meta["annotator"].to_numpy())
    assert panel.mean().std() < 0.1


def test_a_second_tick_is_another_persons():
    study = make_reviews(20_000, n_annotators=1_000, n_fresh=2, random_state=0)
    second = study.annotate("second_tick", 20_000).to_numpy()
    expected = 0.5 + np.arcsin(1 / (1 + 1.2**2)) / np.pi
    assert (second == study.y).mean() == pytest.approx(expected, abs=0.015)
    agreed = make_reviews(500, n_fresh=2, strength=0, random_state=0)
    second = agreed.annotate("second_tick", 500)
    assert cohen_kappa_score(second, agreed.y[second.index]) == 1


def test_a_team_may_lean_as_a_whole_and_its_customers_be_content():
    made = {"leaning": 0, "n_fresh": 20_000, "random_state": 0}
    study = make_reviews(20_000, in_common=0.7, content=0.8, **made)
    assert study.truth["gold"].mean() == pytest.approx(0.8, abs=0.01)
    assert study.deployment.y.mean() == pytest.approx(0.8, abs=0.01)
    ticked = stats.norm.cdf(stats.norm.ppf(0.8) + 0.7)
    for part in (study, study.fresh):
        assert part.y.mean() == pytest.approx(ticked, abs=0.01)
    other = make_reviews(2_000, in_common=0.7, strength=0, **made)
    np.testing.assert_array_equal(other.y, other.truth["gold"])


def test_a_panel_that_slips_sells_wrong_labels_and_changes_nothing_else():
    study, right = (
        make_reviews(5_000, n_fresh=50, panel_slips=share, random_state=1) for share in (0.2, 0)
    )
    sold = study.relabel(np.arange(5_000))
    assert (sold != study.truth["gold"]).mean() == pytest.approx(0.2, abs=0.02)
    np.testing.assert_array_equal(study.y, right.y)
    np.testing.assert_array_equal(study.truth["gold"], right.truth["gold"])


@pytest.mark.parametrize("n_annotators", [40, 700])
def test_reviews_may_be_spread_unequally_over_the_annotators(n_annotators):
    study = make_reviews(600, n_annotators=n_annotators, skew=1.2, n_fresh=600, random_state=0)
    counts = study.meta["annotator"].value_counts()
    assert counts.sum() == 600 and len(counts) == min(n_annotators, 600)
    assert counts.max() > 100 if n_annotators == 40 else counts.max() == 1
    others = make_reviews(600, skew=1.2, n_others=30, n_fresh=600, random_state=0).deployment
    assert others.meta["annotator"].value_counts().eq(20).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [("content", 0), ("skew", -1), ("panel_slips", 0.6), ("n_others", 0), ("in_common", np.nan)],
)
def test_an_argument_of_reviews_that_cannot_be_is_named(name, value):
    with pytest.raises(ValueError, match=f"{name}="):
        make_reviews(40, **{name: value})


def test_thousands_of_reviews_take_well_under_a_second():
    start = time.process_time()
    make_reviews(20_000, n_fresh=20_000, random_state=0)
    assert time.process_time() - start < 2


# --- wrong labels in a table


@pytest.mark.parametrize("strength", [0, 0.4, 1])
def test_test_rows_take_over_the_tool_as_often_as_the_dial_says(strength):
    study = make_assisted_labels(20_000, strength=strength, random_state=0)
    tool, gold = study.truth["tool"], study.truth["gold"]
    training = (study.meta["part"] == "train").to_numpy()
    assert training.sum() == 10_000 and (study.y[training] == tool[training]).all()
    differ = ~training & (tool != gold)
    assert (study.y == tool)[differ].mean() == pytest.approx(strength, abs=0.03)
    assert (study.collect(50).meta["part"] == "test").all()


def test_a_tool_that_heeds_what_matters_is_right_more_often():
    shares = []
    for heeds in (0, 0.5, 3):
        truth = make_assisted_labels(20_000, heeds=heeds, n_fresh=2, random_state=0).truth
        shares.append((truth["tool"] == truth["gold"]).mean())
    assert shares[0] == pytest.approx(0.5, abs=0.02) and shares == sorted(shares)
    assert shares[2] > 0.75


def test_two_panels_err_each_for_itself_or_both_as_the_tool_does():
    rows = np.arange(20_000)
    slips = make_assisted_labels(20_000, panel_slips=0.1, n_fresh=2, random_state=0)
    second = slips.annotate("second_panel", 20_000).sort_index().to_numpy()
    first, gold = slips.relabel(rows), slips.truth["gold"]
    for panel in (first, second):
        assert (panel != gold).mean() == pytest.approx(0.1, abs=0.01)
    assert (first != second).mean() == pytest.approx(2 * 0.1 * 0.9, abs=0.01)
    follows = make_assisted_labels(20_000, panel_follows=0.3, n_fresh=2, random_state=0)
    first, gold, tool = follows.relabel(rows), follows.truth["gold"], follows.truth["tool"]
    assert (first == tool)[tool != gold].mean() == pytest.approx(0.3, abs=0.02)
    assert (first == gold)[tool == gold].all()
    with pytest.raises(ValueError, match=r"panel_slips=0.7"):
        make_assisted_labels(40, panel_slips=0.7)


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_the_share_of_wrong_labels_does_not_depend_on_their_kind(strength):
    study = make_noisy_labels(40_000, wrong=0.2, strength=strength, random_state=0)
    wrong = study.y != study.truth["gold"]
    assert wrong.mean() == pytest.approx(0.2, abs=0.01)
    shared = wrong & ~study.truth["slipped"]
    slips = 0.2 * (1 - strength) / (1 - 0.4 * strength)
    assert shared.mean() == pytest.approx(0.2 * strength * (1 - slips), abs=0.01)
    assert study.truth["slipped"].mean() == pytest.approx(slips, abs=0.01)
    r = np.corrcoef(study.X[shared, 4], study.y[shared] * 2 - 1)[0, 1] if strength else 1
    assert r > 0.5, "shared errors follow the fifth feature"


# --- the notebooks


@pytest.fixture(scope="module")
def find():
    return course.load("label_quality").world("annotators").find


def test_the_panel_hears_twelve_reviews_of_each_person(find):
    study = make_reviews(random_state=3)
    rows, gold = find("panel_sample", "helper")(study.development)
    assert study.meta["annotator"].iloc[rows].value_counts().eq(12).all()
    np.testing.assert_array_equal(gold, study.truth["gold"][rows])


def test_the_panel_hears_all_reviews_of_who_wrote_fewer(find):
    study = make_reviews(200, n_annotators=40, skew=1, random_state=3)
    rows, _ = find("panel_sample", "helper")(study.development)
    wrote = study.meta["annotator"].value_counts()
    heard = study.meta["annotator"].iloc[rows].value_counts()
    pd.testing.assert_series_equal(heard.sort_index(), wrote.clip(upper=12).sort_index())


def test_an_agreement_of_two_panels_gives_back_the_accuracy(find):
    right, wrong = 0.8, 0.1
    claimed = right * (1 - wrong) + (1 - right) * wrong
    correct = find("correct_for_the_panel", "helper")
    assert correct(claimed, 1 - 2 * wrong * (1 - wrong)) == pytest.approx(right)
    assert correct(0.8, 1) == 0.8


def test_folds_leave_whole_people_out(find):
    study = make_reviews(random_state=3)
    who = study.meta["annotator"].to_numpy()
    folds = find("leave_people_out", "helper")(study.development)
    assert sum(len(test) for _, test in folds) == len(study)
    assert all(not set(who[train]) & set(who[test]) for train, test in folds)


def test_relabelled_disagreements_estimate_the_difference(find):
    study = make_noisy_labels(1_000, strength=1, random_state=0)
    test, gold = np.arange(1_000), study.truth["gold"]
    ours, theirs = gold.copy(), gold.copy()
    ours[:100], theirs[50:80] = 1 - ours[:100], 1 - theirs[50:80]
    relabel_disagreements = find("relabel_disagreements", "helper")
    found, cost = relabel_disagreements(study, test, ours, theirs, most=10**6)
    assert found == pytest.approx(-0.07) and cost == 70
