#!/usr/bin/env python3
"""The way in. Looks at which Python this is; the folder set_up beside this file does the rest.

The syntax is that of any Python since 2.7, so that a wrong one gets a sentence and no SyntaxError.
"""

from __future__ import print_function

import os
import subprocess
import sys

# All pinned packages have wheels for these, on every system that the course runs on. What keeps
# out a newer one is PyTorch, which has no build for it.
PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))
ROOT = os.path.dirname(os.path.abspath(__file__))


def complaint(version):
    """Return what to do where `version`, such as ``sys.version_info``, will not do; else None."""
    if tuple(version[:2]) in PYTHONS:
        return None
    names = ["{}.{}".format(*python) for python in PYTHONS]
    here = "this is Python {}.{}, and the course needs {} or {}".format(
        version[0], version[1], ", ".join(names[:-1]), names[-1]
    )
    for name in reversed(names):
        command = ["py", "-" + name] if os.name == "nt" else ["python" + name]
        if answers(command + ["--version"]):
            return "{}: run `{} course.py` instead.".format(here, " ".join(command))
    return "{}: install one of them and run course.py with it.".format(here)


def answers(command):
    """Return whether a command can be run and exits with 0."""
    with open(os.devnull, "w") as nowhere:
        try:
            return subprocess.call(command, stdout=nowhere, stderr=nowhere) == 0
        except OSError:
            return False


def load_set_up():
    """Return the package set_up, whatever sys.path holds; None where the folder is missing."""
    import importlib.util

    folder = os.path.join(ROOT, "set_up")
    if not os.path.isdir(folder):
        return None
    spec = importlib.util.spec_from_file_location(
        "set_up", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    package = sys.modules["set_up"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    return package


def main(arguments):
    """Run a command of the course; return the exit code."""
    wrong = complaint(sys.version_info)
    package = None if wrong else load_set_up()
    if package is None:
        missing = "the folder set_up is missing beside course.py: get a whole copy of the course."
        print("course.py: {}".format(wrong or missing), file=sys.stderr)
        return 2
    return package.main(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:  # while set_up was loaded; later it answers by itself
        print("course.py: interrupted before it began.", file=sys.stderr)
        sys.exit(130)
