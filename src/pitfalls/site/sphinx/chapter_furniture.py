"""What every chapter's page has beside its notebook, and the pages that lead to the chapters.

Under the heading of each page of a chapter stands a box with what its ``chapter.toml`` says: the
minutes, whom the claim is about, the classes and items it belongs to, where to go next; with the
running time that was measured, and the command that opens the exercises. `facts` makes its rows,
`lists` the lists of chapters in other pages, `checks_page` the page of checks, `links` the role
that names a chapter.
"""

from __future__ import annotations

from docutils import nodes

from ...course import lessons
from .checks_page import write_checks
from .facts import SOLUTIONS, command_of, facts, minutes, running_time, timings
from .links import ChapterRole, chapter_of, map_file, page_link
from .lists import write_lists

#: On a phone the box is closed until it is asked for; without JavaScript it is open.
CLOSE_ON_A_PHONE = (
    '<script>if (matchMedia("(max-width: 575px)").matches) '
    "document.currentScript.previousElementSibling.open = false;</script>"
)


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
    app.connect("source-read", write_checks)
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
