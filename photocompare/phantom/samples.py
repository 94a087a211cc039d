"""The four sample pairs that come with the project: `python -m photocompare.phantom.samples sample_images` renders them again."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from photocompare.phantom.facts import PairFacts, VisitFacts, draw_facts
from photocompare.phantom.pair import PhantomPair, render_pair

CLINIC_WALL = (0.13, 0.24, 0.34)
"""Linear colour of the matte backdrop that a practice would use for all its photos."""

SAMPLE_JPEG_QUALITY = 88
"""Keeps each sample below about 600 kB with no block visible."""


@dataclass(frozen=True)
class Sample:
    """One sample pair: which facts it is drawn from, what is fixed, and what its text says.

    Parameters
    ----------
    name, kind, why : str
    seed : int
    melanin, clearance, stain : float
        As in `PairFacts`.
    shows : str
        What to see in it.
    """

    name: str
    kind: str
    why: str
    seed: int
    melanin: float
    clearance: float
    stain: float
    shows: str


SAMPLES = (
    Sample("good_result", "graded", "", 110, 0.028, 0.76, 0.0, "Spider veins and a blue feeder on a lower leg; most are gone after."),
    Sample(
        "stained", "graded", "", 102, 0.034, 0.9, 0.85, "The spider veins went, but brown lines of hemosiderin now follow their course."
    ),
    Sample(
        "refused",
        "mismatch",
        "mirror",
        101,
        0.03,
        0.3,
        0.0,
        "The after photo is mirrored, as a phone's front lens saves it: no number may be given.",
    ),
    Sample("unchanged", "null", "", 105, 0.045, 0.0, 0.0, "Nothing was treated: another day, another light, the same veins."),
)


def in_one_practice(visit: VisitFacts) -> VisitFacts:
    """The visit before the matte backdrop of one practice, under lamps that hardly change."""
    red, green, blue = visit.gains
    mild = 0.4  # a practice that fixes its white balance still sees its lamps age
    return replace(
        visit,
        background="plain",
        background_rgb=CLINIC_WALL,
        other_leg=0.0,
        jpeg_quality=SAMPLE_JPEG_QUALITY,
        gains=(red**mild, green**mild, blue**mild),
    )


def sample_facts(sample: Sample) -> PairFacts:
    """The facts of a sample: one practice, so one backdrop, one camera and like light in both photos."""
    facts = draw_facts(sample.kind, seed=sample.seed, why=sample.why, melanin=sample.melanin)
    first = facts.before
    return replace(
        facts,
        clearance=sample.clearance,
        stain=sample.stain,
        stain_share=1.0,
        before=in_one_practice(facts.before),
        after=in_one_practice(replace(facts.after, contrast=first.contrast, saturation=first.saturation, sharpening=first.sharpening)),
        matting=0,
        trapped=0,
    )


def describe(sample: Sample, pair: PhantomPair) -> str:
    """The sample's README."""
    lines = [f"# {sample.name.replace('_', ' ').capitalize()}", "", sample.shows, ""]
    truth = pair.truth
    if truth["expect"] == "measure":
        seen = truth["observer"]
        fates = seen["fate_mm"]
        lines += [
            f"Truth, as an observer sees it: {seen['clearance_length']:.1f} % of {seen['before_mm']:.0f} mm of vein cleared"
            f" ({fates['cleared']:.0f} mm without a trace, {fates['stained']:.0f} mm stained, {fates['faded']:.0f} mm faded,"
            f" {fates['residual']:.0f} mm unchanged, {fates['darkened']:.0f} mm darker); {fates['new']:.0f} mm of new vein.",
            "",
        ]
    else:
        lines += ["Truth: the pair must be refused.", ""]
    facts = pair.facts
    lines += [
        f"Rendered, not photographed: no person is shown. Seed {facts.seed}, kind {facts.kind}, melanosome fraction {facts.melanin:g}.",
        "To render it again: `python -m photocompare.phantom.samples sample_images`.",
    ]
    return "\n".join(lines) + "\n"


def write_samples(folder: Path) -> list[Path]:
    """Render all samples into `folder`: before.jpg, after.jpg and README.md each."""
    written = []
    for sample in SAMPLES:
        pair = render_pair(sample_facts(sample))
        home = folder / sample.name
        home.mkdir(parents=True, exist_ok=True)
        (home / "before.jpg").write_bytes(pair.before_jpeg)
        (home / "after.jpg").write_bytes(pair.after_jpeg)
        (home / "README.md").write_text(describe(sample, pair), encoding="utf-8")
        written.append(home)
    return written


if __name__ == "__main__":
    write_samples(Path(sys.argv[1] if len(sys.argv) > 1 else "sample_images"))
