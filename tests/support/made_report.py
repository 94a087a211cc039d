"""What the tests of the printed pages share: a visit, a correction, the page's text."""

from __future__ import annotations

import datetime as dt
import io

import numpy as np
import pytest
from pypdf import PdfReader

from photocompare.base.estimate import Estimate
from photocompare.clearance.correction import Corrected, Correction
from photocompare.report.words.texts import texts
from photocompare.results.visit_details import VisitDetails

T = texts("en")
DETAILS = VisitDetails(
    "Example, Anna", dt.date(2026, 3, 14), dt.date(2026, 6, 6), 2, "Polidocanol", 0.5, "left", "lateral thigh", "Compression for a week."
)
CORRECTION = (
    Correction("Dr. Weber", dt.datetime(2026, 6, 7, 9, 20, tzinfo=dt.UTC), (1, 2), (np.array([[1.0, 2.0], [9.0, 9.0]]),)),
    Corrected(Estimate(57.4, 44.0, 69.6, "%"), {}, ()),
)
MANY_REASONS = (
    *("scale_assumed", "light_differs"),
    *(f"{code}:{which}" for code in ("soft", "coarse", "noisy") for which in ("before", "after")),
)


def text_of(pdf: bytes) -> str:
    """The page's text with single spaces; no-break spaces count as spaces."""
    reader = PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (float(box.width), float(box.height)) == (pytest.approx(595.28, abs=0.1), pytest.approx(841.89, abs=0.1))
    return " ".join(reader.pages[0].extract_text().split())
