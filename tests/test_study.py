import dataclasses

import numpy as np
import pandas as pd
import pytest

from pitfalls.study import Sample, Score, Services, Study


@pytest.fixture
def study():
    y = np.arange(20) % 2
    sample = Sample(np.ones((5, 2)), np.zeros(5))

    def collect(n, rng):
        return Sample(rng.normal(size=(n, 2)), rng.integers(0, 2, n))

    return Study(
        X=np.arange(40.0).reshape(20, 2),
        y=y,
        meta=pd.DataFrame({"site": np.arange(20)}),
        fresh=sample,
        deployment=sample,
        info={"horizon": 3},
        truth={"mask": np.ones(2, dtype=bool)},
        strength=0.5,
        random_state=1,
        services=Services(
            np.random.SeedSequence(7),
            collect=collect,
            annotations={"posture": np.arange(20) * 10},
            gold=1 - y,
        ),
    )


def test_gap_is_optimism_plus_shift():
    score = Score(claimed=0.9, interval=(0.8, 1.0), fresh=0.7, deployed=0.6)
    assert score.optimism == pytest.approx(0.2)
    assert score.shift == pytest.approx(0.1)
    assert score.gap == pytest.approx(score.optimism + score.shift)
    assert "claimed   0.90" in str(score)


def test_interval_must_be_ordered():
    with pytest.raises(ValueError, match=r"interval=\(1.0, 0.8\)"):
        Score(claimed=0.9, interval=(1.0, 0.8), fresh=0.7, deployed=0.6)


@pytest.mark.parametrize("name", ["X", "y"])
def test_arrays_cannot_be_written(study, name):
    with pytest.raises(ValueError, match="read-only"):
        getattr(study, name)[0] = 5
    with pytest.raises(ValueError, match="read-only"):
        getattr(study.fresh, name)[0] = 5


def test_frames_and_mappings_cannot_be_written(study):
    with pytest.raises(ValueError, match="read-only"):
        study.meta.loc[0, "site"] = 5
    with pytest.raises(ValueError, match="read-only"):
        study.truth["mask"][0] = False
    with pytest.raises(TypeError):
        study.info["horizon"] = 4
    with pytest.raises(dataclasses.FrozenInstanceError):
        study.strength = 1


def test_the_callers_array_stays_writeable():
    X = np.zeros((3, 1))
    Sample(X, np.zeros(3))
    X[0] = 1
    assert X[0] == 1


def test_rows_must_agree():
    with pytest.raises(ValueError, match="X has 4 rows but y has 3"):
        Sample(np.zeros((4, 1)), np.zeros(3))
    with pytest.raises(ValueError, match="meta has 2 rows"):
        Sample(np.zeros((3, 1)), np.zeros(3), pd.DataFrame({"a": [1, 2]}))


def test_services_are_pure(study):
    before = study.X.copy()
    first, again = study.collect(4), study.collect(4)
    np.testing.assert_array_equal(first.X, again.X)
    assert len(first) == 4
    posture = study.annotate("posture", 6)
    assert posture.equals(study.annotate("posture", 6))
    np.testing.assert_array_equal(posture.to_numpy(), posture.index.to_numpy() * 10)
    np.testing.assert_array_equal(study.relabel([0, 3]), 1 - study.y[[0, 3]])
    np.testing.assert_array_equal(study.X, before)


def test_annotation_draws_rows_at_random(study):
    assert list(study.annotate("posture", 6).index) != list(range(6))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.collect(0), "n=0"),
        (lambda s: s.collect(2.5), "n=2.5"),
        (lambda s: s.annotate("weight", 2), "name='weight' .*posture"),
        (lambda s: s.annotate("posture", 21), "n=21 .* 20 rows"),
    ],
)
def test_service_errors_name_the_argument(study, call, message):
    with pytest.raises(ValueError, match=message):
        call(study)


def test_a_study_without_services_says_so(study):
    bare = dataclasses.replace(study, services=None)
    for call in (
        lambda: bare.collect(1),
        lambda: bare.annotate("a", 1),
        lambda: bare.relabel([0]),
    ):
        with pytest.raises(ValueError, match="here|in this study"):
            call()
