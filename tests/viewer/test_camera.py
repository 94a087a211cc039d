"""What goes to the camera in the browser, and what is let in from it."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from photocompare.base.errors import UsageError
from photocompare.report.pdf.card import card_pdf, write_card_pdf
from photocompare.report.words.texts import texts
from photocompare.viewer.capture import camera, page
from photocompare.viewer.capture.camera import JPEG_MAGIC, LiveCheckOptions, packed_camera, shot_from_value
from photocompare.viewer.measuring.visit import visit_of
from photocompare.viewer.shared import notices
from photocompare.viewer.shared.notices import Notice, notice_at
from tests.support.sent_to_browser import unpacked

ENGLISH = texts("en")
JPEG = JPEG_MAGIC + b"\xe0 what a camera wrote"
TAKEN = "2026-03-01T10:15:00.250Z"


def value(**changes: object) -> dict[str, object]:
    return {"which": "after", "jpeg": base64.b64encode(JPEG).decode(), "taken_at": TAKEN} | changes


# --- to the browser


def test_the_camera_gets_words_thresholds_and_the_before_photo() -> None:
    head, pictures = unpacked(packed_camera(JPEG, ENGLISH, LiveCheckOptions(softer=1.7)))
    assert pictures == {"before": JPEG}
    assert head["texts"] == ENGLISH.section("camera")
    assert head["options"]["softer"] == 1.7


def test_the_before_photos_name_changes_with_its_bytes_only() -> None:
    names = [unpacked(packed_camera(photo, ENGLISH))[0]["before"] for photo in (None, b"", JPEG, JPEG, JPEG + b"x")]
    assert names[:2] == ["", ""]
    assert names[2] == names[3] != names[4]


def test_the_live_checks_speak_the_same_thresholds_as_the_measurement() -> None:
    options = LiveCheckOptions()
    assert options.least_red == 0.048
    assert options.blurred_mm == pytest.approx(0.594, abs=0.001)
    assert 0 < options.sharp_px < options.widest_px


def test_every_word_of_the_camera_is_there_and_used() -> None:
    folder = files("photocompare.viewer.capture")
    markup = folder.joinpath("camera.html").read_text(encoding="utf-8")
    script = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in ("camera.js", "camera_checks.js", "camera_source.js"))
    words = ENGLISH.section("camera")
    asked = set(re.findall(r'data-text="(\w+)"', markup)) | set(re.findall(r"texts\.(\w+)", script))
    assert asked <= set(words)
    named = asked | set(re.findall(r'"(\w+)"', script))
    assert set(words) <= named


def test_no_sentence_stands_in_the_markup() -> None:
    markup = files("photocompare.viewer.capture").joinpath("camera.html").read_text(encoding="utf-8")
    assert not re.sub(r"<[^>]*>", "", markup).strip()


# --- from the browser


def test_a_shot_comes_through_byte_for_byte() -> None:
    shot = shot_from_value(value(), ENGLISH)
    assert shot.jpeg == JPEG
    assert shot.which == "after"
    assert shot.taken_at == datetime(2026, 3, 1, 10, 15, 0, 250_000, tzinfo=UTC)


def test_another_offset_is_the_same_instant_in_utc() -> None:
    shot = shot_from_value(value(taken_at="2026-03-01T12:15:00.250+02:00"), ENGLISH)
    assert shot.taken_at == datetime(2026, 3, 1, 10, 15, 0, 250_000, tzinfo=UTC)
    assert shot.taken_at.tzinfo is UTC


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "shot",
        ["before"],
        {},
        value(which="during"),
        value(which=["after"]),
        value(which=None),
        value(jpeg=None),
        value(jpeg=b"bytes"),
        value(jpeg="not base64!"),
        value(jpeg="ünïcode"),
        value(jpeg=""),
        value(jpeg=base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()),
        value(jpeg="data:image/jpeg;base64," + base64.b64encode(JPEG).decode()),
        value(taken_at=None),
        value(taken_at="yesterday"),
        value(taken_at="2026-03-01T10:15:00"),
        value(taken_at=1772360100),
        value(taken_at="0001-01-01T00:00:00+14:00"),
    ],
)
def test_anything_else_is_refused_with_the_next_step(sent: object) -> None:
    with pytest.raises(UsageError, match="Take it again"):
        shot_from_value(sent, ENGLISH)


def test_a_shot_over_the_limit_is_refused_before_it_is_decoded() -> None:
    limit = 3_000_000
    at_limit = JPEG_MAGIC + bytes(limit - len(JPEG_MAGIC))
    assert len(shot_from_value(value(jpeg=base64.b64encode(at_limit).decode()), ENGLISH, max_bytes=limit).jpeg) == limit
    with pytest.raises(UsageError, match="more than 3 MB"):
        shot_from_value(value(jpeg=base64.b64encode(at_limit + b"xy").decode()), ENGLISH, max_bytes=limit)
    with pytest.raises(UsageError, match="more than 3 MB"):
        shot_from_value(value(jpeg="!" * (2 * limit)), ENGLISH, max_bytes=limit)


# --- the card that the page hands out


def test_the_card_that_is_handed_out_is_the_card_that_is_written(tmp_path: Path) -> None:
    write_card_pdf(tmp_path / "card.pdf")
    assert (tmp_path / "card.pdf").read_bytes() == card_pdf()


# --- into the session's pair, before the page runs


@pytest.mark.parametrize("sent", [value(), value(jpeg="no photo"), None])
def test_a_shot_joins_the_pair_or_why_not_is_left_to_be_told(sent: object, monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[Any, Any] = {"camera": SimpleNamespace(shot=sent)}
    shown: list[str] = []
    for module in (camera, page, notices):
        monkeypatch.setattr(module, "st", SimpleNamespace(session_state=state, switch_page=shown.append))
    page._keep_shot(ENGLISH)
    (shots, told) = (visit_of(state).taken["after"], notice_at("camera"))
    if sent == value():
        assert ([shot.data for shot in shots], shown, told) == ([JPEG], ["app_pages/compare.py"], None)
    else:
        assert (shots, shown, told) == ((), [], Notice(ENGLISH("capture.shot_unreadable"), done=False))
