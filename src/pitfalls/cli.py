"""The `pitfalls` command. What is slow to import is imported by the command that needs it."""

from __future__ import annotations

import math
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from . import lessons
from .lessons import Experiment, Lesson, LessonError
from .reforms import ReportError
from .reforms import command as reforms

if TYPE_CHECKING:
    import pandas as pd

#: `typer.BadParameter` and its siblings; typer has it under another name in each release.
_UsageError = typer.BadParameter.__mro__[1]

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Machine-learning pitfalls, each reproduced and then fixed. Where you have not "
    "activated an environment, `python3 course.py` stands for `pitfalls`.",
)

app.add_typer(reforms.app, name="reforms")

Chapters = Annotated[
    list[str] | None,
    typer.Argument(help="Numbers or names, such as 02 or leaky_selection.", show_default="all"),
]
Jobs = Annotated[
    int | None, typer.Option(min=1, help="Processes.", show_default="one a core, at most 8")
]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; a wrong use ends in one sentence on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console that has no arrow gets a question mark
            stream.reconfigure(errors="replace")
    name = os.environ.get("PITFALLS_COMMAND", "pitfalls")
    try:
        code = app(arguments, prog_name=name, standalone_mode=False) or 0
        if code == 130:  # what typer makes of Ctrl-C
            raise KeyboardInterrupt
        return code
    except _UsageError as error:
        command = error.ctx.command_path if error.ctx else name
        said = error.format_message().removeprefix("Invalid value: ").rstrip(".")
        joint = "" if said.endswith("?") else ";"
        return _refuse(f"{said}{joint} `{command} --help` says what is possible.")
    except (LessonError, ReportError) as error:
        return _refuse(f"{error}.")
    except (typer.Abort, KeyboardInterrupt):
        print("Interrupted; nothing was left half-written.", file=sys.stderr)
        return 130


def _refuse(sentence: str) -> int:
    print(f"pitfalls: {sentence}", file=sys.stderr)
    return 2


def _chosen(chapters: list[str] | None) -> list[Lesson]:
    if not chapters:
        return lessons.all()
    return list(dict.fromkeys(lessons.load(chapter) for chapter in chapters))


def _root() -> Path:
    return lessons.chapters_folder().parent


@contextmanager
def _progress(total: int, description: str = "") -> Iterator[dict]:
    """Show a bar over studies; give the callbacks of `pitfalls.run.compute`."""
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
        yield {
            "on_task": lambda now: bar.update(task, description=now.world.slug),
            "on_study": lambda: bar.advance(task),
        }


@app.command("list")
def list_chapters() -> None:
    """List the chapters and their studies. At once.

    Example: `list`
    """
    from .report import chapters_table

    Console().print(chapters_table(lessons.all()))


@app.command("run")
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
) -> None:
    """Run each pitfall beside its fix and print what they claim and what they deploy.

    One table; a picture in `results/summary.png` and all scores in `results/scores.csv`. Some
    seconds a chapter.

    Examples: `run`, or `run 02 --strength 0 --seeds 50`
    """
    chosen = _chosen(chapters)
    from . import report, run

    try:
        tasks = run.plan(chosen, strength=strength, seeds=seeds, real=real)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not tasks:
        raise LessonError(f"{', '.join(chapters or ['the course'])}: there is no study to run")
    with _progress(sum(task.studies for task in tasks)) as callbacks:
        scores = run.compute(tasks, n_jobs=jobs, **callbacks)
    summary = run.summarise(scores, tasks)
    written = run.write(scores, summary, _root() / "results")
    console = Console()
    console.print(report.summary_table(summary))
    console.print("written: " + ", ".join(_short(path) for path in written), highlight=False)


