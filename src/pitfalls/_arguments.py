"""Checks of arguments: every error names the argument, the value and what is allowed."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import numpy as np

MOST_VALUES = 10**9


def check_count(name: str, value: Any, *, least: int = 1, most: int = 10**7) -> int:
    """Return `value` as an int, or raise if it is no whole number in [least, most]."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise TypeError(
            f"{name}={value!r} must be a whole number from {least} to {most}, "
            f"not {type(value).__name__}"
        )
    if not least <= value <= most:
        raise ValueError(f"{name}={value!r} must be a whole number from {least} to {most}")
    return int(value)


def check_number(
    name: str, value: Any, *, low: float = -math.inf, high: float = math.inf
) -> float:
    """Return `value` as a float, or raise if it is no finite number in [low, high]."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(
            f"{name}={value!r} must be a number from {low:g} to {high:g}, "
            f"not {type(value).__name__}"
        )
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError(f"{name}={value!r} must be a finite number from {low:g} to {high:g}")
    return float(value)


def check_strength(value: Any, name: str = "strength") -> float:
    """Return the dial's position, or that of another knob from 0 to 1, or raise."""
    return check_number(name, value, low=0, high=1)


def check_size(name: str, *shape: int) -> None:
    """Raise if an array of this shape would hold more than a thousand million values."""
    if math.prod(shape) > MOST_VALUES:
        raise ValueError(
            f"{name}: an array of shape {shape} holds more than {MOST_VALUES:,} values; "
            "ask for fewer rows or columns"
        )


def check_rng(random_state: Any) -> np.random.Generator:
    """Return the one generator that a data set is drawn from.

    An int gives a new generator, a Generator is used as it is, None gives a random one.
    """
    if random_state is None or isinstance(random_state, np.random.Generator):
        return np.random.default_rng(random_state)
    if isinstance(random_state, (bool, np.bool_)) or not isinstance(random_state, Integral):
        raise TypeError(
            f"random_state={random_state!r} must be None, a whole number of at least 0 or a "
            f"numpy.random.Generator, not {type(random_state).__name__}"
        )
    if random_state < 0:
        raise ValueError(f"random_state={random_state!r} must be at least 0")
    return np.random.default_rng(int(random_state))


def seeds_of(rng: np.random.Generator) -> np.random.SeedSequence:
    """Return what a generator was seeded with, to be spawned from."""
    sequence = rng.bit_generator.seed_seq
    if not isinstance(sequence, np.random.SeedSequence):
        raise TypeError(
            f"random_state={rng!r} was seeded with a {type(sequence).__name__}; it must be made "
            "by numpy.random.default_rng"
        )
    return sequence


def check_study(
    n_samples: Any, n_fresh: Any, strength: Any, random_state: Any
) -> tuple[int, int, float, np.random.Generator]:
    """Return what every generator of a study takes, the last as `check_rng` gives it, or raise."""
    return (
        check_count("n_samples", n_samples, least=4),
        check_count("n_fresh", n_fresh, least=2),
        check_strength(strength),
        check_rng(random_state),
    )
