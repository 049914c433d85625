"""A screening study: a rare outcome, some measurements, a postcode, perhaps gaps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from ..._arguments import check_count, check_number, check_size, check_study
from ...study import Sample, Services, Study
from ._noise import correlated

__all__ = ["make_screening"]


def make_screening(
    n_samples: int = 2_000,
    *,
    prevalence: float = 0.1,
    n_features: int = 10,
    n_informative: int = 4,
    effect: float = 0.4,
    correlation: float = 0.0,
    n_postcodes: int = 1_000,
    missing: float = 0.0,
    repeated: float = 0.0,
    likeness: float = 0.9,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a screening study that asks which patients will have a rare outcome.

    Measurements are normal with standard deviation 1. The first `n_informative` are higher by
    `effect` in patients who will have the outcome; the others know nothing, and neither does the
    postcode. Values are missing at random.

    Parameters
    ----------
    n_samples : int, default=2000
        Patients in the study; at least 4.
    prevalence : float in [0, 1], default=0.1
        Share of patients with the outcome, rounded to whole patients, at least one of either kind.
    n_features : int, default=10
        Measurements of each patient.
    n_informative : int, default=4
        Measurements that differ between the classes; at most `n_features`.
    effect : float, default=0.4
        How much they differ, in standard deviations.
    correlation : float in [0, 0.95], default=0.0
        Correlation between any two measurements of a patient, within the class.
    n_postcodes : int, default=1_000
        Postcodes that patients come from, each equally likely.
    missing : float in [0, 0.95], default=0.0
        Share of the measurements that was not taken, in the study as on the day.
    repeated : float in [0, 0.5], default=0.0
        Share of the rows of the study that are a further visit of a patient who is in it already,
        with the same outcome. Fresh patients come once.
    likeness : float in [0, 1], default=0.9
        Correlation between a measurement at a further visit and at the first, within the class.
    n_fresh : int, default=5_000
        Fresh patients.
    strength : float in [0, 1], default=1.0
        The dial. It changes nothing here; a world hands it to the analyst by `Study.knowing`.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, n_features), NaN where missing; ``y`` is 1 for patients with
        the outcome; ``meta`` has the columns ``patient`` and ``postcode`` (whole numbers from
        0; a patient's number is the same at every visit). ``fresh`` and ``deployment`` are one
        draw. ``truth`` has ``informative`` (mask of shape (n_features,)) and ``bayes``, the best
        AUROC that complete measurements of one visit allow.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The design follows the studies of early birth that Vandewiele and colleagues (2021) ran again:
    an outcome that is rare (38 of 298 recordings), a handful of features, and a minority that is
    blown up.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    prevalence = check_number("prevalence", prevalence, low=0, high=1)
    n_features = check_count("n_features", n_features)
    n_informative = check_count("n_informative", n_informative, least=0, most=n_features)
    effect = check_number("effect", effect, low=0)
    correlation = check_number("correlation", correlation, low=0, high=0.95)
    n_postcodes = check_count("n_postcodes", n_postcodes)
    missing = check_number("missing", missing, low=0, high=0.95)
    repeated = check_number("repeated", repeated, low=0, high=0.5)
    likeness = check_number("likeness", likeness, low=0, high=1)
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_features)

    informative = np.arange(n_features) < n_informative

    def noise(n: int, rng: np.random.Generator) -> np.ndarray:
        return correlated(rng.normal(size=(n, n_features)), correlation, rng)

    def draw(n: int, rng: np.random.Generator, first: int = 0, further: int = 0) -> Sample:
        """Draw `n` rows, of which `further` are visits of patients in the others."""
        patients = n - further
        n_cases = min(max(round(prevalence * patients), 1), patients - 1)
        y = rng.permutation((np.arange(patients) < n_cases).astype(int))
        X, patient = noise(patients, rng), np.arange(patients)
        if further:
            patient = np.append(patient, rng.integers(0, patients, further))
            again = math.sqrt(1 - likeness**2) * noise(further, rng)
            X = np.concatenate([X, likeness * X[patient[patients:]] + again])
            order = rng.permutation(n)
            X, patient = X[order], patient[order]
            y = y[patient]
        X[:, :n_informative] += effect * y[:, None]
        X[rng.random(X.shape) < missing] = np.nan
        postcode = rng.integers(0, n_postcodes, patients)[patient]
        return Sample(X, y, pd.DataFrame({"patient": first + patient, "postcode": postcode}))

    development = draw(n_samples, rng, further=round(repeated * n_samples))
    fresh = draw(n_fresh, rng, first=n_samples)
    after = n_samples + n_fresh
    services = Services.spawned(rng, collect=lambda n, rng: draw(n, rng, first=after))
    return Study.of(
        development,
        fresh,
        truth={
            "informative": informative,
            "bayes": _best_auroc(effect * informative, correlation),
        },
        strength=strength,
        random_state=random_state,
        services=services,
    )


def _best_auroc(shift: np.ndarray, correlation: float) -> float:
    """Return the AUROC of the best linear score of normal classes that are `shift` apart."""
    n = len(shift)
    # The inverse of (1 - c) I + c 11', by Sherman and Morrison.
    common = correlation * shift.sum() ** 2 / (1 - correlation + n * correlation)
    apart = ((shift**2).sum() - common) / (1 - correlation)
    return float(ndtr(math.sqrt(apart / 2)))
