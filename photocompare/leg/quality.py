"""Whether a photo can be measured: focus, exposure, glare, size, noise.

Blur and pixels are judged by the thinnest vein that they leave half of its contrast, exposure and noise by the smallest density that an
observer sees.  What is left of the veins of one pair is judged where they are known (`veins/kept_contrast.py`).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from photocompare.base.arrays import LinearRGB, Mask
from photocompare.base.colour import density_from_linear
from photocompare.leg.field import Field
from photocompare.leg.focus import CloseUp, FocusOptions, measure_blur, measure_noise
from photocompare.leg.limb_width import measure_limb_width

THINNEST_MM = 0.5
"""Full width at half maximum at which the thinnest vessel (0.1 mm) shows through the skin, Monte Carlo."""

WIDTH_OF_BLUR = 2.355 / math.sqrt(3.0)
"""Full width at half maximum of the Gaussian vein that keeps half of its contrast under a blur of sigma 1."""

JUST_VISIBLE_DENSITY = 0.055
"""Green density of a vein that differs from skin by 2.3 CIE76 units at mid exposure: L* falls by 25 a unit of density, a* rises by 30."""

_SAMPLE_STEP = 3
"""Every third pixel each way tells a median as well as all: 1e5 of a million."""


@dataclass(frozen=True)
class QualityOptions:
    """The gates.

    Parameters
    ----------
    usual_limb_mm : float
        Width across a calf or lower thigh, the same that an assumed scale rests on; used only while no scale is known.
    coarsest_mm : float
        Width of the thinnest vein that can still be judged, above which none is left to measure: a reticular vein of middle size (1.5 mm)
        is seen 2.0 mm wide.
    blur_floor_px : float
        Blur that sampling alone gives (a pixel's box, demosaicing, a resize); below it a photo is as sharp as its pixels, and too few
        pixels are another gate's matter.
    least_red : float
        Linear red, median of the leg, below which a photo is too dark.  JPEG at usual quality rounds to about 3 codes (0.87 rms); below
        code 62 that is half of the just visible density.  Red, because dark skin shows its veins there.
    most_lost : float
        Share of the leg that glare and clipping together may take: with more than a third lost, the rest no longer stands for the field.
    some_glare : float
        Share from which glare is worth telling: the part of a leg that one session treats is often no larger.
    least_width_px : float
        Width in px below which a Gaussian vein falls between the samples.
    least_skin_px : int
        Measurable pixels below which there is nothing to compare, whatever the limb's width: a field 8 mm square at 0.08 mm a pixel.
    white_level : float
        Linear light from which a pixel is taken as clipped where no leg was found: 8-bit code 254.
    noisy_density : float
        Noise of one pixel (green density) at which a just visible vein, 2.3 px wide, is 3 sigma over a piece 10 px long.
    focus : FocusOptions
    """

    usual_limb_mm: float = 110.0
    coarsest_mm: float = 2.0
    blur_floor_px: float = 1.0
    least_red: float = 0.048
    most_lost: float = 1 / 3
    some_glare: float = 0.03
    least_width_px: float = 1.2
    least_skin_px: int = 10_000
    noisy_density: float = JUST_VISIBLE_DENSITY / 3.0 * math.sqrt(2.3 * 10.0)
    white_level: float = 0.99
    focus: FocusOptions = dataclasses.field(default_factory=FocusOptions)


@dataclass(frozen=True)
class Quality:
    """Figures of one photo; NaN where one could not be measured.

    Parameters
    ----------
    focus : float
        Gaussian sigma of the blur, in px of the photo, along the worse direction; small is sharp.
    focus_mm : float
        The same in mm, under the given or the usual scale.
    least_calibre_mm : float
        Width (full, at half maximum) of the thinnest vein that can be judged in the photo, by its blur and its pixels; NaN without a step
        that tells the blur.
    noise_sigma : float
        Standard deviation of one pixel's noise, in green density.
    glare_share, clipped_share, lost_share, shadow_share, measurable_share : float
        Shares of the leg, 0..1; lost is glare or clipped.
    median_level : float
        Median linear red of the leg, 0..1.
    skin_px : int
        Measurable pixels, of the working copy.
    limb_px : float
        Width of the widest circle within the leg, in px of the working copy.
    flags : tuple of str
        Codes of `photocompare.base.flags.REGISTRY`.
    """

    focus: float
    focus_mm: float
    least_calibre_mm: float
    noise_sigma: float
    glare_share: float
    clipped_share: float
    lost_share: float
    shadow_share: float
    measurable_share: float
    median_level: float
    skin_px: int
    limb_px: float
    flags: tuple[str, ...]

    def as_dict(self) -> dict[str, float | int | list[str] | None]:
        """For JSON: None for what could not be measured."""
        figures: dict[str, float | int | list[str] | None] = {}
        for name, value in vars(self).items():
            if name == "flags":
                figures[name] = list(value)
            else:
                figures[name] = value if isinstance(value, int) else _rounded(value)
        return figures


def _rounded(value: float) -> float | None:
    """Five significant digits, so that the last bits of a sum don't show; None for NaN."""
    return float(f"{value:.5g}") if math.isfinite(value) else None


def judge_quality(
    linear: LinearRGB,
    field: Field,
    *,
    mm_per_px: float | None = None,
    detail: CloseUp | None = None,
    options: QualityOptions = QualityOptions(),
) -> Quality:
    """Figures and flags of one photo.

    Parameters
    ----------
    linear : (H, W, 3) float32
        Linear light, 0..1.
    field : Field
        Of the same photo.
    mm_per_px : float, optional
        Scale, when it is known; otherwise a limb of usual width is taken.
    detail : CloseUp, optional
        The photo's own pixels where `linear` is a reduced copy: focus and detail are the photo's, not the copy's.

    Returns
    -------
    Quality
        With NaN figures and the field's own flags when there is no leg.
    """
    leg_px = int(np.count_nonzero(field.leg))
    if leg_px == 0:
        return _without_leg(linear, field, options)
    green = density_from_linear(np.ascontiguousarray(linear[..., 1]))
    # A reader's polygon cuts the leg that is judged, not the limb that its size is told by.
    limb_px = measure_limb_width(field.limbs == field.principal).circle_px
    scale = options.usual_limb_mm / limb_px if mm_per_px is None else mm_per_px
    factor = 1.0 if detail is None else detail.factor
    judged = (green, field.measurable) if detail is None else (detail.green, detail.skin)
    focus = measure_blur(*judged, options=options.focus)
    shares = {name: float(np.count_nonzero(mask & field.leg) / leg_px) for name, mask in _masks(field).items()}
    some = np.s_[::_SAMPLE_STEP, ::_SAMPLE_STEP]
    sample = field.leg[some] if field.leg[some].any() else field.leg
    red = linear[some][..., 0] if sample is not field.leg else linear[..., 0]
    quality = Quality(
        focus=focus,
        focus_mm=focus * scale * factor,
        least_calibre_mm=scale * factor * max(focus * WIDTH_OF_BLUR, options.least_width_px),
        noise_sigma=measure_noise(green, field.measurable),
        median_level=float(np.median(red[sample])),
        skin_px=int(np.count_nonzero(field.measurable)),
        limb_px=limb_px,
        flags=(),
        **shares,
    )
    return dataclasses.replace(quality, flags=field.flags + _flags(quality, scale, factor, options))


def _without_leg(linear: LinearRGB, field: Field, options: QualityOptions) -> Quality:
    """No figures; the exposure of the whole frame may tell why no leg was found."""
    nan = math.nan
    red = linear[..., 0]
    exposure = {
        "too_dark": float(np.quantile(red, 1.0 - options.most_lost)) < options.least_red,
        "too_bright": float(np.mean(red >= options.white_level)) > options.most_lost,
    }
    flags = field.flags + tuple(code for code, fired in exposure.items() if fired)
    return Quality(nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, 0, nan, flags)


def _masks(field: Field) -> dict[str, Mask]:
    return {
        "glare_share": field.hidden.glare,
        "clipped_share": field.hidden.clipped,
        "lost_share": field.hidden.glare | field.hidden.clipped,
        "shadow_share": field.hidden.shadow,
        "measurable_share": field.measurable,
    }


def _flags(quality: Quality, mm_per_px: float, factor: float, options: QualityOptions) -> tuple[str, ...]:
    """Codes of the gates that fired.  A photo that was reduced for measuring is judged by what its own pixels hold."""
    at_floor = quality.focus <= options.blur_floor_px
    by_blur, by_pixels = quality.focus_mm * WIDTH_OF_BLUR, mm_per_px * factor * options.least_width_px
    # Skin always has some step, if only its veins: what shows none at any scale shows no vein.
    hopeless = math.isnan(quality.focus) or (not at_floor and by_blur > options.coarsest_mm)
    lost = quality.lost_share > options.most_lost
    by_glare = quality.glare_share >= quality.lost_share / 2
    gates = {
        "blurred": hopeless,
        "soft": not hopeless and not at_floor and by_blur > THINNEST_MM,
        "too_dark": quality.median_level < options.least_red,
        "too_bright": lost and not by_glare,
        "glare": lost and by_glare,
        "some_glare": not lost and quality.glare_share > options.some_glare,
        "low_detail": by_pixels > options.coarsest_mm or quality.skin_px < options.least_skin_px * factor**2,
        "coarse": THINNEST_MM < by_pixels <= options.coarsest_mm,
        "noisy": quality.noise_sigma > options.noisy_density,
    }
    return tuple(code for code, fired in gates.items() if fired)
