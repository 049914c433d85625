import copy
import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

from pitfalls import datasets
from pitfalls.study import Claim, Development, Sample, Score, Services, Study


def collect(n, rng):
    return Sample(rng.normal(size=(n, 2)), rng.integers(0, 2, n))


@pytest.fixture
def study():
    y = np.arange(20) % 2
    sample = Sample(np.ones((5, 2)), np.zeros(5))
    return Study(
        X=np.arange(40.0).reshape(20, 2),
        y=y,
        meta=pd.DataFrame({"site": np.arange(20)}),
        fresh=sample,
        deployment=sample,
        info={"horizon": 3, "names": pd.Series(["a", "b"])},
        truth={"mask": np.ones(2, dtype=bool), "bayes": 0.8},
        strength=0.5,
        random_state=1,
        services=Services(
            np.random.SeedSequence(7),
            collect=collect,
            annotations={"posture": np.arange(20) * 10},
            gold=1 - y,
        ),
    )


# What an analyst is handed


def test_development_is_what_an_analyst_has_and_nothing_else(study):
    data = study.development
    assert isinstance(data, Development) and len(data) == 20
    np.testing.assert_array_equal(data.X, study.X)
    assert data.info["horizon"] == 3 and list(data.meta["site"]) == list(range(20))
    seen = {name for name in dir(data) if not name.startswith("_")}
    assert seen == {"X", "y", "meta", "info", "seed", "collect", "annotate", "relabel"}


@pytest.mark.parametrize("make", [getattr(datasets, name) for name in datasets.__all__
                                  if name.startswith("make_")])  # fmt: skip
def test_nothing_an_analyst_is_handed_leads_to_what_only_the_simulator_knows(make):
    study = make(60, n_fresh=30, random_state=0)
    hidden = {id(study), id(study.fresh), id(study.deployment), id(study.truth)}
    arrays = [v for v in study.truth.values() if isinstance(v, np.ndarray) and v.size > 20]
    arrays += [study.fresh.y, study.deployment.y]
    reached, waiting = set(), [study.development]
    while waiting:
        here = waiting.pop()
        if id(here) in reached or isinstance(here, (str, bytes, int, float, type(None))):
            continue
        reached.add(id(here))
        assert id(here) not in hidden
        if isinstance(here, np.ndarray):
            assert not any(here is a or here.base is a for a in arrays)
        elif isinstance(here, dict):
            waiting += here.values()
        elif isinstance(here, Development):
            # Python keeps no secrets: what is sold lies behind an underscore, to be paid for.
            waiting += [getattr(here, name) for name in ("X", "y", "meta", "info", "seed")]
    assert len(reached) > 3


def test_what_one_analyst_does_to_the_data_reaches_no_other():
    y = np.arange(6) % 2
    frame = pd.DataFrame({"a": np.arange(6.0)})
    study = Study.of(Sample(frame, y, pd.DataFrame({"site": y})), Sample(frame, y))
    first = study.development
    first.X["answer"] = y
    first.X.iloc[0, 0] = 99
    first.X.index = range(10, 16)
    del first.meta["site"]
    first.info["told"] = 1
    for other in (study.development, study):
        assert list(other.X.columns) == ["a"] and other.X.iloc[0, 0] == 0
        assert list(other.X.index) == list(range(6)) and "site" in other.meta
        assert "told" not in other.info
    assert frame.iloc[0, 0] == 0 and list(frame) == ["a"]


def test_scoring_does_not_change_the_rows_that_others_are_scored_on(study):
    def spoil(sample):
        sample.meta["seen"] = 1
        return 0.5

    study.settle(Claim(0.5, (0, 1), spoil))
    assert "seen" not in study.fresh.meta


def test_the_analysts_seed_goes_with_the_study_and_does_not_make_it():
    def seed(random_state):
        study = datasets.make_screening(20, n_fresh=2, random_state=random_state)
        assert study.development.seed == study.development.seed
        return study.development.seed

    seeds = [seed(s) for s in range(50)]
    assert len(set(seeds)) == 50 and not set(seeds) & set(range(50))
    assert seed(3) == seeds[3] == seed(np.random.default_rng(3))


