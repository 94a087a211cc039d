"""What a comparison of two photos is.

Frame: numbers are in the before photo's full upright pixels; the pictures are in its working frame, with the factors that lead back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from photocompare.base.arrays import SRGB8, Grey, LinearRGB, MapXY, Mask
from photocompare.base.colour import ita_group
from photocompare.base.estimate import Estimate
from photocompare.base.flags import RaisedFlag, Severity
from photocompare.results.reference_band import BandVerdict
from photocompare.results.timing import Timing

if TYPE_CHECKING:
    from photocompare.veins.fate import Fate, FatedVeinPiece, Remains

Status = Literal["comparable", "indicative", "not_comparable"]
ScaleSource = Literal["card", "given", "assumed", "none"]

ASSESSED_FATES: tuple[Fate, ...] = ("cleared", "stained", "faded", "residual")
"""The fates that count in the percentages, best first."""

FATES: tuple[Fate, ...] = (*ASSESSED_FATES, "new", "not_assessable")
CALIBRES = ("telangiectasia", "reticular")


@dataclass(frozen=True)
class PhotoRecord:
    """What the result keeps of one photo: nothing that names a person, a place or a file.

    Parameters
    ----------
    sha256 : str
        Digest of the file.
    width, height : int
        Upright, full pixels.
    quality : mapping
        The quality stage's figures; empty when it did not come to that.
    """

    sha256: str
    width: int
    height: int
    quality: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PairScale:
    """Millimetres per full before pixel, where from, and how much larger the after photo shows the leg (a ratio)."""

    mm_per_px: float | None
    source: ScaleSource
    after_over_before: float | None = None

    def length_mm(self, length_px: float) -> float | None:
        """A length in millimetres, or None without a scale."""
        return None if self.mm_per_px is None else length_px * self.mm_per_px

    def area_mm2(self, area_px2: float) -> float | None:
        """An area in square millimetres, or None without a scale."""
        return None if self.mm_per_px is None else area_px2 * self.mm_per_px**2


@dataclass(frozen=True)
class Overlay:
    """How well the photos lie over each other: claimed error of the map and size of the shared field, in full before pixels."""

    error_px_median: float
    error_px_p95: float
    shared_field_px: int


@dataclass(frozen=True)
class SkinTone:
    """Individual typology angle of unaffected skin in each photo, degrees; NaN when there was none to measure."""

    ita_before: float
    ita_after: float

    @property
    def group(self) -> str | None:
        """The skin-tone group of the before photo (Chardon 1991); None when it could not be measured."""
        return None if np.isnan(self.ita_before) else ita_group(self.ita_before)


@dataclass(frozen=True)
class CalibreOutcome:
    """Clearance of length within one calibre class, and how much of it there was before, in full pixels."""

    clearance: Estimate
    before_px: float


@dataclass(frozen=True)
class PigmentOutcome:
    """Brown pigment of the hemosiderin kind: areas in full square pixels, and the stained share of baseline length in percent."""

    before_px2: float
    after_px2: float
    gained_px2: float
    faded_px2: float
    stained_percent: float


@dataclass(frozen=True)
class Outcome:
    """The numbers of a measured pair.

    Parameters
    ----------
    length, area, contrast : Estimate
        Clearance in percent; `length` is the headline and lies in 0..100, the others may be negative.
    net_change : Estimate
        Change of visible vein length in percent, new veins included.
    by_calibre : mapping
        `CALIBRES` to their outcome; empty without a scale.
    fate_px : mapping
        `FATES` to length in full pixels.
    pigment : PigmentOutcome
    """

    length: Estimate
    area: Estimate
    contrast: Estimate
    net_change: Estimate
    by_calibre: Mapping[str, CalibreOutcome]
    fate_px: Mapping[str, float]
    pigment: PigmentOutcome


@dataclass(frozen=True, eq=False, repr=False)
class RegistrationMap:
    """Where before skin lies in the after photo.

    Parameters
    ----------
    map_xy : ndarray of shape (h, w, 2)
        Working frames of both photos, NaN where there is no counterpart.
    shared : ndarray of shape (h, w), bool
        The shared field, before frame.
    error_px : ndarray of shape (h, w), optional
        Expected distance (root mean square, before working px) between where the map sends a pixel and where its skin is.
    """

    map_xy: MapXY
    shared: Mask
    error_px: Grey | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Measured:
    """The pictures of a measured pair, all in the before photo's working frame.

    Parameters
    ----------
    before_normalised, after_normalised : ndarray of shape (h, w, 3)
        Under the same light; the after photo warped, NaN where it shows nothing.
    veins_before, veins_after, pigment_before, pigment_after : ndarray of shape (h, w), bool
        Visible in that photo, inside the shared field.
    pieces : sequence of FatedVeinPiece
        Baseline pieces with their fate, and the new ones after them.
    remains : Remains, optional
        What the after photo shows at the places of the baseline pieces, in their order.
    px_per_mm : float
        Of the working frame; assumed where there is no scale.
    """

    before_normalised: LinearRGB
    after_normalised: LinearRGB
    veins_before: Mask
    veins_after: Mask
    pigment_before: Mask
    pigment_after: Mask
    pieces: Sequence[FatedVeinPiece]
    remains: Remains | None = None
    px_per_mm: float = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class Pictures:
    """The arrays behind the files.

    Parameters
    ----------
    before, after : ndarray of shape (H, W, 3), uint8 sRGB
        Both photos, full size, upright.
    factor_before, factor_after : float
        Working size over full size, 0..1.
    registration : RegistrationMap or None
        None when it did not come to that, or the map can't be trusted.
    measured : Measured or None
        None for a pair that is not comparable.
    """

    before: SRGB8
    after: SRGB8
    factor_before: float = 1.0
    factor_after: float = 1.0
    registration: RegistrationMap | None = None
    measured: Measured | None = None


@dataclass(frozen=True)
class Provenance:
    """What made the result: package version, the settings' name and hash, and seconds by stage."""

    version: str
    config: str
    config_sha256: str
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class ShotRecord:
    """What one of several pairs of photos of the same visits gave: digests of its files, its status, and its clearance of length."""

    before_sha256: str
    after_sha256: str
    status: Status
    length: Estimate | None


