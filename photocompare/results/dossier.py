"""One comparison as it is shown, exported and kept: numbers, encoded pictures without metadata, and the pieces of vein.

A dossier holds no array of the measuring core and needs none of it to be opened, so a viewer shows a stored comparison at once.
`photocompare.report.files.dossier_making` makes one.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from photocompare.base.errors import UsageError
from photocompare.results.reference_band import RESPONDER_PERCENT
from photocompare.results.result import Result
from photocompare.results.result_json import as_dict, parse_result
from photocompare.results.timing import TimingOptions

if TYPE_CHECKING:
    from photocompare.results.vein_table import VeinTable

DOSSIER = "photocompare.dossier/1"

MOST_BYTES = 400_000_000
"""Of an opened dossier; two photos of 120 megapixels stay below it."""

RETICULAR_MM = 1.3
"""What the standard `VeinOptions.reticular_mm` was while dossiers did not say what they were made with."""

_MEASURES = ("shown_over_full", "px_per_mm", "error_at_most")


@dataclass(frozen=True, eq=False, repr=False)
class Dossier:
    """What is shown of one comparison.

    Parameters
    ----------
    result : Result
        To the digits that `result.json` keeps.
    pictures : mapping
        Encoded, without metadata.  Always: "before_original", "after_original" (upright).  Of a measured pair also, in the before frame at
        working size: "before", "after" (same light), "difference", "error", and the masks "field", "pigment_before", "pigment_after".
        "before_full", "after_full" where they were asked for.
    lines : mapping or None
        For drawing, (x, y, x, y, ...) in pixels of the shown pictures: "fates" (fate to joined lines), "pieces" (one line each, in the
        table's order), and "drawn_field" (corners) where a reader drew one.  None for a refused pair.
    vein_bytes : bytes
        The table of vein pieces as `vein_table` writes it; empty for a refused pair.
    shown_over_full : float
        Size of the shown pictures over that of the before photo, 0..1.
    px_per_mm : float
        Of the shown pictures; assumed where there is no scale.
    error_at_most : float
        Registration error painted darkest in "error", px of the shown pictures.
    reticular_mm : float
        Width from which a vein is called reticular, mm.
    timing : TimingOptions
        Where the time windows open that the result is judged in.
    """

    result: Result
    pictures: Mapping[str, bytes]
    lines: Mapping[str, Any] | None = None
    vein_bytes: bytes = b""
    shown_over_full: float = 1.0
    px_per_mm: float = 1.0
    error_at_most: float = 0.0
    reticular_mm: float = RETICULAR_MM
    timing: TimingOptions = field(default_factory=TimingOptions)

    @property
    def measured(self) -> bool:
        """Whether there is a number."""
        return self.result.measured

    @property
    def drawn_field(self) -> tuple[float, ...]:
        """Corners x, y, x, y, ... of the field that a reader drew, pixels of the shown pictures; empty without one."""
        return tuple((self.lines or {}).get("drawn_field", ()))

    @cached_property
    def veins(self) -> VeinTable | None:
        """Every piece of vein with its fate; None for a refused pair."""
        if not self.vein_bytes:
            return None
        from photocompare.results.vein_table import table_from_bytes  # the measuring core, which opening alone doesn't need

        return table_from_bytes(self.vein_bytes)


def write_dossier(dossier: Dossier) -> bytes:
    """The dossier as one zip file; equal dossiers give equal bytes."""
    buffer = io.BytesIO()
    head = {
        "schema": DOSSIER,
        **{name: getattr(dossier, name) for name in _MEASURES},
        "reticular_mm": dossier.reticular_mm,
        "responder_percent": dossier.result.benchmark.responder_percent,
        "timing": asdict(dossier.timing),
    }
    members = {
        "dossier.json": json.dumps(head).encode(),
        "result.json": json.dumps(as_dict(dossier.result), indent=1, ensure_ascii=False).encode(),
        "lines.json": json.dumps(dossier.lines, separators=(",", ":")).encode(),
        "veins.npz": dossier.vein_bytes,
        **{f"pictures/{name}": data for name, data in sorted(dossier.pictures.items())},
    }
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            how = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=how)
    return buffer.getvalue()


def read_dossier(data: bytes) -> Dossier:
    """The dossier that `write_dossier` wrote.

    Raises
    ------
    UsageError
        The bytes are no dossier, or one of a newer version.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
                raise UsageError("The stored comparison is too large to be one; measure the photos again.")
            head = json.loads(archive.read("dossier.json"))
            if head.pop("schema", None) != DOSSIER:
                raise UsageError("The stored comparison is of another version of the software; measure the photos again.")
            pictures = {name.removeprefix("pictures/"): archive.read(name) for name in archive.namelist() if name.startswith("pictures/")}
            responder = float(head.get("responder_percent", RESPONDER_PERCENT))
            return Dossier(
                parse_result(json.loads(archive.read("result.json")), responder_percent=responder),
                pictures,
                json.loads(archive.read("lines.json")),
                archive.read("veins.npz"),
                **{name: float(head[name]) for name in _MEASURES},
                reticular_mm=float(head.get("reticular_mm", RETICULAR_MM)),
                timing=TimingOptions(**head.get("timing", {})),
            )
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as error:
        raise UsageError("The stored comparison can't be read; measure the photos again.") from error
