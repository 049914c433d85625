"""Simulated series in time: windows with their horizon, and whole series."""

from __future__ import annotations

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
    archived: bool = False,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of price windows, each from a series of its own.

    Prices are a walk whose steps remember the step before. The question: will the mean of the
    next `horizon` prices lie above the last one?

    Parameters
    ----------
    n_samples : int, default=1000
        Windows in the study, one a series.
    lookback : int, default=10
        Steps known when the prediction is made, the present one included; at least 2.
    horizon : int, default=10
        Steps to come.
    momentum : float in [0, 0.95], default=0.5
        How much of a step carries over to the next; 0 is a random walk.
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
        rows the columns above 0 are missing, as they are on the day, unless `archived`. ``y`` is
        1 where the mean price of the horizon lies above the present one. ``meta`` has the column
        ``series``, ``info`` has ``lookback`` and ``horizon``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    return _price_study(
        n_samples, lookback, horizon, momentum, archived, n_fresh, strength, random_state,
        one_series=False,
    )  # fmt: skip


def make_price_series(
    n_samples: int = 1500,
    *,
    lookback: int = 20,
    horizon: int = 10,
    momentum: float = 0.4,
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
    lookback, horizon, momentum, archived, n_fresh, strength, random_state
        As in `make_price_windows`.

    Returns
    -------
    Study
        As `make_price_windows`; ``meta`` has the column ``day``. Fresh and deployed rows are
        days of other series, one each.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    return _price_study(
        n_samples, lookback, horizon, momentum, archived, n_fresh, strength, random_state,
        one_series=True,
    )  # fmt: skip


def make_returns(
    n_samples: int = 1500,
    *,
    lookback: int = 20,
    lookahead: int = 6,
    memory: float = 0.3,
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
    memory : float in [0, 0.95], default=0.3
        Correlation of a return with the one before.
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
    memory = check_number("memory", memory, low=0, high=0.95)
    length = lookback + lookahead
    check_size("n_samples, lookback and lookahead", max(n_samples, n_fresh), length)
    columns = np.arange(1 - lookback, lookahead + 1)

    def sample(returns: np.ndarray) -> Sample:
        X = pd.DataFrame(returns, columns=columns)
        return Sample(X, X[1].to_numpy(), pd.DataFrame({"day": np.arange(len(X))}))

    def draw_series(n: int, rng: np.random.Generator) -> Sample:
        returns = _autoregression(rng, (1, n + length - 1), memory)[0]
        return sample(np.lib.stride_tricks.sliding_window_view(returns, length))

    development = draw_series(n_samples, rng)
    fresh = _on_the_day(sample(_autoregression(rng, (n_fresh, length), memory)))
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
    rng: np.random.Generator, shape: tuple[int, int], carry: float, *, summed: bool = False
) -> np.ndarray:
    """Rows of ``x[t] = carry * x[t - 1] + shock``, stationary; or their sums, in the same pass."""
    shocks = rng.standard_normal(shape)
    shocks[:, 0] /= np.sqrt(1 - carry**2)
    return lfilter([1.0], [1.0, -1 - carry, carry] if summed else [1.0, -carry], shocks, axis=1)


def _windows(prices: np.ndarray, lookback: int, meta: pd.DataFrame) -> Sample:
    columns = np.arange(1 - lookback, prices.shape[1] - lookback + 1)
    X = pd.DataFrame(prices, columns=columns)
    y = prices[:, lookback:].mean(axis=1) > prices[:, lookback - 1]
    return Sample(X, y.astype(int), meta)


def _on_the_day(sample: Sample) -> Sample:
    """Take out what is not yet recorded when the prediction is made."""
    X: Any = sample.X.copy()
    X.loc[:, X.columns > 0] = np.nan
    return Sample(X, sample.y, sample.meta)


def _price_study(
    n_samples: int, lookback: int, horizon: int, momentum: float, archived: bool, n_fresh: int,
    strength: float, random_state: Any, *, one_series: bool,
) -> Study:  # fmt: skip
    """Make a study of prices: windows of one series, or one window from each of many."""
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    lookback = check_count("lookback", lookback, least=2, most=10_000)
    horizon = check_count("horizon", horizon, most=10_000)
    momentum = check_number("momentum", momentum, low=0, high=0.95)
    length = lookback + horizon
    check_size("n_samples, lookback and horizon", max(n_samples, n_fresh), length)
    if not isinstance(archived, bool):
        raise TypeError(f"archived={archived!r} must be True or False")
    row = "day" if one_series else "series"

    def draw_apart(n: int, rng: np.random.Generator) -> Sample:
        prices = _autoregression(rng, (n, length), momentum, summed=True)
        return _windows(prices, lookback, pd.DataFrame({row: np.arange(n)}))

    def draw_successive(n: int, rng: np.random.Generator) -> Sample:
        prices = _autoregression(rng, (1, n + length - 1), momentum, summed=True)[0]
        windows = np.lib.stride_tricks.sliding_window_view(prices, length)
        return _windows(windows, lookback, pd.DataFrame({row: np.arange(n)}))

    draw = draw_successive if one_series else draw_apart
    development, fresh = draw(n_samples, rng), draw_apart(n_fresh, rng)
    fresh = fresh if archived else _on_the_day(fresh)
    return Study.of(
        development,
        fresh,
        info={"lookback": lookback, "horizon": horizon},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(rng, collect=draw),
    )
