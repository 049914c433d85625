"""What a reader handed to an audit, read once: which rows are which, and what was not given."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame, n_rows, native, take
from .._times import read_reach, read_times
from .._words import suggested

__all__ = ["Given", "Options", "Side", "check_gap", "given_of"]

#: Words that a column of texts has on average, and below which it is names, codes or words.
_WORDS_OF_TEXT = 8
#: Rows that are looked at to tell texts from names.
_LOOKED_AT = 200


@dataclass(frozen=True)
class Side:
    """One side of a split.

    Attributes
    ----------
    X : rows
        What the model is given of them, without groups and times that were named by a column.
    places : array of int or None
        Their places among all rows; None where they are rows of their own.
    """

    X: Any
    places: np.ndarray | None = None

    def of(self, name: str, whole: Any) -> Any:
        """Return what belongs to these rows of something that all rows have, or None."""
        if whole is None or whole is False or self.places is None:
            return None
        return take(name, whole, self.places)


@dataclass(frozen=True)
class Given:
    """What was handed over. None is "not given", False is "there is none".

    Attributes
    ----------
    X, y : rows and outcomes
        As they are handed to the procedure.
    features : rows
        X without the columns that name groups and times.
    groups, time : one value a row, None or False
        What belongs to the rows.
    available_at : mapping, array, number, None
        When columns are known; 0 for all where the reader says that all are known in time.
    train, test : Side or None
        A split, or one fold of it.
    """

    X: Any
    y: Any
    n: int
    features: Any
    groups: Any
    time: Any
    available_at: Any
    train: Side | None
    test: Side | None
    column_of: Mapping[str, Any]

    @property
    def named(self) -> dict[str, Any]:
        """Groups and times, where there are some."""
        given = {"groups": self.groups, "time": self.time}
        return {name: one for name, one in given.items() if one is not None and one is not False}

    def when(self) -> pd.Series:
        """Return the times of all rows as numbers or dates, numbered from 0."""
        column = as_frame("time", self.time).iloc[:, 0].reset_index(drop=True)
        return read_times("time", column)

    def ranks(self) -> np.ndarray:
        """Return the place of each row's time in their order, -1 where there is none."""
        return pd.factorize(self.when(), sort=True)[0]

    @property
    def is_table(self) -> bool:
        """Whether X has columns that mean something each, and are not the pixels of a picture."""
        data = native("X", self.features)
        if isinstance(data, pd.DataFrame):
            return True
        return isinstance(data, np.ndarray) and data.ndim == 2 and data.dtype.kind in "biuf"

    def texts(self) -> list[Any]:
        """Return the places of the columns of texts; a list or Series of texts is None."""
        data = native("X", self.features)
        if isinstance(data, pd.DataFrame):
            return [place for place in range(data.shape[1]) if _is_text(data.iloc[:, place])]
        if isinstance(data, np.ndarray) and data.ndim > 1:
            return []
        if not isinstance(data, pd.Series | np.ndarray | list | tuple):
            return []
        return [None] if _is_text(pd.Series(data)) else []


@dataclass(frozen=True)
class Options:
    """What else was handed over; see `audit`."""

    metric: Any = None
    greater_is_better: bool | None = None
    make_features: Any = None
    series: Any = None
    late: Any = None
    fit_until: Any = None
    served: Any = None
    gap: Any = None
    improvement: float | None = None
    crossed: bool = False
    held: bool = False
    seed: int = 0


def _known_at(available_at: Any, features: Any, aside: list[Any]) -> Any:
    """Return when columns are known, without those that name groups and times."""
    if available_at is False:
        return 0
    if not isinstance(available_at, Mapping | pd.Series):
        return available_at
    labels = list(as_frame("X", features).columns)
    told = {name: when for name, when in available_at.items() if name not in aside}
    for name in told:
        if name not in labels:
            raise ValueError(
                f"available_at names {name!r}, which is no column of X; {suggested(name, labels)}"
            )
    return told


