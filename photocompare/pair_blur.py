"""How soft the two photos of a pair are beside each other, and what that leaves of their veins."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from photocompare.base.arrays import Density
from photocompare.base.masks import dilated, square
from photocompare.leg.relative_blur import relative_blur
from photocompare.prepared_photo import PreparedPhoto
from photocompare.settings import Settings
from photocompare.veins.fate import Fates
from photocompare.veins.kept_contrast import BlurOptions, Softness, judge_softness, kept_by_pieces, softness_flags
from photocompare.veins.pieces import Veins
from photocompare.veins.reading import PairReading

_BESIDE_VEINS_PX = 15
"""Side of the square by which veins are grown where blur is told from bare skin: a stain in a vein's place is broader than the vein was."""


@dataclass(frozen=True, eq=False, repr=False)
class PairBlur:
    """What the photos' blur does to a pair.

    Parameters
    ----------
    softness : Softness
        What the after photo leaves of each piece that was found before.
    after_lacks_px : float
        Gaussian sigma in after working px that makes the after photo as soft as the before photo; 0 where it is the softer one.
    resolved_after : Veins
        The after photo's veins without the pieces that the before photo is too soft to have shown.
    """

    softness: Softness
    after_lacks_px: float
    resolved_after: Veins

    def flags(self, fates: Fates, options: BlurOptions) -> tuple[tuple[str, str], ...]:
        """(code, which photo) of what blur leaves of the baseline."""
        return softness_flags(self.softness.only(fates.kept), fates.expected_px, options=options)


def judge_blur(
    photos: tuple[PreparedPhoto, PreparedPhoto],
    densities: tuple[Density, Density],
    reading: PairReading,
    veins: tuple[Veins, Veins],
    scale: float,
    *,
    settings: Settings,
) -> PairBlur:
    """Compare the photos' blur, from skin beside the veins that both show.

    Parameters
    ----------
    photos : tuple of PreparedPhoto
        Before, after.
    densities : tuple of Density
        Of both photos, both in the before frame.
    reading : PairReading
    veins : tuple of Veins
        Of both photos, both in the before frame.
    scale : float
        How much larger the after photo shows the leg, working px.
    settings : Settings
    """
    density, lying = densities
    first, second = (np.ascontiguousarray(picture[..., 1]) for picture in (density, lying))
    bare = reading.shared & ~dilated(veins[0].mask | veins[1].mask, square(_BESIDE_VEINS_PX))
    own, later = (photo.quality.focus * photo.factor for photo in photos)
    found = relative_blur(first, second, bare, options=settings.relative_blur).or_by_focus(own, later / scale)
    relative = found.beyond(settings.blur.variance_doubt_px2)
    softness = judge_softness(
        veins[0].pieces,
        density,
        veins[0].mask,
        relative,
        own_sigma_px=own,
        px_per_mm=reading.px_per_mm,
        options=settings.blur,
        photometry=settings.photometry,
    )
    kept = kept_by_pieces(veins[1].pieces, lying, veins[1].mask, relative.after_px, options=settings.photometry)
    pieces = tuple(piece for piece, share in zip(veins[1].pieces, kept.tolist(), strict=True) if share >= settings.blur.least_kept)
    return PairBlur(softness, relative.after_px * scale, dataclasses.replace(veins[1], pieces=pieces))
