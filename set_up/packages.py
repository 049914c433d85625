"""The packages: where they come from, and the commands that install them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from .checkout import PINS, ROOT, TORCH_PINS, torch_index

#: A title, and commands of which the first that succeeds will do.
Step = tuple[str, list[list[str]]]
TORCH = "PyTorch"


def find_links() -> list[str]:
    """Return the places that the user's pip finds wheels in; uv does not read pip's settings."""
    places = os.environ.get("PIP_FIND_LINKS", "").split()
    try:
        query = [sys.executable, "-m", "pip", "config", "list"]
        said = subprocess.check_output(query, stderr=subprocess.DEVNULL).decode("utf-8", "replace")
    except (OSError, subprocess.CalledProcessError):
        said = ""
    for line in said.splitlines():
        if match := re.match(r"[\w:.]*\.find-links='(.*)'$", line):
            places += match[1].replace("\\n", " ").split()
    return list(dict.fromkeys(places))


def install_steps(
    system: str,
    python: Path,
    *,
    uv: str | None = None,
    links: Iterable[str] = (),
    offline: Path | None = None,
) -> list[Step]:
    """Return the steps of a set-up after .venv has been made.

    PyTorch comes first: its address is the one that most often cannot be reached.

    Parameters
    ----------
    system : str
        As `platform.system` has it.
    python : Path
        That of .venv.
    uv : str, default=None
        Its path; without it pip is used.
    links : iterable of str
        Where the user's pip finds wheels.
    offline : Path, default=None
        A folder with all packages; no address is asked then.
    """
    # As pip does by itself: otherwise each import compiles, always where Python may not write.
    pip = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    if uv:
        pip = [uv, "pip", "install", "--python", str(python), "--compile-bytecode"]
    check = [uv, "pip", "check", "--python", str(python)] if uv else [*pip[:3], "check"]
    folders = [str(offline)] if offline else [*links] if uv else []
    sources = ["--no-index"] if offline else []
    sources += [part for folder in folders for part in ("--find-links", folder)]
    retries = [] if uv or offline else ["--retries", "2"]
    pinned = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r"]

    torch = [[*pip, *sources, *retries, *pinned, str(TORCH_PINS)]]
    if system == "Linux" and not offline:
        torch = _torch_without_cuda(pip, sources, bool(links), uv, [*pinned, str(TORCH_PINS)])
    itself = [*pip, *(["--no-index"] if offline else []), "--no-deps", "--no-build-isolation"]
    return [
        (TORCH, torch),
        ("the pinned packages", [[*pip, *sources, *retries, *pinned, str(PINS)]]),
        ("the course's own package", [[*itself, "-e", str(ROOT)]]),
        ("check that all fit together", [check]),
    ]


def _torch_without_cuda(
    pip: list[str], sources: list[str], links: bool, uv: str | None, pinned: list[str]
) -> list[list[str]]:
    """Return the commands for Linux, where PyPI's build needs several GB of CUDA libraries.

    The build without them is at PyTorch's own address, which is asked for this one package, once,
    and only where the places of the user's pip do not have that build.
    """
    address = ["--index" if uv else "--extra-index-url", torch_index()]
    patience = [] if uv else ["--retries", "1", "--timeout", "15"]
    from_address = [*pip, *sources, *patience, *address, *pinned]
    return [[*pip, "--no-index", *sources, *pinned], from_address] if links else [from_address]
