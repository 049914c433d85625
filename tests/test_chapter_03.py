import warnings

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from scipy.stats import binom
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from pitfalls import course
from pitfalls.checks import resampled_before_split
from pitfalls.datasets import make_screening


def halves(rows, seed=0):
    return train_test_split(rows, test_size=0.4, random_state=seed)


def verdicts(train, test):
    return resampled_before_split(train, test)["verdict"].to_dict()


# --- the generator


def test_screening_truth_agrees_with_the_data():
    study = make_screening(20_000, prevalence=0.2, effect=0.6, n_informative=3, random_state=0)
    assert study.y.sum() == 4_000
    difference = study.X[study.y == 1].mean(axis=0) - study.X[study.y == 0].mean(axis=0)
    np.testing.assert_allclose(difference, 0.6 * study.truth["informative"], atol=0.06)
    best = study.X[:, :3].sum(axis=1)
    assert roc_auc_score(study.y, best) == pytest.approx(study.truth["bayes"], abs=0.02)


def test_gaps_take_values_away_and_change_no_other():
    whole = make_screening(2_000, n_fresh=500, random_state=0)
    gappy = make_screening(2_000, n_fresh=500, missing=0.7, random_state=0)
    for one, other in ((whole, gappy), (whole.fresh, gappy.fresh)):
        gone = np.isnan(other.X)
        assert gone.mean() == pytest.approx(0.7, abs=0.03)
        np.testing.assert_array_equal(one.X[~gone], other.X[~gone])
        np.testing.assert_array_equal(one.y, other.y)


def test_the_postcode_knows_nothing():
    study = make_screening(50_000, prevalence=0.5, n_postcodes=10, random_state=0)
    rates = pd.Series(study.y).groupby(study.meta["postcode"]).mean()
    assert len(rates) == 10 and rates.sub(0.5).abs().max() < 0.035


@pytest.mark.parametrize("prevalence", [0, 1])
def test_there_is_one_patient_of_either_kind_at_least(prevalence):
    study = make_screening(10, prevalence=prevalence, n_fresh=2, random_state=0)
    assert 0 < study.y.sum() < 10 and study.fresh.y.sum() == 1


def test_measurements_may_go_together():
    settings = {"prevalence": 0.3, "correlation": 0.5, "effect": 0.6}
    study = make_screening(20_000, **settings, n_fresh=2, random_state=0)
    between = np.corrcoef(study.X[study.y == 0].T)[np.triu_indices(10, 1)]
    np.testing.assert_allclose(between, 0.5, atol=0.03)
    best = LinearDiscriminantAnalysis().fit(study.X, study.y).decision_function(study.X)
    assert roc_auc_score(study.y, best) == pytest.approx(study.truth["bayes"], abs=0.01)


def test_a_further_visit_is_like_the_first_and_fresh_patients_come_once():
    study = make_screening(5_000, repeated=0.3, effect=0, n_fresh=500, random_state=0)
    patient = study.meta["patient"]
    assert patient.nunique() == 3_500 and not study.fresh.meta["patient"].isin(patient).any()
    assert study.fresh.meta["patient"].is_unique
    assert (
        study.meta.assign(y=study.y).groupby("patient")[["y", "postcode"]].nunique().max().max()
        == 1
    )
    twice = (
        study.meta.groupby("patient")
        .filter(lambda visits: len(visits) == 2)
        .sort_values("patient")
    )
    first, second = study.X[twice.index[::2]], study.X[twice.index[1::2]]
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("wrong", [{"correlation": 1}, {"repeated": 0.6}, {"likeness": -0.1}])
def test_what_visits_cannot_be_is_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        make_screening(100, **wrong)


# --- the check: what it finds


def continuous(n, rng):
    return rng.normal(size=(n, 5))


def mixed(n, rng):
    frame = pd.DataFrame(rng.normal(size=(n, 4)), columns=list("abcd"))
    return frame.assign(sex=rng.choice(["f", "m"], n), smoker=rng.random(n) < 0.3)


def whole_numbers(n, rng):
    return rng.integers(0, 100, size=(n, 6))


KINDS = [continuous, mixed, whole_numbers]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [100, 1_000])
def test_copies_are_found(kind, n):
    alarms = 0
    for seed in range(10):
        X = kind(n, np.random.default_rng(seed))
        y = (np.arange(n) < 0.12 * n).astype(int)
        X, _ = RandomOverSampler(random_state=seed).fit_resample(X, y)
        alarms += verdicts(*halves(X, seed))["copies"] == "suspect"
    assert alarms == 10


@pytest.mark.parametrize("n", [300, 2_000])
@pytest.mark.parametrize("p", [3, 10])
def test_rows_between_rows_are_found(n, p):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        y = (np.arange(n) < 0.1 * n).astype(int)
        X, _ = SMOTE(random_state=seed).fit_resample(rng.normal(size=(n, p)), y)
        report = verdicts(*halves(X * np.geomspace(1, 1_000, p), seed))
        assert report == {"copies": "clean", "between": "suspect"}


# --- the check: what it leaves in peace


def rounded(n, rng):
    shared = rng.normal(size=(n, 1))
    return (shared + rng.normal(size=(n, 4))).round()


def one_hot(n, rng):
    return pd.get_dummies(pd.DataFrame(rng.integers(0, 4, (n, 4))).astype(str)).astype(int)


