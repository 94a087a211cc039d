"""The results of a batch as a table, one row a pair: CSV for a spreadsheet, Parquet for a program, the same columns in both.

Facts come as the manifest has them, numbers as `result.json` has them; what failed or was refused is empty, never 0.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from photocompare.base.estimate import Estimate
from photocompare.base.safe_files import settle
from photocompare.batch.keeping import StoredPair, unwritable_as_usage_error
from photocompare.batch.manifest import COLUMNS, DATES, PLACES, PairRow
from photocompare.batch.sources import shown
from photocompare.report.dicom.filing import WHY_UNFILED
from photocompare.report.files.piece_csv import safe_cell
from photocompare.results.result import ClearanceFigures, Result
from photocompare.veins.classes import FATES

CSV, PARQUET = "results.csv", "results.parquet"

ROWS_AT_A_TIME = 5_000
"""Rows that stand in memory while the table is written; a row group of the Parquet file."""

Cell = str | int | float | bool | dt.date | None
_Value = Callable[["TableRow"], Cell]


@dataclass(frozen=True)
class TableRow:
    """A row of the manifest, what became of its pair, and why the records did not take it (empty where they did, or were not asked)."""

    row: PairRow
    pair: StoredPair
    unsaved: str = ""


def _of(read: Callable[[Result], Cell]) -> _Value:
    """What is read of the result; None where there is none."""
    return lambda row: None if row.pair.result is None else read(row.pair.result)


def _codes(result: Result | None) -> list[str]:
    """Of every flag that was raised, once, the worst first."""
    return [] if result is None else list(dict.fromkeys(reason.code for reason in result.reasons))


def _fact(name: str) -> _Value:
    if name in PLACES:
        return lambda row: shown(getattr(row.row, name))
    return lambda row: getattr(row.row, name)


def _estimate(name: str, find: Callable[[ClearanceFigures], Estimate | None]) -> dict[str, tuple[str, _Value]]:
    """The columns of a percentage and its interval."""

    def side_of(side: str) -> _Value:
        def read(result: Result) -> Cell:
            found = None if result.clearance is None else find(result.clearance)
            return None if found is None or not found.ok else float(getattr(found, side))

        return _of(read)

    sides = {"percent": "value", "low": "low", "high": "high"}
    return {f"{name}_{column}": ("float", side_of(side)) for column, side in sides.items()}


def _in_calibre(name: str) -> Callable[[ClearanceFigures], Estimate | None]:
    return lambda clearance: None if (part := clearance.by_calibre.get(name)) is None else part.clearance


def _length_of(fate: str) -> _Value:
    return _of(lambda result: result.lengths.get(fate) if result.unit == "mm" else None)


_KINDS = dict.fromkeys(("session", "compression_days", "vcss"), "int") | dict.fromkeys(("concentration_percent", "mm_per_px"), "float")
_FACTS = {name: ("date" if name in DATES else _KINDS.get(name, "text"), _fact(name)) for name in COLUMNS}

TABLE_COLUMNS: dict[str, tuple[str, _Value]] = {
    "row": ("int", lambda row: row.row.number),
    **_FACTS,
    "status": ("text", lambda row: row.pair.status),
    "reasons": ("text", lambda row: ";".join(_codes(row.pair.result))),
    "why": ("text", lambda row: row.pair.why),
    **_estimate("length", lambda c: c.length),
    **_estimate("area", lambda c: c.area),
    **_estimate("contrast", lambda c: c.contrast),
    **_estimate("net_change", lambda c: c.net_change),
    **_estimate("telangiectasia", _in_calibre("telangiectasia")),
    **_estimate("reticular", _in_calibre("reticular")),
    **{f"{fate}_mm": ("float", _length_of(fate)) for fate in FATES},
    "pigment_gained_mm2": ("float", _of(lambda r: None if r.pigment is None else r.pigment.gained_mm2)),
    "stained_percent": ("float", _of(lambda r: None if r.pigment is None else r.pigment.stained_percent)),
    "days": ("int", _of(lambda r: r.timing.days)),
    "window": ("text", _of(lambda r: r.timing.window)),
    "benchmark": ("text", _of(lambda r: r.benchmark.verdict)),
    "responder_75": ("bool", _of(lambda r: r.benchmark.responder)),
    "ita_before": ("float", _of(lambda r: None if r.skin is None else r.skin.ita_before)),
    "skin_group": ("text", _of(lambda r: None if r.skin is None else r.skin.group)),
    "result_mm_per_px": ("float", _of(lambda r: r.scale.mm_per_px)),
    "scale_source": ("text", _of(lambda r: r.scale.source)),
    "registration_error_mm_p95": ("float", _of(lambda r: None if r.registration is None else r.registration.error_mm_p95)),
    "before_sha256": ("text", _of(lambda r: r.before.sha256)),
    "after_sha256": ("text", _of(lambda r: r.after.sha256)),
    "contract": ("int", _of(lambda r: r.contract)),
    "version": ("text", _of(lambda r: r.provenance.version)),
    "settings_sha256": ("text", _of(lambda r: r.provenance.config_sha256)),
    "seconds": ("float", lambda row: row.pair.seconds or None),
    "not_saved": ("text", lambda row: row.unsaved),
    "not_filed": ("text", lambda row: WHY_UNFILED[row.pair.unfiled] if row.pair.unfiled else ""),
    "pair": ("text", lambda row: row.pair.key),
}
"""Column to its kind and where its value is found."""


def write_tables(rows: Iterable[TableRow], folder: Path) -> tuple[Path, Path]:
    """Write `results.csv` and `results.parquet`, each whole or not at all, running through the rows once.

    Raises
    ------
    UsageError
        They can't be written; earlier ones stay as they were.
    """
    import pyarrow as pa
    from pyarrow import parquet

    types = {"int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "text": pa.string(), "date": pa.date32()}
    schema = pa.schema([(name, types[kind]) for name, (kind, _) in TABLE_COLUMNS.items()])
    coming = iter(rows)
    paths = folder / CSV, folder / PARQUET
    with unwritable_as_usage_error(folder), _beside(paths) as (csv_part, parquet_part):
        with csv_part.open("wb") as file, parquet.ParquetWriter(parquet_part, schema, compression="zstd") as parquets:
            file.write("\ufeff".encode())  # spreadsheets read UTF-8 only with it
            file.write(_csv_lines([list(TABLE_COLUMNS)]))
            while some := [_cells(row) for row in islice(coming, ROWS_AT_A_TIME)]:
                file.write(_csv_lines([_safe(cell) for cell in cells] for cells in some))
                columns = [pa.array(column, type=field.type) for column, field in zip(zip(*some, strict=True), schema, strict=True)]
                parquets.write_table(pa.Table.from_arrays(columns, schema=schema))
            file.flush()
            os.fsync(file.fileno())
        with parquet_part.open("rb") as file:
            os.fsync(file.fileno())
    return paths


@contextmanager
def _beside(paths: tuple[Path, Path]) -> Iterator[tuple[Path, Path]]:
    """Files beside their places, which take them when all went well."""
    parts = tuple(path.with_name(f".{path.name}.part") for path in paths)
    try:
        yield parts[0], parts[1]
        for part, path in zip(parts, paths, strict=True):
            part.replace(path)
    finally:
        for part in parts:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    settle(paths[0].parent)


def _cells(row: TableRow) -> list[Cell]:
    return [_of_kind(kind, value(row)) for kind, value in TABLE_COLUMNS.values()]


def _of_kind(kind: str, value: Cell) -> Cell:
    """The value as its column holds it; a whole number stays one, and a float column takes whole numbers too."""
    return float(value) if kind == "float" and isinstance(value, int) else value


def _safe(cell: Cell) -> str:
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return str(cell).lower() if isinstance(cell, bool) else safe_cell(cell)


def _csv_lines(rows: Iterable[Iterable[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()
