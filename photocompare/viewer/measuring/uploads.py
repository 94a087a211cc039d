"""Compare, the upper part: photos in, what is known about each, the cut of a collage, the details of the visits."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import streamlit as st

from photocompare.base.errors import PhotoError, UsageError
from photocompare.base.flags import REGISTRY, Severity
from photocompare.photo.dicom import without_identity
from photocompare.report.words.texts import Texts
from photocompare.results.timing import can_be_visit, parse_date
from photocompare.results.visit_details import MOST_SESSIONS, Leg, VisitDetails
from photocompare.viewer.measuring.requests import MOST_SHOTS, Cutting, PhotoRefusal
from photocompare.viewer.measuring.told_check import Check
from photocompare.viewer.measuring.visit import VISITS, Shot, Visit, Which, take_uploads
from photocompare.viewer.shared.kept_fields import forget_typed, keep_typed, restore_typed
from photocompare.viewer.shared.printed_letters import tell_not_printed
from photocompare.viewer.shared.waiting import wait_while

SUFFIXES: tuple[str, ...] | None = None
"""Files are taken by what is in them: those of an archive have any ending or none."""

LEGS: tuple[Leg, ...] = ("", "left", "right")

_CONCENTRATION = "concentration"
"""Key of the one field that is not named as `VisitDetails` names it."""

_DETAIL_KEYS = (
    *("before_date", "after_date", "sessions", "agent", _CONCENTRATION, "leg", "region"),
    *("mm_per_px", "patient_label", "note", "look_for_card"),
)

SAVING = "saving_"
"""How the keys of everything begin that is typed to save a pair to a record."""

_LONGEST_TYPED = 400
"""Characters that a text field takes: five times what is shown of a name."""

_MM_PER_PX_RANGE = (0.005, 2.0)
"""From a macro lens at 20 megapixels to a whole person in a small picture."""


def take_photos(visit: Visit, t: Texts) -> None:
    """The two uploaders; what lies in them is the session's pair."""
    for column, which in zip(st.columns(2), VISITS, strict=True):
        with column:
            files = st.file_uploader(
                t(f"compare.upload_{which}"),
                SUFFIXES,
                accept_multiple_files=True,
                key=_uploader(visit, which),
                help=t("compare.upload_help"),
                on_change=_uploaded,
                args=(visit, which),
            )
            if len(visit.given(which)) > MOST_SHOTS:
                st.warning(t("compare.too_many"))
            if visit.uploads[which] and not files:
                # Back from another page the uploader is empty, while the session still has its photos.
                visit.unlisted.add(which)
            if visit.taken[which] or which in visit.unlisted:
                st.button(t("compare.remove_shots"), key=f"remove_{which}", on_click=_remove, args=(visit, which))


def _remove(visit: Visit, which: Which) -> None:
    """Drop the photos that no uploader lists."""
    visit.taken[which] = ()
    visit.unlisted.discard(which)
    if not st.session_state.get(_uploader(visit, which)):
        take_uploads(visit, which, [])


def _uploaded(visit: Visit, which: Which) -> None:
    files = st.session_state[_uploader(visit, which)][: len(VISITS) * MOST_SHOTS]
    take_uploads(visit, which, [nameless(file.getvalue()) for file in files])


def _uploader(visit: Visit, which: Which) -> str:
    """The uploader's key: another one, and with it an empty uploader, once its photos were put to other visits."""
    return f"upload_{which}_{visit.emptied}" if visit.emptied else f"upload_{which}"


def nameless(data: bytes) -> bytes:
    """An upload as it is held: of a DICOM file, the copy without whose it is; of one that can't be read, the file, whose check says why."""
    try:
        return without_identity(data)
    except PhotoError:
        return data


@dataclasses.dataclass(frozen=True)
class _Card:
    """One photo: which one of its visit, what is known about it, and where that is shown."""

    which: Which
    number: int
    check: Check
    place: Any


