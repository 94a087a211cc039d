"""What a comparison of two photos is.

Frame: numbers are in the before photo's full upright pixels; the pictures are in its working frame, with the factors that lead back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from photocompare.base.arrays import SRGB8, Grey, LinearRGB, Mask, PointsXY
from photocompare.base.estimate import Estimate
from photocompare.base.flags import RaisedFlag, Severity
from photocompare.results.reference_band import BandVerdict
from photocompare.results.timing import Timing

if TYPE_CHECKING:  # a stored result is read without the stages that measured it
    from photocompare.clearance.outcome import Outcome
    from photocompare.leg.scale import Scale
    from photocompare.leg.tone import SkinTone
    from photocompare.registration import Registration
    from photocompare.veins.fate import FatedVeinPiece, PieceContrasts

Status = Literal["comparable", "indicative", "not_comparable"]


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


@dataclass(frozen=True, eq=False, repr=False)
class Measured:
    """The pictures of a measured pair, all in the before photo's working frame.

    Parameters
    ----------
    before_normalised, after_normalised : ndarray of shape (h, w, 3)
        Under the same light; the after photo warped, NaN beyond its edge alone: glare, hair and skin outside the field are shown.
    veins_before, veins_after : ndarray of shape (h, w), float32
        Share of looks, 0..1, that see a vein there in that photo; 0 off the veins and outside the shared field.
    pigment_before, pigment_after : ndarray of shape (h, w), bool
        Visible in that photo, inside the shared field.
    pieces : sequence of FatedVeinPiece
        Baseline pieces with their fate, and the new ones after them.
    contrasts : PieceContrasts, optional
        Of the baseline pieces in both photos, in their order.
    px_per_mm : float
        Of the working frame; assumed where there is no scale.
    """

    before_normalised: LinearRGB
    after_normalised: LinearRGB
    veins_before: Grey
    veins_after: Grey
    pigment_before: Mask
    pigment_after: Mask
    pieces: Sequence[FatedVeinPiece]
    contrasts: PieceContrasts | None = None
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
    registration : Registration or None
        None when it did not come to that, or no map can be trusted.
    measured : Measured or None
        None for a pair that is not comparable.
    drawn_field : ndarray of shape (N, 2) or None
        Corners (x, y) of the field that a reader drew, full pixels of the before photo; None for the whole leg.
    """

    before: SRGB8
    after: SRGB8
    factor_before: float = 1.0
    factor_after: float = 1.0
    registration: Registration | None = None
    measured: Measured | None = None
    drawn_field: PointsXY | None = None


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
    scale : Scale
        Of the before photo, or carried to it from the after photo.
    skin : SkinTone or None
        None when it did not come to that.
    shots : sequence of ShotRecord
        Where several photos of a visit were combined, each pair of them; else empty.
    """

    reasons: Sequence[RaisedFlag]
    scale: Scale
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

    @property
    def after_over_before(self) -> float | None:
        """How much larger the after photo shows the leg, full pixels, a ratio; None without a map."""
        registration = self.pictures.registration
        if registration is None:
            return None
        return registration.scale_after_over_before * self.pictures.factor_before / self.pictures.factor_after


def status_of(reasons: Sequence[RaisedFlag]) -> Status:
    """The status that follows from the worst flag that fired."""
    severities = {flag.severity for flag in reasons}
    if Severity.REFUSE in severities:
        return "not_comparable"
    return "indicative" if Severity.DEGRADE in severities else "comparable"
