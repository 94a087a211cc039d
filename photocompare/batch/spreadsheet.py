"""Text, numbers and dates as spreadsheets write them, whatever country their settings are for."""

from __future__ import annotations

import codecs
import datetime as dt
import locale
import math
import re
from dataclasses import dataclass
from typing import Literal

from photocompare.base.errors import UsageError
from photocompare.results.timing import parse_date

DateOrder = Literal["", "day-first", "month-first"]
DATE_ORDERS: tuple[DateOrder, ...] = ("day-first", "month-first")
"""How dates such as 03/04/2026 may be read."""

DELIMITERS = (",", ";", "\t")

WESTERN = "cp1252"
"""What Excel writes as plain "CSV" in Western Europe and the Americas, and what is taken where the system has no code page of its own."""

_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_SEPARATOR = re.compile(r'"?sep=(?P<sign>[,;|\t:^~])"?[;,\t ]*(?:\r\n|\n|\r|$)', re.IGNORECASE)
_NOT_WESTERN = re.compile(r"[^\x00-\x7f\s–—“”‘’…«»]{3}|[ƒˆ˜]|[“”‘’][†‡•‚„]|[^\W\d_]{3}[¹³¿¼¾¯£¥¶]|[^\W\d_][¹³¿¼¾¯£¥¶][a-z]")
"""Another code page read as the Western one: three signs in a row that are not ASCII, one that no name needs, one in or behind a word."""

_DATE = re.compile(r"(\d{1,4}) ?([./-]) ?(\d{1,2}) ?\2 ?(\d{1,4})\.?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?)?", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")


@dataclass(frozen=True)
class DecodedText:
    """A file's text, and the name of the code page that it was taken to be in; empty for Unicode, where there is no doubt."""

    text: str
    code_page: str = ""


def decoded(data: bytes) -> DecodedText:
    """The text of a file: UTF-8, UTF-16, or the code page that the system's spreadsheet writes.

    Raises
    ------
    UsageError
        It is neither.
    """
    for mark, encoding in _UTF_16.items():
        if data.startswith(mark):
            return DecodedText(_in_encoding(data[len(mark) :], encoding))
    if b"\x00" in data[:2]:  # two bytes a letter, the first of which is ASCII: UTF-16 without its mark
        return DecodedText(_in_encoding(data, "utf-16-be" if data[:1] == b"\x00" else "utf-16-le"))
    try:
        return DecodedText(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        pass
    own = codecs.lookup(locale.getencoding()).name
    code_page = WESTERN if own in ("utf-8", "ascii", "iso8859-1") else own
    text = _in_encoding(data, code_page)
    if code_page == WESTERN and _NOT_WESTERN.search(text):
        raise UsageError(_UNKNOWN)
    return DecodedText(text, code_page)


_UNKNOWN = "The manifest is not UTF-8 text; save it as CSV UTF-8."


def _in_encoding(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise UsageError(_UNKNOWN) from None


def separated(text: str) -> tuple[str, str]:
    """The text without Excel's line `sep=;`, which Excel does not show or count, and the sign between its cells."""
    told = _SEPARATOR.match(text)
    if told is not None:
        return text[told.end() :], told["sign"]
    first_line = re.split(r"[\r\n]", text, maxsplit=1)[0]
    return text, max(DELIMITERS, key=first_line.count)


def parse_decimal(cell: str) -> float:
    """A number with a point or a comma; NaN for what is none."""
    if "_" in cell:
        return math.nan
    try:
        return float(cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell)
    except ValueError:
        return math.nan


def parse_day(cell: str, order: DateOrder = "") -> dt.date:
    """The day that a cell names: 2026-03-14, 2026/3/14, 14.03.2026, and 14/03/2026 or 03/14/2026.

    Raises
    ------
    UsageError
        It is no date, or it may be one of two days and nobody has said which comes first.
    """
    found = _DATE.fullmatch(cell)
    if found is None:
        return parse_date(cell)
    if len(found[1]) == 4 and len(found[4]) <= 2:
        return parse_date(f"{found[1]}-{int(found[3]):02}-{int(found[4]):02}")
    if len(found[4]) != 4 or len(found[1]) > 2:
        raise UsageError(f"{cell!r} is not a date; write its year with four digits, for example 2026-03-14")
    first, second = int(found[1]), int(found[3])
    orders: dict[DateOrder, tuple[int, int]] = {"day-first": (second, first), "month-first": (first, second)}
    if found[2] == ".":  # the countries that write points write the day first
        order = "day-first"
    days = {name: _possible(found[4], *parts) for name, parts in orders.items() if order in ("", name)}
    possible = {day for day in days.values() if day is not None}
    if not possible:
        raise UsageError(f"{cell!r} is not a date{f', {order}' if order else ''}; write it as year-month-day, for example 2026-03-14")
    if len(possible) > 1:
        either = " or ".join(sorted(str(day) for day in possible))
        raise UsageError(f"{cell!r} may be {either}; write it so, or say --dates {' or --dates '.join(DATE_ORDERS)}")
    return possible.pop()


def _possible(year: str, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(int(year), month, day)
    except ValueError:
        return None
