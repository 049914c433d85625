"""One pool of processes for everything that is measured, on one computer or on several.

Only this module knows joblib and Dask.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import joblib
from joblib import Parallel, delayed
from sklearn import config_context
from threadpoolctl import threadpool_limits

from .._errors import PitfallsError

__all__ = ["BACKENDS", "ClusterError", "default_jobs", "in_pool", "local_cluster", "small_fits"]

#: Where studies can be run: in processes here, or on a Dask cluster.
BACKENDS = ("loky", "dask")
#: More processes than this wait for each other's memory.
MOST_JOBS = 8
#: Short tasks are sent together until they take so many seconds: sending a parcel costs 10 ms.
PARCEL = 0.5
#: A parcel is at most this part of what is left for each process, or the last would be waited for.
SHARE = 0.25
#: How long an answer of a cluster's scheduler is waited for.
PATIENCE = "10s"


class ClusterError(PitfallsError):
    """A cluster cannot be used; the message says why and what to do."""


def default_jobs() -> int:
    """Return how many processes to use: one a core, at most eight."""
    return min(joblib.cpu_count(), MOST_JOBS)


@contextmanager
def small_fits() -> Iterator[None]:
    """Use one thread, and leave out sklearn's checks, which change nothing but the time."""
    with threadpool_limits(1), config_context(assume_finite=True, skip_parameter_validation=True):
        yield


def in_pool(
    function: Callable[..., Any],
    tasks: Sequence[tuple],
    *,
    seconds: Sequence[float] | None = None,
    n_jobs: int | None = None,
    backend: str | None = None,
    scheduler: str | None = None,
    on_done: Callable[[int], object] | None = None,
) -> list[Any]:
    """Call a function with each task's arguments, in processes, and return the results in order.

    Parameters
    ----------
    function : callable
        A function of a module.
    tasks : sequence of tuple
        Its arguments, in the order in which the calls begin: put the longest first.
    seconds : sequence of float, default=None
        How long each task takes, as far as is known, infinite where it is not. What the first
        ones take corrects it; short tasks are sent together.
    n_jobs : int, default=None
        Processes, as in joblib: one by default, here; all that the cluster has, on Dask.
    backend : {"loky", "dask"}, default=None
        Processes here by default, or a Dask cluster.
    scheduler : str, default=None
        The address of the cluster's scheduler, such as ``"tcp://10.0.0.1:8786"``; with
        ``backend="dask"`` and none, a cluster of `n_jobs` processes is made here.
    on_done : callable (int), default=None
        Told of each task that is done, by its place in `tasks`.

    Returns
    -------
    list
        One result a task, in the order of `tasks`.

    Raises
    ------
    ClusterError
        If there is no such cluster.
    ValueError
        If `backend` is unknown.
    """
    if backend not in (None, *BACKENDS):
        raise ValueError(f"backend={backend!r} must be None or one of {', '.join(BACKENDS)}")
    if scheduler is not None and backend != "dask":
        raise ValueError(f"scheduler={scheduler!r} goes with backend='dask', not {backend!r}")
    results: list[Any] = [None] * len(tasks)
    with _cluster(scheduler, n_jobs) if backend == "dask" else _processes(n_jobs) as workers:
        parcels = _Parcels(seconds or [math.inf] * len(tasks), workers)
        calls = (
            delayed(_call)(function, {place: tasks[place] for place in parcel})
            for parcel in parcels
        )
        jobs = -1 if backend == "dask" else n_jobs
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
        for found in parallel(calls):
            for place, (result, took) in found.items():
                results[place] = result
                parcels.took(place, took)
                if on_done is not None:
                    on_done(place)
    return results


def _call(function: Callable[..., Any], tasks: Mapping[int, tuple]) -> dict[int, Any]:
    """Return each task's result, and how long it took."""
    found = {}
    for place, task in tasks.items():
        start = time.perf_counter()
        with joblib.parallel_config("sequential"):  # or a forest would ask the cluster for workers
            result = function(*task)
        found[place] = result, time.perf_counter() - start
    return found


