"""The question before a result: every chapter's quiz is fit to be shown, and shown in time."""

import re
import tomllib
from html.parser import HTMLParser
from types import SimpleNamespace

import jupytext
import pytest

from pitfalls import course
from pitfalls.course import LessonError
from pitfalls.notebook import quiz

ASKING = [
    lesson
    for lesson in course.lessons()
    if any("predict(" in page.read_text(encoding="utf-8") for page in lesson.pages)
]
each_chapter = pytest.mark.parametrize("lesson", ASKING, ids=lambda lesson: lesson.slug)
CHOICE = '[[choices]]\nanswer = "{answer}"\nsays = "Because."\n{more}\n'
THREE = ["right = true", "", ""]
REST = """
objectives = ["Say so."]
vote = "And now?"
found = "So."
live = ["The claim"]
wrong = [{ answer = "All", reveals = "Hope." }]
"""


def notes(*more, ask='ask = "What share?"'):
    choices = "".join(CHOICE.format(answer=k, more=m) for k, m in enumerate(more))
    return f"{ask}\n{REST}\n{choices}"


@pytest.fixture
def lesson(tmp_path):
    def write(text):
        (tmp_path / "teaching.toml").write_text(text, encoding="utf-8")
        return SimpleNamespace(folder=tmp_path, slug="toy")

    return write


class Drawn(HTMLParser):
    """Each answer of a quiz with what opens under it, and whether it is open."""

    def __init__(self, html):
        super().__init__()
        self.details, self.boxes, self._in = [], [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._in = tag if tag in ("summary", "p") else self._in
        if tag == "details":
            self.details.append(dict(attrs))
            self.boxes.append({"summary": "", "p": ""})

    def handle_endtag(self, tag):
        self._in = None if tag in ("summary", "p") else self._in

    def handle_data(self, data):
        if self._in and self.boxes:
            self.boxes[-1][self._in] += data


def cells(lesson):
    text = lesson.pages[0].read_text(encoding="utf-8")
    return [
        c.source for c in jupytext.reads(text, fmt="py:percent").cells if c.cell_type == "code"
    ]


@each_chapter
def test_a_chapter_asks_before_it_shows_the_deployed_score(lesson):
    code = cells(lesson)
    asks = [k for k, cell in enumerate(code) if f'quiz("{lesson.slug}")' in cell]
    writes = next(k for k, cell in enumerate(code) if f'predict("{lesson.slug}"' in cell)
    shows = next(k for k, cell in enumerate(code) if f'settle("{lesson.slug}"' in cell)
    says = [k for k, cell in enumerate(code) if re.search(r"print\(.*\bdeployed\b", cell)]
    first = min([shows, *[k for k in says if k > writes]])
    assert asks == [writes - 1] and writes < first


@each_chapter
def test_a_choice_says_what_it_gets_right_or_wrong(lesson):
    written = tomllib.loads((lesson.folder / "teaching.toml").read_text(encoding="utf-8"))
    drawn = Drawn(quiz.quiz(lesson.slug)._repr_html_())
    assert len(drawn.boxes) == len(written["choices"])
    for row, box in zip(written["choices"], drawn.boxes, strict=True):
        begins = "✓ Right. " if row.get("right") else "✗ Not quite. "
        assert box == {"summary": row["answer"], "p": begins + row["says"]}
        assert 1 <= len(re.findall(r"[.?](?: |$)", row["says"])) <= 3
        assert not re.search(r"\d\.\d", row["answer"] + row["says"])  # scores are measured


def test_the_right_answer_is_not_given_away_by_its_place_or_length():
    found = [quiz.read(lesson).choices for lesson in ASKING]
    places = [[choice.right for choice in choices].index(True) for choices in found]
    assert len(found) > 10 and max(map(places.count, range(4))) < len(found) / 2
    for extreme in (max, min):
        length = [extreme(choices, key=lambda c: len(c.answer)).right for choices in found]
        assert sum(length) < len(found) / 2


def test_all_is_closed_and_one_opens_at_a_time(lesson):
    drawn = Drawn(quiz.read(lesson(notes(*THREE)))._repr_html_())
    assert [attrs["name"] for attrs in drawn.details] == ["quiz-toy"] * 3
    assert not any("open" in attrs for attrs in drawn.details)


def test_text_is_shown_as_it_is(lesson):
    odd = "<b>*1* & 2</b>"
    shown = quiz.read(lesson(notes(*THREE).replace("What share?", odd).replace("Because.", odd)))
    html, markdown = shown._repr_html_(), shown._repr_markdown_()
    assert "<b>" not in html and html.count("&lt;b&gt;*1* &amp; 2&lt;/b&gt;") == 4
    assert r"\<b\>\*1\* & 2\</b\>" in markdown and "<b>*1*" not in markdown.replace("\\", "|")


@pytest.mark.parametrize("show", [repr, quiz.Quiz._repr_markdown_], ids=["plain", "markdown"])
def test_on_paper_the_answers_stand_before_what_is_said(lesson, show):
    text = show(quiz.read(lesson(notes(*THREE))))
    question, answers, says = re.split(r"(?<=\?)\W|What each answer is told:", text)
    assert question.strip("*") == "What share?"
    assert re.findall(r"\d", answers) == ["0", "1", "2"] and "Because." not in answers
    assert re.findall(r"Right|Not quite", says) == ["Right", "Not quite", "Not quite"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (notes("", "", ""), "0 of 3 [[choices]] are right"),
        (notes(*["right = true"] * 3), "3 of 3 [[choices]] are right"),
        (notes(*THREE[:2]), "must be three or four tables [[choices]]"),
        (notes(*THREE, "", ""), "must be three or four tables [[choices]]"),
        (notes(*THREE).replace("says", "say", 1), "[[choices]] '0': unknown key say"),
        (notes(*THREE).replace("Because.", "", 1), "[[choices]] '0': says = '' must be"),
        (notes("right = 1", "", ""), "[[choices]] '0': right = 1 must be true"),
        (notes(*THREE).replace('"1"', '"0"'), "two [[choices]] have one answer: '0'"),
        (notes(*THREE, ask=""), "missing ask"),
    ],
    ids=lambda text: "" if "\n" in text else text,
)
def test_what_is_wrong_with_a_quiz_is_said(lesson, text, says):
    with pytest.raises(LessonError, match=re.escape(says)) as error:
        quiz.read(lesson(text))
    assert "teaching.toml" in str(error.value)


def test_a_chapter_without_a_quiz_is_named(tmp_path):
    with pytest.raises(LessonError, match=r"no .*teaching\.toml.* no quiz for chapter 'toy'"):
        quiz.read(SimpleNamespace(folder=tmp_path, slug="toy"))
