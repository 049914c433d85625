"""The network as a PyTorch module. Importing this imports PyTorch."""

from __future__ import annotations

from typing import Any

from torch import Tensor, cat, nn

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
            *_convolution(channels, width, nn.AvgPool2d(2)),
            *_convolution(width, 2 * width, nn.MaxPool2d(2)),
            *_convolution(2 * width, 4 * width),
        )
        self.head = nn.Linear(8 * width, n_classes)

    def pooled(self, x: Tensor) -> Tensor:
        """Return what the last layer sees of each picture, of shape (n, 8 * width)."""
        maps = self.body(x)
        return cat([maps.mean((2, 3)), maps.amax((2, 3))], 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits of shape (n, n_classes)."""
        return self.head(self.pooled(x))


def _convolution(before: int, after: int, *pool: Any) -> tuple[Any, ...]:
    convolution = nn.Conv2d(before, after, 3, padding=1, bias=False)
    return convolution, *pool, nn.BatchNorm2d(after), nn.ReLU()
