#!/usr/bin/env python3
"""The way in. Makes .venv on first use, then hands over to the `pitfalls` command in it.

Standard library only. The syntax is that of any Python since 2.7, so that a wrong one gets a
sentence and no SyntaxError.
"""

from __future__ import print_function

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time

PYTHONS = ((3, 11), (3, 12), (3, 13))
TORCH = "2.13.0"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
DOWNLOAD, DISK = "about 470 MB", 2.0  # of which DISK in GB stay in .venv

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
MARKER = os.path.join(VENV, "course.json")
REQUIREMENTS = os.path.join(ROOT, "requirements.txt")
BIN = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
VENV_PYTHON = os.path.join(VENV, *BIN)

COMMANDS = {
    "run": "run the pitfalls and their fixes; one table, one picture",
    "lab": "open JupyterLab on your own copies of the notebooks; `lab 02` on exercises",
    "reset": "put back the notebooks of one chapter",
    "list": "list the chapters and their studies",
    "reforms": "a report on a study, after the REFORMS checklist: new, check, render",
    "check": "is this computer ready for a workshop? one clear answer",
    "predictions": "everybody's predictions as one table and one histogram a chapter",
    "wheelhouse": "download all packages into a folder, for computers without network",
    "slides": "slides with speaker's notes, from the notebooks; by default for half a day",
    "book": "build the course as a website",
    "test": "run all tests",
    "evidence": "compute again what the chapters promise, and judge it",
    "sync": "write what is derived: notebooks, exercises, tables",
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
of pip or uv; to undo it, delete .venv. It needs Python {pythons}, and uses uv where it is.

    {python} course.py run --offline DIR

sets up without network, from a folder that `wheelhouse` has filled on a computer of the same kind.
"""


class Stop(Exception):
    """One sentence that says what is wrong and what to do."""


def main(arguments):
    """Set up where that is due and hand over; return the exit code."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(help_text())
        return 0
    try:
        check_python(sys.version_info)
        check_command(arguments[0])
        arguments, offline = take_offline(arguments)
        if {"-h", "--help"} & set(arguments) and not ready():
            command = arguments[0]
            print("{}: {}.".format(command, COMMANDS[command]))
            print("The options are shown once the course is set up; any command does that.")
            return 0
        set_up(offline)
    except Stop as stop:
        print("course.py: {}".format(stop), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        again = "course.py: set-up was interrupted; run the same command again to start it afresh."
        print(again, file=sys.stderr)
        return 2
    except OSError as error:
        print(
            "course.py: cannot set up here: {}; mend that, then run again.".format(error),
            file=sys.stderr,
        )
        return 2
    return hand_over(arguments)


def help_text():
    """Return what `course.py --help` prints."""

    def lines(*names):
        return "\n".join("    {:<11} {}".format(name, COMMANDS[name]) for name in names)

    return HELP.format(
        python=python_command(),
        learners=lines("run", "lab", "reset", "list", "reforms"),
        teachers=lines("check", "wheelhouse", "predictions", "slides", "book"),
        authors=lines("test", "evidence", "sync"),
        download=DOWNLOAD,
        disk=DISK,
        pythons=python_versions(),
    )


def python_command():
    """Return what a user types before course.py."""
    return "py" if os.name == "nt" else "python3"


def python_versions():
    """Return the Pythons that will do, as a phrase."""
    names = ["{}.{}".format(*version) for version in PYTHONS]
    return "{} or {}".format(", ".join(names[:-1]), names[-1])


def check_python(version):
    """Stop unless `version`, such as ``sys.version_info``, is one that the packages support."""
    if tuple(version[:2]) in PYTHONS:
        return
    here = "this is Python {}.{}, and the course needs {}".format(
        version[0], version[1], python_versions()
    )
    for major, minor in reversed(PYTHONS if version[0] > 2 else ()):
        name = "python{}.{}".format(major, minor)
        if shutil.which(name) and succeeds([name, "--version"]):
            raise Stop("{}: run `{} course.py` instead.".format(here, name))
    raise Stop("{}: install one of them and run course.py with it.".format(here))


def check_command(command):
    """Stop unless `command` is one of COMMANDS."""
    if command not in COMMANDS:
        raise Stop(
            "there is no command {!r}; there are {}; `{} course.py --help` explains.".format(
                command, ", ".join(COMMANDS), python_command()
            )
        )


def take_offline(arguments):
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
    path = os.path.abspath(folder)
    wheels = os.listdir(path) if folder and os.path.isdir(path) else []
    if not any(name.startswith("torch-") for name in wheels):
        raise Stop(
            "--offline {!r} is no folder that `course.py wheelhouse` has filled: "
            "make one with `{} course.py wheelhouse DIR` where there is a network.".format(
                folder, python_command()
            )
        )
    return rest, path


# --- Set-up ---------------------------------------------------------------------------------


def wanted():
    """Return what a finished set-up of this checkout leaves in the marker.

    A change of ``packages`` or ``root`` makes .venv anew; a change of ``project`` only installs
    the course's own package again.
    """
    import tomllib

    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        table = tomllib.load(file)
    project = json.dumps([table["project"], table["build-system"]], sort_keys=True)
    with open(REQUIREMENTS, "rb") as file:
        packages = file.read().replace(b"\r\n", b"\n") + TORCH.encode()
    return {
        "state": "ready",
        "packages": hashlib.sha256(packages).hexdigest(),
        "project": hashlib.sha256(project.encode()).hexdigest(),
        "root": ROOT,
    }


def found():
    """Return what the marker says; empty where there is none."""
    if not os.path.exists(MARKER):
        return {}
    try:
        with open(MARKER) as file:
            marker = json.load(file)
    except ValueError:
        marker = None
    whole = isinstance(marker, dict) and os.path.exists(VENV_PYTHON)
    return marker if whole else {"state": "damaged"}


def ready():
    """Return whether .venv is what this checkout needs."""
    return found() == wanted()


def mark(marker):
    """Write the marker, whole or not at all."""
    partial = MARKER + ".partial"
    with open(partial, "w") as file:
        json.dump(marker, file, indent=1, sort_keys=True)
    os.replace(partial, MARKER)


def set_up(offline=None):
    """Make .venv what this checkout needs; stop with a sentence where that fails."""
    if ready():
        return
    with locked():
        if ready():  # another course.py has done it meanwhile
            return
        target, marker = wanted(), found()
        if os.path.isdir(VENV) and os.listdir(VENV) and not marker:
            raise Stop(
                "there is a folder .venv here that course.py did not make: move it away or "
                "delete it, then run this again."
            )
        uv, own = shutil.which("uv"), dict(target, project=marker.get("project")) == marker
        check_machine(platform.system(), platform.machine(), sys.maxsize > 2**32)
        if not own:
            check_room(shutil.disk_usage(ROOT).free)
        if not uv:
            check_ensurepip()
        print(reason(target, marker))
        folders = find_links() if not offline else []
        steps = install_commands(platform.system(), VENV_PYTHON, uv, folders, offline)
        if own:
            run_steps(steps[-2:], offline)
        else:
            with deleted_on_failure():
                make_venv(uv)
                run_steps(steps, offline)
        mark(target)


def reason(target, marker):
    """Return the line that says what the set-up will do and why."""
    size = "{} to download, {} GB on disk, one to five minutes".format(DOWNLOAD, DISK)
    if not marker:
        return "Setting up the course in .venv, once: {}.".format(size)
    if marker.get("state") != "ready":
        return "An earlier set-up did not finish; it starts afresh: {}.".format(size)
    if marker.get("root") != target["root"]:
        return "This folder has moved; .venv is made anew: {}.".format(size)
    if marker.get("packages") != target["packages"]:
        return "The pinned packages have changed; .venv is made anew: {}.".format(size)
    return "The course's own package has changed; it is installed again."


def check_machine(system, machine, is_64_bit):
    """Stop where PyTorch has no build."""
    if not is_64_bit:
        raise Stop("this is a 32-bit Python: install a 64-bit one and run course.py with it.")
    if system == "Darwin" and machine == "x86_64":
        raise Stop(
            "PyTorch {} has no build for Intel Macs (or for a Python that runs under Rosetta): "
            "use conda with environment.yml, or an arm64 Python.".format(TORCH)
        )


def check_room(free):
    """Stop unless `free` bytes of disk are enough."""
    need = DISK + 0.7
    if free < need * 1e9:
        raise Stop(
            "the set-up needs {:.1f} GB of disk and {:.1f} GB are free here: free some and run "
            "this again.".format(need, free / 1e9)
        )


def check_ensurepip():
    """Stop where `python -m venv` would have no pip to put into .venv."""
    import importlib.util

    if importlib.util.find_spec("ensurepip") is None:
        raise Stop(
            "this Python has no ensurepip, so it cannot make a .venv: install it (on Debian and "
            "Ubuntu `sudo apt install python3-venv`) or install uv, then run this again."
        )


def find_links():
    """Return the folders that the user's pip finds wheels in; uv does not read pip's settings."""
    places = os.environ.get("PIP_FIND_LINKS", "").split()
    try:
        query = [sys.executable, "-m", "pip", "config", "list"]
        said = subprocess.check_output(query, stderr=subprocess.DEVNULL).decode("utf-8", "replace")
    except (OSError, subprocess.CalledProcessError):
        said = ""
    for line in said.splitlines():
        match = re.match(r"[\w:.]*\.find-links='(.*)'$", line)
        places += match.group(1).replace("\\n", " ").split() if match else []
    return list(dict.fromkeys(places))


def install_commands(system, python, uv=None, links=(), offline=None):
    """Return the set-up's steps after .venv exists: pairs of a title and a command.

    system: as `platform.system()` has it. python: that of .venv. uv: its path, or None for pip.
    links: where the user's pip finds wheels. offline: a folder with all of them, or None.
    """
    install = (
        [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    )
    # As pip does by itself: otherwise each import compiles, always where Python may not write.
    install += ["--compile-bytecode"] if uv else ["--no-input", "--disable-pip-version-check"]
    sources = []
    if offline:
        sources = ["--no-index", "--find-links", offline]
    elif uv:
        sources = [part for link in links for part in ("--find-links", link)]
    retries = [] if uv or offline else ["--retries", "2"]
    torch = sources + retries + ["--no-deps", "torch==" + TORCH]
    # PyPI's build for Linux needs several GB of CUDA libraries. The address is asked for this one
    # package and not where the user's pip has a place of its own for wheels.
    if system == "Linux" and not offline and not links:
        torch = [] if uv else ["--retries", "1"]
        torch += ["--index" if uv else "--extra-index-url", TORCH_CPU_INDEX]
        torch += ["--no-deps", "torch=={}+cpu".format(TORCH)]
    pinned = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", REQUIREMENTS]
    itself = ["--no-deps", "--no-build-isolation", "-e", ROOT]
    check = [uv, "pip", "check", "--python", python] if uv else [python, "-m", "pip", "check"]
    return [
        ("the pinned packages", install + sources + retries + pinned),
        ("PyTorch", install + torch),
        ("the course's own package", install + (["--no-index"] if offline else []) + itself),
        ("check that all fit together", check),
    ]


def make_venv(uv):
    """Make an empty .venv; the marker comes first, so that a half-made one is known."""
    delete_venv()
    os.mkdir(VENV)
    mark({"state": "unfinished"})
    command = [sys.executable, "-m", "venv"] + (["--without-pip"] if uv else []) + [VENV]
    run_steps([("an environment in .venv", command)], None)


def delete_venv():
    """Delete a .venv that course.py has made."""
    if os.path.islink(VENV):
        os.unlink(VENV)
    elif os.path.isdir(VENV):
        shutil.rmtree(VENV)


@contextlib.contextmanager
def deleted_on_failure():
    """Leave no .venv behind where the block fails or is interrupted."""
    try:
        yield
    except BaseException:
        print("")
        delete_venv()
        raise


def run_steps(steps, offline):
    """Run commands one after the other; stop with a sentence where one fails."""
    for title, command in steps:
        start = time.time()
        print("  {} ".format(title), end="")
        code, said = run_quietly(command)
        if code:
            log = os.path.join(tempfile.gettempdir(), "pitfalls-set-up-{}.log".format(os.getpid()))
            with open(log, "wb") as file:
                file.write(said)
            raise Stop(diagnosis(title, said.decode("utf-8", "replace"), offline, log))
        print(" {:.0f} s".format(time.time() - start))


def run_quietly(command):
    """Return a command's exit code and what it printed; a dot every few seconds meanwhile."""
    environment = dict(os.environ, PIP_USER="0")
    for name in ("PYTHONHOME", "PYTHONPATH"):
        environment.pop(name, None)
    child = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        while True:
            sys.stdout.flush()
            try:
                said = child.communicate(timeout=5)[0]
                return child.returncode, said
            except subprocess.TimeoutExpired:
                print(".", end="")
    except BaseException:
        child.terminate()
        child.wait()
        raise


NO_NETWORK = (
    "name resolution|Name or service not known|getaddrinfo|NewConnectionError|Max retries|"
    "Connection refused|Connection reset|ConnectTimeout|ReadTimeout|ProxyError|dns error|"
    "error sending request|Could not connect|client error|timed out|Network is unreachable|"
    "tunnel error"
)


def diagnosis(title, said, offline, log):
    """Return the sentence for a step that failed, from what its command printed."""
    again = "run this again; it starts afresh"
    if re.search("No space left|Errno 28|not enough space", said):
        return "the disk is full: free {:.1f} GB and {}.".format(DISK + 0.7, again)
    if re.search("(?i)hash mismatch|do not match the hashes", said):
        return (
            "a package is not the file that requirements.txt pins, and was not installed: "
            "{}, without a mirror if you use one (details: {}).".format(again, log)
        )
    if offline:
        return (
            "{} could not be installed from {}: fill it again with `wheelhouse` on a computer "
            "with the same system and Python {}.{} (details: {}).".format(
                title, offline, sys.version_info[0], sys.version_info[1], log
            )
        )
    if re.search(NO_NETWORK, said):
        whose = "PyTorch's address download.pytorch.org" if title == "PyTorch" else "the packages"
        return (
            "{} could not be reached: check the network and {}, or use --offline DIR with a "
            "folder from `wheelhouse` (details: {}).".format(whose, again, log)
        )
    return "this step failed: {}; read {}, and {}.".format(title, log, again)


@contextlib.contextmanager
def locked():
    """Keep a second set-up of this checkout out; the system frees the lock of a dead process."""
    name = hashlib.sha256((ROOT + os.path.expanduser("~")).encode()).hexdigest()[:16]
    path = os.path.join(tempfile.gettempdir(), "pitfalls-{}.lock".format(name))
    with open(path, "a") as file:
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (IOError, OSError):
            raise Stop(
                "another set-up of this folder is running: wait for it, then run this again."
            )
        yield


# --- Hand-over ------------------------------------------------------------------------------


def succeeds(command):
    """Return whether a command can be run and exits with 0."""
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def hand_over(arguments):
    """Become the `pitfalls` command of .venv; on Windows, run it and return its exit code."""
    command = [VENV_PYTHON, "-m", "pitfalls.cli"] + arguments
    os.environ.pop("PYTHONHOME", None)
    os.environ["PITFALLS_COMMAND"] = python_command() + " course.py"
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(VENV_PYTHON, command)
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child has got it as well, and answers
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
