"""One pool of processes for everything that is measured, on one computer or on several.

Only this module knows joblib and Dask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import joblib
from joblib import Parallel, delayed
from sklearn import config_context
from threadpoolctl import threadpool_limits

from .._errors import PitfallsError

__all__ = ["BACKENDS", "ClusterError", "default_jobs", "in_pool", "small_fits"]

#: Where studies can be run: in processes here, or on a Dask cluster.
BACKENDS = ("loky", "dask")
#: More processes than this wait for each other's memory.
MOST_JOBS = 8


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
    calls = (delayed(_numbered)(i, function, task) for i, task in enumerate(tasks))
    with _cluster(scheduler, n_jobs) if backend == "dask" else _processes(n_jobs):
        jobs = -1 if backend == "dask" else n_jobs
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
        for place, result in parallel(calls):
            results[place] = result
            if on_done is not None:
                on_done(place)
    return results


def _numbered(place: int, function: Callable[..., Any], task: tuple) -> tuple[int, Any]:
    return place, function(*task)


@contextmanager
def _processes(n_jobs: int | None) -> Iterator[None]:
    """End the processes, also after an error: joblib keeps them for the next call."""
    try:
        yield
    finally:
        if n_jobs not in (None, 1):
            from joblib.externals.loky import get_reusable_executor

            get_reusable_executor().shutdown(wait=True)


@contextmanager
def _cluster(scheduler: str | None, n_jobs: int | None) -> Iterator[None]:
    """Let joblib use a Dask cluster: the one at `scheduler`, or one made here."""
    try:
        from dask.distributed import Client, LocalCluster
    except ImportError:
        raise ClusterError(
            "backend='dask' needs Dask: run `pip install 'pitfalls[dask]'`"
        ) from None
    here: AbstractContextManager[Any]
    if scheduler is None:
        here = LocalCluster(
            n_workers=n_jobs or default_jobs(), threads_per_worker=1, dashboard_address=None
        )
    else:
        here = nullcontext(scheduler)
    with here as cluster:
        try:
            client = Client(cluster, timeout="10s")
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"scheduler={scheduler!r} cannot be reached: start one with `dask scheduler`, or "
                f"leave it out for a cluster on this computer ({type(error).__name__})"
            ) from None
        with client, joblib.parallel_config("dask", wait_for_workers_timeout=60):
            yield
