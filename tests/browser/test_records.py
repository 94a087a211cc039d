"""Saving a pair to a record and finding it again: nothing lost, nothing twice, names shown as what they are."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from photocompare.records.access import LOCAL
from photocompare.records.patient_file import PatientFile
from photocompare.records.places import in_folder
from photocompare.records.store import Records
from photocompare.report.words.headline import headline_listed
from photocompare.results.dossier import Dossier
from photocompare.results.result_json import as_dict
from tests.support.steps import (
    ENGLISH,
    SIZES,
    change,
    choose_option,
    choose_record_view,
    choose_tool,
    everything_written,
    file_of,
    go_to,
    grave_findings,
    headline,
    jpeg_of,
    own_pair,
    pair,
    picture_of,
    sample_files,
    set_date,
    settled,
    sign,
    strike,
    upload,
    upload_pair,
)
from tests.support.viewer_server import Server, Visitors, serving

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]

HAND_MS = 300
"""From one button to another: a hand is hardly faster."""

HOSTILE = "<img src=x onerror=alert(1)> ![x](http://h.example/p.png) '); DROP TABLE patient; -- $x$ :red[y] \U0001f9b5"
RIGHT_TO_LEFT = "\u202eعربية Zażółć"


@pytest.fixture(scope="module")
def practice() -> Iterator[tuple[Server, Records]]:
    """A viewer whose records a test can look into."""
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as server:
        held = Records(in_folder(Path(name) / "records"))
        yield server, held
        held.close()


@pytest.fixture
def held(practice: tuple[Server, Records]) -> Records:
    return practice[1]


@pytest.fixture
def open_page(chromium: Browser, practice: tuple[Server, Records]) -> Iterator[OpenPage]:
    visitors = Visitors(chromium, practice[0])
    yield visitors.open
    visitors.leave()


@pytest.fixture(scope="module")
def measured(chromium: Browser, practice: tuple[Server, Records]) -> Iterator[Page]:
    """A page with a measured pair, its days given; each test enters another patient."""
    visitors = Visitors(chromium, practice[0])
    page = visitors.open(size=(1440, 1000))
    upload_pair(page, "unchanged")
    own_pair(page)
    set_date(page, "before", "2026-01-12")
    set_date(page, "after", "2026-04-06")
    settled(page)
    yield page
    visitors.leave()


def field(page: Page, key: str) -> Locator:
    """A text field of the form, the last of that name on the page."""
    return page.get_by_role("textbox", name=ENGLISH(key), exact=True).last


def write(page: Page, key: str, words: str) -> None:
    """Type into a field; once more where a run of the page that came just then took the words away."""
    box = field(page, key)
    for _ in range(2):
        if box.input_value() == words:
            return
        box.fill(words)
        with contextlib.suppress(PlaywrightTimeout):
            change(page, lambda: box.press("Tab"))
    expect(box).to_have_value(words)


def choose(page: Page, key: str, option: str) -> None:
    """Choose from a list, unless it is chosen already."""
    box = page.get_by_role("combobox", name=ENGLISH(key)).last
    if box.input_value() != option:
        choose_option(page, box, option)


def new_patient(page: Page, name: str, region: str = "outer thigh") -> None:
    """Enter a new patient below the measured pair."""
    settled(page)
    if not page.get_by_role("radio", name=ENGLISH("saving.patient_new")).is_checked():
        change(page, page.get_by_text(ENGLISH("saving.patient_new"), exact=True).first.click)
    write(page, "patients.field_name", name)
    choose(page, "compare.leg", ENGLISH("compare.leg_left"))
    write(page, "compare.region", region)


def saved_as(page: Page, held: Records, name: str, revision: int = 1) -> PatientFile:
    """The patient's file once the comparison is in it and the page has said so."""
    for _ in range(100):
        for file in files_named(held, name):
            if any(c.revision == revision for region in file.regions for c in region.comparisons):
                expect(saved(page, file, revision)).to_be_visible()
                settled(page)
                return file
        page.wait_for_timeout(200)
    raise AssertionError(f"nothing was saved for {name}: {page.get_by_test_id('stAlert').all_inner_texts()}")


def save_button(page: Page) -> Locator:
    return page.get_by_role("button", name=ENGLISH("saving.save"), exact=True)


def saved(page: Page, file: PatientFile, revision: int = 1) -> Locator:
    words = ENGLISH("saving.saved", record=file.key) if revision == 1 else ENGLISH("saving.saved_revision", record=file.key, n=revision)
    return page.get_by_test_id("stAlert").get_by_text(words)


def files_named(held: Records, name: str) -> list[PatientFile]:
    return [held.open_patient(LOCAL, line.key) for line in held.find_patients(LOCAL, name)]


def find(page: Page, words: str) -> Locator:
    """Look for patients; their buttons."""
    go_to(page, "patients")
    expect(page.get_by_role("heading", level=1, name=ENGLISH("patients.title"))).to_be_visible()
    settled(page)
    everyone = page.get_by_role("button", name=ENGLISH("patients.all"), exact=True)
    if everyone.is_visible():
        change(page, everyone.click)
    sought = page.get_by_role("textbox", name=ENGLISH("patients.search"))
    sought.fill(words)
    change(page, lambda: sought.press("Enter"))
    return page.locator(".patients button")


