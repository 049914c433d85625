"""The site builds without a warning, and its pages show in a browser with no other host."""

import functools
import gzip
import importlib
import json
import os
import re
import shutil
import subprocess
import unicodedata
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import nbformat
import pytest
import yaml
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from conftest import BOOK, ROOT, find_chromium, find_pdf_tools

from pitfalls import course
from pitfalls.course import league
from pitfalls.site import build as book

pytestmark = pytest.mark.xdist_group("book")

PHONE, DESK = {"width": 375, "height": 800}, {"width": 1440, "height": 900}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]  # levels A and AA of WCAG 2.1
#: The colours of code are the same on all pages and have a test of their own: most of axe's time.
PLAIN = """for (const code of document.querySelectorAll(".highlight pre"))
    code.textContent = code.textContent;"""
#: How wide a page is, how many pictures are broken, and what it has loaded.
MEASURES = """() => [
    document.documentElement.scrollWidth,
    [...document.images].filter(image => !image.naturalWidth).length,
    performance.getEntriesByType("resource").map(entry => entry.name),
]"""
#: Marks the first text and the first link of each look that is not known, and gives all looks. A
#: contrast depends on nothing else: the colour, size and weight of the letters, and what is drawn
#: behind them; of a link also on how it is underlined, and the look of the text around it.
MARK_NEW_LOOKS = """known => {
    const seen = new Set(), old = new Set(known), styles = new Map(), drawn = new Map();
    const style = (element) => {
        if (!styles.has(element)) styles.set(element, getComputedStyle(element));
        return styles.get(element);
    };
    const behind = (place) => {
        if (!place) return "";
        if (!drawn.has(place)) {
            const { opacity, backgroundImage, backgroundColor } = style(place);
            const own = [opacity, backgroundImage, backgroundColor];
            const seen = own.filter(style => !["1", "none", "rgba(0, 0, 0, 0)"].includes(style));
            drawn.set(place, [...seen, behind(place.parentElement)].join());
        }
        return drawn.get(place);
    };
    const look = (element) => {
        const { color, fontSize, fontWeight } = style(element);
        return [color, fontSize, fontWeight, behind(element)].join();
    };
    const link = (element) => {
        let block = element.parentElement;
        while (style(block).display === "inline") block = block.parentElement;
        const { textDecorationLine, borderBottom, fontFamily, fontStyle } = style(element);
        const line = [textDecorationLine, borderBottom, fontFamily, fontStyle].join();
        return ["link", line, look(element), style(block).fontFamily, look(block)].join();
    };
    for (const element of document.querySelectorAll("body *")) {
        element.removeAttribute("data-look");
        element.removeAttribute("data-link");
        const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        const isLink = element.matches("a[href]");
        if (!own && !isLink && !element.matches("input, select, textarea")) continue;
        if (!element.checkVisibility()) continue;
        for (const kind of isLink ? ["look", "link"] : ["look"]) {
            const found = kind === "link" ? link(element) : look(element);
            if (!seen.has(found) && !old.has(found)) element.dataset[kind] = seen.size;
            seen.add(found);
        }
    }
    return [...seen];
}"""
#: The rules that ask for a contrast look at what is marked.
OF_LOOKS = {"color-contrast": "[data-look]", "link-in-text-block": "[data-link]"}
_RULES = [{"id": rule, "selector": marked} for rule, marked in OF_LOOKS.items()]
CONTRAST_OF_MARKED = f"; axe.configure({json.dumps({'rules': _RULES})});"
PACKED = {".png", ".jpg", ".woff2"}  # not smaller with gzip
MOST = {"index": 1_000_000}  # bytes that a page and all it loads take on the way


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


def listen(page, address):
    """What the page complains of from now on."""
    complaints = []

    def asked(request):
        if not request.url.startswith((address, "data:", "blob:")):
            complaints.append(f"asks another host: {request.url}")

    page.on("request", asked)
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    return complaints


def show(page, url):
    """Open a page and wait until it is drawn."""
    page.goto(url, wait_until="load")
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")


