"""`pitfalls audit`: an audit of a function and a table.

Exit codes: 0 where all is clean or silenced, 1 where something is suspect, 2 where something could
not be checked, or the audit could not be made.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._errors import PitfallsError

if TYPE_CHECKING:
    import pandas as pd

    from ..audit import Report
    from ..checks import Finding

__all__ = ["audit_function"]

_CODES = {"clean": 0, "suspect": 1, "not checked": 2}
_ENDINGS = {".csv": ",", ".tsv": "\t", ".txt": None}


def audit_function(
    function: Annotated[
        str,
        typer.Argument(
            metavar="MODULE:FUNCTION",
            help="Your procedure: takes rows and outcomes, returns your score, or the pair of the "
            "score and the model.",
        ),
    ],
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="The raw rows, a .csv or .tsv, or one in .gz.")
    ],
    outcome: Annotated[str, typer.Option(metavar="COLUMN", help="The column of the outcomes.")],
    groups: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Patient, device or document of each row, or none."),
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="When each row was, or none.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="A column that says train or test."),
    ] = None,
    gap: Annotated[
        str | None, typer.Option(help="How long after its time an outcome is known: 1D, or 0.")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            help="What the function returns: a scorer of scikit-learn, or MODULE:FUNCTION."
        ),
    ] = None,
    known: Annotated[
        bool, typer.Option("--known-in-time", help="All columns are known at the decision.")
    ] = False,
    one_path: Annotated[
        bool,
        typer.Option("--one-path", help="Rows are prepared by one code, in training and use."),
    ] = False,
    alone: Annotated[
        bool, typer.Option("--no-other-rows", help="No feature is made of other rows.")
    ] = False,
    silence: Annotated[
        list[str] | None,
        typer.Option(metavar="CHECK=REASON", help="A finding that is right here, and why."),
    ] = None,
    budget: Annotated[str, typer.Option(help="What it may take, such as 90 s or 1 h.")] = "2 min",
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report as a page as well.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all that is drawn.")] = 0,
) -> None:
    """Ask of your own procedure every check that what is given allows. Two minutes, or `--budget`.

    It runs the code of MODULE, which Python finds from the working folder. `--groups none` and
    `--time none` say that there are none. Exits with 0 if all is clean, 1 if something is suspect,
    and 2 if something could not be checked, with what to pass.

    Example: `audit study:evaluate visits.csv --outcome died --groups patient --time none`
    """
    from ..audit import audit

    frame = _read(table)
    columns = {"--outcome": outcome, "--groups": groups, "--time": time, "--split": split}
    for option, column in columns.items():
        none = option in ("--groups", "--time") and column == "none"
        if column is not None and column not in frame.columns and not none:
            raise typer.BadParameter(
                f"{option} {column} is no column of {table}; it has "
                f"{', '.join(map(str, frame.columns[:8]))}{_separated(frame)}"
            )
    print(f"This runs the code of {function.partition(':')[0]}.", file=sys.stderr)
    sides = {}
    if split is not None:
        sides = {side: _side(frame[split], side, split) for side in ("train", "test")}
    rows = frame.drop(columns=[outcome] if split is None else [outcome, split])
    named = metric if metric is None or ":" not in metric else _function(metric, "--metric")
    try:
        report = audit(
            _function(function, "MODULE:FUNCTION"), rows, frame[outcome],
            groups=_given(groups), time=_given(time), metric=named,
            available_at=False if known else None, served=False if one_path else None,
            make_features=False if alone else None,
            gap=_number(gap), budget=budget, silence=_reasons(silence or []), random_state=seed,
            **sides,
        )  # fmt: skip
    except (ValueError, TypeError, RuntimeError) as error:
        raise PitfallsError(str(error).rstrip(".")) from error
    report = _as_options(report)
    print(report)
    if html is not None:
        report.to_html(html)
        print(f"written: {html}")
    raise typer.Exit(_code(report))


#: What an audit calls its arguments, and what the command does.
_OPTIONS = {
    "groups=False": "--groups none",
    "time=False": "--time none",
    "served=(train_path, serve_path), the two functions that prepare rows for training and in "
    "use, or served=False where that": "--one-path, where the code that prepares rows in use",
    "make_features=, the function that makes your features of the raw rows (with series= where "
    "these are not X), or make_features=False": "--no-other-rows",
    "available_at=False": "--known-in-time",
    "pass groups=": "pass --groups",
    "pass time=": "pass --time",
    "pass train= and test=": "pass --split",
    "pass metric=": "pass --metric",
    "pass gap=": "pass --gap",
    "and metric=": "and --metric",
    "say so in silence=": "say so with --silence",
    "budget='": "--budget '",
}


def _as_options(report: Report) -> Report:
    """Return a report whose advice is for a command line."""

    def told(finding: Finding) -> Finding:
        says = finding.says
        for ours, theirs in _OPTIONS.items():
            says = says.replace(ours, theirs)
        return replace(finding, says=says)

    results = (replace(one, findings=tuple(map(told, one))) for one in report.results)
    return replace(report, results=tuple(results))


def _code(report: Report) -> int:
    return _CODES[report.verdict]


def _given(column: str | None) -> Any:
    return False if column == "none" else column


def _number(gap: str | None) -> Any:
    try:
        return None if gap is None else float(gap)
    except ValueError:
        return gap


def _read(table: Path) -> pd.DataFrame:
    """Return a table of text, or raise."""
    import pandas as pd

    if not table.is_file():
        raise typer.BadParameter(f"{table} is no file")
    plain = Path(table.name.removesuffix(".gz"))
    if plain.suffix.lower() not in _ENDINGS:
        raise typer.BadParameter(f"{table} is no .csv and no .tsv; write it as one")
    separator = _ENDINGS[plain.suffix.lower()]
    try:
        engine = "python" if separator is None else "c"
        return pd.read_csv(table, sep=separator, engine=engine)
    except (ValueError, pd.errors.ParserError, UnicodeDecodeError) as error:
        hint = "; write it as UTF-8" if isinstance(error, UnicodeDecodeError) else ""
        raise typer.BadParameter(f"{table} cannot be read as a table: {error}{hint}") from None


def _separated(frame: pd.DataFrame) -> str:
    one = frame.shape[1] == 1 and ";" in str(frame.columns[0])
    return " as its only one: are the columns separated by semicolons? Write commas" if one else ""


def _side(column: pd.Series, side: str, split: str) -> Any:
    mask = (column.astype(str).str.strip().str.lower() == side).to_numpy()
    if not mask.any():
        raise typer.BadParameter(f"--split {split} says {side!r} of no row")
    return mask


def _function(named: str, option: str) -> Callable[..., Any]:
    """Return a function that is named by its module, as Python finds it from this folder."""
    module, _, name = named.partition(":")
    if not module or not name.isidentifier():
        raise typer.BadParameter(f"{option} is {named}; it must be like study:evaluate")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        loaded = importlib.import_module(module)
    except SystemExit as error:
        raise PitfallsError(
            f"{module} called sys.exit({error.code!r}) as it was imported"
        ) from None
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0] and error.name != module:
            raise PitfallsError(f"{module} needs {error.name}, which is not installed") from error
        raise typer.BadParameter(
            f"there is no module {module} in {here}; for study.py it is study"
        ) from None
    if not callable(getattr(loaded, name, None)):
        raise typer.BadParameter(f"{module} has no function {name}")
    return getattr(loaded, name)


def _reasons(given: list[str]) -> dict[str, str]:
    reasons = {}
    for one in given:
        check, equals, reason = one.partition("=")
        if not equals:
            raise typer.BadParameter(f"--silence {one} must be CHECK=REASON")
        reasons[check.strip()] = reason
    return reasons
