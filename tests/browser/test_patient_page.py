"""One patient's page: the course, any two visits, one vein over time, two people at one record."""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pydicom import dcmread

from photocompare.records.access import LOCAL
from photocompare.records.patient_file import PatientFile
from photocompare.records.places import in_folder
from photocompare.records.store import Records
from photocompare.results.result_json import as_dict
from tests.support.dcmtk import said_by
from tests.support.made_course import COURSE_DAYS, NAME, save_course
from tests.support.made_records import sample_dossier
from tests.support.steps import (
    ENGLISH,
    MEASURED_MS,
    SIZES,
    change,
    choose_option,
    choose_record_view,
    comes_to,
    downloaded,
    everything_written,
    file_of,
    go_to,
    grave_findings,
    pair,
    sample_files,
    settled,
)
from tests.support.viewer_server import Server, Visitors, serving

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]

PHOTO_SHAPE = (1600, 1200)
"""Rows and columns of the sample photos, as the stage shows them whole."""


@pytest.fixture(scope="module")
def practice() -> Iterator[tuple[Server, Records, str]]:
    """A viewer over records with one patient who came back three times."""
    with tempfile.TemporaryDirectory() as name:
        held = Records(in_folder(Path(name) / "records"))
        key = save_course(held)
        with serving(Path(name)) as server:
            yield server, held, key
        held.close()


@pytest.fixture
def held(practice: tuple[Server, Records, str]) -> Records:
    return practice[1]


@pytest.fixture
def key(practice: tuple[Server, Records, str]) -> str:
    return practice[2]


@pytest.fixture
def open_page(chromium: Browser, practice: tuple[Server, Records, str]) -> Iterator[OpenPage]:
    visitors = Visitors(chromium, practice[0])
    yield visitors.open
    visitors.leave()


def open_patient(open_page: OpenPage, key: str, view: str = "", **how: object) -> Page:
    """The patient's page, in one of its views."""
    page = open_page(f"/patients?patient={key}", **how)
    expect(page.get_by_test_id("patient")).to_contain_text(NAME)
    settled(page)
    if view:
        choose_record_view(page, view)
    return page


def choose(page: Page, key: str, option: str) -> None:
    choose_option(page, page.get_by_role("combobox", name=ENGLISH(key)).last, option)


def field(page: Page, key: str) -> Locator:
    return page.get_by_role("textbox", name=ENGLISH(key), exact=True).first


def overflow(page: Page) -> int:
    return int(page.evaluate("(s => s.scrollWidth - s.clientWidth)(document.querySelector('[data-testid=stMain]'))"))


@pytest.mark.parametrize(("size", "dark"), [*((size, False) for size in SIZES), (SIZES[-1], True)])
def test_every_view_is_accessible_and_fits(open_page: OpenPage, key: str, size: tuple[int, int], dark: bool) -> None:
    page = open_patient(open_page, key, size=size, dark=dark)
    expect(page.locator(".pc-visits li")).to_have_count(1 + len(COURSE_DAYS))
    assert grave_findings(page) == []
    for view in ("course", "pair", "segments", "identity"):
        choose_record_view(page, view)
        if view == "course":
            expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(3)
        elif view == "pair":
            pair(page)
        elif view == "segments":
            expect(page.locator(".segments-home[data-ready]")).to_be_visible()
        assert grave_findings(page) == [], view
        assert overflow(page) <= 0, view


def test_the_course_is_also_told_in_numbers(open_page: OpenPage, key: str, held: Records) -> None:
    page = open_patient(open_page, key, "course")
    table = page.get_by_role("region", name=ENGLISH("patients.course_table"))
    rows = table.locator("tbody tr")
    expect(rows).to_have_count(len(COURSE_DAYS))
    (region,) = held.open_patient(LOCAL, key).regions
    for row, days, kept in zip(rows.all(), COURSE_DAYS, region.comparisons, strict=True):
        length = as_dict(kept.result)["clearance"]["length"]
        assert row.locator("td").all_inner_texts()[0] == str(days)
        assert f"{round(length['low'])} to {round(length['high'])}" in row.inner_text()