def open_page(browser, url, address, size):
    """The open page and all it complained of."""
    page = browser.new_page(viewport=size, reduced_motion="reduce")
    complaints = listen(page, address)
    show(page, url)
    return page, complaints


@pytest.fixture(scope="module")
def visitor(browser, address):
    """A visitor who keeps what was loaded before, their complaints, and the looks they know."""
    page = browser.new_page(reduced_motion="reduce")
    yield page, listen(page, address), {"light": set(), "dark": set()}
    page.close()


def violations(page, context=None, script=AXE_SCRIPT, **options):
    """Rules of WCAG that axe finds broken, each with its first elements."""
    given = {"runOnly": WCAG, "resultTypes": ["violations"], "preload": False} | options
    found = Axe(script).run(page, context=context, options=given).response["violations"]
    return [f"{rule['id']}: {[node['html'] for node in rule['nodes']][:3]}" for rule in found]


def violations_of_new_looks(page, known):
    """The same by day, and as to contrast in the dark; a look without a fault is known then."""
    found = []
    for scheme in known:
        page.emulate_media(color_scheme=scheme)
        looks = set(page.evaluate(MARK_NEW_LOOKS, list(known[scheme])))
        assert looks, "the page shows no text"
        if scheme == "light":
            wrong = violations(page, script=AXE_SCRIPT + CONTRAST_OF_MARKED)
        elif not looks <= known[scheme]:
            dark = violations(page, script="'is there already'", runOnly=[*OF_LOOKS])
            wrong = [f"dark {rule}" for rule in dark]
        else:
            wrong = []
        if not any(rule in told for rule in OF_LOOKS for told in wrong):
            known[scheme] |= looks
        found += wrong
    return found


@functools.cache
def on_the_way(file):
    """The bytes of a file as a server with compression sends it."""
    data = file.read_bytes()
    return len(data if file.suffix in PACKED else gzip.compress(data))


def weight(loaded, html, address):
    """The bytes of a page and all it has loaded."""
    own = {url.removeprefix(address) for url in loaded if url.startswith(address)}
    files = {html / unquote(re.split("[?#]", name)[0]) for name in own}
    return sum(on_the_way(file) for file in files if file.is_file())


def faults(visitor, html, address, name):
    """What is wrong with a page, as a visitor at a desk, in the dark and on a phone finds it."""
    page, complaints, known = visitor
    complaints.clear()
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light")
    show(page, f"{address}{name}.html")
    found = []
    width, broken, loaded = page.evaluate(MEASURES)
    page.evaluate(PLAIN)
    if broken:
        found.append("broken image")
    if (heavy := weight([page.url, *loaded], html, address)) > MOST.get(name, 2_000_000):
        found.append(f"bytes: {heavy}")
    found += violations_of_new_looks(page, known)
    page.set_viewport_size(PHONE)
    for size, found_width in ((DESK, width), (PHONE, page.evaluate(MEASURES)[0])):
        if found_width > size["width"]:
            found.append(f"wider than {size['width']} px")
    return complaints + found


def test_it_builds_without_a_warning(build):
    code, output, _ = build
    if code is None:
        pytest.skip("--site: nothing was built")
    noise = re.compile("IPKernelApp|NbParserConfig")
    told = [line for line in output.splitlines() if not noise.search(line)]
    wrong = [line for line in told if re.search("WARNING|[Ee]rror", line)]
    assert code == 0, "\n".join(wrong or told[-20:])[-4000:]


def test_what_has_run_is_not_run_again(executed_before, build):
    if build[0] is None:
        pytest.skip("--site: nothing was built")
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


def test_a_page_of_the_front_finds_the_course(monkeypatch):
    monkeypatch.chdir(BOOK)  # where its cells run, beside the link
    assert course.Course.here().root == ROOT


@pytest.fixture(scope="module")
def pdf(executed_before, build):
    """The PDF from what the site has run and read, set once; and LaTeX's log."""
    poppler = [] if shutil.which("pdftotext") else ["poppler-utils"]
    find_pdf_tools(book.missing_for_pdf() + poppler)
    made = book.pdf(BOOK, executed_before[0], draft=True, jobs=1)
    log = (made.parents[1] / "latex" / book.NAME).with_suffix(".log")
    return made, log.read_text(encoding="utf-8", errors="replace")


