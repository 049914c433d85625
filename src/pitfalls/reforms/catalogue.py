"""The 32 items of the REFORMS checklist, in our own words.

An independent paraphrase: codes label the items as in Kapoor and colleagues (2024), *REFORMS:
Consensus-based Recommendations for Machine-learning-based Science*
(https://doi.org/10.1126/sciadv.adk3452), and the official text is at
https://reforms.cs.princeton.edu. No sentence here is taken from there.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

__all__ = ["DOI", "RESOLVER", "SITE", "SOURCE", "Item", "items"]

DOI = "10.1126/sciadv.adk3452"
#: What makes an address of a DOI.
RESOLVER = "https://doi.org/"
SITE = "https://reforms.cs.princeton.edu"
SOURCE = (
    "The items are an independent paraphrase of the REFORMS checklist (Kapoor and colleagues "
    "2024); codes are those of the checklist, words are not."
)


@dataclass(frozen=True)
class Item:
    """One item of the checklist.

    Attributes
    ----------
    code : str
        ``"6b"``; its first character is the number of the module.
    module : str
        The module's title.
    short : str
        The item in a few words.
    asks : str
        What it asks, in a sentence.
    holds : str
        What a good answer holds.
    """

    code: str
    module: str
    short: str
    asks: str
    holds: str


@cache
def items() -> Mapping[str, Item]:
    """Return the 32 items by their codes, in order.

    Returns
    -------
    mapping of str to Item
        ``items()["6b"].asks`` is what item 6b asks.
    """
    text = Path(__file__).with_name("items.toml").read_text(encoding="utf-8")
    found = {
        row["code"]: Item(module=module["title"], **row)
        for module in tomllib.loads(text)["modules"]
        for row in module["items"]
    }
    return MappingProxyType(found)
