"""Attribution maps: how much each pixel mattered for what a network says of a picture.

The methods are those of captum, which is imported then: ``pip install 'pitfalls[vision]'``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.utils.validation import check_is_fitted

from .._arguments import check_count, check_number
from ._pictures import SCALE, check_pictures
from ._torch import load_captum, load_torch, one_thread, seed_of
from .network import ImageClassifier

__all__ = [
    "METHODS",
    "attribute",
    "map_similarity",
    "points_at_object",
    "randomise_layers",
    "share_on_object",
]

#: The methods of `attribute`.
METHODS = ("gradient", "smoothgrad", "gradcam", "occlusion")

#: Pictures, or noisy copies of one, that go through the network at a time.
BATCH = 64


def attribute(
    model: ImageClassifier,
    X: np.ndarray,
    method: str = "gradcam",
    *,
    target: Any = None,
    noise: float = 0.1,
    n_samples: int = 16,
    window: int = 6,
    stride: int = 2,
    random_state: Any = 0,
) -> np.ndarray:
    """Return how much each pixel mattered for the logit of a label.

    Parameters
    ----------
    model : ImageClassifier
        Fitted.
    X : array of shape (n, height, width) or (n, height, width, channels), uint8
        Pictures.
    method : {"gradient", "smoothgrad", "gradcam", "occlusion"}, default="gradcam"
        ``"gradient"``: the logit's gradient, absolute and summed over channels.
        ``"smoothgrad"``: the same of the mean gradient over noisy copies of the picture.
        ``"gradcam"``: the maps of the last convolution, each times its mean gradient, summed,
        cut off at 0 and interpolated bilinearly to the picture's size.
        ``"occlusion"``: how far the logit falls while a grey window hides the pixel, in all
        channels; the mean over windows, cut off at 0.
    target : label or array of shape (n,), default=None
        The label whose logit is meant, one for all pictures or one for each; by default the
        predicted one.
    noise : float in [0, 1], default=0.1
        Standard deviation of SmoothGrad's noise; 1 is the range from black to white.
    n_samples : int, default=16
        SmoothGrad's noisy copies of a picture.
    window, stride : int, default=6 and 2
        Side of occlusion's window and the step between two windows, in pixels.
    random_state : int, Generator or None, default=0
        Seed of SmoothGrad's noise, which is the same for all pictures.

    Returns
    -------
    array of shape (n, height, width), float32
        At least 0, in a unit of the method's own: compare shares (`share_on_object`) or ranks.

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
    On one processor a map is the same to the bit from run to run. What other pictures there are
    changes no more than its last digits.

    Gradients are explained by Simonyan, Vedaldi and Zisserman (2014),
    https://arxiv.org/abs/1312.6034, SmoothGrad by Smilkov and colleagues (2017),
    https://arxiv.org/abs/1706.03825, Grad-CAM by Selvaraju and colleagues (2017),
    https://doi.org/10.1109/ICCV.2017.74, and occlusion by Zeiler and Fergus (2014),
    https://doi.org/10.1007/978-3-319-10590-1_53.
    """
    if method not in METHODS:
        raise ValueError(f"method={method!r} must be one of {', '.join(METHODS)}")
    check_is_fitted(model, "network_")
    X = check_pictures(X)
    if X.size == 0:
        raise ValueError(f"X has shape {X.shape}; there must be at least one picture")
    options: dict[str, Any] = {}
    if method == "smoothgrad":
        options["noise"] = check_number("noise", noise, low=0, high=1)
        options["n_samples"] = check_count("n_samples", n_samples)
        options["seed"] = seed_of(random_state)
    if method == "occlusion":
        options["window"], options["stride"] = _check_window(window, stride, *X.shape[1:3])
    explain = partial(
        _EXPLAIN[method], load_captum("attr", "attribution maps"), model.network_.eval(), **options
    )
    codes = _codes(model, X, target)
    with one_thread():
        batches = [slice(start, start + BATCH) for start in range(0, len(X), BATCH)]
        maps = [explain(model.prepare(X[batch]), codes[batch]) for batch in batches]
        return load_torch().cat(maps).cpu().numpy()


def share_on_object(maps: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return how much of each map lies on an object, relative to the object's size.

    Parameters
    ----------
    maps : array of shape (n, height, width)
        From `attribute`.
    mask : array of shape (n, height, width) or (height, width), bool
        Where the object is.

    Returns
    -------
    array of shape (n,)
        The share of the map's sum that lies inside the mask, divided by the mask's share of the
        picture. 1 is chance; NaN where the map or the mask is empty.

    Raises
    ------
    ValueError
        If shapes do not fit, or a map is below 0.
    """
    maps, mask = _maps_and_mask(maps, mask)
    chance = maps.sum(axis=(1, 2)) * mask.mean(axis=(1, 2))
    share = np.full(len(maps), np.nan)
    return np.divide((maps * mask).sum(axis=(1, 2)), chance, out=share, where=chance > 0)


