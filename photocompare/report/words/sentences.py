"""What the result says in sentences.  It describes photographs; it never diagnoses."""

from __future__ import annotations

from photocompare.base.flags import RaisedFlag, Severity
from photocompare.report.words.numbers import headline_percent, interval, percent
from photocompare.report.words.texts import texts
from photocompare.results.comparison import ASSESSED_FATES, Comparison, Outcome, PairScale
from photocompare.results.reference_band import ReferenceBandOptions

ENGLISH = texts("en")
BAND = ReferenceBandOptions()

TITLE = "Visible leg veins, before and after"
DISCLAIMER = "This describes two photographs. It is not a diagnosis."
NO_NUMBER = "No number can be given for this pair"

STATUS = {"comparable": "Comparable", "indicative": "Indicative", "not_comparable": "Not comparable"}
STATUS_MEANS = {
    "comparable": "The photos compare well.",
    "indicative": "Read the interval, not the single number.",
    "not_comparable": "The photos can't be compared honestly.",
}
FATE = {
    "cleared": "Cleared",
    "stained": "Cleared, brown stain left",
    "faded": "Faded",
    "residual": "Still visible",
    "new": "New",
    "not_assessable": "Not assessable",
}
CALIBRE = {"telangiectasia": "Spider veins (under 1 mm)", "reticular": "Reticular veins (1 to 3 mm)"}
RESPONDER = "Responder rule of trials (75 % of length)"
SCALE = {"card": "scale from the card", "given": "scale as given", "assumed": "scale assumed", "none": "no scale"}
WINDOW = {
    "too_early": "too early to judge",
    "interim": "interim, before the assessment window",
    "assessment": "assessment window",
    "late": "beyond six months",
    "unknown": "time between the photos unknown",
}


def length(length_px: float, scale: PairScale) -> str:
    """A length in mm, or in pixels without a scale."""
    in_mm = scale.length_mm(length_px)
    return f"{length_px:.0f} px" if in_mm is None else f"{in_mm:.0f} mm"


def share_of_assessed(fate: str, outcome: Outcome) -> str:
    """A fate's share of the assessed baseline length; empty for fates outside it."""
    assessed = sum(outcome.fate_px.get(f, 0.0) for f in ASSESSED_FATES)
    if fate not in ASSESSED_FATES or assessed <= 0:
        return ""
    return percent(100.0 * outcome.fate_px.get(fate, 0.0) / assessed, ENGLISH)


def headline(comparison: Comparison) -> str:
    """The result in one sentence."""
    if comparison.outcome is None:
        return f"{NO_NUMBER}."
    cleared = comparison.outcome.length
    shown = headline_percent(cleared.value, BAND, ENGLISH)
    return f"{shown} of the visible vein length cleared (95 % interval {interval(cleared.low, cleared.high, ENGLISH)})."


def responder(comparison: Comparison) -> str:
    """Whether the trials' responder rule is reached."""
    return {True: "reached", False: "not reached", None: "not assessed"}[comparison.benchmark.responder]


def time_between(comparison: Comparison) -> str:
    """Days and window."""
    days = comparison.timing.days
    if days is None:
        return WINDOW["unknown"].capitalize()
    if days < 0:
        return "The after photo is dated earlier than the before photo"
    return f"{days} {'day' if days == 1 else 'days'} between the photos: {WINDOW[comparison.timing.window]}"


def reasons_to_tell(comparison: Comparison) -> list[RaisedFlag]:
    """All reasons; without a number only what stands in its way, since notes on a number that isn't there distract."""
    return [r for r in comparison.reasons if comparison.outcome is not None or r.severity is not Severity.NOTE]


def as_text(comparison: Comparison) -> str:
    """The result in a few lines, for a terminal."""
    lines = [headline(comparison), f"{STATUS[comparison.status]}. {STATUS_MEANS[comparison.status]}"]
    if comparison.outcome is not None:
        lines += [f"{time_between(comparison)}.", comparison.benchmark.why]
    lines += [f"- {reason.message} {reason.fix}" for reason in reasons_to_tell(comparison)]
    return "\n".join(lines)
