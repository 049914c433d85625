"""Notebooks from their ``.py`` twins.

The ``.py`` of a pair is edited and reviewed, the ``.ipynb`` runs in Jupyter, nbval and the book.
Outputs are stripped but for cells tagged ``keep_output``, which nbval compares.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode, ValidationError

__all__ = ["notebook_text"]

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def notebook_text(source: str, target: Path, *, run: bool = False, rerun: bool = False) -> str:
    """Return the ``.ipynb`` of a percent script, with the outputs that it keeps.

    Parameters
    ----------
    source : str
        The script.
    target : Path
        The notebook as it is now, if it exists: its kept outputs stay while its code does.
    run, rerun : bool
        Run it for the outputs that it keeps, where its code has changed; or all the same.

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
    old = _as_it_is(target)
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


def _as_it_is(target: Path) -> NotebookNode | None:
    """Read a notebook; None if there is none, or if a merge has left what is no notebook."""
    if not target.is_file():
        return None
    try:
        return nbformat.read(target, as_version=4)
    except (ValueError, AttributeError, TypeError, ValidationError):
        return None


def _run(book: NotebookNode, target: Path) -> None:
    """Run a copy of the notebook and take over the outputs that it keeps."""
    copy = nbformat.from_dict(book)
    NotebookClient(
        copy,
        timeout=600,
        kernel_name="python3",
        coalesce_streams=True,  # what is printed comes in pieces on a busy computer
        resources={"metadata": {"path": target.parent}},
    ).execute(stderr=subprocess.DEVNULL)
    for cell, ran in zip(book.cells, copy.cells, strict=True):
        if "keep_output" in cell.metadata.get("tags", []):
            cell.outputs = ran.outputs
            for output in cell.outputs:
                if "execution_count" in output:
                    output["execution_count"] = None


def _code(book: NotebookNode) -> list[tuple[str, str]]:
    return [(cell.id, cell.source) for cell in book.cells if cell.cell_type == "code"]
