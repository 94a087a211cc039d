"""The gallery's cards: before and after side by side with the number, as a component that gets its pictures as bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from photocompare.records.anonymous_pictures import AnonymousPictures
from photocompare.report.pictures.thumbnails import smaller
from photocompare.viewer.shared.components import component, nothing

CARD_PX = 560
"""Longest side of a card's pictures: sharp on a card 280 px wide at two screen pixels to one."""


@dataclass(frozen=True)
class Card:
    """A case as it is shown.

    Parameters
    ----------
    title, number, detail : str
        "Case 1"; its clearance; interval, sessions and likeness.
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


def packed_cards(cards: Sequence[Card], before: str, after: str) -> bytes:
    """What the browser gets: length of the head (4 bytes, little-endian), the head as JSON, the pictures one after the other."""
    blobs: list[bytes] = []
    places, at = {}, 0
    for k, card in enumerate(cards):
        for which, data in (("before", card.before), ("after", card.after)):
            places[f"{which}_{k}"] = [at, len(data), "image/jpeg"]
            blobs.append(data)
            at += len(data)
    head = {
        "pictures": places,
        "before": before,
        "after": after,
        "cards": [
            {"title": c.title, "number": c.number, "detail": c.detail, "before_alt": c.before_alt, "after_alt": c.after_alt} for c in cards
        ],
    }
    encoded = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
    return struct.pack("<I", len(encoded)) + encoded + b"".join(blobs)


def show_cards(cards: Sequence[Card], before: str, after: str) -> None:
    """Put down the cards; `before` and `after` stand under the pictures."""
    shown = component("photocompare_gallery", ("result/pair_view_canvas.js", "gallery/cards.js"), css="gallery/cards.css")
    shown(key="gallery_cards", data=packed_cards(cards, before, after), on_ready_change=nothing)
