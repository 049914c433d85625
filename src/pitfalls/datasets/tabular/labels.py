"""Labels that are wrong: taken over from a tool, or given by people who share a mistake."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..._arguments import check_count, check_number, check_size, check_study
from ...study import Sample, Services, Study

__all__ = ["make_assisted_labels", "make_noisy_labels"]


def make_assisted_labels(
    n_samples: int = 2_000,
    *,
    n_features: int = 10,
    noise: float = 1.5,
    heeds: float = 0.5,
    panel_slips: float = 0.0,
    panel_follows: float = 0.0,
    n_fresh: int = 10_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study whose labels a tool suggested.

    The gold label is 1 where the sum of the first half of the features and some noise is above 0.
    A tool weights that half by `heeds` and the other half by 1. The training rows carry the tool's
    labels. The test rows were looked at by people who were shown the tool's suggestion; a share
    `strength` of them was accepted unseen, the rest has the gold label.

    Parameters
    ----------
    n_samples : int, default=2000
        Rows of the study; at least 4. The first half is for training.
    n_features : int, default=10
        Features, at least 2; the first half of them matters.
    noise : float, default=1.5
        Standard deviation of what no feature shows, in standard deviations of a feature.
    heeds : float, default=0.5
        How the tool weights the features that matter, beside 1 for those that do not.
    panel_slips : float in [0, 0.5], default=0.0
        Share of the labels that `Study.relabel` sells which are turned at random: panels err too.
    panel_follows : float in [0, 1], default=0.0
        Share of the labels that `Study.relabel` sells which are the tool's: a panel may fall for
        what the tool falls for.
    n_fresh : int, default=10_000
        Fresh rows, labelled as the test rows are, and as many from deployment.
    strength : float in [0, 1], default=1.0
        The dial: the share of test rows whose label is the tool's.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, n_features), standard normal; ``meta`` has the column ``part``,
        ``"train"`` or ``"test"``. Deployment has gold labels. `Study.relabel` sells the labels of
        a panel, gold unless it errs, and `Study.annotate` those of a second panel as the column
        ``second_panel``. `Study.collect` has more test rows, without the tool. ``truth`` has
        ``gold`` and ``tool``, both of shape (n_samples,).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Labels that a tool suggests and people confirm are cheap, and agree with the tool.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_features = check_count("n_features", n_features, least=2)
    noise = check_number("noise", noise, low=0)
    heeds = check_number("heeds", heeds, low=0)
    panel_slips = check_number("panel_slips", panel_slips, low=0, high=0.5)
    panel_follows = check_number("panel_follows", panel_follows, low=0, high=1)
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_features)
    matters = np.arange(n_features) < n_features // 2

    def draw(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        X = rng.normal(size=(n, n_features))
        gold = X @ matters + noise * rng.normal(size=n) > 0
        return X, gold.astype(int), (X @ np.where(matters, heeds, 1) > 0).astype(int)

    def test_rows(n: int, rng: np.random.Generator, accepted: float = 0.0) -> Sample:
        X, gold, tool = draw(n, rng)
        y = np.where(rng.random(n) < accepted, tool, gold)
        return Sample(X, y, pd.DataFrame({"part": np.full(n, "test")}))

    X, gold, tool = draw(n_samples, rng)
    training = np.arange(n_samples) < n_samples // 2
    y = np.where(training | (rng.random(n_samples) < strength), tool, gold)
    fresh, deployment = test_rows(n_fresh, rng, strength), test_rows(n_fresh, rng)
    panels = [_by_a_panel(gold, tool, panel_slips, panel_follows, rng) for _ in range(2)]
    return Study.of(
        Sample(X, y, pd.DataFrame({"part": np.where(training, "train", "test")})),
        fresh,
        deployment,
        truth={"gold": gold, "tool": tool},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(
            rng,
            collect=test_rows,
            gold=panels[0],
            annotations={"second_panel": panels[1]},
        ),
    )


def make_noisy_labels(
    n_samples: int = 2_500,
    *,
    n_features: int = 20,
    wrong: float = 0.2,
    ambiguity: float = 0.3,
    n_fresh: int = 10_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study with a fixed share of wrong labels, some of them wrong for a shared reason.

    The gold label is 1 where the mean of the first four features, scaled to a variance of 1, and
    a little noise are above 0. Systematic errors: the labellers let a fifth feature sway them, all
    in the same way. Slips: labels turned at random. Together they are a share `wrong`.

    Parameters
    ----------
    n_samples : int, default=2500
        Rows of the study; at least 4.
    n_features : int, default=20
        Features, at least 5; five of them matter, the last one to the labellers only.
    wrong : float in [0, 0.4], default=0.2
        Share of labels that are wrong.
    ambiguity : float, default=0.3
        Standard deviation of what no feature shows, beside a signal of standard deviation 1.
    n_fresh : int, default=10_000
        Fresh rows, labelled as those of the study, and as many from deployment.
    strength : float in [0, 1], default=1.0
        The dial: the share of the wrong labels that is systematic.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, n_features), standard normal; ``y`` as labelled. Deployment has
        gold labels. `Study.relabel` sells gold labels and `Study.collect` rows that have them.
        ``truth`` has ``gold`` and ``signal`` (what the gold label is made of, without noise), of
        shape (n_samples,), and the mask ``slipped``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The signal of the labellers is turned by an angle of ``pi * wrong * strength`` towards the
    fifth feature, which makes that share of labels wrong; slips make up the rest. Northcutt,
    Athalye and Mueller (2021) counted wrong labels in ten test sets and asked from which share on
    they would turn a ranking of models round.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_features = check_count("n_features", n_features, least=5)
    wrong = check_number("wrong", wrong, low=0, high=0.4)
    ambiguity = check_number("ambiguity", ambiguity, low=0)
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_features)
    angle, systematic = np.pi * wrong * strength, wrong * strength
    slips = (wrong - systematic) / (1 - 2 * systematic)

    def draw(n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Return features, gold, the label given, the signal and where someone slipped."""
        X, unseen = rng.normal(size=(n, n_features)), ambiguity * rng.normal(size=n)
        signal = X[:, :4].sum(axis=1) / 2
        gold = signal + unseen > 0
        spread = np.sqrt(1 + ambiguity**2)
        swayed = np.cos(angle) * (signal + unseen) + np.sin(angle) * spread * X[:, 4] > 0
        slipped = rng.random(n) < slips
        return X, gold.astype(int), (swayed ^ slipped).astype(int), signal, slipped

    def with_gold(n: int, rng: np.random.Generator) -> Sample:
        X, gold, *_ = draw(n, rng)
        return Sample(X, gold)

    X, gold, y, signal, slipped = draw(n_samples, rng)
    X_fresh, _, y_fresh, *_ = draw(n_fresh, rng)
    return Study.of(
        Sample(X, y),
        Sample(X_fresh, y_fresh),
        with_gold(n_fresh, rng),
        truth={"gold": gold, "signal": signal, "slipped": slipped},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(rng, collect=with_gold, gold=gold),
    )


def _by_a_panel(
    gold: np.ndarray, tool: np.ndarray, slips: float, follows: float, rng: np.random.Generator
) -> np.ndarray:
    """Return the labels of people who look without the tool, and err as it does or at random."""
    if not (slips or follows):
        return gold
    followed, slipped = rng.random((2, len(gold)))
    return np.where(followed < follows, tool, gold) ^ (slipped < slips)
