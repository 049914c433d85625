"""Predictions and those who know nothing."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error

from pitfalls.checks import beats_baselines

RNG = np.random.default_rng(0)
RARE = (RNG.random(600) < 0.2).astype(int)
WALK = 100 + RNG.normal(size=1000).cumsum()
DAYS = pd.date_range("2020-01-01", periods=1000)


def check(*given, **more):
    return beats_baselines(*given, **({"random_state": 0} | more))


def test_always_the_common_one_is_no_better_than_a_constant():
    result = check(RARE, np.zeros(600, int), "accuracy")
    assert result["constant"].verdict == "suspect"
    assert result["constant"].value == 0
    assert result["guess"].verdict == "clean"
    assert result["guess"].value < 0


def test_a_model_that_knows_something_is_clean():
    said = np.where(RNG.random(600) < 0.95, RARE, 1 - RARE)
    assert check(RARE, said, "accuracy", y_train=[0, 0, 0, 1]).verdict == "clean"
    shares = np.clip(0.1 + 0.5 * RARE + 0.1 * RNG.normal(size=600), 0.01, 0.99)
    for metric in ("roc_auc", "neg_log_loss", "neg_brier_score"):
        assert check(RARE, shares, metric).verdict == "clean"
    assert check(RARE, np.c_[1 - shares, shares], "neg_log_loss").verdict == "clean"
    names = np.array(["ill", "well"])
    assert (
        check(names[RARE], pd.Series(names[said], dtype="category"), "f1_macro").verdict == "clean"
    )


def test_a_forecast_that_echoes_loses_to_the_last_value():
    echo = 0.9 * np.r_[100, WALK[:-1]] + 10
    result = check(WALK, echo, "r2", time=DAYS)
    assert result["constant"].verdict == "clean"
    assert result["last value"].verdict == "suspect"
    assert "last value" not in [one.of for one in check(WALK, echo, "r2")]
    better = WALK + 0.1 * RNG.normal(size=1000)
    assert check(WALK, better, "r2", time=DAYS, period=7).verdict == "clean"


def test_errors_are_told_from_scores():
    constant = np.full(1000, WALK.mean())
    assert check(WALK, constant, mean_absolute_error)["constant"].value > 0
    assert check(WALK, WALK + 1, mean_absolute_error).verdict == "clean"
    assert check(WALK, WALK + 1, lambda t, p: abs(t - p).mean()).verdict == "clean"


def test_yesterday_is_of_the_same_group_and_in_order_of_time():
    group = np.repeat(np.arange(50), 20)
    y = RNG.normal(size=50)[group] + 0.1 * RNG.normal(size=1000)
    time = np.tile(np.arange(20), 50)
    mixed = RNG.permutation(1000)
    said = y + 0.3 * RNG.normal(size=1000)
    result = check(y[mixed], said[mixed], "r2", time=time[mixed], groups=group[mixed])
    assert result["last value"].verdict == "suspect"
    assert "950 rows" in result["last value"].says


def test_a_value_that_was_known_can_be_handed_over():
    known = np.r_[[np.nan], WALK[:-1]]
    result = check(WALK, WALK + 5 * RNG.normal(size=1000), "r2", previous=known)
    assert result["last value"].verdict == "suspect"
    assert "999 rows" in result["last value"].says


def test_no_skill_is_never_clean():
    verdicts = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        y = rng.integers(2, size=300)
        verdicts.append(check(y, rng.random(300), "roc_auc")["constant"].verdict)
    assert "clean" not in verdicts


def test_too_little_is_not_checked():
    assert check([0, 1], [0, 1], "accuracy").verdict == "not checked"
    assert check(np.zeros(50), np.zeros(50), "accuracy").verdict == "not checked"
    few = check(RARE[:40], np.where(np.arange(40) < 3, 1 - RARE[:40], RARE[:40] * 0), "accuracy")
    assert few["constant"].verdict != "clean"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"y_pred": [1]}, "y_pred has 1 rows and y_true 600"),
        ({"metric": "acc"}, "metric='acc' is no scorer"),
        ({"period": 7}, "period=7 needs time="),
        ({"time": [1, 2]}, "time has 2 rows and y_true 600"),
        ({"y_true": np.r_[np.nan, np.ones(599)]}, "has gaps"),
    ],
)
def test_errors_say_what_would_be_right(change, says):
    given = {"y_true": RARE, "y_pred": RARE, "metric": "accuracy"} | change
    with pytest.raises(ValueError, match=says):
        beats_baselines(**given)


@pytest.mark.parametrize("metric", ["f1_macro", "accuracy", "balanced_accuracy"])
def test_shares_may_be_of_a_class_that_no_test_row_has(metric):
    rng = np.random.default_rng(0)
    train, truth = rng.integers(4, size=400), rng.integers(3, size=200)
    shares = np.eye(4)[truth] + 0.3 * rng.random((200, 4))
    found = beats_baselines(truth, shares, metric, y_train=train, random_state=0)
    assert found["constant"].verdict == "clean"
