"""Runs the steps of a set-up, and finds the sentence for one that fails."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from .checkout import PINS, ROOT, TORCH_PINS, Stop, torch_index
from .packages import TORCH, Step

#: What stays in .venv, and what is needed besides while it is made, in GB.
DISK, SCRATCH = 2.1, 0.7

_FULL = re.compile("No space left|Errno 28|not enough space")
_NOT_THE_FILE = re.compile("(?i)hash mismatch|do not match the hashes")
_NO_NETWORK = re.compile(
    "name resolution|Name or service not known|getaddrinfo|NewConnectionError|Max retries|"
    "Connection refused|Connection reset|ConnectTimeout|ReadTimeout|ProxyError|dns error|"
    "error sending request|Could not connect|client error|timed out|Network is unreachable|"
    "tunnel error"
)


def run_steps(steps: Iterable[Step], offline: Path | None = None) -> None:
    """Run steps one after the other; stop with a sentence where one fails."""
    for title, commands in steps:
        start = time.time()
        print(f"  {title} ", end="")
        everything = b""
        for command in commands:
            code, printed = run_quietly(command)
            everything += printed
            if code == 0:
                break
        else:
            said = everything.decode("utf-8", "replace")
            raise Stop(diagnosis(title, said, offline, log(everything)))
        print(f" {time.time() - start:.0f} s")


def run_quietly(command: list[str]) -> tuple[int, bytes]:
    """Return a command's exit code and what it printed; a dot every few seconds meanwhile."""
    environment = os.environ | {"PIP_USER": "0"}
    for name in ("PYTHONHOME", "PYTHONPATH"):
        environment.pop(name, None)
    child = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        close_fds=False,  # it holds the lock as well, for the case that this process is killed
    )  # fmt: skip
    try:
        while True:
            sys.stdout.flush()
            try:
                said = child.communicate(timeout=5)[0]
                return child.returncode, said
            except subprocess.TimeoutExpired:
                print(".", end="")
    except BaseException:
        child.terminate()
        child.wait()
        raise


def log(said: bytes) -> str:
    """Keep what a command printed, and return where."""
    number, path = tempfile.mkstemp(prefix="pitfalls-set-up-", suffix=".log")
    with open(number, "wb") as file:
        file.write(said)
    return path


def diagnosis(title: str, said: str, offline: Path | None, log: str) -> str:
    """Return the sentence for a step that failed, from what its commands printed."""
    again = "run this again; it starts afresh"
    if _FULL.search(said):
        return f"the disk is full: free {DISK + SCRATCH:.1f} GB and {again}."
    if _NOT_THE_FILE.search(said):
        file = TORCH_PINS if title == TORCH else PINS
        return (
            f"a package is not the file that {file.name} pins, and was not installed: {again}, "
            f"without a mirror if you use one (details: {log})."
        )
    if offline:
        return (
            f"{title} could not be installed from {offline}: fill it again with `wheelhouse` on a "
            f"computer with the same system and Python {sys.version_info[0]}."
            f"{sys.version_info[1]} (details: {log})."
        )
    if _NO_NETWORK.search(said):
        host = torch_index().split("/")[2]
        whose = f"PyTorch's address {host}" if title == TORCH else "the packages"
        return (
            f"{whose} could not be reached: check the network and {again}, or use --offline DIR "
            f"with a folder from `wheelhouse` (details: {log})."
        )
    return f"this step failed: {title}; read {log}, and {again}."
