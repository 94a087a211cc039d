"""What the skin of a pair carries at both visits: plain skin, veins, what the treatment left, stains, relief."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from photocompare.phantom import skin, vessels
from photocompare.phantom.facts import FRAME_WIDTH_MM, PairFacts, stream
from photocompare.phantom.texture import SkinGrid, blob_noise, dots, hair_cover, relief_height, stamp_spots
from photocompare.phantom.veinfield import VeinField, paint_track, trace_veins

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_TEXELS_MM = (0.1, 0.2)
"""Finest and coarsest texel: a fifth of the thinnest apparent vein shows all there is, two fifths still measure its contrast."""


@dataclass(frozen=True)
class VisitSkin:
    """The unrolled skin as it is on one visit.

    Parameters
    ----------
    grid : SkinGrid
    density : ndarray (H, W, 3)
        Optical density of R, G, B.
    relief : ndarray (H, W)
        Height in mm.
    hair : ndarray (H, W)
        Share of each texel that hair covers, 0..1.
    """

    grid: SkinGrid
    density: F32
    relief: F32
    hair: F32


@dataclass(frozen=True)
class Scene:
    """Everything on the unrolled skin.

    Parameters
    ----------
    grid : SkinGrid
    bare_before, bare_after : ndarray (H, W, 3)
        Density of the skin without veins, hair and new stain.
    veins : VeinField
        All veins, of either visit.
    vein_before, vein_after : ndarray (H, W, 3)
        Density that the veins add at a visit.
    stain : ndarray (H, W)
        Units of hemosiderin after; none before.
    stain_rgb : ndarray (3,)
        Density of one unit.
    relief_before, relief_after : ndarray (H, W)
        Height in mm.
    hair_before, hair_after : ndarray (H, W)
        Share of the texel that hair covers.
    """

    grid: SkinGrid
    bare_before: F32
    bare_after: F32
    veins: VeinField
    vein_before: F32
    vein_after: F32
    stain: F32
    stain_rgb: F64
    relief_before: F32
    relief_after: F32
    hair_before: F32
    hair_after: F32

    @property
    def skin_before(self) -> VisitSkin:
        """The skin on the first visit."""
        return VisitSkin(self.grid, self.bare_before + self.vein_before, self.relief_before, self.hair_before)

    @property
    def skin_after(self) -> VisitSkin:
        """The skin on the second visit, new stain included."""
        density = self.bare_after + self.vein_after
        density += self.stain[..., None] * self.stain_rgb.astype(np.float32)
        return VisitSkin(self.grid, density, self.relief_after, self.hair_after)


def skin_grid(facts: PairFacts) -> SkinGrid:
    """A grid that holds all skin that either photo can show, at the finer of both photos' detail."""
    mm_per_px = FRAME_WIDTH_MM / facts.size[1] * min(facts.before.distance_factor, facts.after.distance_factor)
    half_frame = FRAME_WIDTH_MM / facts.size[1] * facts.size[0] / 2
    turned = math.radians(max(abs(facts.before.turn_deg), abs(facts.after.turn_deg)))
    half_u = facts.limb.radius_mm * (math.pi / 2 + turned) + 6
    widest = max(facts.before.distance_factor, facts.after.distance_factor)
    half_v = half_frame * widest * 1.25 + max(abs(facts.before.shift_mm[1]), abs(facts.after.shift_mm[1])) + 12
    return SkinGrid.around(half_u, half_v, float(np.clip(0.8 * mm_per_px, *_TEXELS_MM)))


def _survive(facts: PairFacts, name: str, grid: SkinGrid, scale_mm: float, survival: float) -> tuple[F32, F32]:
    """One noise at both visits, correlated by `survival`."""
    first = blob_noise(stream(facts.seed, name), grid, scale_mm)
    fresh = blob_noise(stream(facts.seed, name + " after"), grid, scale_mm)
    return first, np.asarray(survival * first + math.sqrt(1 - survival**2) * fresh, np.float32)


