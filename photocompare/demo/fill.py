"""Fills a folder with a demo: its own marked database, invented patients and results, and some rendered legs that are truly measured."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from photocompare.demo.course import DemoPatient, DemoRegion, draw_patient
from photocompare.demo.invented import invented_result
from photocompare.demo.placeholder import placeholder_dossier, placeholder_photo
from photocompare.demo.plan import DemoPlan
from photocompare.demo.rendered import LegCase, Look, MeasuredLook, measured_looks
from photocompare.errors import UsageError
from photocompare.records import trail
from photocompare.records.access import Actor, Permission
from photocompare.records.entries import NewComparison
from photocompare.records.photo_files import digest_of
from photocompare.records.places import in_folder
from photocompare.records.schema import Consent, Identity, Meta, Patient
from photocompare.records.store import DEMO, Records

DEMO_FOLDER = "demo"
ACTOR = Actor("demo", "local", "demo")

_SPOILT_EVERY = 8
"""Of the rendered patients one in so many has a follow-up photo that can't be measured."""

_MELANIN = (0.018, 0.14)
"""Melanosome fractions of the rendered legs: light to olive-brown skin."""

_STAIN = 0.9
_FADED_STAIN = 0.1
"""Strength of hemosiderin in the middle and at the end of a series: plainly brown, then below what is noticed."""

Legs = tuple[bytes, tuple[MeasuredLook, ...]]


@dataclass(frozen=True)
class DemoReport:
    """What was saved: patients, comparisons with invented numbers, comparisons truly measured on rendered photos."""

    folder: Path
    patients: int
    invented: int
    measured: int


def fill_demo(plan: DemoPlan, folder: Path, *, workers: int = 1, on_patient: Callable[[int, int], None] | None = None) -> DemoReport:
    """Fill a folder that holds no records.

    Parameters
    ----------
    plan : DemoPlan
    folder : Path
        Made when absent.
    workers : int
        Processes that render and measure, beside this one, which saves.
    on_patient : callable, optional
        Told how many patients are saved, and of how many.

    Raises
    ------
    UsageError
        The folder holds records, or a demo.
    """
    records = _opened(folder)
    with _legs(plan, workers) as legs:
        _mark(records, plan)
        invented = measured = 0
        # Those with rendered photos last: they are rendered while the others are saved.
        for done, number in enumerate([*range(plan.rendered, plan.patients), *range(plan.rendered)], start=1):
            patient = draw_patient(plan, number)
            _add(records, patient)
            if patient.rendered:
                measured += _save_rendered(records, patient, legs[number].result())
            else:
                rng = np.random.default_rng([plan.seed, number, 1])
                invented += sum(_save_invented(records, plan, patient, region, rng) for region in patient.regions)
            if on_patient is not None:
                on_patient(done, plan.patients)
    records.close()
    return DemoReport(folder, plan.patients, invented, measured)


def _opened(folder: Path) -> Records:
    places = in_folder(folder.absolute())
    file = places.sqlite_file
    if file is not None and file.exists():
        records = Records(places)
        is_demo = records.is_demo
        records.close()
        if is_demo:
            raise UsageError(f"{folder} holds a demo already; open that one, or delete the folder to make another.")
        raise UsageError(f"{folder} holds records that are no demo; name another folder with --data.")
    return Records(places)


def _mark(records: Records, plan: DemoPlan) -> None:
    """The mark comes first, so that a demo that is cut short is one too."""
    told = {"patients": plan.patients, "seed": plan.seed, "photos": plan.photos, "last_day": plan.last_day.isoformat()}
    with records.writing(ACTOR, Permission.UPKEEP) as session:
        session.add(Meta(name=DEMO, value=trail.canonical(told)))
        trail.note(session, ACTOR, "demo.fill", "records", after=told)


