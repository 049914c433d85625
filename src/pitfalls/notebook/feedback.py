"""What the checks of the exercises say to an answer.

A check has its own `assert` and its own hint. `miss`, `number`, `called` and `formed` see to what
goes wrong before a check can say anything: a number that is none, a function that returns nothing,
a list where a frame is asked for, a model that was never fitted. After `in_words` a notebook
answers in sentences, and shows no traceback.
"""

from __future__ import annotations

import ast
import math
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ._forms import described, fault
from ._numbers import named, one_number

__all__ = ["called", "formed", "in_words", "miss", "number", "readable"]


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
    # In one piece: a kernel that is busy may send what is printed in several.
    print(f"Not yet. {_sentence(error, trace)}")


def _sentence(error: BaseException, trace: Any) -> str:
    """Return what stopped a check, for somebody who wrote the answer and not the check."""
    if isinstance(error, AssertionError | NotImplementedError):
        return str(error) or "The check does not say why; `%tb` shows the line."
    if isinstance(error, NameError) and error.name:
        return f"There is no `{error.name}` yet: write your answer above, and run that cell."
    last = _last_of_the_notebook(trace)
    where = f", in a line that says `{last.line}`" if last.line else ""
    return f"Your answer stops with {type(error).__name__}: {error}{where}. (`%tb` shows all.)"


def _last_of_the_notebook(trace: Any) -> traceback.FrameSummary:
    """Return the deepest line that stands in a cell, not one of the libraries that it calls."""
    found = list(zip(traceback.walk_tb(trace), traceback.extract_tb(trace), strict=True))
    own = [line for (frame, _), line in found if frame.f_globals.get("__name__") == "__main__"]
    return [line for _, line in found][-1] if not own else own[-1]


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
    returned = _returned(function, arguments, options)
    value = one_number(returned)
    name = _name(function)
    if value is None:
        cure = (
            "does it end with a line that says `return`" if returned is None else _cure(returned)
        )
        raise AssertionError(f"{name} returned {named(returned)} and no number: {cure}?")
    if math.isnan(value):
        raise AssertionError(f"{name} returned nan: is something empty, or divided by zero?")
    return value


def called(function: Callable, *arguments: Any, like: Any, **options: Any) -> Any:
    """Call a learner's function and see that what it returns has the form of an example.

    Parameters
    ----------
    function : callable
        What the learner wrote.
    *arguments, **options
        Passed on.
    like : object
        What has the right form, as for `formed`.

    Returns
    -------
    object
        What it returned.

    Raises
    ------
    AssertionError
        If it has another form; the message names it and says what is asked for.

    Examples
    --------
    >>> called(lambda x: [x, 2 * x], 0.5, like=(0, 0))
    [0.5, 1.0]
    """
    returned = _returned(function, arguments, options)
    name = _name(function)
    if returned is None:
        raise AssertionError(
            f"{name} returned None, and {described(like)} is asked for: "
            "does it end with a line that says `return`?"
        )
    off = fault(returned, like)
    assert not off, f"{name} returned {off}."
    return returned


def formed(value: Any, like: Any, name: str) -> Any:
    """See that what a learner gave a name to has the form of an example.

    Parameters
    ----------
    value : object
        The learner's answer.
    like : object
        What has the right form: a number; a frame; a fitted model; an array, for numbers in as
        many dimensions; a dict; a list; a function; None, for anything but None; a tuple, for so
        many things of these forms. What is in a frame, a dict or a list is not compared.
    name : str
        What the answer is called.

    Returns
    -------
    object
        The answer.

    Raises
    ------
    AssertionError
        If it has another form; the message names it and says what is asked for.

    Examples
    --------
    >>> formed({"age": -1}, {}, "known_at")
    {'age': -1}
    """
    off = fault(value, like)
    assert not off, f"{name} is {off}."
    return value


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Refuse an answer in a sentence where something that it is handed to cannot read it.

    Parameters
    ----------
    what : str
        The answer, as the subject of the sentence.

    Raises
    ------
    AssertionError
        In place of any other error that is raised under the ``with``.

    Examples
    --------
    >>> with readable("low"):
    ...     float("0.5")
    0.5
    """
    try:
        yield
    except (AssertionError, NameError, NotImplementedError):
        raise  # refused already, or not answered yet
    except Exception as error:
        says = str(error).rstrip(".")
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}, "
        raise AssertionError(f"{what} cannot be read: {kind}{says}.") from error


def _returned(function: Any, arguments: tuple, options: dict) -> Any:
    assert callable(function), (
        f"Your answer is {named(function)}, and a function is asked for: does it begin with `def`?"
    )
    return function(*arguments, **options)


def _name(function: Callable) -> str:
    return str(getattr(function, "__name__", "your function"))


def _cure(value: Any) -> str:
    if hasattr(value, "claimed"):
        return "which of its numbers is asked for, such as `.claimed` or `.gap`"
    return "is a mean missing" if hasattr(value, "__len__") else "what is asked for"
