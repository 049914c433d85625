"""Commands for authors: evidence, sync, test, book."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from .._settings import Settings
from ..course import Course, CourseError, Lesson
from ..worlds import Experiment, World
from .options import Backend, Chapters, Jobs, Scheduler, chosen, progress, short

if TYPE_CHECKING:
    import pandas as pd

    from ..course.run import Task


def compute_evidence(
    chapters: Chapters = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Seeds of each study; a look, which replaces no evidence.",
            show_default="the chapter's",
        ),
    ] = None,
    seed_base: Annotated[
        int, typer.Option(min=0, help="The first seed; other than 0 replaces no evidence.")
    ] = 0,
    jobs: Jobs = None,
    backend: Backend = None,
    scheduler: Scheduler = None,
    check: Annotated[bool, typer.Option("--check", help="Judge, and write nothing.")] = False,
    experiment: Annotated[
        str | None, typer.Option(help="Only this experiment of the chapters that have it.")
    ] = None,
) -> None:
    """Compute again what the chapters promise, and judge each clause of the contract.

    Writes `data/evidence/`, and computes the chapters' experiments as well; with `--seeds` or
    `--seed-base` it writes a look into `results/evidence/` instead, and with `--check` nothing.
    Some minutes a chapter, half an hour with networks. Exits with 1 if a clause does not hold.

    Examples: `evidence 02`, `evidence --seed-base 5000`, or
    `evidence 08 --backend dask --scheduler tcp://10.0.0.1:8786`
    """
    lessons = chosen(chapters)
    import pandas as pd

    from .. import evidence
    from ..course import run

    where = {"n_jobs": jobs, "backend": backend, "scheduler": scheduler}
    folder = _target(look=seeds is not None or seed_base != 0, check=check)
    if experiment is not None:
        having = [one for one in lessons if experiment in {e.name for e in one.experiments}]
        if not having:
            raise CourseError(f"--experiment {experiment}: no chapter that is asked for has it")
        for lesson in having:
            _measure(lesson.experiment(experiment), seeds, folder, where)
        return
    verdicts = []
    for lesson in lessons:
        tasks = run.rehearse(lesson, seeds=seeds, base=seed_base)
        if not tasks:
            continue
        frame = _computed(tasks, where)
        if folder is not None:
            _written(evidence.write(lesson, frame, folder))
            if seed_base == 0:
                for one in lesson.experiments:
                    _measure(one, seeds, folder, where)
        verdicts.append(_judge(lesson, frame))
        tasks = run.rehearse_kind(lesson, draws=seeds, base=seed_base)
        if not tasks:
            continue
        frame = _computed(tasks, where)
        if folder is not None:
            _written(evidence.write(lesson, frame, folder, kind=True))
        verdicts += [_judge_kind(task.world, frame) for task in tasks]
    if not verdicts:
        raise CourseError(f"{', '.join(chapters or ['the course'])}: there is no study to judge")
    raise typer.Exit(_report(pd.concat(verdicts)))


def _target(*, look: bool, check: bool) -> Path | None:
    """Return the folder to write evidence to; None writes nothing."""
    course = Course.here()
    if check:
        return None
    return course.results / "evidence" if look else course.root / "data" / "evidence"


def _computed(tasks: list[Task], where: dict) -> pd.DataFrame:
    """Run tasks, and show how far it has come."""
    from ..course import run

    with progress(sum(task.studies for task in tasks)) as done:
        return run.compute(tasks, **where, on_study=lambda world: done(world.slug))


def _measure(experiment: Experiment, seeds: int | None, folder: Path | None, where: dict) -> None:
    """Run an experiment and write its rows."""
    from .. import evidence

    seeds = seeds or experiment.seeds
    rows = seeds * math.prod(map(len, experiment.settings.values()))
    with progress(rows) as done:
        frame = evidence.run_experiment(
            experiment, seeds=seeds, on_row=lambda _: done(experiment.slug),
            **where | {"n_jobs": where["n_jobs"] or evidence.default_jobs()},
        )  # fmt: skip
    if folder is not None:
        _written(evidence.write(experiment, frame, folder))


def _written(path: Path) -> None:
    print(f"written: {short(path)}")


def _judge(lesson: Lesson, frame: pd.DataFrame) -> pd.DataFrame:
    """Print the verdict on a chapter's simulated worlds and return it."""
    import pandas as pd

    from .. import evidence
    from . import tables

    if not lesson.simulated:
        return pd.DataFrame({"verdict": []})
    console, verdicts = Console(), []
    for world in lesson.simulated:
        verdicts.append(evidence.verdict(frame, world))
        console.print(tables.verdict_table(verdicts[-1]))
        for line in tables.coverage_lines(evidence.coverage(frame, world)):
            console.print(line, highlight=False)
    return pd.concat(verdicts)


