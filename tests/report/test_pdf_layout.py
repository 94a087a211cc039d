"""The printed pages: that everything fits, that what is drawn is in its place, and what becomes of any typed text."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from photocompare.base.errors import UsageError
from photocompare.report.files.dossier_making import dossier_of
from photocompare.report.pdf.marks import Mark, draw_band
from photocompare.report.pdf.pictures import PRINT_DPI, filling, measured_pictures
from photocompare.report.pdf.printouts import file_pdf, patient_pdf
from photocompare.report.pdf.sheet import PAGE_HEIGHT, PAGE_WIDTH, Sheet, TypeStyle
from photocompare.report.pictures.fate_styles import FATE_STYLES
from photocompare.report.words.texts import LANGUAGES, Texts, texts
from photocompare.report.words.visit import date_of
from photocompare.results.dossier import Dossier
from photocompare.results.reference_band import ReferenceBandOptions
from photocompare.results.result import CONTRACT
from photocompare.results.result_json import as_dict
from photocompare.results.visit_details import LONGEST_LABEL, NOT_SHOWN, VisitDetails, shown_text
from tests.support.made_comparison import make_comparison, make_pictures
from tests.support.made_report import CORRECTION, DETAILS, MANY_REASONS, T, text_of
from tests.support.made_result import with_result


@pytest.fixture(scope="module")
def measured() -> Dossier:
    return dossier_of(make_comparison())


@pytest.fixture(scope="module")
def refused() -> Dossier:
    return dossier_of(make_comparison("not_same_view", "soft:before"))


# --- nothing overlaps, nothing is cut off the page


@dataclass(frozen=True)
class Placed:
    text: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Placed) -> bool:
        """Whether the boxes share more than a third of a millimetre in both directions."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return min(across, down) > 0.3


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch) -> list[Placed]:
    """Everything that is put on a page, as boxes: lines of text and pictures."""
    boxes: list[Placed] = []
    write, show = Sheet.text, Sheet.picture

    def text(self: Sheet, x: float, y: float, text: str = "") -> None:
        size = self.font_size  # mm
        boxes.append(Placed(text, x, y - 0.73 * size, x + self.get_string_width(text), y + 0.2 * size))
        write(self, x, y, text)

    def picture(self: Sheet, encoded: bytes, x: float, y: float, width: float, height: float, description: str) -> None:
        boxes.append(Placed(description, x, y, x + width, y + height))
        show(self, encoded, x, y, width, height, description)

    monkeypatch.setattr(Sheet, "text", text)
    monkeypatch.setattr(Sheet, "picture", picture)
    return boxes


def longer(t: Texts, factor: float) -> Texts:
    """A language whose texts are longer: words repeated, placeholders kept once."""

    def stretched(text: str) -> str:
        words = re.sub(r"\{\w+\}", "", text).split()
        extra = round(len(text) * (factor - 1))
        tail = " ".join(words * 3)[:extra].strip() if extra >= 3 else ""
        return f"{text} {tail}" if tail else text

    kept = ("number.", "pdf.date")
    return Texts(t.language, {key: text if key.startswith(kept) else stretched(text) for key, text in t.entries.items()})


