"""What the simulated pictures promise."""

import numpy as np
import pytest

from pitfalls.datasets import make_chest_films, make_tank_scenes
from pitfalls.study import Study


def tanks(n=300, **options):
    return make_tank_scenes(n, **{"n_fresh": 2, "random_state": 0, **options})


@pytest.mark.parametrize("size", [16, 32, 48])
def test_outside_the_mask_the_picture_is_the_one_without_the_vehicle(size):
    study = tanks(200, size=size)
    mask, without = study.truth["mask"], study.truth["without"]
    assert np.array_equal(study.X[~mask], without[~mask])
    inside = (study.X != without).any(axis=3)
    assert inside[mask].mean() > 0.95
    share = mask.mean(axis=(1, 2))
    assert 0.04 < share.min() and share.max() < 0.4


def test_the_deployment_mask_fits_the_deployment_pictures():
    study = tanks(4, n_fresh=300, strength=0.9)
    pictures, mask = study.deployment.X, study.truth["deployment_mask"]
    assert np.array_equal(pictures[~mask], study.truth["deployment_without"][~mask])


def test_pictures_do_not_depend_on_how_many_are_made():
    few, many = tanks(130), tanks(300)
    assert np.array_equal(few.X, many.X[:130]) and np.array_equal(few.y, many.y[:130])
    assert few.meta.equals(many.meta[:130])
    some, more = tanks(4, n_fresh=130), tanks(4, n_fresh=300)
    assert np.array_equal(some.deployment.X, more.deployment.X[:130])


def test_fresh_pictures_do_not_depend_on_how_many_are_studied():
    few, many = tanks(4, n_fresh=40), tanks(300, n_fresh=40)
    assert np.array_equal(few.fresh.X, many.fresh.X)
    assert np.array_equal(few.collect(30).X, many.collect(30).X)


def test_the_dial_turns_the_weather_and_not_the_scenes():
    zero, full = tanks(strength=0), tanks(strength=1)
    assert np.array_equal(zero.y, full.y)
    same = (zero.meta["weather"] == full.meta["weather"]).to_numpy()
    assert 0.4 < same.mean() < 0.6
    assert np.array_equal(zero.X[same], full.X[same])
    assert np.array_equal(zero.truth["mask"].any(axis=(1, 2)), full.truth["mask"].any(axis=(1, 2)))


def agreement(sample, column="weather", value="clouds"):
    return np.corrcoef(sample.meta[column] == value, sample.y)[0, 1]


@pytest.mark.parametrize("strength", [0, 0.5, 0.95])
def test_weather_and_label_correlate_as_the_dial_says(strength):
    study = make_tank_scenes(4, n_fresh=4_000, size=16, strength=strength, random_state=1)
    margin = 4 * np.sqrt((1 - strength**2) / 4_000) + 1e-3
    assert abs(agreement(study.fresh) - strength) < margin
    assert abs(agreement(study.deployment)) < 4 / np.sqrt(4_000)
    assert study.fresh.y.mean() == 0.5
    assert abs((study.fresh.meta["weather"] == "clouds").mean() - 0.5) < 0.04
    assert np.array_equal(study.fresh.y, study.deployment.y)


@pytest.mark.parametrize("field", [-0.5, 0.3, 1])
def test_the_field_may_have_a_habit_of_its_own(field):
    study = make_tank_scenes(
        4, n_fresh=2_000, size=16, strength=0.8, field_strength=field, random_state=1
    )
    margin = 4 * np.sqrt((1 - field**2) / 2_000) + 1e-3
    assert abs(agreement(study.deployment) - field) < margin
    assert abs(agreement(study.collect(2_000)) - field) < margin
    usual = make_tank_scenes(4, n_fresh=2_000, size=16, strength=0.8, random_state=1)
    assert np.array_equal(study.X, usual.X) and np.array_equal(study.fresh.X, usual.fresh.X)


def test_where_the_populations_agree_they_are_one_object():
    study = tanks(4, n_fresh=100, strength=0)
    assert study.fresh is study.deployment


def test_the_hour_knows_nothing_in_deployment_even_where_it_cannot_be_seen():
    study = tanks(4, n_fresh=2_000, size=16, strength=0, dusk_strength=0.9)
    assert agreement(study.fresh, "hour", "evening") > 0.8
    assert abs(agreement(study.deployment, "hour", "evening")) < 0.1
    assert np.array_equal(study.fresh.X, study.deployment.X)


def test_the_hour_is_a_cue_of_its_own():
    study = make_tank_scenes(
        4, n_fresh=2_000, size=16, strength=0, dusk=1, dusk_strength=0.9, random_state=1
    )
    assert abs(agreement(study.fresh, "hour", "evening") - 0.9) < 0.05
    assert abs(agreement(study.fresh)) < 0.1
    assert abs(agreement(study.deployment, "hour", "evening")) < 0.1
    late, early = (study.fresh.meta["hour"] == hour for hour in ("evening", "noon"))
    redness = study.fresh.X[..., 0].mean(axis=(1, 2)) - study.fresh.X[..., 2].mean(axis=(1, 2))
    assert redness[late].mean() > redness[early].mean() + 10


def brightness(study, rows):
    sunny = (study.meta["weather"] == "sun").to_numpy()
    light = study.X[:, rows].mean(axis=(1, 2, 3), dtype=float)
    return light[sunny].mean() - light[~sunny].mean()


def test_sky_and_light_are_cues_of_their_own():
    land, sky = slice(20, 32), slice(0, 8)
    assert brightness(tanks(light=0, strength=0), land) < 3
    assert brightness(tanks(sky=0, strength=0), land) > 20
    assert abs(brightness(tanks(sky=0, light=0, strength=0), sky)) < 3


