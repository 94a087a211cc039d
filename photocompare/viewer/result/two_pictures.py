"""A pair's pictures without anything that was measured, in the simplest way of looking at them."""

from __future__ import annotations

from photocompare.base.estimate import Estimate
from photocompare.records.anonymous_pictures import AnonymousPictures
from photocompare.report.words.texts import Texts
from photocompare.results.comparison import PhotoRecord, Provenance
from photocompare.results.dossier import Dossier
from photocompare.results.reference_band import judge_against_band
from photocompare.results.result import ClearanceFigures, Result, ScaleFigures
from photocompare.results.timing import Timing
from photocompare.viewer.result.pair_view import pair_view


def unmeasured_dossier(pair: AnonymousPictures) -> Dossier:
    """The two pictures as the pictures' component takes them; there is no number that it could hand on."""
    photo, failed = PhotoRecord("", pair.width, pair.height), Estimate.failed("%")
    result = Result(
        status="comparable",
        reasons=(),
        scale=ScaleFigures(None, "none"),
        registration=None,
        skin=None,
        clearance=ClearanceFigures(failed, failed, failed, failed, {}),
        fates={},
        unit="px",
        pigment=None,
        timing=Timing(None, "unknown"),
        benchmark=judge_against_band(None, Timing(None, "unknown")),
        before=photo,
        after=photo,
        provenance=Provenance("", "", "", {}),
    )
    return Dossier(result, {"before": pair.before, "after": pair.after})


def show_two_pictures(pair: AnonymousPictures, t: Texts, key: str) -> None:
    """The slider over two pictures.

    Parameters
    ----------
    key : str
        Names the showing; it must tell neither the comparison nor whether it was shown before.
    """
    pair_view(unmeasured_dossier(pair), t, mode="consult", identity=key)
