"""A page is made anew when what it rests on has changed, and only then."""

import pytest

from pitfalls.site.sphinx import executed_once

TOML = 'number = {n}\ntitle = "A"\npart = "leakage"\nminutes = {{ read = 1 }}\ncontract = false\n'
CHAPTERS = ("01_one", "02_two", "03_three", "91_unnamed")
PAGES = {
    "index": "",
    "chapters/01_one/01a_pitfall": "",
    "solutions/01_one/01c_solutions": "",
    "chapters/02_two/02a_pitfall": 'course.load(\\"one\\")',
    "chapters/02_two/02b_fix": "",
    "chapters/03_three/03a_pitfall": "",
    "chapters/03_three/03c_exercises": "course.lessons()",
    "chapters/91_unnamed/91c_exercises": "",
}
EVERYTHING = {"index", "chapters/03_three/03c_exercises"}
UNNAMED = {"chapters/91_unnamed/91c_exercises"}
TWO = {"chapters/02_two/02a_pitfall", "chapters/02_two/02b_fix"}
THREE = EVERYTHING | {"chapters/03_three/03a_pitfall"} | UNNAMED
ONE = EVERYTHING | TWO | {"chapters/01_one/01a_pitfall", "solutions/01_one/01c_solutions"}
FILES = {
    "src/pitfalls/study.py": set(PAGES),
    "src/pitfalls/notebook/quiz.html.jinja": set(PAGES),
    "src/pitfalls/course/schemas/chapter.schema.json": set(PAGES),
    "requirements.txt": set(PAGES),
    "book/map.toml": set(PAGES),
    "book/instructor/routes.toml": set(PAGES),
    "data/flights.csv.gz": set(PAGES),
    "data/evidence/01_one.csv": ONE,
    "data/evidence/01_one.check.csv": ONE,
    "chapters/01_one/01a_pitfall.py": ONE,
    # Its protocol is run by both pages of its chapter, and so is what it names.
    "chapters/02_two/02a_pitfall.py": EVERYTHING | TWO,
    "chapters/03_three/chapter.toml": THREE,
    "chapters/91_unnamed/cases.toml": EVERYTHING | UNNAMED,
    "book/_build/html/index.toml": set(),
    "book/index.md": set(),
    "chapters/01_one/01a_pitfall.ipynb": set(),
    "README.md": set(),
}
WRITTEN = {
    "chapters/02_two/02a_pitfall.py": 'course.load("one")\n',
    "chapters/91_unnamed/cases.toml": '[A]\nworld = "three.window"\n',
}


@pytest.fixture
def prints(tmp_path, monkeypatch):
    """A course of four chapters, and the fingerprints of its pages."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(WRITTEN.get(name, "# before\n"), encoding="utf-8")
    for folder in CHAPTERS:
        file = tmp_path / "chapters" / folder / "chapter.toml"
        file.write_text(TOML.format(n=int(folder[:2])), encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def forget():
        for kept in (executed_once.of_package, executed_once.of_chapter, executed_once.said_in):
            kept.cache_clear()

    def made():
        forget()
        return {page: executed_once.fingerprint(page, text) for page, text in PAGES.items()}

    yield made
    forget()


@pytest.mark.parametrize(("file", "anew"), FILES.items())
def test_a_change_makes_anew_what_rests_on_it(prints, tmp_path, file, anew):
    before = prints()
    assert before == prints()
    with (tmp_path / file).open("a", encoding="utf-8") as changed:
        changed.write("# after\n")
    after = prints()
    assert {page for page in PAGES if before[page] != after[page]} == anew


def test_a_new_file_of_a_chapter_counts(prints, tmp_path):
    before = prints()
    (tmp_path / "chapters/03_three/03b_fix.py").write_text("new", encoding="utf-8")
    after = prints()
    assert {page for page in PAGES if before[page] != after[page]} == THREE
