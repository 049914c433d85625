"""How far a score moves for no reason."""

import numpy as np
import pytest

from pitfalls.checks import noise_floor


def spread(by):
    return lambda X, y, seed: 0.8 + by * np.random.default_rng(seed).normal()


def test_the_floor_is_that_of_two_runs():
    (found,) = noise_floor(spread(0.01), None, None, seeds=400)
    assert found.verdict == "not checked"
    assert found.value == pytest.approx(0.01 * 1.97 * 2**0.5, rel=0.1)
    assert "pass improvement=" in found.says


def test_an_improvement_within_the_floor_is_suspect():
    assert noise_floor(spread(0.01), None, None, improvement=0.02).verdict == "suspect"
    assert noise_floor(spread(0.01), None, None, improvement=-0.02).verdict == "suspect"
    assert noise_floor(spread(0.01), None, None, improvement=0.1).verdict == "clean"
    assert noise_floor(spread(0.01), None, None, improvement=0.02, averaged=10).verdict == "clean"


def test_a_seed_that_does_nothing_is_said():
    (found,) = noise_floor(lambda X, y, seed: 0.7, None, None, improvement=0.1)
    assert found.verdict == "not checked"
    assert "0.7 for every seed; hand the seed on" in found.says


def test_runs_without_a_number():
    (found,) = noise_floor(lambda X, y, seed: np.nan, None, None)
    assert found.verdict == "not checked"
    assert noise_floor(spread(1), None, None, seeds=[3, 1, 4, 15, 9]).verdict == "not checked"


def test_errors_say_what_would_be_right():
    with pytest.raises(TypeError, match="must be a function of X, y and a seed"):
        noise_floor(lambda X, y: 0.5, None, None)
    with pytest.raises(ValueError, match="seeds=2 must be a whole number from 5"):
        noise_floor(spread(1), None, None, seeds=2)
    with pytest.raises(ValueError, match=r"len\(seeds\)=2 must be"):
        noise_floor(spread(1), None, None, seeds=[1, 2])
    with pytest.raises(TypeError, match="improvement='much'"):
        noise_floor(spread(1), None, None, improvement="much")
