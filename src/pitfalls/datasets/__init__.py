"""Simulated studies (``make_*``) and small real data sets (``load_*``)."""

from .real import load_digit_products
from .tabular import make_expression

__all__ = ["load_digit_products", "make_expression"]
