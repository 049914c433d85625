"""Attacks on the network: the smallest change that makes it wrong.

They need PyTorch and captum, which are imported then: ``pip install 'pitfalls[vision]'``.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._arguments import check_count
from ._pictures import CENTRE, SCALE, as_uint8, check_pictures
from ._torch import load_captum, load_torch, one_thread, seed_of

if TYPE_CHECKING:
    from .network import ImageClassifier

__all__ = ["attack", "perturb", "robust_accuracy"]

#: Pictures that are attacked at a time.
ATTACKED = 256


def attack(
    model: ImageClassifier,
    X: np.ndarray,
    y: np.ndarray,
    eps: int,
    *,
    steps: int = 10,
    restarts: int = 1,
    random_state: Any = 0,
) -> np.ndarray:
    """Change each picture a little, so that the model gets it wrong if that can be done.

    Parameters
    ----------
    model : ImageClassifier
        Fitted.
    X : array of shape (n, height, width) or (n, height, width, channels), uint8
        Pictures.
    y : array of shape (n,)
        Their true labels.
    eps : int from 0 to 255
        The most that a pixel may change, in grey levels of 255, in each channel.
    steps : int, default=10
        Steps of projected gradient descent, each of 2.5 / `steps` of `eps`.
    restarts : int, default=1
        How often to begin anew, at a random point within `eps`, with pictures that are still
        classified correctly.
    random_state : int, Generator or None, default=0
        Seed of the starting points.

    Returns
    -------
    array of the shape of X, uint8
        Pictures that could be saved to a file: whole grey levels from 0 to 255. Where no attempt
        succeeded, or none was needed, the picture is as it was.

    Raises
    ------
    ImportError
        If captum or PyTorch is not installed.
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The attack is that of Madry and colleagues (2018), https://arxiv.org/abs/1706.06083, as captum
    has it. It climbs the largest wrong logit minus the right one, not the cross-entropy: captum
    takes slopes below 1e-6 for zero, and the cross-entropy of a network that is very sure is as
    flat as that, so that the surer network would seem the more robust.

    An attack that fails proves nothing: a stronger one may succeed.
    """
    check_is_fitted(model, "network_")
    X, y = check_pictures(X), np.asarray(y)
    if y.shape != X.shape[:1]:
        raise ValueError(f"y has shape {y.shape}, but there are {len(X)} pictures")
    strange = np.setdiff1d(y, model.classes_).tolist()
    if strange:
        raise ValueError(f"y holds {strange[0]!r}; the labels are {model.classes_.tolist()}")
    eps = check_count("eps", eps, least=0, most=255)
    steps, restarts = check_count("steps", steps), check_count("restarts", restarts)
    attacked = np.array(X)
    if eps == 0 or len(X) == 0:
        return attacked
    torch, codes = load_torch(), np.searchsorted(model.classes_, y)
    with one_thread(), torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.manual_seed(seed_of(random_state))
        for _ in range(restarts):
            left = np.flatnonzero(model.predict(attacked) == y)
            for rows in np.split(left, range(ATTACKED, len(left), ATTACKED)):
                if len(rows):
                    labels = torch.as_tensor(codes[rows], device=model._device())
                    inputs = model.prepare(X[rows])
                    found = perturb(model.network_.eval(), inputs, labels, eps, steps)
                    tried = as_uint8(found, X.ndim)
                    won = model.predict(tried) != y[rows]
                    attacked[rows[won]] = tried[won]
    return attacked


def robust_accuracy(
    model: ImageClassifier,
    X: np.ndarray,
    y: np.ndarray,
    eps: int,
    *,
    steps: int = 10,
    restarts: int = 1,
    random_state: Any = 0,
) -> float:
    """Return the share of pictures that a model still gets right when each is attacked.

    The true robust accuracy, against the best attack there is, is at most this.

    Parameters
    ----------
    model : ImageClassifier
        Fitted.
    X : array of shape (n, height, width) or (n, height, width, channels), uint8
        Pictures.
    y : array of shape (n,)
        Their true labels.
    eps : int from 0 to 255
        The most that a pixel may change, in grey levels of 255; 0 gives the accuracy.
    steps, restarts : int, default=10 and 1
        How hard the attack tries.
    random_state : int, Generator or None, default=0
        Seed of the starting points.

    Returns
    -------
    float
    """
    settings = {"steps": steps, "restarts": restarts, "random_state": random_state}
    return float(model.score(attack(model, X, y, eps, **settings), y))


def perturb(network: Any, inputs: Any, codes: Any, eps: float, steps: int) -> Any:
    """Return prepared pictures moved by at most `eps` grey levels towards a wrong answer."""
    bounds = {"lower_bound": -CENTRE / SCALE, "upper_bound": (255 - CENTRE) / SCALE}
    descent = load_captum("robust", "attacks").PGD(network, _lead_of_the_wrong, **bounds)
    radius = eps / SCALE
    with warnings.catch_warnings():
        # Captum tells that it sets requires_grad, which is what it is asked for.
        warnings.filterwarnings("ignore", "Input Tensor 0 did not already require", UserWarning)
        return descent.perturb(
            inputs, radius, 2.5 * radius / steps, steps, codes, random_start=True
        )


def _lead_of_the_wrong(logits: Any, codes: Any) -> Any:
    """Return the largest wrong logit minus the right one, for each picture."""
    right = logits.gather(1, codes[:, None])
    wrong = logits.scatter(1, codes[:, None], -float("inf"))
    return wrong.amax(1) - right[:, 0]
