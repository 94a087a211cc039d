"""The printed reports: one A4 page for the file, one for the patient.

Type is DejaVu Sans, embedded (Latin, Greek, Cyrillic, Hebrew, Arabic and more); what it lacks is written in a typeface of the system's
where there is one, else visibly replaced.  Nothing of the photos but their pixels gets in, no time of making, and no name into the
document's information; equal content gives equal bytes.
"""

from __future__ import annotations

from photocompare.report.pdf.file_page import CorrectedNumber, draw_file_page
from photocompare.report.pdf.patient_page import draw_patient_page
from photocompare.report.pdf.sheet import Sheet
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.results.visit_details import VisitDetails


def file_pdf(dossier: Dossier, details: VisitDetails, texts: Texts, correction: CorrectedNumber | None = None) -> bytes:
    """One A4 page for the file.

    Parameters
    ----------
    dossier : Dossier
        Of a refused pair the page holds no number: why, and what to do.
    details : VisitDetails
    texts : Texts
        The language.
    correction : tuple of Correction and Corrected, optional
        A reader's marks and the clearance that follows; it stands beside the measured number.

    Returns
    -------
    bytes
        The PDF.
    """
    sheet = Sheet(texts.language, texts("pdf.document"))
    draw_file_page(sheet, dossier, details, texts, correction)
    return sheet.bytes_of()


def patient_pdf(dossier: Dossier, details: VisitDetails, texts: Texts) -> bytes:
    """One calm A4 page for the patient: a sentence, both photos, the usual course, what comes next, when to call the clinic.

    Parameters
    ----------
    dossier : Dossier
    details : VisitDetails
        Label, dates and place are shown; treatment and note are for the file.
    texts : Texts
        The language.

    Returns
    -------
    bytes
        The PDF.
    """
    sheet = Sheet(texts.language, texts("pdf.document"))
    draw_patient_page(sheet, dossier, details, texts)
    return sheet.bytes_of()