@app.command("evidence")
def compute_evidence(
    chapters: Chapters = None,
    seeds: Annotated[
        int | None, typer.Option(min=2, help="Seeds of each study.", show_default="the chapter's")
    ] = None,
    seed_base: Annotated[
        int, typer.Option(min=0, help="The first seed; other than 0 writes nothing.")
    ] = 0,
    jobs: Jobs = None,
    check: Annotated[bool, typer.Option("--check", help="Judge, and write nothing.")] = False,
    experiment: Annotated[
        str | None, typer.Option(help="Only this experiment of the chapter.", show_default="all")
    ] = None,
) -> None:
    """Compute again what the chapters promise, and judge each clause of the contract.

    Writes `data/evidence/` unless `--check` or `--seed-base` is given, and then computes the
    chapters' experiments as well. Some minutes a chapter, half an hour with networks. Exits with 1
    if a clause does not hold.

    Examples: `evidence 02`, or `evidence --seed-base 5000`
    """
    chosen = _chosen(chapters)
    import pandas as pd

    from . import evidence, run

    if experiment is not None:
        for lesson in chosen:
            _measure(lesson.experiment(experiment), seeds, jobs)
        return
    verdicts = []
    for lesson in chosen:
        tasks = run.rehearse(lesson, seeds=seeds, base=seed_base)
        if not tasks:
            continue
        with _progress(sum(task.studies for task in tasks)) as callbacks:
            frame = run.compute(tasks, n_jobs=jobs, **callbacks)
        if not check and seed_base == 0:
            evidence.write(lesson, frame)
            print(f"written: {_short(lesson.evidence_file)}")
            for one in lesson.experiments:
                _measure(one, seeds, jobs)
        verdicts.append(_judge(lesson, frame))
    if not verdicts:
        raise LessonError(f"{', '.join(chapters or ['the course'])}: there is no study to judge")
    table = pd.concat(verdicts)
    failing = table[table["verdict"] != "holds"]
    if failing.empty:
        print(f"All {len(table)} cases of the contract hold.")
        return
    for row in failing.itertuples():
        where = f"{row.world}, clause {row.clause}, {row.arm} at strength {row.strength:g}"
        interval = f"[{row.low:+.3f}, {row.high:+.3f}]"
        print(
            f"{where}: {row.verdict} (mean {row.mean:+.3f}, {interval}, margin {row.margin:.3f})"
        )
    print(f"{len(failing)} of {len(table)} cases of the contract do not hold.")
    raise typer.Exit(1)


def _measure(experiment: Experiment, seeds: int | None, jobs: int | None) -> None:
    """Run an experiment and write its rows."""
    from . import evidence, run

    seeds = seeds or experiment.seeds
    rows = seeds * math.prod(map(len, experiment.settings.values()))
    with _progress(rows, experiment.slug) as callbacks:
        frame = evidence.run_experiment(
            experiment,
            seeds=seeds,
            n_jobs=jobs or run.default_jobs(),
            on_row=lambda _: callbacks["on_study"](),
        )
    evidence.write(experiment, frame)
    print(f"written: {_short(experiment.evidence_file)}")


def _judge(lesson: Lesson, frame: pd.DataFrame) -> pd.DataFrame:
    """Print the verdict on a chapter's simulated worlds and return it."""
    import pandas as pd

    from . import evidence, report

    if not lesson.simulated:
        return pd.DataFrame({"verdict": []})
    console, verdicts = Console(), []
    for world in lesson.simulated:
        verdicts.append(evidence.verdict(frame, world))
        console.print(report.verdict_table(verdicts[-1]))
        for line in report.coverage_lines(evidence.coverage(frame, world)):
            console.print(line, highlight=False)
    return pd.concat(verdicts)


@app.command("sync")
def write_derived(
    execute: Annotated[
        bool, typer.Option("--execute", help="Run every notebook that keeps an output.")
    ] = False,
) -> None:
    """Write what is derived: notebooks from scripts, exercises from solutions, tables.

    Some seconds; a minute with `--execute`.

    Example: `sync`
    """
    from .sync import sync

    written = sync(_root(), execute=execute)
    for path in written:
        print(_short(path))
    print(f"{len(written)} files written" if written else "everything is as it should be")


@app.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run_tests(context: typer.Context) -> None:
    """Run all tests, and every notebook, on two processes. Some minutes.

    What follows is passed on to pytest: names of files, `-k`, `-n`, or `--seed-base 5000`, the
    first of the seeds that no chapter has seen.

    Examples: `test`, or `test tests/test_study.py -k sample`
    """
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "-n", "2", "--dist", "loadgroup"]
    command += ["--no-loadscope-reorder"]  # the order of conftest.py: notebooks, then the site
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run([*command, *context.args], cwd=_root(), env=os.environ | one_thread)
    raise typer.Exit(done.returncode)


@app.command("lab", context_settings={"ignore_unknown_options": True})
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
    from . import workbench

    named = [word for word in more or () if not word.startswith("-")]
    if len(named) > 1:
        raise typer.BadParameter(f"{' '.join(named)}: open one chapter at a time")
    page = workbench.entry(lessons.load(named[0])) if named else None
    work = _root() / "work"
    copied = workbench.lay_out(lessons.all(), work)
    print(f"your notebooks are in {_short(work)}/ ({len(copied)} new)", flush=True)
    options = [word for word in more or () if word not in named]
    command = workbench.lab_command(work, page=page, port=port, browser=browser, more=options)
    raise typer.Exit(workbench.become(command))


@app.command("reset")
def reset_chapters(
    chapters: Annotated[list[str], typer.Argument(help="Numbers or names, such as 02.")],
) -> None:
    """Put back the notebooks of a chapter in work/. At once.

    Yours are not lost: they are moved to `work/.old/`, in a folder named after the time.

    Example: `reset 02`
    """
    from . import workbench

    work = _root() / "work"
    for lesson in _chosen(chapters):
        copied, kept = workbench.reset(lesson, work)
        print(f"{lesson.folder.name}: {len(copied)} notebooks put back")
        if kept is not None:
            print(f"yours are in {_short(kept)}")


