"""Pairs of scenes: the same skin with drawn veins before and after treatment, taken by two cameras and laid over each other.

The skin is photographed (`real_skin`) or drawn (`drawn_skin`).  What skin keeps between two visits stays, what it does not keep is drawn
anew.  Veins clear, fade, stay, darken or come new; where one went, a stain, a shade or a furrow may lie in its place and is no vein.
The after photo lies over the before photo only as well as a registration lays it.
"""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

import cv2
import numpy as np
from drawn_skin import camera, distractors
from numpy.random import Generator
from numpy.typing import NDArray
from obstructions import limb_edge, obstructions, shaded_edge, stamped
from real_skin import photographs, skin_patch
from skin_pairs import runs
from skin_scenes import F32, blotched, de76, draw, matting, noise, skin_tone, stain_colour, tissue_blur, trees, vein_colour

from photocompare.base.colour import density_from_linear, lab_per_density, linear_from_srgb8, srgb8_from_linear

KEPT, RIM = 256, 28
"""Pixels of a scene's side that are kept, and drawn around it: the surround of a pixel reaches beyond."""

REAL_SHARE = 0.6
"""Scenes on photographed skin, of all."""

MOST_OFF_PX = 5.0
"""No registration that is believed is off by more."""

FEWER_TREES_THAN, RETICULAR = (9, 6, 5), (4, 4, 9)
"""Of telangiectasias, purple vessels and reticular veins in a scene; and in three of ten."""

PX_PER_MM, SPREAD = (4.2, 8.0), 0.4
"""Scales of whole legs and of nearer photos, and the standard deviation of their logarithms."""

TRUTHS = ("vein_before", "vein_after", "stain_before", "stain_after")


@dataclass(frozen=True)
class PairScene:
    """photos : uint8 (2, K, K, 3), sRGB, before and after, both in the before frame.

    leg : bool (K, K), where a mask would say that there is leg.
    truth, truth_swapped : float32 (4, K, K), CIE76 of `TRUTHS` at the skin's place in the before photo's geometry, and in the after photo's.
    known : bool (K, K), where the truth is believed.
    """

    photos: NDArray[np.uint8]
    leg: NDArray[np.bool_]
    truth: F32
    truth_swapped: F32
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class Treatment:
    """What happened between the photos: how, to what share of the runs, how often a stain follows, and how full the veins are after."""

    mode: str
    share: float
    stain_rate: float
    filling: float


def _treatment(rng: Generator) -> Treatment:
    mode = str(rng.choice(["null", "cleared", "graded", "darker"], p=[0.22, 0.2, 0.53, 0.05]))
    return Treatment(mode, rng.uniform(0.1, 1.0), float(rng.choice([0.0, rng.uniform(0.2, 1)])), float(np.exp(rng.normal(0, 0.04))))


def _left(rng: Generator, treatment: Treatment) -> float:
    """Share of a run's contrast that is left after."""
    if treatment.mode == "null":
        return treatment.filling
    if treatment.mode == "darker":
        return float(rng.uniform(0.9, 2.0))
    if treatment.mode == "cleared":
        return 0.0 if rng.random() < 0.85 else float(rng.uniform(0, 0.25))
    if rng.random() >= treatment.share:
        return treatment.filling * (1.0 if rng.random() < 0.8 else float(rng.uniform(0.8, 1.2)))
    fate = rng.random()
    if fate < 0.55:
        return 0.0
    return float(rng.uniform(0.0, 0.25)) if fate < 0.7 else float(rng.uniform(0.1, 0.9))


def _core(cover: F32, paths: list[tuple[F32, float, float]]) -> float:
    """What a line of unit strength covers at its centre, after tissue has blurred it."""
    points = np.concatenate([p[::2] for p, _, s in paths if s > 0.7] or [paths[0][0]])
    cols, rows = np.rint(points).astype(int).T
    inside = (rows >= 0) & (cols >= 0) & (rows < cover.shape[0]) & (cols < cover.shape[1])
    return max(0.08, float(np.median(cover[rows[inside], cols[inside]]))) if inside.any() else 1.0


def _contrast(rng: Generator) -> float:
    """CIE76 units of a tree: most between 1 and 6."""
    return float(np.clip(np.exp(rng.normal(np.log(4.2), 0.5)), 0.4, 15))


@dataclass
class _Layers:
    """Densities (S, S, 3) in the making."""

    before: F32
    after: F32
    stain_before: F32
    stain_after: F32
    ghost: F32


