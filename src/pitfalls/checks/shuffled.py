"""Whether a procedure scores on labels that mean nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._arguments import check_count, check_rng

__all__ = ["scores_on_shuffled_labels"]


def scores_on_shuffled_labels(
    procedure: Callable[[Any, np.ndarray], float],
    X: Any,
    y: np.ndarray,
    *,
    n_shuffles: int = 20,
    random_state: Any = None,
) -> np.ndarray:
    """Run a whole procedure on labels that mean nothing.

    Shuffled labels cannot be predicted, so a procedure that scores better than chance on them has
    seen what it is scored on. Unlike `sklearn.model_selection.permutation_test_score`, which
    shuffles inside the cross-validation of one estimator, this also covers what you did before.

    Parameters
    ----------
    procedure : callable (X, y) -> float
        Everything between the raw data and the number that you report: selection, scaling,
        splitting, fitting, scoring.
    X : array or DataFrame of n rows
        The raw data.
    y : array of shape (n,)
        The labels.
    n_shuffles : int, default=20
        How often to shuffle.
    random_state : int, Generator or None, default=None
        Seed of the shuffles.

    Returns
    -------
    array of shape (n_shuffles,)
        The procedure's scores. Compare their mean with chance.

    Notes
    -----
    Shuffling assumes that rows can be exchanged: with several rows a patient or a series in time,
    shuffle whole patients or blocks instead. See Ojala and Garriga (2010) on what permutation
    tests of classifiers show.
    """
    n_shuffles = check_count("n_shuffles", n_shuffles)
    rng = check_rng(random_state)
    return np.array([procedure(X, rng.permutation(y)) for _ in range(n_shuffles)])
