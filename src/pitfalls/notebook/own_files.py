"""Where a learner's own files are: the log of predictions, and whatever else a chapter keeps."""

from __future__ import annotations

import os
from pathlib import Path

from ..course import Course

__all__ = ["own_file"]


def own_file(name: str) -> Path:
    """Return where a file of this learner's own is, whether it exists or not.

    Parameters
    ----------
    name : str
        Such as ``"predictions.csv"``.

    Returns
    -------
    Path
        In ``work/`` of the course. Where the course is somebody else's, as on a computer or a
        JupyterHub that a class shares, in ``pitfalls/`` and the name of the course's folder, in
        the learner's home.
    """
    course = Course.here()
    folder = Path.home() / "pitfalls" / course.root.name if is_shared(course) else course.work
    return folder / name


def is_shared(course: Course) -> bool:
    """Say whether others may keep their files in this checkout, or nobody can.

    On Windows a folder does not say whose it is, and each checkout counts as the learner's own.
    """
    place = course.work if course.work.is_dir() else course.root
    if not os.access(place, os.W_OK):
        return True
    # Some hubs start every learner's server as the same user of the system.
    if "JUPYTERHUB_USER" in os.environ:
        return not place.resolve().is_relative_to(Path.home().resolve())
    # In a container root works in folders of whoever owns them outside.
    return hasattr(os, "getuid") and os.getuid() not in (0, place.stat().st_uid)
