"""Whether a feature changes when the future is taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from .._arguments import check_count, check_rng
from .._words import counted
from ._features import Maker
from ._handed import Handed, columns_of
from ._moments import Moments, moments_of, said, until
from ._outside import Outside
from ._taken_away import Look, Seen
from .result import Finding, Result

__all__ = ["features_that_look_ahead"]

#: So many late columns are named in a sentence.
_NAMED = 3
#: Where more than this share of rows lie before the row above them in time, rows are in no order.
_IN_NO_ORDER = 0.1


def features_that_look_ahead(
    make_features: Callable[[Any], Any],
    series: Any,
    *,
    time: Any = None,
    late: Any = (),
    fit_until: Any = None,
    n_cuts: int = 20,
    random_state: Any = None,
) -> Result:
    """Find the features that change when the future is taken away. Nothing is trained.

    The series is cut at places over its whole length. From what is left the features are made
    again, and every row before the cut is compared with the same row made from the whole series.

    Parameters
    ----------
    make_features : callable (series) -> frame, Series or array
        Everything between the raw series and the features. It is given the same kind of thing as
        `series`, a copy each time. Rows are matched by their index, so it may drop rows or sort
        them. It should not return the outcome, which looks ahead by its nature.
    series : frame (pandas or polars), Series, or array of shape (n, ...)
        The raw rows, at least 2.
    time : label, list of labels, array of shape (n,), or False; default=None
        When each row is: a column or a level of the index, or a value for each row. Rows of one
        time, such as the shares of a day, stay together, and may lie in any order. None takes the
        index if that has dates, and else the order of the rows. False says that the rows have no
        order and each stands for itself, such as patients, or windows with their horizon: then
        nothing is cut, and `late` is needed.
    late : label, list of labels, yes or no for each column, or dict; default=()
        The columns whose value *of the row itself* is not known yet when its features are needed:
        the outcome, and what is measured with it. The values of earlier rows are known. A dict of
        labels and whole numbers says after how many moments a value is known; 1 is the next one.
    fit_until : time, or number of rows; default=None
        The last time of the training rows, or their number, where something is fitted on them on
        purpose, such as a scaler. Then only what comes after them is taken away.
    n_cuts : int, default=20
        At how many places to cut. More find a rarer look-ahead.
    random_state : int, Generator or None, default=None
        Seed of the places.

    Returns
    -------
    Result
        A finding for each feature. ``value`` is the share of cuts at which it changed (of rows,
        with ``time=False``); ``null`` is 0. ``where`` has the rows that changed, by their labels,
        the first in time first. ``"not checked"`` where a look-ahead would not have been seen: the
        next value of the feature itself, planted as a column, and, with `late`, the row's own late
        value; where a feature differs from run to run; and where the function takes from outside
        what may have been made of the whole series.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what it should be, or `make_features` raises on the whole series.

    Notes
    -----
    The idea is that of freqtrade's ``lookahead-analysis``: run somebody's code on less, and
    compare. Here *all* rows before a cut are compared, and cuts are placed where things happen (at
    gaps, at rare values), since a look-ahead on rare rows is what such tools miss.

    Behind `fit_until`, where `make_features` cannot be run on a part, and where rows vanish with
    the future, the values after the cut are exchanged for those of other rows instead of being
    taken away. Late values are exchanged as well.

    What it cannot see: values that were revised after the day that they stand for; a file, a
    cache or a module that the function reads; with `fit_until`, a look-ahead within the training
    rows; a change below a ten-millionth of a feature's spread. It says nothing about harm. A
    column that is known in advance, such as holidays, is no look-ahead: leave out what is made of
    it. For measured power and false alarms see the evidence.

    References
    ----------
    freqtrade, "Lookahead analysis", https://www.freqtrade.io/en/stable/lookahead-analysis/, and
    what it misses, issue 11346, https://github.com/freqtrade/freqtrade/issues/11346

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from pitfalls.checks import features_that_look_ahead
    >>> steps = np.random.default_rng(0).normal(size=200)
    >>> prices = pd.DataFrame({"price": 100 + steps.cumsum()})
    >>> def features(frame):
    ...     price = frame["price"]
    ...     return pd.DataFrame({
    ...         "past": price.rolling(5).mean(),
    ...         "centred": price.rolling(5, center=True).mean(),
    ...     })
    >>> features_that_look_ahead(features, prices, random_state=0).table["verdict"].to_dict()
    {'past': 'clean', 'centred': 'suspect'}
    """
    n_cuts, rng = check_count("n_cuts", n_cuts), check_rng(random_state)
    handed = Handed("series", series)
    if len(handed) < 2:
        raise ValueError(f"series has {counted(len(handed), 'row')}; it needs at least 2")
    lags = _late(late, handed)
    moments = moments_of(time, handed.frame, lags)
    _without_contradiction(lags, moments, handed)
    if moments.count == 1 and not lags:
        raise ValueError(
            f"time={time!r} puts all rows at one moment, so there is no later row to take away; "
            "name in late= the columns that are not known yet, or hand over more times"
        )
    first = until(fit_until, moments)
    maker = Maker(make_features, handed, moments)
    look = Look(handed, moments, lags, maker, exchange_only=fit_until is not None, rng=rng)
    if moments.doubt and moments.ties is None:
        return _result([Finding.missing("features", _in_what_order(moments))], [])
    if nothing := look.at_whole():
        return _result([Finding.missing("features", nothing)], [])
    outside = Outside(make_features)
    outside.remember()
    if moments.count == 1:
        look.at_all_rows()
    else:
        for place in look.places(first, n_cuts):
            look.at(place)
        for place in look.further_places_for_late(first, n_cuts):
            look.at(place)
    outside.forget_refitted()
    return _result(_findings(look, outside), [*_notes(look, outside, fit_until)])


def _result(findings: list[Finding], notes: list[str]) -> Result:
    return Result("features_that_look_ahead", tuple(findings), tuple(notes))


def lags_of(late: Any, frame: pd.DataFrame) -> dict[int, int]:
    """Return for the place of each late column after how many moments its values are known.

    Raises
    ------
    ValueError, TypeError
        If one is no column of the series, or is known after no whole number of moments.
    """
    if not isinstance(late, Mapping):
        return dict.fromkeys(columns_of("late", late, frame), 1)
    return {
        place: check_count(f"late[{name!r}]", lag)
        for name, lag in late.items()
        for place in columns_of("late", [name], frame)
    }


def _late(late: Any, handed: Handed) -> dict[int, int]:
    lags = lags_of(late, handed.frame)
    if lags and not handed.exchangeable:
        raise TypeError("late= needs a series with columns: hand over a frame or an array")
    return lags


def _without_contradiction(lags: dict[int, int], moments: Moments, handed: Handed) -> None:
    for place in lags:
        if place in moments.places:
            raise ValueError(
                f"late names {handed.frame.columns[place]!r}, which is the time of the rows"
            )
    if moments.count == 1 and len(lags) == handed.frame.shape[1]:
        raise ValueError("late names every column of series; nothing is known to make features of")


def _in_what_order(moments: Moments) -> str:
    return (
        f"the rows do not lie in the order of column {moments.doubt!r}; pass "
        f"time={moments.doubt!r}, or time=range(len(series)) where the order of the rows is right."
    )


def _findings(look: Look, outside: Outside) -> list[Finding]:
    own_order = look.own_order()
    findings = [
        _finding(name, seen, look, outside, own_order)
        for name, seen in look.seen.items()
        if not (seen.constant and not seen.changed)
    ]
    if look.rows_changed and not own_order:
        findings.append(_of_rows(look))
    if not findings:
        return [Finding.missing("features", "every feature is the same in all rows.")]
    return findings


def _finding(name: str, seen: Seen, look: Look, outside: Outside, own_order: bool) -> Finding:
    if seen.unsteady:
        return Finding.missing(name, "it differs from run to run; fix its seed.")
    if own_order:
        return Finding.missing(
            name,
            "make_features sorts the rows and numbers them anew, so that they cannot be told "
            "apart; keep the index of the series, or return its columns of times and names too.",
        )
    if seen.torn and not seen.changed:
        return Finding.missing(
            name,
            f"it changes only where a {look.moments.doubt!r} is cut in two; pass "
            f"time={look.moments.doubt!r} if its rows are known together, or "
            "time=range(len(series)) if each row is a moment of its own.",
        )
    compared = len(seen.compared)
    return (
        Finding.judged(
            name,
            seen.share_changed,
            0,
            seen=look.would_have_seen(seen) and not outside.things and not look.offset,
            says=_says(seen, look) if seen.changed else _unchanged(seen, look),
            blind=_blind(seen, look, outside),
            cure=_cure(seen, look),
            where=look.labels(seen.rows),
        )
        if compared
        else Finding.missing(name, _blind(seen, look, outside))
    )


def _says(seen: Seen, look: Look) -> str:
    """Return the first change in time, with its numbers, and how often there was one."""
    row, before, after, place, is_late = seen.example
    was, becomes = _in_few_digits(before, after)
    if is_late:
        how = f"with another value of its own {_late_names(look)}"
    elif place in look.exchanged:
        how = f"when the values after {look.moments.called(place)} are exchanged"
    else:
        how = f"when the series ends after {look.moments.called(place)}"
    often = f"at {len(seen.changed)} of {counted(len(seen.compared), 'cut')}"
    if look.together:
        often = f"in {counted(len(seen.rows), 'row')} of {look.n_rows}"
    return f"row {said(row)} has {was}, and {becomes} {how}; it changed {often}."


def _late_names(look: Look) -> str:
    names = [repr(look.handed.frame.columns[place]) for place in look.lags]
    if len(names) > _NAMED:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _unchanged(seen: Seen, look: Look) -> str:
    if look.together:
        return "it does not change where late columns are exchanged."
    return f"no row changed at {counted(len(seen.compared), 'cut')}."


def _in_few_digits(before: Any, after: Any) -> tuple[str, str]:
    """Return two values as text, with as many digits as it takes to tell them apart."""
    if not all(isinstance(one, float | int | np.number) for one in (before, after)):
        return _shown(before), _shown(after)
    for digits in range(4, 18):
        was, becomes = f"{before:.{digits}g}", f"{after:.{digits}g}"
        if was != becomes:
            break
    return was.replace("nan", "no value"), becomes.replace("nan", "no value")


def _shown(thing: Any) -> str:
    if pd.api.types.is_scalar(thing) and pd.isna(thing):
        return "no value"
    return repr(thing) if isinstance(thing, str) else said(thing)


def _cure(seen: Seen, look: Look) -> str:
    outcome = " If it is the outcome, leave it out of the features."
    if seen.late and not seen.ahead:
        names = _late_names(look)
        if look.together:
            return f"make it without {names}, which are not known yet."
        return (
            f"shift() what it takes from {names}, so that a row has the values of earlier rows."
            + outcome
        )
    if seen.filled:
        return (
            "it takes a later row, or fills a gap from one: use ffill() instead of bfill() or "
            "interpolate(), a window that ends at the row, and no negative shift." + outcome
        )
    if seen.everywhere:
        return (
            "it is made of a number of the whole column (a mean, a maximum, a rank, a scaler): "
            "take it of the past (expanding()), or of the training rows, and say so by fit_until=."
        )
    return (
        f"its window reaches ahead, by {counted(seen.reach, 'row')} or more: let it end at the "
        "row itself (no center=True, no negative shift, no filling from later rows)." + outcome
    )


def _blind(seen: Seen, look: Look, outside: Outside) -> str:
    if not seen.compared:
        why = f" ({look.why_not})" if look.failures else ""
        return f"make_features could not be run on a part of the series{why}."
    if outside.things:
        return (
            f"it may be made of {outside}, which make_features takes from outside, where nothing "
            "can be taken away; make or fit that inside make_features."
        )
    if look.offset:
        return (
            f"row 0 of what make_features returns is made of rows up to {look.offset}; that is no "
            "look-ahead if it stands there; return a frame with the index of the series, which "
            "says at which row it stands."
        )
    if look.lags and not look.late_found:
        return "the late columns hold one value only, so that nothing of theirs could be seen."
    if not look.together and not seen.control:
        return (
            "its own next value, planted as a look-ahead, was not found, as it changes at none of "
            "the places that were cut; raise n_cuts, or hand over a longer series."
        )
    return "nothing could be compared at the rows that were looked at; raise n_cuts."


def _of_rows(look: Look) -> Finding:
    share = len(look.rows_changed) / max(1, len(look.cuts))
    place, row = next(iter(look.rows_changed.items()))
    return Finding.judged(
        "which rows there are",
        share,
        0,
        seen=True,
        says=(
            f"row {said(row)} is there with the future and not without it, or the other way "
            f"round, when the series ends after {look.moments.called(place)}; so it was at "
            f"{len(look.rows_changed)} of {counted(len(look.cuts), 'cut')}."
        ),
        blind="",
        cure="choose rows by what is known at each of them, not by the whole column.",
        where=dict.fromkeys(look.rows_changed.values()),
    )


def _notes(look: Look, outside: Outside, fit_until: Any) -> Iterator[str]:
    moments = look.moments
    if look.cuts:
        ends = moments.called(min(look.cuts)), moments.called(max(look.cuts))
        order = f" in the order of {moments.source}" if moments.source else ""
        yield (
            f"The series was cut at {counted(len(look.cuts), 'place')}{order}, the first after "
            f"{ends[0]}, the last after {ends[1]}."
        )
    backwards = float((np.diff(moments.of) < 0).mean())
    if backwards > _IN_NO_ORDER:
        yield (
            "Rows do not lie in the order of time; what shifts or rolls over rows takes later "
            "ones then: sort them first."
        )
    if look.failures:
        yield (
            f"At {counted(len(look.failures), 'place')} make_features could not be run on what "
            f"was left ({look.why_not})."
        )
    if look.exchanged:
        yield (
            f"At {counted(len(look.exchanged), 'place')} the values that come after were "
            "exchanged for others, and not taken away."
        )
    if fit_until is not None:
        yield (
            f"Rows up to fit_until={said(fit_until)} were left as they are; a look-ahead that "
            "ends within them is not seen."
        )
    if outside.things:
        yield f"make_features takes {outside} from outside, where nothing can be taken away."
    constant = [name for name, seen in look.seen.items() if seen.constant and not seen.changed]
    if constant:
        yield f"The same in all rows, and set aside: {', '.join(constant)}."
    if look.one_value:
        yield f"Late, but with one value only, and not looked at: {', '.join(look.one_value)}."
