"""What is known of a compared pair, as everything after measuring reads it: the typed view of `result.json`.

Lengths and areas are in millimetres, or in the before photo's upright pixels where there is no scale.  A percentage that could not be
measured is a failed `Estimate` (NaN); any other figure that could not is None.  `photocompare.results.result_json` writes and parses it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from photocompare.base.estimate import Estimate
from photocompare.base.flags import FIELD_DRAWN, REGISTRY, RaisedFlag, Severity, raised
from photocompare.leg.scale_source import ScaleSource
from photocompare.results.comparison import PhotoRecord, Provenance, ShotRecord, Status
from photocompare.results.reference_band import BandVerdict
from photocompare.results.timing import Timing
from photocompare.veins.classes import ASSESSED_FATES

Schema = Literal["photocompare.comparison/1", "photocompare.comparison/2"]

SCHEMA: Schema = "photocompare.comparison/2"

CONTRACTS: dict[Schema, int] = {"photocompare.comparison/1": 1, SCHEMA: 2}
"""Schema to the number of the contract that a result follows.  The first called visible what lies 2.3 CIE76 units off the skin, the second
counts by the share of looks that see it: numbers of the one say nothing beside numbers of the other."""

CONTRACT = CONTRACTS[SCHEMA]
"""The contract of what is measured now."""

Unit = Literal["mm", "px"]


def method_of(settings_sha256: str, contract: int) -> str:
    """The name of a method: the settings' hash, or its beginning, as it stood alone in contract 1; with the contract from 2 on."""
    return settings_sha256 if contract == 1 else f"{settings_sha256}/{contract}"


@dataclass(frozen=True)
class Reason:
    """One gate that fired, as it was told.

    Parameters
    ----------
    code : str
        Stable name; one that this version doesn't know may come from another.
    message, fix : str
        One sentence each: what is so, and what to do about it.
    """

    code: str
    message: str
    fix: str

    @property
    def severity(self) -> Severity | None:
        """How far the gate reaches; None for a code that this version doesn't know."""
        return REGISTRY[self.code].severity if self.code in REGISTRY else None

    @property
    def refuses(self) -> bool:
        """Whether it stands in the way of a number."""
        return self.severity is Severity.REFUSE

    @property
    def flag(self) -> RaisedFlag | None:
        """The flag that fired, of which photo by its sentence; None where this version doesn't know code and sentence."""
        if self.code not in REGISTRY:
            return None
        fired = (raised(self.code, which) for which in ("", "before", "after"))
        return next((flag for flag in fired if flag.message == self.message), None)


@dataclass(frozen=True)
class ScaleFigures:
    """Millimetres per full before pixel, above 0, or None; where from; how much larger the after photo shows the leg, a ratio."""

    mm_per_px: float | None
    source: ScaleSource
    after_over_before: float | None = None


@dataclass(frozen=True)
class RegistrationFigures:
    """How well the photos lie over each other: claimed error of the map (median and 95th percentile) and size of the shared field.

    In full before pixels, and in millimetres where there is a scale.
    """

    error_px_median: float | None
    error_px_p95: float | None
    error_mm_p95: float | None
    shared_field_px: int
    shared_field_mm2: float | None


@dataclass(frozen=True)
class SkinFigures:
    """Individual typology angle of unaffected skin in each photo, degrees, and the before photo's group of skin tones (Chardon 1991)."""

    ita_before: float | None
    ita_after: float | None
    group: str | None


@dataclass(frozen=True)
class CalibreFigures:
    """Clearance of length within one calibre class, percent, and how much of it there was before, mm."""

    clearance: Estimate
    before_mm: float | None


@dataclass(frozen=True)
class ClearanceFigures:
    """The percentages of a measured pair with their 95 % intervals.

    Parameters
    ----------
    length : Estimate
        The headline: clearance of vein length, at most 100; below 0 is darker than before.
    area, contrast : Estimate
        Clearance of visible area, and of contrast; may be negative, may have failed.
    net_change : Estimate
        Change of seen length, new veins included.
    by_calibre : mapping
        Calibre class to its figures; None for a class that the pair has none of, or where there is no scale.
    """

    length: Estimate
    area: Estimate
    contrast: Estimate
    net_change: Estimate
    by_calibre: Mapping[str, CalibreFigures | None]


