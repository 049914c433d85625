"""Slides come from the notebooks; the question comes first, nothing is cut off or fetched."""

import re
from types import SimpleNamespace

import jupytext
import nbformat
import pytest
from conftest import ROOT, find_chromium

from pitfalls import course
from pitfalls.author import slides
from pitfalls.author.slides.slide import paragraphs, sentences, shortened

NUMBERS = slides.half_day(ROOT)
TAUGHT = [lesson for lesson in course.lessons() if (lesson.folder / "teaching.toml").is_file()]
TEACHING = """
objectives = ["say when"]
ask = "How often?"
vote = "Which line?"
found = "The second."
live = ["A mill"]
wrong = [{ answer = "always", reveals = "hope" }]
choices = [
  { answer = "Always", says = "Too often.", right = false },
  { answer = "Never", says = "Just so.", right = true },
  { answer = "Often", says = "Less often.", right = false },
]
"""
CLAIM = """# %% [markdown]
# # The claim
#
# ## A mill
# Jonas buys wheat. Buy now? So he asks.

# %%
import numpy as np
rows = 3

# %%
print("claimed 0.91")

# %% [markdown]
# ## Predict
# How often is it right?

# %%
quiz("mill")

# %%
predict("mill", guess=None)

# %% [markdown]
# ## The evenings
# It is evening.

# %%
settle("mill", 0.4)
print("deployed 0.40")

# %% [markdown] slideshow={"slide_type": "notes"}
# Wait for it.

# %% [markdown] slideshow={"text": "conclusion"}
# Not a coin, however often he asks, on whatever evening, of whatever year, and whoever else may
# have asked before him, of whichever coin there is or was or will be. **It is worse than any
# coin.** [Go on](07b_fix.ipynb).
#
# ## Unnamed

# %%
print("unnamed")

# %% [markdown]
# ## Marked

# %% slideshow={"slide_type": "skip"}
print("skipped")

# %% slideshow={"slide_type": "slide"}
print("taken in")

# %%
turn("mill")
print("a slider")

# %% [markdown]
# ## Two outputs
# One comes.

# %% slideshow={"slide_type": "slide"}
print("first")

# %% [markdown] slideshow={"text": "takeaway"}
# That was one.
#
# Here is two.

# %%
print("second")

# %% [markdown] slideshow={"section": "cases"}
# ## Where it happened
# - **War.** [They](https://doi.org/10.1/x) did it. Twice. Thrice.
# - **In the taxonomy** it is L1.
#
# **Where it hides.** Clinic: the tube. Finance: the "clerk".
"""
FIX = """# %% [markdown]
# # The fix
#
# ## One line
# It moves.

# %%
print("honest")

# %% [markdown] slideshow={"section": "check"}
# ## At home
# Shuffle.
"""
PRINTED = {"settle": "It was 0.40. You had made no prediction.\n"}


@pytest.fixture
def lesson(tmp_path):
    """A small chapter, as far as slides ask."""
    (tmp_path / "teaching.toml").write_text(TEACHING, encoding="utf-8")
    pages = [tmp_path / "90a_pitfall.py", tmp_path / "90b_fix.py"]
    return SimpleNamespace(number=90, title="A toy", do="Forecast.", folder=tmp_path, pages=pages)


@pytest.fixture
def toy(lesson):
    """The slides of a small chapter, whose cells print what they are told to."""
    books = []
    for text in (CLAIM, FIX):
        books.append(jupytext.reads(text, fmt="py:percent"))
        for cell in books[-1].cells:
            told = "".join(f"{said}\n" for said in re.findall(r'print\("(.+)"\)', cell.source))
            told = (PRINTED["settle"] if "settle(" in cell.source else "") + told
            if cell.cell_type == "code":
                cell.outputs = [nbformat.v4.new_output("stream", text=told)] if told else []
    return slides.deck(lesson, books, ROOT)


def seen(slide):
    printed = "".join(output.get("text", "") for output in slide.outputs)
    return f"{slide.heading} {slide.lead} {slide.body} {slide.code} {printed} {slide.takeaway}"


