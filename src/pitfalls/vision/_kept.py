"""Networks that have been trained before, kept in a folder where the reader asks for it.

The pages of a chapter train the same networks again, and the tests run all of them.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np

from .._files import whole
from .._settings import Settings
from ._torch import load_torch

__all__ = ["file_of", "load", "save"]

#: What a trained network rests on besides its data and parameters.
SOURCES = ("network.py", "attack.py", "_descent.py", "_modules.py", "_pictures.py")
#: Parameters that leave the weights as they are.
IDLE = ("verbose", "warm_start")


def file_of(model: Any, *data: np.ndarray | None) -> Path | None:
    """Return where a network trained on these data is kept; None where none is to be kept."""
    folder = Settings.from_env().networks
    if folder is None or not isinstance(model.random_state, Integral):
        return None
    how = {name: v for name, v in model.get_params().items() if name not in IDLE}
    digest = hashlib.sha256(_sources())
    digest.update(json.dumps(how, sort_keys=True, default=str).encode())
    for array in data:
        array = np.zeros(0) if array is None else np.ascontiguousarray(array)
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return folder / f"{digest.hexdigest()}.npz"


@cache
def _sources() -> bytes:
    """Return a digest of the code that trains, and PyTorch's version."""
    here = Path(__file__).parent
    digest = hashlib.sha256(load_torch().__version__.encode())
    for name in SOURCES:
        digest.update((here / name).read_bytes())
    return digest.digest()


def load(network: Any, file: Path) -> bool:
    """Give a network the weights that are kept; say whether there were any."""
    if not file.is_file():
        return False
    torch = load_torch()
    with np.load(file) as arrays:
        network.load_state_dict({name: torch.as_tensor(arrays[name]) for name in arrays})
    network.eval()
    return True


def save(network: Any, file: Path) -> None:
    """Keep a network's weights."""
    state = network.state_dict()
    with whole(file) as partial:
        np.savez(partial, **{name: value.cpu().numpy() for name, value in state.items()})
