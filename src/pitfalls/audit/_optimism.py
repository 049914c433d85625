"""How much of the best of many scores on the same rows is luck.

Each look at a hold-out is a true score and noise. Looks are alike: two models fail in the same
rows, and a program that tries changes what was best so far, so that what the best owes to luck is
handed on. How alike two looks are, the rows tell: from the spread of the differences between their
scores, row by row. What is left is a model of two normal parts.

Where a look is a fresh draw, its truth lies around a common mean. Where it is a change of the best
so far, its truth may lie around that mean as well, or be a step from the truth of the best. Which
of the two, and how large the steps of the truth are against those of the noise, the scores tell;
what they leave open is averaged over. The luck of the best follows from the whole series, however
the next try was chosen, since given all answers that choice tells nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

__all__ = ["Luck", "Tries", "expected_best", "luck", "noise_alone"]

#: Variances of the steps of the truth against those of the noise that are averaged over.
STEPS = np.array([0, 0.25, 0.5, 1, 2, 4, 8])
#: Below this share of what is drawn afresh, a look is a change of the best.
CHANGE = 0.8
#: Times that the noise is taken anew at the level that the last estimate gives.
ROUNDS = 4
#: Looks from which on the noise is told by level.
ENOUGH = 20
#: Runs of the simulation, and looks of which it is made one by one.
RUNS, LONGEST = 400, 20_000


@dataclass(frozen=True)
class Tries:
    """Scores on the same rows, in order; more is better.

    Attributes
    ----------
    score : array of float, shape (n_looks,)
    sd : array of float, shape (n_looks,)
        Standard deviation of each score over draws of the rows.
    from_best, from_first : array of float, shape (n_looks,)
        That of its difference to the best score before it, and to the first.
    n_rows : int
        Rows that were scored.
    """

    score: np.ndarray
    sd: np.ndarray
    from_best: np.ndarray
    from_first: np.ndarray
    n_rows: int

    @property
    def parents(self) -> np.ndarray:
        """Return the place of the best look before each; of the first, its own."""
        before = np.r_[-np.inf, np.maximum.accumulate(self.score)[:-1]]
        records = np.flatnonzero(self.score > before)
        at = np.searchsorted(records, np.arange(len(self.score)), side="left") - 1
        return records[at.clip(min=0)]

    @property
    def best(self) -> int:
        return int(self.score.argmax())


@dataclass(frozen=True)
class Luck:
    """What is luck in the best score.

    Attributes
    ----------
    optimism : float
        How much of the best score is expected to be luck.
    low, high : float
        A 95 % interval of the true score of the best look.
    alike : float
        Correlation of the noise of looks that have nothing to do with each other but the rows.
    fresh : float
        Share of its noise in which a look differs from the best before it, beyond that.
    level : float
        What all looks are worth, if that is the same.
    """

    optimism: float
    low: float
    high: float
    alike: float
    fresh: float
    level: float


def luck(tries: Tries) -> Luck:
    """Estimate how much of the best score is luck.

    Parameters
    ----------
    tries : Tries
        At least one.
    """
    score, best = tries.score, tries.best
    sd = np.maximum(tries.sd, 0.2 * tries.sd.max())
    alike, fresh, changed = _alike(tries, sd)
    if len(score) == 1:
        return Luck(0.0, *_around(score[0], sd[0]), alike, fresh, float(score[0]))
    noise = _noise_by_level(score, sd)
    rise = score[best] - score[0]
    share = np.clip((score - score[0]) / rise, 0, 1) if rise > 0 else np.zeros(len(score))
    optimism = score[best] - np.median(score[: max(1, len(score) // 10)])
    for _ in range(ROUNDS):
        own = noise(score - max(optimism, 0) * share)
        variance = np.r_[own[0], (own * (1 - (1 - np.minimum(changed, 1)) ** 2))[1:]]
        series = _Series(
            score, tries.parents, best, changed, (1 - alike) * variance, alike * own[best]
        )
        optimism, low, high = series.estimate((1 - alike) * own[best], walks=fresh < CHANGE)
    return Luck(float(optimism), float(low), float(high), alike, fresh, series.mean()[0])


def _around(middle: float, sd: float) -> tuple[float, float]:
    reach = stats.norm.ppf(0.975) * sd
    return float(middle - reach), float(middle + reach)


def _alike(tries: Tries, sd: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Return what all looks have in common, the share that is fresh, and that of each look."""
    n = len(sd)
    if n == 1:
        return 0.0, 1.0, np.ones(1)
    parents = tries.parents
    together = sd**2 + sd[parents] ** 2
    common = (together - tries.from_best**2) / 2
    with_first = (sd**2 + sd[0] ** 2 - tries.from_first**2) / (2 * sd * sd[0])
    latest = with_first[-max(1, n // 4) :].mean()
    alike = min(latest, (common / (sd * sd[parents]))[1:].mean())
    alike = float(np.clip(alike, 0, 0.999))
    slope = common[1:].sum() / (sd[parents] ** 2)[1:].sum()
    fresh = float(np.clip(1 - (slope - alike) / (1 - alike), 0.01, 1))
    size = np.maximum(tries.from_best**2 / together, 1e-12)
    logs = np.log(size / size[1:].mean())
    varies = logs[1:].var()
    # as much as sizes differ beyond what so few rows make of one size
    real = max(0.0, 1 - 4 / (tries.n_rows * varies)) if varies > 0 else 0.0
    changed = np.clip(fresh * np.exp(real * logs), 1e-3, 1.5)
    return alike, fresh, np.r_[1, changed[1:]]


def _noise_by_level(score: np.ndarray, sd: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function of scores: the variance of the noise at that level."""
    curved = 2 if len(score) >= ENOUGH and np.ptp(score) > 0 else 0
    fitted = np.polynomial.Polynomial.fit(score, sd**2, curved) if curved else None
    least, most = (sd**2).min(), (sd**2).max()
    flat = float(np.mean(sd**2))

    def noise(level: np.ndarray) -> np.ndarray:
        if fitted is None:
            return np.full(len(level), flat)
        return np.clip(fitted(level), least, most)

    return noise


@dataclass(frozen=True)
class _Series:
    """Looks as changes of the best before them.

    ``fresh`` is the share of its noise that a look does not share with the best before it,
    ``variance`` the variance of that share, and ``common`` that of the noise that all share.
    """

    score: np.ndarray
    parents: np.ndarray
    best: int
    fresh: np.ndarray
    variance: np.ndarray
    common: float

    def estimate(self, own: float, *, walks: bool) -> tuple[float, float, float]:
        """Return the luck of the best, and an interval of its truth."""
        top = self.score[self.best]
        around = self._around_a_mean(own)
        if not walks:
            return around.optimism, around.low, around.high
        steps = self._from_the_best(top)
        log_odds = np.clip(steps.likelihood - around.likelihood, -50, 50)
        odds = 1 / (1 + np.exp(-log_odds))
        optimism = (1 - odds) * around.optimism + odds * steps.optimism
        if odds > 0.95:
            return optimism, steps.low, steps.high
        if odds < 0.05:
            return optimism, around.low, around.high
        return optimism, min(around.low, steps.low), max(around.high, steps.high)

    def mean(self) -> tuple[float, float, np.ndarray]:
        """Return the mean of all, its variance, and what each look adds to the best before it."""
        off = self.score - (1 - self.fresh) * self.score[self.parents]
        off[0] = self.score[0]
        of_mean = 1 / float((self.fresh**2 / self.variance).sum())
        return float((self.fresh * off / self.variance).sum() * of_mean), of_mean, off

    def _around_a_mean(self, own: float) -> _Told:
        """Take the truth of each look for a draw around a common mean."""
        fresh, variance, n = self.fresh, self.variance, len(self.score)
        mean, of_mean, off = self.mean()
        squares = max(float(((off - fresh * mean) ** 2 / variance).sum()), 1e-12)
        top = self.score[self.best]
        ends = []
        for part in (0.1, 0.5, 0.9):
            noise = np.clip(stats.chi2.ppf(part, n - 1) / squares, 1e-9, 1)
            sd = np.sqrt(own * (1 - noise) + noise * of_mean + self.common)
            ends.append(_around(top - noise * (top - mean), sd))
        noise = 1 / (1 + STEPS)
        logs = -0.5 * (
            np.log(variance).sum() - n * np.log(noise) + squares * noise + np.log(noise / of_mean)
        )
        return _Told(
            min(1, (n - 1) / squares) * (top - mean),
            min(low for low, _ in ends),
            max(high for _, high in ends),
            _mean_of_logs(logs),
        )

    def _from_the_best(self, top: float) -> _Told:
        """Take the truth of each look for a step from that of the best: a filter of Kalman.

        Its state is the luck of the best so far, and how much a change costs on average.
        """
        luck, cost = np.zeros(len(STEPS)), np.zeros(len(STEPS))
        of_luck = np.full(len(STEPS), self.variance[0])
        both, of_cost = np.zeros(len(STEPS)), np.full(len(STEPS), self.variance[1:].mean())
        logs = np.zeros(len(STEPS))
        at = 0
        for place in range(1, len(self.score)):
            fresh, noise = self.fresh[place], self.variance[place]
            with_luck, with_cost = both - fresh * of_luck, of_cost - fresh * both
            spread = (STEPS + 1) * noise - fresh * with_luck + with_cost
            off = self.score[place] - self.score[at] + fresh * luck - cost
            logs -= 0.5 * (np.log(spread) + off**2 / spread)
            cost = cost + with_cost / spread * off
            if self.score[place] > self.score[at]:
                kept = 1 - fresh
                told = kept * with_luck + noise
                luck = kept * luck + told / spread * off
                of_luck = kept**2 * of_luck + noise - told**2 / spread
                both = kept * both - told * with_cost / spread
                at = place
            else:
                luck = luck + with_luck / spread * off
                of_luck = of_luck - with_luck**2 / spread
                both = both - with_luck * with_cost / spread
            of_cost = of_cost - with_cost**2 / spread
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        optimism = float(weights @ luck)
        variance = weights @ (np.maximum(of_luck, 0) + (luck - optimism) ** 2)
        low, high = _around(top - optimism, np.sqrt(variance + self.common))
        return _Told(optimism, low, high, _mean_of_logs(logs))


@dataclass(frozen=True)
class _Told:
    optimism: float
    low: float
    high: float
    likelihood: float


def _mean_of_logs(logs: np.ndarray) -> float:
    """Return the logarithm of the mean of what these are logarithms of."""
    return float(logs.max() + np.log(np.exp(logs - logs.max()).mean()))


def expected_best(n: int) -> float:
    """Return the mean of the largest of `n` independent standard normal numbers."""
    at = np.linspace(-9, 9, 4001)
    dense = n * stats.norm.pdf(at) * np.exp((n - 1) * stats.norm.logcdf(at))
    return float((at * dense).sum() * (at[1] - at[0]))


def noise_alone(n: int, sd: float, alike: float, fresh: float, *, random_state: int = 0) -> float:
    """Return how far the best of `n` looks would rise if all had the same true score.

    Parameters
    ----------
    n : int
        Looks.
    sd : float
        Standard deviation of a score.
    alike, fresh : float
        As in `Luck`.
    """
    sd = sd * (1 - alike) ** 0.5
    if fresh >= CHANGE or n == 1:
        return sd * expected_best(n)
    rng = np.random.default_rng(random_state)
    best, kept = rng.normal(size=RUNS), 1 - fresh
    for _ in range(min(n, LONGEST) - 1):
        best = np.maximum(best, kept * best + (1 - kept**2) ** 0.5 * rng.normal(size=RUNS))
    return float(sd * best.mean())
