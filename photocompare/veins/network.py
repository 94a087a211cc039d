"""The learned reading of skin: how visible are vein and stain at every pixel.

Two small U-Nets (`training/`), run by onnxruntime, most of either in whole numbers of eight bits.  One reads a photo alone.  The other
reads the after photo and sees the before photo beside it, as a reader does who looks from one to the other: a line that goes where a vein
went is a vein's remains, brown of the same course is its stain, and what was there before and was no vein is none now.  Their input is
light-free (`veins.reading.flattened_density`); their outputs are CIE76 colour differences under neutral light at mid exposure, the unit in
which "visible" is defined, and the probability of being visible.

There is one of either for photos that are measured as they are, and one for those that were reduced to the working size: it was taught to
read a picture as the first reads it enlarged.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import LinearRGB, Mask
from photocompare.base.networks import Network, can_run, network, shipped
from photocompare.veins.fine_colour import STANDARD_FINE_COLOUR, FineColourOptions, blood_where_fine
from photocompare.veins.reading import STANDARD_AGREEMENT, AgreementOptions, SkinReading, flattened_density
from photocompare.veins.ridges import STANDARD_RIDGES, RidgeOptions, read_skin_by_ridges
from photocompare.veins.strips import in_strips, in_whole_steps, mirror_beyond

MODELS = {
    (1, False): ("vein_unet.onnx", "f6238d03a9b92161d7d57b593d16ede814cacbbe1a27f3902139312229c80b88"),
    (2, False): ("vein_pair_unet.onnx", "df0a837ebbeefea18df122269c18a3d7374c18a5c3a7b202a55d3ae8c524f4eb"),
    (1, True): ("vein_unet_reduced.onnx", "0a8198cd409ea66ac83a10d199a0fbdaa35929b0a3095a59689b956d387c20ca"),
    (2, True): ("vein_pair_unet_reduced.onnx", "c2848616ac61d95765c13918bc6476b1b99518d4a853761dff60a222274f27fe"),
}
"""By how many photos a network looks at, and whether they were reduced: its file and the file's SHA-256."""

MARGIN_PX = 48
"""Kept around the leg's box: a little more than what a pixel's reading depends on beyond the surround."""


def _network(photos: int, reduced: bool) -> Network:
    """The network that looks at so many photos, opened once.

    Raises
    ------
    ValueError
        Its file is missing or another one.
    """
    found = network(*MODELS[photos, reduced])
    if found is None:
        raise ValueError("the networks are missing")
    return found


@cache
def network_available() -> bool:
    """Whether all model files are there, unaltered, and can be run."""
    return can_run() and all(shipped(*model) is not None for model in MODELS.values())


def open_networks(*, reduced: bool) -> None:
    """Load the networks for photos that were reduced, or for those that were not, ahead of their use."""
    if network_available():
        for photos in (1, 2):
            _network(photos, reduced)


def read_skin(
    linear: LinearRGB,
    leg: Mask,
    *,
    factor: float = 1.0,
    ridges: RidgeOptions = STANDARD_RIDGES,
    colour: FineColourOptions = STANDARD_FINE_COLOUR,
    last: bool = True,
) -> SkinReading:
    """How visible vein and stain are at every pixel of the leg in one photo.

    Parameters
    ----------
    linear : LinearRGB (H, W, 3)
    leg : Mask
        Outside it everything reads 0.
    factor : float
        Working size over full size (`PreparedPhoto.factor`); below 1 the networks for reduced photos read it.
    ridges : RidgeOptions
        Used without the models.
    colour : FineColourOptions
        What is taken for the colour of detail that is finer than a photo's colour.
    last : bool
        False where more is read next, by either network: the memory that reading needs is then kept for it.

    Notes
    -----
    Without the models, or where they can't be run, the skin is read by ridges; `network_available` says which.
    """
    if not network_available():
        return read_skin_by_ridges(linear, leg, options=ridges)
    box = _box(leg)
    if box is None:
        return _nothing(leg)
    planes = _planes((linear,), leg, box, colour=colour.scaled(factor))
    return _read(leg, box, planes, reduced=factor < 1, last=last)


def read_beside(
    first: LinearRGB,
    second: LinearRGB,
    leg: Mask,
    *,
    factor: float = 1.0,
    options: AgreementOptions = STANDARD_AGREEMENT,
    colour: FineColourOptions = STANDARD_FINE_COLOUR,
) -> tuple[SkinReading, SkinReading]:
    """How visible vein and stain are in each photo of a pair, in sight of the other.

    Parameters
    ----------
    first, second : LinearRGB (H, W, 3)
        Both in one frame.
    leg : Mask
        What both photos show of the leg; outside it everything reads 0.
    factor : float
        Working size over full size of the photo whose frame it is.
    options : AgreementOptions
        How far coarse photos, which were not reduced, are enlarged for it; the readings come back in the photos' own frame.
    colour : FineColourOptions
        As for `read_skin`, of both photos alike.

    Raises
    ------
    ValueError
        Without the models: ask `network_available`.
    """
    if not network_available():
        raise ValueError("the networks are missing; read each photo alone")
    reduced = factor < 1
    enlarged = 1.0 if reduced else options.enlarged(leg.size)
    in_frame = colour.scaled(factor * enlarged)
    if enlarged == 1:
        return _read_both(first, second, leg, reduced=reduced, colour=in_frame)
    shape = [round(side * enlarged) for side in leg.shape]
    # Cubic interpolation shoots over at edges.
    larger = [np.clip(_resized(photo, shape, cv2.INTER_CUBIC), 0, 1) for photo in (first, second)]
    there = np.asarray(_resized(leg.view(np.uint8), shape, cv2.INTER_NEAREST), dtype=np.bool_)
    one, other = _read_both(larger[0], larger[1], there, reduced=reduced, colour=in_frame)
    return _back_on(leg, one), _back_on(leg, other)


