"""What the patient's pages are made of: entries for the records, the timeline, the course, the paths of veins."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from pathlib import Path

import pytest

from photocompare.base.errors import StaleRecord, UsageError
from photocompare.base.estimate import Estimate
from photocompare.base.flags import FIELD_DRAWN, raised
from photocompare.clearance.correction import Corrected, Correction
from photocompare.records.access import LOCAL, Actor
from photocompare.records.entries import IdentityFacts, VisitFacts, checked_place
from photocompare.records.patient_file import StoredRegion
from photocompare.records.places import in_folder
from photocompare.records.segment_history import UNKNOWN, segment_history
from photocompare.records.store import Records
from photocompare.report.words.texts import texts
from photocompare.results.dossier import read_dossier
from photocompare.results.reference_band import ReferenceBandOptions
from photocompare.results.result import Reason
from photocompare.results.result_json import as_dict
from photocompare.results.timing import Timing
from photocompare.results.visit_details import VisitDetails
from photocompare.viewer.compare.record_entry import both_visits, corrected_entry, entry_of
from photocompare.viewer.measuring.visit import Shot, Visit
from photocompare.viewer.patient_record.open_patient import shown_name
from photocompare.viewer.patients.course import course_charts, course_points, course_table, usual_course
from photocompare.viewer.patients.segments import packed_history, paths_table, shared_baselines
from photocompare.viewer.patients.timeline import number, timeline, treatment
from photocompare.viewer.shared.notices import error_sentence
from tests.support.made_course import COURSE_DAYS, FIRST_DAY, course_dossier, save_course
from tests.support.made_records import new_comparison, sample_dossier

T, ES = texts("en"), texts("es")
BAND = ReferenceBandOptions()
DETAILS = VisitDetails("label", dt.date(2026, 1, 12), dt.date(2026, 4, 6), 2, " Polidocanol ", 0.5, "left", "outer thigh", "note")
CORRECTION = Correction("Dr. A", dt.datetime(2026, 4, 7, 9, 30, tzinfo=dt.UTC), (3, 5), ())
CORRECTED = Corrected(Estimate(81.24, 70.06, 92.44, "%"), {}, ())


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Records:
    held = Records(in_folder(tmp_path_factory.mktemp("followed")))
    save_course(held)
    return held


@pytest.fixture
def region(followed: Records) -> StoredRegion:
    (line,) = followed.find_patients(LOCAL)
    (found,) = followed.open_patient(LOCAL, line.key).regions
    return found


def own_pair() -> Visit:
    visit = Visit(details=DETAILS)
    visit.uploads["before"], visit.uploads["after"] = (Shot(b"before"),), (Shot(b"after"), Shot(b"after too"))
    return visit


# --- entries for the records


def test_the_treatment_is_the_before_visits_and_the_sessions_count_up_to_the_after_visit() -> None:
    before, after = both_visits(DETAILS, {"form": "foam", "session": 1, "vcss": None}, {"vcss": 3})
    assert before == VisitFacts(DETAILS.before_date, 1, "Polidocanol", 0.5, "foam")  # type: ignore[arg-type]
    assert after == VisitFacts(DETAILS.after_date, session=2, vcss=3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="day of both photos"):
        both_visits(dataclasses.replace(DETAILS, after_date=None), {}, {})


def test_an_entry_holds_the_photos_as_they_came_and_the_pictures_under_the_days() -> None:
    entry = entry_of(own_pair(), sample_dossier(), "P-1", ("left", "calf"), both_visits(DETAILS, {}, {}), "")
    assert (entry.before_photos, entry.after_photos) == ((b"before",), (b"after", b"after too"))
    assert read_dossier(entry.dossier).result.timing == Timing(84, "assessment")
    collage = Visit(details=DETAILS)
    collage.uploads["after"] = (Shot(b"both"),)
    entry = entry_of(collage, sample_dossier(), "P-1", ("left", "calf"), both_visits(DETAILS, {}, {}), "")
    assert (entry.before_photos, entry.after_photos) == ((b"both",), (b"both",))


def test_a_correction_replaces_the_length_and_keeps_the_machines_beside_it() -> None:
    machine = entry_of(own_pair(), sample_dossier(), "P-1", ("left", "calf"), both_visits(DETAILS, {}, {}), "")
    result = as_dict(corrected_entry(machine, sample_dossier(), CORRECTION, CORRECTED, "a hair").result)
    had = as_dict(sample_dossier().result)
    assert {k: result["clearance"]["length"][k] for k in ("percent", "low", "high")} == {"percent": 81.2, "low": 70.1, "high": 92.4}
    assert result["correction"] == {"by": "Dr. A", "at": "2026-04-07T09:30:00+00:00", "machine_length": had["clearance"]["length"]}
    assert result["clearance"]["area"] == had["clearance"]["area"]
    assert "correction" not in had


def test_a_correction_is_kept_as_a_revision_with_its_reason(tmp_path: Path) -> None:
    held = Records(in_folder(tmp_path))
    key = held.add_patient(LOCAL)
    machine = entry_of(own_pair(), sample_dossier(), key, ("left", "calf"), both_visits(DETAILS, {}, {}), "")
    with pytest.raises(UsageError, match="reason"):
        corrected_entry(machine, sample_dossier(), CORRECTION, CORRECTED, " ")
    second = corrected_entry(machine, sample_dossier(), CORRECTION, CORRECTED, "a hair")
    assert second.correction == {"by": "Dr. A", "at": "2026-04-07T09:30:00+00:00", "not_veins": [3, 5], "missed": []}
    for _ in range(2):  # once more changes nothing
        assert held.save_comparison(LOCAL, machine).revision == 1
        assert held.save_comparison(LOCAL, second).revision == 2
    (kept,) = held.open_patient(LOCAL, key).regions[0].comparisons
    assert (kept.corrected, kept.reason, as_dict(kept.result)["clearance"]["length"]["percent"]) == (True, "a hair", 81.2)
    assert kept.result.benchmark.responder is True
    held.close()


def test_a_place_needs_leg_and_region() -> None:
    assert checked_place("left", "calf") == ("left", "calf")
    for place in (("", "calf"), ("left", "")):
        with pytest.raises(UsageError):
            checked_place(*place)


# --- words


def test_a_name_is_one_line_of_what_is_there() -> None:
    assert shown_name("Ada\n\u202eB", "17", "P-1") == "Ada B, 17, P-1"
    assert shown_name("", "", "P-1") == "P-1"


def test_an_error_names_the_entry_as_the_page_does() -> None:
    def error() -> UsageError:
        return UsageError(
            "The compression_days must lie between 0 and 365.", code="entry_out_of_range", entry="compression_days", low=0, high=365
        )

    assert error_sentence(error(), T) == "The Days of compression must lie between 0 and 365."
    assert error_sentence(error(), ES) == "El campo Días de compresión debe estar entre 0 y 365."
    assert error_sentence(StaleRecord("Somebody else.", code="record_stale"), ES).startswith("Otra persona")


def test_a_treatment_is_told_in_one_line() -> None:
    facts = VisitFacts(dt.date(2026, 1, 12), 2, "glycerin", 72.0, "liquid", "Dr. A", "Main", 5)
    assert treatment(facts, T) == "session 2, glycerin 72 %, liquid, Dr. A, Main, compression for 5 days"
    assert treatment(VisitFacts(dt.date(2026, 1, 12)), T) == ""


def test_a_refused_pair_is_told_with_its_reason_and_without_a_number() -> None:
    reasons = (Reason("not_same_view", "x", "y"),)
    result = dataclasses.replace(sample_dossier().result, clearance=None, reasons=reasons)
    assert number(result, T).startswith("No number.")
    assert "0 %" not in number(result, T)


def test_the_timeline_shows_typed_text_as_text(tmp_path: Path) -> None:
    held = Records(in_folder(tmp_path))
    key = held.add_patient(LOCAL, IdentityFacts("<b>x</b>"))
    hostile = VisitFacts(dt.date(2026, 1, 12), agent="<img src=x onerror=alert(1)>", operator="![x](http://h/p.png)", note="<script>")
    held.save_comparison(LOCAL, new_comparison(key, before=hostile))
    html = timeline(held.open_patient(LOCAL, key).regions[0], T)
    assert "<img" not in html
    assert "<script>" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    held.close()


# --- over time


def test_the_course_has_a_point_for_each_comparison(region: StoredRegion) -> None:
    points = course_points(region)
    assert [p.day for p in points] == list(COURSE_DAYS)
    assert [p.since for p in points] == [0, 0, 0]
    lengths = [course_dossier(k).result.length.value for k in range(3)]  # type: ignore[union-attr]
    assert [p.length for p in points] == lengths
    assert points[1].stained == course_dossier(1).result.pigment.stained_percent > 0  # type: ignore[union-attr, operator]
    assert [p.new for p in points] == [course_dossier(k).result.share("new") for k in range(3)]  # type: ignore[union-attr]


def test_a_refused_pair_stands_at_no_height_and_has_no_number_in_the_table(region: StoredRegion) -> None:
    refused = dataclasses.replace(region.comparisons[1], result=dataclasses.replace(region.comparisons[1].result, clearance=None))
    changed = dataclasses.replace(region, comparisons=(region.comparisons[0], refused, region.comparisons[2]))
    points = course_points(changed)
    assert [p.refused for p in points] == [False, True, False]
    assert (points[1].stained, points[1].new) == (None, None)
    assert "No number." in course_table(points, BAND, T)
    upper = course_charts(points, [0], BAND, T)[0].to_dict()
    cross = upper["layer"][-1]
    assert cross["mark"]["shape"] == "cross"
    assert cross["encoding"]["y"] == {"value": "height"}
    measured = [layer for layer in upper["layer"] if layer.get("encoding", {}).get("y", {}).get("field") == "length"]
    for layer in measured:
        assert len(upper["datasets"][layer["data"]["name"]]) == 2


def test_a_number_of_a_drawn_field_is_marked_and_joined_with_none_of_the_whole_leg(region: StoredRegion) -> None:
    flag = raised(FIELD_DRAWN)
    told = dataclasses.replace(region.comparisons[1].result, reasons=(Reason(flag.code, flag.message, flag.fix),))
    changed = dataclasses.replace(
        region, comparisons=(region.comparisons[0], dataclasses.replace(region.comparisons[1], result=told), region.comparisons[2])
    )
    points = course_points(changed)
    assert [p.within_drawn_field for p in points] == [False, True, False]
    assert points[0].method == points[2].method != points[1].method
    assert course_table(points, BAND, T).count(T("patients.drawn_field")) == 1
    assert timeline(changed, T).count(T("patients.drawn_field")) == 1
    assert T("patients.drawn_field") not in timeline(region, T)


def test_charts_of_one_refused_pair_are_drawn(region: StoredRegion) -> None:
    refused = dataclasses.replace(region.comparisons[0], result=dataclasses.replace(region.comparisons[0].result, clearance=None))
    charts = course_charts(course_points(dataclasses.replace(region, comparisons=(refused,))), [], BAND, T)
    assert len([chart.to_dict() for chart in charts]) == 3


@pytest.mark.parametrize(
    ("treated", "spans"),
    [
        ([], [("too_early", 0, 14), ("interim", 14, 56), ("assessment", 56, 183), ("late", 183, 250)]),
        (
            [0, 42],
            [
                ("too_early", 0, 14),
                ("interim", 14, 42),
                ("too_early", 42, 56),
                ("interim", 56, 98),
                ("assessment", 98, 225),
                ("late", 225, 250),
            ],
        ),
        ([100], [("untreated", 0, 100), ("too_early", 100, 114), ("interim", 114, 156), ("assessment", 156, 250)]),
        ([0, 250], [("too_early", 0, 14), ("interim", 14, 56), ("assessment", 56, 183), ("late", 183, 250)]),
    ],
)
def test_each_session_opens_the_usual_course_anew(treated: list[int], spans: list[tuple[str, int, int]]) -> None:
    assert usual_course(treated, 250) == spans


def test_names_of_windows_do_not_meet(region: StoredRegion) -> None:
    upper = course_charts(course_points(region), [0, 28, 56], BAND, T)[0].to_dict()
    named = [layer for layer in upper["layer"] if isinstance(layer["mark"], dict) and layer["mark"]["type"] == "text"]
    assert len(named) == 2
    for layer in named:
        starts = [row["from"] for row in upper["datasets"][layer["data"]["name"]]]
        assert starts
        assert all(b - a >= 0.25 * 190 for a, b in itertools.pairwise(starts))


def test_only_measured_comparisons_of_one_before_photo_are_followed(region: StoredRegion) -> None:
    (group,) = shared_baselines(region).values()
    assert [region.visit(c.after_visit).facts.day for c in group] == [FIRST_DAY + dt.timedelta(days) for days in COURSE_DAYS]
    refused = dataclasses.replace(region.comparisons[1], result=dataclasses.replace(region.comparisons[1].result, clearance=None))
    assert shared_baselines(dataclasses.replace(region, comparisons=(region.comparisons[0], refused))) == {}


def test_the_paths_of_veins_add_up_to_what_was_made() -> None:
    days = [FIRST_DAY + dt.timedelta(days) for days in COURSE_DAYS]
    opened = [(day, course_dossier(which)) for which, day in enumerate(days)]
    history = segment_history(opened)
    for which, (_, dossier) in enumerate(opened):
        lengths = {fate: length for fate, length in dossier.result.lengths.items() if fate != "new"}  # those have no place before
        for fate, length in lengths.items():
            assert sum(v for path, v in history.paths.items() if path[which] == fate) == pytest.approx(length, abs=0.05)
    assert UNKNOWN not in {fate for path in history.paths for fate in path}
    table = paths_table(history, FIRST_DAY, T)
    assert table.count("<tr>") == 1 + len(history.paths)
    assert f"{history.days[0].isoformat()} (day 21)" in table
    packed = packed_history(history, opened[0][1], FIRST_DAY, T)
    assert packed.endswith(opened[0][1].pictures["before"])


def test_a_consult_sees_its_one_patient_alone(followed: Records) -> None:
    (line,) = followed.find_patients(LOCAL)
    consult = Actor("C", "consult", patient_key=line.key)
    assert followed.open_patient(consult, line.key).key == line.key
    with pytest.raises(UsageError, match="may not"):
        followed.find_patients(consult)
    with pytest.raises(UsageError, match="may not"):
        followed.open_patient(dataclasses.replace(consult, patient_key="P-OTHER"), line.key)
