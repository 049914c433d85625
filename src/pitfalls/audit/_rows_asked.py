"""Which rows were asked: fingerprints that another order or set of features does not hide."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._data import as_frame, hashed, is_sparse, keys, n_rows, without_torch

__all__ = ["Rows", "fingerprint", "row_numbers"]

#: Numbers of rows that are kept of a hold-out, the smallest: with so many an overlap of a
#: hundredth is seen.
KEPT = 512
#: Outcomes of so many rows tell a hold-out again, whatever its features have become.
ENOUGH = 30
FEWEST_OF_A_CLASS = 8


@dataclass(frozen=True)
class Rows:
    """A hold-out, as the log knows it.

    Attributes
    ----------
    name : str
        A fingerprint of its rows in any order.
    n : int
        How many they are.
    smallest : array of uint64
        The smallest numbers that stand for rows: enough to tell how many two hold-outs share.
    outcomes : str
        A fingerprint of the outcomes in their order, or nothing where they are too few to tell.
    """

    name: str
    n: int
    smallest: np.ndarray
    outcomes: str

    @classmethod
    def of(cls, numbers: np.ndarray, y: np.ndarray) -> Rows:
        """Take `row_numbers` and outcomes."""
        smallest = np.unique(numbers)[:KEPT]
        return cls(fingerprint(np.sort(numbers)), len(numbers), smallest, _told_by(y))

    @classmethod
    def from_line(cls, line: dict[str, Any]) -> Rows:
        smallest = np.frombuffer(base64.b64decode(line["smallest"]), dtype="<u8")
        return cls(line["rows"], int(line["n"]), smallest, line["outcomes"])

    def as_line(self) -> dict[str, Any]:
        smallest = base64.b64encode(self.smallest.astype("<u8").tobytes()).decode()
        return {"rows": self.name, "n": self.n, "smallest": smallest, "outcomes": self.outcomes}

    def shared_with(self, other: Rows) -> float:
        """Return the share of these rows that the other hold-out has as well."""
        if self.name == other.name or (self.outcomes and self.outcomes == other.outcomes):
            return 1.0
        both = np.union1d(self.smallest, other.smallest)[:KEPT]
        common = np.isin(both, self.smallest) & np.isin(both, other.smallest)
        together = common.mean()
        return float(min(1.0, together * (self.n + other.n) / (1 + together) / self.n))


def row_numbers(X: Any) -> np.ndarray:
    """Return a number for each row: equal rows have equal numbers."""
    if is_sparse(X):
        X = X.tocsr()
        texts = (
            X.indices[a:b].tobytes() + X.data[a:b].tobytes()
            for a, b in zip(X.indptr[:-1], X.indptr[1:], strict=True)
        )
        return np.array([_number(text) for text in texts], dtype=np.uint64)
    data = without_torch(X)
    if isinstance(data, np.ndarray) and data.dtype.kind in "biuf":
        cells = hashed(data.reshape(n_rows("X", data), -1).astype(float))
    else:
        frame = as_frame("X", data)
        cells = np.empty(frame.shape, dtype=np.uint64)
        for place, kind in enumerate(frame.dtypes):
            column = frame.iloc[:, [place]]
            plain = isinstance(kind, np.dtype) and kind.kind in "biuf"
            cells[:, [place]] = hashed(column.to_numpy(float)) if plain else keys(column)[0]
    return np.array([_number(row.tobytes()) for row in cells], dtype=np.uint64)


def _number(text: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def fingerprint(values: np.ndarray) -> str:
    """Return a short text that stands for an array."""
    values = np.ascontiguousarray(values)
    if values.dtype == object or values.dtype.kind in "US":
        return _short("\0".join(map(str, values.ravel())).encode())
    return _short(f"{values.dtype.str}{values.shape}".encode() + values.tobytes())


def _short(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=12).hexdigest()


def _told_by(y: np.ndarray) -> str:
    """Return a fingerprint of outcomes, or nothing where other rows may have the same."""
    told = np.asarray(y).astype(str)
    rare = len(y) - np.unique(told, return_counts=True)[1].max()
    return fingerprint(told) if len(y) >= ENOUGH and rare >= FEWEST_OF_A_CLASS else ""
