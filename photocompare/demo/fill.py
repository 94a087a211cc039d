"""Fills a folder with a demo: its own marked database, invented patients and results, and some rendered legs that are truly measured."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from photocompare.base.child_processes import end_with_parent
from photocompare.base.errors import UsageError
from photocompare.demo.course import DemoPair, DemoPatient, DemoRegion, draw_patient
from photocompare.demo.entering import Entering, Entry
from photocompare.demo.invented import invented_result
from photocompare.demo.placeholder import placeholder_dossier, placeholder_photo
from photocompare.demo.plan import DemoPlan
from photocompare.demo.rendered import FollowUp, LegCase, MeasuredFollowUp, measured_follow_ups
from photocompare.records import trail
from photocompare.records.access import Actor, Permission
from photocompare.records.checked_access import DEMO
from photocompare.records.entries import NewComparison
from photocompare.records.photo_files import digest_of
from photocompare.records.places import in_folder
from photocompare.records.schema import MetaRow
from photocompare.records.store import Records

DEMO_FOLDER = "demo"
ACTOR = Actor("demo", "local", "demo")

_AT_ONCE = 20
"""Patients in one transaction: each waits for the disk some times."""

_SPOILT_EVERY = 8
"""Of the rendered patients one in so many has a follow-up photo that can't be measured."""

_MELANIN = (0.018, 0.14)
"""Melanosome fractions of the rendered legs: light to olive-brown skin."""

_STAIN = 0.9
_FADED_STAIN = 0.1
"""Strength of hemosiderin in the middle and at the end of a series: plainly brown, then below what is noticed."""

Legs = tuple[bytes, tuple[MeasuredFollowUp, ...]]


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
    invented = measured = done = 0
    with _legs(plan, workers) as legs:
        _mark(records, plan)
        entering = Entering(records, ACTOR)
        # Those with rendered photos last: they are rendered while the others are saved.
        for numbers in [*batched(range(plan.rendered, plan.patients), _AT_ONCE), *((number,) for number in range(plan.rendered))]:
            entries = [_entry(plan, number, legs) for number in numbers]
            entering.enter(entries)
            done += len(entries)
            pairs = sum(len(entry.comparisons) for entry in entries)
            measured, invented = (measured + pairs, invented) if entries[0].patient.rendered else (measured, invented + pairs)
            if on_patient is not None:
                on_patient(done, plan.patients)
    records.close()
    return DemoReport(folder, plan.patients, invented, measured)


def batched(numbers: Sequence[int], most: int) -> Iterator[Sequence[int]]:
    """Runs of at most so many."""
    for begin in range(0, len(numbers), most):
        yield numbers[begin : begin + most]


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
        session.add(MetaRow(name=DEMO, value=trail.canonical(told)))
        trail.note(session, ACTOR, "demo.fill", "records", after=told)


def _entry(plan: DemoPlan, number: int, legs: Mapping[int, Future[Legs]]) -> Entry:
    patient = draw_patient(plan, number)
    if patient.rendered:
        first, follow_ups = legs[number].result()
        (region,) = patient.regions
        return Entry(
            patient,
            tuple(_rendered(patient, region, pair, first, follow_up) for pair, follow_up in zip(region.pairs, follow_ups, strict=True)),
        )
    rng = np.random.default_rng([plan.seed, number, 1])
    return Entry(patient, tuple(_invented(plan, patient, region, pair, rng) for region in patient.regions for pair in region.pairs))


def _invented(plan: DemoPlan, patient: DemoPatient, region: DemoRegion, pair: DemoPair, rng: np.random.Generator) -> NewComparison:
    before, after = region.visits[pair.before], region.visits[pair.after]
    cards = placeholder_photo(pair.before + 1), placeholder_photo(pair.after + 1)
    result = invented_result(rng, pair.truth, before.day, after.day, (digest_of(cards[0]), digest_of(cards[1])), plan.practice)
    dossier = placeholder_dossier(result, cards)
    return NewComparison(patient.key, region.side, region.name, before, after, cards[:1], cards[1:], result, dossier)


def _rendered(patient: DemoPatient, region: DemoRegion, pair: DemoPair, first: bytes, follow_up: MeasuredFollowUp) -> NewComparison:
    before, after = region.visits[pair.before], region.visits[pair.after]
    photos = (first,), (follow_up.photo,)
    return NewComparison(
        patient.key, region.side, region.name, before, after, *photos, follow_up.result, follow_up.dossier, photo_facts=follow_up.facts
    )


def _case(plan: DemoPlan, number: int) -> LegCase:
    """What a rendered patient's leg looks like: of a series first stained, then clear; else as drawn."""
    (region,) = draw_patient(plan, number).regions
    rng = np.random.default_rng([plan.seed, number, 2])
    days = [region.visits[pair.after].day for pair in region.pairs]
    if number < plan.series:
        follow_ups: tuple[FollowUp, ...] = (FollowUp(days[0], 0.6, _STAIN), FollowUp(days[1], 0.93, _FADED_STAIN))
    else:
        truth = region.pairs[0].truth
        follow_ups = (FollowUp(days[0], truth.cleared / 100, float(rng.uniform(0.5, 1.0)) if truth.stained else 0.0),)
    spoilt = number >= plan.series and (number - plan.series) % _SPOILT_EVERY == _SPOILT_EVERY - 1
    melanin = float(np.exp(rng.uniform(*np.log(_MELANIN))))
    return LegCase(plan.seed, number, region.visits[0].day, follow_ups, melanin, bool(rng.uniform() < plan.practice.card), spoilt)


@contextmanager
def _legs(plan: DemoPlan, workers: int) -> Iterator[dict[int, Future[Legs]]]:
    """The rendered patients' legs, begun at once in other processes."""
    if not plan.rendered:
        yield {}
        return
    # A forked child would inherit the locks of OpenCV's and the networks' threads; a fresh one has its own.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent) as pool:
        legs = {number: pool.submit(measured_follow_ups, _case(plan, number)) for number in range(plan.rendered)}
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
    from photocompare.results.timing import parse_date

    today = dt.datetime.now(dt.UTC).date()
    day = today if text is None else parse_date(text)
    if day > today:
        raise UsageError(f"--until {day.isoformat()} lies in the future; visits can't.")
    return day
