"""What an audit found: a row a check, a verdict, a table, a page."""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from .._errors import PitfallsError
from .._files import write_text
from .._words import counted
from ..checks import Finding, Result
from ..checks.about import ABOUT
from ..checks.result import worst

__all__ = ["AuditError", "Report", "Row"]

_ORDER = ("suspect", "not checked", "clean")
#: What fits a terminal, and a column of a notebook.
WIDTH = 84
#: So many things that were looked at are named in a row.
_NAMED = 3
#: What no audit can tell: it stands in every report.
OUT_OF_SCOPE = (
    "An audit looks for the flaws that are listed here, in what it was handed. It sees nothing of "
    "what was done to the rows before that, of labels that are wrong, of other people or other "
    "times than those in these rows, and it proves no absence: clean says that a flaw of this "
    "kind, planted in these data, would have been seen."
)


class AuditError(PitfallsError):
    """A report is as bad as `raise_on` says.

    Attributes
    ----------
    report : Report
        The report.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        of = ", ".join(row.check for row in report.rows if row.counts == report.verdict)
        super().__init__(f"the audit is {report.verdict}: {of}\n\n{report}")


@dataclass(frozen=True)
class Row:
    """What one check found, told by the worst of its findings.

    Attributes
    ----------
    check : str
        Its name.
    of : str
        What it looked at that is worst, such as columns.
    value, null : float
        What was measured, and the most that it may be where nothing is wrong.
    verdict : {"suspect", "not checked", "clean"}
        Its verdict.
    where : str
        The rows, columns or groups at fault.
    cure : str
        What to do; where nothing could be seen, what to hand over.
    chapter : str
        The chapter that tells more, by number.
    runs : int
        How often the procedure ran for it.
    seconds : float
        What it took.
    silenced : str
        The written reason for which this is not counted.
    """

    check: str
    of: str
    value: float
    null: float
    verdict: str
    where: str
    cure: str
    chapter: str
    runs: int
    seconds: float
    silenced: str = ""

    @property
    def counts(self) -> str:
        """The verdict, or "silenced"."""
        return "silenced" if self.silenced else self.verdict


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """What an audit found.

    Prints as sentences and a table; shows as a table in a notebook.

    Attributes
    ----------
    results : tuple of Result
        What each check said; ``report["shared_rows"]`` is the one of that name.
    claimed : float
        The score that the procedure returned for the data as they are; NaN without a procedure.
    plan : str
        What was said before it began.
    runs, seconds : int, float
        What it took in all.
    about : mapping of str to str
        Versions, sizes, seed and date.
    notes : tuple of str
        What was taken for granted on the way.
    """

    results: tuple[Result, ...]
    claimed: float
    plan: str
    runs: int
    seconds: float
    spent: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    silence: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """A row a check, in the order in which they ran."""
        return tuple(self._row(result) for result in self.results)

    @property
    def verdict(self) -> str:
        """The worst of all that is not silenced: suspect before not checked before clean."""
        return worst(
            finding.verdict
            for result in self.results
            for finding in result
            if not self._silenced(result, finding)
        )

    @property
    def table(self) -> pd.DataFrame:
        """The rows as a plain frame, indexed by the name of the check."""
        frame = pd.DataFrame([asdict(row) for row in self.rows], columns=[*Row.__annotations__])
        return frame.set_index("check")

    def __getitem__(self, check: str) -> Result:
        for result in self.results:
            if result.check == check:
                return result
        known = ", ".join(repr(result.check) for result in self.results)
        raise KeyError(f"this report has no check {check!r}; it has {known}")

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.results)

    def _silenced(self, result: Result, finding: Finding) -> str:
        """Return the reason for which a finding is not counted."""
        for key in (f"{result.check}: {finding.of}", result.check):
            if key in self.silence:
                return self.silence[key]
        return ""

    def _row(self, result: Result) -> Row:
        counted_ones = [one for one in result if not self._silenced(result, one)]
        findings = counted_ones or [*result]
        verdict = worst(one.verdict for one in findings)
        alike = [one for one in findings if one.verdict == verdict]
        first = max(alike, key=_excess)
        of = [one.of for one in alike]
        more = f" and {len(of) - _NAMED} more" if len(of) > _NAMED else ""
        reasons = [] if counted_ones else [self._silenced(result, one) for one in findings]
        runs, seconds = self.spent.get(result.check, (0, 0.0))
        return Row(
            check=result.check,
            of=", ".join(of[:_NAMED]) + more,
            value=first.value,
            null=first.null,
            verdict=verdict,
            where=first.named(),
            cure=first.says if verdict == "not checked" else first.cure,
            chapter=result.about.chapter,
            runs=runs,
            seconds=seconds,
            silenced="; ".join(dict.fromkeys(reasons)),
        )

    @property
    def summary(self) -> str:
        """The report in two sentences."""
        n = {verdict: sum(row.counts == verdict for row in self.rows) for verdict in _ORDER}
        n_silenced = sum(row.counts == "silenced" for row in self.rows)
        told = [
            f"{n['suspect']} suspect",
            f"{n['not checked']} not checked",
            f"{n['clean']} clean",
        ]
        told += [f"{n_silenced} silenced"] if n_silenced else []
        claims = "" if math.isnan(self.claimed) else f" The procedure claims {self.claimed:.3g}."
        return (
            f"{counted(len(self.results), 'check')}: {', '.join(told)}.{claims} "
            f"{counted(self.runs, 'run')} of it, {self.seconds:.3g} s in all."
        )

    def told(self, verdict: str) -> Iterator[tuple[Result, Finding]]:
        """Give findings of a verdict that are not silenced, each kind of sentence once."""
        for result in self.results:
            said = set()
            for one in result:
                if one.verdict == verdict and not self._silenced(result, one):
                    if one.says not in said:
                        yield result, one
                    said.add(one.says)

    def evidence_for(self, item: str) -> Iterator[Result]:
        """Give what is evidence for an item of the REFORMS checklist, without what is silenced.

        Parameters
        ----------
        item : str
            The code, such as ``"6a"``.
        """
        for result in self.results:
            kept = [one for one in result if one.of and not self._silenced(result, one)]
            if kept and item in result.about.items:
                yield replace(result, findings=tuple(kept))

    @property
    def scores(self) -> list[dict[str, Any]]:
        """What the model got in sealed envelopes: ``name``, ``value``, ``interval`` and ``n``.

        The interval is one of 90 %. Empty where no envelope was opened.
        """
        return [
            {
                "name": f"score in sealed envelopes ({one.of})",
                "value": one.numbers["got"],
                "interval": [one.numbers["low"], one.numbers["high"]],
                "n": int(one.numbers["n"]),
            }
            for result in self.results
            for one in result
            if {"got", "low", "high", "n"} <= one.numbers.keys()
        ]

    def silenced(self) -> Iterator[tuple[Result, Finding, str]]:
        """Give findings that are silenced and would be counted, with the reason."""
        for result in self.results:
            for one in result:
                if one.verdict != "clean" and (reason := self._silenced(result, one)):
                    yield result, one, reason

    def __repr__(self) -> str:
        lines = [f"audit: {self.verdict}"]
        for text, hang in self._sentences():
            lines += textwrap.wrap(text, WIDTH, initial_indent=hang, subsequent_indent=hang)
        text = self._shown().to_string(
            float_format=_short, na_rep="", line_width=WIDTH, max_colwidth=26
        )
        return "\n".join([*lines, "", text])

    __str__ = __repr__

    def _repr_html_(self) -> str:
        e = html.escape
        told = [f"<p><strong>audit: {self.verdict}</strong></p><p>{e(self.summary)}</p>"]
        for result, one in self.told("suspect"):
            about = f"Chapter {result.about.chapter}, {result.about.title}."
            told.append(
                f"<p><strong>{e(_called(result, one))}</strong>: {e(one.says)}<br>"
                + (f"Where: {e(one.named())}<br>" if one.where else "")
                + f"What to do: {e(one.cure)}<br><em>{e(about)}</em></p>"
            )
        missing = [
            f"<li><strong>{e(_called(result, one))}</strong>: {e(one.says)}</li>"
            for result, one in self.told("not checked")
        ]
        if missing:
            told.append(f"<details><summary>Not checked: {len(missing)}</summary>")
            told += ["<ul>", *missing, "</ul></details>"]
        for result, one, reason in self.silenced():
            told.append(f"<p>{e(_called(result, one))}: silenced: {e(reason)}</p>")
        told += [f"<p>Note: {e(note)}</p>" for note in self.notes]
        return "".join(told) + self._shown().to_html(float_format=_short, na_rep="", border=0)

    def _shown(self) -> pd.DataFrame:
        table = self.table.drop(columns=["cure", "chapter", "where"]).rename_axis(index=None)
        table["seconds"] = table["seconds"].round(1)
        table["verdict"] = [row.counts for row in self.rows]
        return table.drop(columns="silenced")

    def _sentences(self) -> Iterator[tuple[str, str]]:
        """Give what is said above the table, and how far it is indented."""
        yield self.summary, "  "
        for result, one in self.told("suspect"):
            yield f"{_called(result, one)}: {one.says}", "  "
            if one.where:
                yield f"Where: {one.named()}", "    "
            yield f"What to do: {one.cure}", "    "
            yield f"More: chapter {result.about.chapter}, {result.about.title}.", "    "
        for result, one in self.told("not checked"):
            yield f"{_called(result, one)}: not checked: {one.says}", "  "
        for result, one, reason in self.silenced():
            yield f"{_called(result, one)}: {one.verdict}, silenced: {reason}", "  "
        for note in self.notes:
            yield f"Note: {note}", "  "
        if self.verdict == "clean":
            yield OUT_OF_SCOPE, "  "

    def to_html(self, path: str | Path) -> None:
        """Write the report as one file, for a supplement or a colleague.

        It asks nothing of any other host, and reads in light and dark. Needs Jinja
        (``pip install 'pitfalls[audit]'``).

        Parameters
        ----------
        path : str or Path
            The file, whose folder is made where it is missing.
        """
        from ._page import page_of

        write_text(path, page_of(self))


def _called(result: Result, one: Finding) -> str:
    return f"{result.check}, {one.of}" if one.of else result.check


def _excess(one: Finding) -> float:
    excess = one.value - one.null
    return -math.inf if math.isnan(excess) else excess


def _short(number: float) -> str:
    return f"{number:.3g}"


def check_silence(silence: Any) -> dict[str, str]:
    """Return reasons by check, or raise where there is none, or no such check."""
    if silence is None:
        return {}
    if not isinstance(silence, Mapping):
        raise TypeError(
            f"silence={silence!r} must be a mapping of a check's name, or 'check: of', to the "
            "reason why its finding is right here"
        )
    for key, reason in silence.items():
        if not isinstance(key, str) or key.partition(": ")[0] not in ABOUT:
            raise ValueError(f"silence has {key!r}; it must begin with one of {', '.join(ABOUT)}")
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(
                f"silence[{key!r}]={reason!r} must be the reason, in words; it stays in the report"
            )
    return dict(silence)
