"""The command line of course.py: its help, and the way to the `pitfalls` command in .venv."""

import os
import subprocess
import sys
from pathlib import Path

from . import environment
from .checkout import ROOT, VENV, Stop, python_command, python_of

COMMANDS = {
    "run": "run the pitfalls and their fixes; a line a chapter, one picture",
    "lab": "open JupyterLab on your own copies of the notebooks; `lab 02` on exercises",
    "reset": "put back the notebooks of one chapter",
    "list": "list the chapters and their studies",
    "reforms": "a report on a study, after the REFORMS checklist: new, check, render",
    "audit": "every check asked of a procedure of your own, on a table of yours",
    "ledger": "how often held-out rows were asked, and how much of the best is luck",
    "check": "is this computer ready for a workshop? one clear answer",
    "predictions": "everybody's predictions as one table and one histogram a chapter",
    "wheelhouse": "download all packages into a folder, for computers without network",
    "slides": "slides with speaker's notes, from the notebooks; by default for half a day",
    "book": "build the course as a website",
    "test": "run all tests",
    "evidence": "compute again what the chapters promise, and judge it",
    "sync": "write what is derived: notebooks, exercises, tables",
    "new": "begin a chapter that runs, and list what is still to be written",
}
HELP = """Why doesn't my model work? Machine-learning pitfalls, each reproduced and then fixed.

    {python} course.py COMMAND [OPTIONS]

For learners
{learners}

For teachers
{teachers}

For authors
{authors}

`{python} course.py COMMAND --help` says what a command does, how long it takes, and shows an
example. Start with

    {python} course.py run         every pitfall beside its fix, a minute or two
    {python} course.py lab         read, predict, run, change

The first command sets the course up: it makes the folder .venv here, downloads {download} and
keeps {disk} GB on disk, in one to five minutes. Nothing outside this folder changes but the cache
of pip or uv; to undo it, delete .venv. It uses uv where it is.

    {python} course.py run --offline DIR

sets up without network, from a folder that `wheelhouse` has filled on a computer of the same kind.
"""


def main(arguments: list[str]) -> int:
    """Set up where that is due and hand over; return the exit code."""
    try:
        return answer(arguments)
    except Stop as stop:
        return refuse(str(stop))
    except KeyboardInterrupt:
        return refuse("set-up was interrupted; run the same command again to start it afresh.")
    except BrokenPipeError:  # the reader has gone; Python would complain once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return refuse(f"cannot set up here: {error}; mend that, then run again.")


def refuse(sentence: str) -> int:
    """Say what is wrong; return the exit code."""
    print(f"course.py: {sentence}", file=sys.stderr)
    return 2


def answer(arguments: list[str]) -> int:
    """Do what `main` does, with exceptions."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(help_text(), flush=True)
        return 0
    check_command(arguments[0])
    arguments, offline = take_offline(arguments)
    if {"-h", "--help"} & set(arguments) and not environment.ready():
        print(f"{arguments[0]}: {COMMANDS[arguments[0]]}.")
        print("The options are shown once the course is set up; any command does that.")
        sys.stdout.flush()
        return 0
    environment.set_up(offline)
    return hand_over(arguments)


def help_text() -> str:
    """Return what `course.py --help` prints."""

    def lines(*names: str) -> str:
        return "\n".join(f"    {name:<11} {COMMANDS[name]}" for name in names)

    return HELP.format(
        python=python_command(),
        learners=lines("run", "lab", "reset", "list", "reforms", "audit", "ledger"),
        teachers=lines("check", "wheelhouse", "predictions", "slides", "book"),
        authors=lines("test", "evidence", "sync", "new"),
        download=environment.DOWNLOAD,
        disk=environment.DISK,
    )


def check_command(command: str) -> None:
    """Stop unless `command` is one of COMMANDS."""
    if command not in COMMANDS:
        raise Stop(
            f"there is no command {command!r}; there are {', '.join(COMMANDS)}; "
            f"`{python_command()} course.py --help` explains."
        )


def take_offline(arguments: list[str]) -> tuple[list[str], Path | None]:
    """Return the arguments without ``--offline DIR``, and DIR as a full path or None."""
    rest, folder, remaining = [], None, iter(arguments)
    for argument in remaining:
        if argument == "--offline":
            folder = next(remaining, "")
        elif argument.startswith("--offline="):
            folder = argument.split("=", 1)[1]
        else:
            rest.append(argument)
    if folder is None:
        return rest, None
    path = Path(os.path.abspath(folder))
    if not folder or not any(path.glob("torch-*.whl")):
        raise Stop(
            f"--offline {folder!r} is no folder that `course.py wheelhouse` has filled: make one "
            f"with `{python_command()} course.py wheelhouse DIR` where there is a network."
        )
    return rest, path


def hand_over(arguments: list[str]) -> int:
    """Become the `pitfalls` command of .venv; on Windows, run it and return its exit code."""
    python = str(python_of(VENV))
    command = [python, "-P", str(ROOT / "set_up" / "launch.py"), *arguments]
    os.environ.pop("PYTHONHOME", None)
    os.environ["PITFALLS_COMMAND"] = f"{python_command()} course.py"
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(python, command)
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child has got it as well, and answers
            continue
