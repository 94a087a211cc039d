"""Compare, the lower part: progress, the result, its pictures, the field, hand correction, export."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.results.visit_details import VisitDetails
from photocompare.viewer.measuring.requests import Measuring
from photocompare.viewer.measuring.uploads import Cards, refusal_words
from photocompare.viewer.measuring.visit import Visit
from photocompare.viewer.result import blocks
from photocompare.viewer.result.pair_view import Mode, checked_points, pair_view, polygon_in_full_pixels
from photocompare.viewer.shared.waiting import wait_while
from photocompare.viewer.sign_in.session import checked_fragment

if TYPE_CHECKING:
    from photocompare.clearance.correction import Corrected, Correction

STAGES = ("wait", "read", "field", "register", "veins", "pigment", "fate", "clearance", "light", "draw")


def show_progress(visit: Visit, running: Measuring, cards: Cards, t: Texts) -> bool:
    """The stage, and a button that stops, until the measurement has ended; False where the page waits no longer."""
    place = st.empty()
    with place.container():
        bar = st.empty()
        st.button(t("compare.stop"), key="stop", on_click=visit.stop)

    def tell() -> None:
        at = STAGES.index(running.stage) if running.stage in STAGES else 0
        bar.progress(at / len(STAGES), text=t(f"stage_of_measuring.{STAGES[at]}"))
        cards.tell()

    over = wait_while(lambda: visit.running is running, tell)
    if over:
        place.empty()
        cards.wait()
    return over


def show_ending(visit: Visit, ended: Measuring | None, t: Texts) -> None:
    """Why there is no result, and what to do."""
    if ended is None:
        st.info(t("compare.stopped"))
    elif ended.refusal is not None:
        st.error(refusal_words(ended.refusal, t))
    else:
        st.error(t("compare.failed"))
    if st.button(t("compare.measure"), type="primary", key="measure"):
        visit.stopped = ""
        visit.measurements.pop(visit.current, None)
        st.rerun()
    if visit.polygon is not None:
        st.button(t("compare.field_clear"), key="field_clear", on_click=visit.whole_leg)


def show_numbers(result: Mapping[str, Any], t: Texts) -> None:
    """The result: the number on the band, the reasons, the fates, the rest."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(blocks.headline(result, t))
    with right:
        if result["clearance"] is None:
            st.html(blocks.reasons(result, t))
        else:
            st.html(blocks.scale(result, t))
            if result["benchmark"]["verdict"] != "not_assessed":
                st.text(blocks.window(result, t))


def show_details(result: Mapping[str, Any], t: Texts) -> None:
    """What stands below the pictures of a measured pair."""
    if result["clearance"] is None:
        return
    st.html(blocks.fate_bar(result, t))
    st.html(blocks.numbers(result, t))
    st.html(blocks.reasons(result, t))
    st.html(blocks.quality(result, t))


def show_pictures(visit: Visit, dossier: Dossier, identity: str, measuring: Measuring | None, t: Texts) -> None:
    """The pictures, and the two ways of drawing on them."""
    tools = ["pictures", "field", "correct"] if dossier.measured else ["pictures", "field"]
    own = bool(visit.current)
    chosen = st.segmented_control(
        t("compare.pictures"),
        tools if own else ["pictures", "correct"],
        default="pictures",
        format_func=lambda tool: t(f"compare.{tool}"),
        key=f"tool_{identity}",
        label_visibility="collapsed",
    )
    if chosen == "field":
        _field(visit, dossier, identity, t)
    elif chosen == "correct":
        _correct(visit, dossier, identity, t)
    else:
        _look(visit, dossier, identity, measuring, t)


def _look(visit: Visit, dossier: Dossier, identity: str, measuring: Measuring | None, t: Texts) -> None:
    @checked_fragment
    def pictures() -> None:
        mode: Mode = "full" if dossier.measured else "refused"
        wanted = sorted(visit.wanted)
        more = _full_size(measuring) if "full" in wanted and measuring is not None else {}
        taken = pair_view(dossier, t, mode=mode, key=f"pair_{identity}", identity=identity, wanted=wanted, more=more)
        if taken["want"] in ("originals", "full") and taken["want"] not in visit.wanted:
            visit.wanted.add(taken["want"])
            st.rerun(scope="fragment")

    pictures()


def _full_size(measuring: Measuring) -> Mapping[str, bytes]:
    """The full-size pictures, which come some seconds after the result."""
    alive = st.empty()
    wait_while(lambda: not measuring.ended.is_set(), alive.empty)
    return measuring.full_size or {}


