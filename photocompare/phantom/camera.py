"""From light on the sensor to a JPEG: blur, noise, white balance, tone, sharpening, compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, LinearRGB
from photocompare.phantom.facts import PAIRED_SIZE, VisitFacts

_SATURATED = 0.85
"""Linear level above which the tone curve's shoulder begins, so that highlights roll off instead of clipping hard."""


_TONE_STEPS = 4096
"""Entries of the tone curve's table: sixteen for each level of the photo."""


def encode_jpeg(pixels: SRGB8, quality: int) -> tuple[SRGB8, bytes]:
    """A JPEG's bytes, and the pixels as its readers get them."""
    ok, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR) if ok else None
    if decoded is None:
        raise RuntimeError("OpenCV could not encode a JPEG")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8), data.tobytes()


def _lens(linear: LinearRGB, visit: VisitFacts) -> LinearRGB:
    """Defocus and shake; both are given at 1200 columns and scale with the photo."""
    scale = linear.shape[1] / PAIRED_SIZE[1]
    sigma = visit.defocus_px * max(scale, 0.7)  # demosaicing blurs by pixels, whatever the size
    out = cv2.GaussianBlur(linear, (0, 0), sigma)
    shake = np.array(visit.motion_px) * scale
    length = float(np.hypot(*shake))
    if length > 1.0:
        half = int(np.ceil(length / 2)) + 1
        kernel = np.zeros((2 * half + 1, 2 * half + 1), np.uint8)
        ends = [np.rint((half + s * shake / 2) * 16).astype(int) for s in (-1, 1)]
        cv2.line(kernel, tuple(ends[0].tolist()), tuple(ends[1].tolist()), 255, 1, cv2.LINE_AA, 4)
        out = cv2.filter2D(out, -1, kernel.astype(np.float32) / kernel.sum())
    return np.asarray(out, np.float32)


def _sensor_noise(rng: np.random.Generator, linear: LinearRGB, visit: VisitFacts) -> LinearRGB:
    """Shot and read noise in the sensor's own light, correlated over neighbours as demosaicing leaves it."""
    noise = rng.standard_normal(linear.shape, dtype=np.float32)
    sigma = 0.65  # bilinear demosaicing: each colour is measured at every second to fourth pixel
    noise = cv2.GaussianBlur(noise, (0, 0), sigma) * np.float32(2 * np.sqrt(np.pi) * sigma * 0.8)
    read = 0.1 * visit.noise
    return np.asarray(linear + noise * np.sqrt(np.maximum(linear, 0) * visit.noise + read * 0.1), np.float32)


def _encode(linear: LinearRGB, visit: VisitFacts) -> NDArray[np.float32]:
    """Saturation, shoulder, sRGB encoding and the camera's contrast curve, 0..1."""
    grey = linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    linear = grey[..., None] + np.float32(visit.saturation) * (linear - grey[..., None])
    over = np.maximum(linear - _SATURATED, 0)
    room = 1 - _SATURATED
    linear = np.clip(np.minimum(linear, _SATURATED) + room * (1 - np.exp(-over / room)), 0, 1)
    code = np.square(np.arange(_TONE_STEPS, dtype=np.float32) / (_TONE_STEPS - 1))  # finer in the dark, where the curve is steep
    encoded = np.where(code <= 0.0031308, 12.92 * code, 1.055 * np.power(code, 1 / 2.4) - 0.055)
    table = encoded - visit.contrast * np.sin(2 * np.pi * encoded) / (2 * np.pi)
    steps = np.sqrt(linear) * np.float32(_TONE_STEPS - 1) + np.float32(0.5)
    return np.asarray(table.astype(np.float32)[steps.astype(np.uint16)], np.float32)


def expose(rng: np.random.Generator, linear: LinearRGB, visit: VisitFacts) -> tuple[SRGB8, bytes]:
    """Take the photo: `linear` is exposed light in sRGB primaries.

    Returns
    -------
    (photo, jpeg)
        The pixels as a reader of the JPEG gets them, and its bytes.
    """
    light = _lens(linear, visit) * np.array(visit.gains, np.float32)
    encoded = _encode(_sensor_noise(rng, light, visit), visit)
    soft = cv2.GaussianBlur(encoded, (0, 0), 1.0)
    sharp = np.clip(encoded + np.float32(visit.sharpening) * (encoded - soft), 0, 1)
    pixels = np.rint(sharp * 255).astype(np.uint8)
    return encode_jpeg(pixels, visit.jpeg_quality)
