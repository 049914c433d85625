"""Noise that columns have in common."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["correlated"]


def correlated(noise: np.ndarray, correlation: float, rng: np.random.Generator) -> np.ndarray:
    """Return noise of shape (n, columns) with this correlation of any two columns.

    What goes in is standard normal and independent. Where the correlation is 0 it comes out as it
    is, and nothing is drawn.
    """
    if not correlation:
        return noise
    common = rng.normal(size=(len(noise), 1))
    return math.sqrt(1 - correlation) * noise + math.sqrt(correlation) * common
