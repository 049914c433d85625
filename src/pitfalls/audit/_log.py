"""A file of lines that several processes append to, and in which a change is noticed.

Each line is sealed with a hash of all that stands before it and of itself, and a small file beside
it keeps how far the log went. There is no secret in it: it tells an accident and a convenient
correction, not a forger who makes all seals anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from .._files import write_text

__all__ = ["Log"]

#: How long a process waits for another one to write, in seconds.
PATIENCE = 60
SEAL = "seal"


class Log:
    """A sealed file of JSON lines.

    Parameters
    ----------
    path : path
        Made with its folder when the first line is written.

    Attributes
    ----------
    faults : list of str
        What is wrong with the file, a sentence each.
    broken : int
        Lines that broke off when a process died; each may have been a look.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.faults: list[str] = []
        self.broken = 0
        self._read_to = 0
        self._lines = 0
        self._state = hashlib.sha256()
        self._rest_is_whole = True

    @property
    def _seal_file(self) -> Path:
        return self.path.with_name(self.path.name + ".seal")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from writing."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_name(self.path.name + ".lock"), timeout=PATIENCE):
            yield

    def unread(self) -> Iterator[dict[str, Any]]:
        """Give the lines that were written since it was asked last; call it while `held`."""
        if self.path.is_file():
            with self.path.open("rb") as file:
                file.seek(self._read_to)
                if not self._rest_is_whole:  # the end of a line that broke off
                    self._pass(file.readline())
                for raw in file:
                    line = self._checked(raw)
                    self._lines += 1
                    self._pass(raw)
                    if line is not None:
                        yield line
        self._compare()

    def _pass(self, raw: bytes) -> None:
        self._read_to += len(raw)
        self._state.update(raw)
        self._rest_is_whole = self._rest_is_whole if not raw else raw.endswith(b"\n")

    def _checked(self, raw: bytes) -> dict[str, Any] | None:
        try:
            line = json.loads(raw)
            seal = line.pop(SEAL)
        except (ValueError, KeyError, AttributeError, TypeError):
            self.broken += 1
            return None
        if seal != self._seal_of(line):
            self._fault(f"line {self._lines + 1} or one before it was changed by hand")
        return dict(line)

    def _seal_of(self, line: dict[str, Any]) -> str:
        state = self._state.copy()
        state.update(_text(line).encode())
        return state.hexdigest()[:32]

    def _fault(self, says: str) -> None:
        sentence = f"{self.path.name}: {says}."
        if sentence not in self.faults:
            self.faults.append(sentence)

    def _compare(self) -> None:
        """Compare the file with what is kept beside it."""
        try:
            kept = json.loads(self._seal_file.read_text("utf-8"))
            lines, size, state = int(kept["lines"]), int(kept["bytes"]), str(kept["state"])
        except FileNotFoundError:
            if self._lines:
                self._fault(f"{self._seal_file.name}, which is written with it, is gone")
            return
        except (ValueError, KeyError, TypeError):
            self._fault(f"{self._seal_file.name} is no seal")
            return
        if size > self._read_to:
            gone = lines - self._lines
            many = f"{gone} of {lines} lines" if gone > 0 else "part of the last line"
            self._fault(f"{many} were cut off")
        elif state != self._state_at(size):
            self._fault("what had been written was changed")

    def _state_at(self, size: int) -> str:
        if size == self._read_to:
            return self._state.hexdigest()
        with self.path.open("rb") as file:
            return hashlib.sha256(file.read(size)).hexdigest()

    def append(self, line: dict[str, Any]) -> None:
        """Write a line, all that others wrote having been read; call it while `held`."""
        start = b"" if self._rest_is_whole else b"\n"  # after a line that broke off
        self._state.update(start)
        raw = _text({**line, SEAL: self._seal_of(line)}).encode() + b"\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        file = os.open(self.path, flags, 0o644)
        try:
            written = os.write(file, start + raw)
        finally:
            os.close(file)
        if written < len(start + raw):
            raise OSError(f"{self.path}: the disk took part of a line")
        self._state.update(raw)
        self._read_to += len(start + raw)
        self._lines += 1
        self._rest_is_whole = True
        kept = {"lines": self._lines, "bytes": self._read_to, "state": self._state.hexdigest()}
        write_text(self._seal_file, json.dumps(kept) + "\n")


def _text(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
