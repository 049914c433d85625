"""Time the generators against the drawing of their random numbers.

    python benchmarks/generators.py

prints a table and writes ``benchmarks/generators.csv``. Each generator makes 100 000 rows, with
two fresh rows, at full strength. ``draw`` is the time numpy takes for as many numbers of the same
distribution as the study holds (normal, where nothing else is said), ``make_classification`` that
of scikit-learn's generator for as many rows and columns. Times are medians of paired runs, in
seconds, on one thread; the ratio to ``draw`` is what to compare between machines. The goal is 3.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification
from threadpoolctl import threadpool_limits

from pitfalls import datasets

ROWS = 100_000
RUNS = 7
#: Sizes at which 100 000 rows fit into a laptop.
SMALLER = {"make_expression": {"n_features": 100}}
#: Distributions that are not normal.
OTHERWISE = {"make_measurements": lambda rng, shape: rng.standard_t(5, shape)}


def seconds(task: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def measure(name: str) -> dict[str, object]:
    """Time one generator, and beside it numpy and scikit-learn, in turn."""
    make, options = getattr(datasets, name), SMALLER.get(name, {})
    columns = make(10, n_fresh=2, random_state=0, **options).X.shape[1]
    numbers = OTHERWISE.get(name, np.random.Generator.standard_normal)
    tasks = {
        "seconds": lambda: make(ROWS, n_fresh=2, random_state=0, **options),
        "draw": lambda: numbers(np.random.default_rng(0), (ROWS, columns)),
        "make_classification": lambda: make_classification(ROWS, max(columns, 5), random_state=0),
    }
    runs = [{key: seconds(task) for key, task in tasks.items()} for _ in range(RUNS + 1)][1:]
    medians = {key: statistics.median(run[key] for run in runs) for key in tasks}
    ratio = statistics.median(run["seconds"] / run["draw"] for run in runs)
    return {"generator": name, "columns": columns, **medians, "over_draw": ratio}


if __name__ == "__main__":
    tables = (datasets.tabular, datasets.series)
    names = sorted(name for module in tables for name in module.__all__)
    with threadpool_limits(1):
        table = pd.DataFrame([measure(name) for name in names])
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False, float_format="%.3g")
    print(table.round(3).to_string(index=False))
