import pickle
import shutil
from pathlib import Path

import pytest

from pitfalls.course import Course, LessonError, lessons, load
from pitfalls.worlds import Dose

TOML = """\
number = 42
title = "A toy"
part = "leakage"

[[worlds]]
name = "toy"
make = "make_toy"
pitfall = "wrong"
fixes = ["right"]
metric = "accuracy"
chance = 0.5
"""
PITFALL = """\
# %% [markdown]
# # A toy

# %% tags=["protocol"]
import numpy as np


def make_toy(strength, random_state):
    return strength


def wrong(study):
    return np.sqrt(study)

# %%
untagged = 1
"""
FIX = """\
# %% tags=["protocol"]
def right(study):
    return study
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A course of one chapter in a folder of its own, which is the working folder."""
    folder = tmp_path / "chapters" / "42_toy"
    folder.mkdir(parents=True)
    (folder / "chapter.toml").write_text(TOML, encoding="utf-8")
    (folder / "42a_pitfall.py").write_text(PITFALL, encoding="utf-8")
    (folder / "42b_fix.py").write_text(FIX, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def change(folder, old, new):
    file = folder / "chapter.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_folder_with_a_toml_and_two_scripts_is_a_chapter(folder):
    (lesson,) = lessons()
    assert (lesson.number, lesson.slug, lesson.title, lesson.order) == (42, "toy", "A toy", 42)
    world = lesson.world()
    assert world.slug == "toy.toy"
    assert world.make(strength=4.0, random_state=0) == 4.0
    assert world.pitfall(4.0) == 2.0
    assert list(world.protocols) == ["pitfall", "right"]
    assert world.expect == "inflates" and world.strengths == (0, 0.25, 0.5, 0.75, 1)


@pytest.mark.parametrize("name", ["toy", 42, "42", "42_toy"])
def test_a_chapter_is_found_by_slug_number_or_folder(folder, name):
    assert load(name).slug == "toy"


def test_an_unknown_chapter_names_the_known_ones(folder):
    with pytest.raises(LessonError, match="no chapter 'nowhere'; there are: 42_toy"):
        load("nowhere")


def test_only_tagged_cells_run(folder):
    spaces = load("toy").world().find.namespaces
    assert "untagged" not in spaces["42a_pitfall"]
    assert "wrong" not in spaces["42b_fix"], "each notebook has a namespace of its own"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("number = 42", "number = 41", "number = 41 must be 42"),
        ('title = "A toy"', 'titel = "A toy"', "unknown key titel"),
        ('part = "leakage"', "", "missing part"),
        ('metric = "accuracy"', 'metrik = "accuracy"', "unknown key metrik"),
        ('pitfall = "wrong"', "", "missing pitfall"),
        (
            "chance = 0.5",
            'chance = 0.5\nexpect = "explodes"',
            "'toy': expect = 'explodes' must be \"inflates\", or \"harmless\"",
        ),
        ("chance = 0.5", "chance = 0.5\nstrengths = [0.5, 1]", "must rise from 0"),
        (
            "chance = 0.5",
            "chance = 0.5\nstrengths = [0, 2]",
            r"strengths\[1\] = 2 must be a number",
        ),
        ("chance = 0.5", 'chance = 0.5\nticks = ["a"]', "one for each strength"),
        (
            "chance = 0.5",
            "chance = 0.5\nseeds = 1",
            "seeds = 1 must be a whole number of at least 2",
        ),
        (
            'metric = "accuracy"',
            'metric = "R2"\nexpect = "harmless"',
            "harmless world needs a metric from 0 to 1",
        ),
        ("number = 42", "number = ", "not valid TOML"),
        ("number = 42", "number = 42\ncontract = false", "it has 1 worlds and contract = False"),
        (
            "chance = 0.5",
            'chance = 0.5\nseeds = "20"',
            "seeds = '20' must be a whole number",
        ),
        (
            "chance = 0.5",
            "chance = 0.5\nstrengths = 1",
            "strengths = 1 must be a list",
        ),
        ("chance = 0.5", "chance = true", "'toy': chance = True must be a number"),
        ("number = 42", "number = 42\nminutes = 30", "minutes = 30 must be a table of minutes"),
        ("number = 42", "number = 42\nminutes = { raed = 1 }", "unknown key raed; known: read"),
        ("number = 42", 'number = 42\ntaxonomy = "L1.3"', "taxonomy = 'L1.3' must be a list of"),
        ("number = 42", 'number = 42\ntaxonomy = ["L9"]', r"taxonomy\[0\] = 'L9' must be a class"),
        ('fixes = ["right"]', 'fixes = "right"', "fixes = 'right' must be a list of names"),
        ('fixes = ["right"]', "fixes = []", r"fixes = \[\] must name a protocol"),
        (
            'part = "leakage"',
            'part = "leakge"',
            "part = 'leakge' must be one of",
        ),
    ],
)
def test_a_faulty_toml_is_named(folder, old, new, message):
    change(folder, old, new)
    with pytest.raises(LessonError, match=message) as caught:
        lessons()
    assert "chapter.toml" in str(caught.value)


