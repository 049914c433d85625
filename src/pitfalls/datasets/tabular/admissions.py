"""Patients at the door of a hospital, and a record that goes on after they are inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from ..._arguments import check_number, check_size, check_strength, check_study
from ...study import Sample, Services, Study

__all__ = ["make_admissions"]

#: Middle value, spread of its logarithm (falling with the risk where negative), hour recorded.
_MEASURED = {
    "age": (60.0, 0.25, 0.0),
    "temperature": (38.0, 0.02, 0.2),
    "heart_rate": (95.0, 0.17, 0.2),
    "breaths": (20.0, 0.2, 0.2),
    "lactate": (1.6, 0.4, 0.5),
    "white_cells": (11.0, 0.35, 0.8),
    "platelets": (240.0, -0.3, 0.8),
    "crp": (60.0, 0.8, 0.8),
}
_MARKER = {"procalcitonin": (0.3, 1.0, 0.8)}
#: The hour by which an antibiotic has been given or not.
_TREATED = 6.0


def make_admissions(
    n_samples: int = 1_000,
    *,
    effect: float = 1.0,
    marker: float = 0.0,
    given_ill: float = 0.95,
    given_well: float = 0.03,
    already: float = 0.02,
    decision: float = 1.0,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of hospital records, some of whose columns were written after the outcome.

    Patients come with a fever; about half have a bacterial infection, with the probability that
    their measurements say. In the archive the column ``antibiotic`` holds what was given by the
    sixth hour: to a few who had one when they came, and, with probability `strength` times
    `given_ill` or `given_well`, to the others, by doctors who knew better by then. Fresh patients
    are seen at the hour of the decision: what is recorded later is missing, and an antibiotic is
    one that they came with.

    Parameters
    ----------
    n_samples : int, default=1000
        Patients in the archive; at least 4.
    effect : float, default=1.0
        Standard deviation, over patients, of the logarithm of the odds that the measurements give.
    marker : float, default=0.0
        How far ill and well lie apart in a further column, ``procalcitonin``, in its standard
        deviations. 0 leaves the column out.
    given_ill, given_well : float in [0, 1], default=0.95 and 0.03
        Shares of the ill and of the others who are given an antibiotic later, at full strength.
    already : float in [0, 1], default=0.02
        Share of patients who come with an antibiotic, whatever they have.
    decision : float, default=1.0
        Hours after arrival at which the model is asked; at least 0.
    n_fresh : int, default=5_000
        Fresh patients.
    strength : float in [0, 1], default=1.0
        The dial: the probability that what was given later is in the archive's column.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` is a frame with the columns ``age`` (years), ``temperature`` (°C), ``heart_rate``
        and ``breaths`` (a minute), ``lactate`` (mmol/l), ``white_cells`` and ``platelets``
        (10⁹/l), ``crp`` (mg/l), perhaps ``procalcitonin`` (ng/ml), and ``antibiotic`` (0 or 1).
        ``y`` is 1 for a bacterial infection; ``meta`` has the column ``patient``. ``fresh`` and
        ``deployment`` are one draw, and `Study.collect` gives more such patients, seen at the hour
        of the decision. ``info`` has ``decision`` and ``recorded_at`` (Series: for each column the
        hour after arrival by which it holds what the archive holds); ``truth`` has ``late`` (mask
        of shape (n_samples,): the antibiotic was given later).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The design follows Kaufman, Rosset, Perlich and Stitelman (2012), who define leakage by the
    time at which a value becomes legitimate, and the case of Filho and colleagues (2021), told in
    Kapoor and Narayanan (2023): drugs against hypertension that predict hypertension.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    effect = check_number("effect", effect, low=0)
    marker = check_number("marker", marker, low=0)
    given_ill = check_strength(given_ill, "given_ill")
    given_well = check_strength(given_well, "given_well")
    already = check_strength(already, "already")
    decision = check_number("decision", decision, low=0)
    columns = _MEASURED | (_MARKER if marker else {})
    check_size("n_samples", max(n_samples, n_fresh), len(columns) + 1)
    middle, spread, hours = np.transpose(list(columns.values()))
    recorded_at = pd.Series([*hours, _TREATED], [*columns, "antibiotic"], name="hour")

    def draw(
        n: int, rng: np.random.Generator, *, live: bool = True, first: int = 0
    ) -> tuple[Sample, np.ndarray]:
        signals = rng.normal(size=(n, len(columns)))
        measured = signals[:, : len(_MEASURED)]
        odds = effect * measured.sum(axis=1) / np.sqrt(len(_MEASURED))
        y = (rng.random(n) < expit(odds)).astype(int)
        signals[:, len(_MEASURED) :] += marker * (y[:, None] - 0.5)
        came_with = rng.random(n) < already
        late = rng.random(n) < strength * np.where(y == 1, given_ill, given_well)
        seen = came_with | late if not live or decision >= _TREATED else came_with
        X = pd.DataFrame(middle * np.exp(spread * signals), columns=list(columns))
        if live:
            X.loc[:, hours > decision] = np.nan
        X["antibiotic"] = seen.astype(int)
        return Sample(X, y, pd.DataFrame({"patient": np.arange(first, first + n)})), late

    development, late = draw(n_samples, rng, live=False)
    fresh, _ = draw(n_fresh, rng, first=n_samples)
    after = n_samples + n_fresh
    return Study.of(
        development,
        fresh,
        info={"decision": decision, "recorded_at": recorded_at},
        truth={"late": late},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(
            rng,
            collect=lambda n, rng: draw(n, rng, first=after)[0],
        ),
    )
