"""What the checks do with their arguments before they look: align, convert, refuse."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["checking", "on_aligned_tables"]


def on_aligned_tables(check: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    """Let a check of ``train`` and ``test`` take arrays and frames, and see the same columns.

    Where one side is an array and the other a frame, the array's columns get the frame's names, by
    their order. Two frames are matched by name.
    """

    @functools.wraps(check)
    def wrapped(train: Any, test: Any, *more: Any, **named: Any) -> pd.DataFrame:
        return check(*_aligned(train, test), *more, **named)

    return wrapped


def _aligned(train: Any, test: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    sides = {"train": train, "test": test}
    named = {name: isinstance(side, pd.DataFrame) for name, side in sides.items()}
    frames = {
        name: side if named[name] else pd.DataFrame(_flat(side)) for name, side in sides.items()
    }
    first, second = frames.values()
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"train has {first.shape[1]} columns and test {second.shape[1]}; both sides must have "
            "the same"
        )
    if all(named.values()):
        strange = [str(name) for name in first.columns.symmetric_difference(second.columns)]
        if strange:
            raise ValueError(f"columns {strange[:5]} are not in both train and test")
        return first, second[first.columns]
    names = (first if named["train"] else second).columns
    return first.set_axis(names, axis=1), second.set_axis(names, axis=1)


def _flat(values: Any) -> Any:
    """Return an array with a row for each first entry, such as a picture."""
    array = np.asarray(values)
    return array.reshape(len(array), -1) if array.ndim > 2 else array


def checking(**rules: Callable[[str, Any], Any]) -> Callable[[Callable], Callable]:
    """Have arguments looked at before a check is called.

    Parameters
    ----------
    **rules
        For an argument, a function of its name and its value that returns the value, or raises.
    """

    def decorate(check: Callable) -> Callable:
        signature = inspect.signature(check)

        @functools.wraps(check)
        def wrapped(*given: Any, **named: Any) -> Any:
            bound = signature.bind(*given, **named)
            bound.apply_defaults()
            for name, rule in rules.items():
                bound.arguments[name] = rule(name, bound.arguments[name])
            return check(*bound.args, **bound.kwargs)

        return wrapped

    return decorate
