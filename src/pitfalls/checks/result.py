"""What a check returns: a row a thing that was looked at, a sentence, and what to do about it."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from .._words import counted
from .about import ABOUT, About

__all__ = ["Finding", "Result", "Verdict", "worst"]

Verdict = Literal["suspect", "not checked", "clean"]

#: The worst first: what could not be looked at is no good news.
_ORDER: tuple[Verdict, ...] = ("suspect", "not checked", "clean")
#: So many rows or columns are named in a table, and findings told; `where` and `table` have all.
_NAMED = 5
#: What fits a terminal, and a column of a notebook.
_WIDTH = 96


@dataclass(frozen=True)
class Finding:
    """One thing that a check looked at.

    Made by `Finding.judged` where something was measured, and by `Finding.missing` where not.

    Attributes
    ----------
    of : str
        What was looked at, such as a column, or a kind of copy.
    value : float
        What was measured; NaN where nothing was.
    null : float
        The most that `value` may be where nothing is wrong.
    verdict : {"suspect", "clean", "not checked"}
        ``"suspect"`` where `value` exceeds `null`. ``"clean"`` where it does not, and a flaw of
        that kind, planted in these very data, would have been seen. Else ``"not checked"``.
    says : str
        The finding as a sentence, with what is missing where nothing could be seen.
    where : tuple
        The rows, columns or groups at fault, as the data name them.
    cure : str
        What to do, in a line; empty where nothing is suspect.
    numbers : mapping of str to float
        What else was measured, by name.
    """

    of: str
    value: float
    null: float
    verdict: Verdict
    says: str
    where: tuple[Any, ...] = field(default=(), repr=False)
    cure: str = field(default="", repr=False)
    numbers: Mapping[str, float] = field(default_factory=dict, repr=False)

    @classmethod
    def judged(
        cls,
        of: str,
        value: float,
        null: float,
        *,
        seen: bool,
        says: str,
        blind: str,
        cure: str,
        where: Iterable[Any] = (),
        numbers: Mapping[str, float] | None = None,
    ) -> Finding:
        """Judge what was measured.

        Parameters
        ----------
        of : str
            What was looked at.
        value, null : float
            What was measured, and the most that it may be where nothing is wrong.
        seen : bool
            Whether a flaw of this kind was planted in these very data and found.
        says : str
            What `value` is, as a sentence.
        blind : str
            Why nothing could be seen, and what would help: a sentence for ``"not checked"``.
        cure : str
            What to do where the verdict is suspect.
        where : iterable, default=()
            The rows or columns at fault.
        numbers : mapping of str to float, default=None
            What else was measured.
        """
        if math.isnan(value) or math.isnan(null):
            return cls.missing(of, blind)
        value, null, numbers = float(value), float(null), dict(numbers or {})
        if value > null:
            return cls(of, value, null, "suspect", says, tuple(where), cure, numbers)
        if seen:
            return cls(of, value, null, "clean", says, numbers=numbers)
        return cls(of, value, null, "not checked", blind, numbers=numbers)

    @classmethod
    def missing(cls, of: str, says: str) -> Finding:
        """Say what was not looked at, and what to hand over so that it is."""
        return cls(of, math.nan, math.nan, "not checked", says)

    def named(self, most: int = _NAMED) -> str:
        """Return the rows or columns at fault as text, the first of them by name."""
        names = [str(one).replace(" 00:00:00", "") for one in self.where[:most]]
        more = len(self.where) - len(names)
        return ", ".join(names) + (f" and {more} more" if more else "")


@dataclass(frozen=True, repr=False, eq=False)
class Result:
    """What a check found.

    Prints as a sentence and a table, and goes into ``reforms.record(item, check=result)``.

    Attributes
    ----------
    check : str
        The name of the check.
    findings : tuple of Finding
        One for each thing that was looked at; ``result["exact"]`` is the one of that name.
    notes : tuple of str
        What was set aside or taken for granted on the way.

    Examples
    --------
    >>> from pitfalls.checks import shared_identifiers
    >>> result = shared_identifiers(["p1", "p2", "p3"], ["p3", "p4"])
    >>> result.verdict
    'suspect'
    >>> result["identifiers"].where
    ('p3',)
    """

    check: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings: suspect before not checked before clean."""
        return worst(finding.verdict for finding in self.findings)

    @property
    def about(self) -> About:
        """The check's question in plain words, and the chapter that it belongs to."""
        return ABOUT[self.check]

    @property
    def table(self) -> pd.DataFrame:
        """The findings as a plain frame, indexed by what was looked at.

        Its columns are ``value``, ``null``, ``verdict``, ``where`` and ``cure``.
        """
        rows = [(one.value, one.null, one.verdict, one.named(), one.cure) for one in self.findings]
        index = pd.Index([one.of for one in self.findings], name="of")
        return pd.DataFrame(rows, index, ["value", "null", "verdict", "where", "cure"])

    def __getitem__(self, of: str) -> Finding:
        for finding in self.findings:
            if finding.of == of:
                return finding
        known = ", ".join(repr(finding.of) for finding in self.findings)
        raise KeyError(f"{self.check} has no finding {of!r}; it has {known}")

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __repr__(self) -> str:
        lines = [f"{self.check}: {self.verdict}"]
        for text, hang in self._sentences():
            lines += textwrap.wrap(text, _WIDTH, initial_indent=hang, subsequent_indent=hang)
        text = self._shown().to_string(
            float_format=_short, na_rep="", max_rows=20, line_width=_WIDTH
        )
        return "\n".join([*lines, "", text, "", self._more()]).rstrip()

    __str__ = __repr__

    def _repr_html_(self) -> str:
        said = "".join(
            f'<div style="margin-left: {len(hang) / 2}em">{html.escape(text)}</div>'
            for text, hang in self._sentences()
        )
        return (
            f"<p><strong>{html.escape(self.check)}: {self.verdict}</strong></p>{said}"
            + self._shown().to_html(float_format=_short, na_rep="", max_rows=20, border=0)
            + f"<p>{html.escape(self._more())}</p>"
        )

    def _shown(self) -> pd.DataFrame:
        """Return what is printed of the table: where, only if something is at fault."""
        table = self.table.drop(columns="cure").rename_axis(index=None)
        return table if table["where"].any() else table.drop(columns="where")

    def _sentences(self) -> Iterator[tuple[str, str]]:
        """Give each kind of sentence once, the worst first, and what to do under it."""
        first: dict[str, Finding] = {}
        for one in self.findings:
            first.setdefault(one.says, one)
        order = sorted(first.values(), key=lambda one: _ORDER.index(one.verdict))
        cures: set[str] = set()
        for one in order[:_NAMED]:
            yield f"{one.of}: {one.says}", "  "
            if one.cure and one.cure not in cures:
                yield f"What to do: {one.cure}", "    "
            cures.add(one.cure)
        if order[_NAMED:]:
            yield f"{counted(len(order) - _NAMED, 'more finding')} in the table.", "  "
        for note in self.notes:
            yield f"Note: {note}", "  "

    def _more(self) -> str:
        if self.check not in ABOUT:  # a count of looks, which no chapter teaches yet
            return ""
        return f"More: chapter {self.about.chapter}, {self.about.title}."


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of several verdicts; without any, nothing was checked."""
    given: Sequence[Verdict] = [*verdicts]
    return next((one for one in _ORDER if one in given), "not checked")


def _short(number: float) -> str:
    return f"{number:.3g}"
