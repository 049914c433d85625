"""`pitfalls ledger`: how often held-out rows were asked, and what the best is worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..audit import Looks

__all__ = ["app"]

app = typer.Typer(help="Count looks at held-out rows.", no_args_is_help=True)
_CODES = {"clean": 0, "suspect": 1, "not checked": 2}


@app.callback()
def ledger() -> None:
    """Count looks at held-out rows."""


@app.command("show")
def show(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A ledger, or with --score the log of a program."),
    ],
    score: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Of another log, .csv, .tsv or JSON lines: the score."
        ),
    ] = None,
    note: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="What was tried, in that log.")
    ] = None,
    rows: Annotated[
        int | None, typer.Option(help="Rows that were scored, of a share of right answers.")
    ] = None,
    sd: Annotated[
        float | None, typer.Option(help="Or how much one score varies: its standard deviation.")
    ] = None,
    less: Annotated[bool, typer.Option("--less-is-better", help="The score is a loss.")] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="PICTURE", help="Draw the curve of the best so far.")
    ] = None,
) -> None:
    """Say how many looks there were, and how much of the best is luck.

    The exit code is 0 where that is little, 1 where it is suspect, and 2 where nobody can tell.
    """
    found = _read(file, score, note, rows, sd, less)
    for report in found:
        typer.echo(str(report))
    if plot is not None:
        _draw(found[0], plot)
    raise typer.Exit(max(_CODES[report.result().verdict] for report in found))


def _draw(report: Looks, file: Path) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise typer.BadParameter("--plot needs Matplotlib: pip install matplotlib") from None
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    report.plot(figure.subplots())
    try:
        figure.savefig(file)
    except ValueError as error:
        raise typer.BadParameter(f"{file}: {error}") from None


def _read(
    file: Path, score: str | None, note: str | None, rows: int | None, sd: float | None, less: bool
) -> list[Looks]:
    from ..audit import read_ledger, read_looks

    try:
        if score is None:
            return read_ledger(file)
        return [
            read_looks(
                file, score=score, note=note, n_rows=rows, sd=sd, greater_is_better=not less
            )
        ]
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