def _judge_kind(world: World, frame: pd.DataFrame) -> pd.DataFrame:
    """Print the verdict on other worlds of the kind; return it, halves only where broken."""
    from .. import evidence
    from . import tables

    table = evidence.verdict_of_kind(frame, world)
    console = Console()
    console.print(f"[b]{world.slug}[/b], other worlds of the kind: {', '.join(world.varies)}")
    console.print(tables.verdict_table(table[table["part"] == "all"].drop(columns="part")))
    halves = table[(table["part"] != "all") & (table["verdict"] == "broken")]
    for row in halves.itertuples():
        where = f"clause {row.clause}, {row.arm}, {row.part}"
        console.print(f"broken in half of the worlds: {where}, mean {row.mean:+.3f}")
    return table[(table["part"] == "all") | (table["verdict"] == "broken")]


def _report(table: pd.DataFrame) -> int:
    """Print the cases that do not hold; return the exit code."""
    failing = table[table["verdict"] != "holds"]
    if failing.empty:
        print(f"All {len(table)} cases of the contract hold.")
        return 0
    for row in failing.itertuples():
        where = f"{row.world}, clause {row.clause}, {row.arm} at strength {row.strength:g}"
        interval = f"[{row.low:+.3f}, {row.high:+.3f}]"
        print(
            f"{where}: {row.verdict} (mean {row.mean:+.3f}, {interval}, margin {row.margin:.3f})"
        )
    print(f"{len(failing)} of {len(table)} cases of the contract do not hold.")
    return 1


def begin_chapter(
    number: Annotated[int, typer.Argument(help="A number that no chapter has, such as 42.")],
    name: Annotated[str, typer.Argument(help="A name in small letters, such as my_pitfall.")],
) -> None:
    """Begin a chapter: files that run, and a list of what is still to be written. At once.

    `run 42` runs it; `test` is red until nothing is left to write, and names what is.

    Example: `new 42 my_pitfall`
    """
    from ..author import skeleton

    course = Course.here()
    for path in skeleton.new_chapter(course, number, name):
        print(f"written: {short(path)}")
    folder = f"{number:02d}_{name}/"
    left = [place for place in skeleton.left_to_write(course.root) if folder in place]
    print(f"{len(left)} things are still to be written, marked {skeleton.TO_WRITE!r}; then run:")
    for step in ("sync", f"evidence {number:02d}", "test"):
        print(f"  {Settings.from_env().command} {step}")


def write_derived(
    execute: Annotated[
        bool, typer.Option("--execute", help="Run every notebook that keeps an output.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Say what is stale, and write nothing.")
    ] = False,
) -> None:
    """Write what is derived: notebooks from scripts, exercises from solutions, tables.

    Some seconds; a minute with `--execute`. With `--check` it exits with 1 if a file is stale.

    Examples: `sync`, or `sync --check`
    """
    from ..author.sync import stale, sync

    root = Course.here().root
    if check:
        old = stale(root)
        for path in old:
            print(f"stale: {short(path)}")
        if old:
            print(f"{len(old)} files are stale: run `sync`")
            raise typer.Exit(1)
        print("everything is as it should be")
        return
    written = sync(root, execute=execute)
    for path in written:
        print(short(path))
    print(f"{len(written)} files written" if written else "everything is as it should be")


def run_tests(context: typer.Context) -> None:
    """Run all tests, and every notebook, on a process more than there are cores. Some minutes.

    What follows is passed on to pytest: names of files, `-k`, `-n`, or `--seed-base 5000`, the
    first of the seeds that no chapter has seen.

    Examples: `test`, or `test tests/test_study.py -k sample`
    """
    from ..evidence import default_jobs

    # One more, since some tests wait; and no more, since a notebook's kernel may take a gigabyte.
    processes = min(default_jobs(), 4) + 1
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "-n", str(processes)]
    command += ["--dist", "loadgroup"]
    command += ["--no-loadscope-reorder"]  # the order of conftest.py: notebooks, then the site
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    env = os.environ | one_thread
    # Where it is set, each of some hundred processes compiles the package and the tests anew.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run([*command, *context.args], cwd=Course.here().root, env=env)
    raise typer.Exit(done.returncode)


def build_book(
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Make a PDF first, by LaTeX, and offer it on the site.")
    ] = False,
    repository: Annotated[
        str | None,
        typer.Option(
            help="The address of the repository that pages link to, such as "
            "https://example.org/me/course.",
            show_default="no links",
        ),
    ] = None,
) -> None:
    """Build the course as a website, and run every notebook for it. Some minutes.

    The second time only what has changed is run.

    Examples: `book`, or `book --pdf`
    """
    from ..site import build

    folder = Course.here().book
    try:
        made = build.pdf(folder) if pdf else None
        front = build.site(folder, pdf=made, repository=repository)
    except subprocess.CalledProcessError as error:
        raise typer.Exit(error.returncode) from None
    if made is not None:
        print(f"written: {short(made)} ({made.stat().st_size / 1e6:.0f} MB)")
    print(f"open {front.as_uri()}")
