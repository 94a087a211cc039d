"""The page Compare, run without a browser; nothing is measured, stand-ins say what was found out."""

from __future__ import annotations

import datetime as dt
import re
from html import escape
from typing import Any

import pytest

from photocompare.report.dicom import archive
from photocompare.viewer.compare import drawing
from photocompare.viewer.measuring.requests import Cutting, PhotoRefusal
from photocompare.viewer.measuring.visit import MOST_SHOTS, Shot
from photocompare.viewer.result import pictures
from tests.support.run_pages import MEASURED, PERCENTAGE, REFUSED, Pages, T, faked_app

CUT = {"axis": "columns", "at": 0.48, "resumes": 0.5}
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    return faked_app(monkeypatch)()


# --- Compare


def test_it_opens_on_the_measured_sample(pages: Pages) -> None:
    assert pages.at.title[0].value == T("compare.title")
    assert T("compare.sample_note") in [info.value for info in pages.at.info]
    assert re.search(r'data-testid="headline">\d+(\.\d)? %<', pages.html)
    assert (pages.pictures()["id"], pages.pictures()["mode"]) == ("sample", "full")
    assert pages.measurings == pages.checkings == []


def test_a_pair_is_measured_shown_and_kept(pages: Pages) -> None:
    pages.upload("before", b"before")
    assert T("compare.empty_after") in [info.value for info in pages.at.info]
    assert pages.measurings == []
    pages.upload("after", b"after")
    (measuring,) = pages.measurings
    assert (measuring.request.befores, measuring.request.afters) == ((b"before",), (b"after",))
    assert T("compare.stop") in pages.labels
    assert "pc-number" not in pages.html
    measuring.finish(MEASURED)
    pages.run()
    assert 'data-testid="headline">61 %<' in pages.html
    assert T("compare.sample_note") not in pages.words
    assert pages.pictures()["id"] == pages.visit.current[:16]
    pages.upload("after", b"other")
    pages.measurings[-1].finish(REFUSED)
    pages.run()
    pages.upload("after", b"after")  # the same pair again: at once
    assert len(pages.measurings) == 2
    assert 'data-testid="headline">61 %<' in pages.html


def test_measuring_can_be_stopped_and_begun_again(pages: Pages) -> None:
    measuring = pages.pair()
    pages.press(T("compare.stop"))
    assert measuring.stopped
    assert T("compare.stopped") in [info.value for info in pages.at.info]
    pages.run()
    assert len(pages.measurings) == 1
    pages.press(T("compare.measure"))
    assert len(pages.measurings) == 2
    assert T("compare.stop") in pages.labels


def test_a_photo_that_can_t_be_used_is_named_and_tried_once(pages: Pages) -> None:
    measuring = pages.pair()
    measuring.refuse(PhotoRefusal("TruncatedPhoto", "internal words", "after", 1))
    # The measurement ended without a word of that photo: it is checked by itself.
    assert not pages.visit.check(pages.visit.shots("after")[0]).ended.is_set()
    pages.checkings[1].refusal = measuring.refusal
    pages.checkings[1].end("refused")
    for _ in range(3):
        pages.run()
    assert len(pages.measurings) == 1
    assert [error.value for error in pages.at.error] == [f"{T('compare.upload_after')} (1): {T('errors.TruncatedPhoto')}"]
    assert escape(T("errors.TruncatedPhoto")) in pages.html
    assert "internal words" not in pages.words
    assert "pc-number" not in pages.html


def test_a_measurement_that_died_says_so_and_can_be_tried_again(pages: Pages) -> None:
    pages.pair().end("failed")
    pages.run()
    assert [error.value for error in pages.at.error] == [T("compare.failed")]
    pages.press(T("compare.measure"))
    assert len(pages.measurings) == 2


def test_a_pair_that_is_not_comparable_has_no_number_anywhere(pages: Pages) -> None:
    pages.measured_pair(REFUSED)
    assert not PERCENTAGE.search(pages.words)
    assert T("result.refused") in pages.words
    for sentence in T.flag("not_same_view"):
        assert escape(sentence) in pages.html
    assert pages.pictures()["mode"] == "refused"
    assert T("compare.export_csv") not in downloads(pages)


