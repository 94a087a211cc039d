"""The limb in space: where a place on the skin lies, where it falls in a photo, and which skin a pixel sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.phantom.facts import FRAME_WIDTH_MM, LimbFacts, VisitFacts, stream
from photocompare.phantom.texture import SkinGrid, blob_noise

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_TABLE_STEP_MM = 2.0
"""Spacing of the limb's radius table; shapes vary over 20 mm and more."""

_REMAP_COLUMNS = 1024
"""Row length under which loose positions are handed to `cv2.remap`."""

_ROUNDING_MM = 10.0
"""Standard deviation of that rounding: below the shape's own scale of 55 mm, above its nodes' 16 mm over two."""

_LIMB_HALF_LENGTH_MM = 260.0
"""The limb is modelled this far up and down: past every frame."""


@dataclass(frozen=True)
class Limb:
    """A limb at one visit: radius over (u, v) and how its skin slid since the reference.

    `u` = reference radius x angle about the axis (0 faces the camera), `v` along the axis, mm.
    """

    radius_ref_mm: float
    bend_mm: float
    grid: SkinGrid
    radius: F32
    radius_du: F32
    radius_dv: F32
    slide: F32

    def look_up(self, table: F32, u: F64 | F32, v: F64 | F32) -> F32:
        """Bilinear value of a table of this limb at limb positions."""
        x = np.asarray((u - self.grid.u0_mm) / self.grid.texel_mm, np.float32)
        y = np.asarray((v - self.grid.v0_mm) / self.grid.texel_mm, np.float32)
        pad = -x.size % _REMAP_COLUMNS  # remap takes images, and none longer than 32767 either way
        sheet = [np.pad(f.ravel(), (0, pad)).reshape(-1, _REMAP_COLUMNS) for f in (x, y)]
        out = cv2.remap(table, sheet[0], sheet[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(out, np.float32).reshape(-1, *table.shape[2:])[: x.size].reshape(x.shape + table.shape[2:])

    def axis_x(self, v: F64 | F32) -> F64 | F32:
        """Sideways place of the axis."""
        return self.bend_mm * np.square(v / 100.0)

    def limb_from_skin(self, skin_uv: F64) -> F64:
        """(N, 2) skin positions to limb positions: the inverse of the slide, by fixed point."""
        limb = skin_uv.copy()
        for _ in range(4):
            limb = skin_uv - self.look_up(self.slide, limb[:, 0], limb[:, 1])
        return limb

    def place(self, skin_uv: F64) -> F64:
        """(N, 2) skin positions to (N, 3) points in limb space: x right, y down, z to the camera."""
        limb = self.limb_from_skin(skin_uv)
        angle = limb[:, 0] / self.radius_ref_mm
        radius = self.look_up(self.radius, limb[:, 0], limb[:, 1])
        return np.column_stack([self.axis_x(limb[:, 1]) + radius * np.sin(angle), limb[:, 1], radius * np.cos(angle)])

    def normal(self, limb_u: F64 | F32, limb_v: F64 | F32) -> F32:
        """Outward unit normal (..., 3) at limb positions."""
        angle = np.asarray(limb_u / self.radius_ref_mm, np.float32)
        radius = self.look_up(self.radius, limb_u, limb_v)
        around = self.look_up(self.radius_du, limb_u, limb_v) * self.radius_ref_mm / radius
        along = self.look_up(self.radius_dv, limb_u, limb_v)
        s, c = np.sin(angle), np.cos(angle)
        bend = np.asarray(2 * self.bend_mm * limb_v / 1e4, np.float32)
        normal = np.stack([s - around * c, -along - s * bend, c + around * s], axis=-1)
        return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True), np.float32)


def _smooth(field: F32) -> F32:
    """Round off the corners of an interpolated table: a limb's shading follows its slope, and steps in it would show as folds."""
    return np.asarray(cv2.GaussianBlur(field, (0, 0), _ROUNDING_MM / _TABLE_STEP_MM), np.float32)


