"""The learned reading of skin: how visible are vein and stain at every pixel of one photo.

A small U-Net (`training/`), run by onnxruntime.  Its input is light-free (`skin_reading.flattened_density`); its outputs are CIE76 colour
differences under neutral light at mid exposure, the unit in which "visible" is defined, and the probability of being visible.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from photocompare.arrays import LinearRGB, Mask
from photocompare.skin_reading import SkinReading, flattened_density
from photocompare.vein_ridges import read_skin_by_ridges

MODEL_FILE = "vein_unet.onnx"
MODEL_SHA256 = "1b1249e9ac8c8f08f7477cbc58ad891fad7d7f6cb1c1111be737c9f1e4051a5e"

STRIDE = 16
"""Sides are padded to a multiple: the network halves the picture four times."""

MARGIN_PX = 48
"""Kept around the leg's box: a little more than what a pixel's reading depends on beyond the surround."""


@cache
def _session() -> Any:
    """The network, loaded once, its file checked; None where onnxruntime or the right file is missing."""
    try:
        import onnxruntime
    except ImportError:
        return None
    file = resources.files("photocompare") / "models" / MODEL_FILE
    if not file.is_file():
        return None
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != MODEL_SHA256:
        return None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # One run a photo: an arena that keeps its largest request would only hold memory.
    options.enable_cpu_mem_arena = False
    # Beside registration: one core, and no thread that spins while it waits.
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def network_available() -> bool:
    """Whether the model file is there, unaltered, and can be run."""
    return _session() is not None


def read_skin(linear: LinearRGB, leg: Mask) -> SkinReading:
    """How visible vein and stain are at every pixel of the leg.

    Parameters
    ----------
    linear : LinearRGB (H, W, 3)
    leg : Mask
        Outside it everything reads 0.

    Notes
    -----
    Without the model, or where it can't be run, the skin is read by ridges; `network_available` says which.
    """
    session = _session()
    if session is None:
        return read_skin_by_ridges(linear, leg)
    rows, cols = (np.flatnonzero(leg.any(axis=axis)) for axis in (1, 0))
    out = np.zeros((4, *leg.shape), np.float32)
    if rows.size == 0:
        return SkinReading(*out)
    box = tuple(slice(max(0, int(i[0]) - MARGIN_PX), int(i[-1]) + 1 + MARGIN_PX) for i in (rows, cols))
    flat = flattened_density(linear[box], leg[box])
    height, width = flat.shape[:2]
    padding = ((0, -height % STRIDE), (0, -width % STRIDE), (0, 0))
    padded = np.pad(flat, padding, mode="reflect").transpose(2, 0, 1)[None]
    reading = session.run(None, {"flat": np.ascontiguousarray(padded)})[0][0][:, :height, :width]
    inside = leg[box]
    for k, channel in enumerate((0, 2, 1, 3)):
        values = np.expm1(np.maximum(reading[channel], 0)) if channel in (0, 2) else 1 / (1 + np.exp(-reading[channel]))
        out[k][box] = np.where(inside, values, 0)
    return SkinReading(*out)
