"""The dial explorer shows what the evidence says, and can be turned as a reader would."""

import dataclasses
import gzip
import json

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from conftest import BOOK, ROOT

from pitfalls import course, evidence
from pitfalls.course import words
from pitfalls.metrics import mean_interval
from pitfalls.notebook import explorer
from pitfalls.notebook.drawing import drawing
from pitfalls.worlds import Dose

DARK = "--pst-color-background: #121212; --pst-color-text-base: #ced6dd; background: #121212"
READY = [x for x in course.lessons() if x.simulated and x.evidence_file.is_file()]


def value(study, place):
    low, high = study["domain"]
    return low + (high - low) * place / 1000


@pytest.mark.parametrize("lesson", READY, ids=lambda lesson: lesson.slug)
def test_it_shows_what_the_evidence_says(lesson):
    rows = evidence.read(lesson)
    chapter = explorer.chapter_data(lesson)
    assert [study["world"] for study in chapter["studies"]] == [w.name for w in lesson.simulated]
    for study, world in zip(chapter["studies"], lesson.simulated, strict=True):
        fine = 0.001 * (study["domain"][1] - study["domain"][0])
        here = rows[rows["world"] == world.slug]
        arms = list(world.arms[:2])
        assert value(study, study["chance"]) == pytest.approx(world.chance, abs=fine)
        assert len(study["positions"]) == len(world.strengths)
        for position, strength in zip(study["positions"], world.strengths, strict=True):
            lines = iter(position["lines"])
            for arm, gap in zip(arms, position["gaps"], strict=True):
                part = here[(here["arm"] == arm) & np.isclose(here["strength"], strength)]
                part = part.sort_values("seed")
                for number in ("claimed", "deployed"):
                    mean, low, high, text, dots = next(lines)
                    expected = mean_interval(part[number])
                    shown = [value(study, place) for place in (mean, low, high)]
                    np.testing.assert_allclose(shown, expected, atol=fine)
                    assert text.replace("−", "-") == f"{round(expected[0], 2) + 0.0:.2f}"
                    seen = [value(study, place) for place in dots]
                    np.testing.assert_allclose(seen, part[number].iloc[: len(dots)], atol=fine)
                    assert len(dots) == min(len(part), explorer.MOST_DOTS)
                difference = (part["claimed"] - part["deployed"]).mean()
                assert float(gap.replace("−", "-")) == pytest.approx(difference, abs=0.0051)


def test_every_chapter_with_a_dial_is_on_the_front_page():
    shown = explorer.explorer_of_all(course.lessons())
    titles = [chapter["title"] for chapter in shown.chapters]
    assert titles == [f"{lesson.number:02d} · {lesson.title}" for lesson in READY]
    pages = [ROOT / chapter["page"].replace(".html", ".ipynb") for chapter in shown.chapters]
    assert all(page.is_file() for page in pages)


def test_it_is_small():
    html = explorer.explorer_of_all(course.lessons())._repr_html_()
    own = html + "".join(path.read_text("utf-8") for path in BOOK.glob("_static/explorer.*"))
    assert len(gzip.compress(own.encode())) < 150_000


def test_a_chapter_without_a_dial_has_none():
    without = [lesson for lesson in course.lessons() if not lesson.simulated]
    assert without and all(explorer.explorer_for(lesson) is None for lesson in without)
    assert explorer.explorer_of_all(without) is None


def test_a_study_can_be_shown_first():
    lesson = max(READY, key=lambda lesson: len(lesson.simulated))
    world = lesson.simulated[-1]
    shown = explorer.explorer_for(lesson, world.name)
    assert shown.first["world"] == world.name
    assert [chapter["title"] for chapter in shown.chapters] == [
        f"{lesson.number:02d} · {lesson.title}"
    ]
    assert "\n\n" in shown._repr_markdown_()


@pytest.mark.parametrize("lesson", READY, ids=lambda lesson: lesson.slug)
def test_the_pitfall_alone_does_not_give_the_fix_away(lesson):
    shown = explorer.explorer_for(lesson, arms=["pitfall"])
    html = shown._repr_html_()
    assert all(study["arms"] == ["pitfall"] for study in shown.chapters[0]["studies"])
    fixes = {name.replace("_", " ") for world in lesson.simulated for name in world.names["fixes"]}
    assert fixes and not [name for name in fixes if name in html]
    assert html.count('class="arm') == 1 and explorer.explorer_for(lesson).rows == 2


def test_another_fix_can_stand_beside_the_pitfall():
    world = course.load("label_quality").world("annotators")
    first, second = world.names["fixes"]
    assert words.shown_arms(world) == words.shown_arms(world, ["pitfall", "?"])
    assert words.shown_arms(world) == ["pitfall", first]
    assert words.shown_arms(world, ["pitfall", second]) == ["pitfall", second]


def test_published_studies_stand_where_they_belong():
    world = dataclasses.replace(
        course.load("duplicates").world("near"),
        strengths=(0, 0.2, 1),
        doses=tuple(Dose(f"No {at}", "https://doi.org/x", at, "*So*.") for at in (0.1, 0.7)),
    )
    a, b = words.doses(world)
    assert (a["mark"], b["mark"]) == ("A", "B") and a["says"] == "So."
    assert (a["place"], b["place"]) == (25, 81.2)
    assert (a["near"], b["near"]) == (0, 2)


