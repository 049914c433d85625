"""Weighted scores: scikit-learn's area, and an interval that covers."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pitfalls.metrics import independence_weights, interval_over_groups, weighted_auc


def rows(n, rng):
    y = rng.integers(2, size=n)
    return y, np.round(rng.normal(size=n) + y, 1), rng.random(n)


def test_the_area_is_that_of_sklearn():
    y, score, weight = rows(300, np.random.default_rng(0))
    assert weighted_auc(y, score).auc == pytest.approx(roc_auc_score(y, score))
    expected = roc_auc_score(y, score, sample_weight=weight)
    assert weighted_auc(y, score, weight).auc == pytest.approx(expected)


def test_a_weight_of_two_is_a_row_twice_but_for_the_interval():
    y, score, _ = rows(100, np.random.default_rng(1))
    weight = np.where(np.arange(100) < 50, 2, 1)
    one = weighted_auc(y, score, weight)
    twice = weighted_auc(np.repeat(y, weight), np.repeat(score, weight))
    assert one.auc == pytest.approx(twice.auc)
    assert one.high - one.low > twice.high - twice.low


@pytest.mark.parametrize("weighted", [False, True])
def test_the_interval_covers(weighted):
    rng = np.random.default_rng(2)
    truth, covered = 0.7602, 0  # of N(1, 1) over N(0, 1): the normal distribution at 1 / sqrt(2)
    for _ in range(400):
        y = rng.integers(2, size=200)
        weight = rng.integers(1, 9, size=200) if weighted else None
        found = weighted_auc(y, rng.normal(size=200) + y, weight)
        covered += found.low <= truth <= found.high
    assert 0.91 < covered / 400 < 0.98


def test_the_effective_n_is_kishs():
    y = np.array([0, 1, 0, 1])
    assert weighted_auc(y, y).effective_n == 4
    assert weighted_auc(y, y, [1, 1, 0, 0]).effective_n == 2
    assert weighted_auc(y, y, [3, 1, 3, 1]).effective_n == pytest.approx(64 / 20)


@pytest.mark.parametrize(
    ("y", "score", "weight", "message"),
    [
        ([0, 1], [0.1], None, r"shapes \(2,\), \(1,\) and \(2,\)"),
        ([0, 1], [0.1, 0.2], [1, -1], "at least 0"),
        ([0, 1], [0.1, 0.2], [1, np.nan], "at least 0"),
        ([0, 1], [0.1, 0.2], [1, 0], "positives"),
        ([1, 1], [0.1, 0.2], None, "negatives"),
    ],
)
def test_errors_say_what_would_be_right(y, score, weight, message):
    with pytest.raises(ValueError, match=message):
        weighted_auc(np.array(y), np.array(score), weight)


def test_weights_make_group_and_label_independent_and_keep_their_shares():
    rng = np.random.default_rng(0)
    group = rng.integers(3, size=900)
    y = np.where(rng.random(900) < 0.8, group == 2, rng.integers(2, size=900)).astype(int)
    weights = independence_weights(y, np.array(["a", "b", "c"])[group])
    assert weights.mean() == pytest.approx(1)
    for g in range(3):
        here = group == g
        assert np.average(here, weights=weights) == pytest.approx(here.mean())
        assert np.average(y[here], weights=weights[here]) == pytest.approx(y.mean())


def test_a_group_without_a_label_cannot_be_weighted():
    with pytest.raises(ValueError, match=r"\('b', 0\).*nothing is known"):
        independence_weights(np.array([0, 1, 1]), np.array(["a", "a", "b"]))
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3,\)"):
        independence_weights(np.array([0, 1]), np.array([0, 1, 1]))


def test_a_missing_score_is_refused():
    with pytest.raises(ValueError, match="score is missing in 1 of 4 rows"):
        weighted_auc([0, 1, 0, 1], [0.1, np.nan, 0.2, 0.3])


@pytest.mark.parametrize("shares", [[], [1.0], [0.5, 1.2], [0.5, -0.1], [0.5, np.nan]])
def test_shares_that_are_none_are_named(shares):
    with pytest.raises(ValueError, match="shares="):
        interval_over_groups(shares)
