"""`pitfalls reforms`: a new report, what is open in it, and pages made of it.

Exit codes: 0 where the report is sound, 1 where it has gaps, 2 where it cannot be read or a file
cannot be written.
"""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..reforms import faults, reading, rendering, template as templates
from ..reforms.reading import ReportError
from ..reforms.sources import sha256_of

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Report on a study after the REFORMS checklist: 32 items, each with a status, an answer "
    "and evidence.",
)

_File = Annotated[Path, typer.Argument(metavar="FILE", help="The report, a YAML file.")]
_Root = Annotated[
    Path | None,
    typer.Option(help="Folder that evidence may lie in.", show_default="the report's"),
]


class Format(StrEnum):
    """What a page is written in."""

    html = "html"
    md = "md"


@app.command("new")
def make_report(
    file: _File, title: Annotated[str, typer.Option(help="Title of the study.")] = ""
) -> None:
    """Write a report to be filled in, with what each item asks. At once.

    What is there already is never overwritten.

    Example: `new reforms.yaml`
    """
    templates.new(file, title)
    print(f"written: {file}; fill it in, then `pitfalls reforms check {file}`")


@app.command("check")
def check_report(file: _File, root: _Root = None) -> None:
    """Say what is wrong with a report, line by line. Some seconds.

    Exits with 0 if it is sound, 1 if it has gaps and 2 if it cannot be read. It sees whether an
    answer is there, not whether it is true.

    Example: `check reforms.yaml`
    """
    report = reading.read(file, root=root)
    found = faults.check(report)
    for fault in found:
        print(fault)
    print(f"{file}: {faults.verdict(found)} {rendering.summary(report)}")
    raise typer.Exit(1 if found else 0)


@app.command("render")
def render_report(
    file: _File,
    to: Annotated[
        Format | None, typer.Option(help="What to make.", show_default="by OUT, else html")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where to.", show_default="beside the report"),
    ] = None,
    root: _Root = None,
) -> None:
    """Make a page of a report, with a picture of the 32 items. Some seconds.

    A page that was made before is replaced, and no other file. A report with gaps is rendered as
    well, with what is open on top, and the command then exits with 1.

    Examples: `render reforms.yaml`, or `render reforms.yaml -o report.md`
    """
    report = reading.read(file, root=root)
    written = rendering.render(report, out, to.value if to else None)
    found = faults.check(report)
    print(f"written: {written}")
    if found:
        print(f"{file}: {faults.verdict(found)}", file=sys.stderr)
    raise typer.Exit(1 if found else 0)


@app.command("hash")
def hash_file(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of evidence.")],
) -> None:
    """Print files as pieces of evidence, each with its hash. At once.

    Paste the lines below `evidence:` of an item; name files from the folder of the report.

    Example: `hash results.csv`
    """
    for file in files:
        if not file.is_file():
            raise ReportError(file, "there is no such file")
        print(f'- {{file: {json.dumps(file.as_posix())}, sha256: "{sha256_of(file)}"}}')
