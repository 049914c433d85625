"""Whether the same person, device or document is on both sides of a split."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame, keys
from .._words import counted
from .result import Finding, Result

__all__ = ["shared_identifiers"]


def shared_identifiers(train: Any, test: Any) -> Result:
    """Find the identifiers that are on both sides of a split. Nothing is trained.

    Parameters
    ----------
    train, test : array-like of shape (n,), or frame of such columns
        The identifier of each row on either side: of the patient, the device, the document, the
        recording, the shop. Of a frame each column is looked at by itself.

    Returns
    -------
    Result
        A finding for each column of identifiers, or one, ``"identifiers"``. ``value`` is the share
        of test rows whose identifier is on the training side as well; ``null`` is 0, as none need
        be. ``"not checked"`` where a side is empty, or no identifier is known.

    Raises
    ------
    ValueError
        If the sides have other columns, or identifiers of kinds that can never be equal, such as
        numbers on one side and texts on the other.

    Notes
    -----
    Missing identifiers are left out and counted in a note. Nothing is guessed: ``"P-01"`` and
    ``"p1"`` are two patients; where such pairs are all that is found, the verdict is ``"not
    checked"``. Where an identifier is on both sides on purpose (a shop that will
    be there tomorrow), say in your report that the claim is about known ones.

    Examples
    --------
    >>> from pitfalls.checks import shared_identifiers
    >>> shared_identifiers(["p1", "p1", "p2"], ["p2", "p3"]).verdict
    'suspect'
    """
    first, second = as_frame("train", train), as_frame("test", test)
    if first.shape[1] == 1 == second.shape[1]:
        first, second = (side.set_axis(["identifiers"], axis=1) for side in (first, second))
    elif list(first.columns) != list(second.columns):
        raise ValueError(
            f"train has the identifiers {list(first.columns)} and test {list(second.columns)}; "
            "hand over the same of both"
        )
    findings, notes = [], []
    for name in first.columns:
        sides = first[name], second[name]
        _same_kind(name, *sides)
        known = [side.dropna() for side in sides]
        gone = sum(map(len, sides)) - sum(map(len, known))
        if gone:
            notes.append(f"{counted(gone, 'row')} without {name} left out.")
        findings.append(_shared(str(name), *known))
    return Result("shared_identifiers", tuple(findings), tuple(notes))


def _shared(name: str, train: pd.Series, test: pd.Series) -> Finding:
    if train.empty or test.empty:
        return Finding.missing(name, "a side has no identifiers; hand over those of both sides.")
    ours, theirs = (side.ravel() for side in keys(train.to_frame(), test.to_frame()))
    both = np.isin(theirs, ours)
    found = test[both].drop_duplicates()
    alike = _alike(train, test) - set(found.map(_bare))
    return Finding.judged(
        name,
        both.mean(),
        0,
        seen=not alike,
        says=(
            f"{counted(both.sum(), 'test row')} of {len(test)} belong to "
            f"{counted(len(found), 'identifier')} of the training side."
            if both.any()
            else f"none of the {counted(test.nunique(), 'identifier')} of the test side is on the "
            "training side."
        ),
        blind=(
            f"{counted(len(alike), 'identifier')} on both sides would be equal but for capitals, "
            "blanks, signs or leading zeros, such as "
            f"{min(alike, default='')!r}; write them alike."
        ),
        cure=(
            "split by this identifier (GroupKFold, GroupShuffleSplit), so that all rows of one "
            "are on one side."
        ),
        where=found,
    )


def _alike(train: pd.Series, test: pd.Series) -> set[str]:
    """Return what is on both sides once capitals, blanks, signs and leading zeros are gone."""
    if pd.api.types.infer_dtype(train, skipna=True) != "string":
        return set()
    return {*train.drop_duplicates().map(_bare)} & {*test.drop_duplicates().map(_bare)}


def _bare(identifier: Any) -> str:
    """Return an identifier as careless hands would write it: ``P-007`` and ``p7`` are alike."""
    parts = re.findall(r"[^\W\d_]+|\d+", str(identifier).casefold())
    return " ".join(part.lstrip("0") or "0" if part.isdigit() else part for part in parts)


def _same_kind(name: Any, train: pd.Series, test: pd.Series) -> None:
    """Raise where identifiers of the two sides can never be equal."""
    kinds = [
        "texts" if pd.api.types.infer_dtype(side, skipna=True) == "string" else "numbers"
        for side in (train.dropna().astype(object), test.dropna().astype(object))
        if len(side)
    ]
    if len(set(kinds)) == 2:
        raise ValueError(
            f"{name} are {kinds[0]} in train and {kinds[1]} in test, which are never equal; make "
            "both sides texts"
        )