def test_the_pdf_has_every_chapter_and_page(pdf):
    text = subprocess.run(["pdftotext", pdf[0], "-"], capture_output=True, check=True).stdout
    text = plain(unicodedata.normalize("NFKC", text.decode("utf-8")))
    wanted = [f"Chapter {lesson.number:02d} {lesson.title}" for lesson in course.lessons()]
    pages = [page for page in toc_pages() if page not in ("index", "api")]
    # The pages of a chapter are sections, without the chapter's title before their own.
    wanted += [first_heading(page).rpartition(": ")[2] for page in pages]
    sections = re.findall(r"\b\d\d[a-d] (?:The claim|The fix|Exercises)\b", text)
    assert not [title for title in wanted if plain(title).lower() not in text.lower()]
    assert len(sections) >= 2 * len([lesson for lesson in course.lessons() if lesson.simulated])


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


@pytest.mark.parametrize("page", [*toc_pages(), "genindex", "py-modindex", "search"])
def test_nothing_is_wrong_with_a_page(visitor, html, address, page):
    assert not faults(visitor, html, address, page)


@pytest.fixture
def tampered(html):
    """A function that plants something in a copy of the checklist and returns the page's name."""
    file = html / "tampered.html"

    def make(planted):
        text = (html / "checklist.html").read_text(encoding="utf-8")
        assert text.count("</article>") == 1
        file.write_text(text.replace("</article>", f"{planted}</article>"), encoding="utf-8")
        return file.stem

    yield make
    file.unlink()


PLANTED = {
    '<img alt="x" src="http://example.org/a.png">': "asks another host: http://example.org/a.png",
    "<script>throw Error('x')</script>": "error: x",
    '<img alt="x" src="none.png">': "broken image",
    '<img alt="x" src="heavy.png">': "bytes: 2",
    '<div style="width: 1500px">x</div>': "wider than 1440 px",
    '<div style="width: 500px">x</div>': "wider than 375 px",
    '<p style="background: #fff; color: #aaa">pale</p>': "color-contrast",
    '<p style="background: #fff">pale</p>': "dark color-contrast",
    '<p>a <a href="#" style="color: #555; text-decoration: none">link</a> in a text</p>': (
        "link-in-text-block"
    ),
    '<img src="_static/logo.svg">': "image-alt",
    "<button></button>": "button-name",
}


def test_every_fault_is_found(visitor, html, address, tampered):
    heavy = html / "heavy.png"
    heavy.write_bytes(bytes(2_000_000))
    found = faults(visitor, html, address, tampered("".join(PLANTED)))
    heavy.unlink()
    assert not [told for told in PLANTED.values() if not any(x.startswith(told) for x in found)]


@pytest.mark.parametrize("page", ["contract", next(x for x in toc_pages() if x.endswith("_fix"))])
def test_what_is_too_wide_for_a_phone_scrolls_from_the_keyboard(browser, address, page):
    shown, _ = open_page(browser, f"{address}{page}.html", address, PHONE)
    found = violations(shown, runOnly=["scrollable-region-focusable"])
    wide = shown.locator("article [tabindex='0']").evaluate_all(
        "all => all.filter(place => place.scrollWidth > place.clientWidth).length"
    )
    shown.close()
    assert wide and not found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colours_of_code_stand_out(browser, html, address, tampered, scheme):
    style = (html / "_static/pygments.css").read_text(encoding="utf-8")
    kinds = sorted(set(re.findall(r"\.highlight \.(\w+) {", style)) - {"hll", "linenos"})
    assert {"c1", "k", "mi", "nn", "s2"} <= set(kinds)
    code = "".join(f'<span class="{kind}">{kind}</span>\n' for kind in kinds)
    name = tampered(f'<div class="highlight"><pre>{code}</pre></div>')
    page, _ = open_page(browser, f"{address}{name}.html", address, DESK)
    page.emulate_media(color_scheme=scheme)
    found = violations(page, ".highlight", runOnly=["color-contrast"])
    page.close()
    assert not found