@pytest.mark.parametrize(
    ("claimed", "fresh", "deployed", "says"),
    [
        (0.9, 0.6, 0.6, "a gap of 0.30, nearly all of it optimism: the number is wrong."),
        (0.9, 0.9, 0.6, "a gap of 0.30, nearly all of it shift: the world is different."),
        (0.9, 0.8, 0.6, "a gap of 0.30, optimism 0.10, shift 0.20."),
        (0.61, 0.6, 0.6, "no gap to speak of (0.01)."),
        (0.6, 0.9, 0.9, "it gets 0.30 more than it claims."),
    ],
)
def test_the_gap_is_named_in_words(claimed, fresh, deployed, says):
    part = pd.DataFrame({"claimed": [claimed] * 3, "fresh": fresh, "deployed": deployed})
    assert words.gap_in_words("pitfall", part, 0.03).endswith(says)


def test_the_interval_of_a_gap_is_said():
    part = pd.DataFrame({"claimed": [0.8, 0.9, 1.0], "fresh": 0.5, "deployed": 0.5})
    assert "a gap of 0.40 (95 % interval 0.15 to 0.65)," in words.gap_in_words(
        "pitfall", part, 0.03
    )


ODD = """</script><b title="x">'&amp;'"""


def odd(value):
    """The same data with something in every text that is markup to a browser."""
    if isinstance(value, dict):
        return {key: odd(part) for key, part in value.items()}
    if isinstance(value, list):
        return [odd(part) for part in value]
    return value + ODD if isinstance(value, str) else value


def test_text_is_shown_as_it_is():
    chapter = explorer.chapter_data(next(lesson for lesson in READY if lesson.world().doses))
    html = explorer.Explorer(ODD, [odd(chapter)])._repr_html_()
    plain = BeautifulSoup(explorer.Explorer("x", [chapter])._repr_html_(), "html.parser")
    page = BeautifulSoup(html, "html.parser")
    assert [tag.name for tag in page.find_all()] == [tag.name for tag in plain.find_all()]
    assert page.div["id"] == ODD and page.select("label")[0]["for"] == f"{ODD}-chapter"
    [study, *_] = chapter["studies"]
    assert page.caption.get_text() == study["caption"] + ODD
    assert page.select_one(".explorer-doses a")["href"] == study["doses"][0]["url"] + ODD
    assert page.svg["aria-label"].count(ODD) == 1 + len(study["arms"])  # metric and arms
    [data] = page.select("script")
    assert json.loads(data.string)["chapters"] == [odd(chapter)]


@pytest.fixture(scope="module")
def figure():
    return explorer.explorer_of_all(course.lessons(), READY[1].slug)


@pytest.fixture(scope="module")
def file(figure, tmp_path_factory):
    """A page with nothing but the explorer, with its style and script."""
    style, script = (
        (BOOK / "_static" / f"explorer.{kind}").read_text("utf-8") for kind in ("css", "js")
    )
    file = tmp_path_factory.mktemp("explorer") / "page.html"
    file.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>x</title><style>{style}</style>'
        f"<script>{script}</script><body>{figure._repr_html_()}",
        encoding="utf-8",
    )
    return file


