"""Kernels that are forked, on Linux, from a process that has imported the libraries.

To start a kernel and to import what its notebook imports takes longer than most notebooks. Where
`fork_kernels` has been called, a kernel is a fork of a process that has done both once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

#: What notebooks import.
WARM = [
    "imblearn.over_sampling", "ipykernel.kernelapp", "matplotlib.figure",
    "scipy.stats", "sklearn.ensemble", "sklearn.linear_model",
    "sklearn.model_selection", "sklearn.neighbors", "sklearn.pipeline", "torch",
]  # fmt: skip
#: Runs in the forked process. Pandas and Matplotlib have looked at where they were imported, which
#: was neither in a terminal nor in a kernel: the last lines before the start make up for it.
KERNEL = """
import os, sys
os.setsid()
os.environ.clear()
os.environ.update(env)
os.chdir(cwd)
# With a parent it says nothing of how to connect to it, and does not outlive the parent.
sys.argv = ["ipykernel_launcher", *arguments, f"--IPKernelApp.parent_handle={os.getppid()}"]
import matplotlib, pandas
from ipykernel.kernelapp import launch_new_instance
pandas.set_option("display.max_columns", 20)
matplotlib.rcParams["backend"] = "module://matplotlib_inline.backend_inline"
launch_new_instance()
"""


def fork_kernels() -> None:
    """Let this process fork its kernels."""
    if sys.platform == "linux":
        multiprocessing.get_context("forkserver").set_forkserver_preload(WARM)
        LocalProvisioner.launch_kernel = launch_warm


def start_kernels() -> None:
    """Let this process start its kernels as Jupyter does."""
    LocalProvisioner.launch_kernel = launch_cold


launch_cold = LocalProvisioner.launch_kernel


async def launch_warm(self, cmd, *, cwd=None, env=None, **others):
    """Fork a kernel of Python, whose arguments follow ``python -m ipykernel_launcher``."""
    if "ipykernel_launcher" not in cmd:
        return await launch_cold(self, cmd, cwd=cwd, env=env, **others)
    given = {"arguments": cmd[cmd.index("ipykernel_launcher") + 1 :], "cwd": cwd or os.getcwd()}
    given["env"] = dict(os.environ if env is None else env)
    self.process = Forked(args=(KERNEL, given))
    self.pid, self.pgid, self.cwd = self.process.pid, None, given["cwd"]
    return self.connection_info


class Forked:
    """A forked process that is asked and told as a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, args):
        self._process = multiprocessing.get_context("forkserver").Process(target=exec, args=args)
        self._process.start()
        self.pid = self._process.pid

    def poll(self):
        """Return the exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self):
        """Wait for the end and return the exit code."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number):
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self):
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self):
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)
