"""Invented patients: who, which regions, when they came, what was injected, and what truly became of their veins."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace

import numpy as np

from photocompare.demo.plan import TREATMENTS, DemoPlan, Practice, Treatment
from photocompare.records.entries import IdentityFacts, VisitFacts
from photocompare.results.timing import TimingOptions

GIVEN_NAMES = (
    "Ada", "Bela", "Cleo", "Dora", "Edda", "Fay", "Gil", "Hana", "Ines", "Juno", "Kaya", "Lior", "Mona", "Nils", "Ona", "Pia", "Quinn",
    "Rosa", "Selma", "Tilda", "Uma", "Vera", "Wanda", "Xenia", "Yara", "Zita",
)  # fmt: skip
FAMILY_NAMES = ("Invented", "Madeup", "Example", "Specimen", "Placeholder", "Sampleleg", "Nobody", "Fictional", "Phantom", "Demoson")
REGIONS = ("outer thigh", "inner thigh", "back of the knee", "calf", "shin", "ankle")

_KEY_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_SESSION_GAINS = (0.78, 0.16, 0.06)
"""Share of what can be cleared that each session clears: most goes in the first."""

_RIPENING_DAYS = 16.0
"""Over which 63 % of a session's effect shows: veins flatten within 6 to 8 weeks."""

_RETURN_A_DAY = 0.015
"""Points of clearance that are lost a day beyond half a year: veins come back."""

_LATEST = TimingOptions().late_from_days


@dataclass(frozen=True)
class TrueState:
    """What a follow-up would show to an eye without error.

    Parameters
    ----------
    calibres : mapping as dict
        "telangiectasia", "reticular" to (length before in mm, percent cleared).
    stained, new : float
        Percent of the length before that is stained, and that grew.
    ita : float
        Degrees.
    progress : float
        0 at the practice's first day, 1 at its last: how much it has learnt.
    """

    calibres: dict[str, tuple[float, float]]
    stained: float
    new: float
    ita: float
    progress: float

    @property
    def cleared(self) -> float:
        """Percent of all length before."""
        whole = sum(mm for mm, _ in self.calibres.values())
        return sum(mm * percent for mm, percent in self.calibres.values()) / whole


@dataclass(frozen=True)
class DemoPair:
    """Two visits to compare, by their places in the region, and what is true at the second."""

    before: int
    after: int
    truth: TrueState


@dataclass(frozen=True)
class DemoRegion:
    """A region's visits by day, and its pairs."""

    side: str
    name: str
    visits: tuple[VisitFacts, ...]
    pairs: tuple[DemoPair, ...]


@dataclass(frozen=True)
class DemoPatient:
    """An invented patient; `rendered` tells that the photos are pictures of a rendered leg."""

    key: str
    identity: IdentityFacts
    consents: dict[str, bool]
    regions: tuple[DemoRegion, ...]
    rendered: bool


@dataclass(frozen=True)
class _Region:
    """What holds of a region throughout: whose it is, what it bears, how it answers."""

    treatment: Treatment
    operator: int
    mm: dict[str, float]
    points: float
    stain_from: float
    stain_until: float
    stain_share: float
    matting: float
    ita: float


