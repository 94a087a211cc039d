"""The ways of looking at the pictures, by mouse, touch and keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.steps import ENGLISH, at, choose_view, painted, pair

OpenPage = Callable[..., Page]

REST_MS = 200  # a layout that stands still for so long has come to rest; longer than a frame of a busy machine
GESTURES = 3


def word(key: str) -> str:
    return ENGLISH(f"pair.{key}")


def captions(box: Locator) -> Locator:
    return box.locator(".captions span")


def middle_of(page: Page, box: Locator) -> tuple[float, float, float]:
    """Middle of the stage on the screen, and its width, once the page around it has come to rest."""
    stage = box.locator(".stage")
    stage.scroll_into_view_if_needed()
    last, place = None, stage.bounding_box()
    while place != last:
        page.wait_for_timeout(REST_MS)
        last, place = place, stage.bounding_box()
    assert place is not None
    assert page.viewport_size is not None
    down = min(place["y"] + place["height"] / 2, page.viewport_size["height"] - 40)
    return place["x"] + place["width"] / 2, down, place["width"]


def touched(page: Page, done: Callable[[], bool], *moves: list[tuple[float, float]]) -> None:
    """Fingers set down, moved and lifted, until ``done``.  Chromium drops a gesture that a busy page answers too
    late; a person then makes it once more."""
    touch = page.context.new_cdp_session(page)
    for _ in range(GESTURES):
        for kind, places in zip(("touchStart", *("touchMove" for _ in moves[1:])), moves, strict=True):
            points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(REST_MS)
        if done():
            return
    raise AssertionError(f"{GESTURES} gestures moved nothing")


def test_the_slider_moves_by_keyboard(open_page: OpenPage) -> None:
    page = open_page()
    box = pair(page)
    start, seen = at(box), painted(box)
    slider = page.get_by_role("slider", name=word("slider_label"))
    slider.focus()
    slider.press("ArrowLeft")
    expect(box).to_have_attribute("data-at", str(int(start) - 2))
    assert painted(box) != seen
    expect(slider).to_have_attribute("aria-valuetext", ENGLISH("pair.slider_value", n=int(start) - 2))
    slider.press("ArrowRight")
    expect(box).to_have_attribute("data-at", str(int(start)))
    assert painted(box) == seen
    slider.press("End")
    expect(box).to_have_attribute("data-at", "100")
    slider.press("ArrowRight")
    expect(box).to_have_attribute("data-at", "100")
    slider.press("Home")
    expect(box).to_have_attribute("data-at", "0")
    stage = page.get_by_role("application", name=word("stage"))
    stage.focus()
    stage.press("ArrowRight")
    expect(box).to_have_attribute("data-at", "2")


def test_the_slider_follows_the_mouse(open_page: OpenPage) -> None:
    page = open_page()
    box = pair(page)
    x, y, width = middle_of(page, box)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - width / 20, y, steps=4)
    page.mouse.up()
    assert at(box) < 48
    left = at(box)
    page.mouse.move(x + width / 20, y)  # let go of, it stays
    assert at(box) == left


def test_the_slider_follows_a_finger(open_page: OpenPage) -> None:
    page = open_page(size=(390, 844))
    box = pair(page)
    x, y, width = middle_of(page, box)
    touched(page, lambda: at(box) > 55, *([(x + step * width / 25, y)] for step in range(6)))


def test_two_fingers_zoom(open_page: OpenPage) -> None:
    page = open_page(size=(390, 844))
    box = pair(page)
    x, y, _ = middle_of(page, box)
    seen = painted(box)
    touched(page, lambda: painted(box) != seen, *([(x - apart, y), (x + apart, y)] for apart in (40, 60, 90)))


def test_zoom_and_back(open_page: OpenPage) -> None:
    page = open_page()
    box = pair(page)
    whole = painted(box)
    page.get_by_role("button", name=word("zoom_in")).click()
    near = painted(box)
    assert near != whole
    page.get_by_role("button", name=word("zoom_out")).click()
    assert painted(box) == whole
    stage = page.get_by_role("application", name=word("stage"))
    stage.press("+")
    assert painted(box) == near
    stage.press("ArrowDown")
    assert painted(box) != near
    stage.press("0")
    assert painted(box) == whole
    page.get_by_role("button", name=word("full_size")).click()
    assert painted(box) != whole
    page.get_by_role("button", name=word("fit")).click()
    assert painted(box) == whole


def test_flicker_changes_by_itself_by_hand_and_stops(open_page: OpenPage) -> None:
    page = open_page()
    box = choose_view(page, "flicker")
    expect(captions(box)).to_have_text([word("before")])
    page.get_by_role("button", name=word("swap")).click()
    expect(captions(box)).to_have_text([word("after")])
    after = painted(box)
    page.get_by_role("button", name=word("play")).click()
    expect(captions(box)).to_have_text([word("before")])
    assert painted(box) != after
    expect(captions(box)).to_have_text([word("after")])
    page.get_by_role("button", name=word("pause")).click()
    still = captions(box).inner_text()
    page.wait_for_timeout(900)  # longer than a picture is shown
    assert captions(box).inner_text() == still


def test_side_by_side_zooms_together(open_page: OpenPage) -> None:
    page = open_page()
    box = choose_view(page, "side")
    expect(captions(box)).to_have_text([word("before"), word("after")])
    apart = halves(box)
    assert apart[0] != apart[1]
    page.get_by_role("button", name=word("zoom_in")).click()
    painted(box)
    near = halves(box)
    assert near[0] != apart[0]
    assert near[1] != apart[1]
    x, y, width = middle_of(page, box)
    page.mouse.move(x + width / 4, y)
    page.mouse.down()
    page.mouse.move(x + width / 4 - 40, y - 60, steps=4)
    page.mouse.up()
    painted(box)
    moved = halves(box)
    assert moved[0] != near[0]
    assert moved[1] != near[1]


def halves(box: Locator) -> list[int]:
    """A checksum of the left and of the right half of what is painted."""
    found: list[int] = box.evaluate(
        """(box) => {
            const canvas = box.querySelector(".stage canvas"), half = Math.floor(canvas.width / 2);
            return [0, canvas.width - half].map((x) => {
                const { data } = canvas.getContext("2d").getImageData(x, 0, half, canvas.height);
                let sum = 0;
                for (let k = 0; k < data.length; k += 4) sum = (sum * 31 + data[k]) | 0;
                return sum;
            });
        }"""
    )
    return found


def test_difference_and_registration_check_explain_themselves(open_page: OpenPage) -> None:
    page = open_page()
    whole = painted(pair(page))
    box = choose_view(page, "difference")
    expect(box.locator(".legend")).to_have_text(word("legend_difference"))
    difference = painted(box)
    assert difference != whole
    choose_view(page, "check")
    expect(captions(box)).to_have_text([word("checkerboard"), word("error_map")])
    expect(box.locator(".legend")).to_contain_text("mm.")
    assert painted(box) not in (whole, difference)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_the_originals_come_when_asked_for(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page(size=size)
    box = choose_view(page, "originals")
    expect(captions(box)).to_have_text([word("before_original"), word("after_original")])
    expect(box.locator(".legend")).to_have_text(word("legend_originals"))
    assert box.get_attribute("data-view") == "originals"
    originals = painted(box)
    choose_view(page, "side")
    assert painted(box) != originals


def test_layers_of_paint_go_and_come_back(open_page: OpenPage) -> None:
    page = open_page()
    box = pair(page)
    whole = painted(box)
    layers = box.locator(".layer input[type=checkbox]:checked")
    names = layers.evaluate_all("all => all.map((e) => e.dataset.key)")
    assert len(names) >= 3
    looks = set()
    for name in names:
        layer = box.locator(f'[data-key="{name}"]')
        layer.uncheck()
        looks.add(painted(box))
        layer.press("Space")
        assert painted(box) == whole
    assert len(looks) == len(names)
    assert whole not in looks
    strength = page.get_by_role("slider", name=word("opacity"))
    strength.press("ArrowLeft")
    assert painted(box) != whole
    expect(box.locator(".badge")).to_have_text(word("same_processing"))


def test_all_views_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page()
    box = pair(page)
    page.get_by_role("radio", name=word("view_slider")).focus()
    for view in ("flicker", "side", "difference", "check", "originals", "slider"):
        page.keyboard.press("ArrowRight")
        expect(box).to_have_attribute("data-view", view)
        expect(box.locator(f'[data-key="view-{view}"]')).to_be_focused()
    # What was asked for came meanwhile and the controls were made anew: the keyboard stays where it was.
    pair(page)
    page.keyboard.press("ArrowLeft")
    expect(box).to_have_attribute("data-view", "originals")


def test_a_view_stays_when_the_page_changes_around_it(open_page: OpenPage) -> None:
    page = open_page()
    box = choose_view(page, "side")
    page.get_by_role("button", name=word("zoom_in")).click()
    seen = painted(box)
    page.get_by_role("combobox", name=ENGLISH("app.language")).click()
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1440, "height": 901})
    assert painted(pair(page)) == seen
    expect(box).to_have_attribute("data-view", "side")