def test_a_stored_comparison_is_looked_at_and_taken_away_and_that_is_noted(
    open_page: OpenPage, key: str, held: Records, tmp_path: Path
) -> None:
    page = open_patient(open_page, key, "pair")
    box = pair(page)
    assert (box.get_attribute("data-ready") or "").startswith("kept_")
    data, name = downloaded(page, "file")
    assert data.startswith(b"%PDF")
    assert name == "photocompare-file.pdf"
    data, name = downloaded(page, "dicom")
    assert name == "photocompare-dicom.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path)
    said = said_by("dsrdump", "+Pc", tmp_path / "measurements.dcm")
    assert '"Clearance of vein length")=' in said
    assert NAME not in said + said_by("dcm2json", tmp_path / "summary.dcm")
    assert not dcmread(tmp_path / "measurements.dcm").PatientID
    rows = held.trail_rows(LOCAL, about=f"patient/{key}/comparison")
    noted = [row.action for row in rows]
    assert {json.loads(row.after)["what"] for row in rows if row.action == "comparison.export"} == {"file", "dicom"}
    assert "photo.view" in noted


def test_an_after_visit_is_later(open_page: OpenPage, key: str) -> None:
    page = open_patient(open_page, key, "pair")
    pair(page)
    choose(page, "patients.pair_before", "2026-07-21")
    expect(page.get_by_text(ENGLISH("patients.choose_later"))).to_be_visible()


def test_two_visits_that_were_never_compared_are_measured_stopped_and_saved(open_page: OpenPage, key: str, held: Records) -> None:
    page = open_patient(open_page, key)
    add_visit_with_photo(page, "2026-10-05")
    choose_record_view(page, "pair")
    choose(page, "patients.pair_after", "2026-10-05")
    measure = page.get_by_role("button", name=ENGLISH("patients.measure_pair"))
    measure.click()
    stop = page.get_by_role("button", name=ENGLISH("compare.stop"), exact=True)
    stop.click()
    expect(measure).to_be_visible()
    expect(stop).to_have_count(0)
    settled(page)
    measure.click()
    save = page.get_by_role("button", name=ENGLISH("patients.save_pair"))
    expect(save).to_be_visible(timeout=MEASURED_MS)
    pair(page)
    save.dblclick()
    expect(page.get_by_text(ENGLISH("saving.saved", record=key))).to_be_visible()
    settled(page)
    (region,) = held.open_patient(LOCAL, key).regions
    (kept,) = [c for c in region.comparisons if region.visit(c.after_visit).facts.day.isoformat() == "2026-10-05"]
    assert kept.revision == 1
    assert as_dict(kept.result)["photos"]["before"]["sha256"] == region.visit(kept.before_visit).photos[0].sha256


def add_visit_with_photo(page: Page, day: str) -> None:
    """A visit with a photo and no comparison; a file that is no photo is refused first, and nothing that was typed goes."""
    change(page, page.get_by_text(ENGLISH("patients.add_visit"), exact=True).first.click)
    for part, digits in zip(("year", "month", "day"), day.split("-"), strict=True):
        page.get_by_role("spinbutton", name=f"{part}, {ENGLISH('patients.field_day')}").last.click()
        page.keyboard.type(digits)
    page.get_by_role("heading", level=1).click()
    settled(page)
    choose_files(page, file_of("no.jpg", b"no photo"))
    add = page.get_by_role("button", name=ENGLISH("patients.add_visit"), exact=True)
    add.click()
    expect(page.get_by_text(ENGLISH("errors.NotAPhoto"))).to_be_visible(timeout=MEASURED_MS)
    settled(page)
    refused = page.get_by_role("button", name="Remove no.jpg", exact=True)
    refused.click()
    expect(refused).to_have_count(0)
    settled(page)
    choose_files(page, sample_files("unchanged")[1])
    add.click()
    expect(page.get_by_text(ENGLISH("patients.visit_added"))).to_be_visible(timeout=MEASURED_MS)
    settled(page)


