"""What a function takes from outside: things that were made of data before it is called."""

from __future__ import annotations

import dis
import pickle
import sys
from collections.abc import Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np
import pandas as pd

from .._data import is_sparse

__all__ = ["Outside"]

#: Functions that call functions are followed so far.
_DEEPEST = 6
#: Containers of no more things are looked into.
_FEW = 100


class Outside:
    """Frames, arrays, computed numbers and fitted estimators that a function takes from outside.

    Attributes
    ----------
    things : dict of str to object
        By the names that the function knows them by.
    """

    def __init__(self, function: Any) -> None:
        self.things = {name: thing for name, thing in _taken(function, 0, set()) if _told(thing)}
        self._before: dict[str, bytes] = {}

    def remember(self) -> None:
        """Note how the estimators are now."""
        self._before = {name: _state(thing) for name, thing in self.things.items()}

    def forget_refitted(self) -> None:
        """Drop the estimators that have changed since: they are fitted inside."""
        for name, before in self._before.items():
            if hasattr(self.things[name], "fit") and _state(self.things[name]) != before:
                del self.things[name]

    def __str__(self) -> str:
        return " and ".join(f"{name!r} ({_told(thing)})" for name, thing in self.things.items())


def _state(thing: Any) -> bytes:
    try:
        return pickle.dumps(thing)
    except Exception:  # what cannot be pickled cannot be compared
        return b""


def _own(thing: Any) -> bool:
    """Whether a function or a class was written by the reader, and not by a library."""
    module = getattr(thing, "__module__", None) or ""
    if module.partition(".")[0] in sys.stdlib_module_names - {"__main__"}:
        return False
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return not ("site-packages" in file or "dist-packages" in file)


def _taken(thing: Any, depth: int, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Give what a callable knows besides its arguments, with the name it knows it by."""
    if id(thing) in seen or depth > _DEEPEST:
        return
    seen.add(id(thing))
    if isinstance(thing, FunctionType):
        for name, value in _known(thing):
            yield from _with_inner(name, value, depth, seen)
    elif isinstance(thing, partial):
        yield from _taken(thing.func, depth + 1, seen)
        named = {f"argument {place}": value for place, value in enumerate(thing.args)}
        for name, value in (named | thing.keywords).items():
            yield from _with_inner(name, value, depth, seen)
    elif isinstance(thing, MethodType):
        owner = thing.__self__
        if not _told(owner):
            yield from _taken(thing.__func__, depth + 1, seen)
            yield from _of_object(owner, depth, seen)
        elif not thing.__name__.startswith("fit"):
            yield type(owner).__name__, owner
    elif not isinstance(thing, type) and _own(type(thing)):
        call = getattr(type(thing), "__call__", None)  # noqa: B004
        if isinstance(call, FunctionType):
            yield from _taken(call, depth + 1, seen)
            yield from _of_object(thing, depth, seen)


def _of_object(owner: Any, depth: int, seen: set[int]) -> Iterator[tuple[str, Any]]:
    for name, value in getattr(owner, "__dict__", {}).items():
        yield from _with_inner(f"self.{name}", value, depth, seen)


def _with_inner(name: str, value: Any, depth: int, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Give a thing, what a container of a few holds, and what a function of the reader's takes."""
    yield name, value
    if isinstance(value, dict) and len(value) <= _FEW:
        yield from ((f"{name}[{key!r}]", one) for key, one in value.items())
    elif isinstance(value, list | tuple) and len(value) <= _FEW:
        yield from ((f"{name}[{place}]", one) for place, one in enumerate(value))
    elif isinstance(value, partial | MethodType) or (callable(value) and _own(value)):
        yield from _taken(value, depth + 1, seen)


def _known(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Give the globals, the enclosing names and the defaults that a function uses."""
    code = function.__code__
    for name in {*_globals_of(code)}:
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not yet filled
            continue
    defaults = function.__defaults__ or ()
    last = code.co_varnames[: code.co_argcount][code.co_argcount - len(defaults) :]
    yield from zip(last, defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()


def _globals_of(code: CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield step.argval
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _globals_of(inner)


def _told(thing: Any) -> str:
    """Return what a thing is, if it may have been made of data; else nothing."""
    if isinstance(thing, type):
        return ""
    if isinstance(thing, pd.DataFrame | pd.Series) or is_sparse(thing):
        return f"a {type(thing).__name__} of {thing.shape[0]} rows"
    if isinstance(thing, np.ndarray):
        return f"an array of shape {thing.shape}" if thing.dtype.kind in "fcM" else ""
    if isinstance(thing, np.floating):
        return "a number that was computed"
    if type(thing).__module__.partition(".")[0] in ("polars", "torch", "pyarrow"):
        return f"a {type(thing).__name__}" if hasattr(thing, "shape") else ""
    if hasattr(thing, "state_dict"):
        return f"a network, {type(thing).__name__}"
    return f"a fitted {type(thing).__name__}" if _fitted(thing) else ""


def _fitted(thing: Any, depth: int = 0) -> bool:
    """Whether this is an estimator with what it has learned, or holds one."""
    if not hasattr(thing, "fit") or isinstance(thing, type) or not hasattr(thing, "__dict__"):
        return False
    inner = []
    for name, value in vars(thing).items():
        if name.endswith("_") and not name.endswith("__"):
            return True
        listed = value if isinstance(value, list | tuple) else [value]
        inner += [one for part in listed for one in (part if isinstance(part, tuple) else [part])]
    return depth < 3 and any(_fitted(one, depth + 1) for one in inner)
