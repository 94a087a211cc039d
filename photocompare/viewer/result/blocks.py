"""Blocks of the result as HTML and SVG: pure strings, every text escaped, colours that hold on light and dark ground."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from photocompare.base.estimate import Estimate
from photocompare.report.pictures.fate_styles import FATE_STYLES
from photocompare.report.pictures.percent_axis import PercentAxis
from photocompare.report.words import numbers as in_words
from photocompare.report.words.headline import CLEARED, clearance_number, headline_kind, headline_number, headline_of, headline_within
from photocompare.report.words.joining import listed, named
from photocompare.report.words.patient import COURSE_DAYS, calls, course, course_step
from photocompare.report.words.reasons import told_reasons
from photocompare.report.words.result import drawn_field, earlier_contract
from photocompare.report.words.texts import Texts
from photocompare.report.words.visit import DAYS_PER_WEEK
from photocompare.results.result import CONTRACT, Result
from photocompare.veins.classes import ASSESSED_FATES, Fate

if TYPE_CHECKING:
    from photocompare.clearance.correction import Corrected, Correction


def percent(value: float | None, t: Texts) -> str:
    """A percentage for people: a whole number with a true minus sign; empty for None."""
    return "" if value is None else in_words.percent(value, t).replace("-", "−")


def _with_range(estimate: Estimate, t: Texts) -> str:
    if not estimate.ok:
        return t("result.not_measured")
    low, high = (in_words.signed(side, 0, t) for side in (estimate.low, estimate.high))
    return f"{percent(estimate.value, t)} ({low} … {high})"


def headline(result: Result, t: Texts) -> str:
    """The number and its interval in words; of a refused pair the refusal, and no number; what it is of, where that is special."""
    status, length = result.status, result.length
    badge = f'<span class="pc-badge pc-{status}">{escape(t(f"status.{status}"))}</span>'
    means = escape(t(f"status_means.{status}"))
    told = [sentence for sentence in (drawn_field(result, t), earlier_contract(result, t)) if sentence]
    notes = "".join(f'<p class="pc-earlier">{escape(sentence)}</p>' for sentence in told)
    if length is None:
        return f'<section class="pc-head"><p class="pc-refused">{escape(t("result.refused"))}</p><p>{badge} {means}</p>{notes}</section>'
    band = result.benchmark.band
    css = "pc-number" if headline_kind(length.value) == CLEARED else "pc-number pc-in-words"
    return (
        f'<section class="pc-head"><p class="{css}" data-testid="headline">{escape(headline_number(length.value, band, t))}</p>'
        f'<p class="pc-of">{escape(headline_of(length.value, band, t))}</p>'
        f'<p class="pc-interval">{escape(headline_within(length, t))}</p>'
        f"<p>{badge} {means}</p>{notes}</section>"
    )


def scale(result: Result, t: Texts) -> str:
    """The axis with the usual band, the responder mark, the interval and the number, drawn; with the verdict in words."""
    length, benchmark = result.length, result.benchmark
    if length is None:
        return ""
    axis = PercentAxis.holding((length.value, length.low))
    value, low, high, band_low, band_high, at_rule = (
        100.0 * axis.share(percent)
        for percent in (length.value, length.low, length.high, benchmark.low, benchmark.high, benchmark.responder_percent)
    )
    band = t(
        "result.band" if benchmark.assessed else "result.band_unused",
        low=in_words.shortest(benchmark.low, t),
        high=in_words.shortest(benchmark.high, t),
    )
    mark = t("result.responder", n=in_words.shortest(benchmark.responder_percent, t))
    ticks = "".join(
        f'<span class="pc-tick" style="left:{100 * axis.share(tick):.4g}%">{in_words.signed(tick, 0, t)}</span>' for tick in axis.ticks
    )
    zero = f'<span class="pc-zero" style="left:{100 * axis.share(0):.1f}%"></span>' if axis.least < 0 else ""
    number = headline_number(length.value, benchmark.band, t)
    label = named(t("result.scale_axis"), f"{number}, {headline_within(length, t)}, {band}, {mark}", t)
    drawing = (
        f'<div class="pc-scale" role="img" aria-label="{escape(label)}">'
        f'<div class="pc-names"><span class="pc-dashed">{escape(mark)}</span><span class="pc-green">{escape(band)}</span></div>'
        f'<div class="pc-rail"><span class="{"pc-band" if benchmark.assessed else "pc-band-off"}" style="left:{band_low:.1f}%;'
        f'width:{band_high - band_low:.1f}%"></span>{zero}<span class="pc-responder" style="left:{at_rule:.1f}%"></span>'
        f'<span class="pc-range" style="left:{low:.1f}%;width:{high - low:.1f}%"></span>'
        f'<span class="pc-value" style="left:{value:.1f}%"></span></div>'
        f'<div class="pc-ticks">{ticks}</div></div>'
    )
    return drawing + f'<p class="pc-verdict">{escape(verdict(result, t))}</p>'


def verdict(result: Result, t: Texts) -> str:
    """Where the number lies beside the band, how surely, and what the band is; or why it is not held against it."""
    benchmark = result.benchmark
    if not benchmark.assessed:
        return window(result, t)
    sure = t("result.certain" if benchmark.certain else "result.uncertain")
    responder = t({True: "result.responder_true", False: "result.responder_false", None: "result.responder_none"}[benchmark.responder])
    return f"{t('result.verdict_' + benchmark.verdict)} {sure} {responder}. {t('result.band_is')}"


def window(result: Result, t: Texts) -> str:
    """The time between the photos, and what it allows to be said."""
    days = result.timing.days
    if days is None:
        return t("result.window_unknown")
    meaning = t(f"result.window_{result.timing.window}")
    between = t("result.days_one") if days == 1 else t("result.days", n=days)
    return named(f"{between} ({t('result.in_week', n=days // DAYS_PER_WEEK)})", meaning, t)


def reasons(result: Result, t: Texts) -> str:
    """Every gate that fired, in plain words, with what to do."""
    heading = escape(t("result.know" if result.measured else "result.refused_why"))
    items = "".join(f"<li><strong>{escape(r.message)}</strong> {escape(r.fix)}</li>" for r in told_reasons(result, t))
    body = f"<ul>{items}</ul>" if items else f"<p>{escape(t('result.nothing_against'))}</p>"
    return f'<section class="pc-block"><h3>{heading}</h3>{body}</section>'


def fate_bar(result: Result, t: Texts) -> str:
    """The assessed length as one bar, stacked by fate, with its legend and lengths; what is darkened stands beside it."""
    shares = {fate: share for fate in ASSESSED_FATES if (share := result.share(fate)) is not None}
    if not shares:
        return ""
    darkened = result.share("darkened") if "darkened" in result.fates else None
    beside: dict[Fate, float] = {} if darkened is None else {"darkened": darkened}
    parts = "".join(
        f'<span class="pc-part pc-fate-{fate}" style="width:{share:.2f}%;background-color:{_css(fate)}"></span>'
        for fate, share in shares.items()
        if share > 0
    )
    label = named(t("result.fates_label"), ", ".join(f"{t(f'fate.{fate}')} {percent(share, t)}" for fate, share in shares.items()), t)
    rows = "".join(
        f'<li><span class="pc-key pc-fate-{fate}" style="background-color:{_css(fate)}"></span>{escape(t(f"fate.{fate}"))}'
        f"<b>{escape(percent(share, t))}, {_length(result, fate)}</b></li>"
        for fate, share in {**shares, **beside}.items()
    )
    notes = [named(t(f"fate.{fate}"), t(f"fate_note.{fate}"), t) for fate in beside]
    notes += [t("result.seen_as")] if result.contract == CONTRACT else []
    told = "".join(f'<p class="pc-small">{escape(note)}</p>' for note in notes)
    heading = escape(t("result.fates"))
    return (
        f'<section class="pc-block"><h3>{heading}</h3><div class="pc-bar" role="img" aria-label="{escape(label)}">{parts}</div>'
        f'<ul class="pc-legend">{rows}</ul>{told}</section>'
    )


def _css(fate: str) -> str:
    return "rgb({},{},{})".format(*FATE_STYLES[fate].colour)


def _length(result: Result, fate: str) -> str:
    return f"{result.lengths.get(fate, 0.0):.0f} {result.unit}"


def numbers(result: Result, t: Texts) -> str:
    """By calibre, new veins, pigment, and the further numbers, as short tables."""
    clearance, pigment = result.clearance, result.pigment
    if clearance is None or pigment is None:
        return ""
    calibres = [
        (
            t(f"calibre.{name}"),
            _with_range(part.clearance, t),
            t("result.calibre_before", n=f"{part.before_mm:.0f}") if part.before_mm else "",
        )
        for name, part in clearance.by_calibre.items()
        if part is not None
    ]
    blocks = [_table(t("result.by_calibre"), calibres)] if calibres else []
    blocks.append(_table(t("result.new"), [(t("fate.new"), _length(result, "new"), "")], t("result.new_note")))
    brown = []
    if pigment.gained_mm2 is not None and pigment.faded_mm2 is not None:
        line = t("result.pigment_line", gained=f"{pigment.gained_mm2:.0f}", faded=f"{pigment.faded_mm2:.0f}")
        brown.append((t("pair.pigment"), line, ""))
    note = t("result.pigment_note")
    if pigment.stained_percent is not None:
        note = f"{t('result.pigment_stained', n=round(pigment.stained_percent))}. {note}"
    blocks.append(_table(t("result.pigment"), brown, note))
    further = {"area": clearance.area, "contrast": clearance.contrast, "net_change": clearance.net_change}
    blocks.append(_table(t("result.further"), [(t(f"result.{name}"), _with_range(part, t), "") for name, part in further.items()]))
    return f'<div class="pc-columns">{"".join(blocks)}</div>'


def _table(heading: str, rows: Sequence[tuple[str, str, str]], note: str = "") -> str:
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}{f'<small>{escape(small)}</small>' if small else ''}</th><td>{escape(value)}</td></tr>"
        for name, value, small in rows
    )
    table = f"<table>{body}</table>" if rows else ""
    return f'<section class="pc-block"><h3>{escape(heading)}</h3>{table}{f"<p class=pc-small>{escape(note)}</p>" if note else ""}</section>'


def quality(result: Result, t: Texts) -> str:
    """Overlay error, skin tone, source of the scale, and the repeated shots: one small line."""
    registration = result.registration
    if registration is None:
        return ""
    in_mm, in_px = registration.error_mm_p95, registration.error_px_p95
    error = f"{in_words.decimal(in_mm, 2, t)} mm" if in_mm is not None else "" if in_px is None else f"{in_words.decimal(in_px, 1, t)} px"
    group = None if result.skin is None else result.skin.group
    tone = t("result.tone_none") if group is None else t(f"tone.{group.replace(' ', '_')}")
    line = t("result.quality", error=error, tone=tone, scale=t(f"result.scale_{result.scale.source}"))
    shots = [shot.length.value for shot in result.shots if shot.length is not None]
    if shots:
        values = listed([clearance_number(value, t) for value in shots], t)
        line += ". " + t("result.shots", n=len(shots), values=values)
    return f'<p class="pc-small">{escape(line)}</p>'


def timeline(result: Result, t: Texts) -> str:
    """The usual course after treatment, with the place of the after photo on it."""
    here = course_step(result)
    items = []
    for step, when, seen in course(t):
        css = "pc-here" if step == here else "pc-past" if _past(step, here) else ""
        current = ' aria-current="step"' if step == here else ""
        place = f"<em>{escape(t('course.you_are_here'))}</em>" if step == here else ""
        items.append(f'<li class="{css}"{current}><b>{escape(when)}</b><span>{escape(seen)}</span>{place}</li>')
    return f'<section class="pc-course" aria-label="{escape(t("course.title"))}"><ol>{"".join(items)}</ol></section>'


def _past(step: str, here: str) -> bool:
    return here in COURSE_DAYS and COURSE_DAYS[step] < COURSE_DAYS[here]


def call_list(t: Texts) -> str:
    """What is to be reported at once; emergencies first."""
    blocks = "".join(
        f"<h3>{escape(heading)}</h3><ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>" for heading, items in calls(t)
    )
    return f'<section class="pc-call">{blocks}</section>'


def corrected_beside(machine: Estimate, correction: Correction, corrected: Corrected, t: Texts) -> str:
    """The machine's number and the corrected one, side by side, with who and when."""
    counts = {"struck": len(correction.not_veins), "drawn": len(correction.missed)}
    by = t("compare.correct_by", name=correction.by, when=f"{correction.at:%Y-%m-%d %H:%M}", **counts)
    columns = ((t("compare.correct_machine"), machine, ""), (t("compare.correct_yours"), corrected.length, by))
    cells = "".join(
        f"<div><h4>{escape(name)}</h4><p class='pc-second'>{escape(clearance_number(length.value, t, 1))}</p>"
        f"<p>{escape(headline_within(length, t))}</p><p class='pc-small'>{escape(small)}</p></div>"
        for name, length, small in columns
        if length.ok
    )
    return f'<section class="pc-two">{cells}</section>'
