"""Compare, while a pair is measured: both photos under the slider already, as they were taken."""

from __future__ import annotations

import streamlit as st

from photocompare.records.anonymous_pictures import AnonymousPictures
from photocompare.report.words.texts import Texts
from photocompare.viewer.measuring.requests import Measuring
from photocompare.viewer.result.pair_view import pair_view
from photocompare.viewer.result.two_pictures import unmeasured_dossier


class Meanwhile:
    """The slider over the first photo of each visit, shown once, as soon as they were read.

    Parameters
    ----------
    running : Measuring
    identity : str
        Names the measurement in the browser.
    t : Texts
    """

    def __init__(self, running: Measuring, identity: str, t: Texts) -> None:
        self._running, self._identity, self._t = running, identity, t
        self._place = st.empty()
        self._shown = False

    def tell(self) -> None:
        """Show the photos if they are there by now."""
        photos = self._running.photos
        if self._shown or photos is None:
            return
        pair = AnonymousPictures(photos.before, photos.after, photos.width, photos.height)
        with self._place.container():
            st.text(self._t("compare.meanwhile"))
            pair_view(unmeasured_dossier(pair), self._t, mode="meanwhile", identity=self._identity)
        self._shown = True
