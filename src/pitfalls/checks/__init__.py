"""Checks that a reader can take into a project of their own.

They take your procedure as a function, so that whatever it does to the data is inside the check.
"""

from .alone import too_good_alone
from .changes import answers_that_change, falls_under_changes
from .excluded import who_was_excluded
from .groups import score_gap_by, shared_groups
from .look_ahead import features_that_look_ahead, features_that_need_the_future
from .resampled import resampled_before_split
from .rows import shared_rows
from .shuffled import scores_on_shuffled_labels

__all__ = [
    "answers_that_change",
    "falls_under_changes",
    "features_that_look_ahead",
    "features_that_need_the_future",
    "resampled_before_split",
    "score_gap_by",
    "scores_on_shuffled_labels",
    "shared_groups",
    "shared_rows",
    "too_good_alone",
    "who_was_excluded",
]
