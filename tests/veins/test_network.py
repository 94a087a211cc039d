"""The learned reading: the model that ships, what it sees on drawn skin, and what happens without it."""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from photocompare.base.arrays import LinearRGB
from photocompare.comparison import compare
from photocompare.photo.reading import read_photo
from photocompare.veins import network as vein_network
from photocompare.veins.network import MODELS, network_available, read_beside, read_skin
from photocompare.veins.reading import AgreementOptions, SkinReading, agreed, flattened_density
from photocompare.veins.ridges import read_skin_by_ridges
from tests.support.rendered_pairs import graded_pair

SHAPE = (200, 240)
EVERYWHERE = np.ones(SHAPE, np.bool_)
VEIN_COLOUR = (0.26, 0.41, 0.21)
"""Density of a 0.3 mm vessel close under light skin (Monte Carlo table in `docs/method.md`)."""
TRAINED = Path(__file__).parents[2] / "training" / "weights"
"""The networks as they were trained, before eight bits were made of them."""
HAIR_COLOUR = (0.45, 0.42, 0.40)


def row_of(colour: tuple[float, float, float], row: int, width_px: float) -> np.ndarray:
    """Density (H, W, 3) of a horizontal line of Gaussian profile with that full width at half maximum, 160 px long."""
    y = np.arange(SHAPE[0], dtype=np.float32)[:, np.newaxis]
    profile = np.exp(-4 * np.log(2) * ((y - row) / width_px) ** 2) * np.ones(SHAPE, np.float32)
    profile[:, :40] = profile[:, -40:] = 0
    return np.asarray(profile[..., np.newaxis] * np.array(colour), np.float32)


def photographed(vein: float, visit: int) -> LinearRGB:
    """Light skin with a vein of that strength along row 60 and a hair along row 140; the mottling stays, the noise is the visit's own."""
    mottle = cv2.GaussianBlur(np.random.default_rng(3).standard_normal(SHAPE).astype(np.float32), (0, 0), 2.0)
    density = -np.log(np.array([0.45, 0.29, 0.20])) + (0.012 * mottle / mottle.std())[..., np.newaxis]
    density = density + vein * row_of(VEIN_COLOUR, 60, 6.0) + row_of(HAIR_COLOUR, 140, 2.0)
    noise = np.random.default_rng(visit).normal(0, 0.002, density.shape)
    return np.asarray(np.clip(np.exp(-density) + noise, 0, 1), np.float32)


@pytest.fixture(scope="module")
def skin() -> LinearRGB:
    """Light skin with a vein and a hair."""
    return photographed(1.0, 4)


@pytest.fixture
def reload_model() -> Iterator[None]:
    """Load the model afresh in the test, and once more after it."""
    network_available.cache_clear()
    yield
    network_available.cache_clear()


def seen(reading: SkinReading, rows: slice) -> float:
    """Share of the line's pixels, ends aside, that are as likely as not a visible vein."""
    return float((reading.vein_probability[rows, 50:190] >= 0.5).max(axis=0).mean())


def altered(photos: int, reduced: bool) -> dict[tuple[int, bool], tuple[str, str]]:
    """The models with one digest that no file has."""
    return {**MODELS, (photos, reduced): (MODELS[photos, reduced][0], "0" * 64)}


