"""What the book reads from the package: its reference, and where a name in backticks leads.

The line ``<!-- modules -->`` in ``api.md`` becomes a section for each module that the package's
docstring names, so that a new module or function appears by itself. In docstrings, single
backticks link to the class, function or module of that name where the package has exactly one;
the names of arguments stay code. References begin with the name that they are sorted by. Dials are
shown as those that need no kernel, and the line by which nbval compares an output is left out.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections.abc import Iterable
from pathlib import Path

from docutils import nodes
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style
from sphinx.util.nodes import make_refnode

import pitfalls
from pitfalls._settings import Settings

MARKER = "<!-- modules -->"
MARK = "# NBVAL_CHECK_OUTPUT\n"
LINKED = {"class", "exception", "function", "module"}


class ByName(Style):
    """References that begin with the name they are sorted by."""

    default_name_style = "lastfirst"

    def __init__(self, **options):
        super().__init__(**options | {"abbreviate_names": True})


def setup(app):
    """Register with Sphinx, and keep the builder's own predictions and report off the pages."""
    os.environ[Settings.variable("predictions")] = str(Path(app.outdir, "no-predictions.csv"))
    os.environ[Settings.variable("reforms")] = str(Path(app.outdir).parent / "no-reforms.yaml")
    os.environ[Settings.variable("dials")] = "html"
    register_plugin("pybtex.style.formatting", "by_name", ByName)
    app.connect("source-read", write_reference)
    app.connect("missing-reference", find_name)
    app.connect("doctree-read", leave_out_marks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_reference(app, docname: str, source: list[str]) -> None:
    """Put the reference of every module in place of the marker."""
    if MARKER in source[0]:
        source[0] = source[0].replace(MARKER, "\n".join(map(section, named_modules())))


def leave_out_marks(app, doctree) -> None:
    """Leave the line by which nbval compares an output off the page."""
    for code in doctree.findall(nodes.literal_block):
        if code.astext().startswith(MARK):
            code[:] = [nodes.Text(code.astext().removeprefix(MARK))]
            code.rawsource = code.astext()


def named_modules() -> Iterable[str]:
    """Yield the modules that the package's docstring names, a package with its own modules."""
    for name in re.findall(r"``(pitfalls\.\w+)``", pitfalls.__doc__):
        yield name
        path = getattr(importlib.import_module(name), "__path__", [])
        yield from (m.name for m in pkgutil.walk_packages(path, f"{name}.") if "._" not in m.name)


def section(module: str) -> str:
    """Return a module's section; deeper for a module inside a package."""
    heading = "#" * module.count(".") + f"# {module}"
    inside = hasattr(importlib.import_module(module), "__path__")
    # What scikit-learn adds to each estimator links to its own documentation.
    added = "   :exclude-members: set_fit_request, set_score_request\n"
    members = "" if inside else f"   :members:\n{added}"
    return f"{heading}\n\n```{{eval-rst}}\n.. automodule:: {module}\n{members}```\n"


def find_name(app, env, node, contnode):
    """Resolve a name in single backticks, or leave it as code."""
    if node.get("reftype") != "obj":
        return None
    name = node["reftarget"]
    found = [
        (full, entry)
        for full, entry in env.get_domain("py").objects.items()
        if entry.objtype in LINKED and f".{full}".endswith(f".{name}") and not entry.aliased
    ]
    if len(found) != 1:
        return contnode
    [(full, entry)] = found
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, full)
