"""Whether rows that lie next to each other in time or in a file are far more alike than others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame
from .._times import read_sides, time_numbers
from ._near import View

__all__ = ["alike_next_to", "places_of", "places_of_index"]

#: Training rows further off that the nearest in order is compared with: where order does not
#: matter, it is the nearest of all with a chance of one in ten.
FURTHER_OFF = 9
#: They lie so many places of the training rows away: far enough not to be neighbours, near
#: enough to be of the same season, class or chapter of the file.
FROM, TO = 10, 40
#: Rows lie next to each other if no more than so many usual steps of the order are between them.
NEXT = 2


def places_of(order: Any, n_train: int, n_test: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the rows of both sides as numbers, or raise."""
    try:
        train, test = order
    except (TypeError, ValueError):
        raise ValueError(
            f"order={str(order)[:60]!r} must be a pair: the times or places of the training rows, "
            "and those of the test rows"
        ) from None
    columns = []
    for name, side, n in (("train", train, n_train), ("test", test, n_test)):
        frame = as_frame(f"order of {name}", side)
        if frame.shape != (n, 1):
            raise ValueError(
                f"order has {len(frame)} × {frame.shape[1]} values for the {n} rows of {name}; "
                "it must have one for each"
            )
        column = frame.iloc[:, 0]
        if column.isna().any():
            gone = int(column.isna().sum())
            raise ValueError(
                f"order of {name} is missing in {gone} of {n} rows; leave these rows out"
            )
        columns.append(column)
    sides = read_sides(("order of train", "order of test"), *columns)
    return time_numbers(sides[0]), time_numbers(sides[1])


def places_of_index(train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, ...] | None:
    """Return places by the frames' index, if it says where rows lay before they were split.

    An index of texts is names, whatever they look like.
    """
    both = train.index.append(test.index)
    if both.nlevels > 1 or not both.is_unique:
        return None
    labels = [pd.Series(side.index).infer_objects() for side in (train, test)]
    if any(one.dtype.kind not in "iufmM" or one.isna().any() for one in labels):
        return None
    try:
        sides = read_sides(("train", "test"), *labels)
    except ValueError:  # of two kinds
        return None
    return time_numbers(sides[0]), time_numbers(sides[1])


def alike_next_to(
    view: View,
    train: np.ndarray,
    test: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Say which test rows lie next to a training row, and which are most alike to that one.

    Parameters
    ----------
    view : View
        The rows, laid out.
    train, test : array of float
        Their places.

    Returns
    -------
    next_to, alike : array of bool, shape (n_test,)
        Next to one are rows that come no later than the last training row, and no earlier than
        the first. ``alike`` is true where the training row that lies nearest in order is more
        alike than each of nine that lie 10 to 40 places away.
    """
    by_place = np.argsort(train, kind="stable")
    places = train[by_place]
    usual = np.median(np.diff(np.unique(places))) if len(np.unique(places)) > 1 else 0
    right = np.searchsorted(places, test).clip(1, len(places) - 1)
    left = right - 1
    nearest = np.where(np.abs(places[left] - test) <= np.abs(places[right] - test), left, right)
    within = (places[0] <= test) & (test <= places[-1])  # what comes later has no two neighbours
    next_to = within & (np.abs(places[nearest] - test) <= NEXT * usual)
    offsets = rng.integers(FROM, TO + 1, (len(test), FURTHER_OFF))
    offsets *= rng.choice([-1, 1], offsets.shape)
    others = nearest[:, None] + offsets
    outside = (others < 0) | (others >= len(places))
    others = np.where(outside, nearest[:, None] - offsets, others)
    possible = ((others >= 0) & (others < len(places))).all(axis=1)
    look = view.looks[0]

    def off(which: np.ndarray) -> np.ndarray:
        apart = view.train[by_place[which]] - look
        return np.einsum("ij,ij->i", apart, apart)

    near = off(nearest)
    further = np.array(
        [off(others[:, one].clip(0, len(places) - 1)) for one in range(FURTHER_OFF)]
    )
    return next_to & possible, next_to & possible & (near < further.min(axis=0))
