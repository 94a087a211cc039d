"""What the contract's numbers should be for a rendered pair, from the scene itself and never from the photos.

A vein counts by the share of looks that see its true contrast, at its own place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from photocompare.base.colour import JUST_NOTICEABLE_DE
from photocompare.phantom.render import RenderedPhoto, from_skin
from photocompare.phantom.scene import Scene
from photocompare.phantom.surface import View
from photocompare.phantom.texture import SkinGrid
from photocompare.phantom.veinfield import VeinField
from photocompare.phantom.vessels import STEP_MM
from photocompare.veins.fate import FateOptions
from photocompare.veins.observer import contrast_seen_by, seen

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]

MID_EXPOSURE_LUMINANCE = 0.2812
"""Linear luminance at which plain skin stands when colour differences are judged: L* = 60, where cameras expose skin (`docs/method.md`)."""

SEEN_COSINE = 0.4
"""Skin seen flatter than this (66 degrees off) is beyond what a photo shows well."""

RULES = FateOptions()
"""The contract's rules, for truth and measurement alike."""

SEEN_BY_HALF_DE = contrast_seen_by(0.5, RULES.observer)
"""Contrast from which more looks see a vein than not: the border of the true masks."""

POINTS = 400
"""Corresponding points in a truth file."""


@dataclass(frozen=True)
class SkinTruth:
    """Truth on the unrolled skin: colour difference of veins and of stain from the skin around, and the shared region.

    `vein_before`, `vein_after`, `stain_after` : (H, W) CIE76 units under neutral light at mid exposure, all on the skin as it was
    before: a tan or a flush between the visits neither clears a vein nor makes one.
    `shared` : (H, W) bool.  `mm2` : (H, W) real area of a texel on the limb before.
    """

    vein_before: F32
    vein_after: F32
    stain_after: F32
    shared: Bools
    mm2: F32


def _neutral_lab(density: F32, plain: F64) -> F32:
    """Lab of densities (N, 3) under neutral light, exposed so that `plain` has the middle luminance."""
    luminance = float(np.exp(-plain) @ np.array([0.2126, 0.7152, 0.0722]))
    linear = np.exp(-density) * np.float32(MID_EXPOSURE_LUMINANCE / luminance)
    return np.asarray(cv2.cvtColor(linear[None].astype(np.float32), cv2.COLOR_LRGB2Lab)[0], np.float32)


_NOTHING_DENSITY = 1e-3
"""Density below which nothing was added: a thousandth of the light."""


def colour_difference(bare: F32, added: F32) -> F32:
    """(H, W) CIE76 difference that a density added to bare skin makes, 0 where nothing is added."""
    out = np.zeros(bare.shape[:2], np.float32)
    touched = (added[..., 0] > _NOTHING_DENSITY) | (added[..., 1] > _NOTHING_DENSITY)
    plain = np.median(bare[::16, ::16].reshape(-1, 3), axis=0).astype(np.float64)
    here, more = bare[touched], added[touched]
    if len(here):
        out[touched] = np.linalg.norm(_neutral_lab(here + more, plain) - _neutral_lab(here, plain), axis=1)
    return out


_LATTICE_MM = 1.0
"""Seen or not is worked out on this lattice: the limb is smooth."""


def _seen(view: View, photo: RenderedPhoto, lattice: F64) -> Bools:
    """Which skin positions (N, 2) the photo shows well."""
    xy = view.pixel_of_skin(lattice)
    rows, cols = view.size
    inside = (xy[:, 0] >= 0) & (xy[:, 1] >= 0) & (xy[:, 0] <= cols - 1) & (xy[:, 1] <= rows - 1)
    shown = map_coordinates(photo.seen.astype(np.float32), [xy[:, 1], xy[:, 0]], order=1, mode="nearest")
    return np.asarray(inside & (view.facing(lattice) > SEEN_COSINE) & (shown > 0.5))


def _lattice(grid: SkinGrid) -> tuple[F64, tuple[int, int], float]:
    step = _LATTICE_MM
    span_u, span_v = grid.extent_mm
    v, u = np.meshgrid(grid.v0_mm + np.arange(0, span_v + step, step), grid.u0_mm + np.arange(0, span_u + step, step), indexing="ij")
    return np.column_stack([u.ravel(), v.ravel()]), (u.shape[0], u.shape[1]), step