def build_limb(facts: LimbFacts, *, seed: int, visit: str, slide_mm: float, swelling: float) -> Limb:
    """The limb as it stood at one visit.

    Parameters
    ----------
    slide_mm : float
        Standard deviation of the skin's slide, 0 for the reference visit.
    swelling : float
        Standard deviation of the relative change of radius (soft tissue, posture).
    """
    half_u = math.pi * facts.radius_mm
    grid = SkinGrid.around(half_u, _LIMB_HALF_LENGTH_MM, _TABLE_STEP_MM)
    v, u = np.meshgrid(
        grid.v0_mm + np.arange(grid.shape[0]) * grid.texel_mm, grid.u0_mm + np.arange(grid.shape[1]) * grid.texel_mm, indexing="ij"
    )
    angle = u / facts.radius_mm
    along = 1 + facts.taper * v / 100 + facts.bulge * np.exp(-np.square((v - facts.bulge_at_mm) / 70))
    around = 1 + facts.flatness * np.cos(2 * (angle - facts.flat_angle)) + facts.three_lobe * np.cos(3 * (angle - facts.lobe_angle))
    rng = stream(seed, f"limb {visit}")
    soft = swelling * _smooth(blob_noise(rng, grid, 60.0))
    radius = np.asarray(facts.radius_mm * np.clip(along, 0.55, 1.6) * around * (1 + soft), np.float32)
    slide = np.stack([_smooth(blob_noise(rng, grid, 55.0)) for _ in range(2)], axis=-1) * np.float32(slide_mm)
    dv, du = np.gradient(radius, grid.texel_mm)
    return Limb(facts.radius_mm, facts.bend_mm, grid, radius, np.asarray(du, np.float32), np.asarray(dv, np.float32), slide)


@dataclass(frozen=True)
class View:
    """A pinhole camera before a limb: `rotation` takes limb space to camera space (x right, y down, z to the camera)."""

    limb: Limb
    rotation: F64
    distance_mm: float
    focal_px: float
    centre_xy: tuple[float, float]
    size: tuple[int, int]
    mm_per_px_front: float

    def project(self, points: F64) -> F64:
        """(N, 3) points of limb space to (N, 2) pixel positions (x, y)."""
        camera = points @ self.rotation.T
        depth = self.distance_mm - camera[:, 2]
        return np.column_stack(
            [self.centre_xy[0] + self.focal_px * camera[:, 0] / depth, self.centre_xy[1] + self.focal_px * camera[:, 1] / depth]
        )

    @property
    def position(self) -> F64:
        """The camera's place in limb space."""
        return np.asarray(self.rotation.T @ np.array([0.0, 0.0, self.distance_mm]))

    def pixel_of_skin(self, skin_uv: F64) -> F64:
        """(N, 2) skin positions to pixel positions, whether seen or not."""
        return self.project(self.limb.place(skin_uv))

    def facing(self, skin_uv: F64) -> F64:
        """Cosine between the skin's normal and the direction to the camera; negative behind."""
        limb = self.limb.limb_from_skin(skin_uv)
        to_camera = self.position - self.limb.place(skin_uv)
        to_camera /= np.linalg.norm(to_camera, axis=1, keepdims=True)
        return np.asarray(np.sum(self.limb.normal(limb[:, 0], limb[:, 1]) * to_camera, axis=1))


def build_view(limb: Limb, visit: VisitFacts, size: tuple[int, int]) -> View:
    """The camera of a visit."""
    turn, tilt, roll = (math.radians(a) for a in (visit.turn_deg, visit.tilt_deg, visit.roll_deg))
    ry = np.array([[math.cos(turn), 0, math.sin(turn)], [0, 1, 0], [-math.sin(turn), 0, math.cos(turn)]])
    rx = np.array([[1, 0, 0], [0, math.cos(tilt), -math.sin(tilt)], [0, math.sin(tilt), math.cos(tilt)]])
    rz = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    rows, cols = size
    mm_per_px = float(FRAME_WIDTH_MM * visit.distance_factor / cols)
    distance = visit.distance_mm * visit.distance_factor
    focal = (distance - limb.radius_ref_mm) / mm_per_px
    centre = ((cols - 1) / 2 + visit.shift_mm[0] / mm_per_px, (rows - 1) / 2 + visit.shift_mm[1] / mm_per_px)
    return View(limb, rz @ rx @ ry, distance, focal, centre, size, mm_per_px)