def _is_text(column: pd.Series) -> bool:
    if column.dtype.kind not in "OUS" and not isinstance(column.dtype, pd.StringDtype):
        return False
    some = column.dropna().iloc[:_LOOKED_AT]
    if not len(some) or not all(isinstance(one, str) for one in some):
        return False
    return float(np.mean([len(one.split()) for one in some])) >= _WORDS_OF_TEXT


def given_of(
    X: Any,
    y: Any,
    *,
    groups: Any,
    time: Any,
    available_at: Any,
    train: Any,
    test: Any,
    split: Callable[[], tuple[Any, Any]] | None = None,
) -> Given:
    """Read what was handed over; `split` gives the two sides where they were not.

    Raises
    ------
    ValueError, TypeError
        If lengths differ, a column is not there, or there is one side of a split alone.
    """
    n = n_rows("X", X)
    if n_rows("y", y) != n:
        raise ValueError(f"X has {n} rows and y has {n_rows('y', y)}; they must have the same")
    _check_names(X)
    columns, values = {}, {}
    for name, one in (("groups", groups), ("time", time)):
        columns[name], values[name] = _column(name, one, X, n)
    aside = [column for column in columns.values() if column is not None]
    features = _without(X, aside)
    if train is None and test is None and split is not None:
        train, test = split()
    sides = {name: _side(name, one, X, features, aside) for name, one in
             (("train", train), ("test", test))}  # fmt: skip
    if (sides["train"] is None) != (sides["test"] is None):
        missing = "train" if sides["train"] is None else "test"
        raise ValueError(f"{missing}=None: a split has two sides; hand over both train and test")
    if available_at is True:
        raise ValueError(
            "available_at=True says nothing; pass how long after the decision each column is "
            "known, or False where all are known in time"
        )
    return Given(
        X=X, y=y, n=n, features=features, groups=values["groups"], time=values["time"],
        available_at=_known_at(available_at, features, aside),
        train=sides["train"], test=sides["test"], column_of=columns,
    )  # fmt: skip


def _check_names(X: Any) -> None:
    """Raise where two columns have one name, of which nobody knows which is meant."""
    frame = native("X", X)
    twice = frame.columns[frame.columns.duplicated()] if isinstance(frame, pd.DataFrame) else []
    if len(twice):
        raise ValueError(
            f"X has several columns {twice[0]!r}; rename or drop all but one, so that each can be "
            "told by its name"
        )


def check_gap(gap: Any, given: Given) -> None:
    """Raise where a gap is no time, or none of a kind with the times, or as long as all of them.

    Times that cannot be read are told where they are asked for.
    """
    if gap is None:
        return
    kinds = str | int | float | np.number | np.timedelta64 | datetime.timedelta
    if not isinstance(gap, kinds) or gap is False:
        raise ValueError(
            f"gap={gap!r} must be a timedelta, a text such as '10D', or a number; 0 is at once"
        )
    if "time" not in given.named:
        return
    try:
        when = given.when().dropna()
    except ValueError:
        return
    reach = read_reach("gap", gap, when)
    if len(when) and reach and reach >= when.max() - when.min():
        raise ValueError(
            f"gap={gap!r} is as long as all times, from {when.min()} to {when.max()}, or more; "
            "pass how long after its time the outcome of a row is known"
        )


def _column(name: str, given: Any, X: Any, n: int) -> tuple[Any, Any]:
    """Return the name of a column of X, where one was named, and one value a row."""
    if given is None or given is False:
        return None, given
    if given is True:
        raise ValueError(f"{name}=True: hand over one value a row, or the name of a column of X")
    if isinstance(given, str | int | tuple) or np.ndim(given) == 0:
        frame = native("X", X)
        if not isinstance(frame, pd.DataFrame) or given not in frame.columns:
            known = ", ".join(map(repr, getattr(frame, "columns", [])[:8])) or "no names"
            raise ValueError(
                f"{name}={given!r} is no column of X, which has {known}; hand over one value a "
                "row, or the name of a column"
            )
        return given, frame[given]
    size = as_frame(name, given).shape
    if size != (n, 1):
        raise ValueError(
            f"{name} has {size[0]} rows and {size[1]} columns; it must have one value for each of "
            f"the {n} rows of X"
        )
    return None, given


