"""Kernels are forked where that is asked for, and find what a kernel that is started finds."""

import sys

import nbformat
import pytest
from conftest import BOOK
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from nbclient import NotebookClient

from pitfalls.site import warm_kernels
from pitfalls.site.sphinx import __main__ as building

ASKS = """
import sys
warm = "sklearn.neighbors" in sys.modules
import os, matplotlib, pandas
found = [matplotlib.get_backend(), pandas.get_option("display.max_columns"), sys.argv[0][-21:]]
print(*found, os.getcwd(), os.environ["ASKED"], warm, sep="|")
"""


def said(tmp_path):
    """What a kernel finds."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(ASKS)])
    resources = {"metadata": {"path": tmp_path}}
    NotebookClient(book, timeout=120, kernel_name="python3", resources=resources).execute()
    return book.cells[0].outputs[0].text.strip().split("|")


@pytest.fixture
def launch():
    """Kernels start again afterwards as they did before."""
    before = LocalProvisioner.launch_kernel
    yield
    LocalProvisioner.launch_kernel = before


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_a_forked_kernel_finds_what_a_started_one_finds(launch, tmp_path, monkeypatch):
    monkeypatch.setenv("ASKED", "for tests")
    warm_kernels.start_kernels()
    started = said(tmp_path)
    warm_kernels.fork_kernels()
    forked = said(tmp_path)
    assert (started[-1], forked[-1]) == ("False", "True")
    assert forked[:2] == started[:2] and forked[3:5] == started[3:5]
    assert forked[3:5] == [str(tmp_path), "for tests"]


@pytest.mark.parametrize(("kernels", "forked"), [("", True), ("cold", False)])
def test_the_site_forks_its_kernels_unless_told_otherwise(monkeypatch, kernels, forked):
    called = []
    monkeypatch.setenv("PITFALLS_KERNELS", kernels)
    monkeypatch.setattr(building, "fork_kernels", lambda: called.append(True))
    monkeypatch.setattr(building, "build_sphinx", lambda *args, **options: 0)
    assert building.main(str(BOOK), "x", "html", "1") == 0
    assert bool(called) == forked
