"""The Capture page in a browser with a fake camera."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect

from photocompare.phantom.pair import simple_pair
from photocompare.report.pdf.card import card_pdf
from photocompare.report.words.texts import texts
from photocompare.viewer.capture.camera import LiveCheckOptions
from tests.support.steps import LOOKS, MEASURED_MS, everything_written, go_to, percentages, sample_files, settled, unfold, upload
from tests.support.viewer_server import Server, Visitors

pytestmark = pytest.mark.thorough

ENGLISH = texts("en")
OpenPage = Callable[..., Page]


def word(key: str) -> str:
    return ENGLISH(f"camera.{key}")


def line(page: Page, name: str) -> Any:
    return page.locator(f'[data-line="{name}"] .says')


def started(open_page: OpenPage, **options: Any) -> Page:
    page = open_page("/capture", **options)
    page.get_by_role("button", name=word("start")).click()
    expect(page.locator(".camera")).to_have_attribute("data-state", "live")
    return page


# --- the camera


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_the_picture_plays_and_the_shutter_is_within_reach(open_page: OpenPage, size: tuple[int, int], dark: bool) -> None:
    page = started(open_page, size=size, dark=dark)
    video = page.locator("video")
    assert video.evaluate("v => v.videoWidth") > 0
    before = video.evaluate("v => v.currentTime")
    page.wait_for_function("([v, t]) => v.currentTime > t", arg=[video.element_handle(), before])
    expect(page.get_by_role("button", name=word("shutter"))).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name=word("shutter"))).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_every_line_says_something_and_the_level_follows_the_sensor(open_page: OpenPage) -> None:
    page = started(open_page)
    for name in ("focus", "light", "framing", "level"):
        expect(line(page, name)).not_to_be_empty()
        expect(line(page, name)).to_have_attribute("aria-live", "polite")
    expect(line(page, "level")).to_have_text(word("level_none"))
    session = page.context.new_cdp_session(page)
    for angles, said in (((90, 0), "level_good"), ((80, 89.9), "level_turn_left"), ((75, 0), "level_raise"), ((1, 0), "level_down")):
        session.send("DeviceOrientation.setDeviceOrientationOverride", {"alpha": 0, "beta": angles[0], "gamma": angles[1]})
        expect(line(page, "level")).to_have_text(word(said))
    expect(page.locator("svg.level")).to_be_visible()


def test_a_photo_taken_by_keyboard_lies_over_the_next_picture(open_page: OpenPage) -> None:
    """Before photo by keyboard, refused once, then used; it comes back from Python as the ghost."""
    page = started(open_page)
    expect(page.locator(".ghost-settings")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name=word("shot_picture"))).to_be_visible()
    page.get_by_role("button", name=word("again")).click()
    expect(page.locator(".camera")).to_have_attribute("data-state", "live")
    page.keyboard.press("Space")
    page.get_by_role("button", name=word("use_before")).click()
    expect(page.get_by_role("heading", name=ENGLISH("compare.title"))).to_be_visible()
    go_to(page, "capture")
    page.wait_for_url("**/capture")
    expect(page.locator(".camera")).to_have_attribute("data-ghost", "there")
    page.get_by_role("button", name=word("start")).click()
    expect(page.locator(".camera")).to_have_attribute("data-state", "live")
    adjust_ghost(page)


def test_both_shots_go_straight_into_compare(open_page: OpenPage) -> None:
    """The fake camera shows no leg, so the pair ends without a number, but with the reason."""
    page = open_page("/capture", size=(390, 844))
    for which in ("before", "after"):
        page.get_by_role("button", name=word("start")).click()
        expect(page.locator(".camera")).to_have_attribute("data-state", "live")
        page.get_by_role("button", name=word("shutter")).click()
        page.get_by_role("button", name=word(f"use_{which}")).click()
        expect(page.get_by_role("heading", name=ENGLISH("compare.title"))).to_be_visible()
        if which == "before":
            expect(page.get_by_text(ENGLISH("compare.empty_after"))).to_be_visible()
            go_to(page, "capture")
    expect(page.locator(".pc-check img")).to_have_count(2, timeout=MEASURED_MS)
    expect(page.get_by_text(ENGLISH("result.refused"))).to_be_visible(timeout=MEASURED_MS)
    assert percentages(everything_written(page)) == []
    unfold(page)
    for button in page.get_by_role("button", name=ENGLISH("compare.remove_shots")).all():
        expect(button).to_be_visible()


def test_the_camera_can_be_started_while_the_before_photo_is_still_decoded(open_page: OpenPage) -> None:
    page = open_page(before_loading=lambda page: page.add_init_script("window.createImageBitmap = () => new Promise(() => {})"))
    upload(page, "before", sample_files("stained")[0])
    settled(page)
    go_to(page, "capture")
    page.wait_for_url("**/capture")
    expect(page.locator("button.start")).to_have_text(word("start"))
    page.locator("button.start").click()
    expect(page.locator(".camera")).to_have_attribute("data-state", "live")
    assert page.locator(".camera").get_attribute("data-ghost") is None, "the before photo was not held back"


def adjust_ghost(page: Page) -> None:
    ghost, slider = page.locator("canvas.ghost"), page.get_by_role("slider", name=word("opacity"))
    opacity = "c => Number(getComputedStyle(c).opacity)"
    weak = ghost.evaluate(opacity)
    slider.press("ArrowRight")
    assert ghost.evaluate(opacity) > weak
    slider.press("Home")
    assert ghost.evaluate(opacity) == 0
    slider.press("End")
    assert ghost.evaluate(opacity) == 1
    opaque = """c => {
        const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
        return data.filter((value, index) => index % 4 === 3 && value === 255).length / (c.width * c.height);
    }"""
    assert ghost.evaluate(opaque) == 1
    page.get_by_role("switch", name=word("edges")).press("Space")
    expect(ghost).to_have_attribute("data-edges", "true")
    assert 0 < ghost.evaluate(opaque) < 0.3


def test_leaving_and_stopping_let_go_of_the_camera(open_page: OpenPage) -> None:
    page = open_page("/capture")
    page.evaluate(
        """() => {
            const devices = navigator.mediaDevices, own = devices.getUserMedia.bind(devices);
            window.tracks = [];
            devices.getUserMedia = async (wish) => {
                const stream = await own(wish);
                window.tracks.push(...stream.getTracks());
                return stream;
            };
        }"""
    )
    page.get_by_role("button", name=word("start")).click()
    page.get_by_role("button", name=word("stop")).click()
    assert page.evaluate("window.tracks.map((t) => t.readyState)") == ["ended"]
    expect(page.get_by_role("button", name=word("start"))).to_be_focused()
    page.get_by_role("button", name=word("start")).click()
    expect(page.locator(".camera")).to_have_attribute("data-state", "live")
    page.get_by_role("link", name=ENGLISH("capture.to_compare")).click()
    expect(page.get_by_role("heading", name=ENGLISH("compare.title"))).to_be_visible()
    page.wait_for_function("window.tracks.every((t) => t.readyState === 'ended')")
    assert page.evaluate("window.tracks.length") == 2


def test_no_camera_is_told_with_the_next_step(open_page: OpenPage) -> None:
    page = open_page("/capture")
    faults = {
        "NotAllowedError": "failed_denied",
        "NotFoundError": "failed_none",
        "NotReadableError": "failed_busy",
        "StrangeError": "failed_other",
        None: "failed_insecure",
    }
    for fault, said in faults.items():
        if fault is None:
            page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
        else:
            page.evaluate("(name) => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', name); }; }", fault)
        page.locator(".camera").get_by_role("button", name=re.compile(f"^({word('start')}|{word('start_again')})$")).click()
        expect(page.locator(".notice-text")).to_have_text(word(said))
        expect(page.get_by_role("button", name=word("start_again"))).to_be_visible()
        expect(page.get_by_role("link", name=ENGLISH("capture.to_compare"))).to_be_visible()


# --- what the checks read from pixels


@pytest.fixture(scope="module")
def still_page(chromium: Browser, server: Server) -> Iterator[Page]:
    """The page with its camera off, for what tests only read."""
    visitors = Visitors(chromium, server)
    yield visitors.open("/capture")
    visitors.leave()


@pytest.fixture(scope="module")
def leg() -> NDArray[np.uint8]:
    """A rendered leg, RGB."""
    return np.ascontiguousarray(simple_pair(seed=5, size=(1280, 960)).before)


def readings(page: Page, picture: NDArray[np.uint8]) -> dict[str, Any]:
    """What the component's own functions make of a picture."""
    png = base64.b64encode(cv2.imencode(".png", picture[..., ::-1])[1].tobytes()).decode()
    source = "".join(
        files("photocompare.viewer").joinpath("capture", name).read_text(encoding="utf-8")
        for name in ("camera_checks.js", "camera_source.js")
    )
    return page.evaluate(
        """async ([source, png, options]) => {
            const own = new Function(source + '; return { pixelsOf, skinMask, skinPlace, exposure, blurSigma, framing };')();
            const picture = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
            const canvas = document.createElement('canvas'), { width, height } = picture;
            const small = own.pixelsOf(canvas, picture, width, height, options.look_side_px), mask = own.skinMask(small);
            return {
                place: own.skinPlace(mask, small.width, small.height),
                light: own.exposure(small, mask, options.least_skin, options.white),
                blur: own.blurSigma(own.pixelsOf(canvas, picture, width, height, options.focus_side_px, true), options.edge_share),
            };
        }""",
        [source, png, vars(LiveCheckOptions())],
    )


