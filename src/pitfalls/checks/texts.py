"""Whether test texts, or pieces of them, are in the training texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .._data import as_frame
from .._words import counted, percent
from ._near import as_sparse, too_near
from ._phrases import RUN, Shared
from .result import Finding, Result

__all__ = ["shared_texts"]

#: Shorter texts are the same by chance: "thanks, I'll call you later".
FEWEST_WORDS = 8
#: Runs and near texts that a collection may have without a fault: quotations, forms.
USUAL = 0.01
#: Words in a larger share of texts tell nothing apart.
COMMON_WORD = 0.05
#: A near copy stands out among the nearest texts, and has at least so much in common.
TOO_NEAR, ALIKE = 0.001, 0.4
#: Copies that are planted, and the share of them that must be found.
PLANTED, FOUND = 30, 0.9
#: Share of words that a planted near copy has replaced, and words of a planted piece.
REWORDED, PIECE = 0.2, 30
#: Training texts that are needed to see what is near, and texts that are looked at for it.
FEWEST, SAMPLE = 40, 2_000
#: Chinese and Japanese have no blanks: each sign is a word.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


def shared_texts(train: Any, test: Any, *, random_state: int = 0) -> Result:
    """Find test texts that are in the training texts: whole, in long pieces, or reworded a little.

    Parameters
    ----------
    train, test : sequence of str, or frame of one column, n texts each
        The texts on either side of the split. Missing ones are left out.
    random_state : int, default=0
        For the copies that are planted, and the texts that are drawn where there are many.

    Returns
    -------
    Result
        ``"exact"`` : test texts that are in training, but for case, punctuation and white space.
        ``"pieces"`` : others that have thirteen words in a row in common with a training text, or
        more where common phrases make so many by chance.
        ``"near"`` : others whose words are mostly those of one training text, and of no other.
        ``value`` is a share of the test texts of at least eight words. ``null`` is 0 for whole
        texts, and one in a hundred else, for quotations and forms. Each is ``"clean"`` only where
        copies that are planted in these texts are found.

    Raises
    ------
    TypeError
        If there is something else than texts.
    ValueError
        If a side has several columns.

    Notes
    -----
    Thirteen words in a row are what Brown and colleagues looked for between their test sets
    and the web. A run of words that is in many texts is boilerplate, such as a header, and does
    not count. Nor does one that common phrases make, as in texts that are put together from forms
    and stock sentences: how often texts that agree in some words agree in the next is counted in
    the training texts, without the places that hold the run itself. There, runs of 26 and of 52
    words are looked for as well, which chance makes more seldom. Near texts are found by the
    angle between counts of words, weighted by how seldom they are, and by a gap between the
    nearest text and the next: see `shared_rows`.

    Where texts have such words in common by chance alone, the finding is ``"not checked"``: a text
    of which there are dozens of versions looks the same. A stock sentence of thirteen words that
    fewer than five training texts have looks like a quotation, and counts.

    What it cannot see: paraphrase and translation, where other words say the same; copies of texts
    of fewer than eight words; and what a pretrained model has read before.

    References
    ----------
    T. B. Brown and colleagues (2020). Language models are few-shot learners, appendix C.
    arXiv:2005.14165.

    Examples
    --------
    >>> from pitfalls.checks import shared_texts
    >>> train = ["The quick brown fox jumps over the lazy dog.", "It rained all day in June."]
    >>> test = ["the QUICK brown fox jumps over the lazy dog", "It is dry."]
    >>> shared_texts(train, test)["exact"].where
    (0,)
    """
    rng = np.random.default_rng(random_state)
    notes: list[str] = []
    (ours, _), (theirs, names) = (
        _texts(name, side, notes) for name, side in (("train", train), ("test", test))
    )
    coded = _coded([*ours, *theirs])
    first, second = coded[: len(ours)], coded[len(ours) :]
    long = np.array([len(text) >= FEWEST_WORDS for text in second], dtype=bool)
    if not ours or not long.any():
        blind = (
            f"no test text has {FEWEST_WORDS} words, and shorter ones are equal by chance."
            if ours and theirs
            else "a side has no texts; hand over those of both sides."
        )
        kinds = ("exact", "pieces", "near")
        return Result("shared_texts", tuple(Finding.missing(of, blind) for of in kinds), (*notes,))
    if not long.all():
        notes.append(
            f"{counted(int((~long).sum()), 'test text')} of fewer than {FEWEST_WORDS} words left "
            "out: they are equal by chance."
        )
    second = [text for text, kept in zip(second, long, strict=True) if kept]
    at = np.asarray(names, dtype=object)[long]
    looker = _Looker(first, second, rng)
    findings = [_exact(looker, at), _pieces(looker, at), _near(looker, at, notes)]
    return Result("shared_texts", tuple(findings), tuple(notes))


def _texts(name: str, side: Any, notes: list[str]) -> tuple[list[str], list[Any]]:
    """Return texts and what they are called, or raise."""
    frame = as_frame(name, side)
    if frame.shape[1] > 1:
        raise ValueError(
            f"{name} has {frame.shape[1]} columns; hand over one column of texts, such as "
            f"{name}[{str(frame.columns[0])!r}]"
        )
    if not len(frame) or not frame.shape[1]:
        return [], []
    column = frame.iloc[:, 0]
    known = column.dropna()
    for row, text in known.items():
        if not isinstance(text, str):
            raise TypeError(f"{name} has {text!r} at {row!r}; it must be texts")
    if len(known) < len(column):
        notes.append(f"{counted(len(column) - len(known), f'{name} text')} missing, left out.")
    return known.tolist(), known.index.tolist()


def _coded(texts: Sequence[str]) -> list[np.ndarray]:
    """Return each text as numbers of its words, without case, punctuation and white space."""
    words = [WORD.findall(unicodedata.normalize("NFKC", text).casefold()) for text in texts]
    ends = np.cumsum([len(some) for some in words])
    numbers = pd.factorize(np.array([one for some in words for one in some], dtype=object))[0]
    return np.split(numbers.astype(np.int64), ends[:-1]) if len(ends) else []


@dataclass
class _Looker:
    """The texts of both sides, by the numbers of their words."""

    train: list[np.ndarray]
    test: list[np.ndarray]
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self.whole = {text.tobytes() for text in self.train}
        self.exact = self.same(self.test)
        self.pieces = Shared(self.train, self.test)

    def same(self, texts: Sequence[np.ndarray]) -> np.ndarray:
        return np.array([text.tobytes() in self.whole for text in texts], dtype=bool)

    def near(self, texts: Sequence[np.ndarray]) -> np.ndarray:
        """Say which texts stand out as near to a training text."""
        n_words = 1 + max(int(text.max(initial=0)) for text in [*self.train, *self.test])
        train, some = _counts(self.train, n_words), _counts(texts, n_words)
        in_texts = np.bincount(train.indices, minlength=n_words)
        weight = np.log((1 + len(self.train)) / (1 + in_texts))
        weight[in_texts > max(COMMON_WORD * len(self.train), 2)] = 0
        train, some = (side @ sparse.diags_array(weight).tocsr() for side in (train, some))
        for side in (train, some):
            side.eliminate_zeros()
        view = as_sparse(train, some)
        (chance, _), distances = too_near(view), view.nearest()
        return (chance < TOO_NEAR) & (1 - distances**2 / 2 >= ALIKE)

    def some(self, shortest: int) -> list[np.ndarray]:
        """Draw training texts of some length."""
        long = [text for text in self.train if len(text) >= shortest]
        order = self.rng.permutation(len(long))[:PLANTED]
        return [long[place] for place in order]


def _counts(texts: Sequence[np.ndarray], n_words: int) -> Any:
    """Return how often each word is in each text, as a sparse array."""
    ends = np.cumsum([0, *map(len, texts)])
    words = np.concatenate([*texts, np.empty(0, np.int64)])
    counts = sparse.csr_array((np.ones(len(words)), words, ends), shape=(len(texts), n_words))
    counts.sum_duplicates()
    counts.data = 1 + np.log(counts.data)
    return counts


# Findings


def _exact(looker: _Looker, at: np.ndarray) -> Finding:
    n = int(looker.exact.sum())
    return Finding.judged(
        "exact", looker.exact.mean(), 0, where=at[looker.exact],
        seen=bool(looker.same(looker.some(1)).all()),
        says=(
            f"{counted(n, 'test text')} of {len(at)} {'is' if n == 1 else 'are'} in training, but "
            "for case, punctuation and white space."
            if n
            else f"none of the {counted(len(at), 'test text')} is in training as a whole."
        ),
        blind="texts that were planted here were not found.",
        cure="drop the copies before the split, or keep equal texts on one side (GroupKFold).",
    )  # fmt: skip


def _pieces(looker: _Looker, at: np.ndarray) -> Finding:
    others = ~looker.exact
    found, at_all = (some & others for some in looker.pieces.told(looker.test))
    if found.mean() <= USUAL < at_all.mean():
        return Finding.missing(
            "pieces",
            f"{counted(int(at_all.sum()), 'test text')} of {len(at)} have {RUN} words in a row in "
            "common with a training text, as texts put together from common phrases have by "
            "chance, or dozens of versions of one text. Look at some, or ask by source.",
        )
    planted = [
        np.concatenate([looker.test[place % len(looker.test)][:10], _middle(text)])
        for place, text in enumerate(looker.some(PIECE))
    ]
    return _judged(
        "pieces", found, at, planted, looker.pieces.found,
        what=f"have {RUN} words in a row or more in common with a training text, not by chance",
        thing=f"pieces of {PIECE} words",
        lacks=f"too few training texts have {PIECE} words",
        cure=(
            "look at the pieces: a source that both sides quote belongs on one side; take "
            "boilerplate out before training."
        ),
    )  # fmt: skip


def _middle(text: np.ndarray) -> np.ndarray:
    """Return a piece of a text from its middle, where there is no header."""
    start = (len(text) - PIECE) // 2
    return text[start : start + PIECE]


def _near(looker: _Looker, at: np.ndarray, notes: list[str]) -> Finding:
    if len(looker.train) < FEWEST:
        return Finding.missing(
            "near",
            f"with {counted(len(looker.train), 'training text')} nothing is usual; {FEWEST} are "
            "needed.",
        )
    rows = np.flatnonzero(~looker.exact)
    if not len(rows):
        return Finding.missing("near", "all test texts are in training: none is left.")
    if len(rows) > SAMPLE:
        notes.append(f"near: {SAMPLE} test texts of {len(rows)} were drawn and looked at.")
        rows = np.sort(looker.rng.choice(rows, SAMPLE, replace=False))
    found = looker.near([looker.test[row] for row in rows])
    words = np.concatenate(looker.train)
    return _judged(
        "near", found, at[rows],
        [_reworded(text, words, looker.rng) for text in looker.some(FEWEST_WORDS)], looker.near,
        what="have most words in common with one training text and with no other",
        thing=f"copies of which {percent(REWORDED)} of the words were replaced",
        lacks="the training texts are too short",
        cure="look at the nearest pairs, and keep versions of one text on one side (GroupKFold).",
    )  # fmt: skip


def _judged(
    of: str, found: np.ndarray, at: np.ndarray, planted: list[np.ndarray],
    look: Callable[[Sequence[np.ndarray]], np.ndarray],
    *, what: str, thing: str, lacks: str, cure: str,
) -> Finding:  # fmt: skip
    """Judge what was found, by what is found of that which is planted."""
    value, n = float(found.mean()), int(found.sum())
    seen = value <= USUAL and len(planted) > 2 and look(planted).mean() >= FOUND
    return Finding.judged(
        of, value, USUAL, seen=bool(seen), where=at[found],
        says=(
            f"{counted(n, 'test text')} of {len(at)} {what}"
            + ("." if value > USUAL else f"; {thing}, planted here, are found.")
        ),
        blind=(
            f"{thing}, planted here, are not found."
            if len(planted) > 2
            else f"{lacks} to see any."
        ),
        cure=cure,
    )  # fmt: skip


def _reworded(text: np.ndarray, words: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a text of which some words are others of the collection."""
    changed = rng.random(len(text)) < REWORDED
    return np.where(changed, rng.choice(words, len(text)), text)
