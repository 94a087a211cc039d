"""The random facts of a pair: who, which limb, what was done, how it was photographed; and the ranges they come from."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, replace

import numpy as np

Range = tuple[float, float]

KINDS = ("graded", "null", "worse", "mismatch", "poor")
MISMATCHES = ("mirror", "elsewhere", "other")
POOR = ("glare", "noleg", "blur", "dark")
BACKGROUNDS = ("plain", "towel", "wood", "sheet")
PAIRED_SIZE = (1600, 1200)
"""(rows, columns) of a photo unless told otherwise: a phone's 4:3 picture, upright, reduced."""

FRAME_WIDTH_MM = 132.0
"""Skin that the frame's width shows at the limb's front when the distance factor is 1: a calf with a little background."""


def stream(seed: int, name: str) -> np.random.Generator:
    """An independent random stream for one purpose, so that changing one fact leaves the others as they were."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


@dataclass(frozen=True)
class PhantomRanges:
    """From which ranges a pair's facts are drawn, uniformly unless told otherwise.

    The standard ranges are those that the comparison promises to cope with; "hard" has the larger changes of view and
    light; "wide" goes past both in all facts, for checking what was fitted on the others.

    Parameters
    ----------
    name : str
    melanin : Range
        Melanosome fraction, log-uniform (Jacques 1998: light 1.3-6 %, medium 11-16 %, dark 18-43 %).
    turn_deg, tilt_deg, roll_deg : float
        Largest change between visits about the limb's axis, towards the camera, in the picture plane.
    distance : float
        Largest relative change of distance.
    shift_mm : float
        Largest change of aim.
    white_balance : float
        Standard deviation of a photo's log gains of red and blue.
    skin_level : Range
        Linear luminance at which the camera exposes light skin; dark skin gets down to a third of it.
    gloss : Range
        Strength of specular reflection, in units of a white matte surface.
    slide_mm : Range
        Standard deviation of how far skin slides over the limb between visits.
    texture_survival : Range
        Correlation of mottling and fine texture between visits.
    defocus_px : Range
        Gaussian blur at 1200 columns.
    noise : Range
        Shot noise variance at full scale (1e-5: base ISO in sun; 3e-4: a phone indoors).
    jpeg_quality : Range
    vein_strength : Range
        Factor on the Monte Carlo contrast of a vein (how full it is).
    width_factor : Range
        Factor on the apparent width of veins: how sure the skin blur is.
    clearance : Range
        Share of vein length that a graded pair's treatment aims to clear.
    """

    name: str = "standard"
    melanin: Range = (0.015, 0.25)
    turn_deg: float = 7.0
    tilt_deg: float = 5.0
    roll_deg: float = 4.0
    distance: float = 0.09
    shift_mm: float = 7.0
    white_balance: float = 0.06
    skin_level: Range = (0.24, 0.42)
    gloss: Range = (0.01, 0.07)
    slide_mm: Range = (0.3, 1.2)
    texture_survival: Range = (0.6, 0.95)
    defocus_px: Range = (0.5, 0.9)
    noise: Range = (1e-5, 1e-4)
    jpeg_quality: Range = (86, 95)
    vein_strength: Range = (0.6, 1.25)
    width_factor: Range = (0.85, 1.1)
    clearance: Range = (0.1, 0.97)


STANDARD = PhantomRanges()
HARD = replace(
    STANDARD,
    name="hard",
    turn_deg=15.0,
    tilt_deg=9.0,
    roll_deg=8.0,
    distance=0.2,
    shift_mm=15.0,
    white_balance=0.11,
    skin_level=(0.16, 0.5),
    gloss=(0.02, 0.13),
    slide_mm=(0.6, 2.2),
    texture_survival=(0.4, 0.85),
    defocus_px=(0.5, 1.3),
    noise=(2e-5, 2.5e-4),
    jpeg_quality=(78, 94),
)
WIDE = replace(
    HARD,
    name="wide",
    melanin=(0.012, 0.4),
    gloss=(0.0, 0.25),
    turn_deg=18.0,
    tilt_deg=12.0,
    roll_deg=15.0,
    distance=0.28,
    shift_mm=20.0,
    white_balance=0.15,
    texture_survival=(0.2, 0.9),
    defocus_px=(0.4, 1.8),
    noise=(1e-5, 5e-4),
    jpeg_quality=(65, 96),
    vein_strength=(0.35, 1.3),
    width_factor=(0.6, 1.3),
)
PRESETS = {preset.name: preset for preset in (STANDARD, HARD, WIDE)}


@dataclass(frozen=True)
class LimbFacts:
    """Shape of the limb, mm.  `bend_mm` is how far the axis leaves a straight line over 100 mm."""

    radius_mm: float
    taper: float
    bulge: float
    bulge_at_mm: float
    flatness: float
    flat_angle: float
    three_lobe: float
    lobe_angle: float
    bend_mm: float


@dataclass(frozen=True)
class VisitFacts:
    """One photograph: pose of the limb, light, camera, what lies behind.

    Angles in degrees, lengths in mm; directions are in the camera's frame (x right, y down, z to the camera).
    """

    turn_deg: float
    tilt_deg: float
    roll_deg: float
    distance_mm: float
    distance_factor: float
    shift_mm: tuple[float, float]
    light_xyz: tuple[float, float, float]
    ambient: float
    falloff: tuple[float, float]
    gloss: float
    gloss_power: float
    gains: tuple[float, float, float]
    skin_level: float
    contrast: float
    saturation: float
    defocus_px: float
    motion_px: tuple[float, float]
    noise: float
    sharpening: float
    jpeg_quality: int
    background: str
    background_rgb: tuple[float, float, float]
    hair_per_cm2: float
    other_leg: float


@dataclass(frozen=True)
class PairFacts:
    """All that a pair is rendered from.

    Parameters
    ----------
    kind, why : str
        One of `KINDS`; for mismatch and poor pairs one of `MISMATCHES`, `POOR`, else "".
    seed : int
        Root of every random stream.
    hard : bool
    size : (int, int)
        Rows, columns of both photos.
    melanin : float
        Melanosome fraction before.
    tan : float
        Factor on it after.
    limb : LimbFacts
    creases : int
        Transverse skin folds and sock lines.
    clusters, feeders : int
        How many telangiectasia clusters and reticular trees.
    vein_strength, width_factor, texture_survival, slide_mm : float
        See `PhantomRanges`.
    clearance : float
        Share of vein length that the treatment clears (0 for null and worse).
    faded_share : float
        Of what it does not clear: share that fades.
    stain : float
        Strength of hemosiderin where veins cleared, 0 for none; `stain_share` of the trees get it.
    stain_share, stain_steepness : float
    matting, grown_clusters, trapped : int
        Patches of matting, new telangiectasia clusters, branches with trapped blood.
    before, after : VisitFacts
    """

    kind: str
    why: str
    seed: int
    hard: bool
    size: tuple[int, int]
    melanin: float
    tan: float
    limb: LimbFacts
    creases: int
    clusters: int
    feeders: int
    vein_strength: float
    width_factor: float
    texture_survival: float
    slide_mm: float
    clearance: float
    faded_share: float
    stain: float
    stain_share: float
    stain_steepness: float
    matting: int
    grown_clusters: int
    trapped: int
    before: VisitFacts
    after: VisitFacts


def _uniform(rng: np.random.Generator, bounds: Range) -> float:
    return float(rng.uniform(*bounds))


def draw_limb(rng: np.random.Generator) -> LimbFacts:
    """A stretch of calf, knee or ankle."""
    return LimbFacts(
        radius_mm=rng.uniform(40, 62),
        taper=rng.uniform(-0.12, 0.12),
        bulge=rng.normal(0, 0.07),
        bulge_at_mm=rng.uniform(-70, 70),
        flatness=rng.uniform(0.0, 0.08),
        flat_angle=rng.uniform(0, math.pi),
        three_lobe=rng.uniform(0, 0.03),
        lobe_angle=rng.uniform(0, math.pi),
        bend_mm=rng.normal(0, 3),
    )


def draw_visit(rng: np.random.Generator, ranges: PhantomRanges, melanin: float, share: float) -> VisitFacts:
    """One photograph; its pose takes `share` of the largest change that the ranges allow."""
    azimuth, elevation = rng.uniform(-1.0, 1.0), rng.uniform(-0.5, 0.9)
    light = (math.sin(azimuth) * math.cos(elevation), -math.sin(elevation), math.cos(azimuth) * math.cos(elevation))
    backgrounds = (
        (0.75, 0.76, 0.75),
        (0.10, 0.30, 0.24),
        (0.06, 0.12, 0.32),
        (0.015, 0.015, 0.017),
        (0.35, 0.30, 0.36),
        (0.40, 0.24, 0.13),
        (0.45, 0.47, 0.5),
        (0.12, 0.35, 0.45),
        (0.55, 0.48, 0.40),
        (0.30, 0.28, 0.26),
    )
    pose = rng.uniform(-1, 1, 6) * share
    gains = np.exp(rng.normal(0, ranges.white_balance, 2))
    dark = 1 - 0.65 * min(melanin / 0.3, 1.0)  # cameras brighten dark skin, but not to the level of light skin
    return VisitFacts(
        turn_deg=ranges.turn_deg * pose[0],
        tilt_deg=ranges.tilt_deg * pose[1],
        roll_deg=ranges.roll_deg * pose[2],
        distance_mm=rng.uniform(380, 650),
        distance_factor=1 + ranges.distance * pose[3],
        shift_mm=(ranges.shift_mm * pose[4], ranges.shift_mm * pose[5]),
        light_xyz=light,
        ambient=rng.uniform(0.3, 0.6),
        falloff=(rng.normal(0, 0.12), rng.normal(0, 0.12)),
        gloss=_uniform(rng, ranges.gloss),
        gloss_power=rng.uniform(10, 40),
        gains=(float(gains[0]), 1.0, float(gains[1])),
        skin_level=_uniform(rng, ranges.skin_level) * dark,
        contrast=rng.uniform(-0.05, 0.18),
        saturation=rng.uniform(0.92, 1.18),
        defocus_px=_uniform(rng, ranges.defocus_px),
        motion_px=(float(rng.normal(0, 0.3)), float(rng.normal(0, 0.3))),
        noise=float(np.exp(rng.uniform(*np.log(ranges.noise)))),
        sharpening=rng.uniform(0.1, 0.6),
        jpeg_quality=int(rng.integers(int(ranges.jpeg_quality[0]), int(ranges.jpeg_quality[1]) + 1)),
        background=str(rng.choice(BACKGROUNDS)),
        background_rgb=backgrounds[rng.integers(len(backgrounds))],
        hair_per_cm2=float(rng.choice([0.0, 0.03, 0.1, 0.4], p=[0.3, 0.4, 0.2, 0.1])),
        other_leg=float(rng.choice([0.0, -1.0, 1.0], p=[0.7, 0.15, 0.15])),
    )


def draw_facts(
    kind: str,
    *,
    seed: int,
    ranges: PhantomRanges = STANDARD,
    size: tuple[int, int] = PAIRED_SIZE,
    why: str = "",
    melanin: float | None = None,
) -> PairFacts:
    """Draw one pair's facts.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    seed : int
        Equal seeds and ranges give equal facts and equal pictures.
    ranges : PhantomRanges
    size : (int, int)
        Rows, columns.
    why : str
        For mismatch and poor pairs the manner; drawn when empty.
    melanin : float, optional
        Melanosome fraction; drawn from the ranges when absent.

    Raises
    ------
    ValueError
        For an unknown kind or manner.
    """
    manners = {"mismatch": MISMATCHES, "poor": POOR}.get(kind, ("",))
    if kind not in KINDS or (why and why not in manners):
        raise ValueError(f"no such kind of pair: {kind} {why}".strip())
    rng = stream(seed, "facts")
    drawn = float(np.exp(rng.uniform(*np.log(ranges.melanin))))
    melanin = drawn if melanin is None else melanin
    tan = float(np.exp(rng.normal(0, 0.08)))
    before, after = draw_visit(rng, ranges, melanin, 0.3), draw_visit(rng, ranges, melanin, 0.85)
    treated = kind in ("graded", "mismatch", "poor")
    stained = treated and rng.uniform() < 0.5
    facts = PairFacts(
        kind=kind,
        why=why or str(rng.choice(manners)),
        seed=seed,
        hard=ranges.name != "standard",
        size=size,
        melanin=melanin,
        tan=tan,
        limb=draw_limb(rng),
        creases=int(stream(seed, "creases").choice([0, 1, 3, 6], p=[0.5, 0.25, 0.15, 0.1])),
        clusters=int(rng.integers(3, 8)),
        feeders=int(rng.integers(1, 4)),
        vein_strength=_uniform(rng, ranges.vein_strength),
        width_factor=_uniform(rng, ranges.width_factor),
        texture_survival=_uniform(rng, ranges.texture_survival),
        slide_mm=_uniform(rng, ranges.slide_mm),
        clearance=_uniform(rng, ranges.clearance),
        faded_share=rng.uniform(0.2, 0.8),
        stain=rng.uniform(0.35, 1.1) if stained else 0.0,
        stain_share=rng.uniform(0.3, 0.9),
        stain_steepness=rng.uniform(0, 1),
        matting=int(treated and rng.uniform() < 0.2),
        grown_clusters=0,
        trapped=int(treated and rng.uniform() < 0.15) * int(rng.integers(1, 4)),
        before=before,
        after=after,
    )
    if kind in ("null", "worse"):
        facts = replace(facts, clearance=0.0, faded_share=0.0, grown_clusters=int(kind == "worse") * int(rng.integers(1, 4)))
    return facts
