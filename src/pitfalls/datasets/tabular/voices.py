"""Recordings of voices: several of each patient, who can be told by them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from ..._arguments import check_count, check_number, check_size, check_strength, check_study
from ...study import Sample, Services, Study

__all__ = ["make_voice_recordings"]


def make_voice_recordings(
    n_samples: int = 960,
    *,
    n_repeats: int = 8,
    n_features: int = 20,
    effect: float = 0.15,
    identity: float = 0.8,
    changing: bool = False,
    returning: bool = False,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of voices with several recordings of each patient.

    A measurement of a recording is the patient's own level, which stays the same from recording
    to recording, plus what changes between recordings. Together they have a variance of 1 at
    every strength, and the outcome moves every measurement by `effect` up or down.

    Parameters
    ----------
    n_samples : int, default=960
        Recordings in the study; at least 4.
    n_repeats : int, default=8
        Recordings of each patient; the last patient may have fewer.
    n_features : int, default=20
        Measurements of a recording.
    effect : float, default=0.15
        Half the difference of ill and healthy in each measurement, in standard deviations. 0
        makes the outcomes coin flips.
    identity : float in [0, 1], default=0.8
        Share of the variance that is the patient's own level, at full strength.
    changing : bool, default=False
        Whether a coin is flipped for each recording (a state that comes and goes) in place of
        one for each patient (a disease). Half of the variance of a patient's own level is then
        that of the patient in this state: everyone changes in a way of their own.
    returning : bool, default=False
        Whether the fresh recordings are further ones of the study's patients, drawn at random, in
        place of one recording of each of `n_fresh` new patients.
    n_fresh : int, default=5_000
        Fresh recordings.
    strength : float in [0, 1], default=1.0
        The dial: the share of identity is ``identity * strength``.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, n_features), in standard deviations, a patient's recordings
        next to each other; ``y`` in {0, 1}, coin flips, so that there are not equally many of
        both; ``meta`` has the column ``patient``. ``fresh`` and ``deployment`` are one draw.
        `Study.collect` finds new patients and records each once. ``truth`` has ``share`` (of
        identity) and ``bayes`` (the best accuracy on new patients that any model can reach).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The design follows Saeb and colleagues (2017), who showed with records of activity and a
    simulation what a split by record does, Chaibub Neto and colleagues (2019), who showed that
    models of voice recordings learn who is speaking, and Little and colleagues (2017), who
    answered that it depends on whom the model is for.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_repeats = check_count("n_repeats", n_repeats)
    n_features = check_count("n_features", n_features)
    effect = check_number("effect", effect, low=0)
    share = check_strength(identity, "identity") * strength
    for name, value in {"changing": changing, "returning": returning}.items():
        if not isinstance(value, bool):
            raise TypeError(f"{name}={value!r} must be True or False")
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_features)

    def meet(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw n patients: their level in either state, and whether they are ill."""
        levels = math.sqrt(share) * rng.normal(size=(n, 1, n_features)).repeat(2, axis=1)
        if changing:
            levels = (levels + math.sqrt(share) * rng.normal(size=levels.shape)) / math.sqrt(2)
        return levels, rng.integers(0, 2, n)

    def record(
        levels: np.ndarray,
        ill: np.ndarray,
        who: np.ndarray,
        rng: np.random.Generator,
        first: int = 0,
    ) -> Sample:
        y = rng.integers(0, 2, len(who)) if changing else ill[who]
        X = levels[who, y] + math.sqrt(1 - share) * rng.normal(size=(len(who), n_features))
        X += effect * (2 * y[:, None] - 1)
        return Sample(X, y, pd.DataFrame({"patient": first + who}))

    def strangers(n: int, rng: np.random.Generator, first: int) -> Sample:
        return record(*meet(n, rng), np.arange(n), rng, first)

    n_patients = math.ceil(n_samples / n_repeats)
    patients = meet(n_patients, rng)
    development = record(*patients, np.arange(n_samples) // n_repeats, rng)
    if returning:
        fresh = record(*patients, rng.integers(0, n_patients, n_fresh), rng)
    else:
        fresh = strangers(n_fresh, rng, first=n_patients)
    after = n_patients + n_fresh
    services = Services.spawned(rng, collect=lambda n, rng: strangers(n, rng, after))
    return Study.of(
        development,
        fresh,
        truth={"share": share, "bayes": float(ndtr(effect * math.sqrt(n_features)))},
        strength=strength,
        random_state=random_state,
        services=services,
    )