def derived(n, rng):
    age = rng.integers(18, 90, n)
    columns = {"age": age, "months": 12 * age, "decade": age // 10, "old": age > 65}
    return pd.DataFrame(columns).assign(sex=rng.integers(0, 2, n), visits=rng.poisson(1, n))


def income_and_flags(n, rng):
    income = np.exp(rng.normal(7, 0.5, n)).round(-1)
    return np.column_stack([income, rng.random((n, 3)) < 0.02])


def curve(n, rng):
    age = rng.normal(50, 10, n)
    return np.column_stack([age, 2 * age, age**2, rng.integers(0, 2, n)])


def mostly_zeros(n, rng):
    return np.exp(rng.normal(size=(n, 5))) * (rng.random((n, 5)) < 0.3)


def gappy(n, rng):
    X = rng.normal(size=(n, 5))
    X[rng.random(X.shape) < 0.5] = np.nan
    return X


CLEAN = [*KINDS, rounded, one_hot, derived, income_and_flags, curve, mostly_zeros, gappy]


@pytest.mark.parametrize("kind", CLEAN)
@pytest.mark.parametrize("n", [60, 400, 1_000])
def test_clean_rows_raise_no_more_alarms_than_promised(kind, n):
    trials = 20
    reports = [
        verdicts(*halves(kind(n, np.random.default_rng([seed, n])), seed))
        for seed in range(trials)
    ]
    alarms = sum("suspect" in report.values() for report in reports)
    assert alarms <= binom.ppf(0.999, trials, 0.02)


@pytest.mark.parametrize("sampler", [RandomOverSampler, SMOTE])
def test_resampling_behind_the_split_is_clean(sampler):
    for seed in range(10):
        study = make_screening(400, n_fresh=2, random_state=seed)
        train, test, y, _ = train_test_split(study.X, study.y, stratify=study.y, random_state=0)
        train, _ = sampler(random_state=seed).fit_resample(train, y)
        assert verdicts(train, test) == {"copies": "clean", "between": "clean"}


# --- the check: what it says of nothing


def rows(n, p=4):
    return np.random.default_rng(0).normal(size=(n, p))


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (rows(0), rows(0)),
        (rows(50), rows(0)),
        (rows(6), rows(6)),
        (np.ones((50, 3)), np.ones((50, 3))),
        (np.full((50, 3), np.nan), np.full((50, 3), np.nan)),
        (pd.DataFrame(), pd.DataFrame()),
        (pd.DataFrame(index=range(30)), pd.DataFrame(index=range(30))),
        (rows(50) > 0, rows(50) > 0),
        (rows(40)[:, 0], rows(20)[:, 0]),
    ],
    ids=["empty", "no test", "few", "constant", "nan", "frames", "no columns", "coarse", "one"],
)
def test_what_cannot_be_checked_is_not_called_clean(train, test):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = resampled_before_split(train, test)
    assert list(report.index) == ["copies", "between"]
    assert (report["verdict"] == "not checked").all()


def test_a_column_that_is_missing_everywhere_counts_for_nothing():
    X = pd.DataFrame(rows(200))
    for part in (X, X.assign(empty=np.nan)):
        assert verdicts(part[:150], part[140:]) == {"copies": "suspect", "between": "clean"}
        assert verdicts(part[:150], part[150:]) == {"copies": "clean", "between": "clean"}


def test_lines_need_three_fine_columns_and_copies_do_not():
    train, test = halves(pd.DataFrame(rows(200, 2)).assign(group=np.arange(200) % 3))
    assert verdicts(train, test) == {"copies": "clean", "between": "not checked"}
    assert verdicts(train, pd.concat([test, train[:30]]))["copies"] == "suspect"


def test_value_and_null_are_shares():
    train, test = rows(120)[:60], rows(120)[50:]
    report = resampled_before_split(train, test)
    assert report["value"].to_dict() == pytest.approx({"copies": 10 / 70, "between": 0})
    assert report["null"].to_dict() == pytest.approx({"copies": 1 / 61, "between": 1 / 71})


# --- helper functions of the notebooks


@pytest.fixture(scope="module")
def lesson():
    return course.load("resampling_first")


def test_cases_are_brought_to_the_wanted_share(lesson):
    world = lesson.worlds[0]
    pitfall, fix, *_ = world.find.namespaces.values()
    wanted = [space["cases_wanted"] for space in (pitfall, fix)]
    for strength, share in ((0, 0.1), (0.5, 0.2), (1, 0.5)):
        study = world.make(strength=strength, random_state=0)
        for cases_wanted in wanted:
            cases = cases_wanted(study.development)[1]
            assert cases / (cases + 1_350) == pytest.approx(share, abs=0.001)


def test_without_a_wanted_share_the_classes_are_balanced(lesson):
    study = make_screening(1_000, n_fresh=2, random_state=0)
    pitfall, fix, *_ = lesson.worlds[0].find.namespaces.values()
    for space in (pitfall, fix):
        assert space["cases_wanted"](study.development) == {1: 900}


def test_the_pair_shares_its_helpers(lesson):
    import inspect

    pitfall, fix, *_ = lesson.worlds[0].find.namespaces.values()
    shared = {n for n, f in pitfall.items() if inspect.isfunction(f) and n in fix}
    mine = {n for n in shared if pitfall[n].__module__.startswith("protocol")}
    assert {"split_and_score", "cases_wanted", "with_jittered_copies"} <= mine
    for name in mine:
        assert inspect.getsource(pitfall[name]) == inspect.getsource(fix[name])


def test_flights_are_those_of_airlines_that_cancel(lesson):
    study = lesson.world("flights").make(random_state=0)
    assert len(study) == 6_000 and study.strength is None
    assert 0.015 < study.y.mean() < 0.035
    assert np.isfinite(study.X).all()
