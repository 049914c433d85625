"""The site builds without a warning, and its pages show in a browser with no other host."""

import functools
import http.server
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

from pitfalls import book, lessons

pytestmark = pytest.mark.xdist_group("book")

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PHONE, DESK = {"width": 375, "height": 800}, {"width": 1440, "height": 900}


def toc_pages():
    toc = yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8"))
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    return [toc["root"], *files]


class Page(HTMLParser):
    """The first headline, the text, the anchors and the images of a page's article."""

    def __init__(self, file):
        super().__init__()
        self.h1, self.text, self.ids, self.images = "", "", set(), []
        self._in_h1 = self._in_link = self._in_article = False
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id"))
        self._in_article |= tag == "article"
        self._in_h1 |= tag == "h1" and not self.h1
        self._in_link |= "headerlink" in (attrs.get("class") or "")
        if tag == "img":
            self.images.append(attrs)

    def handle_endtag(self, tag):
        self._in_article &= tag != "article"
        self._in_h1 &= tag != "h1"
        self._in_link &= tag != "a"

    def handle_data(self, data):
        if self._in_h1 and not self._in_link:
            self.h1 += data
        if self._in_article:
            self.text += data


def plain(text):
    """Without marks and typographic quotes."""
    text = re.sub(r"[`*_]", "", text).replace("’", "'").replace("“", '"').replace("”", '"')
    return " ".join(text.split())


