"""A small practice to look at: patients of three operators, some who agreed to show their legs, some whose outcome is not there."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

from photocompare.records.access import LOCAL
from photocompare.records.entries import VisitFacts
from photocompare.records.places import in_folder
from photocompare.records.store import Records
from photocompare.results.dossier import write_dossier
from photocompare.results.result import Result
from photocompare.results.result_json import as_dict, parse_result
from tests.support.made_records import new_comparison, sample_dossier, with_length

HOSTILE = "<img src=x onerror=alert(1)> ![x](http://h.example/p.png) $x$ :red[r]"
OPERATORS = ("Operator A", "Operator B", HOSTILE)
AGENTS = ("polidocanol", "glucose")
OUTCOMES = 36
SHOWN = 7
"""Patients who agreed to the gallery."""

_PICTURES = ("before", "after", "field")


def fill(folder: Path) -> list[str]:
    """Fill new records in a folder; the keys of the patients who agreed to the gallery."""
    records = Records(in_folder(folder))
    try:
        return _filled(records)
    finally:
        records.close()


def _filled(records: Records) -> list[str]:
    agreed = []
    for k in range(OUTCOMES):
        key = records.add_patient(LOCAL)
        if k < SHOWN:
            records.set_consent(LOCAL, key, "gallery", True)
            agreed.append(key)
        day = dt.date(2025, 6, 2) + dt.timedelta(days=4 * k)
        facts = VisitFacts(day, session=1, agent=AGENTS[k % 2], concentration_percent=0.5, operator=OPERATORS[k % 3], site="Main")
        _save(records, key, with_length(sample_dossier().result, 55.0 + (7 * k) % 41), facts)
    reason = {"code": "not_same_view", "message": "The two photos do not show the same skin.", "fix": "Take them again."}
    refused = {**as_dict(sample_dossier().result), "status": "not_comparable", "reasons": [reason]}
    refused |= dict.fromkeys(("clearance", "pigment", "fate_mm"))
    facts = VisitFacts(dt.date(2025, 7, 1), session=1, agent=AGENTS[0], operator=OPERATORS[0])
    _save(records, records.add_patient(LOCAL), parse_result(refused), facts)
    for _ in range(3):
        records.add_visit(LOCAL, records.add_patient(LOCAL), "left", "calf", facts)
    return agreed


def _save(records: Records, key: str, result: Result, facts: VisitFacts) -> None:
    sample = sample_dossier()
    dossier = dataclasses.replace(sample, result=result, pictures={name: sample.pictures[name] for name in _PICTURES})
    after = VisitFacts(facts.day + dt.timedelta(days=75))
    records.save_comparison(LOCAL, new_comparison(key, result=result, before=facts, after=after, dossier=write_dossier(dossier)))
