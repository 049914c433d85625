"""The verdict on each clause of the contract.

The contract is an equivalence test: an effect counts as nothing only where its 90 % interval lies
inside a margin, so that few or noisy seeds never pass for good ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ..metrics import mean_interval
from ..worlds import UNIT_METRICS, World

__all__ = ["SHARE_MARGIN", "UNIT_MARGIN", "coverage", "margin", "verdict", "verdict_of_kind"]

#: The margin for scores between 0 and 1.
UNIT_MARGIN = 0.03
#: The margin on any other scale, as a share of the pitfall's gap at full strength.
SHARE_MARGIN = 0.1


def margin(frame: pd.DataFrame, world: World) -> float:
    """Return what counts as nothing: .03 between 0 and 1, else a tenth of the full gap."""
    if world.metric in UNIT_METRICS:
        return UNIT_MARGIN
    rows = frame[frame["world"] == world.slug]
    return SHARE_MARGIN * abs(float(_gaps(rows, "pitfall", world.full).mean()))


def verdict(frame: pd.DataFrame, world: World) -> pd.DataFrame:
    """Judge each clause of the contract.

    Parameters
    ----------
    frame : DataFrame
        From `replicate`, with the arm ``"pitfall"`` and every fix.
    world : World
        A simulated world.

    Returns
    -------
    DataFrame
        A row for each clause, arm and strength with the columns ``world, clause, arm, strength,
        mean, low, high, n, margin, verdict``. The interval is the one that the clause is judged
        by. ``verdict`` is ``"holds"``, ``"broken"`` (the 95 % interval lies on the wrong side) or
        ``"wants more seeds"`` (neither). The clauses:

        1. the pitfall's gap at full strength (large, or nothing where it is harmless);
        2. the pitfall's gap at strength 0 (nothing);
        3. each fix's gap (nothing);
        4. deployed score of each fix minus that of the pitfall (not below nothing);
        5. deployed score of each fix minus chance, in a world with signal (above nothing).

    Raises
    ------
    ValueError
        If the world is real: it has no contract.

    See Also
    --------
    coverage : How often the fixes' intervals cover what they deploy.

    Notes
    -----
    "Nothing" is the two one-sided tests of Schuirmann (1987): the 90 % interval inside ± margin.
    """
    if world.real:
        raise ValueError(f"{world.slug} is real: it is reported and has no contract")
    frame = frame[frame["world"] == world.slug]
    limit = margin(frame, world)
    zero = world.strengths[0]
    rows = [_inflates(frame, world, limit)]
    rows.append(_clause(2, "pitfall", zero, _gaps(frame, "pitfall", zero), _inside, limit))
    for fix in world.promised[1:]:
        for strength in world.strengths:
            rows += _mends(frame, world, fix, strength, limit)
            if world.signal:
                skill = _select(frame, fix, strength)["deployed"] - world.chance
                rows.append(_clause(5, fix, strength, skill, _positive, 0.0))
    table = pd.DataFrame(rows)
    table.insert(0, "world", world.slug)
    return table


def verdict_of_kind(frame: pd.DataFrame, world: World) -> pd.DataFrame:
    """Judge the clauses of full strength over other worlds of the kind.

    Parameters
    ----------
    frame : DataFrame
        From ``replicate(world, world.full, kind=True)``.
    world : World
        Whose ranges the seeds have drawn from.

    Returns
    -------
    DataFrame
        Columns as of `verdict`, and ``part``: ``"all"`` draws, or those in the lower or upper half
        of an argument's range, such as ``"effect low"``. Clauses 1, 3 and 4.

    Notes
    -----
    A gap that is too high in half of the worlds and too low in the others has a mean of nothing,
    so each half is judged as well.
    """
    frame = frame[frame["world"] == world.slug]
    limit, parts = margin(frame, world), {"all": frame}
    for name, found in world.varies.items():
        low = frame[f"given_{name}"] <= found.at(0.5)
        parts |= {f"{name} low": frame[low], f"{name} high": frame[~low]}
    rows = []
    for name, part in parts.items():
        judged = [_inflates(part, world, limit)]
        for fix in world.promised[1:]:
            judged += _mends(part, world, fix, world.full, limit)
        rows += [row | {"part": name} for row in judged]
    table = pd.DataFrame(rows)
    table.insert(0, "world", world.slug)
    return table


def _inflates(frame: pd.DataFrame, world: World, limit: float) -> dict[str, Any]:
    """Judge clause 1, the pitfall at full strength."""
    judge = _inside if world.expect == "harmless" else _above
    return _clause(1, "pitfall", world.full, _gaps(frame, "pitfall", world.full), judge, limit)


def _mends(
    frame: pd.DataFrame, world: World, fix: str, strength: float, limit: float
) -> list[dict[str, Any]]:
    """Judge clauses 3 and 4, a fix at one strength."""
    same = world.repairs == "number" and world.ships == "refit"
    deployed = _paired(frame, fix, strength)
    return [
        _clause(3, fix, strength, _gaps(frame, fix, strength), _inside, limit),
        _clause(4, fix, strength, deployed, _equal if same else _not_below, limit),
    ]


def coverage(frame: pd.DataFrame, world: World) -> pd.DataFrame:
    """Report how often each fix's 95 % interval covers the score that it deploys.

    Parameters
    ----------
    frame : DataFrame
        From `replicate`.
    world : World
        A simulated world.

    Returns
    -------
    DataFrame
        A row for each fix and strength with the columns ``world, arm, strength, mean, low, high,
        n``: the share and its 95 % Wilson interval.
    """
    rows = []
    for fix in world.promised[1:]:
        for strength in world.strengths:
            part = _select(frame[frame["world"] == world.slug], fix, strength)
            covered = int(
                ((part["low"] <= part["deployed"]) & (part["deployed"] <= part["high"])).sum()
            )
            interval = stats.binomtest(covered, len(part)).proportion_ci(method="wilson")
            rows.append(
                {
                    "world": world.slug,
                    "arm": fix,
                    "strength": strength,
                    "mean": covered / len(part),
                    "low": interval.low,
                    "high": interval.high,
                    "n": len(part),
                }
            )
    columns = ["world", "arm", "strength", "mean", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def _select(frame: pd.DataFrame, arm: str, strength: float) -> pd.DataFrame:
    here = (frame["arm"] == arm) & np.isclose(frame["strength"], strength)
    return frame[here].set_index("seed").sort_index()


def _gaps(frame: pd.DataFrame, arm: str, strength: float) -> pd.Series:
    part = _select(frame, arm, strength)
    return part["claimed"] - part["deployed"]


def _paired(frame: pd.DataFrame, fix: str, strength: float) -> pd.Series:
    gain = (
        _select(frame, fix, strength)["deployed"] - _select(frame, "pitfall", strength)["deployed"]
    )
    return gain.dropna()


def _clause(
    clause: int, arm: str, strength: float, values: pd.Series, judge: Callable, limit: float
) -> dict[str, Any]:
    level, says = judge(values, limit) if len(values) > 1 else (0.95, "wants more seeds")
    mean, low, high = mean_interval(values, level)
    return {
        "clause": clause,
        "arm": arm,
        "strength": strength,
        "mean": mean,
        "low": low,
        "high": high,
        "n": len(values),
        "margin": limit,
        "verdict": says,
    }


def _inside(values: pd.Series, limit: float) -> tuple[float, str]:
    _, low, high = mean_interval(values, 0.90)
    _, outer_low, outer_high = mean_interval(values, 0.95)
    broken = outer_low > limit or outer_high < -limit
    return 0.90, _says(holds=-limit < low and high < limit, broken=broken)


def _above(values: pd.Series, limit: float) -> tuple[float, str]:
    _, low, high = mean_interval(values, 0.95)
    return 0.95, _says(holds=low > limit, broken=high < limit)


def _not_below(values: pd.Series, limit: float) -> tuple[float, str]:
    _, low, _ = mean_interval(values, 0.90)
    _, _, outer_high = mean_interval(values, 0.95)
    return 0.90, _says(holds=low > -limit, broken=outer_high < -limit)


def _positive(values: pd.Series, limit: float) -> tuple[float, str]:
    return _above(values, limit)


def _equal(values: pd.Series, limit: float) -> tuple[float, str]:
    same = bool(np.allclose(values, 0, rtol=0, atol=1e-12))
    return 0.95, _says(holds=same, broken=not same)


def _says(*, holds: bool, broken: bool) -> str:
    if holds:
        return "holds"
    return "broken" if broken else "wants more seeds"
