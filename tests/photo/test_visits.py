"""Both visits read in one way: names in errors, kept facts by file, a collage found and cut in the direction that was given."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import pytest
from PIL import Image

from photocompare.base.arrays import SRGB8
from photocompare.base.errors import NotACollage, NotAPhoto, TooSmall, TruncatedPhoto
from photocompare.photo.collage import Cut
from photocompare.photo.facts import KEPT_FACTS
from photocompare.photo.reading import read_photo
from photocompare.photo.visits import COLLAGE_ORDERS, CollageOrder, Visits, cut_visits, read_collage, read_visits
from tests.support import hostile_files as make
from tests.support.painted_leg import jpeg_with_camera, two_encoded_legs

CAMERA = {"camera_make": "Example", "camera_model": "One", "iso": 100.0, "focal_length_mm": 4.2, "flash_fired": True}


@cache
def legs() -> tuple[SRGB8, SRGB8]:
    return two_encoded_legs()


def collage(*, rows: bool = False) -> bytes:
    pair = legs()
    joined = np.vstack(pair) if rows else np.hstack(pair)
    return make.png(joined)


def same(visits: Visits, before: SRGB8, after: SRGB8) -> bool:
    return np.array_equal(visits.befores[0].encoded, before) and np.array_equal(visits.afters[0].encoded, after)


def test_photos_come_in_order_with_the_facts_of_each_file() -> None:
    first, second = legs()
    files = [jpeg_with_camera(first), make.png(second), make.png(make.scene())]
    visits = read_visits(files[:2], files[2:])
    assert [len(visits.befores), len(visits.afters)] == [2, 1]
    np.testing.assert_array_equal(visits.befores[1].encoded, second)
    assert list(visits.file_facts) == [hashlib.sha256(data).hexdigest() for data in files]
    for photo in (*visits.befores, *visits.afters):
        kept = visits.file_facts[photo.facts.sha256]
        assert tuple(kept) == KEPT_FACTS
        assert all(kept[name] == getattr(photo.facts, name) for name in KEPT_FACTS)
    camera = visits.file_facts[visits.befores[0].facts.sha256]
    assert {name: camera[name] for name in CAMERA} == CAMERA


@pytest.mark.parametrize(
    ("befores", "afters", "said", "place"),
    [
        (1, 1, "The before photo: ", ("before", 1)),
        (2, 1, "The before photo number 2: ", ("before", 2)),
        (0, 2, "The after photo number 2: ", ("after", 2)),
        (0, 1, "The after photo: ", ("after", 1)),
    ],
)
def test_the_error_says_which_photo_of_which_visit(befores: int, afters: int, said: str, place: tuple[str, int]) -> None:
    bad = make.cut(make.png(), 0.5)
    files = {"before": [make.png()] * befores, "after": [make.png()] * afters}
    files[place[0]][place[1] - 1] = bad
    with pytest.raises(TruncatedPhoto, match=f"^{said}The picture data ends early") as refused:
        read_visits(files["before"], files["after"])
    assert (refused.value.which, refused.value.number) == place


def test_photos_without_capture_times_keep_them_among_the_files_facts() -> None:
    data = jpeg_with_camera(legs()[0])
    visits = read_visits([data], [make.png()])
    timeless = visits.without_capture_times()
    assert visits.befores[0].facts.capture_time == "2026-03-14T09:30:00"
    assert timeless.befores[0].facts.capture_time is None
    assert timeless.befores[0].facts.camera_model == "One"
    assert timeless.file_facts == visits.file_facts
    assert timeless.file_facts[hashlib.sha256(data).hexdigest()]["capture_time"] == "2026-03-14T09:30:00"


@pytest.mark.parametrize("rows", [False, True])
def test_a_collage_is_cut_in_the_order_that_was_given(rows: bool) -> None:
    first, second = legs()
    data = collage(rows=rows)
    along, against = ("top-bottom", "bottom-top") if rows else ("left-right", "right-left")
    for order in COLLAGE_ORDERS:
        if order in ("auto", along):
            assert same(read_collage(data, order=order), first, second), order
        elif order == against:
            assert same(read_collage(data, order=order), second, first), order
        else:
            with pytest.raises(NotACollage, match=f"say {along} or {against}, or auto"):
                read_collage(data, order=order)


def test_the_facts_of_a_collage_are_its_file_s_and_its_parts_have_digests_of_their_own() -> None:
    data = jpeg_with_camera(np.hstack(legs()))
    visits = read_collage(data)
    (digest,) = visits.file_facts
    assert digest == hashlib.sha256(data).hexdigest()
    assert visits.file_facts[digest]["camera_model"] == "One"
    digests = {visits.befores[0].facts.sha256, visits.afters[0].facts.sha256}
    assert len(digests - {digest}) == 2
    assert visits.befores[0].facts.camera_model is None


@pytest.mark.parametrize("order", ["auto", "left-right"])
def test_a_single_photo_is_no_collage_and_what_to_do_is_said(order: CollageOrder) -> None:
    with pytest.raises(NotACollage, match="as two files"):
        read_collage(make.png(legs()[0]), order=order)
    with pytest.raises(NotAPhoto):
        read_collage(b"no photo", order=order)


def test_a_cut_that_is_known_is_made_and_a_part_too_small_refused() -> None:
    first, second = legs()
    whole = read_photo(collage())
    half = first.shape[1] / (first.shape[1] + second.shape[1])
    assert same(cut_visits(whole, Cut("columns", half, half), swapped=True), second, first)
    with pytest.raises(TooSmall):
        cut_visits(whole, Cut("columns", 0.02, 0.02), swapped=False)


def test_an_empty_picture_is_no_collage() -> None:
    grey = np.asarray(Image.new("RGB", (900, 600), (128, 128, 128)))
    with pytest.raises(NotACollage):
        read_collage(make.png(grey))
