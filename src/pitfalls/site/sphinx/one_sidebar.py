"""The list of all pages in the sidebar, made once and not anew for each page.

Sphinx makes the list from the table of contents for every page, a tenth of the time of a build.
The lists differ in two things: their links lead from another page, and another is the current.
"""

from __future__ import annotations

import re

from sphinx.util.osutil import relative_uri

#: The items of one part, and an item, in a list that no page is the current one of.
_PART = re.compile(r'<ul>\n<li class="toctree-l1">.*?</ul>', re.S)
_ITEM = re.compile(r'<li class="toctree-l1"><a class="reference internal" href="([^"#]+)">')
#: An item whose page is the current one.
ITEM_HERE = '<li class="toctree-l1 current"><a class="current reference internal" href="#">'
#: A page beside the front page that no list has.
NOWHERE = "search"


def setup(app):
    """Register with Sphinx, before the theme fills its templates."""
    app.connect("html-page-context", share, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def share(app, pagename: str, templatename: str, context, doctree) -> None:
    """Let the page's templates take the list from the one that is made once."""
    make, builder = context["toctree"], app.builder
    made = builder.__dict__.setdefault("pitfalls_lists", {})

    def toctree(**options) -> str:
        key = tuple(sorted(options.items()))
        if key not in made:
            made[key] = of_no_page(builder._get_local_toctree(NOWHERE, **options))
        here = builder.get_target_uri(pagename)
        return seen_from(here, made[key]) if made[key] else make(**options)

    context["toctree"] = toctree


def of_no_page(made: str) -> str:
    """Return the list if it is of one level, and nothing if it has more, which may be folded."""
    return made if made.count("<li") == len(_ITEM.findall(made)) else ""


def seen_from(here: str, made: str) -> str:
    """Return the list with links from a page, which it shows as the current one.

    Parameters
    ----------
    here : str
        The page, from the root of the site, such as ``"instructor/room.html"``.
    made : str
        The list as Sphinx makes it for a page beside the front page that it does not have.
    """

    def item(found: re.Match[str]) -> str:
        if found[1] == here:
            return ITEM_HERE
        return found[0].replace(found[1], relative_uri(here, found[1]))

    def part(found: re.Match[str]) -> str:
        moved = _ITEM.sub(item, found[0])
        return moved.replace("<ul>", '<ul class="current">', 1) if ITEM_HERE in moved else moved

    return _PART.sub(part, made)
