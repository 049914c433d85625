"""How many changed copies of texts `shared_texts` finds, and how many others it accuses.

    python benchmarks/texts.py

takes the paragraphs of Python's own reference (``pydoc_data.topics``), plants changed copies of
fifty training paragraphs among the test paragraphs, and puts the share that each finding names
into ``benchmarks/texts.csv``. Paragraphs that the reference itself repeats are taken out before.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
import pandas as pd

from pitfalls.checks import shared_texts

FILE = Path(__file__).with_suffix(".csv")
#: Copies that are planted, and paragraphs of so many words that take part.
PLANTED, FEWEST_WORDS = 50, 30
KINDS = ("exact", "pieces", "near")


def paragraphs() -> list[str]:
    """Return the paragraphs of the reference, each once, but for what it repeats."""
    found = dict.fromkeys(
        part.strip() for text in topics.values() for part in re.split(r"\n\s*\n", text)
    )
    long = [part for part in found if len(part.split()) >= FEWEST_WORDS]
    rng = np.random.default_rng(0)
    rng.shuffle(long)
    half = len(long) // 2
    for _ in range(5):  # those that repeat others go, until none is left
        result = shared_texts(long[:half], long[half:])
        repeated = {half + row for kind in KINDS for row in result[kind].where}
        if not repeated:
            break
        long = [part for row, part in enumerate(long) if row not in repeated]
    return long


def reworded(share: float) -> Callable[[str, np.random.Generator], str]:
    """Return a change that replaces a share of the words by other words of the reference."""

    def change(text: str, rng: np.random.Generator) -> str:
        return " ".join(
            rng.choice(WORDS) if rng.random() < share else word for word in text.split()
        )

    return change


CHANGES: dict[str, Callable[[str, np.random.Generator], str]] = {
    "none: other paragraphs": lambda text, rng: text,
    "re-wrapped": lambda text, rng: textwrap.fill(" ".join(text.split()), 40),
    "capitals": lambda text, rng: text.upper(),
    "no punctuation": lambda text, rng: re.sub(r"[^\w\s]", " ", text),
    "a piece of 20 words": lambda text, rng: " ".join(text.split()[5:25]),
    **{
        f"{share:.0%} of the words replaced": reworded(share)
        for share in (0.05, 0.1, 0.2, 0.3, 0.5)
    },
}


def measure(train: list[str], test: list[str]) -> pd.DataFrame:
    """Return the share of planted copies that each finding, and any of them, names."""
    rows = []
    for name, change in CHANGES.items():
        rng = np.random.default_rng(1)
        made = test[:PLANTED] if name.startswith("none") else [
            change(text, rng) for text in train[:PLANTED]
        ]  # fmt: skip
        result = shared_texts(train, [*made, *test[PLANTED:]])
        named = {kind: {row for row in result[kind].where if row < PLANTED} for kind in KINDS}
        found = {kind: len(some) / PLANTED for kind, some in named.items()}
        rows.append({"change": name, **found, "any": len(set().union(*named.values())) / PLANTED})
    return pd.DataFrame(rows)


if __name__ == "__main__":
    TEXTS = paragraphs()
    WORDS = " ".join(TEXTS).split()
    half = len(TEXTS) // 2
    table = measure(TEXTS[:half], TEXTS[half:])
    table.to_csv(FILE, index=False, float_format="%.2f")
    print(f"{half} training and {len(TEXTS) - half} test paragraphs")
    print(table.to_string(index=False))
