"""The dial in a notebook: a slider, new studies, and what stands where neither can be shown."""

import re
import sys

import pandas as pd
import pytest

from pitfalls import evidence
from pitfalls.course import LessonError, load
from pitfalls.notebook import live

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def course(small_course, monkeypatch):
    """A quick chapter with evidence, in a Jupyter that can show widgets."""
    monkeypatch.delenv("PITFALLS_DIALS")
    lesson = load("tests")
    frames = [evidence.replicate(world, seeds=4) for world in lesson.simulated]
    evidence.write(lesson, pd.concat(frames))
    return lesson


@pytest.fixture
def no_study(monkeypatch):
    """Whatever runs a study fails."""

    def fail(*args):
        raise RuntimeError("no <study> today")

    monkeypatch.setattr(evidence, "replicate", fail)


def text(widget):
    return re.sub(r"<[^>]+>", " ", widget.value)


def test_the_slider_turns_the_dial(course, no_study):
    panel = live.turn("tests").panel()
    assert panel.dial.options == (("0", 0), ("1", 1)) and panel.dial.value == 1
    figure = panel.figure.value
    assert "At 1, over 4 simulated studies" in text(panel.says)
    assert "a gap of 0.40" in text(panel.says) and "the number is wrong" in text(panel.says)
    panel.dial.value = 0
    assert "At 0," in text(panel.says) and "a gap of" not in text(panel.says)
    assert "the position 0 is shaded" in panel.figure.value
    assert panel.figure.value.split("src=")[1] != figure.split("src=")[1]
    assert text(panel.told).strip() == "" and len(panel.own) == 0
    panel.position.value = "1"
    assert panel.dial.value == 1 and panel.figure.value == figure


def test_a_new_study_is_run_where_the_dial_stands(course):
    panel = live.turn("tests").panel()
    panel.dial.value = 0
    figure = panel.figure.value
    panel.run.click()
    assert list(panel.own["arm"]) == ["pitfall", "claim_what_is"]
    assert set(panel.own["strength"]) == {0}
    [seed] = set(panel.own["seed"])
    assert seed not in set(evidence.read(course)["seed"]) and f"seed {seed}" in text(panel.told)
    world = course.world()
    again = evidence.replicate(world, 0, [seed]).drop(columns="seconds")
    assert panel.own.drop(columns="seconds").equals(again)
    claimed = f"The pitfall claims {again['claimed'][0]:.2f} and gets {again['deployed'][0]:.2f}"
    assert claimed + ", inside the 95 % interval of the claim, 0.00 to 1.00." in text(panel.told)
    assert panel.figure.value != figure
    panel.run.click()
    assert panel.own["seed"].nunique() == 2
    assert "On average over your 2 studies here" in text(panel.told)
    panel.dial.value = 1
    assert text(panel.told).strip() == ""


def test_another_study_can_be_chosen(course):
    panel = live.turn("tests", "slope").panel()
    assert [name for name, _ in panel.study.options] == ["coin", "slope"]
    panel.run.click()
    slope = panel.figure.value
    panel.study.value = "coin"
    assert "accuracy" in panel.figure.value and panel.figure.value != slope
    panel.run.click()
    assert list(panel.own["world"].unique()) == ["tests.slope", "tests.coin"]
    assert panel.own["seed"].nunique() == 2


def test_the_pitfall_alone_does_not_give_the_fix_away(course):
    panel = live.turn("tests", arms=["pitfall"]).panel()
    panel.run.click()
    assert set(panel.own["arm"]) == {"pitfall"}
    shown = "".join(text(w) for w in (panel.says, panel.told)) + panel.figure.value.split("src")[0]
    assert "pitfall" in shown and "fix" not in shown and "claim what is" not in shown


def test_an_error_is_said_in_words(course, no_study):
    panel = live.turn("tests").panel()
    label = panel.run.description
    panel.run.click()
    assert "The study did not run. RuntimeError: no &lt;study&gt; today" in text(panel.told)
    assert not panel.run.disabled and panel.run.description == label


def test_the_button_waits_while_a_study_runs(course, monkeypatch):
    panel, run, seen = live.turn("tests").panel(), evidence.replicate, []

    def spy(*args):
        seen.append((panel.run.disabled, panel.run.description))
        return run(*args)

    monkeypatch.setattr(evidence, "replicate", spy)
    panel.run.click()
    [(disabled, description)] = seen
    assert disabled and description == f"Running a study of seed {panel.own['seed'].iloc[0]} …"


@pytest.mark.parametrize(("seconds", "says"), [(0.01, "a second or less"), (2.4, "5 seconds")])
def test_the_button_says_how_long_a_study_takes(course, seconds, says):
    evidence.write(course, evidence.read(course).assign(seconds=seconds))
    assert says in live.turn("tests").panel().run.description


@pytest.mark.parametrize(
    ("environment", "kinds"),
    [
        ("", {VIEW, "text/plain", "text/markdown"}),
        ("html", {"text/html", "text/plain", "text/markdown"}),
        ("text", {"text/plain", "text/markdown"}),
    ],
)
def test_it_shows_what_the_place_can_show(course, no_study, monkeypatch, environment, kinds):
    monkeypatch.setenv("PITFALLS_DIALS", environment)
    bundle = live.turn("tests", "slope")._repr_mimebundle_()
    assert set(bundle) == kinds
    assert bundle["text/plain"] == live.NO_WIDGETS and live.NO_WIDGETS in bundle["text/markdown"]
    html = bundle.get("text/html", '<div class="explorer" <option value="1" selected>slope')
    assert '<div class="explorer"' in html and '<option value="1" selected>slope' in html


def test_without_ipywidgets_a_line_of_text_stands_there(course, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    dial = live.turn("tests")
    assert set(dial._repr_mimebundle_()) == {"text/plain", "text/markdown"}
    with pytest.raises(ImportError, match="ipywidgets"):
        dial.panel()


@pytest.mark.parametrize(
    ("study", "arms", "error", "says"),
    [
        ("rows", None, ValueError, "tests.rows is real"),
        ("nothing", None, LessonError, "no world 'nothing'"),
        ("coin", ["claim_what_is"], ValueError, r"arms=\['claim_what_is'\] must be 'pitfall'"),
        ("coin", ["pitfall", "luck"], ValueError, "at most one of"),
    ],
)
def test_a_wrong_argument_is_named(course, study, arms, error, says):
    with pytest.raises(error, match=says):
        live.turn("tests", study, arms)


def test_a_chapter_without_evidence_says_what_makes_it(small_course):
    with pytest.raises(FileNotFoundError, match="pitfalls evidence"):
        live.turn("tests")
