import numpy as np
import pandas as pd
import pytest

from pitfalls import course
from pitfalls.checks import features_that_need_the_future
from pitfalls.datasets import make_measurements, make_price_windows


def centred(X):
    return X.sub(X.mean(axis=1), axis=0).loc[:, :0]


def centred_by_the_past(X):
    return centred(X.loc[:, :0])


@pytest.fixture
def windows():
    return make_price_windows(30, n_fresh=2, random_state=0).X


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


@pytest.mark.parametrize("n", [2, 5, 30])
def test_features_that_read_later_columns_are_found_from_a_few_rows(windows, n):
    known = windows.columns <= 0
    found = features_that_need_the_future(centred, windows[:n], known=known, random_state=1)
    assert (found == 1).all()
    assert list(found.index) == list(range(-9, 1))


def test_features_of_known_columns_are_left_in_peace(windows):
    known = windows.columns <= 0
    found = features_that_need_the_future(centred_by_the_past, windows, known=known)
    assert (found == 0).all()


def test_only_the_guilty_feature_is_named(windows):
    def features(X):
        return pd.DataFrame({"step": X[0] - X[-1], "trend": X[0] - X.loc[:, -2:1].mean(axis=1)})

    found = features_that_need_the_future(features, windows, known=windows.columns <= 0)
    assert found.to_dict() == {"step": 0, "trend": 1}


def test_arrays_and_missing_values_are_features_as_well(windows):
    def gaps(X):
        return X.loc[:, [-1, 0]].where(X[0] > 0).to_numpy()

    found = features_that_need_the_future(gaps, windows, known=windows.columns <= 0)
    assert found.to_list() == [0, 0]


@pytest.mark.parametrize(
    ("rows", "known", "message"),
    [
        (1, [True] * 10 + [False] * 10, "X has 1 rows"),
        (5, [True] * 20, "known is True for every column"),
        (5, [True, False], r"known must be 20 values.*shape \(2,\)"),
        (5, [1.0] * 20, "known must be 20 values.*float64"),
    ],
)
def test_the_check_names_what_is_wrong(windows, rows, known, message):
    with pytest.raises(ValueError, match=message):
        features_that_need_the_future(centred, windows[:rows], known=known)


def test_the_check_counts_the_rows_it_gets(windows):
    with pytest.raises(ValueError, match="gave 3 rows for the 30 rows"):
        features_that_need_the_future(lambda X: X[:3], windows, known=windows.columns <= 0)


def test_airports_of_one_day_are_on_one_side_of_the_split():
    world = course.load("leaky_scaling").world("airports")
    time = world.make(random_state=0).meta["time"]
    first_half = world.find.namespaces["01a_pitfall"]["first_half"]
    train = first_half(world.make(random_state=0).development)
    assert set(time[train]).isdisjoint(time[~train])
    assert time[train].max() < time[~train].min()
