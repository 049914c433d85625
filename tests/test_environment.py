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
from packaging.version import Version

#: conda-forge's names where they differ; those without Qt, CUDA and statsmodels.
CONDA_NAMES = {
    "fastjsonschema": "python-fastjsonschema",
    "matplotlib": "matplotlib-base",
    "seaborn": "seaborn-base",
    "torch": "pytorch-cpu",
}
#: The systems that the course runs on, as markers see them.
SYSTEMS = {"linux": "posix", "darwin": "posix", "win32": "nt"}


def requirements(lines):
    return {canonicalize_name(need.name): need for need in map(Requirement, lines)}


def tightest(groups):
    """Each package's bounds in several groups, of which one may ask for more than another."""
    wanted = {}
    for name, need in (pair for lines in groups for pair in requirements(lines).items()):
        if name != "pitfalls":  # an extra that takes in another one
            known = wanted.setdefault(name, need.specifier)
            wanted[name] = max(known, need.specifier, key=lowest)
    return wanted


def lowest(specifier):
    return max(Version(s.version) for s in specifier if s.operator in (">=", "=="))


def markers(python, system):
    version = ".".join(python.split(".")[:2])
    return {
        "python_full_version": python,
        "python_version": version,
        "sys_platform": system,
        "os_name": SYSTEMS[system],
    }


def blocks(name):
    """The packages of a pinned file: each requirement with its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    return [
        (Requirement(block.splitlines()[0].rstrip(" \\")), re.findall(r"sha256:(\w{64})", block))
        for block in found
    ]


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def extras(project):
    return project["project"]["optional-dependencies"]


@pytest.fixture(scope="module")
def pythons():
    """The Pythons that course.py takes, such as "3.12"."""
    course = runpy.run_path(str(ROOT / "course.py"))
    return ["{}.{}".format(*version) for version in course["PYTHONS"]]


@pytest.fixture(scope="module")
def pinned():
    return blocks("requirements.txt")


@pytest.fixture(scope="module")
def conda():
    """The conda packages, and the lines for pip."""
    lines = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    (pip,) = (line["pip"] for line in lines if isinstance(line, dict))
    return requirements(line for line in lines if isinstance(line, str)), pip


def test_conda_has_all_that_is_needed_within_the_same_bounds(project, extras, conda, pythons):
    wanted = tightest([project["project"]["dependencies"], *extras.values()])
    wanted = {CONDA_NAMES.get(name, name): bounds for name, bounds in wanted.items()}
    packages, (*pip, own) = conda
    python, _ = packages.pop("python"), packages.pop("pip")
    assert not packages.keys() & requirements(pip).keys()
    found = packages | requirements(pip)
    assert {name: need.specifier for name, need in found.items()} == wanted
    assert own == "-e ."
    assert pythons == [f"3.{n}" for n in range(30) if python.specifier.contains(f"3.{n}.5")]


def test_the_package_runs_on_every_python_that_the_course_does(project, pythons):
    allowed = SpecifierSet(project["project"]["requires-python"])
    assert all(allowed.contains(f"{python}.0") for python in pythons)


def test_what_others_import_is_small(project, extras):
    """A notebook on a hosted service installs it beside what is there."""
    base = requirements(project["project"]["dependencies"])
    assert set(base) == {
        "joblib", "numpy", "pandas", "scikit-learn", "scipy", "threadpoolctl"
    }  # fmt: skip
    assert set(extras) == {
        "audit", "reforms", "vision", "course", "lab", "dask", "test", "book"
    }  # fmt: skip


def test_pytorch_is_pinned_once_for_each_system_with_a_hash_for_each_python(
    project, extras, pythons
):
    bounds = requirements(extras["vision"])["torch"].specifier
    found = {}
    for need, hashes in blocks("requirements-torch.txt"):
        assert need.name == "torch" and len(set(hashes)) == len(hashes) == 2 * len(pythons)
        for system in SYSTEMS:
            if need.marker.evaluate(markers("3.12.1", system)):
                assert system not in found
                found[system] = str(need.specifier)
                assert bounds.contains(str(need.specifier).removeprefix("=="))
    assert set(found) == set(SYSTEMS)
    assert found["linux"] == found["darwin"] + "+cpu" == found["win32"] + "+cpu"
    assert project["tool"]["pitfalls"]["torch-index"].startswith("https://")


@pytest.mark.parametrize(
    "group",
    ["base", "reforms", "vision", "course", "lab", "dask", "test", "book", "locked", "build"],
)
def test_every_requirement_is_pinned_within_its_bounds(project, extras, pinned, group):
    lines = {
        "base": project["project"]["dependencies"],
        "locked": project["dependency-groups"]["locked"],
        "build": project["build-system"]["requires"],
        **extras,
    }[group]
    pins = {}
    for need, _ in (*pinned, *blocks("requirements-torch.txt")):
        version = str(need.specifier).removeprefix("==")
        pins.setdefault(canonicalize_name(need.name), []).append(version)
    for name, need in requirements(lines).items():
        if name == "pitfalls":
            assert need.extras <= extras.keys()
            continue
        versions = pins.get(name, [])
        assert versions and all(need.specifier.contains(v) for v in versions), (
            f"{need}: {versions}"
        )


def test_each_python_and_system_gets_one_version_of_a_package(pinned, pythons):
    found = {}
    for need, _ in pinned:
        for python in ("3.11.2", "3.11.9", *(f"{python}.5" for python in pythons[1:])):
            for system in SYSTEMS:
                if need.marker is None or need.marker.evaluate(markers(python, system)):
                    found.setdefault((need.name, python, system), []).append(str(need))
    doubled = [lines for lines in found.values() if len(lines) > 1]
    assert not doubled and len(found) > 15 * 150


def test_pins_are_exact_hashed_and_name_no_address(pinned):
    assert len(pinned) > 150
    assert all(str(need.specifier).startswith("==") and hashes for need, hashes in pinned)
    assert not any(need.name.startswith(("torch", "nvidia")) for need, _ in pinned)
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text.split("accessible-pygments")[1]


def test_what_torch_needs_is_pinned(pinned):
    try:
        lines = importlib.metadata.requires("torch")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("torch is not installed, so that what it needs cannot be looked up")
    pins = {need.name for need, _ in pinned}
    for need in map(Requirement, lines):
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            assert need.name in pins, f"torch needs {need}"


def test_the_tests_run_on_the_pinned_versions(pinned):
    """Holds where course.py has set up; elsewhere other versions within the bounds will do."""
    if Path(sys.prefix).resolve() != ROOT / ".venv":
        pytest.skip("this is not the environment that course.py makes")
    for need, _ in pinned:
        if need.marker is None or need.marker.evaluate():
            assert need.specifier.contains(importlib.metadata.version(need.name)), str(need)
