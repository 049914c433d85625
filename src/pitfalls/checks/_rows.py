"""Rows before and after a change, as the kind of thing that the model was trained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame, is_sparse, keys, n_rows, take, without_torch

__all__ = ["answers", "changed", "labels_of", "moved", "predictor", "some"]

#: So many different fractions are probabilities or scores, and no names of classes.
_MANY_FRACTIONS = 10


def predictor(predict: Any) -> Callable[[Any], Any]:
    """Return a function of rows, from a function or from a model that has one."""
    if hasattr(predict, "predict"):
        return predict.predict
    if callable(predict):
        return predict
    raise TypeError(f"predict={predict!r} must be a function of rows, such as model.predict")


def changed(name: str, change: Any, X: Any) -> Any:
    """Return the rows after a change, as the kind of thing that they were before.

    A frame stays a frame with its columns in their order; an array that comes back for a frame
    gets its names.

    Raises
    ------
    ValueError
        If there are not the same rows, or not the same columns.
    """
    after = change(_copy(X)) if callable(change) else change
    if after is None:
        raise ValueError(f"{name} is None; it must be the same rows after the change")
    before, now = n_rows("X", X), n_rows(name, after)
    if now != before:
        raise ValueError(
            f"{name} has {now} rows and X {before}; a change keeps the rows, in order"
        )
    if not isinstance(X, pd.DataFrame):
        return after
    if not isinstance(after, pd.DataFrame):
        table = as_frame(name, after)
        if table.shape[1] != X.shape[1]:
            raise ValueError(f"{name} has {table.shape[1]} columns and X {X.shape[1]}")
        return table.set_axis(X.columns, axis=1).set_axis(X.index, axis=0).infer_objects()
    strange = [str(column) for column in X.columns.symmetric_difference(after.columns)]
    if strange or len(after.columns) != len(X.columns):
        raise ValueError(
            f"{name} has other columns than X ({', '.join(strange[:5]) or 'one of them twice'}); "
            "a change alters values, not columns"
        )
    return after[X.columns] if X.columns.is_unique else after


def _copy(X: Any) -> Any:
    """Return rows that a function may alter in place."""
    for way in ("copy", "clone"):
        if hasattr(X, way):
            return getattr(X, way)()
    return X


def moved(before: Any, after: Any) -> np.ndarray:
    """Return the positions of the rows that a change alters; missing stays missing."""
    if is_sparse(before) and is_sparse(after) and before.shape == after.shape:
        return np.unique((before.tocsr() != after.tocsr()).nonzero()[0])
    first, second = _plain(before), _plain(after)
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        if first.shape != second.shape:
            return np.arange(len(first))
        numbers = first.dtype.kind in "biufc" and second.dtype.kind in "biufc"
        if numbers:
            return np.flatnonzero([_other(*pair) for pair in zip(first, second, strict=True)])
    if isinstance(first, list) and isinstance(second, list):
        pairs = zip(first, second, strict=True)
        return np.flatnonzero([_other(*pair) for pair in pairs])
    ours, theirs = as_frame("X", first), as_frame("the change", second)
    if ours.shape != theirs.shape:
        return np.arange(len(ours))
    ours, theirs = keys(ours, theirs.set_axis(ours.columns, axis=1))
    return np.flatnonzero((ours != theirs).any(axis=1))


def _plain(data: Any) -> Any:
    return list(data) if isinstance(data, tuple) else without_torch(data)


def _other(first: Any, second: Any) -> bool:
    """Whether two things differ: texts, numbers, or pictures of any size."""
    if isinstance(first, str) or isinstance(second, str):
        return bool(first != second)
    first, second = np.asarray(_plain(first)), np.asarray(_plain(second))
    if first.shape != second.shape:
        return True
    if first.dtype.kind in "fc" or second.dtype.kind in "fc":
        return not np.array_equal(first, second, equal_nan=True)
    return not np.array_equal(first, second)


def answers(name: str, predict: Callable[[Any], Any], rows: Any) -> np.ndarray:
    """Return a model's answers, one label for each row.

    Raises
    ------
    ValueError
        If these are no labels, such as probabilities, or not one for each row.
    """
    n = n_rows(name, rows)
    said = predict(rows)
    try:
        table = as_frame("predict's answer", said)
    except (TypeError, ValueError):
        raise ValueError(
            f"predict returned {said!r:.60}; it must return one label for each row"
        ) from None
    if len(table) != n:
        raise ValueError(
            f"predict returned {len(table)} answers for {n} rows; it must return one for each"
        )
    if table.shape[1] != 1:
        raise ValueError(
            f"predict returned {table.shape[1]} numbers a row; it must return one label for each, "
            "such as model.predict, or the class of the largest probability"
        )
    column = table.iloc[:, 0]
    if column.dtype.kind == "f":
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
        fractions = numbers[np.isfinite(numbers) & (numbers != np.round(numbers))]
        if len(np.unique(fractions)) >= min(_MANY_FRACTIONS, max(2, n // 2)):
            raise ValueError(
                f"predict returned numbers such as {fractions[0]:.3g}; it must return labels, not "
                "probabilities, such as model.predict, or probability > 0.5"
            )
    return column.to_numpy()


def labels_of(*columns: Any) -> list[np.ndarray]:
    """Return a whole number for each label, so that equal labels have equal numbers."""
    frames = [pd.DataFrame({"label": column}) for column in columns]
    return [numbers[:, 0] for numbers in keys(*frames)]


def some(name: str, data: Any, rows: np.ndarray) -> Any:
    """Return some rows; all of them are handed on as they are."""
    return data if len(rows) == n_rows(name, data) else take(name, data, rows)
