"""What the writer of a comparison's files is told when an archive wants them too."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from photocompare.base.arrays import SRGB8
from photocompare.base.errors import UsageError
from photocompare.photo.dicom import dicom_source
from photocompare.photo.facts import kept_facts
from photocompare.report.dicom.filing import Filing, filing_of
from photocompare.results.result import Result
from photocompare.results.result_json import as_written

if TYPE_CHECKING:
    from photocompare.photo.visits import Visits

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
    facts : sequence of mapping
        The kept facts (`photo.facts.kept_facts`) of all photos.
    """

    filing: Filing
    facts: Sequence[Mapping[str, Any]] = ()

    def files(self, result: Result, summary: SRGB8) -> dict[str, bytes]:
        """Both files by name.

        Raises
        ------
        UsageError
            The libraries fail on what the photos' own files say.
        """
        from photocompare.report.dicom.making import dicom_files, sentences_of
        from photocompare.report.dicom.structured_report import Setting

        side, part = (_agreed([one.get(name) for one in self.facts]) for name in ("laterality", "body_part"))
        try:
            # To the digits that result.json has.
            made = dicom_files(as_written(result), summary, self.filing, Setting(side, part, sentences_of(result)))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  what the libraries say of a value may be a name
            raise UsageError(f"The DICOM files of this pair can't be made ({type(error).__name__}); please report it.") from None
        return dict(zip(ARCHIVE_FILES, made, strict=True))


def archive_of(befores: Iterable[bytes], afters: Iterable[bytes], visits: Visits) -> Archive:
    """Whose the photos are, by their files, which are asked for it only here.

    Parameters
    ----------
    befores, afters : iterable of bytes
        The photos' files; a collage is the file of both.
    visits : Visits
        That were read from them.

    Raises
    ------
    UsageError
        A file is not the one that was read.
    PhotoError
    """
    before, after = ([dicom_source(data) for data in files] for files in (befores, afters))
    if any(source is not None and source.sha256 not in visits.file_facts for source in (*before, *after)):
        raise UsageError("A photo's file changed while it was read; start again.")
    return Archive(filing_of(before, after), [kept_facts(photo.facts) for photo in (*visits.befores, *visits.afters)])


def can_write() -> bool:
    """Whether the optional libraries are installed."""
    return all(importlib.util.find_spec(name) is not None for name in WRITERS)


def check_can_write() -> None:
    """UsageError where the optional libraries are missing."""
    if not can_write():
        raise UsageError("DICOM files are written by optional libraries; install them with pip install 'photocompare[dicom]'.")


def _agreed(said: Sequence[Any]) -> str | None:
    """What every photo that says something says; None where they differ or say nothing."""
    found = set(said) - {None}
    return found.pop() if len(found) == 1 else None
