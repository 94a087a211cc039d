"""The results of a batch as a table, one row a pair: CSV for a spreadsheet, Parquet for a program, the same columns in both.

Facts come as the manifest has them, numbers as `result.json` has them; what failed or was refused is empty, never 0.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from photocompare.base.safe_files import settle
from photocompare.batch.keeping import StoredPair, unwritable_as_usage_error
from photocompare.batch.manifest import COLUMNS, DATES, PLACES, PairRow
from photocompare.batch.sources import shown
from photocompare.report.files.piece_csv import safe_cell

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


def _at(*path: str) -> _Value:
    """The value at a path into the result; None where there is none."""

    def value(row: TableRow) -> Cell:
        found: Any = row.pair.result
        for name in path:
            if not isinstance(found, Mapping):
                return None
            found = found.get(name)
        return None if isinstance(found, Mapping) else found

    return value


def _codes(result: Mapping[str, Any] | None) -> list[str]:
    """Of every flag that was raised, once, the worst first."""
    return list(dict.fromkeys(reason["code"] for reason in (result or {}).get("reasons", ())))


def _fact(name: str) -> _Value:
    if name in PLACES:
        return lambda row: shown(getattr(row.row, name))
    return lambda row: getattr(row.row, name)


def _estimate(name: str, *path: str) -> dict[str, tuple[str, _Value]]:
    parts = {"percent": "percent", "low": "low", "high": "high"}
    return {f"{name}_{column}": ("float", _at("clearance", *path, part)) for column, part in parts.items()}


_KINDS = dict.fromkeys(("session", "compression_days", "vcss"), "int") | dict.fromkeys(("concentration_percent", "mm_per_px"), "float")
_FACTS = {name: ("date" if name in DATES else _KINDS.get(name, "text"), _fact(name)) for name in COLUMNS}

TABLE_COLUMNS: dict[str, tuple[str, _Value]] = {
    "row": ("int", lambda row: row.row.number),
    **_FACTS,
    "status": ("text", lambda row: row.pair.status),
    "reasons": ("text", lambda row: ";".join(_codes(row.pair.result))),
    "why": ("text", lambda row: row.pair.why),
    **_estimate("length", "length"),
    **_estimate("area", "area"),
    **_estimate("contrast", "contrast"),
    **_estimate("net_change", "net_change"),
    **_estimate("telangiectasia", "by_calibre", "telangiectasia"),
    **_estimate("reticular", "by_calibre", "reticular"),
    **{f"{fate}_mm": ("float", _at("fate_mm", fate)) for fate in ("cleared", "stained", "faded", "residual", "new", "not_assessable")},
    "pigment_gained_mm2": ("float", _at("pigment", "gained_mm2")),
    "stained_percent": ("float", _at("pigment", "stained_percent_of_baseline_length")),
    "days": ("int", _at("timing", "days")),
    "window": ("text", _at("timing", "window")),
    "benchmark": ("text", _at("benchmark", "verdict")),
    "responder_75": ("bool", _at("benchmark", "responder_75")),
    "ita_before": ("float", _at("skin", "ita_before")),
    "skin_group": ("text", _at("skin", "group")),
    "result_mm_per_px": ("float", _at("scale", "mm_per_px")),
    "scale_source": ("text", _at("scale", "source")),
    "registration_error_mm_p95": ("float", _at("registration", "error_mm_p95")),
    "before_sha256": ("text", _at("photos", "before", "sha256")),
    "after_sha256": ("text", _at("photos", "after", "sha256")),
    "version": ("text", _at("provenance", "version")),
    "settings_sha256": ("text", _at("provenance", "config_sha256")),
    "seconds": ("float", lambda row: row.pair.seconds or None),
    "not_saved": ("text", lambda row: row.unsaved),
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
