"""For teachers: seeds that belong to one person, and what a class predicted."""

from .guesses import guesses
from .predictions import for_a_spreadsheet, merge, summary
from .seeds import answers, personal_seed

__all__ = [
    "answers",
    "for_a_spreadsheet",
    "guesses",
    "merge",
    "personal_seed",
    "summary",
]
