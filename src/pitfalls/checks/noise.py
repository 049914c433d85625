"""How far a score moves with the seed and the split alone."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from scipy import stats

from .._arguments import check_count, check_number
from .._words import counted
from .result import Finding, Result
from .runs import Runs

__all__ = ["noise_floor"]

_OF = "seed and split"
#: With fewer seeds the spread is hardly known.
_FEWEST = 5
#: Two runs that differ in their seed only differ by more than the floor one time in twenty.
_WITHIN = 0.975
_CURE = (
    "run both versions on the same several seeds and splits, and report the mean difference with "
    "its interval."
)


def noise_floor(
    evaluate: Callable[..., Any],
    X: Any,
    y: Any,
    *,
    improvement: float | None = None,
    seeds: int | Iterable[int] = 20,
    averaged: int = 1,
) -> Result:
    """Run a procedure with other seeds, and see by how much its score moves for no reason.

    Parameters
    ----------
    evaluate : callable (X, y, seed) -> float
        Everything between the raw data and the number that you report. The seed goes to the split
        and to the model, as ``random_state=seed``.
    X, y : anything
        Rows and outcomes, handed to `evaluate` as they are.
    improvement : float, optional
        A difference of two scores that is called progress, in the units of the score.
    seeds : int or iterable of int, default=20
        How many seeds, or which; at least 5.
    averaged : int, default=1
        Of how many runs each of the two scores is the mean.

    Returns
    -------
    Result
        One finding, ``"seed and split"``. ``value`` is the floor: what two scores that differ in
        nothing but the seed differ by at most, 19 times in 20. ``null`` is the improvement, so
        that the verdict is ``"suspect"`` where the floor is higher, else ``"clean"``.
        Without an improvement there is no verdict: ``"not checked"``, with the floor as ``value``.
        ``"not checked"`` as well where the score is the same for all seeds.

    Raises
    ------
    TypeError, ValueError
        If `evaluate` does not take a seed, or there are fewer than 5.

    Notes
    -----
    The floor is Student's quantile of the spread over seeds, times the root of 2, as both scores
    have luck of their own. It is the least that there is: other rows would move the score further,
    since all seeds share the same ones. Bouthillier and colleagues (2021) measure both. A
    comparison on the *same* seeds may have less noise; give its differences to a test of pairs.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from pitfalls.checks import noise_floor
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(200, 3)), rng.integers(2, size=200)
    >>> def hold_out(X, y, seed):
    ...     X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=seed)
    ...     return GaussianNB().fit(X_train, y_train).score(X_test, y_test)
    >>> noise_floor(hold_out, X, y, improvement=0.02).verdict
    'suspect'
    """
    runs = Runs(evaluate)
    _takes_a_seed(evaluate)
    averaged = check_count("averaged", averaged)
    if improvement is not None:
        improvement = abs(check_number("improvement", improvement))
    chosen = _seeds(seeds)
    scores = np.array([runs.score(X, y, seed) for seed in chosen])
    note = f"The procedure ran {counted(runs.count, 'time')} in {runs.seconds:.3g} s."
    return Result("noise_floor", (_found(scores, improvement, averaged),), (note,))


def _takes_a_seed(evaluate: Callable[..., Any]) -> None:
    try:
        inspect.signature(evaluate).bind(None, None, 0)
    except TypeError:
        raise TypeError(
            f"evaluate={evaluate!r} must be a function of X, y and a seed; hand the seed on to "
            "the split and the model as random_state"
        ) from None
    except ValueError:  # a function without a signature
        return


def _seeds(seeds: int | Iterable[int]) -> list[int]:
    if isinstance(seeds, Iterable) and not isinstance(seeds, str):
        chosen = list(dict.fromkeys(check_count("seeds", int(one), least=0) for one in seeds))
        check_count("len(seeds)", len(chosen), least=_FEWEST)
        return chosen
    return list(range(check_count("seeds", seeds, least=_FEWEST)))


def _found(scores: np.ndarray, improvement: float | None, averaged: int) -> Finding:
    known = scores[np.isfinite(scores)]
    if len(known) < _FEWEST:
        return Finding.missing(
            _OF,
            f"{counted(len(known), 'run')} of {len(scores)} gave a number; it takes 5.",
        )
    if np.ptp(known) <= 1e-12 * max(1.0, float(np.abs(known).max())):
        return Finding.missing(
            _OF,
            f"the score is {known[0]:.3g} for every seed; hand the seed on to the split and the "
            "model, as random_state=seed.",
        )
    n = len(known)
    floor = float(stats.t.ppf(_WITHIN, n - 1) * known.std(ddof=1) * math.sqrt(2 / averaged))
    runs = "two runs" if averaged == 1 else f"two means of {averaged} runs"
    says = (
        f"over {counted(n, 'seed')} the score goes from {known.min():.3g} to {known.max():.3g}, "
        f"{known.mean():.3g} on average; {runs} that differ in the seed alone differ by up to "
        f"{floor:.2g}, 19 times in 20"
    )
    if improvement is None:
        asks = "; pass improvement= to have a difference judged."
        return Finding(_OF, floor, math.nan, "not checked", says + asks)
    against = f", and the improvement is {improvement:.2g}."
    return Finding.judged(
        _OF, floor, improvement, seen=True, says=says + against, blind="", cure=_CURE
    )
