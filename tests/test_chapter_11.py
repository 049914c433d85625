import numpy as np
import pytest

from pitfalls import course
from pitfalls.datasets import (
    load_biopsies,
    make_fund_archive,
    make_rated_comments,
    make_referrals,
)


@pytest.fixture
def rng():
    return np.random.default_rng(11)


# The generators


@pytest.mark.parametrize("strength", [0, 0.4, 1])
def test_the_study_of_clear_cases_has_nobody_in_the_middle(strength):
    study = make_referrals(strength=strength, random_state=0)
    cut = study.info["cut"]
    assert cut == pytest.approx(1.5 * strength)
    for part in (study, study.fresh):
        severity = part.meta["severity"]
        assert np.abs(severity).min() >= cut
        np.testing.assert_array_equal(part.y, severity > 0)
    severity = study.deployment.meta["severity"]
    assert (np.abs(severity) > cut).mean() == pytest.approx(study.info["clear_share"], abs=0.02)
    assert severity.std() == pytest.approx(1, abs=0.03)


def test_fresh_patients_are_recruited_as_those_of_the_study():
    for options in ({}, {"slips": 0.2}, {"leaves_out": "anybody"}):
        study = make_referrals(8_000, strength=0.8, random_state=1, **options)
        ours, theirs = study.meta["severity"], study.fresh.meta["severity"]
        deciles = np.quantile(np.abs(theirs), np.linspace(0.1, 0.9, 9))
        shares = [(np.abs(ours) < value).mean() for value in deciles]
        np.testing.assert_allclose(shares, np.linspace(0.1, 0.9, 9), atol=0.03)


def test_the_register_holds_the_study_and_those_who_went():
    study = make_referrals(600, strength=1, random_state=2)
    register, steps = study.info["register"], study.info["steps"]
    kept = np.logical_and.reduce(list(steps.values()))
    assert kept.sum() == 600 and kept[-1], "it ends with the last one recruited"
    assert all(len(keep) == len(register) for keep in steps.values())
    assert steps["gave consent"].mean() == pytest.approx(0.85, abs=0.03)
    assert steps["diagnosis clear"].mean() == pytest.approx(study.info["clear_share"], abs=0.03)
    r = np.corrcoef(register["symptoms"][kept], study.meta["severity"])[0, 1]
    assert r > 0.85, "the rows of the study are those of the register"


@pytest.mark.parametrize("prevalence", [0.1, 0.6])
def test_the_ill_may_be_rare_or_common(prevalence):
    study = make_referrals(8_000, prevalence=prevalence, strength=0.8, slips=0.1, random_state=2)
    assert study.deployment.y.mean() == pytest.approx(prevalence, abs=0.015)
    assert study.collect(5_000).y.mean() == pytest.approx(prevalence, abs=0.02)
    severity, cut = study.deployment.meta["severity"], study.info["cut"]
    assert (severity.abs() > cut).mean() == pytest.approx(study.info["clear_share"], abs=0.02)
    for side in (-1, 1):  # fresh patients are recruited as those of the study were
        here, there = (
            (side * part.meta["severity"] > cut).mean() for part in (study, study.fresh)
        )
        assert here == pytest.approx(there, abs=0.02)
    best = make_referrals(n_markers=1, prevalence=prevalence, n_fresh=40_000, random_state=4)
    cuts = np.quantile(best.deployment.X, np.linspace(0, 1, 201))
    reached = max(((best.deployment.X[:, 0] > c) == best.deployment.y).mean() for c in cuts)
    assert reached == pytest.approx(best.truth["bayes"], abs=0.012)


def test_markers_may_vary_together():
    study = make_referrals(effect=0, correlation=0.6, n_fresh=20_000, random_state=0)
    r = np.corrcoef(study.deployment.X.T)
    assert r[~np.eye(5, dtype=bool)] == pytest.approx(0.6, abs=0.03)
    assert study.deployment.X.std(axis=0) == pytest.approx(1, abs=0.03)


def test_mild_disease_may_have_signs_of_its_own():
    study = make_referrals(early=1, effect=1, n_fresh=40_000, random_state=0)
    severity, X = study.deployment.meta["severity"].to_numpy(), study.deployment.X
    grave, mild = np.abs(severity) > 1.5, np.abs(severity) < 1
    side = np.sign(severity)[:, None]
    assert (side * X)[grave].mean(axis=0)[:2] == pytest.approx(0, abs=0.06)
    assert (side * X)[mild].mean(axis=0)[2:] == pytest.approx(0, abs=0.03)
    assert (side * X)[grave].mean(axis=0)[2:].min() > 0.5
    assert (side * X)[mild].mean(axis=0)[:2].min() > 0.4
    assert np.isnan(study.truth["bayes"])
    assert make_referrals(early=1, n_markers=1, n_fresh=2).X.shape == (1_000, 1)


def test_unclear_patients_may_be_lost_in_the_follow_up():
    study = make_referrals(lost=0.6, strength=1, random_state=0)
    clear = study.info["clear_share"]
    found = study.collect(20_000).meta["severity"].abs() > study.info["cut"]
    assert found.mean() == pytest.approx(clear / (clear + 0.4 * (1 - clear)), abs=0.012)
    all_clear = make_referrals(lost=0.6, strength=0, random_state=0).collect(500)
    assert len(all_clear) == 500


