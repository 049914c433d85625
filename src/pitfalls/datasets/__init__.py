"""Simulated studies (``make_*``) and small real data sets (``load_*``)."""

from typing import TYPE_CHECKING

from .._lazy import attach

if TYPE_CHECKING:
    from .images import make_chest_films as make_chest_films, make_tank_scenes as make_tank_scenes
    from .real.biopsies import load_biopsies as load_biopsies
    from .real.digits import (
        load_digit_products as load_digit_products,
        load_framed_digits as load_framed_digits,
    )
    from .real.new_york import load_flights as load_flights, load_weather as load_weather
    from .real.pressure import load_pressure_windows as load_pressure_windows
    from .series import (
        make_price_series as make_price_series,
        make_price_windows as make_price_windows,
        make_returns as make_returns,
        make_unrelated_series as make_unrelated_series,
    )
    from .tabular.admissions import make_admissions as make_admissions
    from .tabular.archives import make_merged_archives as make_merged_archives
    from .tabular.expression import make_expression as make_expression
    from .tabular.hospitals import make_hospital_records as make_hospital_records
    from .tabular.labels import (
        make_assisted_labels as make_assisted_labels,
        make_noisy_labels as make_noisy_labels,
    )
    from .tabular.left_out import (
        make_fund_archive as make_fund_archive,
        make_rated_comments as make_rated_comments,
        make_referrals as make_referrals,
    )
    from .tabular.measurements import make_measurements as make_measurements
    from .tabular.screening import make_screening as make_screening
    from .tabular.voices import make_voice_recordings as make_voice_recordings
    from .text import make_reviews as make_reviews

_PARTS = {
    "images": ["make_chest_films", "make_tank_scenes"],
    "real.biopsies": ["load_biopsies"],
    "real.digits": ["load_digit_products", "load_framed_digits"],
    "real.new_york": ["load_weather", "load_flights"],
    "real.pressure": ["load_pressure_windows"],
    "series": ["make_price_windows", "make_price_series", "make_returns", "make_unrelated_series"],
    "tabular.admissions": ["make_admissions"],
    "tabular.archives": ["make_merged_archives"],
    "tabular.expression": ["make_expression"],
    "tabular.hospitals": ["make_hospital_records"],
    "tabular.labels": ["make_assisted_labels", "make_noisy_labels"],
    "tabular.left_out": ["make_referrals", "make_fund_archive", "make_rated_comments"],
    "tabular.measurements": ["make_measurements"],
    "tabular.screening": ["make_screening"],
    "tabular.voices": ["make_voice_recordings"],
    "text": ["make_reviews"],
}
__getattr__, __dir__, __all__ = attach(__name__, _PARTS)
