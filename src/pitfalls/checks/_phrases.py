"""Runs of words that texts have in common, and which of them common phrases make by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["RUN", "Shared"]

#: So many words in a row are no coincidence; GPT-3's authors looked for as many. Where common
#: phrases make them by chance, they do not make so many.
RUN = 13
LENGTHS = (RUN, 2 * RUN, 4 * RUN)
#: A run in so many texts, and so large a share of them, is boilerplate: a header, a licence.
BOILERPLATE, BOILERPLATE_SHARE = 5, 0.01
#: Which of the words before a word may foretell it, by their distance: none, one of the last
#: twelve, as a name or a number may stand between them, or the last two or three. The best counts.
BEFORE: tuple[tuple[int, ...], ...] = ((), *((far,) for far in range(1, RUN)), (1, 2), (1, 2, 3))
#: A phrase that so many texts have, or so large a share of them, is half believed.
PHRASE, PHRASE_SHARE = 3, 0.001
#: A run that chance puts into more places than this is no sign of a copy; a test set has many.
BY_CHANCE = 1e-6


class Shared:
    """Finds texts that have words in a row in common with training texts, and not by chance.

    Parameters
    ----------
    train, test : sequence of arrays of whole numbers
        The texts on either side, by the numbers of their words.
    """

    def __init__(self, train: Sequence[np.ndarray], test: Sequence[np.ndarray]) -> None:
        self._sides = train, test
        self._known: dict[int, tuple[Runs, np.ndarray, np.ndarray]] = {}

    def found(self, texts: Sequence[np.ndarray]) -> np.ndarray:
        """Say which texts have such words; where chance made them, more words are looked for."""
        return self.told(texts)[0]

    def told(self, texts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Say that, and which texts have such words at all, be it by chance."""
        found, at_all = np.zeros((2, len(texts)), dtype=bool)
        left = list(range(len(texts)))
        for length in LENGTHS:
            train, clear, boilerplate = self._of(length)
            runs = Runs.of([texts[place] for place in left], length)
            here = among(runs.numbers, clear) & runs.clear_of(boilerplate)
            at_all[np.array(left)[runs.owners[here]]] = True
            here &= ~among(runs.numbers, by_chance(train, pd.unique(runs.numbers[here])))
            found[np.array(left)[runs.owners[here]]] = True
            shared = np.unique(runs.owners[among(runs.numbers, train.numbers)])
            left = [left[one] for one in shared if not found[left[one]]]
            if not left:
                break
        return found, at_all

    def _of(self, length: int) -> tuple[Runs, np.ndarray, np.ndarray]:
        """Return the training texts' runs of a length, those clear of boilerplate, and that."""
        if length not in self._known:
            train, test = (Runs.of(side, length) for side in self._sides)
            boilerplate = np.concatenate([train.in_many(), test.in_many()])
            clear = pd.unique(train.numbers[train.clear_of(boilerplate)])
            self._known[length] = train, clear, boilerplate
        return self._known[length]


@dataclass(frozen=True)
class Runs:
    """All runs of words: a number for each, the text that it is in, and where it begins."""

    numbers: np.ndarray
    owners: np.ndarray
    starts: np.ndarray
    words: np.ndarray
    owners_of_words: np.ndarray
    n_texts: int
    length: int

    @classmethod
    def of(cls, texts: Sequence[np.ndarray], length: int) -> Runs:
        words = np.concatenate([*texts, np.empty(0, np.int64)])
        owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        numbers = _weighed(words, range(length))
        n = len(numbers)
        starts = np.flatnonzero(owner[:n] == owner[length - 1 :]) if n else np.empty(0, np.int64)
        return cls(numbers[starts], owner[starts], starts, words, owner, len(texts), length)

    def in_many(self) -> np.ndarray:
        """Return the runs that are in many texts: boilerplate."""
        each = pd.DataFrame({"run": self.numbers, "text": self.owners}).drop_duplicates()["run"]
        often = each.value_counts()
        many = often[often >= max(BOILERPLATE, BOILERPLATE_SHARE * self.n_texts)]
        return many.index.to_numpy(dtype=np.uint64)

    def clear_of(self, boilerplate: np.ndarray) -> np.ndarray:
        """Say which runs have no word of boilerplate in them."""
        within = self.starts[among(self.numbers, boilerplate)]
        n = int(self.starts.max(initial=0)) + self.length + 1
        ends = np.bincount(within + self.length, minlength=n)[:n]
        covered = np.r_[0, np.cumsum(np.cumsum(np.bincount(within, minlength=n) - ends) > 0)]
        return covered[self.starts + self.length] == covered[self.starts]


