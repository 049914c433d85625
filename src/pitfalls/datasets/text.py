"""Short texts, put together from a small grammar: who wrote them can be read from the words."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from .._arguments import check_count, check_number, check_size, check_strength, check_study
from ..study import Sample, Services, Study

__all__ = ["make_reviews"]

#: What annotators say in words of their own, twelve ways each.
_STYLE = [
    "so well okay right hello noted summary listen update memo briefly quickly",
    "customer caller client buyer shopper speaker user person reviewer purchaser consumer owner",
    "says thinks finds reports states feels believes mentions claims reckons notes considers",
    "very really quite rather pretty truly fairly highly seriously definitely totally somewhat",
    "also plus and additionally moreover furthermore next besides further likewise again secondly",
    "then finally lastly thirdly meanwhile similarly while whereas still though yet but",
    "overall anyway altogether basically generally ultimately essentially all mostly broadly "
    "roughly mainly",
    "thanks cheers bye regards done end over ciao finished complete enough closed",
]
_ASPECTS = "screen battery parcel price manual staff cable sound case delivery colour size"
_BAD = (
    "bad poor awful weak faulty terrible annoying dreadful shoddy broken clumsy useless horrible "
    "disappointing unreliable flimsy ugly dull wrong feeble"
)
_GOOD = (
    "good great lovely solid perfect excellent pleasant superb fine brilliant handy splendid "
    "useful wonderful impressive reliable decent charming neat tidy"
)


_STYLE_WORDS, _OPINION_WORDS = (
    np.array([words.split() for words in lists], dtype=object) for lists in (_STYLE, (_BAD, _GOOD))
)
_ASPECT_WORDS = np.array(_ASPECTS.split(), dtype=object)
_N_WAYS = _STYLE_WORDS.shape[1]


class _Annotators(NamedTuple):
    leaning: np.ndarray
    favourite: np.ndarray

    @classmethod
    def draw(cls, n: int, spread: float, rng: np.random.Generator) -> _Annotators:
        return cls(spread * rng.normal(size=n), rng.integers(_N_WAYS, size=(n, len(_STYLE))))


class _Reviews(NamedTuple):
    who: np.ndarray
    sentiment: np.ndarray
    X: pd.DataFrame

    @property
    def gold(self) -> np.ndarray:
        return (self.sentiment > 0).astype(int)

    @property
    def meta(self) -> pd.DataFrame:
        return pd.DataFrame({"annotator": self.who})


def _write(good: np.ndarray, style: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a line of text for each row of opinions and of the annotator's own words."""
    aspect = _ASPECT_WORDS[rng.integers(len(_ASPECT_WORDS), size=good.shape)].T
    kind = rng.integers(_OPINION_WORDS.shape[1], size=good.shape)
    opinion = _OPINION_WORDS[good.astype(int), kind].T
    own = [words[chosen] for words, chosen in zip(_STYLE_WORDS, style.T, strict=True)]
    opening, person, says, very, *joints, closing, goodbye = own
    text = opening + ", the " + person + " " + says + " the " + aspect[0] + " is " + very
    text = text + " " + opinion[0]
    for place in range(1, len(opinion)):
        joint = joints[(place - 1) % len(joints)]
        text = text + ", " + joint + " the " + aspect[place] + " is " + opinion[place]
    return text + ", " + closing + " " + goodbye


def _spread(n: int, n_people: int, skew: float) -> np.ndarray:
    """Return who makes each of n rows: all equally many, or the first people more than others."""
    if skew == 0:
        return np.arange(n) % n_people
    share, rest = np.arange(1, n_people + 1) ** -skew, max(0, n - n_people)
    more = np.searchsorted(share.cumsum(), (np.arange(rest) + 0.5) / max(1, rest) * share.sum())
    return np.concatenate([np.arange(n_people), more])[:n]


