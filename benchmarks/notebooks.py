"""How long each notebook takes to run from its first cell to its last.

    python benchmarks/notebooks.py [CHAPTER ...]

runs each notebook on a kernel of its own, as JupyterLab would, and writes
``benchmarks/notebooks.csv``; with chapters named, only their rows are made anew. ``seconds`` are
those that the kernel kept a processor busy on one thread, its start included: the time on the
clock where nothing else runs, and nearly the same where something does. The least of ``runs``.
Exercises stand there as their solutions, since a stub takes no time. The box under each chapter's
heading on the site rounds these numbers.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
import pandas as pd
from nbclient import NotebookClient

from pitfalls import course

RUNS = 1
TABLE = Path(__file__).with_suffix(".csv")
THREADS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"
BUSY = nbformat.v4.new_code_cell("import os\nprint(sum(os.times()[:4]))")


def notebooks(chapter: course.Lesson) -> list[Path]:
    """Return the notebooks of a chapter, its solutions in the place of its exercises."""
    solutions = course.Course.here().root / "solutions" / chapter.folder.name
    pages = [page.with_suffix(".ipynb") for page in chapter.pages]
    return [*pages, *sorted(solutions.glob("*.ipynb"))]


def seconds(notebook: Path) -> float:
    """Return how long the kernel of a notebook kept a processor busy."""
    book = nbformat.read(notebook, as_version=4)
    book.cells.append(BUSY)
    resources = {"metadata": {"path": str(notebook.parent)}}
    NotebookClient(book, timeout=1_200, kernel_name="python3", resources=resources).execute()
    return float(book.cells[-1].outputs[0].text)


def measure(chapter: course.Lesson) -> pd.DataFrame:
    """Return a row for each notebook of a chapter."""
    rows = []
    for notebook in notebooks(chapter):
        least = min(seconds(notebook) for _ in range(RUNS))
        rows.append({"notebook": notebook.stem, "seconds": least, "runs": RUNS})
        print(f"{notebook.stem:<20} {least:6.1f} s", flush=True)
    return pd.DataFrame(rows, columns=["notebook", "seconds", "runs"])


if __name__ == "__main__":
    chosen = [course.load(name) for name in sys.argv[1:]] or course.lessons()
    with tempfile.TemporaryDirectory() as folder:  # a reader's own work stays as it is
        os.environ["PITFALLS_PREDICTIONS"] = str(Path(folder) / "predictions.csv")
        os.environ["PITFALLS_REFORMS"] = str(Path(folder) / "reforms.yaml")
        os.environ |= dict.fromkeys(THREADS, "1")
        table = pd.concat([measure(chapter) for chapter in chosen])
    total = table["seconds"].sum()
    if sys.argv[1:] and TABLE.is_file():
        kept = pd.read_csv(TABLE)
        table = pd.concat([kept[~kept["notebook"].isin(table["notebook"])], table])
    table.sort_values("notebook").to_csv(TABLE, index=False, float_format="%.3g")
    print(f"together {total:.0f} s")
