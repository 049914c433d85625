"""What the notebooks on pictures build for themselves."""

import numpy as np
import pytest

from pitfalls import course
from pitfalls.datasets import make_tank_scenes
from pitfalls.study import Sample


@pytest.fixture(scope="module")
def remedies():
    return course.load("tank_background").world().pages.namespaces["08d_remedies"]


@pytest.fixture(scope="module")
def hidden():
    return course.load("hidden_variable").world().pages.namespaces["09d_numbers"]


@pytest.fixture(scope="module")
def study():
    return make_tank_scenes(200, n_fresh=2, strength=0.5, light=0, random_state=0)


def test_a_swapped_picture_keeps_its_vehicle_and_changes_its_weather(remedies, study):
    mask = study.truth["mask"]
    sample = Sample(study.X, study.y, study.meta)
    swapped = remedies["swap_weather"](sample, mask)
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


def test_a_cut_out_shows_the_vehicle_alone(remedies, study):
    mask = study.truth["mask"]
    cut = remedies["cut_out"](study.X, mask)
    assert np.array_equal(cut[mask], study.X[mask]) and np.unique(cut[~mask]).size == 1
    shape = remedies["silhouette"](study.X, mask)
    assert np.array_equal(shape > 200, mask) and np.unique(shape).size == 2


def test_shares_of_the_training_are_what_was_asked_for(remedies):
    weights = remedies["weights_for"](0.25, 1_000, 50)
    assert weights.shape == (1_050,) and weights.sum() == pytest.approx(1)
    assert weights[1_000:].sum() == pytest.approx(0.25)
    assert remedies["weights_for"](0, 10, 0).shape == (10,)


def test_the_auc_within_postures_leaves_out_pairs_across_them(hidden):
    y, posture = np.array([0, 1, 0, 1]), np.array([1, 1, 0, 0])
    assert hidden["auc_within"](y, np.array([2, 3, 0, 1]), posture) == 1
    assert hidden["auc_within"](y, np.array([3, 2, 0, 1]), posture) == 0.5
