"""The pictures' component: packs a dossier for the browser, and takes back what was drawn there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from photocompare.base.errors import UsageError
from photocompare.report.pictures.fate_styles import FATE_STYLES, OUTLINE_STYLE, LineStyle
from photocompare.report.words.numbers import decimal
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.results.result import Result
from photocompare.viewer.shared.components import asset, component, nothing, packed

Mode = Literal["full", "consult", "field", "correct", "refused", "meanwhile"]

PIGMENT_RGB = (140, 74, 20)
"""Hemosiderin's own brown."""

MOST_POINTS = 2000
"""Corners and points that are taken from the browser at once; a hand draws some hundred."""

_SCRIPTS = (
    "shared/unpack.js",
    "shared/elements.js",
    "result/pair_view_canvas.js",
    "result/pair_view_edit.js",
    "result/pair_view_scene.js",
    "result/pair_view_controls.js",
    "result/pair_view.js",
)

_SHOWN = {
    "full": ("before", "after", "difference", "error", "pigment_before", "pigment_after"),
    "consult": ("before", "after"),
    "field": ("before",),
    "correct": ("before",),
    "refused": ("before_original", "after_original"),
    "meanwhile": ("before", "after"),
}
"""Pictures that a mode needs at once."""

_LATER = {"originals": ("before_original", "after_original"), "full": ("before_full", "after_full")}
"""Pictures that come when they are asked for."""

_OVERLAYS_ON = ("cleared", "stained", "faded", "residual", "darkened", "new")


def pair_view(
    dossier: Dossier,
    t: Texts,
    *,
    mode: Mode = "full",
    identity: str,
    wanted: Sequence[str] = (),
    more: Mapping[str, bytes] | None = None,
) -> Mapping[str, Any]:
    """Show the pictures of a dossier.

    Parameters
    ----------
    dossier : Dossier
    t : Texts
    mode : str
        What can be done: look at everything; the slider alone; draw a field; correct veins; look at the photos of a refused pair, or
        of one that is still being measured.
    identity : str
        Names the comparison on the page: while it stays, the browser keeps its zoom and its pictures.
    wanted : sequence of str
        Of "originals" and "full": sets of pictures that were asked for before.
    more : mapping, optional
        Full-size pictures, where they have come.

    Returns
    -------
    mapping
        "want": a set of pictures that is asked for now; "field": {"polygon": ...}; "marks": {"not_veins": ..., "missed": ...}.  None where
        nothing is new.
    """
    data = packed_pair(dossier, t, mode=mode, identity=identity, wanted=wanted, more=more)
    shown = component("photocompare_pair_view", _SCRIPTS, css="result/pair_view.css", html=asset("result/pair_view.html"))
    taken = shown(key=f"{mode}_{identity}", data=data, on_want_change=nothing, on_field_change=nothing, on_marks_change=nothing)
    return {name: getattr(taken, name, None) for name in ("want", "field", "marks")}


def packed_pair(
    dossier: Dossier, t: Texts, *, mode: Mode, identity: str, wanted: Sequence[str] = (), more: Mapping[str, bytes] | None = None
) -> bytes:
    """What the browser gets of a pair."""
    available = {**dossier.pictures, **(more or {})}
    names = [*_SHOWN[mode], *(name for group in wanted for name in _LATER[group])]
    if mode == "refused":
        names = [*_SHOWN[mode]]
    elif mode == "field" and not dossier.measured:
        names = ["before_original"]
    blobs = {name: available[name] for name in names if name in available}
    result = dossier.result
    lines = (dossier.lines or {"fates": {}, "pieces": []}) if mode in ("full", "correct") else {"fates": {}, "pieces": []}
    drawn = [fate for fate in FATE_STYLES if lines["fates"].get(fate)]
    head = {
        "id": identity,
        "mode": mode,
        "texts": t.section("pair"),
        "size": _shown_size(dossier),
        "fates": [_fate(fate, lines["fates"][fate], result, t) for fate in drawn],
        "overlays_on": list(_OVERLAYS_ON),
        "pieces": lines["pieces"] if mode == "correct" else [],
        "drawn_field": list(dossier.drawn_field),
        "drawn_field_style": _line_style(OUTLINE_STYLE),
        "pigment_rgb": list(PIGMENT_RGB),
        "pigment_amount": _pigment_amount(result),
        "error_most": _error(dossier, t),
        "full_width": result.before.width,
        "full_size": "there" if dossier.measured and dossier.shown_over_full < 1.0 else "none",
    }
    return packed(head, blobs)


def _shown_size(dossier: Dossier) -> list[int] | None:
    if not dossier.measured:
        return None
    photo = dossier.result.before
    return [max(1, round(side * dossier.shown_over_full)) for side in (photo.width, photo.height)]


def _fate(fate: str, lines: Any, result: Result, t: Texts) -> dict[str, Any]:
    style, amount = FATE_STYLES[fate], result.lengths.get(fate)
    return {
        "code": fate,
        "label": t(f"fate.{fate}"),
        "note": t(f"fate_note.{fate}") if fate == "darkened" else "",
        "amount": "" if amount is None else f"{amount:.0f} {result.unit}",
        **_line_style(style),
        "lines": lines,
    }


def _line_style(style: LineStyle) -> dict[str, Any]:
    return {"colour": _css(style.colour), "casing": _css(style.casing), "dash": list(style.dash), "weight": style.weight}


def _css(colour: tuple[int, int, int]) -> str:
    return f"rgb({colour[0]},{colour[1]},{colour[2]})"


def _pigment_amount(result: Result) -> str:
    pigment = result.pigment
    if pigment is None or pigment.gained_mm2 is None or pigment.faded_mm2 is None:
        return ""
    return f"+{pigment.gained_mm2:.0f} / −{pigment.faded_mm2:.0f} mm²"


def _error(dossier: Dossier, t: Texts) -> str:
    if dossier.result.scale.mm_per_px is None:
        return t("pair.in_px", n=decimal(dossier.error_at_most, 1, t))
    return t("pair.in_mm", n=decimal(dossier.error_at_most / dossier.px_per_mm, 2, t))


def checked_points(given: Any, least: int) -> list[tuple[float, float]]:
    """Points that came from the browser.

    Raises
    ------
    UsageError
        Not a list of pairs of finite numbers, fewer than `least` or more than `MOST_POINTS` of them.
    """
    try:
        points = [(float(x), float(y)) for x, y in given]
    except (TypeError, ValueError, OverflowError):
        points = []
    if not least <= len(points) <= MOST_POINTS or not all(math.isfinite(v) for point in points for v in point):
        raise UsageError("What was drawn could not be read; draw it again.", code="drawing_unreadable")
    return points


def polygon_in_full_pixels(given: Any, shown_over_full: float) -> tuple[tuple[float, float], ...]:
    """A drawn field in full pixels of the before photo.

    Parameters
    ----------
    given : object
        `{"polygon": [[x, y], ...]}` from the browser, pixels of the shown picture.
    shown_over_full : float
    """
    points = checked_points(given.get("polygon") if isinstance(given, Mapping) else None, 3)
    return tuple(((x + 0.5) / shown_over_full - 0.5, (y + 0.5) / shown_over_full - 0.5) for x, y in points)
