"""Names on the printed pages: Hebrew and Arabic as they are read, other writing replaced and told beforehand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocompare.report.pdf.letters import as_drawn, not_printed
from photocompare.report.pdf.sheet import Sheet, TypeStyle
from photocompare.results.visit_details import ELLIPSIS, NOT_SHOWN


@pytest.fixture
def sheet() -> Iterator[Sheet]:
    made = Sheet("en", "x")
    yield made
    made.output()  # closes the type's files


def isolated(text: str) -> str:
    """Letters without the forms that their neighbours give them."""
    return unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("name", ["כהן, שרה", "מרים", "محمد علي", "فاطمة", "گلزار", "پژمان چ"])
def test_the_first_letter_of_a_name_that_runs_to_the_left_is_drawn_last(name: str) -> None:
    assert isolated(as_drawn(name)) == name[::-1]
    assert not_printed(name) == ""


def test_what_is_drawn_is_what_the_sheet_writes(sheet: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[float, str]] = []
    monkeypatch.setattr(sheet, "text", lambda x, _y, text: written.append((x, text)))
    sheet.line_of(10.0, 20.0, "כהן, שרה", TypeStyle(12.0))
    assert written == [(10.0, "הרש ,ןהכ")]
    width = sheet.line_of(100.0, 20.0, "محمد", TypeStyle(12.0), align="R")
    assert written[-1] == (pytest.approx(100.0 - width), "\ufeaa\ufee4\ufea4\ufee3")


def test_a_line_that_is_too_wide_loses_the_end_of_the_name_not_its_beginning(sheet: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(sheet, "text", lambda _x, _y, text: written.append(text))
    sheet.line_of(10.0, 20.0, "כהן " * 40, TypeStyle(12.0), width=40.0)
    assert written[0].endswith("ןהכ")
    assert written[0].startswith(ELLIPSIS)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("محمد", "feaa fee4 fea4 fee3"),  # final, medial, medial, initial
        ("لا", "fefb"),
        ("السلام", "fee1 fefc feb4 fedf fe8d"),
        ("لأا", "fe8d fef7"),
        ("لالا", "fefb fefb"),
        ("می\u200cخواهم", "fee2 feeb fe8d feee fea7 fbfd fee3"),  # a non-joiner parts the letters and is not drawn
        ("مُحَمَّد", "feaa 651 64e fee4 64e fea4 64f fee3"),  # marks do not part them
    ],
)
def test_arabic_letters_join(text: str, codes: str) -> None:
    assert [f"{ord(c):x}" for c in as_drawn(text)] == codes.split()


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Müller (محمد) 12", "Müller (دمحم) 12"),
        ("תיק 123-45 כהן", "ןהכ 123-45 קית"),
        ("כהן (שרה)", "(הרש) ןהכ"),
        ("Dr. לוי, 3", "Dr. 3 ,יול"),
    ],
)
def test_numbers_and_brackets_keep_their_sense(text: str, seen: str) -> None:
    assert isolated(as_drawn(text)) == seen


@pytest.mark.parametrize("text", ["Müller", "Nguyễn Thị Ánh", "Παπαδόπουλος", "Щукин", "王小明", "12/3 (left)", ""])
def test_what_runs_to_the_right_stays_as_it_is(text: str) -> None:
    assert as_drawn(text) == text


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("สมชาย", "สมชาย"),
        ("王小明 Wang", "王小明"),
        ("김민수", "김민수"),
        ("田中 さくら", "田中さくら"),
        ("अनिता", "अनत"),
        ("Anna 🦵", "🦵"),
        ("ߒߞߏ", "ߒߞߏ"),
        ("ےہ", "ےہ"),
        ("Müller, Παπάς, Щукин, Nguyễn", ""),
    ],
)
def test_what_can_not_be_printed_is_named_and_replaced(sheet: Sheet, text: str, letters: str) -> None:
    found = not_printed(text)
    assert set(letters) <= set(found) if letters else found == ""
    printed = sheet.printable(text)
    assert not set(found) & set(printed)
    assert (NOT_SHOWN in printed) == bool(found)


@given(st.text(max_size=60))
def test_any_line_can_be_drawn(text: str) -> None:
    line = as_drawn(text)
    assert len(line) <= len(text)