def open_found(page: Page, words: str) -> None:
    """Look for a patient and open the record.  The list is drawn some moments after the run that sought: until then all are listed."""
    found = find(page, words)
    expect(found).to_have_count(1)
    change(page, found.click)


def test_a_pair_is_saved_once_however_often_it_is_asked_for_and_found_again(measured: Page, held: Records, open_page: OpenPage) -> None:
    page = measured
    new_patient(page, "Ada Once")
    write(page, "patients.field_operator", "Dr. Vein")
    save_button(page).dblclick()
    file = saved_as(page, held, "ada once")
    assert len(files_named(held, "ada once")) == 1
    (region,) = file.regions
    assert (region.side, region.name, len(region.comparisons), len(region.earlier)) == ("left", "outer thigh", 1, 0)
    assert [v.facts.day.isoformat() for v in region.visits] == ["2026-01-12", "2026-04-06"]
    assert region.visits[0].facts.operator == "Dr. Vein"
    before, after = sample_files("unchanged")
    assert held.photo(LOCAL, region.visits[0].photos[0].id) == before.read_bytes()
    assert held.photo(LOCAL, region.visits[1].photos[0].id) == after.read_bytes()

    page.get_by_role("link", name=ENGLISH("saving.to_patient")).click()
    expect(page.get_by_test_id("patient")).to_contain_text("Ada Once")
    another = open_page("/patients")
    found = find(another, "ADA")
    expect(found).to_have_count(1)
    change(another, found.click)
    expect(another.locator(".pc-visits li")).to_have_count(2)
    assert headline_of(held, file) in everything_written(another)
    go_to(page, "compare")
    expect(saved(page, file)).to_be_visible()


def headline_of(held: Records, file: PatientFile) -> str:
    """The headline as the patient's page lists it."""
    result = held.dossier(LOCAL, file.regions[0].comparisons[0].id).result
    assert result.length is not None
    return headline_listed(result.length, result.benchmark.band, ENGLISH)


def test_what_was_typed_stays_when_saving_fails(measured: Page, held: Records) -> None:
    page = measured
    settled(page)
    open_form(page)
    new_patient(page, "Bea Forgetful", region="")
    write(page, "patients.field_site", "South")
    change(page, save_button(page).click)
    expect(page.get_by_test_id("stAlert").get_by_text("Name the part of the leg")).to_be_visible()
    expect(field(page, "patients.field_name")).to_have_value("Bea Forgetful")
    expect(field(page, "patients.field_site")).to_have_value("South")
    assert not files_named(held, "bea forgetful")
    go_to(page, "about")
    expect(page.get_by_role("heading", level=1, name=ENGLISH("about.title"))).to_be_visible()
    go_to(page, "compare")
    own_pair(page)
    open_form(page)
    expect(field(page, "patients.field_name")).to_have_value("Bea Forgetful")
    expect(field(page, "patients.field_site")).to_have_value("South")
    write(page, "compare.region", "calf")
    save_button(page).click()
    file = saved_as(page, held, "bea forgetful")
    assert file.regions[0].visits[0].facts.site == "South"


def test_a_page_that_is_clicked_while_a_pair_is_saved_is_shown_at_once_and_tells_it(measured: Page, held: Records) -> None:
    page, name = measured, "Lea Left"
    open_form(page)
    new_patient(page, name)
    settled(page)
    about = page.get_by_role("heading", level=1, name=ENGLISH("about.title"))
    told = page.get_by_test_id("stAlert").get_by_text(re.compile("saved"))
    with held.database.writing():  # another one writes: the save waits
        save_button(page).click()
        page.wait_for_timeout(HAND_MS)
        go_to(page, "about")
        expect(about).to_be_visible()
        page.wait_for_timeout(HAND_MS)
        expect(told).to_have_count(0)
    expect(told).to_be_visible()
    (file,) = files_named(held, name)
    expect(told).to_have_text(ENGLISH("saving.saved", record=file.key))
    expect(about).to_be_visible()
    assert [c.revision for region in file.regions for c in region.comparisons] == [1]
    assert grave_findings(page) == []
    go_to(page, "compare")
    own_pair(page)
    expect(saved(page, file)).to_be_visible()


def open_form(page: Page) -> None:
    """The form closes when a pair was saved."""
    settled(page)
    if not save_button(page).is_visible():
        page.get_by_text(ENGLISH("saving.open"), exact=True).click()
    expect(save_button(page)).to_be_visible()


