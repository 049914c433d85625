"""What chapter 18 says of its cues, its attacks and its purse."""

import numpy as np
import pytest

from pitfalls import course, evidence
from pitfalls.datasets import make_tank_scenes

pytest.importorskip("torch", reason="PyTorch is not installed")


@pytest.fixture(scope="module")
def lesson():
    return course.load("robustness")


@pytest.fixture(scope="module")
def questions(lesson):
    return lesson.world().find.namespaces["18e_questions"]


@pytest.fixture(scope="module")
def fix(lesson):
    return lesson.world().find.namespaces["18b_fix"]


@pytest.fixture(scope="module")
def purse(lesson):
    return lesson.world().find.namespaces["18d_approaches"]


def test_at_loudness_0_the_weather_cannot_be_seen():
    silent = {"n_fresh": 2, "sky": 0, "light": 0, "random_state": 0}
    one, other = (make_tank_scenes(60, strength=s, **silent) for s in (0, 0.95))
    assert (one.meta["weather"] != other.meta["weather"]).any()
    np.testing.assert_array_equal(one.X, other.X)


def test_the_weather_lies_as_many_grey_levels_apart_as_the_chapter_says():
    for levels in (4, 16):
        pair = [
            make_tank_scenes(
                400, n_fresh=2, strength=s, sky=levels / 21, light=levels / 21, random_state=1
            )
            for s in (0, 0.95)
        ]
        moved = (pair[0].meta["weather"] != pair[1].meta["weather"]).to_numpy()
        apart = np.abs(pair[0].X[moved].astype(int) - pair[1].X[moved]).mean()
        assert 0.75 * 2 * levels < apart < 1.25 * 2 * levels


@pytest.mark.parametrize("levels", [1, 4])
def test_stripes_move_every_pixel_by_the_levels_and_the_picture_by_nothing(questions, levels):
    X = np.full((2, 32, 32, 3), 100, np.uint8)
    striped = questions["add_stripes"](X, np.array([True, False]), levels)
    assert set(np.unique(np.abs(striped.astype(int) - 100))) == {levels}
    assert (striped.mean(axis=(1, 2, 3)) == 100).all()
    assert np.array_equal(striped[0].astype(int) - 100, 100 - striped[1].astype(int))


