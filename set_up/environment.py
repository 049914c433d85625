"""The environment .venv: whether it is what this checkout needs, and how it is made anew.

A file in it, the marker, says what it was made from. A working .venv is kept, as .venv.old, until
the new one is complete: each name in its scripts is absolute, so it is the old one that moves.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .checkout import OLD_VENV, PINS, ROOT, TORCH_PINS, VENV, Stop, pins, project, python_of
from .packages import find_links, install_steps
from .steps import DISK, SCRATCH, run_steps

#: What is downloaded.
DOWNLOAD = "about 480 MB"


def wanted() -> dict[str, str]:
    """Return what a finished set-up of this checkout leaves in the marker.

    A change of ``packages`` or ``root`` makes .venv anew; a change of ``project`` only installs
    the course's own package again.
    """
    packages = "".join(map(pins, (PINS, TORCH_PINS)))
    own = json.dumps([project()["project"], project()["build-system"]], sort_keys=True)
    return {
        "state": "ready",
        "packages": hashlib.sha256(packages.encode()).hexdigest(),
        "project": hashlib.sha256(own.encode()).hexdigest(),
        "root": str(ROOT),
    }


def found(venv: Path = VENV) -> dict[str, str]:
    """Return what the marker says; empty where there is none."""
    try:
        marker = json.loads((venv / "course.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except ValueError:
        marker = None
    whole = isinstance(marker, dict) and python_of(venv).exists()
    return marker if whole else {"state": "damaged"}


def ready() -> bool:
    """Return whether .venv is what this checkout needs."""
    return found() == wanted()


def set_up(offline: Path | None = None) -> None:
    """Make .venv what this checkout needs; stop with a sentence where that fails."""
    if ready():
        return
    check_machine()
    with locked():
        check_maker()
        recover()
        if ready():  # another course.py has done it meanwhile
            return
        target, marker = wanted(), found()
        only_own = target | {"project": marker.get("project")} == marker
        uv = shutil.which("uv")
        if not only_own:
            check_room(shutil.disk_usage(ROOT).free)
        if not uv:
            check_ensurepip()
        print(reason(target, marker, offline))
        links = find_links() if not offline else []
        steps = install_steps(
            platform.system(), python_of(VENV), uv=uv, links=links, offline=offline
        )
        if only_own:
            run_steps(steps[-2:], offline)
            mark(target)
        else:
            make_anew(steps, target, uv, offline)


def reason(target: dict, marker: dict, offline: Path | None) -> str:
    """Return the line that says what the set-up will do and why."""
    source = f"from {offline}" if offline else f"{DOWNLOAD} to download"
    size = f"{source}, {DISK} GB on disk, one to five minutes"
    if not marker:
        return f"Setting up the course in .venv, once: {size}."
    if marker.get("state") != "ready":
        return f"An earlier set-up did not finish; it starts afresh: {size}."
    if marker.get("root") != target["root"]:
        return f"This folder has moved; .venv is made anew: {size}."
    if marker.get("packages") != target["packages"]:
        return f"The pinned packages have changed; .venv is made anew: {size}."
    return "The course's own package has changed; it is installed again."


# --- What can be known beforehand -----------------------------------------------------------


def check_machine() -> None:
    """Stop where PyTorch has no build, or where nothing can be made."""
    if sys.maxsize <= 2**32:
        raise Stop("this is a 32-bit Python: install a 64-bit one and run course.py with it.")
    if platform.python_implementation() != "CPython" or sysconfig.get_config_var(
        "Py_GIL_DISABLED"
    ):
        raise Stop(
            "the packages have builds for the usual Python only, not for PyPy or one without its "
            "global lock: run course.py with the one from python.org or your system."
        )
    if platform.system() == "Darwin" and platform.machine() == "x86_64":
        raise Stop(
            "PyTorch has no build for Intel Macs (or for a Python that runs under Rosetta): "
            "use conda with environment.yml, or an arm64 Python."
        )
    if "\n" in str(ROOT) or "\r" in str(ROOT):
        raise Stop(
            f"the name of this folder, {str(ROOT)!r}, has a line break, which Python's own lists "
            "of packages cannot hold: rename it, then run this again."
        )
    if not os.access(ROOT, os.W_OK):
        raise Stop(
            f"nothing can be written in {ROOT}, where the set-up makes .venv: copy the course to "
            "a folder of your own and run course.py there."
        )


def check_maker() -> None:
    """Stop where .venv is somebody else's, which must not be deleted."""
    if not found() and (VENV.is_file() or (VENV.is_dir() and any(VENV.iterdir()))):
        raise Stop(
            "there is a .venv here that course.py did not make: move it away or delete it, then "
            "run this again."
        )


