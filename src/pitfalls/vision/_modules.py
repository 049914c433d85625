"""The network as a PyTorch module. Importing this imports PyTorch."""

from __future__ import annotations

from torch import Tensor, cat, nn
from torch.nn.functional import conv2d, pad

__all__ = ["Network"]


class Network(nn.Module):
    """Three convolutions, mean and maximum over what is left of the picture, one layer.

    Parameters
    ----------
    channels : int
        Channels of the pictures.
    width : int
        Channels of the first convolution.
    n_classes : int
        Logits.
    """

    def __init__(self, channels: int, width: int, n_classes: int):
        super().__init__()
        self.body = nn.Sequential(
            *_normalised(Halving(channels, width)),
            *_normalised(_convolution(width, 2 * width), nn.MaxPool2d(2)),
            *_normalised(_convolution(2 * width, 4 * width)),
        )
        self.head = nn.Linear(8 * width, n_classes)

    def pooled(self, x: Tensor) -> Tensor:
        """Return what the last layer sees of each picture, of shape (n, 8 * width)."""
        maps = self.body(x)
        return cat([maps.mean((2, 3)), maps.amax((2, 3))], 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of shape (n, n_classes)."""
        return self.head(self.pooled(x))


class Halving(nn.Conv2d):
    """A convolution of 3 × 3, and the means of its squares of 2 × 2, in one step.

    That is one convolution of 4 × 4 that moves by two, with less than half of the arithmetic, and
    no picture of full size to be kept for the way back.

    Parameters
    ----------
    before, after : int
        Channels of the pictures, and of what comes out, half as high and half as wide.
    """

    def __init__(self, before: int, after: int):
        super().__init__(before, after, 3, padding=1, bias=False)

    def forward(self, input: Tensor) -> Tensor:
        """Return the means."""
        shifts = (0, 1, 0, 1), (1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 1, 0)
        kernel = sum(pad(self.weight, shift) for shift in shifts) / 4
        return conv2d(input, kernel, stride=2, padding=1)


def _convolution(before: int, after: int) -> nn.Module:
    return nn.Conv2d(before, after, 3, padding=1, bias=False)


def _normalised(convolution: nn.Module, *pool: nn.Module) -> tuple[nn.Module, ...]:
    return convolution, *pool, nn.BatchNorm2d(convolution.out_channels), nn.ReLU()
