"""How a landscape with a vehicle is painted, under its weather, and photographed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ._canvas import (
    BLOCK,
    blend,
    blocks,
    chunks,
    draw_cells,
    draw_grain,
    draw_normal,
    draw_uniform,
    read_sensor,
    smooth_noise,
    take,
    wide,
)

__all__ = ["Camera", "Photographs", "photograph"]

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


@dataclass(frozen=True)
class Camera:
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


def _scene(rng: np.random.Generator, camera: Camera) -> dict[str, Any]:
    """Draw what the pictures of a block show, but for label, weather and hour."""
    uniform, normal = partial(draw_uniform, rng), partial(draw_normal, rng)
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
        "facing": np.where(rng.random(BLOCK) < 0.5, -1, 1).astype(np.float32),
        "tilt": normal(0.05),
        "length": uniform(0.92, 1.04),
        "turret": uniform(-0.25, 0.05),
        "width": uniform(0.36, 0.5),
        "height": uniform(0.26, 0.36),
        "elevation": uniform(-0.02, 0.16),
        "barrel": uniform(0.85, 1.15),
        "crane": rng.random(BLOCK) < 0.35 + 0.25 * camera.likeness,
        "tracks": rng.random(BLOCK) < camera.likeness,
        "tone": normal(0.12),
        "bush": uniform(-1, 1, 3, 4),
        "clouds": draw_cells(rng, camera.size),
        "grass": draw_cells(rng, camera.size),
    }


def _below(line: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Share of each pixel that lies below a line, both in pixels from the top."""
    out = row - (line - 0.5)
    return np.clip(out, 0, 1, out=out)


def _columns(camera: Camera, scene: dict[str, Any], y: np.ndarray) -> dict[str, np.ndarray]:
    """All that depends on picture and column alone, as arrays of shape (pictures, size).

    Lengths are in pixels, heights of land from the top, those of the vehicle from its middle.
    """
    size = camera.size
    sky, light = (0.5 + cue * (scene["sun"] - 0.5) for cue in (camera.sky, camera.light))
    x = (np.arange(size, dtype=np.float32) + 0.5) / size
    horizon = scene["horizon"][:, None] * size
    ridge = scene["ridge"] @ blend(size, scene["ridge"].shape[2]).T
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


def _paint(camera: Camera, scene: dict[str, Any], column: dict[str, np.ndarray]) -> Any:
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
    clouds, grass = smooth_noise(scene["clouds"], size), smooth_noise(scene["grass"], size)
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


def _bushes(
    camera: Camera, scene: dict[str, Any], row: np.ndarray, grass: np.ndarray
) -> np.ndarray:
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
        x, y, radius = (wide(v, camera.size) for v in (x, y, radius))
        leaves = 0.2 * radius * grass[:, there]
        leaves -= np.square(row - y) * (0.75 / radius)
        leaves += 0.5 * radius + 0.5 - (place - x) ** 2 / (2 * radius)
        hidden[:, there] = np.maximum(hidden[:, there], np.clip(leaves, 0, 1, out=leaves))
    return hidden


def _outline(camera: Camera, scene: dict[str, Any], y: np.ndarray, u: Any) -> dict[str, Any]:
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


def _vehicle(
    camera: Camera, column: dict[str, Any], layers: np.ndarray, row: np.ndarray,
    clouds: np.ndarray, bare: np.ndarray,
) -> np.ndarray:  # fmt: skip
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


def _develop(
    camera: Camera, scene: dict[str, Any], picture: np.ndarray, grain: np.ndarray
) -> np.ndarray:
    """Let the light of the day fall on pictures, and read them with the sensor's noise."""
    light, dusk = camera.light * (scene["sun"] - 0.5), scene["dusk"]
    bright = (0.84 + 0.44 * light) * (1 - 0.22 * dusk) + scene["exposure"]
    contrast = (0.95 + 0.34 * light)[:, None]
    warm = 1 + np.outer(light, (0.08, 0.0, -0.08)) + np.outer(dusk, (0.10, -0.02, -0.14))
    gain = 255 * bright[:, None] * warm
    for change, light in ((np.multiply, gain * contrast), (np.add, 0.4 * (1 - contrast) * gain)):
        change(picture, wide(light, camera.size), out=picture)
    return read_sensor(picture, grain)


@dataclass(frozen=True)
class Photographs:
    """Pictures of shape (n, size, size, 3), the same without the vehicle, and where it is."""

    pictures: np.ndarray
    without: np.ndarray
    vehicle: np.ndarray


def photograph(
    seeds: list[np.random.SeedSequence],
    camera: Camera,
    y: np.ndarray,
    cloudy: np.ndarray,
    evening: np.ndarray,
    old: Photographs | None = None,
    rows: np.ndarray | None = None,
) -> Photographs:
    """Take photographs, with a random generator for each block of them.

    Parameters
    ----------
    seeds : list of SeedSequence
        One for each block.
    camera : Camera
        What they have in common.
    y, cloudy, evening : arrays of 0 and 1 of shape (n,)
        Whether each shows a tank, clouds, and the evening.
    old : Photographs, default=None
        Where it is given, only `rows` are taken anew and the others copied.
    rows : array of int, default=None
        Positions.

    Returns
    -------
    Photographs
    """
    size = camera.size
    if old is None:
        shape, rows = (len(y), size, size), np.arange(len(y))
        new = Photographs(
            np.empty((*shape, 3), np.uint8), np.empty((*shape, 3), np.uint8), np.empty(shape, bool)
        )
    else:
        new = Photographs(old.pictures.copy(), old.without.copy(), old.vehicle.copy())
    for rng, here in blocks(seeds, np.asarray(rows)):
        scene = take(_scene(rng, camera), here % BLOCK)
        grain = draw_grain(rng, camera.noise, here % BLOCK, (size, size, 3))
        side = 0.38 * (1 - 2 * cloudy[here]) + camera.softness * scene["sun"]
        scene["sun"] = np.clip(0.5 + side, 0, 1).astype(np.float32)
        scene["dusk"] = np.float32(camera.dusk) * scene["dusk"] * evening[here]
        columns = _columns(camera, scene, y[here])
        for these in chunks(len(here), size):
            chosen, part = here[these], take(scene, these)
            picture, without, vehicle = _paint(camera, part, take(columns, these))
            new.pictures[chosen] = _develop(camera, part, picture, grain[these])
            new.without[chosen] = _develop(camera, part, without, grain[these])
            new.vehicle[chosen] = vehicle.transpose(1, 0, 2)
    return new
