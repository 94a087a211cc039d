"""What an HEVC stream says of its own colours: the numbers in the sequence parameter set (ITU-T H.265, 7.3.2.2 and annex E).

Some writers name a curve for HDR screens there alone, and no box of the HEIF file repeats it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from photocompare.photo.decoding.primaries import H273_CURVE_NUMBERS, H273_HDR_CURVES, H273_PRIMARY_NUMBERS, H273_UNSPECIFIED

SEQUENCE_PARAMETERS = 33
"""Type of the unit that holds them (table 7-1)."""

ARRAYS_AT = 22
"""Where an HEVC configuration says how many arrays of units it has (ISO 14496-15, 8.3.3.1)."""

MOST_BYTES = 4096
"""Of a set that are read: with 64 sets of reference pictures, which no still has, it has some thousand before its colours."""

MOST_SETS = 64
"""Different sets that are looked at: a stream may name 16 (7.4.3.2.1), a photo of many tiles has one."""

PROFILE_BITS, LEVEL_BITS, TIERS = 88, 8, 8
"""profile_tier_level (7.3.3): what stands for a profile, for a level, and as many places as there are for lower layers."""

CHROMA_444, MOST_LAYERS, LONGEST_CODE = 3, 7, 32
MOST_PICTURE_SETS, MOST_LONG_TERM, MOST_REFERENCES = 64, 32, 16
"""Largest values of chroma_format_idc, sps_max_sub_layers_minus1 + 1, an Exp-Golomb code's length, and of what is counted (7.4.3.2)."""

SCALING_SIZES, SCALING_MATRICES, LARGEST_SIZE = 4, 6, 3
OTHER_ASPECT = 255

Colours = tuple[int, int]
"""Primaries and curve by their numbers in H.273; `H273_UNSPECIFIED` for what is not said."""


class _Bits:
    """Reads bits from the front; LookupError behind the end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> int:
        """A number of so many bits, u(n)."""
        end = self._at + count
        if end > 8 * len(self._data):
            raise LookupError("the set ends early")
        first, last = self._at // 8, (end + 7) // 8
        value = int.from_bytes(self._data[first:last], "big") >> (8 * last - end)
        self._at = end
        return value & ((1 << count) - 1)

    def code(self, most: int | None = None) -> int:
        """An Exp-Golomb number, ue(v); ValueError above `most`."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > LONGEST_CODE:
                raise ValueError("no code")
        value = (1 << zeros) - 1 + self.take(zeros)
        if most is not None and value > most:
            raise ValueError("a number that can't be")
        return value

    def codes(self, count: int) -> None:
        """Pass over so many Exp-Golomb numbers."""
        for _ in range(count):
            self.code()


def stream_colours(configurations: Iterable[bytes]) -> Colours | None:
    """Primaries and curve that streams name; a curve for HDR screens goes before any other.

    Parameters
    ----------
    configurations : iterable of bytes
        Contents of `hvcC` boxes.

    Returns
    -------
    tuple of int or None
        None where no set says anything, or none can be read.
    """
    found: list[Colours] = []
    seen: set[bytes] = set()
    for configuration in configurations:
        for unit in _parameter_sets(configuration):
            if unit in seen or len(seen) == MOST_SETS:
                continue
            seen.add(unit)
            try:
                colours = _colours(_Bits(_without_guards(unit[2:MOST_BYTES])))
            except (LookupError, ValueError):
                continue
            found += [] if colours is None else [colours]
    return next((colours for colours in found if colours[1] in H273_HDR_CURVES), found[0] if found else None)


def _parameter_sets(configuration: bytes) -> Iterator[bytes]:
    """The sequence parameter sets of the base layer, as far as they are whole."""
    position = ARRAYS_AT + 1
    try:
        for _ in range(configuration[ARRAYS_AT]):
            (count,) = struct.unpack_from(">H", configuration, position + 1)
            position += 3
            for _ in range(count):
                (length,) = struct.unpack_from(">H", configuration, position)
                unit = configuration[position + 2 : position + 2 + length]
                position += 2 + length
                if len(unit) < length:
                    return
                if length > 2 and unit[0] >> 1 & 63 == SEQUENCE_PARAMETERS and not (unit[0] & 1 or unit[1] >> 3):
                    yield unit
    except (LookupError, struct.error):
        return


