"""The learner's copies of the notebooks, in work/, and JupyterLab on them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from .._files import whole
from ..course import CourseError, Lesson, LessonError

__all__ = ["become", "entry", "lab_command", "lay_out", "reset"]

#: Options of Jupyter that would let others in.
OPENING = {
    "ip", "token", "password", "hashed_password", "allow_origin", "allow_origin_pat",
    "allow_remote_access", "allow_unauthenticated_access", "disable_check_xsrf", "sock",
    "identity_provider_class", "config", "config_file",
}  # fmt: skip


#: What nbval reads in a cell.
_TO_NBVAL = re.compile(r"^ *# *NBVAL_\w+ *\n?", re.MULTILINE)


def lay_out(chapters: Iterable[Lesson], work: Path) -> list[Path]:
    """Copy the notebooks that are not yet in `work`; what is there stays as it is.

    The copies have no outputs, and none of the tests of the course: nothing tells a result before
    it has been predicted.

    Parameters
    ----------
    chapters : iterable of Lesson
        Which chapters.
    work : Path
        The folder of the copies; made where it is missing.

    Returns
    -------
    list of Path
        The notebooks copied.
    """
    copied = []
    for lesson in chapters:
        folder = work / lesson.folder.name
        folder.mkdir(parents=True, exist_ok=True)
        for source in sorted(lesson.folder.glob("*.ipynb")):
            target = folder / source.name
            if not target.exists():
                text = _for_learners(source.read_text(encoding="utf-8"))
                with whole(target) as partial:
                    partial.write_text(text, encoding="utf-8", newline="\n")
                copied.append(target)
    return copied


def _for_learners(notebook: str) -> str:
    """Return a notebook without outputs, hidden asserts and marks for tests."""
    book = json.loads(notebook)
    shown = [
        cell
        for cell in book["cells"]
        if "remove-cell" not in cell["metadata"].get("tags", [])
    ]  # fmt: skip
    for cell in shown:
        if cell["cell_type"] == "code":
            source = _TO_NBVAL.sub("", "".join(cell["source"])).splitlines(keepends=True)
            cell.update(source=source, outputs=[], execution_count=None)
            if "remove-input" in cell["metadata"].get("tags", []):
                cell["metadata"].setdefault("jupyter", {})["source_hidden"] = True
    return json.dumps({**book, "cells": shown}, indent=1, ensure_ascii=False) + "\n"


def reset(
    lesson: Lesson, work: Path, now: datetime | None = None
) -> tuple[list[Path], Path | None]:
    """Put back a chapter's notebooks; the learner's own go to ``work/.old/<time>/``.

    Parameters
    ----------
    lesson : Lesson
        Which chapter.
    work : Path
        The folder of the copies.
    now : datetime, default=None
        Names the folder; the present time by default.

    Returns
    -------
    copied : list of Path
        The notebooks put back.
    kept : Path or None
        Where the learner's files are now; None where there were none.
    """
    folder, kept = work / lesson.folder.name, None
    if folder.exists():
        moment = f"{now or datetime.now():%Y-%m-%d_%H-%M-%S}"
        kept = _unused(work / ".old" / moment) / folder.name
        kept.parent.mkdir(parents=True)
        folder.rename(kept)
    try:
        return lay_out([lesson], work), kept
    except OSError as error:
        where = f"; your own files are in {kept}" if kept else ""
        raise CourseError(
            f"{error.filename or folder}: {error.strerror or error}{where}"
        ) from None


def _unused(path: Path) -> Path:
    names = (path.with_name(f"{path.name}.{n}" if n else path.name) for n in range(1_000))
    return next(name for name in names if not name.exists())


def entry(lesson: Lesson) -> str:
    """Return the notebook to open a chapter with, from the folder of the copies on.

    Parameters
    ----------
    lesson : Lesson
        Which chapter.

    Returns
    -------
    str
        Its exercises, such as ``"02_leaky_selection/02c_exercises.ipynb"``; its first notebook
        where it has none.

    Raises
    ------
    LessonError
        If the chapter has no notebook yet.
    """
    exercises = [page for page in lesson.notebooks if page not in lesson.pages]
    pages = [*exercises, *lesson.pages]
    if not pages:
        raise LessonError(f"{lesson.folder.name} has no notebook to open")
    return f"{lesson.folder.name}/{pages[0].stem}.ipynb"


def lab_command(
    work: Path,
    *,
    page: str | None = None,
    port: int | None = None,
    browser: bool = True,
    more: Sequence[str] = (),
) -> list[str]:
    """Return the command that opens JupyterLab on `work`, for this computer only.

    Parameters
    ----------
    work : Path
        The folder that is shown.
    page : str, default=None
        The notebook to begin with, from `work` on; the launcher by default.
    port : int, default=None
        The first port to try; Jupyter's own by default.
    browser : bool, default=True
        Whether to open a browser.
    more : sequence of str, default=()
        Options for JupyterLab itself, such as ``--ServerApp.port_retries=0``.

    Returns
    -------
    list of str
        Listens on loopback; Jupyter makes a new token at each start.

    Raises
    ------
    CourseError
        If an option would open JupyterLab to other computers or to everybody on this one.
    """
    for option in more:
        name = option.lstrip("-").partition("=")[0].rpartition(".")[2].replace("-", "_")
        if name in OPENING:
            raise CourseError(
                f"{option}: here JupyterLab listens on this computer only and asks for a token; "
                "to have it otherwise, start `jupyter lab` in work/ yourself"
            )
    command = [sys.executable, "-m", "jupyterlab", *more]
    if port is not None:
        command.append(f"--ServerApp.port={port}")
    if not browser:
        command.append("--ServerApp.open_browser=False")
    if page is not None:
        command.append(f"--LabApp.default_url=/lab/tree/{page}")
    return [
        *command,
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={work}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]


def become(command: Sequence[str]) -> int:
    """Run a command in the place of this process, so that signals reach it.

    Parameters
    ----------
    command : sequence of str
        The first is the full path of the program.

    Returns
    -------
    int
        The exit code, on Windows; elsewhere the call does not return.
    """
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # Jupyter has got it as well, and asks whether to stop
            continue
