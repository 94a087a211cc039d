"""What registration hands on, and its settings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import MapXY, Mask
from photocompare.registration.features import FeatureOptions
from photocompare.registration.judge import JudgeOptions
from photocompare.registration.marks import MarkOptions
from photocompare.registration.refine import RefineOptions
from photocompare.registration.warp import WarpOptions


@dataclass(frozen=True)
class RegistrationOptions:
    """Settings of every step of registration."""

    features: FeatureOptions = field(default_factory=FeatureOptions)
    warp: WarpOptions = field(default_factory=WarpOptions)
    refine: RefineOptions = field(default_factory=RefineOptions)
    judge: JudgeOptions = field(default_factory=JudgeOptions)
    marks: MarkOptions = field(default_factory=MarkOptions)


@dataclass(frozen=True)
class Registration:
    """Where the before photo's skin lies in the after photo, and how surely.

    Parameters
    ----------
    map_xy : MapXY
        (h, w, 2) for every before working pixel: (x, y) of the same skin in the after working frame; NaN outside `shared`'s
        surroundings, where the map rests on nothing, and everywhere when the pair is refused.
    error_px : ndarray
        (h, w) float32, expected (root mean square) distance in before working px between where the map sends a pixel and where its
        skin is; NaN where `map_xy` is.
    error_px_median, error_px_p95 : float
        Median and 95th percentile of that distance that is claimed over the shared field (a Rayleigh mixture); NaN when refused.
    shared : Mask
        (h, w), before frame: leg skin that both photos see well and that the map is trusted on.
    overlap_share : float
        Area of `shared` over that of the before leg seen well, 0..1.
    scale_after_over_before : float
        After px per before px, median over the shared field; NaN when refused.
    matches : int
        Matched points that agree with the smooth warp.
    method : str
        "xfeat+lighterglue" or "rootsift".
    limbs : tuple of int
        Labels of the limb in the before and the after field that were laid over each other.
    flags : tuple of str
        Codes of `photocompare.base.flags.REGISTRY`.
    """

    map_xy: MapXY
    error_px: NDArray[np.float32]
    error_px_median: float
    error_px_p95: float
    shared: Mask
    overlap_share: float
    scale_after_over_before: float
    matches: int
    method: str
    limbs: tuple[int, int]
    flags: tuple[str, ...]

    @property
    def refused(self) -> bool:
        """True when there is no map."""
        return bool(np.isnan(self.error_px_p95))
