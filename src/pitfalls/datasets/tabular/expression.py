"""Gene expression: few patients, many genes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from ..._arguments import check_count, check_number, check_size, check_study
from ...study import Sample, Services, Study

__all__ = ["make_expression"]


#: Genes that are regulated together, where any are.
MODULE = 20


def make_expression(
    n_samples: int = 60,
    *,
    n_features: int = 10_000,
    n_selected: int = 20,
    n_informative: int = 5,
    effect: float = 0.4,
    correlation: float = 0.0,
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
    correlation : float in [0, 0.95], default=0.0
        Correlation of genes that are regulated together, 20 of them in a module.
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
    correlation = check_number("correlation", correlation, low=0, high=0.95)
    n_genes = round(n_selected * (n_features / n_selected) ** strength)
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_genes)

    # A scanner tells 2**16 levels apart. To draw the level takes a third of the time that drawing
    # the value does, which is most of the time of a study of 10 000 genes.
    levels = ndtri((np.arange(2**16) + 0.5) / 2**16).astype(np.float32)

    def draw(n: int, rng: np.random.Generator, first: int = 0) -> Sample:
        y = rng.permutation(np.arange(n) % 2)
        X = levels[rng.integers(0, 2**16, (n, n_genes), dtype=np.uint16)]
        if correlation:
            X *= math.sqrt(1 - correlation)
            for first_gene in range(0, n_genes, MODULE):
                shared = rng.normal(0, math.sqrt(correlation), (n, 1)).astype(np.float32)
                X[:, first_gene : first_gene + MODULE] += shared
        X[:, :n_informative] += effect * (2 * y[:, None] - 1)
        return Sample(X, y, pd.DataFrame({"patient": np.arange(first, first + n)}))

    crowding = 1 + max(min(n_informative, MODULE) - 1, 0) * correlation
    development, fresh = draw(n_samples, rng), draw(n_fresh, rng, first=n_samples)
    after = n_samples + n_fresh
    services = Services.spawned(rng, collect=lambda n, rng: draw(n, rng, first=after))
    return Study.of(
        development,
        fresh,
        info={"n_selected": n_selected},
        truth={
            "informative": np.arange(n_genes) < n_informative,
            "bayes": float(ndtr(effect * math.sqrt(n_informative / crowding))),
        },
        strength=strength,
        random_state=random_state,
        services=services,
    )
