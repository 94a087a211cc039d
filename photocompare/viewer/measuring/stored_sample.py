"""Measures the shipped sample pair and stores it, so that the viewer opens on a result.

`python -m photocompare.viewer.measuring.stored_sample` does it.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from photocompare.comparison import compare
from photocompare.photo.reading import read_photos
from photocompare.report.files.dossier_making import dossier_of
from photocompare.results.dossier import Dossier, write_dossier

SAMPLE = Path("sample_images") / "good_result"
STORED = "measured.zip"


def measured_sample(folder: Path) -> Dossier:
    """The folder's pair, measured now; without the time that it took, which differs from run to run."""
    comparison = compare(*read_photos([folder / "before.jpg", folder / "after.jpg"]))
    timeless = dataclasses.replace(comparison.provenance, seconds={})
    return dossier_of(dataclasses.replace(comparison, provenance=timeless))


def main() -> None:
    """Store the sample in the folder given, or in that of the project."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    (folder / STORED).write_bytes(write_dossier(measured_sample(folder)))


if __name__ == "__main__":
    main()
