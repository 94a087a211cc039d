"""The look of each fate, the same in every picture, on paper and on the screen."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


@dataclass(frozen=True)
class LineStyle:
    """How a fate is drawn: told apart by colour (Okabe & Ito's palette for colour-blind readers), brightness and dash.

    Parameters
    ----------
    colour, casing : tuple of int
        RGB of the line and of its outline.
    dash : tuple of float
        Drawn and left-out lengths, in line widths; empty for a solid line.
    weight : float
        Line width, relative to the figure's.
    """

    colour: Colour
    casing: Colour
    dash: tuple[float, ...] = ()
    weight: float = 1.0


FATE_STYLES: dict[str, LineStyle] = {
    "not_assessable": LineStyle((128, 128, 128), (176, 176, 176), weight=0.7),
    "cleared": LineStyle((0, 158, 115), WHITE, dash=(0.1, 2.4)),
    "stained": LineStyle((240, 228, 66), BLACK, dash=(2.5, 1.8, 0.1, 1.8)),
    "faded": LineStyle((86, 180, 233), BLACK, dash=(3.5, 2.2)),
    "residual": LineStyle((0, 114, 178), WHITE),
    "darkened": LineStyle((213, 94, 0), BLACK, dash=(6.0, 1.6), weight=1.2),
    "new": LineStyle((204, 121, 167), BLACK),
}
"""In drawing order: what matters most lies on top."""

OUTLINE_STYLE = LineStyle(WHITE, BLACK, dash=(5.0, 4.0))
"""Of the field that a reader drew; no fate is white."""
