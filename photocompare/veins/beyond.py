"""How much of the veins lies beyond the skin that is compared."""

from __future__ import annotations

import numpy as np

from photocompare.base.arrays import Mask
from photocompare.veins.pieces import VeinOptions, without_specks
from photocompare.veins.reading import SkinReading
from photocompare.veins.skeleton import skeleton


def share_beyond(alone: SkinReading, seen: Mask, shared: Mask, px_per_mm: float, *, options: VeinOptions) -> float:
    """Share of the veins' length within `seen` that lies beyond `shared`, 0..1, by the reading of one photo by itself.

    The reading in sight of the other photo goes as far as that photo does: with it more of the vein would seem to lie beyond.  Length
    and not area: where the field's edge is wrong, a limb's shaded edge is read as one wide vein.

    Parameters
    ----------
    alone : SkinReading
    seen, shared : Mask
    px_per_mm : float
    options : VeinOptions
    """
    visible = np.asarray((alone.vein_probability >= 0.5) & seen, dtype=np.bool_)
    line = skeleton(without_specks(visible, options.shortest_mm * px_per_mm))
    return float(np.count_nonzero(line & ~shared)) / max(int(np.count_nonzero(line)), 1)
