"""Both files for an archive of a stored comparison, in one zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from photocompare.report.dicom.archive import Archive
from photocompare.report.dicom.filing import HELD_NAMELESS
from photocompare.report.pictures.pair import stored_pictures
from photocompare.report.pictures.summary import draw_summary
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier


def dicom_zip(dossier: Dossier, facts: Sequence[Mapping[str, Any]], t: Texts) -> bytes:
    """The summary picture in the reader's language and the report in English, both of nobody.

    Parameters
    ----------
    dossier : Dossier
    facts : sequence of mapping
        The kept facts of the photos, as far as they are known: they tell which leg it is.
    t : Texts

    Raises
    ------
    UsageError
        As `Archive.files`.
    """
    result = dossier.result
    files = Archive(HELD_NAMELESS, facts).files(result, draw_summary(result, stored_pictures(dossier), t))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
