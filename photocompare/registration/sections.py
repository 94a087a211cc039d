"""Sections of a limb matched by themselves.

The learned matcher looks at all keypoints at once and soon settles on one body: of two legs that moved apart, or of thigh and calf
around a bent knee, it matches one.  Shown a half or a quarter of the limb, it matches the other too.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from photocompare.registration.features import Limb
from photocompare.registration.pairing import LimbPoints, Pairing, learned_pairing
from photocompare.registration.warp import WarpOptions

OVERLAP = 0.05
"""How far halves reach over the middle, as a share of the limb's box: a joint may lie there."""

MARGIN = 0.08
"""How much further the section reaches in the after photo: as far as framing differs between photos that a person calls alike.  Assumed."""

LEAST_SHARE = 0.05
"""Sections with less of the leg than this are no use."""

Box = tuple[float, float, float, float]

_LOW, _HIGH, _ALL = (0.0, 0.5 + OVERLAP), (0.5 - OVERLAP, 1.0), (0.0, 1.0)


def sections(limb: Limb) -> list[Box]:
    """Left, top, right, bottom of halves across the limb's longer side, then of quarters, as shares of its box."""
    left, top, right, bottom = limb.box
    halves = [(_ALL, _LOW), (_ALL, _HIGH)] if bottom - top >= right - left else [(_LOW, _ALL), (_HIGH, _ALL)]
    quarters = [(across, down) for down in (_LOW, _HIGH) for across in (_LOW, _HIGH)]
    return [(across[0], down[0], across[1], down[1]) for across, down in (*halves, *quarters)]


def section_of(limb: Limb, section: Box, margin: float = 0.0) -> Limb:
    """The limb within a section of its box, and `margin` of the box around it."""
    left, top, right, bottom = limb.box
    width, height = right - left, bottom - top
    columns = np.clip(np.rint([left + (section[0] - margin) * width, left + (section[2] + margin) * width]), 0, limb.shape[1]).astype(int)
    rows = np.clip(np.rint([top + (section[1] - margin) * height, top + (section[3] + margin) * height]), 0, limb.shape[0]).astype(int)
    within = np.zeros_like(limb.leg)
    within[rows[0] : rows[1], columns[0] : columns[1]] = True
    return dataclasses.replace(limb, leg=limb.leg & within, measurable=limb.measurable & within)


def match_section(part: LimbPoints, before: Limb, after: Limb, section: Box, *, warp: WarpOptions) -> Pairing | None:
    """Match one section of the before limb with the like section of the after limb; None where either is hardly there.

    Parameters
    ----------
    part : LimbPoints
        The section of the before limb, with a matcher.
    before, after : Limb
    section : Box
    warp : WarpOptions

    Raises
    ------
    ValueError
        Without a matcher.
    """
    if part.matcher is None:
        raise ValueError("sections are matched by the learned matcher alone")
    like = part.of(section_of(after, section, MARGIN))
    for points, whole in zip((part, like), (before, after), strict=True):
        if np.count_nonzero(points.limb.leg) < LEAST_SHARE * np.count_nonzero(whole.leg):
            return None
    return learned_pairing(part, like, part.options.keypoints, warp)
