"""Independent rows whose columns come in units of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..._arguments import check_count, check_number, check_size, check_study
from ...study import Sample, Services, Study

__all__ = ["make_measurements"]


def make_measurements(
    n_samples: int = 400,
    *,
    n_features: int = 20,
    n_informative: int = 5,
    effect: float = 0.5,
    degrees: float = 5.0,
    largest_unit: float = 1_000.0,
    prevalence: float = 0.5,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of independent rows whose columns come in units of their own.

    A share `prevalence` of the rows is of class 1. Each column is noise from Student's t
    distribution; the first `n_informative` columns are moved by `effect` in class 1 and by
    ``-effect`` in class 0. Then each is multiplied by its unit. Units grow geometrically from 1 in
    the first column to `largest_unit` in the last, so that distances between raw rows are those of
    columns that know nothing.

    Parameters
    ----------
    n_samples : int, default=400
        Rows in the study; at least 4.
    n_features : int, default=20
        Columns.
    n_informative : int, default=5
        Columns that differ between the classes; at most `n_features`.
    effect : float, default=0.5
        Half the difference of an informative column's class centres, in units of the column.
    degrees : float in [1, 1000], default=5.0
        Degrees of freedom of the noise. Few make tails heavy: the variance is finite above 2, the
        mean above 1. A thousand is as good as a normal distribution.
    largest_unit : float in [1, 1e9], default=1000.0
        Unit of the last column.
    prevalence : float in [0.01, 0.99], default=0.5
        Share of the rows that are of class 1.
    n_fresh : int, default=5_000
        Fresh rows.
    strength : float in [0, 1], default=1.0
        The dial. It changes nothing here; a world hands it to the analyst by `Study.knowing`.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, n_features); ``y`` in {0, 1}; ``meta`` has the column
        ``row``. ``fresh`` and ``deployment`` are one draw. ``truth`` has ``informative``
        (mask of shape (n_features,)) and ``units`` (of the same shape).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The design follows the advice to fit a scaler on training rows only, as in section 3.1 of
    Lones (2024), *Avoiding common machine learning pitfalls*: it has what would make a scaler
    that sees the test rows matter, columns that need scaling and tails that move means.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_features = check_count("n_features", n_features)
    n_informative = check_count("n_informative", n_informative, least=0, most=n_features)
    effect = check_number("effect", effect, low=0)
    degrees = check_number("degrees", degrees, low=1, high=1_000)
    largest_unit = check_number("largest_unit", largest_unit, low=1, high=1e9)
    prevalence = check_number("prevalence", prevalence, low=0.01, high=0.99)
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_features)
    units = np.geomspace(1, largest_unit, n_features)

    def draw(n: int, rng: np.random.Generator, first: int = 0) -> Sample:
        ill = np.floor(prevalence * np.arange(n + 1))  # so far, in order
        y = rng.permutation(np.diff(ill).astype(int))
        X = rng.standard_t(degrees, size=(n, n_features))
        X[:, :n_informative] += effect * (2 * y[:, None] - 1)
        return Sample(X * units, y, pd.DataFrame({"row": np.arange(first, first + n)}))

    development, fresh = draw(n_samples, rng), draw(n_fresh, rng, first=n_samples)
    after = n_samples + n_fresh
    services = Services.spawned(rng, collect=lambda n, rng: draw(n, rng, first=after))
    return Study.of(
        development,
        fresh,
        truth={"informative": np.arange(n_features) < n_informative, "units": units},
        strength=strength,
        random_state=random_state,
        services=services,
    )
