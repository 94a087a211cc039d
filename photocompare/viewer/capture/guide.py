"""The guide to photos that compare: six drawn rules.

The figures are line drawings in SVG: `currentColor` for what is there, the accent for what matters, each with a title and a
description for screen readers.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.components import component, packed

RULES = ("posture", "distance", "light", "background", "card", "skin")
"""In the order in which a photographer meets them."""

VIEW_BOX = (240, 160)
"""Width and height of every figure, in its own units."""

_LEG = "M14 0C12 30 14 60 17 84C17 93 4 98-8 102C-15 104-14 111-8 111L34 111C42 111 42 102 37 92C34 80 48 60 48 34C48 18 44 8 43 0"
"""A lower leg in profile, toes to the left, sole at 111: shin, foot, heel, calf."""

_LEG_IN_FRONT = "M0 0C-4 22-7 40 1 62C6 78 5 88 4 96C3 104-4 106-5 111L21 111C19 105 17 102 17 96C17 86 20 76 22 62C29 40 25 22 22 0"
"""A lower leg from the front."""

_VEINS = "M30 26C27 34 33 40 29 48C26 54 30 60 28 66M29 48C35 50 37 55 36 60M28 40C23 43 22 47 23 52"
"""A branching vein on the calf of `_LEG`."""

_CAMERA = "M0-11h9l4-6h14l4 6h9v28h-40z"
"""A camera from the side of its back; its lens is a circle about (20, 2)."""


@dataclass(frozen=True)
class GuideRule:
    """One rule of the guide.

    Parameters
    ----------
    name : str
        One of `RULES`.
    rule, why : str
        What to do, and what goes wrong otherwise.
    svg : str
        The figure.
    """

    name: str
    rule: str
    why: str
    svg: str


def guide_rules(texts: Texts) -> tuple[GuideRule, ...]:
    """The six rules in a language."""
    return tuple(
        GuideRule(name, texts(f"capture.{name}.rule"), texts(f"capture.{name}.why"), figure(name, texts(f"capture.{name}.figure")))
        for name in RULES
    )


def figure(name: str, description: str) -> str:
    """The drawing of a rule as a whole SVG document; its description is what a screen reader says.

    Parameters
    ----------
    name : str
        One of `RULES`.
    description : str
        What is drawn; any text, it is escaped.
    """
    width, height = VIEW_BOX
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="guide-{name}" '
        'fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round">'
        f'<title id="guide-{name}">{escape(description)}</title><desc>{escape(description)}</desc>{_DRAWINGS[name]}</svg>'
    )


def _at(x: float, y: float, content: str, *, scale: float = 1.0, mirrored: bool = False) -> str:
    across = -scale if mirrored else scale
    return f'<g transform="translate({x:g} {y:g}) scale({across:g} {scale:g})">{content}</g>'


def _path(d: str, *, accent: bool = False, dashed: bool = False) -> str:
    return f'<path d="{d}"{_ACCENT if accent else ""}{_DASH if dashed else ""}/>'


_ACCENT = ' class="accent"'
_DASH = ' stroke-dasharray="5 6"'


def _floor(y: float = 146.0) -> str:
    return _path(f"M12 {y:g}H228")


def _camera(x: float, y: float) -> str:
    return _at(x, y, _path(_CAMERA) + '<circle cx="20" cy="2" r="8"/>')


def _lamp(x: float, y: float, turn: float) -> str:
    """A lamp whose rays leave to the right before it is turned, in degrees clockwise."""
    rays = _path("M17-9L30-16M19 0H34M17 9L30 16", accent=True)
    return f'<g transform="translate({x:g} {y:g}) rotate({turn:g})">{_path("M-8-6H0L10-13V13L0 6H-8Z")}{rays}</g>'


def _struck(x: float, y: float, half: float) -> str:
    """Struck out by one line, so that what is meant can still be seen."""
    return _path(f"M{x - half:g} {y + half:g}L{x + half:g} {y - half:g}", accent=True)


def _posture() -> str:
    legs = _at(82, 14, _path(_LEG_IN_FRONT)) + _at(158, 14, _path(_LEG_IN_FRONT), mirrored=True)
    return legs + _path("M40 125H200") + _path("M91 133V150M85 144L91 151L97 144M149 133V150M143 144L149 151L155 144", accent=True)


def _distance() -> str:
    camera = _camera(20, 62) + _path("M40 79V98M40 98L24 146M40 98L56 146M40 98V146")
    leg = _at(172, 35, _path(_LEG) + _path(_VEINS, accent=True))
    line = _path("M72 64H166M80 58L72 64L80 70M158 58L166 64L158 70", accent=True)
    return camera + leg + line + _floor() + _path("M28 153H52M166 153H206", accent=True)


def _light() -> str:
    leg = '<ellipse cx="120" cy="34" rx="27" ry="22"/>' + _path("M104 51C109 55 115 57 121 56C126 56 131 54 135 52", accent=True)
    lamps = _lamp(40, 104, -42) + _lamp(200, 104, -138)
    camera = _camera(100, 137)
    flash = _path("M121 94L113 107H120L117 118L127 103H120L124 94Z") + _struck(120, 105.5, 14)
    return leg + lamps + camera + flash


def _background() -> str:
    sheet = _path("M52 8H188V150H52Z")
    leg = _at(104, 26, _path(_LEG) + _path(_VEINS, accent=True))
    corners = _path("M72 34V20H86M154 20H168V34M168 128V142H154M86 142H72V128", accent=True)
    return sheet + leg + corners


def _card() -> str:
    squares = "".join(
        f'<path d="M{x} {y}h8v8h-8z" fill="currentColor"/>' for x, y in ((6, 6), (24, 6), (42, 6), (6, 50), (24, 50), (42, 50))
    )
    card = f'<g class="accent">{_path("M0 0H56V64H0Z")}</g>{squares}{_path("M10 24H46V40H10Z", dashed=True)}'
    return _at(62, 18, _path(_LEG) + _path(_VEINS, accent=True), scale=1.1) + _at(142, 38, card)


def _skin() -> str:
    leg = _at(56, 20, _path(_LEG) + _path(_VEINS, accent=True), scale=1.1)
    sock = _path("M168 20H186V46C186 52 182 54 178 56L164 64C158 67 152 59 157 54L168 46ZM168 28H186")
    tube = _path("M158 84H190L186 124H162ZM158 90H190M167 124V136H181V124M166 104H182M165 111H183")
    return leg + sock + _struck(170, 42, 27) + tube + _struck(174, 110, 27)


_DRAWINGS = {
    "posture": _posture(),
    "distance": _distance(),
    "light": _light(),
    "background": _background(),
    "card": _card(),
    "skin": _skin(),
}


def show_guide(texts: Texts, *, key: str) -> None:
    """Show the rules with their figures, three, two or one beside each other as there is room."""
    rules = [{"rule": rule.rule, "why": rule.why, "svg": rule.svg} for rule in guide_rules(texts)]
    scripts = ("shared/unpack.js", "shared/elements.js", "capture/guide.js")
    shown = component("photocompare_capture_guide", scripts, css="capture/guide.css", html='<ol class="guide"></ol>')
    shown(key=key, data=packed({"label": texts("capture.guide_label"), "rules": rules}))
