"""The clearance held against the band that clinics quote, and against the responder rule of the trials.

The band is everyday practice, not a guideline: "70 to 90 percent clearance" of spider veins after one to three sessions.  The
rule is the trials': a responder has lost at least 75 % of vein length (PG3T, Bertanha 2021).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from photocompare.base.estimate import Estimate
from photocompare.results.timing import Timing, Window

Verdict = Literal["below", "within", "above", "not_assessed"]

RESPONDER_PERCENT = 75.0
"""A responder's least clearance of length (Bertanha 2021); `result.json` names it in its key "responder_75"."""

REPORTED_DIGITS = 1
"""Decimals of a reported percentage; the verdict is passed on the number that people read, so that 70.0 is never "below 70"."""

SENTENCES = {
    "no_number": "No number can be given for this pair, so there is nothing to hold against the benchmark.",
    "too_early": "In the first two weeks swelling, bruises and trapped blood hide the outcome; it is too early to judge.",
    "interim": "Less than eight weeks lie between the photos: an interim look, not an outcome.",
    "unknown": "The time between the photos is unknown, and only a pair inside its assessment window is held against the benchmark.",
    "below": "The clearance is below the {low} to {high} percent band; {sure}.",
    "within": "The clearance is within the {low} to {high} percent band; {sure}.",
    "above": "The clearance is above the {low} to {high} percent band; {sure}.",
    "certain": "the whole interval lies there",
    "uncertain": "the interval reaches beyond, so this is not certain",
    "late": "Over six months lie between the photos; veins may have come back since.",
}
"""What is said of a place beside the band, in English; the words of every language take it from here."""

_NOT_JUDGED: tuple[Window, ...] = ("too_early", "interim", "unknown")


@dataclass(frozen=True)
class ReferenceBandOptions:
    """The reference band and the responder rule, in percent of baseline vein length.

    Parameters
    ----------
    low_percent, high_percent : float
        The quoted band; practice, no trial behind it.
    responder_percent : float
        A responder's least clearance of length (Bertanha 2021).
    """

    low_percent: float = 70.0
    high_percent: float = 90.0
    responder_percent: float = RESPONDER_PERCENT

    def __post_init__(self) -> None:
        if not 0.0 <= self.low_percent < self.high_percent <= 100.0 or not 0.0 <= self.responder_percent <= 100.0:
            raise ValueError("the band is 0 <= low < high <= 100, and the responder rule lies in 0..100")


@dataclass(frozen=True)
class BandVerdict:
    """What the clearance means beside the band.

    Parameters
    ----------
    low, high : float
        The band, in percent.
    verdict : str
        Where the headline number lies; "not_assessed" outside the assessment window or without a number.
    certain : bool
        Whether the whole 95 % interval lies where the verdict says; False when nothing was assessed.
    responder : bool or None
        Whether the number reaches the responder rule; None when nothing was assessed.
    why : str
        One sentence.
    responder_percent : float
        The responder rule that was applied.
    """

    low: float
    high: float
    verdict: Verdict
    certain: bool
    responder: bool | None
    why: str
    responder_percent: float = field(default=RESPONDER_PERCENT, kw_only=True)

    @property
    def assessed(self) -> bool:
        """Whether the number was held against the band at all."""
        return self.verdict != "not_assessed"

    @property
    def band(self) -> ReferenceBandOptions:
        """The band and the responder rule that the number was held against."""
        return ReferenceBandOptions(self.low, self.high, self.responder_percent)


def tells_nothing(length: Estimate, *, options: ReferenceBandOptions) -> bool:
    """Whether the interval of the clearance holds both no clearance and the band's lower limit: success can't be told from failure."""
    return length.ok and length.low <= 0 and length.high >= options.low_percent


def judge_against_band(length: Estimate | None, timing: Timing, *, options: ReferenceBandOptions | None = None) -> BandVerdict:
    """Judge the clearance of length; only inside the assessment window, or after it, is it judged at all.

    After the window the treated veins have had their time, so the band still applies; the sentence says that veins may have
    come back since.

    Parameters
    ----------
    length : Estimate or None
        Clearance of length in percent; None, or a failed estimate, is not assessed.
    timing : Timing
    options : ReferenceBandOptions, optional
    """
    options = options or ReferenceBandOptions()

    def judged(verdict: Verdict, why: str, *, certain: bool = False, responder: bool | None = None) -> BandVerdict:
        low, high = options.low_percent, options.high_percent
        return BandVerdict(low, high, verdict, certain, responder, why, responder_percent=options.responder_percent)

    if length is None or not length.ok:
        return judged("not_assessed", SENTENCES["no_number"])
    if timing.window in _NOT_JUDGED:
        return judged("not_assessed", SENTENCES[timing.window])

    value, low, high = (round(v, REPORTED_DIGITS) for v in (length.value, length.low, length.high))
    verdict = _place(value, options)
    certain = _place(low, options) == verdict == _place(high, options)
    why = _why(verdict, certain, timing, options)
    return judged(verdict, why, certain=certain, responder=value >= options.responder_percent)


def _place(percent: float, options: ReferenceBandOptions) -> Verdict:
    if percent < options.low_percent:
        return "below"
    return "within" if percent <= options.high_percent else "above"


def _why(verdict: Verdict, certain: bool, timing: Timing, options: ReferenceBandOptions) -> str:
    sure = SENTENCES["certain" if certain else "uncertain"]
    placed = SENTENCES[verdict].format(low=f"{options.low_percent:g}", high=f"{options.high_percent:g}", sure=sure)
    return f"{placed} {SENTENCES['late']}" if timing.window == "late" else placed
