"""Names in writing that the pages' own type lacks: which of the system's typefaces writes them, and how they stand on the page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from photocompare.practice.charts import Axis, FunnelPlot, FunnelPoint, Series
from photocompare.practice.print_charts import draw_funnel
from photocompare.report.pdf import typefaces
from photocompare.report.pdf.letters import FAMILY, not_printed, other_typefaces, without_last
from photocompare.report.pdf.sheet import Sheet, TypeStyle
from photocompare.report.pdf.typefaces import Typeface
from photocompare.results.visit_details import ELLIPSIS, NOT_SHOWN
from tests.support.made_typeface import WIDTH, Made, glyph_of, typeface, write_collection, write_typeface

KA, KHA, VIRAMA, I_MATRA = "क", "ख", "\u094d", "\u093f"
NAGARI = Made(
    KA + KHA + VIRAMA + I_MATRA,
    "Noto Sans Devanagari",
    further=("joined900",),
    rules=f"""languagesystem DFLT dflt; languagesystem dev2 dflt;
    feature akhn {{ sub {glyph_of(KA)} {glyph_of(VIRAMA)} {glyph_of(KHA)} by joined900; }} akhn;""",
)
SIZE = 10.0
LETTER = WIDTH / 1000 * SIZE * 25.4 / 72
"""Width of a made letter, mm."""

Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Makes these files the system's."""

    def installed(*files: str) -> None:
        monkeypatch.setattr(typefaces, "font_files", lambda: files)

    return installed


@pytest.fixture
def sheet() -> Iterator[Sheet]:
    made = Sheet("en", "x")
    yield made
    made.output()  # closes the type's files


def families(text: str, language: str = "en") -> dict[str, str]:
    return {letter: face.family for letter, face in other_typefaces(text, language).items()}


def glyphs(sheet: Sheet) -> list[str]:
    """The glyphs of the first other typeface, in the order in which they are drawn."""
    named = {code: glyph.glyph_name for glyph, code in sheet.fonts["other0"].subset.items() if glyph is not None}
    page = sheet.pages[1].contents.decode("latin-1")
    after = page[page.index(f"/F{sheet.fonts['other0'].i} ") :]
    return [named[ord(code)] for text in re.findall(r"\(((?:\x00[^)])+)\) Tj", after) for code in text[1::2]]


# --- which one


def test_nothing_is_looked_for_where_the_own_type_has_all(monkeypatch: pytest.MonkeyPatch, sheet: Sheet) -> None:
    def found() -> tuple[str, ...]:
        raise AssertionError

    monkeypatch.setattr(typefaces, "font_files", found)
    for name in ("Müller", "Nguyễn Thị Ánh", "Щукин", "Παπαδόπουλος", "כהן, שרה", "محمد علي"):
        assert not_printed(name) == ""
        sheet.line_of(10.0, 20.0, name, TypeStyle(SIZE))
    with pytest.raises(AssertionError):
        not_printed("王")


def test_a_name_is_printed_where_a_typeface_has_it(install: Install, tmp_path: Path, sheet: Sheet) -> None:
    name = KA + VIRAMA + KHA + I_MATRA
    assert set(not_printed(name)) == {KA, KHA, I_MATRA}
    assert NOT_SHOWN in sheet.printable(name)
    install(write_typeface(tmp_path, "NotoSansDevanagari-Regular.ttf", NAGARI))
    assert not_printed(name) == ""
    assert sheet.printable(name) == name


