"""Downloads every package into a folder, from which course.py sets up without network."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

__all__ = ["PLATFORMS", "PYTHONS", "Target", "commands", "fill", "here", "pins"]

#: Those that course.py takes.
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def _manylinux(machine: str) -> tuple[str, ...]:
    newest_first = (f"manylinux_2_{minor}_{machine}" for minor in range(28, 4, -1))
    return (*newest_first, f"manylinux2014_{machine}", f"linux_{machine}")


#: Platforms that a folder can be filled for: the tags of their wheels and their markers.
PLATFORMS = {
    "linux-x86_64": (_manylinux("x86_64"), ("Linux", "linux", "posix", "x86_64")),
    "linux-aarch64": (_manylinux("aarch64"), ("Linux", "linux", "posix", "aarch64")),
    "macos-arm64": (("macosx_14_0_arm64",), ("Darwin", "darwin", "posix", "arm64")),
    "windows-amd64": (("win_amd64",), ("Windows", "win32", "nt", "AMD64")),
}


@dataclass(frozen=True)
class Target:
    """The computers that the packages are for.

    Parameters
    ----------
    platform : str
        A key of `PLATFORMS`.
    python : str
        One of `PYTHONS`.

    Raises
    ------
    ValueError
        If the platform or the version is none that the course runs on.
    """

    platform: str
    python: str

    def __post_init__(self) -> None:
        if self.platform not in PLATFORMS:
            raise ValueError(f"platform={self.platform!r} must be one of {', '.join(PLATFORMS)}")
        if self.python not in PYTHONS:
            raise ValueError(f"python={self.python!r} must be one of {', '.join(PYTHONS)}")

    def markers(self, micro: int) -> dict[str, str]:
        """Return the environment markers of a computer with Python ``python.micro``."""
        system, sys_platform, os_name, machine = PLATFORMS[self.platform][1]
        return {
            "implementation_name": "cpython",
            "os_name": os_name,
            "platform_machine": machine,
            "platform_python_implementation": "CPython",
            "platform_system": system,
            "python_full_version": f"{self.python}.{micro}",
            "python_version": self.python,
            "sys_platform": sys_platform,
        }


def here() -> Target:
    """Return this computer as a target.

    Raises
    ------
    ValueError
        If it is none of `PLATFORMS`.
    """
    system = {"Darwin": "macos"}.get(platform.system(), platform.system().lower())
    name = f"{system}-{platform.machine().lower()}"
    return Target(name, "{}.{}".format(*sys.version_info))


def pins(text: str, target: Target) -> list[dict[str, str]]:
    """Return what the pinned file asks for on a target.

    Parameters
    ----------
    text : str
        ``requirements.txt``.
    target : Target
        For which computers.

    Returns
    -------
    list of dict of str to str
        Pins with their hashes, by package. The first dict is for the oldest Python of the
        target's version; a further one has the pins that differ for the newest.
    """
    entries = re.findall(r"^([A-Za-z0-9].*?)\s*\\\n((?: +--hash=\S+(?: \\)?\n)+)", text, re.M)
    rounds: list[dict[str, str]] = []
    for micro in (0, 99):
        found = {}
        for line, hashes in entries:
            need = Requirement(line)
            if need.marker is None or need.marker.evaluate(target.markers(micro)):
                found[need.name] = f"{need.name}{need.specifier} \\\n{hashes}"
        rounds.append({k: v for k, v in found.items() if not rounds or rounds[0].get(k) != v})
    return [found for found in rounds if found]


def commands(
    torch: Path, pinned: Iterable[Path], target: Target, folder: Path, *, index: str
) -> list[list[list[str]]]:
    """Return the commands that fill a folder.

    Parameters
    ----------
    torch : Path
        A pinned file, without markers, of PyTorch.
    pinned : iterable of Path
        Those of all others.
    target : Target
        For which computers.
    folder : Path
        Where to.
    index : str
        The address of PyTorch's builds for Linux.

    Returns
    -------
    list of list of list of str
        For each file the commands of which the first that succeeds will do: for Linux PyTorch's
        own address is asked only where the places that the user's pip finds wheels in have no
        such build. PyTorch comes first: its address is the one that most often cannot be reached.
    """
    download = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    download += ["--disable-pip-version-check", "--no-input", "--dest", str(folder)]
    download += ["--python-version", f"{target.python}.99", "--implementation", "cp"]
    for tag in PLATFORMS[target.platform][0]:
        download += ["--platform", tag]
    download += ["--require-hashes"]
    alternatives = [["--retries", "2"]]
    if target.platform.startswith("linux"):
        address = ["--extra-index-url", index, "--retries", "1", "--timeout", "15"]
        alternatives = [["--no-index"], address]
    return [
        [[*download, *places, "-r", str(torch)] for places in alternatives],
        *([[*download, "--retries", "2", "-r", str(file)]] for file in pinned),
    ]


def fill(
    folder: Path, root: Path, target: Target, on_step: Callable[[str], object] | None = None
) -> int:
    """Download every package for a target into `folder`.

    Parameters
    ----------
    folder : Path
        Made where it is missing; files that are already there are kept.
    root : Path
        The checkout.
    target : Target
        For which computers.
    on_step : callable (str), default=None
        Told of what is downloaded next.

    Returns
    -------
    int
        Bytes in the folder.

    Raises
    ------
    RuntimeError
        If a download fails; the message has pip's last line.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    index = project["tool"]["pitfalls"]["torch-index"]
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        found = [
            pinned
            for name in ("requirements-torch.txt", "requirements.txt")
            for pinned in pins((root / name).read_text(encoding="utf-8"), target)
        ]
        files = [Path(scratch, f"pins{number}.txt") for number in range(len(found))]
        for file, pinned in zip(files, found, strict=True):
            file.write_text("\n".join(pinned.values()), encoding="utf-8")
        steps = ["PyTorch", *(f"{len(pinned)} pinned packages" for pinned in found[1:])]
        planned = commands(files[0], files[1:], target, folder, index=index)
        for step, alternatives in zip(steps, planned, strict=True):
            if on_step is not None:
                on_step(step)
            _download(step, alternatives)
    return sum(file.stat().st_size for file in folder.iterdir())


def _download(step: str, alternatives: list[list[str]]) -> None:
    """Run commands until one succeeds."""
    for command in alternatives:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if done.returncode == 0:
            return
    said = (done.stderr.strip() or "pip said nothing").splitlines()[-1]
    raise RuntimeError(f"{step} could not be downloaded: {said}")
