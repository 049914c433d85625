"""Says what is wrong with a report: its form by a JSON Schema, its substance by rules."""

from __future__ import annotations

import datetime
import json
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .catalogue import items
from .reading import Entry, Report
from .sources import faults_of

__all__ = ["Fault", "check", "verdict"]

_LEAKAGE = ("6a", "6b", "6c")
_GAPS = {
    "not_met": "not met, as the report says itself; the study has this gap",
    "partial": "partly met, as the report says itself; the study has this gap",
}
_MARKS = re.compile(
    r"\b(?:TODO|TBD|TBC|FIXME|XXX+)\b(?!\.\w)|\A\W*(?:todo|tbd|fixme)\b\W*[:\-–—]", re.M
)
#: Answers that are none, without their punctuation.
_PHRASES = frozenset(
    "|not met|not_met|not applicable|not_applicable|to do|to be done|to be added|to be filled|"
    "to be filled in|to be determined|to be decided|to be confirmed|to be completed|"
    "to be written|to come|coming soon|fill in|fill me in|fill this in|write here|your answer|"
    "your answer here|write your answer here|insert text here|answer here|see above|"
    "same as above|as above|n a|not yet|no answer|no answer yet|a b c".split("|")
)
#: How an answer begins that somebody wanted to write later.
_LATER = re.compile(
    r"\W*to be (?:added|filled|determined|decided|confirmed|completed|written|finali[sz]ed|"
    r"calculated|computed|included)\b",
    re.IGNORECASE,
)
#: A number with a decimal comma.
_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")
#: Words of which no answer is made alone.
_WORDS = frozenset(
    "yes no ok okay done true false x xx xxx tick checked na nil none null nothing unknown todo "
    "tbd tbc tba fixme wip placeholder text answer reason dummy foo bar test asdf met later "
    "ja nein y n".split()
)


@dataclass(frozen=True, order=True)
class Fault:
    """Something that is wrong with a report.

    Attributes
    ----------
    line : int
        Where, from 1.
    item : str
        The code of the item; empty where it is of no item.
    message : str
        What is wrong, and what would be right.
    path : Path
        The file.
    gap : bool
        True where nothing is wrong with the report: it says that the study does not meet the item.
    """

    line: int
    item: str
    message: str
    path: Path
    gap: bool = False

    def __str__(self) -> str:
        item = f"item {self.item}: " if self.item else ""
        return f"{self.path}:{self.line}: {item}{self.message}"


def check(report: Report) -> list[Fault]:
    """Find everything that is wrong with a report.

    Parameters
    ----------
    report : Report
        As `read` gives it.

    Returns
    -------
    list of Fault
        In the order of their lines; empty where the report is sound.

    Notes
    -----
    The form is checked against ``report.schema.json``. Then:

    - an answer is never empty nor a placeholder, whatever the status: N/A needs its reason, and
      partial and not_met say what is missing;
    - 6a, 6b and 6c need evidence, met, partly met or not applicable;
    - 7b needs an interval and n where it is met, for each score that it names;
    - 8b is never "not applicable": every result has limits;
    - files and cells are there, hashes match, DOIs and addresses look like one, checks exist or
      are marked as your own;
    - a verdict agrees with its numbers; a check that says "suspect" contradicts "met" and "not
      applicable", and one that says "not checked" is no evidence;
    - an item that is not met, or partly, is a gap of the study, which a report may have and has to
      name;
    - in an audit (`audit_of` in `study`) not_stated says that the document does not say; it is a
      gap of the document and needs no answer. Elsewhere it has no place.

    A check reads a report, not a study: nothing here can tell whether an answer is true.
    """
    found = [*_of_form(report), *_of_study(report)]
    broken = {fault.item for fault in found}
    entries = report.entries
    for code in items():
        if code in entries:
            found += _of_entry(report, code, entries[code], whole=code not in broken)
    return sorted(set(found))


def verdict(found: list[Fault]) -> str:
    """Return in a few words what `check` has found."""
    if not found:
        return "sound."
    gaps = len({fault.item for fault in found if fault.gap})
    faulty = len([fault for fault in found if not fault.gap])
    parts = [f"{faulty} to put right"] if faulty else []
    parts += [f"{gaps} of {len(items())} items not met by the study"] if gaps else []
    return f"{', '.join(parts)}."