@pytest.mark.parametrize(("photos", "reduced"), MODELS)
def test_the_models_that_ship_are_those_that_were_measured(photos: int, reduced: bool) -> None:
    name, sha256 = MODELS[photos, reduced]
    content = (resources.files("photocompare") / "models" / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == sha256
    assert len(content) < 5 * 2**20
    assert network_available()


@pytest.mark.parametrize(("photos", "reduced"), MODELS)
def test_the_models_that_ship_read_as_the_trained_ones(photos: int, reduced: bool) -> None:
    name, _ = MODELS[photos, reduced]
    visits = np.concatenate([flattened_density(photographed(strength, 4), EVERYWHERE) for strength in (1.0, 0.3)][:photos], axis=2)
    flat = np.ascontiguousarray(visits.transpose(2, 0, 1)[np.newaxis, :, :192])
    trained = onnxruntime.InferenceSession(TRAINED / name, providers=["CPUExecutionProvider"])
    shipped = vein_network._network(photos, reduced)
    told, meant = (np.maximum(network.run(None, {"flat": flat})[0][0, :4], 0) for network in (shipped, trained))
    vein = meant > np.log(2.5)
    assert np.count_nonzero(vein) > 500
    assert np.abs(told - meant)[vein].mean() < 0.05
    assert np.abs(told - meant).mean() < 0.01


def test_the_network_s_quarters_are_put_back_where_they_belong() -> None:
    whole = np.random.default_rng(6).normal(0, 1, (8, 6)).astype(np.float32)
    woven = np.full_like(whole, np.nan)
    vein_network._weave(np.stack([whole[row::2, column::2] for row in (0, 1) for column in (0, 1)]), woven)
    np.testing.assert_array_equal(woven, whole)


def test_either_photo_is_read_in_sight_of_the_other(skin: LinearRGB) -> None:
    photos = photographed(1.0, 5), photographed(0.0, 5)

    def read(first: LinearRGB, second: LinearRGB) -> list[SkinReading]:
        alone, beside = (read_skin(first, EVERYWHERE), read_skin(second, EVERYWHERE)), read_beside(first, second, EVERYWHERE)
        return [agreed(*each, EVERYWHERE) for each in zip(alone, beside, strict=True)]

    (before, still), (_, gone) = (read(skin, after) for after in photos)
    assert seen(still, slice(58, 63)) > 0.9
    assert seen(gone, slice(55, 66)) < 0.1
    assert seen(still, slice(134, 147)) < 0.1
    assert seen(before, slice(58, 63)) > 0.9
    leg = EVERYWHERE.copy()
    leg[:, :101] = False
    assert not any(one.vein_de[~leg].any() for one in read_beside(skin, skin, leg))


def test_coarse_photos_are_enlarged_before_they_are_read_together(skin: LinearRGB, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, ...]] = []

    def seen_by_the_network(leg: np.ndarray, *_: object, **__: object) -> SkinReading:
        sizes.append(leg.shape)
        row = np.arange(leg.shape[0], dtype=np.float32)[:, np.newaxis]
        return SkinReading(*(np.repeat(row, leg.shape[1], axis=1) for _ in range(4)))

    monkeypatch.setattr(vein_network, "_read", seen_by_the_network)
    first, second = read_beside(skin, skin, EVERYWHERE, options=AgreementOptions(most_enlarged=1.25))
    assert sizes == [(250, 300)] * 2
    # What was read at a place of the enlarged photo stands at that place of the photo: row r of 200 is at 1.25 r + 0.125 of 250.
    rows = np.arange(5, 195, dtype=np.float32)[:, np.newaxis]
    for reading in (first, second):
        np.testing.assert_allclose(reading.vein_de[5:195], np.repeat(1.25 * rows + 0.125, SHAPE[1], axis=1), atol=0.01)


def test_reduced_photos_are_read_at_their_own_scale(skin: LinearRGB, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[tuple[int, ...], bool]] = []

    def seen_by_the_network(leg: np.ndarray, *_: object, reduced: bool, **__: object) -> SkinReading:
        asked.append((leg.shape, reduced))
        return SkinReading(*np.zeros((4, *leg.shape), np.float32))

    monkeypatch.setattr(vein_network, "_read", seen_by_the_network)
    read_beside(skin, skin, EVERYWHERE, factor=0.5)
    read_skin(skin, EVERYWHERE, factor=0.5)
    read_skin(skin, EVERYWHERE)
    assert asked == [*[(SHAPE, True)] * 3, (SHAPE, False)]


def test_a_reduced_photo_reads_as_the_photo_does() -> None:
    """Veins 0.3 mm wide at 0.1 mm per px, and the same photo reduced as a photo of 2 megapixels is."""
    photos = photographed(1.0, 4), photographed(0.5, 5)
    factor = math.sqrt(1.2 / 2)
    size = [round(side * factor) for side in SHAPE]
    smaller = [np.asarray(cv2.resize(photo, size[::-1], interpolation=cv2.INTER_AREA)) for photo in photos]
    there = np.ones(size, np.bool_)
    whole = (
        *(read_skin(photo, EVERYWHERE) for photo in photos),
        *read_beside(*photos, EVERYWHERE, options=AgreementOptions(most_enlarged=1)),
    )
    less = (*(read_skin(photo, there, factor=factor) for photo in smaller), *read_beside(smaller[0], smaller[1], there, factor=factor))
    along = [np.s_[50:70, 60:180], np.s_[39:54, 46:140]]  # the vein's middle
    for one, other in zip(whole, less, strict=True):
        meant, told = (np.median(reading.vein_de[part].max(axis=0)) for reading, part in zip((one, other), along, strict=True))
        assert told == pytest.approx(meant, rel=0.15)


