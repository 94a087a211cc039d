"""A rendered leg, photographed at several visits and truly measured: veins, then stains, then clear skin."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from photocompare.base.colour import linear_from_srgb8
from photocompare.card.layout import CREDIT_CARD, card_image
from photocompare.comparison import compare
from photocompare.phantom.facts import STANDARD, PairFacts, VisitFacts, draw_facts, draw_visit, stream
from photocompare.phantom.render import CardPlacement, render_photo
from photocompare.phantom.samples import in_one_practice
from photocompare.phantom.scene import Scene, build_scene
from photocompare.phantom.surface import build_limb, build_view
from photocompare.photo.facts import kept_facts
from photocompare.photo.reading import read_photo
from photocompare.report.files.dossier_making import dossier_of
from photocompare.results.dossier import write_dossier
from photocompare.results.result import Result

SIZE = (1200, 900)
"""Rows, columns: the least at which no photo is called coarse; a pair takes half the time of one twice as large."""

_BLURRED_PX, _SHAKEN_PX = 11.0, (14.0, 6.0)
"""Of a photo that is to be refused; as the phantoms' own poor photos."""

_CARD_TEXELS_PER_MM = 6.0
_CARD_AT_MM = (0.0, 55.0)
_PAPER = 0.9
"""Reflectance of white paper."""

_SEED_STRIDE = 1_009


@dataclass(frozen=True)
class FollowUp:
    """How the leg is at a follow-up.

    Parameters
    ----------
    day : date
    clearance : float
        Share of vein length that is gone, 0..1.
    stain : float
        Strength of hemosiderin along it, about 0.3..1.1; 0 for none.
    """

    day: dt.date
    clearance: float
    stain: float


@dataclass(frozen=True)
class LegCase:
    """What to render.

    Parameters
    ----------
    seed, number : int
    baseline : date
    follow_ups : tuple of FollowUp
        Each is compared with the baseline.
    melanin : float
        Melanosome fraction.
    card, spoilt : bool
        A scale card lies on the skin; the follow-ups are out of focus.
    """

    seed: int
    number: int
    baseline: dt.date
    follow_ups: tuple[FollowUp, ...]
    melanin: float
    card: bool
    spoilt: bool


@dataclass(frozen=True, eq=False, repr=False)
class MeasuredFollowUp:
    """A follow-up's photo, and its comparison with the baseline: result, dossier, the photos' facts by digest."""

    photo: bytes
    result: Result
    dossier: bytes
    facts: dict[str, dict[str, Any]]


def photograph(case: LegCase) -> tuple[bytes, ...]:
    """The photos of all visits, the baseline's first, as JPEG."""
    facts = draw_facts("graded", seed=case.seed * _SEED_STRIDE + case.number, size=SIZE, melanin=case.melanin)
    facts = replace(
        facts, stain_share=1.0, matting=0, trapped=0, creases=0, before=in_one_practice(facts.before), after=in_one_practice(facts.after)
    )
    photos = [_photo(facts, build_scene(replace(facts, clearance=0.0, faded_share=0.0, stain=0.0)), 0, facts.before, case.card)]
    for number, follow_up in enumerate(case.follow_ups, start=1):
        scene = build_scene(replace(facts, clearance=follow_up.clearance, stain=follow_up.stain))
        photos.append(_photo(facts, scene, number, _pose(facts, number, case), case.card))
    return tuple(photos)


def _pose(facts: PairFacts, number: int, case: LegCase) -> VisitFacts:
    """A follow-up's pose, light and camera; within what the scene of the pair holds of the skin."""
    visit = facts.after
    if number > 1:
        drawn = in_one_practice(draw_visit(stream(facts.seed, f"visit {number}"), STANDARD, facts.melanin, 0.7))
        visit = replace(drawn, turn_deg=0.5 * visit.turn_deg, distance_factor=visit.distance_factor, hair_per_cm2=visit.hair_per_cm2)
        visit = replace(visit, shift_mm=(drawn.shift_mm[0], 0.5 * facts.after.shift_mm[1]))
    return replace(visit, defocus_px=_BLURRED_PX, motion_px=_SHAKEN_PX) if case.spoilt else visit


def _photo(facts: PairFacts, scene: Scene, number: int, visit: VisitFacts, card: bool) -> bytes:
    name = f"visit {number}"
    first = number == 0
    slide = 0.0 if first else facts.slide_mm
    limb = build_limb(facts.limb, seed=facts.seed, visit=name, slide_mm=slide, swelling=0.0 if first else 0.006 + 0.004 * slide)
    skin = scene.skin_before if first else scene.skin_after
    return render_photo(facts.seed, name, skin, visit, build_view(limb, visit, SIZE), _card() if card else None).jpeg


def _card() -> CardPlacement:
    texture = linear_from_srgb8(card_image(CREDIT_CARD, _CARD_TEXELS_PER_MM)) * np.float32(_PAPER)
    return CardPlacement(texture, 1 / _CARD_TEXELS_PER_MM, _CARD_AT_MM)


def measured_follow_ups(case: LegCase) -> tuple[bytes, tuple[MeasuredFollowUp, ...]]:
    """The baseline's photo, and every follow-up measured against it.  Runs in a process of its own."""
    cv2.setNumThreads(1)
    first, *later = photograph(case)
    before = read_photo(first)
    measured = []
    for follow_up, photo in zip(case.follow_ups, later, strict=True):
        after = read_photo(photo)
        dossier = dossier_of(compare(before, after, before_date=case.baseline, after_date=follow_up.day))
        provenance = replace(dossier.result.provenance, seconds={})  # the same seed gives the same bytes
        dossier = replace(dossier, result=replace(dossier.result, provenance=provenance))
        facts = {p.facts.sha256: kept_facts(p.facts) for p in (before, after)}
        measured.append(MeasuredFollowUp(photo, dossier.result, write_dossier(dossier), facts))
    return first, tuple(measured)
