"""The reader's own report after REFORMS: where it lies, and how a notebook records into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import reforms
from .._settings import Settings
from .own_files import own_file

__all__ = ["path", "record"]


def path() -> Path:
    """Return the reader's own report, whether it exists or not.

    ``work/reforms.yaml`` in the copy of the course; the environment variable ``PITFALLS_REFORMS``
    names another file.
    """
    return Settings.from_env().reforms or own_file("reforms.yaml")


def record(item: str, answer: str | None = None, **given: Any) -> None:
    """Put an answer or a piece of evidence into the reader's own report.

    Parameters
    ----------
    item : str
        The code, such as ``"6b"``.
    answer : str, default=None
        Your answer, which replaces the one that is there.
    **given
        What `pitfalls.reforms.record` takes besides: status, check, name, file, cell, doi,
        section, url, repository and commit, interval, n, scores.

    Raises
    ------
    ValueError
        If an argument is not what it should be; the report is left as it was.
    ReportError
        If the report cannot be read or written.
    """
    reforms.record(item, answer, report=path(), **given)
