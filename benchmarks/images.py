"""Time the pictures: how many a second, and how long a network trains on them.

    python benchmarks/images.py

prints a table and writes ``benchmarks/images.csv``. Each generator makes 4 000 pictures with two
fresh ones at 32 pixels, on one thread; ``skimage`` is the time scikit-image takes to draw the same
shapes, without noise, light or masks, one picture at a time (left out where it is not installed).
Numbers are medians of paired runs, in pictures a second. A model is `ImageClassifier` on 1 000
pictures, in seconds, on the processor and, where there is one, on the GPU.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pitfalls.datasets import images
from pitfalls.vision import ImageClassifier

PICTURES, RUNS = 4_000, 5


def seconds(task: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def drawn(n: int) -> np.ndarray | None:
    """Draw sky, land, a hull, a turret and three bushes `n` times; None without scikit-image."""
    try:
        from skimage import draw
    except ImportError:
        return None
    rng, pictures = np.random.default_rng(0), np.zeros((n, 32, 32, 3), np.uint8)
    for picture in pictures:
        picture[:12], picture[12:] = (80, 130, 220), (95, 110, 50)
        x, y = rng.integers(8, 20, 2)
        corners = draw.polygon([y, y, y + 6, y + 6], [x - 8, x + 8, x + 7, x - 7], (32, 32))
        picture[corners] = (60, 65, 45)
        picture[draw.ellipse(y, x, 3, 5, (32, 32))] = (60, 65, 45)
        for _ in range(3):
            picture[draw.disk(rng.integers(8, 28, 2), 3, shape=(32, 32))] = (60, 90, 35)
    return pictures


def throughput() -> pd.DataFrame:
    """Pictures a second of each generator and, beside it, of scikit-image."""
    rows = []
    for name in images.__all__:
        make = getattr(images, name)
        tasks = {name: partial(make, PICTURES, n_fresh=2, random_state=0)}
        if drawn(1) is not None:
            tasks["skimage"] = partial(drawn, PICTURES)
        runs = [{key: seconds(task) for key, task in tasks.items()} for _ in range(RUNS + 1)][1:]
        rate = {key: PICTURES / statistics.median(run[key] for run in runs) for key in tasks}
        rows.append({"what": name, "a_second": rate[name], "skimage": rate.get("skimage")})
    return pd.DataFrame(rows)


def training() -> pd.DataFrame:
    """Seconds to train one model, on each device that is there."""
    import torch

    study = images.make_tank_scenes(1_000, n_fresh=2, random_state=0)
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    models = {device: ImageClassifier(device=device) for device in devices}
    runs = [
        {device: seconds(partial(model.fit, study.X, study.y)) for device, model in models.items()}
        for _ in range(RUNS + 1)
    ][1:]
    medians = [statistics.median(run[device] for run in runs) for device in devices]
    return pd.DataFrame({"what": "a model on " + pd.Series(devices), "seconds": medians})


if __name__ == "__main__":
    with threadpool_limits(1):
        table = pd.concat([throughput(), training()])
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False, float_format="%.3g")
    print(table.round(2).to_string(index=False))