@pytest.mark.usefixtures("reload_model")
def test_without_models_nothing_is_read_in_sight_of_another_photo(skin: LinearRGB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vein_network, "MODELS", altered(2, False))
    with pytest.raises(ValueError, match="networks are missing"):
        read_beside(skin, skin, EVERYWHERE)


def test_a_vein_is_seen_and_a_hair_is_not(skin: LinearRGB) -> None:
    reading = read_skin(skin, EVERYWHERE)
    np.testing.assert_array_equal(read_skin(skin, EVERYWHERE, last=False).vein_de, reading.vein_de)
    assert seen(reading, slice(58, 63)) > 0.9
    assert seen(reading, slice(134, 147)) < 0.1
    assert np.median(reading.vein_de[60, 50:190]) > 4.0
    elsewhere = np.r_[10:45, 75:125, 155:190]
    assert (reading.vein_probability[elsewhere] >= 0.5).mean() < 0.01


def test_readings_have_their_ranges_and_end_with_the_leg(skin: LinearRGB) -> None:
    leg = EVERYWHERE.copy()
    leg[:, :101] = False
    reading = read_skin(skin, leg)
    for channel in (reading.vein_de, reading.stain_de, reading.vein_probability, reading.stain_probability):
        assert channel.shape == SHAPE
        assert channel.dtype == np.float32
        assert not channel[~leg].any()
        assert channel.min() >= 0
    assert max(reading.vein_probability.max(), reading.stain_probability.max()) <= 1
    assert not read_skin(skin, np.zeros_like(leg)).vein_de.any()


def test_the_light_is_taken_off_before_anything_is_read(skin: LinearRGB) -> None:
    dim = np.asarray(skin * np.array([0.5, 0.45, 0.35]), np.float32)
    np.testing.assert_allclose(flattened_density(dim, EVERYWHERE), flattened_density(skin, EVERYWHERE), atol=2e-3)
    moved = np.abs(read_skin(dim, EVERYWHERE).vein_de - read_skin(skin, EVERYWHERE).vein_de)
    # A last bit of the picture may tip a number of eight bits within the network over to the next.
    assert np.percentile(moved, 99) < 0.1
    assert moved.max() < 0.5


@pytest.mark.usefixtures("reload_model")
@pytest.mark.parametrize("harm", ["altered", "missing", "no onnxruntime"])
def test_without_the_right_model_skin_is_read_by_ridges(skin: LinearRGB, monkeypatch: pytest.MonkeyPatch, harm: str) -> None:
    if harm == "altered":
        monkeypatch.setattr(vein_network, "MODELS", altered(1, True))
    elif harm == "missing":
        monkeypatch.setattr(vein_network, "MODELS", {**MODELS, (2, False): ("no_such_file.onnx", MODELS[2, False][1])})
    else:
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert not network_available()
    reading, ridges = read_skin(skin, EVERYWHERE), read_skin_by_ridges(skin, EVERYWHERE)
    np.testing.assert_array_equal(reading.vein_de, ridges.vein_de)
    assert seen(reading, slice(58, 63)) > 0.9
    assert seen(reading, slice(134, 147)) < 0.1


@pytest.mark.usefixtures("reload_model")
def test_an_altered_model_gives_a_flagged_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vein_network, "MODELS", altered(1, True))
    pair = graded_pair()
    comparison = compare(read_photo(pair.before_jpeg), read_photo(pair.after_jpeg), look_for_card=False)
    assert "ridge_reading" in [reason.code for reason in comparison.reasons]
    assert comparison.status == "indicative"
    assert comparison.outcome is not None
    assert comparison.outcome.length.value == pytest.approx(pair.truth["observer"]["clearance_length"], abs=20.0)
