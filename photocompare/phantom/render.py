"""One photograph of the limb: skin through the view, light and gloss, background, card, camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, LinearRGB, Mask
from photocompare.phantom.camera import expose
from photocompare.phantom.facts import VisitFacts, stream
from photocompare.phantom.scene import VisitSkin
from photocompare.phantom.surface import ProjectedSkin, View, project
from photocompare.phantom.texture import SkinGrid, blob_noise, streak_noise

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

HAIR_DENSITY = np.array([1.1, 1.3, 1.5], np.float32)
"""Density of dark hair over skin: brown-black, eumelanin absorbs blue most."""


_WASHED_MM = 1.5
"""Skin is lost to glare where most of what lies this near is; a single bright pore hides nothing."""


@dataclass(frozen=True)
class CardPlacement:
    """A printed card lying on the limb.

    Parameters
    ----------
    texture : ndarray (h, w, 3)
        Linear reflectance, 0..1.
    mm_per_texel : float
    skin_uv : (float, float)
        Skin position, mm, on which the card's middle lies, tangent to the skin.
    rotation_deg : float
        Turn in its own plane.
    """

    texture: LinearRGB
    mm_per_texel: float
    skin_uv: tuple[float, float] = (0.0, 0.0)
    rotation_deg: float = 0.0


@dataclass(frozen=True)
class RenderedPhoto:
    """A rendered photo and what it shows.

    `cover` is the limb's share of each pixel (a card on it taken out); `seen` is where the skin itself shows, neither washed
    out by gloss nor clipped; `card_corners_xy` (4, 2) are the outer corners of
    the card's texture (top left, top right, bottom right, bottom left) in pixels, None without a card.
    """

    pixels: SRGB8
    jpeg: bytes
    projected: ProjectedSkin
    cover: F32
    seen: Mask
    card_corners_xy: F64 | None


def from_skin(grid: SkinGrid, field: F32, skin_uv: F32) -> F32:
    """Bilinear values of a skin field at (H, W, 2) skin positions."""
    x = (skin_uv[..., 0] - np.float32(grid.u0_mm)) / np.float32(grid.texel_mm)
    y = (skin_uv[..., 1] - np.float32(grid.v0_mm)) / np.float32(grid.texel_mm)
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)


def background(rng: np.random.Generator, visit: VisitFacts, size: tuple[int, int]) -> LinearRGB:
    """What lies behind the limb: a wall, a towel, wood, or a creased sheet, unevenly lit."""
    grid = SkinGrid(0, 0, 1.0, size)
    unit = size[1] / 100.0
    kind = visit.background
    pattern = np.ones(size, np.float32) + 0.06 * blob_noise(rng, grid, 60 * unit)
    if kind == "towel":
        pattern += 0.10 * blob_noise(rng, grid, 1.0 * unit) + 0.06 * blob_noise(rng, grid, max(0.4 * unit, 1.5))
    elif kind == "wood":
        rings = blob_noise(rng, grid, 90 * unit) * 3 + np.arange(size[1], dtype=np.float32) / (1.5 * unit)
        pattern += 0.08 * np.sin(rings) + 0.08 * streak_noise(rng, grid, max(0.5 * unit, 2), 30 * unit, np.pi / 2)
    elif kind == "sheet":
        folds = np.maximum(1 - np.abs(blob_noise(rng, grid, 30 * unit)) * 2.5, 0)
        pattern += 0.12 * folds - 0.12 * np.roll(folds, int(2 * unit), axis=1) + 0.05 * blob_noise(rng, grid, 14 * unit)
    else:
        pattern += 0.01 * blob_noise(rng, grid, 2 * unit)
    return np.asarray(np.clip(pattern, 0.1, 2)[..., None] * np.array(visit.background_rgb, np.float32), np.float32)


@dataclass(frozen=True)
class _Shading:
    diffuse: F32
    gloss: F32


def _sheen(rng: np.random.Generator, size: tuple[int, int]) -> F32:
    """How oily the skin is from place to place, mean about 1."""
    grid = SkinGrid(0, 0, 1.0, size)
    uneven = 0.12 * blob_noise(rng, grid, size[1] / 12) + 0.07 * blob_noise(rng, grid, size[1] / 60)
    return np.asarray(np.clip(1 + uneven, 0.3, 2), np.float32)


def _light(visit: VisitFacts, view: View, projected: ProjectedSkin, slope_u: F32, slope_v: F32, sheen: F32) -> _Shading:
    """Lambert shading of a broad lamp plus ambient light, and Blinn-Phong gloss, both roughened by the relief."""
    lamp = np.array(visit.light_xyz, np.float32)
    lamp /= np.linalg.norm(lamp)
    half = lamp + np.array([0, 0, 1], np.float32)  # the camera is far: one viewing direction serves the gloss
    half /= np.linalg.norm(half)
    normal, tu, tv = projected.normal, projected.tangent_u, projected.tangent_v
    broad = np.float32(0.25)  # a lamp of some size lights past the terminator
    facing = (normal @ lamp - slope_u * (tu @ lamp) - slope_v * (tv @ lamp) + broad) / (1 + broad)
    sky = 0.75 + 0.25 * (normal @ np.array([0, -0.6, 0.8], np.float32))
    diffuse = np.float32(visit.ambient) * sky + np.float32(1 - visit.ambient) * np.maximum(facing, 0)
    rows, cols = view.size
    y, x = np.linspace(-1, 1, rows, dtype=np.float32)[:, None], np.linspace(-1, 1, cols, dtype=np.float32)[None]
    fall = np.exp(visit.falloff[0] * x + visit.falloff[1] * y) * (1 - 0.06 * (x * x + y * y))
    roughened = np.clip(normal @ half - slope_u * (tu @ half) - slope_v * (tv @ half), 0, 1)
    gloss = np.float32(visit.gloss) * np.power(roughened, np.float32(visit.gloss_power)) * sheen
    return _Shading(np.asarray(diffuse * fall, np.float32), np.asarray(gloss * fall, np.float32))


def _lay_card(card: CardPlacement, view: View) -> tuple[F64, F32, F32, float]:
    """Corners in pixels, the card's colours and cover in the frame, and its facing to the camera."""
    middle = np.array([card.skin_uv], float)
    around = view.limb.place(middle + np.array([[0.5, 0.0], [-0.5, 0.0], [0.0, 0.5], [0.0, -0.5]]))
    right, down = around[0] - around[1], around[2] - around[3]
    right /= np.linalg.norm(right)
    down -= right * (down @ right)
    down /= np.linalg.norm(down)
    turn = np.deg2rad(card.rotation_deg)
    right, down = np.cos(turn) * right + np.sin(turn) * down, np.cos(turn) * down - np.sin(turn) * right
    height, width = card.texture.shape[:2]
    texels = np.array([[-0.5, -0.5], [width - 0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    half = np.array([(width - 1) / 2, (height - 1) / 2])
    offset = (texels - half) * card.mm_per_texel
    lift = np.cross(right, down)
    lift *= np.sign(lift @ (view.position - view.limb.place(middle)[0]))
    corners = view.project(view.limb.place(middle)[0] + lift + offset[:, :1] * right + offset[:, 1:] * down)
    matrix = cv2.getPerspectiveTransform(texels.astype(np.float32), corners.astype(np.float32))
    size = (view.size[1], view.size[0])
    # minified textures are smoothed first, as the lens would; a card printed finer than a pixel shows grey, not moire
    minified = view.mm_per_px_front / card.mm_per_texel
    texture = cv2.GaussianBlur(card.texture, (0, 0), 0.4 * minified) if minified > 1 else card.texture
    colours = cv2.warpPerspective(texture.astype(np.float32), matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, size, flags=cv2.INTER_LINEAR)
    return corners, np.asarray(colours, np.float32), np.asarray(cover, np.float32), float(abs((view.rotation @ lift)[2]))


def _second_leg(rng: np.random.Generator, visit: VisitFacts, view: View, colour: F64, scene: LinearRGB) -> LinearRGB:
    """The edge of the other leg, out of the way at one side: skin-coloured, mottled, never measured."""
    rows, cols = view.size
    y = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    edge = cols * (0.5 + visit.other_leg * (0.40 + 0.03 * np.sin(2 * y + rng.uniform(0, 6)) + 0.02 * y))
    depth = np.clip(visit.other_leg * (np.arange(cols, dtype=np.float32)[None] - edge) / (0.28 * cols), 0, 1)
    shade = np.float32(0.35 + 0.45 * rng.uniform()) + 0.4 * np.sqrt(np.maximum(1 - np.square(1 - depth), 0))
    mottle = (
        1
        + 0.05 * blob_noise(rng, SkinGrid(0, 0, 1.0, view.size), cols / 20)
        + 0.03 * blob_noise(rng, SkinGrid(0, 0, 1.0, view.size), cols / 120)
    )
    leg = (shade * mottle)[..., None] * colour.astype(np.float32)
    leg *= (0.55 + 0.45 * np.sqrt(np.minimum(depth * 4, 1)))[..., None]
    inside = np.clip(visit.other_leg * (np.arange(cols, dtype=np.float32)[None] - edge) + 0.5, 0, 1)[..., None]
    return np.asarray(scene * (1 - inside) + leg * inside, np.float32)


def _skin_in_view(skin: VisitSkin, projected: ProjectedSkin, mm_per_px: float) -> tuple[F32, F32]:
    """Reflectance (H, W, 3) and slopes along u and v (H, W, 2) of what each pixel sees."""
    grid, density, relief = skin.grid, skin.density, skin.relief
    pixel_texels = mm_per_px / grid.texel_mm
    if pixel_texels > 1.3:  # a pixel gathers the light of all texels under it
        density = np.asarray(cv2.GaussianBlur(density, (0, 0), 0.4 * pixel_texels), np.float32)
        relief = np.asarray(cv2.GaussianBlur(relief, (0, 0), 0.4 * pixel_texels), np.float32)
    reflect = np.asarray(cv2.exp(-from_skin(grid, density, projected.skin_uv)), np.float32)
    if skin.hair.any():
        reflect *= cv2.exp(-from_skin(grid, skin.hair, projected.skin_uv)[..., None] * HAIR_DENSITY)
    slope = np.dstack([cv2.Sobel(relief, cv2.CV_32F, *order, scale=1 / (8 * grid.texel_mm)) for order in ((1, 0), (0, 1))])
    slopes = from_skin(grid, slope.astype(np.float32), projected.skin_uv)
    return reflect, slopes


def render_photo(seed: int, name: str, skin: VisitSkin, visit: VisitFacts, view: View, card: CardPlacement | None) -> RenderedPhoto:
    """Photograph the skin.

    Parameters
    ----------
    seed, name : int, str
        Root and name of the random streams (noise, background).
    skin : VisitSkin
    visit : VisitFacts
        Camera, light and background.
    view : View
        Where the limb lies in the frame.
    card : CardPlacement or None
        A card laid on the skin.
    """
    rng = stream(seed, f"photo {name}")
    projected = project(view)
    reflect, slopes = _skin_in_view(skin, projected, view.mm_per_px_front)
    shading = _light(visit, view, projected, slopes[..., 0], slopes[..., 1], _sheen(rng, view.size))
    skin_light = reflect * shading.diffuse[..., None] + shading.gloss[..., None]
    typical = np.exp(-np.median(skin.density[::16, ::16].reshape(-1, 3), axis=0))
    level = float(np.median(shading.diffuse[projected.cover > 0.5])) if (projected.cover > 0.5).any() else 1.0
    exposure = visit.skin_level / (level * float(typical @ np.array([0.2126, 0.7152, 0.0722])))
    behind = background(rng, visit, view.size) / np.float32(exposure) * np.float32(visit.skin_level / 0.33)
    if visit.other_leg:
        behind = _second_leg(rng, visit, view, typical * level, behind)
    cover, corners = projected.cover, None
    light = behind * (1 - cover[..., None]) + skin_light * cover[..., None]
    if card is not None:
        corners, colours, card_cover, facing = _lay_card(card, view)
        lit = np.float32(level * (0.6 + 0.4 * facing)) * colours
        light = light * (1 - card_cover[..., None]) + lit * card_cover[..., None]
        cover = np.asarray(cover * (card_cover < 0.02), np.float32)
    washed = (shading.gloss > reflect[..., 1] * shading.diffuse) | (light.max(axis=2) * np.float32(exposure) > 1)
    near = cv2.GaussianBlur(washed.astype(np.float32), (0, 0), _WASHED_MM / view.mm_per_px_front)
    seen = np.asarray((cover > 0.5) & (near < 0.5))
    pixels, jpeg = expose(rng, np.asarray(light * np.float32(exposure), np.float32), visit)
    return RenderedPhoto(pixels, jpeg, projected, cover, seen, corners)
