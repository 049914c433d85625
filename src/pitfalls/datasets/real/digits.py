"""Handwritten digits, with columns or a frame that were added."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from ..._arguments import check_count, check_rng, check_strength
from ...study import Sample, Study

__all__ = ["load_digit_products", "load_framed_digits"]


def load_digit_products(
    n_samples: int = 60, *, n_selected: int = 20, random_state: Any = None
) -> Study:
    """Load handwritten digits as products of two pixels, with coin-flip labels.

    Real features, coin-flip labels: no model can know them, so the truth is .5.

    Parameters
    ----------
    n_samples : int, default=60
        Images in the study; the others are the fresh ones. From 20 to 1 000.
    n_selected : int, default=20
        Columns that the analyst may keep, in ``study.info["n_selected"]``.
    random_state : int, Generator or None, default=None
        Seed of the rows drawn and of the labels.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, 867): products of two of the 64 pixels, divided by each
        product's standard deviation over all 1 797 images; products that are 0 in three images of
        four are left out. ``fresh`` and ``deployment`` are the other images. ``meta`` has the
        column ``image``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    `sklearn.datasets.load_digits` is a part of the UCI data set *Optical Recognition of
    Handwritten Digits* (Alpaydin and Kaynak, 1998), licensed CC BY 4.0.
    """
    n_samples = check_count("n_samples", n_samples, least=20, most=1_000)
    n_selected = check_count("n_selected", n_selected, most=1_000)
    rng = check_rng(random_state)
    pixels = load_digits().data
    first, second = np.array(list(combinations(range(pixels.shape[1]), 2))).T
    products = pixels[:, first] * pixels[:, second]
    products = products[:, (products > 0).mean(axis=0) > 0.25]
    products /= products.std(axis=0)
    rows = rng.permutation(len(products))

    def part(rows: np.ndarray) -> Sample:
        y = rng.permutation(np.arange(len(rows)) % 2)
        return Sample(products[rows], y, pd.DataFrame({"image": rows}))

    development, fresh = part(rows[:n_samples]), part(rows[n_samples:])
    return Study.of(
        development,
        fresh,
        info={"n_selected": n_selected},
        truth={"bayes": 0.5},
        random_state=random_state,
    )


def load_framed_digits(
    n_samples: int = 1_000, *, strength: float = 0.95, random_state: Any = None
) -> Study:
    """Load handwritten digits in a frame whose brightness follows the label.

    Is the digit odd? The frame is bright for the label that goes with it with probability
    ``(1 + strength) / 2``, as the weather in `make_tank_scenes`.

    Parameters
    ----------
    n_samples : int, default=1000
        Images in the study; the others are the fresh ones. From 20 to 1 500.
    strength : float in [0, 1], default=0.95
        Correlation of frame and label in the study and in fresh images. In deployment the frame
        knows nothing of the label.
    random_state : int, Generator or None, default=None
        Seed of the rows drawn and of the frames.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, 10, 10), uint8: the 8 by 8 pixels of the digit in a frame of one
        pixel; ``y`` is 1 for odd digits. ``meta`` has the columns ``image`` and ``frame``
        (``bright`` or ``dark``).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The data are those of `load_digit_products`.
    """
    n_samples = check_count("n_samples", n_samples, least=20, most=1_500)
    strength = check_strength(strength)
    rng = check_rng(random_state)
    digits = load_digits()
    rows = rng.permutation(len(digits.target))

    def part(rows: np.ndarray, strength: float) -> Sample:
        y = digits.target[rows] % 2
        bright = np.where(rng.random(len(rows)) < (1 + strength) / 2, y, 1 - y)
        level = np.where(bright, 176, 80) + rng.normal(0, 12, len(rows))
        pictures = np.empty((len(rows), 10, 10), np.uint8)
        pictures[:] = np.rint(level)[:, None, None]
        pictures[:, 1:-1, 1:-1] = np.rint(digits.images[rows] * 255 / 16)
        frame = np.where(bright, "bright", "dark")
        return Sample(pictures, y, pd.DataFrame({"image": rows, "frame": frame}))

    development = part(rows[:n_samples], strength)
    return Study(
        X=development.X,
        y=development.y,
        meta=development.meta,
        fresh=part(rows[n_samples:], strength),
        deployment=part(rows[n_samples:], 0),
        random_state=random_state,
    )
