"""The checkout: where things lie in it, and what its files say about the packages."""

import functools
import os
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
VENV = ROOT / ".venv"
OLD_VENV = ROOT / ".venv.old"
PROJECT = ROOT / "pyproject.toml"
PINS = ROOT / "requirements.txt"
TORCH_PINS = ROOT / "requirements-torch.txt"

#: One package of a pinned file, its lines joined.
_PIN = re.compile(r"[\w.-]+==[^\s;]+( ; [^\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+")


class Stop(Exception):
    """One sentence that says what is wrong and what to do."""


def python_command() -> str:
    """Return what a user types before course.py."""
    return "py" if os.name == "nt" else "python3"


def python_of(venv: Path) -> Path:
    """Return the Python of an environment."""
    return venv.joinpath(*(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))


@functools.cache
def project() -> dict:
    """Return pyproject.toml."""
    try:
        table = tomllib.loads(_read(PROJECT))
    except tomllib.TOMLDecodeError as error:
        raise _damaged(PROJECT, str(error)) from None
    for name in ("project", "build-system", "tool"):
        if name not in table:
            raise _damaged(PROJECT, f"it has no table [{name}]")
    return table


def torch_index() -> str:
    """Return the address of PyTorch's builds without CUDA."""
    try:
        return project()["tool"]["pitfalls"]["torch-index"]
    except (KeyError, TypeError):
        raise _damaged(PROJECT, "it has no torch-index in [tool.pitfalls]") from None


@functools.cache
def pins(file: Path) -> str:
    """Return a pinned file, having looked that it is whole."""
    text = _read(file)
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.M)).split("\n")
    for line in filter(None, map(str.strip, lines)):
        if not _PIN.fullmatch(line):
            raise _damaged(file, f"{line[:40]!r} is no package with its hashes")
    if "==" not in text:
        raise _damaged(file, "it pins nothing")
    return text


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise _damaged(file, error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise _damaged(file, "it is no text") from None


def _damaged(file: Path, why: str) -> Stop:
    return Stop(
        f"{file.name} cannot be read ({why}): get it back with `git checkout -- {file.name}`, or "
        "from a new copy of the course; nothing has been changed."
    )
