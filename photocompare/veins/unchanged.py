"""How probable it is that a piece of vein did not change, told by all pieces of the pair together.

Two photos of an unchanged leg never show the same contrasts: light, gloss, focus and noise take some of them, here more and there less,
and what one photo shows less well would count as cleared.  But treatment and exposure leave different traces.  A treated vein closes or
fades and its neighbour stays; an exposure changes all veins by about one factor.  So the ratios of contrast, after over before, are a
mixture: of unchanged pieces, which scatter about one factor near 1, and of changed ones, which lie anywhere between gone and as before,
rarely above.  How many there are of either is learned from the pair (empirical Bayes, by expectation and maximisation: Dempster, Laird &
Rubin 1977).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RUN_PIECES = 6.0
"""Neighbouring pieces of a vein are misread together; this many (6 mm, about one twig) count as one independent look.  Assumed."""

_ROUNDS = 40
"""Of expectation and maximisation: by then the share moves by less than a thousandth."""


@dataclass(frozen=True)
class UnchangedOptions:
    """What is expected of ratios of contrast before any is seen.  `docs/method.md` shows that none of it needs to be exact.

    Parameters
    ----------
    factor_spread : float
        Standard deviation of the factor that unchanged pieces have in common, about 1: unchanged pairs have 0.85 to 1.05.
    scatter : float
        Standard deviation of unchanged pieces about it, relative to their contrast: 0.10 to 0.15 on unchanged pairs.
    scatter_looks : float
        How many independent looks that expectation is worth.
    scatter_range : tuple of float
        Between which the scatter is sought; a wider one would take in what faded.
    noise_de : float
        Noise of a contrast in either photo, CIE76: what blank places read (0.6 on one renderer, 0.9 on another).
    run_pieces : float
        Pieces that count as one independent look.
    darkened : float
        Share of the changed pieces that is expected to have more contrast than before.
    least_de : float
        Fainter pieces tell nothing of the factor, CIE76; they are taken to be unchanged as often as all others.
    """

    factor_spread: float = 0.05
    scatter: float = 0.12
    scatter_looks: float = 8.0
    scatter_range: tuple[float, float] = (0.06, 0.3)
    noise_de: float = 0.8
    run_pieces: float = RUN_PIECES
    darkened: float = 0.05
    least_de: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.scatter_range[0] <= self.scatter <= self.scatter_range[1] or not 0 < self.darkened < 1:
            raise ValueError("the scatter lies within its range, above 0, and a share between 0 and 1")


@dataclass(frozen=True)
class Unchanged:
    """What did not change.

    Parameters
    ----------
    probability : ndarray of shape (N,)
        0..1, that each piece is as it was.
    factor : float
        Contrast after over before of unchanged pieces: what the after photo shows of a vein that stayed.
    """

    probability: NDArray[np.float64]
    factor: float


def judge_unchanged(
    before: NDArray[np.float64], after: NDArray[np.float64], length: NDArray[np.float64], *, options: UnchangedOptions = UnchangedOptions()
) -> Unchanged:
    """How probable it is that each piece is unchanged.

    Parameters
    ----------
    before, after : ndarray of shape (N,)
        Contrast of each piece, CIE76.
    length : ndarray of shape (N,)
        Of each piece, any unit; 0 for those that are not to be learned from.
    options : UnchangedOptions
    """
    bright = before >= options.least_de
    telling = bright & (length > 0)
    if not telling.any():
        return Unchanged(np.zeros(len(before)), 1.0)
    learned = _Mixture(before[telling], after[telling], length[telling], options)
    probability = np.full(len(before), learned.share)
    probability[bright] = learned.unchanged(before[bright], after[bright])
    return Unchanged(probability, learned.factor)


class _Mixture:
    """Ratios of contrast as a mixture of unchanged and changed pieces, learned from some.

    share : of unchanged pieces.  factor, scatter : of their ratios.
    """

    def __init__(
        self, before: NDArray[np.float64], after: NDArray[np.float64], length: NDArray[np.float64], options: UnchangedOptions
    ) -> None:
        self._options = options
        self.share, self.factor, self.scatter = 0.7, 1.0, options.scatter
        looks = length / length.mean() / options.run_pieces
        ratio, noise = after / before, (options.noise_de / before) ** 2
        for _ in range(_ROUNDS):
            weight = looks * self.unchanged(before, after)
            # Two looks at unchanged veins and one at a changed one are expected before any is seen.
            self.share = float((weight.sum() + 2) / (looks.sum() + 3))
            sure = weight / (self.scatter**2 + noise)
            prior = options.factor_spread**-2
            self.factor = float(((sure * ratio).sum() + prior) / (sure.sum() + prior))
            beyond = weight * np.maximum((ratio - self.factor) ** 2 - noise, 0)
            expected = options.scatter_looks * options.scatter**2
            variance = (float(beyond.sum()) + expected) / (float(weight.sum()) + options.scatter_looks)
            self.scatter = min(max(math.sqrt(variance), options.scatter_range[0]), options.scatter_range[1])

    def unchanged(self, before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability that pieces of these contrasts are unchanged."""
        ratio = after / before
        spread = np.sqrt(self.scatter**2 + (self._options.noise_de / before) ** 2)
        same = np.exp(-0.5 * ((ratio - self.factor) / spread) ** 2) / (spread * math.sqrt(2 * math.pi))
        # Gone to as before: any ratio alike, and noise below 0; more than before: up to twice, and hardly beyond.
        other = np.where(ratio <= 1, 1 - self._options.darkened, self._options.darkened * np.where(ratio <= 2, 1.0, 0.2))
        return np.asarray(self.share * same / (self.share * same + (1 - self.share) * other), dtype=np.float64)
