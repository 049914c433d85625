"""Simulated pictures."""

from .studies import make_chest_films, make_tank_scenes

__all__ = ["make_chest_films", "make_tank_scenes"]
