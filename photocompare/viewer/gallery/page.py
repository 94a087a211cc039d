"""The gallery: outcomes of legs that looked like this one before treatment, to set a shared target."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path
from statistics import median

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.practice.matching import LegLook, Match, look_as_dict, look_from_dict, look_of, most_alike
from photocompare.records.access import Actor
from photocompare.records.anonymous_pictures import AnonymousPictures
from photocompare.records.gallery import GalleryCase, gallery_cases, gallery_pictures, keep_look
from photocompare.records.store import Records
from photocompare.report.words.headline import headline_interval, headline_kind, headline_number
from photocompare.report.words.result import earlier_contract
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.results.reference_band import ReferenceBandOptions
from photocompare.viewer.gallery.cards import GalleryCard, show_cards, small
from photocompare.viewer.gallery.leg_choice import ChosenLeg, choose_leg
from photocompare.viewer.measuring.visit import VISITS
from photocompare.viewer.result.two_pictures import show_two_pictures
from photocompare.viewer.sign_in.page import link_to
from photocompare.viewer.sign_in.records_page import show_records_page

COUNTS = (3, 6, 12)
"""How many cases may be asked for; six fit a screen and one mind."""

USUAL_COUNT = 6

LEAST_FOR_TARGET = 3
"""Cases below which there is no range to speak of."""

CLOSE, FAR = 0.5, 1.0
"""Distances, in spreads between legs (`LikenessOptions`): up to half of one a leg is very alike, beyond one it is not."""

_PICTURES = "gallery_pictures"
_ASKED = "gallery_asked"


def show(stored_sample: Path) -> None:
    """The page: which leg, the target that its like suggest, the cases."""
    show_records_page("gallery.title", partial(_gallery, stored_sample))


def _gallery(stored_sample: Path, held: Records, who: Actor, t: Texts) -> None:
    st.text(t("gallery.intro"))
    leg = choose_leg(held, who, stored_sample, t)
    if leg is None:
        return
    look = look_of(leg.dossier)
    if look is None:
        st.info(t("gallery.refused"))
        return
    cases = _cases(held, who, leg, t)
    if not cases:
        st.info(t("gallery.empty"))
        link_to("patients", t("gallery.to_patients"))
        return
    _matches(held, who, leg, look, cases, t)


def _cases(held: Records, who: Actor, leg: ChosenLeg, t: Texts) -> dict[int, tuple[GalleryCase, LegLook]]:
    """The cases that may be shown now, with their looks: worked out for those that have none yet."""
    asked = (who, leg.name)
    again = st.session_state.get(_ASKED) == asked
    found = gallery_cases(held, who, method=leg.dossier.result.method, but_of=leg.patient_key, but_with=leg.photos, again=again)
    st.session_state[_ASKED] = asked
    unknown = [case for case in found if case.look is None]
    looks = {case.comparison_id: look_from_dict(case.look) for case in found if case.look is not None}
    if unknown:
        bar = st.progress(0.0, text=t("gallery.looking"))
        for k, case in enumerate(unknown, 1):
            try:
                looks[case.comparison_id] = look_from_dict(keep_look(held, who, case.comparison_id, _figures))
            except UsageError:  # its files are damaged, which is noted, or its consent was taken back just now
                continue
            finally:
                bar.progress(k / len(unknown), text=t("gallery.looking"))
        bar.empty()
    return {case.comparison_id: (case, looks[case.comparison_id]) for case in found if case.comparison_id in looks}


def _figures(dossier: Dossier) -> dict[str, float | None]:
    nothing = LegLook(*[math.nan] * len(LegLook.__dataclass_fields__))
    return look_as_dict(look_of(dossier) or nothing)


def _matches(held: Records, who: Actor, leg: ChosenLeg, look: LegLook, cases: dict[int, tuple[GalleryCase, LegLook]], t: Texts) -> None:
    count = st.segmented_control(t("gallery.count"), COUNTS, default=USUAL_COUNT, key="gallery_count", required=True)
    matches = most_alike(look, {key: own for key, (_, own) in cases.items()}, most=count or USUAL_COUNT)
    if not matches:
        st.info(t("gallery.none_told"))
        return
    chosen = [cases[match.key][0] for match in matches]
    band = leg.dossier.result.benchmark.band
    if earlier := earlier_contract(leg.dossier.result, t):
        st.text(earlier)
    st.html(_target(chosen, band, t))
    if matches[0].distance > FAR:
        st.warning(t("gallery.far"))
    st.text(t("gallery.caveat", n=len(cases)))
    kept = _pictures(held, who, chosen)
    shown = [(match, case) for match, case in zip(matches, chosen, strict=True) if case.comparison_id in kept]
    cards = [_card(k, match, case, kept[case.comparison_id][1], band, t) for k, (match, case) in enumerate(shown, 1)]
    show_cards(cards, t("pair.before"), t("pair.after"))
    st.text(t("gallery.measure"))
    names = [t("gallery.case", n=k) for k in range(1, len(shown) + 1)]
    closer = st.pills(t("gallery.closer"), range(len(shown)), format_func=names.__getitem__, key="gallery_closer")
    if closer is not None and closer < len(shown):
        case = shown[closer][1]
        show_two_pictures(kept[case.comparison_id][0], t, f"gallery_{case.comparison_id}")


def _pictures(held: Records, who: Actor, chosen: Sequence[GalleryCase]) -> dict[int, tuple[AnonymousPictures, tuple[bytes, bytes]]]:
    """Pictures of the chosen cases: read, and noted, when a case is shown first; those of other cases go."""
    before = st.session_state.get(_PICTURES, {})
    kept = {}
    for case in chosen:
        key = (who, case.comparison_id)
        try:
            if key not in before:
                pair = gallery_pictures(held, who, case.comparison_id)
                before[key] = (pair, small(pair))
            kept[key] = before[key]
        except (UsageError, OSError):  # damaged files are noted; the other cases are shown
            continue
    st.session_state[_PICTURES] = kept
    return {number: pictures for (_, number), pictures in kept.items()}


def _target(chosen: Sequence[GalleryCase], band: ReferenceBandOptions, t: Texts) -> str:
    percents = [case.percent for case in chosen]
    if len(percents) < LEAST_FOR_TARGET:
        return f'<p class="pc-note">{escape(t("gallery.too_few_for_target", n=len(percents)))}</p>'
    middle = median(percents)
    of = t(f"gallery.middle_{headline_kind(middle)}")
    sentence = t("gallery.target", n=len(percents), interval=headline_interval(min(percents), max(percents), t))
    return (
        f'<section data-testid="target"><p class="pc-big">{escape(headline_number(middle, band, t))}</p>'
        f'<p class="pc-note">{escape(of)}</p><p class="pc-interval">{escape(sentence)}</p></section>'
    )


def _card(k: int, match: Match, case: GalleryCase, pictures: tuple[bytes, bytes], band: ReferenceBandOptions, t: Texts) -> GalleryCard:
    detail = [t("result.interval", interval=headline_interval(case.low, case.high, t))]
    if case.within_drawn_field:
        detail.append(t("result.drawn_field"))
    if case.sessions is not None:
        detail.append(t("gallery.session_one") if case.sessions == 1 else t("gallery.sessions", n=case.sessions))
    detail.append(t(f"gallery.alike_{_how_alike(match)}"))
    title = t("gallery.case", n=k)
    before, after = (t("gallery.alt", case=title, which=t(f"photo.{which}")) for which in VISITS)
    return GalleryCard(title, headline_number(case.percent, band, t), ". ".join(detail) + ".", before, after, *pictures)


def _how_alike(match: Match) -> str:
    if match.distance <= CLOSE:
        return "very"
    return "alike" if match.distance <= FAR else "less"
