"""Chapter 05: patients who can be told by their voice, and the check for shared groups."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, t
from sklearn.neighbors import KNeighborsClassifier

from pitfalls import course
from pitfalls.datasets import make_voice_recordings

# --- the generator ---------------------------------------------------------------------------


def patients(sample):
    return sample.meta["patient"].to_numpy()


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_the_dial_is_the_share_of_variance_that_is_the_patient(strength):
    study = make_voice_recordings(8_000, effect=0, strength=strength, random_state=0)
    frame = pd.DataFrame(study.X)
    within = frame.groupby(patients(study)).var().mean().mean()
    assert frame.var().mean() == pytest.approx(1, abs=0.03)
    assert 1 - within == pytest.approx(0.8 * strength, abs=0.03)
    assert study.truth["share"] == pytest.approx(0.8 * strength)


def test_a_disease_stays_and_a_state_changes():
    disease = make_voice_recordings(n_repeats=8, random_state=0)
    state = make_voice_recordings(n_repeats=8, changing=True, random_state=0)

    def labels(study):
        return pd.Series(study.y).groupby(patients(study)).nunique()

    assert (labels(disease) == 1).all() and 0.3 < disease.y.mean() < 0.7
    assert (labels(state) == 2).mean() > 0.9


def test_each_patient_changes_in_a_way_of_their_own():
    options = {"n_repeats": 400, "effect": 0, "identity": 1.0, "changing": True}
    study = make_voice_recordings(16_000, n_fresh=2, **options, random_state=0)
    frame = pd.DataFrame(study.X).groupby([patients(study), study.y])
    assert frame.var().to_numpy() == pytest.approx(0, abs=1e-12)
    levels = frame.mean().to_numpy().reshape(40, 2, -1)
    assert np.corrcoef(levels[:, 0].ravel(), levels[:, 1].ravel())[0, 1] == pytest.approx(
        0.5, abs=0.1
    )


def test_new_patients_are_new_and_known_ones_are_known():
    new = make_voice_recordings(random_state=0)
    known = make_voice_recordings(returning=True, random_state=0)
    np.testing.assert_array_equal(new.X, known.X)
    assert not set(patients(new)) & set(patients(new.fresh))
    assert len(set(patients(new.fresh))) == len(new.fresh)
    assert set(patients(known.fresh)) == set(patients(known))
    diagnosis = dict(zip(patients(known), known.y, strict=True))
    assert [diagnosis[who] for who in patients(known.fresh)] == known.fresh.y.tolist()
    bought = patients(new.collect(50))
    assert not set(bought) & {*patients(new), *patients(new.fresh)}


def test_the_last_patient_may_have_fewer_recordings():
    study = make_voice_recordings(21, n_repeats=8, n_fresh=2, random_state=0)
    assert np.bincount(patients(study)).tolist() == [8, 8, 5]


def test_the_best_accuracy_is_what_the_truth_says():
    study = make_voice_recordings(8, n_fresh=50_000, random_state=0)
    guess = study.fresh.X.sum(axis=1) > 0
    assert (guess == study.fresh.y).mean() == pytest.approx(study.truth["bayes"], abs=0.01)


def test_the_best_accuracy_knows_how_many_are_ill():
    study = make_voice_recordings(8, prevalence=0.2, n_fresh=50_000, random_state=0)
    assert study.fresh.y.mean() == pytest.approx(0.2, abs=0.01)
    apart = 2 * 0.15 * np.sqrt(20)
    rule = study.fresh.X.sum(axis=1) / np.sqrt(20) * apart > np.log(0.8 / 0.2)
    assert (rule == study.fresh.y).mean() == pytest.approx(study.truth["bayes"], abs=0.01)
    assert make_voice_recordings(8, prevalence=0.2, effect=0, n_fresh=2).truth["bayes"] == 0.8


def test_some_come_often_and_some_once():
    study = make_voice_recordings(uneven=1.0, n_fresh=2, random_state=0)
    counts = np.bincount(patients(study))
    assert len(study) == 960 and len(counts) == 120 and counts.min() >= 1
    assert counts.std() > counts.mean() / 2
    last = study.meta.groupby("patient")["day"].max()
    assert (last == study.meta["day"].max()).all() and study.meta["day"].min() >= 0


def test_a_double_is_the_same_person_under_another_number():
    options = {"identity": 1.0, "effect": 0, "n_fresh": 2, "random_state": 0}
    study = make_voice_recordings(doubles=0.2, **options)
    of_patient = pd.DataFrame(study.X).assign(y=study.y).groupby(patients(study)).first()
    twice = of_patient.round(9).duplicated(keep=False)
    assert twice.sum() == 24
    alone = pd.DataFrame(make_voice_recordings(**options).X[::8])
    assert not alone.round(9).duplicated().any()


@pytest.mark.parametrize("persistence", [0.4, 0.9])
def test_a_state_lasts(persistence):
    options = {"changing": True, "persistence": persistence, "prevalence": 0.3}
    study = make_voice_recordings(40_000, n_repeats=100, n_fresh=2, **options, random_state=0)
    y = study.y.reshape(400, 100)
    found = np.corrcoef(y[:, :-1].ravel(), y[:, 1:].ravel())[0, 1]
    assert found == pytest.approx(persistence, abs=0.03)
    assert y.mean() == pytest.approx(0.3, abs=0.03)


def test_a_voice_drifts():
    options = {"identity": 0, "effect": 0, "drift": 0.5, "memory": 0.9}
    study = make_voice_recordings(20_000, n_repeats=100, n_fresh=2, **options, random_state=0)
    X = study.X.reshape(200, 100, -1)
    assert X.var() == pytest.approx(1, abs=0.03)
    for lag in (1, 5):
        found = np.corrcoef(X[:, :-lag].ravel(), X[:, lag:].ravel())[0, 1]
        assert found == pytest.approx(0.5 * 0.9**lag, abs=0.02)


def test_the_next_days_follow_the_last_one():
    options = {"identity": 0.5, "changing": True, "returning": True, "n_fresh": 12_000}
    options |= {"persistence": 1.0, "drift": 1.0, "memory": 1.0, "effect": 0, "ahead": 4}
    study = make_voice_recordings(480, n_repeats=12, **options, random_state=0)
    last = study.meta["day"] == 11
    state = dict(zip(patients(study)[last], study.y[last], strict=True))
    sound = dict(zip(patients(study)[last], study.X[last], strict=True))
    assert [state[who] for who in patients(study.fresh)] == study.fresh.y.tolist()
    np.testing.assert_allclose([sound[who] for who in patients(study.fresh)], study.fresh.X)
    assert sorted(study.fresh.meta["day"].unique()) == [12, 13, 14, 15]
    assert np.bincount(patients(study.fresh)).min() > 200
    assert study.info["ahead"] == 4


@pytest.mark.parametrize(
    ("name", "bad"), [("prevalence", 0), ("uneven", -1), ("doubles", 2), ("own", -0.1),
                      ("persistence", 1.1), ("drift", 2), ("memory", -1), ("ahead", 0)],
)  # fmt: skip
def test_what_cannot_be_is_named(name, bad):
    with pytest.raises(ValueError, match=f"{name}={bad}"):
        make_voice_recordings(**{name: bad})


@pytest.mark.parametrize("name", ["changing", "returning"])
@pytest.mark.parametrize("bad", [1, "yes", None])
def test_yes_or_no_is_asked_for(name, bad):
    with pytest.raises(TypeError, match=f"{name}={bad!r}"):
        make_voice_recordings(**{name: bad})


# --- the protocols ---------------------------------------------------------------------------


def interval_over_groups():
    world = course.load("shared_subjects").world("disease")
    return world.fixes["split_by_patient"].__globals__["interval_over_groups"]


def test_the_interval_of_the_fix_is_over_patients():
    world = course.load("shared_subjects").world("disease")
    study = world.make(strength=1, random_state=5)
    score = study.run(world.fixes["split_by_patient"])
    low, high = score.interval
    assert low < score.claimed < high
    # Thirty test patients: between no and complete dependence of a patient's recordings.
    independent = t.ppf(0.975, 29) * np.sqrt(score.claimed * (1 - score.claimed) / 240)
    assert independent < (high - low) / 2 < independent * np.sqrt(8) * 1.2


def test_groups_that_are_alike_are_worth_one_toss_each():
    shares = pd.Series(np.repeat([1.0, 0.0], [24, 6]))
    low, high = interval_over_groups()(shares)
    exact = binomtest(24, 30).proportion_ci()
    assert (low, high) == pytest.approx((exact.low, exact.high), abs=0.02)
    longer = interval_over_groups()(pd.Series(np.full(30, 0.8)))
    assert high - low > longer[1] - longer[0]


def test_an_interval_at_the_edge_has_a_width():
    low, high = interval_over_groups()(pd.Series(np.ones(30)))
    assert high == 1 and 1 - 3.0 / 30 - 0.05 < low < 1 - 3.0 / 30  # the rule of three, two-sided
    assert interval_over_groups()(pd.Series(np.zeros(30))) == pytest.approx((0, 1 - low))


def test_both_pages_have_the_same_interval():
    lesson = course.load("shared_subjects")
    there = lesson.world("known").fixes["hold_out_last_days"].__globals__["interval_over_groups"]
    for shares in ([1.0, 1.0, 0.5], [0.0, 0.0], [0.6, 0.7, 0.9, 1.0]):
        values = pd.Series(shares)
        assert there(values) == interval_over_groups()(values)


def test_no_patient_of_the_fix_stands_on_both_sides():
    world = course.load("shared_subjects").world("disease")
    study = world.make(strength=1, random_state=0)
    split = world.fixes["split_by_patient"].__globals__["score_groups"]
    seen = {}

    class Spy(KNeighborsClassifier):
        def fit(self, X, y):
            seen["train"] = X
            return super().fit(X, y)

    split(study.development, Spy(5), study.meta["patient"])
    trained = {row.tobytes() for row in seen["train"]}
    in_training = np.array([row.tobytes() in trained for row in np.array(study.X)])
    shares = pd.Series(in_training).groupby(patients(study)).mean()
    assert sorted(shares.unique()) == [0, 1] and shares.sum() == 90