@pytest.mark.parametrize("ci", [False, True])
def test_a_missing_browser_is_a_failure_only_in_ci(monkeypatch, tmp_path, ci):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setenv("CI", "1") if ci else monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.fail.Exception if ci else pytest.skip.Exception, match="chromium"):
        find_chromium(tmp_path / "none")


def local_links(file):
    """Links, images, scripts and styles of a page that are on this site."""
    text = re.sub("<script.*?</script>", "", file.read_text(encoding="utf-8"), flags=re.S)
    links = {unquote(unescape(x)) for x in re.findall(r'\s(?:href|src)="([^"]*)"', text)}
    return {link for link in links if not re.match("[a-z]+:", link)}


@functools.cache
def anchors(file):
    text = file.read_text(encoding="utf-8")
    return set(map(unescape, re.findall(r'\s(?:id|name)="([^"]+)"', text)))


def broken_links(html, files):
    for file in files:
        for link in local_links(file):
            path, _, anchor = link.partition("#")
            target = (file.parent / path.split("?")[0]).resolve() if path else file
            if not target.is_file() or anchor and anchor not in anchors(target):
                yield f"{file.relative_to(html)}: {link}"


def test_every_link_and_anchor_leads_somewhere(html):
    files = [file for file in html.rglob("*.html") if "_static" not in file.parts]
    assert len(files) > len(toc_pages())
    assert not list(broken_links(html, files))


@pytest.mark.parametrize("link", ["none.html", "_images/none.png", "index.html#none", "#none"])
def test_a_broken_link_is_found(html, tampered, link):
    name = tampered(f'<a href="{link}">x</a>')
    anchors.cache_clear()
    assert list(broken_links(html, [html / f"{name}.html"])) == [f"tampered.html: {link}"]


@pytest.mark.parametrize("ci", [False, True])
def test_missing_latex_is_a_failure_only_in_ci(monkeypatch, ci):
    monkeypatch.setenv("CI", "1") if ci else monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.fail.Exception if ci else pytest.skip.Exception, match="latexmk"):
        find_pdf_tools(["latexmk"])


def test_formulas_are_set_without_the_network(browser, html, address):
    page = html / "formula.html"
    icon, script = '<link rel="icon" href="data:,">', '<script src="_static/mathjax/tex-chtml.js">'
    page.write_text(f"{icon}{script}</script><p>\\(x^2 \\in R\\)</p>", encoding="utf-8")
    shown, complaints = open_page(browser, f"{address}formula.html", address, DESK)
    formulas = shown.locator("mjx-container mjx-mi").count()
    shown.close()
    page.unlink()
    assert formulas
    assert not complaints


@pytest.mark.parametrize("page", ["index", "how_to_read"])
def test_every_chapter_is_listed(html, page):
    text = plain(Page(html / f"{page}.html").text)
    missing = [lesson.title for lesson in course.lessons() if plain(lesson.title) not in text]
    assert not missing


def test_the_league_table_shows_what_the_evidence_says(html):
    article = BeautifulSoup((html / "league_table.html").read_text("utf-8"), "html.parser").article
    placed, unplaced = (
        [
            [cell.get_text(" ", strip=True) for cell in row.select("td")]
            for row in table.select("tr")
        ]
        for table in article.select("table")
    )
    league_of = league.placed(course.lessons()), league.unplaced(course.lessons())
    for row, told in zip(league_of[0].itertuples(), placed[1:], strict=True):
        assert told[0].startswith(f"{row.Index + 1}. ") and row.study in told[0]
        assert told[1].startswith(f"{row.gap:.2f}") and told[4] == f"{row.full:.2f}"
        assert article.select_one(f'a[href="{row.url}"]')
        assert article.select_one(f'a[href*="{course.load(row.chapter).folder.name}"]')
    for row, told in zip(league_of[1].itertuples(), unplaced[1:], strict=True):
        assert row.dial in told[0] and told[1].startswith(f"{row.full:.2f}")


