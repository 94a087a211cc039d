"""What the records keep, who may see it, and that nothing is kept twice, lost or overwritten."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from photocompare.base.errors import AccessDenied, StaleRecord, UsageError
from photocompare.records import access, trail
from photocompare.records.access import LOCAL, Actor, Permission
from photocompare.records.entries import IdentityFacts, NewComparison, VisitFacts, VisitPhotos, new_patient_key
from photocompare.records.photo_files import digest_of
from photocompare.records.schema import ComparisonRow, PhotoRow, TrailRow, VisitRow
from photocompare.records.store import Records
from photocompare.results.result_json import as_dict
from photocompare.results.timing import Timing
from tests.support.made_records import BASELINE_DAY, FOLLOW_UP_DAY, changed, new_comparison, sample_dossier, with_length

CLINICIAN = Actor("Dr Example", "clinician")
AUDITOR = Actor("an auditor", "auditor")
ADMIN = Actor("an administrator", "admin")


def count(records: Records, table: type) -> int:
    with records.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def actions(records: Records) -> list[str]:
    with records.database.reading() as session:
        return list(session.scalars(select(TrailRow.action).order_by(TrailRow.sequence)))


# --- comparisons


def test_a_saved_comparison_comes_back_whole(records: Records) -> None:
    key = records.add_patient(CLINICIAN, IdentityFacts("Ann Example", "C-17", dt.date(1970, 5, 1)))
    new = new_comparison(key)
    saved = records.save_comparison(CLINICIAN, new)
    file = records.open_patient(CLINICIAN, key)
    assert file.identity == IdentityFacts("Ann Example", "C-17", dt.date(1970, 5, 1))
    (region,) = file.regions
    assert (region.side, region.name) == ("left", "outer thigh")
    assert [v.facts for v in region.visits] == [new.before, new.after]
    (comparison,) = region.comparisons
    assert comparison.id == saved.id
    assert comparison.saved_by == "Dr Example"
    assert comparison.result.clearance == sample_dossier().result.clearance
    before = region.visit(comparison.before_visit)
    assert records.photo(CLINICIAN, before.photos[0].id) == new.before_photos[0]
    assert records.dossier(CLINICIAN, saved.id).result.status == "indicative"


def test_a_result_is_judged_by_the_days_of_its_visits(records: Records) -> None:
    """The sample was measured without dates; twelve weeks are inside the assessment window."""
    assert sample_dossier().result.timing.window == "unknown"
    key = records.add_patient(CLINICIAN)
    records.save_comparison(CLINICIAN, new_comparison(key))
    result = records.open_patient(CLINICIAN, key).regions[0].comparisons[0].result
    assert result.timing == Timing((FOLLOW_UP_DAY - BASELINE_DAY).days, "assessment")
    assert result.benchmark.verdict == "within"


def test_saving_the_same_twice_is_one_row(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    new = new_comparison(key)
    first, second = records.save_comparison(CLINICIAN, new), records.save_comparison(CLINICIAN, new)
    assert (first.id, first.written) == (second.id, True)
    assert not second.written
    assert (count(records, ComparisonRow), count(records, PhotoRow)) == (1, 2)
    assert actions(records).count("comparison.save") == 1


def test_measured_again_elsewhere_faster_is_the_same(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    new = new_comparison(key)
    slower = dataclasses.replace(new.result, provenance=dataclasses.replace(new.result.provenance, seconds={"read": 9.0}))
    first = records.save_comparison(CLINICIAN, new)
    assert records.save_comparison(CLINICIAN, dataclasses.replace(new, result=slower)).id == first.id


def test_another_result_of_the_same_visits_needs_a_reason_and_keeps_the_first(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    new = new_comparison(key)
    first = records.save_comparison(CLINICIAN, new)
    other = dataclasses.replace(new, result=with_length(new.result, 60.0), correction={"not_veins": [3]})
    with pytest.raises(UsageError, match="give the reason"):
        records.save_comparison(CLINICIAN, other)
    assert count(records, ComparisonRow) == 1
    second = records.save_comparison(CLINICIAN, dataclasses.replace(other, reason="a knee fold was read as a vein"))
    assert second.revision == 2
    (region,) = records.open_patient(CLINICIAN, key).regions
    assert [as_dict(c.result)["clearance"]["length"]["percent"] for c in region.comparisons] == [60.0]
    assert region.comparisons[0].reason == "a knee fold was read as a vein"
    assert [c.id for c in region.earlier] == [first.id]
    cohort = records.cohort(CLINICIAN)
    assert (cohort["length"].tolist(), cohort["corrected"].tolist()) == ([60.0], [1])


def test_what_was_measured_can_not_be_changed_even_by_hand(records: Records) -> None:
    records.save_comparison(CLINICIAN, new_comparison(records.add_patient(CLINICIAN)))
    for statement in ("UPDATE comparison SET status = 'comparable'", "DELETE FROM comparison", "UPDATE photo SET facts = '{}'"):
        with pytest.raises(DBAPIError, match="kept as they are"), records.database.writing() as session:
            session.execute(text(statement))


def test_a_refused_pair_is_kept_and_counted_without_a_number(records: Records) -> None:
    refused = {
        **as_dict(sample_dossier().result),
        "status": "not_comparable",
        "reasons": [{"code": "blurred", "message": "", "fix": ""}],
        "clearance": None,
        "fate_mm": None,
        "pigment": None,
    }
    records.save_comparison(CLINICIAN, new_comparison(records.add_patient(CLINICIAN), result=refused))
    row = records.cohort(CLINICIAN).iloc[0]
    assert (row["status"], row["reasons"], row["photo_quality"]) == ("not_comparable", "blurred", "refused")
    assert row[["length", "telangiectasia", "new_share", "stained_share"]].isna().all()


def test_a_visit_that_says_otherwise_stops_a_save_whole(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    records.add_visit(CLINICIAN, key, "left", "outer thigh", VisitFacts(BASELINE_DAY, agent="glycerin"))
    before = count(records, TrailRow)
    with pytest.raises(UsageError, match="another agent"):
        records.save_comparison(CLINICIAN, new_comparison(key))
    assert (count(records, ComparisonRow), count(records, PhotoRow), count(records, VisitRow)) == (0, 0, 1)
    assert count(records, TrailRow) == before
    assert records.photos.unfinished() == []
    assert list(records.photos.digests()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"side": ""}, "left or the right"),
        ({"region": " "}, "part of the leg"),
        ({"after": VisitFacts(BASELINE_DAY)}, "later than"),
        ({"before_photos": ()}, "need a photo"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_written(changes: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        new_comparison("P-X", **changes)


@pytest.mark.parametrize(("side", "region", "said"), [("", "calf", "left or the right"), ("left", " ", "part of the leg")])
def test_a_visit_needs_its_place(records: Records, side: str, region: str, said: str) -> None:
    key = records.add_patient(CLINICIAN)
    with pytest.raises(UsageError, match=said):
        records.add_visit(CLINICIAN, key, side, region, VisitFacts(BASELINE_DAY), VisitPhotos((b"a photo",)))
    assert count(records, VisitRow) == 0
    assert records.photos.unfinished() == []


# --- two people at once


def test_the_second_of_two_clinicians_is_told_and_nothing_is_lost(records: Records) -> None:
    key = records.add_patient(CLINICIAN, IdentityFacts("Ann"))
    visit_id = records.add_visit(CLINICIAN, key, "right", "calf", VisitFacts(BASELINE_DAY))
    file = records.open_patient(CLINICIAN, key)
    visit = file.regions[0].visits[0]
    records.change_visit(CLINICIAN, visit_id, changed(visit.facts, agent="glycerin"), version=visit.version)
    other = Actor("Dr Second", "clinician")
    with pytest.raises(StaleRecord, match="meanwhile"):
        records.change_visit(other, visit_id, changed(visit.facts, agent="polidocanol"), version=visit.version)
    records.change_identity(CLINICIAN, key, IdentityFacts("Ann Example"), version=file.version)
    with pytest.raises(StaleRecord, match="meanwhile"):
        records.change_identity(other, key, IdentityFacts("Anne"), version=file.version)
    now = records.open_patient(other, key)
    assert now.identity == IdentityFacts("Ann Example")
    assert now.regions[0].visits[0].facts.agent == "glycerin"


def test_the_day_of_a_compared_visit_stays(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    records.save_comparison(CLINICIAN, new_comparison(key))
    visit = records.open_patient(CLINICIAN, key).regions[0].visits[0]
    with pytest.raises(UsageError, match="the day stays"):
        records.change_visit(CLINICIAN, visit.id, changed(visit.facts, day=BASELINE_DAY - dt.timedelta(days=1)), version=visit.version)


# --- who may do what


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (LOCAL, set(Permission)),
        (AUDITOR, {Permission.READ_COHORT, Permission.MANAGE_RATING, Permission.READ_TRAIL}),
        (ADMIN, {Permission.UPKEEP, Permission.MANAGE_ACCOUNTS, Permission.READ_TRAIL}),
        (Actor("c", "consult"), {Permission.READ_GALLERY}),
        (Actor("c", "consult", patient_key="P-1"), {Permission.READ_PATIENT, Permission.READ_GALLERY}),
    ],
)
def test_what_each_role_may_do(actor: Actor, may: set[Permission]) -> None:
    assert {p for p in Permission if access.allowed(actor, p, "P-1")} == may


def test_a_consult_sees_its_one_patient(records: Records) -> None:
    mine, other = records.add_patient(CLINICIAN), records.add_patient(CLINICIAN)
    consult = Actor("consult", "consult", patient_key=mine)
    assert records.open_patient(consult, mine).key == mine
    for refused in (lambda: records.open_patient(consult, other), lambda: records.find_patients(consult), lambda: records.cohort(consult)):
        with pytest.raises(AccessDenied):
            refused()


def test_every_query_asks_for_the_role(records: Records) -> None:
    """An auditor meets no patient, no photo and no picture; an administrator none either."""
    key = records.add_patient(CLINICIAN)
    saved = records.save_comparison(CLINICIAN, new_comparison(key))
    visit = records.open_patient(CLINICIAN, key).regions[0].visits[0]
    for actor in (AUDITOR, ADMIN):
        for ask in (
            records.add_patient,
            records.find_patients,
            lambda who: records.open_patient(who, key),
            lambda who: records.open_patient(who, key, again=True),
            lambda who: records.change_identity(who, key, IdentityFacts(), version=1),
            lambda who: records.set_consent(who, key, "gallery", True),
            lambda who: records.add_visit(who, key, "left", "calf", VisitFacts(BASELINE_DAY)),
            lambda who: records.change_visit(who, visit.id, visit.facts, version=visit.version),
            lambda who: records.photo(who, visit.photos[0].id),
            lambda who: records.dossier(who, saved.id),
            lambda who: records.save_comparison(who, new_comparison(key, region="calf")),
        ):
            with pytest.raises(AccessDenied):
                ask(actor)
    assert actions(records).count("access.denied") == 22
    with pytest.raises(AccessDenied):
        records.trail_rows(CLINICIAN)
    assert {row.action for row in records.trail_rows(AUDITOR)} >= {"access.denied", "comparison.save"}
    assert records.photos.unfinished() == []


def test_a_role_that_was_taken_away_counts_at_once(records: Records) -> None:
    records.set_account(ADMIN, "ann@clinic", role="clinician", name="Ann")
    ann = records.actor_of("ann@clinic")
    assert ann is not None
    key = records.add_patient(ann)
    records.set_account(ADMIN, "ann@clinic", role="auditor", name="Ann")
    with pytest.raises(AccessDenied, match="sign in again"):
        records.open_patient(ann, key)
    records.set_account(ADMIN, "ann@clinic", role="clinician", active=False)
    assert records.actor_of("ann@clinic") is None
    assert records.actor_of("unknown@clinic") is None


# --- the trail


def test_changes_views_and_searches_are_in_the_trail(records: Records) -> None:
    key = records.add_patient(CLINICIAN, IdentityFacts("Ann Example"))
    records.find_patients(CLINICIAN, "ann")
    saved = records.save_comparison(CLINICIAN, new_comparison(key))
    records.open_patient(CLINICIAN, key)
    records.open_patient(CLINICIAN, key, again=True)
    records.dossier(CLINICIAN, saved.id)
    records.set_consent(CLINICIAN, key, "gallery", True)
    records.cohort(AUDITOR)
    assert actions(records) == [
        "patient.add",
        "patient.search",
        "visit.add",
        "visit.add",
        "comparison.save",
        "patient.view",
        "photo.view",
        "consent.set",
        "cohort.view",
    ]


def test_the_trail_holds_no_name(records: Records) -> None:
    key = records.add_patient(CLINICIAN, IdentityFacts("Zebulon Quux", "CH-98765", dt.date(1931, 7, 9), "allergic"))
    records.find_patients(CLINICIAN, "Zebulon")
    records.change_identity(CLINICIAN, key, IdentityFacts("Zebulon Quuxley", "CH-98765"), version=1)
    records.add_visit(CLINICIAN, key, "left", "calf", VisitFacts(BASELINE_DAY, note="brother of Zebulon"))
    with records.database.reading() as session:
        told = " ".join(json.dumps([r.object, r.before, r.after]) for r in trail.entries(session))
    assert not any(word in told for word in ("Zebulon", "Quux", "98765", "1931", "allergic"))


def test_consent_is_what_was_said_last(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    assert records.open_patient(CLINICIAN, key).consents == {"care": False, "teaching": False, "gallery": False}
    for given_now in (True, False, True):
        records.set_consent(CLINICIAN, key, "gallery", given_now)
    assert records.open_patient(CLINICIAN, key).consents == {"care": False, "teaching": False, "gallery": True}


# --- looking for patients


def test_patients_are_found_by_name_chart_number_and_key(records: Records) -> None:
    keys = [records.add_patient(CLINICIAN, IdentityFacts(f"Name{k}", f"C-{k}")) for k in range(3)]
    nobody = records.add_patient(CLINICIAN)
    assert [line.key for line in records.find_patients(CLINICIAN, "name1")] == [keys[1]]
    assert [line.key for line in records.find_patients(CLINICIAN, "c-2")] == [keys[2]]
    assert [line.key for line in records.find_patients(CLINICIAN, nobody.lower())] == [nobody]
    assert {line.key for line in records.find_patients(CLINICIAN)} == {*keys, nobody}
    assert records.find_patients(CLINICIAN, "%") == []
    lodz = records.add_patient(CLINICIAN, IdentityFacts("Łucja Żak"))
    assert [line.key for line in records.find_patients(CLINICIAN, "ŻAK")] == [lodz]
    records.save_comparison(CLINICIAN, new_comparison(keys[0]))
    first = records.find_patients(CLINICIAN)[0]
    assert (first.key, first.visits, first.last_day) == (keys[0], 2, FOLLOW_UP_DAY)


HOSTILE = [
    "'); DROP TABLE patient;--",
    '%"\\_',
    '<img src=x onerror="alert(1)">',
    "![x](http://h/p.png) [a](javascript:x) $x$ :red[y] </script>",
    "\u202egnp.exe \u0130i\u0307 Łódź 日本 عربى 👩‍⚕️",
    "=cmd()|'/c calc'!A0",
    "a" * 200,
]


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_words_come_back_as_they_were(records: Records, label: str) -> None:
    key = records.add_patient(CLINICIAN, IdentityFacts(label, label))
    visit = VisitFacts(BASELINE_DAY, agent=label, operator=label, site=label, note=label)
    records.add_visit(CLINICIAN, key, "left", label, visit)
    file = records.open_patient(CLINICIAN, key)
    assert file.identity == IdentityFacts(label, label)
    assert file.regions[0].name == " ".join(label.split())
    assert file.regions[0].visits[0].facts == visit
    assert [line.key for line in records.find_patients(CLINICIAN, label)] == [key]


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words_come_back_or_are_refused_by_name(records: Records, label: str) -> None:
    if "\x00" in label or any("\ud800" <= c <= "\udfff" for c in label):
        with pytest.raises(UsageError, match="type it again"):
            IdentityFacts(label)
        return
    identity = IdentityFacts(label)
    key = records.add_patient(CLINICIAN, identity)
    assert records.open_patient(CLINICIAN, key).identity == identity


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"vcss": 31}, "between 0 and 30"),
        ({"session": -1}, "between 0 and 99"),
        ({"concentration_percent": 0.0}, "percentage"),
        ({"concentration_percent": float("nan")}, "percentage"),
        ({"form": "gas"}, "liquid, foam"),
        ({"ceap": "C9"}, "C0, C1"),
        ({"compression_days": 400}, "between 0 and 365"),
        ({"agent": "a" * 201}, "shorten"),
        ({"day": dt.date(2126, 1, 1)}, "check the year"),
    ],
)
def test_a_visit_s_impossible_facts_are_refused_where_they_are_given(facts: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        VisitFacts(**{"day": BASELINE_DAY, **facts})  # type: ignore[arg-type]


def test_the_database_itself_refuses_what_slips_past(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    visit_id = records.add_visit(CLINICIAN, key, "left", "calf", VisitFacts(BASELINE_DAY))
    for values in ("vcss = 31", "ceap = 'C9'", "concentration_percent = 0", "form = 'gas'"):
        with pytest.raises(DBAPIError, match=r"(?i)check"), records.database.writing() as session:
            session.execute(text(f"UPDATE visit SET {values} WHERE id = {visit_id}"))


def test_keys_say_nothing_and_repeat_never() -> None:
    keys = {new_patient_key() for _ in range(5_000)}
    assert len(keys) == 5_000
    assert not set("".join(keys)) & set("01IOio")


def test_a_visit_without_a_comparison_keeps_its_photos_facts(records: Records) -> None:
    key, data = records.add_patient(CLINICIAN), b"a photo"
    facts = {digest_of(data): {"camera_model": "X", "iso": None, "owner": "Ann"}}
    records.add_visit(CLINICIAN, key, "left", "calf", VisitFacts(BASELINE_DAY), VisitPhotos((data,), facts))
    (photo,) = records.open_patient(CLINICIAN, key).regions[0].visits[0].photos
    assert photo.facts == {"camera_model": "X"}


def test_facts_that_name_a_place_or_a_person_are_not_kept(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    new = new_comparison(key)
    digest = digest_of(new.before_photos[0])
    facts = {digest: {"capture_time": "2026-01-12T09:00", "gps": "51.5,0.1", "owner": "Ann", "camera_model": "X"}}
    records.save_comparison(CLINICIAN, NewComparison(**{**vars(new), "photo_facts": facts}))
    photo = records.open_patient(CLINICIAN, key).regions[0].visits[0].photos[0]
    assert photo.facts == {"capture_time": "2026-01-12T09:00", "camera_model": "X"}
