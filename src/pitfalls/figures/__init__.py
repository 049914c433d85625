"""The pictures that the chapters share: the card of numbers, the dial, the power of a check."""

from .card import card
from .dial import dial
from .power import power
from .style import CHANCE, FIX, OTHERS, PITFALL, colour, house_style, label_ends
from .summary import poster

__all__ = [
    "CHANCE",
    "FIX",
    "OTHERS",
    "PITFALL",
    "card",
    "colour",
    "dial",
    "house_style",
    "label_ends",
    "poster",
    "power",
]
