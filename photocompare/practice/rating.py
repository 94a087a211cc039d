"""What a blinded rating round showed: agreement between raters, of raters with themselves, and of raters with the software."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from photocompare.base.errors import UsageError
from photocompare.base.estimate import Estimate
from photocompare.practice.agreement import (
    IntraclassCorrelations,
    LimitsOfAgreement,
    intraclass_correlations,
    limits_of_agreement,
    weighted_kappa,
)
from photocompare.practice.cohort import Floats

RATING_COLUMNS = ("rater", "comparison_id", "occasion", "percent", "five_point")
"""Of the frame of ratings: the columns of the records' table of ratings that are read."""

FIVE_POINT_STEPS = (10.0, 35.0, 65.0, 90.0)
"""Percent at which the software's number passes to the next of the five points.

No clearance (below 10), slight (below 35), moderate (below 65), good (below 90), complete or nearly so.
"""


@dataclass(frozen=True)
class PairAgreement:
    """Two readers of the same pairs.

    Parameters
    ----------
    first, second : str
        Raters, "software", or twice the same rater for the two occasions.
    pairs : int
        That both have read.
    kappa : Estimate
        Weighted by squares, on the five-point scale.
    icc : IntraclassCorrelations
        On percent.
    limits : LimitsOfAgreement
        On percent, first less second.
    points : tuple of (mean, difference)
        Of each pair, percent: what a Bland-Altman plot shows.
    """

    first: str
    second: str
    pairs: int
    kappa: Estimate
    icc: IntraclassCorrelations
    limits: LimitsOfAgreement
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class RoundAgreement:
    """All of a round.

    Parameters
    ----------
    raters : tuple of str
    pairs : int
        Rated by anybody.
    between : tuple of PairAgreement
        Every two raters, first occasions.
    within : tuple of PairAgreement
        Each rater's second look against the first.
    software : tuple of PairAgreement
        Each rater against the software.
    all_raters : IntraclassCorrelations
        All raters together, on the pairs that all of them rated.
    """

    raters: tuple[str, ...]
    pairs: int
    between: tuple[PairAgreement, ...]
    within: tuple[PairAgreement, ...]
    software: tuple[PairAgreement, ...]
    all_raters: IntraclassCorrelations


def five_point_of(percent: Floats) -> np.ndarray:
    """The five points of a percentage, 1 .. 5."""
    return np.searchsorted(np.array(FIVE_POINT_STEPS), percent, side="right") + 1


def round_agreement(ratings: pd.DataFrame, measured: pd.Series) -> RoundAgreement:
    """Agreement in a round.

    Parameters
    ----------
    ratings : DataFrame
        `RATING_COLUMNS`; one row a rating.
    measured : Series
        The software's clearance of length in percent, by comparison id; NaN or absent where it refused.  What is darker than before
        counts as 0, at which the raters' scale ends.

    Raises
    ------
    UsageError
        A column is missing, or a rater rated a pair twice on one occasion.
    """
    missing = set(RATING_COLUMNS) - set(ratings.columns)
    if missing:
        raise UsageError(f"The ratings lack the column {min(missing)}.")
    if ratings.duplicated(["rater", "comparison_id", "occasion"]).any():
        raise UsageError("A rater rated one pair twice on the same occasion; keep one of the two.")
    percent = ratings.pivot(index="comparison_id", columns=["rater", "occasion"], values="percent").astype(np.float64)
    points = ratings.pivot(index="comparison_id", columns=["rater", "occasion"], values="five_point").astype(np.float64)
    raters = tuple(sorted({str(rater) for rater in ratings["rater"]}))
    known = np.maximum(measured.reindex(percent.index).to_numpy(np.float64, na_value=np.nan), 0.0)

    def read(rater: str, occasion: int) -> tuple[Floats, Floats]:
        if (rater, occasion) not in percent.columns:
            nothing = np.full(len(percent), np.nan)
            return nothing, nothing
        return percent[(rater, occasion)].to_numpy(), points[(rater, occasion)].to_numpy()

    software = known, np.where(np.isfinite(known), five_point_of(known), np.nan)
    first = {rater: read(rater, 1) for rater in raters}
    together = np.column_stack([first[rater][0] for rater in raters]) if raters else np.zeros((0, 0))
    return RoundAgreement(
        raters,
        len(percent),
        tuple(_agreement(a, b, first[a], first[b]) for a, b in combinations(raters, 2)),
        tuple(_agreement(r, r, read(r, 2), first[r]) for r in raters),
        tuple(_agreement(r, "software", first[r], software) for r in raters),
        intraclass_correlations(together),
    )


def _agreement(first: str, second: str, one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> PairAgreement:
    both = np.isfinite(one[0]) & np.isfinite(other[0])
    a, b = one[0][both], other[0][both]
    steps = np.isfinite(one[1]) & np.isfinite(other[1])
    return PairAgreement(
        first,
        second,
        int(np.count_nonzero(both)),
        weighted_kappa(one[1][steps].astype(np.intp), other[1][steps].astype(np.intp)),
        intraclass_correlations(np.column_stack([a, b])),
        limits_of_agreement(a, b),
        tuple(zip(((a + b) / 2.0).tolist(), (a - b).tolist(), strict=True)),
    )
