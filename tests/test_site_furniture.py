"""Each chapter has its box, each symptom and class its place, and the checklist is one page."""

import copy
import dataclasses
import functools
import posixpath
import re
import shutil
import subprocess

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, find_pdf_tools
from test_book import DESK, PHONE, toc_pages

from pitfalls import checks, course, reforms
from pitfalls.checks.about import ABOUT
from pitfalls.course import schemas
from pitfalls.site.sphinx import one_sidebar
from pitfalls.site.sphinx.facts import coarse, facts, page_name, running_time
from pitfalls.site.sphinx.links import chapter_of, class_label, docname_of, map_file, site_map

pytestmark = pytest.mark.xdist_group("book")

CHAPTERS = {lesson.folder.name: lesson for lesson in course.lessons()}
PAGES = [page for page in toc_pages() if page.startswith("chapters/")]
MAP = site_map()


@functools.cache
def article(html, page):
    """A page's article, which nobody changes."""
    return BeautifulSoup(
        (html / f"{page}.html").read_text(encoding="utf-8"), "html.parser"
    ).article


def words(element):
    """The text, with spaces and typographic quotes made plain."""
    return " ".join(element.get_text().replace("’", "'").replace("\u00a0", " ").split())


def said(html, page):
    """The rows of a page's box."""
    box = article(html, page).select_one("details.chapter-box")
    terms = [words(term) for term in box.select("dt")]
    return box, dict(zip(terms, box.select("dd"), strict=True))


def leads(html, page, link):
    """The page that a link leads to, from the root of the site."""
    target = (html / f"{page}.html").parent / link["href"].split("#")[0]
    assert target.is_file(), link
    return target.resolve().relative_to(html.resolve()).with_suffix("").as_posix()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_chapter_has_its_box(html, page):
    lesson = CHAPTERS[page.split("/")[1]]
    box, rows = said(html, page)
    assert box.find_previous_sibling().name == "h1"
    summary = words(box.summary)
    assert all(str(minutes) in summary for minutes in lesson.minutes.values())
    assert running_time(page.rpartition("/")[2]) in summary
    told = {name: words(row) for name, row in rows.items()}
    items = reforms.items()
    assert told.get("The claim is about", "") == lesson.population
    assert all(
        f"{c} {MAP['taxonomy'][c]['name']}" in told["Class of leakage"] for c in lesson.taxonomy
    )
    assert all(f"{c} {items[c].short}" in told["REFORMS items"] for c in lesson.reforms)
    assert all(f"{c} {MAP['lones'][c]}" in told["Lones' sections"] for c in lesson.lones)
    assert told["To work on it"].startswith(f"python3 course.py lab {lesson.number:02d} opens")
    doses = [dose for world in lesson.simulated for dose in world.doses]
    links = rows["On the dial"].select("a") if doses else []
    assert ("On the dial" in rows) == bool(doses)
    assert [link["href"] for link in links[:-1]] == [dose.url for dose in doses]
    assert not doses or leads(html, page, links[-1]) == "league_table"
    assert all(told.values())


@pytest.mark.parametrize("page", PAGES)
def test_the_box_leads_on(html, page):
    lesson = CHAPTERS[page.split("/")[1]]
    _, rows = said(html, page)
    here = [p for p in toc_pages() if f"/{lesson.folder.name}/" in p and p != page]
    links = rows["In this chapter"].select("a") if "In this chapter" in rows else []
    assert sorted(leads(html, page, link) for link in links) == sorted(here)
    order = list(CHAPTERS.values())
    after = order[order.index(lesson) + 1 :][:1]
    nexts = [leads(html, page, link) for link in rows["Next chapter"].select("a")] if after else []
    assert nexts == [docname_of(chapter) for chapter in after]
    for link in rows["Class of leakage"].select("a") if lesson.taxonomy else []:
        assert leads(html, page, link) == "find_a_pitfall"
        assert article(html, "find_a_pitfall").find(id=link["href"].split("#")[1])


