"""The book on paper: what the PDF has otherwise than the site.

Sphinx puts all pages one after the other. Here they become a book: the table of contents' parts,
in them chapters with the number that the course gives them, and in a chapter its pages as
sections, under one box of facts. Data frames become tables of LaTeX, a drawing its description.
The reference of the package stays on the site. How it looks is in ``course.sty``. On the site,
``<!-- pdf -->`` becomes a link to the PDF if the site was built with one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import matplotlib
import yaml
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.addnodes import start_of_file, tabular_col_spec
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.texescape import escape

from ..._settings import Settings
from .chapter_furniture import chapter_box
from .links import chapter_of

LEFT_OUT = {"api"}
#: How many letters fit beside each other in a table.
LETTERS = 90
#: Rows of the box that the table of contents has.
FOR_THE_SITE = {"In this chapter", "Next chapter"}
MARKER, OFFERED_ON = "<!-- pdf -->", "how_to_read"
FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")


def setup(app):
    """Register with Sphinx."""
    app.connect("env-get-outdated", offering)
    app.connect("source-read", offer)
    app.connect("build-finished", hand_over)
    app.connect("config-inited", dress)
    app.add_post_transform(TablesOnPaper)
    app.add_post_transform(NumbersOfPapers)
    app.connect("doctree-resolved", bind)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


# On the site


def offering(app, env, added, changed, removed) -> list[str]:
    """Read the page with the link each time: whether there is a PDF stands in no file."""
    return [OFFERED_ON]


def offer(app, docname: str, source: list[str]) -> None:
    """Put a link to the PDF in place of the marker, or nothing."""
    if docname == OFFERED_ON:
        pdf = Settings.from_env().pdf
        link = f': <a href="{pdf.name}">take it along</a>' if pdf else ""
        source[0] = source[0].replace(MARKER, link)


def hand_over(app, error) -> None:
    """Copy the PDF into the site."""
    made = Settings.from_env().pdf
    if error is None and app.builder.format == "html" and made is not None:
        shutil.copy(made, app.outdir)


# On paper


def dress(app, config) -> None:
    """Add the style, the typeface of code, and the title page."""
    citation = yaml.safe_load(Path(app.srcdir).parent.joinpath("CITATION.cff").read_text("utf-8"))
    title, _, subtitle = citation["title"].partition("? ")
    said = [
        f"{title}?".replace("'", "’"),
        subtitle,
        "\n".join(author["name"] for author in citation["authors"]),
        f"Version {citation['version']}",
        config.copyright,
    ]
    words = "".join(f"{{{escape(str(text), 'xelatex')}}}" for text in said)
    config.latex_elements = config.latex_elements | {"maketitle": rf"\coursetitlepage{words}"}
    style = Path(__file__).with_name("course.sty")
    fonts = sorted(FONTS.glob("DejaVuSansMono*.ttf"))
    config.latex_additional_files = [str(file) for file in (style, *fonts)]


class TablesOnPaper(SphinxPostTransform):
    """Put a table, or the description of a drawing, in place of an output's plain text."""

    default_priority = 3  # before myst-nb chooses between the forms of an output
    formats = ("latex",)

    def run(self, **options) -> None:
        """Go through the outputs of all cells."""
        for bundle in list(self.document.findall(is_bundle)):
            forms = {form["mime_type"]: form for form in bundle.children}
            if "text/html" not in forms or "text/markdown" in forms:
                continue
            found = on_paper(forms["text/html"].astext())
            if found:
                forms["text/plain"].children = []
                forms["text/plain"] += found


class NumbersOfPapers(SphinxPostTransform):
    """Print the address of a paper in the references where the site has its number."""

    default_priority = 300  # before Sphinx makes footnotes of addresses that are not printed
    formats = ("latex",)

    def run(self, **options) -> None:
        """Go through the links."""
        for link in self.document.findall(nodes.reference):
            if link.astext().startswith(("doi:", "arXiv:")) and "refuri" in link:
                link.children = []
                link += nodes.Text(link["refuri"])


def is_bundle(node: nodes.Node) -> bool:
    """Say whether a node holds the forms of one output."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle"


def on_paper(html: str) -> list[nodes.Node]:
    """Return a data frame as a table, a drawing as its description; nothing for anything else."""
    soup = BeautifulSoup(html, "html.parser")
    frame, drawing = soup.select_one("table.dataframe"), soup.select_one("svg > desc")
    if frame:
        return table(frame)
    return [nodes.paragraph("", drawing.get_text())] if drawing else []


def table(frame) -> list[nodes.Node]:
    """Return a data frame's rows as a table, with words to the left and numbers to the right."""
    rows = {part: cells(frame.find(part)) for part in ("thead", "tbody")}
    *above, names = rows["thead"]
    if above and not any(up and low for up, low in zip(above[-1], names, strict=True)):
        # The names of the index fit into the free cells of the row above.
        above[-1] = [up or low for up, low in zip(above[-1], names, strict=True)]
        rows["thead"] = above
    columns = list(zip(*rows["tbody"], strict=True))
    group = nodes.tgroup(cols=len(columns))
    group += [nodes.colspec(colwidth=1) for _ in columns]
    for name, kind in (("thead", nodes.thead), ("tbody", nodes.tbody)):
        part = kind()
        for row in rows[name]:
            entries = [nodes.entry("", nodes.paragraph("", text)) for text in row]
            part += nodes.row("", *entries)
        group += part
    # Small letters keep their width; capitals share what there is, and break their words.
    spec = "".join("r" if all(map(is_number, column)) else "l" for column in columns)
    every = zip(*rows["thead"], *rows["tbody"], strict=True)
    if sum(max(map(len, column)) + 2 for column in every) > LETTERS:
        spec = spec.upper()
    return [tabular_col_spec(spec=spec), nodes.table("", group, classes=["dataframe"])]


