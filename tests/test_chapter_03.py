import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from pitfalls import course
from pitfalls.datasets import make_screening

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
