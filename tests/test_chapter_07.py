"""Series in time, and the interval of scores that follow each other."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from pitfalls import course
from pitfalls.datasets import make_price_series, make_returns


def carried(X):
    """How much of a step the next one has."""
    steps = np.diff(X.loc[:, :0].to_numpy(), axis=1)
    return np.corrcoef(steps[:, 1:].ravel(), steps[:, :-1].ravel())[0, 1]


@pytest.mark.parametrize(("fading", "left"), [(0.5, 0.3), (1, 0.0), (2, -0.6)])
def test_fading_takes_momentum_from_the_days_to_come(fading, left):
    study = make_price_series(50, momentum=0.6, fading=fading, random_state=0)
    assert carried(study.fresh.X) == pytest.approx(0.6, abs=0.02)
    assert carried(study.deployment.X) == pytest.approx(left, abs=0.02)
    assert study.deployment.X.loc[:, 1:].isna().all().all()


def test_fading_changes_neither_the_study_nor_the_fresh_days():
    one, other = (make_price_series(50, fading=fading, random_state=0) for fading in (0, 1))
    assert one.X.equals(other.X) and one.fresh.X.equals(other.fresh.X)
    assert one.deployment is one.fresh


def test_returns_may_be_taken_back_and_have_heavy_tails():
    study = make_returns(20_000, memory=-0.4, tails=0.3, random_state=0)
    assert np.corrcoef(study.X[0], study.y)[0, 1] == pytest.approx(-0.4, abs=0.03)
    assert (np.abs(study.y) > 6).any()


def test_the_interval_of_repeated_days_is_that_of_the_blocks():
    world = course.load("look_ahead").world("centred")
    interval = world.find.namespaces["07b_fix"]["interval_over_blocks"]
    rng = np.random.default_rng(0)
    once = (rng.random(30) < 0.7).astype(int)
    repeated, ones = np.repeat(once, 20), np.ones(600, int)
    low, high = interval(accuracy_score, ones, repeated, 20)
    width = 2 * 2.045 * once.std(ddof=1) / np.sqrt(30)
    assert high - low == pytest.approx(width, rel=0.01)
    assert (low + high) / 2 == pytest.approx(once.mean())