def cells(part) -> list[list[str]]:
    """Return the text of each cell of a part of a table, a cell over several rows in each."""
    rows: list[list[str]] = []
    kept: dict[int, tuple[int, str]] = {}  # by column: rows to come, and the text
    for line in part.find_all("tr"):
        row: list[str] = []
        found = iter(line.find_all(["td", "th"]))
        while True:
            if len(row) in kept:
                more, text = kept.pop(len(row))
                if more > 1:
                    kept[len(row)] = (more - 1, text)
                row.append("")
                continue
            cell = next(found, None)
            if cell is None:
                break
            if int(cell.get("rowspan", 1)) > 1:
                kept[len(row)] = (int(cell["rowspan"]) - 1, cell.get_text())
            row += [cell.get_text()] + [""] * (int(cell.get("colspan", 1)) - 1)
        rows.append(row)
    return rows


def is_number(text: str) -> bool:
    """Say whether a cell is a number, or empty."""
    try:
        float(text.replace(",", "").replace("\u2212", "-").rstrip("%") or 0)
    except ValueError:
        return False
    return True


# The order


def bind(app, doctree, docname: str) -> None:
    """Make a book of the pages."""
    if app.builder.name != "latex":
        return
    pages = {}
    for page in list(doctree.findall(start_of_file)):
        page.parent.remove(page)
        pages[page["docname"]] = page
    [front] = doctree.children
    front[0] = nodes.title("", "Introduction")
    doctree.children = []
    # The first section gives the title and is not printed; all others stand in it.
    book = nodes.section("", nodes.title("", app.config.project))
    book += [unnumbered(), front]
    toc = yaml.safe_load(Path(app.srcdir, app.config.external_toc_path).read_text("utf-8"))
    for part in toc["parts"]:
        names = [entry["file"] for entry in part["chapters"] if entry["file"] not in LEFT_OUT]
        book += latex(rf"\coursepart{{{escape(part['caption'], 'xelatex')}}}")
        for chapter in dict.fromkeys(map(chapter_name, names)):
            book += bound([pages[name] for name in names if chapter_name(name) == chapter])
    doctree += book
    for blanks in doctree.findall(is_blanks):
        for line in blanks.findall(nodes.paragraph):
            line += nodes.raw("", r" \hrulefill", format="latex")
    unlink(doctree, pages.keys() & LEFT_OUT)


def chapter_name(name: str) -> str:
    """Return what the pages of one chapter have in common."""
    return name.rpartition("/")[0] if chapter_of(name) else name


def bound(pages: list[start_of_file]) -> list[nodes.Node]:
    """Return the pages of one chapter: with its number and title, and each page a section."""
    lesson = chapter_of(pages[0]["docname"])
    if lesson is None:
        return [unnumbered(), *pages]
    boxes = [box for page in pages for box in page.findall(chapter_box)]
    for box in boxes:
        box.parent.remove(box)
    for row in list(boxes[0].findall(nodes.definition_list_item)):
        if row[0].astext() in FOR_THE_SITE:
            row.parent.remove(row)
    boxes[0].children = [part for part in boxes[0] if part.children]
    if len(pages) == 1:
        [section] = pages[0].children
        section.insert(1, boxes[0])
        return [latex(rf"\coursechapter{{{lesson.number}}}{{0}}"), *pages]
    chapter = nodes.section("", nodes.title("", lesson.title), ids=[f"chapter-{lesson.slug}"])
    chapter += boxes[0]
    for page in pages:
        title = next(page.findall(nodes.title))
        short = title[0].astext().removeprefix(f"{lesson.title}: ")
        title[0] = nodes.Text(short[:1].upper() + short[1:])
        chapter += page
    return [latex(rf"\coursechapter{{{lesson.number}}}{{1}}"), chapter]


def is_blanks(node: nodes.Node) -> bool:
    """Say whether a node is the list of the checklist that one fills in."""
    return isinstance(node, nodes.container) and "checklist-blanks" in node["classes"]


def unlink(doctree, names: set[str]) -> None:
    """Turn links to pages that are not in the book into plain text."""
    starts = tuple(f"%{name}" for name in names)
    for link in list(doctree.findall(nodes.reference)):
        if starts and link.get("refuri", "").startswith(starts):
            link.replace_self(link.children)


def unnumbered() -> nodes.raw:
    """Return what makes the chapter that follows one without a number."""
    return latex(r"\courseunnumbered")


def latex(text: str) -> nodes.raw:
    """Return a line of LaTeX."""
    return nodes.raw("", f"\n{text}\n", format="latex")