@dataclass(frozen=True)
class Comparison:
    """The result for one pair; see the schema `photocompare/results/result.schema.json` for how it is written.

    Parameters
    ----------
    reasons : sequence of RaisedFlag
        Every gate that fired, worst first.
    outcome : Outcome or None
        None exactly when the status is "not_comparable".
    overlay, skin : optional
        None when it did not come to that.
    shots : sequence of ShotRecord
        Where several photos of a visit were combined, each pair of them; else empty.
    """

    reasons: Sequence[RaisedFlag]
    scale: PairScale
    overlay: Overlay | None
    skin: SkinTone | None
    outcome: Outcome | None
    timing: Timing
    benchmark: BandVerdict
    before: PhotoRecord
    after: PhotoRecord
    provenance: Provenance
    pictures: Pictures
    shots: Sequence[ShotRecord] = ()

    def __post_init__(self) -> None:
        if (self.outcome is None) != (self.status == "not_comparable"):
            raise ValueError("a pair has numbers exactly when nothing refuses it")
        if self.outcome is not None and not self.outcome.length.ok:
            raise ValueError("a measured pair has a clearance of length; without one, raise a flag that refuses it")

    @property
    def status(self) -> Status:
        """What the reasons allow."""
        return status_of(self.reasons)


def status_of(reasons: Sequence[RaisedFlag]) -> Status:
    """The status that follows from the worst flag that fired."""
    severities = {flag.severity for flag in reasons}
    if Severity.REFUSE in severities:
        return "not_comparable"
    return "indicative" if Severity.DEGRADE in severities else "comparable"
