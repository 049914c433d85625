import numpy as np
import pytest

from pitfalls import classroom, course


def test_a_seed_belongs_to_a_name_for_ever():
    # A number that may never change: keys of past courses depend on it.
    assert classroom.personal_seed("Ada Lovelace") == 472108339
    assert classroom.personal_seed("  ada  LOVELACE ") == 472108339


def test_accents_may_be_stored_either_way():
    assert classroom.personal_seed("Zo\u00e9") == classroom.personal_seed("Zoe\u0301")


def test_names_and_courses_have_seeds_of_their_own():
    seeds = {classroom.personal_seed(f"student {n}", c) for n in range(500) for c in ("a", "b")}
    assert len(seeds) == 1000
    assert min(seeds) >= 10**8 and max(seeds) < 2**32
    np.random.default_rng(min(seeds))


@pytest.mark.parametrize("name", ["", "  \n"])
def test_an_empty_name_is_an_error(name):
    with pytest.raises(ValueError, match="name="):
        classroom.personal_seed(name)


def test_the_key_has_what_each_learner_finds():
    key = classroom.answers(2, ["Ada", "Bo"], course="autumn", strength=0.25)
    world = course.load(2).world()
    study = world.make(strength=0.25, random_state=classroom.personal_seed("ada", "autumn"))
    score = study.run(world.pitfall)
    assert key.loc["Ada", "pitfall claimed"] == score.claimed
    assert key.loc["Ada", "pitfall deployed"] == score.deployed
    assert key["seed"].nunique() == 2 and not key.isna().any(axis=None)
    assert key.loc["Ada", "pitfall deployed"] != key.loc["Bo", "pitfall deployed"]


def test_real_rows_have_no_personal_form():
    lesson = next(lesson for lesson in course.lessons() if lesson.real)
    with pytest.raises(ValueError, match="real rows"):
        classroom.answers(lesson.slug, ["Ada"], world=lesson.real[0].name)
