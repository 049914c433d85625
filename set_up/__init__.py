"""What course.py does: it makes .venv where that is due and hands over to `pitfalls` in it.

Standard library only: it runs before anything is installed.
"""

from .command import main

__all__ = ["main"]
