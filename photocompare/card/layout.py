"""The printable scale and colour card: what lies where, in millimetres, and which colour it has.

One description serves three readers: the PDF (`report.card_pdf`), the finder (`card`), and the rendered scenes of tests and
phantoms (`card_image`).  Millimetres run right (x) and down (y) from the card's top left corner.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8
from photocompare.base.colour import linear_from_srgb8, srgb8_from_linear

CARD_VERSION = "1"
"""Printed on the card; goes up when positions, marker identifiers or colours change."""

MARKER_DICTIONARY = cv2.aruco.DICT_ARUCO_MIP_36h12
"""36-bit markers that differ from each other in at least 12 bits, the largest distance of OpenCV's dictionaries (Garrido-Jurado
et al. 2016): a wrong reading would need many bit errors at once."""

MARKER_CELLS = 8
"""Cells along a marker's side: 6 of data and a black border of one cell on either side."""

CHECK_RULER_MM = 50.0
"""Length of the printed check ruler; half a millimetre on it, the least that the eye reads off beside a ruler, is 1 %."""

PATCHES_PER_ROW = 8

_PATCH_COLOURS: tuple[tuple[str, str, tuple[int, int, int]], ...] = (
    # name, kind, sRGB 0..255.  Neutrals: about equal steps of L*, from 91 to 22.  Skin: L* and b* put each patch in the middle of one
    # group of the individual typology angle (Chardon 1991).  Red and brown: the side of vessels and of iron stains, light and dark.
    ("neutral-1", "neutral", (230, 230, 230)),
    ("skin-very-light", "skin", (202, 170, 154)),
    ("skin-light", "skin", (192, 156, 136)),
    ("skin-intermediate", "skin", (180, 140, 118)),
    ("neutral-3", "neutral", (160, 160, 160)),
    ("red-bright", "red", (186, 62, 56)),
    ("red-dark", "red", (118, 42, 58)),
    ("neutral-5", "neutral", (85, 85, 85)),
    ("neutral-2", "neutral", (200, 200, 200)),
    ("skin-tan", "skin", (163, 121, 99)),
    ("skin-brown", "skin", (138, 101, 81)),
    ("skin-dark", "skin", (102, 75, 64)),
    ("neutral-4", "neutral", (122, 122, 122)),
    ("brown-light", "brown", (152, 98, 58)),
    ("brown-dark", "brown", (92, 60, 40)),
    ("neutral-6", "neutral", (52, 52, 52)),
)
"""Top row, then bottom row.  Neutrals stand at both ends and in the middle so that a slope of light over the card shows in them."""


