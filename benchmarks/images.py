"""Time the pictures: how many a second, and how long a network trains on them.

    python benchmarks/images.py

prints a table and writes ``benchmarks/images.csv``. Each generator makes 4 000 pictures with two
fresh ones at 32 pixels, on one thread; ``skimage`` is the time scikit-image takes to draw the same
shapes, without noise, light or masks, one picture at a time (left out where it is not installed).
Numbers are medians of paired runs, in pictures a second. A model is `ImageClassifier` on 1 000
pictures, in seconds, on the processor and, where there is one, on the GPU. A GPU is worth its
while with large batches: there, one epoch over 100 000 and over 1 000 000 pictures in batches of
4 096 is timed as well, in pictures a second.
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
MANY = (100_000, 1_000_000)


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
    study = images.make_tank_scenes(1_000, n_fresh=2, random_state=0)
    devices = ["cpu", *(["cuda"] if on_gpu() else [])]
    models = {device: ImageClassifier(device=device) for device in devices}
    runs = [
        {device: seconds(partial(model.fit, study.X, study.y)) for device, model in models.items()}
        for _ in range(RUNS + 1)
    ][1:]
    medians = [statistics.median(run[device] for run in runs) for device in devices]
    return pd.DataFrame({"what": "a model on " + pd.Series(devices), "seconds": medians})


def large_batches(device: str, sizes: tuple[int, ...]) -> pd.DataFrame:
    """Pictures a second of one epoch in batches of 4 096, copying to the device included."""
    rng, rows = np.random.default_rng(0), []
    model = ImageClassifier(epochs=1, batch_size=4_096, device=device)
    for n in sizes:
        X = rng.integers(256, size=(n, 32, 32, 3), dtype=np.uint8)
        fit = partial(model.fit, X, np.arange(n) % 2)
        rate = n / statistics.median([seconds(fit) for _ in range(3)])
        rows.append({"what": f"an epoch over {n:,} on {device}", "a_second": rate})
    return pd.DataFrame(rows)


def on_gpu() -> bool:
    """Return whether PyTorch finds one."""
    import torch

    return torch.cuda.is_available()


if __name__ == "__main__":
    with threadpool_limits(1):
        parts = [throughput(), training()]
    if on_gpu():
        parts.append(large_batches("cuda", MANY))
    table = pd.concat(parts)
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False, float_format="%.3g")
    print(table.round(2).to_string(index=False))
