"""Recordings of voices: several of each patient, who can be told by them."""

from __future__ import annotations

import math
from dataclasses import dataclass
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
    prevalence: float = 0.5,
    identity: float = 0.8,
    uneven: float = 0.0,
    doubles: float = 0.0,
    changing: bool = False,
    own: float = 0.5,
    persistence: float = 0.0,
    drift: float = 0.0,
    memory: float = 0.95,
    returning: bool = False,
    ahead: int = 6,
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
    prevalence : float in [0.01, 0.99], default=0.5
        Probability that a patient is ill, or a state of `changing` is the bad one.
    identity : float in [0, 1], default=0.8
        Share of the variance that is the patient's own level, at full strength.
    uneven : float, default=0.0
        How unequally patients record themselves: the standard deviation of the logarithm of how
        often they do. Each does at least once, and `n_repeats` times on average.
    doubles : float in [0, 1], default=0.0
        Share of the patients in the study whose person has a second number there.
    changing : bool, default=False
        Whether a coin is flipped for each recording (a state that comes and goes) in place of
        one for each patient (a disease).
    own : float in [0, 1], default=0.5
        With `changing`, the share of the variance of a patient's own level that is that of the
        patient in this state: everyone changes in a way of their own.
    persistence : float in [0, 1], default=0.0
        With `changing`, the probability that a state lasts until the next recording and no coin is
        flipped: the correlation of successive states.
    drift : float in [0, 1], default=0.0
        Share of what changes between recordings that changes slowly, such as a cold, a season or
        a phone: what was heard yesterday is nearly heard today.
    memory : float in [0, 1], default=0.95
        Correlation of that slow part from one recording to the next.
    returning : bool, default=False
        Whether the fresh recordings are further ones of the study's patients, in place of one
        recording of each of `n_fresh` new patients.
    ahead : int, default=6
        With `returning` and `changing` or `drift`, the fresh recordings are the next `ahead` ones
        of each patient, over and over again from the last one in the study. Else nothing depends
        on when a recording is made, and they are of patients drawn at random.
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
        next to each other in the order of time; ``y`` in {0, 1}, coin flips, so that there are not
        as many of either as expected; ``meta`` has the columns ``patient`` and ``day``: one
        recording a day, and everybody's last on the same one. ``info`` has ``ahead``. ``fresh``
        and ``deployment`` are one draw. `Study.collect` finds new patients and records each once.
        ``truth`` has ``share`` (of identity) and ``bayes`` (the best accuracy on new patients that
        any model can reach).

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
    n_repeats, ahead = check_count("n_repeats", n_repeats), check_count("ahead", ahead)
    uneven = check_number("uneven", uneven, low=0)
    doubles = check_strength(doubles, "doubles")
    clinic = _Clinic(
        n_features=check_count("n_features", n_features),
        effect=check_number("effect", effect, low=0),
        prevalence=check_number("prevalence", prevalence, low=0.01, high=0.99),
        share=check_strength(identity, "identity") * strength,
        changing=changing,
        own=check_strength(own, "own"),
        persistence=check_strength(persistence, "persistence"),
        drift=check_strength(drift, "drift"),
        memory=check_strength(memory, "memory"),
    )
    for name, value in {"changing": changing, "returning": returning}.items():
        if not isinstance(value, bool):
            raise TypeError(f"{name}={value!r} must be True or False")
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_features)

    n_patients = math.ceil(n_samples / n_repeats)
    patients = clinic.meet(n_patients, rng)
    counts = np.full(n_patients, n_repeats)
    counts[-1] -= n_repeats * n_patients - n_samples
    if uneven:
        weight = np.exp(uneven * rng.normal(size=n_patients))
        counts = 1 + rng.multinomial(n_samples - n_patients, weight / weight.sum())
    if doubles:
        seconds, persons = _pairs(n_patients, doubles, rng)
        for values in patients:
            values[seconds] = values[persons]
    who, days = np.repeat(np.arange(n_patients), counts), counts.max()
    X, y, last = clinic.record(*patients, who, who, rng)
    day = np.arange(n_samples) - np.repeat(np.cumsum(counts) - days, counts)
    development = Sample(X, y, pd.DataFrame({"patient": who, "day": day}))

    def strangers(n: int, rng: np.random.Generator, first: int) -> Sample:
        who = np.arange(n)
        X, y, _ = clinic.record(*clinic.meet(n, rng), who, who, rng)
        return Sample(X, y, pd.DataFrame({"patient": first + who, "day": days}))

    if not returning:
        fresh = strangers(n_fresh, rng, first=n_patients)
    elif changing or drift:
        run, step = np.divmod(np.arange(n_fresh), ahead)
        starts = np.arange(run[-1] + 1) % n_patients
        before = tuple(values[starts] for values in last)
        X, y, _ = clinic.record(*patients, starts[run], run, rng, before)
        fresh = Sample(X, y, pd.DataFrame({"patient": starts[run], "day": days + step}))
    else:
        who = rng.integers(0, n_patients, n_fresh)
        X, y, _ = clinic.record(*patients, who, np.arange(n_fresh), rng)
        fresh = Sample(X, y, pd.DataFrame({"patient": who, "day": days}))
    after = n_patients + n_fresh
    return Study.of(
        development,
        fresh,
        info={"ahead": ahead},
        truth={"share": clinic.share, "bayes": clinic.bayes},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(rng, collect=lambda n, rng: strangers(n, rng, after)),
    )


