"""While a pair is measured, both photos can be looked at already; nothing of that stays beside the result."""

from __future__ import annotations

import pytest

from photocompare.viewer.measuring.requests import ReadPhotos
from tests.support.run_pages import MEASURED, PERCENTAGE, Pages, T, faked_app


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    return faked_app(monkeypatch)()


AS_TAKEN, LAID_OVER = T("compare.meanwhile.as_taken"), T("compare.meanwhile.laid_over")


def test_both_photos_are_there_once_they_were_read_and_go_when_the_result_comes(pages: Pages) -> None:
    measuring = pages.pair()
    assert AS_TAKEN not in pages.words
    measuring.photos = ReadPhotos(b"\xff\xd8\xff before", b"\xff\xd8\xff after", 900, 1200)
    pages.run()
    assert AS_TAKEN in pages.words
    head = pages.pictures()
    assert (head["mode"], head["size"], head["fates"]) == ("meanwhile", [900, 1200], [])
    assert set(head["pictures"]) == {"before", "after"}
    assert not PERCENTAGE.search(pages.words)
    measuring.finish(MEASURED)
    pages.run()
    assert AS_TAKEN not in pages.words
    assert pages.pictures()["mode"] == "full"


def test_what_is_found_takes_the_photos_place(pages: Pages) -> None:
    measuring = pages.pair()
    measuring.photos = ReadPhotos(b"\xff\xd8\xff before", b"\xff\xd8\xff after", 900, 1200)
    pages.run()
    first = pages.pictures()["id"]
    measuring.photos = ReadPhotos(b"\xff\xd8\xff before", b"\xff\xd8\xff moved", 900, 1200, "laid_over")
    pages.run()
    assert LAID_OVER in pages.words
    assert AS_TAKEN not in pages.words
    assert pages.pictures()["id"] != first
