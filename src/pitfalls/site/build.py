"""Build the course as a website, and as a PDF by LaTeX."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .._settings import Settings
from ..course import CourseError
from .repository import Repository

__all__ = ["NAME", "NEEDED", "missing_for_pdf", "pdf", "site"]

#: What the PDF is called.
NAME = "why-doesnt-my-model-work.pdf"
#: How many processes read pages and run notebooks: each that trains a network takes 0.9 GB.
JOBS = 2
#: What the PDF needs: programs and files of LaTeX, and the Debian package that each is in.
NEEDED = {
    "xelatex": "texlive-xetex",
    "latexmk": "latexmk",
    "titlesec.sty": "texlive-latex-extra",
    "pzdr.tfm": "texlive-fonts-recommended",
    "FreeSerif.otf": "fonts-freefont-otf",
    "DejaVuSansMono.ttf": "fonts-dejavu-core",
}


def site(
    book: Path,
    output: Path | None = None,
    *,
    pdf: Path | None = None,
    repository: str | None = None,
    jobs: int = JOBS,
) -> Path:
    """Build the website and run every notebook that has changed.

    Parameters
    ----------
    book : Path
        The folder with ``_config.yml``.
    output : Path, optional
        Where ``_build`` is made; by default in `book`.
    pdf : Path, optional
        A PDF of the course to be downloaded from the site.
    repository : str, optional
        The address of the repository that pages link to, as `Repository.at` takes it; without it
        they have no such links.
    jobs : int, default=2
        How many processes read pages and run notebooks; where none is run, one is faster.

    Returns
    -------
    Path
        The front page.

    Raises
    ------
    CourseError
        If `book` has no ``_config.yml``, or `repository` is no address.
    subprocess.CalledProcessError
        If the site does not build, or builds with a warning; what was wrong has been printed.
    """
    if repository:
        Repository.at(repository)  # before the minutes that building takes
    said = {"pdf": pdf, "repository": repository}
    more = {Settings.variable(name): str(value) for name, value in said.items() if value}
    return _jupyter_book(book, output, "html", more, jobs) / "index.html"


def pdf(book: Path, output: Path | None = None, *, draft: bool = False, jobs: int = JOBS) -> Path:
    """Build the PDF; what the site has run already is not run again.

    Parameters
    ----------
    book, output : Path
        As in `site`.
    draft : bool, default=False
        Let LaTeX run once only: every page is there, the table of contents is not, and the file
        is not packed as tightly.
    jobs : int, default=2
        As in `site`.

    Returns
    -------
    Path
        The PDF, ``_build/pdf/why-doesnt-my-model-work.pdf``.

    Raises
    ------
    CourseError
        If programs are missing, or if LaTeX stops; the message says where in its log.
    subprocess.CalledProcessError
        If a page does not build; what was wrong has been printed.
    """
    missing = missing_for_pdf()
    if missing:
        raise CourseError(
            "the PDF needs LaTeX: on Debian and Ubuntu run `sudo apt-get install "
            f"--no-install-recommends {' '.join(missing)}`, on other systems install TeX Live"
        )
    folder = _jupyter_book(book, output, "latex", {}, jobs)
    made = folder / NAME
    made.unlink(missing_ok=True)
    once = ["xelatex", "-output-driver=xdvipdfmx -q -E -z 1"]
    command = once if draft else ["latexmk", "-xelatex", "-silent"]
    command += ["-interaction=nonstopmode", "-halt-on-error", f"{made.stem}.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    if done.returncode or not made.is_file():
        raise CourseError(_what_stopped(made.with_suffix(".log"), done))
    target = folder.with_name("pdf") / NAME
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(made, target)
    return target


def missing_for_pdf() -> list[str]:
    """Return the names of the Debian packages that the PDF needs and that are not there."""
    return [package for name, package in NEEDED.items() if not _is_there(name)]


def _is_there(name: str) -> bool:
    """Say whether a program, or a file of LaTeX, can be found."""
    if "." not in name:
        return shutil.which(name) is not None
    finder = shutil.which("kpsewhich")
    return (
        finder is not None and not subprocess.run([finder, name], capture_output=True).returncode
    )


def _jupyter_book(
    book: Path, output: Path | None, builder: str, more: dict[str, str], jobs: int
) -> Path:
    """Run Jupyter Book and return the folder that it writes."""
    if not (book / "_config.yml").is_file():
        raise CourseError(f"{book / '_config.yml'} is missing: run this in a copy of the course")
    target = (output or book).absolute() / "_build" / builder
    command = [sys.executable, "-m", f"{__package__}.sphinx"]
    command += [str(book.absolute()), str(target), builder, str(jobs)]
    subprocess.run(command, check=True, env=os.environ | more)
    return target


def _what_stopped(log: Path, done: subprocess.CompletedProcess[str]) -> str:
    """Return LaTeX's first error in words, with its place in the log."""
    text = log.read_text("utf-8", errors="replace") if log.is_file() else ""
    error = re.search(r"^! (.+)", text, re.M)
    if error is None:
        last = " ".join((done.stdout + done.stderr).split()[-40:])
        return f"LaTeX ended with code {done.returncode}: {last}"
    line = text.count("\n", 0, error.start()) + 1
    place = re.compile(r"^l\.(\d+)", re.M).search(text, error.end())
    where = f" at line {place[1]} of {log.stem}.tex" if place else ""
    return f"LaTeX stopped{where}: {error[1].strip().rstrip('.')}; see {log}, line {line}"
