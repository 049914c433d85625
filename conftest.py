"""Options and grouping for all tests, notebooks too, whichever folder they are asked for in."""

import os

import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--seed-base",
        type=int,
        default=10_000,
        help="first of the seeds that no chapter's evidence has seen",
    )


def pytest_configure(config):
    """Keep the notebooks that are tested away from the reader's own predictions and report.

    They show no slider; `tests/test_live.py` does.
    """
    folder = config.rootpath / ".pytest_cache"
    os.environ["PITFALLS_PREDICTIONS"] = str(folder / "no-predictions.csv")
    os.environ["PITFALLS_REFORMS"] = str(folder / "no-reforms.yaml")
    os.environ["PITFALLS_DIALS"] = "text"


@pytest.fixture(scope="session")
def seed_base(request):
    return request.config.getoption("--seed-base")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    """Keep a file's tests on one process; a notebook's cells share a kernel.

    With ``--dist loadgroup``. A test module may set finer groups with the marker ``xdist_group``.
    As a wrapper it runs before xdist reads the groups.
    """
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))
    return (yield)
