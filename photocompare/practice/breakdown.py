"""Clearance and responders by group: agent, concentration, form, calibre, skin tone, sessions, operator, site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from photocompare.base.estimate import Estimate
from photocompare.practice.cohort import Codes, Cohort, Flags, Floats
from photocompare.practice.statistics import Clusters, hidden_groups, hidden_parts, mean_estimates, rate_estimates

DIMENSIONS = ("agent", "concentration", "form", "calibre", "ita_group", "sessions", "operator", "site")


@dataclass(frozen=True)
class GroupFigures:
    """One group.

    Parameters
    ----------
    name : str
        As recorded; "" where nothing was noted.  A concentration carries its agent: "polidocanol 0.5 %".
    pairs, patients : int or None
        None where the group is hidden: it, or one that could be worked out from it, is of too few patients.
    clearance, responders : Estimate
        Percent; failed where hidden.
    """

    name: str
    pairs: int | None
    patients: int | None
    clearance: Estimate
    responders: Estimate

    @property
    def hidden(self) -> bool:
        """Whether there are too few patients to show it."""
        return self.pairs is None


@dataclass(frozen=True)
class Breakdown:
    """A dimension and its groups in their order."""

    dimension: str
    groups: tuple[GroupFigures, ...]


@dataclass(frozen=True, eq=False)
class Grouping:
    """Each row's group, the groups' names, and the coarser group that each is a part of, where there is one."""

    of: Codes
    names: list[str]
    parent_of: Codes | None = None


def grouping(cohort: Cohort, dimension: str) -> Grouping:
    """The groups of one of `DIMENSIONS`."""
    if dimension == "sessions":
        return _numbered(cohort.numbers("sessions"))
    if dimension != "concentration":
        return Grouping(*cohort.words(dimension))
    agent, agents = cohort.words("agent")
    strength = _numbered(cohort.numbers("concentration_percent"))
    many = len(strength.names)
    joint = agent * np.intp(many) + strength.of
    used = np.flatnonzero(np.bincount(joint, minlength=len(agents) * many))
    number = np.zeros(len(agents) * many, np.intp)
    number[used] = np.arange(len(used))
    names = [_strength_name(agents[a], strength.names[s]) for a, s in (divmod(u, many) for u in used.tolist())]
    return Grouping(number[joint], names, used // many)


def _strength_name(agent: str, percent: str) -> str:
    if not agent or not percent:
        return f"{agent}{percent and f'{percent} %'}"
    return f"{agent} {percent} %"


def _numbered(values: Floats) -> Grouping:
    """Groups of equal numbers in rising order, after those without one."""
    place, steps = pd.factorize(values, sort=True)  # a missing number is -1
    return Grouping((place + 1).astype(np.intp), ["", *(f"{v:g}" for v in steps.tolist())])


@dataclass(frozen=True, eq=False)
class Grouped:
    """A dimension ready for any column: its clusters, the groups' names, and which of them are hidden."""

    dimension: str
    clusters: Clusters
    names: list[str]
    hidden: Flags


def grouped(cohort: Cohort, dimension: str, *, least_patients: int) -> Grouped:
    """Sort the rows of a cohort into the groups of one of `DIMENSIONS`; groups of fewer than `least_patients` patients are hidden."""
    found = grouping(cohort, dimension)
    clusters = Clusters.of(cohort.patients, found.of, len(found.names))
    if found.parent_of is None:
        hidden = hidden_groups(clusters, least_patients=least_patients)
    else:
        hidden = hidden_parts(clusters, found.parent_of, least_patients=least_patients)
    return Grouped(dimension, clusters, found.names, hidden)


def breakdown(groups: Grouped, clearance: Floats, responded: Floats) -> Breakdown | None:
    """The figures of every group; None where nothing was recorded in this dimension.

    Parameters
    ----------
    groups : Grouped
    clearance, responded : ndarray
        Percent; 1 or 0.
    """
    means = groups.clusters.means(clearance)
    if not any(name for name, pairs in zip(groups.names, means.pairs, strict=True) if pairs):
        return None
    rates = groups.clusters.means(responded)
    failed = Estimate.failed("%", "too few patients")
    rows = zip(groups.names, groups.hidden, means.pairs, means.patients, mean_estimates(means), rate_estimates(rates), strict=True)
    return Breakdown(
        groups.dimension,
        tuple(
            GroupFigures(name, None, None, failed, failed) if hide else GroupFigures(name, int(pairs), int(who), mean, rate)
            for name, hide, pairs, who, mean, rate in rows
            if pairs > 0
        ),
    )