class Cards:
    """What is known about each photo, kept up to date while the page waits."""

    def __init__(self, visit: Visit, t: Texts) -> None:
        self._t = t
        self._cards: list[_Card] = []
        self._shown: dict[int, str] = {}
        for column, which in zip(st.columns(2), VISITS, strict=True):
            with column:
                # As many places in every run: what stood in one that is left out stays on the page until the measurement's end.
                *places, missing = [st.empty() for _ in range(len(VISITS) * MOST_SHOTS + 1)]
            shots = visit.shots(which)
            for number, (shot, place) in enumerate(zip(shots, places, strict=False), start=1):
                self._cards.append(_Card(which, number, visit.check(shot), place))
            if not shots and any(visit.shots(other) for other in VISITS) and visit.collage() is None:
                missing.info(t(f"compare.empty_{which}"))
        self.tell()

    @property
    def pending(self) -> bool:
        """Whether some photos are still being looked at."""
        return any(not card.check.ended.is_set() for card in self._cards)

    def tell(self) -> None:
        """Draw the cards that changed."""
        for k, card in enumerate(self._cards):
            content = _check_card(card, self._t)
            if self._shown.get(k) != content:
                card.place.html(content)
                self._shown[k] = content

    def wait(self) -> None:
        """Until every photo was looked at."""
        wait_while(lambda: self.pending, self.tell)
        self.tell()


def _check_card(card: _Card, t: Texts) -> str:
    """One photo's card: its small picture, size and date, and what is wrong with it and how to take a better one."""
    check = card.check
    if check.refusal is not None:
        # There is no picture to know it by, and a file that is looked at by itself doesn't tell which it is.
        refusal = dataclasses.replace(check.refusal, which=card.which, number=card.number)
        return f'<div class="pc-check"><p><strong>{escape(refusal_words(refusal, t))}</strong></p></div>'
    if check.photo is None:
        words = t("compare.failed") if check.ended.is_set() else t("compare.checking")
        return f'<div class="pc-check"><p>{escape(words)}</p></div>'
    photo = check.photo
    line = t("compare.photo_line", width=photo["width"], height=photo["height"], format=photo["format"])
    if photo["capture_time"] is not None:
        line += ", " + t("compare.photo_date", date=parse_date(photo["capture_time"]).isoformat())
    picture = f'<img src="data:image/jpeg;base64,{base64.b64encode(check.thumbnail).decode()}" alt="">'
    return f'<div class="pc-check">{picture}<div><p>{escape(line)}</p>{_flag_lines(check.flags, photo["flags"], t)}</div></div>'


def _flag_lines(looked: Sequence[str] | None, read: Sequence[str], t: Texts) -> str:
    codes = list(dict.fromkeys([*read, *(looked or [])]))
    if not codes:
        return "" if looked is None else f"<p>{escape(t('compare.photo_fine'))}</p>"
    order = list(Severity)
    codes.sort(key=lambda code: order.index(REGISTRY[code].severity))
    lines = []
    for code in codes:
        message, fix = t.flag(code)
        strong = REGISTRY[code].severity is not Severity.NOTE
        lines.append(f"<p>{'<strong>' if strong else ''}{escape(message)}{'</strong>' if strong else ''} {escape(fix)}</p>")
    return "".join(lines)


def refusal_words(refusal: PhotoRefusal, t: Texts) -> str:
    """Why a photo can't be used, in the language at hand, and which photo it is."""
    words = t(f"errors.{refusal.name}" if f"errors.{refusal.name}" in t.entries else "errors.PhotoError")
    if not refusal.which:
        return words
    return f"{t(f'compare.upload_{refusal.which}')} ({refusal.number}): {words}"


def cut_collage(visit: Visit, shot: Shot, t: Texts) -> None:
    """The cut that was found, shown, adjustable, confirmed."""
    photo = visit.check(shot).photo
    if photo is None:
        return
    st.subheader(t("compare.collage_title"), anchor=False)
    st.text(t("compare.collage_found"))
    left, right = st.columns([1, 1])
    key = shot.digest[:12]
    with left:
        axes = ["columns", "rows"]
        axis = st.radio(
            t("compare.collage_axis"),
            axes,
            index=axes.index(photo["cut"]["axis"]),
            format_func=lambda a: t(f"compare.collage_{a}"),
            key=f"axis_{key}",
            horizontal=True,
        )
        first = st.slider(t("compare.collage_at"), 10.0, 90.0, 100 * float(photo["cut"]["at"]), 0.1, key=f"at_{key}")
        second = st.slider(
            t("compare.collage_resumes"), first, 90.0, max(first, 100 * float(photo["cut"]["resumes"])), 0.1, key=f"resumes_{key}"
        )
        swapped = st.toggle(t("compare.collage_swapped"), key=f"swapped_{key}")
    with right:
        st.html(collage_preview(visit.check(shot).thumbnail, _cutting(axis, first, second, swapped), t))
    yes, no = st.columns(2)
    yes.button(t("compare.collage_measure"), type="primary", key=f"cut_{key}", on_click=_cut, args=(visit, key))
    no.button(t("compare.collage_not"), key=f"whole_{key}", on_click=visit.whole.add, args=(shot.digest,))


