"""Simulated tables: independent rows, numbers in columns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from ..study import Sample, Services, Study
from ._arguments import check_count, check_number, check_size, check_study

__all__ = ["make_expression", "make_hospital_records", "make_measurements"]


def make_expression(
    n_samples: int = 60,
    *,
    n_features: int = 10_000,
    n_selected: int = 20,
    n_informative: int = 5,
    effect: float = 0.4,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of gene expression: few patients, many genes, a short panel to choose.

    Half the patients respond to a drug, half do not. Each gene is standard normal noise, read with
    16 bits; the first `n_informative` genes are moved by `effect` in responders and by
    ``-effect`` in the others. The analyst may keep `n_selected` genes.

    Parameters
    ----------
    n_samples : int, default=60
        Patients in the study; at least 4.
    n_features : int, default=10_000
        Genes measured at full strength; at least `n_selected`.
    n_selected : int, default=20
        Genes that the panel has room for, in ``study.info["n_selected"]``.
    n_informative : int, default=5
        Genes that differ between the groups; at most `n_selected`.
    effect : float, default=0.4
        Half the difference of an informative gene's group means, in standard deviations.
        0 makes the labels coin flips.
    n_fresh : int, default=5_000
        Fresh patients.
    strength : float in [0, 1], default=1.0
        The dial: genes grow geometrically from `n_selected`, where there is nothing to choose,
        to `n_features`.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, p), float32, in standard deviations; ``y`` in {0, 1}, half
        each; ``meta`` has the column ``patient``. ``fresh`` and ``deployment`` are one draw.
        ``info`` has ``n_selected``; ``truth`` has ``informative`` (mask of shape (p,)) and
        ``bayes`` (the best accuracy that any model can reach).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The design follows Ambroise and McLachlan (2002), who showed selection bias in published
    gene-expression studies, and the simulation in section 7.10.2 of Hastie, Tibshirani and
    Friedman's *The Elements of Statistical Learning*.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_selected = check_count("n_selected", n_selected)
    n_features = check_count("n_features", n_features, least=n_selected)
    n_informative = check_count("n_informative", n_informative, least=0, most=n_selected)
    effect = check_number("effect", effect, low=0)
    n_genes = round(n_selected * (n_features / n_selected) ** strength)
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_genes)

    # A scanner tells 2**16 levels apart. To draw the level takes a third of the time that drawing
    # the value does, which is most of the time of a study of 10 000 genes.
    levels = ndtri((np.arange(2**16) + 0.5) / 2**16).astype(np.float32)

    def draw(n: int, rng: np.random.Generator, first: int = 0) -> Sample:
        y = rng.permutation(np.arange(n) % 2)
        X = levels[rng.integers(0, 2**16, (n, n_genes), dtype=np.uint16)]
        X[:, :n_informative] += effect * (2 * y[:, None] - 1)
        return Sample(X, y, pd.DataFrame({"patient": np.arange(first, first + n)}))

    (services_rng,) = rng.spawn(1)
    development, fresh = draw(n_samples, rng), draw(n_fresh, rng, first=n_samples)
    after = n_samples + n_fresh
    services = Services(
        services_rng.bit_generator.seed_seq, collect=lambda n, rng: draw(n, rng, first=after)
    )
    return Study(
        X=development.X,
        y=development.y,
        meta=development.meta,
        fresh=fresh,
        deployment=fresh,
        info={"n_selected": n_selected},
        truth={
            "informative": np.arange(n_genes) < n_informative,
            "bayes": float(ndtr(effect * math.sqrt(n_informative))),
        },
        strength=strength,
        random_state=random_state,
        services=services,
    )


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

    (services_rng,) = rng.spawn(1)
    development, fresh = draw(n_samples, rng, strength), draw(n_fresh, rng, strength)
    deployment = draw(n_fresh, rng) if strength else fresh
    return Study(
        X=development.X,
        y=development.y,
        meta=development.meta,
        fresh=fresh,
        deployment=deployment,
        info={},
        truth={"informative": np.arange(n_features) < n_informative, "machine": machine},
        strength=strength,
        random_state=random_state,
        services=Services(services_rng.bit_generator.seed_seq, collect=draw),
    )


def make_measurements(
    n_samples: int = 400,
    *,
    n_features: int = 20,
    n_informative: int = 5,
    effect: float = 0.5,
    degrees: float = 5.0,
    largest_unit: float = 1_000.0,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of independent rows whose columns come in units of their own.

    Half the rows are of class 1. Each column is noise from Student's t distribution; the first
    `n_informative` columns are moved by `effect` in class 1 and by ``-effect`` in class 0. Then
    each is multiplied by its unit. Units grow geometrically from 1 in the first column to
    `largest_unit` in the last, so that distances between raw rows are those of columns that know
    nothing.

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
    n_fresh : int, default=5_000
        Fresh rows.
    strength : float in [0, 1], default=1.0
        The dial, which only the analyst's protocol reads.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, n_features); ``y`` in {0, 1}, half each; ``meta`` has the
        column ``row``. ``fresh`` and ``deployment`` are one draw. ``truth`` has ``informative``
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
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_features)
    units = np.geomspace(1, largest_unit, n_features)

    def draw(n: int, rng: np.random.Generator, first: int = 0) -> Sample:
        y = rng.permutation(np.arange(n) % 2)
        X = rng.standard_t(degrees, size=(n, n_features))
        X[:, :n_informative] += effect * (2 * y[:, None] - 1)
        return Sample(X * units, y, pd.DataFrame({"row": np.arange(first, first + n)}))

    (services_rng,) = rng.spawn(1)
    development, fresh = draw(n_samples, rng), draw(n_fresh, rng, first=n_samples)
    after = n_samples + n_fresh
    services = Services(
        services_rng.bit_generator.seed_seq, collect=lambda n, rng: draw(n, rng, first=after)
    )
    return Study(
        X=development.X,
        y=development.y,
        meta=development.meta,
        fresh=fresh,
        deployment=fresh,
        info={},
        truth={"informative": np.arange(n_features) < n_informative, "units": units},
        strength=strength,
        random_state=random_state,
        services=services,
    )
