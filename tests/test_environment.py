"""environment.yml, pyproject.toml, requirements.txt and course.py agree."""

import importlib.metadata
import re
import runpy
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

#: conda-forge's names where they differ.
CONDA_NAMES = {"torch": "pytorch"}


def requirements(lines):
    return {canonicalize_name(need.name): need for need in map(Requirement, lines)}


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pinned():
    """The pinned file's lines, hashes cut off."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return [line.rstrip(" \\") for line in text.splitlines() if re.match("[a-z0-9]", line)]


@pytest.fixture(scope="module")
def conda():
    book = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    names = requirements(line for line in book["dependencies"] if isinstance(line, str))
    return names, [line for line in book["dependencies"] if isinstance(line, dict)]


def test_conda_has_what_learners_need_within_the_same_bounds(project, conda):
    table = project["project"]
    groups = (
        table["dependencies"],
        *(table["optional-dependencies"][e] for e in ("lab", "vision")),
    )
    wanted = requirements(line for group in groups for line in group)
    wanted = {CONDA_NAMES.get(name, name): need.specifier for name, need in wanted.items()}
    found = {name: need.specifier for name, need in conda[0].items()}
    python, _ = found.pop("python"), found.pop("pip")
    assert found == wanted
    assert python == SpecifierSet(table["requires-python"])
    assert conda[1] == [{"pip": ["-e ."]}]


def test_course_py_and_the_package_name_the_same_pythons_and_torch(project):
    course = runpy.run_path(str(ROOT / "course.py"))
    allowed = SpecifierSet(project["project"]["requires-python"])
    versions = [(3, minor) for minor in range(30) if allowed.contains(f"3.{minor}.5")]
    assert versions == list(course["PYTHONS"])
    torch = requirements(project["project"]["optional-dependencies"]["vision"])["torch"]
    assert torch.specifier.contains(course["TORCH"])


@pytest.mark.parametrize(
    "group", ["dependencies", "lab", "vision", "test", "book", "locked", "build"]
)
def test_every_requirement_is_pinned_within_its_bounds(project, pinned, group):
    table = project["project"]
    wanted = {
        "dependencies": table["dependencies"],
        "locked": project["dependency-groups"]["locked"],
        "build": project["build-system"]["requires"],
        **table["optional-dependencies"],
    }[group]
    pins = {"torch": [runpy.run_path(str(ROOT / "course.py"))["TORCH"]]}  # installed apart
    for line in pinned:
        need = Requirement(line)
        pins.setdefault(canonicalize_name(need.name), []).append(
            str(need.specifier).removeprefix("==")
        )
    for name, need in requirements(wanted).items():
        versions = pins.get(name, [])
        assert versions and all(need.specifier.contains(v) for v in versions), (
            f"{need}: {versions}"
        )


def test_each_python_and_system_gets_one_version_of_a_package(pinned):
    found = {}
    for line in pinned:
        need = Requirement(line)
        for minor in ("3.11.2", "3.11.9", "3.12.1", "3.13.5"):
            for system in ("linux", "darwin", "win32"):
                here = {"python_full_version": minor, "python_version": minor[:4]}
                here |= {"sys_platform": system, "os_name": "nt" if system == "win32" else "posix"}
                if need.marker is None or need.marker.evaluate(here):
                    found.setdefault((need.name, minor, system), []).append(line)
    doubled = [lines for lines in found.values() if len(lines) > 1]
    assert not doubled and len(found) > 12 * 150


def test_pins_are_exact_hashed_and_name_no_address(pinned):
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert len(pinned) > 150 and all("==" in line for line in pinned)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text and "--index" not in text.split("accessible-pygments")[1]
    assert not any(line.startswith(("torch==", "nvidia")) for line in pinned)


def test_what_torch_needs_is_pinned(pinned):
    try:
        lines = importlib.metadata.requires("torch")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("torch is not installed, so that what it needs cannot be looked up")
    pins = {need.name: need for need in map(Requirement, pinned)}
    for need in map(Requirement, lines):
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            assert need.name in pins, f"torch needs {need}"


def test_the_tests_run_on_the_pinned_versions(pinned):
    """Holds where course.py has set up; elsewhere other versions within the bounds will do."""
    if Path(sys.prefix).resolve() != ROOT / ".venv":
        pytest.skip("this is not the environment that course.py makes")
    for line in pinned:
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate():
            assert need.specifier.contains(importlib.metadata.version(need.name)), line
