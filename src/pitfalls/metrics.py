"""Scores and means with their intervals."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import stats
from scipy.special import stdtrit
from scipy.stats import norm

__all__ = [
    "WeightedAUC", "independence_weights", "interval_over_groups", "mean_interval", "weighted_auc",
]  # fmt: skip


class WeightedAUC(NamedTuple):
    """An area under the ROC curve, and how far it can be trusted.

    Attributes
    ----------
    auc : float
        The area.
    low, high : float
        Its 95 % interval.
    effective_n : float
        The number of equally weighted rows that would be worth as much.
    """

    auc: float
    low: float
    high: float
    effective_n: float


def weighted_auc(
    y: np.ndarray, score: np.ndarray, sample_weight: np.ndarray | None = None
) -> WeightedAUC:
    """Return the AUROC of weighted rows with DeLong's interval.

    Parameters
    ----------
    y : array of shape (n,)
        Labels; 1 is positive, all others are negative.
    score : array of shape (n,)
        The larger, the likelier is a 1.
    sample_weight : array of shape (n,), default=None
        Weights of at least 0; equal ones by default.

    Returns
    -------
    WeightedAUC
        With ``effective_n``, Kish's: the squared sum of the weights over the sum of their squares.

    Raises
    ------
    ValueError
        If shapes differ, a score is missing, a weight is negative or no number, or positives or
        negatives have no weight.

    Notes
    -----
    The area is that of `sklearn.metrics.roc_auc_score`. Its variance is that of the weighted mean
    of the placement values of DeLong, DeLong and Clarke-Pearson (1988), each row's share of the
    opposite rows on its right side.
    """
    y, score = np.asarray(y), np.asarray(score, float)
    weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, float)
    if not y.shape == score.shape == weight.shape:
        raise ValueError(
            f"y, score and sample_weight have shapes {y.shape}, {score.shape} and {weight.shape}; "
            "each must have one value a row"
        )
    if np.isnan(score).any():
        raise ValueError(f"score is missing in {np.isnan(score).sum()} of {len(score)} rows")
    if not (weight >= 0).all():
        raise ValueError("sample_weight must hold numbers of at least 0")
    sides = [(score[chosen], weight[chosen]) for chosen in (y == 1, y != 1)]
    if any(part.sum() == 0 for _, part in sides):
        raise ValueError("y needs positives (1) and negatives with a weight above 0")
    (high, w_high), (low, w_low) = ((s, w / w.sum()) for s, w in sides)
    above, below = _share_below(high, low, w_low), 1 - _share_below(low, high, w_high)
    auc = min(float(w_high @ above), 1.0)  # rounding
    variance = w_high**2 @ (above - auc) ** 2 + w_low**2 @ (below - auc) ** 2
    reach = float(norm.ppf(0.975) * np.sqrt(variance))
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    return WeightedAUC(auc, max(auc - reach, 0.0), min(auc + reach, 1.0), effective)


def independence_weights(y: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return weights under which a group knows nothing of the label, and both keep their shares.

    Parameters
    ----------
    y : array of shape (n,)
        Labels.
    group : array of shape (n,)
        The variable to make independent of them, such as a posture or a hospital.

    Returns
    -------
    array of shape (n,)
        Expected over observed rows of each row's (group, label); 1 on average.

    Raises
    ------
    ValueError
        If shapes differ, or a label is missing from a group: nothing is known of what is not
        there, and no weight makes up for it.

    Notes
    -----
    Inverse probability weights, as of Horvitz and Thompson (1952), stabilised by the shares.
    """
    y, group = np.asarray(y), np.asarray(group)
    if y.ndim != 1 or y.shape != group.shape:
        raise ValueError(f"y and group have shapes {y.shape} and {group.shape}; both must be (n,)")
    groups, row = np.unique(group, return_inverse=True)
    labels, column = np.unique(y, return_inverse=True)
    observed = np.zeros((len(groups), len(labels)))
    np.add.at(observed, (row, column), 1)
    if not observed.all():
        missing = [(groups[i].item(), labels[j].item()) for i, j in np.argwhere(observed == 0)]
        raise ValueError(f"no row has (group, label) in {missing}: nothing is known of these")
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / len(y)
    return (expected / observed)[row, column]


def mean_interval(values: Any, level: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of `values` and its t interval.

    Parameters
    ----------
    values : array of shape (n,)
        One number a seed.
    level : float, default=0.95
        Confidence level.

    Returns
    -------
    mean, low, high : float
        The interval is ±infinity wide for one value and has no width where all are equal.
    """
    values = np.asarray(values, dtype=float)
    if len(values) == 0:
        return np.nan, -np.inf, np.inf
    mean = float(values.mean())
    if len(values) == 1:
        return mean, -np.inf, np.inf
    error = float(values.std(ddof=1) / np.sqrt(len(values)))
    if error == 0:
        return mean, mean, mean
    # As `scipy.stats.t.interval`, to the last bit and in a twentieth of the time.
    tails = (1 - level) / 2, (1 + level) / 2
    low, high = (float(stdtrit(len(values) - 1, tail) * error + mean) for tail in tails)
    return mean, low, high


def interval_over_groups(shares: Any) -> tuple[float, float]:
    """Return the 95 % interval of a mean of shares that are right, one of each group.

    Parameters
    ----------
    shares : array of shape (n_groups,)
        For each group, such as a patient, the share of its rows that are right; at least 2.

    Returns
    -------
    low, high : float
        That of as many tosses of a coin as the groups are worth. It has a width also where all
        groups are right.

    Raises
    ------
    ValueError
        If there are fewer than two groups, or a share is not in [0, 1].

    Notes
    -----
    Clopper and Pearson's interval for the number of independent tosses whose mean would vary as
    much as that of the groups, after Korn and Graubard (1998). Few groups may seem unlike by luck,
    so two more are counted that are alike.

    Examples
    --------
    >>> low, high = interval_over_groups([1.0, 1.0, 0.5, 1.0])
    >>> high
    1.0
    """
    shares = np.asarray(shares, dtype=float)
    n, mean = len(shares), float(shares.mean()) if len(shares) else np.nan
    if n < 2 or not ((shares >= 0) & (shares <= 1)).all():
        raise ValueError(f"shares={shares} must be two numbers or more, each in [0, 1]")
    # 1 where each group is all right or all wrong
    alike = shares.var(ddof=1) / (mean * (1 - mean)) if 0 < mean < 1 else 1.0
    alike = min(1.0, (n * alike + 2) / (n + 2))
    tosses = n / alike * (norm.ppf(0.975) / stats.t.ppf(0.975, n - 1)) ** 2
    right, wrong = tosses * mean, tosses * (1 - mean)
    low = stats.beta.ppf(0.025, right, wrong + 1) if right else 0.0
    high = stats.beta.ppf(0.975, right + 1, wrong) if wrong else 1.0
    return float(low), float(high)


def _share_below(values: np.ndarray, others: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weight of the others below each value; ties count half."""
    order = others.argsort()
    total = np.append(0, weights[order].cumsum())
    ends = [np.searchsorted(others[order], values, side) for side in ("left", "right")]
    return (total[ends[0]] + total[ends[1]]) / 2