def points_at_object(maps: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Play the pointing game: say whether the brightest pixel of each map lies on an object.

    Parameters
    ----------
    maps : array of shape (n, height, width)
        From `attribute`.
    mask : array of shape (n, height, width) or (height, width), bool
        Where the object is.

    Returns
    -------
    array of shape (n,)
        1 for a hit and 0 for a miss; where several pixels are brightest, the share of them that
        lies on the object. NaN where the mask is empty or the map is the same everywhere. By
        chance the mean is that of the mask.

    Raises
    ------
    ValueError
        If shapes do not fit, or a map is below 0.

    Notes
    -----
    The game, with a tolerance around the object, is that of Zhang and colleagues (2018),
    https://doi.org/10.1007/s11263-017-1059-x. To allow a tolerance, dilate the mask.
    """
    maps, mask = _maps_and_mask(maps, mask)
    top = maps.max(axis=(1, 2), keepdims=True)
    brightest = maps == top
    played = mask.any(axis=(1, 2)) & (maps < top).any(axis=(1, 2))
    hits = (brightest & mask).sum(axis=(1, 2)) / brightest.sum(axis=(1, 2))
    return np.where(played, hits, np.nan)


def map_similarity(maps: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how alike two maps of each picture are, as the rank correlation over pixels.

    Parameters
    ----------
    maps, others : array of shape (n, height, width)
        Maps of the same pictures, of two networks or by two methods.

    Returns
    -------
    array of shape (n,)
        Spearman's correlation over pixels: 1 where both maps rank the pixels alike, about 0 where
        one tells nothing of the other. NaN where a map is the same everywhere.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    maps, others = np.asarray(maps, float), np.asarray(others, float)
    if maps.ndim != 3 or others.shape != maps.shape:
        raise ValueError(
            f"maps has shape {maps.shape} and others {others.shape}; both must be "
            "(n, height, width)"
        )
    ranks = [rankdata(part.reshape(len(part), -1), axis=1) for part in (maps, others)]
    one, two = (part - part.mean(axis=1, keepdims=True) for part in ranks)
    scale = np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))
    alike = np.full(len(maps), np.nan)
    return np.divide((one * two).sum(axis=1), scale, out=alike, where=scale > 0)


def randomise_layers(
    model: ImageClassifier, n_layers: int, *, random_state: Any = 0
) -> ImageClassifier:
    """Return a copy of a network that has forgotten its last layers.

    The weights of the last layers are drawn anew, as they were before training; a map that shows
    what the network has learned must change with them.

    Parameters
    ----------
    model : ImageClassifier
        Fitted; left as it is.
    n_layers : int
        How many layers to draw anew, counted from the last: 1 is the linear layer, and so on to
        the first convolution. A batch normalisation goes with its convolution. 0 copies.
    random_state : int, Generator or None, default=0
        Seed of the new weights.

    Returns
    -------
    ImageClassifier
        Fitted.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    TypeError, ValueError
        If `n_layers` is not a whole number from 0 to the number of layers.

    Notes
    -----
    The cascading randomisation of Adebayo and colleagues (2018),
    https://arxiv.org/abs/1810.03292.
    """
    check_is_fitted(model, "network_")
    other, torch = copy.deepcopy(model), load_torch()
    layers: list[list[Any]] = []
    for module in other.network_.modules():
        if hasattr(module, "reset_parameters"):
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                layers[-1].append(module)
            else:
                layers.append([module])
    n_layers = check_count("n_layers", n_layers, least=0, most=len(layers))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(random_state))
        for layer in reversed(layers[len(layers) - n_layers :]):
            for module in layer:
                module.reset_parameters()
    return other


def _maps_and_mask(maps: Any, mask: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return maps and a mask of the same shape, or say what does not fit."""
    maps, mask = np.asarray(maps, float), np.asarray(mask, bool)
    if maps.ndim != 3 or mask.shape not in (maps.shape, maps.shape[1:]):
        raise ValueError(
            f"mask has shape {mask.shape} and maps {maps.shape}; maps must be (n, height, width), "
            "and mask the same or (height, width)"
        )
    if (maps < 0).any():
        raise ValueError(f"maps holds {maps.min():g}; attributions must be at least 0")
    return maps, np.broadcast_to(mask, maps.shape)


def _check_window(window: Any, stride: Any, height: int, width: int) -> tuple[int, int]:
    window, stride = check_count("window", window), check_count("stride", stride)
    if window > min(height, width):
        raise ValueError(
            f"window={window} is larger than the pictures, which have {height} by {width} pixels"
        )
    if stride > window:
        raise ValueError(f"stride={stride} must be at most window={window}: it skips pixels")
    return window, stride


def _codes(model: ImageClassifier, X: np.ndarray, target: Any) -> Any:
    """Return which logit is meant, for each picture."""
    labels = model.predict(X) if target is None else np.asarray(target)
    if labels.shape not in ((), X.shape[:1]):
        raise ValueError(
            f"target has shape {labels.shape}; it must be a label, or one for each of {len(X)} "
            "pictures"
        )
    known = model.classes_.tolist()
    labels = np.broadcast_to(labels, X.shape[:1]).tolist()
    strange = [label for label in labels if label not in known]
    if strange:
        raise ValueError(
            f"target holds {strange[0]!r}; the labels are {', '.join(map(repr, known))}"
        )
    return load_torch().tensor([known.index(label) for label in labels], device=model._device())


def _gradient(captum: Any, network: Any, X: Any, codes: Any) -> Any:
    return captum.Saliency(network).attribute(X.requires_grad_(), codes).sum(1)


def _smoothgrad(
    captum: Any, network: Any, X: Any, codes: Any, *, noise: float, n_samples: int, seed: int
) -> Any:
    torch, tunnel = load_torch(), captum.NoiseTunnel(captum.Saliency(network))
    copies = {
        "nt_samples": n_samples,
        "nt_samples_batch_size": BATCH,
        "stdevs": noise * 255 / SCALE,
    }
    maps = []
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        for one, code in zip(X.split(1), codes, strict=True):
            torch.manual_seed(seed)  # for each, since a batch draws by place
            maps.append(tunnel.attribute(one, target=code, abs=False, **copies))
    return torch.cat(maps).abs().sum(1)


def _gradcam(captum: Any, network: Any, X: Any, codes: Any) -> Any:
    layer = captum.LayerGradCam(network, network.body)
    maps = layer.attribute(X.requires_grad_(), codes, relu_attributions=True).detach()
    return captum.LayerAttribution.interpolate(maps, X.shape[2:], "bilinear")[:, 0]


def _occlusion(captum: Any, network: Any, X: Any, codes: Any, *, window: int, stride: int) -> Any:
    shape, steps = (X.shape[1], window, window), (1, stride, stride)
    falls = captum.Occlusion(network).attribute(X, shape, steps, baselines=0, target=codes)
    return falls[:, 0].clamp(min=0)


_EXPLAIN: dict[str, Callable[..., Any]] = dict(
    zip(METHODS, (_gradient, _smoothgrad, _gradcam, _occlusion), strict=True)
)
