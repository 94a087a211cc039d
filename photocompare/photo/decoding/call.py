"""Decoding in a child process, seen from the parent: ask it, watch it, take nothing from it on trust."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import IO, Any, Literal

import numpy as np

from photocompare.base.arrays import SRGB8
from photocompare.base.errors import (
    DicomFile,
    NotAPhoto,
    PhotoError,
    SeveralPictures,
    TooLarge,
    TooSmall,
    TruncatedPhoto,
    UnsupportedColour,
    UnsupportedDicom,
    UnsupportedJpeg,
)
from photocompare.base.messages import Head, Message, receive, receive_head
from photocompare.photo.decoding.apart import Child, child
from photocompare.photo.decoding.refusal import OUT_OF_MEMORY

ENDED_BY_LIMIT = frozenset({getattr(signal, name).value for name in ("SIGXCPU", "SIGKILL") if hasattr(signal, name)})
"""Signals that end a child which ran past its processor time, its wall time or the machine's memory."""

Wanted = Literal["photo", "kept", "source"]
"""What the child is asked for; the last two of DICOM alone."""


@dataclass(frozen=True)
class PhotoLimits:
    """What is read at all, and what decoding one photo may cost.

    Parameters
    ----------
    max_bytes : int
        Of the file.  A 100-megapixel phone JPEG has 30 to 50 MB.
    max_pixels : int
        Of the picture: the largest phone sensors have 108 megapixels, and twice its decoded copy fits `memory_bytes`.
    max_side : int
        Pixels; an aspect beyond it is no photograph.
    min_side : int
        Pixels of the shorter side.  A reticular vein of 1 mm needs 2 pixels; 12 cm of leg then need 240.
    memory_bytes : int
        Address space of the child.
    cpu_seconds : int
        Processor time of the child; a 12-megapixel JPEG takes below 1 s.
    wall_seconds : float
        Time until the child is ended whatever it does; thrice its processor time, for a busy machine.
    open_files : int
        File descriptors of the child; loading a library needs a handful.
    """

    max_bytes: int = 60_000_000
    max_pixels: int = 120_000_000
    max_side: int = 20_000
    min_side: int = 240
    memory_bytes: int = 2_000_000_000
    cpu_seconds: int = 20
    wall_seconds: float = 60.0
    open_files: int = 64


DEFAULT_LIMITS = PhotoLimits()


_SEND_ORIGINAL = "send the camera's original file again"

_ASK_ARCHIVE = "let the archive (PACS) export the one photo that is meant as JPEG or PNG"

JPEG_KINDS = {
    "jpeg_12bit": "12-bit JPEG",
    "jpeg_ls": "JPEG-LS",
    "jpeg_lossless": "lossless JPEG",
    "jpeg_arithmetic": "arithmetic-coded JPEG",
    "jpeg_hierarchical": "hierarchical JPEG",
    "jpeg_2000": "JPEG 2000",
    "jpeg_xl": "JPEG XL",
    "jpeg_xr": "JPEG XR",
}
"""Kinds of JPEG that are not read, each whole and sound for the programs that do."""

REFUSALS: dict[str, tuple[type[PhotoError], str]] = {
    "damaged": (TruncatedPhoto, f"The picture data ends early or is damaged; {_SEND_ORIGINAL}."),
    **{
        code: (UnsupportedJpeg, f"The file is {name}, a kind of JPEG that is not supported; export the photo as plain JPEG.")
        for code, name in JPEG_KINDS.items()
    },
    "dicom": (
        DicomFile,
        "The file is DICOM, an archive's format; install what reads it with pip install 'photocompare[dicom]', or let the archive (PACS) "
        "export the photo as JPEG or PNG.",
    ),
    "dicom_no_photo": (
        UnsupportedDicom,
        f"The DICOM file holds no photograph of a kind that is read (VL Photographic, VL Endoscopic, Secondary Capture); {_ASK_ARCHIVE}.",
    ),
    "dicom_frames": (UnsupportedDicom, f"The DICOM file holds a film or several pictures; {_ASK_ARCHIVE}."),
    "dicom_monochrome": (
        UnsupportedDicom,
        "The DICOM file's picture has no colour (monochrome), so veins can't be told from pigment; send the colour photo.",
    ),
    "dicom_pixels": (UnsupportedDicom, f"The DICOM file's pixels are of a kind that no colour photo has; {_ASK_ARCHIVE}."),
    "dicom_syntax": (UnsupportedDicom, f"The DICOM file's picture is compressed in a way that is not read here; {_ASK_ARCHIVE}."),
    "too_many_pixels": (
        TooLarge,
        "The picture has more than {max_pixels} megapixels or a side above {max_side} pixels; send a smaller copy.",
    ),
    "too_small": (
        TooSmall,
        "The picture is smaller than {min_side} pixels on a side; send the camera's original instead of a thumbnail.",
    ),
    "several_pictures": (SeveralPictures, "The file holds an animation or several pages; export the one photo that is meant."),
    "too_costly": (TooLarge, "Decoding the picture takes more time or memory than the limits allow; export it as a plain JPEG."),
    "camera_raw": (NotAPhoto, "The file is camera raw data; export the photo as JPEG."),
    "cmyk": (UnsupportedColour, "The picture has printing colours (CMYK) without a usable profile; export it as an sRGB JPEG."),
    "transparent": (UnsupportedColour, "The picture has transparent parts; export the photo itself, without transparency."),
    "two_levels": (UnsupportedColour, "The picture is pure black and white; send a colour photo."),
    "float_or_lab": (UnsupportedColour, "The picture's kind of data has no certain colours; export it as an sRGB JPEG."),
    "odd_colour": (UnsupportedColour, "The picture declares colours that can't be brought to sRGB; export it as an sRGB JPEG."),
    "hdr_curve": (UnsupportedColour, "The picture is encoded for HDR screens only; export it as a standard (SDR) photo."),
}
"""What the child or the file's first bytes may be a reason to refuse for; made here, so that nothing of the file can get into them."""


