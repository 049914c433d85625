"""How chest films are drawn: the body, the disease, and the habits of a hospital."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ._canvas import (
    BLOCK,
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

__all__ = ["HABITS", "Film", "Films", "take_films"]

#: What each hospital does in its own way: exposure, fog, gamma, border, and the marker's corner.
HABITS = {
    "gain": (1.00, 0.86, 1.12, 0.95),
    "fog": (0.00, 0.06, -0.04, 0.10),
    "gamma": (0.00, -0.22, 0.18, -0.12),
    "border": (0.00, 0.07, 0.00, 0.12),
    "across": (0.78, -0.76, 0.78, -0.74),
    "down": (-0.80, -0.80, -0.58, -0.76),
}


@dataclass(frozen=True)
class Film:
    """What all films of a study have in common."""

    size: int
    opacity: float
    posture: float
    marker: float
    noise: float


def _patients(rng: np.random.Generator, film: Film) -> dict[str, Any]:
    """Draw a block of patients, but for disease, posture and hospital."""
    uniform, normal = partial(draw_uniform, rng), partial(draw_normal, rng)
    return {
        "build": uniform(0.92, 1.06),
        "length": normal(0.02),
        "x": normal(0.05),
        "y": normal(0.04),
        "turn": normal(1.0),
        "base": normal(0.03),
        "air": uniform(0.36, 0.46),
        "heart": normal(0.02),
        "ribs": uniform(2.3, 2.8),
        "phase": uniform(0, 1),
        "patches": rng.integers(2, 5, BLOCK),
        "patch": uniform(0, 1, 4, 4),
        "density": uniform(0.6, 1.3),
        "vessel": uniform(0, 1, 2, 5),
        "marked": rng.random(BLOCK) < film.marker,
        "exposure": normal(0.05),
        "fog": normal(0.02),
        "tissue": draw_cells(rng, film.size),
    }


def _draw(
    film: Film, patient: dict[str, Any], ill: np.ndarray, supine: np.ndarray, site: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw a chunk of films before exposure.

    Parameters
    ----------
    ill, supine : array of bool of shape (films,)
    site : array of int of shape (films,)

    Returns
    -------
    picture, lungs, marker : arrays of shape (size, films, size)
        Brightness around [0, 1]; where the lungs are; where the marker is.
    """
    lying = film.posture * supine.astype(np.float32)
    u, v = _chest(film, patient, lying)
    body, lungs, heart = _organs(film, patient, lying, u, v)
    tissue = smooth_noise(patient["tissue"], film.size)
    air = lungs * (1 - heart)
    picture = 0.10 + body * (0.64 + 0.05 * np.clip((0.16 - np.abs(u)) * 12, 0, 1))
    picture -= air * wide(patient["air"], film.size)
    picture += _bones(film, patient, u, v, lungs) * body
    haze = 0.018 * tissue * body
    haze += 0.09 * air * _vessels(patient, u, v)
    sick = np.flatnonzero(ill)
    if len(sick):
        patches = _patches(film, take(patient, sick), u[sick], v[:, sick], tissue[:, sick])
        haze[:, sick] += patches * air[:, sick]
    picture += haze
    return picture, air > 0.3, _marker(film, patient, supine, site)


