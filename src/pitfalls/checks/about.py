"""What each check asks, and where it is taught: what a page or a report says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["ABOUT", "About"]


@dataclass(frozen=True)
class About:
    """What a check asks.

    Attributes
    ----------
    asks : str
        Its question in plain words.
    chapter, title : str
        Number and name of the chapter that it is taught in.
    items : tuple of str
        The items of the REFORMS checklist that it is evidence for.
    """

    asks: str
    chapter: str
    title: str
    items: tuple[str, ...]


_00 = ("00", "Before you believe a score")
_02 = ("02", "Choosing features before the split")
_03 = ("03", "Resampling before the split")
_04 = ("04", "Copies on both sides")
_05 = ("05", "The same patients on both sides")
_06 = ("06", "Written down afterwards")
_07 = ("07", "Features that see tomorrow")
_10 = ("10", "Whose labels they are")
_11 = ("11", "Those who were left out")
_17 = ("17", "The map that convinces")
_18 = ("18", "Robust, and wrong")

ABOUT: Mapping[str, About] = MappingProxyType(
    {
        "shared_identifiers": About(
            "Is the same person, device or document on both sides of the split?",
            *_05,
            ("5c", "6b"),
        ),
        "shared_rows": About(
            "Are test rows copies, exact or near, of training rows?",
            *_04,
            ("2a", "6b"),
        ),
        "shared_texts": About(
            "Are test texts, or long pieces of them, in the training texts?",
            *_04,
            ("2a", "6b"),
        ),
        "trained_after_test": About(
            "Does any training row come from a time after a test row?",
            *_07,
            ("5c", "6b"),
        ),
        "resampled_before_split": About(
            "Were rows copied or made up (oversampling, SMOTE) before the split?",
            *_03,
            ("4c", "6a"),
        ),
        "features_that_look_ahead": About(
            "Does a feature change when the future is taken away?",
            *_07,
            ("6c",),
        ),
        "scores_on_shuffled_labels": About(
            "Does the whole procedure score on labels that mean nothing?",
            *_02,
            ("6a",),
        ),
        "sealed_envelope": About(
            "Does the model get what was claimed on rows that the procedure never saw?",
            *_02,
            ("5d", "6a", "7b"),
        ),
        "beats_baselines": About(
            "Is the score better than a constant, a guess, or yesterday's value?",
            *_00,
            ("5f",),
        ),
        "noise_floor": About(
            "How far does the score move with the seed and the split alone?",
            *_00,
            ("7b",),
        ),
        "answers_alike": About(
            "Do training and serving prepare the same row alike?",
            *_06,
            ("2e", "4c"),
        ),
        "too_good_alone": About(
            "Does a single column know the outcome too well?",
            *_06,
            ("6c",),
        ),
        "shared_groups": About(
            "Does the procedure profit from having met the group before?",
            *_05,
            ("5c", "6b"),
        ),
        "score_gap_by": About(
            "Is the score lower for annotators, patients or sites that are new?",
            *_10,
            ("3a", "6b"),
        ),
        "who_was_excluded": About(
            "Do those who were left out differ from those who stayed?",
            *_11,
            ("3b", "4a"),
        ),
        "answers_that_change": About(
            "Do answers change with what should not matter?",
            *_17,
            ("8a",),
        ),
        "falls_under_changes": About(
            "Does the score fall when what should not matter changes?",
            *_18,
            ("8b",),
        ),
    }
)