@app.command("book")
def build_book(
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Make a PDF first, by LaTeX, and offer it on the site.")
    ] = False,
) -> None:
    """Build the course as a website, and run every notebook for it. Some minutes.

    The second time only what has changed is run.

    Examples: `book`, or `book --pdf`
    """
    from . import book

    folder = _root() / "book"
    try:
        made = book.pdf(folder) if pdf else None
        front = book.site(folder, pdf=made)
    except subprocess.CalledProcessError as error:
        raise typer.Exit(error.returncode) from None
    if made is not None:
        print(f"written: {_short(made)} ({made.stat().st_size / 1e6:.0f} MB)")
    print(f"open {front.as_uri()}")


@app.command("slides")
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
    from . import slides

    root = _root()
    chosen = _chosen(chapters or [str(number) for number in slides.half_day(root)])
    for lesson in chosen:
        slides.read_teaching(lesson)
    target = out if out is not None else root / "results" / "slides"
    target.mkdir(parents=True, exist_ok=True)
    for lesson in chosen:
        made = slides.deck(lesson, slides.run_notebooks(lesson), root)
        path = target / f"{lesson.folder.name}.html"
        path.write_text(slides.render(lesson, made, root), encoding="utf-8", newline="\n")
        print(f"{len(made)} slides: {path.resolve().as_uri()}", flush=True)


@app.command("check")
def check_machine() -> None:
    """Say whether this computer is ready for a workshop. About fifteen seconds.

    Looks at versions, memory and disk, runs a cell of a notebook and a pitfall with its fix.
    Exits with 1 if something is to be done.

    Example: `check`
    """
    from . import machine

    console = Console(soft_wrap=True)
    cures = []
    for finding in machine.findings(_root()):
        mark = "[green]ok[/green]" if finding.well else "[bold red]no[/bold red]"
        console.print(f"{mark}  {finding.what:<9}", end=" ")
        console.print(finding.found, highlight=False, markup=False)
        cures += [] if finding.well else [f"{finding.what}: {finding.cure}"]
    if cures:
        print(f"This computer is not ready. {'; '.join(cures)}.")
        raise typer.Exit(1)
    print("This computer is ready.")


@app.command("predictions")
def merge_predictions(
    folder: Annotated[Path, typer.Argument(help="Where the logs are, one .csv for each learner.")],
    hide: Annotated[
        bool, typer.Option("--hide", help="Leave the deployed score out, for the minute before.")
    ] = False,
) -> None:
    """Put the predictions of a class into one table and one histogram a chapter. At once.

    A learner's log is `work/predictions.csv`; rename it after its owner. Writes
    `results/predictions.csv` and a picture for each chapter, and asks no network for anything.

    Example: `predictions collected --hide`
    """
    import matplotlib

    matplotlib.use("Agg")
    from . import figures, predictions, report

    try:
        rows = predictions.merge(sorted(folder.glob("*.csv")))
    except ValueError as error:
        raise LessonError(f"{folder}: {error}") from None
    target = _root() / "results"
    target.mkdir(exist_ok=True)
    written = [target / "predictions.csv"]
    rows.to_csv(written[0], index=False)
    figures.house_style()
    for chapter, mine in rows.groupby("chapter", sort=False):
        lesson = lessons.load(chapter)
        metric = lesson.world().metric if lesson.simulated else "number"
        written.append(target / f"predictions_{lesson.folder.name}.png")
        picture = figures.guesses(mine, metric=metric, title=lesson.title, truth=not hide)
        picture.savefig(written[-1], dpi=200)
    table = predictions.summary(rows)
    console = Console()
    console.print(report.predictions_table(table.assign(deployed=math.nan) if hide else table))
    print("written: " + ", ".join(_short(path) for path in written))


@app.command("wheelhouse")
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
    from . import wheelhouse

    try:
        target = wheelhouse.here() if platform is None or python is None else None
        target = wheelhouse.Target(platform or target.platform, python or target.python)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    print(f"for {target.platform}, Python {target.python}:")
    try:
        size = wheelhouse.fill(
            folder, _root(), target, on_step=lambda step: print(f"  {step} ...")
        )
    except RuntimeError as error:
        raise LessonError(f"{error}; check the network and run this again") from None
    command = f"python3 course.py run --offline {shlex.quote(str(folder))}"
    print(f"{size / 1e6:.0f} MB in {folder}; to use them: {command}")


def _short(path: Path) -> str:
    """Return a path as it is seen from the working folder, where it lies in there."""
    path = path.resolve()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())