def _fault(report: Report, path: tuple, message: str, *, gap: bool = False) -> Fault:
    code = path[1] if len(path) > 1 and path[0] == "items" and path[1] in items() else ""
    return Fault(report.line_of(path), code, message, report.path, gap)


def _of_form(report: Report) -> Iterator[Fault]:
    """Validate against the schema, in our words."""
    from jsonschema import Draft202012Validator

    text = Path(__file__).with_name("report.schema.json").read_text(encoding="utf-8")
    for error in Draft202012Validator(json.loads(text)).iter_errors(report.data):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            known = _known(error.schema)
            for key in error.instance:
                if key not in known:
                    yield _fault(report, (*path, key), f"{_unknown(key, known)}")
        elif error.validator == "required":
            missing = [key for key in error.validator_value if key not in error.instance]
            key = next(k for k in missing if f"'{k}'" in error.message)
            path, what = ((*path, key), "this item") if key in items() else (path, f"`{key}`")
            yield _fault(report, path, f"{what} is missing")
        elif error.validator == "dependentRequired":
            yield _fault(report, path, _pair(error.instance))
        elif error.validator == "oneOf":
            yield _fault(report, path, f"a piece of evidence has {error.schema['description']}")
        else:
            right = error.schema.get("description", "something else") + _hint(path, error.instance)
            yield _fault(report, path, f"{_at(path)}{_shown(error.instance)}; it must be {right}")


def _of_study(report: Report) -> Iterator[Fault]:
    study = report.data.get("study")
    if not isinstance(study, dict):
        return
    title, date = study.get("title", "there is none"), study.get("date")
    if title is None or (isinstance(title, str) and is_placeholder(title)):
        yield _fault(report, ("study", "title"), "the study has no title yet; give it one")
    if isinstance(date, str):
        try:
            datetime.date.fromisoformat(date if re.fullmatch(r"\d{4}-\d\d-\d\d", date) else "")
        except ValueError:
            message = f"`date` is {_shown(date)}; it must be a date such as 2026-03-31"
            yield _fault(report, ("study", "date"), message)


def _of_entry(report: Report, code: str, entry: Entry, *, whole: bool) -> Iterator[Fault]:
    """Hold an entry against the rules; against fewer where its form is not whole."""
    here = ("items", code)
    row = report.data["items"][code]
    row = row if isinstance(row, dict) else {}
    if isinstance(row.get("answer", 0), str | None):
        yield from _of_answer(report, code, entry)
    if not whole:
        return
    verdicts = [e["check"]["verdict"] if "check" in e else "" for e in entry.evidence]
    for place, piece in enumerate(entry.evidence):
        for key, message in faults_of(piece, report):
            yield _fault(report, (*here, "evidence", place, key), message)
        if verdicts[place] == "suspect" and entry.status in ("met", "not_applicable"):
            name, at = piece["check"]["name"], (*here, "evidence", place)
            yield _fault(report, at, f"{name} says suspect; that contradicts {entry.status}")
    if entry.status == "not_stated":
        yield _of_silence(report, code)
        return
    if entry.status in _GAPS and is_answer(entry.answer):
        yield _fault(report, (*here, "status"), _GAPS[entry.status], gap=True)
    if entry.status == "not_met":
        return
    if code == "8b" and entry.status == "not_applicable":
        message = "limits always apply; say where the result should not be expected to hold"
        yield _fault(report, (*here, "status"), message)
    if code in _LEAKAGE and not entry.evidence:
        message = f"{entry.status} without evidence; add a file, a cell, a DOI or a check's result"
        yield _fault(report, (*here, "status"), message)
    if code in _LEAKAGE and verdicts and set(verdicts) == {"not checked"}:
        message = "a check that says “not checked” is no evidence; add another"
        yield _fault(report, (*here, "evidence"), message)
    if code == "7b" and entry.status == "met":
        yield from _of_uncertainty(report, entry)


def _of_silence(report: Report, code: str) -> Fault:
    here = ("items", code, "status")
    if report.audit_of:
        return _fault(report, here, "the document does not say", gap=True)
    message = (
        "not_stated is for the audit of somebody else's document; name it in `study` as "
        "`audit_of`, or say what the study did"
    )
    return _fault(report, here, message)


