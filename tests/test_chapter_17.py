"""Chapter 17: what the maps, the interventions and the importances do by construction."""

import ast

import numpy as np
import pytest

from pitfalls import course, evidence
from pitfalls.datasets import make_tank_scenes

LESSON = course.load("explanations")


@pytest.fixture(scope="module")
def maps_page():
    return LESSON.experiment("maps").find.namespaces["17f_measurement"]


@pytest.fixture(scope="module")
def fix_page():
    return LESSON.experiment("changes").find.namespaces["17b_fix"]


@pytest.fixture(scope="module")
def tables_page():
    return LESSON.experiment("importance").find.namespaces["17d_tables"]


@pytest.fixture(scope="module")
def study():
    return make_tank_scenes(300, n_fresh=2, strength=0.8, random_state=0)


def cloudy(study):
    return (study.meta["weather"] == "clouds").to_numpy()


def blue(X):
    sky = X[:, :5].astype(float)
    return sky[..., 2].mean(axis=(1, 2)) - sky[..., 0].mean(axis=(1, 2))


# -- what the pages share ----------------------------------------------------------------------


def written(page, name):
    """A function of a page as it is written, without where it stands."""
    tree = ast.parse((LESSON.folder / f"{page}.py").read_text("utf-8"))
    return [ast.dump(node) for node in tree.body if getattr(node, "name", None) == name]


@pytest.mark.parametrize("name", ["paint_over", "partners", "paste", "outlined"])
def test_what_is_measured_is_pasted_as_the_fix_shows(name):
    assert written("17b_fix", name) == written("17f_measurement", name) != []


def test_each_way_to_train_learns_from_what_its_name_says(maps_page):
    study = make_tank_scenes(800, n_fresh=2, strength=0.8, random_state=0)
    pictures = {how: maps_page["pictures_of"](how, study) for how in (
        "as it is", "balanced", "held back", "100 only", "50 new", "swapped", "5 epochs"
    )}  # fmt: skip
    sizes = {how: len(X) for how, (X, _, _) in pictures.items()}
    assert sizes == {"as it is": 200, "balanced": 200, "held back": 200, "100 only": 100,
                     "50 new": 250, "swapped": 400, "5 epochs": 200}  # fmt: skip
    assert len(np.unique(pictures["held back"][2]["groups"])) == 4
    weights = pictures["50 new"][2]["sample_weight"]
    assert weights[:200].sum() == pytest.approx(weights[200:].sum())
    X, y, _ = pictures["swapped"]
    assert np.array_equal(y[:200], y[200:]) and (X[:200] != X[200:]).any(axis=(1, 2, 3)).all()


def test_outlines_are_those_of_pictures_that_were_not_trained_on(maps_page, study):
    big = make_tank_scenes(500, n_fresh=2, strength=0.8, random_state=0)
    rows, masks = maps_page["outlined"](big)
    assert rows.min() >= 250 and 150 < len(rows) < 250
    assert np.array_equal(masks, big.truth["mask"][rows])


# -- interventions -----------------------------------------------------------------------------


def test_partners_are_of_the_other_kind_or_of_the_same(fix_page):
    cue = np.random.default_rng(0).integers(0, 2, 200)
    for other in (True, False):
        partner = fix_page["partners"](cue, other, np.random.default_rng(1))
        assert ((cue[partner] != cue) == other).all()


def test_a_pasted_vehicle_is_the_same_in_another_weather(fix_page, study):
    X, mask = study.X, study.truth["mask"]
    partner = fix_page["partners"](cloudy(study), True, np.random.default_rng(0))
    pasted = fix_page["paste"](X, mask, partner)
    assert np.array_equal(pasted[mask], X[mask]) and pasted.dtype == np.uint8
    land = fix_page["paint_over"](X, mask)
    assert np.array_equal(land[~mask], X[~mask]) and not np.array_equal(land[mask], X[mask])
    assert np.array_equal(pasted[~mask], land[partner][~mask])
    clear = (blue(X)[cloudy(study)].mean() + blue(X)[~cloudy(study)].mean()) / 2
    assert ((blue(pasted) > clear) == cloudy(study)).mean() > 0.9


def test_relit_vehicles_take_the_light_of_their_landscape(fix_page, study):
    X, mask = study.X, study.truth["mask"]
    partner = fix_page["partners"](cloudy(study), True, np.random.default_rng(0))
    pasted, relit = (fix_page["paste"](X, mask, partner, relight=r) for r in (False, True))
    assert np.array_equal(pasted[~mask], relit[~mask])
    sun = ~cloudy(study)

    def level(pictures, rows):
        return pictures[rows][mask[rows]].mean()

    assert level(pasted, sun) > level(pasted, ~sun) and level(relit, sun) < level(relit, ~sun)


# -- the table ---------------------------------------------------------------------------------


def test_the_twin_is_correlated_as_asked_and_does_not_matter(tables_page):
    X, y = tables_page["make_table"](50_000, 0.9, np.random.default_rng(0))
    assert np.corrcoef(X[:, 0], X[:, 1])[0, 1] == pytest.approx(0.9, abs=0.01)
    np.testing.assert_allclose(X.std(axis=0), 1, atol=0.02)
    like = abs(X[:, 0]) < 0.1
    twin = np.corrcoef(X[like, 1], y[like])[0, 1]
    assert abs(twin) < 0.06 and abs(np.corrcoef(X[:, 4], y)[0, 1]) < 0.02


def test_the_conditional_importance_of_an_unused_column_is_nothing(tables_page):
    class Rule:
        def score(self, X, y):
            return ((X[:, 0] > 0) == y).mean()

    X, _ = tables_page["make_table"](2_000, 0.9, np.random.default_rng(0))
    lost = tables_page["conditional_importance"](Rule(), X, X[:, 0] > 0, np.random.default_rng(1))
    assert lost[0] > 0.05 and (lost[1:] == 0).all()


# -- what the committed evidence says ----------------------------------------------------------


def test_maps_on_the_vehicle_do_not_order_the_networks_and_interventions_do():
    maps = evidence.read(LESSON.experiment("maps"))
    changes = evidence.read(LESSON.experiment("changes"))
    both = maps.merge(changes, on=["network", "seed"], suffixes=("", "_again"))
    assert len(both) == len(maps) and abs(both["deployed"] - both["deployed_again"]).max() < 1e-9
    on = both[both["points_smoothgrad"] > 0.75]
    assert (on["deployed"] < 0.8).mean() > 0.25
    order = both[["points_smoothgrad", "right_relit"]].corrwith(
        both["deployed"], method="spearman"
    )
    assert abs(order["points_smoothgrad"]) < 0.2 < 0.8 < order["right_relit"]
    fair = both[~both["network"].str.startswith("swapped")]
    assert (fair["right_pasted"] - fair["deployed"]).abs().mean() < 0.06
    swapped = both[both["network"].str.startswith("swapped")]
    assert swapped["changed_pasted"].max() < 0.1 < 0.3 < swapped["changed_relit"].min()
    assert swapped["points_smoothgrad"].mean() > 0.93 and swapped["deployed"].max() < 0.8
