"""Pages load what they use, and say what their tables are.

The theme loads a script of half a megabyte that draws icons which its fonts draw as well, and
fonts that no visible icon is in; extensions load their scripts on every page. A page keeps of
these what its article uses. The cells of a pandas table that are headers say of what.
"""

from __future__ import annotations

import re

from sphinx.util import logging

#: A part of a script's or style's name, or of its text, and what an article that uses it contains.
USED_BY = {
    "mathjax": r'class="[^"]*\bmath\b',
    "MathJax": r'class="[^"]*\bmath\b',
    "design-tabs": r'class="[^"]*\bsd-tab',
    "sphinx-design": r'class="[^"]*\bsd-',
    "toggle": r'class="[^"]*\b(toggle|dropdown|tag_hide)',
    "explorer.": r'class="[^"]*\bexplorer\b',
    "find.js": r'id="by-symptom"',
    "tables.js": r'class="pst-scrollable-table-container',
    "clipboard": r'class="highlight\b',
    "copybutton": r'class="highlight\b',
}
#: What the theme puts into every head: icons drawn by a script, and fonts needed in menus only.
_ICON_SCRIPT = re.compile(r'\s*<script src="[^"]*/fontawesome/[^"]*/all\.min\.js[^"]*"></script>')
_MENU_FONTS = re.compile(r'\s*<link rel="preload" as="font"[^>]*/fa-(?:brands|regular)[^>]*>')
_FRAME = re.compile(r'<table[^>]*class="[^"]*\bdataframe\b.*?</table>', re.S)
_PART = re.compile(r"<(thead|tbody)>.*?</\1>", re.S)
_SCOPES = {"thead": "col", "tbody": "row"}

logger = logging.getLogger(__name__)


def setup(app):
    """Register with Sphinx, after every extension that adds a script to a page."""
    app.connect("html-page-context", lighten, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def lighten(app, pagename, templatename, context, doctree) -> None:
    """Drop what the page does not use, and mark the headers of its tables."""
    context["lighter"] = lighter
    body = context.get("body", "")
    for kind in ("script_files", "css_files"):
        context[kind] = [asset for asset in context[kind] if is_used(asset, body)]
    if body:
        context["body"] = _FRAME.sub(lambda table: with_scopes(table[0]), body)


def is_used(asset, body: str) -> bool:
    """Tell whether a page with this body uses a script or style, as far as it is known."""
    name = f"{asset.filename or ''} {asset.attributes.get('body', '')}"
    return all(re.search(use, body) for part, use in USED_BY.items() if part in name)


def lighter(head: str) -> str:
    """Return the theme's part of the head without what draws icons a second time."""
    for useless in (_ICON_SCRIPT, _MENU_FONTS):
        head, found = useless.subn("", head)
        if not found:
            logger.warning("the theme has changed: its head has no %s", useless.pattern)
    return head


def with_scopes(table: str) -> str:
    """Return a pandas table whose header cells say what they head, and whose corner is empty."""
    table = table.replace("<th></th>", "<td></td>")
    return _PART.sub(lambda p: p[0].replace("<th>", f'<th scope="{_SCOPES[p[1]]}">'), table)
