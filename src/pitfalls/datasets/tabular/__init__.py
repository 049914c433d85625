"""Simulated tables: rows of numbers, a module for each kind of study."""

from .expression import make_expression
from .hospitals import make_hospital_records
from .measurements import make_measurements

__all__ = ["make_expression", "make_hospital_records", "make_measurements"]
