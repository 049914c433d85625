"""Claims on one side of the scales, sealed envelopes on the other."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from ._desk import Desk
from ._scoring import Level
from .asking import Answers

__all__ = ["FEWEST", "NothingToSee", "Opened", "Weighed", "weigh"]

#: A claim may be too high by this share of the way from knowing nothing to knowing all: what comes
#: of harmless habits, such as the best of a handful of settings, and changes nobody's decision.
ALLOWED = 0.05
#: A claim that is too high by this share must be visible, or nothing is called clean.
VISIBLE = 0.2
#: Where none of n rows went wrong, up to 3 / n of all may: the rule of three.
RULE_OF_THREE = 3
#: Periods that follow each other are no more alike than this: from a few it cannot be told.
MOST_ALIKE = 0.9
#: A spread needs as many envelopes.
FEWEST = 3


class NothingToSee(Exception):
    """Why nothing could be looked at."""


@dataclass
class Opened:
    """What the envelopes said: a number each."""

    claimed: list[float] = field(default_factory=list)
    inside: list[dict[str, float]] = field(default_factory=list)
    own: list[dict[str, float]] = field(default_factory=list)
    answers: list[Answers] = field(default_factory=list)
    outcomes: list[np.ndarray] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    twins: list[float] = field(default_factory=list)
    withheld: list[int] = field(default_factory=list)
    units: set[int] = field(default_factory=set)
    n_scored: int | None = None
    starts: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    weighed: Weighed | None = None
    metric: str = ""
    instead: tuple[str, Weighed] | None = None


@dataclass(frozen=True)
class Weighed:
    """The claims on one side of the scales, the envelopes on the other.

    Attributes
    ----------
    claimed, got : float
        Means of what was claimed, and of what the model got in the envelope.
    value : float
        How much too high the claim is; positive is worse.
    luck, half : float
        What luck explains of `value`, and half of its interval.
    allowed, visible : float
        What a claim may be too high by, and what must be seen if it is.
    own : float
        What `value` would be, had the procedure claimed what its model gets on rows that it was
        given.
    got_half : float
        Half of the interval of `got`.
    """

    claimed: float
    got: float
    value: float
    luck: float
    half: float
    allowed: float
    visible: float
    own: float
    got_half: float

    @property
    def null(self) -> float:
        """The most that it may be too high by where nothing is wrong."""
        return self.allowed + self.luck

    @property
    def most(self) -> float:
        """The most that the claim may be too high by."""
        return self.value + self.half


def weigh(
    desk: Desk, opened: Opened, outcomes: np.ndarray, sure: float, interval: float
) -> Weighed:
    """Compare claims with envelopes, in the kind of answer that scores best.

    Parameters
    ----------
    desk : Desk
        Where the procedure ran.
    opened : Opened
        What the envelopes said.
    outcomes : array
        Outcomes that tell where the metric's scale lies.
    sure, interval : float
        The one-sided certainty of what luck explains, and of the interval on either side.
    """
    claimed = np.array(opened.claimed)
    if np.isfinite(claimed).sum() < FEWEST:
        raise NothingToSee("evaluate returned no number; return your score and the model.")
    inside, own = pd.DataFrame(opened.inside), pd.DataFrame(opened.own)
    levels = {
        kind: desk.level(str(kind), outcomes, float(np.nanmean(claimed)))
        for kind in inside.columns[inside.notna().sum() >= FEWEST]
    }
    if not levels:
        raise ValueError(
            f"metric={desk.scoring.metric!r} could not score the model's answers "
            f"({desk.scoring.error}); it must be a function of (y_true, y_pred), with what the "
            "model returns as y_pred"
        )
    known = {kind: level for kind, level in levels.items() if level is not None}
    if not known:
        raise NothingToSee(
            "under this metric the true outcomes score no better than a guess, so that it is not "
            "known whether more or less is better."
        )
    kind = max(known, key=lambda one: known[one].sign * inside[one].mean())
    level = known[kind]
    claimed = _same_units(opened, claimed, level)
    got = inside[kind].to_numpy()
    together = level.sign * (desk.scoring.pooled(kind, opened.answers, opened.outcomes))
    apart = level.sign * float(np.nanmean(got))
    if together > apart:  # the rows of one envelope lie closer together than those of a test set
        got = got + level.sign * (together - apart)
    gaps = level.sign * (claimed - got)
    own_gap = level.sign * (own[kind].to_numpy() - got)
    valid = gaps[np.isfinite(gaps)]
    if len(valid) < FEWEST:
        raise NothingToSee("the metric gave no number in most envelopes; pass more rows.")
    share = float(np.mean(opened.share))
    if opened.starts:
        apart = len(opened.units) / float(np.mean(opened.withheld))
        spread = _spread_in_time(claimed, got, opened.starts, apart, share)
    else:
        withheld = float(np.mean(opened.withheld))
        spread = _spread(valid, max(share, withheld / (opened.n_scored or withheld)))
    wide = float(stats.t.ppf(interval, len(valid) - 1))
    least = RULE_OF_THREE / len(opened.units) * level.scale
    return Weighed(
        claimed=float(np.nanmean(claimed)),
        got=float(np.nanmean(got)),
        value=float(valid.mean()),
        luck=max(float(stats.t.ppf(sure, len(valid) - 1)) * spread, least),
        half=max(wide * spread, least),
        allowed=ALLOWED * level.scale,
        visible=VISIBLE * level.scale,
        own=float(np.nanmean(own_gap)) if np.isfinite(own_gap).any() else math.nan,
        got_half=max(wide * _spread(got[np.isfinite(gaps)], share), least),
    )


def _spread(gaps: np.ndarray, share: float) -> float:
    """Return the standard error of a mean difference over runs that share most rows.

    The claims share theirs as well: a fixed test set is lucky or unlucky in all of them. So
    `share` is at least that of the rows of an envelope and of those that a claim is measured on.
    """
    return float(gaps.std(ddof=1)) * math.sqrt(1 / len(gaps) + share)


def _spread_in_time(
    claimed: np.ndarray, got: np.ndarray, starts: list[int], apart: float, share: float
) -> float:
    """Return the standard error of a mean difference where each envelope is another period.

    Claims that rest on one period each move with it, all together. Periods that follow each other
    are alike: as many count as would be worth the same if they were not, and no more than lie
    beside each other without an overlap, which is `apart`.
    """
    order = np.argsort(starts)
    valid = np.isfinite(claimed) & np.isfinite(got)
    claimed, got = claimed[order][valid[order]], got[order][valid[order]]
    away = got - got.mean()
    alike = float((away[1:] * away[:-1]).sum() / max((away**2).sum(), 1e-300))
    alike = min(max(alike, 0.0), MOST_ALIKE)
    n_worth = max(1.0, min(apart, len(got) * (1 - alike) / (1 + alike)))
    return math.sqrt(claimed.var(ddof=1) + got.var(ddof=1) * (1 / n_worth + share))


def _same_units(opened: Opened, claimed: np.ndarray, level: Level) -> np.ndarray:
    """Return claims in the units of the metric: a loss may come with its sign turned."""
    best = np.nanmax(level.sign * claimed)
    slack = 1e-6 * max(1, abs(level.perfect))
    if best <= level.sign * level.perfect + slack:
        return claimed
    if abs(level.perfect) < slack and np.nanmin(level.sign * claimed) > 0:
        note = "the claims have the other sign than the metric; it was turned."
        opened.notes += [] if note in opened.notes else [note]
        return -claimed
    raise ValueError(
        f"evaluate claims {level.sign * best:.3g}, and a perfect answer gets {level.perfect:.3g} "
        "under the metric; pass as metric what your score is, in the same units"
    )
