"""Checks that a reader can take into a project of their own.

Each answers one question, and returns a `Result`: a sentence, a table of ``value``, ``null`` and
``verdict``, and what to do. Where it runs your procedure it takes it as a function, so that
whatever that does to the data is inside the check.
"""

from typing import TYPE_CHECKING

from .._lazy import attach

if TYPE_CHECKING:
    from ._result import Finding, Result
    from .alone import too_good_alone
    from .changes import answers_that_change, falls_under_changes
    from .excluded import who_was_excluded
    from .gaps import score_gap_by
    from .groups import shared_groups
    from .identifiers import shared_identifiers
    from .look_ahead import features_that_look_ahead, features_that_need_the_future
    from .resampled import resampled_before_split
    from .rows import shared_rows
    from .shuffled import scores_on_shuffled_labels

_PARTS = {
    "_result": ["Finding", "Result"],
    "alone": ["too_good_alone"],
    "changes": ["answers_that_change", "falls_under_changes"],
    "excluded": ["who_was_excluded"],
    "gaps": ["score_gap_by"],
    "groups": ["shared_groups"],
    "identifiers": ["shared_identifiers"],
    "look_ahead": ["features_that_look_ahead", "features_that_need_the_future"],
    "resampled": ["resampled_before_split"],
    "rows": ["shared_rows"],
    "shuffled": ["scores_on_shuffled_labels"],
}
__getattr__, __dir__, __all__ = attach(__name__, _PARTS)
