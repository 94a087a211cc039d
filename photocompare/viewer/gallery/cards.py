"""The gallery's cards: before and after side by side with the number, as a component that gets its pictures as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from photocompare.records.anonymous_pictures import AnonymousPictures
from photocompare.report.pictures.thumbnails import smaller
from photocompare.viewer.shared.components import component, nothing, packed

CARD_PX = 560
"""Longest side of a card's pictures: sharp on a card 280 px wide at two screen pixels to one."""


@dataclass(frozen=True)
class GalleryCard:
    """A case as it is shown.

    Parameters
    ----------
    title, number, detail : str
        "Case 1"; its clearance; interval, whether the field was drawn by hand, sessions and likeness.
    before_alt, after_alt : str
        For who does not see the pictures.
    before, after : bytes
        From `small`.
    """

    title: str
    number: str
    detail: str
    before_alt: str
    after_alt: str
    before: bytes
    after: bytes


def small(pair: AnonymousPictures) -> tuple[bytes, bytes]:
    """Both pictures at the size of a card."""
    return smaller(pair.before, CARD_PX), smaller(pair.after, CARD_PX)


def packed_cards(cards: Sequence[GalleryCard], before: str, after: str) -> bytes:
    """What the browser gets: the words of every card and of both pictures, and the pictures by `before_0`, `after_0`, `before_1` and on."""
    pictures = {f"{which}_{k}": getattr(card, which) for k, card in enumerate(cards) for which in ("before", "after")}
    words = ("title", "number", "detail", "before_alt", "after_alt")
    return packed({"before": before, "after": after, "cards": [{name: getattr(c, name) for name in words} for c in cards]}, pictures)


def show_cards(cards: Sequence[GalleryCard], before: str, after: str) -> None:
    """Put down the cards; `before` and `after` stand under the pictures."""
    scripts = ("shared/unpack.js", "shared/elements.js", "gallery/cards.js")
    shown = component("photocompare_gallery", scripts, css="gallery/cards.css")
    shown(key="gallery_cards", data=packed_cards(cards, before, after), on_ready_change=nothing)