def first_heading(page):
    notebook = BOOK / f"{page}.ipynb"
    if notebook.is_file():
        cells = nbformat.read(notebook, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        text = (BOOK / f"{page}.md").read_text(encoding="utf-8")
    return plain(re.search(r"^# (.+)$", text, re.M)[1])


def extension(name):
    """A local extension of the site, as a module."""
    spec = importlib.util.spec_from_file_location(name, BOOK / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fill_cache(cache, executed):
    """Put notebooks that nbval has run into the cache; return their pages."""
    fingerprint = extension("executed_once").fingerprint
    pages = []
    for file in sorted(Path(executed).rglob("*.ipynb")):
        page = file.relative_to(executed).with_suffix("").as_posix()
        notebook = nbformat.read(file, as_version=4)
        text = (BOOK / f"{page}.ipynb").read_text(encoding="utf-8")
        notebook.metadata.kernelspec["fingerprint"] = fingerprint(page, text)
        bundle = CacheBundleIn(notebook, str(BOOK / f"{page}.ipynb"))
        get_cache(cache).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        pages.append(page)
    return pages


@pytest.fixture(scope="module")
def executed_before(tmp_path_factory):
    """The folder of one build, and the pages that are in its cache already."""
    target = tmp_path_factory.mktemp("site")
    cache = target / "_build" / ".jupyter_cache"
    return target, fill_cache(str(cache), os.environ["PITFALLS_EXECUTED"])


@pytest.fixture(scope="module")
def build(executed_before):
    """Exit code, output and HTML folder of one build."""
    target, _ = executed_before
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    options = ["build", str(BOOK), "-W", "-n", "--keep-going", "--path-output", str(target)]
    result = subprocess.run(
        [*command, *options], cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"},
    )  # fmt: skip
    return result.returncode, result.stdout + result.stderr, target / "_build" / "html"


@pytest.fixture(scope="module")
def html(build):
    if not (build[2] / "index.html").is_file():
        pytest.fail("the site did not build; see test_it_builds_without_a_warning")
    return build[2]


def find_chromium(own):
    """A browser's path; without one the test skips, or fails where CI is set."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), own if Path(own).is_file() else None)
    if found is None:
        says = "no chromium: install it from your system, or run `playwright install chromium`"
        pytest.fail(says) if "CI" in os.environ else pytest.skip(says)
    return found


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def find_pdf_tools(missing):
    """Skip without LaTeX and pdftotext, or fail where CI is set."""
    if missing:
        says = f"no PDF without these packages: {' '.join(missing)}"
        pytest.fail(says) if "CI" in os.environ else pytest.skip(says)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address(html):
    """The site on loopback."""
    handler = functools.partial(Quiet, directory=html)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def open_page(browser, url, address, size):
    """The open page and all it complained of."""
    page = browser.new_page(viewport=size)
    complaints = []

    def route(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            complaints.append(f"asks another host: {route.request.url}")
            route.abort()

    page.route("**/*", route)
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto(url, wait_until="networkidle")
    return page, complaints


def test_it_builds_without_a_warning(build):
    code, output, _ = build
    noise = re.compile("IPKernelApp|NbParserConfig")
    told = [line for line in output.splitlines() if not noise.search(line)]
    wrong = [line for line in told if re.search("WARNING|[Ee]rror", line)]
    assert code == 0, "\n".join(wrong or told[-20:])[-4000:]


def test_what_has_run_is_not_run_again(executed_before, build):
    ran = re.findall(r"/book/(\S+?)\.(?:ipynb|md): Executed notebook", build[1])
    assert not set(executed_before[1]) & set(ran)
    assert ran or executed_before[1]


@pytest.mark.parametrize("page", toc_pages())
def test_a_page_exists_with_its_headline(html, page):
    assert plain(Page(html / f"{page}.html").h1) == first_heading(page)


@pytest.mark.parametrize("name", ["chapters", "solutions"])
def test_the_folders_are_links(name):
    says = "a link that was checked out as text: clone with `git -c core.symlinks=true`"
    assert (BOOK / name).is_symlink(), says
    assert os.readlink(BOOK / name) == f"../{name}"


@pytest.fixture(scope="module")
def pdf(executed_before, html):
    """The PDF from what the site has run, set once; and LaTeX's log."""
    poppler = [] if shutil.which("pdftotext") else ["poppler-utils"]
    find_pdf_tools(book.missing_for_pdf() + poppler)
    made = book.pdf(BOOK, executed_before[0], draft=True)
    log = (html.with_name("latex") / book.NAME).with_suffix(".log")
    return made, log.read_text(encoding="utf-8", errors="replace")


def test_the_pdf_has_every_chapter_and_page(pdf):
    text = subprocess.run(["pdftotext", pdf[0], "-"], capture_output=True, check=True).stdout
    text = plain(unicodedata.normalize("NFKC", text.decode("utf-8")))
    wanted = [f"Chapter {lesson.number:02d} {lesson.title}" for lesson in lessons.all()]
    pages = [page for page in toc_pages() if page not in ("index", "api")]
    # The pages of a chapter are sections, without the chapter's title before their own.
    wanted += [first_heading(page).rpartition(": ")[2] for page in pages]
    sections = re.findall(r"\b\d\d[a-d] (?:The claim|The fix|Exercises)\b", text)
    assert not [title for title in wanted if plain(title).lower() not in text.lower()]
    assert len(sections) >= 2 * len([lesson for lesson in lessons.all() if lesson.simulated])


def test_the_pdf_lacks_no_letter_and_runs_off_no_page(pdf):
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", pdf[1])]
    assert "Output written on" in pdf[1]
    assert not re.findall(r"Missing character: .+", pdf[1])
    assert max(wide, default=0) < 5
    assert pdf[0].stat().st_size < 40e6


@pytest.mark.parametrize("page", toc_pages())
def test_images_say_what_they_show(html, page):
    for image in Page(html / f"{page}.html").images:
        alt = image.get("alt") or ""
        assert len(alt) > 10 and not re.search(r"_images/|\.(png|svg|jpe?g)$", alt), image


@pytest.mark.parametrize("page", toc_pages())
def test_a_page_shows_in_a_browser_and_fits_a_phone(browser, address, page):
    shown, complaints = open_page(browser, f"{address}{page}.html", address, DESK)
    broken = shown.eval_on_selector_all("img", "all => all.filter(i => !i.naturalWidth).length")
    shown.set_viewport_size(PHONE)
    width = shown.evaluate("document.documentElement.scrollWidth")
    shown.close()
    assert not complaints
    assert broken == 0
    assert width <= PHONE["width"]


@pytest.mark.parametrize("ci", [False, True])
def test_a_missing_browser_is_a_failure_only_in_ci(monkeypatch, tmp_path, ci):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setenv("CI", "1") if ci else monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.fail.Exception if ci else pytest.skip.Exception, match="chromium"):
        find_chromium(tmp_path / "none")


@pytest.mark.parametrize("ci", [False, True])
def test_missing_latex_is_a_failure_only_in_ci(monkeypatch, ci):
    monkeypatch.setenv("CI", "1") if ci else monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.fail.Exception if ci else pytest.skip.Exception, match="latexmk"):
        find_pdf_tools(["latexmk"])


