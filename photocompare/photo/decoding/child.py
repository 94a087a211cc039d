"""The child process that turns the bytes of one photo into upright 8-bit sRGB pixels.

It runs without privileges worth having: before the first byte of the photo is read it gives up memory, processor time,
file writing, core dumps and, where the system lets it, the network.  It answers on standard output with

    ready, then photo (header, height * width * 3 bytes of pixels), then done (flags that are known at the end)

or with refused (a code) in place of the last two; of a DICOM file it may be asked for kept (a copy) or source (facts) instead
(`photocompare.base.messages`).  `photocompare.photo.decoding.apart` starts or forks it; `call`, which asks, trusts nothing that it says.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
from typing import Any, BinaryIO

from PIL import Image

from photocompare.base.messages import send, send_head
from photocompare.photo.decoding.checks import libjpeg_complaint, require_whole, unusual_jpeg
from photocompare.photo.decoding.colour import to_srgb
from photocompare.photo.decoding.declared import declared_colour
from photocompare.photo.decoding.opening import judge_size, load_pixels, open_picture
from photocompare.photo.decoding.refusal import OUT_OF_MEMORY, CannotDecode
from photocompare.photo.decoding.tags import carries_gain_map, read_tags, source_bit_depth

CLONE_NEWUSER_AND_NEWNET = 0x10000000 | 0x40000000
"""unshare(2): a user namespace of its own allows a network namespace of its own, which has no interface."""

STRIP_ROWS = 256
"""Rows sent at a time: a copy of 256 rows of the widest photo (20 000) is 15 MB."""

TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings a photo upright, by EXIF 2.32 Orientation (tag 274); 1 is upright already."""


def confine(limits: dict[str, int]) -> None:
    """Give up what decoding does not need.  A limit that the platform lacks is left out."""
    if sys.platform == "linux":
        # Fails where user namespaces are forbidden; the other limits still hold then.
        ctypes.CDLL(None).unshare(CLONE_NEWUSER_AND_NEWNET)
    if sys.platform == "win32":
        return
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_NOFILE, limits["open_files"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def judge_frames(picture: Image.Image, kind: str, gain_map: bool) -> list[str]:
    """Refuse animations and pages; a camera's second picture beside the main one is a flag."""
    # A TIFF's pages are judged before one of them is opened.
    if kind == "TIFF" or getattr(picture, "n_frames", 1) <= 1:
        return []
    if kind in ("JPEG", "HEIF"):
        return [] if gain_map else ["primary_of_several"]
    raise CannotDecode("several_pictures")


def upright(picture: Image.Image, kind: str, orientation: int | None) -> tuple[Image.Image, list[str]]:
    """Apply the orientation exactly once; a value that EXIF does not know counts as 1.

    libheif has turned a HEIC photo by its own `irot` and `imir` (ISO 23008-12 tells readers to pass over EXIF there), and
    Pillow has turned a TIFF while loading it.
    """
    if kind == "HEIF" or orientation in (None, 1):
        return picture, []
    if orientation not in TRANSPOSE:
        return picture, ["bad_orientation"]
    return (picture if kind == "TIFF" else picture.transpose(TRANSPOSE[orientation])), []


def decode(data: bytes, kind: str, limits: dict[str, int]) -> tuple[Image.Image, dict[str, Any], bytes]:
    """Upright sRGB picture of mode RGB, the header that describes it, and the JPEG that it came from, if it did."""
    if kind == "DICOM":
        from photocompare.photo.decoding.dicom_photo import decode_dicom_photo

        return decode_dicom_photo(data, limits)
    require_whole(data, kind)
    picture = open_picture(data, kind, limits)
    gain_map = carries_gain_map(data, kind)
    flags = judge_frames(picture, kind, gain_map)
    tags = read_tags(picture, kind)
    declared = declared_colour(picture, data, kind, tags)
    bit_depth = source_bit_depth(picture, data, kind)
    load_pixels(picture)
    judge_size(picture.size, limits)
    quantiser = getattr(picture, "quantization", {}).get(0)
    colour = to_srgb(picture, declared)
    picture, orientation_flags = upright(colour.picture, kind, tags.orientation)
    flags += [*orientation_flags, *colour.flags]
    flags += ["tone_mapped"] if gain_map else []
    flags += ["reduced_bit_depth"] if bit_depth > 8 else []
    header = {
        "width": picture.width,
        "height": picture.height,
        "bit_depth": bit_depth,
        "colour_space": colour.name,
        "grey": colour.grey,
        "gain_map": gain_map,
        "luma_quantiser": quantiser,
        "lossy_copy": colour.palette or (kind == "WEBP" and b"VP8 " in data[:64]),
        "flags": flags,
        "tags": tags.camera,
    }
    return picture, header, data if kind == "JPEG" else b""


def _send_photo(stream: BinaryIO, picture: Image.Image, header: dict[str, Any]) -> None:
    send_head(stream, "photo", picture.width * picture.height * 3, **header)
    for top in range(0, picture.height, STRIP_ROWS):
        stream.write(picture.crop((0, top, picture.width, min(top + STRIP_ROWS, picture.height))).tobytes())


def answer_of_dicom(file: BinaryIO, wanted: str, limits: dict[str, int], stream: BinaryIO) -> None:
    """Read a DICOM file, and answer with the copy of it that may be kept, or with what names its patient and where it belongs."""
    from photocompare.photo.decoding.dicom_kept import source_of, without_identity

    try:
        data = file.read()
        body, facts = (without_identity(data, limits), {}) if wanted == "kept" else (b"", source_of(data, limits))
    except CannotDecode as refusal:
        send(stream, "refused", code=refusal.code)
        return
    send(stream, wanted, body, **facts)


def answer(file: BinaryIO, kind: str, limits: dict[str, int], stream: BinaryIO) -> None:
    """Read the photo, decode it and write the answer."""
    try:
        data = file.read()
        picture, header, jpeg = decode(data, kind, limits)
    except CannotDecode as refusal:
        # Whatever libjpeg can read of the rarer kinds is read; what it can't is not damaged for that.
        kind_of_jpeg = unusual_jpeg(data) if kind == "JPEG" and refusal.code == "damaged" else ""
        send(stream, "refused", code=kind_of_jpeg or refusal.code)
        return
    _send_photo(stream, picture, header)
    del picture
    flags = ["decoder_warning"] if jpeg and libjpeg_complaint(jpeg) else []
    send(stream, "done", flags=flags)


def serve(request: dict[str, Any]) -> None:
    """Answer one request, `{"kind": ..., "limits": {...}, "wanted": ...}`, about the photo on standard input, and end the process."""
    with os.fdopen(os.dup(1), "wb") as stream:
        # Whatever a library prints must not get between the pixels.
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        confine(request["limits"])
        send(stream, "ready")
        try:
            if request["wanted"] == "photo":
                answer(sys.stdin.buffer, request["kind"], request["limits"], stream)
            else:
                answer_of_dicom(sys.stdin.buffer, request["wanted"], request["limits"], stream)
        except MemoryError:
            # Perhaps amid the pixels, where no word could be said.
            os._exit(OUT_OF_MEMORY)
    # Nothing is left to tidy up, and taking the libraries down in order would cost time.
    os._exit(0)


def main() -> None:
    """Entry of a child that is a process of its own: `argv[-1]` is the request as JSON."""
    serve(json.loads(sys.argv[-1]))
