"""Checks that a reader can take into a project of their own.

Each answers one question, and returns a `Result`: a sentence, a table of ``value``, ``null`` and
``verdict``, and what to do. Where it runs your procedure it takes it as a function, so that
whatever that does to the data is inside the check.
"""

from typing import TYPE_CHECKING

from .._lazy import attach

if TYPE_CHECKING:
    from .alone import too_good_alone as too_good_alone
    from .baselines import beats_baselines as beats_baselines
    from .changes import (
        answers_that_change as answers_that_change,
        falls_under_changes as falls_under_changes,
    )
    from .envelope import sealed_envelope as sealed_envelope
    from .excluded import who_was_excluded as who_was_excluded
    from .gaps import score_gap_by as score_gap_by
    from .groups import shared_groups as shared_groups
    from .identifiers import shared_identifiers as shared_identifiers
    from .look_ahead import features_that_look_ahead as features_that_look_ahead
    from .noise import noise_floor as noise_floor
    from .resampled import resampled_before_split as resampled_before_split
    from .result import Finding as Finding, Result as Result
    from .rows import shared_rows as shared_rows
    from .served import answers_alike as answers_alike
    from .shuffled import scores_on_shuffled_labels as scores_on_shuffled_labels
    from .texts import shared_texts as shared_texts
    from .times import trained_after_test as trained_after_test

_PARTS = {
    "result": ["Finding", "Result"],
    "alone": ["too_good_alone"],
    "baselines": ["beats_baselines"],
    "changes": ["answers_that_change", "falls_under_changes"],
    "envelope": ["sealed_envelope"],
    "excluded": ["who_was_excluded"],
    "gaps": ["score_gap_by"],
    "groups": ["shared_groups"],
    "identifiers": ["shared_identifiers"],
    "look_ahead": ["features_that_look_ahead"],
    "noise": ["noise_floor"],
    "resampled": ["resampled_before_split"],
    "rows": ["shared_rows"],
    "served": ["answers_alike"],
    "shuffled": ["scores_on_shuffled_labels"],
    "texts": ["shared_texts"],
    "times": ["trained_after_test"],
}
__getattr__, __dir__, __all__ = attach(__name__, _PARTS)