@pytest.mark.parametrize("page", [page for page in toc_pages() if page not in PAGES])
def test_no_other_page_has_a_box(html, page):
    assert not article(html, page).select(".chapter-box")


@pytest.mark.parametrize("page", [page for page in toc_pages() if page.startswith("solutions/")])
def test_solutions_lead_back_to_their_exercises(html, page):
    way_back = article(html, page).select_one("h1 + p.way-back")
    exercises = page.replace("solutions/", "chapters/", 1).replace("_solutions", "_exercises")
    assert leads(html, page, way_back.a) == exercises
    assert f"course.py lab {exercises.split('/')[1][:2]} " in words(way_back)
    links = said(html, exercises)[1]["In this chapter"].select("a")
    assert page in [leads(html, exercises, link) for link in links]


def said_of(lesson):
    """The rows of the box of a chapter's first page, as text."""
    page = docname_of(lesson)
    rows = facts(lesson, page, {docname_of(other) for other in CHAPTERS.values()})
    return {name: "".join(node.astext() for node in nodes) for name, nodes in rows}


def test_what_you_need_is_what_the_chapter_says():
    for lesson in CHAPTERS.values():
        told = said_of(lesson).get("You need", "")
        assert bool(told) == bool(lesson.needs or lesson.after or lesson.network)
        assert told.startswith(lesson.needs.replace("`", ""))
        assert ("PyTorch" in told) == lesson.network
        assert all(course.load(slug).title in told for slug in lesson.after)


def test_a_chapter_with_a_network_says_so():
    for lesson in CHAPTERS.values():
        code = "".join(page.read_text(encoding="utf-8") for page in lesson.notebooks)
        trains = re.search(r"^(from|import) (torch|pitfalls\.vision)\b", code, re.M)
        assert lesson.network == bool(trains), lesson.folder.name


def test_a_chapter_to_be_read_before_is_a_link_or_an_error():
    lesson = course.load("explanations")
    rows = dict(facts(lesson, "x", {docname_of(course.load("tank_background"))}))
    targets = [node["reftarget"] for node in rows["You need"] if "reftarget" in node]
    assert targets == ["/chapters/08_tank_background/08a_pitfall"]
    with pytest.raises(course.LessonError, match="there is no chapter 'tanks'"):
        facts(dataclasses.replace(lesson, after=("tanks",)), "x", set())


def test_a_page_is_called_by_its_file():
    names = {page.stem: page_name(page) for page in CHAPTERS["08_tank_background"].notebooks}
    assert names == {
        "08a_pitfall": "the claim",
        "08b_fix": "the fix",
        "08c_exercises": "exercises",
        "08d_remedies": "remedies",
        "08e_other_archives": "other archives",
    }


def test_a_chapter_that_is_new_has_its_box(small_course, monkeypatch):
    [lesson] = course.lessons()
    page = docname_of(lesson)
    other = f"chapters/{lesson.folder.name}/90b_fix"
    rows = dict(facts(lesson, page, {page, other}))
    assert chapter_of(page) is not None
    assert chapter_of(f"solutions/{lesson.folder.name}/90c_solutions") is None
    assert "REFORMS items" not in rows and "Next chapter" not in rows
    assert [node.get("reftarget") for node in rows["In this chapter"] if "reftarget" in node] == [
        f"/{other}"
    ]


def test_every_notebook_has_a_measured_running_time():
    measured = pd.read_csv(ROOT / "benchmarks" / "notebooks.csv")
    shown = {page.stem for lesson in CHAPTERS.values() for page in lesson.notebooks}
    assert sorted(measured["notebook"]) == sorted(
        name.replace("_exercises", "_solutions") for name in shown
    )
    assert (measured["seconds"] > 0).all() and (measured["runs"] >= 1).all()
    assert all("runs in" in running_time(name) for name in shown)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (9.9, "under 10 seconds"),
        (14, "about 10 seconds"),
        (54, "about 50 seconds"),
        (56, "about a minute"),
        (91, "about 2 minutes"),
        (300, "about 5 minutes"),
    ],
)
def test_a_running_time_is_rounded(seconds, words):
    assert coarse(seconds) == words


