"""PyTorch and captum, imported when they are needed; one thread; seeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from numbers import Integral
from typing import Any

import numpy as np

__all__ = ["load_captum", "load_torch", "one_thread", "seed_of"]


@cache
def load_torch() -> Any:
    """Return the module ``torch``, or say how to install it."""
    return _installed("torch", "training and predicting need PyTorch")


@cache
def load_captum(module: str, need: str) -> Any:
    """Return a module of captum, or say what `need` asks for and how to install it."""
    return _installed(f"captum.{module}", f"{need} need captum and PyTorch")


def _installed(module: str, need: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{need}: run `pip install 'pitfalls[vision]'`, or `python3 course.py run`, which "
            "installs it"
        ) from error


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch compute on one thread, which is faster here and the same to the bit."""
    torch = load_torch()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def seed_of(random_state: Any) -> int:
    """Return a seed for PyTorch from an int, Generator or None."""
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(np.random.default_rng(random_state).integers(2**63))
