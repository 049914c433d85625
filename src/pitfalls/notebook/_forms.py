"""Which form an answer has: a number, a frame, a fitted model, so many things of such forms."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from ._numbers import named, one_number

__all__ = ["described", "fault"]

_COUNTS = {2: "two", 3: "three", 4: "four"}


def described(like: Any) -> str:
    """Return in words which form an example has."""
    if not isinstance(like, tuple):
        return _words(like)[0]
    forms = [_words(part) for part in like]
    if len(set(forms)) == 1:
        return f"{_COUNTS[len(forms)]} {forms[0][1]}"
    return " and ".join(one for one, _ in forms)


def fault(value: Any, like: Any) -> str:
    """Return what an answer is and what it should be; empty where it has the form of `like`."""
    if isinstance(like, tuple):
        return _fault_of_several(value, like)
    if _is_model(like) and _is_model(value) and not _is_fitted(value):
        return "a model that is not fitted: call its `fit` before it is handed over"
    return "" if _has_form(value, like) else _instead(value, like)


def _words(like: Any) -> tuple[str, str]:
    """Return the name of a form, of one such thing and of several."""
    if like is None:
        return "something", "things"
    if isinstance(like, pd.DataFrame):
        return "a frame", "frames"
    if isinstance(like, np.ndarray):
        kind = "list" if like.ndim == 1 else "array"
        return f"{'an' if like.ndim > 1 else 'a'} {kind} of numbers", f"{kind}s of numbers"
    if isinstance(like, dict):
        return "a dict", "dicts"
    if isinstance(like, list):
        return "a list", "lists"
    if _is_model(like):
        return "a fitted model", "fitted models"
    return ("a function", "functions") if callable(like) else ("one number", "numbers")


def _fault_of_several(value: Any, like: tuple) -> str:
    several = isinstance(value, tuple | list | pd.Series)
    several |= isinstance(value, np.ndarray) and value.ndim > 0
    if not several or len(value) != len(like):
        return _instead(value, like)
    for place, (part, example) in enumerate(zip(value, like, strict=True), start=1):
        if off := fault(part, example):
            return f"{len(like)} things, of which number {place} is {off}"
    return ""


def _has_form(value: Any, like: Any) -> bool:
    if like is None:
        return value is not None
    if isinstance(like, pd.DataFrame):
        return isinstance(value, pd.DataFrame) and len(value) > 0
    if isinstance(like, np.ndarray):
        return _is_array(value, like.ndim)
    if isinstance(like, dict):
        return isinstance(value, Mapping)
    if isinstance(like, list):
        return isinstance(value, list | tuple | pd.Index | pd.Series | np.ndarray)
    if _is_model(like):
        return _is_model(value)
    return callable(value) if callable(like) else one_number(value) is not None


def _is_array(value: Any, ndim: int) -> bool:
    """Whether it has numbers in so many dimensions, none of them empty."""
    try:
        table = np.asarray(value)
    except ValueError:  # rows of different lengths
        return False
    if table.dtype.kind == "O":
        are_numbers = all(isinstance(one, Real | np.bool_) for one in table.flat)
    else:
        are_numbers = table.dtype.kind in "biuf"
    return are_numbers and table.ndim == ndim and table.size > 0


def _is_model(value: Any) -> bool:
    return hasattr(value, "predict")


def _is_fitted(model: Any) -> bool:
    from sklearn.base import BaseEstimator
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    if not isinstance(model, BaseEstimator):  # of another library: nobody can tell
        return True
    try:
        check_is_fitted(model)
    except NotFittedError:
        return False
    return True


def _instead(value: Any, like: Any) -> str:
    if isinstance(value, np.ndarray | pd.DataFrame):
        is_now = f"{type(value).__name__} of shape {value.shape}"
    else:
        is_function = callable(value) and hasattr(value, "__name__")
        is_now = "a function" if is_function else named(value)
    return f"{is_now}, and {described(like)} is asked for"
