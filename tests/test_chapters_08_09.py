"""What the notebooks on pictures build for themselves."""

import numpy as np
import pytest

from pitfalls import course
from pitfalls.datasets import make_tank_scenes
from pitfalls.study import Sample


@pytest.fixture(scope="module")
def in_chapter_08():
    return course.load("tank_background").world().find


@pytest.fixture(scope="module")
def in_chapter_09():
    return course.load("hidden_variable").world().find


@pytest.fixture(scope="module")
def study():
    return make_tank_scenes(200, n_fresh=2, strength=0.5, light=0, random_state=0)


def test_a_swapped_picture_keeps_its_vehicle_and_changes_its_weather(in_chapter_08, study):
    mask = study.truth["mask"]
    sample = Sample(study.X, study.y, study.meta)
    swapped = in_chapter_08("swap_weather", "helper")(sample, mask)
    assert np.array_equal(swapped[mask], study.X[mask])
    assert swapped.shape == study.X.shape and swapped.dtype == np.uint8
    cloudy = (study.meta["weather"] == "clouds").to_numpy()
    blue = [
        X[:, :5, :, 2].mean(axis=(1, 2)) - X[:, :5, :, 0].mean(axis=(1, 2))
        for X in (study.X, swapped)
    ]
    clear = (blue[0][cloudy].mean() + blue[0][~cloudy].mean()) / 2
    assert ((blue[0] > clear) == ~cloudy).mean() > 0.9
    assert ((blue[1] > clear) == cloudy).mean() > 0.9


def test_a_cut_out_shows_the_vehicle_alone(in_chapter_08, study):
    mask = study.truth["mask"]
    cut = in_chapter_08("cut_out", "helper")(study.X, mask)
    assert np.array_equal(cut[mask], study.X[mask]) and np.unique(cut[~mask]).size == 1
    shape = in_chapter_08("silhouette", "helper")(study.X, mask)
    assert np.array_equal(shape > 200, mask) and np.unique(shape).size == 2


def test_shares_of_the_training_are_what_was_asked_for(in_chapter_08):
    weights_for = in_chapter_08("weights_for", "helper")
    weights = weights_for(0.25, 1_000, 50)
    assert weights.shape == (1_050,) and weights.sum() == pytest.approx(1)
    assert weights[1_000:].sum() == pytest.approx(0.25)
    assert weights_for(0, 10, 0).shape == (10,)


def test_the_auc_within_postures_leaves_out_pairs_across_them(in_chapter_09):
    auc_within = in_chapter_09("auc_within", "helper")
    y, posture = np.array([0, 1, 0, 1]), np.array([1, 1, 0, 0])
    assert auc_within(y, np.array([2, 3, 0, 1]), posture) == 1
    assert auc_within(y, np.array([3, 2, 0, 1]), posture) == 0.5