@dataclass(frozen=True)
class Rect:
    """An upright rectangle, millimetres from the card's top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def corners_xy(self) -> NDArray[np.float64]:
        """(4, 2), clockwise from the top left."""
        right, bottom = self.x + self.width, self.y + self.height
        return np.array([[self.x, self.y], [right, self.y], [right, bottom], [self.x, bottom]])

    def inset(self, margin: float) -> Rect:
        """The rectangle without a margin in mm on every side."""
        return Rect(self.x + margin, self.y + margin, self.width - 2 * margin, self.height - 2 * margin)


@dataclass(frozen=True)
class Marker:
    """One ArUco marker: its number in `MARKER_DICTIONARY`, the side of the window it stands on, its place."""

    identifier: int
    group: str
    square: Rect

    @property
    def ink(self) -> NDArray[np.float64]:
        """(MARKER_CELLS, MARKER_CELLS), 1 where the cell is black."""
        dictionary = cv2.aruco.getPredefinedDictionary(MARKER_DICTIONARY)
        cells = cv2.aruco.generateImageMarker(dictionary, self.identifier, MARKER_CELLS)
        return np.asarray(cells == 0, dtype=np.float64)


@dataclass(frozen=True)
class Patch:
    """One colour patch: name, kind ("neutral", "skin", "red", "brown"), place and nominal sRGB colour (0..255)."""

    name: str
    kind: str
    place: Rect
    srgb: tuple[int, int, int]

    @property
    def linear(self) -> NDArray[np.float32]:
        """(3,) nominal linear RGB, 0..1."""
        return np.asarray(linear_from_srgb8(np.array([[self.srgb]], dtype=np.uint8))[0, 0])


@dataclass(frozen=True)
class Blank:
    """White paper between two markers; who sees both of them sees the paper between."""

    place: Rect
    between: tuple[int, int]


@dataclass(frozen=True)
class CardLayout:
    """One size of the card.

    Parameters
    ----------
    name : str
        Stable name, used by programs.
    title : str
        What people call it.
    width, height : float
        Outer size in mm.
    window : Rect
        The cut-out for the field.
    ruler : Rect
        The check ruler: its baseline is the upper edge, its width `CHECK_RULER_MM`, its height that of the longest tick.
    markers : tuple of Marker
        Three left and three right of the window.
    patches : tuple of Patch
    paper : tuple of Blank
        Blank paper near the four corners, from which the slope of the light over the card is read.
    """

    name: str
    title: str
    width: float
    height: float
    window: Rect
    ruler: Rect
    markers: tuple[Marker, ...]
    patches: tuple[Patch, ...]
    paper: tuple[Blank, ...]

    @property
    def outline_xy(self) -> NDArray[np.float64]:
        """(4, 2) corners in mm, clockwise from the top left."""
        return Rect(0.0, 0.0, self.width, self.height).corners_xy

    @property
    def diagonal(self) -> float:
        """Length in mm."""
        return float(np.hypot(self.width, self.height))


@dataclass(frozen=True)
class _Measures:
    """What differs between the sizes, in mm."""

    name: str
    title: str
    width: float
    height: float
    margin: float
    marker: float
    first_identifier: int
    patch_height: float
    gap: float
    ruler_gap: float
    tick: float


def _markers(m: _Measures) -> tuple[Marker, ...]:
    rows = (m.margin, (m.height - m.marker) / 2, m.height - m.margin - m.marker)
    columns = (("left", m.margin), ("right", m.width - m.margin - m.marker))
    places = [(group, Rect(x, y, m.marker, m.marker)) for group, x in columns for y in rows]
    return tuple(Marker(m.first_identifier + k, group, square) for k, (group, square) in enumerate(places))


def _paper(markers: tuple[Marker, ...]) -> tuple[Blank, ...]:
    """The blanks between neighbouring markers of a column, a cell away from their ink on every side."""
    blanks = []
    for upper, lower in pairwise(markers):
        if upper.group == lower.group:
            top = upper.square.y + upper.square.height
            free = Rect(upper.square.x, top, upper.square.width, lower.square.y - top)
            blanks.append(Blank(free.inset(upper.square.width / MARKER_CELLS), (upper.identifier, lower.identifier)))
    return tuple(blanks)


def _layout(m: _Measures) -> CardLayout:
    quiet = 2 * m.marker / MARKER_CELLS
    left = m.margin + m.marker + quiet
    inner = m.width - 2 * left
    pitch = inner / PATCHES_PER_ROW
    patch_width = pitch - m.gap / 2
    window_top = m.margin + m.patch_height + m.gap
    ruler_top = m.height - m.margin - m.ruler_gap - m.tick
    lower_row = ruler_top - m.gap - m.patch_height
    window = Rect(left, window_top, inner, lower_row - m.gap - window_top)
    patches = tuple(
        Patch(name, kind, Rect(left + (k % PATCHES_PER_ROW) * pitch + m.gap / 4, top, patch_width, m.patch_height), srgb)
        for k, (name, kind, srgb) in enumerate(_PATCH_COLOURS)
        for top in ((m.margin, lower_row)[k // PATCHES_PER_ROW],)
    )
    ruler = Rect((m.width - CHECK_RULER_MM) / 2, ruler_top, CHECK_RULER_MM, m.tick)
    markers = _markers(m)
    return CardLayout(m.name, m.title, m.width, m.height, window, ruler, markers, patches, _paper(markers))


CREDIT_CARD = _layout(_Measures("photocompare-credit", "credit-card size", 85.6, 54.0, 2.5, 9.6, 201, 6.0, 1.4, 6.5, 2.6))
"""ISO/IEC 7810 ID-1 (85.6 x 54 mm): beside a small field, or on a whole-leg photo where nothing larger fits."""

A6_CARD = _layout(_Measures("photocompare-a6", "A6", 148.0, 105.0, 5.0, 16.0, 211, 10.0, 3.0, 13.0, 5.0))
"""A6 across (148 x 105 mm): its window takes a field of 98 x 46 mm."""

LAYOUTS: dict[str, CardLayout] = {layout.name: layout for layout in (CREDIT_CARD, A6_CARD)}


def ruler_ticks(layout: CardLayout) -> tuple[Rect, ...]:
    """The check ruler's millimetre ticks, long at every 10 mm, medium at every 5 mm; the middle of a tick is its place."""
    thickness = 0.15  # mm: three dots of a 600 dpi office printer
    ticks = []
    for mm in range(int(CHECK_RULER_MM) + 1):
        share = 1.0 if mm % 10 == 0 else 0.75 if mm % 5 == 0 else 0.5
        ticks.append(Rect(layout.ruler.x + mm - thickness / 2, layout.ruler.y, thickness, layout.ruler.height * share))
    return tuple(ticks)


