"""A small convolutional network that is used like scikit-learn's classifiers.

Training and predicting need PyTorch, which is imported then: ``pip install 'pitfalls[vision]'``.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from .._arguments import check_count, check_number
from . import _kept
from ._descent import GroupLoss, cross_entropy, draw_weights, epochs_shown
from ._pictures import CENTRE, SCALE, check_pictures
from ._torch import load_torch, one_thread, seed_of
from .attack import perturb

__all__ = ["ImageClassifier"]


class ImageClassifier(ClassifierMixin, BaseEstimator):
    """A classifier of small pictures: three convolutions, pooled by mean and by maximum.

    Parameters
    ----------
    width : int, default=8
        Channels of the first convolution; the next have two and four times as many.
    epochs : int, default=60
        Passes over the training pictures.
    learning_rate : float, default=5e-3
        The largest, on the way up and down of a one-cycle schedule.
    weight_decay : float, default=0.01
        Of AdamW.
    batch_size : int, default=32
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
    n_features_in_ : int
        Values of a picture at `fit`. Later pictures may have another size, and no other channels.
    network_ : torch.nn.Module
        Takes pictures of shape (n, channels, height, width), scaled as `prepare` does, and
        returns logits of shape (n, n_classes). ``network_.body`` are the convolutions.

    Notes
    -----
    On one processor a model is the same to the bit from run to run: training takes one thread.
    Where ``PITFALLS_NETWORKS`` names a folder, models are kept there, and one that has been
    trained before is read.
    The first convolution has stride 1, since stride 2 draws a checkerboard into gradients.
    Group DRO is that of Sagawa and colleagues (2020). Adversarial training is that of Madry and
    colleagues (2018), https://arxiv.org/abs/1706.06083; the attack takes the batch statistics as
    they would be in use.
    """

    def __init__(
        self,
        *,
        width: int = 8,
        epochs: int = 60,
        learning_rate: float = 5e-3,
        weight_decay: float = 0.01,
        batch_size: int = 32,
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
        torch = load_torch()
        X, y = check_pictures(X), np.asarray(y)
        if y.shape != X.shape[:1]:
            raise ValueError(f"y has shape {y.shape}, but there are {len(X)} pictures")
        for name in ("width", "epochs", "batch_size", "attack_steps"):
            check_count(name, getattr(self, name))
        check_number("attack_eps", self.attack_eps, low=0, high=255)
        for name in ("learning_rate", "weight_decay", "dro_step"):
            check_number(name, getattr(self, name), low=0)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"y holds one label only, {classes[0]!r}")
        channels = 1 if X.ndim == 3 else X.shape[3]
        goes_on = self.warm_start and hasattr(self, "network_")
        if goes_on:
            self._check_it_can_go_on(classes, channels)
        self.classes_, self.n_features_in_ = classes, int(np.prod(X.shape[1:]))
        weights, members = draw_weights(len(X), sample_weight, groups)
        draw = None if weights is None else torch.as_tensor(weights)
        kept = None if goes_on else _kept.file_of(self, X, codes, weights, members)
        with one_thread(), torch.random.fork_rng(range(torch.cuda.device_count())):
            seed = seed_of(self.random_state)
            torch.manual_seed(seed)
            if not goes_on:
                from ._modules import Network

                network: Any = Network(channels, self.width, len(self.classes_))
                self.network_ = network.to(self._device(), memory_format=torch.channels_last)
            if kept and _kept.load(self.network_, kept):
                return self
            codes = torch.as_tensor(codes, device=self._device())
            loss = cross_entropy
            if members is not None and self.dro_step:
                members = torch.as_tensor(members, device=self._device())
                loss = GroupLoss(members, self.dro_step)
            chance = torch.Generator().manual_seed(seed)
            self._train(self.prepare(X), codes, draw, loss, chance)
        if kept:
            _kept.save(self.network_, kept)
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
        torch = load_torch()
        n, network = len(X), self.network_.train()
        optimizer = torch.optim.AdamW(
            network.parameters(), self.learning_rate, weight_decay=self.weight_decay, fused=True
        )
        steps = self.epochs * -(-n // self.batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.learning_rate, total_steps=steps
        )
        for _ in epochs_shown(self.epochs, self.verbose):
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
                    batch = perturb(
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
        torch = load_torch()
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
        torch, X = load_torch(), check_pictures(X)
        channels, learned = 1 if X.ndim == 3 else X.shape[3], self.network_.body[0].in_channels
        if channels != learned:
            raise ValueError(f"X has {channels} channels, but the network has learned {learned}")
        with one_thread(), torch.inference_mode():
            parts = [function(self.prepare(X[i : i + 512])) for i in range(0, len(X) or 1, 512)]
            return torch.cat(parts).cpu().numpy()

    def _device(self) -> str:
        if self.device != "auto":
            return self.device
        return "cuda" if load_torch().cuda.is_available() else "cpu"