def test_a_deck_has_its_parts_in_order(toy):
    assert [slide.heading for slide in toy] == [
        "A toy", "A mill", "A mill", "Predict", "The evenings", "Vote", "What it was", "Marked",
        "Two outputs", "Two outputs", "One line", "Where it happened", "Where it hides", "At home",
        "What you can do on Monday",
    ]  # fmt: skip
    bodies = [slide.body for slide in toy]
    assert bodies[0] == "Forecast."
    assert bodies[3] == "How often?\n\n1. Always\n1. Never\n1. Often"
    assert bodies[5:7] == ["Which line?", "The second."]


def test_what_each_answer_is_told_stands_in_the_notes_only(toy):
    question = toy[3]
    assert "- A: Too often.\n- B: Just so.\n- C: Less often." in question.notes[-1]
    assert "Just so" not in " ".join(map(seen, toy))


def test_words_around_an_output_stand_on_its_slide_and_the_rest_in_the_notes(toy):
    evenings = next(slide for slide in toy if slide.heading == "The evenings")
    assert evenings.lead == "It is evening."
    assert evenings.takeaway == "**It is worse than any coin.** [Go on](07b_fix.ipynb)."
    assert {"Not a coin", "Wait for it"} <= set(
        re.findall("Not a coin|Wait for it", str(evenings.notes))
    )
    assert "Wait" not in seen(evenings)
    assert "made no prediction" not in seen(evenings) and "deployed 0.40" in seen(evenings)


def test_a_text_between_two_outputs_leads_to_the_next_and_says_where_it_looks_back(toy):
    first, second = (slide for slide in toy if slide.heading == "Two outputs")
    assert (first.lead, first.takeaway) == ("One comes.", "That was one.")
    assert (second.lead, second.takeaway) == ("Here is two.", "")


def test_code_stands_where_it_is_run_live_without_imports(toy):
    assert [slide.code for slide in toy[1:3]] == ["", 'rows = 3\nprint("claimed 0.91")']
    assert next(slide for slide in toy if slide.heading == "Marked").code == ""


def test_marks_take_a_section_in_and_leave_a_cell_out(toy):
    shown = " ".join(map(seen, toy))
    assert "taken in" in shown and not re.search("skipped|unnamed|slider", shown)


def test_cases_are_a_list_and_a_heading_in_bold_is_a_slide(toy):
    happened, hides = (slide.body for slide in toy[-4:-2])
    assert happened == (
        "- **War.** [They](https://doi.org/10.1/x) did it. Twice. Thrice.\n"
        "- **In the taxonomy** it is L1."
    )
    assert hides == '- **Clinic:** the tube.\n- **Finance:** the "clerk".'


def test_a_chapter_that_does_not_say_what_it_does_is_an_error(lesson):
    lesson.do = ""
    with pytest.raises(course.LessonError, match=r"chapter\.toml: missing do"):
        slides.deck(lesson, [], ROOT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two? Three.", ["One.", "Two?", "Three."]),
        (
            "He said “no.” So it was. (Aside.) End.",
            ["He said “no.”", "So it was. (Aside.)", "End."],
        ),
        ("**Ask: which? And when?** Then go.", ["**Ask: which? And when?**", "Then go."]),
        ("A line\nbroken.\n\n- a list. Out.\n\n| a table. |", ["A line broken."]),
    ],
)
def test_sentences(text, expected):
    [paragraph] = paragraphs(text)
    assert sentences(paragraph) == expected


def test_what_is_too_long_is_cut_at_the_end_of_a_sentence():
    text = "**Gene expression.** They took a few words. Then others came, and more of them."
    assert shortened(text, 8) == "**Gene expression.** They took a few words."
    assert shortened(text, 1) == "**Gene expression.** They took a few words."
    assert shortened(text, 9, end=True) == "Then others came, and more of them."
    assert shortened(text) == shortened(text, end=True) == text