def _field(visit: Visit, dossier: Dossier, identity: str, t: Texts) -> None:
    st.text(t("compare.field_intro"))
    if visit.polygon is not None:
        st.info(t("compare.field_now"))
        st.button(t("compare.field_clear"), key="field_clear", on_click=visit.whole_leg)
    taken = pair_view(dossier, t, mode="field", key=f"field_{identity}", identity=identity)
    if taken["field"] is not None:
        try:
            # Without a number it is the photo itself that was drawn on.
            visit.polygon = polygon_in_full_pixels(taken["field"], dossier.shown_over_full if dossier.measured else 1.0)
        except UsageError as error:
            st.error(t.error(error))
        else:
            st.rerun()


def _correct(visit: Visit, dossier: Dossier, identity: str, t: Texts) -> None:
    by = st.text_input(t("compare.correct_who"), key="corrector", max_chars=80)
    taken = pair_view(dossier, t, mode="correct", key=f"correct_{identity}", identity=identity)
    if taken["marks"] is not None:
        if not by.strip():
            st.error(t("compare.correct_needs_name"))
        else:
            try:
                _work_out(visit, dossier, by, taken["marks"])
            except UsageError as error:
                st.error(t.error(error))
    for correction, corrected in reversed(visit.corrections.get(visit.current, [])):
        st.html(blocks.corrected_beside(dossier.result["clearance"]["length"], correction, corrected, t))


def _work_out(visit: Visit, dossier: Dossier, by: str, marks: Any) -> None:
    """Add the corrected number that follows from marks made in the browser."""
    import numpy as np

    from photocompare.clearance.correction import Correction
    from photocompare.results.dossier_pictures import corrected
    from photocompare.settings import STANDARD

    struck, missed = marks.get("not_veins", []), marks.get("missed", [])
    if not all(isinstance(k, int) for k in struck):
        raise UsageError("What was drawn could not be read; draw it again.", code="drawing_unreadable")
    lines = tuple(np.array(checked_points(line, 2), np.float32) for line in missed)
    correction = Correction(by, dt.datetime.now(dt.UTC), tuple(struck), lines)
    made = visit.corrections.setdefault(visit.current, [])
    if not made or not made[-1][0].says_the_same(correction):  # a second click is no second correction
        made.append((correction, corrected(dossier, correction, options=STANDARD.correction)))


def show_export(visit: Visit, dossier: Dossier, details: VisitDetails, t: Texts) -> None:
    """Everything that can be taken away of the session's pair."""
    made = visit.corrections.get(visit.current, [])
    offer_exports(dossier, details, t, latest=made[-1] if made else None)


def offer_exports(
    dossier: Dossier,
    details: VisitDetails,
    t: Texts,
    *,
    latest: tuple[Correction, Corrected] | None = None,
    key: str = "export",
    on_export: Callable[[str], object] = lambda _: None,
) -> None:
    """Everything that can be taken away; made when it is asked for.

    Parameters
    ----------
    latest : tuple of Correction and Corrected, optional
        The correction that is printed beside the machine's number.
    key : str
        Of the buttons, before their names.
    on_export : callable
        Told the name of what is taken away, before it is made.
    """
    st.subheader(t("compare.export"), anchor=False)
    st.text(t("compare.export_note"))

    def file_pdf() -> bytes:
        from photocompare.report.pdf.printouts import file_pdf as make

        return make(dossier, details, t, latest)

    def patient_pdf() -> bytes:
        from photocompare.report.pdf.printouts import patient_pdf as make

        return make(dossier, details, t)

    def summary() -> bytes:
        from photocompare.report.pictures.summary import summary_png

        return summary_png(dossier, t)

    def numbers() -> str:
        from photocompare.report.files.piece_csv import result_json

        return result_json(dossier)

    def pieces() -> str:
        from photocompare.report.files.piece_csv import piece_csv

        return piece_csv(dossier)

    exports: list[tuple[str, Callable[[], str | bytes], str]] = [
        ("file", file_pdf, "application/pdf"),
        ("patient", patient_pdf, "application/pdf"),
        ("summary", summary, "image/png"),
        ("json", numbers, "application/json"),
    ]
    if dossier.measured:
        exports.append(("csv", pieces, "text/csv"))
    for column, (name, make, kind) in zip(st.columns(len(exports)), exports, strict=True):

        def noted(name: str = name, make: Callable[[], str | bytes] = make) -> str | bytes:
            on_export(name)
            return make()

        file_name = f"photocompare-{name}.{kind.rpartition('/')[2]}"
        label = t(f"compare.export_{name}")
        # Any of the types is taken; the stub of the callable's result names each by itself.
        column.download_button(label, cast(Any, noted), file_name, kind, on_click="ignore", key=f"{key}_{name}", width="stretch")
