"""Compare, while a pair is measured: what there is of it to look at already, under the slider."""

from __future__ import annotations

import streamlit as st

from photocompare.report.words.texts import Texts
from photocompare.viewer.measuring.requests import Measuring
from photocompare.viewer.result.pair_view import pair_view


class Meanwhile:
    """The slider over the first photo of each visit as soon as they were read, and again with each thing that is found.

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
        self._shown = ""

    def tell(self) -> None:
        """Show what there is by now."""
        photos = self._running.photos
        if photos is None or photos.step == self._shown:
            return
        # They bring the records and their libraries, which the button that stops the measurement doesn't wait for.
        from photocompare.records.anonymous_pictures import AnonymousPictures
        from photocompare.viewer.result.two_pictures import unmeasured_dossier

        pair, t = AnonymousPictures(photos.before, photos.after, photos.width, photos.height), self._t
        with self._place.container():
            st.text(t(f"compare.meanwhile.{photos.step}"))
            pair_view(unmeasured_dossier(pair), t, mode="meanwhile", identity=f"{self._identity}_{photos.step}")
        self._shown = photos.step
