"""One slide, and how much of a text or of code it has room for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nbformat import NotebookNode

__all__ = ["Slide", "paragraphs", "sentences", "shortened"]

#: What a slide has room for: lines of code, lines of all kinds, words on either side of an output.
CODE_LINES, LINES, WORDS = 12, 14, 38
#: Words of a label in bold, or of a short sentence, which does not stand alone.
LABEL = 5
#: Where a sentence ends: at its mark, or behind what closes after it.
_END = re.compile(r"""(?:(?<=[.?!])|(?<=[.?!][)”"])|(?<=[.?!]\*\*))\s+(?=[^a-z(])""")
_NO_PARAGRAPH = re.compile(r"[-+*] |\d+\. |[#|>]|```|---")


@dataclass
class Slide:
    """One slide: what is seen, top to bottom, and what the speaker reads.

    Attributes
    ----------
    heading, part : str
        What stands at its top; the part is ``"the claim"``, ``"the fix"`` or nothing.
    kind : str
        ``"title"``, ``"text"``, ``"list"``, ``"question"``, ``"answer"``, and of a slide with
        outputs ``"result"``, or ``"wide"`` or ``"beside"`` where that is a picture.
    lead, body, code, takeaway : str
        Markdown, or Python; empty where there is none.
    outputs : list of NotebookNode
        What a cell gave.
    notes : list of str
        Markdown.
    settles : bool
        Whether it shows what was to be predicted.
    """

    heading: str
    part: str = ""
    kind: str = "result"
    lead: str = ""
    body: str = ""
    code: str = ""
    outputs: list[NotebookNode] = field(default_factory=list)
    takeaway: str = ""
    notes: list[str] = field(default_factory=list)
    settles: bool = False

    def fit_code(self, cells: list[str]) -> None:
        """Show the code since the last output, or its last cell, where there is room for it.

        What introduces it becomes shorter, if that is what it takes.
        """
        for code in ("\n".join(filter(None, cells)), *cells[-1:]):
            for lead in (self.lead, shortened(self.lead, 0, end=True)):
                words = sum(-(-len(text) // 80) for text in (lead, self.takeaway))
                room = min(CODE_LINES, LINES - words - sum(map(_height, self.outputs)))
                if code.count("\n") < room:
                    self.code, self.lead = re.sub(r"\n{2,}", "\n\n", code), lead
                    return


def _height(output: NotebookNode) -> int:
    """Return how many lines of code are as high as printed text or a table, about."""
    if output.output_type != "stream":
        return 2 * output.data["text/html"].count("<tr")
    return max(3, output.text.count("\n") + 1)


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a Markdown text, each on one line; lists and tables are none."""
    blocks = (" ".join(block.split()) for block in re.split(r"\n\s*\n", text))
    return [block for block in blocks if block and not _NO_PARAGRAPH.match(block)]


def sentences(paragraph: str) -> list[str]:
    """Cut a paragraph into sentences; what is bold stays in one piece."""
    found: list[str] = []
    for piece in _END.split(paragraph):
        if found and found[-1].count("**") % 2:
            found[-1] = f"{found[-1]} {piece}"
        else:
            found.append(piece)
    return found


def shortened(paragraph: str, room: int = WORDS, *, end: bool = False) -> str:
    """Return as many first sentences as fit into `room` words, or last ones; at least one."""
    step, kept, words = -1 if end else 1, [], 0
    for sentence in sentences(paragraph)[::step]:
        if words > LABEL and words + len(sentence.split()) > room:
            break
        kept.append(sentence)
        words += len(sentence.split())
    return " ".join(kept[::step])
