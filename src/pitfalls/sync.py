"""Writes what is derived: notebooks from their ``.py`` twins, exercises from solutions, tables.

The ``.py`` of a pair is edited and reviewed, the ``.ipynb`` runs in Jupyter, nbval and the book.
Outputs are stripped but for cells tagged ``keep_output``, which nbval compares.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from . import evidence, lessons
from .lessons import PARTS, Lesson

__all__ = ["chapter_table", "derived", "exercise_text", "link", "notebook_text", "stale", "sync"]

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_FENCE = re.compile(r"(<!-- chapters -->\n).*?(<!-- /chapters -->)", re.S)
_FRONT = ("how_to_read", "find_a_pitfall", "league_table", "decision_tree", "checklist")
_TEACHING = (
    "instructor/index",
    "instructor/routes",
    "instructor/prompts",
    "instructor/slides",
    "instructor/room",
    "instructor/self_test",
    "instructor/tests",
    "instructor/reforms",
    "instructor/clinic",
    "instructor/questions",
    "instructor/feedback",
)
_BACK = ("contract", "glossary", "references", "api")


def sync(root: Path, *, execute: bool = False) -> list[Path]:
    """Write every derived file that is not what it should be.

    Parameters
    ----------
    root : Path
        The checkout.
    execute : bool, default=False
        Run every notebook that keeps an output, not only those whose code has changed.

    Returns
    -------
    list of Path
        The files written.
    """
    for path, text in _exercises(root):
        _write(path, text)
    written = []
    for path, text in derived(root, run=True, rerun=execute):
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            _write(path, text)
            written.append(path)
    return written


def stale(root: Path) -> list[Path]:
    """Return the derived files that are missing or differ from what `sync` would write."""
    return [
        path
        for path, text in derived(root)
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def derived(root: Path, *, run: bool = False, rerun: bool = False) -> Iterable[tuple[Path, str]]:
    """Yield each derived file with the text that it should have.

    Parameters
    ----------
    root : Path
        The checkout.
    run : bool, default=False
        Run notebooks for the outputs that they keep, where their code has changed.
    rerun : bool, default=False
        Run them all the same.
    """
    exercises = dict(_exercises(root))
    yield from exercises.items()
    sources = [*root.glob("chapters/*/*.py"), *root.glob("solutions/*/*.py"), *exercises]
    for path in sorted(set(sources)):
        text = exercises.get(path) or path.read_text(encoding="utf-8")
        target = path.with_suffix(".ipynb")
        yield target, notebook_text(text, target, run=run, rerun=rerun)
    chapters = lessons.all()
    readme = root / "README.md"
    if readme.is_file():
        table = chapter_table(chapters, link)
        yield readme, _fill(readme.read_text(encoding="utf-8"), table)
    yield root / "book" / "_toc.yml", table_of_contents(chapters, root)


def notebook_text(source: str, target: Path, *, run: bool = False, rerun: bool = False) -> str:
    """Return the ``.ipynb`` of a percent script, with the outputs that it keeps.

    Parameters
    ----------
    source : str
        The script.
    target : Path
        The notebook as it is now, if it exists: its kept outputs stay while its code does.
    run, rerun : bool
        As in `derived`.

    Returns
    -------
    str
        JSON, with one newline at the end.
    """
    book = jupytext.reads(source, fmt="py:percent")
    book.metadata = NotebookNode(kernelspec=KERNEL, language_info={"name": "python"})
    book.nbformat, book.nbformat_minor = 4, 5
    for place, cell in enumerate(book.cells):
        cell.id = f"{target.stem}-{place:02d}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    kept = [cell for cell in book.cells if "keep_output" in cell.metadata.get("tags", [])]
    old = nbformat.read(target, as_version=4) if target.is_file() else None
    if kept and old is not None and _code(old) == _code(book) and not rerun:
        outputs = {cell.id: cell.get("outputs", []) for cell in old.cells}
        for cell in kept:
            cell.outputs = outputs[cell.id]
    elif kept and run:
        _run(book, target)
    for cell in kept:
        # nbval refuses a cell that has an output and was never run.
        cell.execution_count = 1 if cell.outputs else None
    return nbformat.writes(book).rstrip("\n") + "\n"


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
    return jupytext.writes(book, fmt="py:percent")


def link(lesson: Lesson, page: str, title: str) -> str:
    """Return a Markdown link to a chapter's page, from the README or the front of the book."""
    return f"[{title}](chapters/{lesson.folder.name}/{page}.ipynb)"