def test_the_dial_on_the_front_page_can_be_turned(browser, address):
    shown, complaints = open_page(browser, f"{address}index.html", address, PHONE)
    said = shown.locator(".explorer .explorer-says")
    before = said.inner_text()
    shown.get_by_role("slider").press("Home")
    after = said.inner_text()
    shown.close()
    assert not complaints
    assert before != after and "no gap to speak of" in after


@pytest.mark.parametrize(("name", "fix"), [("02a_pitfall", False), ("02b_fix", True)])
def test_the_dial_of_a_chapter_can_be_turned_from_the_keyboard(browser, address, name, fix):
    shown, complaints = open_page(
        browser, f"{address}chapters/02_leaky_selection/{name}.html", address, PHONE
    )
    said = shown.locator(".explorer .explorer-says")
    before = said.inner_text()
    shown.locator(".explorer select >> visible=true").focus()
    shown.keyboard.press("Tab")
    shown.keyboard.press("Home")
    after = said.inner_text()
    shown.close()
    assert not complaints
    assert before != after and "no gap to speak of" in after
    assert ("The fix claims" in after) == fix


def test_only_pages_with_a_dial_load_its_script(html):
    with_dial = {
        file for file in html.rglob("*.html") if 'class="explorer"' in file.read_text("utf-8")
    }
    loading = {
        file for file in html.rglob("*.html") if "explorer.js?v=" in file.read_text("utf-8")
    }
    assert len(with_dial) > 20 and loading == with_dial


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_quiz_is_answered_from_the_keyboard(browser, html, javascript):
    page = browser.new_page(java_script_enabled=javascript, viewport=PHONE)
    page.goto((html / "chapters/02_leaky_selection/02a_pitfall.html").as_uri())
    quiz = page.get_by_role("group", name="what share of the clinic's next patients")
    answers, says = quiz.locator("summary"), quiz.locator("details > p")
    assert quiz.locator("details").count() == answers.count() == 4
    assert not any(said.is_visible() for said in says.all())
    answers.first.focus()
    for turn, keys in ((0, ["Enter"]), (2, ["Tab", "Tab", "Enter"])):
        for key in keys:
            page.keyboard.press(key)
        assert [said.is_visible() for said in says.all()] == [k == turn for k in range(4)]
    assert says.nth(0).text_content().startswith("✗ Not quite.")
    assert says.nth(2).text_content().startswith("✓ Right.")
    page.close()


def test_a_printed_quiz_shows_what_each_answer_is_told(browser, html):
    page = browser.new_page()
    page.goto((html / "chapters/02_leaky_selection/02a_pitfall.html").as_uri())
    page.emulate_media(media="print")
    heights = [said.bounding_box()["height"] for said in page.locator(".quiz details > p").all()]
    page.close()
    assert len(heights) == 4 and min(heights) > 10


def test_every_study_with_evidence_stands_on_the_contract_page(html):
    text = Page(html / "contract.html").text
    ready = [lesson for lesson in course.lessons() if lesson.evidence_file.is_file()]
    names = [f"{lesson.number:02d} {world.name}" for lesson in ready for world in lesson.simulated]
    assert names and not [name for name in names if name not in text]


def test_the_reference_has_every_public_name(html):
    import pitfalls

    ids = Page(html / "api.html").ids
    modules = re.findall(r"``(pitfalls\.\w+)``", pitfalls.__doc__)
    assert "pitfalls.evidence" in modules
    for name in modules:
        module = importlib.import_module(name)
        for public in getattr(module, "__all__", ()):  # some rooms hold modules only
            found = getattr(module, public)
            if callable(found):
                assert {f"{name}.{public}", f"{found.__module__}.{public}"} & ids, public


def test_marks_for_nbval_stay_off_the_pages(html):
    marked = [file for file in ROOT.glob("chapters/*/*.py") if "NBVAL_" in file.read_text("utf-8")]
    assert len(marked) > 10
    for file in marked:
        page = (html / file.relative_to(ROOT)).with_suffix(".html")
        assert "NBVAL_" not in page.read_text(encoding="utf-8")


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
        *ROOT.glob("chapters/*/chapter.toml"),
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
