"""One row a measured pair: plain numbers, what was true beside what was found, and no pixel of any photo.

Rows are lines of JSON in `rows.jsonl`, written as they come, so that a study that was stopped goes on where it was.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from photocompare.base.safe_files import write_whole

Role = Literal["pair", "pairing"]

NUMBERS = ("length", "area", "contrast", "net_change", "telangiectasia", "reticular")
"""The percentages that a row holds: the contract's, and clearance of length by calibre."""

MEASURED = ("comparable", "indicative")
REFUSED = ("not_comparable", "unreadable")
FAULT = "fault"
"""Status of a pair on which the program failed."""


@dataclass(frozen=True)
class Compared:
    """One percentage: the truth, the estimate and its 95 % interval; NaN where there is none."""

    true: float
    value: float
    low: float
    high: float

    @property
    def error(self) -> float:
        """Estimate minus truth, percentage points."""
        return self.value - self.true

    @property
    def covered(self) -> bool:
        """Whether the interval holds the truth."""
        slack = 1e-9  # a truth of exactly 0 or 100 must not fall out of an interval that ends there by the last bit
        return self.low - slack <= self.true <= self.high + slack

    @property
    def ok(self) -> bool:
        """Whether there is both a truth and an estimate."""
        return math.isfinite(self.true) and math.isfinite(self.value)


@dataclass(frozen=True)
class Row:
    """What one pair gave.

    Parameters
    ----------
    key : str
        Names the pair and the method; equal keys give equal rows.
    role : str
        "pair" (rendered as one), or "pairing" (photos of two different legs).
    kind, why, ranges : str
        Of the phantom; see `photocompare.phantom.draw_facts`.
    number, seed : int
        Which pair of the study, and the root of its random streams.
    expect : str
        "measure" or "refuse".
    status : str
        One of `MEASURED`, `REFUSED` or `FAULT`.
    refusals : tuple of str
        Codes of the flags that refused it; the error's name for "unreadable" and "fault".
    skin_group : str
        Group of the measured typology angle; empty when there was none.
    conditions : mapping
        How the photos were taken; see `photocompare.validation.observe.conditions_of`.
    numbers : mapping
        Of `NUMBERS`.
    figures : mapping
        Everything else that was scored; see `photocompare.validation.observe`.
    """

    key: str
    role: Role
    kind: str
    why: str
    ranges: str
    number: int
    seed: int
    expect: str
    status: str
    refusals: tuple[str, ...] = ()
    skin_group: str = ""
    conditions: Mapping[str, float] = field(default_factory=dict)
    numbers: Mapping[str, Compared] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def measured(self) -> bool:
        """Whether the pair got a number."""
        return self.status in MEASURED


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def row_as_line(row: Row) -> str:
    """The row as one line of JSON; NaN becomes null."""
    return json.dumps(_plain(dataclasses.asdict(row)), ensure_ascii=False, allow_nan=False) + "\n"


def row_from_line(line: str) -> Row:
    """The row that a line holds.

    Raises
    ------
    ValueError
        The line is not a whole row.
    """
    try:
        told = json.loads(line)
        told["refusals"] = tuple(told["refusals"])
        told["conditions"] = {k: _number(v) for k, v in told["conditions"].items()}
        told["figures"] = {k: _number(v) for k, v in told["figures"].items()}
        told["numbers"] = {k: Compared(**{n: _number(v) for n, v in c.items()}) for k, c in told["numbers"].items()}
        return Row(**told)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a row: {error}") from error


class RowFile:
    """The file of rows: what it holds at the start, and a place to put more.

    A line that a stopped run left half written is dropped from the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        whole: dict[str, Row] = {}
        for line in lines:
            try:
                row = row_from_line(line)
            except ValueError:
                continue
            whole[row.key] = row
        self.rows = whole
        if len(whole) != len(lines) or (lines and not lines[-1].endswith("\n")):
            write_whole(path, "".join(row_as_line(row) for row in whole.values()).encode())

    def add(self, row: Row) -> None:
        """Put the row at the end of the file, for good."""
        self.rows[row.key] = row
        with self._path.open("a", encoding="utf-8") as file:
            file.write(row_as_line(row))
            file.flush()
            os.fsync(file.fileno())