def test_slips_are_the_share_of_unclear_patients_that_is_recruited():
    study = make_referrals(20_000, slips=0.3, strength=1, random_state=3)
    clear = study.info["clear_share"]
    unclear = (np.abs(study.meta["severity"]) < study.info["cut"]).mean()
    assert unclear == pytest.approx(0.3 * (1 - clear) / (clear + 0.3 * (1 - clear)), abs=0.015)


def test_the_best_model_of_all_patients_is_as_good_as_the_truth_says():
    study = make_referrals(effect=0.8, n_fresh=40_000, random_state=4)
    best = study.deployment.X.sum(axis=1) > 0
    assert (best == study.deployment.y).mean() == pytest.approx(study.truth["bayes"], abs=0.01)


def test_funds_have_no_skill_and_the_archive_forgets_the_closed():
    study = make_fund_archive(2_000, n_fresh=20_000, strength=1, random_state=0)
    everybody = study.deployment
    error = everybody.y.std() / np.sqrt(len(everybody))
    assert abs(everybody.y.mean()) < 4 * error
    assert study.meta["listed"].all() and study.fresh.meta["listed"].all()
    closed = ~everybody.meta["listed"].to_numpy()
    assert closed.mean() == pytest.approx(study.truth["closed"]) and 0.4 < closed.mean() < 0.65
    assert (everybody.y[closed] < 100 / 5 * np.log(0.85)).all()
    assert (study.y >= 100 / 5 * np.log(0.85)).all() and study.y.mean() > 3


def test_funds_of_one_period_share_its_market():
    study = make_fund_archive(500, n_fresh=2_000, in_common=0.5, strength=0, random_state=3)
    assert np.corrcoef(study.X[:60])[np.triu_indices(60, 1)].mean() == pytest.approx(0.5, abs=0.12)
    together = np.corrcoef(study.X.mean(axis=0), study.collect(500).X.mean(axis=0))[0, 1]
    apart = np.corrcoef(study.X.mean(axis=0), study.deployment.X.mean(axis=0))[0, 1]
    assert together > 0.97 and abs(apart) < 0.6
    wide = make_fund_archive(2_000, calm=0.01, bold=0.1, n_fresh=2, random_state=0).X.std(axis=1)
    assert wide.min() < 1.2 and wide.max() > 9
    with pytest.raises(ValueError, match=r"bold=0.01"):
        make_fund_archive(40, calm=0.02, bold=0.01)


def test_at_strength_0_no_fund_closes():
    study = make_fund_archive(500, strength=0, random_state=1)
    assert study.deployment.meta["listed"].all() and study.truth["closed"] == 0
    assert (study.deployment.meta["months"] == 60).all()


@pytest.mark.parametrize(("strength", "wanted"), [(0, 5), (0.25, 6), (0.5, 7), (1, 9)])
def test_raters_agree_as_far_as_the_study_asks(strength, wanted):
    study = make_rated_comments(strength=strength, random_state=0)
    assert study.info["wanted"] == wanted
    for part in (study, study.fresh):
        assert part.meta["agreement"].min() == wanted
    assert study.deployment.meta["agreement"].min() == 5
    assert study.collect(1_000).meta["agreement"].min() == 5


def test_rude_comments_may_be_rare_and_scores_weak():
    study = make_rated_comments(rude=0.1, doubt=0.1, n_fresh=20_000, random_state=0)
    assert study.deployment.y.mean() == pytest.approx(0.1, abs=0.012)
    for effect in (0, 1):
        study = make_rated_comments(effect=effect, n_fresh=20_000, random_state=0)
        r = np.corrcoef(study.deployment.X.sum(axis=1), study.deployment.y)[0, 1]
        assert (abs(r) < 0.03) if effect == 0 else r > 0.5


def test_an_even_number_of_raters_is_named():
    with pytest.raises(ValueError, match="n_raters=4 must be odd"):
        make_rated_comments(40, n_raters=4)


def test_an_unknown_way_of_leaving_out_is_named():
    with pytest.raises(ValueError, match="leaves_out='nobody' must be one of unclear, anybody"):
        make_referrals(40, leaves_out="nobody")


def test_clear_biopsies_lie_far_from_the_boundary_and_no_row_is_used_twice():
    study = load_biopsies(random_state=0)
    near = study.deployment.meta["distance"].min()
    assert near < study.fresh.meta["distance"].min() * 0.5
    assert study.meta["distance"].min() > near
    more = study.collect(200)
    for part in (study, more):
        assert len(set(part.meta["row"])) == 200
        assert set(part.meta["row"]).isdisjoint(study.deployment.meta["row"])
    assert set(study.fresh.meta["row"]) < set(study.deployment.meta["row"])
    assert more.meta["distance"].min() < study.meta["distance"].min()
    with pytest.raises(ValueError, match=r"n_samples=379 with left_out=0.4: there are only \d+"):
        load_biopsies(379)


# The protocols


def test_where_nobody_is_left_out_the_weighted_claim_is_the_claim():
    world = course.load("biased_sample").world("slips")
    study = world.make(strength=0, random_state=0)
    weighted = study.run(world.fixes["weight_the_strata"])
    assert weighted.claimed == pytest.approx(study.run(world.pitfall).claimed)


def test_weights_cannot_speak_for_an_empty_stratum():
    lesson = course.load("biased_sample")
    weight = lesson.world("slips").fixes["weight_the_strata"]
    study = lesson.world("spectrum").make(strength=1, random_state=0)
    nothing = pytest.raises(ValueError, match=r"claimed=.*nan.* must be a finite number")
    with pytest.warns(RuntimeWarning), nothing:
        weight(study.development)
