"""Two visits of a region side by side: the comparison that is kept of them, or one that is measured now from the stored photos."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from html import escape

import streamlit as st

from photocompare.records.access import Actor, Permission
from photocompare.records.entries import NewComparison, VisitFacts
from photocompare.records.patient_file import PatientFile, StoredComparison, StoredRegion, StoredVisit
from photocompare.records.store import Records
from photocompare.report.words.headline import headline_listed
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier, write_dossier
from photocompare.results.redated import under_dates
from photocompare.results.result import Result
from photocompare.results.visit_details import Leg, VisitDetails
from photocompare.viewer.measuring.requests import MOST_SHOTS, Measuring, Request
from photocompare.viewer.patient_record.open_patient import may_write, shown_name
from photocompare.viewer.patients.timeline import number
from photocompare.viewer.result.exports import Takeaway, offer_exports
from photocompare.viewer.result.pictures import show_pictures
from photocompare.viewer.result.progress import await_result, show_failure, under_way
from photocompare.viewer.result.result_view import show_details, show_numbers
from photocompare.viewer.shared.notices import Notice, leave_notice, show_notice_at
from photocompare.viewer.shared.printed_letters import not_printed, tell_not_printed
from photocompare.viewer.shared.tables import table
from photocompare.viewer.sign_in.saves import saving

_DOSSIERS = "patient_dossiers"
_MEASURING = "patient_measuring"

MOST_DOSSIERS = 4
"""Stored comparisons that a session keeps open; each takes some megabytes."""


@dataclasses.dataclass(frozen=True)
class _Pair:
    """Two visits of a region that were never compared."""

    region: StoredRegion
    before: StoredVisit
    after: StoredVisit


def show_pair(held: Records, who: Actor, file: PatientFile, region: StoredRegion, t: Texts) -> None:
    """Choose two visits, and look at what is between them."""
    if len(region.visits) < 2:
        st.info(t("patients.one_visit_only"))
        return
    before, after = _chosen(region, t)
    if before.facts.day >= after.facts.day:
        st.info(t("patients.choose_later"))
        return
    kept = [c for c in region.comparisons if (c.before_visit, c.after_visit) == (before.id, after.id)]
    if kept:
        _show_kept(held, who, file, region, kept[0], t)
    else:
        _measure_now(file.key, _Pair(region, before, after), t)


def _chosen(region: StoredRegion, t: Texts) -> tuple[StoredVisit, StoredVisit]:
    """The two visits; at first those of the latest comparison, else the first and the last."""
    visits = {visit.id: visit for visit in region.visits}
    order = list(visits)
    latest = max(region.comparisons, key=lambda c: visits[c.after_visit].facts.day, default=None)
    start = (order[0], order[-1]) if latest is None else (latest.before_visit, latest.after_visit)
    chosen = []
    for column, which, first in zip(st.columns(2), ("before", "after"), start, strict=True):
        picked = column.selectbox(
            t(f"patients.pair_{which}"),
            order,
            order.index(first),
            format_func=lambda k: visits[k].facts.day.isoformat(),
            key=f"pair_{which}_{region.id}",
        )
        chosen.append(visits[picked])
    return chosen[0], chosen[1]


def stored_dossier(held: Records, who: Actor, comparison_id: int) -> Dossier:
    """A stored comparison, opened once for as long as the session looks at it; whether it may be seen was asked for this run's file."""
    dossiers: OrderedDict[int, Dossier] = st.session_state.setdefault(_DOSSIERS, OrderedDict())
    if comparison_id not in dossiers:
        dossiers[comparison_id] = held.dossier(who, comparison_id)
    dossiers.move_to_end(comparison_id)
    while len(dossiers) > MOST_DOSSIERS:
        dossiers.popitem(last=False)
    return dossiers[comparison_id]


def _show_kept(held: Records, who: Actor, file: PatientFile, region: StoredRegion, kept: StoredComparison, t: Texts) -> None:
    dossier = dataclasses.replace(stored_dossier(held, who, kept.id), result=kept.result)
    _show_correction(dossier.result, t)
    _show(dossier, f"kept_{kept.id}", t)
    _revisions(region, kept, t)
    before, after = region.visit(kept.before_visit), region.visit(kept.after_visit)

    def note(name: str) -> None:
        about = f"patient/{file.key}/comparison/{kept.id}"
        held.note(who, Permission.READ_PATIENT, "comparison.export", about, key=file.key, after={"what": name})

    if file.identity is not None:
        tell_not_printed(file.identity.name, lambda letters: t("patients.name_not_printed", letters=letters))
    details, photos = _details(file, region, before.facts, after.facts), (*before.photos, *after.photos)
    offer_exports(Takeaway(dossier, details, facts=[photo.facts for photo in photos]), t, key=f"kept_{kept.id}", on_export=note)