@dataclass(frozen=True)
class ProjectedSkin:
    """What each pixel of a photo sees.

    Parameters
    ----------
    skin_uv : ndarray (H, W, 2)
        Skin position in mm; runs on smoothly past the limb's outline.
    cover : ndarray (H, W)
        Share of the pixel that the limb fills.
    normal : ndarray (H, W, 3)
        Outward normal in camera space.
    tangent_u, tangent_v : ndarray (H, W, 3)
        Directions of growing u and v in camera space.
    """

    skin_uv: F32
    cover: F32
    normal: F32
    tangent_u: F32
    tangent_v: F32


_STRIDE = 2
"""Rays are traced at every second pixel and interpolated: the limb is smooth at that scale."""

_TRACING_STEPS = 9
"""Newton steps to the surface; the gap is nearly convex along a ray, so that they close in from the camera's side."""


_LEAST_CLOSING = 0.02
"""Rays that near the axis slower than this pass the limb's outline within a hundredth of its radius."""


def _trace(view: View, stride: int) -> tuple[F32, F32, F32]:
    """Limb positions u, v and the least distance of each ray to the limb, on every `stride`-th pixel."""
    rows, cols = view.size
    y, x = np.meshgrid(
        np.arange(0, rows + stride, stride, dtype=np.float32), np.arange(0, cols + stride, stride, dtype=np.float32), indexing="ij"
    )
    in_camera = np.stack([(x - view.centre_xy[0]) / view.focal_px, (y - view.centre_xy[1]) / view.focal_px, -np.ones_like(x)], axis=-1)
    rays = (in_camera @ view.rotation).astype(np.float32)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    origin = view.position.astype(np.float32)
    rx, ry, rz = (np.ascontiguousarray(rays[..., k]) for k in range(3))
    across = np.maximum(rx**2 + rz**2, 1e-6)
    t_axis = -(origin[0] * rx + origin[2] * rz) / across
    t = t_axis - 1.5 * view.limb.radius_ref_mm / np.sqrt(across)
    least = np.full_like(t, np.inf)
    u_best, v_best = np.zeros_like(t), np.zeros_like(t)
    entered = np.zeros(t.shape, np.bool_)
    for _ in range(_TRACING_STEPS):
        v = origin[1] + t * ry
        dx, dz = origin[0] + t * rx - view.limb.axis_x(v), origin[2] + t * rz
        u = np.arctan2(dx, dz) * np.float32(view.limb.radius_ref_mm)
        reach = np.hypot(dx, dz)
        gap = reach - view.limb.look_up(view.limb.radius, u, v)
        entered |= gap < 0
        nearer = np.abs(gap) < np.abs(least)
        least, u_best, v_best = np.where(nearer, gap, least), np.where(nearer, u, u_best), np.where(nearer, v, v_best)
        closing = np.maximum(-(dx * rx + dz * rz) / np.maximum(reach, 1e-3), np.float32(_LEAST_CLOSING))
        t = np.minimum(t + gap / closing, t_axis)
    return np.asarray(u_best, np.float32), np.asarray(v_best, np.float32), np.where(entered, np.float32(0), least)


def _enlarge(field: F32, stride: int, size: tuple[int, int]) -> F32:
    """Bilinear values at every pixel of a field known at every `stride`-th one (pixel 0 is node 0)."""
    matrix = np.array([[1 / stride, 0, 0], [0, 1 / stride, 0]])
    return np.asarray(
        cv2.warpAffine(field, matrix, (size[1], size[0]), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )


def project(view: View) -> ProjectedSkin:
    """Trace a photo's pixels to the skin."""
    u, v, gap = _trace(view, _STRIDE)
    limb = view.limb
    skin = np.stack([u, v], axis=-1) + limb.look_up(limb.slide, u, v)
    angle = u / np.float32(limb.radius_ref_mm)
    rotation = view.rotation.T.astype(np.float32)
    normal = limb.normal(u, v) @ rotation
    zero = np.zeros_like(angle)
    tangent_u = np.stack([np.cos(angle), zero, -np.sin(angle)], axis=-1) @ rotation
    tangent_v = np.broadcast_to(rotation[1], tangent_u.shape)
    grow = [_enlarge(np.ascontiguousarray(f, np.float32), _STRIDE, view.size) for f in (skin, gap, normal, tangent_u, tangent_v)]
    cover = np.clip(1 - np.maximum(grow[1], 0) / np.float32(view.mm_per_px_front), 0, 1).astype(np.float32)
    return ProjectedSkin(grow[0], cover, grow[2], grow[3], grow[4])
