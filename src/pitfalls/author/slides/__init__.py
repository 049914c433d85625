"""Slides of a chapter, made from its notebooks and from what stands in its TOML files.

A section becomes slides where it is the first of a notebook, where ``teaching.toml`` or a route
names its heading, where it asks for a prediction or settles one, and where a cell says so. Each
output is a slide: the last paragraph before it leads to it, the first one after the last output
of a section reads it back. What a slide has no room for is left out at the end of a sentence, and
the whole text stands in the speaker's notes. The question stands where the notebook asks for a
prediction, the vote before anything gives its answer away.

A cell says more in its ``slideshow`` metadata:

``{"slide_type": "slide"}``
    Show the section of this cell. Jupyter's ``"skip"`` leaves the cell out, and ``"notes"`` leaves
    a text to the speaker.
``{"text": "takeaway"}``, ``{"text": "conclusion"}``
    The first paragraph of this text reads back the output above it, with how it begins or with how
    it ends.
``{"section": "cases"}``
    The last section in this text is about published cases, its list items. In the section's last
    text a paragraph that opens with a heading in bold is a slide of its own.
``{"section": "check"}``
    The last section in this text is the check to take home, shown at the end.
"""

from .deck import deck, half_day, read_teaching, run_notebooks
from .render import render
from .slide import Slide

__all__ = ["Slide", "deck", "half_day", "read_teaching", "render", "run_notebooks"]
