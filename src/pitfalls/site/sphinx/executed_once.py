"""Which pages are read anew, and which notebooks are run again, when a part of the course changes.

A page shows what the package, the data and the protocols of chapters compute, and neither Sphinx
nor the cache of executed notebooks knows of them. So each page has a fingerprint of what it rests
on: pages of a chapter on the package, their own chapter and those that it names; other pages on
everything. A page whose fingerprint has changed is read again, and with it stands a notebook in
the cache, which HTML and LaTeX share.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ...course import Course, Lesson
from ...course.lesson import evidence_folder

#: What every page rests on: files, and folders with the endings that count.
PACKAGE = {"src/pitfalls": (".py", ".toml", ".json", ".jinja"), "book": (".toml",)}
FILES = ("requirements.txt",)
EVIDENCE = "data/evidence"
_CODE_CELL = re.compile(r"^```\{code-cell\}", re.M)


def setup(app):
    """Register with Sphinx."""
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", mark)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True}


def outdated(app, env, added, changed, removed) -> list[str]:
    """Return the pages that rest on something else than when they were read."""
    known = getattr(env, "fingerprints", {})
    return [
        name
        for name in env.found_docs
        if known.get(name) != fingerprint(name, Path(env.doc2path(name)).read_text("utf-8"))
    ]


def mark(app, docname: str, source: list[str]) -> None:
    """Keep the page's fingerprint, in the notebook too, where the cache sees it."""
    if not hasattr(app.env, "fingerprints"):
        app.env.fingerprints = {}
    found = app.env.fingerprints[docname] = fingerprint(docname, source[0])
    if Path(app.env.doc2path(docname)).suffix == ".ipynb":
        notebook = json.loads(source[0])
        notebook["metadata"]["kernelspec"]["fingerprint"] = found
        source[0] = json.dumps(notebook)
    elif _CODE_CELL.search(source[0]):
        source[0] = source[0].replace("kernelspec:\n", f"kernelspec:\n  fingerprint: {found}\n", 1)


def forget(app, env, docname: str) -> None:
    """Drop the fingerprint of a page that is gone or read again."""
    getattr(env, "fingerprints", {}).pop(docname, None)


def merge(app, env, docnames: Iterable[str], other) -> None:
    """Take over fingerprints from a process that has read pages beside this one."""
    if not hasattr(env, "fingerprints"):
        env.fingerprints = {}
    env.fingerprints |= {n: f for n, f in other.fingerprints.items() if n in docnames}


def fingerprint(docname: str, text: str) -> str:
    """Return a digest of everything that a page rests on besides its own text.

    Parameters
    ----------
    docname : str
        The page, such as ``"chapters/02_leaky_selection/02a_pitfall"``.
    text : str
        The page's source, which may name other chapters.
    """
    digest = hashlib.sha256(b"".join(of_package()))
    for lesson in rests_on(docname, text):
        digest.update(of_chapter(lesson.folder))
    return digest.hexdigest()[:16]


def rests_on(docname: str, text: str) -> list[Lesson]:
    """Return the chapters that a page shows something of."""
    top, *rest = docname.split("/")
    chapters = Course.here().lessons()
    if top not in ("chapters", "solutions") or "lessons()" in text:
        return chapters
    # In a notebook's JSON a quotation mark has a backslash before it.
    said = text.replace("\\", "") + said_in(Course.here().root / "chapters" / rest[0])
    return [
        lesson for lesson in chapters if lesson.folder.name == rest[0] or f'"{lesson.slug}' in said
    ]


@cache
def said_in(folder: Path) -> str:
    """Return a chapter's sources: a page runs protocols of others, and cases are of any world."""
    return "".join(file.read_text(encoding="utf-8") for file in sources(folder))


@cache
def of_package() -> list[bytes]:
    """Return the digests of what every page rests on."""
    root = Course.here().root
    found = [root / name for name in FILES]
    for folder, endings in PACKAGE.items():
        files = sorted((root / folder).rglob("*"))
        outside = {root / "book" / name for name in ("_build", "chapters", "solutions")}
        found += [f for f in files if f.suffix in endings and not outside & set(f.parents)]
    evidence = root / EVIDENCE
    found += [
        f for f in sorted((root / "data").rglob("*")) if f.is_file() and f.parent != evidence
    ]
    return [of_file(file) for file in found]


@cache
def of_chapter(folder: Path) -> bytes:
    """Return a digest of a chapter: what it says of itself, its protocols, its evidence."""
    files = [*sources(folder), *evidence_folder(folder).glob(f"{folder.name}*")]
    return b"".join(map(of_file, sorted(files)))


def sources(folder: Path) -> list[Path]:
    """Return the files that people write for a chapter."""
    return sorted([*folder.glob("*.py"), *folder.glob("*.toml")])


def of_file(path: Path) -> bytes:
    """Return a digest of a file's name and content."""
    return hashlib.sha256(path.name.encode() + b"\0" + path.read_bytes()).digest()
