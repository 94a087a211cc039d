"""A rendered pair in memory: photos, masks, the true map, the numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypedDict, Unpack

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, Grey, MapXY, Mask
from photocompare.base.colour import JUST_NOTICEABLE_DE
from photocompare.phantom import truth
from photocompare.phantom.camera import encode_jpeg
from photocompare.phantom.facts import PairFacts, draw_facts, stream
from photocompare.phantom.render import CardPlacement, RenderedPhoto, background, render_photo
from photocompare.phantom.scene import Scene, build_scene
from photocompare.phantom.surface import View, build_limb, build_view

F64 = NDArray[np.float64]

_VISITS = ("before", "after")

_OTHER_SEED = 7_368_787
"""Added to the seed for another leg or another place (a prime, so that runs of seeds don't meet)."""


@dataclass(frozen=True)
class PhantomPair:
    """A before and an after photo with all that is true about them.

    Parameters
    ----------
    facts : PairFacts
    before, after : ndarray (H, W, 3) uint8
        sRGB pixels as read back from the JPEGs.
    before_jpeg, after_jpeg : bytes
    truth : dict
        Content of `truth.json`, `case` left out.
    masks : dict
        "veins_before", "veins_after" (more looks see a vein than not), "stain_before", "stain_after": bool, each in its own photo's
        pixels, within the shared region.  Empty for pairs that must be refused.
    vein_de : dict
        "before", "after": float32 (H, W), contrast of vein, CIE76, likewise.
    leg_before, leg_after : ndarray (H, W) bool
        Pixels on the limb.
    shared : ndarray (H, W) bool
        Before pixels whose skin both photos show well; all False for pairs that must be refused.
    card_corners_before, card_corners_after : ndarray (4, 2) or None
        Outer corners of a card, pixels (x, y).
    """

    facts: PairFacts
    before: SRGB8
    after: SRGB8
    before_jpeg: bytes
    after_jpeg: bytes
    truth: dict[str, Any]
    masks: dict[str, Mask]
    vein_de: dict[str, Grey]
    leg_before: Mask
    leg_after: Mask
    shared: Mask
    card_corners_before: F64 | None
    card_corners_after: F64 | None
    _views: tuple[View, View]
    _photo_before: RenderedPhoto

    def true_map(self, step: int = 1) -> MapXY:
        """Where each `step`-th before pixel lies in the after photo: (ceil(H/step), ceil(W/step), 2) (x, y); NaN where not shared."""
        shared = self.shared[::step, ::step]
        skin = self._photo_before.projected.skin_uv[::step, ::step][shared].astype(np.float64)
        out = np.full((*shared.shape, 2), np.nan, np.float32)
        if len(skin):
            out[shared] = self._views[1].pixel_of_skin(skin)
        return out


def _views(facts: PairFacts) -> tuple[View, View]:
    first = build_limb(facts.limb, seed=facts.seed, visit="before", slide_mm=0.0, swelling=0.0)
    second = build_limb(facts.limb, seed=facts.seed, visit="after", slide_mm=facts.slide_mm, swelling=0.006 + 0.004 * facts.slide_mm)
    return build_view(first, facts.before, facts.size), build_view(second, facts.after, facts.size)


def _photograph(facts: PairFacts, scene: Scene, views: tuple[View, View], card: CardPlacement | None, which: str) -> RenderedPhoto:
    if which == "before":
        return render_photo(facts.seed, which, scene.skin_before, facts.before, views[0], card)
    return render_photo(facts.seed, which, scene.skin_after, facts.after, views[1], card)


def _spoil(facts: PairFacts) -> PairFacts:
    """The after visit of a photo that can't be measured."""
    after = facts.after
    spoilt = {
        "glare": replace(after, gloss=2.5, gloss_power=9.0, skin_level=0.08, light_xyz=(after.light_xyz[0] / 3, -0.1, 1.0)),
        "blur": replace(after, defocus_px=11.0, motion_px=(14.0, 6.0)),
        "dark": replace(after, skin_level=0.006, noise=6e-4),
    }
    return replace(facts, after=spoilt.get(facts.why, after))


def _no_leg(facts: PairFacts) -> SRGB8:
    """A photo without any limb: a wall, a towel or coarse coloured patches."""
    rng = stream(facts.seed, "noleg")
    if rng.uniform() < 0.3:
        patches = rng.integers(0, 256, (16, 12, 3), dtype=np.uint8)
        return np.asarray(cv2.resize(patches, (facts.size[1], facts.size[0]), interpolation=cv2.INTER_CUBIC), np.uint8)
    scene = background(rng, facts.after, facts.size) * np.float32(rng.uniform(0.7, 1.2))
    return np.asarray(np.rint(255 * np.clip(scene, 0, 1) ** (1 / 2.2)), np.uint8)


def _header(facts: PairFacts, views: tuple[View, View]) -> dict[str, Any]:
    refuse = facts.kind in ("mismatch", "poor")
    head: dict[str, Any] = {
        "kind": facts.kind,
        "hard": facts.hard,
        "tone_melanin": facts.melanin,
        "mm_per_px_front_before": views[0].mm_per_px_front,
        "mm_per_px_front_after": views[1].mm_per_px_front,
        "expect": "refuse" if refuse else "measure",
    }
    return head | ({"why": facts.why} if refuse else {})


def _render_refusal(facts: PairFacts, card: CardPlacement | None) -> PhantomPair:
    """A pair that must be refused: the after photo shows something else, or shows it too badly."""
    facts = _spoil(facts)
    views = _views(facts)
    first = _photograph(facts, build_scene(facts), views, card, "before")
    elsewhere = facts
    if facts.why in ("elsewhere", "other"):
        stranger = draw_facts("graded", seed=facts.seed + _OTHER_SEED, size=facts.size)
        limb = (
            stranger.limb
            if facts.why == "other"
            else replace(facts.limb, flat_angle=facts.limb.flat_angle + 1.6, lobe_angle=facts.limb.lobe_angle + 1.6)
        )
        elsewhere = replace(facts, seed=stranger.seed, limb=limb, clusters=stranger.clusters, feeders=stranger.feeders)
        views = (views[0], _views(elsewhere)[1])
    second = _photograph(elsewhere, build_scene(elsewhere), views, card, "after")
    pixels, jpeg = second.pixels, second.jpeg
    if facts.why == "mirror":
        pixels, jpeg = encode_jpeg(np.ascontiguousarray(pixels[:, ::-1]), facts.after.jpeg_quality)
    elif facts.why == "noleg":
        pixels, jpeg = encode_jpeg(_no_leg(facts), facts.after.jpeg_quality)
    nothing = np.zeros(facts.size, np.bool_)
    leg_after = {"mirror": second.cover[:, ::-1] > 0.5, "noleg": nothing}.get(facts.why, second.cover > 0.5)
    return PhantomPair(
        facts,
        first.pixels,
        pixels,
        first.jpeg,
        jpeg,
        _header(facts, views),
        {},
        {},
        first.cover > 0.5,
        leg_after,
        nothing,
        first.card_corners_xy,
        second.card_corners_xy,
        views,
        first,
    )


def render_pair(facts: PairFacts, *, card: CardPlacement | None = None) -> PhantomPair:
    """Render a pair and work out its truth.

    Parameters
    ----------
    facts : PairFacts
        From `draw_facts`, or made by `dataclasses.replace` on one.
    card : CardPlacement, optional
        A card laid on the skin in both photos.
    """
    if facts.kind in ("mismatch", "poor"):
        return _render_refusal(facts, card)
    scene, views = build_scene(facts), _views(facts)
    photos = (_photograph(facts, scene, views, card, "before"), _photograph(facts, scene, views, card, "after"))
    skin = truth.skin_truth(scene, views, photos)
    points = truth.corresponding_points(stream(facts.seed, "points"), scene.grid, skin, views)
    told = _header(facts, views) | truth.numbers(scene, skin) | {"points_before_xy_after_xy": np.round(points, 2).tolist()}
    veins = (skin.vein_before, skin.vein_after)
    vein_de = {which: truth.in_photo(scene.grid, de, skin.shared, p) for which, de, p in zip(_VISITS, veins, photos, strict=True)}
    masks: dict[str, Mask] = {f"veins_{which}": np.asarray(de >= truth.SEEN_BY_HALF_DE) for which, de in vein_de.items()}
    masks["stain_before"] = np.zeros(photos[0].cover.shape, np.bool_)
    masks["stain_after"] = np.asarray(truth.in_photo(scene.grid, skin.stain_after, skin.shared, photos[1]) >= JUST_NOTICEABLE_DE)
    shared = np.asarray(truth.in_photo(scene.grid, np.ones(scene.grid.shape, np.float32), skin.shared, photos[0]) > 0.5)
    return PhantomPair(
        facts,
        photos[0].pixels,
        photos[1].pixels,
        photos[0].jpeg,
        photos[1].jpeg,
        told,
        masks,
        vein_de,
        photos[0].cover > 0.5,
        photos[1].cover > 0.5,
        shared,
        photos[0].card_corners_xy,
        photos[1].card_corners_xy,
        views,
        photos[0],
    )


class FixedFacts(TypedDict, total=False):
    """What a test fixes of a pair; the rest is drawn.

    tone : melanosome fraction, 0.012..0.4
    clearance : share of vein length to clear, 0..1; the exact outcome stands in `truth`
    stain : strength of hemosiderin along cleared veins, about 0.3..1.1; 0 for none
    """

    tone: float
    clearance: float
    stain: float


def simple_pair(
    kind: str = "graded",
    *,
    seed: int = 1,
    size: tuple[int, int] = (600, 450),
    why: str = "",
    card: CardPlacement | None = None,
    **fixed: Unpack[FixedFacts],
) -> PhantomPair:
    """A pair for a test, with the facts that matter to it fixed and the rest drawn.

    Parameters
    ----------
    kind, why : str
        See `draw_facts`.
    seed : int
    size : (int, int)
        Rows, columns; the frame always shows the same stretch of limb, so smaller photos are coarser.
    card : CardPlacement, optional
        A card laid on the skin in both photos.
    fixed
        See `FixedFacts`.

    Examples
    --------
    >>> pair = simple_pair("graded", seed=3, size=(320, 240), clearance=0.6)
    >>> pair.before.shape
    (320, 240, 3)
    """
    facts = draw_facts(kind, seed=seed, size=size, why=why, melanin=fixed.get("tone"))
    facts = replace(facts, clearance=fixed.get("clearance", facts.clearance), stain=fixed.get("stain", facts.stain))
    return render_pair(facts, card=card)
