"""Files that are written whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["whole", "write_text"]


@contextmanager
def whole(path: Path | str) -> Iterator[Path]:
    """Give a path to write to, which takes the place of `path` when nothing has gone wrong.

    Parameters
    ----------
    path : path
        Its folder is made where it is missing. A link is replaced, not written through.

    Yields
    ------
    Path
        A name beside `path` with the same ending, which no other process uses.

    Raises
    ------
    OSError
        If the folder cannot be written to or the disk is full; `path` is then as it was.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> with whole(Path(folder.name, "new", "answer.txt")) as partial:
    ...     _ = partial.write_text("42")
    >>> Path(folder.name, "new", "answer.txt").read_text()
    '42'
    >>> folder.cleanup()
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.partial{path.suffix}")
    try:
        yield partial
        if path.is_file():
            shutil.copymode(path, partial)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_text(path: Path | str, text: str) -> None:
    """Write text as UTF-8 with Unix line ends, whole or not at all."""
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
