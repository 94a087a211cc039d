"""What leaves the practice: all figures as JSON, the de-identified table as CSV and Parquet, and what its columns mean."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from photocompare import __version__
from photocompare.practice.deidentified import COLUMNS, KEPT_WORDS
from photocompare.practice.figures import AuditFigures
from photocompare.report.files.piece_csv import safe_cell
from photocompare.report.words.texts import Texts

SCHEMA = "photocompare.audit/1"
_ENCODING = "utf-8-sig"
"""Spreadsheets read UTF-8 only with its mark."""

_DIGITS = 4
"""Decimals of figures in JSON: beyond what any of them is sure of."""

_UNITS = {
    "concentration_percent": "%",
    "compression_days": "d",
    "days_since_first": "d",
    "days": "d",
    "days_since_session": "d",
    "ita": "°",
    "baseline_mm": "mm",
    "length": "%",
    "length_low": "%",
    "length_high": "%",
    "telangiectasia": "%",
    "telangiectasia_half_width": "%",
    "reticular": "%",
    "reticular_half_width": "%",
    "new_share": "%",
    "stained_share": "%",
}
_LISTED_WORDS = (*(name for name in KEPT_WORDS if name not in ("reasons", "method")), "ceap", "ita_group")
"""Columns whose words stand in the dictionary."""


def figures_json(figures: AuditFigures) -> str:
    """All figures as JSON, ending in a newline; numbers that failed are null, and so are counts that are hidden."""
    content = {"schema": SCHEMA, "version": __version__, **_plain(figures)}
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name != "causes"}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return round(value, _DIGITS) + 0.0 if math.isfinite(value) else None
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def table_csv(table: pd.DataFrame) -> bytes:
    """The de-identified table as CSV (RFC 4180, UTF-8 with its mark); words that a spreadsheet would run as a formula are defused."""
    shown = table.copy()
    for name in shown.columns:
        if isinstance(shown[name].dtype, pd.CategoricalDtype):
            words = [safe_cell(str(word)) for word in shown[name].cat.categories]
            # Two words may become one: "=1" and "'=1".
            shown[name] = np.array([*words, ""], object)[shown[name].cat.codes.to_numpy()]
    text: str = shown.to_csv(index=False, lineterminator="\r\n")
    return text.encode(_ENCODING)


def table_parquet(table: pd.DataFrame) -> bytes:
    """The de-identified table as Parquet; words stand as they are, for programs."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def dictionary_csv(table: pd.DataFrame, t: Texts) -> bytes:
    """What each column of the table means: name, type, unit, meaning and, for a short list of words, those."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([t(f"dictionary.{name}") for name in ("column", "kind", "unit", "meaning", "words")])
    for name in COLUMNS:
        words = ", ".join(str(w) for w in table[name].cat.categories if w) if name in _LISTED_WORDS else ""
        row = (name, t(f"dictionary.{_kind(table, name)}"), _UNITS.get(name, ""), t(f"dictionary.of.{name}"), words)
        writer.writerow([safe_cell(cell) for cell in row])
    return buffer.getvalue().encode(_ENCODING)


def _kind(table: pd.DataFrame, name: str) -> str:
    dtype = table[name].dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "text"
    return "whole" if pd.api.types.is_integer_dtype(dtype) else "number"
