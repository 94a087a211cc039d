"""A region's visits in their order: days, photos, treatments, and what was measured at each."""

from __future__ import annotations

from html import escape

import streamlit as st

from photocompare.records.access import Actor
from photocompare.records.entries import VisitFacts
from photocompare.records.patient_file import StoredComparison, StoredRegion, StoredVisit
from photocompare.records.store import Records
from photocompare.report.words.headline import headline_listed
from photocompare.report.words.numbers import shortest
from photocompare.report.words.reasons import told_reasons
from photocompare.report.words.result import earlier_contract
from photocompare.report.words.texts import Texts
from photocompare.results.result import Result
from photocompare.results.visit_details import LONGEST_ENTRY, LONGEST_NOTE, shown_text
from photocompare.viewer.patient_record.open_patient import may_write
from photocompare.viewer.patients.visits import show_visit
from photocompare.viewer.shared.expanders import lazy_expander


def show_timeline(held: Records, who: Actor, region: StoredRegion, t: Texts) -> None:
    """All visits of a region, and one of them to be looked at or changed."""
    st.html(timeline(region, t))
    days = {visit.id: visit for visit in reversed(region.visits)}
    box = lazy_expander(t("patients.one_visit") if may_write() else t("patients.look_at_visit"), f"one_visit_{region.id}")
    if box is None:
        return
    with box:
        chosen = st.selectbox(
            t("patients.visit"), list(days), format_func=lambda k: days[k].facts.day.isoformat(), key=f"visit_{region.id}"
        )
        if chosen is not None:
            show_visit(held, who, days[chosen], t)


def timeline(region: StoredRegion, t: Texts) -> str:
    """The visits as a list with a line through it."""
    first = region.visits[0].facts.day
    items = []
    for visit in region.visits:
        found = [c for c in region.comparisons if c.after_visit == visit.id]
        measured = "".join(_measured(c, region.visit(c.before_visit), t) for c in sorted(found, key=lambda c: c.before_visit))
        lines = "".join(f"<p><bdi>{escape(line)}</bdi></p>" for line in _day_lines(visit, t))
        since = (visit.facts.day - first).days
        week = "" if not since else escape(t("patients.day_number", n=since))
        css = "pc-visit-treated" if visit.facts.agent else ""
        items.append(f'<li class="{css}"><h4>{visit.facts.day.isoformat()} <small>{week}</small></h4>{lines}{measured}</li>')
    return f'<section aria-label="{escape(t("patients.timeline_label"))}"><ol class="pc-visits">{"".join(items)}</ol></section>'


def _day_lines(visit: StoredVisit, t: Texts) -> list[str]:
    """What was done that day, line by line."""
    facts = visit.facts
    count = len(visit.photos)
    photos = t("patients.photos_one") if count == 1 else t("patients.photos", n=count) if count else t("patients.photos_none")
    lines = [photos, treatment(facts, t)]
    found = [f"CEAP {facts.ceap}" if facts.ceap else "", "" if facts.vcss is None else f"VCSS {facts.vcss}"]
    lines += [", ".join(word for word in found if word), shown_text(facts.note, LONGEST_NOTE)]
    return [line for line in lines if line]


def treatment(facts: VisitFacts, t: Texts) -> str:
    """What was injected, how, by whom and where; empty where nothing was."""
    percent = facts.concentration_percent
    strength = "" if percent is None else t("number.percent", value=shortest(percent, t))
    parts = [
        "" if facts.session is None else t("patients.session_number", n=facts.session),
        " ".join(part for part in (shown_text(facts.agent, LONGEST_ENTRY), strength) if part),
        t(f"patients.form_{facts.form}") if facts.form else "",
        shown_text(facts.operator, LONGEST_ENTRY),
        shown_text(facts.site, LONGEST_ENTRY),
        "" if facts.compression_days is None else t("patients.compressed", n=facts.compression_days),
    ]
    return ", ".join(part for part in parts if part)


def _measured(comparison: StoredComparison, before: StoredVisit, t: Texts) -> str:
    against = t("patients.against", day=before.facts.day.isoformat())
    revised = "" if comparison.revision == 1 else f" <small>{escape(t('patients.revision', n=comparison.revision))}</small>"
    by_hand = f" <small>{escape(t('patients.by_hand'))}</small>" if comparison.corrected else ""
    field = f" <small>{escape(t('patients.drawn_field'))}</small>" if comparison.result.within_drawn_field else ""
    told = earlier_contract(comparison.result, t)
    earlier = f"<small>{escape(told)}</small>" if told else ""
    return f'<p class="pc-measured"><b>{escape(number(comparison.result, t))}</b> {escape(against)}{revised}{by_hand}{field} {earlier}</p>'


def number(result: Result, t: Texts) -> str:
    """The headline with its interval, or that there is none and why."""
    length = result.length
    if length is None:
        why = next((reason.message for reason in told_reasons(result, t) if reason.refuses), "")
        return f"{t('patients.refused')} {why}".strip()
    return headline_listed(length, result.benchmark.band, t)