def test_without_any_cue_the_weather_cannot_be_seen():
    one, other = tanks(strength=0, sky=0, light=0), tanks(strength=1, sky=0, light=0)
    assert np.array_equal(one.X, other.X)


@pytest.mark.parametrize("size", [96, 128])
def test_a_poster_shows_the_scene_of_the_small_picture(size):
    small, poster = tanks(8, noise=0, strength=0), tanks(8, size=size, noise=0, strength=0)
    assert poster.X.shape == (8, size, size, 3)
    k = size // 32
    averaged = poster.X.reshape(8, 32, k, 32, k, 3).mean(axis=(2, 4))
    alike = [
        np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(averaged, small.X, strict=True)
    ]
    assert min(alike) > 0.6
    masks = poster.truth["mask"].reshape(8, 32, k, 32, k).mean(axis=(2, 4)) > 0.5
    assert (masks == small.truth["mask"]).mean() > 0.95


def test_masks_are_sold_one_by_one():
    study = tanks(60)
    bought = study.annotate("mask", 10)
    assert len(bought) == 10
    for row, mask in bought.items():
        assert np.array_equal(mask, study.truth["mask"][row])


def test_pictures_are_read_only_and_eight_bits_deep():
    study = tanks(8)
    assert isinstance(study, Study) and study.X.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        study.X[0] = 0


@pytest.mark.parametrize(
    ("name", "bad"),
    [("size", 8), ("size", 512), ("object_size", 0.9), ("noise", 2), ("softness", -0.1),
     ("likeness", 1.5), ("dusk_strength", 2), ("field_strength", -1.5)],
)  # fmt: skip
def test_errors_name_argument_and_value(name, bad):
    with pytest.raises(ValueError, match=f"^{name}={bad}"):
        tanks(8, **{name: bad})


# --- Chest films ------------------------------------------------------------------------------


def films(n=300, **options):
    return make_chest_films(n, **{"n_fresh": 2, "random_state": 0, **options})


def test_films_do_not_depend_on_how_many_are_made():
    few, many = films(130), films(300)
    assert np.array_equal(few.X, many.X[:130]) and np.array_equal(few.y, many.y[:130])
    assert few.meta.equals(many.meta[:130])


@pytest.mark.parametrize("strength", [0, 0.5, 0.95])
def test_posture_and_disease_correlate_as_the_dial_says(strength):
    study = make_chest_films(2_000, n_fresh=2_000, size=16, strength=strength, random_state=1)
    margin = 4 * np.sqrt((1 - strength**2) / 2_000) + 1e-3
    assert abs(np.corrcoef(study.truth["posture"], study.y)[0, 1] - strength) < margin
    fresh, fair = (study.truth[f"{name}_posture"] for name in ("fresh", "deployment"))
    assert abs(np.corrcoef(fresh, study.fresh.y)[0, 1] - strength) < margin
    assert abs(np.corrcoef(fair, study.deployment.y)[0, 1]) < 4 / np.sqrt(2_000)
    assert study.y.mean() == 0.5


def test_the_dial_turns_the_posture_and_not_the_patient():
    zero, full = films(strength=0), films(strength=1)
    same = zero.truth["posture"] == full.truth["posture"]
    assert 0.4 < same.mean() < 0.6
    assert np.array_equal(zero.X[same], full.X[same])
    assert (zero.X[~same] != full.X[~same]).any(axis=(1, 2)).all()


def test_where_the_populations_of_films_agree_they_are_one_object():
    study = films(4, n_fresh=60, strength=0)
    assert study.fresh is study.deployment
    assert films(4, n_fresh=60, strength=0, site_strength=0.5).fresh is not study.deployment


def test_the_posture_is_hidden_and_sold():
    study = films(80)
    assert list(study.meta.columns) == ["site"]
    bought = study.annotate("posture", 20)
    assert np.array_equal(bought.to_numpy(), study.truth["posture"][bought.index])


def test_hospitals_are_those_asked_for_and_may_follow_the_disease():
    assert set(films(sites=(3,)).meta["site"]) == {3}
    four = films(2_000, size=16, sites=(0, 1, 2, 3), site_strength=0.8)
    early = four.meta["site"] < 2
    assert abs(np.corrcoef(early, four.y)[0, 1] - 0.8) < 0.06
    assert set(four.meta["site"]) == {0, 1, 2, 3}


def test_disease_brightens_the_lungs_and_nothing_else():
    one, other = films(opacity=0.3, noise=0), films(opacity=0, noise=0)
    changed = one.X.astype(int) - other.X
    assert (changed[one.y == 0] == 0).all()
    assert (changed >= 0).all()
    ill = one.y == 1
    assert changed[ill][one.truth["lungs"][ill]].mean() > 5
    assert changed[ill][one.truth["lungs"][ill]].sum() > 0.95 * changed[ill].sum()


def test_a_marker_is_there_as_often_as_asked_and_bright():
    study = films(400, marker=0.5)
    there = study.truth["marker"].any(axis=(1, 2))
    assert 0.4 < there.mean() < 0.6
    assert study.X[study.truth["marker"]].min() > 200


def test_lying_down_without_marker_and_change_cannot_be_seen():
    one, other = (films(strength=s, posture=0, marker=0) for s in (0, 1))
    assert np.array_equal(one.X, other.X)


@pytest.mark.parametrize("bad", [(), (4,), (-1,), "01", 3, None, (0.5,), (True,)])
def test_bad_hospitals_are_named(bad):
    with pytest.raises((ValueError, TypeError), match="^sites="):
        films(8, sites=bad)
