import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_CACHES = ("__pycache__", "*.egg-info", ".*_cache", ".hypothesis", "_build")
_NOT_COPIED = (".git", ".venv*", "work", "results", "wheelhouse", *_CACHES)
_CHAPTER = """
number = 90
title = "A chapter for tests"
part = "leakage"
minutes = { read = 1 }

[[worlds]]
name = "coin"
make = "make_coin"
pitfall = "claim_too_much"
fixes = ["claim_what_is"]
metric = "accuracy"
chance = 0.5
signal = false
strengths = [0, 1]
seeds = 20

[[worlds]]
name = "slope"
make = "make_coin"
pitfall = "claim_too_much"
fixes = ["claim_what_is"]
metric = "R2"
chance = 0
signal = false
strengths = [0, 1]
seeds = 20
run_seeds = 1

[[worlds]]
name = "rows"
real = true
make = "make_rows"
pitfall = "claim_too_much"
fixes = ["claim_what_is"]
metric = "accuracy"
chance = 0.5
seeds = 3

[[experiments]]
name = "throws"
measure = "count_heads"
settings = { coins = [1, 40], bias = [0.5, 1] }
seeds = 2
"""
_PITFALL = """# %% tags=["protocol"]
import numpy as np
from pitfalls.study import Claim, Sample, Study


def make_coin(*, strength=1.0, random_state=None):
    rng = np.random.default_rng(random_state)
    fresh = Sample(rng.normal(size=(9, 2)), rng.integers(2, size=9))
    X, y = rng.normal(size=(9, 2)), rng.integers(2, size=9)
    study = Study(X, y, None, fresh, fresh, strength=strength, random_state=random_state)
    return study.knowing(boast=0.4 * strength)


def make_rows(*, random_state=None):
    return make_coin(random_state=random_state)


def count_heads(coins, bias, random_state):
    return {"heads": np.random.default_rng(random_state).binomial(coins, bias)}


def claim_too_much(data):
    deployed = 0.5 + 0.01 * data.X[0, 0]
    return Claim(deployed + data.info["boast"], (0, 1), lambda sample: deployed)


# %%
kept = 1

# %%
assert kept == 1
"""
_FIX = """# %% tags=["protocol"]
from pitfalls.study import Claim


def claim_what_is(data):
    deployed = 0.5 + 0.01 * data.X[0, 0]
    return Claim(deployed, (0, 1), lambda sample: deployed)


# %%
kept = 2

# %%
assert kept == 2
"""


@pytest.fixture
def checkout(tmp_path):
    """A copy of the repository in a folder whose path has a space and an accent."""
    target = tmp_path / "course à la carte"
    shutil.copytree(ROOT, target, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    return target


@pytest.fixture
def small_course(tmp_path, monkeypatch):
    """A course of one quick chapter, and the working folder in it."""
    import jupytext

    root = tmp_path / "petit cours é"
    folder = root / "chapters" / "90_tests"
    folder.mkdir(parents=True)
    (folder / "chapter.toml").write_text(_CHAPTER, encoding="utf-8")
    for name, text in {"90a_pitfall": _PITFALL, "90b_fix": _FIX}.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
        book = jupytext.reads(text, fmt="py:percent")
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        jupytext.write(book, folder / f"{name}.ipynb")
    monkeypatch.chdir(root)
    return root


def todays(cases, config, file, every=None):
    """Of cases that take turns, those that are run today: each `every`-th, by default one.

    All of them where their file is asked for, if it is given, and weekly, with ``--all-seeds``.
    """
    cases = list(cases)
    asked = file is not None and any(Path(file).stem in part for part in config.args)
    if config.option.all_seeds or asked:
        return cases
    every = every or len(cases) or 1
    return cases[config.option.seed_base // 1000 % every :: every]


def fill_cache(cache, executed):
    """Put notebooks that nbval has run into the cache; return their pages."""
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    from pitfalls.site.sphinx.executed_once import fingerprint

    pages = []
    for file in sorted(Path(executed).rglob("*.ipynb")):
        page = file.relative_to(executed).with_suffix("").as_posix()
        notebook = nbformat.read(file, as_version=4)
        text = (BOOK / f"{page}.ipynb").read_text(encoding="utf-8")
        notebook.metadata.kernelspec["fingerprint"] = fingerprint(page, text)
        bundle = CacheBundleIn(notebook, str(BOOK / f"{page}.ipynb"))
        get_cache(cache).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        pages.append(page)
    return pages


@pytest.fixture(scope="session")
def executed_before(request, tmp_path_factory):
    """The folder of one build, and the pages that are in its cache already."""
    if request.config.option.site:
        return Path(request.config.option.site).resolve().parents[1], []
    target = tmp_path_factory.mktemp("site")
    cache = target / "_build" / ".jupyter_cache"
    return target, fill_cache(str(cache), os.environ["PITFALLS_EXECUTED"])


@pytest.fixture(scope="session")
def build(request, executed_before):
    """Exit code, output and HTML folder of one build; None, None where ``--site`` names one."""
    if request.config.option.site:
        return None, None, Path(request.config.option.site).resolve()
    target, _ = executed_before
    make = "import sys; from pathlib import Path; from pitfalls.site import build; "
    make += "build.site(*map(Path, sys.argv[1:]), jobs=1)"
    result = subprocess.run(
        [sys.executable, "-c", make, BOOK, target],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"},
    )  # fmt: skip
    return result.returncode, result.stdout + result.stderr, target / "_build" / "html"


@pytest.fixture(scope="session")
def html(build):
    """The built site; the tests that use it are of the group "book", so that it is built once."""
    if not (build[2] / "index.html").is_file():
        pytest.fail("the site did not build; see test_it_builds_without_a_warning")
    return build[2]


def find_pdf_tools(missing):
    """Skip without LaTeX and pdftotext, or fail where CI is set."""
    if missing:
        says = f"no PDF without these packages: {' '.join(missing)}"
        pytest.fail(says) if "CI" in os.environ else pytest.skip(says)


def find_chromium(own):
    """A browser's path; without one the test skips, or fails where CI is set."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), own if Path(own).is_file() else None)
    if found is None:
        says = "no chromium: install it from your system, or run `playwright install chromium`"
        pytest.fail(says) if "CI" in os.environ else pytest.skip(says)
    return found


@pytest.fixture(scope="module")  # while it is open no other test of the process can use asyncio
def browser():
    """A browser that finds no other host."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", alone])
        yield browser
        browser.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server on which the browser asks once for what all pages load, over one connection."""

    protocol_version = "HTTP/1.1"

    def end_headers(self):
        if self.path.startswith("/_static/"):
            self.send_header("Cache-Control", "max-age=3600, immutable")
        super().end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address(html):
    """The site on loopback."""
    handler = functools.partial(Quiet, directory=html)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