def _read_both(
    first: LinearRGB, second: LinearRGB, leg: Mask, *, reduced: bool, colour: FineColourOptions
) -> tuple[SkinReading, SkinReading]:
    """Each photo in sight of the other, at the photos' own scale."""
    box = _box(leg)
    if box is None:
        return _nothing(leg), _nothing(leg)
    # Each photo before the other: of three in a row the first two, and the last two.
    planes = _planes((first, second), leg, box, colour=colour, room=3)
    planes[6:] = planes[:3]
    return _read(leg, box, planes[:6], reduced=reduced, last=False), _read(leg, box, planes[3:], reduced=reduced, last=True)


def _resized(picture: NDArray[Any], shape: Sequence[int], how: int) -> NDArray[Any]:
    return np.asarray(cv2.resize(picture, (shape[1], shape[0]), interpolation=how))


def _back_on(leg: Mask, reading: SkinReading) -> SkinReading:
    """A reading of enlarged photos in the frame of `leg`; 0 outside it."""
    within, out = leg.view(np.uint8), np.zeros((4, *leg.shape), np.float32)
    for f, channel in zip(dataclasses.fields(reading), out, strict=True):
        cv2.copyTo(_resized(getattr(reading, f.name), leg.shape, cv2.INTER_LINEAR), within, channel)
    return SkinReading(*out)


_Box = tuple[slice, slice]


def _box(leg: Mask) -> _Box | None:
    """Rows and columns of the leg with some skin around it; None where there is no leg."""
    rows, cols = (np.flatnonzero(leg.any(axis=axis)) for axis in (1, 0))
    if rows.size == 0:
        return None
    top, left = (slice(max(0, int(i[0]) - MARGIN_PX), int(i[-1]) + 1 + MARGIN_PX) for i in (rows, cols))
    return top, left


def _nothing(leg: Mask) -> SkinReading:
    return SkinReading(*np.zeros((4, *leg.shape), np.float32))


def _planes(photos: Sequence[LinearRGB], leg: Mask, box: _Box, *, colour: FineColourOptions, room: int = 1) -> NDArray[np.float32]:
    """The flattened photos within the box, blood's colour where they are fine, three planes each, in an array with room for so many."""
    inside = leg[box]
    height, width = inside.shape
    planes = in_whole_steps(3 * room, inside.shape)
    for k, photo in enumerate(photos):
        # Without a place to put them OpenCV parts channels ten times as slowly.
        own = planes[3 * k : 3 * k + 3, :height, :width]
        cv2.split(flattened_density(photo[box], inside), list(own))
        blood_where_fine(own, options=colour)
    mirror_beyond(planes[: 3 * len(photos)], inside.shape)
    return planes


def _read(leg: Mask, box: _Box, planes: NDArray[np.float32], *, reduced: bool, last: bool) -> SkinReading:
    """The reading of the first of the photos, given within the box; after the last a network gives its memory back."""
    out = np.zeros((4, *leg.shape), np.float32)
    reader, inside = _network(len(planes) // 3, reduced), leg[box]
    whole = np.empty((0, planes.shape[2]), np.float32)
    for rows, own, cells in in_strips(lambda strip, lowest: _run(reader, strip, last and lowest), planes, len(inside)):
        within = inside[rows].view(np.uint8)
        whole = np.empty((2 * cells.shape[1], whole.shape[1]), np.float32) if len(whole) != 2 * cells.shape[1] else whole
        for k, channel in enumerate((0, 2, 1, 3)):
            told = (_visible if channel in (0, 2) else _likely)(cells[4 * channel : 4 * channel + 4].reshape(-1, cells.shape[2]))
            _weave(told, whole)
            cv2.copyTo(whole[own, : inside.shape[1]], within, out[k][box][rows])
    return SkinReading(*out)


def _run(reader: Network, planes: NDArray[np.float32], last: bool) -> NDArray[np.float32]:
    """What the network says of each of its four maps' quarters, (16, h / 2, w / 2)."""
    return np.asarray(reader.run(None, {"flat": planes}, last=last)[0][0], dtype=np.float32)


def _weave(cells: NDArray[np.float32], whole: NDArray[np.float32]) -> None:
    """Put four pictures of half the size into `whole`: upper left, upper right, lower left and lower right of every 2 x 2 pixels.

    As an operation of the network it takes ten times as long.
    """
    height, width = whole.shape
    places = whole.reshape(height // 2, 2, width // 2, 2)
    for k, cell in enumerate(cells.reshape(4, height // 2, width // 2)):
        places[:, k // 2, :, k % 2] = cell


def _visible(logarithm: NDArray[np.float32]) -> NDArray[np.float32]:
    """CIE76 units from the network's ln(1 + units)."""
    units = np.asarray(cv2.exp(np.maximum(logarithm, np.float32(0))), dtype=np.float32)
    return np.subtract(units, np.float32(1), out=units)


def _likely(logit: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probability from log odds."""
    odds = np.asarray(cv2.exp(-logit), dtype=np.float32)
    odds += 1
    return np.divide(np.float32(1), odds, out=odds)
