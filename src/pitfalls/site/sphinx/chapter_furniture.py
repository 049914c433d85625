"""What every chapter's page has beside its notebook, and the pages that lead to the chapters.

Under the heading of each page of a chapter stands a box with what its ``chapter.toml`` says: the
minutes, whom the claim is about, the classes and items it belongs to, where to go next; with the
running time that was measured, and the command that opens the exercises. In other pages these
lines become lists, made from every ``chapter.toml`` and from ``map.toml``: ``<!-- symptoms -->``,
``<!-- classes -->``, ``<!-- decisions -->`` and ``<!-- checklist -->``. The role
``{chapter}`slug` `` is a link to a chapter with its title.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePosixPath

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from ... import reforms
from ...course import PARTS, Course, Lesson, lessons, words

SOLUTIONS = "solutions"
LEAGUE = "league_table"
#: On a phone the box is closed until it is asked for; without JavaScript it is open.
CLOSE_ON_A_PHONE = (
    '<script>if (matchMedia("(max-width: 575px)").matches) '
    "document.currentScript.previousElementSibling.open = false;</script>"
)
_NEEDS = re.compile(r"^# \*\*What you'll need\.\*\* (.*(?:\n# .+)*)", re.M)
_HEADING = re.compile(r"^# # (.+)$", re.M)
_MARKUP = re.compile(r"`([^`]+)`|\[([^\]]+)\]\(([^)]+?)\.ipynb\)")
_NETWORK = re.compile(r"^(?:from|import) (?:torch|pitfalls\.vision)\b", re.M)

logger = logging.getLogger(__name__)


class chapter_box(nodes.General, nodes.Element):
    """The box: a `box_summary`, then a definition list."""


class box_summary(nodes.General, nodes.TextElement):
    """The line of the box that is always seen."""


def setup(app):
    """Register the box, the lists and the role."""
    app.add_node(
        chapter_box,
        html=(open_box, close_box),
        latex=(
            lambda self, node: self.body.append("\n\\begin{coursebox}\n"),
            lambda self, node: self.body.append("\\end{coursebox}\n"),
        ),
        text=(skip, skip),
    )
    app.add_node(
        box_summary,
        html=(lambda self, node: self.body.append("<summary>"), close_summary),
        latex=(skip, end_paragraph),
        text=(skip, skip),
    )
    app.add_role("chapter", ChapterRole())
    app.connect("source-read", write_lists)
    app.connect("doctree-read", add_box)
    app.connect("doctree-read", add_way_back)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def open_box(self, node) -> None:
    """Begin the box in HTML."""
    self.body.append('<details class="chapter-box" open>')


def close_box(self, node) -> None:
    """End the box in HTML."""
    self.body.append(f"</details>{CLOSE_ON_A_PHONE}\n")


def close_summary(self, node) -> None:
    """End the summary in HTML."""
    self.body.append("</summary>\n")


def end_paragraph(self, node) -> None:
    """End the summary in LaTeX."""
    self.body.append("\n\n")


def skip(self, node) -> None:
    """Show the children only."""


@cache
def site_map() -> dict:
    """Return ``map.toml``."""
    return tomllib.loads(map_file().read_text(encoding="utf-8"))


def map_file() -> Path:
    """Return the file of classes, questions and sections."""
    return Course.here().book / "map.toml"


# The box


def add_box(app, doctree) -> None:
    """Put the box under the heading of a page of a chapter, exercises and further pages too."""
    docname = app.env.docname
    lesson = chapter_of(docname)
    title = next(doctree.findall(nodes.title), None)
    if lesson is None or title is None:
        return
    note_dependencies(app.env)
    box = chapter_box()
    time = running_time(docname.rpartition("/")[2])
    box += box_summary("", f"{minutes(lesson)} · {time}" if time else minutes(lesson))
    listed = nodes.definition_list(classes=["chapter-facts"])
    for name, content in facts(lesson, docname, app.env.found_docs):
        item = nodes.definition_list_item("", nodes.term("", name))
        item += nodes.definition("", nodes.paragraph("", "", *content))
        listed += item
    box += listed
    title.parent.insert(title.parent.index(title) + 1, box)


def add_way_back(app, doctree) -> None:
    """Put a link to the exercises under the heading of their solutions."""
    docname = app.env.docname
    exercises = docname.replace(f"{SOLUTIONS}/", "chapters/", 1)
    exercises = exercises.replace("_solutions", "_exercises")
    lesson = chapter_of(exercises)
    title = next(doctree.findall(nodes.title), None)
    if not docname.startswith(f"{SOLUTIONS}/") or lesson is None or title is None:
        return
    way_back = nodes.paragraph("", "Try ", classes=["way-back"])
    way_back += page_link(exercises, "the exercises", docname)
    way_back += [nodes.Text(" first: "), nodes.literal("", command_of(lesson))]
    way_back += nodes.Text(" opens them, and each check says what is still missing.")
    title.parent.insert(title.parent.index(title) + 1, way_back)


def note_dependencies(env) -> None:
    """Have the page that is read made anew when a chapter or the map changes."""
    tables = [lesson.folder / "chapter.toml" for lesson in lessons()]
    for file in (map_file(), timings(), *tables):
        env.note_dependency(str(file))


def chapter_of(docname: str) -> Lesson | None:
    """Return the chapter that a page belongs to; None for any other page."""
    top, _, rest = docname.partition("/")
    folder, _, page = rest.partition("/")
    if top != "chapters" or not page:
        return None
    return next((lesson for lesson in lessons() if lesson.folder.name == folder), None)


def minutes(lesson: Lesson) -> str:
    """Return how long the chapter takes, in words."""
    read, exercises = (lesson.minutes.get(key, 0) for key in ("read", "exercises"))
    said = [f"{read} minutes to read"] if read else []
    if exercises:
        said.append(f"{exercises} for the exercises" if read else f"{exercises} minutes to solve")
    return f"Chapter {lesson.number:02d}" + "".join(f" · {part}" for part in said)


def timings() -> Path:
    """Return where the running times are, which ``benchmarks/notebooks.py`` has measured."""
    return Course.here().root / "benchmarks" / "notebooks.csv"


def running_time(page: str) -> str:
    """Return how long a page's notebook takes, in words; nothing where nobody has measured it."""
    if not timings().is_file():
        return ""
    with timings().open(encoding="utf-8", newline="") as file:
        measured = {row["notebook"]: float(row["seconds"]) for row in csv.DictReader(file)}
    seconds = measured.get(page.replace("_exercises", "_solutions"))
    if seconds is None:
        return ""
    return f"{'solved, ' if '_exercises' in page else ''}runs in {coarse(seconds)}"