def test_a_correction_by_hand_is_a_revision_with_its_reason(measured: Page, held: Records) -> None:
    page = measured
    machine = headline(page).inner_text()
    box = choose_tool(page, "correct")
    dossier = measured_dossier(held)
    strike(box, dossier, 0)
    sign(page, "Dr. Corrects")
    page.get_by_role("button", name=ENGLISH("pair.apply_marks")).click()
    expect(page.locator(".pc-two")).to_have_count(1)
    open_form(page)
    new_patient(page, "Cora Corrected")
    write(page, "saving.reason_correction", "")
    change(page, save_button(page).click)
    expect(page.get_by_test_id("stAlert").get_by_text("Give the reason for the correction.")).to_be_visible()
    assert not files_named(held, "cora")
    write(page, "saving.reason_correction", "a hair, not a vein")
    save_button(page).click()
    file = saved_as(page, held, "cora", revision=2)
    (kept,), (first,) = file.regions[0].comparisons, file.regions[0].earlier
    assert (kept.revision, kept.corrected, kept.reason, first.revision, first.corrected) == (2, True, "a hair, not a vein", 1, False)
    assert as_dict(kept.result)["correction"]["machine_length"] == as_dict(first.result)["clearance"]["length"]
    assert as_dict(kept.result)["correction"]["by"] == "Dr. Corrects"
    expect(headline(page)).to_have_text(machine)
    open_found(page, "cora")
    choose_record_view(page, "pair")
    pair(page)
    written = everything_written(page)
    assert "a hair, not a vein" in written
    assert "Dr. Corrects" in written
    assert grave_findings(page) == []
    go_to(page, "compare")
    own_pair(page)


def measured_dossier(held: Records) -> Dossier:
    """The measured pair as the records have it."""
    (file,) = files_named(held, "ada once")
    return held.dossier(LOCAL, file.regions[0].comparisons[0].id)


@pytest.mark.parametrize("name", [HOSTILE, RIGHT_TO_LEFT])
def test_hostile_names_are_shown_as_what_they_are(measured: Page, held: Records, name: str) -> None:
    page = measured
    open_form(page)
    new_patient(page, name, region=name[:60])
    corrected = field(page, "saving.reason_correction").count() > 0
    if corrected:
        write(page, "saving.reason_correction", name[:60])
    save_button(page).click()
    saved_as(page, held, name[:20], revision=1 + corrected)
    found = find(page, name[:20])
    expect(found).to_have_count(1)
    seen = name[:20].replace("\u202e", "")
    expect(found).to_contain_text(seen)
    change(page, found.click)
    expect(page.get_by_test_id("patient")).to_contain_text(seen)
    for view in ("course", "pair", "segments", "identity", "timeline"):
        choose_record_view(page, view)
        main = page.get_by_test_id("stMain")
        assert main.locator("a[href^=javascript], img[src=x], img[src^=http], .katex, script").count() == 0
    (file,) = files_named(held, name[:20])
    assert file.identity is not None
    assert file.identity.name == name
    go_to(page, "compare")
    own_pair(page)


def test_a_refused_pair_is_saved_and_counted(open_page: OpenPage, held: Records) -> None:
    page = open_page(size=(1440, 1000))
    upload(page, "before", sample_files("good_result")[0])
    mirrored = picture_of(sample_files("stained")[1]).rotate(180)
    upload(page, "after", file_of("other.jpg", jpeg_of(mirrored)))
    own_pair(page)
    expect(page.get_by_text(ENGLISH("result.refused"))).to_be_visible()
    set_date(page, "before", "2026-02-02")
    set_date(page, "after", "2026-05-04")
    new_patient(page, "Rena Refused")
    save_button(page).click()
    file = saved_as(page, held, "rena refused")
    (kept,) = file.regions[0].comparisons
    assert (kept.status, as_dict(kept.result)["clearance"]) == ("not_comparable", None)
    table = held.cohort(LOCAL)
    assert set(table[table["comparison_id"] == kept.id]["status"]) == {"not_comparable"}
    open_found(page, "rena")
    expect(page.locator(".pc-measured")).to_contain_text(ENGLISH("patients.refused"))
    choose_record_view(page, "course")
    expect(page.get_by_text(ENGLISH("patients.course_refused"))).to_be_visible()


@pytest.mark.parametrize("size", [SIZES[0], SIZES[-1]])
def test_the_list_says_what_comes_next_and_fits(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page("/patients", size=size)
    settled(page)
    sought = page.get_by_role("textbox", name=ENGLISH("patients.search"))
    sought.fill("nobody of this name")
    change(page, lambda: sought.press("Enter"))
    expect(page.get_by_text(ENGLISH("patients.none_found"))).to_be_visible()
    change(page, page.get_by_text(ENGLISH("patients.new"), exact=True).click)
    expect(page.get_by_role("button", name=ENGLISH("patients.add"))).to_be_visible()
    assert grave_findings(page) == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= size[0]


def test_a_patient_is_opened_by_address_only_where_it_may_be_seen(open_page: OpenPage, held: Records) -> None:
    (file,) = files_named(held, "ada once")
    page = open_page(f"/patients?patient={file.key}")
    expect(page.get_by_test_id("patient")).to_contain_text("Ada Once")
    assert "patient=" not in page.url
    page = open_page("/patients?patient=P-222222222")
    expect(page.get_by_text("There is no patient with that key.")).to_be_visible()
    expect(page.get_by_test_id("patient")).to_have_count(0)
