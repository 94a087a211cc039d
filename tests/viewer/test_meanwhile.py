"""While a pair is measured, both photos can be looked at already; nothing of that stays beside the result."""

from __future__ import annotations

import pytest

from photocompare.viewer.measuring.requests import ReadPhotos
from tests.support.run_pages import MEASURED, PERCENTAGE, Pages, T, faked_app


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    return faked_app(monkeypatch)()


def test_both_photos_are_there_once_they_were_read_and_go_when_the_result_comes(pages: Pages) -> None:
    measuring = pages.pair()
    assert T("compare.meanwhile") not in pages.words
    measuring.photos = ReadPhotos(b"\xff\xd8\xff before", b"\xff\xd8\xff after", 900, 1200)
    pages.run()
    assert T("compare.meanwhile") in pages.words
    head = pages.pictures()
    assert (head["mode"], head["size"], head["fates"]) == ("meanwhile", [900, 1200], [])
    assert set(head["pictures"]) == {"before", "after"}
    assert not PERCENTAGE.search(pages.words)
    measuring.finish(MEASURED)
    pages.run()
    assert T("compare.meanwhile") not in pages.words
    assert pages.pictures()["mode"] == "full"
