"""The pages for instructors: routes fill their time, and prompts are true to the notebooks."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from pitfalls import course
from pitfalls.course import teaching
from pitfalls.site import workshops

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "book" / "instructor"


def predicted():
    """The chapters that ask for a prediction."""
    return [
        lesson
        for lesson in course.lessons()
        if any("predict(" in page.read_text(encoding="utf-8") for page in lesson.pages)
    ]


def headings(lesson):
    text = "".join(page.read_text(encoding="utf-8") for page in lesson.notebooks)
    return set(re.findall(r"^# ## (.+)$", text, re.M))


@pytest.mark.parametrize(
    ("name", "minutes"), [("90 minutes", 90), ("Half a day", 210), ("One day", 420)]
)
def test_a_route_fills_its_time(name, minutes):
    route = workshops.routes()[name]
    assert route["minutes"] == minutes == sum(step["minutes"] for step in route["steps"])
    last = workshops.plan(name, course.lessons()).splitlines()[-1]
    assert last.startswith(f"| {minutes // 60}:{minutes % 60:02d} |")


@pytest.mark.parametrize(
    ("name", "numbers"), [("90 minutes", [0, 8]), ("Half a day", [0, 2, 7, 9, 19])]
)
def test_a_route_has_its_chapters(name, numbers):
    assert [lesson.number for lesson in workshops.on_route(name, course.lessons())] == numbers


@pytest.mark.parametrize("name", ["90 minutes", "Half a day", "One day"])
def test_the_last_session_is_the_audit_of_their_own_projects(name):
    *_, session, close = workshops.routes()[name]["steps"]
    assert "](../audit.md)" in session["what"] and "[" not in close["what"]
    assert (GUIDE / "../audit.md").is_file()


@pytest.mark.parametrize("name", ["90 minutes", "Half a day", "One day"])
def test_a_route_leaves_out_chapters_that_are_not_there(name):
    assert "chapters/" not in workshops.plan(name, [])
    here = workshops.on_route(name, course.lessons())[:1]
    plan = workshops.plan(name, here, "../")
    assert set(re.findall(r"\(\.\./chapters/(\w+)/", plan)) == {here[0].folder.name}


def test_headings_named_in_a_route_are_in_the_notebooks():
    shown = {lesson.number: headings(lesson) for lesson in course.lessons()}
    for route in workshops.routes().values():
        for step in route["steps"]:
            for name in re.findall(r"\*([A-Z][^*]+)\*", step["what"] + step.get("late", "")):
                found = [h for h in shown.get(step.get("chapter"), ()) if h.startswith(name)]
                assert found, f"{step['what']}: no heading {name!r}"


def test_every_chapter_with_a_prediction_has_notes_for_teachers():
    assert not [lesson.slug for lesson in predicted() if teaching.notes(lesson) is None]


@pytest.mark.parametrize("lesson", predicted(), ids=lambda lesson: lesson.slug)
def test_notes_for_teachers_are_true_to_the_notebooks(lesson):
    notes = teaching.notes(lesson)
    assert set(notes["live"]) | set(notes.get("show", ())) <= headings(lesson)
    assert len(notes["wrong"]) >= 2 and len(notes["objectives"]) >= 2
    assert all(set(row) == {"answer", "reveals"} for row in notes["wrong"])
    assert all(re.match(r"[a-z]", verb) for verb in notes["objectives"])
    assert lesson.title in workshops.prompt(lesson)


def test_a_misspelt_key_of_the_notes_is_named(tmp_path):
    class Lesson:
        folder = tmp_path

    assert teaching.notes(Lesson) is None
    (tmp_path / "teaching.toml").write_text('ask = "?"\nwrongs = []\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"teaching\.toml"):
        teaching.notes(Lesson)


def test_notes_whose_choices_make_no_quiz_are_refused(tmp_path):
    source = course.load(2).folder / "teaching.toml"
    text = source.read_text(encoding="utf-8").replace("right = true\n", "")
    (tmp_path / "teaching.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"0 of 4 \[\[choices\]\] are right; at least one must"):
        teaching.notes(SimpleNamespace(folder=tmp_path, slug="toy"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("minutes = 5\nwhat", "minutes = 0\nwhat", r"minutes = 0 must be a whole number of min"),
        ("saves = 4", "saved = 4", r"'\{claim\}.*': unknown key saved; known: minutes, chapter"),
        ("chapter = 0", 'chapter = "0"', r"chapter = '0' must be the number of a chapter"),
    ],
)
def test_a_fault_of_a_route_is_told_with_its_step(tmp_path, old, new, says):
    source, copy = course.Course.here().root / teaching.ROUTES, tmp_path / teaching.ROUTES
    copy.parent.mkdir(parents=True)
    text = source.read_text(encoding="utf-8")
    assert teaching.routes(tmp_path) == []
    copy.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"routes\.toml: \[\[routes\]\] '90 minutes': .*{says}"):
        teaching.routes(tmp_path)


def test_the_clinic_takes_an_hour_and_45_minutes_without_its_second_round():
    rows = re.findall(
        r"^\| (\d):(\d\d) \| (\d+) \| (.*)", (GUIDE / "clinic.md").read_text("utf-8"), re.M
    )
    clock = 0
    for hour, minute, minutes, _ in rows:
        assert int(hour) * 60 + int(minute) == clock
        clock += int(minutes)
    assert clock == 60
    second = next(int(row[2]) for row in rows if row[3].startswith("Second round"))
    assert clock - second - 3 == 45


def test_the_hour_of_preparation_is_an_hour():
    text = (GUIDE / "index.md").read_text("utf-8")
    assert sum(map(int, re.findall(r"^\| (\d+) \|", text, re.M))) == 60


def test_the_two_forms_have_the_same_questions_and_the_key_has_each():
    text = (GUIDE / "tests.md").read_text("utf-8")
    asks, form_a, form_b, rubric = re.split(r"^## (?:Form [AB]|Rubric)$", text, flags=re.M)
    studies = [re.findall(r"^\d\. (.+)", form, re.M) for form in (form_a, form_b)]
    pairs = list(zip(*studies, strict=True))
    assert len(pairs) == 8
    numbers = [str(n) for n in range(1, 9)]
    assert [re.findall(r"^\| (\d) \|", part, re.M) for part in (asks, rubric)] == [numbers] * 2
    # Isomorphic: as many sentences in the same order, and no study that is in both.
    assert all(a.count(". ") == b.count(". ") and a != b for a, b in pairs)
    directions = re.findall(r"^\| \d \| (lower|the same) \|", rubric, re.M)
    assert directions.count("the same") == 2 and len(directions) == 8
    assert form_a.count("lower · the same · higher") == form_b.count("lower · the same · higher")
    assert "24 in all" in rubric


def test_the_words_that_decide_are_in_the_questions():
    text = (GUIDE / "tests.md").read_text("utf-8")
    forms, rubric = text.split("## Rubric")
    for words in ("as they stand at discharge", "when the case is closed", "no window is in both"):
        assert words in forms and words in rubric


def test_a_cut_saves_less_than_its_step_and_all_a_quarter():
    for route in workshops.routes().values():
        cuts = [step for step in route["steps"] if "saves" in step]
        assert all(0 < step["saves"] < step["minutes"] or step["late"] == "Leave out."
                   for step in cuts)  # fmt: skip
        assert sum(step["saves"] for step in cuts) >= route["minutes"] / 5
        assert all("late" in step for step in cuts)


def test_every_route_and_chapter_is_a_section():
    chapters = course.lessons()
    routes = workshops.write_routes(chapters, "../")
    assert re.findall(r"^## (.+)$", routes, re.M) == list(workshops.routes())
    prompts = workshops.write_prompts(chapters, "../")
    titles = [f"{lesson.number:02d} · {lesson.title}" for lesson in predicted()]
    assert set(titles) <= set(re.findall(r"^## (.+)$", prompts, re.M))
    assert "saves" in routes and "All cuts together save" in routes


def test_every_page_is_reached_from_the_first():
    text = (GUIDE / "index.md").read_text("utf-8")
    pages = {page.name for page in GUIDE.glob("*.md")} - {"index.md"}
    assert pages <= set(re.findall(r"\((\w+\.md)", text))
    toc = (ROOT / "book" / "_toc.yml").read_text("utf-8")
    assert all(f"instructor/{page.removesuffix('.md')}\n" in toc for page in pages)


def test_a_prompt_shows_the_study_that_its_question_is_about():
    coin, headline = (workshops.result(course.load(0), s) for s in ("leaky_selection.coin", None))
    assert re.search(r"claimed 0\.9\d, deployed 0\.50", coin)
    assert headline and headline != coin
    assert workshops.result(course.load(0), "") == ""
