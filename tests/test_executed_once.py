"""A page is made anew when what it rests on has changed, and only then."""

from types import SimpleNamespace

import pytest
from conftest import extension

PAGES = {
    "index": "",
    "chapters/01_one/01a_pitfall": "",
    "solutions/01_one/01c_solutions": "",
    "chapters/02_two/02a_pitfall": 'course.load(\\"one\\")',
    "chapters/03_three/03a_pitfall": "",
}
ONE = {"index", "chapters/01_one/01a_pitfall", "solutions/01_one/01c_solutions"}
ONE |= {"chapters/02_two/02a_pitfall"}
THREE = {"index", "chapters/03_three/03a_pitfall"}
CHANGES = [
    ("src/pitfalls/study.py", set(PAGES)),
    ("requirements.txt", set(PAGES)),
    ("book/pictures.py", set(PAGES)),
    ("data/flights.csv.gz", set(PAGES)),
    ("data/evidence/01_one.csv", ONE),
    ("data/evidence/01_one.check.csv", ONE),
    ("chapters/01_one/01a_pitfall.py", ONE),
    ("chapters/03_three/chapter.toml", THREE),
    ("book/_build/html/index.py", set()),
    ("chapters/01_one/01a_pitfall.ipynb", set()),
    ("README.md", set()),
]


@pytest.fixture
def prints(tmp_path, monkeypatch):
    """A course of three chapters, and the fingerprints of its pages."""
    module = extension("executed_once")
    for name, _ in CHANGES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before", encoding="utf-8")
    chapters = [
        SimpleNamespace(slug=name[3:], folder=tmp_path / "chapters" / name)
        for name in ("01_one", "02_two", "03_three")
    ]
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module.lessons, "all", lambda: chapters)

    def made():
        module.of_package.cache_clear()
        module.of_chapter.cache_clear()
        return {page: module.fingerprint(page, text) for page, text in PAGES.items()}

    return made


@pytest.mark.parametrize(("file", "anew"), CHANGES)
def test_a_change_makes_anew_what_rests_on_it(prints, tmp_path, file, anew):
    before = prints()
    assert before == prints()
    (tmp_path / file).write_text("after", encoding="utf-8")
    after = prints()
    assert {page for page in PAGES if before[page] != after[page]} == anew


def test_a_new_file_of_a_chapter_counts(prints, tmp_path):
    before = prints()
    (tmp_path / "chapters/03_three/03b_fix.py").write_text("new", encoding="utf-8")
    after = prints()
    assert {page for page in PAGES if before[page] != after[page]} == THREE
