"""What every generator of simulated studies promises."""

import inspect
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from pitfalls import datasets
from pitfalls.study import Study

#: Small, so that every test runs on every generator.
SMALL = {"n_samples": 40, "n_fresh": 30}
GENERATORS = {name: getattr(datasets, name) for name in datasets.__all__ if name[:5] == "make_"}
every_generator = pytest.mark.parametrize(
    "make", [pytest.param(make, id=name) for name, make in GENERATORS.items()]
)


def values(data):
    """Return the numbers of an array or frame; texts and other words by their hash."""
    array = data.to_numpy() if isinstance(data, pd.DataFrame) else np.asarray(data)
    if array.dtype.kind not in "OUT":
        return array
    return pd.util.hash_array(array.ravel().astype(object)).reshape(array.shape)


def same(one, other):
    return np.array_equal(values(one.X), values(other.X), equal_nan=True) and np.array_equal(
        one.y, other.y
    )


@every_generator
def test_signature_follows_the_conventions(make):
    names = list(inspect.signature(make).parameters)
    kinds = [p.kind for p in inspect.signature(make).parameters.values()]
    assert names[0] == "n_samples" and names[-1] == "random_state" and "strength" in names
    assert all(kind == inspect.Parameter.KEYWORD_ONLY for kind in kinds[1:])
    for section in ("Parameters", "Returns", "Raises"):
        assert f"{section}\n" in make.__doc__
    assert all(name in make.__doc__ for name in names)


@every_generator
@pytest.mark.parametrize("strength", [0, 0.3, 1])
def test_shapes(make, strength):
    study = make(**SMALL, strength=strength, random_state=0)
    assert isinstance(study, Study)
    assert len(study.X) == len(study.y) == len(study.meta) == 40
    for sample in (study.fresh, study.deployment):
        assert len(sample) == 30
        assert np.shape(sample.X)[1:] == np.shape(study.X)[1:]
        assert list(sample.meta.columns) == list(study.meta.columns)
        if isinstance(study.X, pd.DataFrame):
            assert list(sample.X.columns) == list(study.X.columns)
    assert study.strength == strength


@every_generator
def test_defaults_give_enough_fresh_rows(make):
    assert inspect.signature(make).parameters["n_fresh"].default >= 5_000


@every_generator
def test_a_seed_gives_one_study(make):
    one, again, other = (make(**SMALL, random_state=seed) for seed in (3, 3, 4))
    assert same(one, again) and same(one.fresh, again.fresh)
    assert not same(one, other)
    assert not same(one, one.fresh)


@every_generator
def test_a_generator_is_used_as_it_is(make):
    rng = np.random.default_rng(3)
    first, second = make(**SMALL, random_state=rng), make(**SMALL, random_state=rng)
    assert same(first, make(**SMALL, random_state=3))
    assert not same(first, second)


@every_generator
def test_global_state_is_neither_read_nor_changed(make):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    one = make(**SMALL, random_state=3)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    assert same(one, make(**SMALL, random_state=3))


@every_generator
def test_more_rows_can_be_collected_and_change_nothing(make):
    study = make(**SMALL, random_state=3)
    if study.services is None:
        pytest.skip("this study sells no rows")
    more = study.collect(25)
    assert len(more) == 25 and same(more, study.collect(25))
    assert np.shape(more.X)[1:] == np.shape(study.X)[1:]
    assert same(study, make(**SMALL, random_state=3))


@every_generator
@pytest.mark.parametrize(
    "bad", [-0.1, 1.1, math.nan, math.inf, -math.inf, "1", None, True, 1j, [0.5]]
)
def test_a_bad_strength_is_named(make, bad):
    with pytest.raises((ValueError, TypeError), match=r"^strength="):
        make(**SMALL, strength=bad, random_state=0)


@every_generator
@pytest.mark.parametrize("bad", [-1, 0, 1.5, math.nan, math.inf, "40", None, True, 10**12])
@pytest.mark.parametrize("name", ["n_samples", "n_fresh"])
def test_a_bad_count_is_named(make, name, bad):
    with pytest.raises((ValueError, TypeError), match=rf"^{name}="):
        make(**{**SMALL, name: bad}, random_state=0)


@every_generator
@pytest.mark.parametrize("bad", [-1, 1.5, "0", True, math.nan])
def test_a_bad_seed_is_named(make, bad):
    with pytest.raises((ValueError, TypeError), match=r"^random_state="):
        make(**SMALL, random_state=bad)


#: May be any number.
SIGNED = {"in_common"}


def further_arguments():
    for name, make in GENERATORS.items():
        for argument, parameter in inspect.signature(make).parameters.items():
            if argument not in {"n_samples", "n_fresh", "strength", "random_state"}:
                for bad in (-2, math.nan, math.inf, "many", None):
                    if bad is not parameter.default and not (bad == -2 and argument in SIGNED):
                        yield pytest.param(make, argument, bad, id=f"{name}-{argument}-{bad}")


