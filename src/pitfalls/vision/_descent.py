"""How the network is trained: what is drawn, what is minimised."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ._torch import load_torch

__all__ = ["GroupLoss", "cross_entropy", "draw_weights", "epochs_shown"]


def draw_weights(
    n: int, sample_weight: np.ndarray | None, groups: np.ndarray | None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return how often each picture is drawn, and the number of its group, where given."""
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight, float)
        fits = sample_weight.shape == (n,)
        if not fits or not (sample_weight >= 0).all() or not sample_weight.sum() > 0:
            raise ValueError("sample_weight must hold a number of at least 0 for each picture")
    if groups is None:
        return sample_weight, None
    groups = np.asarray(groups)
    if groups.shape != (n,):
        raise ValueError(f"groups has shape {groups.shape}, but there are {n} pictures")
    names, members = np.unique(groups, return_inverse=True)
    totals = np.bincount(members, sample_weight, len(names))
    if not (totals > 0).all():
        raise ValueError(f"groups {names[totals == 0].tolist()} have no weight in sample_weight")
    return (1.0 if sample_weight is None else sample_weight) / totals[members], members


def cross_entropy(logits: Any, codes: Any, rows: Any) -> Any:
    """Return the mean cross-entropy of a batch; `rows` does not matter."""
    return load_torch().nn.functional.cross_entropy(logits, codes)


class GroupLoss:
    """The loss of group DRO: groups with a high loss gain weight from step to step."""

    def __init__(self, members: Any, step: float):
        self.members, self.step = members, step
        self.share = load_torch().ones(int(members.max()) + 1, device=members.device)

    def __call__(self, logits: Any, codes: Any, rows: Any) -> Any:
        torch = load_torch()
        losses = torch.nn.functional.cross_entropy(logits, codes, reduction="none")
        here = torch.nn.functional.one_hot(self.members[rows], len(self.share)).to(losses)
        means = losses @ here / here.sum(0).clamp(min=1)
        self.share = self.share * (self.step * means.detach()).exp()
        self.share = self.share / self.share.sum()
        return self.share @ means


def epochs_shown(epochs: int, verbose: bool) -> Iterable[int]:
    """Count the epochs, with a progress bar where `verbose`."""
    if not verbose:
        return range(epochs)
    from rich.progress import track

    return track(range(epochs), description="training")