@dataclass(frozen=True)
class PigmentFigures:
    """Brown pigment of the hemosiderin kind: areas in mm2, None without a scale, and the stained share of baseline length, percent."""

    before_mm2: float | None
    after_mm2: float | None
    gained_mm2: float | None
    faded_mm2: float | None
    stained_percent: float | None


@dataclass(frozen=True)
class CorrectedBy:
    """Who set the headline by hand, when, and what the machine had found."""

    by: str
    at: str
    machine_length: Estimate


@dataclass(frozen=True)
class Result:
    """The result for one pair.

    Parameters
    ----------
    status : {"comparable", "indicative", "not_comparable"}
    reasons : sequence of Reason
        Every gate that fired, worst first.
    scale : ScaleFigures
    registration, skin : optional
        None when it did not come to that.
    clearance, pigment : optional
        None exactly for a refused pair.
    fates : mapping
        Fate to expected length in `unit`; empty for a refused pair.  NaN where it failed.  Nothing is darkened in contract 1.
    unit : {"mm", "px"}
        Of lengths by fate; "px" (full before pixels) without a scale.
    timing : Timing
    benchmark : BandVerdict
    before, after : PhotoRecord
    provenance : Provenance
    shots : sequence of ShotRecord
        Where several photos of a visit were combined, each pair of them; else empty.
    correction : CorrectedBy or None
        Where a reader set the headline by hand.
    schema : str
        Of the file that it was parsed from, one of `CONTRACTS`.
    """

    status: Status
    reasons: Sequence[Reason]
    scale: ScaleFigures
    registration: RegistrationFigures | None
    skin: SkinFigures | None
    clearance: ClearanceFigures | None
    fates: Mapping[str, float]
    unit: Unit
    pigment: PigmentFigures | None
    timing: Timing
    benchmark: BandVerdict
    before: PhotoRecord
    after: PhotoRecord
    provenance: Provenance
    shots: Sequence[ShotRecord] = ()
    correction: CorrectedBy | None = None
    schema: Schema = field(default=SCHEMA, kw_only=True)

    @property
    def contract(self) -> int:
        """The contract that its numbers follow, 1 or 2."""
        return CONTRACTS[self.schema]

    @property
    def method(self) -> str:
        """How it was measured: only numbers of one method are held against each other.  The settings' hash, and the contract from 2 on."""
        return method_of(self.provenance.config_sha256, self.contract)

    @property
    def measured(self) -> bool:
        """Whether there is a number."""
        return self.clearance is not None

    @property
    def length(self) -> Estimate | None:
        """The headline: clearance of length in percent; None for a refused pair."""
        return None if self.clearance is None else self.clearance.length

    @property
    def lengths(self) -> Mapping[str, float]:
        """Fate to length in `unit`, those that could be measured; empty for a refused pair."""
        return {fate: length for fate, length in self.fates.items() if math.isfinite(length)}

    @property
    def assessed_length(self) -> float:
        """Length that the percentages are of, in `unit`; 0 for a refused pair."""
        found = self.lengths
        return math.fsum(found.get(fate, 0.0) for fate in ASSESSED_FATES)

    def share(self, fate: str) -> float | None:
        """A fate's length in percent of the assessed length, above 100 for much that is new; None where nothing was assessed."""
        assessed = self.assessed_length
        return 100.0 * self.lengths.get(fate, 0.0) / assessed if assessed > 0 else None

    @property
    def within_drawn_field(self) -> bool:
        """Whether it was measured within a field that a reader drew."""
        return any(reason.code == FIELD_DRAWN for reason in self.reasons)

    @property
    def photos(self) -> Mapping[str, PhotoRecord]:
        """ "before" and "after" to what is kept of that photo."""
        return {"before": self.before, "after": self.after}

    def corrected(self, length: Estimate, *, by: str, at: dt.datetime) -> Result:
        """The result with a headline that a reader set by hand, and by whom, when, and what the machine had found.

        Raises
        ------
        ValueError
            The pair was refused.
        """
        if self.clearance is None:
            raise ValueError("a refused pair has no number to correct")
        said = CorrectedBy(by, at.isoformat(timespec="seconds"), self.clearance.length)
        return dataclasses.replace(self, clearance=dataclasses.replace(self.clearance, length=length), correction=said)