def _cut(visit: Visit, key: str) -> None:
    """Measure the collage as its cut stands at the press, which may come before it was drawn."""
    visit.cutting = _cutting(*(st.session_state[f"{name}_{key}"] for name in ("axis", "at", "resumes", "swapped")))


def _cutting(axis: str, first: float, second: float, swapped: bool) -> Cutting:
    return Cutting("columns" if axis == "columns" else "rows", first / 100, max(first, second) / 100, swapped)


def collage_preview(thumbnail: bytes, cutting: Cutting, t: Texts) -> str:
    """The small picture with the cut drawn on it and both halves named."""
    encoded = base64.b64encode(thumbnail).decode()
    side, across = ("left", "width") if cutting.axis == "columns" else ("top", "height")
    gap = max(0.6, 100 * (cutting.resumes - cutting.at))
    fill = "top:0;bottom:0" if cutting.axis == "columns" else "left:0;right:0"
    names = [t("pair.after"), t("pair.before")] if cutting.swapped else [t("pair.before"), t("pair.after")]
    start = "top" if side == "left" else "left"
    labels = (
        f'<span class="pc-tag" style="left:4px;top:4px">{escape(names[0])}</span>'
        f'<span class="pc-tag" style="{side}:calc({100 * cutting.resumes:.1f}% + 4px);{start}:4px">{escape(names[1])}</span>'
    )
    cut = f'<span class="pc-cut" style="{side}:{100 * cutting.at:.1f}%;{across}:{gap:.1f}%;{fill}"></span>'
    picture = f'<img src="data:image/jpeg;base64,{encoded}" alt="">'
    return f'<figure class="pc-collage" role="img" aria-label="{escape(t("compare.collage_preview"))}">{picture}{cut}{labels}</figure>'


def follow_photos(visit: Visit) -> None:
    """What was typed goes with the photos that it was typed about: a visit's day with the visit's, all of it with the pair's."""
    now = {which: visit.digests(which) for which in VISITS}
    for which in VISITS:
        if visit.dated[which] and not visit.dated[which] & now[which]:
            st.session_state[f"{which}_date"] = visit.suggested[which] = None
            visit.dated[which] = frozenset()
        visit.dated[which] = visit.dated[which] or now[which]
        visit.whose[which] = visit.whose[which] or now[which]
    first = visit.whose["before"] | visit.whose["after"]
    if first and not first & (now["before"] | now["after"]):
        _forget_details(visit)
        visit.whose = now


def _forget_details(visit: Visit) -> None:
    """Other photos may be another patient's: what was typed about the last one goes."""
    forget_typed(lambda key: key in _DETAIL_KEYS or key.startswith(SAVING))
    st.session_state["look_for_card"] = True
    visit.details, visit.suggested = VisitDetails(), {"before": None, "after": None}
    visit.mm_per_px, visit.look_for_card = None, True


def take_details(visit: Visit, t: Texts) -> bool:
    """Dates, sessions, agent, leg: what is printed, and what the time window follows from; returns whether all of it can be."""
    for which in VISITS:
        found = visit.capture_date(which)
        if found != visit.suggested[which]:
            visit.suggested[which] = found
            st.session_state[f"{which}_date"] = found
    with keep_typed(*_DETAIL_KEYS):
        typed = _detail_fields(visit, t)
    fine = True
    for name in ("before_date", "after_date"):
        day = typed[name]
        if day is not None and not can_be_visit(day):
            st.error(impossible_day(day, t))
            typed[name], fine = None, False  # nothing is judged by it
    try:
        visit.details = VisitDetails(**typed)
    except UsageError as error:
        st.error(t.error(error))
        fine = False
    before, after = typed["before_date"], typed["after_date"]
    if before is not None and after is not None and after < before:
        st.error(t("compare.dates_reversed"))
        fine = False
    return fine


