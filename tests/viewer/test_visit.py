"""What a session holds: photos, collages, measurements, dates."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from photocompare.base.errors import UsageError
from photocompare.report.files.dossier_making import dossier_of
from photocompare.results.dossier import Dossier
from photocompare.results.timing import Timing
from photocompare.results.visit_details import VisitDetails
from photocompare.viewer.measuring import visit as visit_module
from photocompare.viewer.measuring.requests import Cutting, PhotoRefusal
from photocompare.viewer.measuring.visit import MOST_KEPT, Shot, Visit, add_shot, before_thumbnail, take_uploads, visit_of
from tests.support.faked_work import faked_work
from tests.support.made_comparison import make_comparison

NOON = dt.datetime(2026, 6, 6, 12, 0, tzinfo=dt.UTC)
CUT = {"axis": "columns", "at": 0.5, "resumes": 0.51}
DOSSIER = dossier_of(make_comparison())


class Work:
    def __init__(self, measuring: type[Any], checking: type[Any]) -> None:
        self.measurings: list[Any] = measuring.made
        self.checkings: list[Any] = checking.made


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    measuring, checking = faked_work()
    monkeypatch.setattr(visit_module, "Measuring", measuring)
    monkeypatch.setattr(visit_module, "Checking", checking)
    return Work(measuring, checking)


def a_pair(before: bytes = b"before", after: bytes = b"after") -> Visit:
    visit = Visit()
    take_uploads(visit, "before", [before])
    take_uploads(visit, "after", [after])
    return visit


def measured(visit: Visit, dossier: Dossier = DOSSIER) -> Any:
    found: Any = visit.begin()
    found.finish(dossier)
    return found


# --- photos


def test_a_session_has_one_visit() -> None:
    state: dict[Any, Any] = {}
    assert visit_of(state) is visit_of(state)
    assert visit_of(state) is not visit_of({})


def test_uploaded_and_taken_photos_are_one_visit_each_file_once_and_at_most_four() -> None:
    state: dict[Any, Any] = {}
    visit = visit_of(state)
    take_uploads(visit, "before", [b"one", b"two", b"one"])
    add_shot(state, "before", b"two", NOON)
    add_shot(state, "before", b"three", NOON)
    assert [s.data for s in visit.shots("before")] == [b"one", b"two", b"three"]
    assert visit.shots("after") == ()
    add_shot(state, "before", b"four", NOON)
    with pytest.raises(UsageError, match="4 photos of that visit"):
        add_shot(state, "before", b"five", NOON)
    take_uploads(visit, "after", [b"%d" % k for k in range(9)])
    assert [s.data for s in visit.shots("after")] == [b"0", b"1", b"2", b"3"]
    add_shot({}, "before", b"five", NOON)  # another session has its own


def test_other_photos_take_the_field_and_the_cut_away_the_same_ones_keep_them() -> None:
    visit = a_pair()
    visit.polygon, visit.cutting = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)), Cutting("rows", 0.5, 0.5)
    take_uploads(visit, "before", [b"before"])
    assert visit.polygon is not None
    assert visit.cutting is not None
    take_uploads(visit, "before", [b"another"])
    assert (visit.polygon, visit.cutting) == (None, None)
    visit.polygon = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))
    add_shot({"visit": visit}, "after", b"taken", NOON)
    assert visit.polygon is None


def test_a_photo_is_looked_at_once_and_alone_more_closely(work: Work) -> None:
    visit = Visit()
    take_uploads(visit, "before", [b"before"])
    first = visit.check(visit.shots("before")[0])
    assert visit.check(Shot(b"before")) is first
    take_uploads(visit, "after", [b"after"])
    visit.check(visit.shots("after")[0])
    assert [(c.data, c.look) for c in work.checkings] == [(b"before", True), (b"after", False)]


def test_the_small_copy_for_the_camera_is_the_first_before_photo_that_could_be_read(work: Work) -> None:
    state: dict[Any, Any] = {}
    assert before_thumbnail(state) is None
    take_uploads(visit_of(state), "before", [b"bad", b"good"])
    assert before_thumbnail(state) is None
    work.checkings[1].thumbnail = b"small"
    assert before_thumbnail(state) == b"small"


# --- dates


def test_the_day_of_a_visit_is_that_of_its_first_dated_photo(work: Work) -> None:
    visit = Visit()
    take_uploads(visit, "before", [b"undated", b"dated", b"later"])
    assert visit.capture_date("before") is None
    for shot in visit.shots("before"):
        visit.check(shot)
    work.checkings[0].know()
    work.checkings[2].know(capture_time="2026-05-05T08:00:00")
    assert visit.capture_date("before") == dt.date(2026, 5, 5)
    work.checkings[1].know(capture_time="2026-03-02T23:59:59")
    assert visit.capture_date("before") == dt.date(2026, 3, 2)
    add_shot({"visit": visit}, "after", b"taken", NOON)
    assert visit.capture_date("after") == NOON.date()


def test_dates_move_the_window_and_nothing_measured(work: Work) -> None:
    visit = a_pair()
    assert visit.dossier is None
    measured(visit)
    assert visit.dossier is not None
    assert visit.dossier.result.timing == Timing(None, "unknown")
    visit.details = VisitDetails(before_date=dt.date(2026, 3, 2), after_date=dt.date(2026, 3, 23))
    assert visit.dossier.result.timing == Timing(21, "interim")
    assert visit.dossier.result.clearance == DOSSIER.result.clearance
    assert len(work.measurings) == 1
    visit.details = VisitDetails(before_date=dt.date(2026, 3, 23), after_date=dt.date(2026, 3, 2))
    assert not visit.dossier.measured
    assert DOSSIER.measured


# --- what is measured


def test_nothing_is_measured_until_both_visits_have_a_photo(work: Work) -> None:
    visit = Visit()
    assert visit.begin() is None
    take_uploads(visit, "after", [b"after"])
    assert visit.begin() is None
    assert work.measurings == []


def test_a_request_holds_all_photos_and_how_they_are_measured() -> None:
    visit = a_pair()
    take_uploads(visit, "after", [b"after", b"after 2"])
    visit.polygon, visit.mm_per_px, visit.look_for_card = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)), 0.1, False
    request = visit.request()
    assert request is not None
    assert (request.befores, request.afters) == ((b"before",), (b"after", b"after 2"))
    assert (request.polygon_xy, request.mm_per_px, request.look_for_card) == (visit.polygon, 0.1, False)


def test_the_same_question_has_one_answer_and_another_question_another(work: Work) -> None:
    visit = a_pair()
    first = measured(visit)
    assert visit.begin() is first
    for change in ({"mm_per_px": 0.1}, {"look_for_card": False}, {"polygon": ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))}):
        for name, value in change.items():
            setattr(visit, name, value)
        assert measured(visit) is not first
    assert len(work.measurings) == 4
    visit.polygon, visit.mm_per_px, visit.look_for_card = None, None, True
    assert visit.begin() is first
    take_uploads(visit, "before", [b"after"])
    take_uploads(visit, "after", [b"before"])
    assert visit.begin() is not first


@pytest.mark.usefixtures("work")
def test_a_new_question_takes_the_place_of_one_that_still_runs() -> None:
    visit = a_pair()
    first: Any = visit.begin()
    assert visit.running is first
    visit.wanted.add("full")
    take_uploads(visit, "after", [b"other"])
    second: Any = visit.begin()
    assert first.stopped
    assert visit.running is second
    assert visit.wanted == set()
    # Back again before the first has even noticed that it was stopped: it begins anew.
    take_uploads(visit, "after", [b"after"])
    third = visit.begin()
    assert third is not first
    assert second.stopped
    assert visit.running is third


@pytest.mark.usefixtures("work")
def test_a_result_with_its_full_size_still_to_come_is_left_in_peace() -> None:
    visit = a_pair()
    first: Any = visit.begin()
    first.dossier, first.outcome = DOSSIER, "done"
    assert visit.running is None
    take_uploads(visit, "after", [b"other"])
    visit.begin()
    assert not first.stopped


def test_what_was_stopped_by_hand_begins_again_only_by_hand(work: Work) -> None:
    visit = a_pair()
    first: Any = visit.begin()
    visit.stop()
    assert first.stopped
    assert visit.running is None
    assert visit.begin() is None
    assert visit.dossier is None
    visit.stop()  # a second click finds nothing to stop
    visit.stopped = ""
    assert visit.begin() is not None
    assert len(work.measurings) == 2


@pytest.mark.usefixtures("work")
def test_under_a_stopped_pair_stands_no_other_pairs_result() -> None:
    visit = a_pair()
    visit.begin()
    visit.stop()
    take_uploads(visit, "after", [b"other"])
    measured(visit)
    assert visit.dossier is not None
    take_uploads(visit, "after", [b"after"])
    assert visit.begin() is None
    assert visit.dossier is None


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("outcome", ["refused", "failed"])
def test_what_can_t_be_measured_is_not_tried_for_ever(outcome: str) -> None:
    visit = a_pair()
    first: Any = visit.begin()
    first.refusal = PhotoRefusal("NotAPhoto", "no photo", "after", 1) if outcome == "refused" else None
    first.end(outcome)
    for _ in range(3):
        assert visit.begin() is first
    assert visit.running is None
    visit.measurements.pop(visit.current)  # the button "Measure"
    assert visit.begin() is not first


def test_the_last_six_measurements_stay_at_hand(work: Work) -> None:
    visit = a_pair()
    for number in range(MOST_KEPT + 2):
        visit.mm_per_px = 0.1 + number
        measured(visit)
    assert len(visit.measurements) == MOST_KEPT == 6
    visit.mm_per_px = 0.1 + 2  # the oldest that is left, and from now on the newest
    visit.begin()
    assert len(work.measurings) == MOST_KEPT + 2
    visit.mm_per_px = 99.0
    measured(visit)
    visit.mm_per_px = 0.1 + 2
    visit.begin()
    assert len(work.measurings) == MOST_KEPT + 3
    visit.mm_per_px = 0.1
    visit.begin()
    assert len(work.measurings) == MOST_KEPT + 4


# --- collages


def alone(work: Work, which: str = "before", cut: dict[str, Any] | None = None) -> Visit:
    visit = Visit()
    take_uploads(visit, which, [b"collage"])  # type: ignore[arg-type]
    visit.check(visit.shots(which)[0])  # type: ignore[arg-type]
    work.checkings[0].know(cut=cut)
    return visit


@pytest.mark.parametrize("which", ["before", "after"])
def test_a_collage_is_measured_as_it_was_cut(work: Work, which: str) -> None:
    visit = alone(work, which, CUT)
    found = visit.collage()
    assert found is not None
    assert found.data == b"collage"
    assert visit.begin() is None  # the cut has not been confirmed
    visit.cutting = Cutting("columns", 0.5, 0.52, swapped=True)
    request = visit.request()
    assert request is not None
    assert (request.befores, request.afters, request.cutting) == ((b"collage",), (), visit.cutting)
    plain = request.key
    visit.cutting = Cutting("columns", 0.5, 0.52)
    swapped_back = visit.request()
    assert swapped_back is not None
    assert swapped_back.key != plain


def test_one_photo_is_no_collage_nor_is_one_that_was_said_to_be_one_photo(work: Work) -> None:
    assert alone(work).collage() is None
    work.checkings.clear()
    visit = alone(work, cut=CUT)
    visit.whole.add(Shot(b"collage").digest)
    assert visit.collage() is None
    visit.whole.clear()
    take_uploads(visit, "after", [b"after"])
    assert visit.collage() is None
    request = visit.request()
    assert request is not None
    assert request.cutting is None


def test_a_file_that_is_still_being_read_is_no_collage_yet(work: Work) -> None:
    visit = Visit()
    take_uploads(visit, "before", [b"collage"])
    assert visit.collage() is None
    assert len(work.checkings) == 1