def coarse(seconds: float) -> str:
    """Return a time in words, as coarse as a time on another computer can be."""
    if seconds < 10:
        return "under 10 seconds"
    if seconds < 55:
        return f"about {round(seconds, -1):.0f} seconds"
    return "about a minute" if seconds < 90 else f"about {seconds / 60:.0f} minutes"


def facts(lesson: Lesson, docname: str, known: Iterable[str]) -> list[tuple[str, list]]:
    """Return the rows of the box, those that the chapter has: a name and inline nodes."""
    items, names = reforms.items(), site_map()
    classes = [class_link(code, docname) for code in lesson.taxonomy]
    rows = [
        ("You need", needs(lesson, docname)),
        ("To work on it", command(lesson)),
        ("The claim is about", [nodes.Text(lesson.population)] if lesson.population else []),
        ("Class of leakage", joined(classes, " · ")),
        ("REFORMS items", coded({c: items[c].short for c in lesson.reforms})),
        ("Lones' sections", coded({c: names["lones"][c] for c in lesson.lones})),
        ("On the dial", studies(lesson, docname)),
        ("In this chapter", in_chapter(lesson, docname, known)),
        ("Next chapter", next_chapter(lesson, docname, known)),
    ]
    return [(name, content) for name, content in rows if content]


def command(lesson: Lesson) -> list[nodes.Node]:
    """Return the command that opens the chapter's exercises, or the chapter where it has none."""
    what = "exercises" if lesson.pages != lesson.notebooks else "notebook"
    return [
        nodes.literal("", command_of(lesson)),
        nodes.Text(f" opens your own copy of the {what} in JupyterLab."),
    ]


def command_of(lesson: Lesson) -> str:
    """Return the command that opens JupyterLab on a chapter."""
    return f"python3 course.py lab {lesson.number:02d}"


