"""Commands for teachers: slides, predictions, wheelhouse."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .._files import whole, write_text
from ..course import Course, CourseError
from .options import chosen, short

#: How many rows that are left out are named.
SHOWN = 20


def make_slides(
    chapters: Annotated[
        list[str] | None,
        typer.Argument(help="Numbers or names, such as 02.", show_default="the half day"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to.", show_default="results/slides")
    ] = None,
) -> None:
    """Make slides with speaker's notes of chapters, from their notebooks. Half a minute a chapter.

    One HTML file a chapter, which needs no network and no other file: open it in a browser and
    press `F` for the full screen, `S` for the notes. Runs the notebooks.

    Examples: `slides`, or `slides 02 07 --out stick`
    """
    from ..author import slides

    root = Course.here().root
    lessons = chosen(chapters or [str(number) for number in slides.half_day(root)])
    for lesson in lessons:
        slides.read_teaching(lesson)
    target = out if out is not None else root / "results" / "slides"
    for lesson in lessons:
        made = slides.deck(lesson, slides.run_notebooks(lesson), root)
        path = target / f"{lesson.folder.name}.html"
        write_text(path, slides.render(lesson, made, root))
        print(f"{len(made)} slides: {path.resolve().as_uri()}", flush=True)


def merge_predictions(
    folder: Annotated[Path, typer.Argument(help="Where the logs are, one .csv for each learner.")],
    hide: Annotated[
        bool, typer.Option("--hide", help="Leave the deployed score out, for the minute before.")
    ] = False,
) -> None:
    """Put the predictions of a class into one table and one histogram a chapter. At once.

    A learner's log is `work/predictions.csv`; rename it after its owner. Writes
    `results/predictions.csv` and a picture for each chapter, and asks no network for anything.
    Rows that cannot be, such as 42 for a share, are left out and named.

    Example: `predictions collected --hide`
    """
    from matplotlib import rc_context

    from .. import classroom
    from ..figures import house_style
    from . import tables

    course, left_out = Course.here(), []
    try:
        rows = classroom.merge(_logs(folder), tell=left_out.append)
    except ValueError as error:
        raise CourseError(f"{folder}: {error}") from None
    finally:
        _tell(left_out)
    written = [course.results / "predictions.csv"]
    with whole(written[0]) as partial:
        shown = rows.drop(columns="deployed") if hide else rows
        classroom.for_a_spreadsheet(shown).to_csv(partial, index=False)
    for chapter, mine in rows.groupby("chapter", sort=False):
        lesson = course.load(chapter)
        metric = lesson.world().metric if lesson.simulated else "number"
        written.append(course.results / f"predictions_{lesson.folder.name}.png")
        with rc_context(), whole(written[-1]) as partial:
            house_style()
            picture = classroom.guesses(mine, metric=metric, title=lesson.title, truth=not hide)
            picture.savefig(partial, dpi=200)
    table = classroom.summary(rows)
    console = Console()
    console.print(tables.predictions_table(table.assign(deployed=math.nan) if hide else table))
    print("written: " + ", ".join(short(path) for path in written))


def _logs(folder: Path) -> list[Path]:
    """Return the logs in a folder, without the hidden files that some systems put beside them."""
    return sorted(
        path
        for path in folder.glob("*")
        if path.suffix.lower() == ".csv" and not path.name.startswith(".")
    )


def _tell(left_out: list[str]) -> None:
    """Print which rows are left out, as many as a screen holds."""
    for sentence in left_out[:SHOWN]:
        print(sentence)
    if len(left_out) > SHOWN:
        print(f"and {len(left_out) - SHOWN} more rows are left out")


def fill_wheelhouse(
    folder: Annotated[Path, typer.Argument(help="Where to, such as a stick.")],
    platform: Annotated[
        str | None,
        typer.Option(
            help="linux-x86_64, linux-aarch64, macos-arm64 or windows-amd64.",
            show_default="this computer's",
        ),
    ] = None,
    python: Annotated[
        str | None, typer.Option(help="3.11, 3.12, 3.13 or 3.14.", show_default="this one")
    ] = None,
) -> None:
    """Download all packages into a folder, for computers without network. Some minutes.

    Put the course and the folder on a stick; `python3 course.py run --offline DIR` then sets up
    without network, on any computer with this platform and this version of Python.

    Examples: `wheelhouse stick`, or
    `wheelhouse stick --platform windows-amd64 --python 3.12`
    """
    from ..computer import wheelhouse

    try:
        target = wheelhouse.here() if platform is None or python is None else None
        target = wheelhouse.Target(platform or target.platform, python or target.python)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    print(f"for {target.platform}, Python {target.python}:")
    try:
        size = wheelhouse.fill(
            folder, Course.here().root, target, on_step=lambda step: print(f"  {step} ...")
        )
    except RuntimeError as error:
        raise CourseError(f"{error}; check the network and run this again") from None
    command = f"python3 course.py run --offline {shlex.quote(str(folder))}"
    print(f"{size / 1e6:.0f} MB in {folder}; to use them: {command}")
