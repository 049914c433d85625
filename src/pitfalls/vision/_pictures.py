"""Pictures as they are stored, and as the network takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._torch import load_torch

__all__ = ["CENTRE", "SCALE", "as_uint8", "check_pictures"]

#: What `ImageClassifier.prepare` takes off each value, and divides by.
CENTRE, SCALE = 115, 64


def as_uint8(inputs: Any, ndim: int) -> np.ndarray:
    """Return prepared pictures as they were before `ImageClassifier.prepare`."""
    levels = inputs.detach().mul(SCALE).add(CENTRE).round().clamp(0, 255).to(load_torch().uint8)
    levels = levels[:, 0] if ndim == 3 else levels.permute(0, 2, 3, 1)
    return levels.contiguous().cpu().numpy()


def check_pictures(X: Any) -> np.ndarray:
    """Return `X` as an array of pictures, or raise."""
    X = np.asarray(X)
    if X.ndim not in (3, 4) or X.dtype != np.uint8:
        raise ValueError(
            f"X has shape {X.shape} and type {X.dtype}; pictures are uint8 arrays of shape "
            "(n, height, width) or (n, height, width, channels)"
        )
    return X