def refusal(code: str, limits: PhotoLimits) -> PhotoError:
    """The error that a refusal of that code becomes."""
    kind, sentence = REFUSALS.get(code, REFUSALS["damaged"])
    return kind(sentence.format(max_pixels=limits.max_pixels // 1_000_000, max_side=limits.max_side, min_side=limits.min_side))


@contextmanager
def _child(kind: str, limits: PhotoLimits, wanted: Wanted) -> Iterator[Child]:
    process = child(json.dumps({"kind": kind, "limits": asdict(limits), "wanted": wanted}))
    watch = threading.Timer(limits.wall_seconds, process.kill)
    watch.daemon = True
    watch.start()
    try:
        yield process
    finally:
        watch.cancel()
        process.close()


def _receive_pixels(stream: IO[bytes], width: int, height: int) -> SRGB8:
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    view, filled = pixels.reshape(-1).data, 0
    while filled < len(view):
        count = stream.readinto(view[filled:])  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        filled += count
    return pixels


def decode_apart(data: bytes, kind: str, limits: PhotoLimits) -> tuple[SRGB8, dict[str, Any]]:
    """Pixels and header from the child; its silence is a refusal too."""
    with _child(kind, limits, "photo") as process:
        answers = _asked(process, data, limits)
        try:
            head = _expected(receive_head(answers))
            if head.kind == "refused":
                raise refusal(str(head.facts["code"]), limits)
            width, height = int(head.facts["width"]), int(head.facts["height"])
            whole = limits.min_side <= min(width, height) and width * height <= limits.max_pixels and head.size == width * height * 3
            if not whole:
                raise refusal("damaged", limits)
            pixels = _receive_pixels(answers, width, height)
            last = _expected(receive_head(answers))
            header = {**head.facts, "flags": [*head.facts["flags"], *last.facts["flags"]]}
        except (EOFError, KeyError, TypeError, ValueError, OverflowError):
            answers.close()  # a child that goes on talking nonsense ends at once
            raise _fallen_silent(process.wait(), limits) from None
    return pixels, header


def ask_about_dicom(data: bytes, wanted: Literal["kept", "source"], limits: PhotoLimits) -> Message:
    """What else the child tells of a DICOM file: the copy that may be kept, as the message's body, or what names its patient, as its facts.

    Raises
    ------
    PhotoError
        As for the photo.
    """
    with _child("DICOM", limits, wanted) as process:
        answers = _asked(process, data, limits)
        try:
            message = receive(answers)
        except ValueError:
            message = None
        if message is None:
            answers.close()
            raise _fallen_silent(process.wait(), limits)
        if message.kind == "refused":
            raise refusal(str(message.facts.get("code")), limits)
        if message.kind != wanted:
            raise refusal("damaged", limits)
        return message


def _asked(process: Child, data: bytes, limits: PhotoLimits) -> IO[bytes]:
    """Hand the file over; where the answers come, once the child is ready."""
    # The child reads all before it answers, so this can't lock up; a child that died early shows below.
    with suppress(OSError):
        process.requests.write(data)
    with suppress(OSError):
        process.requests.close()
    if not _is_ready(process.answers):
        process.answers.close()
        raise _never_ready(process.wait(), limits)
    return process.answers


def _is_ready(answers: IO[bytes]) -> bool:
    """Whether the child has loaded its libraries and set its limits."""
    try:
        head = receive_head(answers)
    except ValueError:
        return False
    return head is not None and head.kind == "ready"


def _expected(head: Head | None) -> Head:
    if head is None:
        raise EOFError
    return head


def _never_ready(status: int, limits: PhotoLimits) -> PhotoError:
    if -status in ENDED_BY_LIMIT:
        return refusal("too_costly", limits)
    return PhotoError("The photo reader could not start; reinstall photocompare with all of its dependencies.")


def _fallen_silent(status: int, limits: PhotoLimits) -> PhotoError:
    ended_by_limit = status == OUT_OF_MEMORY or -status in ENDED_BY_LIMIT
    return refusal("too_costly" if ended_by_limit else "damaged", limits)