def make_reviews(
    n_samples: int = 2_000,
    *,
    n_annotators: int = 40,
    n_opinions: int = 3,
    clarity: float = 1.5,
    habit: float = 0.95,
    leaning: float = 1.2,
    in_common: float = 0.0,
    slips: float = 0.0,
    panel_slips: float = 0.0,
    content: float = 0.5,
    skew: float = 0.0,
    n_others: int | None = None,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of reviews that people heard, wrote down in their own words and labelled.

    Each annotator listens to spoken reviews, writes each down in a line, and ticks whether the
    customer is content. Two things are the annotator's own: the words around the opinions, and how
    easily the tick is given. A review has a sentiment, normal with a standard deviation of 1; its
    gold label is 1 where that is above 0. An annotator ticks where sentiment plus leaning is, and
    leanings are normal with the standard deviation ``leaning * strength``.

    Parameters
    ----------
    n_samples : int, default=2000
        Reviews in the study; at least 4.
    n_annotators : int, default=40
        Annotators, with equally many reviews each unless there is a skew.
    n_opinions : int, default=3
        Opinions in a review, each on some aspect, in one of 20 good or 20 bad words.
    clarity : float, default=1.5
        How clearly an opinion shows the sentiment: the slope of the logistic function that gives
        the probability of a good word.
    habit : float in [0, 1], default=0.95
        Probability with which an annotator uses the favourite of twelve words, in each of eight
        places; otherwise any of the twelve.
    leaning : float, default=1.2
        Standard deviation of the annotators' leanings at full strength, in standard deviations
        of the sentiment.
    in_common : float, default=0.0
        Mean of the leanings at full strength, which all people share, the others included.
    slips : float in [0, 0.5], default=0.0
        Share of the annotators' ticks that are turned at random, whoever ticks.
    panel_slips : float in [0, 0.5], default=0.0
        Share of the labels that `Study.relabel` sells which are turned at random: panels err too.
    content : float in [0.01, 0.99], default=0.5
        Share of the customers who are content.
    skew : float in [0, 3], default=0.0
        How unequally the reviews are spread over the annotators: after one each, the share of the
        k-th is proportional to ``k ** -skew``. The others of deployment write equally many.
    n_others : int or None, default=None
        People of deployment; by default so many that they write as many each as the annotators.
    n_fresh : int, default=5_000
        Fresh reviews by the same annotators, with their ticks, and as many from deployment.
    strength : float in [0, 1], default=1.0
        The dial: how far the annotators lean. At 0 every tick is the gold label, but for slips.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` is a frame with the column ``text``; ``y`` is 1 where the annotator ticked; ``meta``
        has the column ``annotator``, a number. Deployment holds reviews by other annotators,
        equally many each, with *gold* labels; so does `Study.collect`.
        `Study.relabel` sells gold labels, and `Study.annotate` the column ``second_tick``: the
        tick of another annotator on the same review. ``truth`` has ``gold`` and ``sentiment``,
        of shape (n_samples,), and ``leaning``, of shape (n_annotators,).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The share of ticks that differ from gold is, where nothing else is set, the arctangent of
    ``leaning * strength`` over pi. The design follows Geva, Goldberg and Berant (2019), who found
    that models know annotators by their sentences and do worse on those of others.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_annotators = check_count("n_annotators", n_annotators)
    n_opinions = check_count("n_opinions", n_opinions)
    clarity = check_number("clarity", clarity, low=0)
    habit = check_strength(habit, "habit")
    leaning = check_number("leaning", leaning, low=0)
    in_common = check_number("in_common", in_common) * strength
    slips = check_number("slips", slips, low=0, high=0.5)
    panel_slips = check_number("panel_slips", panel_slips, low=0, high=0.5)
    middle = float(ndtri(check_number("content", content, low=0.01, high=0.99)))
    skew = check_number("skew", skew, low=0, high=3)
    if n_others is not None:
        n_others = check_count("n_others", n_others)
    check_size("n_samples and n_opinions", max(n_samples, n_fresh), n_opinions)
    check_size("n_annotators", n_annotators, len(_STYLE))

    def draw(n: int, people: _Annotators, rng: np.random.Generator, skew: float = 0) -> _Reviews:
        who = rng.permutation(_spread(n, len(people.leaning), skew))
        sentiment = rng.normal(middle, size=n)
        good = rng.random((n, n_opinions)) < 1 / (1 + np.exp(-clarity * sentiment[:, None]))
        any_word = rng.integers(_N_WAYS, size=(n, len(_STYLE)))
        style = np.where(rng.random(any_word.shape) < habit, people.favourite[who], any_word)
        return _Reviews(who, sentiment, pd.DataFrame({"text": _write(good, style, rng)}))

    def tick(sentiment: np.ndarray, leaning: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        ticked = sentiment + in_common + leaning > 0
        return (ticked ^ (rng.random(len(sentiment)) < slips)).astype(int)

    def by_others(
        n: int, rng: np.random.Generator, first: int, n_people: int | None = None
    ) -> Sample:
        """Return n reviews by new annotators, numbered from `first`, with gold labels."""
        n_people = n_people or max(1, round(n * n_annotators / n_samples))
        others = _Annotators.draw(min(n, n_people), spread, rng)
        reviews = draw(n, others, rng)
        return Sample(reviews.X, reviews.gold, pd.DataFrame({"annotator": first + reviews.who}))

    spread = leaning * strength
    people = _Annotators.draw(n_annotators, spread, rng)
    development, fresh = (draw(n, people, rng, skew) for n in (n_samples, n_fresh))
    samples = [
        Sample(part.X, tick(part.sentiment, people.leaning[part.who], rng), part.meta)
        for part in (development, fresh)
    ]
    someone = (development.who + rng.integers(1, max(2, n_annotators), n_samples)) % n_annotators
    second = tick(development.sentiment, people.leaning[someone], rng)
    sold = development.gold
    if panel_slips:
        sold = sold ^ (rng.random(n_samples) < panel_slips)
    return Study.of(
        samples[0],
        samples[1],
        by_others(n_fresh, rng, n_annotators, n_others),
        truth={
            "gold": development.gold,
            "sentiment": development.sentiment,
            "leaning": people.leaning,
        },
        strength=strength,
        random_state=random_state,
        services=Services.spawned(
            rng,
            collect=partial(by_others, first=10**6),
            annotations={"second_tick": second},
            gold=sold,
        ),
    )
