"""The printable card as a vector PDF: both sizes on one A4 sheet, with cut lines and the check ruler.

One sheet rather than pages of card size: an office printer scales a page that is not its paper's size, and then the ruler is wrong.
Everything lies where A4 and US Letter overlap, so that either paper takes it at 100 %.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.prefs import ViewerPreferences

from photocompare.base.safe_files import write_whole
from photocompare.card.layout import A6_CARD, CARD_VERSION, CHECK_RULER_MM, CREDIT_CARD, CardLayout, Marker, Rect, ruler_ticks

A4_WIDTH_MM = 210.0
PAGE_MARGIN_MM = 18.0
A6_TOP_MM = 46.0
CREDIT_TOP_MM = 164.0
STEPS_TOP_MM = 229.0
"""Positions on the sheet; the lowest line ends above 261 mm, the printable height of US Letter (279 mm) less its margin."""

FONT = "Helvetica"
BLACK = 0
TEXT_GREY = 70
LINE_GREY = 120

POINTS_PER_MM = 72 / 25.4

CHECK_SENTENCE = f"Check: the line above must measure {CHECK_RULER_MM:.0f} mm (within 0.5 mm) with a ruler."

STEPS = (
    'Print this sheet at 100 % ("actual size", not "fit to page") on matt white card, 200 g/m² or heavier.',
    f"Lay a ruler on the printed line of {CHECK_RULER_MM:.0f} mm. If it is off by more than 0.5 mm, change the print setting and "
    "print again. A photo can't show that the card was printed at the wrong size.",
    "Cut along the dashed lines; cut out the window if you want to frame the field. Keep the white edge round the black squares.",
    "Lay the card flat on the skin or beside the field, in the same plane, without glare, all six squares in the picture.",
    "Use the same printed card for the before and the after photo: its colours differ a little from printer to printer.",
)


class _Sheet(FPDF):
    """A4, no automatic breaks, a fixed creation time so that equal versions give equal bytes."""

    def __init__(self) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self.set_auto_page_break(False)
        self.set_margins(0, 0, 0)
        self.set_creation_date(datetime(2024, 1, 1, tzinfo=UTC))
        self.set_title("photocompare scale and colour card")
        self.set_creator("photocompare")
        self.viewer_preferences = ViewerPreferences(print_scaling="None")
        self.add_page()

    def write_at(self, at: tuple[float, float], text: str, size_pt: float, *, style: str = "", grey: int = BLACK, align: str = "L") -> None:
        """One line on a baseline; `at` is its left end, its middle ("C") or its right end ("R"), mm from the top left corner."""
        self.set_font(FONT, style, size_pt)
        self.set_text_color(grey)
        shift = {"L": 0.0, "C": 0.5, "R": 1.0}[align] * self.get_string_width(text)
        self.text(at[0] - shift, at[1], text)


def _dashed(sheet: _Sheet, place: Rect, x: float, y: float) -> None:
    sheet.set_draw_color(LINE_GREY)
    sheet.set_line_width(0.15)
    sheet.set_dash_pattern(dash=1.5, gap=1.2)
    sheet.rect(x + place.x, y + place.y, place.width, place.height)
    sheet.set_dash_pattern()


def _marker(sheet: _Sheet, marker: Marker, x: float, y: float) -> None:
    """All black cells as one filled path, so that no viewer shows hairlines between them."""
    cell = marker.square.width / marker.ink.shape[0]
    with sheet.new_path() as path:
        path.style.fill_color = "#000000"
        path.style.stroke_color = None
        path.style.auto_close = True
        for row, inks in enumerate(marker.ink):
            column = 0
            while column < len(inks):
                end = column
                while end < len(inks) and inks[end]:
                    end += 1
                if end > column:
                    path.rectangle(x + marker.square.x + column * cell, y + marker.square.y + row * cell, (end - column) * cell, cell)
                column = end + 1


def _ruler(sheet: _Sheet, layout: CardLayout, x: float, y: float, size_pt: float) -> None:
    sheet.set_fill_color(BLACK)
    for tick in ruler_ticks(layout):
        sheet.rect(x + tick.x, y + tick.y, tick.width, tick.height, style="F")
    left, top = x + layout.ruler.x, y + layout.ruler.y
    sheet.rect(left - 0.075, top, layout.ruler.width + 0.15, 0.15, style="F")
    baseline = top + layout.ruler.height + 0.4 + size_pt / POINTS_PER_MM * 0.72
    for mm in range(0, int(CHECK_RULER_MM) + 1, 10):
        sheet.write_at((left + mm, baseline), f"{mm} mm" if mm == CHECK_RULER_MM else str(mm), size_pt, align="C")


def _card(sheet: _Sheet, layout: CardLayout, x: float, y: float, size_pt: float) -> None:
    """One card with its top left corner at (x, y) on the sheet; `size_pt` is the type size of its texts."""
    _dashed(sheet, Rect(0.0, 0.0, layout.width, layout.height), x, y)
    _dashed(sheet, layout.window, x, y)
    for marker in layout.markers:
        _marker(sheet, marker, x, y)
    for patch in layout.patches:
        # equal components are written as DeviceGray, which printers make of black ink alone: a neutral stays neutral
        sheet.set_fill_color(*patch.srgb)
        sheet.rect(x + patch.place.x, y + patch.place.y, patch.place.width, patch.place.height, style="F")
    _ruler(sheet, layout, x, y, size_pt)
    middle, line = x + layout.width / 2, size_pt / POINTS_PER_MM * 1.25
    last = y + layout.height - layout.markers[0].square.y - 0.3
    sheet.write_at((middle, last - line), CHECK_SENTENCE, size_pt, align="C")
    sheet.write_at(
        (middle, last), f"photocompare card, {layout.title}, version {CARD_VERSION}. Print at 100 %.", size_pt, grey=TEXT_GREY, align="C"
    )
    window_middle = y + layout.window.y + layout.window.height / 2
    sheet.write_at((middle, window_middle), "Window for the field", 9.0, grey=LINE_GREY, align="C")
    sheet.write_at((middle, window_middle + 4.0), "cut out, or lay the card beside the field", 7.0, grey=LINE_GREY, align="C")


def _instructions(sheet: _Sheet) -> None:
    sheet.write_at((PAGE_MARGIN_MM, 26.0), "Scale and colour card for vein photographs", 17.0, style="B")
    sheet.write_at(
        (PAGE_MARGIN_MM, 33.0),
        "Gives photocompare the millimetres and the colours of a photo. Print at 100 %, check the ruler, cut out.",
        9.5,
        grey=TEXT_GREY,
    )
    for layout, top, caption in (
        (A6_CARD, A6_TOP_MM, "A6: fields up to the size of its window"),
        (CREDIT_CARD, CREDIT_TOP_MM, "Credit-card size: small fields, or beside a whole leg"),
    ):
        sheet.write_at(((A4_WIDTH_MM - layout.width) / 2, top - 2.5), caption, 9.0, style="B")
    sheet.set_xy(PAGE_MARGIN_MM, STEPS_TOP_MM)
    for number, step in enumerate(STEPS, start=1):
        sheet.set_font(FONT, "B", 8.5)
        sheet.set_text_color(BLACK)
        sheet.set_x(PAGE_MARGIN_MM)
        sheet.cell(5.0, 4.0, str(number))
        sheet.set_font(FONT, "", 8.5)
        sheet.multi_cell(A4_WIDTH_MM - 2 * PAGE_MARGIN_MM - 5.0, 4.0, step, align="L", new_x="LMARGIN", new_y="NEXT")
        sheet.set_y(sheet.get_y() + 0.8)


def card_pdf() -> bytes:
    """The printable card sheet as a PDF; the same bytes at every call of one version."""
    sheet = _Sheet()
    _instructions(sheet)
    _card(sheet, A6_CARD, (A4_WIDTH_MM - A6_CARD.width) / 2, A6_TOP_MM, 7.5)
    _card(sheet, CREDIT_CARD, (A4_WIDTH_MM - CREDIT_CARD.width) / 2, CREDIT_TOP_MM, 4.6)
    return bytes(sheet.output())


def write_card_pdf(path: Path) -> None:
    """Write the printable card sheet.

    Parameters
    ----------
    path : Path
        The PDF to write; an existing file is replaced once this one is whole.

    Raises
    ------
    OSError
        When the file can't be written; an existing one stays.
    """
    write_whole(path, card_pdf())
