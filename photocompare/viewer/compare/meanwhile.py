"""Compare, while a pair is measured: both photos under the slider already, as they were taken."""

from __future__ import annotations

import streamlit as st

from photocompare.records.anonymous_pictures import AnonymousPictures
from photocompare.report.words.texts import Texts
from photocompare.viewer.measuring.visit import VISITS, Visit
from photocompare.viewer.result.pair_view import pair_view
from photocompare.viewer.result.two_pictures import unmeasured_dossier


class Meanwhile:
    """The slider over the first photo of each visit, shown once, as soon as their small copies are there.

    Parameters
    ----------
    visit : Visit
    t : Texts
    """

    def __init__(self, visit: Visit, t: Texts) -> None:
        self._visit, self._t = visit, t
        self._place = st.empty()
        self._shown = False

    def tell(self) -> None:
        """Show the photos if they are there by now."""
        if self._shown:
            return
        shots = [shot for which in VISITS for shot in self._visit.shots(which)[:1]]
        checks = [self._visit.check(shot) for shot in shots]
        if len(checks) != len(VISITS) or any(check.photo is None or not check.thumbnail for check in checks):
            return
        photo = checks[0].photo or {}
        pair = AnonymousPictures(checks[0].thumbnail, checks[1].thumbnail, int(photo["width"]), int(photo["height"]))
        with self._place.container():
            st.text(self._t("compare.meanwhile"))
            pair_view(unmeasured_dossier(pair), self._t, mode="meanwhile", identity=self._visit.current[:16])
        self._shown = True

    def end(self) -> None:
        """Make room for the result."""
        self._place.empty()
