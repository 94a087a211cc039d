"""A pair's pictures without anything that was measured, in the simplest way of looking at them."""

from __future__ import annotations

from typing import Any

from photocompare.records.anonymous_pictures import AnonymousPictures
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.viewer.result.pair_view import pair_view


def bare_dossier(pair: AnonymousPictures) -> Dossier:
    """The two pictures as the pictures' component takes them; there is no number that it could hand on."""
    result: dict[str, Any] = {
        "clearance": {},
        "fate_px": None,
        "pigment": None,
        "scale": {"mm_per_px": None},
        "photos": {"before": {"width": pair.width, "height": pair.height}},
    }
    return Dossier(result, {"before": pair.before, "after": pair.after})


def show_bare(pair: AnonymousPictures, t: Texts, key: str) -> None:
    """The slider over two pictures.

    Parameters
    ----------
    key : str
        Names the showing; it must tell neither the comparison nor whether it was shown before.
    """
    pair_view(bare_dossier(pair), t, mode="consult", key=key, identity=key)
