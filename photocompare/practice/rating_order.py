"""The order in which a rater sees the pairs of a blinded round: shuffled for each rater, some pairs twice and never close together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photocompare.base.errors import UsageError

LEAST_APART = 5
"""Pairs seen between the two showings of one, where the round is long enough: more than are held in mind (about four, Cowan 2001)."""

_TRIES = 200
"""Orders that are drawn before the best is taken; of 30 pairs, a fifth of them twice, one in three is right at once."""


@dataclass(frozen=True)
class Showing:
    """One pair put before a rater.

    Parameters
    ----------
    comparison_id : int
    occasion : int
        1, or 2 for a pair that was shown before.
    """

    comparison_id: int
    occasion: int


def chosen_twice(comparisons: Sequence[int], *, share: float, seed: int) -> tuple[int, ...]:
    """Which pairs are shown twice: a share of all, the same for every rater, so that raters can be compared on them.

    Parameters
    ----------
    comparisons : sequence of int
    share : float
        0 .. 1; rounded up to whole pairs.
    seed : int
    """
    if not 0.0 <= share <= 1.0:
        raise UsageError("The share of pairs that are shown twice lies between 0 and 1.")
    ordered = sorted(set(comparisons))
    number = int(np.ceil(share * len(ordered) - 1e-9))
    if len(ordered) < 2:  # a pair alone would follow itself
        return ()
    return tuple(sorted(_generator(seed, "twice").choice(ordered, number, replace=False).tolist())) if number else ()


def rating_order(comparisons: Sequence[int], twice: Sequence[int], *, seed: int, rater: str) -> tuple[Showing, ...]:
    """Every pair in a random order of this rater's own, the repeated ones a second time.

    Parameters
    ----------
    comparisons : sequence of int
        Without repetition.
    twice : sequence of int
        Those of them that are shown again.
    seed : int
        Of the round.  The same seed and rater give the same order, so that a round can be left and taken up again.
    rater : str
        The rater's subject.

    Returns
    -------
    tuple of Showing
        The second showing of a pair comes after the first, with `LEAST_APART` others between where the round has enough pairs, otherwise
        with as many as were found.

    Raises
    ------
    UsageError
        A pair stands twice in the list, a repeated one doesn't stand in it, or the only pair of a round is to be repeated.
    """
    if len(set(comparisons)) < len(comparisons):
        raise UsageError("A pair stands in the rating round twice; list each once and repeat it by its share.")
    if not set(twice) <= set(comparisons):
        raise UsageError("A pair that is to be shown twice is not in the rating round; add it.")
    if twice and len(comparisons) < 2:
        raise UsageError("A single pair can't be shown twice without following itself; add pairs to the round.")
    generator = _generator(seed, rater)
    best: list[Showing] = []
    for _ in range(_TRIES):
        drawn = _drawn(sorted(comparisons), frozenset(twice), generator)
        if not best or _least_between(drawn) > _least_between(best):
            best = drawn
        if _least_between(best) >= LEAST_APART:
            break
    return tuple(best)


def _drawn(comparisons: Sequence[int], twice: frozenset[int], generator: np.random.Generator) -> list[Showing]:
    """One random order; each second showing anywhere far enough after the first, or at the end."""
    shown = [Showing(pair, 1) for pair in generator.permutation(np.array(comparisons, np.int64)).tolist()]
    for pair in [showing.comparison_id for showing in shown if showing.comparison_id in twice]:
        earliest = min(_places(shown, pair)[0] + 1 + LEAST_APART, len(shown))
        shown.insert(int(generator.integers(earliest, len(shown) + 1)), Showing(pair, 2))
    return shown


def _places(shown: Sequence[Showing], pair: int) -> list[int]:
    return [place for place, showing in enumerate(shown) if showing.comparison_id == pair]


def _least_between(shown: Sequence[Showing]) -> int:
    """Fewest pairs that lie between two showings of one; more than can be asked for where none is repeated."""
    places: dict[int, int] = {}
    least = len(shown) + LEAST_APART
    for place, showing in enumerate(shown):
        if showing.comparison_id in places:
            least = min(least, place - places[showing.comparison_id] - 1)
        places[showing.comparison_id] = place
    return least


def _generator(seed: int, purpose: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}:{purpose}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
