"""Means and rates of clustered pairs: several pairs of one patient are not as much evidence as pairs of as many patients.

The estimates are those of generalised estimating equations with an independence working correlation (Liang & Zeger, Biometrika
1986;73:13): the plain mean, with a variance from the sums over each patient.  With no covariate but the group they have a closed form,
which needs two sums a patient.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from photocompare.base.estimate import Z95, Estimate
from photocompare.base.wilson import wilson_interval
from photocompare.practice.cohort import Codes, Flags, Floats

PERCENT = 100.0
UPPER = 0.975
"""Quantile at the upper end of a 95 % interval."""

_DIRECT_CELLS = 4_000_000
"""Cells of group times patient up to which they are counted in place; a table of 32 MB, beyond it a hash is quicker."""


@dataclass(frozen=True, eq=False)
class ClusteredMeans:
    """Means by group with what their intervals need; arrays of shape (G,).

    Parameters
    ----------
    pairs, patients : ndarray of float
    mean : ndarray
        NaN for an empty group.
    robust_variance : ndarray
        Of the mean: the sandwich, without any correction for few patients.
    standard_error : ndarray
        With the correction; NaN below two patients.
    df : ndarray
        Degrees of freedom after Satterthwaite.
    squares : ndarray
        Sum over patients of the squared number of pairs; equal to `pairs` when nobody has two.
    """

    pairs: Floats
    patients: Floats
    mean: Floats
    robust_variance: Floats
    standard_error: Floats
    df: Floats
    squares: Floats


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which pairs belong to which patient of which group: worked out once, used for every column.

    A cell is one patient within one group.

    Parameters
    ----------
    n_groups : int
    cell : ndarray of int, shape (N,)
        Of each pair.
    group_of, patient_of : ndarray of int, shape (C,)
        Of each cell.
    counts : ndarray of float, shape (C,)
        Pairs in each cell.
    """

    n_groups: int
    cell: Codes
    group_of: Codes
    patient_of: Codes
    counts: Floats

    @classmethod
    def of(cls, patients: Codes, groups: Codes | None = None, n_groups: int = 1) -> Clusters:
        """Sort pairs into cells.

        Parameters
        ----------
        patients : ndarray of int, shape (N,)
            Numbered from 0.
        groups : ndarray of int, shape (N,), optional
            0 .. `n_groups` - 1; all one group by default.
        n_groups : int
        """
        n_patients = max(1, int(patients.max(initial=-1)) + 1)
        key = patients if groups is None else groups * np.intp(n_patients) + patients
        if n_patients * n_groups <= _DIRECT_CELLS:
            counts = np.bincount(key, minlength=n_patients * n_groups)
            used = np.flatnonzero(counts)
            number = np.zeros(len(counts), np.intp)
            number[used] = np.arange(len(used))
            cell, counts = number[key], counts[used]
        else:
            cell, used = pd.factorize(key)
            cell = cell.astype(np.intp, copy=False)
            counts = np.bincount(cell, minlength=len(used))
        group_of, patient_of = np.divmod(np.asarray(used, np.intp), np.intp(n_patients))
        return cls(n_groups, cell, group_of, patient_of, counts.astype(np.float64))

    @cached_property
    def patients(self) -> Floats:
        """Patients of each group."""
        return np.asarray(np.bincount(self.group_of, minlength=self.n_groups), np.float64)

    @cached_property
    def moments(self) -> tuple[Floats, Floats, Floats]:
        """Sums over each group's patients of the number of pairs, its square and its cube."""
        squares = self.counts * self.counts
        first, second, third = (self.total(powers) for powers in (self.counts, squares, squares * self.counts))
        return first, second, third

    def total(self, per_cell: Floats) -> Floats:
        """Sum by group of something given by cell."""
        if self.n_groups == 1:
            return np.array([per_cell.sum()])
        return np.asarray(np.bincount(self.group_of, per_cell, self.n_groups), np.float64)

    def means(self, values: Floats) -> ClusteredMeans:
        """Mean of each group, its variance from the sums over patients.

        Parameters
        ----------
        values : ndarray of shape (N,)
            Without NaN.

        Notes
        -----
        With `n_c` of `N` pairs and residuals `r`, the sandwich is ``V = sum_c (sum_i r_ci)**2 / N**2``.  Under independence its expectation
        is ``1 - sum_c (n_c / N)**2`` of the truth, and it is divided by that: for patients of equal size the usual ``G / (G - 1)``.
        The degrees of freedom match its first two moments under the same model (Bell & McCaffrey, Survey Methodology 2002;28:169): G - 1
        at equal sizes.
        """
        sums: Floats = np.asarray(np.bincount(self.cell, values, len(self.counts)), np.float64)
        pairs, s2, s3 = self.moments
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = self.total(sums) / pairs
            residual = sums - self.counts * (mean if self.n_groups == 1 else mean[self.group_of])
            robust = self.total(residual * residual) / (pairs * pairs)
            enough = self.patients > 1
            error = np.where(enough, np.sqrt(robust / (1.0 - s2 / (pairs * pairs))), np.nan)
            df = (pairs - s2 / pairs) ** 2 / (s2 - 2.0 * s3 / pairs + (s2 / pairs) ** 2)
        return ClusteredMeans(pairs, self.patients, mean, robust, error, np.where(enough, df, np.nan), s2)


def clustered_means(values: Floats, patients: Codes, groups: Codes | None = None, n_groups: int = 1) -> ClusteredMeans:
    """`Clusters.means` of one column."""
    return Clusters.of(patients, groups, n_groups).means(values)