def test_a_list_of_pages_with_levels_is_made_for_each_page():
    item = '<li class="toctree-l1"><a class="reference internal" href="{}.html">x</a>'
    flat = "<ul>\n" + item.format("a/b") + "</li>\n" + item.format("c") + "</li>\n</ul>\n"
    assert one_sidebar.of_no_page(flat) == flat
    below = "<ul>" + item.replace("l1", "l2") + "</li></ul></li>"
    assert not one_sidebar.of_no_page(flat.replace("</li>", below, 1))
    seen = one_sidebar.seen_from("a/b.html", flat)
    assert re.findall('href="([^"]*)"', seen) == ["#", "../c.html"]
    assert re.findall(r'class="([^"]*current[^"]*)"', seen) == [
        "current", "toctree-l1 current", "current reference internal"
    ]  # fmt: skip


def test_the_sidebar_leads_to_all_pages_and_shows_where_one_is(html):
    item = re.compile(r'<li class="([^"]+)"><a class="[^"]+" href="([^"]+)">')
    front, *others = toc_pages()
    for page in (front, *others):
        text = (html / f"{page}.html").read_text(encoding="utf-8")
        items = item.findall(re.search(r'<nav class="bd-links.*?</nav>', text, re.S)[0])
        found = [
            page if link == "#" else posixpath.normpath(f"{page}/../{link}").removesuffix(".html")
            for _, link in items
        ]
        assert found == others
        marked = [name for name, (look, _) in zip(found, items, strict=True) if "current" in look]
        assert marked == [name for name in others if name == page]


@pytest.mark.parametrize("javascript", [True, False])
def test_the_box_closes_on_a_phone_and_opens_from_the_keyboard(browser, html, javascript):
    page = docname_of(next(iter(CHAPTERS.values())))
    for size, is_open in ((DESK, True), (PHONE, not javascript)):
        context = browser.new_context(viewport=size, java_script_enabled=javascript)
        shown = context.new_page()
        shown.goto((html / f"{page}.html").as_uri())
        rows = shown.locator(".chapter-box dl")
        assert rows.is_visible() == is_open
        shown.locator(".chapter-box summary").press("Enter")
        assert rows.is_visible() != is_open
        context.close()


@pytest.mark.parametrize(
    "page", ["find_a_pitfall", "decision_tree", "checklist", "glossary", PAGES[1]]
)
def test_it_fits_a_phone(browser, html, page):
    shown = browser.new_page(viewport=PHONE)
    shown.goto((html / f"{page}.html").as_uri())
    shown.eval_on_selector_all("details", "all => all.forEach(d => d.open = true)")
    width = shown.evaluate("document.documentElement.scrollWidth")
    shown.close()
    assert width <= PHONE["width"]


def test_every_symptom_leads_to_its_chapter(html):
    rows = [[*row.select("td")] for row in article(html, "find_a_pitfall").select("tbody tr")]
    found = [(words(a).lower(), leads(html, "find_a_pitfall", b.a)) for a, b in rows]
    wanted = [
        (symptom.lower(), docname_of(lesson))
        for lesson in CHAPTERS.values()
        for symptom in lesson.symptoms
    ]
    wanted += [(sign.lower(), "checks") for about in ABOUT.values() for sign in about.signs]
    assert wanted and sorted(found) == sorted(wanted)


def test_a_sign_leads_to_the_check_that_asks(html):
    places = {f"check-{name}".replace("_", "-"): about.asks for name, about in ABOUT.items()}
    links = [
        link
        for link in article(html, "find_a_pitfall").select("tbody a")
        if leads(html, "find_a_pitfall", link) == "checks"
    ]
    assert links
    for link in links:
        assert words(link) == places[link["href"].partition("#")[2]]


