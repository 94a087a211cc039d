"""How a HEIF file keeps its pictures: where their data lies, whether all is there, how the main one is coded (ISO 14496-12, 23008-12).

What follows the last box is a phone's own affair: text, sound, a film.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

IN_THE_FILE = 0
"""construction_method of iloc: offsets count from the start of the file."""

HEVC_ITEM = b"hvc1"

NEVER_ARRIVED = bytes(16)
"""HEVC data holds no three zeros in a row (ITU-T H.265, 7.4.2), the length before each unit at most three more: what does was filled up."""

FULL_BOX = 4
"""Bytes of version and flags."""

DERIVED_FROM, HEVC_CONFIGURATION = b"dimg", b"hvcC"
"""Of what a picture is put together (ISO 23008-12, 6.6.1); how a stream of HEVC is to be decoded (B.2.3)."""

MOST_PICTURES, DEEPEST = 4096, 8
"""Items and levels that are followed from the main picture: a photo of tiles has some fifty of them, on one level."""

MOST_PROPERTIES, MOST_ASSOCIATIONS = 0x7FFF, 64
"""Properties that can be named at all (ISO 23008-12, 9.3.1), and boxes beside them."""


def heif_is_whole(data: bytes) -> bool:
    """False where data of an item lies beyond the file's end or never arrived."""
    try:
        meta = next((content for name, content in _boxes(data, 0, len(data)) if name == b"meta"), None)
        if meta is None:
            return False
        parts = dict(_boxes(data, meta[0] + FULL_BOX, meta[1]))
        hevc = _items_of_type(data, parts[b"iinf"], HEVC_ITEM) if b"iinf" in parts else set()
        for item, start, end in _extents(data, *parts[b"iloc"]):
            if end > len(data) or (item in hevc and data.find(NEVER_ARRIVED, start, end) >= 0):
                return False
    except (struct.error, LookupError):
        return False
    return True


def main_stream_configurations(data: bytes) -> list[bytes]:
    """The HEVC configurations of the main picture or of the tiles that it is put together from, each once; none if they can't be read."""
    try:
        meta = next(content for name, content in _boxes(data, 0, len(data)) if name == b"meta")
        parts = dict(_boxes(data, meta[0] + FULL_BOX, meta[1]))
        items = _put_together(data, _main_item(data, parts[b"pitm"]), parts.get(b"iref"))
        properties = list(islice(_boxes(data, *parts[b"iprp"]), MOST_ASSOCIATIONS))
        container = next(content for name, content in properties if name == b"ipco")
        kinds = list(islice(_boxes(data, *container), MOST_PROPERTIES))
        wanted: dict[int, None] = {}
        for name, content in properties:
            if name == b"ipma":
                wanted |= {index: None for item, index in _associations(data, *content) if item in items}
        found = [kinds[index - 1] for index in wanted if 1 <= index <= len(kinds)]
        return [data[start:end] for name, (start, end) in found if name == HEVC_CONFIGURATION]
    except (struct.error, LookupError, StopIteration):
        return []


def _main_item(data: bytes, content: tuple[int, int]) -> int:
    """Number of the main picture, by the primary item box."""
    start, _ = content
    (number,) = struct.unpack_from(">H" if data[start] == 0 else ">I", data, start + FULL_BOX)
    return int(number)


def _put_together(data: bytes, main: int, references: tuple[int, int] | None) -> set[int]:
    """The main picture and all that it is put together from, by the item reference box."""
    found, level = {main}, {main}
    if references is None:
        return found
    start, end = references
    number = "H" if data[start] == 0 else "I"
    parts: dict[int, list[int]] = {}
    for name, (position, _) in _boxes(data, start + FULL_BOX, end):
        if name == DERIVED_FROM:
            whole, count = struct.unpack_from(f">{number}H", data, position)
            position += struct.calcsize(f">{number}H")
            parts.setdefault(whole, []).extend(struct.unpack_from(f">{min(count, MOST_PICTURES)}{number}", data, position))
    for _ in range(DEEPEST):
        level = {part for whole in level for part in parts.get(whole, ())} - found
        found |= level
        if not level or len(found) > MOST_PICTURES:
            break
    return found


def _associations(data: bytes, position: int, end: int) -> Iterator[tuple[int, int]]:
    """Item and number of a property, by the item property association box (ISO 23008-12, 9.3.1)."""
    item_form, wide = ">H" if data[position] == 0 else ">I", data[position + 3] & 1
    (entries,) = struct.unpack_from(">I", data, position + FULL_BOX)
    position += FULL_BOX + 4
    for _ in range(entries):
        if position >= end:
            return
        (item,) = struct.unpack_from(item_form, data, position)
        position += struct.calcsize(item_form)
        count = data[position]
        position += 1
        for _ in range(count):
            (index,) = struct.unpack_from(">H" if wide else ">B", data, position)
            position += 1 + wide
            yield item, index & (0x7FFF if wide else 0x7F)


def _boxes(data: bytes, position: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Name, and start and end of the content, of each box that is whole."""
    while position + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, position)
        start = position + 8
        if length == 1:
            length, start = struct.unpack_from(">Q", data, start)[0], start + 8
        elif length == 0:
            length = end - position
        if length < start - position or position + length > end:
            return
        yield name, (start, position + length)
        position += length


def _items_of_type(data: bytes, content: tuple[int, int], kind: bytes) -> set[int]:
    """Numbers of the items of one type, by the item information box."""
    start, end = content
    first = start + FULL_BOX + (2 if data[start] == 0 else 4)
    found = set()
    for name, (entry, _) in _boxes(data, first, end):
        if name == b"infe" and data[entry] in (2, 3):
            number, item_type = struct.unpack_from(">H2x4s" if data[entry] == 2 else ">I2x4s", data, entry + FULL_BOX)
            if item_type == kind:
                found.add(number)
    return found


def _extents(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Item, start and end in the file of each piece of data, by the item location box; what lies elsewhere is left out."""
    version = data[position]

    def take(size: int) -> int:
        nonlocal position
        if position + size > end:
            raise IndexError("the box ends early")
        value = int.from_bytes(data[position : position + size], "big")
        position += size
        return value

    position += FULL_BOX
    sizes = take(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in range(take(2 if version < 2 else 4)):
        item = take(2 if version < 2 else 4)
        method = take(2) & 15 if version else IN_THE_FILE
        elsewhere, base = take(2), take(base_size)
        for _ in range(take(2)):
            take(index_size if version else 0)
            start, length = base + take(offset_size), take(length_size)
            if method == IN_THE_FILE and not elsewhere:
                yield item, start, start + length
