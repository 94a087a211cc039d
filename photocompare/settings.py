"""Every setting of a comparison, stage by stage, under one name."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from photocompare.base.provenance import settings_sha256
from photocompare.card.finding import CardOptions
from photocompare.clearance.correction import CorrectionOptions, DrawnVeinOptions
from photocompare.clearance.outcome import OutcomeOptions
from photocompare.leg.field import FieldOptions
from photocompare.leg.quality import QualityOptions
from photocompare.leg.relative_blur import RelativeBlurOptions
from photocompare.leg.scale import ScaleOptions
from photocompare.registration import RegistrationOptions
from photocompare.results.reference_band import ReferenceBandOptions
from photocompare.results.timing import TimingOptions
from photocompare.veins.coloured import ColourOptions
from photocompare.veins.fate import FateOptions
from photocompare.veins.fine_colour import FineColourOptions
from photocompare.veins.gloss import GlossOptions
from photocompare.veins.kept_contrast import BlurOptions
from photocompare.veins.light import LightOptions
from photocompare.veins.photometry import PhotometryOptions
from photocompare.veins.pieces import VeinOptions
from photocompare.veins.pigment import PigmentOptions
from photocompare.veins.reading import AgreementOptions
from photocompare.veins.ridges import RidgeOptions


@dataclass(frozen=True)
class WorkingOptions:
    """The size at which everything is measured.

    Parameters
    ----------
    max_pixels : int
        A photo with more is reduced.  1.2 million pixels over a leg half a metre long are 0.4 mm each at worst and 0.13 mm on a
        photo that a calf fills: two across a spider vein; the time of every stage grows with this number.  The networks for
        reduced photos are taught at this scale (`docs/method.md`).
    """

    max_pixels: int = 1_200_000

    def __post_init__(self) -> None:
        if self.max_pixels < 1:
            raise ValueError("a working frame has at least one pixel")


@dataclass(frozen=True)
class Settings:
    """A named preset; `name` and `sha256` stand in every result."""

    name: str = "standard"
    working: WorkingOptions = dataclasses.field(default_factory=WorkingOptions)
    field: FieldOptions = dataclasses.field(default_factory=FieldOptions)
    quality: QualityOptions = dataclasses.field(default_factory=QualityOptions)
    card: CardOptions = dataclasses.field(default_factory=CardOptions)
    scale: ScaleOptions = dataclasses.field(default_factory=ScaleOptions)
    registration: RegistrationOptions = dataclasses.field(default_factory=RegistrationOptions)
    relative_blur: RelativeBlurOptions = dataclasses.field(default_factory=RelativeBlurOptions)
    blur: BlurOptions = dataclasses.field(default_factory=BlurOptions)
    light: LightOptions = dataclasses.field(default_factory=LightOptions)
    ridges: RidgeOptions = dataclasses.field(default_factory=RidgeOptions)
    fine_colour: FineColourOptions = dataclasses.field(default_factory=FineColourOptions)
    agreement: AgreementOptions = dataclasses.field(default_factory=AgreementOptions)
    gloss: GlossOptions = dataclasses.field(default_factory=GlossOptions)
    veins: VeinOptions = dataclasses.field(default_factory=VeinOptions)
    vein_colour: ColourOptions = dataclasses.field(default_factory=ColourOptions)
    pigment: PigmentOptions = dataclasses.field(default_factory=PigmentOptions)
    photometry: PhotometryOptions = dataclasses.field(default_factory=PhotometryOptions)
    fate: FateOptions = dataclasses.field(default_factory=FateOptions)
    outcome: OutcomeOptions = dataclasses.field(default_factory=OutcomeOptions)
    drawn_veins: DrawnVeinOptions = dataclasses.field(default_factory=DrawnVeinOptions)
    timing: TimingOptions = dataclasses.field(default_factory=TimingOptions)
    benchmark: ReferenceBandOptions = dataclasses.field(default_factory=ReferenceBandOptions)

    @property
    def sha256(self) -> str:
        """Equal settings give equal hashes on any machine."""
        return settings_sha256(self)

    @property
    def correction(self) -> CorrectionOptions:
        """The rules that a correction by hand follows."""
        return CorrectionOptions(self.outcome.clearance, self.fate, self.veins, self.photometry, self.drawn_veins)


STANDARD = Settings()
"""The preset that everything runs with unless told otherwise."""
