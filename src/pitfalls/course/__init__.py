"""The chapters: what they measure, in which order they are read, and what they teach."""

from .chapters import Course, lessons, load
from .errors import CourseError, LessonError
from .lesson import PARTS, Lesson

__all__ = ["PARTS", "Course", "CourseError", "Lesson", "LessonError", "lessons", "load"]