def _blood_and_melanin(facts: PairFacts, grid: SkinGrid) -> tuple[tuple[F32, F32], tuple[F32, F32]]:
    """Relative excess of dermal blood and of melanin, at both visits: mottling from 0.6 to 60 mm, pores, freckles, moles."""
    rng = stream(facts.seed, "skin")
    keep = facts.texture_survival
    blood = [np.zeros(grid.shape, np.float32) for _ in range(2)]
    melanin = [np.zeros(grid.shape, np.float32) for _ in range(2)]
    flush = rng.uniform(0.7, 1.5)
    for field in blood:
        field += np.float32(rng.normal(0.35, 0.3))  # how flushed the leg is as a whole, at each visit
    for scale, amount, survival in ((55.0, 0.16, 0.5), (18.0, 0.13, keep * 0.8), (6.0, 0.12, keep), (2.0, 0.10, keep), (0.7, 0.09, keep)):
        for field, noise in zip(blood, _survive(facts, f"blood {scale}", grid, scale, survival), strict=True):
            field += np.float32(amount * flush) * noise
    uneven = stream(facts.seed, "unevenness").uniform(0.8, 1.7)
    for scale, amount, survival in (
        (60.0, 0.18, 0.97),
        (9.0, 0.11, 0.97),
        (2.6, 0.10, max(keep, 0.9)),
        (0.9, 0.12, keep),
        (0.4, 0.10, keep),
    ):
        for field, noise in zip(melanin, _survive(facts, f"melanin {scale}", grid, scale, survival), strict=True):
            field += np.float32(amount * uneven) * noise
    pores = dots(stream(facts.seed, "pores"), grid, rng.uniform(15, 40), 0.22) * np.float32(rng.uniform(0.05, 0.5))
    freckles = dots(stream(facts.seed, "freckles"), grid, rng.choice([0.05, 0.3, 1.0]), 0.5, 0.8) * np.float32(rng.uniform(0.3, 1.0))
    red_dots = dots(stream(facts.seed, "red dots"), grid, rng.uniform(0.05, 0.6), 0.35) * np.float32(rng.uniform(0.3, 1.2))
    moles = np.zeros(grid.shape, np.float32)
    count = int(rng.integers(4, 22))
    span = np.array(grid.extent_mm)
    radii = np.clip(rng.lognormal(-0.15, 0.5, count), 0.35, 2.8)
    stamp_spots(moles, grid, (rng.uniform(-0.5, 0.5, (count, 2))) * span, radii, rng)
    moles *= np.float32(rng.uniform(1.2, 3.0))
    for k in range(2):
        melanin[k] += pores + freckles + moles
        blood[k] += red_dots + np.float32(0.6) * pores
    return (blood[0], blood[1]), (melanin[0], melanin[1])


CREASE_DENSITY = np.array([0.10, 0.14, 0.13], np.float32)
"""Density at the bottom of a fold: it sees half the light, and its blood is pressed towards red."""


def _creases(facts: PairFacts, grid: SkinGrid) -> F32:
    """Depth 0..1 of transverse folds: wavy lines around the limb, alone or as a band below a sock's hem."""
    rng = stream(facts.seed, "crease lines")
    span_u, span_v = grid.extent_mm
    at, spacing = rng.uniform(-0.35, 0.35) * span_v, rng.uniform(1.5, 14.0)
    depth = np.zeros(grid.shape, np.float32)
    for k in range(facts.creases):
        start = np.array([rng.uniform(-0.5, 0.0) * span_u, at + k * spacing])
        line = vessels.wandering_path(rng, start, rng.normal(0, 0.06), rng.uniform(0.3, 1.0) * span_u, 0.12, 12.0)
        fade = np.sin(np.linspace(0, math.pi, len(line))) ** 0.5 * rng.uniform(0.3, 1.0)
        depth = np.maximum(depth, paint_track(grid, line, np.full(len(line), rng.uniform(0.4, 0.9)), fade))
    return depth


