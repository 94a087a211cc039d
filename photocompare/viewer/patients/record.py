"""One patient's record: who it is, the regions, and the ways of looking at a region."""

from __future__ import annotations

from html import escape

import streamlit as st

from photocompare.records.access import Actor
from photocompare.records.entries import IdentityFacts
from photocompare.records.patient_file import PatientFile, StoredRegion
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.patient_record.open_patient import may_write, region_name, shown_name
from photocompare.viewer.patients.identity import show_identity
from photocompare.viewer.patients.pair import show_pair
from photocompare.viewer.patients.segments import show_segments
from photocompare.viewer.patients.timeline import show_timeline
from photocompare.viewer.patients.visits import add_visit
from photocompare.viewer.shared.components import put_style
from photocompare.viewer.shared.notices import show_notice_at

_VIEWS = ("timeline", "course", "pair", "segments", "identity")


def show_record(held: Records, who: Actor, file: PatientFile, t: Texts) -> None:
    """The patient's page."""
    put_style("patients/record.css")
    identity = file.identity or IdentityFacts()
    name = shown_name(identity.name, identity.chart_number, file.key)
    st.html(f'<h2 class="pc-patient" data-testid="patient"><bdi>{escape(name)}</bdi></h2>')
    show_notice_at("patients")
    view = st.segmented_control(
        t("patients.views"),
        _VIEWS,
        default=_VIEWS[0],
        format_func=lambda name: t(f"patients.view_{name}"),
        key=f"view_{file.key}",
        label_visibility="collapsed",
    )
    if view == "identity":
        show_identity(file, t)
        return
    region = _chosen_region(file, t)
    if region is None:
        st.info(t("patients.no_visit_yet"))
    elif view == "course":
        # Its libraries take half a second, which the other views need not wait for.
        from photocompare.viewer.patients.course import show_course

        show_course(region, t)
    elif view == "pair":
        show_pair(held, who, file, region, t)
    elif view == "segments":
        show_segments(held, who, region, t)
    else:
        show_timeline(held, who, region, t)
    if may_write() and (region is None or view not in _VIEWS[1:]):
        add_visit(file.key, file.regions, t)


def _chosen_region(file: PatientFile, t: Texts) -> StoredRegion | None:
    """The region to look at; None where there is none yet."""
    regions = {region.id: region for region in file.regions}
    if not regions:
        return None
    if len(regions) == 1:
        (only,) = regions.values()
        st.html(f"<h3><bdi>{escape(region_name(only, t))}</bdi></h3>")
        return only
    chosen = st.selectbox(t("patients.region"), list(regions), format_func=lambda k: region_name(regions[k], t), key=f"region_{file.key}")
    return regions[chosen]