def test_a_page_that_asks_another_host_is_caught(browser, html, address):
    tampered = html / "tampered.html"
    tampered.write_text('<img src="http://example.org/a.png"><script>throw Error("x")</script>')
    shown, complaints = open_page(browser, f"{address}tampered.html", address, DESK)
    shown.close()
    tampered.unlink()
    assert any("example.org" in said for said in complaints)
    assert any(said.startswith("error:") for said in complaints)


def test_formulas_are_set_without_the_network(browser, html, address):
    page = html / "formula.html"
    page.write_text('<script src="_static/mathjax/tex-chtml.js"></script><p>\\(x^2 \\in R\\)</p>')
    shown, complaints = open_page(browser, f"{address}formula.html", address, DESK)
    formulas = shown.locator("mjx-container mjx-mi").count()
    shown.close()
    page.unlink()
    assert formulas
    assert not complaints


@pytest.mark.parametrize("page", ["index", "how_to_read"])
def test_every_chapter_is_listed(html, page):
    text = plain(Page(html / f"{page}.html").text)
    missing = [lesson.title for lesson in lessons.all() if plain(lesson.title) not in text]
    assert not missing


def test_the_dial_on_the_front_page_can_be_turned(browser, address):
    shown, complaints = open_page(browser, f"{address}index.html", address, PHONE)
    said = shown.locator(".explorer .explorer-says")
    before = said.inner_text()
    shown.get_by_role("slider").press("Home")
    after = said.inner_text()
    shown.close()
    assert not complaints
    assert before != after and "no gap to speak of" in after


def test_every_study_with_evidence_stands_on_the_contract_page(html):
    text = Page(html / "contract.html").text
    ready = [lesson for lesson in lessons.all() if lesson.evidence_file.is_file()]
    names = [f"{lesson.number:02d} {world.name}" for lesson in ready for world in lesson.simulated]
    assert names and not [name for name in names if name not in text]


def test_the_reference_has_every_public_name(html):
    import pitfalls

    ids = Page(html / "api.html").ids
    modules = re.findall(r"``(pitfalls\.\w+)``", pitfalls.__doc__)
    assert "pitfalls.evidence" in modules
    for name in modules:
        module = importlib.import_module(name)
        for public in map(functools.partial(getattr, module), module.__all__):
            if callable(public):
                assert f"{public.__module__}.{public.__qualname__}" in ids


def test_names_in_backticks_lead_to_the_reference(html):
    text = (html / "api.html").read_text(encoding="utf-8")
    assert 'href="#pitfalls.study.Score"' in text


def references():
    """The DOIs and arXiv numbers of references.bib, in small letters."""
    text = (BOOK / "references.bib").read_text(encoding="utf-8")
    return {match.lower() for match in re.findall(r"\b(?:doi|eprint)\s*=\s*{([^}]+)}", text)}


def cited():
    """Where each DOI or arXiv number is linked."""
    files = [
        *BOOK.glob("*.md"),
        *BOOK.glob("instructor/*.md"),
        *ROOT.glob("chapters/*/*.py"),
        *ROOT.glob("solutions/*/*.py"),
    ]
    files += [ROOT / "README.md", *ROOT.glob("data/*.md"), *ROOT.glob("src/pitfalls/**/*.py")]
    link = re.compile(r"https?://(?:dx\.)?(?:doi\.org/|arxiv\.org/(?:abs|pdf)/)([^\s>\"']+)", re.I)
    for file in files:
        for found in link.findall(file.read_text(encoding="utf-8")):
            bare = found if found.count("(") == found.count(")") else found.split(")")[0]
            yield file.name, re.sub(r"v\d+$|\.pdf$", "", bare.rstrip(").,;`").lower())


def test_every_link_to_a_paper_has_a_reference():
    known = references()
    links = list(cited())
    assert links
    assert not [(file, number) for file, number in links if number not in known]


def test_no_reference_stands_twice():
    text = (BOOK / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+{([^,]+),", text, re.M)
    numbers = re.findall(r"\b(?:doi|eprint)\s*=\s*{([^}]+)}", text)
    assert len(keys) > 10
    assert len(set(keys)) == len(keys) and len(set(numbers)) == len(numbers)
