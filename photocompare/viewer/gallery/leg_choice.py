"""Which leg the gallery is asked about: this session's pair, or a comparison from a patient's record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from photocompare.records.access import Actor
from photocompare.records.patient_file import PatientFile, StoredComparison, StoredRegion
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.viewer.measuring.visit import VISITS, visit_of
from photocompare.viewer.patients.open_patient import open_file, patient_at_hand
from photocompare.viewer.shared.page import sample
from photocompare.viewer.sign_in.page import link_to

_DOSSIER = "gallery_dossier"


@dataclass(frozen=True, eq=False)
class Leg:
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


def choose_leg(held: Records, who: Actor, stored_sample: Path, t: Texts) -> Leg | None:
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


def _session_leg(stored_sample: Path, t: Texts) -> Leg | None:
    visit = visit_of(st.session_state)
    own = bool(visit.shots("before") or visit.shots("after"))
    dossier = visit.dossier if own else sample(stored_sample)
    if dossier is None:
        st.info(t("consult.no_pair"))
        link_to("compare", t("app.compare"))
        return None
    if not own:
        st.text(t("gallery.sample"))
    photos = {shot.digest for which in VISITS for shot in visit.shots(which)}
    photos |= {photo["sha256"] for photo in dossier.result["photos"].values()}
    return Leg(visit.current or "sample", dossier, "", tuple(sorted(photos)))


def _stored_leg(held: Records, who: Actor, t: Texts) -> Leg | None:
    key = patient_at_hand()
    if not key:
        st.info(t("gallery.no_patient"))
        link_to("patients", t("app.patients"))
        return None
    choices = _choices(open_file(key), t)
    if not choices:
        st.info(t("gallery.no_comparison"))
        return None
    chosen = st.selectbox(t("gallery.comparison"), list(choices), format_func=choices.__getitem__, key=f"gallery_comparison_{key}")
    return Leg(f"{key}/{chosen}", _dossier(held, who, chosen), key, ())


def _choices(file: PatientFile, t: Texts) -> dict[int, str]:
    """Measured comparisons, the newest first, as they are told apart."""
    found = [(region, c) for region in file.regions for c in region.comparisons if c.result["clearance"] is not None]
    found.sort(key=lambda pair: pair[0].visit(pair[1].after_visit).facts.day, reverse=True)
    return {c.id: _told(region, c, t) for region, c in found}


def _told(region: StoredRegion, comparison: StoredComparison, t: Texts) -> str:
    before, after = (region.visit(number).facts.day.isoformat() for number in (comparison.before_visit, comparison.after_visit))
    return t("gallery.told", side=t(f"gallery.side_{region.side}"), region=region.name, before=before, after=after)


def _dossier(held: Records, who: Actor, number: int) -> Dossier:
    """Read, and noted, when it is chosen; then kept for this session."""
    kept = st.session_state.get(_DOSSIER)
    if kept is None or kept[0] != (who, number):
        kept = st.session_state[_DOSSIER] = ((who, number), held.dossier(who, number))
    dossier: Dossier = kept[1]
    return dossier