def _bare_skin(facts: PairFacts, grid: SkinGrid) -> tuple[F32, F32]:
    """Density of the skin without veins and stain at both visits."""
    blood, melanin = _blood_and_melanin(facts, grid)
    folds = _creases(facts, grid)
    out = []
    for tone, b, m in ((facts.melanin, blood[0], melanin[0]), (facts.melanin * facts.tan, blood[1], melanin[1])):
        per_blood = skin.over_tone(skin.ERYTHEMA_DENSITY, tone)
        # a relative excess of melanin counts less than in proportion on dark skin: the table's slope flattens there
        per_melanin = skin.over_tone(skin.MELANIN_DENSITY, tone) * min(tone / 0.03, 1.6)
        density = np.empty((*grid.shape, 3), np.float32)
        for k in range(3):
            density[..., k] = np.float32(skin.skin_density(tone)[k]) + np.float32(per_blood[k]) * b + np.float32(0.55 * per_melanin[k]) * m
            if facts.creases:
                density[..., k] += CREASE_DENSITY[k] * folds
        out.append(density)
    return out[0], out[1]


def _grow_veins(facts: PairFacts) -> list[vessels.Branch]:
    """All veins of both visits; those that grew or matted carry `grown`."""
    rng = stream(facts.seed, "veins")
    u_reach, v_reach = 0.6 * facts.limb.radius_mm, 0.37 * FRAME_WIDTH_MM * facts.size[0] / facts.size[1]
    branches: list[vessels.Branch] = []
    tree = 0
    anchors: list[F64] = []
    for _ in range(facts.feeders):
        root = rng.uniform(-1, 1, 2) * [u_reach, v_reach]
        new = vessels.reticular_tree(
            rng, root, rng.normal(math.pi / 2, 0.5) + math.pi * rng.integers(0, 2), tree, facts.vein_strength * rng.uniform(0.8, 1.6)
        )
        anchors += [b.points_uv[int(rng.integers(len(b.points_uv)))] for b in new]
        branches += new
        tree += 1
    for k in range(facts.clusters):
        near = anchors and k < len(anchors) and rng.uniform() < 0.6
        root = anchors[k] + rng.normal(0, 4, 2) if near else rng.uniform(-1, 1, 2) * [u_reach, v_reach]
        branches += vessels.telangiectasia_cluster(
            rng, root, rng.uniform(0, 2 * math.pi), tree, facts.vein_strength * rng.uniform(0.7, 1.1)
        )
        tree += 1
    late = stream(facts.seed, "grown veins")
    for _ in range(facts.grown_clusters):
        root = late.uniform(-0.8, 0.8, 2) * [u_reach, v_reach]
        new = vessels.telangiectasia_cluster(late, root, late.uniform(0, 2 * math.pi), tree, facts.vein_strength)
        branches += [replace(b, grown=True) for b in new]
        tree += 1
    for _ in range(facts.matting):
        beside = branches[int(late.integers(len(branches)))].points_uv[0] + late.normal(0, 6, 2)
        branches += vessels.matting(late, beside, late.uniform(5, 11), tree, facts.vein_strength)
        tree += 1
    return branches


_FATE_BLEND_MM = 0.8
"""Over which one fate passes into the next along a vein."""

_GONE = 0.08
"""Remaining contrast below which a treated vein is taken as gone when it is painted."""


@dataclass(frozen=True)
class _Outcome:
    """What the treatment did, per sample of all branches in a row."""

    remaining: F64
    stain: F64
    trapped: NDArray[np.bool_]


def _pieces(rng: np.random.Generator, branch: vessels.Branch) -> list[slice]:
    """A branch cut where its fate may change: long branches respond in stretches."""
    count = len(branch.points_uv)
    cuts = [0]
    while cuts[-1] < count:
        cuts.append(min(cuts[-1] + int(rng.uniform(8, 40) / vessels.STEP_MM), count))
    return [slice(a, b) for a, b in itertools.pairwise(cuts)]