# What becomes of a claim


def test_a_claim_is_settled_on_both_draws(study):
    other = dataclasses.replace(study, deployment=Sample(np.ones((4, 2)), np.ones(4)))
    claim = Claim(0.9, (0.8, 1.0), lambda sample: sample.y.mean(), cost=3, measures={"n": 7})
    score = other.settle(claim)
    assert (score.claimed, score.fresh, score.deployed) == (0.9, 0.0, 1.0)
    assert (score.interval, score.cost, score.measures) == ((0.8, 1.0), 3, {"n": 7})


def test_a_mapping_gives_measures_of_both_draws(study):
    claim = Claim(0.9, (0, 1), lambda s: {"score": 0.5, "worst": len(s)}, measures={"n": 7})
    found = study.settle(claim)
    assert found.fresh == found.deployed == 0.5
    assert found.measures == {"n": 7, "fresh_worst": 5, "deployed_worst": 5}


def test_one_population_is_asked_once(study):
    asked = []
    study.settle(Claim(0.9, (0, 1), lambda sample: asked.append(1) or 0.5))
    assert len(asked) == 1


def test_run_hands_over_the_data_and_settles(study):
    def protocol(data):
        assert isinstance(data, Development)
        return Claim(data.y.mean(), (0, 1), lambda sample: 0.25)

    assert study.run(protocol) == Score(0.5, (0, 1), 0.25, 0.25)


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (ValueError, (float("nan"), (0, 1), abs), "claimed=nan must be a finite number"),
        (ValueError, (0.9, (1.0, 0.8), abs), r"interval=\(1.0, 0.8\) must be \(low, high\)"),
        (ValueError, (0.9, (float("nan"), 1), abs), r"interval=\(nan, 1\) must be"),
        (TypeError, (0.9, (0, 1), 0.5), "score=0.5 must be a function of a sample"),
    ],
)
def test_a_faulty_claim_is_refused(kind, arguments, message):
    with pytest.raises(kind, match=message):
        Claim(*arguments)


@pytest.mark.parametrize(
    ("kind", "score", "message"),
    [
        (ValueError, lambda s: float("nan"), "the score on fresh=nan must be a finite number"),
        (ValueError, lambda s: {"worst": 1}, r"score returned \['worst'\] of fresh, and no"),
        (TypeError, lambda s: None, "NoneType"),
    ],
)
def test_a_score_that_is_none_is_refused(study, kind, score, message):
    with pytest.raises(kind, match=message):
        study.settle(Claim(0.9, (0, 1), score))


def test_only_claims_are_settled(study):
    with pytest.raises(TypeError, match="claim=0.9 must be a Claim, not float"):
        study.settle(0.9)


def test_gap_is_optimism_plus_shift():
    score = Score(claimed=0.9, interval=(0.8, 1.0), fresh=0.7, deployed=0.6)
    assert score.optimism == pytest.approx(0.2)
    assert score.shift == pytest.approx(0.1)
    assert score.gap == pytest.approx(score.optimism + score.shift)
    assert "claimed   0.90" in str(score)


@pytest.mark.parametrize("interval", [(1.0, 0.8), (float("nan"), 1.0)])
def test_an_interval_must_be_ordered(interval):
    with pytest.raises(ValueError, match=r"interval=\("):
        Score(claimed=0.9, interval=interval, fresh=0.7, deployed=0.6)


def test_scores_can_be_kept_in_a_set():
    assert len({Score(0.9, (0, 1), 0.7, 0.6, measures={"n": 1}) for _ in range(2)}) == 1


# Rows


@pytest.mark.parametrize("name", ["X", "y"])
def test_arrays_cannot_be_written(study, name):
    for rows in (study, study.development, study.fresh):
        with pytest.raises(ValueError, match="read-only"):
            getattr(rows, name)[0] = 5


def test_the_truth_cannot_be_written(study):
    with pytest.raises(ValueError, match="read-only"):
        study.truth["mask"][0] = False
    with pytest.raises(dataclasses.FrozenInstanceError):
        study.strength = 1


