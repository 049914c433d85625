"""Lets two processes read pages, and run their notebooks, at once.

Sphinx reads pages one after the other as long as one extension does not say that it can do with
more, and calls that a warning. These two do not say it and can.
"""

from __future__ import annotations

#: What they do: number sections once every page has been read; copy a folder at the end.
ARE_SAFE = ("sphinx_multitoc_numbering", "sphinx-mathjax-offline")


def setup(app):
    """Say it for them."""
    for name in ARE_SAFE:
        app.setup_extension(name)
        app.extensions[name].parallel_read_safe = True
    return {"parallel_read_safe": True, "parallel_write_safe": True}
