"""Links to the repository: all from one address, and none without it."""

import shutil

import pytest
import yaml
from bs4 import BeautifulSoup
from conftest import BOOK, ROOT

import pitfalls
from pitfalls import cli
from pitfalls.course import CourseError
from pitfalls.site import build
from pitfalls.site.repository import Repository
from pitfalls.site.sphinx import repository_links

MADE_UP = "https://example.org/somebody/course"
ON_GITHUB, ON_GITLAB = "https://github.com/somebody/course", "https://gitlab.com/a/group/course"
PAGE = "chapters/02_leaky_selection/02a_pitfall"
EXERCISES = "chapters/02_leaky_selection/02c_exercises"


@pytest.mark.parametrize("address", [MADE_UP, f"{MADE_UP}/", f"{MADE_UP}.git", f" {MADE_UP}\n"])
def test_an_address_may_be_written_in_some_ways(address):
    assert Repository.at(address) == Repository("https://example.org", "somebody/course", "main")
    assert Repository.at(address).address == MADE_UP


@pytest.mark.parametrize(
    ("address", "branch"),
    [
        (f"{ON_GITHUB}/tree/dev", "dev"),
        (f"{ON_GITHUB}/tree/a/b", "a/b"),
        (f"{ON_GITLAB}/-/tree/dev", "dev"),
    ],
)
def test_another_branch_stands_behind_the_address(address, branch):
    found = Repository.at(address)
    assert found.branch == branch and found.address in (ON_GITHUB, ON_GITLAB)


@pytest.mark.parametrize(
    "address",
    [
        "git@example.org:somebody/course.git",
        "ssh://git@example.org/somebody/course",
        "https://me:secret@example.org/somebody/course",
        "https://example.org/course",
        "https://example.org",
        "somebody/course",
        "javascript:alert(1)//a/b",
        f"{MADE_UP}?x=1",
        f"{MADE_UP}#x",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_built(address, tmp_path, monkeypatch):
    monkeypatch.setattr(build.subprocess, "run", lambda *a, **k: pytest.fail("it was built"))
    with pytest.raises(CourseError, match="write the address that a browser shows"):
        build.site(BOOK, tmp_path, repository=address)


def test_the_command_hands_the_address_on(monkeypatch, capsys):
    seen = {}
    monkeypatch.setattr(build.subprocess, "run", lambda *a, **k: seen.update(k["env"]))
    monkeypatch.delenv("PITFALLS_REPOSITORY", raising=False)
    assert cli.main(["book"]) == 0 and "PITFALLS_REPOSITORY" not in seen
    assert cli.main(["book", "--repository", MADE_UP]) == 0
    assert seen["PITFALLS_REPOSITORY"] == MADE_UP
    assert cli.main(["book", "--repository", "course"]) != 0
    assert "--repository course: write the address" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "edit", "issue", "archive"),
    [
        (MADE_UP, "/edit/main/a%20b.md", "/issues/new?title=p%3A%20&", "refs/heads/main.zip"),
        (ON_GITHUB, "/edit/main/a%20b.md", "/issues/new?title=p%3A%20&", "refs/heads/main.zip"),
        (
            ON_GITLAB,
            "/-/edit/main/a%20b.md",
            "/-/issues/new?issue%5Btitle%5D=p%3A%20&",
            "/-/archive/main/course-main.zip",
        ),
        (
            "https://codeberg.org/somebody/course",
            "/_edit/main/a%20b.md",
            "/issues/new?title=p%3A%20&",
            "/archive/main.zip",
        ),
    ],
)
def test_each_kind_of_host_has_its_own_paths(address, edit, issue, archive):
    found = Repository.at(address)
    assert found.edit("a b.md") == address + edit
    assert found.issue("p").startswith(address + issue)
    assert found.archive.startswith(address) and found.archive.endswith(archive)


def test_the_form_for_a_fault_is_filled_in():
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/1_fault.yml").read_text("utf-8"))
    assert "where" in {field.get("id") for field in form["body"]}
    link = Repository.at(ON_GITHUB).issue(PAGE)
    assert "template=1_fault.yml" in link
    assert "where=chapters%2F02_leaky_selection%2F02a_pitfall" in link


def test_binder_reads_any_host_and_colab_one():
    here = "main?urlpath=lab%2Ftree%2Fa.ipynb"
    starts = {
        ON_GITHUB: "gh/somebody/course/",
        ON_GITLAB: "gl/a%2Fgroup%2Fcourse/",
        MADE_UP: "git/https%3A%2F%2Fexample.org%2Fsomebody%2Fcourse/",
    }
    for address, start in starts.items():
        found = Repository.at(address)
        assert found.binder("a.ipynb") == f"https://mybinder.org/v2/{start}{here}"
        assert bool(found.colab("a.ipynb")) == (address == ON_GITHUB)