def check_room(free: int) -> None:
    """Stop unless `free` bytes of disk are enough."""
    need = DISK + SCRATCH
    if free < need * 1e9:
        raise Stop(
            f"the set-up needs {need:.1f} GB of disk and {free / 1e9:.1f} GB are free here: free "
            "some and run this again."
        )


def check_ensurepip() -> None:
    """Stop where `python -m venv` would have no pip to put into .venv."""
    if importlib.util.find_spec("ensurepip") is None:
        raise Stop(
            "this Python has no ensurepip, so it cannot make a .venv: install it (on Debian and "
            "Ubuntu `sudo apt install python3-venv`) or install uv, then run this again."
        )


# --- Making it ------------------------------------------------------------------------------


def make_anew(steps: list, target: dict, uv: str | None, offline: Path | None) -> None:
    """Make .venv from nothing; a working one comes back where that fails."""
    with moved_aside():
        VENV.mkdir()
        mark({"state": "unfinished"})  # first, so that a half-made one is known
        command = [sys.executable, "-m", "venv", *(["--without-pip"] if uv else []), str(VENV)]
        run_steps([("an environment in .venv", [command]), *steps], offline)
        mark(target)


def mark(marker: dict) -> None:
    """Write the marker, whole or not at all."""
    file = VENV / "course.json"
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(marker, indent=1, sort_keys=True), encoding="utf-8")
    partial.replace(file)


@contextlib.contextmanager
def moved_aside() -> Iterator[None]:
    """Keep a working .venv as .venv.old until the block has made another, or failed to."""
    kept = works(found())
    if kept:
        try:
            VENV.rename(OLD_VENV)
        except PermissionError:
            raise Stop(
                ".venv is in use: end the notebooks and windows that run from it, then run this "
                "again."
            ) from None
    else:
        delete(VENV)
    try:
        yield
    except BaseException:
        delete(VENV)
        if kept:
            OLD_VENV.rename(VENV)
            print(f"\nThe earlier .venv is as it was; {_pitfalls()} runs the course from it.")
        else:
            print("")
        raise
    if kept:
        shutil.rmtree(OLD_VENV, ignore_errors=True)  # what is in use goes with the next set-up


def recover() -> None:
    """Mend what a set-up has left that was killed while .venv was moved aside."""
    if not works(found(OLD_VENV)):
        return
    if works(found()):
        delete(OLD_VENV)
    else:
        delete(VENV)
        OLD_VENV.rename(VENV)


def works(marker: dict) -> bool:
    """Return whether the environment with this marker is complete, and was made here."""
    return marker.get("state") == "ready" and marker.get("root") == str(ROOT)


def delete(venv: Path) -> None:
    """Delete an environment that course.py has made, where there is one."""
    if venv.is_symlink():
        venv.unlink()
    elif venv.exists():
        shutil.rmtree(venv)


def _pitfalls() -> str:
    name = "pitfalls.exe" if os.name == "nt" else "pitfalls"
    return str(python_of(VENV).with_name(name).relative_to(ROOT))


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Keep a second set-up of this checkout out.

    The system frees the lock when the process has ended and, where the process was killed, when
    the installer that it had started has ended as well.
    """
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    name = hashlib.sha256(f"{ROOT}\n{user}".encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir(), f"pitfalls-{name}.lock")
    try:
        file = path.open("a")
    except PermissionError:
        raise Stop(
            f"the lock {path} belongs to somebody else: delete it, or set TMPDIR to a folder of "
            "your own, then run this again."
        ) from None
    with file:
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.set_inheritable(file.fileno(), True)
        except OSError:
            raise Stop(
                "another set-up of this folder is running, or one that was killed is still "
                "ending: wait for it, then run this again."
            ) from None
        yield
