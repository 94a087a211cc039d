"""What a demo is: how many invented patients, and the ways of their invented practice."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from photocompare.base.errors import UsageError
from photocompare.results.timing import can_be_visit

SERIES = 4
"""Patients whose leg is photographed three times, so that one vein's fate can be followed; two pairs each."""

MOST_PATIENTS = 5000
"""A few minutes of saving; for more there is the benchmarks' bulk generator."""


@dataclass(frozen=True)
class Treatment:
    """One agent as it is injected, and how much of each calibre's length it clears after two sessions.

    Parameters
    ----------
    agent, form : str
    concentration_percent : float
    telangiectasia, reticular : float
        Mean clearance of length, percent.
    share : float
        How often this practice takes it, relative to the others.
    """

    agent: str
    concentration_percent: float
    form: str
    telangiectasia: float
    reticular: float
    share: float


TREATMENTS = (
    Treatment("polidocanol", 0.25, "liquid", 76.0, 58.0, 1.0),
    Treatment("polidocanol", 0.5, "liquid", 84.0, 74.0, 3.0),
    Treatment("polidocanol", 1.0, "foam", 80.0, 90.0, 2.0),
    Treatment("sodium tetradecyl sulfate", 0.2, "liquid", 83.0, 78.0, 1.5),
    Treatment("chromated glycerin", 72.0, "liquid", 81.0, 60.0, 0.7),
    Treatment("glucose", 75.0, "liquid", 65.0, 64.0, 0.8),
)
"""Assumed, ordered as trials have them: Bertanha 2021 (82 against 64 % with glucose alone), Bertanha 2017 (reticular: 95 against 85 %)."""


@dataclass(frozen=True)
class Practice:
    """The invented practice.  Assumed where no source is named; percentages in percentage points.

    Parameters
    ----------
    operators, sites : tuple of str
    site_of : tuple of int
        Each operator's usual site.
    outlier, outlier_points : int, float
        Which operator is mildly worse than the others, and by how much.
    span_days : int
        From the first baseline to the last day.
    gap_days : (int, int)
        Between sessions: 4 to 8 weeks.
    sessions : tuple of float
        Shares of patients with one, two, three planned sessions.
    patient_sd, region_sd : float
        How much patients, and regions of one patient, differ.
    never, early, interim, late : float
        Shares of regions that are never seen again, seen before 14 days, before 8 weeks, after half a year; the rest come in time.
    between, again : float
        Shares of regions that are also compared at a session in between, and once more half a year later.
    stained, stain_early, stain_fades_days : float
        Share of regions that stain by three months (19 %), share of those that show it at two weeks (5 of 19 %), mean life (days) after
        which 70 % are gone by six months (chart review of 809 patients, Dermatol Surg 1995;21:19).
    matting : float
        Share of regions with matting (2 % in modern series).
    refused, flawed : float
        Shares of pairs that can't be measured and that are marked, at the middle of the period; both fall as the practice learns.
    half_width : float
        Median half width of the 95 % interval of the clearance (`docs/accuracy.md`: 12.7).
    card : float
        Share of pairs with a scale card.
    """

    operators: tuple[str, ...] = ("Dr. Demo Amber", "Dr. Demo Birch", "Dr. Demo Cedar", "Dr. Demo Dogwood", "Dr. Demo Elder")
    sites: tuple[str, ...] = ("North clinic (demo)", "South clinic (demo)")
    site_of: tuple[int, ...] = (0, 0, 0, 1, 1)
    outlier: int = 3
    outlier_points: float = -8.0
    span_days: int = 730
    gap_days: tuple[int, int] = (28, 56)
    sessions: tuple[float, ...] = (0.4, 0.42, 0.18)
    patient_sd: float = 6.0
    region_sd: float = 5.0
    never: float = 0.14
    early: float = 0.04
    interim: float = 0.08
    late: float = 0.08
    between: float = 0.35
    again: float = 0.25
    stained: float = 0.2
    stain_early: float = 0.26
    stain_fades_days: float = 110.0
    matting: float = 0.02
    refused: float = 0.08
    flawed: float = 0.3
    half_width: float = 12.7
    card: float = 0.6


@dataclass(frozen=True)
class DemoPlan:
    """What to fill a demo with.

    Parameters
    ----------
    patients : int
    seed : int
        The same seed gives the same patients and numbers.
    photos : int
        Rendered pairs of photos that are truly measured; the other results are invented.
    last_day : date
        Days are counted back from here.
    practice : Practice

    Raises
    ------
    UsageError
        More rendered pairs than the patients can hold, or a last day so early that the first visits couldn't be.
    """

    patients: int = 300
    seed: int = 1
    photos: int = 24
    last_day: dt.date = field(default_factory=lambda: dt.datetime.now(dt.UTC).date())
    practice: Practice = field(default_factory=Practice)

    def __post_init__(self) -> None:
        if not 1 <= self.patients <= MOST_PATIENTS:
            raise UsageError(f"A demo has 1 to {MOST_PATIENTS} patients; choose such a number for --patients.")
        if self.photos < 0 or self.seed < 0:
            raise UsageError("--photos and --seed can't be below 0.")
        begin = dt.date.fromordinal(max(1, self.last_day.toordinal() - self.practice.span_days))
        if not can_be_visit(begin):
            raise UsageError(f"A demo until {self.last_day} begins on {begin}, which can't be a visit's day; choose a later --until.")
        if self.rendered > self.patients:
            raise UsageError(f"{self.photos} rendered pairs need {self.rendered} patients; raise --patients or lower --photos.")

    @property
    def series(self) -> int:
        """Patients with three rendered visits, two pairs each."""
        return min(SERIES, self.photos // 4)

    @property
    def rendered(self) -> int:
        """Patients with rendered photos: the first ones."""
        return self.photos - self.series