TRANSLATIONS = [code for code in LANGUAGES if code != "en"]
FILLED_UP = VisitDetails("M" * 100, dt.date(2026, 9, 30), dt.date(2026, 12, 31), 12, "W" * 60, 0.125, "right", "wm " * 40, "note " * 100)
CASES = {
    "usual": ((), DETAILS, None, T),
    "nothing given": ((), VisitDetails(), None, T),
    "everything full": (MANY_REASONS, FILLED_UP, CORRECTION, T),
    "a longer language": (("soft:before", "scale_assumed"), DETAILS, CORRECTION, longer(T, 1.35)),
    "refused": (("not_same_view", "soft:before"), DETAILS, None, T),
    "refused, everything full": (("not_same_view", "blurred:before", "blurred:after", *MANY_REASONS), FILLED_UP, None, longer(T, 1.35)),
}
for code in TRANSLATIONS:
    CASES |= {
        code: (("soft:before", "scale_assumed"), DETAILS, CORRECTION, texts(code)),
        f"{code}, everything full": (MANY_REASONS, FILLED_UP, CORRECTION, texts(code)),
        f"{code}, refused": (("not_same_view", "blurred:before", "blurred:after", *MANY_REASONS), DETAILS, None, texts(code)),
    }


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("full", [(400, 300), (300, 400)], ids=["portrait", "landscape"])
@pytest.mark.parametrize("reader", ["file", "patient"])
def test_nothing_overlaps_or_leaves_the_page(case: str, full: tuple[int, int], reader: str, placed: list[Placed]) -> None:
    codes, details, correction, t = CASES[case]
    dossier = dossier_of(make_comparison(*codes, pictures=make_pictures(full)))
    text_of(file_pdf(dossier, details, t, correction) if reader == "file" else patient_pdf(dossier, details, t))
    assert len(placed) > 10
    for box in placed:
        assert box.left >= 10, box
        assert box.right <= PAGE_WIDTH - 10 + 0.01, box
        assert box.top >= 8, box
        assert box.bottom <= PAGE_HEIGHT - 8, box
    for number, one in enumerate(placed):
        for other in placed[number + 1 :]:
            assert not one.meets(other), (one, other)


@pytest.mark.parametrize("language", TRANSLATIONS)
@pytest.mark.parametrize("reader", ["file", "patient"])
@pytest.mark.parametrize("codes", [(), ("not_same_view", "blurred:before")], ids=["measured", "refused"])
def test_a_page_is_in_its_language_and_cuts_no_words(language: str, reader: str, codes: tuple[str, ...], placed: list[Placed]) -> None:
    t = texts(language)
    dossier = dossier_of(make_comparison(*codes))
    make = file_pdf if reader == "file" else patient_pdf
    text = text_of(make(dossier, DETAILS, t))
    assert t("common.disclaimer") in text
    assert date_of(dt.date(2026, 3, 14), t) in text
    assert not [box for box in placed if "…" in box.text]
    english = {sentence for key, sentence in T.entries.items() if len(sentence.split()) > 3 and t.entries[key] != sentence}
    assert not [sentence for sentence in english if sentence in text]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("codes", [(), ("not_same_view",)], ids=["measured", "refused"])
@pytest.mark.parametrize("version", ["0.1.0", "10.20.30.post1"])
def test_what_made_a_result_is_told_to_its_end(language: str, codes: tuple[str, ...], version: str, placed: list[Placed]) -> None:
    # Digests of d, as wide as any digit; the c of other tests is narrower.
    t, contract = texts(language), texts(language)("contract.name", n=CONTRACT)
    assert contract in text_of(file_pdf(_made_by(codes, version, "standard"), DETAILS, t))
    (row,) = [box.text for box in placed if box.text.startswith(version)]
    assert row == f"{version} · {contract} · standard {'d' * 12}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_settings_of_any_name_leave_the_contract_to_be_read(language: str) -> None:
    t = texts(language)
    assert t("contract.name", n=CONTRACT) in text_of(file_pdf(_made_by((), "10.20.30.post1", "w" * 200), DETAILS, t))


def _made_by(codes: tuple[str, ...], version: str, settings_name: str) -> Dossier:
    made = dossier_of(make_comparison(*codes))
    provenance = dataclasses.replace(made.result.provenance, version=version, config=settings_name, config_sha256="d" * 64)
    return with_result(made, dataclasses.replace(made.result, provenance=provenance))


