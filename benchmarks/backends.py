"""How much faster two workers are than one, with joblib's processes and on a Dask cluster.

    python benchmarks/backends.py [CHAPTER] [SEEDS]

computes studies of a chapter's headline (chapter 05, 100 seeds at each strength) with one and with
two workers, five times in turn after one round to warm up, compares the rows, prints a table and
writes ``benchmarks/backends.csv``. Times are medians in seconds; the speed-up is the median of the
paired ratios. Dask's clusters are there already, and one of one worker leaves its studies to this
process; joblib's processes are started and ended each time.
"""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pandas as pd

from pitfalls import evidence
from pitfalls.course import load
from pitfalls.evidence.pool import local_cluster

RUNS = 5


def measure(chapter: str, seeds: int) -> pd.DataFrame:
    """Return a row a backend: seconds of one worker and of two, and the speed-up."""
    world, rows = load(chapter).world(), {}
    with ExitStack() as stack:
        clusters = {n: stack.enter_context(local_cluster(n)) for n in (1, 2)}
        ways = {("joblib", n): {"n_jobs": n} for n in (1, 2)}
        ways |= {
            ("dask", n): {"backend": "dask", "scheduler": clusters[n].scheduler_address}
            for n in (1, 2)
        }
        seconds: dict[tuple[str, int], list[float]] = {way: [] for way in ways}
        for turn in range(RUNS + 1):
            for way, options in ways.items():
                start = time.perf_counter()
                found = evidence.replicate(world, seeds=seeds, **options)
                if turn:
                    seconds[way].append(time.perf_counter() - start)
                rows[way] = found.drop(columns="seconds")
    first, *others = rows.values()
    for other in others:
        pd.testing.assert_frame_equal(first, other)
    return pd.DataFrame(
        {
            "backend": backend,
            "studies": len(first) // len(world.arms),
            "one_worker": statistics.median(seconds[backend, 1]),
            "two_workers": statistics.median(seconds[backend, 2]),
            "speed_up": statistics.median(
                a / b for a, b in zip(seconds[backend, 1], seconds[backend, 2], strict=True)
            ),
        }
        for backend in ("joblib", "dask")
    )


if __name__ == "__main__":
    chapter = sys.argv[1] if len(sys.argv) > 1 else "05"
    table = measure(chapter, int(sys.argv[2]) if len(sys.argv) > 2 else 100)
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False, float_format="%.3g")
    print(table.round(2).to_string(index=False))
