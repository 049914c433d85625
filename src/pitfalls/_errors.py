"""What all errors with a cure have in common."""

from __future__ import annotations

__all__ = ["PitfallsError"]


class PitfallsError(Exception):
    """Something that is asked for cannot be done; the message says why and what would help.

    The command prints the message alone.
    """
