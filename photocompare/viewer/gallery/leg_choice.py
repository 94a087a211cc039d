"""Which leg the gallery is asked about: this session's pair, or a comparison from a patient's record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from photocompare.records.access import Actor
from photocompare.records.patient_file import StoredComparison, StoredRegion
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.viewer.measuring.visit import VISITS, visit_of
from photocompare.viewer.patient_record.open_patient import days_of, latest_first, open_file, open_patient_key
from photocompare.viewer.result.session_pair import has_photos, session_pair
from photocompare.viewer.sign_in.page import link_to

_DOSSIER = "gallery_dossier"


@dataclass(frozen=True, eq=False)
class ChosenLeg:
    """The leg that is asked about.

    Parameters
    ----------
    name : str
        Tells one leg from another.
    dossier : Dossier
    patient_key : str
        Of the patient whose record it is from; empty for the session's pair.
    photos : tuple of str
        SHA-256 of its photos, by which the session's pair is known in the records.
    """

    name: str
    dossier: Dossier
    patient_key: str
    photos: tuple[str, ...]


def choose_leg(held: Records, who: Actor, stored_sample: Path, t: Texts) -> ChosenLeg | None:
    """The leg that was chosen; None, and a word on the page, while there is none."""
    source = st.segmented_control(
        t("gallery.leg"),
        ("session", "stored"),
        default="session",
        format_func=lambda name: t(f"gallery.leg_{name}"),
        key="gallery_source",
        required=True,
    )
    return _stored_leg(held, who, t) if source == "stored" else _session_leg(stored_sample, t)


def _session_leg(stored_sample: Path, t: Texts) -> ChosenLeg | None:
    visit = visit_of(st.session_state)
    dossier = session_pair(visit, stored_sample)
    if dossier is None:
        st.info(t("consult.no_pair"))
        link_to("compare", t("app.compare"))
        return None
    if not has_photos(visit):
        st.text(t("gallery.sample"))
    photos = {shot.digest for which in VISITS for shot in visit.shots(which)}
    photos |= {photo.sha256 for photo in dossier.result.photos.values()}
    return ChosenLeg(visit.current or "sample", dossier, "", tuple(sorted(photos)))


def _stored_leg(held: Records, who: Actor, t: Texts) -> ChosenLeg | None:
    key = open_patient_key()
    if not key:
        st.info(t("gallery.no_patient"))
        link_to("patients", t("app.patients"))
        return None
    stored = latest_first(open_file(key))
    choices = {number: _name(region, c, t) for number, (region, c) in stored.items() if c.result.measured}
    if not choices:
        st.info(t("gallery.no_comparison"))
        return None
    chosen = st.selectbox(t("gallery.comparison"), list(choices), format_func=choices.__getitem__, key=f"gallery_comparison_{key}")
    return ChosenLeg(f"{key}/{chosen}", _dossier(held, who, chosen), key, ())


def _name(region: StoredRegion, comparison: StoredComparison, t: Texts) -> str:
    before, after = days_of(region, comparison)
    return t(
        "gallery.told",
        side=t(f"gallery.side_{region.side}"),
        region=region.name,
        before=before.isoformat(),
        after=after.isoformat(),
    )


def _dossier(held: Records, who: Actor, number: int) -> Dossier:
    """Read, and noted, when it is chosen; then kept for this session."""
    kept = st.session_state.get(_DOSSIER)
    if kept is None or kept[0] != (who, number):
        kept = st.session_state[_DOSSIER] = ((who, number), held.dossier(who, number))
    dossier: Dossier = kept[1]
    return dossier
