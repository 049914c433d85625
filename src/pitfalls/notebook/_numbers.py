"""What a learner typed where a number is asked for."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["named", "one_number"]


def one_number(value: Any) -> float | None:
    """Return what stands for one number, an array or a list of one as well; else None."""
    if not isinstance(value, (Real, np.ndarray, pd.Series, list, tuple)):
        return None
    try:
        cells = np.asarray(value).ravel()
        return float(cells[0]) if len(cells) == 1 else None
    except (TypeError, ValueError):
        return None


def named(value: Any) -> str:
    """Return what a value is, in short: text as it was typed, else its type and its length."""
    if value is None or isinstance(value, str):
        return repr(value)
    if hasattr(value, "__len__"):
        return f"{len(value)} values ({type(value).__name__})"
    return type(value).__name__
