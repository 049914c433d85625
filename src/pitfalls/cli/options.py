"""What the commands share: arguments, a progress bar, how a path is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..course import Course, Lesson

__all__ = ["Backend", "Chapters", "Jobs", "Scheduler", "chosen", "progress", "short"]

Chapters = Annotated[
    list[str] | None,
    typer.Argument(help="Numbers or names, such as 02 or leaky_selection.", show_default="all"),
]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Processes.", show_default="one a core, at most 8")
]
Backend = Annotated[
    str | None,
    typer.Option(help="Where studies run: loky, processes here, or dask, a cluster."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        help="The address of a Dask scheduler, such as tcp://10.0.0.1:8786.",
        show_default="a cluster on this computer",
    ),
]


def chosen(chapters: list[str] | None) -> list[Lesson]:
    """Return the chapters that are named, each once, or all."""
    course = Course.here()
    if not chapters:
        return course.lessons()
    return list({lesson.slug: lesson for lesson in map(course.load, chapters)}.values())


@contextmanager
def progress(total: int, description: str = "") -> Iterator[Callable[[str], None]]:
    """Show a bar over studies; give a function to be told the name of each that is done."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description:<32}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=total)
        yield lambda name: bar.update(task, advance=1, description=name)


def short(path: Path) -> str:
    """Return a path as it is seen from the working folder, where it lies in there."""
    path = path.resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
