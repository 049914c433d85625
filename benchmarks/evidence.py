"""How long the evidence of the chapters takes, on two processes.

    python benchmarks/evidence.py [CHAPTER ...]

computes all rows of the chapters' worlds anew, at every strength and seed, and their experiments;
writes nothing to ``data/evidence/``, prints a table and writes ``benchmarks/evidence.csv``.
Chapters that train networks take many minutes; the others less than a minute each.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd

from pitfalls import course, evidence

JOBS = 2


def seconds(chapter: course.Lesson) -> dict[str, object]:
    """Return how long a chapter's worlds and experiments take, and how many rows they have."""
    start, rows = time.perf_counter(), 0
    for world in chapter.worlds:
        rows += len(evidence.replicate(world, n_jobs=JOBS))
    for experiment in chapter.experiments:
        rows += len(evidence.run_experiment(experiment, n_jobs=JOBS))
    return {"chapter": chapter.folder.name, "rows": rows, "seconds": time.perf_counter() - start}


if __name__ == "__main__":
    chosen = [course.load(name) for name in sys.argv[1:]] or course.lessons()
    table = pd.DataFrame([seconds(chapter) for chapter in chosen if chapter.worlds])
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False, float_format="%.3g")
    print(table.round(1).to_string(index=False))
    print(f"together {table['seconds'].sum():.0f} s on {JOBS} processes")
