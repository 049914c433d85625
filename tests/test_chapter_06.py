import numpy as np
import pandas as pd
import pytest

from pitfalls import course
from pitfalls.datasets import make_admissions


def shares(sample):
    """The share with an antibiotic among those without and with the infection."""
    return [sample.X["antibiotic"][sample.y == label].mean() for label in (0, 1)]


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_the_archive_holds_late_entries_as_the_dial_says(strength):
    study = make_admissions(20_000, n_fresh=20_000, strength=strength, random_state=0)
    expected = [0.02 + 0.98 * strength * later for later in (0.03, 0.95)]
    assert shares(study) == pytest.approx(expected, abs=0.012)
    assert shares(study.fresh) == pytest.approx([0.02, 0.02], abs=0.008)
    assert shares(study.collect(20_000)) == pytest.approx([0.02, 0.02], abs=0.008)
    assert study.truth["late"].mean() == pytest.approx(0.49 * strength, abs=0.012)
    assert (study.X["antibiotic"][study.truth["late"]] == 1).all()


def test_on_the_day_nothing_is_known_that_comes_later():
    for decision in (0.0, 0.3, 1.0, 6.0):
        study = make_admissions(500, n_fresh=500, decision=decision, random_state=0)
        hours = study.info["recorded_at"]
        measured = hours.index[:-1]
        known = study.fresh.X[measured].notna().all()
        np.testing.assert_array_equal(known, hours[measured] <= decision)
        assert study.X.notna().all().all()
        assert (shares(study.fresh)[1] > 0.5) == (decision >= hours["antibiotic"])


def test_a_marker_is_one_more_column_and_as_good_as_asked_for():
    plain = make_admissions(10_000, n_fresh=2, random_state=0)
    study = make_admissions(10_000, n_fresh=2, marker=1.5, random_state=0)
    assert set(study.X) - set(plain.X) == {"procalcitonin"}
    logs = np.log(study.X["procalcitonin"])
    assert logs[study.y == 1].mean() - logs[study.y == 0].mean() == pytest.approx(1.5, abs=0.08)


def test_the_measurements_tell_the_risk_and_the_units_are_those_of_a_clinic():
    study = make_admissions(20_000, n_fresh=2, effect=2, random_state=0)
    middle = study.X.drop(columns="antibiotic").median()
    assert middle["temperature"] == pytest.approx(38, abs=0.1)
    assert middle["platelets"] == pytest.approx(240, abs=5)
    difference = study.X[study.y == 1].median() - study.X[study.y == 0].median()
    assert difference["platelets"] < 0 < difference.drop(["platelets", "antibiotic"]).min()


@pytest.mark.parametrize("prevalence", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("effect", [0, 1, 3])
def test_as_many_are_ill_as_asked_for(prevalence, effect):
    study = make_admissions(20_000, prevalence=prevalence, effect=effect, random_state=0)
    assert study.y.mean() == pytest.approx(prevalence, abs=0.012)
    assert study.fresh.y.mean() == pytest.approx(prevalence, abs=0.022)


def test_further_late_columns_are_filled_in_like_the_first_and_apart_from_it():
    study = make_admissions(20_000, n_late=3, strength=0.8, random_state=0)
    names = ["antibiotic", "infusion", "isolation"]
    assert list(study.X.columns[-3:]) == names
    assert (study.info["recorded_at"][names] == 6).all()
    for label, given in ((0, 0.03), (1, 0.95)):
        X = study.X.loc[study.y == label, names]
        expected = 0.02 + 0.98 * 0.8 * given
        np.testing.assert_allclose(X.mean(), expected, atol=0.015)
        both = (X["infusion"] & X["antibiotic"]).mean()
        assert both == pytest.approx(X["infusion"].mean() * X["antibiotic"].mean(), abs=0.02)
    assert study.fresh.X[names].to_numpy().mean() == pytest.approx(0.02, abs=0.005)


def test_measurements_are_missing_as_often_in_the_archive_as_on_the_day():
    study = make_admissions(10_000, n_fresh=10_000, missing=0.3, random_state=0)
    for X in (study.X, study.fresh.X):
        empty = X.isna().mean()
        np.testing.assert_allclose(empty.drop(["age", "antibiotic"]), 0.3, atol=0.02)
        assert (empty[["age", "antibiotic"]] == 0).all()


def crp_apart(study, rows=slice(None)):
    """How far apart ill and well lie in the archive's CRP, in standard deviations."""
    logs, y = np.log(study.X["crp"])[rows] / 0.8, study.y[rows]
    return logs[y == 1].mean() - logs[y == 0].mean()


def test_late_blood_is_in_the_archive_with_its_hour_and_not_on_the_screen():
    plain = make_admissions(20_000, n_fresh=2, random_state=0)
    study = make_admissions(20_000, n_fresh=20_000, delayed=0.4, random_state=0)
    hours = study.info["hours"]
    assert hours.shape == study.X.shape and list(hours) == list(study.X)
    late = hours["crp"] > 1
    assert late.mean() == pytest.approx(0.4, abs=0.015)
    assert (late == (hours["lactate"] > 1)).all() and (hours["temperature"] == 0.2).all()
    assert (hours["crp"][late] - 0.8).between(1, 12).all()
    assert study.X.notna().all().all()
    assert study.fresh.X["crp"].isna().mean() == pytest.approx(0.4, abs=0.015)
    assert crp_apart(study, ~late.to_numpy()) == pytest.approx(crp_apart(plain), abs=0.08)
    assert crp_apart(study, late.to_numpy()) == pytest.approx(crp_apart(plain) + 1.5, abs=0.08)


def test_a_value_that_is_written_over_keeps_its_hour():
    plain = make_admissions(20_000, n_fresh=20_000, random_state=0)
    study = make_admissions(20_000, n_fresh=20_000, corrected=0.4, random_state=0)
    pd.testing.assert_frame_equal(study.info["hours"], plain.info["hours"])
    assert crp_apart(study) == pytest.approx(crp_apart(plain) + 0.4 * 1.5, abs=0.06)
    assert crp_apart(study.fresh) == pytest.approx(crp_apart(plain.fresh), abs=0.06)
    later = make_admissions(20_000, n_fresh=20_000, corrected=0.4, decision=24, random_state=0)
    assert crp_apart(later.fresh) == pytest.approx(crp_apart(plain) + 0.4 * 1.5, abs=0.06)


def test_the_flights_of_the_day_lack_what_is_known_after_departure():
    study = course.load("target_leak").world("arrivals").make(random_state=0)
    after = ["dep_delay", "air_time"]
    assert list(study.X.columns[-2:]) == after
    assert study.deployment.X[after].isna().all().all()
    assert study.X.notna().all().all()
    assert study.deployment.X.drop(columns=after).notna().all().all()