class _Parcels:
    """Tasks that are sent together, in their order; which ones is decided when they are sent.

    Joblib has such batches of its own. It takes the time that a batch waits in a cluster's queue
    for the time that it needs, and so never makes them larger there.

    Parameters
    ----------
    seconds : sequence of float
        How long each task takes, infinite where nobody knows.
    workers : int
        How many processes there are.
    """

    def __init__(self, seconds: Sequence[float], workers: int) -> None:
        self._seconds, self._workers = seconds, workers
        self._sums = {known: [0.0, 0.0] for known in (True, False)}  # expected, or a count; taken

    def __iter__(self) -> Iterator[list[int]]:
        place, end = 0, len(self._seconds)
        known = [each for each in self._seconds if math.isfinite(each)]
        seconds_left, unknown_left = sum(known), end - len(known)
        while place < end:
            left = self._corrected(seconds_left, known=True)
            left += self._corrected(unknown_left, known=False)
            room, first = min(PARCEL, SHARE * left / self._workers), place
            while place < end and (place == first or self._expected(place) <= room):
                room -= self._expected(place)
                if math.isfinite(self._seconds[place]):
                    seconds_left -= self._seconds[place]
                else:
                    unknown_left -= 1
                place += 1
            yield list(range(first, place))

    def took(self, place: int, seconds: float) -> None:
        """Learn from a task that is done."""
        expected = self._seconds[place]
        sums = self._sums[math.isfinite(expected)]
        sums[0] += expected if math.isfinite(expected) else 1
        sums[1] += seconds

    def _expected(self, place: int) -> float:
        """How long a task takes, by what is known and by what those before it took."""
        seconds = self._seconds[place]
        known = math.isfinite(seconds)
        return self._corrected(seconds if known else 1, known=known)

    def _corrected(self, amount: float, *, known: bool) -> float:
        """Seconds, or a count of tasks of which nobody knows, by what those before took."""
        expected, taken = self._sums[known]
        if expected:
            return amount * taken / expected
        return amount if known or not amount else math.inf


@contextmanager
def _processes(n_jobs: int | None) -> Iterator[int]:
    """Give how many there are, and end them, also after an error: joblib keeps them."""
    try:
        yield joblib.effective_n_jobs(n_jobs or 1)
    finally:
        if n_jobs not in (None, 1):
            from joblib.externals.loky import get_reusable_executor

            get_reusable_executor().shutdown(wait=True)


@contextmanager
def local_cluster(n_workers: int) -> Iterator[Any]:
    """Give a Dask cluster of processes on this computer, with one thread each.

    Two of Dask's settings are changed, since studies are short and their arrays small: by default
    workers hand memory back after each allocation and are looked at 100 times a second, which
    together cost a sixth of their time.

    Parameters
    ----------
    n_workers : int
        How many processes.

    Yields
    ------
    distributed.LocalCluster

    Raises
    ------
    ClusterError
        If Dask is not installed.
    """
    dask, distributed = _dask()
    # By their names in Dask's configuration; looked up after the import, which sets the defaults.
    environ = dict(dask.config.get("distributed.nanny.pre-spawn-environ"))
    environ.pop("MALLOC_TRIM_THRESHOLD_", None)
    changed = {
        "distributed.nanny.pre-spawn-environ": environ,
        "distributed.worker.profile.enabled": False,
    }
    options = {"n_workers": n_workers, "threads_per_worker": 1, "dashboard_address": None}
    with dask.config.set(changed), distributed.LocalCluster(**options) as cluster:
        yield cluster


@contextmanager
def _cluster(scheduler: str | None, n_jobs: int | None) -> Iterator[int]:
    """Let joblib use a Dask cluster, the one at `scheduler` or one made here; give its threads."""
    _, distributed = _dask()
    here: AbstractContextManager[Any] = (
        local_cluster(n_jobs or default_jobs()) if scheduler is None else nullcontext(scheduler)
    )
    with here as cluster:
        try:
            client = distributed.Client(cluster, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"scheduler={scheduler!r} cannot be reached: start one with `dask scheduler`, or "
                f"leave it out for a cluster on this computer ({type(error).__name__})"
            ) from None
        with client, joblib.parallel_config("dask", wait_for_workers_timeout=60):
            yield max(1, sum(client.nthreads().values()))


def _dask() -> tuple[Any, Any]:
    try:
        import dask
        import distributed
    except ImportError:
        raise ClusterError(
            "backend='dask' needs Dask: run `pip install 'pitfalls[dask]'`"
        ) from None
    return dask, distributed
