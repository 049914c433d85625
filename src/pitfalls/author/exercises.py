"""Exercises from their solutions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import jupytext

from ..course.lesson import Lesson

__all__ = ["exercise_text", "exercises"]


def exercises(root: Path) -> Iterable[tuple[Path, str]]:
    """Yield each script of exercises of a checkout with the text that it should have."""
    for path in sorted(root.glob("solutions/*/*_solutions.py")):
        name = path.name.replace("_solutions", "_exercises")
        target = root / "chapters" / path.parent.name / name
        yield target, exercise_text(path.read_text(encoding="utf-8"), str(path))


def exercise_text(solutions: str, name: str) -> str:
    """Return the exercises that belong to a script of solutions.

    Cells tagged ``solution`` lose their answer: text cells go, code cells are cut at the line
    ``# solution``. Cells tagged ``check`` stay, and fail until the learner has answered.

    Parameters
    ----------
    solutions : str
        The script of the solutions.
    name : str
        The file it comes from, for a line that says so.

    Returns
    -------
    str
        The script of the exercises.
    """
    book = jupytext.reads(solutions, fmt="py:percent")
    cells = []
    for cell in book.cells:
        tags = cell.metadata.get("tags", [])
        if "solution" in tags and cell.cell_type == "markdown":
            continue
        if "solution" in tags:
            cell.source = _stub(cell.source, name)
        if {"solution", "check"} & set(tags):
            rest = [tag for tag in tags if tag not in {"solution", "check"}]
            cell.metadata["tags"] = [*rest, "raises-exception", "remove-output"]
        cells.append(cell)
    cells[0].source = cells[0].source.replace(": solutions", ": exercises", 1)
    for cell in cells:
        # From solutions/ the chapter's pages are elsewhere, from the exercises they are here.
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\(\.\./\.\./chapters/\w+/", "](", cell.source)
    book.cells = cells
    text = jupytext.writes(book, fmt="py:percent")
    # The same text whichever release of jupytext writes it.
    return re.sub(r"^# +jupytext_version: .*\n", "", text, count=1, flags=re.M)


def link(lesson: Lesson, page: str, title: str) -> str:
    """Return a Markdown link to a chapter's page, from the README or the front of the book."""
    return f"[{title}](chapters/{lesson.folder.name}/{page}.ipynb)"


def _stub(source: str, name: str) -> str:
    lines = source.splitlines()
    for place, line in enumerate(lines):
        if line.strip() == "# solution":
            indent = line[: len(line) - len(line.lstrip())]
            answer = f'{indent}raise NotImplementedError("Write your answer here.")'
            return "\n".join([*lines[:place], answer])
    raise ValueError(f"{name}: a code cell tagged solution has no line '# solution': {lines[0]}")
