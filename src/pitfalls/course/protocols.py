"""The protocols in a chapter's notebooks.

The code that the learner reads is the code that is measured: cells tagged ``protocol`` hold
imports and functions, and ``chapter.toml`` says which function plays which part.
"""

from __future__ import annotations

import ast
import json
import linecache
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from .errors import LessonError
from .lesson import page_files

__all__ = ["Protocols", "tagged_cells"]


class Protocols:
    """Finds functions in the cells tagged ``protocol`` of a chapter's notebooks.

    They are run when a function is first asked for. Pickled, it takes the source of the cells with
    it, so that another computer needs no folder of chapters.

    Parameters
    ----------
    folder : Path
        The chapter.
    taken : dict of str to str, default=None
        The sources, where the folder cannot be read.
    """

    def __init__(self, folder: Path, taken: dict[str, str] | None = None) -> None:
        self.folder, self._taken = folder, taken

    @property
    def sources(self) -> dict[str, str]:
        """The code of the protocol cells of each notebook as it is now, by their names."""
        if self._taken is not None:
            return self._taken
        return {
            path.stem: "\n\n".join(tagged_cells(path.read_text(encoding="utf-8")))
            for path in page_files(self.folder)
        }

    @property
    def namespaces(self) -> dict[str, dict[str, Any]]:
        """One namespace for each notebook, in the order of their names."""
        return {
            page: _namespace(str(self.folder), page, source)
            for page, source in self.sources.items()
        }

    def __call__(self, name: str, role: str, *, last_first: bool = False) -> Callable:
        """Return the function `name`: from the pair, then from further pages.

        Parameters
        ----------
        name, role : str
            The function, and the key of ``chapter.toml`` that names it.
        last_first : bool, default=False
            Look into the fix before the pitfall.

        Raises
        ------
        LessonError
            If there is no such function, or a cell cannot be run.
        """
        spaces = list(self.namespaces.values())
        pair, further = spaces[:2], spaces[2:]
        for namespace in (*(reversed(pair) if last_first else pair), *further):
            if callable(namespace.get(name)):
                return namespace[name]
        raise LessonError(
            f"{self.folder / 'chapter.toml'}: {role} = {name!r} is no function in the cells "
            f"tagged protocol of {', '.join(self.sources) or 'any notebook'}"
        )

    def __reduce__(self) -> tuple[type[Protocols], tuple[Path, dict[str, str]]]:
        return type(self), (self.folder, self.sources)


def tagged_cells(script: str, tag: str = "protocol") -> list[str]:
    """Return the code of the cells of a percent script that have a tag.

    The same as jupytext reads, whose import takes longer than all else that a notebook imports.
    """
    parts = re.split(r"^# %%(.*)\n", script, flags=re.M)
    marks = (re.search(r"tags=(\[.*?\])", header) for header in parts[1::2])
    tagged = [mark is not None and tag in json.loads(mark[1]) for mark in marks]
    return [code.strip("\n") for code, wanted in zip(parts[2::2], tagged, strict=True) if wanted]


@cache
def _namespace(folder: str, page: str, source: str) -> dict[str, Any]:
    """Run the protocol cells of a notebook, once a process and text."""
    path = Path(folder, f"{page}.py")
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise LessonError(f"{path}: a cell tagged protocol cannot be parsed: {error}") from None
    for node in tree.body:
        if not isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef)):
            raise LessonError(
                f"{path}: a cell tagged protocol holds imports and functions only, "
                f"not: {ast.unparse(node).splitlines()[0]}"
            )
    # Tracebacks and inspect.getsource find the code under this name. No module has it, so that
    # joblib's workers get the functions by value.
    filename = f"<protocol of {path.parent.name}/{path.name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": f"protocol_{path.parent.name}_{path.stem}"}
    exec(compile(source, filename, "exec"), namespace)
    return namespace
