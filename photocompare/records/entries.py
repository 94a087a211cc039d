"""What a person enters about patients and visits: checked where it is given."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from photocompare.base.errors import UsageError
from photocompare.records.schema import CEAP_CLASSES, FORMS, HIGHEST_VCSS, LONGEST_COMPRESSION_DAYS, LONGEST_NAME, SIDES, VisitRow
from photocompare.results.result import Result
from photocompare.results.timing import can_be_visit
from photocompare.results.visit_details import MOST_SESSIONS

Side = Literal["left", "right"]

LONGEST_NOTE = 10_000
"""Characters of a note; several pages."""

_KEY_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without those that are read for one another: 0 and O, 1 and I."""

_KEY_LENGTH = 9
"""32^9 is 3.5e13: a million patients share no key, and nobody guesses one."""


def new_patient_key() -> str:
    """A pseudonymous key that says nothing about the patient."""
    return "P-" + "".join(secrets.choice(_KEY_LETTERS) for _ in range(_KEY_LENGTH))


def folded(words: str) -> str:
    """Words as a search compares them: without case, in any script (SQLite's own lower() knows A to Z alone)."""
    return unicodedata.normalize("NFKC", words).casefold()


def _checked_text(name: str, value: str, longest: int) -> None:
    if len(value) > longest:
        raise UsageError(f"The {name} has more than {longest} characters; shorten it.", code="entry_too_long", entry=name, most=longest)
    if "\x00" in value:
        raise UsageError(f"The {name} holds a character that can't be kept; type it again.", code="entry_unkept", entry=name)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"The {name} holds a character that can't be kept; type it again.", code="entry_unkept", entry=name) from None


def _checked_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise UsageError(
            f"The {name} must lie between {low:g} and {high:g}.", code="entry_out_of_range", entry=name, low=f"{low:g}", high=f"{high:g}"
        )


def _checked_word(name: str, value: str, words: tuple[str, ...]) -> None:
    if value and value not in words:
        raise UsageError(f"The {name} must be one of: {', '.join(words)}.", code="entry_unknown", entry=name, words=", ".join(words))


@dataclass(frozen=True)
class IdentityFacts:
    """Who a patient is; every field may stay empty.

    Raises
    ------
    UsageError
        A text is too long or can't be kept, or the birthday lies ahead.
    """

    name: str = ""
    chart_number: str = ""
    born_on: dt.date | None = None
    note: str = ""

    def __post_init__(self) -> None:
        _checked_text("name", self.name, LONGEST_NAME)
        _checked_text("chart_number", self.chart_number, LONGEST_NAME)
        _checked_text("note", self.note, LONGEST_NOTE)
        if self.born_on is not None and self.born_on > dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1):
            raise UsageError("The birthday lies in the future; check the year.", code="birthday_ahead")


