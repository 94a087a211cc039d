"""Invented results: numbers as the tool would report them for a known truth, marked as invented in their provenance.

Nothing is measured here.  The measured value is the truth and an error drawn from the interval that stands beside it, so that an audit of
invented results has a truth to be held against.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import numpy as np

from photocompare import __version__
from photocompare.base.colour import ita_group
from photocompare.base.estimate import Z95, Estimate
from photocompare.base.flags import RaisedFlag, raised, worst_first
from photocompare.base.provenance import settings_sha256
from photocompare.clearance.outcome import CalibreOutcome, Outcome, PigmentOutcome
from photocompare.demo.course import TrueState
from photocompare.demo.plan import Practice
from photocompare.leg.scale import Scale
from photocompare.leg.tone import SkinTone
from photocompare.results.comparison import Comparison, PhotoRecord, Pictures, Provenance
from photocompare.results.reference_band import judge_against_band
from photocompare.results.result import RegistrationFigures, Result
from photocompare.results.result_json import as_written, result_of
from photocompare.results.timing import judge_timing

INVENTED = "invented"
"""Name of the settings in the provenance of every invented result."""

_MM_PER_PX = 0.14
_SHARED_PX = 1_000_000
_SIZE = (1200, 1600)
"""Width and height that an invented photo claims; two million pixels, as the working frame has."""

_REFUSALS = (
    ("not_same_view", "", 0.26),
    ("registration_uncertain", "", 0.2),
    ("blurred", "after", 0.16),
    ("low_overlap", "", 0.12),
    ("glare", "after", 0.08),
    ("too_dark", "before", 0.08),
    ("mirrored", "", 0.05),
    ("blurred", "before", 0.05),
)
_FLAWS = (
    ("soft", "after", 0.22),
    ("soft", "before", 0.14),
    ("light_differs", "", 0.2),
    ("some_glare", "after", 0.14),
    ("registration_loose", "", 0.12),
    ("partial_overlap", "", 0.1),
    ("noisy", "before", 0.08),
)
_SIGNED = (-math.inf, 100.0)
"""Within what a clearance lies, percent; below 0 is darker than before."""

_DARKENED_PERCENT = 1.5
"""Of the baseline, what noise alone shows darker than before.  Assumed."""

_CAUSES = ("witnesses", "sample", "noise", "registration", "threshold", "light", "field")
_CAUSE_WEIGHTS = np.array([4.0, 3.0, 3.0, 1.0, 0.4, 0.4, 0.4])
"""How the causes share the squared half width, as in measured pairs."""


def invented_result(
    rng: np.random.Generator, truth: TrueState, before: dt.date, after: dt.date, digests: tuple[str, str], practice: Practice
) -> Result:
    """A result, to the digits that `result.json` keeps.

    Parameters
    ----------
    rng : Generator
    truth : TrueState
    before, after : date
    digests : (str, str)
        SHA-256 of the two photos that the result is filed with.
    practice : Practice
    """
    reasons = _reasons(rng, truth, practice)
    refused = any(flag.severity.value == "refuse" for flag in reasons)
    scale = Scale(_MM_PER_PX, _MM_PER_PX, math.nan, "assumed" if any(f.code == "scale_assumed" for f in reasons) else "card")
    after_over_before = round(rng.normal(1, 0.02), 4)
    outcome = None if refused else _outcome(rng, truth, practice)
    timing = judge_timing(before, after)
    nothing = np.zeros((1, 1, 3), np.uint8)
    error = float(rng.gamma(6.0, 0.1))
    registration = None if refused else _registration(error, int(_SHARED_PX * rng.uniform(0.7, 1.1)))
    measured = result_of(
        Comparison(
            reasons,
            scale,
            None if refused else SkinTone(truth.ita, truth.ita + rng.normal(0, 1.5)),
            outcome,
            timing,
            judge_against_band(None if outcome is None else outcome.length, timing),
            PhotoRecord(digests[0], *_SIZE),
            PhotoRecord(digests[1], *_SIZE),
            Provenance(__version__, INVENTED, settings_sha256(practice), {}),
            Pictures(nothing, nothing),
        )
    )
    ratio = dataclasses.replace(measured.scale, after_over_before=after_over_before)
    return as_written(dataclasses.replace(measured, scale=ratio, registration=registration))


def _registration(error_px: float, shared_px: int) -> RegistrationFigures:
    return RegistrationFigures(error_px, error_px * 2.3, error_px * 2.3 * _MM_PER_PX, shared_px, shared_px * _MM_PER_PX**2)


def _reasons(rng: np.random.Generator, truth: TrueState, practice: Practice) -> list[RaisedFlag]:
    """The flags that fire: fewer as the practice learns, more on dark skin."""
    learning = 1.5 - truth.progress
    codes = []
    if rng.uniform() < practice.refused * learning * (1.5 if truth.ita < 10 else 1.0):
        codes.append(_REFUSALS[rng.choice(len(_REFUSALS), p=[share for *_, share in _REFUSALS])][:2])
    if rng.uniform() < practice.flawed * learning:
        codes.append(_FLAWS[rng.choice(len(_FLAWS), p=[share for *_, share in _FLAWS])][:2])
    if rng.uniform() > practice.card:
        codes.append(("scale_assumed", ""))
    if ita_group(truth.ita) == "dark":
        codes.append(("dark_skin_limits", ""))
    if rng.uniform() < 0.2:
        codes.append(("recompressed", "before"))
    return worst_first([raised(*code) for code in codes])


def _outcome(rng: np.random.Generator, truth: TrueState, practice: Practice) -> Outcome:
    whole = sum(mm for mm, _ in truth.calibres.values())
    half = float(np.clip(practice.half_width * (280 / whole) ** 0.3 * rng.lognormal(0, 0.2), 3.0, 35.0))
    common = rng.normal(0, half / Z95)
    calibres, cleared = {}, 0.0
    for name, (mm, percent) in truth.calibres.items():
        own = 0.6 * half * math.sqrt(1 - mm / whole)
        value = min(100.0, percent + common + float(rng.normal(0, own / Z95)))
        calibres[name] = CalibreOutcome(_estimate(rng, value, math.hypot(half, own), _SIGNED), mm / _MM_PER_PX)
        cleared += mm * value / whole
    cleared = min(cleared, 100.0)
    length = _estimate(rng, cleared, half, _SIGNED)
    darkened = max(0.0, -cleared) + min(float(rng.exponential(_DARKENED_PERCENT)), 100.0 - max(cleared, 0.0))
    gone = cleared + darkened
    stained = float(np.clip(truth.stained * rng.lognormal(0, 0.15), 0, gone))
    new = truth.new * rng.lognormal(0, 0.2) + (rng.exponential(0.5) if rng.uniform() < 0.3 else 0.0)
    left = 100 - gone
    faded = left * rng.uniform(0.25, 0.6)
    shares = {"cleared": gone - stained, "stained": stained, "faded": faded, "residual": left - faded, "darkened": darkened, "new": new}
    shares["not_assessable"] = float(rng.exponential(3.0))
    stain_px2 = stained / 100 * whole * rng.uniform(1.2, 2.2) / _MM_PER_PX**2
    return Outcome(
        length=length,
        area=_estimate(rng, min(100.0, cleared + rng.normal(6, 4)), 0.7 * half, _SIGNED),
        contrast=_estimate(rng, min(100.0, cleared + rng.normal(9, 4)), 0.6 * half, _SIGNED),
        net_change=_estimate(rng, new - cleared, 1.6 * half, (-100.0, math.inf)),
        by_calibre=calibres,
        fate_px={fate: share / 100 * whole / _MM_PER_PX for fate, share in shares.items()},
        pigment=PigmentOutcome(0.0, stain_px2, stain_px2, 0.0, stained),
    )


def _estimate(rng: np.random.Generator, value: float, half: float, within: tuple[float, float]) -> Estimate:
    shares = rng.dirichlet(_CAUSE_WEIGHTS)
    causes = {name: half * math.sqrt(share) for name, share in zip(_CAUSES, shares, strict=True)}
    return Estimate(value, max(value - half, within[0]), min(value + half, within[1]), "%", INVENTED, causes)
