"""Packages whose parts are imported when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

__all__ = ["attach"]


def attach(
    package: str, parts: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package.

    As in Scientific Python's SPEC 1: importing the package is cheap, and a name brings in the
    module that it is in. Type checkers see the imports under ``TYPE_CHECKING``.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    parts : mapping of str to sequence of str
        The names that each of its modules gives.
    """
    home = {name: module for module, names in parts.items() for name in names}

    def get(name: str) -> Any:
        if name in home:
            return getattr(import_module(f"{package}.{home[name]}"), name)
        if name in {module.partition(".")[0] for module in parts}:
            return import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: sorted(home), sorted(home)
