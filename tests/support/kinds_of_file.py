"""Makes the bytes of sound files that phones and programs write otherwise than most, and of kinds that are not read."""

from __future__ import annotations

import struct

from tests.support import hostile_files as make

HEIF_TAILS = {
    "text": b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF/></x:xmpmeta>' + b" " * 100,
    "word": b"SEFH trailer of a phone",
    "a few bytes": b"end",
    "box": struct.pack(">I4s", 64, b"mpvd") + bytes(56),
    "cut box": struct.pack(">I4s", 1_000_000, b"free") + bytes(40),
    "box without sense": struct.pack(">I4s", 3, b"free") + bytes(40),
    "zeros": bytes(4096),
}
"""What phones and programs put behind the last box."""


def with_zeros_in_its_scans(data: bytes, start: int = 0, end: int = 0) -> bytes:
    """A range of coefficients from `start` to `end` in the scan's header, where some phones write zeros."""
    changed, at = bytearray(data), data.find(b"\xff\xda")
    changed[at + 5 + 2 * data[at + 4] : at + 7 + 2 * data[at + 4]] = bytes([start, end])
    return bytes(changed)


def with_bytes_between_segments(data: bytes) -> bytes:
    """Padding ahead of the tables, as some cameras write."""
    at = data.find(b"\xff\xdb")
    return data[:at] + b"\0\x11\x22" + data[at:]


def jpeg_of_frame(marker: int, bits: int = 8) -> bytes:
    """A whole JPEG whose header says that it is of another kind."""
    data = bytearray(make.jpeg())
    start = data.find(b"\xff\xc0")
    data[start + 1], data[start + 4] = marker, bits
    return bytes(data)


def jpeg_ls() -> bytes:
    """What a JPEG-LS file begins with, and data in which, other than in JPEG, 0xFF is followed by anything below 0x80."""
    frame = make.jpeg_segment(0xF7, struct.pack(">BHHB", 8, 300, 400, 3) + b"\x01\x11\0\x02\x11\0\x03\x11\0")
    scan = make.jpeg_segment(0xDA, b"\x03\x01\0\x02\0\x03\0\0\x02\0")
    return b"\xff\xd8" + frame + scan + b"\x12\xff\x7f\x34\xff\x01" * 500 + b"\xff\xd9"


DICOM = {
    "with preamble": bytes(128) + b"DICM\x02\0\0\0UL\x04\0\xc8\0\0\0",
    "with something in its preamble": b"NAME".ljust(128, b"x") + b"DICM\x02\0\0\0UL\x04\0\xc8\0\0\0",
    "without preamble": b"\x08\0\x05\0CS\x0a\0ISO_IR 100" + bytes(100),
    "without preamble, implicit": b"\x08\0\0\0\x04\0\0\0\xc8\0\0\0" + bytes(100),
}