def needs(lesson: Lesson, docname: str) -> list[nodes.Node]:
    """Return what the chapter's first page says you need, without its minutes."""
    sources = [page.read_text(encoding="utf-8") for page in lesson.notebooks]
    match = _NEEDS.search(sources[0]) if sources else None
    found: list[nodes.Node] = []
    if match:
        text = re.sub(r"\s+\d+ minutes\b[^.]*\.", "", match[1].replace("\n# ", " "))
        place = 0
        for mark in _MARKUP.finditer(text):
            found.append(nodes.Text(text[place : mark.start()]))
            code, title, target = mark.groups()
            folder = PurePosixPath("chapters", lesson.folder.name)
            found.append(
                nodes.literal("", code)
                if code
                else page_link(resolved(folder, target), title, docname)
            )
            place = mark.end()
        found.append(nodes.Text(text[place:]))
    if any(map(_NETWORK.search, sources)) and "PyTorch" not in "".join(n.astext() for n in found):
        found.append(nodes.Text(f"{' ' if found else ''}The cells that train need PyTorch."))
    return found


def resolved(folder: PurePosixPath, target: str) -> str:
    """Return a page's name from a link of a notebook in `folder`."""
    parts: list[str] = []
    for part in (folder / target).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def coded(names: dict[str, str]) -> list[nodes.Node]:
    """Return codes in bold, each with its name."""
    pairs = [[nodes.strong("", code), nodes.Text(f"\u00a0{name}")] for code, name in names.items()]
    return [
        node
        for pair in joined(pairs, " · ")
        for node in (pair if isinstance(pair, list) else [pair])
    ]


def studies(lesson: Lesson, docname: str) -> list[nodes.Node]:
    """Return the published studies on the chapter's dials, with a link to how they were placed."""
    doses = [dose for world in lesson.simulated for dose in world.doses]
    if not doses:
        return []
    links = [nodes.reference("", dose.study, refuri=dose.url) for dose in doses]
    return [*joined(links, " · "), nodes.Text(" · "), page_link(LEAGUE, "what they cost", docname)]


def in_chapter(lesson: Lesson, docname: str, known: Iterable[str]) -> list[nodes.Node]:
    """Return the chapter's pages and its solutions; the page itself is not a link."""
    found: list[nodes.Node] = []
    for page in lesson.notebooks:
        name = f"chapters/{lesson.folder.name}/{page.stem}"
        if name == docname:
            found.append(nodes.strong("", page_name(page, lesson)))
        elif name in known:
            found.append(page_link(name, page_name(page, lesson), docname))
    prefix = f"{SOLUTIONS}/{lesson.folder.name}/"
    found += [
        page_link(name, "solutions", docname) for name in sorted(known) if name.startswith(prefix)
    ]
    return joined(found, " · ") if len(found) > 1 else []


def page_name(page: Path, lesson: Lesson) -> str:
    """Return a page's heading without the chapter's title."""
    match = _HEADING.search(page.read_text(encoding="utf-8"))
    heading = match[1].replace("`", "") if match else page.stem
    return heading.removeprefix(f"{lesson.title}: ")


def next_chapter(lesson: Lesson, docname: str, known: Iterable[str]) -> list[nodes.Node]:
    """Return a link to the chapter that follows in the reading order."""
    order = [chapter for chapter in lessons() if docname_of(chapter) in known]
    names = [chapter.slug for chapter in order]
    place = names.index(lesson.slug) + 1 if lesson.slug in names else len(names)
    if place >= len(order):
        return []
    return [page_link(docname_of(order[place]), order[place].title, docname)]


def docname_of(lesson: Lesson) -> str | None:
    """Return the page to begin a chapter with."""
    return f"chapters/{lesson.folder.name}/{lesson.first_page}" if lesson.first_page else None


def page_link(target: str, title: str, docname: str) -> pending_xref:
    """Return a link to a page, which Sphinx resolves or complains of."""
    options = {"refdoc": docname, "refdomain": "std", "refexplicit": True, "refwarn": True}
    text = nodes.inline("", title)
    return pending_xref("", text, reftype="doc", reftarget=f"/{target}", **options)


def class_link(code: str, docname: str) -> pending_xref:
    """Return a link to a class in the index of classes."""
    options = {"refdoc": docname, "refdomain": "std", "refexplicit": True, "refwarn": True}
    text = nodes.inline("", f"{code}\u00a0{site_map()['taxonomy'][code]['name']}")
    return pending_xref("", text, reftype="ref", reftarget=class_label(code), **options)


def class_label(code: str) -> str:
    """Return the label of a class in the index of classes."""
    return f"class-{code.lower().replace('.', '-')}"


