"""Small real data sets, committed in ``data/`` or shipped with scikit-learn."""

from ._committed import DataError, data_folder
from .biopsies import load_biopsies
from .digits import load_digit_products, load_framed_digits
from .new_york import load_flights, load_weather
from .pressure import load_pressure_windows

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
