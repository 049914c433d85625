import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import KDTree
from scipy.stats import binom
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

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


def halves(X, rng, share=0.0, jitter=0.0):
    """Split in 7 to 3, and make a share of the test rows copies of training rows."""
    X = pd.DataFrame(X).sample(frac=1, random_state=rng.integers(2**31))
    n = round(0.7 * len(X))
    train, test = X[:n].reset_index(drop=True), X[n:].reset_index(drop=True)
    k = round(share * len(test))
    copies = train.iloc[rng.permutation(n)[:k]].reset_index(drop=True)
    if jitter:
        copies = copies + rng.normal(0, jitter, copies.shape)
    return train, pd.concat([copies, test[k:]], ignore_index=True)


def mixed(rng, n):
    frame = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd"))
    frame["ward"] = rng.choice(["surgery", "medicine", None], n)
    frame["grade"] = pd.Categorical(rng.choice(list("uvwxyz"), n))
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D")
    frame["smokes"] = rng.random(n) < 0.3
    return frame.mask(rng.random(frame.shape) < 0.05)


TABLES = {
    "normal": lambda rng, n: rng.normal(size=(n, 8)),
    "wide": lambda rng, n: rng.normal(size=(n, 60)),
    "heavy tails": lambda rng, n: rng.standard_t(1.5, size=(n, 6)),
    "two factors": lambda rng, n: (
        rng.normal(size=(n, 2)) @ rng.normal(size=(2, 15)) + 0.1 * rng.normal(size=(n, 15))
    ),
    "groups": lambda rng, n: rng.normal(size=(n, 6)) + 5 * rng.integers(0, 3, (n, 1)),
    "whole numbers": lambda rng, n: rng.integers(0, 10, (n, 8)),
    "mixed": mixed,
}
REAL = {"wine": load_wine, "cancer": load_breast_cancer, "diabetes": load_diabetes,
        "digits": load_digits}  # fmt: skip
FEW_VALUES = {
    "three of three": lambda rng, n: rng.integers(0, 3, (n, 3)),
    "yes or no": lambda rng, n: rng.integers(0, 2, (n, 8)),
    "rarely yes": lambda rng, n: (rng.random((n, 15)) < 0.1).astype(int),
    "two kinds": lambda rng, n: rng.random((n, 10)) < np.where(rng.random((n, 1)) < 0.3, 0.9, 0.1),
}
tables = pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)


@tables
@pytest.mark.parametrize("n", [40, 120, 400])
def test_different_rows_seldom_alarm(make, n):
    alarms, trials = 0, 30
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        alarms += shared_rows(*halves(make(rng, n), rng))["verdict"].item() == "suspect"
    assert binom.sf(alarms - 1, trials, 0.01) > 1e-3, f"{alarms} false alarms in {trials}"


@pytest.mark.parametrize("load", REAL.values(), ids=REAL)
def test_real_tables_seldom_alarm(load):
    verdicts = [
        shared_rows(*halves(load().data[:600], np.random.default_rng(s)))["verdict"].item()
        for s in range(10)
    ]
    assert verdicts.count("clean") >= 9 and verdicts.count("suspect") <= 1


@pytest.mark.parametrize("make", FEW_VALUES.values(), ids=FEW_VALUES)
@pytest.mark.parametrize("n", [60, 300, 1_000])
def test_rows_that_agree_for_want_of_values_are_no_alarm(make, n):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        train, test = halves(make(rng, n), rng)
        assert test.merge(train.drop_duplicates()).shape[0] > 0, "no rows agree here at all"
        assert shared_rows(train, test)["verdict"].item() == "not checked"


@tables
@pytest.mark.parametrize(("n", "share"), [(100, 0.4), (300, 0.2), (1_000, 0.08)])
def test_exact_copies_are_found(make, n, share):
    found = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        found.append(shared_rows(*halves(make(rng, n), rng, share)).iloc[0])
    assert sum(row["verdict"] == "suspect" for row in found) >= 4
    assert np.mean([row["value"] for row in found]) == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize(("n", "share"), [(100, 0.4), (300, 0.2), (1_000, 0.08)])
def test_near_copies_are_found(n, share):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        found = shared_rows(*halves(rng.normal(size=(n, 10)), rng, share, jitter=0.05))
        assert found["verdict"].item() == "suspect"
        assert found["value"].item() == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("load", REAL.values(), ids=REAL)
def test_copies_in_real_tables_are_found(load):
    for seed in range(3):
        split = halves(load().data[:600], np.random.default_rng(seed), 0.3)
        assert shared_rows(*split)["verdict"].item() == "suspect"


def test_units_names_and_order_do_not_matter():
    rng = np.random.default_rng(0)
    train, test = halves(rng.normal(size=(300, 6)), rng, 0.2)
    before = shared_rows(train, test)
    scaled = [np.exp(part.to_numpy() * [1, 2, 3, 1, 1, 1]) for part in (train, test)]
    pd.testing.assert_frame_equal(before, shared_rows(*scaled))
    other = [part.add_prefix("x").set_index(part.index[::-1]) for part in (train, test)]
    pd.testing.assert_frame_equal(before, shared_rows(*other))


def test_the_table_has_its_columns():
    rng = np.random.default_rng(0)
    found = shared_rows(rng.normal(size=(70, 5)), rng.normal(size=(30, 5)), tolerance=0.02)
    assert list(found.columns) == ["value", "null", "verdict"]
    assert list(found.index) == ["test"] and found["null"].item() == 0.02


nothing = np.empty((0, 3))
some = np.random.default_rng(0).normal(size=(40, 3))


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (nothing, nothing), (nothing, some), (some, nothing), ([], []),
        (np.ones((40, 3)), np.ones((20, 3))),
        (np.full((40, 3), np.nan), np.full((20, 3), np.nan)),
        (some[:9], some[:9]), (some, some[:1]),
        (pd.DataFrame(index=range(40)), pd.DataFrame(index=range(20))),
        (pd.DataFrame({"a": [None] * 40}), pd.DataFrame({"a": [None] * 20})),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_not_called_clean(train, test):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert shared_rows(train, test)["verdict"].item() == "not checked"


def test_random_splits_of_copied_rows_alarm_and_clusters_do_not(fix_page):
    for seed in range(3):
        study = make_merged_archives(n_fresh=2, random_state=seed)
        rows = np.random.default_rng(seed).permutation(len(study))
        by_row = shared_rows(study.X[rows[:840]], study.X[rows[840:]])
        train, test = fix_page["split_apart"](study.X)
        assert by_row["verdict"].item() == "suspect"
        assert shared_rows(study.X[train], study.X[test])["verdict"].item() == "clean"
