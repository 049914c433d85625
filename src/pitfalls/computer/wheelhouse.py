"""Downloads every package into a folder, from which course.py sets up without network."""

from __future__ import annotations

import platform
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

__all__ = ["PLATFORMS", "Target", "commands", "fill", "here", "pins"]


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
        Such as ``"3.12"``.

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
        if not re.fullmatch(r"3\.1[123]", self.python):
            raise ValueError(f"python={self.python!r} must be 3.11, 3.12 or 3.13")

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
    files: Iterable[Path], target: Target, folder: Path, *, torch: str, index: str, links: bool
) -> list[list[str]]:
    """Return the commands that fill a folder.

    Parameters
    ----------
    files : iterable of Path
        Pinned files without markers.
    target : Target
        For which computers.
    folder : Path
        Where to.
    torch, index : str
        PyTorch's version, and the address of its builds without CUDA.
    links : bool
        Whether the user's pip has a place of its own to find this computer's wheels.

    Returns
    -------
    list of list of str
        One command a pinned file, then one for PyTorch.
    """
    download = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    download += ["--disable-pip-version-check", "--no-input", "--dest", str(folder)]
    download += ["--python-version", f"{target.python}.99", "--implementation", "cp"]
    for tag in PLATFORMS[target.platform][0]:
        download += ["--platform", tag]
    own_place = links and target == here()
    with_cuda = target.platform.startswith("linux") and not own_place
    alone = ["--retries", "1", "--extra-index-url", index, f"torch=={torch}+cpu"]
    return [
        *([*download, "--retries", "2", "--require-hashes", "-r", str(file)] for file in files),
        [*download, *(alone if with_cuda else [f"torch=={torch}"])],
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
    course = runpy.run_path(str(root / "course.py"))
    links = bool(course["find_links"]())
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        files = []
        found = pins((root / "requirements.txt").read_text(encoding="utf-8"), target)
        for number, pinned in enumerate(found):
            files.append(Path(scratch, f"pins{number}.txt"))
            files[-1].write_text("\n".join(pinned.values()), encoding="utf-8")
        steps = [f"{len(pinned)} pinned packages" for pinned in found] + ["PyTorch"]
        planned = commands(
            files,
            target,
            folder,
            torch=course["TORCH"],
            index=course["TORCH_CPU_INDEX"],
            links=links,
        )
        for step, command in zip(steps, planned, strict=True):
            if on_step is not None:
                on_step(step)
            done = subprocess.run(command, capture_output=True, text=True, errors="replace")
            if done.returncode:
                said = (done.stderr.strip() or "pip said nothing").splitlines()[-1]
                raise RuntimeError(f"{step} could not be downloaded: {said}")
    return sum(file.stat().st_size for file in folder.iterdir())
