"""What the notebooks on pictures build for themselves."""

import numpy as np
import pytest

from pitfalls import course, evidence
from pitfalls.datasets import make_tank_scenes
from pitfalls.evidence.contract import UNIT_MARGIN
from pitfalls.study import Sample
from pitfalls.vision import ImageClassifier


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


def test_archive_and_new_photographs_get_as_much_of_the_training(in_chapter_08):
    half_and_half = in_chapter_08("half_and_half", "helper")
    weights = half_and_half(1_000, 50)
    assert weights.shape == (1_050,) and weights[:1_000].sum() == pytest.approx(
        weights[1_000:].sum()
    )
    assert half_and_half(10, 0).shape == (10,)


@pytest.mark.parametrize(
    ("chapter", "experiment", "dial"),
    [
        ("tank_background", "training", "strength"),
        ("hidden_variable", "training", "strength"),
        ("robustness", "epochs", "loud"),
    ],
)
def test_training_is_not_the_dial(chapter, experiment, dial):
    """Twice as many epochs move no mean score in the field by the margin."""
    rows = evidence.read(course.load(chapter).experiment(experiment))
    field = rows.pivot_table("deployed", dial, "epochs")
    assert (field[120] - field[60]).abs().max() < UNIT_MARGIN


def test_what_stops_early_has_not_learned():
    rows = evidence.read(course.load("tank_background").experiment("training"))
    assert rows.query("epochs == 60")["trained"].min() > 0.98
    field = rows.pivot_table("deployed", "strength", "epochs")
    assert field[60][0.8] - field[10][0.8] > 0.1


def test_the_remedies_train_the_network_of_the_claim(in_chapter_08):
    make_network, pitfall = in_chapter_08("make_network", "helper"), ImageClassifier
    assert make_network(3).get_params() == pitfall(random_state=3).get_params()
    assert make_network(3, 1).get_params() == pitfall(weight_decay=1, random_state=3).get_params()


def test_the_auc_within_postures_leaves_out_pairs_across_them(in_chapter_09):
    auc_within = in_chapter_09("auc_within", "helper")
    y, posture = np.array([0, 1, 0, 1]), np.array([1, 1, 0, 0])
    assert auc_within(y, np.array([2, 3, 0, 1]), posture) == 1
    assert auc_within(y, np.array([3, 2, 0, 1]), posture) == 0.5
