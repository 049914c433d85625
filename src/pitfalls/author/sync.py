"""Writes what is derived, and says what is stale: notebooks, exercises, tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .._files import write_text
from ..course import Course
from ..course.words import link
from .contents import chapter_table, fill, key_table, table_of_contents
from .exercises import exercises
from .notebooks import notebook_text

__all__ = ["derived", "stale", "sync"]


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
    # The chapters' tables list the exercises, so these come first.
    written = _write(exercises(root))
    return written + _write(derived(root, run=True, rerun=execute))


def stale(root: Path) -> list[Path]:
    """Return the derived files that are missing or differ from what `sync` would write."""
    return [path for path, text in derived(root) if not _is(path, text)]


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
    course, made = Course(root), dict(exercises(root))
    yield from made.items()
    sources = {*root.glob("chapters/*/*.py"), *root.glob("solutions/*/*.py"), *made}
    for path in sorted(sources):
        text = made.get(path) or path.read_text(encoding="utf-8")
        target = path.with_suffix(".ipynb")
        yield target, notebook_text(text, target, run=run, rerun=rerun)
    readme, contributing = root / "README.md", root / "CONTRIBUTING.md"
    if readme.is_file():
        table = chapter_table(course.lessons(), link)
        yield readme, fill(readme.read_text(encoding="utf-8"), "chapters", table)
    if contributing.is_file():
        text = contributing.read_text(encoding="utf-8")
        for kind in ("chapter", "teaching"):
            text = fill(text, f"keys of {kind}.toml", key_table(kind))
        yield contributing, text
    if (course.book / "pages.toml").is_file():
        yield course.book / "_toc.yml", table_of_contents(course)


def _write(files: Iterable[tuple[Path, str]]) -> list[Path]:
    """Write the files that are not what they should be; return them."""
    written = []
    for path, text in files:
        if not _is(path, text):
            write_text(path, text)
            written.append(path)
    return written


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