def _place(size: int) -> np.ndarray:
    """Return the middle of each pixel of a row or column, from -1 to 1."""
    return ((np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1).astype(np.float32)


def _chest(
    film: Film, patient: dict[str, Any], lying: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the chest's own coordinates: across, (films, size), and down, (size, films, size).

    Lying down, a chest is wider and shorter and more often turned.
    """
    fit = partial(wide, size=film.size)
    height = fit(patient["build"] * (1 - 0.12 * lying) + patient["length"])
    u = (_place(film.size) - fit(patient["x"])) / fit(patient["build"] * (1 + 0.07 * lying))
    middle = fit(patient["y"] - 0.06 * lying) / height
    turn = fit((0.03 + 0.04 * lying) * patient["turn"])
    return u, _place(film.size)[:, None, None] / height - (middle + turn * u)


def _organs(
    film: Film, patient: dict[str, Any], lying: np.ndarray, u: np.ndarray, v: np.ndarray
) -> Any:
    """Return body, lungs and heart; lying down, the diaphragm is higher and the heart larger."""
    fit, sharp = partial(wide, size=film.size), 0.35 * film.size
    shoulder = np.where(np.abs(u) < 0.2, -2, -0.86 + 0.24 * np.abs(u) ** 3)
    body = (v - shoulder) * sharp + 0.5
    np.clip(body, 0, 1, out=body)
    body *= np.clip((0.94 - np.abs(u)) * sharp + 0.5, 0, 1)
    # Each lung fills its columns from a round top down to the dome of the diaphragm.
    across = (np.abs(u) - 0.44) / 0.33
    inside = 1 - np.minimum(across**2, 1)
    base = fit(0.56 - 0.08 * lying + patient["base"])
    top = np.where(inside > 0, -0.10 - 0.62 * np.sqrt(inside), 3)
    lungs = np.clip((v - top) * (0.5 * sharp), 0, 1)
    lungs *= np.clip((base + 0.14 * across**2 - v) * (0.8 * sharp), 0, 1)
    heart = np.square((v - 0.30) / 0.30)
    heart += np.square((u - 0.14) / (0.29 + 0.05 * fit(lying) + fit(patient["heart"])))
    return body, lungs, np.clip((1.1 - heart) * 4, 0, 1, out=heart)


def _bones(
    film: Film, patient: dict[str, Any], u: np.ndarray, v: np.ndarray, lungs: np.ndarray
) -> np.ndarray:
    """Return how much brighter ribs, collar bones and spine are."""
    fit = partial(wide, size=film.size)
    rib = v * fit(patient["ribs"]) + (fit(patient["phase"]) + 0.9 * np.abs(u) ** 1.6)
    rib -= np.floor(rib)
    rib = np.clip(1 - np.abs(rib - 0.5) * 5.5, 0, 1)
    collar = np.abs(v - (0.24 * np.abs(u) - 0.76)) * -14
    collar = np.clip(collar + 0.9, 0, 1) * np.clip((0.70 - np.abs(u)) * 8, 0, 1)
    bones = 0.08 * rib * (0.35 + 0.65 * lungs) + 0.07 * collar
    discs = 0.04 * (0.5 + 0.5 * np.sin(22 * _place(film.size)[:, None, None]))
    bones += discs * np.clip((0.07 - np.abs(u)) * 30, 0, 1)
    return bones


def _vessels(patient: dict[str, Any], u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the shadows of two vessels, which the ill and the healthy have."""
    vessels = np.zeros_like(v)
    for spot in patient["vessel"].transpose(1, 2, 0):
        where = np.where(spot[0] < 0.5, -1, 1) * (0.22 + 0.10 * spot[1])
        vessels += _spot(u, v, where, -0.2 + 0.45 * spot[2], 0.12 + 0.10 * spot[3])
    return vessels


def _patches(
    film: Film, patient: dict[str, Any], u: np.ndarray, v: np.ndarray, tissue: np.ndarray
) -> np.ndarray:
    """Return the haze of the ill: two to four patches, grainy like the tissue."""
    patchy = np.zeros(v.shape, np.float32)
    for number, spot in enumerate(patient["patch"].transpose(1, 2, 0)):
        there = np.where(number < patient["patches"], 1.0, 0.0)
        where = np.where(spot[0] < 0.5, -1, 1) * (0.34 + 0.26 * spot[1])
        shape = _spot(u, v, where, -0.15 + 0.6 * spot[2], 0.2 + 0.16 * spot[3])
        patchy = np.maximum(patchy, shape * wide(there, film.size))
    patchy *= np.clip(1 + 0.35 * tissue, 0.2, 2)
    patchy *= wide(film.opacity * patient["density"], film.size)
    return patchy


def _spot(u: np.ndarray, v: np.ndarray, across: Any, down: Any, radius: Any) -> np.ndarray:
    """Return a round haze of height 1, in the chest's own coordinates."""
    fit = partial(wide, size=u.shape[1])
    r = fit(radius)
    distance = np.square(v / r - fit(down) / r)
    distance += np.square((u - fit(across)) / r)
    bump = np.clip(1 - 0.35 * distance, 0, 1, out=distance)
    return np.square(bump, out=bump)


def _marker(
    film: Film, patient: dict[str, Any], supine: np.ndarray, site: np.ndarray
) -> np.ndarray:
    """Return where a letter of lead lies: an H for lying, a bar for standing."""
    place = _place(film.size)
    across = place - wide(np.take(HABITS["across"], site), film.size)
    down = np.abs(place[:, None, None] - wide(np.take(HABITS["down"], site), film.size))
    lying = supine[:, None]
    pole = np.where(lying, np.abs(np.abs(across) - 0.07) < 0.035, np.abs(across) < 0.035)
    bar = lying & (np.abs(across) < 0.10)
    marked = patient["marked"][:, None]
    return (down < 0.11) & (pole & marked) | (down < 0.03) & (bar & marked)


def _expose(
    film: Film, patient: dict[str, Any], picture: np.ndarray, marker: np.ndarray,
    site: np.ndarray, grain: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Expose films as a hospital does; return uint8 pictures of shape (films, size, size)."""
    fit = partial(wide, size=film.size)
    habit = {name: np.take(values, site).astype(np.float32) for name, values in HABITS.items()}
    np.clip(picture, 0, 1, out=picture)
    picture += fit(habit["gamma"]) * (picture - np.square(picture))
    light = 1 + patient["exposure"]
    picture *= fit(255 * habit["gain"] * light)
    picture += fit(255 * (habit["fog"] * light + patient["fog"]))
    place = np.abs(_place(film.size))
    open_ = 1 - habit["border"][:, None]
    picture *= (place[:, None, None] <= fit(1 - habit["border"])) & (place <= open_)
    picture[marker] = 242
    return read_sensor(picture, grain)


@dataclass(frozen=True)
class Films:
    """Films of shape (n, size, size), and where lungs and marker are."""

    pictures: np.ndarray
    lungs: np.ndarray
    marker: np.ndarray


def take_films(
    seeds: list[np.random.SeedSequence],
    film: Film,
    ill: np.ndarray,
    lying: np.ndarray,
    site: np.ndarray,
    old: Films | None = None,
    rows: np.ndarray | None = None,
) -> Films:
    """Take films, with a random generator for each block of them.

    Parameters
    ----------
    seeds : list of SeedSequence
        One for each block.
    film : Film
        What they have in common.
    ill, lying : arrays of 0 and 1 of shape (n,)
        Disease and posture.
    site : array of int of shape (n,)
        Hospitals.
    old : Films, default=None
        Where it is given, only `rows` are taken anew and the others copied.
    rows : array of int, default=None
        Positions.

    Returns
    -------
    Films
    """
    size = film.size
    if old is None:
        shape, rows = (len(ill), size, size), np.arange(len(ill))
        new = Films(np.empty(shape, np.uint8), np.empty(shape, bool), np.empty(shape, bool))
    else:
        new = Films(old.pictures.copy(), old.lungs.copy(), old.marker.copy())
    for rng, here in blocks(seeds, np.asarray(rows)):
        patient = take(_patients(rng, film), here % BLOCK)
        grain = draw_grain(rng, film.noise, here % BLOCK, (size, size))
        for these in chunks(len(here), size):
            chosen, part = here[these], take(patient, these)
            picture, lungs, marker = _draw(
                film, part, ill[chosen] == 1, lying[chosen] == 1, site[chosen]
            )
            pictures = _expose(film, part, picture, marker, site[chosen], grain[these])
            new.pictures[chosen] = pictures
            new.lungs[chosen] = lungs.transpose(1, 0, 2)
            new.marker[chosen] = marker.transpose(1, 0, 2)
    return new