@pytest.mark.parametrize(("make", "argument", "bad"), list(further_arguments()))
def test_every_further_argument_is_checked(make, argument, bad):
    with pytest.raises((ValueError, TypeError), match=argument):
        make(**SMALL, **{argument: bad}, random_state=0)


@every_generator
@settings(max_examples=15, deadline=None)
@given(strength=st.floats(0, 1), seed=st.integers(0, 2**63), n=st.integers(20, 60))
def test_any_valid_call_gives_finite_development_rows(make, strength, seed, n):
    study = make(n, n_fresh=4, strength=strength, random_state=seed)
    assert np.isfinite(values(study.X).astype(float)).all()
    assert len(study) == n


@pytest.mark.parametrize("make", [datasets.make_price_windows, datasets.make_price_series])
def test_prices_on_the_day_have_no_future(make):
    study = make(**SMALL, lookback=5, horizon=3, random_state=0)
    assert list(study.X.columns) == list(range(-4, 4))
    assert study.fresh.X.loc[:, 1:].isna().all().all()
    assert study.fresh.X.loc[:, :0].notna().all().all()
    ahead = study.X.loc[:, 1:].mean(axis=1) > study.X[0]
    np.testing.assert_array_equal(study.y, ahead)
    archive = make(**SMALL, lookback=5, horizon=3, archived=True, random_state=0)
    np.testing.assert_array_equal(
        archive.fresh.y, archive.fresh.X.loc[:, 1:].mean(axis=1) > archive.fresh.X[0]
    )


def test_days_of_a_price_series_overlap_and_windows_do_not():
    series = datasets.make_price_series(**SMALL, lookback=5, horizon=3, random_state=0).X
    np.testing.assert_array_equal(series[0][1:], series[1][:-1])
    windows = datasets.make_price_windows(**SMALL, lookback=5, horizon=3, random_state=0).X
    assert not np.isin(windows[0][1:], windows[1][:-1]).any()


def test_returns_can_be_predicted_as_far_as_the_truth_says():
    study = datasets.make_returns(20_000, memory=0.6, random_state=0)
    r = np.corrcoef(study.X[0], study.y)[0, 1]
    assert r**2 == pytest.approx(study.truth["bayes"], abs=0.02)
    assert study.X.to_numpy().std() == pytest.approx(1 / np.sqrt(1 - 0.36), rel=0.02)


def test_unrelated_series_remember_as_the_dial_says():
    for strength in (0, 1):
        study = datasets.make_unrelated_series(20_000, strength=strength, random_state=0)
        r = np.corrcoef(study.X[1:, 0], study.X[:-1, 0])[0, 1]
        memory = study.truth["memory"]
        assert r == pytest.approx(np.exp(-1 / memory) if memory else 0, abs=0.03)
        assert study.X.std(axis=0) == pytest.approx(1, abs=0.15)


def test_expression_truth_agrees_with_the_data():
    study = datasets.make_expression(4_000, n_features=50, effect=0.5, strength=1, random_state=0)
    difference = study.X[study.y == 1].mean(axis=0) - study.X[study.y == 0].mean(axis=0)
    expected = np.where(study.truth["informative"], 1.0, 0.0)
    np.testing.assert_allclose(difference, expected, atol=0.12)
    best = study.X[:, :5].sum(axis=1) > 0
    assert (best == study.y).mean() == pytest.approx(study.truth["bayes"], abs=0.02)


def test_expression_at_strength_0_leaves_nothing_to_choose():
    study = datasets.make_expression(**SMALL, strength=0, random_state=0)
    assert study.X.shape[1] == study.info["n_selected"]
    assert datasets.make_expression(**SMALL, effect=0, random_state=0).truth["bayes"] == 0.5


@pytest.mark.parametrize("strength", [0, 0.5, 0.95])
def test_hospital_and_disease_correlate_as_the_dial_says(strength):
    study = datasets.make_hospital_records(20_000, strength=strength, random_state=1)

    def correlation(sample):
        return np.corrcoef(sample.meta["hospital"] == "A", sample.y)[0, 1]

    for sample in (study, study.fresh):
        assert (
            abs(correlation(sample) - strength)
            < 4 * np.sqrt((1 - strength**2) / len(sample)) + 1e-3
        )
        assert sample.y.mean() == 0.5
    for sample in (study.deployment, study.collect(10_000)):
        assert abs(correlation(sample)) < 0.04


def test_the_machine_moves_all_measurements_and_the_disease_a_few():
    study = datasets.make_hospital_records(40_000, strength=0, effect=0.3, random_state=2)
    in_a = (study.meta["hospital"] == "A").to_numpy()
    by_machine = (study.X[in_a].mean(axis=0) - study.X[~in_a].mean(axis=0)) / 2
    np.testing.assert_allclose(by_machine, study.truth["machine"], atol=0.03)
    by_disease = (study.X[study.y == 1].mean(axis=0) - study.X[study.y == 0].mean(axis=0)) / 2
    np.testing.assert_allclose(by_disease, 0.3 * study.truth["informative"], atol=0.03)
