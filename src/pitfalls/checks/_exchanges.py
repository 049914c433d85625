"""Orders of outcomes: exchanged between groups, dealt out anew among rows, or one for each group.

An order says for each row which row's outcome it gets, so that outcomes of any kind can follow it
(`_data.outcome_in_order`) and nothing is ever made of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .._data import as_frame, keys

__all__ = ["Exchanges", "codes_of"]

#: Numbers count as the same label in bands that about so many groups share.
_GROUPS_A_BAND = 3
#: In the control each label belongs to so many groups, so that one may be held out.
_LEAST_GROUPS = 2


def codes_of(name: str, values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return a whole number from 0 for each row, by first appearance, and which have no value."""
    frame = as_frame(name, values)
    missing = frame.isna().any(axis=1).to_numpy()
    if not len(frame):
        return np.empty(0, dtype=int), missing
    (found,) = keys(frame)
    alike = np.unique(found, axis=0, return_inverse=True)[1].ravel()
    return pd.factorize(alike)[0], missing


class Exchanges:
    """Draws orders of the outcomes of rows that belong to groups.

    Parameters
    ----------
    y : outcomes of any kind
        With a row for each case. Rows without an outcome keep it as it is.
    group : array of shape (n,)
        Whole numbers from 0.
    rng : Generator
        Draws the orders.
    """

    def __init__(self, y: Any, group: np.ndarray, rng: np.random.Generator) -> None:
        self._rng = rng
        self.labels, missing = codes_of("y", y)
        self.known = np.flatnonzero(~missing)
        self._n = len(self.labels)
        by_group = pd.Series(self.known).groupby(group[self.known]).indices
        self.rows = [self.known[places] for places in by_group.values()]
        self._rank = _ranks(y, self.labels)
        distinct = np.unique(self._rank[self.known])
        width = max(1, _GROUPS_A_BAND * len(distinct) // max(1, len(self.rows)))
        self._band = np.searchsorted(distinct, self._rank) // width
        self.n_labels = len(distinct)

    def between_groups(self) -> np.ndarray:
        """Let whole groups exchange their outcomes.

        Where a group has several, each becomes one of the other group's, drawn by lot, so that
        some groups have one outcome afterwards: that is what a procedure can recognise best.
        """
        order = np.arange(self._n)
        partners = self._rng.permutation(len(self.rows))
        for own, partner in zip(self.rows, partners, strict=True):
            _, which = np.unique(self.labels[own], return_inverse=True)
            order[own] = self._rng.choice(self.rows[partner], which.max() + 1)[which]
        return order

    def among_rows(self, order: np.ndarray) -> np.ndarray:
        """Deal exchanged outcomes out anew, among the rows whose true outcome is alike."""
        dealt = order.copy()
        rows = pd.Series(self.known).groupby(self._band[self.known]).indices.values()
        for places in rows:
            alike = self.known[places]
            dealt[alike] = self._rng.permutation(order[alike])
        return dealt

    def one_for_each(self) -> np.ndarray:
        """Give each group one outcome, all kinds as common as they are, and none too rare."""
        sorted_rows = self.known[
            np.lexsort((self._rng.random(len(self.known)), self._rank[self.known]))
        ]
        n_groups = len(self.rows)
        sources = sorted_rows[
            ((np.arange(n_groups) + 0.5) * len(sorted_rows) / n_groups).astype(int)
        ]
        sources = self._with_rare_ones(sources, sorted_rows)
        order = np.arange(self._n)
        for own, source in zip(self.rows, self._rng.permutation(sources), strict=True):
            order[own] = source
        return order

    def _with_rare_ones(self, sources: np.ndarray, sorted_rows: np.ndarray) -> np.ndarray:
        """See to it that no label is of one group alone, as far as there are groups enough."""
        labels = np.unique(self.labels[sorted_rows])
        if len(labels) > len(sources) // _LEAST_GROUPS:
            return sources
        given = pd.Series(self.labels[sources]).value_counts().reindex(labels, fill_value=0)
        wanted = given.clip(lower=_LEAST_GROUPS)
        while wanted.sum() > len(sources):
            wanted[wanted.idxmax()] -= 1
        first = pd.Series(sorted_rows, self.labels[sorted_rows])
        first = first[~first.index.duplicated()]
        return np.repeat(first[labels].to_numpy(), wanted.to_numpy())


def _ranks(y: Any, labels: np.ndarray) -> np.ndarray:
    """Return where an outcome stands among all, by its size where it is a number.

    Of several numbers the first decides, then the next.
    """
    frame = as_frame("y", y)
    if not len(frame) or any(dtype.kind not in "fiub" for dtype in frame.dtypes):
        return labels
    places = frame.rank(method="dense").fillna(0).to_numpy()
    return np.unique(places, axis=0, return_inverse=True)[1].ravel()
