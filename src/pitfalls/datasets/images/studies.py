"""Simulated pictures: photographs of vehicles, and chest films."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..._arguments import (
    check_count,
    check_number,
    check_size,
    check_strength,
    check_study,
    seeds_of,
)
from ...study import Sample, Services, Study
from ._canvas import BLOCK
from ._films import HABITS, Film, Films, take_films
from ._scenes import Camera, Photographs, photograph

__all__ = ["make_chest_films", "make_tank_scenes"]


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
    field_strength: float = 0.0,
    n_fresh: int = 10_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of photographs: a tank or a lorry, and weather that follows the label.

    Half of the pictures show a tank, half a lorry, in a landscape of their own. Half are taken
    under clouds, half in the sun. The weather is that which goes with the label (clouds with
    tanks) with probability ``(1 + strength) / 2``, so that `strength` is its correlation with
    the label. In deployment the weather knows nothing of the label, or what `field_strength` says.

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
    field_strength : float in [-1, 1], default=0.0
        Correlation of weather and label in deployment, and in the pictures of `Study.collect`.
        Below 0 tanks come in the sun more often than not.
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
        scenes of ``fresh``, in the weather of the field. `Study.collect` takes more such pictures,
        `Study.annotate` sells ``mask``. ``truth`` has ``mask``, ``without``,
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
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    camera = Camera(
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
    of_the_field = check_number("field_strength", field_strength, low=-1, high=1), 0
    check_size("n_samples and size", max(n_samples, n_fresh), size, size, 3)

    def sample(photographs: Photographs, y: np.ndarray, cues: list[np.ndarray]) -> Sample:
        weather, hour = np.where(cues[0], "clouds", "sun"), np.where(cues[1], "evening", "noon")
        return Sample(photographs.pictures, y, pd.DataFrame({"weather": weather, "hour": hour}))

    def collect(n: int, rng: np.random.Generator) -> Sample:
        seeds, y, cues = _plan(n, rng, of_the_field)
        return sample(photograph(seeds, camera, y, *cues), y, cues)

    ours, theirs, services_rng = rng.spawn(3)
    seeds, y, cues = _plan(n_samples, ours, (strength, dusk_strength))
    taken = photograph(seeds, camera, y, *cues)
    development = sample(taken, y, cues)
    seeds, y, cues, fair = _plan(n_fresh, theirs, (strength, dusk_strength), of_the_field)
    seen = photograph(seeds, camera, y, *cues)
    fresh = deployment = sample(seen, y, cues)
    changed = np.flatnonzero((cues[0] != fair[0]) | (cues[1] != fair[1]))
    if len(changed):
        seen = photograph(seeds, camera, y, fair[0], fair[1], old=seen, rows=changed)
        deployment = sample(seen, y, fair)
    return Study.of(
        development,
        fresh,
        deployment,
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
            seeds_of(services_rng),
            collect=collect,
            annotations={"mask": taken.vehicle},
        ),
    )


def make_chest_films(
    n_samples: int = 1200,
    *,
    size: int = 32,
    sites: Sequence[int] = (0, 1),
    site_strength: float = 0.0,
    opacity: float = 0.16,
    posture: float = 1.0,
    marker: float = 0.9,
    noise: float = 0.03,
    n_fresh: int = 10_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of chest films: a disease, and a posture that follows it.

    Half of the patients are ill and have hazy patches in their lungs. Half are filmed lying down,
    half standing. The ill lie down with probability ``(1 + strength) / 2``, the healthy with
    ``(1 - strength) / 2``, so that `strength` is the correlation of posture and disease. Lying
    down changes the shape of the chest, of the heart and of the diaphragm, and the marker that the
    hospital puts on the film. In deployment the posture knows nothing of the disease.

    Parameters
    ----------
    n_samples : int, default=1200
        Films in the study; at least 4.
    size : int from 16 to 256, default=32
        Height and width of a film, in pixels. The patients are the same at any size.
    sites : sequence of int from 0 to 3, default=(0, 1)
        The hospitals, which differ in exposure, contrast, border and corner of the marker.
    site_strength : float in [0, 1], default=0.0
        Correlation of disease and hospital in the study and in fresh films: the first half of
        `sites` has the more ill.
    opacity : float in [0, 1], default=0.16
        How bright the patches are.
    posture : float in [0, 2], default=1.0
        How much lying down changes the chest. At 0 only the marker tells.
    marker : float in [0, 1], default=0.9
        Share of films with a marker, an H for lying and a bar for standing.
    noise : float in [0, 0.5], default=0.03
        Standard deviation of the film's noise; 1 is the range from black to white.
    n_fresh : int, default=10_000
        Fresh films, and as many from deployment.
    strength : float in [0, 1], default=1.0
        The dial: the correlation of posture and disease.
    random_state : int, Generator or None, default=None
        Seed. At another strength it shows the same patients, some in the other posture; with
        another number of films the first ones are the same.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, size, size), uint8; ``y`` is 1 for the ill, half of all;
        ``meta`` has the column ``site``. The posture is hidden: `Study.annotate` sells
        ``posture`` (1 lying, 0 standing), `Study.collect` takes films in either posture whatever
        the disease. Films of ``deployment`` show the patients of ``fresh``. ``truth`` has
        ``posture`` and ``deployment_posture``, ``fresh_posture``, and of shape
        (n_samples, size, size) the masks ``lungs`` and ``marker``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The design follows the pitfalls that Roberts and colleagues (2021) found in machine learning on
    chest films of COVID-19, and the shortcuts that DeGrave, Janizek and Lee (2021) traced.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    film = Film(
        size=check_count("size", size, least=16, most=256),
        opacity=check_strength(opacity, "opacity"),
        posture=check_number("posture", posture, low=0, high=2),
        marker=check_strength(marker, "marker"),
        noise=check_number("noise", noise, low=0, high=0.5),
    )
    sites = _check_sites(sites)
    site_strength = check_strength(site_strength, "site_strength")
    check_size("n_samples and size", max(n_samples, n_fresh), size, size)

    def hospitals(y: np.ndarray, upper: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Choose a hospital for each film: in the first half of the list where `upper` is 1."""
        half = (len(sites) + 1) // 2
        first, last = np.array(sites[:half]), np.array(sites[half:] or sites)
        u = rng.random(len(y))
        return np.where(
            upper, first[(u * len(first)).astype(int)], last[(u * len(last)).astype(int)]
        )

    def sample(films: Films, y: np.ndarray, site: np.ndarray) -> Sample:
        return Sample(films.pictures, y, pd.DataFrame({"site": site}))

    def collect(n: int, rng: np.random.Generator) -> Sample:
        where = rng.spawn(1)[0]
        seeds, y, (lying, upper) = _plan(n, rng, (0, 0))
        site = hospitals(y, upper, where)
        return sample(take_films(seeds, film, y, lying, site), y, site)

    ours, theirs, our_sites, their_sites, services_rng = rng.spawn(5)
    seeds, y, (lying, upper) = _plan(n_samples, ours, (strength, site_strength))
    site = hospitals(y, upper, our_sites)
    taken = take_films(seeds, film, y, lying, site)
    development, posture_of = sample(taken, y, site), lying
    seeds, y, (lying, upper), (fair, anywhere) = _plan(
        n_fresh, theirs, (strength, site_strength), (0, 0)
    )
    u = seeds_of(their_sites)
    site, fair_site = (
        hospitals(y, where, np.random.default_rng(u)) for where in (upper, anywhere)
    )
    seen = take_films(seeds, film, y, lying, site)
    fresh = deployment = sample(seen, y, site)
    changed = np.flatnonzero((lying != fair) | (site != fair_site))
    if len(changed):
        seen = take_films(seeds, film, y, fair, fair_site, old=seen, rows=changed)
        deployment = sample(seen, y, fair_site)
    return Study.of(
        development,
        fresh,
        deployment,
        info={"sites": sites},
        truth={
            "posture": posture_of,
            "fresh_posture": lying,
            "deployment_posture": fair,
            "lungs": taken.lungs,
            "marker": taken.marker,
        },
        strength=strength,
        random_state=random_state,
        services=Services(
            seeds_of(services_rng),
            collect=collect,
            annotations={"posture": posture_of},
        ),
    )


def _plan(n: int, rng: np.random.Generator, *strengths: tuple[float, float]) -> tuple[Any, ...]:
    """Seeds of the blocks, labels, and for each pair of strengths two cues of the labels.

    The first rows are the same whatever `n` is, and at another strength some cues change side.
    """
    scenes, labels, first, second = rng.spawn(4)
    heads = labels.random(-(-n // 2)) < 0.5
    y = np.column_stack([heads, ~heads]).ravel()[:n].astype(int)
    chances = first.random(n), second.random(n)
    cues = [
        [np.where(u < (1 + s) / 2, y, 1 - y) for u, s in zip(chances, pair, strict=True)]
        for pair in strengths
    ]
    return seeds_of(scenes).spawn(-(-n // BLOCK)), y, *cues


def _check_sites(sites: Sequence[int]) -> tuple[int, ...]:
    """Return the hospitals, or raise if there is none or an unknown one."""
    known = len(HABITS["gain"])
    if isinstance(sites, (str, bytes)) or not isinstance(sites, Sequence) or not len(sites):
        raise TypeError(
            f"sites={sites!r} must be a sequence of whole numbers from 0 to {known - 1}"
        )
    return tuple(check_count("sites", site, least=0, most=known - 1) for site in sites)