def _without_guards(unit: bytes) -> bytes:
    """Without the bytes that keep a start code from coming up by chance (7.3.1.1)."""
    return unit.replace(b"\0\0\3", b"\0\0")


def _colours(bits: _Bits) -> Colours | None:
    """The colour description of a set (7.3.2.2.1); None where it has none."""
    bits.take(4)
    layers = bits.take(3) + 1
    bits.take(1)
    if layers > MOST_LAYERS:
        raise ValueError("too many layers")
    _pass_profile(bits, layers)
    bits.code()
    if bits.code(CHROMA_444) == CHROMA_444:
        bits.take(1)
    bits.codes(2)
    if bits.take(1):
        bits.codes(4)
    bits.codes(2)
    order_bits = bits.code(12) + 4
    bits.codes(3 * (layers if bits.take(1) else 1))
    bits.codes(6)
    if bits.take(1) and bits.take(1):
        _pass_scaling(bits)
    bits.take(2)
    if bits.take(1):
        bits.take(8)
        bits.codes(2)
        bits.take(1)
    _pass_references(bits)
    if bits.take(1):
        for _ in range(bits.code(MOST_LONG_TERM)):
            bits.take(order_bits + 1)
    bits.take(2)
    return _of_usability(bits) if bits.take(1) else None


def _pass_profile(bits: _Bits, layers: int) -> None:
    """7.3.3."""
    bits.take(PROFILE_BITS + LEVEL_BITS)
    lower = [(bits.take(1), bits.take(1)) for _ in range(layers - 1)]
    if lower:
        bits.take(2 * (TIERS - len(lower)))
    for profile, level in lower:
        bits.take(PROFILE_BITS * profile + LEVEL_BITS * level)


def _pass_scaling(bits: _Bits) -> None:
    """7.3.4."""
    for size in range(SCALING_SIZES):
        for _ in range(0, SCALING_MATRICES, SCALING_MATRICES // 2 if size == LARGEST_SIZE else 1):
            if bits.take(1):
                bits.codes(min(64, 1 << (4 + 2 * size)) + (size > 1))
            else:
                bits.code()


def _pass_references(bits: _Bits) -> None:
    """All sets of reference pictures (7.3.7); how long one is can follow from the one before (7.4.8)."""
    before, after = list[int](), list[int]()
    for number in range(bits.code(MOST_PICTURE_SETS)):
        if number and bits.take(1):
            sign = bits.take(1)
            by = (1 - 2 * sign) * (bits.code(1 << 15) + 1)
            used = [bool(bits.take(1) or bits.take(1)) for _ in range(len(before) + len(after) + 1)]
            moved = [(order + by, use) for order, use in zip([*before, *after, 0], used, strict=True)]
            count = len(before)
            # Earlier pictures, nearest first, then later ones: their order decides which flag is whose in the next set.
            earlier = [*moved[count:-1][::-1], moved[-1], *moved[:count]]
            later = [*moved[:count][::-1], moved[-1], *moved[count:-1]]
            before = [order for order, use in earlier if use and order < 0]
            after = [order for order, use in later if use and order > 0]
        else:
            counts = bits.code(MOST_REFERENCES), bits.code(MOST_REFERENCES)
            before, after = ([step * order for order in _orders(bits, count)] for step, count in zip((-1, 1), counts, strict=True))
        if len(before) + len(after) > MOST_REFERENCES:
            raise ValueError("too many references")


def _orders(bits: _Bits, count: int) -> list[int]:
    """Distances of so many pictures, each given by how much further it lies than the one before."""
    orders, order = [], 0
    for _ in range(count):
        order += bits.code(1 << 15) + 1
        bits.take(1)
        orders.append(order)
    return orders


def _of_usability(bits: _Bits) -> Colours | None:
    """The first fields of the video usability information (E.2.1); a number that H.273 reserves says nothing."""
    if bits.take(1) and bits.take(8) == OTHER_ASPECT:
        bits.take(32)
    if bits.take(1):
        bits.take(1)
    if not bits.take(1):
        return None
    bits.take(4)
    if not bits.take(1):
        return None
    primaries, curve = bits.take(8), bits.take(8)
    return (
        primaries if primaries in H273_PRIMARY_NUMBERS else H273_UNSPECIFIED,
        curve if curve in H273_CURVE_NUMBERS else H273_UNSPECIFIED,
    )
