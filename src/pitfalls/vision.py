"""A small convolutional network that is used like scikit-learn's classifiers, and its attacker.

Training and predicting need PyTorch, which is imported then; attacks, and training against them,
need captum as well: ``pip install 'pitfalls[vision]'``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from numbers import Integral
from typing import Any, Self

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from .datasets._arguments import check_count, check_number

__all__ = ["ImageClassifier", "attack", "robust_accuracy"]


#: What `ImageClassifier.prepare` takes off each value, and divides by.
CENTRE, SCALE = 115, 64
#: Pictures that are attacked at a time.
ATTACKED = 256


@cache
def _torch() -> Any:
    return _installed("torch", "training and predicting need PyTorch")


@cache
def _robust() -> Any:
    return _installed("captum.robust", "attacks need captum and PyTorch")


def _installed(module: str, need: str) -> Any:
    """Import a module of the extra ``vision``, or say how to install it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{need}: run `pip install 'pitfalls[vision]'`, or `python3 course.py run`, which "
            "installs it"
        ) from error


class ImageClassifier(ClassifierMixin, BaseEstimator):
    """A classifier of small pictures: three convolutions, pooled by mean and by maximum.

    Parameters
    ----------
    width : int, default=8
        Channels of the first convolution; the next have two and four times as many.
    epochs : int, default=10
        Passes over the training pictures.
    learning_rate : float, default=3e-3
        The largest, on the way up and down of a one-cycle schedule.
    weight_decay : float, default=1e-3
        Of AdamW.
    batch_size : int, default=64
        Pictures a step.
    dro_step : float, default=0.0
        How fast a group that fares badly gains weight in the loss (group DRO), where `fit` is
        given groups; at 0 no group does.
    flip : bool, default=True
        Whether training pictures are mirrored at random.
    attack_eps : float in [0, 255], default=0
        Adversarial training: each batch is attacked before its step, by at most so many grey
        levels a pixel and channel; at 0 it is not.
    attack_steps : int, default=3
        Steps of that attack. A batch costs about so many times more than without.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights that it found the last time.
    device : str, default="auto"
        ``"cpu"``, ``"cuda"``, or ``"auto"`` for CUDA where there is one.
    verbose : bool, default=False
        Whether to show a progress bar.
    random_state : int, Generator or None, default=0
        Seed of the weights, the order of the pictures and the flips.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The labels.
    network_ : torch.nn.Module
        Takes pictures of shape (n, channels, height, width), scaled as `prepare` does, and
        returns logits of shape (n, n_classes). ``network_.body`` are the convolutions.

    Notes
    -----
    On one processor a model is the same to the bit from run to run: training takes one thread.
    The first convolution has stride 1, since stride 2 draws a checkerboard into gradients.
    Group DRO is that of Sagawa and colleagues (2020). Adversarial training is that of Madry and
    colleagues (2018), https://arxiv.org/abs/1706.06083; the attack takes the batch statistics as
    they would be in use.
    """

    def __init__(
        self,
        *,
        width: int = 8,
        epochs: int = 10,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-3,
        batch_size: int = 64,
        dro_step: float = 0.0,
        flip: bool = True,
        attack_eps: float = 0.0,
        attack_steps: int = 3,
        warm_start: bool = False,
        device: str = "auto",
        verbose: bool = False,
        random_state: Any = 0,
    ):
        self.width = width
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.dro_step = dro_step
        self.flip = flip
        self.attack_eps = attack_eps
        self.attack_steps = attack_steps
        self.warm_start = warm_start
        self.device = device
        self.verbose = verbose
        self.random_state = random_state

    def fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        sample_weight: np.ndarray | None = None,
        groups: np.ndarray | None = None,
    ) -> Self:
        """Train on pictures.

        Parameters
        ----------
        X : array of shape (n, height, width) or (n, height, width, channels), uint8
            Pictures.
        y : array of shape (n,)
            Labels.
        sample_weight : array of shape (n,), default=None
            How often each picture is drawn, relative to the others; each once an epoch by
            default.
        groups : array of shape (n,), default=None
            Groups that are drawn equally often, each by its pictures' weights.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If shapes do not fit, there are fewer than two labels, a group has no weight, or a
            warm start meets other labels or channels than the last time.
        """
        torch = _torch()
        X, y = _pictures(X), np.asarray(y)
        if y.shape != X.shape[:1]:
            raise ValueError(f"y has shape {y.shape}, but there are {len(X)} pictures")
        check_number("attack_eps", self.attack_eps, low=0, high=255)
        check_count("attack_steps", self.attack_steps)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y holds one label only, {classes[0]!r}")
        channels = 1 if X.ndim == 3 else X.shape[3]
        goes_on = self.warm_start and hasattr(self, "network_")
        if goes_on:
            self._check_it_can_go_on(classes, channels)
        self.classes_ = classes
        weights, members = _weights(len(X), sample_weight, groups)
        draw = None if weights is None else torch.as_tensor(weights)
        with _one_thread(), torch.random.fork_rng(range(torch.cuda.device_count())):
            seed = _seed(self.random_state)
            torch.manual_seed(seed)
            if not goes_on:
                network = _network_class()(channels, self.width, len(self.classes_))
                self.network_ = network.to(self._device(), memory_format=torch.channels_last)
            codes = torch.as_tensor(codes, device=self._device())
            loss = _cross_entropy
            if members is not None and self.dro_step:
                members = torch.as_tensor(members, device=self._device())
                loss = _GroupLoss(members, self.dro_step)
            chance = torch.Generator().manual_seed(seed)
            self._train(self.prepare(X), codes, draw, loss, chance)
        return self

    def _check_it_can_go_on(self, classes: np.ndarray, channels: int) -> None:
        if not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"y holds the labels {classes.tolist()}, but the warm start has learned "
                f"{self.classes_.tolist()}"
            )
        learned = self.network_.body[0].in_channels
        if channels != learned:
            raise ValueError(
                f"X has {channels} channels, but the warm start has learned {learned}"
            )

    def _train(self, X: Any, codes: Any, draw: Any, loss_of: Any, chance: Any) -> None:
        torch = _torch()
        n, network = len(X), self.network_.train()
        optimizer = torch.optim.AdamW(
            network.parameters(), self.learning_rate, weight_decay=self.weight_decay
        )
        steps = self.epochs * -(-n // self.batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.learning_rate, total_steps=steps
        )
        for _ in _progress(self.epochs, self.verbose):
            order = (
                torch.randperm(n, generator=chance)
                if draw is None
                else torch.multinomial(draw, n, replacement=True, generator=chance)
            )
            mirrored = torch.rand(n, generator=chance) < (0.5 if self.flip else 0)
            for rows, flips in zip(
                order.split(self.batch_size), mirrored.split(self.batch_size), strict=True
            ):
                batch = X[rows]
                batch[flips] = batch[flips].flip(3)
                if self.attack_eps:
                    network.eval()
                    batch = _perturb(
                        network, batch, codes[rows], self.attack_eps, self.attack_steps
                    )
                    network.train()
                loss = loss_of(network(batch), codes[rows], rows)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
        network.eval()

    def prepare(self, X: np.ndarray) -> Any:
        """Return pictures as the network takes them.

        Parameters
        ----------
        X : array of shape (n, height, width) or (n, height, width, channels), uint8
            Pictures.

        Returns
        -------
        torch.Tensor of shape (n, channels, height, width)
            Values around 0, on the network's device.
        """
        torch = _torch()
        tensor = torch.tensor(np.ascontiguousarray(X), device=self._device())
        tensor = tensor[:, None] if tensor.ndim == 3 else tensor.permute(0, 3, 1, 2)
        tensor = tensor.to(torch.float32).sub_(CENTRE).div_(SCALE)
        return tensor.contiguous(memory_format=torch.channels_last)

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return the logits, of shape (n, n_classes); for two classes their difference, (n,)."""
        check_is_fitted(self, "network_")
        logits = self._in_batches(self.network_, X).astype(float)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class, of shape (n, n_classes)."""
        logits = self.decision_function(X)
        if logits.ndim == 1:
            logits = np.column_stack([np.zeros_like(logits), logits])
        return softmax(logits, axis=1)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the likeliest label of each picture, of shape (n,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return what the last layer sees of each picture, of shape (n, 8 * width)."""
        check_is_fitted(self, "network_")
        return self._in_batches(self.network_.pooled, X)

    def _in_batches(self, function: Any, X: np.ndarray) -> np.ndarray:
        torch = _torch()
        with _one_thread(), torch.inference_mode():
            parts = [function(self.prepare(X[i : i + 512])) for i in range(0, len(X) or 1, 512)]
            return torch.cat(parts).cpu().numpy()

    def _device(self) -> str:
        if self.device != "auto":
            return self.device
        return "cuda" if _torch().cuda.is_available() else "cpu"


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
    X, y = _pictures(X), np.asarray(y)
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
    torch, codes = _torch(), np.searchsorted(model.classes_, y)
    with _one_thread(), torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.manual_seed(_seed(random_state))
        for _ in range(restarts):
            left = np.flatnonzero(model.predict(attacked) == y)
            for rows in np.split(left, range(ATTACKED, len(left), ATTACKED)):
                if len(rows):
                    labels = torch.as_tensor(codes[rows], device=model._device())
                    inputs = model.prepare(X[rows])
                    found = _perturb(model.network_.eval(), inputs, labels, eps, steps)
                    tried = _uint8(found, X.ndim)
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


def _perturb(network: Any, inputs: Any, codes: Any, eps: float, steps: int) -> Any:
    """Return prepared pictures moved by at most `eps` grey levels towards a wrong answer."""
    bounds = {"lower_bound": -CENTRE / SCALE, "upper_bound": (255 - CENTRE) / SCALE}
    descent = _robust().PGD(network, _lead_of_the_wrong, **bounds)
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


def _uint8(inputs: Any, ndim: int) -> np.ndarray:
    """Return prepared pictures as they were before `ImageClassifier.prepare`."""
    levels = inputs.detach().mul(SCALE).add(CENTRE).round().clamp(0, 255).to(_torch().uint8)
    levels = levels[:, 0] if ndim == 3 else levels.permute(0, 2, 3, 1)
    return levels.contiguous().cpu().numpy()


def _pictures(X: Any) -> np.ndarray:
    X = np.asarray(X)
    if X.ndim not in (3, 4) or X.dtype != np.uint8:
        raise ValueError(
            f"X has shape {X.shape} and type {X.dtype}; pictures are uint8 arrays of shape "
            "(n, height, width) or (n, height, width, channels)"
        )
    return X


def _seed(random_state: Any) -> int:
    """Return a seed for PyTorch from an int, Generator or None."""
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(np.random.default_rng(random_state).integers(2**63))


def _weights(
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


def _cross_entropy(logits: Any, codes: Any, rows: Any) -> Any:
    return _torch().nn.functional.cross_entropy(logits, codes)


class _GroupLoss:
    """The loss of group DRO: groups with a high loss gain weight from step to step."""

    def __init__(self, members: Any, step: float):
        self.members, self.step = members, step
        self.share = _torch().ones(int(members.max()) + 1, device=members.device)

    def __call__(self, logits: Any, codes: Any, rows: Any) -> Any:
        torch = _torch()
        losses = torch.nn.functional.cross_entropy(logits, codes, reduction="none")
        here = torch.nn.functional.one_hot(self.members[rows], len(self.share)).to(losses)
        means = losses @ here / here.sum(0).clamp(min=1)
        self.share = self.share * (self.step * means.detach()).exp()
        self.share = self.share / self.share.sum()
        return self.share @ means


@cache
def _network_class() -> type:
    from torch import cat, nn

    class Network(nn.Module):
        """Three convolutions, mean and maximum over what is left of the picture, one layer."""

        def __init__(self, channels: int, width: int, n_classes: int):
            super().__init__()
            self.body = nn.Sequential(
                *_convolution(nn, channels, width, nn.AvgPool2d(2)),
                *_convolution(nn, width, 2 * width, nn.MaxPool2d(2)),
                *_convolution(nn, 2 * width, 4 * width),
            )
            self.head = nn.Linear(8 * width, n_classes)

        def pooled(self, x):
            maps = self.body(x)
            return cat([maps.mean((2, 3)), maps.amax((2, 3))], 1)

        def forward(self, x):
            return self.head(self.pooled(x))

    return Network


def _convolution(nn: Any, before: int, after: int, *pool: Any) -> tuple[Any, ...]:
    convolution = nn.Conv2d(before, after, 3, padding=1, bias=False)
    return convolution, *pool, nn.BatchNorm2d(after), nn.ReLU()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let PyTorch compute on one thread, which is faster here and the same to the bit."""
    torch = _torch()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _progress(epochs: int, verbose: bool) -> Iterator[int]:
    if not verbose:
        return iter(range(epochs))
    from rich.progress import track

    return track(range(epochs), description="training")
