"""Is this computer ready for a workshop? Versions, memory, disk, and a short trial."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import psutil
from packaging.requirements import Requirement

from .. import evidence
from .._files import whole
from ..course import LessonError, lessons
from ..worlds import World

__all__ = [
    "Finding",
    "check_disk",
    "check_folder",
    "check_kernel",
    "check_memory",
    "check_packages",
    "check_python",
    "check_torch",
    "check_trial",
    "findings",
]

#: What learners need of the package: itself and these extras.
EXTRAS = ("", "reforms", "course", "lab", "vision")
#: What a chapter's notebook needs at most, in bytes.
MEMORY = 1.5e9
DISK = 0.5e9
#: Seconds that the trial takes, and the studies that it does at most.
TRIAL, TRIAL_STUDIES = 5.0, 10


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is, what was found, and what to do where it is not well."""

    what: str
    found: str
    cure: str = ""

    @property
    def well(self) -> bool:
        """Whether there is nothing to do."""
        return not self.cure


def findings(root: Path) -> Iterator[Finding]:
    """Yield what was found, one thing after the other; about fifteen seconds for all.

    Parameters
    ----------
    root : Path
        The checkout.

    Yields
    ------
    Finding
    """
    yield check_python()
    yield check_packages()
    yield check_torch()
    yield check_memory(psutil.virtual_memory().available)
    yield check_disk(shutil.disk_usage(root).free)
    yield check_folder(root)
    yield check_kernel()
    yield check_trial()


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Compare Python's version with what the package asks for."""
    wanted = importlib.metadata.metadata("pitfalls")["Requires-Python"]
    here = ".".join(map(str, version))
    well = Requirement(f"python{wanted}").specifier.contains(here)
    cure = "" if well else f"install Python {wanted} and run course.py with it"
    return Finding("Python", f"{here} on {platform.system()} {platform.machine()}", cure)


def check_packages(extras: Sequence[str] = EXTRAS) -> Finding:
    """Compare the versions of what learners need with what the package asks for."""
    known, wrong = 0, []
    for line in importlib.metadata.requires("pitfalls") or []:
        need = Requirement(line)
        if need.marker and not any(need.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        known += 1
        try:
            here = importlib.metadata.version(need.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{need.name} is missing")
            continue
        if not need.specifier.contains(here, prereleases=True):
            wrong.append(f"{need.name} is {here} and should be {need.specifier}")
    cure = "delete .venv and run course.py again" if wrong else ""
    return Finding("packages", "; ".join(wrong) or f"{known} of {known} as they should be", cure)


def check_torch() -> Finding:
    """Import PyTorch, which fails where system libraries are missing."""
    try:
        torch = importlib.import_module("torch")
        total = float(torch.ones(3).sum())
    except (ImportError, OSError) as error:
        return Finding(
            "PyTorch", f"cannot be imported: {error}", "delete .venv and run course.py again"
        )
    cure = "" if total == 3 else "delete .venv and run course.py again"
    return Finding("PyTorch", torch.__version__, cure)


def check_memory(available: float) -> Finding:
    """Compare free memory, in bytes, with what a notebook needs."""
    cure = "" if available >= MEMORY else f"close programs until {MEMORY / 1e9:.1f} GB are free"
    return Finding("memory", f"{available / 1e9:.1f} GB free", cure)


def check_disk(free: float) -> Finding:
    """Compare free disk, in bytes, with what the notebooks and their copies need."""
    cure = "" if free >= DISK else f"delete files until {DISK / 1e9:.1f} GB are free"
    return Finding("disk", f"{free / 1e9:.1f} GB free", cure)


def check_folder(root: Path) -> Finding:
    """Try to write where the learner's copies and results go."""
    for folder in (root / "work", root / "results"):
        try:
            with whole(folder / "trial.txt") as partial:
                partial.write_text("", encoding="utf-8")
            (folder / "trial.txt").unlink()
        except OSError as error:
            cure = f"copy the course to a folder of your own, or make {folder} writable"
            return Finding("folder", f"{folder} cannot be written to: {error.strerror}", cure)
    return Finding("folder", f"{root} can be written to")


def check_kernel() -> Finding:
    """Run one cell on a kernel of its own, as JupyterLab would."""
    from jupyter_client.manager import run_kernel

    start = time.perf_counter()
    try:
        with run_kernel(startup_timeout=60, stderr=subprocess.DEVNULL) as client:
            reply = client.execute_interactive("import pitfalls", timeout=60)
    except Exception as error:  # whatever the kernel, its ports or its files do
        said = (str(error).strip() or repr(error)).splitlines()[-1]
        return Finding("notebook", f"no kernel: {said}", "allow programs to use local ports")
    content = reply["content"]
    if content["status"] != "ok":
        said = f"a cell failed: {content.get('evalue', content['status'])}"
        return Finding("notebook", said, "delete .venv and run course.py again")
    return Finding("notebook", f"a cell was run in {time.perf_counter() - start:.1f} s")


def check_trial(world: World | None = None) -> Finding:
    """Run a pitfall and its fix live, for some seconds.

    Parameters
    ----------
    world : World, default=None
        What to run; by default the first one in reading order that inflates.
    """
    if world is None:
        candidates = (w for lesson in lessons() for w in lesson.simulated)
        world = next((w for w in candidates if w.expect == "inflates" and w.first_fix), None)
    if world is None:
        raise LessonError("no chapter has a simulated study that could be tried")
    arms = ["pitfall", world.first_fix]
    start, frames = time.perf_counter(), []
    while len(frames) < TRIAL_STUDIES and time.perf_counter() - start < TRIAL:
        frames.append(evidence.replicate(world, world.full, [len(frames)], arms))
    seconds = time.perf_counter() - start
    means = pd.concat(frames).groupby("arm")[["claimed", "deployed"]].mean().loc[arms]
    said = ", ".join(
        f"{name} {row.claimed:.2f} → {row.deployed:.2f}"
        for name, row in zip(("pitfall", "fix"), means.itertuples(), strict=True)
    )
    gaps = means["claimed"] - means["deployed"]
    cure = "" if gaps.iloc[0] > gaps.iloc[1] else "delete .venv and run course.py again"
    return Finding("trial", f"{world.slug}: {said} (seeds: {len(frames)}, {seconds:.1f} s)", cure)
