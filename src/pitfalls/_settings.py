"""The environment variables that the course looks at, in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    Attributes
    ----------
    predictions : Path or None
        ``PITFALLS_PREDICTIONS``, the file of the reader's prediction log; by default
        ``work/predictions.csv`` in the course.
    reforms : Path or None
        ``PITFALLS_REFORMS``, the reader's own report; by default ``work/reforms.yaml``.
    dials : str
        ``PITFALLS_DIALS``, how a dial is shown: ``"html"`` without a kernel, ``"text"`` on paper;
        by default what the reader's Jupyter can.
    pdf : Path or None
        ``PITFALLS_PDF``, a PDF that the site offers for download.
    repository : str
        ``PITFALLS_REPOSITORY``, the address of the repository that the site links to; by default
        there are no such links.
    networks : Path or None
        ``PITFALLS_NETWORKS``, a folder in which trained networks are kept and found again; by
        default none is.
    kernels : str
        ``PITFALLS_KERNELS``: with ``"cold"`` the site starts each notebook's kernel as Jupyter
        does; by default, on Linux, it is forked from a process that has imported the libraries.
    command : str
        ``PITFALLS_COMMAND``, what the command calls itself in its help.
    """

    predictions: Path | None = None
    reforms: Path | None = None
    dials: str = ""
    pdf: Path | None = None
    repository: str = ""
    networks: Path | None = None
    kernels: str = ""
    command: str = "pitfalls"

    @classmethod
    def from_env(cls) -> Self:
        """Return what the environment says now."""
        said = {f.name: os.environ.get(cls.variable(f.name), "") for f in fields(cls)}
        places = "predictions", "reforms", "pdf", "networks"
        paths = {name: Path(said[name]) for name in places if said[name]}
        words = {
            name: said[name]
            for name in ("dials", "repository", "kernels", "command")
            if said[name]
        }
        return cls(**paths, **words)

    @staticmethod
    def variable(name: str) -> str:
        """Return the variable of a setting: ``PITFALLS_DIALS`` of ``dials``."""
        return f"PITFALLS_{name.upper()}"