def chapter_table(chapters: list[Lesson], link: Callable[[Lesson, str, str], str]) -> str:
    """Return the Markdown table of the chapters: what each claims, gets, and claims when fixed."""
    lines = [
        "| | chapter | pitfall: claimed → deployed | fix: claimed → deployed | minutes |",
        "|---|---|---|---|---|",
    ]
    for lesson in chapters:
        first = lesson.first_page
        title = link(lesson, first, lesson.title) if first else lesson.title
        pitfall, fix = _headline(lesson)
        minutes = sum(lesson.minutes.values()) or "–"
        lines.append(f"| {lesson.number:02d} | {title} | {pitfall} | {fix} | {minutes} |")
    return "\n".join(lines) + "\n"


def table_of_contents(chapters: list[Lesson], root: Path) -> str:
    """Return ``book/_toc.yml``: the front, the parts, solutions, for instructors, the back."""
    lines = [
        "# Written by `python3 course.py sync`.",
        "format: jb-book",
        "root: index",
        "parts:",
        *_part("Before you start", _FRONT),
    ]
    parts = dict.fromkeys([*PARTS, *(lesson.part for lesson in chapters)])
    for part in parts:
        here = [lesson for lesson in chapters if lesson.part == part]
        pages = [_book_path(page, root) for lesson in here for page in lesson.notebooks]
        if pages:
            lines += _part(PARTS.get(part, part), pages)
    solved = [
        _book_path(page, root)
        for lesson in chapters
        for page in sorted((root / "solutions" / lesson.folder.name).glob("*.py"))
    ]
    if solved:
        lines += _part("Solutions", solved)
    lines += _part("For instructors", _TEACHING)
    lines += _part("Behind the course", _BACK)
    return "\n".join(lines) + "\n"


def _exercises(root: Path) -> Iterable[tuple[Path, str]]:
    for path in sorted(root.glob("solutions/*/*_solutions.py")):
        name = path.name.replace("_solutions", "_exercises")
        target = root / "chapters" / path.parent.name / name
        yield target, exercise_text(path.read_text(encoding="utf-8"), str(path))


def _stub(source: str, name: str) -> str:
    lines = source.splitlines()
    for place, line in enumerate(lines):
        if line.strip() == "# solution":
            indent = line[: len(line) - len(line.lstrip())]
            answer = f'{indent}raise NotImplementedError("Write your answer here.")'
            return "\n".join([*lines[:place], answer])
    raise ValueError(f"{name}: a code cell tagged solution has no line '# solution': {lines[0]}")


def _run(book: NotebookNode, target: Path) -> None:
    """Run a copy of the notebook and take over the outputs that it keeps."""
    copy = nbformat.from_dict(book)
    NotebookClient(
        copy, timeout=600, kernel_name="python3", resources={"metadata": {"path": target.parent}}
    ).execute(stderr=subprocess.DEVNULL)
    for cell, ran in zip(book.cells, copy.cells, strict=True):
        if "keep_output" in cell.metadata.get("tags", []):
            cell.outputs = ran.outputs
            for output in cell.outputs:
                if "execution_count" in output:
                    output["execution_count"] = None


def _code(book: NotebookNode) -> list[tuple[str, str]]:
    return [(cell.id, cell.source) for cell in book.cells if cell.cell_type == "code"]


def _fill(text: str, table: str) -> str:
    if not _FENCE.search(text):
        raise ValueError("README.md has no lines <!-- chapters --> and <!-- /chapters -->")
    return _FENCE.sub(lambda match: f"{match[1]}{table}{match[2]}", text)


def _headline(lesson: Lesson) -> tuple[str, str]:
    """Claimed → deployed of pitfall and fix at full strength, as the evidence has them."""
    if not lesson.simulated or not lesson.evidence_file.is_file():
        return "–", "–"
    world = lesson.world()
    rows = evidence.read(lesson)
    rows = rows[(rows["world"] == world.slug) & (rows["strength"] == max(world.strengths))]
    means = rows.groupby("arm")[["claimed", "deployed"]].mean()
    arms = ("pitfall", next(iter(world.names["fixes"])))
    said = [f"{means.loc[arm, 'claimed']:.2f} → {means.loc[arm, 'deployed']:.2f}" for arm in arms]
    return f"{world.metric} {said[0]}", said[1]


def _book_path(page: Path, root: Path) -> str:
    return page.with_suffix("").relative_to(root).as_posix()


def _part(caption: str, pages: Iterable[str]) -> list[str]:
    return [f'  - caption: "{caption}"', "    chapters:", *(f"      - file: {p}" for p in pages)]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)