def test_stripes_follow_the_label_in_the_archive_and_not_in_the_field(questions):
    X, y, field, shown, _ = questions["make_cue_study"]("stripes", 16, 0.95, 0)

    def bright_first(pictures):
        rows = pictures.mean(axis=(2, 3))
        signs = np.where(np.arange(32) // 2 % 2, -1, 1)
        return rows @ signs > 0

    assert (bright_first(X) == y).mean() > 0.95
    assert abs((bright_first(field) == shown).mean() - 0.5) < 0.05


def test_what_a_small_budget_breaks_stays_broken(questions):
    study = make_tank_scenes(200, n_fresh=2, strength=0.95, random_state=0)
    model = questions["ImageClassifier"](epochs=3).fit(study.X[:120], study.y[:120])
    left = questions["accuracy_by_budget"](model, study.X[120:], study.y[120:], (1, 4, 64))
    shares = [model.score(study.X[120:], study.y[120:]), *left.values()]
    assert shares == sorted(shares, reverse=True) and shares[-1] < 0.2


def test_schedules_do_what_their_names_say(fix, monkeypatch):
    """Each training by its epochs, its attack, and whether it goes on where the last one was."""
    trained = []

    class Told(fix["ImageClassifier"]):
        def fit(self, X, y):
            trained.append((self.epochs, self.attack_eps, self.warm_start))
            return self

    monkeypatch.setitem(fix, "ImageClassifier", Told)
    schedules = {}
    for name in ("plain", "scratch 4/255", "warm 2/255"):
        trained.clear()
        fix["train_by_schedule"](name, np.zeros((2, 32, 32, 3), np.uint8), np.array([0, 1]), 0)
        schedules[name] = [*trained]
    assert schedules == {
        "plain": [(60, 0, False)],
        "scratch 4/255": [(60, 4, False)],
        "warm 2/255": [(60, 0, False), (20, 2, True)],
    }


def test_nobody_spends_more_than_the_purse(lesson, purse):
    approaches = purse["approaches"]()
    assert list(approaches) == list(lesson.experiment("approaches").settings["approach"])
    assert all(photographs + outlines <= 200 for *_, photographs, outlines in approaches.values())


def test_half_and_half_does_not_test_on_what_it_has_seen(purse):
    class Watched:
        seen, tested = None, None

        def score(self, X, y):
            self.tested = X
            return 0.5

    study = make_tank_scenes(40, n_fresh=2, strength=0.95, random_state=0)
    watched = Watched()
    purse["score_the_rest_of_the_crossed"](watched, study)
    new = study.collect(200)
    assert np.array_equal(watched.tested, new.X[100:])


def test_outlines_are_of_the_photographs_that_they_are_said_to_be_of(purse):
    study = make_tank_scenes(500, n_fresh=2, strength=0.95, random_state=0)
    rows, masks = purse["outlined"](study)
    assert len(rows) == 200 and not np.array_equal(rows, np.arange(200))
    assert np.array_equal(masks, study.truth["mask"][rows])


def test_a_photograph_that_lent_its_vehicle_is_no_test(purse):
    class Watched:
        def score(self, X, y):
            self.tested = {picture.tobytes() for picture in X}
            return 0.5

    study, watched = make_tank_scenes(500, n_fresh=2, strength=0.95, random_state=0), Watched()
    assert purse["score_the_rest_without_outlines"](watched, study) == {"told": 0.5}
    rows, _ = purse["outlined"](study)
    unused = set(range(125, 500)) - set(rows)
    assert watched.tested == {study.X[k].tobytes() for k in unused}


def test_a_team_that_is_warned_ships_nothing(purse, monkeypatch):
    class Fragile:
        def score(self, X, y):
            return 0.95

    study = make_tank_scenes(40, n_fresh=2, strength=0.95, random_state=0)
    for left, believed in ((0.9, True), (0.5, False)):
        monkeypatch.setitem(purse, "robust_accuracy", lambda *_, left=left: left)
        told = purse["score_under_attack"](Fragile(), study)["told"]
        assert (told == 0.95) == believed and np.isnan(told) != believed


def test_a_swapped_picture_keeps_its_vehicle(purse):
    study = make_tank_scenes(60, n_fresh=2, strength=0.5, random_state=0)
    cloudy = (study.meta["weather"] == "clouds").to_numpy()
    swapped = purse["swap_weather"](study.X, study.truth["mask"], cloudy)
    mask = study.truth["mask"]
    assert np.array_equal(swapped[mask], study.X[mask]) and not np.array_equal(swapped, study.X)


def test_lines_count_what_is_called_on_the_page_once(purse):
    lines, functions = purse["lines_of"], purse["approaches"]()
    plain, scored = functions["do nothing"][:2]
    assert lines([plain, scored]) == lines([plain]) + lines([scored])
    assert lines([plain, plain]) == lines([plain])
    assert lines(functions["half and half"][:2]) > lines(functions["crossed photographs"][:1])


def test_robustness_and_the_field_rank_the_networks_the_other_way_round(lesson):
    rows = evidence.read(lesson.experiment("approaches"))
    mean = rows.groupby("approach").mean(numeric_only=True)
    nothing, crossed = mean.loc["do nothing"], mean.loc["crossed photographs"]
    assert nothing["robust_archive"] > crossed["robust_archive"] + 0.2
    assert nothing["deployed"] < crossed["deployed"] - 0.2


def test_more_attack_changes_little(lesson):
    rows = evidence.read(lesson.experiment("attack"))
    assert (rows["steps_10"] - rows["steps_40"]).mean() < 0.05
    by = rows.groupby(["network", "restarts"])["steps_40"].mean()
    assert (by.xs(1, level="restarts") - by.xs(5, level="restarts")).max() < 0.05
