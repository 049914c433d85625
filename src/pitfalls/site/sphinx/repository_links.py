"""Links to the repository, where the site is built with its address.

Each page gets buttons: one that edits what it is written in, one that reports a fault and, on a
notebook, those that start it on Binder or Colab. The theme's own cannot know that the notebook of
a page is made from its ``.py``, that exercises are made from their solutions, and that
``book/chapters`` is a link. In pages, ``<!-- copy -->`` and ``<!-- hosted -->`` become where the
course can be had and run. ``CITATION.cff`` is put beside the front page, with the address.

The address stands in the configuration, so that Sphinx makes all pages anew when it changes.
"""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from ..._settings import Settings
from ...course import Course
from ..repository import Repository

CITATION = "CITATION.cff"
_NETWORK = re.compile(r"^\s*(?:from|import) (?:torch|pitfalls\.vision)\b|\bimport vision\b", re.M)

COPY = " ([as a ZIP]({archive}), or by `git clone -c core.symlinks=true {address}`)"
HOSTED = """\
The button with the rocket above a notebook starts it on a computer of somebody else, where nothing
has to be installed and nothing is kept: on [Binder]({binder}), which needs some minutes the first
time.{colab}

The button with the branch leads to the text of a page, and to a form for its faults.
"""
COLAB = """ Notebooks that train networks are left to Colab. There a new first cell has to fetch
the course:

```
!git clone -q {address} course
%cd course
%pip install -q ".[course]"
```
"""


def setup(app):
    """Register with Sphinx."""
    app.add_config_value("pitfalls_repository", _said, "env", [str])
    app.connect("source-read", offer)
    # The theme makes the list of buttons at 500 and fills it at 501.
    app.connect("html-page-context", add_buttons, priority=502)
    app.connect("build-finished", write_citation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _said(config) -> str:
    """Return the address in the environment."""
    return Settings.from_env().repository


def repository(app) -> Repository | None:
    """Return the repository that the site is built with, if it is."""
    address = app.config.pitfalls_repository
    return Repository.at(address) if address else None


def offer(app, docname: str, source: list[str]) -> None:
    """Say in place of the markers where the course can be had and run, or nothing."""
    found = repository(app)
    for marker, text in (("<!-- copy -->", copy(found)), ("<!-- hosted -->", hosted(found))):
        source[0] = source[0].replace(marker, text)


def copy(found: Repository | None) -> str:
    """Return where a copy of the course can be had."""
    return COPY.format(archive=found.archive, address=found.address) if found else ""


def hosted(found: Repository | None) -> str:
    """Return where the course runs without being installed."""
    if found is None:
        return ""
    colab = COLAB.format(address=found.address) if found.colab("") else ""
    return HOSTED.format(binder=found.binder(""), colab=colab)


def add_buttons(app, pagename: str, templatename: str, context: dict[str, Any], doctree) -> None:
    """Put the buttons of a page before those of the theme."""
    found = repository(app)
    if found is None or doctree is None:
        return
    groups = [
        group("Run this notebook elsewhere", "fas fa-rocket", launches(found, pagename)),
        group("Repository", "fas fa-code-branch", sources(found, pagename)),
    ]
    context["header_buttons"][:0] = [one for one in groups if one["buttons"]]


def group(tooltip: str, icon: str, buttons: dict[str, str]) -> dict[str, Any]:
    """Return a menu of links, as the theme has them."""
    links = [
        {"type": "link", "text": text, "url": escape(url)} for text, url in buttons.items() if url
    ]
    label = tooltip.split()[0].lower()
    return {"type": "group", "tooltip": tooltip, "icon": icon, "buttons": links, "label": label}


def launches(found: Repository, page: str) -> dict[str, str]:
    """Return where a page's notebook can be started, by name.

    What trains networks is left to Colab: its computers are larger.
    """
    if not is_notebook(page):
        return {}
    path = f"{page}.ipynb"
    light = not needs_network(page.split("/")[1])
    return {"Binder": found.binder(path) if light else "", "Colab": found.colab(path)}


def sources(found: Repository, page: str) -> dict[str, str]:
    """Return where a page's text is, and where a fault of it is reported, by name."""
    return {
        "Edit this page": found.edit(source_of(page)),
        "Report a fault": found.issue(page),
        "The repository": found.address,
    }


def is_notebook(page: str) -> bool:
    """Say whether a page is a notebook of the course."""
    return page.startswith(("chapters/", "solutions/"))


def source_of(page: str) -> str:
    """Return the file in the repository that a page is written in."""
    if not is_notebook(page):
        return f"book/{page}.md"
    solved = page.replace("chapters/", "solutions/", 1).replace("_exercises", "_solutions")
    return f"{solved if page.endswith('_exercises') else page}.py"


@cache
def needs_network(folder: str) -> bool:
    """Say whether a chapter trains networks."""
    files = Course.here().root.glob(f"*/{folder}/*.py")
    return any(_NETWORK.search(file.read_text(encoding="utf-8")) for file in files)


def write_citation(app, error) -> None:
    """Put the citation beside the front page, with the address where it is known."""
    if error is not None or app.builder.format != "html":
        return
    text, found = (Course.here().root / CITATION).read_text(encoding="utf-8"), repository(app)
    if found is not None and "repository-code:" not in text:
        text += f"repository-code: {json.dumps(found.address)}\n"
    Path(app.outdir, CITATION).write_text(text, encoding="utf-8")
