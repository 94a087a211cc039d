"""The guide's figures are drawings that a screen reader can name and both themes can show."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from photocompare.report.words.texts import texts
from photocompare.viewer.capture.guide import RULES, VIEW_BOX, figure, guide_rules

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</title><script>alert(1)</script>" onload="x'


def test_every_rule_has_its_words_and_its_figure() -> None:
    rules = guide_rules(texts("en"))
    assert tuple(rule.name for rule in rules) == RULES
    assert len({rule.svg for rule in rules}) == len(RULES)
    for rule in rules:
        assert rule.rule.endswith(".")
        assert len(rule.rule) < 90
        assert rule.why.endswith(".")


@pytest.mark.parametrize("name", RULES)
def test_a_figure_is_named_and_described(name: str) -> None:
    root = ElementTree.fromstring(figure(name, "A leg & a camera"))
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == "A leg & a camera"
    assert root.get("aria-labelledby") == title.get("id")
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}desc") == "A leg & a camera"


@pytest.mark.parametrize("name", RULES)
def test_a_figure_takes_its_colours_from_the_theme(name: str) -> None:
    root = ElementTree.fromstring(figure(name, "x"))
    paints = {value for element in root.iter() for key, value in element.attrib.items() if key in {"fill", "stroke"}}
    assert paints <= {"none", "currentColor"}
    assert any(element.get("class") == "accent" for element in root.iter()), "nothing stands out"


@pytest.mark.parametrize("name", RULES)
def test_nothing_is_drawn_outside_the_figure(name: str) -> None:
    """Absolute points of top-level paths and of moved groups, to a control point's reach."""
    root = ElementTree.fromstring(figure(name, "x"))
    for element in root:
        move = re.match(r"translate\((\S+) (\S+)\)", element.get("transform", ""))
        start = (float(move[1]), float(move[2])) if move else (0.0, 0.0)
        assert 0 <= start[0] <= VIEW_BOX[0]
        assert 0 <= start[1] <= VIEW_BOX[1]
        path = element.get("d", "")
        if path and not re.search(r"[a-z]", path.replace("e", "")):
            corners = [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+)[ ,]?(-?[\d.]+)", path)]
            assert all(0 <= x <= VIEW_BOX[0] and 0 <= y <= VIEW_BOX[1] for x, y in corners)


def test_a_description_can_not_leave_its_element() -> None:
    root = ElementTree.fromstring(figure("card", HOSTILE))
    assert root.findtext(f"{SVG}title") == HOSTILE
    assert not list(root.iter(f"{SVG}script"))
    assert root.get("onload") is None