def joined(parts: list, mark: str) -> list:
    """Return the parts with a mark between each two."""
    return [n for part in parts for n in (nodes.Text(mark), part)][1:]


class ChapterRole(SphinxRole):
    """A link to a chapter by its slug, with its title."""

    def run(self):
        """Return the link, or complain of a chapter that is not there."""
        lesson = next((c for c in lessons() if c.slug == self.text), None)
        if lesson is None:
            logger.warning("there is no chapter %r", self.text, location=self.get_location())
            return [nodes.Text(self.text)], []
        if docname_of(lesson) not in self.env.found_docs:
            return [nodes.Text(lesson.title)], []
        return [page_link(docname_of(lesson), lesson.title, self.env.docname)], []


# The lists


def write_lists(app, docname: str, source: list[str]) -> None:
    """Put the lists in place of their markers."""
    known = app.env.found_docs
    for name, make in LISTS.items():
        marker = f"<!-- {name} -->"
        if marker in source[0]:
            source[0] = source[0].replace(marker, make(lessons(), known))


def symptoms(chapters: list[Lesson], known: Iterable[str]) -> str:
    """Return every symptom with its chapter, in the course's parts."""
    lines: list[str] = []
    for part in dict.fromkeys([*PARTS, *(lesson.part for lesson in chapters)]):
        rows = [
            f"| {sentence(symptom)} | {link(lesson, known)} |"
            for lesson in chapters
            for symptom in lesson.symptoms
            if lesson.part == part
        ]
        if rows:
            lines += [
                f"### {PARTS.get(part, part)}",
                "",
                "| what you see | chapter |",
                "|---|---|",
            ]
            lines += [*rows, ""]
    return "\n".join(lines)


def classes(chapters: list[Lesson], known: Iterable[str]) -> str:
    """Return every class of the taxonomy with its chapters."""
    lines: list[str] = []
    for code, entry in site_map()["taxonomy"].items():
        depth = "####" if "." in code else "###"
        lines += [f"({class_label(code)})=", f"{depth} {code} · {entry['name']}", ""]
        lines += [entry["means"], ""]
        lines += [f"- {link(c, known)}: {c.population}" for c in chapters if code in c.taxonomy]
        lines.append("")
    return "\n".join(lines)


def decisions(chapters: list[Lesson], known: Iterable[str]) -> str:
    """Return the decision tree as a nested list: questions, answers, chapters."""
    lines = ["::::{div} decision-tree"]
    for number, question in enumerate(site_map()["questions"], 1):
        lines += [f"{number}. **{question['ask']}**", "", "   No, or nobody knows:", ""]
        for leaf in question["leaves"]:
            found = leaf_chapters(leaf, chapters)
            if not found:
                continue
            lines.append(f"   - {leaf['when']}:")
            for lesson in found:
                told = len(found) > 1 and lesson.symptoms and "reforms" not in leaf
                hint = f": {lesson.symptoms[0]}" if told else ""
                lines.append(f"     - {link(lesson, known)}{hint}")
    return "\n".join([*lines, "::::"])


def leaf_chapters(leaf: dict, chapters: list[Lesson]) -> list[Lesson]:
    """Return the chapters that an answer leads to."""
    if "part" in leaf:
        return [lesson for lesson in chapters if lesson.part == leaf["part"] and lesson.symptoms]
    [field] = {"taxonomy", "reforms"} & set(leaf)
    return [lesson for lesson in chapters if leaf[field] in getattr(lesson, field)]


def checklist(chapters: list[Lesson], known: Iterable[str]) -> str:
    """Return the checklist: for each question the checks, with item and function."""
    lines = ["::::{div} checklist"]
    for question in site_map()["questions"]:
        lines += [f"**{question['ask']}**", ""]
        for check in question["checks"]:
            function = f" {{py:obj}}`{check['check']}`" if "check" in check else ""
            lines.append(f"- {check['do']} *{check['reforms']}*{function}")
        lines.append("")
    return "\n".join([*lines, "::::"])


LISTS = {"symptoms": symptoms, "classes": classes, "decisions": decisions, "checklist": checklist}


def link(lesson: Lesson, known: Iterable[str]) -> str:
    """Return a Markdown link to a chapter, or its title where the site has no page of it."""
    if docname_of(lesson) not in known:
        return lesson.title
    return words.link(lesson, lesson.first_page, lesson.title)


def sentence(text: str) -> str:
    """Return a text that begins with a capital."""
    return text[:1].upper() + text[1:]