def choose_files(page: Page, *files: object) -> None:
    uploader = page.get_by_role("region", name=ENGLISH("patients.photos_of_visit"))
    with page.expect_file_chooser() as coming:
        uploader.get_by_role("button", name=re.compile("^(Upload|Add files)")).click()
    coming.value.set_files(list(files))  # type: ignore[arg-type]
    expect(uploader.get_by_role("button", name="Remove")).to_have_count(len(files))
    settled(page)


def test_one_vein_is_followed_by_list_by_key_and_on_the_picture(open_page: OpenPage, key: str) -> None:
    page = open_patient(open_page, key, "segments")
    home = page.locator(".segments-home[data-ready]")
    expect(home.locator(".path li")).to_have_count(1 + len(COURSE_DAYS))
    first = home.locator(".chosen").inner_text()
    chain = " → ".join(ENGLISH(f"fate.{fate}") for fate in ("residual", "stained", "cleared"))
    listed = home.get_by_role("listbox", name=ENGLISH("segments.list"))
    expect(listed.locator("option").first).to_contain_text(chain)
    listed.focus()
    page.keyboard.press("ArrowDown")
    expect(home.locator(".chosen")).not_to_have_text(first)
    home.get_by_role("combobox", name=ENGLISH("segments.sort")).select_option("changes")
    expect(listed.locator("option").first).to_contain_text(chain)
    second = home.locator(".chosen").inner_text()
    stage = home.locator(".stage")
    size = stage.bounding_box()
    assert size is not None
    veins = sample_dossier().veins
    assert veins is not None
    downwards = sorted((p.points for p in veins.pieces if p.fate != "new"), key=lambda points: float(points[:, 0].mean()))
    middle = downwards[len(downwards) // 2]  # within the region that each visit shows
    row, col = middle[len(middle) // 2].tolist()
    height, width = PHOTO_SHAPE
    scale = min(size["width"] / width, size["height"] / height)
    stage.click(position={"x": size["width"] / 2 + (col - width / 2) * scale, "y": size["height"] / 2 + (row - height / 2) * scale})
    expect(home.locator(".chosen")).not_to_have_text(second)
    table = page.get_by_role("region", name=ENGLISH("patients.paths"))
    expect(table.locator("tbody tr").first).to_contain_text(ENGLISH("fate.stained"))


def test_two_people_at_one_visit_the_second_is_told_and_loses_nothing(open_page: OpenPage, key: str, held: Records) -> None:
    first, second = open_patient(open_page, key), open_patient(open_page, key, size=(1024, 768))
    for page in (first, second):
        change(page, page.get_by_text(ENGLISH("patients.one_visit"), exact=True).click)
        choose(page, "patients.visit", "2026-02-02")
    field(first, "patients.field_operator").fill("Dr. First")
    save = ENGLISH("patients.save_visit")
    first.get_by_role("button", name=save).click()
    expect(first.get_by_text(ENGLISH("patients.visit_saved"))).to_be_visible()
    field(second, "patients.field_operator").fill("Dr. Second")
    field(second, "patients.field_site").fill("<b>West</b>")
    second.get_by_role("button", name=save).click()
    expect(second.get_by_text("Somebody else changed this record meanwhile")).to_be_visible()
    settled(second)
    expect(field(second, "patients.field_operator")).to_have_value("Dr. Second")
    expect(field(second, "patients.field_site")).to_have_value("<b>West</b>")
    conflict = second.locator(".pc-record-table")
    expect(conflict).to_contain_text("Dr. First")
    expect(conflict).to_contain_text("<b>West</b>")
    assert grave_findings(second) == []
    assert visit_of(held, key).operator == "Dr. First"
    change(second, second.get_by_role("button", name=ENGLISH("patients.keep_mine")).click)
    expect(field(second, "patients.field_operator")).to_have_value("Dr. Second")
    second.get_by_role("button", name=save).click()
    expect(second.get_by_text(ENGLISH("patients.visit_saved"))).to_be_visible()
    assert (visit_of(held, key).operator, visit_of(held, key).site) == ("Dr. Second", "<b>West</b>")
    assert "<b>West</b>" in everything_written(second)


def visit_of(held: Records, key: str):  # type: ignore[no-untyped-def]
    file: PatientFile = held.open_patient(LOCAL, key)
    return file.regions[0].visits[1].facts


def test_two_people_at_one_identity_the_second_takes_what_is_kept(open_page: OpenPage, key: str, held: Records) -> None:
    first, second = open_patient(open_page, key, "identity"), open_patient(open_page, key, "identity")
    field(first, "patients.field_note").fill("first note")
    first.get_by_role("button", name=ENGLISH("patients.save_identity")).click()
    expect(first.get_by_text(ENGLISH("patients.identity_saved"))).to_be_visible()
    field(second, "patients.field_note").fill("second note")
    second.get_by_role("button", name=ENGLISH("patients.save_identity")).click()
    expect(second.get_by_text("Somebody else changed this record meanwhile")).to_be_visible()
    expect(field(second, "patients.field_note")).to_have_value("second note")
    change(second, second.get_by_role("button", name=ENGLISH("patients.take_theirs")).click)
    expect(field(second, "patients.field_note")).to_have_value("first note")
    file = held.open_patient(LOCAL, key)
    assert file.identity is not None
    assert file.identity.note == "first note"


@pytest.mark.parametrize("place", ["about", "audit"])
def test_a_page_that_is_clicked_while_something_is_saved_is_followed_and_it_is_saved(
    open_page: OpenPage, key: str, held: Records, place: str
) -> None:
    page = open_patient(open_page, key, "identity")
    note = f"noted on the way to {place}"
    field(page, "patients.field_note").fill(note)
    with held.database.writing():  # another one writes: the save waits
        page.get_by_role("button", name=ENGLISH("patients.save_identity")).click()
        page.wait_for_timeout(600)
        go_to(page, place)
        page.wait_for_timeout(600)
    expect(page.get_by_role("heading", level=1, name=ENGLISH("about.title" if place == "about" else "audit_page.title"))).to_be_visible()
    expect(page.get_by_text(ENGLISH("patients.identity_saved"))).to_be_visible()
    settled(page)
    assert f"/{place}" in page.url
    comes_to(page, lambda: getattr(held.open_patient(LOCAL, key).identity, "note", ""), note)


def test_a_consent_is_kept_and_seen_by_the_next(open_page: OpenPage, key: str, held: Records) -> None:
    page = open_patient(open_page, key, "identity")
    switch = page.get_by_text(ENGLISH("patients.consent_gallery"), exact=True)
    change(page, switch.click)
    comes_to(page, lambda: held.open_patient(LOCAL, key).consents, {"care": False, "teaching": False, "gallery": True})
    other = open_patient(open_page, key, "identity")
    expect(other.get_by_role("switch", name=ENGLISH("patients.consent_gallery"))).to_be_checked()
    change(other, other.get_by_text(ENGLISH("patients.consent_gallery"), exact=True).click)
    comes_to(other, lambda: held.open_patient(LOCAL, key).consents["gallery"], False)


def test_photos_of_a_visit_are_shown_without_an_address(open_page: OpenPage, key: str) -> None:
    page = open_patient(open_page, key)
    change(page, page.get_by_text(ENGLISH("patients.one_visit"), exact=True).click)
    choose(page, "patients.visit", "2026-01-12")
    page.get_by_text(ENGLISH("patients.show_photos"), exact=True).click()
    shown = page.get_by_role("img", name=ENGLISH("patients.photo_of", day="2026-01-12"))
    expect(shown).to_be_visible(timeout=MEASURED_MS)
    assert (shown.get_attribute("src") or "").startswith("data:image/jpeg;base64,")