def _details(file: PatientFile, region: StoredRegion, before: VisitFacts, after: VisitFacts) -> VisitDetails:
    identity = file.identity
    name, chart = ("", "") if identity is None else ("" if not_printed(text) else text for text in (identity.name, identity.chart_number))
    label = shown_name(name, chart, file.key)
    leg: Leg = "left" if region.side == "left" else "right"
    return VisitDetails(
        label, before.day, after.day, after.session, before.agent, before.concentration_percent, leg, region.name, before.note
    )


def _show_correction(result: Result, t: Texts) -> None:
    """Of a number that was corrected by hand: by whom, when, and what had been measured."""
    correction = result.correction
    if correction is None:
        return
    machine = correction.machine_length
    sentence = t(
        "patients.corrected_by",
        name=correction.by,
        when=correction.at[:16].replace("T", " "),
        length=headline_listed(machine, result.benchmark.band, t),
    )
    st.html(f'<p class="pc-small"><bdi>{escape(sentence)}</bdi></p>')


def _show(dossier: Dossier, identity: str, t: Texts) -> None:
    """Number, pictures and details, as on the page Compare."""
    wanted: set[str] = st.session_state.setdefault(f"wanted_{identity}", set())
    with show_numbers(dossier.result, t):
        show_pictures(dossier, t, identity=identity, wanted=wanted)
    show_details(dossier.result, t)


def _revisions(region: StoredRegion, kept: StoredComparison, t: Texts) -> None:
    """All revisions of a comparison, the latest first."""
    pair = (kept.before_visit, kept.after_visit)
    earlier = [c for c in region.earlier if (c.before_visit, c.after_visit) == pair]
    if not earlier:
        return
    head = [t(f"patients.revision_{name}") for name in ("number", "when", "who", "result", "reason")]
    rows = [[str(c.revision), c.saved_at[:10], c.saved_by, number(c.result, t), c.reason] for c in (kept, *reversed(earlier))]
    st.html(table(t("patients.revisions"), head, rows))


# --- measured now


def _measure_now(key: str, pair: _Pair, t: Texts) -> None:
    if not pair.before.photos or not pair.after.photos:
        st.info(t("patients.pair_without_photos"))
        return
    place = (pair.before.id, pair.after.id)
    asked, measuring = st.session_state.get(_MEASURING, (None, None))
    if asked != place or measuring is None:
        st.text(t("patients.not_measured_yet"))
        name = f"measure_{pair.region.id}"

        def measure(held: Records, who: Actor) -> Callable[[], None]:
            request = Request(_originals(held, who, pair.before), _originals(held, who, pair.after))
            if measuring is not None:
                measuring.stop()
            return partial(_begin, place, Measuring(request))

        st.button(t("patients.measure_pair"), type="primary", key=name, on_click=saving(measure, place=name, t=t))
        show_notice_at(name)
        return
    if under_way(measuring) and not await_result(measuring, t, stop=_stop):
        return
    if measuring.dossier is None:
        _show_ending(measuring, t)
        return
    dossier = under_dates(measuring.dossier, pair.before.facts.day, pair.after.facts.day)
    _show(dossier, f"now_{measuring.request.key[:16]}", t)
    if may_write():
        request, button = measuring.request, f"save_{pair.region.id}"

        def save(held: Records, who: Actor) -> Callable[[], None]:
            held.save_comparison(who, _entry(key, pair, request, dossier))
            return partial(leave_notice, "patients", Notice(t("saving.saved", record=key)))

        st.button(t("patients.save_pair"), type="primary", key=button, on_click=saving(save, place=button, t=t))
        show_notice_at(button)


def _begin(place: tuple[int, int], measuring: Measuring) -> None:
    st.session_state[_MEASURING] = (place, measuring)


def _originals(held: Records, who: Actor, visit: StoredVisit) -> tuple[bytes, ...]:
    return tuple(held.photo(who, photo.id) for photo in visit.photos[:MOST_SHOTS])


def _stop() -> None:
    _, measuring = st.session_state.pop(_MEASURING)
    measuring.stop()


def _show_ending(measuring: Measuring, t: Texts) -> None:
    show_failure(measuring, t)
    st.button(t("compare.measure"), key="measure_again", on_click=_forget)


def _forget() -> None:
    st.session_state.pop(_MEASURING, None)


def _entry(key: str, pair: _Pair, request: Request, dossier: Dossier) -> NewComparison:
    """What was measured now, between visits that are kept as they are."""
    return NewComparison(
        patient_key=key,
        side=pair.region.side,
        region=pair.region.name,
        before=VisitFacts(pair.before.facts.day),
        after=VisitFacts(pair.after.facts.day),
        before_photos=request.befores,
        after_photos=request.afters,
        result=dossier.result,
        dossier=write_dossier(dossier),
    )
