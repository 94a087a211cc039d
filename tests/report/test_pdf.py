"""The printed pages: what stands on them, and that nothing else gets in."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from photocompare import compare, read_photo
from photocompare.base.estimate import Estimate
from photocompare.report.files.dossier_making import dossier_of
from photocompare.report.pdf.printouts import file_pdf, patient_pdf
from photocompare.report.pdf.words import why
from photocompare.report.words.numbers import decimal
from photocompare.report.words.texts import Texts
from photocompare.report.words.visit import treatment_of
from photocompare.results.dossier import Dossier
from photocompare.results.result import ClearanceFigures, PigmentFigures, RegistrationFigures
from photocompare.results.timing import Window
from photocompare.results.visit_details import VisitDetails
from tests.support.made_comparison import NO_SCALE, make_comparison
from tests.support.made_report import CORRECTION, DETAILS, MANY_REASONS, T, text_of
from tests.support.made_result import at_time, with_length, with_result


@pytest.fixture(scope="module")
def measured() -> Dossier:
    return dossier_of(make_comparison())


@pytest.fixture(scope="module")
def refused() -> Dossier:
    return dossier_of(make_comparison("not_same_view", "soft:before"))


# --- what stands on the file's page


def test_the_file_page_says_everything(measured: Dossier) -> None:
    text = text_of(file_pdf(measured, DETAILS, T))
    for expected in (
        "Example, Anna",
        "14 March 2026",
        "6 June 2026",
        "84 days",
        "Left leg, lateral thigh",
        "2 sessions, Polidocanol 0.5 %",
        "Compression for a week.",
        "Comparable",
        "61 %",
        "95 % interval: 48 to 72 %",
        "Usual band 70 to 90 %",
        "Responder 75 %",
        "below the usual band",
        "70 % (60 to 80 %)",
        "-3 % (-20 to 12 %)",
        "-41 % (-55 to -30 %)",
        "Still visible",
        "intermediate (ITA 38° before, 39° after)",
        "0.120 mm/px, from the card",
        "0.07 mm (95 %: 0.23 mm)",
        "a" * 12,
        "b" * 12,
        "0.1.0 · contract 2 · standard " + "c" * 12,
        "It is not a diagnosis.",
    ):
        assert expected in text, expected
    assert "could not be measured" in text  # the reticular veins' clearance failed: said, and no zero


def test_rounding_carries_no_printed_headline_over_a_mark(measured: Dossier) -> None:
    close = with_result(measured, with_length(measured.result, Estimate(74.6, 60.0, 80.0, "%")))
    assert f"74.6 % {T('headline.of_cleared')}" in text_of(file_pdf(close, DETAILS, T))


def test_lengths_stand_beside_their_fates(measured: Dossier) -> None:
    text = text_of(file_pdf(measured, DETAILS, T))
    for fate, length in measured.result.lengths.items():
        assert f"{T(f'fate.{fate}')} {length:.0f} mm" in text, fate
    assert "+" not in text


def test_a_refused_pair_has_no_percentage_but_reasons_and_fixes(refused: Dossier) -> None:
    for pdf in (file_pdf(refused, VisitDetails("Example, Anna"), T, CORRECTION), patient_pdf(refused, VisitDetails("Example, Anna"), T)):
        text = text_of(pdf)
        assert not re.search(r"\d\s*%", text)
        assert "Dr. Weber" not in text
        assert len(PdfReader(io.BytesIO(pdf)).pages[0].images) == 2
    text = text_of(file_pdf(refused, DETAILS, T))
    assert "No number can be given for this pair" in text
    for reason in refused.result.reasons:
        assert " ".join(reason.message.split()) in text
        assert " ".join(reason.fix.split()) in text


def test_a_result_that_dates_took_its_numbers_from_is_refused(measured: Dossier) -> None:
    emptied = dataclasses.replace(measured, result=dossier_of(make_comparison("dates_reversed")).result)
    assert emptied.veins is not None
    assert not re.search(r"\d\s*%", text_of(file_pdf(emptied, VisitDetails(), T)))
    assert not re.search(r"\d\s*%", text_of(patient_pdf(emptied, VisitDetails(), T)))


def test_every_number_may_have_failed_but_the_headline(measured: Dossier) -> None:
    failed, length = Estimate.failed("%"), measured.result.length
    assert length is not None
    emptied = dataclasses.replace(
        measured.result,
        clearance=ClearanceFigures(length, failed, failed, failed, {}),
        pigment=PigmentFigures(None, None, None, None, None),
        registration=RegistrationFigures(None, None, None, 812345, None),
        skin=None,
    )
    text = text_of(file_pdf(with_result(measured, emptied), DETAILS, T))
    assert text.count("could not be measured") == 7
    assert "None" not in text
    assert "nan" not in text


def test_a_corrected_number_stands_beside_the_machines(measured: Dossier) -> None:
    text = text_of(file_pdf(measured, DETAILS, T, CORRECTION))
    assert "61 %" in text
    assert "Corrected by hand: 57 % (44 to 70 %)" in text
    assert "Dr. Weber, 7 June 2026, 09:20 UTC; 2 marked as no vein, 1 drawn." in text


def test_without_a_scale_lengths_are_pixels() -> None:
    dossier = dossier_of(make_comparison("scale_unknown", scale=NO_SCALE))
    text = text_of(file_pdf(dossier, VisitDetails(), T))
    assert f"{dossier.result.lengths['cleared']:.0f} px" in text
    assert "None; lengths in pixels" in text
    assert "mm²" not in text
    assert text.count("Not given") == 4
    assert "No patient label" in text


def test_reasons_that_do_not_fit_are_counted() -> None:
    text = text_of(file_pdf(dossier_of(make_comparison(*MANY_REASONS)), DETAILS, T))
    left_out = re.search(r"(\d+) more in the exported result", text)
    assert left_out is not None
    told = sum(" ".join(r.message.split()) in text for r in dossier_of(make_comparison(*MANY_REASONS)).result.reasons)
    assert told + int(left_out[1]) == len(MANY_REASONS)


@pytest.mark.parametrize(
    ("sessions", "agent", "percent", "expected"),
    [
        (None, "", None, "Not given"),
        (0, "", None, "No session"),
        (1, "Glucose", 66.0, "1 session, Glucose 66 %"),
        (3, "", 0.25, "3 sessions, 0.25 %"),
    ],
)
def test_treatment_in_words(sessions: int | None, agent: str, percent: float | None, expected: str) -> None:
    assert treatment_of(VisitDetails(sessions=sessions, agent=agent, concentration_percent=percent), T) == expected


def test_only_a_pair_in_its_window_is_held_against_the_band(measured: Dossier) -> None:
    result = measured.result
    assert "below the usual band" in why(result, T)
    windows: tuple[Window, ...] = ("too_early", "interim", "unknown")
    for window in windows:
        early = at_time(result, None, window)
        assert why(early, T).startswith(T(f"band.{window}"))
        assert ("trapped blood." in why(early, T)) == (window == "interim")
        assert "not applied" in text_of(file_pdf(with_result(measured, early), DETAILS, T))
    assert "come back" in why(at_time(result, 400, "late"), T)


def test_the_decimal_mark_is_the_languages() -> None:
    comma = Texts("es", {"number.decimal_mark": ","})
    assert decimal(0.1296, 3, comma) == "0,130"


# --- the patient's page


def test_the_patients_page_is_plain_and_complete(measured: Dossier) -> None:
    text = text_of(patient_pdf(measured, DETAILS, T))
    for expected in (
        "About 6 of 10 of the visible spider veins are gone; between 48 and 72 %.",
        "Example, Anna · Left leg, lateral thigh",
        "14 March 2026",
        "You are here",
        "What comes next",
        "shortness of breath",
        "large blisters",
    ):
        assert expected in text, expected
    for jargon in ("telangiectasia", "CIE76", "registration", "SHA", "sclerotherapy", "Polidocanol", "interval"):
        assert jargon.lower() not in text.lower()


def test_no_step_is_here_without_dates(measured: Dossier) -> None:
    undated = with_result(measured, at_time(measured.result, None, "unknown"))
    assert "You are here" not in text_of(patient_pdf(undated, VisitDetails(), T))


# --- the document


def test_equal_input_gives_equal_bytes(measured: Dossier) -> None:
    assert file_pdf(measured, DETAILS, T, CORRECTION) == file_pdf(measured, DETAILS, T, CORRECTION)
    assert patient_pdf(measured, DETAILS, T) == patient_pdf(measured, DETAILS, T)


def test_the_documents_information_names_nobody(measured: Dossier) -> None:
    for pdf in (file_pdf(measured, DETAILS, T, CORRECTION), patient_pdf(measured, DETAILS, T)):
        reader = PdfReader(io.BytesIO(pdf))
        assert reader.metadata is not None
        assert reader.metadata.title == "photocompare report"
        assert reader.metadata.author is None
        assert b"Example, Anna" not in pdf
        assert reader.xmp_metadata is None
        assert reader.trailer["/Root"]["/Lang"] == "en"


def test_fonts_are_embedded_in_part(measured: Dossier) -> None:
    for pdf in (file_pdf(measured, DETAILS, T), patient_pdf(measured, DETAILS, T)):
        fonts = PdfReader(io.BytesIO(pdf)).pages[0]["/Resources"]["/Font"]
        assert len(fonts) == 2
        for font in fonts.values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            assert "DejaVu" in descendant["/BaseFont"]
            assert len(descendant["/FontDescriptor"].get_object()["/FontFile2"].get_object().get_data()) < 100_000


def _planted(path: Path) -> None:
    """A photo that says much about its owner."""
    rng = np.random.default_rng(3)
    image = Image.fromarray(rng.integers(90, 200, (480, 360, 3), np.uint8))
    exif = Image.Exif()
    exif[0x010E] = "SECRET-OWNER in the description"
    exif[0x9286] = b"ASCII\0\0\0SECRET-OWNER in a comment"
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)}
    image.save(path, exif=exif.tobytes(), comment=b"SECRET-OWNER", xmp=b"<x:xmpmeta>SECRET-OWNER<script/></x:xmpmeta>", quality=95)


def test_nothing_of_a_photos_metadata_gets_in(tmp_path: Path) -> None:
    path = tmp_path / "SECRET-OWNER.jpg"
    _planted(path)
    assert path.read_bytes().count(b"SECRET-OWNER") >= 3
    photo = read_photo(path)
    dossier = dossier_of(compare(photo, photo))
    for pdf in (file_pdf(dossier, DETAILS, T), patient_pdf(dossier, DETAILS, T)):
        reader = PdfReader(io.BytesIO(pdf))
        streams = [pdf, *(image.data for image in reader.pages[0].images), reader.pages[0].get_contents().get_data()]
        assert len(streams) == 3  # both photos are the same one, embedded once
        for stream in streams:
            for marker in (b"SECRET", b"Exif\0", b"http://ns.adobe.com/xap", b"xmpmeta", b"GPS"):
                assert marker not in stream
        for image in reader.pages[0].images:
            assert not image.image.getexif()
            assert "comment" not in image.image.info
