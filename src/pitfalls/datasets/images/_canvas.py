"""What pictures are drawn with: blocks of pictures, smooth noise, the sensor's grain.

Planes are ordered rows, pictures, columns, so that what depends on picture and column alone runs
through memory in one piece.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
from scipy.special import ndtri

__all__ = [
    "BLOCK",
    "blend",
    "blocks",
    "chunks",
    "draw_cells",
    "draw_grain",
    "draw_normal",
    "draw_uniform",
    "read_sensor",
    "smooth_noise",
    "take",
    "wide",
]

#: Pictures that share a random generator, so that a picture does not depend on how many are made.
BLOCK = 128
#: Pixels painted at once: the planes of a chunk stay in the processor's cache.
_CHUNK = 2**15
#: Rows of cells in each octave of the noise; there are half as many columns.
_OCTAVES = (4, 8, 16, 32, 64)


def blocks(
    seeds: list[np.random.SeedSequence], rows: np.ndarray
) -> Iterator[tuple[np.random.Generator, np.ndarray]]:
    """Yield the generator of each block that has some of the sorted rows, and those rows."""
    ends = np.searchsorted(rows, BLOCK * np.arange(1, len(seeds)))
    for seed, here in zip(seeds, np.split(rows, ends), strict=True):
        if len(here):
            yield np.random.default_rng(seed), here


def chunks(n: int, size: int) -> Iterator[slice]:
    """Yield slices of n pictures of this size, as many as are painted at once."""
    step = max(1, _CHUNK // size**2)
    for start in range(0, n, step):
        yield slice(start, start + step)


def draw_uniform(rng: np.random.Generator, low: float, high: float, *more: int) -> np.ndarray:
    """Draw float32 values of shape (BLOCK, *more) from [low, high)."""
    return (low + (high - low) * rng.random((BLOCK, *more))).astype(np.float32)


def draw_normal(rng: np.random.Generator, sd: float, *more: int) -> np.ndarray:
    """Draw float32 values of shape (BLOCK, *more), of mean 0 and this standard deviation."""
    return rng.normal(0, sd, (BLOCK, *more)).astype(np.float32)


def draw_cells(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    """Draw the cells of a noise, an array of shape (BLOCK, rows, columns) for each octave."""
    shapes = [(BLOCK, n, n // 2) for n in _OCTAVES if n <= 0.75 * size]
    return [np.frombuffer(rng.bytes(int(np.prod(s))), np.uint8).reshape(s) for s in shapes]


@cache
def blend(size: int, cells: int) -> np.ndarray:
    """Return weights of shape (size, cells) that draw a smooth line through as many points."""
    place = np.linspace(0, cells - 1, size)
    left = np.minimum(place.astype(int), cells - 2)
    step = place - left
    step = step * step * (3 - 2 * step)
    weights = np.zeros((size, cells), np.float32)
    weights[np.arange(size), left] = 1 - step
    weights[np.arange(size), left + 1] = step
    return weights


def smooth_noise(octaves: list[np.ndarray], size: int) -> np.ndarray:
    """Return smooth noise of mean 0 and variance near 1, of shape (size, pictures, size)."""
    # Of variance 1 with three octaves, as at 32 pixels; larger pictures have finer ones besides.
    lines, amplitude = [], 1.7 / 127.5 / np.sqrt(0.36 * sum(0.75**k for k in range(3)))
    for cells in octaves:
        rows = (cells.astype(np.float32) - 127.5) * np.float32(amplitude)
        lines.append(rows.transpose(1, 0, 2) @ blend(size, cells.shape[2]).T)
        amplitude *= np.sqrt(0.75)
    down = np.hstack([blend(size, cells.shape[1]) for cells in octaves])
    return np.tensordot(down, np.concatenate(lines), axes=1)


def draw_grain(
    rng: np.random.Generator, sd: float, rows: np.ndarray, shape: tuple[int, ...]
) -> np.ndarray:
    """Draw the sensor's noise for a block; return that of some rows, in counts of 255.

    It takes 256 values, the quantiles of a normal distribution, and is drawn as bytes.
    """
    levels = np.rint(255 * sd * ndtri((np.arange(256) + 0.5) / 256)).astype(np.int16)
    drawn = np.frombuffer(rng.bytes(BLOCK * int(np.prod(shape))), np.uint8)
    return np.take(levels, drawn.reshape(BLOCK, *shape)[rows])


def read_sensor(light: np.ndarray, grain: np.ndarray) -> np.ndarray:
    """Return uint8 pictures, in the order of `grain`, of light in counts of 255.

    Light has the shape (size, pictures, size) or (size, pictures, size, 3).
    """
    counts = np.swapaxes(light.astype(np.int16), 0, 1) + grain
    return np.clip(counts, 0, 255, out=counts).astype(np.uint8)


def wide(values: np.ndarray, size: int) -> np.ndarray:
    """Return a value for each picture as float32 of shape (pictures, size, ...).

    Arithmetic on planes runs faster with such rows than with a column that is broadcast.
    """
    return np.repeat(np.asarray(values, np.float32)[:, None], size, axis=1)


def take(scene: dict[str, Any], rows: np.ndarray | slice) -> dict[str, Any]:
    """Return the chosen pictures' part of what was drawn for a block."""
    return {
        name: [cells[rows] for cells in value] if isinstance(value, list) else value[rows]
        for name, value in scene.items()
    }
