"""Simulated studies (``make_*``) and small real data sets (``load_*``)."""

from .images import make_chest_films, make_tank_scenes
from .real import (
    load_digit_products,
    load_flights,
    load_framed_digits,
    load_pressure_windows,
    load_weather,
)
from .series import (
    make_price_series,
    make_price_windows,
    make_returns,
    make_unrelated_series,
)
from .tabular import make_expression, make_hospital_records, make_measurements

__all__ = [
    "load_digit_products",
    "load_flights",
    "load_framed_digits",
    "load_pressure_windows",
    "load_weather",
    "make_chest_films",
    "make_expression",
    "make_hospital_records",
    "make_measurements",
    "make_price_series",
    "make_price_windows",
    "make_returns",
    "make_tank_scenes",
    "make_unrelated_series",
]
