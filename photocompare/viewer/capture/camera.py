"""The live camera: a picture that can be lined up with the before photo, and the shot as checked bytes.

The browser does the looking (`camera*.js`), Python keeps the words and the thresholds and checks what comes back.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import cast

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.leg.quality import QualityOptions
from photocompare.photo.decoding.call import DEFAULT_LIMITS
from photocompare.report.words.texts import Texts
from photocompare.viewer.measuring.visit import VISITS, Which
from photocompare.viewer.shared.components import asset, component, packed

VEIN_SIGMA_MM = 0.7 / 2.355
"""Gaussian sigma of a telangiectasia 0.3 mm thick, which light scattered in the skin shows 0.7 mm wide (full width at half maximum)."""

JPEG_MAGIC = b"\xff\xd8\xff"
"""Start of image and the first byte of the next marker (ITU-T T.81, B.2.1)."""

_BASE64_GROWTH = 4 / 3
"""Length of base64 over the bytes that it holds (RFC 4648, section 4)."""

_SCRIPTS = ("shared/unpack.js", "capture/camera_checks.js", "capture/camera_source.js", "capture/camera.js")
"""Joined to the one module that a component may have: reading of pixels, devices, and what is on screen."""

_QUALITY = QualityOptions()


@dataclass(frozen=True)
class LiveCheckOptions:
    """What the live checks look at and when they speak.

    They are a help in taking the photo; what a shot is worth is judged by `quality` from its own pixels.

    Parameters
    ----------
    interval_ms : int
        Between two checks; three a second follow a hand and leave the processor to the video.
    settle_checks : int
        Checks in a row that must agree before a line changes: one frame blurred in passing says nothing.
    line_ms : int
        Least time between two changes of a line, so that it can be read, and heard with a screen reader.
    look_side_px : int
        Long side of the copy in which light and framing are judged; a leg across a tenth of the frame still has 16 px.
    focus_side_px : int
        Long side of the copy in which focus is judged, so that a shot and the before photo are judged alike whatever their pixels.
    edge_share : float
        Share of the skin with the steepest steps, as in `quality`.
    sharp_px : float
        Blur (Gaussian sigma in the focus copy) up to which a picture is as sharp as that copy can show: sharp renderings and sharp
        photos of legs read 1.1 to 2.0 px there.
    widest_px : float
        Blur above which the copy's own slopes no longer tell it, as in `quality`: always too much.
    blurred_mm : float
        Width of a telangiectasia under the blur that halves its contrast: twice its own sigma.
    usual_limb_mm : float
        Width across a calf, as in `quality`: the scale while none is known.
    softer : float
        Blur over that of the before photo, both at the smaller one's scale, from which it is told: at sqrt(2) the live picture adds as
        much blur as the photo has.
    least_red : float
        Median linear red of the skin below which it is too dark, as in `quality`.
    some_glare : float
        Share of clipped skin from which it is told, as in `quality`.
    white : float
        Linear light from which a pixel is clipped: 8-bit code 254.
    least_skin : float
        Share of the frame that must be skin for the leg to be seen: half of a leg that is 10 cm across a metre of frame.
    small_skin : float
        Share below which the leg is small in the frame: a calf 11 cm across should span 190 px of 900, about a fifth.
    shift : float
        Offset from the before photo's framing, of the frame's side, from which a direction is given: a field with the usual margin
        of a tenth stays in the frame.
    size : float
        Relative difference in size from which "closer" or "further away" is said: a tenth is 5 cm at half a metre.
    roll_deg : float
        Turn about the lens axis that is still level: 3 degrees move a frame's corner by 2.6 % of its half side.
    pitch_deg : float
        Tilt up or down that is still level: the cosine of 5 degrees shortens the leg by 0.4 %.
    down_deg : float
        Tilt beyond which the camera is taken to look straight down at a leg that lies.
    sensor_wait_ms : int
        Time after which a device that has sent no angles is taken to have no level sensor; they come 60 times a second.
    photo_wait_ms : int
        Time for a still photo before the frame on screen is taken instead; phones need 1 to 3 s.
    jpeg_quality : float
        0..1, of a frame that is taken from the video: at 0.95 libjpeg rounds to about one code.
    """

    interval_ms: int = 330
    settle_checks: int = 2
    line_ms: int = 1500
    look_side_px: int = 160
    focus_side_px: int = 1280
    edge_share: float = _QUALITY.focus.edge_share
    sharp_px: float = 2.0
    widest_px: float = _QUALITY.focus.widest_px
    blurred_mm: float = 2.0 * VEIN_SIGMA_MM
    usual_limb_mm: float = _QUALITY.usual_limb_mm
    softer: float = math.sqrt(2.0)
    least_red: float = _QUALITY.least_red
    some_glare: float = _QUALITY.some_glare
    white: float = 0.99
    least_skin: float = 0.05
    small_skin: float = 0.2
    shift: float = 0.1
    size: float = 0.1
    roll_deg: float = 3.0
    pitch_deg: float = 5.0
    down_deg: float = 45.0
    sensor_wait_ms: int = 1500
    photo_wait_ms: int = 8000
    jpeg_quality: float = 0.95


@dataclass(frozen=True)
class CameraShot:
    """A photo taken with the live camera.

    Parameters
    ----------
    which : str
        "before" or "after".
    jpeg : bytes
        The camera's own JPEG, or the frame on screen as one; it may hold metadata.
    taken_at : datetime
        By the browser's clock, in UTC.
    """

    which: Which
    jpeg: bytes
    taken_at: datetime


def packed_camera(before_jpeg: bytes | None, texts: Texts, options: LiveCheckOptions = LiveCheckOptions()) -> bytes:
    """What the component is given: words, thresholds, the before photo and its name.

    Parameters
    ----------
    before_jpeg : bytes or None
        The before photo that lies over the live picture.
    texts : Texts
        Language of the component.
    options : LiveCheckOptions
        Thresholds of the live checks.
    """
    head = {
        "texts": texts.section("camera"),
        "options": asdict(options),
        "before": hashlib.sha256(before_jpeg).hexdigest() if before_jpeg else "",
    }
    return packed(head, {"before": before_jpeg} if before_jpeg else {})


def shot_from_value(value: object, texts: Texts, *, max_bytes: int = DEFAULT_LIMITS.max_bytes) -> CameraShot:
    """The shot that the browser sent, checked.

    Parameters
    ----------
    value : object
        As it came: a mapping of `which`, `jpeg` (base64) and `taken_at` (ISO 8601 with offset) is expected, anything may come.
    texts : Texts
        Language of the error.
    max_bytes : int
        Of the JPEG.

    Raises
    ------
    UsageError
        When it is anything else; the message tells the next step.
    """
    if not isinstance(value, Mapping) or value.get("which") not in VISITS:
        raise UsageError(texts("capture.shot_unreadable"))
    return CameraShot(cast(Which, value["which"]), _jpeg(value.get("jpeg"), texts, max_bytes), _instant(value.get("taken_at"), texts))


def _jpeg(encoded: object, texts: Texts, max_bytes: int) -> bytes:
    if not isinstance(encoded, str):
        raise UsageError(texts("capture.shot_unreadable"))
    if len(encoded) > max_bytes * _BASE64_GROWTH + 4:
        raise UsageError(texts("capture.shot_too_large", megabytes=max_bytes // 1_000_000))
    try:
        jpeg = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(texts("capture.shot_unreadable")) from error
    if len(jpeg) > max_bytes:
        raise UsageError(texts("capture.shot_too_large", megabytes=max_bytes // 1_000_000))
    if not jpeg.startswith(JPEG_MAGIC):
        raise UsageError(texts("capture.shot_unreadable"))
    return jpeg


def _instant(text: object, texts: Texts) -> datetime:
    try:
        instant = datetime.fromisoformat(text) if isinstance(text, str) else None
        if instant is None or instant.tzinfo is None:
            raise ValueError(text)
        return instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(texts("capture.shot_unreadable")) from error


def camera(before_jpeg: bytes | None, texts: Texts, *, key: str, on_shot: Callable[[], None]) -> None:
    """Show the live camera.

    Parameters
    ----------
    before_jpeg : bytes or None
        The before photo (JPEG) to lay over the live picture.
    texts : Texts
        Language; the component's words are its section "camera".
    key : str
        Of the element, as everywhere in Streamlit.
    on_shot : callable
        Called when a shot was sent, before the page runs; `sent_shot` has it then.
    """
    shown = component("photocompare_camera", _SCRIPTS, css="capture/camera.css", html=asset("capture/camera.html"))
    shown(key=key, data=packed_camera(before_jpeg, texts), on_shot_change=on_shot)


def sent_shot(key: str, texts: Texts) -> CameraShot:
    """The shot that was sent just now.

    Raises
    ------
    UsageError
        When the browser sent something that is no shot.
    """
    return shot_from_value(getattr(st.session_state[key], "shot", None), texts)
