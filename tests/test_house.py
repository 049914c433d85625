"""The walls of the house: which room may know which, how large a module is, what is typed."""

import ast
import re
import subprocess
import sys

import pytest
from conftest import ROOT

SOURCE = ROOT / "src" / "pitfalls"
MODULES = sorted(SOURCE.rglob("*.py"))
#: Lines that a module has at most.
LONGEST = 450


def name(path):
    return path.relative_to(SOURCE).as_posix()


def run(*command):
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)


def test_arrows_point_down_only():
    done = run("-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_lower_floors_are_typed():
    done = run("-m", "mypy", "--no-error-summary")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (SOURCE / "py.typed").is_file()


def test_modules_are_short_and_say_what_they_are():
    long = {name(p): n for p in MODULES if (n := len(p.read_text("utf-8").splitlines())) > LONGEST}
    assert not long
    assert not [
        name(p) for p in MODULES if ast.get_docstring(ast.parse(p.read_text("utf-8"))) is None
    ]


def private_imports(path):
    """What a module takes from the inside of another room; the ground, ``_files``, is for all."""
    room = path.relative_to(SOURCE).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        parts = tuple((node.module or "").split("."))
        if node.level:
            parts = (*room[: len(room) - node.level + 1], *filter(None, parts))
        elif parts[0] == "pitfalls":
            parts = parts[1:]
        else:
            continue
        named = (*parts, node.names[0].name)
        inside = next((i for i, part in enumerate(named) if i and part.startswith("_")), None)
        if inside is None:
            continue
        package = (
            named[:inside] if SOURCE.joinpath(*named[:inside]).is_dir() else named[: inside - 1]
        )
        if package != room[: len(package)]:
            yield ".".join(named)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_private_leaves_its_room(path):
    assert not list(private_imports(path))


def test_no_module_is_found_by_a_bent_path():
    bent = re.compile(r"sys\.path\.|spec_from_file_location|runpy")
    found = [name(p) for p in MODULES if bent.search(p.read_text(encoding="utf-8"))]
    # A reader's own module is found where `python -m` would find it: in the working folder.
    assert found == ["cli/audit.py"]


def test_files_are_replaced_in_one_place():
    """Whole or not at all: nobody else writes beside a file and puts it in its place."""
    writers = [
        name(p)
        for p in MODULES
        if re.search(r"\.partial|\.replace\((path|target)\)", p.read_text("utf-8"))
    ]
    assert writers == ["_files.py"]


def test_the_environment_is_read_in_one_place():
    """All others ask `Settings`, or hand the environment on to a process."""
    reading = re.compile(r"[\"']PITFALLS_[A-Z]+|getenv|environ(\.get\(|\[[\"'])")
    readers = [name(p) for p in MODULES if reading.search(p.read_text(encoding="utf-8"))]
    assert readers == ["_settings.py"]


LIGHT = """
import sys
import {module}
course = {{"course", "notebook", "author", "site", "classroom", "cli", "computer", "reforms"}}
print(sorted(m for m in sys.modules if m.partition(".")[2].partition(".")[0] in course
             and m.startswith("pitfalls.")))
heavy = {{"matplotlib", "seaborn", "torch", "typer", "jupytext", "statsmodels"}}
print(sorted(heavy & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "module", ["checks", "study", "metrics", "datasets", "evidence", "vision"]
)
def test_what_a_reader_takes_home_knows_nothing_of_the_course(module):
    done = run("-c", LIGHT.format(module=f"pitfalls.{module}"))
    assert done.stdout.split("\n")[:2] == ["[]", "[]"], done.stdout + done.stderr


def test_a_check_is_imported_without_what_it_does_not_need():
    done = run(
        "-c", "import sys, pitfalls.checks; print({'sklearn', 'joblib'} & set(sys.modules))"
    )
    assert done.stdout.strip() == "set()", done.stderr