DOSES = """
[[worlds.doses]]
study = "Late et al., 2021"
url = "https://doi.org/10.1000/late"
at = 1
says = "Everything."
placed_by = "effect"

[[worlds.doses]]
study = "Early et al., 2011"
url = "https://doi.org/10.1000/early"
at = 0.3
says = "Three of ten."
"""


def test_published_doses_are_read_in_the_order_of_the_dial(folder):
    (folder / "chapter.toml").write_text(TOML + DOSES, encoding="utf-8")
    early, late = load("toy").world().doses
    assert early == Dose(
        "Early et al., 2011", "https://doi.org/10.1000/early", 0.3, "Three of ten.", "design"
    )
    assert (late.at, late.placed_by) == (1, "effect")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("at = 0.3", "at = 1.2", "2011': at = 1.2 must be the position on the dial, from 0 to 1"),
        ("at = 0.3", "at = -0.1", "at = -0.1 must be the position on the dial"),
        ("at = 0.3", "", "'Early et al., 2011': missing at"),
        ("at = 0.3", "dose = 0.3", "'Early et al., 2011': unknown key dose; known: study, url"),
        ('"effect"', '"guess"', "'Late et al., 2021': placed_by = 'guess' must be \"design\", or"),
        (
            "https://doi.org/10.1000/late",
            "10.1000/late",
            "url = '10.1000/late' must be a link",
        ),
        ("\n[[w", 'unplaced = "Nobody."\n[[w', r"\[\[worlds.doses\]\] and unplaced: say one"),
        ("\n[[w", "real = true\n[[w", r"\[\[worlds.doses\]\] and is real: there is no dial"),
    ],
)
def test_a_faulty_dose_is_named(folder, old, new, message):
    assert old in DOSES
    (folder / "chapter.toml").write_text(TOML + DOSES.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LessonError, match=message):
        lessons()


def test_two_worlds_need_two_names(folder):
    world = TOML[TOML.index("[[worlds]]") :]
    (folder / "chapter.toml").write_text(TOML + world, encoding="utf-8")
    with pytest.raises(LessonError, match=r"two \[\[worlds\]\] have one name: \['toy', 'toy'\]"):
        lessons()


def test_a_chapter_without_worlds_says_that_it_has_no_contract(folder):
    alone = TOML[: TOML.index("[[worlds]]")]
    (folder / "chapter.toml").write_text(alone, encoding="utf-8")
    with pytest.raises(LessonError, match="or says contract = false; it has 0 worlds"):
        lessons()
    (folder / "chapter.toml").write_text(alone + "contract = false\n", encoding="utf-8")
    (lesson,) = lessons()
    assert not lesson.contract and not lesson.worlds


EXPERIMENT = """
[[experiments]]
name = "sizes"
measure = "right"
settings = { study = [1, 2] }
seeds = 3
"""


