"""What a person types about the two visits: checked where it is given, harmless wherever it is shown."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import unicodedata
from dataclasses import dataclass
from typing import Literal

from photocompare.base.errors import UsageError

Leg = Literal["left", "right", ""]

LONGEST_LABEL = 80
"""Characters of the patient's label that are shown: one line across A4 in the smallest type that is still read (6.5 pt)."""

LONGEST_ENTRY = 48
"""Characters shown of agent and region: three lines of a 45 mm column in 8 pt type."""

LONGEST_NOTE = 320
"""Characters shown of the note: three lines across A4 in 8 pt type."""

MOST_SESSIONS = 99
"""Two digits; the usual course is one to four sessions."""

ELLIPSIS = "…"
NOT_SHOWN = "□"
"""U+25A1, put where a character can't be shown, so that the reader sees that something stood there."""

_BREAKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_KEPT_FORMAT = frozenset("\u200c\u200d")
"""Joiners shape words and turn nothing round; other format characters (bidi marks and overrides, tags, soft hyphens) go."""


def shown_text(text: str, longest: int) -> str:
    """One line of typed text that can be shown anywhere.

    Line breaks and tabs become spaces; bidi controls and other invisible format characters go; further control characters, lone
    surrogates and unassigned code points become `NOT_SHOWN`; what is longer ends in an ellipsis.  Markup is left as typed: whoever
    shows the text shows it as text.

    Parameters
    ----------
    text : str
    longest : int
        Characters of the result, the ellipsis included.
    """
    head = text[: 8 * longest + 64]  # enough for what is left after dropping, without walking through megabytes
    cleaned = " ".join("".join(_shown(c) for c in unicodedata.normalize("NFC", head)).split())
    return cleaned if len(cleaned) <= longest and len(head) == len(text) else cleaned[: longest - 1].rstrip() + ELLIPSIS


def _shown(character: str) -> str:
    if character in _BREAKS:
        return " "
    match unicodedata.category(character):
        case "Cf":
            return character if character in _KEPT_FORMAT else ""
        case "Cc" | "Cs" | "Cn" | "Co":
            return NOT_SHOWN
    return character


@dataclass(frozen=True)
class VisitDetails:
    """What was typed about a pair of visits, as it was typed; every field may stay empty.  `shown` is what a page may show.

    Parameters
    ----------
    patient_label : str
        Whatever the clinic calls the patient by.
    before_date, after_date : date or None
        Days of the two photos.
    sessions : int or None
        Treatment sessions between the photos, 0..99.
    agent : str
        What was injected.
    concentration_percent : float or None
        Of the agent, above 0 up to 100.
    leg : {"left", "right", ""}
    region : str
        Part of the leg.
    note : str

    Raises
    ------
    UsageError
        A number outside its range, or a leg that is neither left nor right.
    """

    patient_label: str = ""
    before_date: dt.date | None = None
    after_date: dt.date | None = None
    sessions: int | None = None
    agent: str = ""
    concentration_percent: float | None = None
    leg: Leg = ""
    region: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.sessions is not None and not 0 <= self.sessions <= MOST_SESSIONS:
            raise UsageError(
                f"The number of sessions must lie between 0 and {MOST_SESSIONS}.", code="sessions_out_of_range", most=MOST_SESSIONS
            )
        percent = self.concentration_percent
        if percent is not None and not (math.isfinite(percent) and 0.0 < percent <= 100.0):
            raise UsageError("The concentration is a percentage above 0 and up to 100.", code="concentration_out_of_range")
        if self.leg not in ("left", "right", ""):
            raise UsageError("The leg is left, right or not given.", code="leg_unknown")

    @property
    def shown(self) -> VisitDetails:
        """The same with every text as `shown_text` makes it."""
        return dataclasses.replace(
            self,
            patient_label=shown_text(self.patient_label, LONGEST_LABEL),
            agent=shown_text(self.agent, LONGEST_ENTRY),
            region=shown_text(self.region, LONGEST_ENTRY),
            note=shown_text(self.note, LONGEST_NOTE),
        )
