"""HEIC whose colours stand in the HEVC stream alone, photos of tiles as phones write them, and parameter sets with every optional part."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from photocompare.photo.decoding.heif_items import main_stream_configurations
from tests.support import hostile_files as make
from tests.support.hostile_files import Picture

PQ, HLG = 16, 18


def in_stream(picture: Picture | None = None, *, box: tuple[int, int] | None = None, **options: Any) -> bytes:
    """A HEIC whose encoder was told its colours by number; the box that says them too is gone, or has other primaries and curve."""
    made = make.heic(picture, **options)
    at = made.find(b"colrnclx")
    if at < 0:  # a profile takes its place
        return made
    if box is None:
        return made[:at] + b"free" + made[at + 4 :]
    return made[: at + 8] + struct.pack(">HH", *box) + made[at + 12 :]


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def full_box(name: bytes, content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags) + content)


def tiled(picture: Picture, *, wide: bool = False, **options: Any) -> bytes:
    """A HEIC of two tiles side by side, whose colours stand in the tiles' streams alone.

    Parameters
    ----------
    picture : ndarray of shape (H, W, 3)
    wide : bool
        With numbers of four bytes and properties of two, as a file of many items has them.
    """
    left, right = np.hsplit(picture, 2)
    tiles = [in_stream(np.ascontiguousarray(half), **options) for half in (left, right)]
    (configuration,), (other,) = (main_stream_configurations(tile) for tile in tiles)
    assert configuration == other
    coded = [tile[tile.index(b"mdat") + 4 :] for tile in tiles]
    height, width = picture.shape[:2]
    number, version = ("I", 1) if wide else ("H", 0)
    items = [(1, b"hvc1"), (2, b"hvc1"), (10, b"grid")]
    infos = [full_box(b"infe", struct.pack(">HH4sx", item, 0, kind), version=2) for item, kind in items]
    properties = (
        box(b"hvcC", configuration)
        + full_box(b"ispe", struct.pack(">II", width // 2, height))
        + full_box(b"ispe", struct.pack(">II", width, height))
    )
    form = ">H" if wide else ">B"
    essential = 0x8000 if wide else 0x80
    having = {1: [1 | essential, 2], 2: [1 | essential, 2], 10: [3]}
    associations = struct.pack(">I", len(having))
    for item, found in having.items():
        associations += struct.pack(f">{number}B", item, len(found)) + b"".join(struct.pack(form, index) for index in found)
    derived = box(b"dimg", struct.pack(f">{number}H2{number}", 10, 2, 1, 2))
    grid = struct.pack(">BBBBHH", 0, 0, 0, 1, width, height)

    def meta(begin: int) -> bytes:
        """With the tiles' data from `begin` on."""
        places = [(1, 0, begin, len(coded[0])), (2, 0, begin + len(coded[0]), len(coded[1])), (10, 1, 0, len(grid))]
        located = b"".join(struct.pack(">HHHHII", item, how, 0, 1, start, length) for item, how, start, length in places)
        return full_box(
            b"meta",
            full_box(b"hdlr", struct.pack(">I4s12xx", 0, b"pict"))
            + full_box(b"pitm", struct.pack(">H", 10))
            + full_box(b"iinf", struct.pack(">H", len(infos)) + b"".join(infos))
            + full_box(b"iref", derived, version=version)
            + box(b"iprp", box(b"ipco", properties) + full_box(b"ipma", associations, version=version, flags=int(wide)))
            + full_box(b"iloc", struct.pack(">BBH", 0x44, 0, len(places)) + located, version=1)
            + box(b"idat", grid),
        )

    head = box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", b"".join(coded))


def configuration_of(*units: bytes) -> bytes:
    """An HEVC configuration with these parameter sets, each an array of its own."""
    arrays = b"".join(struct.pack(">BHH", 0xA1, 1, len(unit)) + unit for unit in units)
    return bytes(22) + bytes([len(units)]) + arrays