def test_an_experiment_has_a_function_and_settings(folder):
    (folder / "chapter.toml").write_text(TOML + EXPERIMENT, encoding="utf-8")
    found = load("toy").experiment("sizes")
    assert (found.slug, found.seeds, dict(found.settings)) == ("toy.sizes", 3, {"study": (1, 2)})
    assert found.measure(2) == 2
    assert found.evidence_file.name == "42_toy.sizes.csv"
    with pytest.raises(LessonError, match="no experiment 'colours'; it has sizes"):
        load("toy").experiment("colours")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('measure = "right"', "", "'sizes': missing measure"),
        ("seeds = 3", "", "missing seeds"),
        ("seeds = 3", "seeds = 1", "seeds = 1 must be a whole number of at least 2"),
        ("seeds = 3", "seats = 3", "unknown key seats"),
        ("{ study = [1, 2] }", "{ study = 1 }", "settings.study = 1 must be a list"),
        ("{ study = [1, 2] }", "{}", "must be a table of lists"),
    ],
)
def test_a_faulty_experiment_is_named(folder, old, new, message):
    assert old in EXPERIMENT
    text = TOML + EXPERIMENT.replace(old, new)
    (folder / "chapter.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LessonError, match=message):
        lessons()


def test_a_function_that_is_missing_is_named(folder):
    change(folder, '"wrong"', '"wrung"')
    with pytest.raises(LessonError, match="pitfall = 'wrung' is no function"):
        _ = load("toy").world().pitfall


@pytest.mark.parametrize("line", ["limit = 3", "print('hello')", "for x in (): pass"])
def test_a_protocol_cell_holds_imports_and_functions_only(folder, line):
    file = folder / "42b_fix.py"
    file.write_text(FIX + f"\n{line}\n", encoding="utf-8")
    with pytest.raises(LessonError, match="imports and functions only"):
        _ = load("toy").world().fixes


def test_tracebacks_show_the_protocols_code(folder):
    import inspect

    world = load("toy").world()
    assert "np.sqrt(study)" in inspect.getsource(world.pitfall)


def test_without_chapters_nearby_the_checkout_is_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (Course.here().root / "chapters" / "02_leaky_selection").is_dir()


def test_an_unrelated_folder_called_chapters_is_passed_over(folder, monkeypatch):
    inner = folder / "book" / "chapters"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert Course.here().root == folder.parents[1].resolve()


def test_chapters_come_in_reading_order(folder):
    second = folder.parent / "07_first"
    shutil.copytree(folder, second, ignore=shutil.ignore_patterns("*.py"))
    change(second, "number = 42", "number = 7\norder = 50")
    assert [lesson.slug for lesson in lessons()] == ["toy", "first"]


def test_reading_chapters_runs_no_notebook(folder):
    (folder / "42a_pitfall.py").write_text(
        '# %% tags=["protocol"]\nimport no_such_module\n', encoding="utf-8"
    )
    assert lessons()[0].world().metric == "accuracy"


def test_a_chapter_that_is_not_utf_8_is_named(folder):
    (folder / "chapter.toml").write_bytes(TOML.encode() + b'# caf\xe9"')
    with pytest.raises(LessonError, match="chapter.toml: not UTF-8 at byte"):
        lessons()


def test_a_chapter_is_read_once_until_its_file_changes(folder):
    (first,), (again,) = lessons(), lessons()
    assert first is again
    change(folder, "A toy", "A toy, changed")
    (changed,) = lessons()
    assert changed.title == "A toy, changed"


def test_another_course_is_read_from_its_own_folder(folder, monkeypatch):
    monkeypatch.chdir(Path(__file__).parent)
    assert [lesson.slug for lesson in Course(folder.parents[1]).lessons()] == ["toy"]


def test_a_world_takes_its_protocols_along(folder):
    world = load("toy").world()
    packed = pickle.dumps(world)
    shutil.rmtree(folder)
    arrived = pickle.loads(packed)
    assert arrived.slug == "toy.toy" and arrived.pitfall(4.0) == 2.0
    assert arrived.arms == ("pitfall", "right") and arrived.first_fix == "right"