def test_a_page_is_edited_where_it_is_written():
    pages = {
        "index": "book/index.md",
        "instructor/room": "book/instructor/room.md",
        PAGE: f"{PAGE}.py",
        EXERCISES: "solutions/02_leaky_selection/02c_solutions.py",
        "solutions/02_leaky_selection/02c_solutions": "solutions/02_leaky_selection/"
        "02c_solutions.py",
    }
    for page, source in pages.items():
        assert repository_links.source_of(page) == source and (ROOT / source).is_file()


def test_every_page_of_the_site_has_a_source():
    toc = yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8"))
    pages = [toc["root"], *(e["file"] for part in toc["parts"] for e in part["chapters"])]
    assert [p for p in pages if not (ROOT / repository_links.source_of(p)).is_file()] == []


def test_what_trains_networks_is_left_to_colab():
    found = Repository.at(ON_GITHUB)
    light, heavy = (
        repository_links.launches(found, page)
        for page in (PAGE, "chapters/08_tank_background/08a_pitfall")
    )
    assert light["Binder"] and light["Colab"] and heavy["Colab"] and not heavy["Binder"]
    assert repository_links.launches(found, "index") == {}


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == pitfalls.__version__


SOURCES = {
    "index.md": "# Home\n\nA copy<!-- copy -->.\n\n<!-- hosted -->\n\n"
    "```{toctree}\nchapters/02_leaky_selection/02a_pitfall\n```\n",
    f"{PAGE}.md": "# A <claim>\n\nText.\n",
}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A function that makes a site of two pages with an address and returns them, parsed."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    for name, text in SOURCES.items():
        (tmp_path / "pages" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pages" / name).write_text(text, encoding="utf-8")

    def make(address):
        monkeypatch.setenv("PITFALLS_REPOSITORY", address)
        settings = {
            "extensions": ["myst_parser", "pitfalls.site.sphinx.repository_links"],
            "html_theme": "sphinx_book_theme",
        }
        folders = [str(tmp_path / name) for name in ("pages", "html", "doctrees")]
        with patch_docutils(None), docutils_namespace():
            app = Sphinx(
                folders[0], None, *folders[1:], "html", settings, status=None, warningiserror=True
            )
            app.build()
        assert app.statuscode == 0
        pages = [tmp_path / "html" / name for name in ("index.html", f"{PAGE}.html")]
        return [BeautifulSoup(page.read_text("utf-8"), "html.parser") for page in pages]

    return make


def links(page, text):
    return [a["href"] for a in page.select(".article-header-buttons a") if a.text.strip() == text]


def test_buttons_and_words_come_with_the_address_and_go_with_it(made, tmp_path):
    citation = tmp_path / "html" / "CITATION.cff"
    before = [str(page) for page in made("")]
    assert not [page for page in before if "example.org" in page or "github" in page.lower()]
    assert "A copy." in before[0] and "Binder" not in "".join(before)
    assert citation.read_text("utf-8") == (ROOT / "CITATION.cff").read_text("utf-8")

    home, chapter = made(f"{ON_GITHUB}/tree/dev")  # the pages had not changed
    assert links(home, "Edit this page") == [f"{ON_GITHUB}/edit/dev/book/index.md"]
    assert links(chapter, "Edit this page") == [f"{ON_GITHUB}/edit/dev/{PAGE}.py"]
    assert links(chapter, "Report a fault") == [Repository.at(ON_GITHUB).issue(PAGE)]
    assert links(chapter, "The repository") == [ON_GITHUB]
    assert len(links(chapter, "Binder")) == len(links(chapter, "Colab")) == 1
    assert not links(home, "Binder") and not links(home, "Colab")
    assert home.find("a", string="as a ZIP")["href"] == f"{ON_GITHUB}/archive/refs/heads/dev.zip"
    assert f"git clone -q {ON_GITHUB} course" in home.get_text()
    assert yaml.safe_load(citation.read_text("utf-8"))["repository-code"] == ON_GITHUB

    home, chapter = made(MADE_UP)
    assert links(chapter, "Edit this page") == [f"{MADE_UP}/edit/main/{PAGE}.py"]
    assert links(chapter, "Binder") and not links(chapter, "Colab")
    assert "Colab" not in home.get_text()

    assert [str(page) for page in made("")] == before


def test_an_address_is_a_link_and_asked_for_nothing(made):
    for page in made(ON_GITHUB):
        asked = [tag.get("src") or tag.get("href") for tag in page.select("[src], link[href]")]
        assert asked and not [url for url in asked if "//" in url]


def test_a_citation_that_has_an_address_keeps_it(made, tmp_path, monkeypatch):
    folder = tmp_path / "chapters" / "02_leaky_selection"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "chapters" / folder.name / "chapter.toml", folder)
    text = (ROOT / "CITATION.cff").read_text("utf-8") + f'repository-code: "{MADE_UP}"\n'
    (tmp_path / "CITATION.cff").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    made(ON_GITHUB)
    assert (tmp_path / "html" / "CITATION.cff").read_text("utf-8") == text
