import numpy as np
import pandas as pd
import pytest
from scipy.spatial import KDTree

from pitfalls import course
from pitfalls.checks import shared_rows
from pitfalls.datasets import make_merged_archives


@pytest.fixture(scope="module")
def fix_page():
    return course.load("duplicates").world("near").find.namespaces["04b_fix"]


# The archives


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_a_share_of_the_rows_are_copies(strength):
    study = make_merged_archives(1_000, strength=strength, random_state=0)
    source = study.truth["source"]
    assert len(np.unique(source)) == 1_000 - round(700 * strength)


def test_a_copy_is_near_has_the_label_and_lies_in_another_archive():
    study = make_merged_archives(500, jitter=0.05, random_state=0)
    rows = pd.DataFrame({"source": study.truth["source"], "y": study.y}).join(study.meta)
    knots = rows.groupby("source")
    assert knots["y"].nunique().max() == 1
    pairs = knots.filter(lambda knot: len(knot) == 2).groupby("source")
    assert len(pairs) > 10 and (pairs["archive"].nunique() == 2).all()
    for _, pair in pairs:
        first, second = study.X[pair.index]
        assert 0 < np.abs(first - second).max() < 0.05 * 5


def test_fresh_scans_are_copies_of_nothing():
    study = make_merged_archives(random_state=0)
    assert KDTree(study.X).query(study.fresh.X)[0].min() > 0.6
    assert KDTree(study.fresh.X).query(study.fresh.X, 2)[0][:, 1].min() > 0.4


def test_without_jitter_copies_are_exact():
    study = make_merged_archives(1_000, jitter=0, random_state=0)
    assert pd.DataFrame(study.X).duplicated().sum() == 700
    near = make_merged_archives(1_000, random_state=0)
    assert not pd.DataFrame(near.X).duplicated().any()


def test_the_best_model_gets_what_the_truth_says():
    study = make_merged_archives(100, n_fresh=40_000, random_state=0)
    best = study.fresh.X.sum(axis=1) > 0
    assert (best == study.fresh.y).mean() == pytest.approx(study.truth["bayes"], abs=0.01)


def test_copies_may_be_off_by_more_or_less():
    study = make_merged_archives(2_000, n_features=40, jitter=0.1, spread=10, random_state=0)
    off = distances_of_copies(study)
    assert 0.01 < off.min() < 0.04 and 0.5 < off.max() < 2.2
    alike = distances_of_copies(make_merged_archives(2_000, n_features=40, random_state=0))
    assert np.log(alike).std() < 0.4


def distances_of_copies(study):
    """How far the rows of each original lie from each other in a column, where there are two."""
    rows = pd.DataFrame(study.X).groupby(study.truth["source"])
    two = rows.filter(lambda knot: len(knot) == 2)
    source = study.truth["source"][two.index]
    first, second = (two.groupby(source).nth(place).to_numpy() for place in (0, 1))
    return np.sqrt(((first - second) ** 2).mean(axis=1))


def test_measurements_may_go_together():
    study = make_merged_archives(100, correlation=0.6, n_fresh=40_000, random_state=0)
    well = study.fresh.X[study.fresh.y == 0]
    between = np.corrcoef(well.T)[np.triu_indices(12, 1)]
    np.testing.assert_allclose(between, 0.6, atol=0.03)
    best = study.fresh.X.sum(axis=1) > 0
    assert (best == study.fresh.y).mean() == pytest.approx(study.truth["bayes"], abs=0.01)


def test_some_originals_may_be_copied_more_often():
    plain, popular = (
        np.bincount(make_merged_archives(2_000, popularity=p, random_state=0).truth["source"])
        for p in (0, 1.5)
    )
    assert plain.sum() == popular.sum() and popular.max() > 3 * plain.max()


@pytest.mark.parametrize(
    "wrong", [{"spread": 0.5}, {"correlation": 1}, {"popularity": -1}, {"spread": "wide"}]
)
def test_what_copies_cannot_be_is_named(wrong):
    with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
        make_merged_archives(100, **wrong)


# The clusters


@pytest.mark.parametrize("strength", [0.02, 0.5, 1])
@pytest.mark.parametrize("copies", [{"jitter": 0}, {}, {"jitter": 0.08, "spread": 4}])
def test_no_scan_is_on_both_sides(fix_page, strength, copies):
    study = make_merged_archives(**copies, strength=strength, n_fresh=2, random_state=1)
    train, test = fix_page["split_apart"](study.X)
    source = study.truth["source"]
    assert not np.isin(source[test], source[train]).any()
    assert len(np.unique(source[test])) >= 0.9 * len(test)
    assert 0.2 < len(test) / len(np.unique(source)) < 0.4


def test_one_row_that_makes_up_a_fifth_ends_the_linking(fix_page):
    X = np.random.default_rng(0).normal(size=(200, 6))
    X[:40] = X[0]
    cluster, _ = fix_page["linked"](X)
    assert len(np.unique(cluster)) == 161


# The check


def test_random_splits_of_copied_rows_alarm_and_clusters_do_not(fix_page):
    for seed in range(3):
        study = make_merged_archives(n_fresh=2, random_state=seed)
        rows = np.random.default_rng(seed).permutation(len(study))
        by_row = shared_rows(study.X[rows[:840]], study.X[rows[840:]])
        train, test = fix_page["split_apart"](study.X)
        assert by_row["near"].verdict == "suspect"
        assert shared_rows(study.X[train], study.X[test]).verdict != "suspect"
