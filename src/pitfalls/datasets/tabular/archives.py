"""Records merged from archives that had copied from each other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from ..._arguments import check_count, check_number, check_size, check_study
from ...study import Sample, Services, Study
from ._noise import correlated

__all__ = ["make_merged_archives"]


def make_merged_archives(
    n_samples: int = 1_200,
    *,
    n_features: int = 12,
    effect: float = 0.2,
    copied: float = 0.7,
    jitter: float = 0.05,
    spread: float = 1.0,
    correlation: float = 0.0,
    popularity: float = 0.0,
    n_archives: int = 4,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of records from archives that had copied from each other.

    A fair coin draws the class of an original record. A record is `n_features` measurements, each
    moved by `effect` in class 1 and by ``-effect`` in class 0. A share of the rows are further
    entries of an original, with its label and in another archive, measured again: each
    measurement is off by a normal error of `jitter`.

    Parameters
    ----------
    n_samples : int, default=1200
        Rows in the study, copies among them; at least 4.
    n_features : int, default=12
        Measurements.
    effect : float, default=0.2
        Half the difference of the classes' means, in standard deviations of a measurement. 0
        makes the labels coin flips.
    copied : float in [0, 0.95], default=0.7
        Share of the rows that are copies at full strength.
    jitter : float, default=0.05
        How far a copy's measurement lies from the original's, in standard deviations of a
        measurement. 0 makes exact copies.
    spread : float in [1, 100], default=1.0
        The factor by which copies differ in that: the error of each is drawn between
        ``jitter / spread`` and ``jitter * spread``, evenly on a logarithmic scale.
    correlation : float in [0, 0.95], default=0.0
        Correlation between any two measurements of an original, within its class.
    popularity : float in [0, 3], default=0.0
        How unevenly originals are copied: how often is proportional to a lognormal number, of
        which this is the standard deviation of the logarithm. 0 copies all with the same chance.
    n_archives : int, default=4
        Archives; at least 2, at most 26.
    n_fresh : int, default=5_000
        Fresh records, all of them different.
    strength : float in [0, 1], default=1.0
        The dial: a share ``copied * strength`` of the rows are copies.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, n_features), in standard deviations; ``y`` in {0, 1}; ``meta``
        has the column ``archive`` (``A``, ``B`` and so on). ``fresh`` and ``deployment`` are one
        draw of records without copies, and so is what `Study.collect` returns. ``truth`` has
        ``source`` (of shape (n_samples,), the same number for an original and its copies) and
        ``bayes`` (the best accuracy that any model can reach).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The design follows the merged data sets of chest images that Roberts and colleagues (2021)
    found, in which archives that contain each other are joined as if they were different.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_features = check_count("n_features", n_features)
    effect = check_number("effect", effect, low=0)
    copied = check_number("copied", copied, low=0, high=0.95)
    jitter = check_number("jitter", jitter, low=0)
    spread = check_number("spread", spread, low=1, high=100)
    correlation = check_number("correlation", correlation, low=0, high=0.95)
    popularity = check_number("popularity", popularity, low=0, high=3)
    n_archives = check_count("n_archives", n_archives, least=2, most=26)
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_features)
    letters = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))[:n_archives]

    def draw(n: int, rng: np.random.Generator) -> Sample:
        y = rng.integers(0, 2, n)
        X = correlated(rng.normal(size=(n, n_features)), correlation, rng)
        X += effect * (2 * y[:, None] - 1)
        return Sample(X, y, pd.DataFrame({"archive": rng.choice(letters, n)}))

    n_originals = max(2, n_samples - round(copied * strength * n_samples))
    n_copies = n_samples - n_originals
    originals, fresh = draw(n_originals, rng), draw(n_fresh, rng)
    if popularity:
        liking = rng.lognormal(sigma=popularity, size=n_originals)
        copied_from = rng.choice(n_originals, n_copies, p=liking / liking.sum())
    else:
        copied_from = rng.integers(0, n_originals, n_copies)
    source = np.concatenate([np.arange(n_originals), copied_from])
    off = jitter if spread == 1 else jitter * spread ** rng.uniform(-1, 1, (n_copies, 1))
    X = originals.X[source]
    X[n_originals:] += rng.normal(0, off, (n_copies, n_features))
    home = np.searchsorted(letters, originals.meta["archive"])[source]
    home[n_originals:] += rng.integers(1, n_archives, n_copies)
    rows = rng.permutation(n_samples)
    meta = pd.DataFrame({"archive": letters[home % n_archives][rows]})
    return Study.of(
        Sample(X[rows], originals.y[source][rows], meta),
        fresh,
        truth={"source": source[rows], "bayes": _best_accuracy(effect, n_features, correlation)},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(rng, collect=draw),
    )


def _best_accuracy(effect: float, n_features: int, correlation: float) -> float:
    """Return the accuracy of the sum of all measurements, which no model can exceed."""
    variance = 1 + (n_features - 1) * correlation
    return float(ndtr(effect * math.sqrt(n_features / variance)))