def _of_answer(report: Report, code: str, entry: Entry) -> Iterator[Fault]:
    path = ("items", code, "answer")
    if entry.status == "not_stated":
        return
    nothing = not any(letter.isalnum() for letter in entry.answer)
    if nothing and entry.status == "not_applicable":
        yield _fault(report, path, "not applicable without a reason; say why in `answer`")
    elif nothing:
        yield _fault(report, path, "there is no answer; write one")
    elif not is_answer(entry.answer):
        yield _fault(
            report, path, f"{_shown(entry.answer)} holds a place and is no answer; write one"
        )


def _of_uncertainty(report: Report, entry: Entry) -> Iterator[Fault]:
    """Ask for an interval and n, of the one score or of each that is named."""
    here = ("items", "7b")
    for place, score in enumerate(entry.scores):
        yield from _of_interval(report, (*here, "scores", place, "interval"), score["interval"])
    if entry.scores and entry.interval is None and entry.n is None:
        return
    given = report.data["items"]["7b"].get("interval")
    if given is None:
        path = (*here, "interval")
        yield _fault(report, path, "met without an interval; add `interval: [low, high]`")
    else:
        yield from _of_interval(report, (*here, "interval"), given)
    if entry.n is None:
        message = "met without n; add `n:`, the number of independent cases behind the score"
        yield _fault(report, (*here, "n"), message)


def _of_interval(report: Report, path: tuple, limits: list) -> Iterator[Fault]:
    told = f"`interval` is {limits}"
    if len(limits) == 4:
        right = "two numbers; write them with a decimal point, not a comma, such as [0.52, 0.69]"
    elif len(limits) != 2 or not all(map(math.isfinite, limits)) or limits[0] >= limits[1]:
        right = "two numbers, the lower first"
    elif limits == [0, 1]:
        right = "narrower than all that is possible to say anything"
    else:
        return
    yield _fault(report, path, f"{told}; it must be {right}")


def is_answer(text: str) -> bool:
    """Whether a text says something: it is not empty, no placeholder and not the item's words."""
    bare = " ".join(text.split())
    ours = any(bare in (item.asks, item.holds, item.short) for item in items().values())
    return not ours and not is_placeholder(text)


def is_placeholder(text: str) -> bool:
    """Whether a text holds the place of another one.

    The whole of it is a stock phrase such as "n/a" or "yes", or stands in angle brackets, or is
    the same short thing again and again; or it has a mark such as TODO in it.
    """
    text = unicodedata.normalize("NFKC", text)
    bare = " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())
    return bool(
        not bare
        or bare in _PHRASES
        or all(word in _WORDS for word in bare.split())
        or re.fullmatch(r"\s*[<\[{][^<>\[\]{}]*[>\]}]\s*", text)
        or re.fullmatch(r"(\w)\1*", bare)
        or "lorem ipsum" in bare
        or _LATER.match(text)
        or _MARKS.search(text)
    )


def _known(schema: dict[str, Any]) -> list[str]:
    return [*items()] if "patternProperties" in schema else [*schema["properties"]]


def _unknown(key: str, known: list[str]) -> str:
    if key in items():
        return f"`{key}` stands in the wrong place; items belong below `items:`"
    near = [name for name in known if name.casefold() == key.casefold().strip().replace("-", "_")]
    hint = f"did you mean `{near[0]}`?" if near else ""
    if not hint:
        hint = f"known are {', '.join(known)}" if len(known) < 32 else "codes go from 1a to 8b"
    return f"unknown key {_shown(key)}; {hint}"


def _pair(piece: dict[str, Any]) -> str:
    if "repository" in piece or "commit" in piece:
        return "a `repository` and its `commit` go together; `git rev-parse HEAD` says which it is"
    return "a `file` and its `sha256` go together; `pitfalls reforms hash FILE` writes both"


def _hint(path: tuple, value: Any) -> str:
    """Say what people mean who write it so."""
    if isinstance(value, str) and _COMMA.fullmatch(value.strip()):
        return ", with a decimal point and not a comma"
    if isinstance(value, list) and path[-2:-1] == ("interval",):
        return "; of several scores make a list `scores`, each with `name`, `interval` and `n`"
    return ""


def _at(path: tuple) -> str:
    names = [step for step in path if isinstance(step, str) and step not in items()]
    return f"`{names[-1]}` is " if names else "this is "


def _shown(value: Any, most: int = 60) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = " ".join(str(value).split()) if isinstance(value, str) else json.dumps(value)
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    return f"“{text}”" if isinstance(value, str) else text
