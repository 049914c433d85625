"""Patients of two hospitals, one of which treats more of the ill."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..._arguments import check_count, check_number, check_size, check_study
from ...study import Sample, Services, Study

__all__ = ["make_hospital_records"]


def make_hospital_records(
    n_samples: int = 2_000,
    *,
    n_features: int = 20,
    n_informative: int = 4,
    effect: float = 0.15,
    offset: float = 0.4,
    n_fresh: int = 10_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of patients from two hospitals, one of which treats more of the ill.

    Half of the patients are ill, half come from either hospital. The ill come from hospital A with
    probability ``(1 + strength) / 2``, the healthy with ``(1 - strength) / 2``, so that `strength`
    is the correlation of hospital and disease. The first `n_informative` measurements are moved by
    the disease, and every measurement a little by the hospital's machine. In deployment the
    hospital knows nothing of the disease.

    Parameters
    ----------
    n_samples : int, default=2000
        Patients in the study; at least 4.
    n_features : int, default=20
        Measurements.
    n_informative : int, default=4
        Measurements that the disease moves; at most `n_features`.
    effect : float, default=0.15
        Half the difference of ill and healthy in these, in standard deviations of a measurement.
    offset : float, default=0.4
        How much the hospitals' machines differ: the standard deviation, over measurements, of
        half their difference.
    n_fresh : int, default=10_000
        Fresh patients, and as many from deployment.
    strength : float in [0, 1], default=1.0
        The dial: the correlation of hospital and disease.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, n_features), in standard deviations; ``y`` is 1 for the ill,
        half of all; ``meta`` has the column ``hospital`` (``A`` or ``B``). `Study.collect` finds
        patients whose hospital knows nothing of the disease. ``truth`` has ``informative`` (mask
        of shape (n_features,)) and ``machine`` (half the hospitals' difference, of the same
        shape).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The design follows Zech and colleagues (2018), whose networks told hospitals apart, and with
    them patients of whom a third was ill from patients of whom one in a hundred was.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_features = check_count("n_features", n_features)
    n_informative = check_count("n_informative", n_informative, least=0, most=n_features)
    effect = check_number("effect", effect, low=0)
    offset = check_number("offset", offset, low=0)
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_features)
    machine = rng.normal(0, offset, n_features)

    def draw(n: int, rng: np.random.Generator, strength: float = 0.0) -> Sample:
        y = rng.permutation(np.arange(n) % 2)
        follows = rng.random(n) < (1 + strength) / 2
        in_a = np.where(follows, y == 1, y == 0)
        X = rng.normal(size=(n, n_features))
        X[:, :n_informative] += effect * (2 * y[:, None] - 1)
        X += np.where(in_a[:, None], machine, -machine)
        return Sample(X, y, pd.DataFrame({"hospital": np.where(in_a, "A", "B")}))

    development, fresh = draw(n_samples, rng, strength), draw(n_fresh, rng, strength)
    deployment = draw(n_fresh, rng) if strength else fresh
    return Study.of(
        development,
        fresh,
        deployment,
        truth={"informative": np.arange(n_features) < n_informative, "machine": machine},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(rng, collect=draw),
    )
