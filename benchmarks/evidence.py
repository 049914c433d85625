"""How long the evidence of the chapters takes, on two processes, by backend.

    python benchmarks/evidence.py [--backend dask] [CHAPTER ...]

computes all rows of the chapters' worlds anew, at every strength and seed, and their experiments;
writes nothing to ``data/evidence/``, prints a table and puts its rows into
``benchmarks/evidence.csv``, in place of those of the same chapter and backend. Chapters that train
networks take many minutes; the others less than a minute each.
"""

from __future__ import annotations

import argparse
import time
from contextlib import nullcontext
from pathlib import Path

import pandas as pd

from pitfalls import evidence
from pitfalls.course import Lesson, lessons, load, run
from pitfalls.evidence.pool import local_cluster

JOBS = 2
FILE = Path(__file__).with_suffix(".csv")


def measure(lesson: Lesson, backend: str, scheduler: str | None) -> dict[str, object]:
    """Return how long a chapter's worlds and experiments take, and how many rows they have."""
    where = {"n_jobs": JOBS, "backend": backend, "scheduler": scheduler}
    start = time.perf_counter()
    rows = len(run.compute(run.rehearse(lesson), **where))
    for experiment in lesson.experiments:
        rows += len(evidence.run_experiment(experiment, **where))
    seconds = time.perf_counter() - start
    return {"chapter": lesson.folder.name, "backend": backend, "rows": rows, "seconds": seconds}


def cluster(backend: str):
    """Return a Dask cluster for all chapters, or nothing where none is needed."""
    if backend != "dask":
        return nullcontext()
    return local_cluster(JOBS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--backend", choices=("loky", "dask"), default="loky")
    parser.add_argument("chapters", nargs="*")
    asked = parser.parse_args()
    chosen = [load(name) for name in asked.chapters] or lessons()
    with cluster(asked.backend) as here:
        address = getattr(here, "scheduler_address", None)
        table = pd.DataFrame(
            [measure(lesson, asked.backend, address) for lesson in chosen if lesson.worlds]
        )
    key = ["chapter", "backend"]
    if FILE.is_file():
        old = pd.read_csv(FILE)
        table = pd.concat([old, table]).drop_duplicates(key, keep="last").sort_values(key)
    table.to_csv(FILE, index=False, float_format="%.3g")
    print(table.round(1).to_string(index=False))