@dataclass
class Written:
    """A parameter set as it is written, bit by bit."""

    bits: list[str] = field(default_factory=list)

    def put(self, value: int, count: int) -> None:
        self.bits.append(f"{value:0{count}b}" if count else "")

    def code(self, value: int) -> None:
        """Exp-Golomb."""
        plain = f"{value + 1:b}"
        self.bits.append("0" * (len(plain) - 1) + plain)

    def unit(self) -> bytes:
        """The whole unit, with the bytes that guard against start codes."""
        bits = "".join(self.bits) + "1"
        bits += "0" * (-len(bits) % 8)
        out = bytearray()
        for byte in int(bits, 2).to_bytes(len(bits) // 8, "big"):
            if len(out) >= 2 and out[-1] == out[-2] == 0 and byte <= 3:
                out.append(3)
            out.append(byte)
        return b"\x42\x01" + bytes(out)


def parameter_set(colours: tuple[int, int] | None, dice: random.Random) -> bytes:
    """A sequence parameter set (H.265, 7.3.2.2) with colours or none, and whatever else the dice say."""
    written = Written()
    put, code = written.put, written.code

    def flag() -> int:
        put(value := dice.randrange(2), 1)
        return value

    def any_bits(count: int) -> None:
        put(dice.getrandbits(count), count)

    layers = dice.choice((1, 1, 2, 7))
    put(0, 4)
    put(layers - 1, 3)
    put(1, 1)
    any_bits(96)
    lower = [(flag(), flag()) for _ in range(layers - 1)]
    if lower:
        put(0, 2 * (8 - len(lower)))
    for profile, level in lower:
        any_bits(88 * profile + 8 * level)
    code(0)
    chroma = dice.randrange(4)
    code(chroma)
    if chroma == 3:
        flag()
    code(dice.randrange(1, 9000))
    code(dice.randrange(1, 9000))
    if flag():
        for _ in range(4):
            code(dice.randrange(9))
    code(dice.randrange(9))
    code(dice.randrange(9))
    order = dice.randrange(13)
    code(order)
    for _ in range(3 * (layers if flag() else 1)):
        code(dice.randrange(17))
    for _ in range(6):
        code(dice.randrange(4))
    if flag() and flag():
        _scaling(written, dice)
    flag()
    flag()
    if flag():
        any_bits(8)
        code(0)
        code(1)
        flag()
    _references(written, dice)
    if flag():
        count = dice.randrange(33)
        code(count)
        for _ in range(count):
            any_bits(order + 4)
            flag()
    flag()
    flag()
    put(1, 1)
    if flag():
        shape = dice.choice((1, 13, 255))
        put(shape, 8)
        if shape == 255:
            any_bits(32)
    if flag():
        flag()
    if colours is None:
        put(0, 1)
    else:
        put(1, 1)
        any_bits(4)
        put(1, 1)
        for number in (*colours, 9):
            put(number, 8)
    any_bits(40)
    return written.unit()


def _scaling(written: Written, dice: random.Random) -> None:
    for size in range(4):
        for _ in range(2 if size == 3 else 6):
            listed = dice.randrange(2)
            written.put(listed, 1)
            for _ in range((16 if size == 0 else 64) + (size > 1) if listed else 1):
                written.code(dice.randrange(5))


def _references(written: Written, dice: random.Random) -> None:
    """Sets of reference pictures (7.3.7), some told by the one before; kept as H.265 derives them (7.4.8), in plain words."""
    count = dice.choice((0, 0, 1, 5, 64))
    written.code(count)
    before, after = list[int](), list[int]()
    for number in range(count):
        follows = bool(number) and dice.random() < 0.6
        if number:
            written.put(follows, 1)
        if not follows:
            before, after = (list[int]() for _ in range(2))
            sizes = dice.randrange(4), dice.randrange(4)
            written.code(sizes[0])
            written.code(sizes[1])
            for side, size, step in ((before, sizes[0], -1), (after, sizes[1], 1)):
                for _ in range(size):
                    by = dice.randrange(3)
                    written.code(by)
                    written.put(dice.randrange(2), 1)
                    side.append((side[-1] if side else 0) + step * (by + 1))
            continue
        negative, by = dice.randrange(2), dice.randrange(4)
        written.put(negative, 1)
        written.code(by)
        shift = -(by + 1) if negative else by + 1
        kept = []
        for _ in range(len(before) + len(after) + 1):
            used = dice.randrange(2)
            written.put(used, 1)
            kept.append(bool(used))
            if not used:
                kept[-1] = bool(dice.randrange(2))
                written.put(kept[-1], 1)
        lows, highs = list[int](), list[int]()
        for j in reversed(range(len(after))):
            if after[j] + shift < 0 and kept[len(before) + j]:
                lows.append(after[j] + shift)
        if shift < 0 and kept[-1]:
            lows.append(shift)
        for j in range(len(before)):
            if before[j] + shift < 0 and kept[j]:
                lows.append(before[j] + shift)
        for j in reversed(range(len(before))):
            if before[j] + shift > 0 and kept[j]:
                highs.append(before[j] + shift)
        if shift > 0 and kept[-1]:
            highs.append(shift)
        for j in range(len(after)):
            if after[j] + shift > 0 and kept[len(before) + j]:
                highs.append(after[j] + shift)
        before, after = lows, highs