def _add(records: Records, patient: DemoPatient) -> None:
    """The patient under the drawn key, with identity and consents, in one transaction."""
    with records.writing(ACTOR, Permission.WRITE_PATIENT) as session:
        row = Patient(key=patient.key, created_at=trail.utc_now(), version=1, identity=Identity(**asdict(patient.identity)))
        session.add(row)
        session.flush()
        trail.note(session, ACTOR, "patient.add", f"patient/{patient.key}", after={"identity": True})
        for use, given in patient.consents.items():
            session.add(Consent(patient_id=row.id, use=use, given=int(given), at=trail.utc_now(), by=ACTOR.name))
            trail.note(session, ACTOR, "consent.set", f"patient/{patient.key}", after={"use": use, "given": given})


def _save_invented(records: Records, plan: DemoPlan, patient: DemoPatient, region: DemoRegion, rng: np.random.Generator) -> int:
    photos = [placeholder_photo(patient.key, region.name, visit.day) for visit in region.visits]
    compared = {0, *(pair.after for pair in region.pairs)} if region.pairs else set()
    for place, visit in enumerate(region.visits):
        if place not in compared:
            records.add_visit(ACTOR, patient.key, region.side, region.name, visit, (photos[place],))
    for pair in region.pairs:
        before, after = region.visits[pair.before], region.visits[pair.after]
        two = photos[pair.before], photos[pair.after]
        result = invented_result(rng, pair.truth, before.day, after.day, (digest_of(two[0]), digest_of(two[1])), plan.practice)
        dossier = placeholder_dossier(result, two)
        new = NewComparison(patient.key, region.side, region.name, before, after, (two[0],), (two[1],), result, dossier)
        records.save_comparison(ACTOR, new)
    return len(region.pairs)


def _save_rendered(records: Records, patient: DemoPatient, legs: Legs) -> int:
    (region,) = patient.regions
    first, looks = legs
    for pair, look in zip(region.pairs, looks, strict=True):
        records.save_comparison(
            ACTOR,
            NewComparison(
                patient.key,
                region.side,
                region.name,
                region.visits[pair.before],
                region.visits[pair.after],
                (first,),
                (look.photo,),
                look.result,
                look.dossier,
                photo_facts=look.facts,
            ),
        )
    return len(looks)


def _case(plan: DemoPlan, number: int) -> LegCase:
    """What a rendered patient's leg looks like: of a series first stained, then clear; else as drawn."""
    (region,) = draw_patient(plan, number).regions
    rng = np.random.default_rng([plan.seed, number, 2])
    days = [region.visits[pair.after].day for pair in region.pairs]
    if number < plan.series:
        looks: tuple[Look, ...] = (Look(days[0], 0.6, _STAIN), Look(days[1], 0.93, _FADED_STAIN))
    else:
        truth = region.pairs[0].truth
        looks = (Look(days[0], truth.cleared / 100, float(rng.uniform(0.5, 1.0)) if truth.stained else 0.0),)
    spoilt = number >= plan.series and (number - plan.series) % _SPOILT_EVERY == _SPOILT_EVERY - 1
    melanin = float(np.exp(rng.uniform(*np.log(_MELANIN))))
    return LegCase(plan.seed, number, region.visits[0].day, looks, melanin, bool(rng.uniform() < plan.practice.card), spoilt)


@contextmanager
def _legs(plan: DemoPlan, workers: int) -> Iterator[dict[int, Future[Legs]]]:
    """The rendered patients' legs, begun at once in other processes."""
    if not plan.rendered:
        yield {}
        return
    # A forked child would inherit the locks of OpenCV's and the networks' threads; a fresh one has its own.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        legs = {number: pool.submit(measured_looks, _case(plan, number)) for number in range(plan.rendered)}
        try:
            yield legs
        finally:
            for future in legs.values():
                future.cancel()


def default_workers() -> int:
    """As many as cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def counted_back_from(text: str | None) -> dt.date:
    """The last day of a demo: the one given, which is not ahead, else today."""
    from photocompare.timing import parse_date

    today = dt.datetime.now(dt.UTC).date()
    day = today if text is None else parse_date(text)
    if day > today:
        raise UsageError(f"--until {day.isoformat()} lies in the future; visits can't.")
    return day
