"""Options and grouping for all tests, notebooks too, whichever folder they are asked for in."""

import copy
import functools
import os
import shutil
import tempfile
import tomllib
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from pitfalls._settings import Settings
from pitfalls.evidence import seed_base
from pitfalls.site.warm_kernels import fork_kernels, start_kernels


def pytest_addoption(parser):
    parser.addoption(
        "--seed-base",
        type=int,
        help="first of the seeds that no chapter's evidence has seen; by default those of the day",
    )
    parser.addoption(
        "--all-seeds",
        action="store_true",
        help="as many seeds as each world's contract needs, and every arm; some hours",
    )
    parser.addoption(
        "--cold-kernels",
        action="store_true",
        help="start each notebook's kernel anew, as Jupyter does, and --all-seeds too; otherwise, "
        "on Linux, it is forked from a process that has imported the libraries",
    )
    parser.addoption("--site", help="folder of a built site, which the tests then do not build")


def pytest_configure(config):
    """Keep the notebooks that are tested away from the reader's own predictions and report.

    They show dials as the site does, which takes them over; `tests/test_live.py` shows sliders.
    """
    if config.option.seed_base is None:  # before the processes start, which are handed it
        config.option.seed_base = seed_base()
    folder = config.rootpath / ".pytest_cache"
    os.environ[Settings.variable("predictions")] = str(folder / "no-predictions.csv")
    os.environ[Settings.variable("reforms")] = str(folder / "no-reforms.yaml")
    os.environ[Settings.variable("dials")] = "html"
    if config.option.cold_kernels or config.option.all_seeds:
        os.environ[Settings.variable("kernels")] = "cold"
    else:
        fork_kernels()


def pytest_unconfigure(config):
    """Start all kernels as before."""
    start_kernels()


NETWORKS = Settings.variable("networks")


def pytest_sessionstart(session):
    """Make room for the notebooks that have run, in the process that starts the others.

    And for the networks that they have trained: what several pages train alike is trained once.
    """
    if not hasattr(session.config, "workerinput"):
        os.environ["PITFALLS_EXECUTED"] = tempfile.mkdtemp(prefix="pitfalls-executed-")
        if not session.config.option.all_seeds:
            os.environ[NETWORKS] = tempfile.mkdtemp(prefix="pitfalls-networks-")


def pytest_sessionfinish(session):
    """Delete them."""
    if not hasattr(session.config, "workerinput"):
        for name in ("PITFALLS_EXECUTED", NETWORKS):
            if name in os.environ:
                shutil.rmtree(os.environ.pop(name), ignore_errors=True)


def pytest_report_header(config):
    """Say which seeds this run takes, so that it can be repeated."""
    return f"seeds: from {config.option.seed_base} (the same again: --seed-base)"


@pytest.fixture(scope="session", name="seed_base")
def first_seed(request):
    return request.config.option.seed_base


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    """Keep a file's tests on one process; a notebook's cells share a kernel.

    With ``--dist loadgroup``. A test module may set finer groups with the marker ``xdist_group``.
    As a wrapper it runs before xdist reads the groups. Notebooks come before the site, which is
    built from what they gave. Those of chapters that train networks follow each other on one
    process, since they train the same ones.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            folder = item.path.parent.name
            alike = is_cell(item) and folder in with_networks(item.config.rootpath)
            name = "networks" if alike else item.nodeid.split("::")[0]
            item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=order)
    return (yield)


def order(item):
    """Place an item: notebooks, the longest first; some other tests; the site; all else.

    The others leave the last notebooks time to end, or the site runs them once more.
    """
    if is_cell(item):
        return 0, -notebook_seconds(item.config.rootpath).get(item.path.stem, 60)
    if item.get_closest_marker("xdist_group").args[0] == "book":
        return 2, 0
    return (1, 0) if item.path.stem in BEFORE_THE_SITE else (3, 0)


@functools.cache
def with_networks(root):
    """The folders of chapters whose notebooks train networks."""
    files = (root / "chapters").glob("*/chapter.toml")
    return {f.parent.name for f in files if tomllib.loads(f.read_text("utf-8")).get("network")}


BEFORE_THE_SITE = ("test_cli", "test_course", "test_dask", "test_reforms", "test_vision")


@functools.cache
def notebook_seconds(root):
    """How long each notebook took when that was measured last."""
    file = root / "benchmarks" / "notebooks.csv"
    if not file.is_file():
        return {}
    table = pd.read_csv(file)
    return dict(zip(table["notebook"], table["seconds"], strict=True))


def is_cell(item):
    """Whether nbval made this item, which may be switched off."""
    return type(item).__name__ == "IPyNbCell"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep a notebook that nbval has run to its end without a failure, with its outputs."""
    report = yield
    if is_cell(item) and call.when == "call" and report.passed:
        ran = item.parent.__dict__.setdefault("ran", {})
        ran[item.cell_num] = item.test_outputs
        cells = [cell for cell in item.parent.nb.cells if cell.cell_type == "code"]
        if len(ran) == len(cells):
            keep_executed(item.parent.path.relative_to(item.config.rootpath), item.parent.nb, ran)
    return report


def keep_executed(path, notebook, outputs):
    """Write an executed copy of a notebook for the tests of the site."""
    notebook = copy.deepcopy(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells):
        cell.execution_count, cell.outputs = number + 1, outputs[number]
    target = Path(os.environ["PITFALLS_EXECUTED"], path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    nbformat.write(notebook, partial)
    partial.replace(target)
