"""What the writer of a comparison's files is told when an archive wants them too."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

from photocompare.base.arrays import SRGB8
from photocompare.base.errors import UsageError
from photocompare.photo.facts import PhotoFacts
from photocompare.report.dicom.filing import Filing
from photocompare.results.result import Result
from photocompare.results.result_json import as_written

SUMMARY, MEASUREMENTS = "summary.dcm", "measurements.dcm"
ARCHIVE_FILES = (SUMMARY, MEASUREMENTS)
"""The summary picture as secondary capture, and the numbers as a structured report."""

WRITERS = ("pydicom", "highdicom")


@dataclass(frozen=True, repr=False)
class Archive:
    """Whose the files are, and which leg it is.

    Parameters
    ----------
    filing : Filing
    facts : sequence of PhotoFacts
        Of all photos.
    """

    filing: Filing
    facts: Sequence[PhotoFacts] = ()

    def files(self, result: Result, summary: SRGB8) -> dict[str, bytes]:
        """Both files by name."""
        from photocompare.report.dicom.making import dicom_files, sentences_of
        from photocompare.report.dicom.structured_report import Setting

        side, part = (_agreed([getattr(one, name) for one in self.facts]) for name in ("laterality", "body_part"))
        # To the digits that result.json has.
        made = dicom_files(as_written(result), summary, self.filing, Setting(side, part, sentences_of(result)))
        return dict(zip(ARCHIVE_FILES, made, strict=True))


def check_can_write() -> None:
    """UsageError where the optional libraries are missing."""
    if any(importlib.util.find_spec(name) is None for name in WRITERS):
        raise UsageError("DICOM files are written by optional libraries; install them with pip install 'photocompare[dicom]'.")


def _agreed(said: Sequence[str | None]) -> str | None:
    """What every photo that says something says; None where they differ or say nothing."""
    found = set(said) - {None}
    return found.pop() if len(found) == 1 else None