def test_blur_is_read_in_order_and_through_noise(still_page: Page, leg: NDArray[np.uint8]) -> None:
    page, random = still_page, np.random.default_rng(3)
    scale = max(leg.shape) / LiveCheckOptions().focus_side_px
    blurs = []
    for sigma in (0.0, 1.0, 2.0, 3.0):
        blurred = cv2.GaussianBlur(leg, (0, 0), sigma * scale) if sigma else leg
        noisy = np.clip(blurred + random.normal(0.0, 1.5, leg.shape), 0, 255).astype(np.uint8)
        blurs.append(readings(page, noisy)["blur"])
    assert blurs == sorted(blurs)
    assert blurs[0] <= LiveCheckOptions().sharp_px
    assert blurs[3] > LiveCheckOptions().widest_px * 0.9


def test_light_is_read_on_the_skin(still_page: Page, leg: NDArray[np.uint8]) -> None:
    page, options = still_page, LiveCheckOptions()
    good, dark = readings(page, leg)["light"], readings(page, (leg * 0.2).astype(np.uint8))["light"]
    assert good["red"] > options.least_red > dark["red"]
    assert good["clipped"] <= options.some_glare
    glaring = leg.copy()
    rows, cols = (slice(side // 3, 2 * side // 3) for side in leg.shape[:2])
    glaring[rows, cols] = 255
    assert readings(page, glaring)["light"]["clipped"] > options.some_glare


def test_framing_says_which_way_to_go(still_page: Page) -> None:
    page = still_page
    source = files("photocompare.viewer").joinpath("capture", "camera_checks.js").read_text(encoding="utf-8")
    cases = {
        "framing_good": (0.0, 0.0, 1.0),
        "framing_left": (-0.15, 0.0, 1.0),
        "framing_right": (0.15, 0.0, 1.0),
        "framing_up": (0.0, -0.15, 1.0),
        "framing_down": (0.0, 0.15, 1.0),
        "framing_closer": (0.0, 0.0, 0.8),
        "framing_further": (0.0, 0.0, 1.2),
    }
    for said, place in cases.items():
        answer = page.evaluate(
            "([source, live, wanted, options]) => new Function(source + '; return framing;')()(live, wanted, options)",
            [source, box(*place), box(), vars(LiveCheckOptions())],
        )
        assert answer == said


def box(across: float = 0.0, down: float = 0.0, size: float = 1.0) -> dict[str, float]:
    """A leg's box as shares of the frame: 0.4 wide and 0.6 high in the middle, then moved and scaled."""
    middle_x, middle_y, wide, high = 0.5 + across, 0.5 + down, 0.2 * size, 0.3 * size
    return {"left": middle_x - wide, "right": middle_x + wide, "top": middle_y - high, "bottom": middle_y + high}


# --- guide and card


def test_the_guide_is_drawn_and_named(still_page: Page) -> None:
    page = still_page
    for name in ("posture", "distance", "light", "background", "card", "skin"):
        picture = page.get_by_role("img", name=ENGLISH(f"capture.{name}.figure"))
        expect(picture).to_be_visible()
        assert picture.evaluate("(s) => [...s.querySelectorAll('path')].reduce((sum, p) => sum + p.getTotalLength(), 0)") > 100
        expect(page.get_by_text(ENGLISH(f"capture.{name}.rule"))).to_be_visible()


def test_the_card_comes_as_a_pdf(still_page: Page) -> None:
    page = still_page
    with page.expect_download() as coming:
        page.get_by_role("button", name=ENGLISH("capture.card_download")).click()
    path = coming.value.path()
    assert path.read_bytes() == card_pdf()
