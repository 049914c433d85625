"""Small real data sets, committed in ``data/`` or shipped with scikit-learn."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from ..study import Sample, Study
from ._arguments import check_count, check_rng

__all__ = ["load_digit_products"]


def load_digit_products(n_samples: int = 60, *, n_selected: int = 20, random_state: Any = None) -> Study:
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
    y = rng.integers(0, 2, len(products))

    def part(rows: np.ndarray) -> Sample:
        return Sample(products[rows], y[rows], pd.DataFrame({"image": rows}))

    development, fresh = part(rows[:n_samples]), part(rows[n_samples:])
    return Study(
        X=development.X,
        y=development.y,
        meta=development.meta,
        fresh=fresh,
        deployment=fresh,
        info={"n_selected": n_selected},
        truth={"bayes": 0.5},
        random_state=random_state,
    )