def _ghost(rng: Generator, shape: tuple[int, int], courses: list[tuple[F32, float, float]], px_per_mm: float) -> F32:
    """Where a vein went: a pink or pale shade, or a furrow, along its course; neither brown nor a vein.

    A grey shade there is what is left of the vein, to an observer.
    """
    if not courses:
        return np.zeros((*shape, 3), np.float32)
    kind = rng.choice(["pink", "pale", "furrow"])
    wide = [(p, s * (0.4 if kind == "furrow" else rng.uniform(1.0, 3.0)), k) for p, s, k in courses]
    line = draw(shape, wide, (0.1 if kind == "furrow" else rng.uniform(0.2, 0.8)) * px_per_mm)
    colour = {"pink": (0.25, 1.0, 0.8), "pale": (-0.6, -1.0, -0.9), "furrow": (0.9, 1, 1)}[str(kind)]
    return np.asarray(line[..., None] * np.array(colour, np.float32) * rng.uniform(0.01, 0.08), np.float32)


def _vessels(rng: Generator, shape: tuple[int, int], px_per_mm: float) -> _Layers:
    """Veins and stains before and after."""
    out = _Layers(*(np.zeros((*shape, 3), np.float32) for _ in range(5)))
    treatment = _treatment(rng)
    brown: list[tuple[F32, float, float]] = []
    gone: list[tuple[F32, float, float]] = []
    faint = rng.choice([1.0, rng.uniform(0.3, 0.7)], p=[0.75, 0.25])
    most = RETICULAR if rng.random() < 0.3 else FEWER_TREES_THAN
    kinds = list(trees(rng, shape, px_per_mm, most)) if rng.random() < 0.92 else []
    for kind, paths in kinds:
        was: list[tuple[F32, float, float]] = []
        now: list[tuple[F32, float, float]] = []
        softer: list[tuple[F32, float, float]] = []
        for path, size in paths:
            strength = float(rng.choice([1.0, rng.uniform(0.25, 1)], p=[0.6, 0.4]))
            was.append((path, size, strength))
            for run in runs(rng, path, px_per_mm, 3):
                left = _left(rng, treatment)
                if left > 0:
                    soft = left < 0.8 and rng.random() < 0.5
                    (softer if soft else now).append((run, size * float(rng.uniform(0.8, 1.05)) if left < 0.8 else size, strength * left))
                if left < 0.5 and treatment.mode != "null":
                    (brown if rng.random() < treatment.stain_rate else gone).append((run, size, float(rng.uniform(0.4, 1.0))))
        blur, colour = tissue_blur(rng, kind, px_per_mm), vein_colour(rng, kind)
        cover = draw(shape, was, blur)
        amount = _contrast(rng) * faint / _core(cover, was) / float(np.linalg.norm(lab_per_density() @ colour))
        amount = min(amount, 2.5)
        out.before += (cover * amount)[..., None] * colour
        if now or softer:
            aged = colour * np.exp(rng.normal(0, 0.04, 3)).astype(np.float32)
            if treatment.mode == "darker" and rng.random() < 0.5:  # trapped blood is darker and bluer
                aged = colour * np.array([1.3, 1.0, 0.8], np.float32)
            remains = draw(shape, now, blur)
            if softer:  # a vein that goes loses its edges first; observers still see it
                more = float(np.hypot(blur, rng.uniform(0.1, 0.5) * px_per_mm))
                remains = remains + draw(shape, softer, more)
            out.after += (remains * amount)[..., None] * aged
    _stain(rng, out, brown, px_per_mm)
    if gone and rng.random() < 0.6:
        out.ghost += _ghost(rng, shape, gone, px_per_mm)
    _new_vessels(rng, out, px_per_mm)
    return out


def _stain(rng: Generator, out: _Layers, brown: list[tuple[F32, float, float]], px_per_mm: float) -> None:
    """Hemosiderin along the courses of treated veins, and stasis pigment that was there before."""
    shape = out.before.shape[:2]
    colour = stain_colour(rng)
    unit = float(np.linalg.norm(lab_per_density() @ colour))
    cover = draw(shape, [(p, s * rng.uniform(0.8, 3.0), k) for p, s, k in brown], rng.uniform(0.15, 0.9) * px_per_mm) if brown else None
    if cover is not None:
        cover *= _contrast(rng) / unit / max(0.2, float(np.percentile(cover[cover > 0.05], 80)) if (cover > 0.05).any() else 1.0)
    track = blotched(rng, np.zeros(shape, np.float32) if cover is None else cover, 0.1, px_per_mm)
    out.stain_after += track[..., None] * colour
    if rng.random() < 0.15:
        patch = blotched(rng, np.zeros(shape, np.float32), 1.0, px_per_mm)[..., None] * stain_colour(rng) * rng.uniform(0.3, 2)
        out.stain_before += patch
        out.stain_after += patch * float(rng.choice([1.0, rng.uniform(0, 1.3)]))