def draw_patient(plan: DemoPlan, number: int) -> DemoPatient:
    """A patient by number, from 0; the same whatever the number of patients."""
    rng = np.random.default_rng([plan.seed, number])
    practice = plan.practice
    rendered = number < plan.rendered
    key = "P-" + "".join(_KEY_LETTERS[k] for k in rng.integers(0, len(_KEY_LETTERS), 9))
    born = dt.date(1940, 1, 1) + dt.timedelta(days=int(rng.integers(0, 22_000)))
    name = f"{GIVEN_NAMES[rng.integers(len(GIVEN_NAMES))]} {FAMILY_NAMES[rng.integers(len(FAMILY_NAMES))]}"
    identity = IdentityFacts(name, f"DEMO-{number + 1:04d}", born, "Invented for the demo; no such person.")
    consents = {"care": True, "teaching": bool(rng.uniform() < 0.6), "gallery": rendered and bool(rng.uniform() < 0.85)}
    operator, points = int(rng.integers(len(practice.operators))), rng.normal(0, practice.patient_sd)
    ita = float(np.clip(rng.normal(36, 20), -48, 68))
    if rendered:
        regions: tuple[DemoRegion, ...] = (_rendered_region(rng, plan, number, operator, points, ita),)
    else:
        names = rng.choice(len(REGIONS), 1 + int(rng.uniform() < 0.35), replace=False)
        regions = tuple(_region(rng, plan, REGIONS[k], operator, points, ita) for k in names)
    return DemoPatient(key, identity, consents, regions, rendered)


def _traits(rng: np.random.Generator, practice: Practice, operator: int, points: float, ita: float) -> _Region:
    if rng.uniform() < 0.12:
        operator = int(rng.integers(len(practice.operators)))
    whole = float(np.clip(rng.lognormal(math.log(280), 0.55), 40, 1400))
    reticular = float(rng.beta(1.2, 2.6))
    weights = np.array([t.share * (1.0 if (t.form == "foam") == (reticular > 0.4) else 0.35) for t in TREATMENTS])
    treatment = TREATMENTS[rng.choice(len(TREATMENTS), p=weights / weights.sum())]
    slow = 1.3 if ita < 28 else 1.0  # pigment lasts longer on olive and brown skin
    begins = rng.uniform(3, 13) if rng.uniform() < practice.stain_early else rng.uniform(14, 70)
    return _Region(
        treatment,
        operator,
        {"telangiectasia": whole * (1 - reticular), "reticular": whole * reticular},
        points + rng.normal(0, practice.region_sd) + (practice.outlier_points if operator == practice.outlier else 0.0),
        begins if rng.uniform() < practice.stained else math.inf,
        75 + rng.exponential(practice.stain_fades_days * slow),
        rng.uniform(4, 32),
        rng.uniform(4, 16) if rng.uniform() < practice.matting else 0.0,
        ita,
    )


def _truth(plan: DemoPlan, traits: _Region, sessions: list[int], first: dt.date, day: int) -> TrueState:
    """What is true `day` days after the baseline, sessions having been on those days."""
    shown = sum(gain * (1 - math.exp(-(day - on) / _RIPENING_DAYS)) for on, gain in zip(sessions, _SESSION_GAINS, strict=False) if on < day)
    shown /= 1 - _SESSION_GAINS[2]  # the treatments' figures are those after two sessions
    back = _RETURN_A_DAY * max(0, day - _LATEST)
    calibres = {}
    for calibre, mm in traits.mm.items():
        aim = getattr(traits.treatment, calibre) + traits.points
        calibres[calibre] = (mm, float(np.clip(shown * aim - back, 0, 100)))
    stains = traits.stain_from <= day < traits.stain_until
    fading = 1.0 - 0.6 * min(1.0, max(0.0, (day - 90) / max(traits.stain_until - 90, 1.0)))
    matted = 21 <= day < 300 and traits.matting > 0
    whole = sum(traits.mm.values())
    cleared = sum(mm * percent for mm, percent in calibres.values()) / whole
    progress = 1 - (plan.last_day - first).days / plan.practice.span_days
    return TrueState(
        calibres, min(traits.stain_share * fading, cleared) if stains else 0.0, traits.matting if matted else 0.0, traits.ita, progress
    )