def test_what_joins_is_not_printed_without_harfbuzz(install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    han = write_typeface(tmp_path, "NotoSansSC-Regular.ttf", Made("王"))
    install(write_typeface(tmp_path, "NotoSansDevanagari-Regular.ttf", NAGARI), han)
    monkeypatch.setattr(typefaces, "can_shape", lambda: False)
    assert not_printed(f"{KA}王") == KA


def test_a_name_whose_mark_is_missing_is_not_printed(install: Install, tmp_path: Path) -> None:
    install(write_typeface(tmp_path, "NotoSansThai-Regular.ttf", Made("นำผง")))
    assert not_printed("นำ") == ""
    assert not_printed("น้ำ") == "นำ"  # the tone mark is none of its letters
    assert not_printed("ผง 🦵") == "🦵"  # a sign of no script takes no letter away
    install(
        write_typeface(tmp_path, "NotoSansThai-Regular.ttf", Made("นำผง")),
        write_typeface(tmp_path, "NotoSansSC-Regular.ttf", Made("王「」、")),
    )
    assert not_printed("「王」、ผง「王」") == ""
    assert not_printed("ผง、") == "、"
    more = write_typeface(tmp_path, "leelawui.ttf", Made("ผง、", "with the sign"))
    install(write_typeface(tmp_path, "NotoSansThai-Regular.ttf", Made("นำผง")), more)
    assert set(families("ผง、").values()) == {"with the sign"}


def test_one_name_has_one_typeface_where_one_has_all(install: Install, tmp_path: Path) -> None:
    first = write_typeface(tmp_path, "NotoSansSC-Regular.ttf", Made("王小", "Few"))
    second = write_typeface(tmp_path, "msyh.ttf", Made("王小明", "All"))
    third = write_typeface(tmp_path, "malgun.ttf", Made("김", "Hangul"))
    install(first, second, third)
    assert set(families("王小").values()) == {"Few"}
    assert set(families("王小明").values()) == {"All"}
    assert families("王明 김") == {"王": "All", "明": "All", "김": "Hangul"}
    assert not_printed("王小明 김") == ""


@pytest.mark.parametrize(
    ("name", "language", "family"),
    [("王", "en", "SC"), ("王", "ja", "JP"), ("王", "ko", "KR"), ("王さ", "en", "JP"), ("王김", "en", "KR"), ("王김", "ja", "KR")],
)
def test_han_characters_have_the_forms_of_their_language(install: Install, tmp_path: Path, name: str, language: str, family: str) -> None:
    faces = [Made("王さ김", f"Noto Sans {kind}") for kind in ("Mono CJK SC", "CJK JP", "CJK KR", "CJK SC")]
    install(write_collection(tmp_path, "NotoSansCJK-Regular.ttc", faces))
    assert set(families(name, language).values()) == {f"Noto Sans CJK {family}"}


def test_the_choice_does_not_hang_on_the_order_of_the_files(install: Install, tmp_path: Path) -> None:
    files = [
        write_typeface(tmp_path, f"{name}.ttf", Made("กข", name)) for name in ("NotoSansThai-Regular", "NotoSansThaiUI-Regular", "leelawui")
    ]
    for order in (files, files[::-1]):
        install(*order)
        assert set(families("กข").values()) == {"NotoSansThai-Regular"}


def test_what_may_not_or_can_not_be_embedded_is_passed_over(install: Install, tmp_path: Path) -> None:
    restricted = write_typeface(tmp_path, "NotoSansSC-A.ttf", Made("王", "restricted", embedding=0x0002))
    whole = write_typeface(tmp_path, "NotoSansSC-B.ttf", Made("王", "whole or not at all", embedding=0x0100))
    thin = write_typeface(tmp_path, "NotoSansSC-C.ttf", Made("王", "thin", weight=100))
    unnumbered = write_typeface(tmp_path, "NotoSansSC-G.otf", Made("王", "CFF without numbers", postscript=True))
    garbage, cut, spoilt = (str(tmp_path / f"NotoSansSC-{kind}.ttf") for kind in "DEF")
    Path(garbage).write_bytes(b"no font at all" * 100)
    whole_file = Path(thin).read_bytes()
    Path(cut).write_bytes(whole_file[: len(whole_file) // 2])
    outlines = typeface(Made("王", "spoilt outlines"))
    outlines.save(spoilt)
    with TTFont(spoilt) as font:
        place = font.reader.tables["glyf"]
    spoilt_file = bytearray(Path(spoilt).read_bytes())
    spoilt_file[place.offset : place.offset + place.length] = b"\xff" * place.length
    Path(spoilt).write_bytes(spoilt_file)
    bad = (restricted, whole, thin, unnumbered, garbage, cut, spoilt, str(tmp_path / "NotoSansSC-gone.ttf"))
    install(*bad)
    assert not_printed("王") == "王"
    install(*bad, write_typeface(tmp_path, "msyh.ttf", Made("王", "good")))
    assert families("王") == {"王": "good"}


def test_a_typeface_that_goes_away_takes_its_letters_along(install: Install, tmp_path: Path, sheet: Sheet) -> None:
    file = write_typeface(tmp_path, "NotoSansSC-Regular.ttf", Made("王"))
    install(file)
    assert not_printed("王") == ""
    Path(file).unlink()
    assert not_printed("王") == "王"
    sheet.line_of(10.0, 20.0, "王", TypeStyle(SIZE))


# --- on the page


def test_letters_move_and_join(install: Install, tmp_path: Path, sheet: Sheet) -> None:
    install(write_typeface(tmp_path, "NotoSansDevanagari-Regular.ttf", NAGARI))
    taken = sheet.line_of(10.0, 20.0, KHA + I_MATRA + KA + VIRAMA + KHA, TypeStyle(SIZE))
    assert glyphs(sheet) == [glyph_of(I_MATRA), glyph_of(KHA), "joined900"]
    assert taken == pytest.approx(2 * LETTER + 1.5 * LETTER, abs=0.02)


def test_a_line_of_several_scripts_stands_in_one_row(
    install: Install, tmp_path: Path, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(write_typeface(tmp_path, "NotoSansSC-Regular.ttf", Made("王明")))
    written: list[tuple[float, str, str]] = []
    monkeypatch.setattr(sheet, "text", lambda x, _y, text: written.append((x, text, sheet.text_color.serialize())))
    taken = sheet.line_of(100.0, 20.0, "Müller (محمد) 王明 12", TypeStyle(SIZE, (200, 0, 0)), align="R")
    before, han, after = written
    assert (before[1][:8], han[1], after[1]) == ("Müller (", "王明", " 12")
    assert before[0] == pytest.approx(100.0 - taken)
    assert after[0] - han[0] == pytest.approx(2 * LETTER)
    assert han[0] - before[0] + 2 * LETTER + sheet.width_of(" 12", SIZE) == pytest.approx(taken)
    assert {colour for _, _, colour in written} == {"0.7843 0 0 rg"}
    right_to_left = sheet.printable("שרה 王明")
    written.clear()
    sheet.line_of(10.0, 20.0, right_to_left, TypeStyle(SIZE))
    assert [text for _, text, _ in written] == ["王明", " הרש"]


def test_bold_has_its_own_typeface_where_there_is_one(install: Install, tmp_path: Path, sheet: Sheet) -> None:
    regular = write_typeface(tmp_path, "NotoSansSC-Regular.ttf", Made("王明", "Han"))
    bold = write_typeface(tmp_path, "NotoSansSC-Bold.ttf", Made("王", "Han", weight=700))
    install(regular, bold)
    for name, file in (("王", bold), ("王明", regular)):
        sheet.line_of(10.0, 20.0, name, TypeStyle(SIZE, bold=True))
        *_, last = (str(font.ttffile) for font in sheet.fonts.values())
        assert last == file
        assert sheet.font_family == FAMILY  # the pages' own type is set again
    assert typefaces.bold_of(Typeface(regular, 0, "Han", 400), "王") == Typeface(bold, 0, "Han", 700)


def test_long_text_is_broken_and_nothing_of_it_is_lost(install: Install, tmp_path: Path, sheet: Sheet) -> None:
    install(write_typeface(tmp_path, "NotoSansSC-Regular.ttf", Made("王小明。")), write_typeface(tmp_path, "leelawui.ttf", Made("กข้")))
    for text in ("王小明。" * 30, "Note: 王小明 and Anna. " * 6, "ก้ข้" * 40):
        lines = sheet.lines(text, 38.0, SIZE)
        assert len(lines) > 2
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert max(sheet.width_of(line, SIZE) for line in lines) <= 38.0
        assert not [line for line in lines if line[0] in "。\u0e49 "]
    assert sheet.lines("王小", 1.0, SIZE) == ["王", "小"]


def test_a_name_is_cut_after_a_whole_letter(install: Install, tmp_path: Path, sheet: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    assert without_last("กก้") == "ก"
    assert without_last("ก") == without_last("") == ""
    assert without_last(KHA + KA + VIRAMA + KHA + I_MATRA) == KHA
    assert without_last("Anna") == "Ann"
    install(write_typeface(tmp_path, "NotoSansSC-Regular.ttf", Made("王")))
    written: list[str] = []
    monkeypatch.setattr(sheet, "text", lambda _x, _y, text: written.append(text))
    assert sheet.line_of(10.0, 20.0, "王" * 40, TypeStyle(SIZE), width=20.0) <= 20.0
    assert written[-1] == ELLIPSIS
    assert set(written[0]) == {"王"}


def test_only_the_letters_of_a_name_are_embedded_and_equal_pages_are_equal(install: Install, tmp_path: Path) -> None:
    many = "".join(map(chr, range(0x4E00, 0x4E00 + 400)))
    install(write_typeface(tmp_path, "NotoSansSC-Regular.ttf", Made(many)), write_typeface(tmp_path, "NotoSansDevanagari.ttf", NAGARI))

    def page() -> bytes:
        made = Sheet("en", "x")
        made.line_of(10.0, 20.0, many[:3] + KA + I_MATRA, TypeStyle(SIZE))
        return made.bytes_of()

    pdf = page()
    assert pdf == page()
    reader = PdfReader(io.BytesIO(pdf))
    assert not any(letter in str(reader.metadata) for letter in many[:3] + KA)
    found = {}
    for font in reader.pages[0]["/Resources"]["/Font"].values():
        inside = font.get_object()["/DescendantFonts"][0].get_object()
        file = TTFont(io.BytesIO(inside["/FontDescriptor"].get_object()["/FontFile2"].get_object().get_data()))
        found[inside["/BaseFont"]] = len(file.getGlyphOrder())
    assert [count for name, count in found.items() if "Made" in name] == [5]  # with the space and the box for what is missing
    assert many[:3] in reader.pages[0].extract_text()


# --- in charts


def test_units_are_named_in_charts_as_they_are_written(install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import fontManager

    install(write_typeface(tmp_path, "NotoSansSC-Regular.ttf", Made("王", "Made Han")))
    monkeypatch.setattr(fontManager, "ttflist", list(fontManager.ttflist))
    monkeypatch.delenv("MPL_IGNORE_SYSTEM_FONTS")  # with it matplotlib sees nothing but its own
    named: list[tuple[str, list[str]]] = []
    annotate = Axes.annotate

    def watched(axes: Axes, text: str, *where: object, **how: object) -> object:
        named.append((text, how["fontfamily"]))
        return annotate(axes, text, *where, **how)

    monkeypatch.setattr(Axes, "annotate", watched)
    units = tuple(FunnelPoint(name, 20, 40.0, "998") for name in ("王", "כהן", "สมชาย"))
    draw_funnel(
        FunnelPlot(Axis("x"), Axis("y"), (), Series("all", ((50.0,),)), units), 100.0, 50.0
    )  # a letter without a glyph is a warning
    assert named == [("王", ["DejaVu Sans", "Made Han"]), ("כהן", ["DejaVu Sans"]), (NOT_SHOWN * 5, ["DejaVu Sans"])]
