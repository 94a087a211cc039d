"""Vein trees on the unrolled skin: reticular feeders, telangiectasia in several shapes, matting."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

F64 = NDArray[np.float64]

STEP_MM = 0.1
"""Distance between the samples of a branch."""

TELANGIECTASIA_BELOW_MM = 1.0
"""Lumen calibre that parts telangiectasia from reticular veins (CEAP)."""


@dataclass(frozen=True)
class Branch:
    """One unbranched piece of vein.

    Parameters
    ----------
    points_uv : ndarray (N, 2)
        Centreline in skin mm, `STEP_MM` apart.
    calibre_mm, depth_mm : ndarray (N,)
        Lumen calibre and depth of its top.
    oxygenation : float
        0 blue-purple .. 1 red.
    strength : ndarray (N,)
        Factor on the contrast along the branch: how full of blood it is.
    tree : int
        Branches of one tree share a number; a tree is injected as a whole.
    grown : bool
        True for a vein that was not there before.
    """

    points_uv: F64
    calibre_mm: F64
    depth_mm: F64
    oxygenation: float
    strength: F64
    tree: int
    grown: bool = False

    @property
    def length_mm(self) -> float:
        return STEP_MM * len(self.points_uv)


@dataclass(frozen=True)
class TreeStyle:
    """How a tree grows; lengths in mm, angles in radians."""

    calibre_mm: float
    depth_mm: float
    oxygenation: float
    length_mm: float
    wander: float
    wander_mm: float
    generations: int
    children_per_mm: float
    spread: float
    thinning: float = 0.72
    strength: float = 1.0


def wandering_path(rng: np.random.Generator, start: F64, heading: float, length_mm: float, wander: float, wander_mm: float) -> F64:
    """A meandering line: its heading is smooth noise of standard deviation `wander` and correlation length `wander_mm`."""
    count = max(int(length_mm / STEP_MM), 3)
    noise = gaussian_filter1d(rng.standard_normal(count + 8), wander_mm / STEP_MM / 2, mode="wrap")[:count]
    noise = wander * noise / max(float(noise.std()), 1e-6) if count * STEP_MM > wander_mm else noise
    angle = heading + noise - noise[0]
    return np.asarray(start + np.cumsum(np.column_stack([np.cos(angle), np.sin(angle)]), axis=0) * STEP_MM)


def beading(rng: np.random.Generator, count: int, amount: float) -> F64:
    """Slow change of contrast along a branch, mean about 1, never below 0.15."""
    noise = gaussian_filter1d(rng.standard_normal(count), 2.5 / STEP_MM, mode="nearest")
    return np.asarray(np.maximum(1 + amount * noise / max(float(noise.std()), 0.05), 0.15))


def grow_tree(rng: np.random.Generator, root: F64, heading: float, style: TreeStyle, tree: int, *, grown: bool = False) -> Iterator[Branch]:
    """The branches of a tree, parents first."""
    queue = [(root, heading, style.length_mm, style.calibre_mm, 0)]
    while queue:
        start, angle, length, calibre, generation = queue.pop(0)
        path = wandering_path(rng, start, angle, length, style.wander, style.wander_mm)
        count = len(path)
        taper = np.linspace(1.0, 0.75 if generation == 0 else 0.55, count)
        depth = style.depth_mm * (1 + 0.25 * gaussian_filter1d(rng.standard_normal(count), 8 / STEP_MM, mode="nearest") * 8)
        tip = np.minimum(1.0, (count - 1 - np.arange(count)) * STEP_MM / max(0.15 * length, 0.8))
        if generation == 0:
            tip = np.minimum(tip, tip[::-1])  # a tree comes up from the depth; its children spring from it at full strength
        strength = style.strength * beading(rng, count, 0.22) * (0.25 + 0.75 * tip)
        oxygenation = float(np.clip(style.oxygenation + rng.normal(0, 0.12), 0, 1))
        yield Branch(path, calibre * taper, np.clip(depth, 0.08, 3.0), oxygenation, strength, tree, grown)
        if generation >= style.generations:
            continue
        for _ in range(rng.poisson(style.children_per_mm * length)):
            at = int(rng.uniform(0.08, 0.98) * (count - 1))
            ahead = path[min(at + 8, count - 1)] - path[max(at - 8, 0)]
            side = rng.choice([-1.0, 1.0])
            turn = math.atan2(ahead[1], ahead[0]) + side * rng.normal(style.spread, 0.25)
            queue.append((path[at], turn, length * rng.uniform(0.25, 0.65), calibre * taper[at] * style.thinning, generation + 1))


def reticular_tree(rng: np.random.Generator, root: F64, heading: float, tree: int, strength: float) -> list[Branch]:
    """A blue-green feeder, 1 to 2.5 mm wide and 0.4 to 0.9 mm deep, with a side branch or two."""
    calibre = rng.uniform(1.1, 2.3)
    style = TreeStyle(
        calibre,
        rng.uniform(0.25, 0.45) * calibre,
        rng.uniform(0.15, 0.4),
        rng.uniform(45, 120),
        0.28,
        rng.uniform(9, 18),
        1,
        rng.uniform(0.008, 0.03),
        0.7,
        0.85,
        strength,
    )
    return list(grow_tree(rng, root, heading, style, tree))


def telangiectasia_cluster(rng: np.random.Generator, root: F64, heading: float, tree: int, strength: float) -> list[Branch]:
    """Spider veins around a root: arborising, radiating, or a bundle of fine wavy threads."""
    shape = rng.choice(["arborising", "radiating", "bundle"], p=[0.45, 0.25, 0.3])
    red = rng.uniform(0.2, 0.9)
    calibre = rng.uniform(0.16, 0.55)
    depth = rng.uniform(0.12, 0.26)
    if shape == "arborising":
        style = TreeStyle(
            calibre, depth, red, rng.uniform(14, 34), 0.45, rng.uniform(2, 4), 3, rng.uniform(0.12, 0.24), 0.75, 0.75, strength
        )
        return list(grow_tree(rng, root, heading, style, tree))
    branches: list[Branch] = []
    if shape == "radiating":
        style = TreeStyle(
            calibre * 0.8, depth, red, rng.uniform(6, 15), 0.5, rng.uniform(1.5, 3), 2, rng.uniform(0.1, 0.22), 0.7, 0.75, strength
        )
        for k in range(int(rng.integers(4, 9))):
            angle = heading + 2 * math.pi * k / 6 + rng.normal(0, 0.3)
            branches += grow_tree(rng, root + rng.normal(0, 0.8, 2), angle, style, tree)
        return branches
    along = np.array([math.cos(heading), math.sin(heading)])
    across = np.array([-along[1], along[0]])
    style = TreeStyle(calibre * 0.7, depth, red, rng.uniform(7, 22), 0.55, rng.uniform(1.2, 3), 1, 0.06, 0.6, 0.75, strength)
    for _ in range(int(rng.integers(8, 22))):
        start = root + along * rng.normal(0, 8) + across * rng.normal(0, 5)
        branches += grow_tree(rng, start, heading + rng.normal(0, 0.45) + math.pi * rng.integers(0, 2), style, tree)
    return branches


def matting(rng: np.random.Generator, centre: F64, radius_mm: float, tree: int, strength: float) -> list[Branch]:
    """A blush of fine new red vessels, below 0.2 mm, that tangle within a patch."""
    branches: list[Branch] = []
    style = TreeStyle(0.13, 0.14, 0.85, rng.uniform(4, 8), 0.9, 1.5, 1, 0.12, 0.8, 0.9, strength)
    for _ in range(int(0.12 * math.pi * radius_mm**2 * rng.uniform(0.6, 1.2))):
        offset = rng.normal(0, radius_mm / 1.8, 2)
        branches += grow_tree(rng, centre + offset, rng.uniform(0, 2 * math.pi), style, tree, grown=True)
    return branches
