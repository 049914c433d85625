"""Commands for learners: list, run, lab, reset, check."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from ..course import Course, CourseError
from .options import Chapters, Jobs, chosen, progress, short


def list_chapters() -> None:
    """List the chapters and their studies. At once.

    Example: `list`
    """
    from .tables import chapters_table

    Console().print(chapters_table(Course.here().lessons()))


def run_chapters(
    chapters: Chapters = None,
    strength: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="How strong the confounder is, from 0 (none) to 1.",
            show_default="full strength",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, help="Studies of each kind.", show_default="10, 1 for networks"),
    ] = None,
    jobs: Jobs = None,
    real: Annotated[bool, typer.Option(help="Run real data as well.")] = True,
    every: Annotated[bool, typer.Option("--all", help="Show every study of a chapter.")] = False,
) -> None:
    """Run each pitfall beside its fix and print what they claim and what they deploy.

    A line a chapter, or with `--all` a line a study; a picture in `results/summary.png` and all
    scores in `results/scores.csv`. Some seconds a chapter.

    Examples: `run`, `run 02 --all`, or `run 02 --strength 0 --seeds 50`
    """
    lessons = chosen(chapters)
    from ..course import run
    from . import tables

    try:
        tasks = run.plan(lessons, strength=strength, seeds=seeds, real=real)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not tasks:
        raise CourseError(f"{', '.join(chapters or ['the course'])}: there is no study to run")
    with progress(sum(task.studies for task in tasks)) as done:
        scores = run.compute(tasks, n_jobs=jobs, on_study=lambda world: done(world.slug))
    summary = run.summarise(scores, tasks)
    written = run.write(scores, summary, Course.here().results)
    console = Console()
    shown = tables.summary_table(summary) if every else None
    console.print(shown or tables.headline_table(summary, console.width))
    console.print("written: " + ", ".join(short(path) for path in written), highlight=False)


def open_lab(
    more: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CHAPTER",
            help="The chapter whose exercises to open, such as 08.",
            show_default="the launcher",
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The first port to try.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Open JupyterLab on your own copies of the notebooks, in work/. Some seconds.

    With a chapter it opens on that chapter's exercises. The copies are made on first use and never
    overwritten; new chapters are added. JupyterLab listens on this computer only and asks for a
    token, which is in the address it prints. Further options, as `--name=value`, are passed on to
    it. Stop it with Ctrl-C.

    Examples: `lab`, `lab 08`, or `lab --no-browser --port 8890`
    """
    from ..computer import workbench

    course = Course.here()
    named = [word for word in more or () if not word.startswith("-")]
    if len(named) > 1:
        raise typer.BadParameter(f"{' '.join(named)}: open one chapter at a time")
    page = workbench.entry(course.load(named[0])) if named else None
    copied = workbench.lay_out(course.lessons(), course.work)
    print(f"your notebooks are in {short(course.work)}/ ({len(copied)} new)", flush=True)
    options = [word for word in more or () if word not in named]
    command = workbench.lab_command(
        course.work, page=page, port=port, browser=browser, more=options
    )
    raise typer.Exit(workbench.become(command))


def reset_chapters(
    chapters: Annotated[list[str], typer.Argument(help="Numbers or names, such as 02.")],
) -> None:
    """Put back the notebooks of a chapter in work/. At once.

    Yours are not lost: they are moved to `work/.old/`, in a folder named after the time.

    Example: `reset 02`
    """
    from ..computer import workbench

    work = Course.here().work
    for lesson in chosen(chapters):
        copied, kept = workbench.reset(lesson, work)
        print(f"{lesson.folder.name}: {len(copied)} notebooks put back")
        if kept is not None:
            print(f"yours are in {short(kept)}")


def check_machine() -> None:
    """Say whether this computer is ready for a workshop. About fifteen seconds.

    Looks at versions, memory and disk, runs a cell of a notebook and a pitfall with its fix.
    Exits with 1 if something is to be done.

    Example: `check`
    """
    from ..computer import machine

    console = Console(soft_wrap=True)
    cures = []
    for finding in machine.findings(Course.here().root):
        mark = "[green]ok[/green]" if finding.well else "[bold red]no[/bold red]"
        console.print(f"{mark}  {finding.what:<9}", end=" ")
        console.print(finding.found, highlight=False, markup=False)
        cures += [] if finding.well else [f"{finding.what}: {finding.cure}"]
    if cures:
        print(f"This computer is not ready. {'; '.join(cures)}.")
        raise typer.Exit(1)
    print("This computer is ready.")