def _to_grid(field: F32, grid: SkinGrid, step: float) -> F32:
    scale = grid.texel_mm / step
    size = (grid.shape[1], grid.shape[0])
    matrix = np.array([[scale, 0, 0], [0, scale, 0]])
    return np.asarray(
        cv2.warpAffine(field, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def skin_truth(scene: Scene, views: tuple[View, View], photos: tuple[RenderedPhoto, RenderedPhoto]) -> SkinTruth:
    """Work out the truth on the skin."""
    grid = scene.grid
    stain = scene.stain[..., None] * scene.stain_rgb.astype(np.float32)
    lattice, shape, step = _lattice(grid)
    shared = _seen(views[0], photos[0], lattice) & _seen(views[1], photos[1], lattice)
    place = views[0].limb.place(lattice).reshape(*shape, 3)
    area = np.linalg.norm(np.cross(np.gradient(place, step, axis=1), np.gradient(place, step, axis=0)), axis=2)
    return SkinTruth(
        colour_difference(scene.bare_before, scene.vein_before),
        colour_difference(scene.bare_before + stain, scene.vein_after),
        colour_difference(scene.bare_before, stain),
        _to_grid(shared.reshape(shape).astype(np.float32), grid, step) > 0.5,
        _to_grid(area.astype(np.float32), grid, step) * np.float32(grid.texel_mm**2),
    )


def _at(grid: SkinGrid, field: NDArray[np.generic], points_uv: F64) -> F64:
    xy = grid.texel_xy(points_uv)
    return np.asarray(map_coordinates(np.asarray(field, np.float32), [xy[:, 1], xy[:, 0]], order=1, mode="nearest"), np.float64)


def _expected_mm(veins: VeinField, grid: SkinGrid, skin: SkinTruth) -> dict[str, F64]:
    """Expected length of every sample by fate, mm, and `before`, `after` of the baseline; all within the shared region."""
    here = veins.counted & (_at(grid, skin.shared, veins.points_uv) > 0.5)
    contrast_before, contrast_after = (_at(grid, f, veins.points_uv) for f in (skin.vein_before, skin.vein_after))
    before, after = (np.where(here, seen(x, RULES.observer), 0.0) for x in (contrast_before, contrast_after))
    known = before >= RULES.least_seen
    stained = _at(grid, skin.stain_after, veins.points_uv) >= JUST_NOTICEABLE_DE
    faded = contrast_after < RULES.faded_below * contrast_before
    away = (seen(skin.vein_before, RULES.observer) < RULES.least_seen).astype(np.uint8)
    distance = cv2.distanceTransform(away, cv2.DIST_L2, 5) * grid.texel_mm
    new = ~known & (_at(grid, distance, veins.points_uv) > RULES.new_beyond_mm)
    lost, left, gained = np.maximum(before - after, 0), np.minimum(before, after), np.maximum(after - before, 0)
    parts = {
        "before": known * before,
        "after": known * after,
        "cleared": (known & ~stained) * lost,
        "stained": (known & stained) * lost,
        "faded": (known & faded) * left,
        "residual": (known & ~faded) * left,
        "darkened": known * gained,
        "new": new * after,
    }
    return {name: STEP_MM * share for name, share in parts.items()}


def _lost_percent(before: float, after: float) -> float | None:
    return 100 * (1 - after / before) if before > 0 else None


def numbers(scene: Scene, skin: SkinTruth) -> dict[str, Any]:
    """The contract's numbers, under the names of a truth file: `observer` holds what an observer sees."""
    grid, veins = scene.grid, scene.veins
    length = _expected_mm(veins, grid, skin)
    fate_mm = {name: float(length[name].sum()) for name in ("cleared", "stained", "faded", "residual", "darkened", "new")}
    before, after = float(length["before"].sum()), float(length["after"].sum())
    looks = [np.where(skin.shared, seen(f, RULES.observer), 0.0) * skin.mm2 for f in (skin.vein_before, skin.vein_after)]
    weighted = [share * f for share, f in zip(looks, (skin.vein_before, skin.vein_after), strict=True)]
    net = _lost_percent(before, after + fate_mm["new"])

    def of(calibre: Bools) -> float | None:
        return _lost_percent(float(length["before"][calibre].sum()), float(length["after"][calibre].sum()))

    return {
        "observer": {
            "contrast_de": RULES.observer.contrast_de,
            "slope": RULES.observer.slope,
            "before_mm": before,
            "clearance_length": _lost_percent(before, after),
            "net_change": None if net is None else -net,
            "telangiectasia": of(veins.telangiectasia),
            "reticular": of(~veins.telangiectasia),
            "fate_mm": fate_mm,
            "clearance_area": _lost_percent(*(float(share.sum()) for share in looks)),
            "clearance_contrast": _lost_percent(*(float(share.sum()) for share in weighted)),
        },
        "shared_mm2": float(skin.mm2[skin.shared].sum()),
        "stain_mm2_before": 0.0,
        "stain_mm2_after": float(skin.mm2[skin.shared & (skin.stain_after >= JUST_NOTICEABLE_DE)].sum()),
    }


def in_photo(grid: SkinGrid, field: F32, shared: Bools, photo: RenderedPhoto) -> F32:
    """(H, W) what a photo's pixels show of a field on the shared skin; 0 elsewhere."""
    inside = np.where(shared, field, 0).astype(np.float32)
    return np.asarray(np.where(photo.cover > 0.5, from_skin(grid, inside, photo.projected.skin_uv), 0), np.float32)


def corresponding_points(rng: np.random.Generator, grid: SkinGrid, skin: SkinTruth, views: tuple[View, View]) -> F64:
    """(`POINTS`, 4): x, y before and x, y after of skin positions spread over the shared region; fewer rows when there is none."""
    rows, cols = np.nonzero(skin.shared[::4, ::4])
    if rows.size == 0:
        return np.empty((0, 4))
    pick = rng.choice(rows.size, POINTS, replace=rows.size < POINTS)
    skin_uv = np.column_stack([grid.u0_mm + 4 * cols[pick] * grid.texel_mm, grid.v0_mm + 4 * rows[pick] * grid.texel_mm])
    return np.column_stack([view.pixel_of_skin(skin_uv) for view in views])
