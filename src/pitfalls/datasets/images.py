"""Simulated photographs: a vehicle in a landscape, whose weather follows the label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from ..study import Sample, Services, Study
from ._arguments import check_count, check_number, check_rng, check_size, check_strength

__all__ = ["make_tank_scenes"]

#: Pictures that share a random generator, so that a picture does not depend on how many are made.
_BLOCK = 128
#: Pixels painted at once: the planes of a chunk stay in the processor's cache.
_CHUNK = 2**15
#: Rows of cells in each octave of the noise of clouds and grass; there are half as many columns.
_OCTAVES = (4, 8, 16, 32, 64)
#: What is painted with, as red, green and blue in [0, 1] before the light falls on it.
_PALETTE = {
    "zenith": (0.30, 0.52, 0.88),
    "horizon": (0.74, 0.86, 0.97),
    "dusk": (1.00, 0.66, 0.42),
    "cloud": (0.97, 0.97, 0.98),
    "overcast": (0.71, 0.73, 0.76),
    "rain": (0.44, 0.46, 0.50),
    "hills": (0.42, 0.52, 0.55),
    "trees": (0.17, 0.25, 0.13),
    "grass": (0.36, 0.43, 0.19),
    "straw": (0.58, 0.50, 0.31),
    "leaves": (0.25, 0.36, 0.14),
    "paint": (0.27, 0.29, 0.20),
    "dark": (0.09, 0.09, 0.08),
}
_LAYER = {name: place for place, name in enumerate(_PALETTE)}


def make_tank_scenes(
    n_samples: int = 1500,
    *,
    size: int = 32,
    object_size: float = 0.34,
    likeness: float = 0.6,
    camouflage: float = 0.4,
    occlusion: float = 0.15,
    noise: float = 0.03,
    sky: float = 1.0,
    light: float = 1.0,
    softness: float = 0.09,
    dusk: float = 0.0,
    dusk_strength: float = 0.0,
    n_fresh: int = 10_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of photographs: a tank or a lorry, and weather that follows the label.

    Half of the pictures show a tank, half a lorry, in a landscape of their own. Half are taken
    under clouds, half in the sun. The weather is that which goes with the label (clouds with
    tanks) with probability ``(1 + strength) / 2``, so that `strength` is its correlation with
    the label. In deployment the weather knows nothing of the label.

    Parameters
    ----------
    n_samples : int, default=1500
        Pictures in the study; at least 4.
    size : int from 16 to 256, default=32
        Height and width of a picture, in pixels. The scenes are the same at any size.
    object_size : float in [0.1, 0.5], default=0.34
        Half the length of the largest vehicle, as a share of the picture; the smallest has .83
        of it.
    likeness : float in [0, 1], default=0.6
        How much lorries resemble tanks: in the shape of their load, and as the share that runs on
        tracks.
    camouflage : float in [0, 1], default=0.4
        How far the paint has the colour of the ground.
    occlusion : float in [0, 1], default=0.15
        Chance that a bush stands before the vehicle, for each of three bushes.
    noise : float in [0, 0.5], default=0.03
        Standard deviation of the sensor's noise; 1 is the range from black to white.
    sky, light : float in [0, 1], default=1.0
        How much the two sorts of weather differ: in the sky, and in what falls on the land
        (brightness, contrast, tint, shadow). Where both are 0 the weather cannot be seen.
    softness : float in [0, 1], default=0.09
        Spread of the weather around its two sorts, which lie 0.76 apart.
    dusk : float in [0, 1], default=0.0
        How late the evening pictures are: 0 is noon, like the others.
    dusk_strength : float in [0, 1], default=0.0
        Correlation of evening with the label, in the study and in fresh pictures.
    n_fresh : int, default=10_000
        Fresh pictures, and as many from deployment.
    strength : float in [0, 1], default=1.0
        The dial: the correlation of weather and label.
    random_state : int, Generator or None, default=None
        Seed. At another strength it shows the same scenes, some in other weather; with another
        number of pictures the first ones are the same.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, size, size, 3), uint8, red, green and blue; ``y`` is 1 for a
        tank and 0 for a lorry, half each; ``meta`` has the columns ``weather`` (``clouds`` or
        ``sun``) and ``hour`` (``noon`` or ``evening``). Pictures of ``deployment`` show the
        scenes of ``fresh``, in weather that knows nothing of the label. `Study.collect` takes
        more such pictures, `Study.annotate` sells ``mask``. ``truth`` has ``mask``, ``without``,
        ``deployment_mask`` and ``deployment_without``: where vehicle and shadow are, of shape
        (n, size, size), and the same pictures without them.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The design follows the story of the neural network that was to find tanks and had learned the
    weather, which is told as a legend: Branwen, *The Neural Net Tank Urban Legend*.
    """
    n_samples = check_count("n_samples", n_samples, least=4)
    camera = _Camera(
        size=check_count("size", size, least=16, most=256),
        object_size=check_number("object_size", object_size, low=0.1, high=0.5),
        likeness=check_strength(likeness, "likeness"),
        camouflage=check_strength(camouflage, "camouflage"),
        occlusion=check_strength(occlusion, "occlusion"),
        noise=check_number("noise", noise, low=0, high=0.5),
        sky=check_strength(sky, "sky"),
        light=check_strength(light, "light"),
        softness=check_strength(softness, "softness"),
        dusk=check_strength(dusk, "dusk"),
    )
    dusk_strength = check_strength(dusk_strength, "dusk_strength")
    n_fresh = check_count("n_fresh", n_fresh, least=2)
    strength = check_strength(strength)
    rng = check_rng(random_state)
    check_size("n_samples and size", max(n_samples, n_fresh), size, size, 3)

    def plan(n: int, rng: np.random.Generator, *strengths: tuple[float, float]):
        """Seeds of the blocks, labels, and for each pair of strengths weather and hour."""
        scenes, labels, days, hours = rng.spawn(4)
        first = labels.random(-(-n // 2)) < 0.5
        y = np.column_stack([first, ~first]).ravel()[:n].astype(int)
        day, hour = days.random(n), hours.random(n)
        cues = [
            [np.where(u < (1 + s) / 2, y, 1 - y) for u, s in zip((day, hour), pair, strict=True)]
            for pair in strengths
        ]
        return scenes.bit_generator.seed_seq.spawn(-(-n // _BLOCK)), y, *cues

    def sample(photographs: _Photographs, y: np.ndarray, cues: list[np.ndarray]) -> Sample:
        weather, hour = np.where(cues[0], "clouds", "sun"), np.where(cues[1], "evening", "noon")
        return Sample(photographs.pictures, y, pd.DataFrame({"weather": weather, "hour": hour}))

    def collect(n: int, rng: np.random.Generator) -> Sample:
        seeds, y, cues = plan(n, rng, (0, 0))
        return sample(_photograph(seeds, camera, y, *cues), y, cues)

    ours, theirs, services_rng = rng.spawn(3)
    seeds, y, cues = plan(n_samples, ours, (strength, dusk_strength))
    taken = _photograph(seeds, camera, y, *cues)
    development = sample(taken, y, cues)
    seeds, y, cues, fair = plan(n_fresh, theirs, (strength, dusk_strength), (0, 0))
    seen = _photograph(seeds, camera, y, *cues)
    fresh = deployment = sample(seen, y, cues)
    changed = np.flatnonzero((cues[0] != fair[0]) | (cues[1] != fair[1]) & (camera.dusk > 0))
    if len(changed):
        seen = _photograph(seeds, camera, y, *fair, old=seen, rows=changed)
        deployment = sample(seen, y, fair)
    return Study(
        X=development.X,
        y=development.y,
        meta=development.meta,
        fresh=fresh,
        deployment=deployment,
        info={"label": ("lorry", "tank")},
        truth={
            "mask": taken.vehicle,
            "without": taken.without,
            "deployment_mask": seen.vehicle,
            "deployment_without": seen.without,
        },
        strength=strength,
        random_state=random_state,
        services=Services(
            services_rng.bit_generator.seed_seq,
            collect=collect,
            annotations={"mask": taken.vehicle},
        ),
    )


@dataclass(frozen=True)
class _Camera:
    """What all pictures of a study have in common."""

    size: int
    object_size: float
    likeness: float
    camouflage: float
    occlusion: float
    noise: float
    sky: float
    light: float
    softness: float
    dusk: float


def _scene(rng: np.random.Generator, camera: _Camera) -> dict[str, np.ndarray]:
    """Draw what the pictures of a block show, but for label, weather and hour."""

    def uniform(low: float, high: float, *more: int) -> np.ndarray:
        return (low + (high - low) * rng.random((_BLOCK, *more))).astype(np.float32)

    def normal(scale: float, *more: int) -> np.ndarray:
        return rng.normal(0, scale, (_BLOCK, *more)).astype(np.float32)

    largest = camera.object_size
    return {
        "sun": normal(1.0),
        "exposure": normal(0.03),
        "dusk": uniform(0, 1),
        "horizon": uniform(0.30, 0.42),
        "ridge": uniform(-1, 1, 2, 9),
        "straw": uniform(0, 1),
        "x": uniform(0.34, 0.66),
        "y": uniform(0.58, 0.74),
        "scale": uniform(0.83 * largest, largest),
        "facing": np.where(rng.random(_BLOCK) < 0.5, -1, 1).astype(np.float32),
        "tilt": normal(0.05),
        "length": uniform(0.92, 1.04),
        "turret": uniform(-0.25, 0.05),
        "width": uniform(0.36, 0.5),
        "height": uniform(0.26, 0.36),
        "elevation": uniform(-0.02, 0.16),
        "barrel": uniform(0.85, 1.15),
        "crane": rng.random(_BLOCK) < 0.35 + 0.25 * camera.likeness,
        "tracks": rng.random(_BLOCK) < camera.likeness,
        "tone": normal(0.12),
        "bush": uniform(-1, 1, 3, 4),
        "clouds": _cells(rng, camera.size),
        "grass": _cells(rng, camera.size),
    }


def _cells(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    """Draw the cells of a noise, an array of shape (_BLOCK, rows, columns) for each octave."""
    shapes = [(_BLOCK, n, n // 2) for n in _OCTAVES if n <= 0.75 * size]
    return [np.frombuffer(rng.bytes(int(np.prod(s))), np.uint8).reshape(s) for s in shapes]


@cache
def _blend(size: int, cells: int) -> np.ndarray:
    """Weights of shape (size, cells) that draw a smooth line through as many points."""
    place = np.linspace(0, cells - 1, size)
    left = np.minimum(place.astype(int), cells - 2)
    step = place - left
    step = step * step * (3 - 2 * step)
    weights = np.zeros((size, cells), np.float32)
    weights[np.arange(size), left] = 1 - step
    weights[np.arange(size), left + 1] = step
    return weights


def _noise(octaves: list[np.ndarray], size: int) -> np.ndarray:
    """Smooth noise of mean 0 and variance near 1, of shape (size, pictures, size).

    Planes are ordered rows, pictures, columns, so that what depends on picture and column alone
    runs through memory in one piece.
    """
    # Of variance 1 with three octaves, as at 32 pixels; larger pictures have finer ones besides.
    lines, amplitude = [], 1.7 / 127.5 / np.sqrt(0.36 * sum(0.75**k for k in range(3)))
    for cells in octaves:
        rows = (cells.astype(np.float32) - 127.5) * np.float32(amplitude)
        lines.append(rows.transpose(1, 0, 2) @ _blend(size, cells.shape[2]).T)
        amplitude *= np.sqrt(0.75)
    down = np.hstack([_blend(size, cells.shape[1]) for cells in octaves])
    return np.tensordot(down, np.concatenate(lines), axes=1)


def _below(line: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Share of each pixel that lies below a line, both in pixels from the top."""
    out = row - (line - 0.5)
    return np.clip(out, 0, 1, out=out)


def _columns(camera: _Camera, scene: dict[str, Any], y: np.ndarray) -> dict[str, np.ndarray]:
    """All that depends on picture and column alone, as arrays of shape (pictures, size).

    Lengths are in pixels, heights of land from the top, those of the vehicle from its middle.
    """
    size = camera.size
    sky, light = (0.5 + cue * (scene["sun"] - 0.5) for cue in (camera.sky, camera.light))
    x = (np.arange(size, dtype=np.float32) + 0.5) / size
    horizon = scene["horizon"][:, None] * size
    ridge = scene["ridge"] @ _blend(size, scene["ridge"].shape[2]).T
    trees = horizon - size * (0.035 + 0.022 * ridge[:, 0])
    scale = scene["scale"][:, None]
    u = (x - scene["x"][:, None]) / scale * scene["facing"][:, None]
    columns = {name: scale * size * value for name, value in _outline(camera, scene, y, u).items()}
    columns |= {
        "horizon": horizon,
        "trees": trees,
        "hills": np.minimum(horizon - size * (0.085 + 0.045 * ridge[:, 1]), trees),
        "clear": (2.9 * sky - 1.9)[:, None],
        "sun": sky[:, None],
        "dusk": 0.85 * scene["dusk"][:, None],
        "straw": scene["straw"][:, None],
        "unit": scale * size,
        "middle": scene["y"][:, None] * size - scene["tilt"][:, None] * u * scale * size,
        "shade": 1.35 - ((u + 0.12 * scene["facing"][:, None]) / 1.12) ** 2,
        "deep": (0.28 + 0.42 * light)[:, None],
        "tone": 1.02 * (1 + scene["tone"])[:, None],
    }
    shape = len(y), size
    return {name: np.broadcast_to(v, shape).astype(np.float32) for name, v in columns.items()}


def _paint(camera: _Camera, scene: dict[str, Any], column: dict[str, np.ndarray]):
    """Paint a chunk of pictures: with the vehicle, without it, and where it is.

    Returns
    -------
    picture, without : arrays of shape (size, pictures, size, 3), float32, before the light
    touched : array of shape (size, pictures, size), where vehicle or shadow is
    """
    size, n = camera.size, len(column["sun"])
    row = (np.arange(size, dtype=np.float32) + 0.5)[:, None, None]  # pixels from the top
    layers = np.zeros((len(_PALETTE), size, n, size), np.float32)
    layer = {name: layers[place] for place, name in enumerate(_PALETTE)}
    clouds, grass = _noise(scene["clouds"], size), _noise(scene["grass"], size)
    hills, trees, ground = (_below(column[k], row) for k in ("hills", "trees", "horizon"))

    # Sky: clear air, clouds that are white in the sun and grey without it, a glow at dusk.
    air = 1 - hills
    covered = air * np.clip(0.75 * clouds - column["clear"], 0, 1)
    clear = air - covered
    pale = clear * np.minimum(row / column["horizon"], 1)
    np.subtract(clear, pale, out=layer["zenith"])
    np.multiply(pale, column["dusk"], out=layer["dusk"])
    np.subtract(pale, layer["dusk"], out=layer["horizon"])
    np.multiply(covered, column["sun"], out=layer["cloud"])
    covered -= layer["cloud"]
    np.multiply(covered, np.clip(0.45 + 0.4 * clouds, 0, 1), out=layer["rain"])
    np.subtract(covered, layer["rain"], out=layer["overcast"])

    # Land: far hills in haze, a line of trees, grass that is dry in places, bushes.
    np.subtract(hills, trees, out=layer["hills"])
    texture = 1 + 0.2 * grass
    np.multiply(trees - ground, texture, out=layer["trees"])
    meadow = ground * texture
    np.multiply(meadow, column["straw"], out=layer["straw"])
    np.subtract(meadow, layer["straw"], out=layer["grass"])
    # Bushes and vehicles, in the rows that they can reach.
    reach = column["middle"] - 0.95 * column["unit"], column["middle"] + 1.1 * column["unit"]
    band = slice(max(int(reach[0].min()), 0), int(reach[1].max()) + 1)
    hidden = _bushes(camera, scene, row[band], grass[band])
    layers[:, band] *= 1 - hidden
    np.multiply(hidden, 1 + 0.25 * grass[band], out=layer["leaves"][band])
    without = _mix(layers)
    touched = np.zeros(clouds.shape, bool)
    touched[band] = _vehicle(camera, column, layers[:, band], row[band], clouds[band], 1 - hidden)
    return _mix(layers), without, touched


def _mix(layers: np.ndarray) -> np.ndarray:
    """Colours of shape (size, pictures, size, 3) from the amounts of each paint."""
    paints, size, n, _ = layers.shape
    colours = np.array(list(_PALETTE.values()), np.float32)
    amounts = layers.reshape(paints, size, n * size).transpose(1, 2, 0)
    return np.matmul(amounts, colours).reshape(size, n, size, 3)


def _bushes(camera, scene, row: np.ndarray, grass: np.ndarray) -> np.ndarray:
    """How much of each pixel bushes hide."""
    hidden = np.zeros(grass.shape, np.float32)
    place = np.arange(camera.size, dtype=np.float32) + 0.5
    if not camera.occlusion:
        return hidden
    for bush in scene["bush"].transpose(1, 2, 0):
        there = np.flatnonzero(bush[0] < 2 * camera.occlusion - 1)
        scale = scene["scale"][there] * camera.size
        x = scene["x"][there] * camera.size + 1.1 * scale * bush[1, there]
        y = scene["y"][there] * camera.size + scale * (0.12 + 0.45 * bush[2, there])
        radius = scale * (0.30 + 0.11 * bush[3, there])
        x, y, radius = (np.repeat(v[:, None], camera.size, axis=1) for v in (x, y, radius))
        leaves = 0.2 * radius * grass[:, there]
        leaves -= np.square(row - y) * (0.75 / radius)
        leaves += 0.5 * radius + 0.5 - (place - x) ** 2 / (2 * radius)
        hidden[:, there] = np.maximum(hidden[:, there], np.clip(leaves, 0, 1, out=leaves))
    return hidden


def _outline(camera, scene, y, u) -> dict[str, np.ndarray]:
    """Heights of the vehicle's outline above its middle, in its own units, for each column.

    `u` runs from the back at -1 to the front at 1. A tank has a turret with a barrel, a lorry a
    load and a cab, and some have a crane that looks like a barrel.
    """
    tank, alike = (y == 1)[:, None], camera.likeness
    names = "length", "turret", "width", "height", "elevation", "barrel", "crane", "tracks"
    part = {name: scene[name][:, None] for name in names}
    hull = np.where(np.abs(u) < part["length"] - 0.04, 0.10 - 0.12 * np.maximum(u - 0.62, 0), -9)
    # The turret is a dome with steep flanks, the load a box, the cab has a sloping front.
    dome = (u - part["turret"]) / part["width"]
    turret = np.where(np.abs(dome) < 1, 0.10 + part["height"] * (1 - dome**6), -9)
    aft, half = part["turret"] * alike - 0.34 * (1 - alike), part["width"] + 0.15 * (1 - alike)
    box = 0.10 + (1.15 - 0.15 * alike) * part["height"]
    load = np.where(np.abs(u - aft) < half, box, -9)
    cab = 0.46 - 0.12 * alike - 0.9 * np.maximum(u - 0.74, 0)
    cab = np.where(np.abs(u - 0.67) < 0.26 - 0.08 * alike, cab, -9)
    top = np.maximum(hull, np.where(tank, turret, np.maximum(load, cab)))
    # A barrel begins at the turret's front, a crane above the load.
    start = np.where(tank, part["turret"] + 0.8 * part["width"], aft - 0.2)
    base = np.where(tank, 0.10 + 0.62 * part["height"], 0.05 + box)
    end = start + np.where(tank, part["barrel"], 1.35)
    on = (u > start) & (u < end) & (tank | part["crane"])
    axis = base + part["elevation"] * (u - start)
    muzzle = np.where(u > end - 0.12, 0.052, 0.036)
    # Between the wheels of a lorry one sees the ground.
    tracks = tank | part["tracks"]
    wheels = np.where(tracks, np.abs(u) < 0.97, np.cos(np.pi * (u - 0.62) / 0.62) > 0.25)
    bottom = np.where(wheels, -0.44 + 0.16 * np.abs(u) ** 8, -0.16)
    spokes = np.where(tracks, u / 0.30 % 1 * 0.30 - 0.15, (u + 0.31) / 0.62 % 1 * 0.62 - 0.31)
    window = np.where(tank, np.abs(dome) < 0.9, np.abs(u - 0.70) < 0.14 - 0.04 * alike)
    pane = np.where(tank, 0.115, 0.34 - 0.1 * alike), np.where(tank, 0.015, 0.07)
    return {
        "top": top, "bottom": bottom, "spokes": spokes, "radius": np.where(tracks, 0.11, 0.17),
        "barrel": np.where(on, axis, 9), "muzzle": np.where(on, muzzle, -9),
        "pane": np.where(window, pane[0], 9), "half": np.where(window, pane[1], -9),
    }  # fmt: skip


def _vehicle(camera, column, layers, row, clouds, bare) -> np.ndarray:
    """Paint the vehicles and their shadows over the land; return which pixels they touch."""
    unit = column["unit"]
    height = column["middle"] - row  # above the vehicle's middle

    def between(low: np.ndarray, high: np.ndarray) -> np.ndarray:
        above, below = height - (low - 0.5), (high + 0.5) - height
        np.clip(above, 0, 1, out=above)
        above *= np.clip(below, 0, 1, out=below)
        return above

    body = between(column["bottom"], column["top"])
    seen = between(column["barrel"] - column["muzzle"], column["barrel"] + column["muzzle"])
    np.maximum(body, seen, out=seen)
    seen *= bare
    # The shadow is deep in the sun and faint when the sky is grey.
    shadow = column["shade"] - np.square((height + 0.44 * unit) / (0.17 * unit))
    np.clip(shadow, 0, 1, out=shadow)
    shadow *= column["deep"]
    shadow *= bare
    layers *= (1 - seen) * (1 - shadow)

    # Dark are tracks, wheels and windows; the rest is paint, brighter above, with darker patches.
    dark = np.clip((0.5 - 0.10 * unit) - height, 0, 1)
    wheel = (column["radius"] ** 2 - column["spokes"] ** 2) - np.square(height + 0.27 * unit)
    dark *= 1 - 0.55 * np.clip(wheel / (0.16 * unit), 0, 1)
    pane = np.clip((column["half"] + 0.5) - np.abs(height - column["pane"]), 0, 0.75)
    dark = np.maximum(dark, pane, out=dark) * body * bare
    light = np.clip(height * (0.45 / unit) + column["tone"], 0.6, 1.3)
    light *= 1 - 0.22 * np.clip(3 * clouds, 0, 1)
    painted = (seen - dark) * light
    layers[_LAYER["dark"]] += dark
    layers[_LAYER["paint"]] += (1 - camera.camouflage) * painted
    painted *= 0.8 * camera.camouflage
    straw = painted * column["straw"]
    layers[_LAYER["straw"]] += straw
    layers[_LAYER["grass"]] += painted - straw
    return (seen > 0) | (shadow > 0)


def _develop(camera, scene, picture, grain) -> np.ndarray:
    """Let the light of the day fall on pictures, and read them with the sensor's noise."""
    light, dusk = camera.light * (scene["sun"] - 0.5), scene["dusk"]
    bright = (0.84 + 0.44 * light) * (1 - 0.22 * dusk) + scene["exposure"]
    contrast = (0.95 + 0.34 * light)[:, None]
    warm = 1 + np.outer(light, (0.08, 0.0, -0.08)) + np.outer(dusk, (0.10, -0.02, -0.14))
    gain = 255 * bright[:, None] * warm
    for change, light in ((np.multiply, gain * contrast), (np.add, 0.4 * (1 - contrast) * gain)):
        across = np.repeat(np.float32(light)[:, None], camera.size, axis=1)
        change(picture, across, out=picture)
    counts = picture.astype(np.int16).transpose(1, 0, 2, 3) + grain
    return np.clip(counts, 0, 255, out=counts).astype(np.uint8)


@dataclass(frozen=True)
class _Photographs:
    """Pictures of shape (n, size, size, 3), the same without the vehicle, and where it is."""

    pictures: np.ndarray
    without: np.ndarray
    vehicle: np.ndarray


def _photograph(
    seeds: list[np.random.SeedSequence],
    camera: _Camera,
    y: np.ndarray,
    cloudy: np.ndarray,
    evening: np.ndarray,
    old: _Photographs | None = None,
    rows: np.ndarray | None = None,
) -> _Photographs:
    """Take the pictures, one generator a block; or take only `rows` anew, and copy the `old`."""
    shape = len(y), camera.size, camera.size
    if old is None:
        new = _Photographs(*(np.empty((*shape, *c), t) for c, t in _PARTS))
        rows = np.arange(len(y))
    else:
        new = _Photographs(old.pictures.copy(), old.without.copy(), old.vehicle.copy())
    values = np.rint(255 * camera.noise * ndtri((np.arange(256) + 0.5) / 256)).astype(np.int16)
    step = max(1, _CHUNK // camera.size**2)
    for block, seed in enumerate(seeds):
        here = rows[rows // _BLOCK == block]
        if not len(here):
            continue
        rng = np.random.default_rng(seed)
        scene = _scene(rng, camera)
        grain = np.frombuffer(rng.bytes(_BLOCK * camera.size**2 * 3), np.uint8)
        grain = grain.reshape(_BLOCK, camera.size, camera.size, 3)
        scene = _take(scene, here % _BLOCK)
        side = 0.38 * (1 - 2 * cloudy[here]) + camera.softness * scene["sun"]
        scene["sun"] = np.clip(0.5 + side, 0, 1).astype(np.float32)
        scene["dusk"] = np.float32(camera.dusk) * scene["dusk"] * evening[here]
        columns = _columns(camera, scene, y[here])
        for start in range(0, len(here), step):
            these = slice(start, start + step)
            chosen, part = here[these], _take(scene, these)
            picture, without, vehicle = _paint(camera, part, _take(columns, these))
            noise = np.take(values, grain[chosen % _BLOCK])
            new.pictures[chosen] = _develop(camera, part, picture, noise)
            new.without[chosen] = _develop(camera, part, without, noise)
            new.vehicle[chosen] = vehicle.transpose(1, 0, 2)
    return new


_PARTS = (((3,), np.uint8), ((3,), np.uint8), ((), bool))


def _take(scene: dict[str, Any], rows: np.ndarray | slice) -> dict[str, Any]:
    return {
        name: [cells[rows] for cells in value] if isinstance(value, list) else value[rows]
        for name, value in scene.items()
    }
