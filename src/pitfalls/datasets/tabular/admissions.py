"""Patients at the door of a hospital, and a record that goes on after they are inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from ..._arguments import check_count, check_number, check_size, check_strength, check_study
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
#: What the laboratory measures, in blood that is not always drawn in time.
_BLOOD = ("lactate", "white_cells", "platelets", "crp", "procalcitonin")
#: The hour by which an antibiotic has been given or not.
_TREATED = 6.0
#: What follows in a record once the doctors know, in the order in which columns are added.
_AFTERWARDS = ("antibiotic", "infusion", "isolation", "surgeon_called", "culture_repeated")
#: Blood that is late is drawn as many hours later, at least and at most.
_LATE_BY = (1.0, 12.0)
#: The hour at which the CRP is measured again.
_AGAIN = 24.0
#: How far apart ill and well lie in blood that was drawn later, in its standard deviations.
_PLAINER = 1.5


def make_admissions(
    n_samples: int = 1_000,
    *,
    effect: float = 1.0,
    marker: float = 0.0,
    given_ill: float = 0.95,
    given_well: float = 0.03,
    already: float = 0.02,
    prevalence: float = 0.5,
    n_late: int = 1,
    missing: float = 0.0,
    delayed: float = 0.0,
    corrected: float = 0.0,
    decision: float = 1.0,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of hospital records, some of whose columns were written after the outcome.

    Patients come with a fever; about half, or `prevalence`, have a bacterial infection, with the
    probability that their measurements say. In the archive the column ``antibiotic`` holds what
    was given by the sixth hour: to a few who had one when they came, and, with probability
    `strength` times `given_ill` or `given_well`, to the others, by doctors who knew better then.
    Fresh patients are seen at the hour of the decision: what is recorded later is missing, and an
    antibiotic is one that they came with.

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
    prevalence : float in [0.01, 0.99], default=0.5
        Share of patients who have a bacterial infection.
    n_late : int from 1 to 5, default=1
        Columns that are written afterwards: after ``antibiotic`` come ``infusion``, ``isolation``,
        ``surgeon_called`` and ``culture_repeated``, filled in as it is, apart from each other.
    missing : float in [0, 1), default=0.0
        Share of measurements that are never made, besides the age; missing in the archive too.
    delayed : float in [0, 1], default=0.0
        Share of patients whose blood is drawn 1 to 12 hours late. The archive has their values all
        the same, and ``info["hours"]`` says when they came. By then ill and well differ more.
    corrected : float in [0, 1], default=0.0
        Share of patients whose CRP is measured again a day later and written over the first, which
        keeps its hour. By then ill and well differ more.
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
        (10⁹/l), ``crp`` (mg/l), perhaps ``procalcitonin`` (ng/ml), and ``antibiotic`` (0 or 1),
        perhaps with others of its kind. ``y`` is 1 for a bacterial infection; ``meta`` has the
        column ``patient``. ``fresh`` and ``deployment`` are one draw, and `Study.collect` gives
        more such patients, seen at the hour of the decision. ``info`` has ``decision``,
        ``recorded_at`` (Series: for each column the hour after arrival by which it holds what the
        archive holds, unless something is late) and ``hours`` (frame of the shape of ``X``: the
        same for each single value, as the archive says it); ``truth`` has ``late`` (mask of shape
        (n_samples,): the antibiotic was given later).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The design follows Kaufman, Rosset, Perlich and Stitelman (2012), who tag each value with the
    time at which it becomes legitimate, and the case of Filho and colleagues (2021), told in
    Kapoor and Narayanan (2023): drugs against hypertension that predict hypertension.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    effect = check_number("effect", effect, low=0)
    marker = check_number("marker", marker, low=0)
    given_ill = check_strength(given_ill, "given_ill")
    given_well = check_strength(given_well, "given_well")
    already = check_strength(already, "already")
    prevalence = check_number("prevalence", prevalence, low=0.01, high=0.99)
    n_late = check_count("n_late", n_late, most=len(_AFTERWARDS))
    missing = check_number("missing", missing, low=0, high=0.99)
    delayed = check_strength(delayed, "delayed")
    corrected = check_strength(corrected, "corrected")
    decision = check_number("decision", decision, low=0)
    columns = _MEASURED | (_MARKER if marker else {})
    check_size("n_samples", max(n_samples, n_fresh), len(columns) + n_late)
    middle, spread, usual = np.transpose(list(columns.values()))
    afterwards, names = list(_AFTERWARDS[:n_late]), np.array(list(columns))
    recorded_at = pd.Series([*usual, *[_TREATED] * n_late], [*columns, *afterwards], name="hour")
    blood, crp = np.isin(names, _BLOOD), names == "crp"
    base = _intercept(prevalence, effect)

    def measure(
        signals: np.ndarray, y: np.ndarray, rng: np.random.Generator, *, live: bool
    ) -> np.ndarray:
        """Return the hour of each measurement; later ones tell more, and some are not made."""
        hours = np.tile(usual, (len(y), 1))
        towards = _PLAINER * (y[:, None] - 0.5)
        if delayed:
            waits = np.where(rng.random(len(y)) < delayed, rng.uniform(*_LATE_BY, len(y)), 0)
            hours += blood * waits[:, None]
            signals += towards * (blood & (waits[:, None] > 0))
        if corrected:
            again = rng.random(len(y)) < corrected
            if not live or decision >= _AGAIN:
                signals += towards * (crp & again[:, None])
        if missing:
            signals[(rng.random(signals.shape) < missing) & (usual > 0)] = np.nan
        if live:
            signals[hours > decision] = np.nan
        return hours

    def draw(
        n: int, rng: np.random.Generator, *, live: bool = True, first: int = 0
    ) -> tuple[Sample, np.ndarray, np.ndarray]:
        signals = rng.normal(size=(n, len(columns)))
        measured = signals[:, : len(_MEASURED)]
        odds = base + effect * measured.sum(axis=1) / np.sqrt(len(_MEASURED))
        y = (rng.random(n) < expit(odds)).astype(int)
        signals[:, len(_MEASURED) :] += marker * (y[:, None] - 0.5)
        later = strength * np.where(y == 1, given_ill, given_well)
        seen, late = [], []
        for _ in afterwards:
            came_with, given = rng.random(n) < already, rng.random(n) < later
            seen.append(came_with | given if not live or decision >= _TREATED else came_with)
            late.append(given)
        hours = measure(signals, y, rng, live=live)
        X = pd.DataFrame(middle * np.exp(spread * signals), columns=names)
        X[afterwards] = np.transpose(seen).astype(int)
        who = pd.DataFrame({"patient": np.arange(first, first + n)})
        return Sample(X, y, who), late[0], np.c_[hours, np.full((n, n_late), _TREATED)]

    development, late, hours = draw(n_samples, rng, live=False)
    fresh, *_ = draw(n_fresh, rng, first=n_samples)
    after = n_samples + n_fresh
    return Study.of(
        development,
        fresh,
        info={
            "decision": decision,
            "recorded_at": recorded_at,
            "hours": pd.DataFrame(hours, columns=recorded_at.index),
        },
        truth={"late": late},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(
            rng,
            collect=lambda n, rng: draw(n, rng, first=after)[0],
        ),
    )


def _intercept(prevalence: float, effect: float) -> float:
    """Return where the odds must lie for a share of ill patients; exactly 0 for a half."""
    if prevalence == 0.5:
        return 0.0
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    weights = weights / weights.sum()
    reach = 10.0 * (1 + effect)
    return float(
        brentq(lambda base: weights @ expit(base + effect * nodes) - prevalence, -reach, reach)
    )
