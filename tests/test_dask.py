"""The same rows on a Dask cluster, whatever becomes of a worker, or one sentence."""

import os
import signal
import socket
import threading

import numpy as np
import pandas as pd
import pytest

from pitfalls import course, evidence
from pitfalls.evidence import pool

distributed = pytest.importorskip("distributed", reason="Dask is an extra: pitfalls[dask]")

SLOW = '''# %% tags=["protocol"]
import os
import time
from pathlib import Path

import numpy as np

from pitfalls.study import Claim, Sample, Study


def make_rows(strength, random_state):
    rng = np.random.default_rng(random_state)
    rows = [Sample(rng.normal(size=(9, 2)), np.arange(9) % 2) for _ in range(2)]
    return Study.of(*rows, strength=strength, random_state=random_state)


def wait(data):
    """Tells where it runs, and takes its time."""
    Path(os.environ["SEEN_BY"], str(os.getpid())).touch()
    time.sleep(0.1)
    return Claim(data.X.mean(), (0, 1), lambda sample: float(sample.X[0, 0]))
'''
TOML = """
number = 42
title = "Slow"
part = "leakage"

[[worlds]]
name = "slow"
make = "make_rows"
pitfall = "wait"
fixes = []
metric = "accuracy"
chance = 0.5
expect = "harmless"
strengths = [0, 1]
seeds = 20
"""


@pytest.fixture
def world(tmp_path, monkeypatch):
    folder = tmp_path / "chapters" / "42_slow"
    folder.mkdir(parents=True)
    (folder / "chapter.toml").write_text(TOML, encoding="utf-8")
    (folder / "42a_pitfall.py").write_text(SLOW, encoding="utf-8")
    (tmp_path / "seen").mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SEEN_BY", str(tmp_path / "seen"))
    return course.load("slow").world()


@pytest.fixture
def cluster():
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster:
        yield cluster


def same(rows, others):
    columns = [name for name in rows if name != "seconds"]
    pd.testing.assert_frame_equal(rows[columns], others[columns])


def test_the_rows_are_those_of_processes_here(cluster):
    world = course.load("leaky_selection").world()
    few = {"strengths": [0, 0.25], "seeds": 2}
    here = evidence.replicate(world, **few)
    told = []
    there = evidence.replicate(
        world, **few, backend="dask", scheduler=cluster.scheduler_address, on_row=told.append
    )
    same(here, there)
    assert told == [1, 2, 3, 4]


def test_a_worker_that_is_killed_loses_no_row(world, cluster, tmp_path):
    here = evidence.replicate(world)
    seen = tmp_path / "seen"
    for file in seen.iterdir():
        file.unlink()
    killed = []

    def kill_one():
        while len(list(seen.iterdir())) < 2 and not finished.wait(0.01):
            pass
        killed.append(int(next(seen.iterdir()).name))
        os.kill(killed[0], signal.SIGKILL)

    finished = threading.Event()
    hand = threading.Thread(target=kill_one)
    hand.start()
    try:
        there = evidence.replicate(world, backend="dask", scheduler=cluster.scheduler_address)
    finally:
        finished.set()
        hand.join()
    same(here, there)
    assert killed and killed[0] != os.getpid()
    assert len(list(seen.iterdir())) >= 3, "no other process took over"


def test_a_worker_needs_no_folder_of_chapters(world, cluster, tmp_path):
    here = evidence.replicate(world, seeds=2)
    client = distributed.Client(cluster)
    client.run(os.chdir, "/")
    there = evidence.replicate(world, seeds=2, backend="dask", scheduler=cluster.scheduler_address)
    client.close()
    same(here, there)


def test_a_scheduler_that_is_not_there_ends_in_one_sentence(small_course, monkeypatch, capsys):
    from pitfalls import cli

    monkeypatch.setattr(pool, "PATIENCE", "1s")

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    options = ["--backend", "dask", "--scheduler", address]
    assert cli.main(["evidence", "90", *options]) == 2
    said = capsys.readouterr().err
    assert f"scheduler='{address}' cannot be reached: start one with `dask scheduler`" in said
    assert said.strip().count("\n") == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "slurm"}, "backend='slurm' must be None or one of loky, dask"),
        ({"scheduler": "tcp://127.0.0.1:1"}, "goes with backend='dask', not None"),
    ],
)
def test_a_wrong_backend_is_named(small_course, options, message):
    with pytest.raises(ValueError, match=message):
        evidence.replicate(course.load("tests").world(), seeds=1, **options)


def test_seeds_are_not_shared_between_processes(world):
    rows = evidence.replicate(world, seeds=4, n_jobs=2)
    assert len(np.unique(rows["claimed"])) == 4
