"""The `pitfalls` command."""

from __future__ import annotations

import sys

__all__ = ["main"]

try:
    from .main import app, main  # noqa: F401
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] == "pitfalls":
        raise
    _missing = error.name

    def main(arguments: list[str] | None = None) -> int:
        """Say what to install where the package is there alone."""
        print(
            f"pitfalls: the command needs {_missing}: run `pip install 'pitfalls[course,lab]'`.",
            file=sys.stderr,
        )
        return 2
