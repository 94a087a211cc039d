"""The gallery: who is in it, who may look, and what is kept of a look."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import func, select, update

from photocompare.base.errors import AccessDenied, UsageError
from photocompare.practice.matching import look_as_dict, look_from_dict, look_of
from photocompare.records.access import LOCAL, Actor
from photocompare.records.entries import VisitFacts
from photocompare.records.gallery import gallery_cases, gallery_pictures, keep_look
from photocompare.records.photo_files import digest_of
from photocompare.records.schema import LookRow, TrailRow
from photocompare.records.store import Records
from photocompare.records.upkeep import erase_patient
from photocompare.results.dossier import Dossier, write_dossier
from tests.support.made_records import FOLLOW_UP_DAY as DAY
from tests.support.made_records import changed, new_comparison, sample_dossier, with_length

METHOD = sample_dossier().result.method


def with_pictures() -> bytes:
    return write_dossier(Dossier(sample_dossier().result, {"before": b"one", "after": b"two"}, None, b"", 0.5, 7.0, 1.0))


def a_case(records: Records, percent: float = 80.0, *, consent: bool = True, **changes: object) -> tuple[str, int]:
    key = records.add_patient(LOCAL)
    if consent:
        records.set_consent(LOCAL, key, "gallery", True)
    new = new_comparison(key, result=with_length(sample_dossier().result, percent), dossier=with_pictures(), **changes)
    return key, records.save_comparison(LOCAL, new).id


def numbers(records: Records, **asked: object) -> list[int]:
    return [case.comparison_id for case in gallery_cases(records, LOCAL, method=METHOD, **asked)]  # type: ignore[arg-type]


def test_only_measured_outcomes_in_time_of_patients_who_agreed_are_in_it(records: Records) -> None:
    _, shown = a_case(records, 81.0)
    a_case(records, consent=False)
    a_case(records, after=VisitFacts(dt.date(2026, 1, 26)))  # two weeks: no outcome yet
    key, _ = a_case(records, consent=False)
    records.set_consent(LOCAL, key, "teaching", True)
    (case,) = gallery_cases(records, LOCAL, method=METHOD)
    assert (case.comparison_id, case.percent, case.low, case.high, case.sessions, case.look) == (shown, 81.0, 76.0, 86.0, 1, None)


def test_a_correction_takes_the_place_of_what_it_corrects(records: Records) -> None:
    key, first = a_case(records, 81.0)
    again = new_comparison(key, result=with_length(sample_dossier().result, 77.0), dossier=with_pictures(), reason="a scar was no vein")
    second = records.save_comparison(LOCAL, again).id
    assert [(case.comparison_id, case.percent) for case in gallery_cases(records, LOCAL, method=METHOD)] == [(second, 77.0)]
    with pytest.raises(UsageError, match="not be shown"):
        gallery_pictures(records, LOCAL, first)


def test_cases_measured_in_another_way_do_not_stand_beside_the_leg(records: Records) -> None:
    _, case = a_case(records)
    assert numbers(records) == [case]
    assert gallery_cases(records, LOCAL, method="0" * 64) == ()


def test_consent_that_is_taken_back_counts_at_once(records: Records) -> None:
    key, case = a_case(records)
    assert gallery_pictures(records, LOCAL, case).before == b"one"
    records.set_consent(LOCAL, key, "gallery", False)
    assert numbers(records) == []
    for ask in (lambda: gallery_pictures(records, LOCAL, case), lambda: keep_look(records, LOCAL, case, lambda _: {})):
        with pytest.raises(UsageError, match="not be shown"):
            ask()
    records.set_consent(LOCAL, key, "gallery", True)
    assert numbers(records) == [case]
    erase_patient(records, LOCAL, key, "asked for")
    assert numbers(records) == []


def test_a_leg_is_no_case_beside_itself(records: Records) -> None:
    key, case = a_case(records, before_photos=(b"my photo",))
    other, further = a_case(records)
    assert numbers(records) == [case, further]
    assert numbers(records, but_of=other) == [case]
    assert numbers(records, but_with=(digest_of(b"my photo"),)) == [further]
    assert numbers(records, but_of=key, but_with=("0" * 64,)) == [further]


def test_the_roles_that_may_look(records: Records) -> None:
    _, case = a_case(records)
    for role in ("clinician", "consult", "auditor", "admin"):
        records.set_account(LOCAL, role, role=role)
        actor = Actor(role, role, subject=role)  # type: ignore[arg-type]
        if role in ("clinician", "consult"):
            assert gallery_pictures(records, actor, case).after == b"two"
            continue
        with pytest.raises(AccessDenied):
            gallery_pictures(records, actor, case)
        with pytest.raises(AccessDenied):
            gallery_cases(records, actor, method=METHOD)


def test_what_is_shown_carries_no_name_no_day_and_leaves_its_entry(records: Records) -> None:
    key, number = a_case(records)
    case, pictures = gallery_cases(records, LOCAL, method=METHOD)[0], gallery_pictures(records, LOCAL, number)
    assert not [word for word in (key, "2026", DAY.isoformat(), "polidocanol", "thigh") if word in repr((case, vars(pictures)))]
    gallery_cases(records, LOCAL, method=METHOD, again=True)
    found = [(row.action, row.object) for row in records.trail_rows(LOCAL, newest=2)]
    assert found == [("gallery.view", f"patient/{key}/comparison/{number}"), ("gallery.search", "gallery")]


def test_a_look_is_worked_out_once_and_anew_by_another_version(records: Records) -> None:
    _, number = a_case(records)
    asked = []

    def look(dossier: Dossier) -> dict[str, float | None]:
        asked.append(dossier)
        return {"ita": 37.3, "density": None}

    assert keep_look(records, LOCAL, number, look) == {"ita": 37.3, "density": None}
    assert gallery_cases(records, LOCAL, method=METHOD)[0].look == {"ita": 37.3, "density": None}
    with records.database.writing() as session:
        session.execute(update(LookRow).values(made_by="0.0"))
    assert gallery_cases(records, LOCAL, method=METHOD)[0].look is None
    keep_look(records, LOCAL, number, look)
    with records.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(LookRow)) == 1
        assert session.scalar(select(func.count()).where(TrailRow.action == "gallery.view")) == 0
    assert len(asked) == 2


def test_a_kept_look_is_the_look(records: Records) -> None:
    leg = look_of(sample_dossier())
    assert leg is not None
    key = records.add_patient(LOCAL)
    records.set_consent(LOCAL, key, "gallery", True)
    number = records.save_comparison(LOCAL, new_comparison(key, dossier=write_dossier(sample_dossier()))).id
    keep_look(records, LOCAL, number, lambda dossier: look_as_dict(look_of(dossier)))  # type: ignore[arg-type]
    kept = gallery_cases(records, LOCAL, method=METHOD)[0].look
    assert kept is not None
    assert look_from_dict(kept) == leg


def test_a_damaged_case_is_told(records: Records) -> None:
    _, number = a_case(records)
    digest = digest_of(with_pictures())
    records.photos.drop(records.photos.set_aside(digest))
    with pytest.raises(UsageError):
        gallery_pictures(records, LOCAL, number)
    assert records.trail_rows(LOCAL, newest=1)[0].action == "photo.damaged"


def test_visits_of_another_day_stay_cases_of_their_own(records: Records) -> None:
    key, first = a_case(records)
    later = new_comparison(key, dossier=with_pictures(), after=changed(VisitFacts(DAY), day=dt.date(2026, 6, 1)))
    second = records.save_comparison(LOCAL, later).id
    assert numbers(records) == [first, second]
