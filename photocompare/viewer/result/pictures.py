"""The pictures of a measured or refused pair, to be looked at in every way: a fragment, so that asking for more of them is quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.viewer.result.pair_view import Mode, pair_view
from photocompare.viewer.shared.waiting import run_again
from photocompare.viewer.sign_in.session import checked_fragment


def show_pictures(
    dossier: Dossier, t: Texts, *, identity: str, wanted: set[str], full_size: Callable[[], Mapping[str, bytes]] | None = None
) -> None:
    """Show the pictures of a pair.

    Parameters
    ----------
    dossier : Dossier
    t : Texts
    identity : str
        Names the comparison in the browser.
    wanted : set of str
        Of "originals" and "full": sets of pictures that the browser asked for; what it asks for now is added.
    full_size : callable, optional
        Brings the full-size pictures, where there are any.
    """

    @checked_fragment
    def pictures() -> None:
        mode: Mode = "full" if dossier.measured else "refused"
        more = full_size() if full_size is not None and "full" in wanted else {}
        sent = pair_view(dossier, t, mode=mode, identity=identity, wanted=sorted(wanted), more=more)
        known = {"originals"} if full_size is None else {"originals", "full"}
        if sent["want"] in known - wanted:
            wanted.add(sent["want"])
            run_again(fragment=True)

    pictures()
