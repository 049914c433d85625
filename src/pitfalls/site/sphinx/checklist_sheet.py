"""The checklist as one page of PDF, ``checklist.pdf``, beside its page on the site.

It is drawn from the page itself, so it says what the page says, and with matplotlib, so that every
build of the site has it.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
from docutils import nodes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

PAGE = "checklist"
#: A4 in points, its margins, and where the column of items and functions begins.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, COLUMN = 595.0, 842.0, 45.0, 550.0, 40.0, 420.0
GREY = "#4a535c"


def setup(app):
    """Register with Sphinx."""
    app.connect("build-finished", write_sheet)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_sheet(app, error) -> None:
    """Draw the sheet beside the page."""
    if error is None and app.builder.format == "html" and PAGE in app.env.found_docs:
        sheet = drawn(app.env.get_doctree(PAGE))
        says = {"Title": app.env.titles[PAGE].astext(), "CreationDate": None}
        with matplotlib.rc_context({"pdf.fonttype": 42}):  # letters that can be found and copied
            sheet.figure.savefig(Path(app.outdir, f"{PAGE}.pdf"), metadata=says)


class Sheet:
    """A page that is filled from the top; `y` is how far down it is filled, in points."""

    def __init__(self) -> None:
        self.figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72))
        self.renderer = RendererAgg(WIDTH, HEIGHT, 72)
        self.y = TOP

    def text(self, words: str, x: float = LEFT, right: float = RIGHT, **look) -> None:
        """Write words below what is there, in lines between `x` and `right`."""
        size = look.get("size", 9)
        font = FontProperties(size=size, weight=look.get("weight"), family=look.get("family"))
        line = ""
        for word in [*words.split(), None]:
            longer = f"{line} {word}".strip()
            if word is None or self.width(longer, font) > right - x:
                self.y += 1.32 * size
                self.figure.text(
                    x / WIDTH, 1 - self.y / HEIGHT, line, fontproperties=font,
                    color=look.get("color"), parse_math=False,
                )  # fmt: skip
                longer = word
            line = longer

    def width(self, words: str, font: FontProperties) -> float:
        """Return how wide a line would be, in points."""
        return self.renderer.get_text_width_height_descent(words, font, ismath=False)[0]

    def rule(self, x: float, right: float) -> None:
        """Draw a line to write on."""
        y = 1 - self.y / HEIGHT
        self.figure.add_artist(Line2D([x / WIDTH, right / WIDTH], [y, y], lw=0.6, color="black"))

    def box(self, x: float) -> None:
        """Draw a box to tick on the line that comes next."""
        corner = (x / WIDTH, 1 - (self.y + 12.5) / HEIGHT)
        size = (9 / WIDTH, 9 / HEIGHT)
        self.figure.add_artist(Rectangle(corner, *size, fill=False, lw=0.8))


def drawn(page: nodes.document) -> Sheet:
    """Return the sheet, or say that it has become too long."""
    sheet = Sheet()
    [section] = page.children
    title, *parts = section.children
    sheet.text(title.astext(), size=17, weight="bold")
    for part in parts:
        classes = part.get("classes", [])
        if isinstance(part, nodes.paragraph):
            sheet.y += 5
            sheet.text(part.astext())
        elif "checklist-blanks" in classes:
            blanks(sheet, [item.astext() for item in part.findall(nodes.list_item)])
        elif "checklist" in classes:
            for inner in part:
                if isinstance(inner, nodes.paragraph):
                    sheet.y += 6
                    sheet.text(inner.astext(), size=9.5, weight="bold")
                else:
                    for item in inner:
                        check(sheet, item[0])
            sheet.y += 5
    if sheet.y > HEIGHT - TOP:
        raise ValueError(f"the checklist is {sheet.y - HEIGHT + TOP:.0f} points too long for A4")
    return sheet


def blanks(sheet: Sheet, names: list[str]) -> None:
    """Draw what is to be filled in, two on a line."""
    middle, top = (LEFT + RIGHT) / 2, sheet.y + 6
    for place, name in enumerate(names):
        x = LEFT if place % 2 == 0 else middle + 10
        sheet.y = top + 31 * (place // 2)
        sheet.text(name, x, size=8, color=GREY)
        sheet.y = top + 31 * (place // 2) + 28
        sheet.rule(x, middle - 10 if place % 2 == 0 else RIGHT)
    sheet.y += 4


def check(sheet: Sheet, line: nodes.paragraph) -> None:
    """Draw a check with its box; its item and its function beside it, in grey."""
    marks = [n for n in line.children if not isinstance(n, nodes.Text) and n.astext().strip()]
    words = "".join(n.astext() for n in line.children if n not in marks)
    sheet.y += 3
    top = sheet.y
    sheet.box(LEFT)
    sheet.text(words, LEFT + 17, COLUMN - 12)
    bottom, sheet.y = sheet.y, top
    sheet.text("  ".join(n.astext() for n in marks), COLUMN, 9999, color=GREY, size=8.5)
    sheet.y = bottom
