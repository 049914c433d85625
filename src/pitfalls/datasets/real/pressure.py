"""Windows of the air pressure at New York's airports."""

from __future__ import annotations

import math
from datetime import timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd

from ..._arguments import check_count, check_number, check_rng
from ...study import Sample, Study
from .new_york import load_weather

__all__ = ["DEVELOPMENT", "LEAST_WINDOWS", "load_pressure_windows"]

#: Share of the year that is for development; the rest is for deployment.
DEVELOPMENT = 0.6
#: Rows that either part of a study of windows needs.
LEAST_WINDOWS = 20
_EST = timezone(timedelta(hours=-5), "EST")


def load_pressure_windows(
    variable: str = "pressure",
    *,
    lookback: int = 12,
    horizon: int = 12,
    kept: float = 0.8,
    random_state: Any = None,
) -> Study:
    """Load windows of hourly air pressure around noon at New York's three airports.

    The question, asked at noon: will the mean of the next `horizon` hours lie above the last
    reading? Windows of an airport do not overlap.

    Parameters
    ----------
    variable : {"pressure", "temp"}, default="pressure"
        Pressure at sea level (hPa) or temperature (°C).
    lookback : int, default=12
        Hours up to noon; from 2 to 168.
    horizon : int, default=12
        Hours from noon on; from 1 to 168. A window longer than a day is taken every second day,
        one longer than two days every third, and so on.
    kept : float in [0.1, 1], default=0.8
        Share of the development days that is drawn.
    random_state : int, Generator or None, default=None
        Seed of that draw. Seeds are splits of one year, not worlds of their own: intervals over
        seeds leave out how other years would differ.

    Returns
    -------
    Study
        ``X`` is a frame of n_samples rows, sorted by time, then airport; its columns are hours
        relative to the last reading, from ``1 - lookback`` to `horizon`. Development rows are
        days of the first 60 % of the year. ``fresh`` and ``deployment`` are all days of the rest,
        after a gap of a window; there the columns above 0, the future, are missing. ``y`` is 1
        where the mean of the horizon lies above column 0. ``meta`` has the columns ``airport`` and
        ``time`` (noon, Eastern Standard Time all year). ``info`` has ``lookback``, ``horizon``,
        ``variable`` and ``n_incomplete``, the windows of the year that are left out because an
        hour is missing.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or fewer than 20 windows are left in a part.
    DataError
        If the file is missing or damaged.

    Notes
    -----
    The airports lie within 35 km and have the same weather, so their rows of one day are near
    copies: split by ``meta["time"]``, never by row.

    About half of the pressure windows are incomplete, and not by chance: reports without pressure
    are those of rain and poor visibility. A score on these windows is one for fair weather.
    Temperature windows are nearly all complete.
    """
    if variable not in ("pressure", "temp"):
        raise ValueError(f"variable={variable!r} must be 'pressure' or 'temp'")
    lookback = check_count("lookback", lookback, least=2, most=168)
    horizon = check_count("horizon", horizon, most=168)
    kept = check_number("kept", kept, low=0.1, high=1)
    rng = check_rng(random_state)
    windows = _noon_windows(variable, lookback, horizon)
    days = windows.index.unique("time")
    n_development = int(DEVELOPMENT * len(days))
    drawn = days[np.sort(rng.permutation(n_development)[: round(kept * n_development)])]
    complete = windows.dropna()
    parts = []
    for name, chosen in {"development": drawn, "deployment": days[n_development + 1 :]}.items():
        rows = complete[complete.index.isin(chosen, level="time")]
        if len(rows) < LEAST_WINDOWS:
            raise ValueError(
                f"lookback={lookback}, horizon={horizon} and kept={kept:g} leave {len(rows)} "
                f"complete windows for {name}; {LEAST_WINDOWS} are needed, so take shorter ones "
                "or keep more"
            )
        parts.append(_sample(rows, with_future=name == "development"))
    development, deployment = parts
    return Study(
        X=development.X,
        y=development.y,
        meta=development.meta,
        fresh=deployment,
        deployment=deployment,
        info={
            "lookback": lookback,
            "horizon": horizon,
            "variable": variable,
            "n_incomplete": len(windows) - len(complete),
        },
        random_state=random_state,
    )


def _noon_windows(variable: str, lookback: int, horizon: int) -> pd.DataFrame:
    """Return a row for each forecast's time and airport, a column for each hour around it."""
    airports = load_weather().set_index("time").groupby("airport")[variable]
    table = pd.DataFrame(dict(list(airports))).tz_convert(_EST).resample("h").asfreq()
    length = lookback + horizon
    windows = np.lib.stride_tricks.sliding_window_view(table.to_numpy(), length, axis=0)
    # The reading of an hour comes at its end, so the last one known at noon is that of 11 h.
    noons = pd.DatetimeIndex(table.index[lookback : lookback + len(windows)])
    first = int(np.argmax(noons.hour == 12))
    step = 24 * math.ceil(length / 24)
    chosen = slice(first, None, step)
    rows = pd.MultiIndex.from_product([noons[chosen], table.columns], names=["time", "airport"])
    columns = range(1 - lookback, horizon + 1)
    return pd.DataFrame(windows[chosen].reshape(-1, length), index=rows, columns=columns)


def _sample(windows: pd.DataFrame, *, with_future: bool) -> Sample:
    y = windows.loc[:, 1:].mean(axis=1) > windows[0]
    meta = windows.index.to_frame(index=False)[["airport", "time"]]
    X = windows.reset_index(drop=True)
    if not with_future:
        X.loc[:, 1:] = np.nan
    return Sample(X, y.to_numpy().astype(int), meta)