def downloads(pages: Pages) -> list[str]:
    return [e.proto.label for e in pages.elements() if e.type == "download_button"]


@pytest.mark.parametrize("dossier", [MEASURED, REFUSED])
def test_dicom_files_are_offered_where_they_can_be_written(pages: Pages, monkeypatch: pytest.MonkeyPatch, dossier: Any) -> None:
    pages.measured_pair(dossier)
    assert T("compare.export_dicom") in downloads(pages)
    assert T("compare.export_dicom_note") in pages.words
    others = [label for label in downloads(pages) if label != T("compare.export_dicom")]
    monkeypatch.setattr(archive, "WRITERS", ("no_such_library",))
    pages.run()
    assert downloads(pages) == others
    assert "DICOM" not in pages.words


def test_what_is_wrong_with_a_photo_stands_beside_it(pages: Pages) -> None:
    pages.upload("before", b"before")
    assert T("compare.checking") in pages.html
    pages.checkings[0].know(flags=["soft"])
    pages.run()
    assert "900 × 1200" in pages.html
    for sentence in T.flag("soft"):
        assert escape(" ".join(sentence.split())) in " ".join(pages.html.split())
    assert T("compare.checking") not in pages.html


def test_more_photos_than_are_measured_are_said_and_left_out(pages: Pages) -> None:
    pages.upload("before", *(b"%d" % k for k in range(MOST_SHOTS + 1)))
    assert [warning.value for warning in pages.at.warning] == [T("compare.too_many")]
    assert len(pages.visit.shots("before")) == MOST_SHOTS


def test_dates_come_from_the_photos_can_be_changed_and_move_the_window_at_once(pages: Pages) -> None:
    pages.measured_pair()
    assert T("result.window_unknown") in pages.words
    pages.photos_tell("2026-03-02T10:00:00", "2026-05-25T11:00:00")
    assert [d.value for d in pages.at.date_input] == [dt.date(2026, 3, 2), dt.date(2026, 5, 25)]
    assert T("result.window_assessment") in pages.words
    pages.at.date_input(key="after_date").set_value(dt.date(2026, 3, 23))
    pages.run()
    assert T("result.window_interim") in pages.words
    assert T("result.band_unused", low="70", high="90") in pages.words
    assert 'data-testid="headline">61 %<' in pages.html
    pages.at.date_input(key="after_date").set_value(dt.date(2026, 3, 1))
    pages.run()
    assert [error.value for error in pages.at.error] == [T("compare.dates_reversed")]
    assert not PERCENTAGE.search(pages.words)
    assert len(pages.measurings) == 1


def test_a_collage_is_shown_with_its_cut_and_measured_as_it_was_cut(pages: Pages) -> None:
    pages.upload("before", b"collage")
    pages.checkings[0].know(cut=CUT)
    pages.run()
    assert T("compare.collage_title") in pages.words
    assert [s.value for s in pages.at.slider] == [48.0, 50.0]
    assert 'class="pc-cut" style="left:48.0%;width:2.0%' in pages.html
    pages.at.slider[0].set_value(40.0)
    pages.at.toggle(key=next(t.key for t in pages.at.toggle if t.key != "look_for_card")).set_value(True)
    pages.run()
    assert pages.html.index(T("pair.after")) < pages.html.index(T("pair.before"))
    assert pages.measurings == []
    pages.press(T("compare.collage_measure"))
    (measuring,) = pages.measurings
    assert measuring.request.cutting == Cutting("columns", pytest.approx(0.4), pytest.approx(0.5), swapped=True)
    assert (measuring.request.befores, measuring.request.afters) == ((b"collage",), ())


def test_what_was_taken_for_a_collage_can_be_one_photo(pages: Pages) -> None:
    pages.upload("before", b"no collage")
    pages.checkings[0].know(cut=CUT, flags=[])
    pages.run()
    pages.press(T("compare.collage_not"))
    assert T("compare.collage_title") not in pages.words
    assert T("compare.empty_after") in [info.value for info in pages.at.info]