@dataclass(frozen=True)
class _Clinic:
    """Whom one meets, and how they sound; the attributes are those of `make_voice_recordings`."""

    n_features: int
    effect: float
    prevalence: float
    share: float
    changing: bool
    own: float
    persistence: float
    drift: float
    memory: float

    @property
    def bayes(self) -> float:
        """The best accuracy on strangers: that of the linear rule between two normal clouds."""
        ill = self.prevalence
        apart = 2 * self.effect * math.sqrt(self.n_features)
        if apart == 0:
            return max(ill, 1 - ill)
        lean = math.log(ill / (1 - ill)) / apart
        return float(ill * ndtr(apart / 2 + lean) + (1 - ill) * ndtr(apart / 2 - lean))

    def coins(self, n: int, rng: np.random.Generator) -> np.ndarray:
        if self.prevalence == 0.5:
            return rng.integers(0, 2, n)
        return (rng.random(n) < self.prevalence).astype(int)

    def meet(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw n patients: their level in either state, and whether they are ill."""
        levels = rng.normal(size=(n, 1, self.n_features)).repeat(2, axis=1)
        if self.changing:
            in_state = rng.normal(size=levels.shape)
            levels = math.sqrt(1 - self.own) * levels + math.sqrt(self.own) * in_state
        return math.sqrt(self.share) * levels, self.coins(n, rng)

    def record(
        self,
        levels: np.ndarray,
        ill: np.ndarray,
        who: np.ndarray,
        run: np.ndarray,
        rng: np.random.Generator,
        before: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
        """Record patients; rows with the same `run` follow each other in time.

        Parameters
        ----------
        levels, ill
            From `meet`.
        who, run : array of int of shape (n,)
            The patient and the run of each row; the rows of a run are next to each other.
        rng : Generator
        before : (y, slow), default=None
            The state and the slow part of the recording before each run's first; none by default.

        Returns
        -------
        X, y : arrays of shape (n, n_features) and (n,)
        last : (y, slow)
            Of the last recording of each run.
        """
        n = len(who)
        y = self.coins(n, rng) if self.changing else ill[who]
        white = rng.normal(size=(n, self.n_features))
        first = np.flatnonzero(np.diff(run, prepend=-1))
        position = np.arange(n) - np.repeat(first, np.diff(first, append=n))
        stays = np.zeros(n, bool)
        if self.changing and self.persistence:
            stays = rng.random(n) < self.persistence
        slow = rng.normal(size=white.shape) if self.drift else np.zeros((n, 1))
        for step in range(before is None, position.max() + 1):
            now = np.flatnonzero(position == step)
            if step == 0 and before is not None:
                state, sound = before
            else:
                state, sound = y[now - 1], slow[now - 1]
            y[now] = np.where(stays[now], state, y[now])
            slow[now] = self.memory * sound + math.sqrt(1 - self.memory**2) * slow[now]
        noise = math.sqrt(1 - self.drift) * white + math.sqrt(self.drift) * slow
        X = levels[who, y] + math.sqrt(1 - self.share) * noise
        X += self.effect * (2 * y[:, None] - 1)
        last = np.append(first[1:], n) - 1
        return X, y, (y[last], slow[last])


def _pairs(n: int, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw who of n is whom: a share of them are in pairs, as (second, first) of each."""
    chosen = rng.permutation(n)[: 2 * round(share * n / 2)]
    return chosen[::2], chosen[1::2]
