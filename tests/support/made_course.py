"""One patient over several visits: the sample pair, its veins given the fates of earlier days, all against the same before photo."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

from photocompare.records.access import LOCAL, Actor
from photocompare.records.entries import IdentityFacts, NewComparison, VisitFacts
from photocompare.records.store import Records
from photocompare.results.dossier import Dossier, write_dossier
from photocompare.results.vein_table import VeinTable, table_as_bytes
from photocompare.veins.fate import Fate, FatedVeinPiece
from tests.support import made_result
from tests.support.made_records import SAMPLE, sample_dossier

FIRST_DAY = dt.date(2026, 1, 12)
COURSE_DAYS = (21, 70, 190)
"""Follow-ups, in days after the first visit: interim, assessment, late."""

NAME = "Course Example"
REGION = "outer thigh"


def fates_by_day(fate: Fate, length_mm: float) -> tuple[Fate, ...]:
    """What a piece of the sample was on each of the days: cleared at last, longer ones by way of a stain."""
    if fate == "cleared":
        return ("residual", "stained", "cleared") if length_mm > 0.9 else ("faded", "cleared", "cleared")
    # Pieces are told by one fate here, and what is darker is there as well.
    whole: Fate = "residual" if fate == "darkened" else fate
    return (whole, whole, whole)


def course_dossier(which: int) -> Dossier:
    """The sample's dossier as it stood at one of the days."""
    sample = sample_dossier()
    assert sample.veins is not None
    found = sample.result
    assert found.length is not None
    assert found.pigment is not None
    mm = (found.scale.mm_per_px or 1.0) / sample.shown_over_full
    fates = [fates_by_day(p.fate, p.piece.length_px * mm)[which] for p in sample.veins.pieces]
    pieces = [FatedVeinPiece(p.piece, fate) for p, fate in zip(sample.veins.pieces, fates, strict=True)]
    lengths = {fate: round(math.fsum(p.piece.length_px * mm for p in pieces if p.fate == fate), 2) for fate in found.fates}
    assessed = math.fsum(lengths[fate] for fate in ("cleared", "stained", "faded", "residual"))
    percent = round(100 * (lengths["cleared"] + lengths["stained"]) / assessed, 1)
    length = dataclasses.replace(found.length, value=percent, low=max(0.0, percent - 12), high=min(100.0, percent + 12))
    pigment = dataclasses.replace(found.pigment, stained_percent=round(100 * lengths["stained"] / assessed, 1))
    result = dataclasses.replace(made_result.with_length(found, length), fates=lengths, pigment=pigment)
    return dataclasses.replace(sample, result=result, vein_bytes=table_as_bytes(VeinTable(tuple(pieces), sample.veins.contrasts)))


def save_course(records: Records, *, actor: Actor = LOCAL, name: str = NAME, region: str = REGION) -> str:
    """A patient with a first visit and three follow-ups, each compared with the first; the key."""
    before = SAMPLE.with_name("before.jpg").read_bytes()
    after = SAMPLE.with_name("after.jpg").read_bytes()
    treated = VisitFacts(FIRST_DAY, 1, "polidocanol", 0.5, "liquid", "Dr. A", "Main", 7, "C1", 2)
    key = records.add_patient(actor, IdentityFacts(name, "C-17", dt.date(1970, 5, 4)))
    for which, days in enumerate(COURSE_DAYS):
        dossier = course_dossier(which)
        new = NewComparison(
            key,
            "left",
            region,
            treated,
            VisitFacts(FIRST_DAY + dt.timedelta(days)),
            (before,),
            (after,),
            dossier.result,
            write_dossier(dossier),
        )
        records.save_comparison(actor, new)
    return key
