"""Simulated studies (``make_*``) and small real data sets (``load_*``)."""

from .images import make_chest_films, make_tank_scenes
from .real import (
    load_biopsies,
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
from .tabular import (
    make_admissions,
    make_assisted_labels,
    make_expression,
    make_fund_archive,
    make_hospital_records,
    make_measurements,
    make_merged_archives,
    make_noisy_labels,
    make_rated_comments,
    make_referrals,
    make_screening,
    make_voice_recordings,
)
from .text import make_reviews

__all__ = [
    "load_biopsies",
    "load_digit_products",
    "load_flights",
    "load_framed_digits",
    "load_pressure_windows",
    "load_weather",
    "make_admissions",
    "make_assisted_labels",
    "make_chest_films",
    "make_expression",
    "make_fund_archive",
    "make_hospital_records",
    "make_measurements",
    "make_merged_archives",
    "make_noisy_labels",
    "make_price_series",
    "make_price_windows",
    "make_rated_comments",
    "make_referrals",
    "make_returns",
    "make_reviews",
    "make_screening",
    "make_tank_scenes",
    "make_unrelated_series",
    "make_voice_recordings",
]