def _without(X: Any, columns: Iterable[Any]) -> Any:
    columns = list(columns)
    if not columns:
        return X
    return native("X", X).drop(columns=columns)


def _side(name: str, given: Any, X: Any, features: Any, aside: list[Any]) -> Side | None:
    """Read one side: places in X, a yes or no for each row of X, labels of its index, or rows."""
    if given is None or given is False:
        return None
    places = _places(name, given, native("X", X), n_rows("X", X))
    if places is None:
        places = _found(native(name, given), native("X", X))
    if places is not None:
        if not len(places):
            raise ValueError(f"{name} has no rows; hand over the places of its rows in X")
        return Side(take("X", features, places), places)
    rows = native(name, given)
    if aside and isinstance(rows, pd.DataFrame):
        rows = rows.drop(columns=[one for one in aside if one in rows.columns])
    n_rows(name, rows)
    _check_columns(name, rows, features)
    return Side(rows)


def _check_columns(name: str, rows: Any, features: Any) -> None:
    """Raise where rows of their own cannot be rows like those of X."""
    ours, theirs = native("X", features), native(name, rows)
    if isinstance(ours, pd.DataFrame) and isinstance(theirs, pd.DataFrame):
        strange = ours.columns.symmetric_difference(theirs.columns, sort=False)
        if len(strange):
            raise ValueError(
                f"{name} and X have not the same columns: {', '.join(map(str, strange[:5]))}"
            )
        return
    shapes = [np.shape(one) for one in (ours, theirs)]
    if len(shapes[0]) > 1 and shapes[0][1:] != shapes[1][1:]:
        raise ValueError(
            f"{name} must be places in X, yes or no for each row of X, or rows like those of X; "
            f"it has the shape {shapes[1]} and X {shapes[0]}"
        )


def _places(name: str, given: Any, X: Any, n: int) -> np.ndarray | None:
    """Return places, where whole numbers, yes and no, or labels of the index were handed over."""
    if isinstance(given, pd.DataFrame) or np.ndim(given) != 1 or hasattr(given, "tocsr"):
        return None
    values = np.asarray(given)
    index = getattr(X, "index", None)
    if isinstance(given, pd.Index) and isinstance(index, pd.Index):
        return _of_labels(name, given, index)
    if values.dtype.kind == "b":
        if len(values) != n:
            raise ValueError(f"{name} says yes or no {len(values)} times; X has {n} rows")
        return np.flatnonzero(values)
    if isinstance(given, pd.Series) or np.ndim(X) < 2:
        if values.dtype.kind not in "iu" or isinstance(given, pd.Series):
            return None
    whole = values.dtype.kind == "f" and len(values) and bool((values == values.round()).all())
    if whole:
        values = values.astype(int)
    if values.dtype.kind not in "iu" and len(values):
        return None
    if len(values) and (values.min() < 0 or values.max() >= n):
        wrong = int(values.min() if values.min() < 0 else values.max())
        raise ValueError(
            f"{name} has the place {wrong}; places in X are 0 to {n - 1}. Labels of its index "
            f"become places by X.index.get_indexer({name})"
        )
    return values.astype(int)


def _of_labels(name: str, given: pd.Index, index: pd.Index) -> np.ndarray:
    """Return the places of the rows that are called so."""
    if not index.is_unique:
        raise ValueError(f"{name} has labels, of which X has some twice; hand over places")
    places = index.get_indexer(given)
    if len(places) and places.min() < 0:
        missing = given[[int(np.argmin(places))]].tolist()[0]
        raise ValueError(f"{name} has the label {missing!r}, which is none of X; hand over places")
    return places


def _found(rows: Any, X: Any) -> np.ndarray | None:
    """Return the places of rows that were taken from X as they are, by their index."""
    kinds = (pd.DataFrame, pd.Series)
    if not (isinstance(rows, kinds) and isinstance(X, kinds) and X.index.is_unique):
        return None
    places = X.index.get_indexer(rows.index)
    if len(places) and places.min() < 0:
        return None
    there = X.iloc[places]
    return places if type(there) is type(rows) and there.equals(rows) else None