def impossible_day(day: dt.date, t: Texts) -> str:
    """That no visit can have been on a day, as the records say it when they refuse it."""
    return t.error(UsageError(f"The day {day.isoformat()} can't be a visit's; check the year.", code="day_impossible", day=day))


def give_day(visit: Visit, which: Which, day: dt.date | None) -> None:
    """Set the day of the photos that a visit has now."""
    st.session_state[f"{which}_date"] = day
    visit.dated[which] = visit.digests(which)


def typed_details() -> VisitDetails:
    """The details as they stand in their fields at this moment: what the page was drawn with may be older.

    Raises
    ------
    UsageError
        A value that can't be.
    """
    keys = {
        field.name: _CONCENTRATION if field.name == "concentration_percent" else field.name for field in dataclasses.fields(VisitDetails)
    }
    typed = {name: st.session_state.get(key) for name, key in keys.items()}
    return VisitDetails(**{name: value for name, value in typed.items() if value is not None})


def _day_typed(visit: Visit, which: Which) -> None:
    visit.unfold()
    visit.dated[which] = visit.digests(which)


def _detail_fields(visit: Visit, t: Texts) -> dict[str, Any]:
    """The fields, by the names that `VisitDetails` gives them; every change by hand keeps them in view."""
    edited = visit.unfold
    typed: dict[str, Any] = {}
    for column, which in zip(st.columns(2), VISITS, strict=True):
        key = f"{which}_date"
        asked = t(f"compare.{key}")
        typed[key] = column.date_input(asked, None, format="YYYY-MM-DD", key=key, on_change=_day_typed, args=(visit, which))
    with st.expander(t("compare.details")):
        treatment, place, label = st.columns(3)
        with treatment:
            typed["sessions"] = st.number_input(t("compare.sessions"), 0, MOST_SESSIONS, None, 1, key="sessions", on_change=edited)
            typed["agent"] = st.text_input(t("compare.agent"), key="agent", on_change=edited, max_chars=_LONGEST_TYPED)
            typed["concentration_percent"] = st.number_input(
                t("compare.concentration"), 0.01, 100.0, None, 0.25, key=_CONCENTRATION, on_change=edited
            )
        with place:
            typed["leg"] = st.selectbox(
                t("compare.leg"), LEGS, format_func=lambda v: t(f"compare.leg_{v or 'none'}"), key="leg", on_change=edited
            )
            typed["region"] = st.text_input(t("compare.region"), key="region", on_change=edited, max_chars=_LONGEST_TYPED)
            _scale_field(t, edited)
        with label:
            about = t("compare.patient_label_help")
            typed["patient_label"] = st.text_input(
                t("compare.patient_label"), key="patient_label", on_change=edited, max_chars=_LONGEST_TYPED, help=about
            )
            tell_not_printed(typed["patient_label"], lambda letters: t("compare.label_not_printed", letters=letters))
            typed["note"] = st.text_area(t("compare.note"), key="note", on_change=edited, max_chars=_LONGEST_TYPED)
            st.session_state.setdefault("look_for_card", True)
            st.toggle(t("compare.card"), key="look_for_card", on_change=edited)
    return typed


def _scale_field(t: Texts, edited: Callable[[], None]) -> None:
    low, high = _MM_PER_PX_RANGE
    label, about = t("compare.scale_given"), t("compare.scale_help")
    st.number_input(label, low, high, None, 0.01, format="%.4f", key="mm_per_px", on_change=edited, help=about)


def take_scale(visit: Visit) -> None:
    """What was entered about the scale, for the measurement that begins before its fields are drawn."""
    restore_typed("mm_per_px", "look_for_card")
    visit.mm_per_px, visit.look_for_card = st.session_state.get("mm_per_px"), bool(st.session_state.get("look_for_card", True))
