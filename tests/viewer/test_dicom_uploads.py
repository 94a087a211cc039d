"""DICOM files in the viewer: taken by content, held without whose they are."""

from __future__ import annotations

from photocompare.photo.reading import read_photo
from photocompare.report.words.texts import LANGUAGES, texts
from photocompare.viewer.measuring.requests import PhotoRefusal
from photocompare.viewer.measuring.uploads import SUFFIXES, nameless, refusal_words
from tests.support import dicom_files as files
from tests.support import hostile_files as make


def test_files_are_offered_whatever_their_ending() -> None:
    assert SUFFIXES is None


def test_an_upload_is_held_without_whose_it_is() -> None:
    made = files.dicom(make.scene())
    held = nameless(made)
    assert not any(secret.encode() in held for secret in files.SECRETS)
    assert read_photo(held).facts == read_photo(made).facts
    jpeg = make.jpeg()
    assert nameless(jpeg) is jpeg


def test_a_file_that_can_not_be_read_is_held_as_it_came_for_its_check_to_say_why() -> None:
    cut = make.cut(files.dicom(make.scene()), 0.002)
    assert nameless(cut) is cut


def test_every_language_says_why_a_dicom_file_is_not_read() -> None:
    for language in LANGUAGES:
        t = texts(language)
        for name in ("DicomFile", "UnsupportedDicom"):
            assert "DICOM" in refusal_words(PhotoRefusal(name, "", "", 0), t)