@dataclass(frozen=True)
class VisitFacts:
    """A visit as entered.

    Parameters
    ----------
    day : date
    session : int or None
        Treatments of the region up to this day, this one included; 0..99.
    agent : str
        What was injected; empty where nothing was.
    concentration_percent : float or None
        Above 0, up to 100.
    form : {"liquid", "foam", ""}
    operator, site : str
        Who treated, and where.
    compression_days : int or None
        0..365.
    ceap : str
        Clinical class of CEAP, or empty.
    vcss : int or None
        Venous clinical severity score, 0..30.
    note : str

    Raises
    ------
    UsageError
        A value that can't be.
    """

    day: dt.date
    session: int | None = None
    agent: str = ""
    concentration_percent: float | None = None
    form: str = ""
    operator: str = ""
    site: str = ""
    compression_days: int | None = None
    ceap: str = ""
    vcss: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not can_be_visit(self.day):
            raise UsageError(f"The day {self.day.isoformat()} can't be a visit's; check the year.", code="day_impossible", day=self.day)
        for name in ("agent", "operator", "site"):
            _checked_text(name, getattr(self, name), LONGEST_NAME)
        _checked_text("note", self.note, LONGEST_NOTE)
        _checked_range("session", self.session, 0, MOST_SESSIONS)
        _checked_range("compression_days", self.compression_days, 0, LONGEST_COMPRESSION_DAYS)
        _checked_range("vcss", self.vcss, 0, HIGHEST_VCSS)
        percent = self.concentration_percent
        if percent is not None and not (math.isfinite(percent) and 0 < percent <= 100):
            raise UsageError("The concentration is a percentage above 0 and up to 100.", code="concentration_out_of_range")
        _checked_word("form", self.form, FORMS)
        _checked_word("ceap", self.ceap, CEAP_CLASSES)

    @classmethod
    def of(cls, visit: VisitRow) -> VisitFacts:
        """What stands in the records."""
        return cls(**{f.name: getattr(visit, f.name) for f in dataclasses.fields(cls)})

    def filled_with(self, other: VisitFacts) -> VisitFacts:
        """These facts, and the other's where these are empty.

        Raises
        ------
        UsageError
            Both say something, and not the same.
        """
        merged = {}
        for entry in dataclasses.fields(self):
            mine, theirs = getattr(self, entry.name), getattr(other, entry.name)
            empty = (None, "")
            if mine not in empty and theirs not in empty and mine != theirs:
                raise UsageError(
                    f"The visit of {self.day.isoformat()} is kept with another {entry.name}; change it on the patient's page first.",
                    code="visit_says_otherwise",
                    day=self.day,
                    entry=entry.name,
                )
            merged[entry.name] = theirs if mine in empty else mine
        return VisitFacts(**merged)


def checked_place(side: str, region: str) -> tuple[str, str]:
    """Leg and region.

    Raises
    ------
    UsageError
        One is missing, or the region's name is too long.
    """
    if side not in SIDES:
        raise UsageError("Say whether it is the left or the right leg.", code="leg_missing")
    if not region.strip():
        raise UsageError("Name the part of the leg, such as outer thigh.", code="region_missing")
    _checked_text("region", region, LONGEST_NAME)
    return side, region


@dataclass(frozen=True, eq=False, repr=False)
class VisitPhotos:
    """Photos of one visit on their way into the records.

    Parameters
    ----------
    files : tuple of bytes
        As they came; of a DICOM file a copy without whose it is goes into the records (`photo.dicom.without_identity`).
    facts : mapping
        The photo's SHA-256 (`PhotoFacts.sha256`) to what is known of that photo; only `photo.facts.KEPT_FACTS` are kept.
    """

    files: tuple[bytes, ...] = ()
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False)
class NewComparison:
    """A measured pair on its way into the records.

    Parameters
    ----------
    patient_key : str
    side : {"left", "right"}
    region : str
        Part of the leg; not empty.
    before, after : VisitFacts
        Of the two visits, on different days.
    before_photos, after_photos : tuple of bytes
        The files as they came; one each at least.
    result : mapping
        As in `result.json`.
    dossier : bytes
        As `write_dossier` makes it.
    reason : str
        Why a pair of visits that has a comparison is saved once more; empty the first time.
    correction : mapping
        Marks of a correction by hand, plain JSON types; empty for the machine's own result.
    photo_facts : mapping
        SHA-256 to what `PhotoFacts` tells of that photo, where it is known; only `photo.facts.KEPT_FACTS` are kept.
    reason_of_same_photos : str
        Serves as the reason where the earlier comparison is of the same photos and has no reader's hand in it, which would be undone.

    Raises
    ------
    UsageError
    """

    patient_key: str
    side: str
    region: str
    before: VisitFacts
    after: VisitFacts
    before_photos: tuple[bytes, ...]
    after_photos: tuple[bytes, ...]
    result: Result
    dossier: bytes
    reason: str = ""
    correction: Mapping[str, Any] = field(default_factory=dict)
    photo_facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reason_of_same_photos: str = ""

    def __post_init__(self) -> None:
        checked_place(self.side, self.region)
        _checked_text("reason", self.reason, LONGEST_NAME)
        _checked_text("reason", self.reason_of_same_photos, LONGEST_NAME)
        if self.before.day >= self.after.day:
            raise UsageError("The after visit must be later than the before visit; check the dates.", code="visits_reversed")
        if not self.before_photos or not self.after_photos:
            raise UsageError("Both visits need a photo.", code="photos_missing")