@pytest.fixture
def page(browser, file):
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page.set_default_timeout(10_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(file.as_uri())
    yield page
    page.close()
    assert not errors


def said(page):
    return page.locator(".explorer-says p").all_inner_texts()


def marks(page):
    return page.locator(".mean").evaluate_all("all => all.map(m => m.getAttribute('cx'))")


def test_the_arrow_keys_turn_the_dial(page, figure):
    positions = figure.first["positions"]
    dial = page.get_by_role("slider", name=figure.first["dial"])
    assert said(page) == positions[-1]["says"]
    page.locator("select").first.focus()
    for _ in range(2):
        page.keyboard.press("Tab")
    assert dial.evaluate("node => node === document.activeElement")
    before = marks(page)
    page.keyboard.press("ArrowLeft")
    assert said(page) == positions[-2]["says"]
    assert marks(page) != before
    page.keyboard.press("Home")
    assert said(page) == positions[0]["says"]
    assert dial.get_attribute("aria-valuetext") + "." == positions[0]["says"][0]
    page.keyboard.press("End")
    assert (said(page), marks(page)) == (positions[-1]["says"], before)
    assert page.locator(".explorer-says").get_attribute("aria-live") == "polite"


def test_every_study_of_every_chapter_can_be_chosen(page, figure):
    for chapter in figure.chapters:
        page.get_by_label("Chapter").select_option(label=chapter["title"])
        assert page.locator(".explorer-link a").get_attribute("href") == chapter["page"]
        for place, study in enumerate(chapter["studies"]):
            if len(chapter["studies"]) > 1:
                page.get_by_label("Study").select_option(str(place))
            here = study["positions"][-1]
            assert said(page) == here["says"]
            shown = page.locator(".value").all_text_contents()[: len(here["lines"])]
            assert shown == [line[3] for line in here["lines"]]
            assert page.locator(".arm >> visible=true").count() == len(study["arms"])
            ticks = page.locator(".explorer-ticks span").all_text_contents()
            assert ticks == [position["tick"] for position in study["positions"]]
            assert page.locator(".ticks text").all_text_contents() == [
                t for _, t in study["ticks"]
            ]
            assert study["dial"] in page.locator("caption").text_content()
            marks = page.locator(".explorer-marks span").all_text_contents()
            assert marks == [f"▲{dose['mark']}" for dose in study["doses"]]
            links = page.locator(".explorer-doses a")
            assert links.all_text_contents() == [dose["study"] for dose in study["doses"]]
            assert page.locator(".explorer-doses").is_visible() == bool(study["doses"])
        hidden = page.locator(".explorer-choice").nth(1).is_hidden()
        assert hidden == (len(chapter["studies"]) < 2)


def test_the_script_draws_what_python_drew(page, figure):
    drawn = drawing(figure.first).replace("\n", "")
    page.keyboard.press("Tab")
    again = page.evaluate(
        """html => {
            const box = document.createElement("div");
            box.innerHTML = html;
            const list = (root) => [...root.querySelectorAll("circle, rect, line, text")].map(n =>
                [n.tagName, n.textContent, ...["cx", "x", "width", "x1", "x2", "visibility"].map(
                    a => n.getAttribute(a))].join(" "));
            return [list(box), list(document.querySelector(".explorer svg"))];
        }""",
        drawn,
    )
    assert again[0] == again[1]


def test_a_published_study_is_named_where_the_dial_is_near_it(page, figure):
    place, chapter = next(
        (i, c) for i, c in enumerate(figure.chapters) if c["studies"][0]["doses"]
    )
    page.get_by_label("Chapter").select_option(str(place))
    [study, *_] = chapter["studies"]
    for position in reversed(range(len(study["positions"]))):
        near = [dose["study"] for dose in study["doses"] if dose["near"] == position]
        named = [line for line in said(page) if line.startswith("You are near mark")]
        assert [line.split(": ")[1] for line in named] == [f"{name}." for name in near]
        assert page.locator("li[aria-current=true] a").all_text_contents() == near
        page.get_by_role("slider").press("ArrowLeft")


def table(page):
    rows = page.locator("tbody tr")
    return [rows.nth(i).locator("th, td").all_text_contents() for i in range(rows.count())]


def test_the_table_follows(page, figure):
    other = len(figure.chapters) - 1
    page.get_by_label("Chapter").select_option(str(other))
    assert page.locator("table").is_hidden()
    page.locator("summary").click()
    assert page.locator("table").is_visible()
    study = figure.chapters[other]["studies"][0]
    assert sum(len(position["gaps"]) for position in study["positions"]) == len(table(page))
    first = study["positions"][0]
    texts = [line[3] for line in first["lines"][:2]]
    assert table(page)[0] == [first["tick"], "pitfall", *texts, first["gaps"][0]]


def test_without_a_script_there_is_a_figure_and_a_table(browser, file, figure):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(file.as_uri())
    assert page.locator("select, input").first.is_hidden()
    assert page.locator("svg[role=img]").is_visible() and page.locator("table").is_visible()
    assert page.locator("noscript").is_visible()
    assert said(page) == figure.first["positions"][-1]["says"]
    last = figure.first["positions"][-1]
    assert page.locator(".value").all_text_contents() == [line[3] for line in last["lines"]]
    assert len(table(page)) == sum(len(p["gaps"]) for p in figure.first["positions"])
    context.close()


@pytest.mark.parametrize("width", [320, 375, 1440])
def test_it_fits(page, figure, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.locator("summary").click()
    for place in range(len(figure.chapters)):
        page.get_by_label("Chapter").select_option(str(place))
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("motion", "seconds"), [("reduce", 0), ("no-preference", 0.35)])
def test_marks_glide_only_where_motion_is_welcome(browser, file, motion, seconds):
    page = browser.new_page(reduced_motion=motion)
    page.goto(file.as_uri())
    found = page.locator(".mean").first.evaluate("n => getComputedStyle(n).transitionDuration")
    page.close()
    assert float(found.split("s")[0]) == seconds


def luminance(rgb):
    channels = [int(c) / 255 for c in rgb[rgb.index("(") + 1 : -1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out(page, theme):
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    if theme == "dark":
        page.evaluate("style => document.body.setAttribute('style', style)", DARK)
    paper = 0.0061 if theme == "dark" else 1.0  # of #121212 and of white
    for query, least in ((".role", 4.5), (".value", 4.5), (".mean", 3), (".chance", 3)):
        attribute = {".mean": "stroke", ".chance": "stroke"}.get(query, "fill")
        for node in page.locator(f".explorer {query}").all():
            colour = node.evaluate(f"n => getComputedStyle(n).{attribute}")
            light = sorted((luminance(colour) + 0.05, paper + 0.05))
            assert light[1] / light[0] >= least, (query, colour)
