"""How long lies between the two photos, and what that time allows to be said.

Only the photos' dates are known here, not those of the sessions.  After one session, given on the day of the before photo or later, the
days between the photos are at least those since it; after several they may be many more.  Records that hold the sessions count from the
last one (`photocompare.records.cohort_rows`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from photocompare.base.errors import UsageError

Window = Literal["too_early", "interim", "assessment", "late", "unknown"]


@dataclass(frozen=True)
class TimingOptions:
    """Where the windows open, in days between the photos.

    Parameters
    ----------
    interim_from_days : int
        Before it, swelling, bruises and trapped blood make a leg look worse than it is: wheals and cords last to day 7, and at
        two weeks up to 61 % of legs hold trapped blood (chart review of 809 patients, 2014-2023).
    assessment_from_days : int
        Spider veins are judged 8 to 12 weeks after the last session; the trials that defined a responder looked at 60 days
        (Bertanha 2021).  Eight weeks, the later of the usual openings, since the photos may lie further apart than session and photo.
    late_from_days : int
        Large branches reach their end point within 3 to 6 months, and 70 % of stains are gone by 6 months; beyond half a year
        veins may have come back.
    """

    interim_from_days: int = 14
    assessment_from_days: int = 8 * 7
    late_from_days: int = 183

    def __post_init__(self) -> None:
        if not 0 < self.interim_from_days < self.assessment_from_days < self.late_from_days:
            raise ValueError("the windows open one after the other: 0 < interim < assessment < late")


@dataclass(frozen=True)
class Timing:
    """The time between the photos.

    Parameters
    ----------
    days : int or None
        Whole days from before to after; negative when the order is reversed; None when a date is missing.
    window : str
        "unknown" when `days` is None or negative.
    """

    days: int | None
    window: Window

    @property
    def reversed(self) -> bool:
        """Whether the after photo is dated earlier than the before photo."""
        return self.days is not None and self.days < 0


def parse_date(text: str) -> dt.date:
    """The calendar date of an ISO 8601 date or date-time, such as 2026-03-14 or 2026-03-14T09:30.

    Raises
    ------
    UsageError
        The text is no such date.
    """
    try:
        return dt.datetime.fromisoformat(text.strip()).date()
    except ValueError:
        raise UsageError(f"{text!r} is not a date; write it as year-month-day, for example 2026-03-14.") from None


_EARLIEST_VISIT = dt.date(1970, 1, 1)


def can_be_visit(day: dt.date) -> bool:
    """Whether a visit may have been on that day: neither ahead nor so early that the year must be a slip of the keyboard."""
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)  # it may be tomorrow already, east of Greenwich
    return _EARLIEST_VISIT <= day <= tomorrow


def judge_timing(before: dt.date | None, after: dt.date | None, *, options: TimingOptions | None = None) -> Timing:
    """Days between two dates, and the window they fall in."""
    options = options or TimingOptions()
    if before is None or after is None:
        return Timing(None, "unknown")
    days = (after - before).days
    if days < 0:
        return Timing(days, "unknown")
    if days < options.interim_from_days:
        return Timing(days, "too_early")
    if days < options.assessment_from_days:
        return Timing(days, "interim")
    return Timing(days, "assessment" if days < options.late_from_days else "late")