def test_the_band_shows_number_interval_and_responder_in_their_places() -> None:
    lines: list[tuple[float, float]] = []
    dots: list[float] = []
    fills: list[tuple[float, float]] = []

    class Watched(Sheet):
        def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
            lines.append((x1, x2))
            super().line(x1, y1, x2, y2)

        def dot(self, x: float, y: float, radius: float, colour: tuple[int, int, int], *, filled: bool = True, line: float = 0.5) -> None:
            dots.append(x)
            super().dot(x, y, radius, colour, filled=filled, line=line)

        def filled(self, x: float, y: float, width: float, height: float, colour: tuple[int, int, int], *, radius: float = 0.0) -> None:
            fills.append((x, x + width))
            super().filled(x, y, width, height, colour, radius=radius)

    sheet = Watched("en", "a test")
    marks = [Mark(61.0, 48.0, 72.0), Mark(80.0, 0.0, 130.0, hollow=True)]
    draw_band(sheet, (50.0, 20.0, 100.0), ReferenceBandOptions(), marks, ("band", "responder"), T, applied=True)
    assert (pytest.approx(120.0), pytest.approx(140.0)) in fills
    assert lines[0] == (pytest.approx(125.0), pytest.approx(125.0))
    assert (pytest.approx(98.0), pytest.approx(122.0)) in lines
    assert (pytest.approx(50.0), pytest.approx(150.0)) in lines  # kept on the scale
    assert dots == [pytest.approx(111.0), pytest.approx(130.0)]
    lines.clear()
    dots.clear()
    below = [Mark(-12.0, -20.0, -5.0), Mark(-140.0, -180.0, -110.0)]
    draw_band(sheet, (50.0, 20.0, 100.0), ReferenceBandOptions(), below[:1], ("band", "responder"), T, applied=True)
    draw_band(sheet, (50.0, 60.0, 100.0), ReferenceBandOptions(), below[1:], ("band", "responder"), T, applied=True)
    sheet.bytes_of()
    assert dots == [pytest.approx(50.0 + 100.0 * 13 / 125), pytest.approx(50.0)]  # from -25 on; kept on the scale that ends at -100
    assert (pytest.approx(70.0), pytest.approx(70.0)) in lines  # where nothing changed


def test_the_bar_is_shared_out_by_length(measured: Dossier, monkeypatch: pytest.MonkeyPatch) -> None:
    widths: dict[tuple[int, int, int], float] = {}
    fill = Sheet.filled

    def filled(self: Sheet, x: float, y: float, width: float, height: float, colour: tuple[int, int, int], *, radius: float = 0.0) -> None:
        widths[colour] = width
        fill(self, x, y, width, height, colour, radius=radius)

    monkeypatch.setattr(Sheet, "filled", filled)
    file_pdf(measured, DETAILS, T)
    lengths = as_dict(measured.result)["fate_mm"]
    assessed = {fate: lengths[fate] for fate in ("cleared", "stained", "faded", "residual")}
    for fate, length in assessed.items():
        assert widths[FATE_STYLES[fate].colour] == pytest.approx(182.0 * length / sum(assessed.values()))
    assert FATE_STYLES["new"].colour not in widths


