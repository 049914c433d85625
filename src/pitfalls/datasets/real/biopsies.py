"""Biopsies of the breast, of which the clear ones are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from ..._arguments import check_count, check_number, check_rng
from ...study import Sample, Services, Study

__all__ = ["load_biopsies"]


def load_biopsies(
    n_samples: int = 200, *, left_out: float = 0.4, random_state: Any = None
) -> Study:
    """Load breast biopsies of which the study took the clear ones.

    Is the tumour malignant? Seven of the thirty measurements, which tell it least, are known.

    Parameters
    ----------
    n_samples : int, default=200
        Biopsies in the study. Two thirds of the 569 are for development, the others are the fresh
        ones; from 20 to as many as these two thirds have clear ones, about 227 by default.
    left_out : float in [0, 0.9], default=0.4
        Share of the biopsies that the study leaves out, those nearest to the boundary.
    random_state : int, Generator or None, default=None
        Seed of the rows drawn. Seeds are splits of one table, not worlds of their own.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, 7), in standard deviations; ``y`` is 1 for malignant; ``meta``
        has the columns ``row`` and ``distance`` from the boundary (log odds). ``fresh`` are
        further clear biopsies, ``deployment`` these with the unclear ones. `Study.collect` draws
        development rows whoever they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    What is clear is said by a logistic regression of all rows, the fresh ones included. That is on
    purpose: it plays a recruiter who knows, and no model of the study ever sees it.

    `sklearn.datasets.load_breast_cancer` is the UCI data set *Breast Cancer Wisconsin
    (Diagnostic)* (W. H. Wolberg, W. N. Street and O. L. Mangasarian, 1995), licensed CC BY 4.0.
    """
    left_out = check_number("left_out", left_out, low=0, high=0.9)
    n_samples = check_count("n_samples", n_samples, least=20, most=379)
    rng = check_rng(random_state)
    measured, malignant = load_breast_cancer(return_X_y=True)
    X, y = measured[:, [1, 4, 8, 9, 11, 14, 18]], 1 - malignant
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    distance = np.abs(LogisticRegression().fit(X, y).decision_function(X))
    clear = distance >= np.quantile(distance, left_out)
    order = rng.permutation(len(y))
    rows, others = order[:379], order[379:]

    def part(rows: np.ndarray) -> Sample:
        meta = pd.DataFrame({"row": rows, "distance": distance[rows]})
        return Sample(X[rows], y[rows], meta)

    def everybody(n: int, rng: np.random.Generator) -> Sample:
        return part(rng.permutation(rows)[:n])

    if clear[rows].sum() < n_samples:
        raise ValueError(
            f"n_samples={n_samples} with left_out={left_out:g}: there are only "
            f"{clear[rows].sum()} clear biopsies for development"
        )
    development = part(rows[clear[rows]][:n_samples])
    return Study.of(
        development,
        part(others[clear[others]]),
        part(others),
        random_state=random_state,
        services=Services.spawned(rng, collect=everybody),
    )