def test_code_that_has_no_room_is_cut_to_its_last_cell_or_left_out():
    printed = [nbformat.v4.new_output("stream", text="0.9")]
    long, short = "\n".join("abcdefghijkl"), "a\nb"
    last = "And a last sentence that is shorter."
    lead = f"{'Long sentence, ' * 10}end. {last}"
    for cells, code, after in (
        ([short, short], f"{short}\n{short}", lead),
        ([long, short], short, lead),
        (["\n".join("abcdefghi")], "\n".join("abcdefghi"), last),
        ([short, long], "", lead),
    ):
        slide = slides.Slide("x", lead=lead, outputs=printed)
        slide.fit_code(cells)
        assert (slide.code, slide.lead) == (code, after)


def printing(page):
    """A notebook whose visible cells have printed something."""
    book = jupytext.read(page)
    for cell in book.cells:
        if cell.cell_type == "code":
            printed = nbformat.v4.new_output("stream", text="It was 0.50.\n")
            cell.outputs = [printed] if "protocol" not in cell.metadata.get("tags", ()) else []
    return book


def in_other_words(text):
    """A Markdown text with every word replaced, and its markup and capitals left."""

    def other(word):
        return "Word" if word[0][0].isupper() else "word"

    lines = text.split("\n")
    other_lines = (re.sub(r"[A-Za-z]+", other, line) for line in lines)
    pairs = zip(lines, other_lines, strict=True)
    return "\n".join(line if line.startswith("#") else new for line, new in pairs)


@pytest.mark.parametrize("lesson", TAUGHT, ids=lambda lesson: lesson.slug)
def test_a_sentence_may_be_rewritten_without_breaking_a_deck(lesson):
    books = [printing(page) for page in lesson.pages[:2]]
    made = slides.deck(lesson, books, ROOT)
    for book in books:
        for cell in book.cells:
            if cell.cell_type == "markdown":
                cell.source = in_other_words(cell.source)
    again = slides.deck(lesson, books, ROOT)
    assert len(again) == len(made) > 10
    for before, after in zip(made, again, strict=True):
        assert (before.kind, before.part) == (after.kind, after.part)
        assert all(bool(a) == bool(b) for a, b in zip(shape(before), shape(after), strict=True))
        assert any(after.notes) and (after.outputs or after.body)


def shape(slide):
    return slide.lead, slide.body, slide.takeaway


@pytest.mark.parametrize("lesson", TAUGHT, ids=lambda lesson: lesson.slug)
def test_every_mark_is_known_and_every_deck_has_its_parts(lesson):
    found = {"slide_type": set(), "text": set(), "section": set()}
    for page in lesson.pages:
        for cell in jupytext.read(page).cells:
            for key, value in cell.metadata.get("slideshow", {}).items():
                found[key].add(value)
    assert found["slide_type"] <= {"slide", "skip", "notes"}
    assert found["text"] <= {"takeaway", "conclusion"}
    assert found["section"] <= {"cases", "check"}
    assert "cases" in found["section"] or lesson.part == "opening"


@pytest.mark.parametrize("lesson", TAUGHT, ids=lambda lesson: lesson.slug)
def test_the_first_page_says_what_learners_do_and_need_as_the_chapter_does(lesson):
    opening = jupytext.read(lesson.pages[0]).cells[0].source
    said = " ".join(opening.split())
    assert lesson.do and lesson.do in said
    assert lesson.needs in said
    assert all(f"/{course.load(slug).folder.name}/" in opening for slug in lesson.after)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_vote_comes_after_the_question_and_before_what_gives_it_away(number):
    lesson = course.load(number)
    books = [nbformat.read(page.with_suffix(".ipynb"), as_version=4) for page in lesson.pages[:2]]
    made, teaching = slides.deck(lesson, books, ROOT), slides.read_teaching(lesson)
    bodies = [slide.body for slide in made]
    asked = [body.split("\n")[0] for body in bodies].index(teaching["ask"])
    voted, found = (bodies.index(teaching[key]) for key in ("vote", "found"))
    assert 0 < asked < voted == found - 1
    assert all(slide.heading and any(slide.notes) for slide in made)
    before = " ".join(map(seen, made[: asked + 1]))
    assert not re.search(r"deployed:? -?0\.\d", before)
    # Sections that are shown as pictures explain the mistake.
    shown = [i for i, slide in enumerate(made) if slide.heading in teaching.get("show", ())]
    assert all(place > found for place in shown)