def _visit(
    rng: np.random.Generator, practice: Practice, traits: _Region, day: dt.date, session: int | None, ceap: str, vcss: int
) -> VisitFacts:
    if session is None:
        return VisitFacts(day, ceap=ceap, vcss=vcss)
    site = practice.site_of[traits.operator]
    site = 1 - site if rng.uniform() < 0.08 else site
    how = traits.treatment
    return VisitFacts(
        day,
        session=session,
        agent=how.agent,
        concentration_percent=how.concentration_percent,
        form=how.form,
        operator=practice.operators[traits.operator],
        site=practice.sites[site],
        compression_days=int(rng.choice([0, 3, 7, 14, 21])),
        ceap=ceap,
        vcss=vcss,
    )


def _region(rng: np.random.Generator, plan: DemoPlan, name: str, operator: int, points: float, ita: float) -> DemoRegion:
    """A region whose results are invented."""
    practice = plan.practice
    traits = _traits(rng, practice, operator, points, ita)
    first = plan.last_day - dt.timedelta(days=int(rng.integers(2, practice.span_days)))
    planned = 1 + int(rng.choice(len(practice.sessions), p=practice.sessions))
    sessions = [0]
    for _ in range(planned - 1):
        sessions.append(sessions[-1] + int(rng.integers(practice.gap_days[0], practice.gap_days[1] + 1)))
    follow_ups = _follow_ups(rng, practice, sessions)
    between = [s for s in sessions[1:] if rng.uniform() < practice.between]
    return _laid_out(rng, plan, name, traits, first, sessions, [*between, *follow_ups])


def _follow_ups(rng: np.random.Generator, practice: Practice, sessions: list[int]) -> list[int]:
    """Days after the baseline on which the region is looked at."""
    kind = rng.choice(
        5,
        p=[p := practice.never, practice.early, practice.interim, practice.late, 1 - p - practice.early - practice.interim - practice.late],
    )
    if kind == 0:
        return []
    last = sessions[-1]
    days = [last + int((rng.integers(5, 14), rng.integers(15, 54), rng.integers(190, 330), rng.integers(56, 95))[kind - 1])]
    if kind == 4 and rng.uniform() < practice.again:
        days.append(days[0] + int(rng.integers(120, 260)))
    return days


def _laid_out(
    rng: np.random.Generator, plan: DemoPlan, name: str, traits: _Region, first: dt.date, sessions: list[int], looks: list[int]
) -> DemoRegion:
    """Visits and pairs up to the plan's last day."""
    latest = (plan.last_day - first).days
    days = [day for day in sorted({*sessions, *looks}) if day <= latest]
    ceap = str(rng.choice(["C1", "C2", "C3"], p=[0.82, 0.15, 0.03]))
    vcss = int(rng.integers(1, 7))
    states = {day: _truth(plan, traits, sessions, first, day) for day in days}
    visits = tuple(
        _visit(
            rng,
            plan.practice,
            traits,
            first + dt.timedelta(days=day),
            sessions.index(day) + 1 if day in sessions else None,
            ceap,
            max(0, vcss - round(states[day].cleared / 45)),
        )
        for day in days
    )
    pairs = tuple(DemoPair(0, days.index(day), states[day]) for day in sorted({*looks}) if day in states)
    side = "left" if rng.uniform() < 0.5 else "right"
    return DemoRegion(side, name, visits, pairs)


def _rendered_region(rng: np.random.Generator, plan: DemoPlan, number: int, operator: int, points: float, ita: float) -> DemoRegion:
    """A region that is rendered: all of them came in time, and those of a series twice."""
    traits = _traits(rng, plan.practice, operator, points, ita)
    if number < plan.series:
        traits = replace(traits, stain_from=0.0, stain_until=120.0, points=max(traits.points, -2.0))
        sessions, looks, least = [0, 42], [42, 168], 175
    else:
        sessions, looks, least = [0], [int(rng.integers(63, 110))], 120
    first = plan.last_day - dt.timedelta(days=int(rng.integers(least, plan.practice.span_days)))
    return _laid_out(rng, plan, REGIONS[3] if number < plan.series else str(rng.choice(REGIONS)), traits, first, sessions, looks)
