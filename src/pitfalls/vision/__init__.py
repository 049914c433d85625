"""A small network for pictures, attacks on it, and maps of what it looks at.

``pitfalls.vision`` has the classifier and its attacker, ``pitfalls.vision.attribution`` the maps.
PyTorch and captum are imported when they are needed: ``pip install 'pitfalls[vision]'``.
"""

from .attack import attack, robust_accuracy
from .network import ImageClassifier

__all__ = ["ImageClassifier", "attack", "robust_accuracy"]
