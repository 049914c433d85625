import numpy as np
import pytest

from pitfalls import course
from pitfalls.datasets import make_measurements, make_price_windows


def test_measurements_truth_agrees_with_the_data():
    study = make_measurements(20_000, n_features=8, n_informative=3, effect=0.6, random_state=0)
    informative, units = study.truth["informative"], study.truth["units"]
    groups = [np.median(study.X[study.y == label] / units, axis=0) for label in (0, 1)]
    np.testing.assert_allclose(groups[1] - groups[0], 1.2 * informative, atol=0.06)
    assert informative.sum() == 3
    assert (units[0], units[-1]) == pytest.approx((1, 1_000))


def test_few_degrees_of_freedom_make_heavy_tails():
    def furthest(degrees):
        study = make_measurements(5_000, effect=0, degrees=degrees, random_state=0)
        X = study.X / study.truth["units"]
        return (np.abs(X).max(axis=0) / np.quantile(np.abs(X), 0.5, axis=0)).min()

    assert furthest(2) > 5 * furthest(1_000)


def test_airports_of_one_day_are_on_one_side_of_the_split():
    world = course.load("leaky_scaling").world("airports")
    time = world.make(random_state=0).meta["time"]
    first_half = world.find.namespaces["01a_pitfall"]["first_half"]
    train = first_half(world.make(random_state=0).development)
    assert set(time[train]).isdisjoint(time[~train])
    assert time[train].max() < time[~train].min()


def steps(study):
    return np.diff(study.X.to_numpy(), axis=1)


def test_windows_of_one_date_share_the_market_and_those_of_two_do_not():
    study = make_price_windows(6_000, per_date=2, market=0.4, n_fresh=2, random_state=0)
    assert (study.meta["time"] == np.arange(6_000) // 2).all()
    first, second = steps(study)[::2], steps(study)[1::2]
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] == pytest.approx(0.4, abs=0.02)
    assert np.corrcoef(first[1:].ravel(), second[:-1].ravel())[0, 1] == pytest.approx(0, abs=0.02)
    alone = make_price_windows(6_000, n_fresh=2, random_state=0)
    assert steps(study).std() == pytest.approx(steps(alone).std(), rel=0.02)


def test_a_window_alone_on_its_date_has_a_market_and_the_same_distribution():
    study = make_price_windows(4_000, market=0.9, n_fresh=2, random_state=0)
    assert study.y.mean() == pytest.approx(0.5, abs=0.03)
    assert steps(study).std() == pytest.approx(1 / np.sqrt(1 - 0.25), rel=0.02)


@pytest.mark.parametrize("momentum", [-0.5, 0.8])
def test_a_step_remembers_the_one_before(momentum):
    study = make_price_windows(4_000, momentum=momentum, tails=0.3, n_fresh=2, random_state=0)
    now = steps(study)
    r = np.corrcoef(now[:, 1:].ravel(), now[:, :-1].ravel())[0, 1]
    assert r == pytest.approx(momentum, abs=0.03)


def test_tails_make_large_steps_likelier_and_leave_the_variance():
    def of(tails):
        study = make_price_windows(
            20_000, momentum=0, tails=tails, lookback=2, horizon=1, n_fresh=2, random_state=0
        )
        return steps(study).ravel()

    assert of(0.2).std() == pytest.approx(1, abs=0.03)
    assert (np.abs(of(0.3)) > 5).mean() > 100 * (np.abs(of(0)) > 5).mean()
    assert (np.abs(of(0.3)) > 5).any()


def test_prevalence_is_the_share_of_the_ill():
    study = make_measurements(1_000, prevalence=0.2, n_fresh=500, random_state=0)
    assert study.y.sum() == 200 and study.fresh.y.sum() == 100


def test_the_interval_counts_dates_and_not_their_rows():
    world = course.load("leaky_scaling").world("window")
    namespace = world.find.namespaces["01b_fix"]
    rng, interval = np.random.default_rng(0), namespace["interval_over_dates"]
    correct = rng.random(400) < 0.6
    alone = interval(correct, np.arange(400))
    wilson = namespace["binomtest"](int(correct.sum()), 400).proportion_ci(method="wilson")
    assert alone == pytest.approx(wilson)
    many = interval(np.repeat(correct, 10), np.repeat(np.arange(400), 10))
    assert many == pytest.approx(alone, abs=0.01)
    assert interval(np.ones(40, bool), np.repeat(np.arange(4), 10)).low < 0.6