def _new_vessels(rng: Generator, out: _Layers, px_per_mm: float) -> None:
    """Matting, mostly new; and now and then a new vein beside the old ones."""
    shape = out.before.shape[:2]
    if rng.random() < 0.25:
        tuft = matting(rng, shape, px_per_mm)
        layer = draw(shape, tuft, rng.uniform(0.05, 0.15) * px_per_mm)[..., None] * vein_colour(rng, "red")
        out.after += layer
        if rng.random() < 0.35:  # it was there already
            out.before += layer * float(rng.uniform(0.5, 1.2))
    if rng.random() < 0.12:
        for kind, paths in trees(rng, shape, px_per_mm, FEWER_TREES_THAN):
            if rng.random() < 0.4:
                cover = draw(shape, [(p, s, 1.0) for p, s in paths], tissue_blur(rng, kind, px_per_mm))
                colour = vein_colour(rng, kind)
                out.after += (cover * min(2.5, _contrast(rng) / float(np.linalg.norm(lab_per_density() @ colour))))[..., None] * colour


def _displaced(rng: Generator, shape: tuple[int, int]) -> F32:
    """What a registration leaves wrong: where each pixel of the after photo, laid over, lies in the before photo; (H, W, 2) as (x, y)."""
    grid = np.dstack(np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))).astype(np.float32)
    size = abs(rng.normal(0, 0.8)) if rng.random() < 0.88 else rng.uniform(1, 3)
    reach = np.exp(rng.uniform(np.log(15), np.log(120)))
    off = np.dstack([noise(rng, shape, reach) * 0.8 + rng.normal(0, 0.5) for _ in range(2)]) * size
    off = np.clip(off, -MOST_OFF_PX, MOST_OFF_PX).astype(np.float32)
    back = off.copy()
    for _ in range(3):
        there = grid - back
        back = cv2.remap(off, there[..., 0], there[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(grid - back, np.float32)


def _moved(image: F32, where: F32) -> F32:
    return np.asarray(cv2.remap(image, where[..., 0], where[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.float32)


def _processed(rng: Generator, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a phone and a messenger make of a photo: denoise smear, less pixels, another JPEG, a stamp."""
    if rng.random() < 0.2:
        photo = np.asarray(cv2.bilateralFilter(photo, 5, rng.uniform(8, 30), rng.uniform(1, 2.5)), np.uint8)
    if rng.random() < 0.06:
        photo = stamped(rng, photo)
    if rng.random() < 0.25:
        h, w = photo.shape[:2]
        less = rng.uniform(0.5, 0.95)
        small = cv2.resize(photo, (max(8, int(w * less)), max(8, int(h * less))), interpolation=cv2.INTER_AREA)
        _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(45, 85))])
        photo = np.asarray(cv2.resize(cv2.imdecode(data, cv2.IMREAD_COLOR), (w, h), interpolation=cv2.INTER_CUBIC), np.uint8)
    return photo


def _photographed(rng: Generator, linear: F32, gloss_px: float, gamma: float) -> F32:
    """The camera at its own distance and turn, brought back to the frame; linear."""
    h, w = linear.shape[:2]
    scale, turn = float(np.exp(rng.normal(0, 0.15))), rng.uniform(-8, 8)
    there = cv2.getRotationMatrix2D((w / 2, h / 2), turn, scale)
    out = (int(w * scale * 1.1), int(h * scale * 1.1))
    there[:, 2] += (out[0] - w) / 2, (out[1] - h) / 2
    seen = cv2.warpAffine(linear, there, out, flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    photo = linear_from_srgb8(_processed(rng, camera(rng, np.clip(seen, 1e-4, 1).astype(np.float32), gloss_px, gamma)))
    back = cv2.warpAffine(photo, there, (w, h), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(np.clip(back, 0, 1), np.float32)


def _real_skin(
    rng: Generator, folder: pathlib.Path, held_out: bool, left_out: frozenset[str], shape: tuple[int, int]
) -> tuple[F32, F32, F32, NDArray[np.bool_]]:
    """Base colour, density before and after over it, and where the skin is believed to have no veins of its own.

    Fine texture survives in part only: what is lost is made up from another photo's.
    """
    photos = photographs(folder, held_out, left_out)
    patch, other = (skin_patch(rng, photos, shape[0]) for _ in range(2))
    density = density_from_linear(patch.linear.copy())
    base = np.exp(-np.median(density.reshape(-1, 3)[::7], axis=0)).astype(np.float32)
    strength = float(np.clip(np.exp(rng.normal(np.log(0.4), 0.4)), 0.15, 0.9))  # close-ups show more relief than a leg at arm's length
    density = (density + np.log(base)) * strength
    reach = rng.uniform(3, 12)
    broad = np.asarray(cv2.GaussianBlur(density, (0, 0), reach), np.float32)
    fine = density - broad
    strange = density_from_linear(other.linear.copy())
    strange = strange - cv2.GaussianBlur(strange, (0, 0), reach)
    strange = np.clip(strange * min(1.0, float(fine.std()) / max(float(strange.std()), 1e-4)), -0.3, 0.3)
    kept = rng.uniform(0.4, 1.0)
    known = patch.trusted & (other.trusted | (kept > 0.9))
    after = broad + kept * fine + np.sqrt(1 - kept**2) * strange
    return base, density, np.asarray(after, np.float32), known


def _drawn_skin(rng: Generator, shape: tuple[int, int], px_per_mm: float) -> tuple[F32, F32, F32, NDArray[np.bool_]]:
    kept, gone, come = (distractors(rng, shape, px_per_mm) for _ in range(3))
    change = rng.uniform(0, 0.6)
    return skin_tone(rng), kept + change * gone, kept + change * come, np.ones(shape, bool)


def render_pair(
    seed: int,
    skin_folder: pathlib.Path,
    *,
    held_out: bool = False,
    left_out: frozenset[str] = frozenset(),
    real_share: float = REAL_SHARE,
    obstructed: bool = True,
    kept: int = KEPT,
) -> PairScene:
    """One pair; the same seed gives the same arrays.

    Parameters
    ----------
    seed : int
    skin_folder : Path
        With `pad.csv` and `pad/`.
    held_out : bool
        Whether the skin comes from the patients of the check.
    left_out : frozenset of str
        Photographs whose skin shows veins of its own.
    real_share : float
        Share of scenes on photographed skin.
    obstructed : bool
        Whether folds, ink, limb edges and the like are drawn.
    kept : int
        Pixels K of the scene's side that are kept.
    """
    rng = np.random.default_rng(seed)
    side = kept + 2 * RIM
    shape = (side, side)
    px_per_mm = float(np.clip(np.exp(rng.normal(np.log(rng.choice(PX_PER_MM)), SPREAD)), 1.8, 14))
    real = rng.random() < real_share
    base, first, second, known = _real_skin(rng, skin_folder, held_out, left_out, shape) if real else _drawn_skin(rng, shape, px_per_mm)
    veins = _vessels(rng, shape, px_per_mm)
    densities = [first + veins.before + veins.stain_before, second + veins.after + veins.stain_after + veins.ghost]
    leg = np.ones(shape, bool)
    if obstructed:
        densities = [d + o for d, o in zip(densities, obstructions(rng, shape, px_per_mm), strict=True)]
    linear = [np.asarray(np.exp(-d) * base, np.float32) for d in densities]
    cover = np.zeros(shape, np.float32)
    if obstructed and rng.random() < 0.25:
        cover, *backgrounds, leg = limb_edge(rng, shape)
        shade = np.exp(-shaded_edge(rng, cover, px_per_mm))[..., None]
        linear = [s * shade * (1 - cover[..., None]) + b * cover[..., None] for s, b in zip(linear, backgrounds, strict=True)]
    back = _displaced(rng, shape)
    gloss = 15 * px_per_mm
    gamma = np.exp(rng.normal(0, 0.1) + rng.normal(0, 0.05, 2))
    photos = [
        linear_from_srgb8(_processed(rng, camera(rng, np.clip(linear[0], 1e-4, 1), gloss, float(gamma[0])))),
        _photographed(rng, _moved(linear[1], back), gloss, float(gamma[1])),
    ]
    truth = [de76(base, d) * (1 - cover) for d in (veins.before, veins.after, veins.stain_before, veins.stain_after)]
    inner = np.s_[RIM : RIM + kept]
    swapped = [np.maximum(_moved(t, back), 0) for t in truth]
    encoded = [srgb8_from_linear(p) for p in photos]
    cut = lambda images: np.stack([image[inner, inner] for image in images])  # noqa: E731
    # Where the mask leaves the leg out nothing is asked.
    return PairScene(
        cut(encoded),
        leg[inner, inner],
        cut(truth),
        cut(swapped),
        (known & leg)[inner, inner],
    )