def test_symptoms_can_be_searched(browser, html):
    shown = browser.new_page(viewport=PHONE)
    shown.goto((html / "find_a_pitfall.html").as_uri())
    lesson = next(lesson for lesson in CHAPTERS.values() if lesson.symptoms)
    symptom = lesson.symptoms[0]
    rows = shown.locator("#by-symptom tbody tr:visible")
    every = rows.count()
    shown.get_by_role("searchbox", name="symptoms").press_sequentially(symptom.upper())
    assert rows.count() == 1
    assert symptom in rows.inner_text().lower()
    assert shown.locator("#by-symptom [role=status]").inner_text() == "1 symptom"
    assert shown.locator("#by-symptom h3:visible").count() == 1
    shown.get_by_role("searchbox", name="symptoms").fill("")
    assert rows.count() == every
    shown.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda m: m["taxonomy"].update(L9=m["taxonomy"]["L1"]),
            "taxonomy has L9: it must be a class of the taxonomy",
        ),
        (lambda m: m["taxonomy"]["L1"].pop("means"), "missing means"),
        (
            lambda m: m["questions"][0]["leaves"][0].update(part="leakage"),
            r"'Was everything .*: leaves\[0\] = .* must be a table of `when` and one of",
        ),
        (
            lambda m: m["questions"][1]["checks"][0].update(check="Shared rows"),
            r"'No test row .*: check = 'Shared rows' must be a function of pitfalls.checks",
        ),
    ],
)
def test_a_fault_of_the_map_is_told_with_its_place(change, says):
    broken = copy.deepcopy(MAP)
    change(broken)
    with pytest.raises(course.LessonError, match=rf"map\.toml: .*{says}"):
        schemas.check(broken, "map", map_file())


@pytest.mark.parametrize("code", MAP["taxonomy"])
def test_every_class_lists_its_chapters(html, code):
    page = article(html, "find_a_pitfall")
    section = page.find(id=class_label(code)).find_parent("section") or page.find(
        id=class_label(code)
    )
    heading = section.find(re.compile("h[1-6]"))
    assert words(heading).startswith(f"{code} · {MAP['taxonomy'][code]['name']}")
    own = heading.find_next_sibling("ul")
    found = {leads(html, "find_a_pitfall", link) for link in own.select("a")} if own else set()
    wanted = {docname_of(c) for c in CHAPTERS.values() if code in c.taxonomy}
    assert found == wanted


def test_the_map_knows_every_code():
    for lesson in CHAPTERS.values():
        assert set(lesson.taxonomy) <= set(MAP["taxonomy"])
        assert set(lesson.lones) <= set(MAP["lones"])
        assert set(lesson.reforms) <= set(reforms.items())


def test_the_decision_tree_leads_to_every_chapter(html):
    tree = article(html, "decision_tree").select_one(".decision-tree")
    questions = tree.select(":scope > ol > li")
    assert [words(q.strong) for q in questions] == [q["ask"] for q in MAP["questions"]]
    leaves = tree.select(":scope > ol > li > ul > li")
    assert leaves and all(leaf.select("li a") for leaf in leaves)
    found = {leads(html, "decision_tree", link) for link in tree.select("a")}
    wanted = {docname_of(lesson) for lesson in CHAPTERS.values() if lesson.symptoms}
    assert found == wanted


def test_the_decision_tree_asks_for_every_class_once():
    asked = [leaf for question in MAP["questions"] for leaf in question["leaves"]]
    lowest = {
        c for c in MAP["taxonomy"] if not any(d.startswith(f"{c}.") for d in MAP["taxonomy"])
    }
    assert sorted(leaf["taxonomy"] for leaf in asked if "taxonomy" in leaf) == sorted(lowest)
    assert {leaf["reforms"] for leaf in asked if "reforms" in leaf} <= set(reforms.items())
    assert {leaf["part"] for leaf in asked if "part" in leaf} <= set(course.PARTS)


def test_the_checklist_has_every_check(html):
    found = [words(item) for item in article(html, "checklist").select(".checklist li")]
    wanted = [check for question in MAP["questions"] for check in question["checks"]]
    assert len(found) == len(wanted)
    for text, check in zip(found, wanted, strict=True):
        assert text.startswith(check["do"])
        assert check["reforms"] in reforms.items() and check["reforms"] in text
        assert check.get("check", "") in text
        assert check.get("check", checks.__all__[0]) in checks.__all__


