"""The checks of two sides of a split: those of the reader, or two at random."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from .. import checks
from .._data import as_frame, native, take
from ..checks import Finding, Result
from ._given import Given, Options

__all__ = [
    "SIDES",
    "both_known",
    "identifiers",
    "is_forwards",
    "resampled",
    "rows",
    "texts_of",
    "times",
]

#: Without a split it is asked of a random one whether rows know each other at all.
_TEST_SHARE = 1 / 3
#: Outcomes of more different numbers are amounts.
_CLASSES = 20
SIDES = "train= and test=, the two sides of your split (or of one fold): places, yes and no, rows"


def both_known(given: Given) -> bool:
    """Whether groups and times of both sides are known."""
    return (
        given.train is not None
        and given.test is not None
        and given.train.places is not None
        and given.test.places is not None
    )


def is_forwards(given: Given) -> bool:
    """Whether all test rows are later than all training rows."""
    if "time" not in given.named or not both_known(given):
        return False
    assert given.train is not None and given.test is not None
    when = given.when()
    train, test = (when.iloc[one.places] for one in (given.train, given.test))
    known = bool(train.notna().all() and test.notna().all())
    return known and bool(train.max() < test.min())


def _both(given: Given, name: str, whole: Any) -> tuple[Any, Any]:
    assert given.train is not None and given.test is not None
    return given.train.of(name, whole), given.test.of(name, whole)


def identifiers(given: Given) -> Result:
    return checks.shared_identifiers(*_both(given, "groups", given.groups))


def times(given: Given, options: Options) -> Result:
    return checks.trained_after_test(*_both(given, "time", given.time), gap=options.gap)


def _two(given: Given, options: Options, split: bool) -> tuple[Any, Any, np.ndarray, np.ndarray]:
    """Return two sides and their places: those of the reader, or some at random."""
    if split:
        assert given.train is not None and given.test is not None
        none = np.empty(0, dtype=int)
        places = [none if one.places is None else one.places for one in (given.train, given.test)]
        return given.train.X, given.test.X, *places
    order = np.random.default_rng(options.seed).permutation(given.n)
    test, train = np.split(order, [math.ceil(given.n * _TEST_SHARE)])
    return take("X", given.features, train), take("X", given.features, test), train, test


def rows(given: Given, options: Options, split: bool) -> Result:
    train, test, *places = _two(given, options, split)
    order = None
    if "time" in given.named:
        if not split:
            order = tuple(take("time", given.time, one) for one in places)
        elif both_known(given):
            order = _both(given, "time", given.time)
    found = checks.shared_rows(train, test, order=order, random_state=options.seed)
    if not split:
        return _softened(found)
    if "groups" not in given.named and is_forwards(given):
        found = _come_again(found, given)
    return _placed(found, given, test)


def _come_again(found: Result, given: Given) -> Result:
    """Take back that rows are alike where units may come again, and are claimed to.

    In a split forwards in time a patient of the last round is like the same one of the round
    before, and the model will meet both on the day. Rows that are equal in all columns are told.
    """
    ask = (
        "pass groups=, the unit of each row, if the claim is about new units, or groups=False if "
        "it is not."
        if given.groups is None
        else "look at the nearest pairs: if these are units that come again, say so in silence=, "
        "else drop the copies."
    )
    findings = [
        replace(
            one,
            verdict="not checked",
            says=f"{one.says} The split is forwards in time: units that come again are alike by "
            f"right, and cannot be told from copies; {ask}",
            cure="",
        )
        if one.of == "near" and one.verdict == "suspect"
        else one
        for one in found
    ]
    return replace(found, findings=tuple(findings))


def texts_of(given: Given, columns: list[Any], options: Options, split: bool) -> Result:
    train, test, *_ = _two(given, options, split)
    findings: list[Finding] = []
    notes: list[str] = []
    for place in columns:
        first, second = (
            (train, test) if place is None else (_column(train, place), _column(test, place))
        )
        found = checks.shared_texts(first, second, random_state=options.seed)
        name = f"{first.name}: " if len(columns) > 1 else ""
        findings += [replace(one, of=f"{name}{one.of}") for one in found]
        notes += found.notes
    found = Result("shared_texts", tuple(findings), tuple(dict.fromkeys(notes)))
    return _placed(found, given, test) if split else _softened(found)


def _column(side: Any, place: int) -> pd.Series:
    return native("side", side).iloc[:, place]


def resampled(given: Given, options: Options, split: bool) -> Result:
    train, test, *places = _two(given, options, split)
    outcome = as_frame("y", given.y)
    classes = outcome.shape[1] == 1 and outcome.iloc[:, 0].nunique() <= _CLASSES
    known = classes and all(len(one) for one in places)
    y_train, y_test = (take("y", outcome.iloc[:, 0], one) if known else None for one in places)
    found = checks.resampled_before_split(train, test, y_train=y_train, y_test=y_test)
    return _placed(found, given, test) if split else _softened(found)


def _worded(says: str) -> str:
    """Return advice with the names that an audit has for what a check asks for."""
    return says.replace("order=", "time=")


def _placed(found: Result, given: Given, test: Any) -> Result:
    """Name rows by their places in X, and what to hand over as an audit calls it."""
    named = isinstance(native("test", test), pd.DataFrame | pd.Series)
    places = None if given.test is None or named else given.test.places
    findings = [
        replace(
            one,
            says=_worded(one.says),
            where=one.where if places is None else tuple(int(places[row]) for row in one.where),
        )
        for one in found
    ]
    return replace(found, findings=tuple(findings))


def _softened(found: Result) -> Result:
    """Take back a suspicion about a split that is not the reader's."""
    findings = [
        replace(
            one,
            verdict="not checked",
            says=f"{_worded(one.says)} That is for a split at random; whether it is so for yours, "
            f"pass {SIDES}.",
            cure="",
        )
        if one.verdict == "suspect"
        else replace(one, says=_worded(one.says))
        for one in found
    ]
    note = "no split was given; the rows were split at random."
    return Result(found.check, tuple(findings), (*found.notes, note))
