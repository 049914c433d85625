"""Simulated tables: rows of numbers, a module for each kind of study."""

from .admissions import make_admissions
from .archives import make_merged_archives
from .expression import make_expression
from .hospitals import make_hospital_records
from .labels import make_assisted_labels, make_noisy_labels
from .left_out import make_fund_archive, make_rated_comments, make_referrals
from .measurements import make_measurements
from .screening import make_screening
from .voices import make_voice_recordings

__all__ = [
    "make_admissions",
    "make_assisted_labels",
    "make_expression",
    "make_fund_archive",
    "make_hospital_records",
    "make_measurements",
    "make_merged_archives",
    "make_noisy_labels",
    "make_rated_comments",
    "make_referrals",
    "make_screening",
    "make_voice_recordings",
]
