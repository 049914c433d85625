"""What the checks of the exercises say to an answer that is not there yet.

A check has its own `assert` and its own hint. These two functions see to what goes wrong before a
check can say anything: a number that is none, and a function that returns nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ._numbers import named, one_number

__all__ = ["miss", "number"]


def miss(estimate: Any, truth: float, within: float) -> str:
    """Say on which side an estimate misses, without giving the answer away.

    Parameters
    ----------
    estimate : float
        The learner's number.
    truth : float
        The answer; a wrong estimate above 1 of an answer in [0, 1] is taken for a percentage.
    within : float
        The largest difference that is right.

    Returns
    -------
    str
        One sentence; empty where the estimate is right.
    """
    value = one_number(estimate)
    if value is None or math.isnan(value):
        return f"Your estimate is {named(estimate)}; give one number, such as 0.7."
    if abs(value - truth) < within:
        return ""
    if value > 1 and 0 <= truth <= 1:
        return f"{value:g} is more than a score can be; write 70 % as 0.7."
    far = ", by more than twice what is allowed" if abs(value - truth) > 2 * within else ""
    return f"{value:g} is too {'high' if value > truth else 'low'}{far}."


def number(function: Callable, *arguments: Any, **options: Any) -> float:
    """Call a learner's function and see that it returns one number.

    Parameters
    ----------
    function : callable
        What the learner wrote.
    *arguments, **options
        Passed on.

    Returns
    -------
    float
        What it returned.

    Raises
    ------
    AssertionError
        If it returned something else; the message names it and what may be missing.
    """
    returned = function(*arguments, **options)
    value = one_number(returned)
    name = getattr(function, "__name__", "your function")
    if value is None:
        cure = (
            "does it end with a line that says `return`" if returned is None else _cure(returned)
        )
        raise AssertionError(f"{name} returned {named(returned)} and no number: {cure}?")
    if math.isnan(value):
        raise AssertionError(f"{name} returned nan: is something empty, or divided by zero?")
    return value


def _cure(value: Any) -> str:
    if hasattr(value, "claimed"):
        return "which of its numbers is asked for, such as `.claimed` or `.gap`"
    return "is a mean missing" if hasattr(value, "__len__") else "what is asked for"