def test_pictures_are_cut_alike_and_printed_at_300_dpi(measured: Dossier) -> None:
    before, after, fate = measured_pictures(measured, 57.0, 80.0, fate=True)
    for picture in (before, after, fate):
        height, width = cv2.imdecode(np.frombuffer(picture.encoded, np.uint8), cv2.IMREAD_COLOR).shape[:2]
        assert width == pytest.approx(picture.width / 25.4 * PRINT_DPI, abs=1)
        assert height == pytest.approx(picture.height / 25.4 * PRINT_DPI, abs=1)
        assert picture.width <= 57.0 + 1e-9
        assert picture.height <= 80.0 + 1e-9
    assert (before.width, before.height) == (after.width, after.height) == (fate.width, fate.height)
    images = [cv2.imdecode(np.frombuffer(p.encoded, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(int) for p in (before, fate)]
    painted = np.abs(images[1] - np.array(FATE_STYLES["residual"].colour)).max(axis=2) < 30
    unpainted = np.abs(images[0] - np.array(FATE_STYLES["residual"].colour)).max(axis=2) < 30
    assert painted.sum() > 500 > unpainted.sum()


@given(st.tuples(*[st.integers(1, 60)] * 2), st.floats(0.2, 5.0), st.tuples(*[st.integers(0, 40)] * 4))
def test_a_crop_only_grows_and_stays_inside(size: tuple[int, int], aspect: float, around: tuple[int, int, int, int]) -> None:
    (h, w), (above, below, left, right) = size, around
    shape = (above + h + below, left + w + right)
    rows, cols = filling((slice(above, above + h), slice(left, left + w)), shape, aspect)
    assert 0 <= rows.start <= above
    assert above + h <= rows.stop <= shape[0]
    assert 0 <= cols.start <= left
    assert left + w <= cols.stop <= shape[1]


# --- typed text


HOSTILE_LABELS = [
    "<img src=x onerror=alert(1)>",
    "![t](http://host/x.png) [a](javascript:x) $x$ :red[y] </script>",
    "'); DROP TABLE patients; --",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd\x00\r\n",
    "Zażółć gęślą jaźń Ñandú",
    "Παπαδόπουλος Щукин",
]


@pytest.mark.parametrize("label", HOSTILE_LABELS)
def test_labels_are_printed_as_typed(label: str, refused: Dossier) -> None:
    details = VisitDetails(label, note=label, agent=label, region=label)
    expected = " ".join(label.replace("\x00", NOT_SHOWN).split())
    assert expected in text_of(file_pdf(refused, details, T))
    assert "Annots" not in PdfReader(io.BytesIO(file_pdf(refused, details, T))).pages[0]


def test_what_the_type_lacks_is_visibly_replaced(refused: Dossier) -> None:
    text = text_of(file_pdf(refused, VisitDetails("山田太郎 Yamada \U0001f9b5\ufe0f"), T))
    assert f"{NOT_SHOWN * 4} Yamada {NOT_SHOWN}" in text


def test_right_to_left_letters_are_there_and_overrides_are_not(refused: Dossier) -> None:
    pdf = file_pdf(refused, VisitDetails("\u202eexe.gpj מרים \u2066مريم\u2069"), T)
    text = text_of(pdf)
    assert set("מריםمريم") <= set(unicodedata.normalize("NFKC", text))
    assert "exe.gpj" in text
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def test_a_label_of_ten_kilobytes_is_cut_visibly(refused: Dossier) -> None:
    details = VisitDetails("Anna " * 2000)
    assert len(details.shown.patient_label) <= LONGEST_LABEL
    assert details.shown.patient_label.endswith("…")
    assert len(details.patient_label) == 10_000
    assert "…" in text_of(file_pdf(refused, details, T))


@given(st.text(st.characters(exclude_categories=()), max_size=200), st.integers(1, 90))
def test_any_text_becomes_one_short_line(text: str, longest: int) -> None:
    shown = shown_text(text, longest)
    assert len(shown) <= longest
    assert shown == shown_text(shown, longest)
    assert shown.isprintable() or set(shown) & set("\u200c\u200d\u00a0\u2007\u202f") or " " in shown
    shown.encode("utf-8")


@pytest.fixture(scope="module")
def sheet() -> Iterator[Sheet]:
    made = Sheet("en", "a test")
    yield made
    made.bytes_of()  # closes the fonts


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(exclude_categories=()), max_size=120), width=st.floats(10.0, 190.0), size=st.floats(6.0, 20.0))
def test_any_text_fits_its_place(sheet: Sheet, text: str, width: float, size: float) -> None:
    assert sheet.line_of(10.0, 20.0, text, TypeStyle(size), width=width) <= width + 1e-6
    for line in sheet.lines(text, width, size):
        assert sheet.width_of(line, size) <= width + 0.01


@pytest.mark.parametrize(
    "wrong",
    [
        {"sessions": -1},
        {"sessions": 100},
        {"concentration_percent": 0.0},
        {"concentration_percent": 100.1},
        {"concentration_percent": float("nan")},
        {"leg": "both"},
    ],
)
def test_details_outside_their_range_are_refused(wrong: dict) -> None:
    with pytest.raises(UsageError):
        VisitDetails(**wrong)