def test_photos_from_the_camera_join_and_can_be_removed(pages: Pages) -> None:
    pages.upload("before", b"before")
    pages.visit.taken["after"] = (Shot(b"taken", dt.datetime(2026, 6, 6, 12, tzinfo=dt.UTC)),)
    pages.run()
    assert pages.measurings[0].request.afters == (b"taken",)
    assert pages.at.date_input(key="after_date").value == dt.date(2026, 6, 6)
    pages.press(T("compare.remove_shots"))
    assert pages.visit.shots("after") == ()
    assert [s.data for s in pages.visit.shots("before")] == [b"before"]


# --- field and correction


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the next look at the pictures' component gives back."""
    given: dict[str, Any] = {}

    def pair_view(*_: object, **__: object) -> dict[str, Any]:
        return {name: given.pop(name, None) for name in ("want", "field", "marks")}

    for module in (drawing, pictures):
        monkeypatch.setattr(module, "pair_view", pair_view)
    return given


def choose(pages: Pages, tool: str) -> None:
    pages.at.session_state[f"tool_{pages.visit.current[:16] or 'sample'}"] = tool
    pages.run()


SQUARE = {"polygon": [[10, 10], [90, 10], [90, 90], [10, 90]]}


def test_a_field_is_measured_anew_and_can_be_taken_back(pages: Pages, drawn: dict[str, Any]) -> None:
    first = pages.measured_pair()
    drawn["field"] = SQUARE
    choose(pages, "field")
    within = pages.measurings[-1]
    assert within is not first
    assert within.request.polygon_xy == ((20.5, 20.5), (180.5, 20.5), (180.5, 180.5), (20.5, 180.5))
    within.finish(MEASURED)
    pages.run()
    choose(pages, "field")
    assert T("compare.field_now") in [info.value for info in pages.at.info]
    pages.press(T("compare.field_clear"))
    assert pages.visit.current == first.request.key
    assert len(pages.measurings) == 2


def test_on_a_pair_without_a_number_the_field_is_drawn_on_the_photo_itself(pages: Pages, drawn: dict[str, Any]) -> None:
    pages.measured_pair()
    pages.at.date_input(key="before_date").set_value(dt.date(2026, 3, 2))
    pages.at.date_input(key="after_date").set_value(dt.date(2026, 3, 1))
    drawn["field"] = SQUARE
    choose(pages, "field")
    assert pages.measurings[-1].request.polygon_xy == ((10.0, 10.0), (90.0, 10.0), (90.0, 90.0), (10.0, 90.0))


def test_corrections_need_a_name_stand_beside_the_machine_s_number_and_are_all_kept(pages: Pages, drawn: dict[str, Any]) -> None:
    pages.measured_pair()
    drawn["marks"] = {"not_veins": [0], "missed": []}
    choose(pages, "correct")
    assert [error.value for error in pages.at.error] == [T("compare.correct_needs_name")]
    assert pages.visit.corrections == {}
    for name in ("Dr. Weber", MARKUP):
        pages.at.text_input(key="corrector").set_value(name)
        drawn["marks"] = {"not_veins": [0], "missed": [[[5, 5], [60, 60]]]}
        pages.run()
    assert [c.by for c, _ in pages.visit.corrections[pages.visit.current]] == ["Dr. Weber", MARKUP]
    assert pages.html.count(T("compare.correct_machine")) == 2
    assert pages.html.index(escape(MARKUP)) < pages.html.index("Dr. Weber")
    assert MARKUP not in pages.html


@pytest.mark.parametrize("marks", [{"not_veins": ["0"]}, {"not_veins": [], "missed": [[[1, "x"]]]}, {"not_veins": [10**6]}])
def test_marks_that_make_no_sense_are_asked_for_again(pages: Pages, drawn: dict[str, Any], marks: dict[str, Any]) -> None:
    pages.measured_pair()
    choose(pages, "correct")
    pages.at.text_input(key="corrector").set_value("Dr. Weber")
    drawn["marks"] = marks
    pages.run()
    assert len(pages.at.error) == 1
    assert not any(pages.visit.corrections.values())