def t_quantile(df: Floats | float) -> Floats:
    """Two-sided 95 % points of Student's t; NaN where there are no degrees of freedom."""
    return np.asarray(stats.t.ppf(UPPER, df), np.float64)


def mean_estimates(means: ClusteredMeans, *, unit: str = "%", bounds: tuple[float, float] = (0.0, PERCENT)) -> list[Estimate]:
    """Means with 95 % intervals, kept inside what is possible; failed below two patients."""
    half = t_quantile(means.df) * means.standard_error
    return [
        Estimate(m, min(m, max(bounds[0], m - h)), max(m, min(bounds[1], m + h)), unit, "mean; patients as clusters")
        if math.isfinite(h)
        else Estimate.failed(unit, "mean; fewer than two patients")
        for m, h in zip(means.mean.tolist(), half.tolist(), strict=True)
    ]


def design_effect(means: ClusteredMeans) -> Floats:
    """By how much several pairs a patient widen the variance of a rate; at least 1, and for rates of 0 and 1 the most it can be.

    Without any patient of two pairs it is 1.  A rate of 0 or 1 tells nothing of how alike a patient's pairs are; taking them as one and
    the same gives ``sum n_c**2 / N``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = means.mean * (1.0 - means.mean)
        most = means.squares / means.pairs
        effect = np.where(spread > 0.0, means.standard_error**2 * means.pairs / spread, most)
    repeated = means.squares > means.pairs
    return np.where(repeated & np.isfinite(effect), np.maximum(effect, 1.0), np.where(repeated, most, 1.0))


def rate_estimates(means: ClusteredMeans, *, method: str = "share; Wilson, patients as clusters") -> list[Estimate]:
    """Shares in percent with Wilson's interval at the effective number of pairs (Korn & Graubard, Survey Methodology 1998;24:193).

    Where nobody has two pairs that is Wilson's interval itself; otherwise the quantile is Student's, since the design effect is estimated.
    """
    effect = design_effect(means)
    repeated = (means.squares > means.pairs) & np.isfinite(means.df)
    z = np.where(repeated, t_quantile(np.where(repeated, means.df, np.inf)), Z95)
    low, high = wilson_interval(means.mean, means.pairs / effect, z)
    return [
        Estimate(PERCENT * m, PERCENT * min(a, m), PERCENT * max(b, m), "%", method) if math.isfinite(a) else Estimate.failed("%", method)
        for m, a, b in zip(means.mean.tolist(), low.tolist(), high.tolist(), strict=True)
    ]


def clustered_slope(values: Floats, x: Floats, clusters: Clusters) -> Estimate:
    """Change of a mean for a unit of `x`, least squares with the sandwich over patients; failed where `x` has no spread.

    Parameters
    ----------
    values, x : ndarray of shape (N,)
    clusters : Clusters
        Of a single group.

    Returns
    -------
    Estimate
        In units of the values; the small-sample factor is G / (G - 1) with G - 2 degrees of freedom.
    """
    method = "least squares; patients as clusters"
    n = len(clusters.counts)
    centred = x - x.mean() if len(x) else x
    spread = float(centred @ centred)
    if n < 3 or spread <= 0.0:
        return Estimate.failed("", method)
    slope = float(centred @ values) / spread
    residual = values - values.mean() - slope * centred
    scores = np.bincount(clusters.cell, centred * residual, n)
    half = float(t_quantile(n - 2)) * math.sqrt(float(scores @ scores) * n / (n - 1.0)) / spread
    return Estimate(slope, slope - half, slope + half, "", method)


def hidden_groups(clusters: Clusters, *, least_patients: int) -> Flags:
    """Groups that are not shown on their own, so that none of fewer than `least_patients` patients can be read or worked out.

    A single hidden group follows from the total by subtraction.  So the next smallest are hidden with it until at least two are, and until
    together they hold enough patients.

    Returns
    -------
    ndarray of bool, shape (n_groups,)
        Empty groups are never hidden.
    """
    return _hidden(clusters.group_of, clusters.patient_of, clusters.n_groups, least_patients)


def hidden_parts(clusters: Clusters, parent_of: Codes, *, least_patients: int) -> Flags:
    """`hidden_groups` where each group is part of a coarser one that is shown too.

    All parts of a hidden coarse group are hidden; within a shown one, whose total is known, its parts are protected among themselves.

    Parameters
    ----------
    clusters : Clusters
    parent_of : ndarray of int, shape (n_groups,)
    """
    parents = int(parent_of.max(initial=-1)) + 1
    coarse = parent_of[clusters.group_of]
    hidden = _hidden(coarse, clusters.patient_of, parents, least_patients, repeated=True)[parent_of]
    for parent in set(parent_of[~hidden].tolist()):
        inside = coarse == parent
        hidden |= _hidden(clusters.group_of[inside], clusters.patient_of[inside], clusters.n_groups, least_patients)
    return hidden


def _hidden(group_of: Codes, patient_of: Codes, n_groups: int, least_patients: int, *, repeated: bool = False) -> Flags:
    if repeated:
        once = Clusters.of(patient_of, group_of, n_groups)
        group_of, patient_of = once.group_of, once.patient_of
    counts = np.bincount(group_of, minlength=n_groups)
    hidden = (counts > 0) & (counts < least_patients)
    order = [int(g) for g in np.argsort(counts, kind="stable") if counts[g] >= least_patients]
    while hidden.any() and order:
        together = len(np.unique(patient_of[hidden[group_of]]))
        if np.count_nonzero(hidden) > 1 and together >= least_patients:
            break
        hidden[order.pop(0)] = True
    return hidden