def test_the_callers_array_stays_writeable():
    X = np.zeros((3, 1))
    Sample(X, np.zeros(3))
    X[0] = 1
    assert X[0] == 1


def test_a_wide_frame_stays_in_one_piece():
    frame = pd.DataFrame(np.zeros((5, 800)))
    assert len(Sample(frame, np.zeros(5)).X._mgr.blocks) == 1


def test_rows_must_agree():
    with pytest.raises(ValueError, match="X has 4 rows but y has 3"):
        Sample(np.zeros((4, 1)), np.zeros(3))
    with pytest.raises(ValueError, match="meta has 2 rows"):
        Sample(np.zeros((3, 1)), np.zeros(3), pd.DataFrame({"a": [1, 2]}))


def test_knowing_adds_to_what_the_analyst_knows(study):
    more = study.knowing(share=0.4)
    assert more.development.info["share"] == 0.4 and more.info["horizon"] == 3
    assert "share" not in study.development.info and "share" not in more.info
    assert more.strength == study.strength


# What can be bought


def test_services_are_pure(study):
    before = study.X.copy()
    for buyer in (study, study.development):
        first, again = buyer.collect(4), buyer.collect(4)
        np.testing.assert_array_equal(first.X, again.X)
        assert len(first) == 4
        posture = buyer.annotate("posture", 6)
        assert posture.equals(buyer.annotate("posture", 6))
        np.testing.assert_array_equal(posture.to_numpy(), posture.index.to_numpy() * 10)
        np.testing.assert_array_equal(buyer.relabel([0, 3]), 1 - study.y[[0, 3]])
    np.testing.assert_array_equal(study.X, before)


def test_annotation_draws_rows_at_random(study):
    assert list(study.annotate("posture", 6).index) != list(range(6))


@pytest.mark.parametrize(
    ("kind", "call", "message"),
    [
        (ValueError, lambda s: s.collect(0), "n=0"),
        (TypeError, lambda s: s.collect(2.5), "n=2.5"),
        (ValueError, lambda s: s.annotate("weight", 2), "name='weight' .*posture"),
        (ValueError, lambda s: s.annotate("posture", 21), "n=21 .* 20 rows"),
        (TypeError, lambda s: s.relabel(s.y == 1), "np.flatnonzero.mask. makes positions"),
        (TypeError, lambda s: s.relabel([1.9]), "must be positions, whole numbers from 0"),
        (ValueError, lambda s: s.relabel([1, -1]), "rows holds -1; positions go from 0 to 19"),
        (ValueError, lambda s: s.relabel([20]), "rows holds 20; positions go from 0 to 19"),
    ],
)
def test_service_errors_name_the_argument(study, kind, call, message):
    with pytest.raises(kind, match=message):
        call(study.development)


def test_a_study_without_services_says_so(study):
    bare = dataclasses.replace(study, services=None).development
    for call in (
        lambda: bare.collect(1),
        lambda: bare.annotate("a", 1),
        lambda: bare.relabel([0]),
    ):
        with pytest.raises(ValueError, match="here|in this study"):
            call()


# Elsewhere


@pytest.mark.parametrize("travel", [lambda s: pickle.loads(pickle.dumps(s)), copy.deepcopy])
@pytest.mark.parametrize("name", [n for n in datasets.__all__ if n.startswith("make_")])
def test_a_study_can_be_sent_to_another_process(name, travel):
    study = getattr(datasets, name)(40, n_fresh=20, random_state=0)
    arrived = travel(study)
    pd.testing.assert_frame_equal(pd.DataFrame(study.meta), pd.DataFrame(arrived.meta))
    np.testing.assert_array_equal(np.asarray(study.y), np.asarray(arrived.y))
    np.testing.assert_array_equal(np.asarray(study.fresh.y), np.asarray(arrived.fresh.y))
    if study.services.collect is not None:
        bought, there = study.collect(5), arrived.collect(5)
        np.testing.assert_array_equal(np.asarray(bought.X), np.asarray(there.X))
