"""From the photos to a result: progress, stopping, refusals, several photos of a visit, collages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pydicom.uid import UltrasoundImageStorage

from photocompare.report.words.texts import texts
from photocompare.viewer.result.progress import STAGES
from tests.support import dicom_files
from tests.support.steps import (
    ENGLISH,
    MEASURED_MS,
    change,
    choose_language,
    everything_written,
    file_of,
    go_to,
    grave_findings,
    headline,
    jpeg_of,
    measuring_held,
    own_pair,
    pair,
    percentages,
    picture_of,
    sample_files,
    settled,
    stop_button,
    unfold,
    upload,
    upload_pair,
)

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]

WATCH_PROGRESS = """() => {
    window.stages = new Set();
    new MutationObserver(() => {
        for (const bar of document.querySelectorAll("[data-testid=stProgress]")) window.stages.add(bar.textContent.trim());
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


def test_two_photos_to_a_result_stopped_once_and_then_at_once(open_page: OpenPage) -> None:
    """Upload, stop, measure after all, and the same pair again."""
    page = open_page()
    pair(page)
    page.evaluate(WATCH_PROGRESS)
    upload(page, "before", sample_files("stained")[0])
    expect(page.get_by_text(ENGLISH("compare.empty_after"))).to_be_visible()
    expect(headline(page)).to_have_count(0)
    upload(page, "after", sample_files("stained")[1])
    stop_button(page).click()
    expect(page.get_by_text(ENGLISH("compare.stopped"))).to_be_visible()
    expect(headline(page)).to_have_count(0)
    page.get_by_role("button", name=ENGLISH("compare.measure"), exact=True).click()
    expect(stop_button(page)).to_be_visible()
    own_pair(page)
    said = headline(page).inner_text()
    assert percentages(said)
    names = [ENGLISH(f"stage_of_measuring.{stage}") for stage in STAGES]
    seen = [names.index(stage) for stage in page.evaluate("[...window.stages]") if stage]
    assert len(set(seen)) >= 4
    expect(page.get_by_text(ENGLISH("compare.sample_note"))).to_have_count(0)

    page.evaluate("window.stages.clear()")
    unfold(page)
    page.get_by_role("button", name="Remove after.jpg").click()
    expect(page.get_by_text(ENGLISH("compare.empty_after"))).to_be_visible()
    expect(headline(page)).to_have_count(0)
    upload(page, "after", sample_files("stained")[1])
    expect(headline(page)).to_have_text(said, timeout=5_000)
    assert page.evaluate("window.stages.size") == 0


def test_what_is_typed_while_a_pair_is_measured_stays(open_page: OpenPage) -> None:
    """Field after field, through the runs of the page that a measurement brings; and over another page in another language."""
    page, spanish = open_page(), texts("es")
    upload_pair(page, "stained")
    expect(stop_button(page)).to_be_visible()
    typed = {"patient_label": "left leg of the morning", "agent": "polidocanol", "region": "outer thigh", "note": "warm room, second look"}
    for key, words in typed.items():
        with measuring_held():
            if key == "patient_label":
                page.get_by_text(ENGLISH("compare.details"), exact=True).click()
            page.get_by_role("textbox", name=ENGLISH(f"compare.{key}"), exact=True).first.press_sequentially(words, delay=60)
        page.wait_for_timeout(300)  # a stage or two of measuring between fields
    own_pair(page)
    for key, words in typed.items():
        expect(page.get_by_role("textbox", name=ENGLISH(f"compare.{key}"), exact=True).first).to_have_value(words)
    page.get_by_role("textbox", name=ENGLISH("compare.note")).press("Tab")
    settled(page)
    go_to(page, "about")
    expect(page.get_by_role("heading", name=ENGLISH("about.title"), exact=True)).to_be_visible()
    choose_language(page, "Español")
    expect(page.get_by_role("heading", name=spanish("about.title"), exact=True)).to_be_visible()
    go_to(page, "compare", spanish)
    own_pair(page)
    page.get_by_text(spanish("compare.details"), exact=True).click()
    for key, words in typed.items():
        expect(page.get_by_role("textbox", name=spanish(f"compare.{key}"), exact=True).first).to_have_value(words)


def test_a_refused_pair_gets_no_number_but_reasons(open_page: OpenPage) -> None:
    page = open_page(size=(390, 844))
    upload_pair(page, "refused")
    expect(page.get_by_text(ENGLISH("result.refused"))).to_be_visible(timeout=MEASURED_MS)
    box = own_pair(page)
    expect(box).to_have_attribute("data-view", "originals")
    said = everything_written(page)
    assert percentages(said) == []
    assert ENGLISH("status.not_comparable") in said
    reasons = page.locator(".pc-block li")
    assert reasons.count() >= 1
    for reason in reasons.all():
        message = reason.locator("strong").inner_text()
        assert message
        assert len(reason.inner_text()) > len(message) + 10, "what to do is missing"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert grave_findings(page) == []
    go_to(page, "consult")
    expect(page.get_by_text(ENGLISH("consult.refused"))).to_be_visible()
    assert percentages(everything_written(page)) == []


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("leg.jpg", b"This is no photo, whatever its name says.\n" * 20, "NotAPhoto"),
        ("leg.jpg", sample_files("good_result")[0].read_bytes()[:90_000], "TruncatedPhoto"),
        ("small.png", None, "TooSmall"),
        ("IM000001", dicom_files.dicom(SOPClassUID=UltrasoundImageStorage), "UnsupportedDicom"),
    ],
)
def test_a_bad_file_is_told_as_it_arrives(open_page: OpenPage, name: str, data: bytes | None, error: str) -> None:
    page = open_page()
    upload(page, "before", file_of(name, data or jpeg_of(Image.new("RGB", (40, 30), (200, 160, 140)))))
    expect(page.locator(".pc-check").get_by_text(ENGLISH(f"errors.{error}"))).to_be_visible()
    expect(headline(page)).to_have_count(0)
    upload(page, "after", sample_files("good_result")[1])
    expect(page.locator(".pc-check img")).to_have_count(1)
    expect(page.get_by_role("alert").get_by_text(ENGLISH(f"errors.{error}"))).to_be_visible(timeout=MEASURED_MS)
    assert percentages(everything_written(page)) == []


def test_what_is_wrong_with_a_photo_is_told_before_it_is_measured(open_page: OpenPage) -> None:
    page = open_page()
    blurred = picture_of(sample_files("good_result")[0]).reduce(20).resize((1200, 1600), Image.Resampling.BICUBIC)
    upload(page, "before", file_of("blurred.jpg", jpeg_of(blurred)))
    card = page.locator(".pc-check")
    expect(card).to_contain_text("1200 × 1600")
    expect(card.locator("strong").first).to_be_visible(timeout=MEASURED_MS)
    message = card.locator("p:has(strong)").first
    assert len(message.inner_text()) > len(message.locator("strong").inner_text()) + 10, "how to take a better one is missing"


def test_two_photos_of_each_visit(open_page: OpenPage) -> None:
    page = open_page(size=(1024, 768))
    before, after = (picture_of(path) for path in sample_files("good_result"))
    for which, picture in (("before", before), ("after", after)):
        shots = [file_of(f"{which}{k}.jpg", jpeg_of(picture.crop((4 * k, 6 * k, 1200, 1600)), quality=94 - k)) for k in range(2)]
        upload(page, which, *shots)
    expect(page.locator(".pc-check img")).to_have_count(4, timeout=MEASURED_MS)
    own_pair(page)
    assert percentages(headline(page).inner_text())
    expect(page.get_by_text(ENGLISH("result.shots", n=2, values="").strip())).to_be_visible()


def test_photos_of_another_pair_take_cards_names_and_days_of_the_last_one_away(open_page: OpenPage) -> None:
    page = open_page()
    upload_pair(page, "stained")
    own_pair(page)
    unfold(page)
    page.get_by_text(ENGLISH("compare.details"), exact=True).click()
    label = page.get_by_label(ENGLISH("compare.patient_label"), exact=True)
    label.fill("Anna Example")
    change(page, lambda: label.press("Tab"))
    page.get_by_role("button", name="Remove before.jpg").click()
    upload(page, "before", sample_files("good_result")[0])
    expect(label).to_have_value("Anna Example")
    upload(page, "after", file_of("other.jpg", sample_files("good_result")[1].read_bytes()))
    expect(page.locator(".pc-check img")).to_have_count(3, timeout=MEASURED_MS)
    with measuring_held():
        page.get_by_role("button", name="Remove after.jpg").click()
        expect(page.locator(".pc-check")).to_have_count(2)
        expect(label).to_have_value("")
    own_pair(page)
    expect(label).to_have_value("")
    column = page.locator("[data-testid=stColumn]:has(.pc-check)").first
    spare = column.evaluate("e => e.clientHeight") - column.locator(".pc-check").evaluate("e => e.clientHeight")
    assert spare < 40, "places without a card take room"


def collage() -> bytes:
    before, after = (np.asarray(picture_of(path)) for path in sample_files("stained"))
    return jpeg_of(Image.fromarray(np.concatenate([after, before], axis=1)))


def test_a_collage_is_found_cut_swapped_and_measured(open_page: OpenPage) -> None:
    page = open_page()
    upload(page, "before", file_of("both visits.jpg", collage()))
    expect(page.get_by_role("heading", name=ENGLISH("compare.collage_title"))).to_be_visible(timeout=MEASURED_MS)
    preview = page.get_by_role("img", name=ENGLISH("compare.collage_preview"))
    tags = preview.locator(".pc-tag")
    expect(tags).to_have_text([ENGLISH("pair.before"), ENGLISH("pair.after")])
    cut = preview.locator(".pc-cut")
    assert cut.evaluate("e => parseFloat(e.style.left)") == pytest.approx(50, abs=0.3)
    page.get_by_role("slider", name=ENGLISH("compare.collage_at")).press("ArrowLeft")
    expect(cut).to_have_attribute("style", "left:49.9%;width:0.6%;top:0;bottom:0")
    page.get_by_text(ENGLISH("compare.collage_swapped")).click()
    expect(tags).to_have_text([ENGLISH("pair.after"), ENGLISH("pair.before")])
    expect(headline(page)).to_have_count(0)
    page.get_by_role("button", name=ENGLISH("compare.collage_measure")).click()
    own_pair(page)
    assert percentages(headline(page).inner_text())


def test_a_file_that_is_one_photo_after_all(open_page: OpenPage) -> None:
    page = open_page(size=(390, 844))
    upload(page, "before", file_of("both visits.jpg", collage()))
    page.get_by_role("button", name=ENGLISH("compare.collage_not")).click(timeout=MEASURED_MS)
    expect(page.get_by_text(ENGLISH("compare.empty_after"))).to_be_visible()
    expect(page.get_by_role("heading", name=ENGLISH("compare.collage_title"))).to_have_count(0)
