"""Simulated series in time: windows with their horizon, and whole series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from .._arguments import check_count, check_number, check_size, check_study
from ..study import Sample, Services, Study

__all__ = ["make_price_series", "make_price_windows", "make_returns", "make_unrelated_series"]


def make_price_windows(
    n_samples: int = 1000,
    *,
    lookback: int = 10,
    horizon: int = 10,
    momentum: float = 0.5,
    tails: float = 0.0,
    per_date: int = 1,
    market: float = 0.0,
    archived: bool = False,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of price windows, each from a series of its own.

    Prices are a walk whose steps remember the step before. The question: will the mean of the
    next `horizon` prices lie above the last one? Windows of one date may have a market in common.

    Parameters
    ----------
    n_samples : int, default=1000
        Windows in the study, one a series.
    lookback : int, default=10
        Steps known when the prediction is made, the present one included; at least 2.
    horizon : int, default=10
        Steps to come.
    momentum : float in [-0.9, 0.95], default=0.5
        How much of a step carries over to the next; 0 is a random walk, and below 0 a step tends
        to be taken back.
    tails : float in [0, 0.45], default=0.0
        How heavy the tails of the steps are: one over the degrees of freedom of Student's t
        distribution. 0 is a normal distribution, and a third has three degrees.
    per_date : int, default=1
        Windows that have one date. Dates lie so far apart that windows of two do not overlap.
    market : float in [0, 0.95], default=0.0
        Share of the variance of a step that all windows of one date have in common.
    archived : bool, default=False
        Whether deployment rows are old recordings, whose horizon is there on the day as well.
    n_fresh : int, default=5_000
        Fresh windows.
    strength : float in [0, 1], default=1.0
        The dial. It changes nothing here; a world hands it to the analyst by `Study.knowing`.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` is a frame of n_samples rows; its columns are steps relative to the present, from
        ``1 - lookback`` to ``horizon``; ``X[0]`` is the present price. In fresh and deployed
        rows the columns above 0 are missing, as they are on the day, unless `archived`, and each
        has a date of its own. ``y`` is 1 where the mean price of the horizon lies above the
        present one. ``meta`` has the columns ``series`` and ``time``, the number of the window's
        date; ``info`` has ``lookback`` and ``horizon``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    per_date = check_count("per_date", per_date)
    market = check_number("market", market, low=0, high=0.95)

    def windows_of(n: int, per_date: int, walks: _Walks) -> Sample:
        date = np.arange(n) // per_date
        prices = walks(n)
        if market:
            common = walks(int(date[-1]) + 1)
            prices = np.sqrt(1 - market) * prices + np.sqrt(market) * common[date]
        return _windows(prices, walks.lookback, {"series": np.arange(n), "time": date})

    return _price_study(
        lambda n, walks: windows_of(n, per_date, walks),
        lambda n, walks: windows_of(n, 1, walks),
        n_samples, lookback, horizon, momentum, tails, 0.0, archived, n_fresh, strength,
        random_state,
    )  # fmt: skip


def make_price_series(
    n_samples: int = 1500,
    *,
    lookback: int = 20,
    horizon: int = 10,
    momentum: float = 0.4,
    tails: float = 0.0,
    fading: float = 0.0,
    archived: bool = False,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of one long price series, a row for each day.

    As `make_price_windows`, but the rows of the study are successive days of one series, so their
    windows overlap.

    Parameters
    ----------
    n_samples : int, default=1500
        Days in the study.
    lookback, horizon, momentum, tails, archived, n_fresh, strength, random_state
        As in `make_price_windows`.
    fading : float in [0, 2], default=0.0
        Share of the momentum that is gone when the model is deployed; 1 leaves a random walk, and
        2 turns the momentum round.

    Returns
    -------
    Study
        As `make_price_windows`; ``meta`` has the column ``day``. Fresh and deployed rows are
        days of other series, one each; they are one draw unless `fading`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    fading = check_number("fading", fading, low=0, high=2)

    def successive(n: int, walks: _Walks) -> Sample:
        prices = walks(1, n + walks.length - 1)[0]
        windows = np.lib.stride_tricks.sliding_window_view(prices, walks.length)
        return _windows(windows, walks.lookback, {"day": np.arange(n)})

    return _price_study(
        successive,
        lambda n, walks: _windows(walks(n), walks.lookback, {"day": np.arange(n)}),
        n_samples, lookback, horizon, momentum, tails, fading, archived, n_fresh, strength,
        random_state,
    )  # fmt: skip


def make_returns(
    n_samples: int = 1500,
    *,
    lookback: int = 20,
    lookahead: int = 6,
    memory: float = 0.3,
    tails: float = 0.0,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of daily returns, of which tomorrow's is to be predicted.

    Returns remember the return before, so that a share ``memory ** 2`` of tomorrow's variance can
    be predicted and no more.

    Parameters
    ----------
    n_samples : int, default=1500
        Successive days in the study.
    lookback : int, default=20
        Returns known when the prediction is made, today's included; at least 2.
    lookahead : int, default=6
        Later returns that the archive holds for each day of the study.
    memory : float in [-0.9, 0.95], default=0.3
        Correlation of a return with the one before.
    tails : float in [0, 0.45], default=0.0
        How heavy the tails of the shocks are, as in `make_price_windows`.
    n_fresh : int, default=5_000
        Fresh days, each from a series of its own.
    strength : float in [0, 1], default=1.0
        The dial. It changes nothing here; a world hands it to the analyst by `Study.knowing`.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` is a frame whose columns are days relative to today, from ``1 - lookback`` to
        `lookahead`, in standard deviations of the daily shock; in fresh and deployed rows the
        columns above 0 are missing. ``y`` is tomorrow's return. ``meta`` has the column
        ``day``, ``info`` has ``lookback`` and ``lookahead``; ``truth`` has ``bayes``, the best
        R² that any model can reach.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    lookback = check_count("lookback", lookback, least=2, most=10_000)
    lookahead = check_count("lookahead", lookahead, most=10_000)
    memory = check_number("memory", memory, low=-0.9, high=0.95)
    tails = check_number("tails", tails, low=0, high=0.45)
    length = lookback + lookahead
    check_size("n_samples, lookback and lookahead", max(n_samples, n_fresh), length)
    columns = np.arange(1 - lookback, lookahead + 1)

    def sample(returns: np.ndarray) -> Sample:
        X = pd.DataFrame(returns, columns=columns)
        return Sample(X, X[1].to_numpy(), pd.DataFrame({"day": np.arange(len(X))}))

    def draw_series(n: int, rng: np.random.Generator) -> Sample:
        returns = _autoregression(rng, (1, n + length - 1), memory, tails)[0]
        return sample(np.lib.stride_tricks.sliding_window_view(returns, length))

    development = draw_series(n_samples, rng)
    fresh = _on_the_day(sample(_autoregression(rng, (n_fresh, length), memory, tails)))
    return Study.of(
        development,
        fresh,
        info={"lookback": lookback, "lookahead": lookahead},
        truth={"bayes": memory**2},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(rng, collect=draw_series),
    )


def make_unrelated_series(
    n_samples: int = 1000,
    *,
    n_features: int = 5,
    longest_memory: float = 30.0,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make series that wander on their own, and an outcome that has nothing to do with them.

    Parameters
    ----------
    n_samples : int, default=1000
        Successive moments in the study.
    n_features : int, default=5
        Series to predict from.
    longest_memory : float, default=30.0
        Steps after which a correlation has fallen to 1/e, at full strength; at least 1.
    n_fresh : int, default=5_000
        Fresh moments, so far apart that they remember nothing of each other.
    strength : float in [0, 1], default=1.0
        The dial: memory grows from none at 0 to `longest_memory`, by a factor of ten for each
        two thirds of the way.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, n_features), each column of variance 1; ``y`` is 1 where a
        further series of the same kind is above 0. ``meta`` has the column ``step``; ``truth``
        has ``memory`` in steps and ``bayes`` = 0.5.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    After Yule (1926), who asked why series without any relation seem to have one.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_features = check_count("n_features", n_features, most=10_000)
    longest_memory = check_number("longest_memory", longest_memory, low=1, high=10_000)
    check_size("n_samples and n_features", max(n_samples, n_fresh), n_features + 1)
    memory = longest_memory * 10 ** (-1.5 * (1 - strength)) if strength else 0.0
    carry = float(np.exp(-1 / memory)) if memory else 0.0

    def sample(values: np.ndarray) -> Sample:
        y = (values[:, -1] > 0).astype(int)
        return Sample(values[:, :-1], y, pd.DataFrame({"step": np.arange(len(y))}))

    def draw_series(n: int, rng: np.random.Generator) -> Sample:
        shape = (n_features + 1, n)
        return sample((_autoregression(rng, shape, carry) * np.sqrt(1 - carry**2)).T)

    development = draw_series(n_samples, rng)
    fresh = sample(rng.standard_normal((n_fresh, n_features + 1)))
    return Study.of(
        development,
        fresh,
        truth={"memory": memory, "bayes": 0.5},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(rng, collect=draw_series),
    )


def _autoregression(
    rng: np.random.Generator,
    shape: tuple[int, int],
    carry: float,
    tails: float = 0.0,
    *,
    summed: bool = False,
) -> np.ndarray:
    """Rows of ``x[t] = carry * x[t - 1] + shock``, stationary; or their sums, in the same pass."""
    if tails:  # Student's t, of variance 1
        shocks = rng.standard_t(1 / tails, shape) * np.sqrt(1 - 2 * tails)
    else:
        shocks = rng.standard_normal(shape)
    shocks[:, 0] /= np.sqrt(1 - carry**2)
    return lfilter([1.0], [1.0, -1 - carry, carry] if summed else [1.0, -carry], shocks, axis=1)


def _windows(prices: np.ndarray, lookback: int, meta: dict[str, np.ndarray]) -> Sample:
    columns = np.arange(1 - lookback, prices.shape[1] - lookback + 1)
    X = pd.DataFrame(prices, columns=columns)
    y = prices[:, lookback:].mean(axis=1) > prices[:, lookback - 1]
    return Sample(X, y.astype(int), pd.DataFrame(meta))


def _on_the_day(sample: Sample) -> Sample:
    """Take out what is not yet recorded when the prediction is made."""
    X: Any = sample.X.copy()
    X.loc[:, X.columns > 0] = np.nan
    return Sample(X, sample.y, sample.meta)


@dataclass(frozen=True)
class _Walks:
    """Prices that wander: ``walks(n)`` draws n rows of them."""

    rng: np.random.Generator
    lookback: int
    length: int
    momentum: float
    tails: float

    def __call__(self, n: int, length: int | None = None) -> np.ndarray:
        shape = n, length or self.length
        return _autoregression(self.rng, shape, self.momentum, self.tails, summed=True)


def _price_study(
    draw: Callable[[int, _Walks], Sample], draw_apart: Callable[[int, _Walks], Sample],
    n_samples: int, lookback: int, horizon: int, momentum: float, tails: float, fading: float,
    archived: bool, n_fresh: int, strength: float, random_state: Any,
) -> Study:  # fmt: skip
    """Make a study of prices from the rows of the study, and from rows that are drawn apart."""
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    lookback = check_count("lookback", lookback, least=2, most=10_000)
    horizon = check_count("horizon", horizon, most=10_000)
    momentum = check_number("momentum", momentum, low=-0.9, high=0.95)
    tails = check_number("tails", tails, low=0, high=0.45)
    length = lookback + horizon
    check_size("n_samples, lookback and horizon", max(n_samples, n_fresh), length)
    if not isinstance(archived, bool):
        raise TypeError(f"archived={archived!r} must be True or False")

    def walks(rng: np.random.Generator, momentum: float = momentum) -> _Walks:
        return _Walks(rng, lookback, length, momentum, tails)

    def to_come(sample: Sample) -> Sample:
        return sample if archived else _on_the_day(sample)

    development = draw(n_samples, walks(rng))
    fresh = deployment = to_come(draw_apart(n_fresh, walks(rng)))
    if fading:
        deployment = to_come(draw_apart(n_fresh, walks(rng, momentum * (1 - fading))))
    return Study.of(
        development,
        fresh,
        deployment,
        info={"lookback": lookback, "horizon": horizon},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(rng, collect=lambda n, rng: draw(n, walks(rng))),
    )