def test_the_checklist_as_a_pdf_says_what_the_page_says(html):
    [link] = article(html, "checklist").select("a.as-pdf")
    sheet = html / link["href"]
    assert len(re.findall(rb"/Type\s*/Page\b", sheet.read_bytes())) == 1
    find_pdf_tools([] if shutil.which("pdftotext") else ["poppler-utils"])
    text = subprocess.run(["pdftotext", "-raw", sheet, "-"], capture_output=True, check=True)
    text = " ".join(text.stdout.decode("utf-8").replace("\u2019", "'").split())
    page = article(html, "checklist")
    parts = [*page.select(".checklist p > strong"), *page.select(".checklist-blanks li")]
    wanted = [words(part) for part in parts]
    wanted += [check["do"] for question in MAP["questions"] for check in question["checks"]]
    assert not [part for part in wanted if part not in text]
    functions = re.findall(r"[a-z]+_[a-z_]+", text)
    assert sorted(functions) == sorted(words(c) for c in page.select(".checklist li code"))


def sheets_of(shown, paper):
    """How many sheets an open page prints on."""
    return len(re.findall(rb"/Type\s*/Page\b", shown.pdf(format=paper)))


@pytest.mark.parametrize(
    ("page", "element", "sheets"),
    [
        ("checklist", ".checklist", {1}),
        ("instructor/self_test", ".form", {2}),
        ("instructor/feedback", ".form", {3}),
        ("instructor/tests", ".form", {4, 5}),  # one of them fills a sheet, or two in a wide font
    ],
)
def test_a_form_prints_on_one_page_with_answers_on_another(browser, html, page, element, sheets):
    shown = browser.new_page()
    shown.goto((html / f"{page}.html").as_uri())
    assert sheets_of(shown, "Letter") in sheets
    found = sheets_of(shown, "A4")
    assert found in sheets
    shown.locator(element).last.evaluate(
        "form => form.insertAdjacentHTML('beforeend', '<p>One more.</p>'.repeat(60))"
    )
    assert sheets_of(shown, "A4") > found
    shown.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_printed_checklist_is_the_list_alone(browser, html, scheme):
    shown = browser.new_page(viewport=DESK, color_scheme=scheme)
    shown.goto((html / "checklist.html").as_uri())
    shown.emulate_media(media="print")
    gone = [".bd-sidebar-primary", ".bd-header-article", ".prev-next-footer", ".bd-footer-content"]
    assert not [name for name in gone for e in shown.locator(name).all() if e.is_visible()]
    assert shown.locator("article h1").is_visible()
    texts = shown.locator(".checklist li, .checklist p, article h1, .checklist code").all()
    assert all(text.is_visible() for text in texts)
    ink = {text.evaluate("e => getComputedStyle(e).color") for text in texts}
    shown.close()
    assert ink == {"rgb(0, 0, 0)"}


def test_the_glossary_is_in_order_and_has_each_term_once(html):
    listed = article(html, "glossary").select_one("dl.glossary")
    terms = [words(term).rstrip("#") for term in listed.select(":scope > dt")]
    assert 40 <= len(terms) <= 60
    small = [term.lower() for term in terms]
    assert small == sorted(set(small))


def test_a_term_is_explained_in_one_to_three_sentences(html):
    for meaning in article(html, "glossary").select("dl.glossary > dd"):
        text = re.sub(r" See (the )?[^.]*\.$", "", words(meaning))
        assert 1 <= len(re.findall(r"[.:;](?= |$)", text)) <= 3, text


def test_the_glossary_leads_to_most_chapters(html):
    links = article(html, "glossary").select("dl.glossary a[href*='chapters/']")
    found = {leads(html, "glossary", link) for link in links}
    pairs = {docname_of(c) for c in CHAPTERS.values() if c.taxonomy and c.part != "opening"}
    assert pairs <= found
