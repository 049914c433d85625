"""Puts the small real data sets into the wheel, so that a worker needs no checkout.

Everything else about the package stands in ``pyproject.toml``.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

DATA = ("SHA256SUMS", "*.csv.gz", "nyc_*.md")


class BuildWithData(build_py):
    """Copies ``data/`` beside the modules; a checkout reads it where it is."""

    def run(self) -> None:
        """Build, then copy."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "pitfalls", "data")
        target.mkdir(parents=True, exist_ok=True)
        for kind in DATA:
            for file in Path("data").glob(kind):
                shutil.copy(file, target)


setup(cmdclass={"build_py": BuildWithData})
