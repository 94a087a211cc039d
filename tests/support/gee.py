"""Means and rates from statsmodels' generalised estimating equations: what the closed form of the audit is held against."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from photocompare.practice.cohort import Floats
from photocompare.practice.statistics import ClusteredMeans, Clusters


def gee_means(values: Floats, clusters: Clusters, *, family: Literal["gaussian", "binomial"] = "gaussian") -> ClusteredMeans:
    """`Clusters.means` with mean and sandwich from statsmodels.

    Parameters
    ----------
    values : ndarray of shape (N,)
        For the binomial family 0 or 1, and neither all 0 nor all 1 in any group: its logit would be infinite.
    clusters : Clusters
    family : str

    Returns
    -------
    ClusteredMeans
        On the scale of the values: the binomial's variance is brought back from the logit by the delta method.
    """
    from statsmodels.genmod.cov_struct import Independence
    from statsmodels.genmod.families import Binomial, Gaussian
    from statsmodels.genmod.generalized_estimating_equations import GEE

    closed = clusters.means(values)
    used = np.flatnonzero(closed.pairs > 0)
    if len(values) <= len(used) or not np.nansum(closed.robust_variance) > 0.0:
        return closed  # nothing varies within any group: statsmodels divides by its residual variance
    design = (clusters.group_of[clusters.cell][:, None] == used[None, :]).astype(np.float64)
    model = GEE(
        values,
        design,
        groups=clusters.patient_of[clusters.cell],
        family=Gaussian() if family == "gaussian" else Binomial(),
        cov_struct=Independence(),
    )
    fitted = model.fit(cov_type="robust", ctol=1e-8)
    mean, variance = np.asarray(fitted.params), np.diag(np.asarray(fitted.cov_params()))
    if family == "binomial":
        mean = 1.0 / (1.0 + np.exp(-mean))
        variance = variance * (mean * (1.0 - mean)) ** 2
    means, robust = closed.mean.copy(), closed.robust_variance.copy()
    means[used], robust[used] = mean, variance
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(robust / (1.0 - closed.squares / closed.pairs**2))
    return replace(closed, mean=means, robust_variance=robust, standard_error=np.where(closed.patients > 1, error, np.nan))
