"""What the summary picture and the terminal say of a result.  It describes photographs; it never diagnoses."""

from __future__ import annotations

from photocompare.report.words.headline import headline_sentence
from photocompare.report.words.numbers import decimal, percent, with_interval
from photocompare.report.words.reasons import told_reasons
from photocompare.report.words.result import beside_the_band, earlier_contract, length_text, responder
from photocompare.report.words.texts import Texts
from photocompare.results.result import Result


def headline(result: Result, t: Texts) -> str:
    """The result in one sentence."""
    length = result.length
    if length is None:
        return f"{t('result.refused')}."
    return headline_sentence(length, result.benchmark.band, t)


def time_between(result: Result, t: Texts) -> str:
    """Days and window."""
    days, window = result.timing.days, result.timing.window
    if days is None:
        return t("summary.unknown")
    if days < 0:
        return t("summary.reversed")
    between = t("result.days_one") if days == 1 else t("result.days", n=days)
    return t("summary.between", days=between, window=t(f"summary.window.{window}"))


def numbers(result: Result, t: Texts) -> list[tuple[str, str]]:
    """Names and values of the numbers beside the headline of a measured pair; calibre classes only where they could be measured."""
    clearance, pigment = result.clearance, result.pigment
    if clearance is None or pigment is None:
        return []
    rows = [
        (t(f"calibre.{name}"), with_interval(part.clearance, t))
        for name, part in clearance.by_calibre.items()
        if part is not None and part.clearance.ok
    ]
    rows += [
        (t("summary.area"), with_interval(clearance.area, t)),
        (t("summary.contrast"), with_interval(clearance.contrast, t)),
        (t("result.net_change"), with_interval(clearance.net_change, t)),
        (t("summary.responder", percent=percent(result.benchmark.responder_percent, t)), responder(result, t)),
        (t("summary.assessed"), length_text(result.assessed_length, result, t)),
    ]
    if pigment.gained_mm2 is not None and pigment.faded_mm2 is not None:
        gained, faded = (decimal(area, 0, t) for area in (pigment.gained_mm2, pigment.faded_mm2))
        rows.append((t("summary.pigment"), t("summary.pigment_change", gained=gained, faded=faded)))
    return rows


def made_by(result: Result, t: Texts) -> str:
    """Software, settings and where the scale is from."""
    provenance = result.provenance
    return t("summary.made", version=provenance.version, config=provenance.config, scale=t(f"result.scale_{result.scale.source}"))


def as_text(result: Result, t: Texts) -> str:
    """The result in a few lines, for a terminal."""
    lines = [headline(result, t), f"{t(f'status.{result.status}')}. {t(f'status_means.{result.status}')}"]
    if result.measured:
        lines += [f"{time_between(result, t)}.", beside_the_band(result, t)]
    if earlier := earlier_contract(result, t):
        lines.append(earlier)
    lines += [f"- {reason.message} {reason.fix}" for reason in told_reasons(result, t)]
    return "\n".join(lines)