def _treat(facts: PairFacts, branches: list[vessels.Branch]) -> _Outcome:
    """Fates of all pieces: whole trees tend to respond alike, so pieces are cleared in an order that keeps trees together."""
    rng = stream(facts.seed, "treatment")
    starts = np.concatenate([[0], np.cumsum([len(b.points_uv) for b in branches])])
    total = int(starts[-1])
    remaining, stain, trapped = np.ones(total), np.zeros(total), np.zeros(total, np.bool_)
    native = [k for k, b in enumerate(branches) if not b.grown]
    mood = rng.uniform(size=1 + max((b.tree for b in branches), default=0))
    stained_tree = rng.uniform(size=mood.size) < facts.stain_share
    pieces = [(k, s) for k in native for s in _pieces(rng, branches[k])]
    order = np.argsort([0.45 * mood[branches[k].tree] + 0.55 * rng.uniform() for k, _ in pieces])
    goal = facts.clearance * sum(s.stop - s.start for _, s in pieces)
    cleared = 0
    untreated = facts.clearance == 0 and facts.faded_share == 0
    for n in order:
        k, piece = pieces[int(n)]
        at = slice(starts[k] + piece.start, starts[k] + piece.stop)
        if untreated:
            continue
        if cleared < goal:
            cleared += piece.stop - piece.start
            remaining[at] = rng.choice([0.0, rng.uniform(0.0, 0.06)])
            stain[at] = facts.stain * rng.uniform(0.5, 1.2) * stained_tree[branches[k].tree]
        elif rng.uniform() < facts.faded_share:
            remaining[at] = rng.uniform(0.2, 0.55)
        else:
            remaining[at] = rng.uniform(0.8, 1.02)
    for k in rng.permutation(native)[: facts.trapped]:
        at = slice(starts[k], starts[k + 1])
        trapped[at], remaining[at], stain[at] = True, 1.0, 0.0
    for k in native:
        at = slice(starts[k], starts[k + 1])
        remaining[at] = gaussian_filter1d(remaining[at], _FATE_BLEND_MM / vessels.STEP_MM, mode="nearest")
    return _Outcome(remaining, stain, trapped)


def _stain_field(facts: PairFacts, grid: SkinGrid, veins: VeinField, stain: F64) -> F32:
    """Hemosiderin along the stained veins, wider and blotchier than they were, with patches beside them."""
    field = np.zeros(grid.shape, np.float32)
    marked = np.flatnonzero(stain > 0)
    if marked.size == 0:
        return field
    rng = stream(facts.seed, "stain")
    width = 1.3 * veins.fwhm_mm[marked] + rng.uniform(0.6, 1.6)
    field = paint_track(grid, veins.points_uv[marked], width, stain[marked])
    patches = np.zeros(grid.shape, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        centre = veins.points_uv[marked[rng.integers(marked.size)]] + rng.normal(0, 2, 2)
        stamp_spots(patches, grid, centre[None], np.array([rng.uniform(2.5, 8)]), rng)
    field = np.maximum(field, np.float32(facts.stain * rng.uniform(0.3, 0.8)) * np.minimum(patches, 1))
    blotches = 1 + 0.35 * blob_noise(rng, grid, 4.0) + 0.25 * blob_noise(rng, grid, 1.3)
    return np.asarray(field * np.clip(blotches, 0.2, 2.0), np.float32)


def build_scene(facts: PairFacts) -> Scene:
    """Grow the skin and its veins, and treat them.  Equal facts give equal scenes."""
    grid = skin_grid(facts)
    branches = _grow_veins(facts)
    outcome = _treat(facts, branches)
    grown = np.concatenate([np.full(len(b.points_uv), b.grown) for b in branches])
    veins = trace_veins(grid, branches, facts.melanin, facts.width_factor, outcome.trapped, np.where(grown, 2, outcome.remaining < _GONE))
    bare_before, bare_after = _bare_skin(facts, grid)
    relief = relief_height(stream(facts.seed, "relief"), grid)
    fresh = relief_height(stream(facts.seed, "relief after"), grid)
    keep = np.float32(facts.texture_survival)
    hairs = [
        hair_cover(stream(facts.seed, f"hair {name}"), grid, visit.hair_per_cm2, 9.0)
        for name, visit in (("before", facts.before), ("after", facts.after))
    ]
    stain_rgb = skin.hemosiderin_density(facts.melanin * facts.tan, facts.stain_steepness)
    return Scene(
        grid,
        bare_before,
        bare_after,
        veins,
        veins.paint(grid, veins.density * np.where(grown, 0.0, 1.0)[:, None]),
        veins.paint(grid, veins.density_after * outcome.remaining[:, None]),
        _stain_field(facts, grid, veins, outcome.stain),
        stain_rgb,
        relief,
        np.asarray(keep * relief + np.sqrt(1 - keep**2) * fresh, np.float32),
        hairs[0],
        hairs[1],
    )
