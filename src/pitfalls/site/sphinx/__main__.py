"""Run Jupyter Book in a process of its own, with more processes than its command allows.

`python -m pitfalls.site.sphinx BOOK OUTPUT BUILDER JOBS`; warnings are errors, and so are links
that lead nowhere.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jupyter_book.sphinx import build_sphinx

from ..._settings import Settings
from ..warm_kernels import fork_kernels


def main(book: str, output: str, builder: str, jobs: str) -> int:
    """Write the pages of a book; return what is wrong as an exit code."""
    if Settings.from_env().kernels != "cold":
        fork_kernels()
    done = build_sphinx(
        book,
        output,
        noconfig=True,
        path_config=str(Path(book, "_config.yml")),
        confoverrides={
            "external_toc_path": str(Path(book, "_toc.yml")),
            "latex_individualpages": False,
            "nitpicky": True,
        },
        builder=builder,
        warningiserror=True,
        keep_going=True,
        jobs=int(jobs),
    )
    if isinstance(done, Exception):
        # Which cell failed, where another process has run it: Sphinx prints the page alone.
        print(getattr(done, "traceback", ""), file=sys.stderr)
        return 1
    return done


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
