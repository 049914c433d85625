"""Slides come from the notebooks; the question comes first, nothing is cut off or fetched."""

import re
from types import SimpleNamespace

import nbformat
import pytest
from conftest import ROOT, find_chromium

from pitfalls import course
from pitfalls.author import slides

NUMBERS = slides.half_day(ROOT)
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
]
"""
CLAIM = """# %% [markdown]
# # The claim
# **What you'll do.** Forecast.
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

# %% [markdown]
# Not a coin. **Worse than a coin.** [Go on](07b_fix.ipynb).
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
"""
PRINTED = {"settle": "It was 0.40. You had made no prediction.\n"}


@pytest.fixture
def toy(tmp_path):
    """The slides of a small chapter, whose cells print what they are told to."""
    import jupytext

    (tmp_path / "teaching.toml").write_text(TEACHING, encoding="utf-8")
    books = []
    for text in (CLAIM, FIX):
        books.append(jupytext.reads(text, fmt="py:percent"))
        for cell in books[-1].cells:
            told = "".join(f"{said}\n" for said in re.findall(r'print\("(.+)"\)', cell.source))
            told = (PRINTED["settle"] if "settle(" in cell.source else "") + told
            if cell.cell_type == "code":
                cell.outputs = [nbformat.v4.new_output("stream", text=told)] if told else []
    pages = [tmp_path / "90a_pitfall.py", tmp_path / "90b_fix.py"]
    lesson = SimpleNamespace(number=90, title="A toy", folder=tmp_path, pages=pages)
    return slides.deck(lesson, books, ROOT)


def seen(slide):
    printed = "".join(output.get("text", "") for output in slide.outputs)
    return f"{slide.heading} {slide.lead} {slide.body} {slide.code} {printed} {slide.takeaway}"


def test_a_deck_has_its_parts_in_order(toy):
    assert [slide.heading for slide in toy] == [
        "A toy", "A mill", "A mill", "Predict", "The evenings", "Vote", "What it was", "Marked",
        "One line", "Where it happened", "Where it hides", "What you can do on Monday",
    ]  # fmt: skip
    bodies = [slide.body for slide in toy]
    assert bodies[3] == "How often?\n\n1. Always\n1. Never"
    assert bodies[5:7] == ["Which line?", "The second."]


def test_what_each_answer_is_told_stands_in_the_notes_only(toy):
    question = toy[3]
    assert "- A: Too often.\n- B: Just so." in question.notes[-1]
    assert "Just so" not in " ".join(map(seen, toy))


def test_words_around_an_output_stand_on_its_slide_and_the_rest_in_the_notes(toy):
    evenings = next(slide for slide in toy if slide.heading == "The evenings")
    assert evenings.lead == "It is evening."
    assert evenings.takeaway == "**Worse than a coin.**"
    assert {"Not a coin", "Wait for it"} <= set(
        re.findall("Not a coin|Wait for it", str(evenings.notes))
    )
    assert "Wait" not in seen(evenings)
    assert "made no prediction" not in seen(evenings) and "deployed 0.40" in seen(evenings)


def test_code_stands_where_it_is_run_live_without_imports(toy):
    assert [slide.code for slide in toy[1:3]] == ["", 'rows = 3\nprint("claimed 0.91")']
    assert next(slide for slide in toy if slide.heading == "Marked").code == ""


def test_marks_take_a_section_in_and_leave_a_cell_out(toy):
    shown = " ".join(map(seen, toy))
    assert "taken in" in shown and not re.search("skipped|unnamed|slider", shown)


def test_literature_is_two_sentences_and_a_place_in_each_field(toy):
    happened, hides = (slide.body for slide in toy[-3:-1])
    assert happened == "- **War.** [They](https://doi.org/10.1/x) did it. Twice."
    assert hides == '- **Clinic:** the tube.\n- **Finance:** the "clerk".'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two? Three.", ["One.", "Two?", "Three."]),
        ("He said “no.” So it was. (Aside.) End.", ["He said “no.”", "So it was.", "End."]),
        ("**Ask: which? And when?** Then go.", ["**Ask: which? And when?**", "Then go."]),
        ("A line\nbroken.\n\n- a list. Out.\n\n| a table. |", ["A line broken."]),
    ],
)
def test_sentences(text, expected):
    assert slides._sentences(text) == expected


def test_code_that_has_no_room_is_cut_to_its_last_cell_or_left_out():
    printed = [nbformat.v4.new_output("stream", text="0.9")]
    long, short = "\n".join("abcdefghijkl"), "a\nb"
    lead = f"{'Long sentence, ' * 10}end. Short one."
    for cells, code, after in (
        ([short, short], f"{short}\n{short}", lead),
        ([long, short], short, lead),
        (["\n".join("abcdefghi")], "\n".join("abcdefghi"), "Short one."),
        ([short, long], "", lead),
    ):
        slide = slides.Slide("x", lead=lead, outputs=printed, cells=cells)
        slides._fit_code(slide)
        assert (slide.code, slide.lead) == (code, after)


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
