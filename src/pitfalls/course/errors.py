"""What is wrong with a course or with what is asked of it, in one sentence."""

from __future__ import annotations

from .._errors import PitfallsError

__all__ = ["CourseError", "LessonError"]


class CourseError(PitfallsError, ValueError):
    """Something that is asked for cannot be done; the message says why and what would help."""


class LessonError(CourseError):
    """A chapter cannot be read; the message names the file and what would be right."""