# --- One deck, made and opened --------------------------------------------------------------


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The deck of a chapter whose notebooks run in seconds, as a file."""
    lesson = course.load("look_ahead")
    made = slides.deck(lesson, slides.run_notebooks(lesson), ROOT)
    path = tmp_path_factory.mktemp("decks") / "deck é.html"
    path.write_text(slides.render(lesson, made, ROOT), encoding="utf-8")
    return path, made


@pytest.fixture(scope="module")
def opened(real):
    """The deck in a browser, and what it asked for."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        asked, faults = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(real[0].as_uri())
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        yield page, asked, faults
        browser.close()


def test_a_deck_asks_nobody_for_anything(real, opened):
    page, asked, faults = opened
    page.evaluate("Reveal.slide(Reveal.getTotalSlides() - 1)")
    assert [url for url in asked if not url.startswith(("data:", real[0].as_uri()))] == []
    assert faults == []


def test_every_slide_has_a_heading_notes_and_alt_text(real, opened):
    page = opened[0]
    found = page.evaluate(
        """() => Reveal.getSlides().map(slide => ({
            headings: slide.querySelectorAll("h1, h2").length,
            notes: slide.querySelector("aside.notes").innerText.trim().length,
            silent: [...slide.querySelectorAll("img")].filter(img => img.alt.length < 20).length,
        }))"""
    )
    assert len(found) == len(real[1]) > 15
    assert all(
        slide["headings"] == 1 and slide["notes"] and not slide["silent"] for slide in found
    )
    pictures = sum(slide.kind in ("beside", "wide") for slide in real[1])
    assert page.evaluate("document.images.length") == pictures >= 3
    assert page.evaluate("document.documentElement.lang") == "en" and "07" in page.title()


def test_nothing_is_cut_off_and_type_is_large(real, opened):
    page = opened[0]
    for place, slide in enumerate(real[1]):
        page.evaluate(f"Reveal.slide({place}, 0, 99)")
        least, outside, picture = page.evaluate(
            """() => {
              const slide = Reveal.getCurrentSlide();
              const all = [...slide.querySelectorAll(":not(aside, aside *)")];
              const words = all.filter(e => [...e.childNodes].some(
                  n => n.nodeType === 3 && n.textContent.trim()));
              const figure = slide.querySelector("img");
              return [
                Math.min(...words.map(e => parseFloat(getComputedStyle(e).fontSize))),
                all.filter(e => {
                  const box = e.getBoundingClientRect();
                  return box.bottom > 712 || box.right > 1270 || e.scrollWidth > e.clientWidth + 1
                      && getComputedStyle(e).display === "block";
                }).map(e => e.outerHTML.slice(0, 80)),
                figure ? figure.getBoundingClientRect().height : null,
              ];
            }"""
        )
        assert outside == [] and least >= 18, (slide.heading, outside, least)
        assert picture is None or picture > 280, slide.heading


def test_question_then_number_then_answer(opened):
    text = opened[0].evaluate(
        "Reveal.getSlides().map(s => [...s.children].filter(e => e.tagName !== 'ASIDE')"
        ".map(e => e.textContent).join(' '))"
    )
    marks = ("claimed: right on", "A number, and an interval", r"deployed 0\.\d", "Which argument")
    place = [next(i for i, slide in enumerate(text) if re.search(mark, slide)) for mark in marks]
    assert place == sorted(set(place))


def test_a_handout_has_a_page_a_slide(real, opened):
    page = opened[0].context.browser.new_page()
    page.goto(f"{real[0].as_uri()}?print-pdf")
    page.wait_for_function("document.querySelectorAll('.pdf-page').length > 0")
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == len(real[1])
