"""What the checks of the exercises say to an answer.

A check has its own `assert` and its own hint. `miss` and `number` see to what goes wrong before a
check can say anything: a number that is none, and a function that returns nothing. After
`in_words` a notebook answers in sentences, and shows no traceback.
"""

from __future__ import annotations

import ast
import math
import sys
import traceback
from collections.abc import Callable
from typing import Any

from ._numbers import named, one_number

__all__ = ["in_words", "miss", "number"]


def in_words() -> None:
    """Let the checks of this notebook say "Right.", or what is off, in place of a traceback.

    A check is a cell with an `assert` that stands in no function. What stops one is told in a
    sentence; the magic ``%tb`` shows the traceback. All other cells are as before, but for an
    answer that is still to be written. Outside a notebook it does nothing.

    Examples
    --------
    >>> in_words()
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    shell.set_custom_exc((Exception,), _say_what_is_off)
    hooks = shell.events.callbacks["post_run_cell"]
    for hook in [hook for hook in hooks if hook.__name__ == _say_right.__name__]:
        shell.events.unregister("post_run_cell", hook)
    shell.events.register("post_run_cell", _say_right)


def _is_check(source: str) -> bool:
    """Whether a cell holds an `assert` that stands in no function."""
    try:
        nodes = list(ast.parse(source).body)
    except SyntaxError:  # a magic is in it, or it cannot be run
        return False
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Assert):
            return True
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            nodes += list(ast.iter_child_nodes(node))
    return False


def _say_right(result: Any) -> None:
    if result.success and result.info is not None and _is_check(result.info.raw_cell):
        print("Right.")


def _say_what_is_off(
    shell: Any, kind: type, error: BaseException, trace: Any, tb_offset: int | None = None
) -> None:
    source = shell.history_manager.input_hist_raw[-1]
    if not _is_check(source) and kind is not NotImplementedError:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace
    print("Not yet.", _sentence(error, trace))


def _sentence(error: BaseException, trace: Any) -> str:
    """Return what stopped a check, for somebody who wrote the answer and not the check."""
    if isinstance(error, AssertionError | NotImplementedError):
        return str(error) or "The check does not say why; `%tb` shows the line."
    if isinstance(error, NameError) and error.name:
        return f"There is no `{error.name}` yet: write your answer above, and run that cell."
    *_, last = traceback.extract_tb(trace)
    where = f", in a line that says `{last.line}`" if last.line else ""
    return f"Your answer stops with {type(error).__name__}: {error}{where}. (`%tb` shows all.)"


def miss(estimate: Any, truth: float, within: float) -> str:
    """Say on which side an estimate misses, without giving the answer away.

    Parameters
    ----------
    estimate : float
        The learner's number.
    truth : float
        The answer; a wrong estimate above 1 of an answer in [0, 1] is taken for a percentage.
    within : float
        The largest difference that is right.

    Returns
    -------
    str
        One sentence; empty where the estimate is right.
    """
    value = one_number(estimate)
    if value is None or math.isnan(value):
        return f"Your estimate is {named(estimate)}; give one number, such as 0.7."
    if abs(value - truth) < within:
        return ""
    if value > 1 and 0 <= truth <= 1:
        return f"{value:g} is more than a score can be; write 70 % as 0.7."
    far = ", by more than twice what is allowed" if abs(value - truth) > 2 * within else ""
    return f"{value:g} is too {'high' if value > truth else 'low'}{far}."


def number(function: Callable, *arguments: Any, **options: Any) -> float:
    """Call a learner's function and see that it returns one number.

    Parameters
    ----------
    function : callable
        What the learner wrote.
    *arguments, **options
        Passed on.

    Returns
    -------
    float
        What it returned.

    Raises
    ------
    AssertionError
        If it returned something else; the message names it and what may be missing.
    """
    returned = function(*arguments, **options)
    value = one_number(returned)
    name = getattr(function, "__name__", "your function")
    if value is None:
        cure = (
            "does it end with a line that says `return`" if returned is None else _cure(returned)
        )
        raise AssertionError(f"{name} returned {named(returned)} and no number: {cure}?")
    if math.isnan(value):
        raise AssertionError(f"{name} returned nan: is something empty, or divided by zero?")
    return value


def _cure(value: Any) -> str:
    if hasattr(value, "claimed"):
        return "which of its numbers is asked for, such as `.claimed` or `.gap`"
    return "is a mean missing" if hasattr(value, "__len__") else "what is asked for"
