"""What an array means, as a type.  (row, col) order and RGB everywhere; points are (x, y) only where a name ends in `_xy`.

A pixel's coordinates are those of its centre: the first pixel's centre is (0, 0).  When an image is scaled by `s`,
position `k` becomes `(k + 0.5) * s - 0.5` (`scaled_position`).
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

LinearRGB = NDArray[np.float32]
"""(H, W, 3), linear-light sRGB primaries, 0..1 (1 = the camera's white)."""

SRGB8 = NDArray[np.uint8]
"""(H, W, 3), sRGB-encoded, 0..255."""

Density = NDArray[np.float32]
"""(H, W, 3), optical density -ln(linear RGB), 0 and up."""

Lab = NDArray[np.float32]
"""(H, W, 3), CIE L*a*b* under D65: L* 0..100."""

Grey = NDArray[np.float32]
"""(H, W), any single-channel image."""

Mask = NDArray[np.bool_]
"""(H, W), True inside."""

MapXY = NDArray[np.float32]
"""(H, W, 2): for every before pixel the (x, y) of the same skin in the after photo; NaN where there is none."""

PointsXY = NDArray[np.float32]
"""(N, 2), (x, y)."""

_T = TypeVar("_T", float, NDArray[np.float32], NDArray[np.float64])


def scaled_position(position: _T, scale: float) -> _T:
    """Where a position lies after the image was resized by `scale` (pixel centres stay centred)."""
    return (position + 0.5) * scale - 0.5
