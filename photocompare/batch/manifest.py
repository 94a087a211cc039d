"""The list of pairs to measure: a CSV file, as a spreadsheet writes it, checked as a whole before anything begins.

One row is a pair: two photos, or one collage of both.  The dates are those of its two visits; the other facts are the before visit's, whose
treatment the pair judges.  Their names and ranges are the records'.  A row with an error is skipped and told; the rest is measured.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from photocompare.base.errors import UsageError
from photocompare.base.regular_files import TooLong, regular_bytes
from photocompare.batch.sources import normal_form, place_fault
from photocompare.batch.spreadsheet import DateOrder, decoded, parse_day, parse_decimal, separated
from photocompare.leg.scale import HIGHEST_MM_PER_PX, LOWEST_MM_PER_PX
from photocompare.photo.visits import COLLAGE_ORDERS, CollageOrder
from photocompare.records.entries import VisitFacts
from photocompare.records.schema import LONGEST_NAME, SIDES

PLACES = ("before", "after")
COLLAGE = "collage"
DATES = ("before_date", "after_date")
FOR_RECORDS = ("patient", "leg", "region", *DATES)
"""What a pair needs to be saved to the records."""

MOST_ROWS = 200_000
"""Of one manifest: its rows and their results are listed in memory, some 2 kB each."""

MOST_BYTES = 500_000_000

_WHOLE = re.compile(r"[+-]?[0-9]+(?:[.,]0+)?")
_SOME_DAY = dt.date(2000, 1, 1)


@dataclass(frozen=True)
class PairRow:
    """One pair as the manifest has it.

    Parameters
    ----------
    number : int
        Row as a spreadsheet counts it: the header is 1.
    before, after : str
        Path relative to the manifest's folder, or URL.  Of a collage, `before` is the one file and `after` empty.
    before_date, after_date : date or None
        Of the visits; the photos' own dates count where they are None.
    patient : str
        Key in the records, or the practice's own number.
    leg, region, session, agent, concentration_percent, form, operator, site, compression_days, ceap, vcss, note
        As in the records; empty or None where not given.
    mm_per_px : float or None
        Scale of the before photo.
    collage : CollageOrder or None
        How the photos lie in the one file that holds both; None for a pair of files.
    """

    number: int
    before: str
    after: str = ""
    before_date: dt.date | None = None
    after_date: dt.date | None = None
    patient: str = ""
    leg: str = ""
    region: str = ""
    session: int | None = None
    agent: str = ""
    concentration_percent: float | None = None
    form: str = ""
    operator: str = ""
    site: str = ""
    compression_days: int | None = None
    ceap: str = ""
    vcss: int | None = None
    note: str = ""
    mm_per_px: float | None = None
    collage: CollageOrder | None = None

    @property
    def places(self) -> dict[str, str]:
        """What each file is called in a sentence, to where it is."""
        return {"before photo": self.before, "after photo": self.after} if self.collage is None else {"collage": self.before}


VISIT_FACTS = tuple(fact.name for fact in fields(VisitFacts) if fact.name != "day")
"""Facts of the before visit."""

COLUMNS = (*PLACES, *DATES, "patient", "leg", "region", *VISIT_FACTS, "mm_per_px", COLLAGE)


@dataclass(frozen=True)
class Manifest:
    """A checked manifest.

    Parameters
    ----------
    root : Path
        The folder that its paths are relative to, resolved.
    rows : tuple of PairRow
        All, also those with errors: these as far as they can be understood.
    faults : mapping of int to tuple of str
        Number of a row to all that is wrong with it.
    code_page : str
        What the text was taken to be where it is not Unicode; its letters may be others.
    """

    root: Path
    rows: tuple[PairRow, ...]
    faults: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    code_page: str = ""


def read_manifest(path: Path, *, for_records: bool = False, dates: DateOrder = "") -> Manifest:
    """Read and check a manifest.

    Parameters
    ----------
    path : Path
        CSV with a header, as a spreadsheet writes it.
    for_records : bool
        The pairs are to be saved: each needs what `FOR_RECORDS` says.
    dates : str
        How dates such as 03/04/2026 are read; they are errors where nobody says.

    Raises
    ------
    UsageError
        It can't be read, its header has errors, or every row has: all of them, with their row numbers.
    """
    try:
        found = decoded(regular_bytes(path, MOST_BYTES))
    except TooLong as error:
        raise UsageError(f"The manifest has more than {MOST_BYTES // 1_000_000} MB; split it.") from error
    except OSError as error:
        raise UsageError(f"The manifest {path} can't be read: {error.strerror}.") from error
    return replace(parse_manifest(found.text, path.resolve().parent, for_records=for_records, dates=dates), code_page=found.code_page)


def parse_manifest(text: str, root: Path = Path(), *, for_records: bool = False, dates: DateOrder = "") -> Manifest:
    """The manifest of a text; looks at no file.

    Raises
    ------
    UsageError
        The header has errors, or no row is without: all of them in one message, with row numbers.
    """
    rows, faults = _checked_rows(text, for_records, dates)
    if not rows:
        raise _refused(["row 2: there is no pair; write one row a pair below the header"])
    if len(rows) > MOST_ROWS:
        raise _refused([f"there are {len(rows)} pairs, more than {MOST_ROWS}; split the manifest"])
    faults |= dict(_repeated([row for row in rows if row.number not in faults]))
    if len(faults) == len(rows):
        raise _refused([f"row {number}: {fault}" for number, wrong in sorted(faults.items()) for fault in wrong])
    return Manifest(root, tuple(rows), faults)


def _refused(errors: list[str]) -> UsageError:
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return UsageError(f"The manifest has {count}, and nothing was begun; correct it and start again.\n  " + "\n  ".join(errors))


def _checked_rows(text: str, for_records: bool, dates: DateOrder) -> tuple[list[PairRow], dict[int, tuple[str, ...]]]:
    """The rows, and by a row's number what is wrong with it."""
    rows: list[PairRow] = []
    faults: dict[int, tuple[str, ...]] = {}
    text, delimiter = separated(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(lines, [])]
        wrong = _header_faults(header, for_records)
        if wrong:
            raise _refused([f"row 1: {fault}" for fault in wrong])
        named = sum(bool(name) for name in header)
        for number, cells in enumerate(lines, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            row, wrong = _checked_row(number, dict(zip(header, cells, strict=False)), for_records, dates)
            if any(cell.strip() for place, cell in enumerate(cells) if place >= len(header) or not header[place]):
                wrong = [f"has {len(cells)} cells, the header has {named}"]
            rows.append(row)
            if wrong:
                faults[number] = tuple(wrong)
    except csv.Error as error:
        # Where a quote is open, nobody knows where the rows behind it begin.
        raise _refused([f"line {lines.line_num}: is no CSV ({error})"]) from None
    return rows, faults


def _header_faults(header: list[str], for_records: bool) -> list[str]:
    photos = ("before",) if COLLAGE in header else PLACES
    needed = (*photos, *(FOR_RECORDS if for_records else ()))
    unknown = [name for name in header if name and name not in COLUMNS]
    return [
        *(f"column {name} is missing" for name in needed if name not in header),
        *(f"column {name!r} is not known; known are {', '.join(COLUMNS)}" for name in unknown),
        *(f"column {name} is there {header.count(name)} times" for name in COLUMNS if header.count(name) > 1),
    ]


def _checked_row(number: int, cells: dict[str, str], for_records: bool, dates: DateOrder) -> tuple[PairRow, list[str]]:
    """The row, as far as its cells can be understood, and what is wrong with it."""
    wrong: list[str] = []
    values: dict[str, Any] = {}
    needed = ("before",) if cells.get(COLLAGE, "").strip() else PLACES
    if needed != PLACES and not cells.get("after", "").strip():
        cells.pop("after", None)
    for name, cell in cells.items():
        if not name:
            continue
        try:
            values[name] = _day(cell.strip(), dates) if name in DATES else _CHECKS[name](name, cell.strip())
        except (UsageError, ValueError) as error:
            wrong.append(f"{name}: {str(error).rstrip('.')}")
    wrong += [f"{name} is empty" for name in needed if name not in cells]
    if for_records:
        wrong += [f"{name} is empty; the records need it" for name in FOR_RECORDS if not cells.get(name, "").strip()]
    row = PairRow(number, **{"before": "", **values})
    return row, wrong or _contradictions(row, for_records)


def _contradictions(row: PairRow, for_records: bool) -> list[str]:
    wrong = []
    if row.collage is not None and row.after:
        wrong.append("a collage is one file; leave after empty, or leave collage empty")
    if normal_form(row.before) == normal_form(row.after):
        wrong.append("before and after are the same photo")
    if row.before_date is not None and row.after_date is not None:
        if row.after_date < row.before_date:
            wrong.append(f"after_date {row.after_date} is earlier than before_date {row.before_date}")
        elif for_records and row.after_date == row.before_date:
            wrong.append("both dates are the same day; the records need two visits")
    return wrong


def _repeated(rows: list[PairRow]) -> list[tuple[int, tuple[str, ...]]]:
    first: dict[tuple[str, str], int] = {}
    wrong: list[tuple[int, tuple[str, ...]]] = []
    for row in rows:
        earlier = first.setdefault((normal_form(row.before), normal_form(row.after)), row.number)
        if earlier != row.number:
            wrong.append((row.number, (f"the pair is in row {earlier} already",)))
    return wrong


def _place(_: str, cell: str) -> str:
    fault = place_fault(cell)
    if fault:
        raise ValueError(f"{cell!r} {fault}" if cell else fault)
    return cell


def _day(cell: str, order: DateOrder) -> dt.date | None:
    return None if not cell else VisitFacts(parse_day(cell, order)).day


def _text(_: str, cell: str) -> str:
    if len(cell) > LONGEST_NAME:
        raise ValueError(f"has more than {LONGEST_NAME} characters")
    if "\x00" in cell:
        raise ValueError("holds a character that can't be kept")
    return cell


def _side(_: str, cell: str) -> str:
    if cell and cell not in SIDES:
        raise ValueError(f"{cell!r} is not {' or '.join(SIDES)}")
    return cell


def _collage(_: str, cell: str) -> CollageOrder | None:
    if not cell:
        return None
    for order in COLLAGE_ORDERS:
        if cell == order:
            return order
    raise ValueError(f"{cell!r} is not one of {', '.join(COLLAGE_ORDERS)}")


def _number(cell: str, kind: type[int] | type[float]) -> float | int:
    value: float | int = math.nan
    if kind is float:
        value = parse_decimal(cell)
    elif _WHOLE.fullmatch(cell):
        value = int(re.split("[.,]", cell)[0])
    if not math.isfinite(value):
        raise ValueError(f"{cell!r} is not a {'whole ' if kind is int else ''}number; write it like {'12' if kind is int else '0.5'}")
    return value


def _scale(_: str, cell: str) -> float | None:
    if not cell:
        return None
    value = _number(cell, float)
    if not LOWEST_MM_PER_PX <= value <= HIGHEST_MM_PER_PX:
        raise ValueError(f"{cell} mm per pixel can't be; it lies between {LOWEST_MM_PER_PX} and {HIGHEST_MM_PER_PX}")
    return value


def _visit_fact(kind: Callable[[str], Any] | None) -> Callable[[str, str], Any]:
    """Checks one fact by the records' own rule."""

    def check(name: str, cell: str) -> Any:
        if not cell:
            return None if kind is not None else ""
        value: Any = cell if kind is None else kind(cell)
        VisitFacts(_SOME_DAY, **dict[str, Any]({name: value}))
        return value

    return check


_whole = _visit_fact(lambda cell: _number(cell, int))
_CHECKS: dict[str, Callable[[str, str], Any]] = {
    **dict.fromkeys(PLACES, _place),
    **dict.fromkeys(("patient", "region"), _text),
    "leg": _side,
    **dict.fromkeys(("session", "compression_days", "vcss"), _whole),
    **dict.fromkeys(("agent", "form", "operator", "site", "ceap", "note"), _visit_fact(None)),
    "concentration_percent": _visit_fact(lambda cell: _number(cell, float)),
    "mm_per_px": _scale,
    COLLAGE: _collage,
}