def among(numbers: np.ndarray, some: np.ndarray) -> np.ndarray:
    """Do what `numpy.isin` does; with millions of numbers pandas' table is ten times as fast."""
    return pd.Index(numbers).isin(some)


def _weighed(words: np.ndarray, before: Sequence[int]) -> np.ndarray:
    """Return a number for the words at some distances before each word, along the last axis.

    The first number is that of the first word that has so many before it.
    """
    reach = max(before, default=0)
    hashed = pd.util.hash_array(words.astype(np.uint64).ravel()).reshape(words.shape)
    factors = 2 * np.random.default_rng(0).integers(2**63, size=1 + reach, dtype=np.uint64) + 1
    n = max(0, words.shape[-1] - reach)
    total = np.zeros((*words.shape[:-1], n), dtype=np.uint64)
    for distance in before:
        total += hashed[..., reach - distance : reach - distance + n] * factors[distance]
    return total


def by_chance(train: Runs, numbers: np.ndarray) -> np.ndarray:
    """Return those of some runs that common phrases make in the training texts by chance.

    Where texts agree in some words they may agree in the next, and how often they do is counted in
    the training texts. What stands in the places that hold the run itself is taken off all counts:
    the phrases of a copy are there and nowhere else, so that nothing foretells its words.

    Parameters
    ----------
    train : Runs
        Those of the training texts.
    numbers : array of whole numbers, shape (n,)
        The runs, of which each is in the training texts.

    Returns
    -------
    array of whole numbers
        Some of the runs.
    """
    here = among(train.numbers, numbers)
    held, first, often = np.unique(train.numbers[here], return_index=True, return_counts=True)
    starts = train.starts[here][first]
    runs = train.words[starts[:, None] + np.arange(train.length)]
    agree = np.zeros(runs.shape)
    for before in BEFORE:
        reach = max(before, default=0)
        told = _agreement(train, runs, often, before)
        agree[:, reach:] = np.maximum(agree[:, reach:], told)
    return held[len(train.words) * agree.prod(axis=1) > BY_CHANCE]


def _agreement(
    train: Runs, runs: np.ndarray, often: np.ndarray, before: tuple[int, ...]
) -> np.ndarray:
    """Return how often texts that agree in some words before a word agree in the word itself.

    Pairs of places are counted that have the same words before them, and those of them that have
    the same word; a few pairs that disagree are added, so that what is rare is not believed.
    """
    reach = max(before, default=0)
    contexts = _weighed(runs, before)
    asked, keys = pd.factorize(contexts.ravel())
    asked = asked.reshape(contexts.shape)
    place = pd.Index(keys).get_indexer(_weighed(train.words, before))
    same_text = train.owners_of_words[reach:] == train.owners_of_words[: len(place)]
    kept = (place >= 0) & same_text
    most = int(train.words.max(initial=0)) + 1
    pairs = pd.Series(place[kept] * most + train.words[reach:][kept]).value_counts(sort=False)
    count = pairs.to_numpy()
    at = pairs.index.to_numpy() // most
    total = np.bincount(at, count, len(keys))[asked]
    same = np.bincount(at, count * (count - 1), len(keys))[asked]
    own = pairs.reindex((asked * most + runs[:, reach:]).ravel(), fill_value=0).to_numpy()
    own, rest = own.reshape(asked.shape), own.reshape(asked.shape) - often[:, None]
    total = np.maximum(total - often[:, None], 0)
    same = same - own * (own - 1) + rest * (rest - 1)
    doubt = max(PHRASE, PHRASE_SHARE * train.n_texts) ** 2
    return same / (total * (total - 1) + doubt)