def _coverage(start: float, width: float, cells: int, px_per_mm: float) -> tuple[slice, NDArray[np.float64]]:
    """The pixels that a stretch touches, and (pixels, cells) the share of each that each of `cells` equal parts of it covers."""
    edges = (start + width * np.arange(cells + 1) / cells) * px_per_mm
    touched = slice(int(np.floor(edges[0])), int(np.ceil(edges[-1])))
    low = np.arange(touched.start, touched.stop)[:, None]
    return touched, np.asarray(np.clip(np.minimum(edges[1:], low + 1.0) - np.maximum(edges[:-1], low), 0.0, 1.0))


def card_image(layout: CardLayout, px_per_mm: float) -> SRGB8:
    """The card as pixels: markers, patches and ruler on white paper, without texts or cut lines.

    Parameters
    ----------
    layout : CardLayout
    px_per_mm : float
        Above 0; a pixel that an edge crosses takes the mixture of both sides in linear light.

    Returns
    -------
    ndarray of uint8, shape (ceil(height * px_per_mm), ceil(width * px_per_mm), 3)
        sRGB.  The card's point (x, y) in mm lies at pixel (x * px_per_mm - 0.5, y * px_per_mm - 0.5).
    """
    rows, columns = int(np.ceil(layout.height * px_per_mm)), int(np.ceil(layout.width * px_per_mm))
    linear = np.ones((rows, columns, 3), dtype=np.float64)

    def ink(place: Rect, pattern: NDArray[np.float64], colour: NDArray[np.float32]) -> None:
        down, rows_share = _coverage(place.y, place.height, pattern.shape[0], px_per_mm)
        across, columns_share = _coverage(place.x, place.width, pattern.shape[1], px_per_mm)
        share = (rows_share @ pattern @ columns_share.T)[..., None]
        linear[down, across] = linear[down, across] * (1.0 - share) + colour * share

    black, solid = np.zeros(3, dtype=np.float32), np.ones((1, 1))
    for marker in layout.markers:
        ink(marker.square, marker.ink, black)
    for patch in layout.patches:
        ink(patch.place, solid, patch.linear)
    for tick in ruler_ticks(layout):
        ink(tick, solid, black)
    return srgb8_from_linear(linear.astype(np.float32))
