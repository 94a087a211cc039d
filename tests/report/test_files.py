"""The files of the contract, from a comparison made by hand."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
import os
import zlib
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest
from PIL import Image

from photocompare.base.arrays import scaled_position
from photocompare.base.errors import UsageError
from photocompare.base.estimate import Estimate
from photocompare.report.files.comparison_files import CONTRACT_FILES, write_comparison
from photocompare.report.files.full_pixels import AfterFrame, in_full_pixels, shares_in_full_pixels, written_map
from photocompare.report.pictures import encoding
from photocompare.report.pictures.canvas import Canvas, Type
from photocompare.report.pictures.encoding import png
from photocompare.report.pictures.fate_map import draw_fate
from photocompare.report.pictures.fate_styles import FATE_STYLES
from photocompare.report.pictures.pair import pictures_of
from photocompare.report.pictures.summary import draw_summary
from photocompare.report.words.result import fate_rows
from photocompare.report.words.summary import as_text, headline, made_by, numbers
from photocompare.report.words.texts import LANGUAGES, texts
from photocompare.results.comparison import Comparison
from photocompare.results.result_json import as_dict, result_of, result_schema, result_text
from tests.support.made_comparison import MM_PER_PX, NO_SCALE, make_comparison, make_pictures, registration_of, similarity

T = texts("en")
PERCENT_KEYS = {"percent", "low", "high", "stained_percent_of_baseline_length"}


def validated(comparison: Comparison) -> dict:
    """What `result.json` says, after it passed the schema."""
    result = json.loads(result_text(comparison))
    jsonschema.Draft202012Validator(result_schema()).validate(result)
    return result


# --- result.json


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(result_schema())


def test_a_measured_pair_has_every_field_of_the_contract() -> None:
    result = validated(make_comparison())
    assert result["status"] == "comparable"
    assert result["clearance"]["length"] == {"percent": 61.2, "low": 48.3, "high": 72.0, "causes": {"noise": 9.0, "threshold": 5.0}}
    assert result["clearance"]["by_calibre"]["telangiectasia"] == {
        "percent": 70.0,
        "low": 60.0,
        "high": 80.0,
        "causes": {},
        "before_mm": 144.0,
    }
    assert result["pigment"]["gained_mm2"] == pytest.approx(850 * MM_PER_PX**2, abs=0.005)
    assert result["registration"]["error_mm_p95"] == pytest.approx(1.9 * MM_PER_PX, abs=0.005)
    assert result["skin"]["group"] == "intermediate"
    assert set(result["fate_mm"]) == {"cleared", "stained", "faded", "residual", "darkened", "new", "not_assessable"}


def test_what_failed_is_null_never_zero() -> None:
    result = validated(make_comparison())
    assert result["clearance"]["by_calibre"]["reticular"]["percent"] is None
    assert result["photos"]["before"]["quality"] == {"focus": 0.8123, "glare_share": None}


def test_a_refused_pair_has_reasons_and_no_percentage_anywhere() -> None:
    result = validated(make_comparison("soft:before", "not_same_view", "recompressed:after"))
    assert result["status"] == "not_comparable"
    assert [r["code"] for r in result["reasons"]] == ["not_same_view", "soft", "recompressed"]
    assert result["clearance"] is None
    assert result["fate_mm"] is None
    assert result["pigment"] is None
    assert result["benchmark"]["verdict"] == "not_assessed"
    assert "%" not in result_text(make_comparison("not_same_view"))


def test_a_doubt_makes_it_indicative() -> None:
    result = validated(make_comparison("light_differs", "soft:after"))
    assert result["status"] == "indicative"
    assert "after photo" in result["reasons"][1]["message"]
    assert all("{which}" not in r["message"] + r["fix"] for r in result["reasons"])


def test_without_a_scale_lengths_are_pixels() -> None:
    comparison = make_comparison("scale_unknown", scale=NO_SCALE)
    result = validated(comparison)
    assert result["status"] == "indicative"
    assert "fate_mm" not in result
    assert result["fate_px"]["cleared"] == pytest.approx(comparison.outcome.fate_px["cleared"], abs=0.005)
    assert result["pigment"]["before_mm2"] is None
    assert result["registration"]["shared_field_mm2"] is None


def test_the_schema_rejects_a_number_beside_a_refusal() -> None:
    result = as_dict(result_of(make_comparison("not_same_view")))
    result["clearance"] = as_dict(result_of(make_comparison()))["clearance"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(result_schema()).validate(result)


def test_same_comparison_same_bytes() -> None:
    assert result_text(make_comparison("soft:before")) == result_text(make_comparison("soft:before"))


def test_minus_zero_reads_zero() -> None:
    length = Estimate(0.0, 0.0, 2.0, "%")
    comparison = make_comparison(length=length)
    outcome = dataclasses.replace(comparison.outcome, net_change=Estimate(-0.01, -1.0, 1.0, "%"))
    assert '"percent": 0.0' in result_text(dataclasses.replace(comparison, outcome=outcome))
    assert "-0.0" not in result_text(dataclasses.replace(comparison, outcome=outcome))


# --- frames


def test_written_map_leads_from_full_before_to_full_after_pixels() -> None:
    full, factor = (403, 307), 0.4
    pictures = make_pictures(full, factor)
    h, w = pictures.measured.veins_before.shape
    work = similarity((h, w), 6.0, 1.1, (4.0, -3.0))
    written = written_map(pictures, registration_of(work, np.ones((h, w), bool)))
    assert written.step == 10
    assert written.map_xy.shape == (41, 31, 2)
    linear = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), 6.0, 1.1) + np.array([[0, 0, 4.0], [0, 0, -3.0]])
    for row, col in ((5, 7), (20, 15), (38, 29)):
        x, y = (scaled_position(float(v * written.step), factor) for v in (col, row))
        expected = scaled_position(linear @ np.array([x, y, 1.0]), 1 / factor)
        assert written.map_xy[row, col] == pytest.approx(expected, abs=0.02)


def test_written_map_is_nan_where_there_is_no_counterpart() -> None:
    written = written_map(pictures := make_pictures(), pictures.registration)
    assert np.isnan(written.map_xy[0, 0]).all()
    assert np.isfinite(written.map_xy[written.map_xy.shape[0] // 2, written.map_xy.shape[1] // 2]).all()


def test_what_is_found_before_is_painted_where_the_map_sends_it() -> None:
    full, factor = (640, 480), 0.5
    shape = (320, 240)
    y, x = np.mgrid[0:320, 0:240].astype(np.float32)
    bent = similarity(shape, 7.0, 1.1, (5.0, -8.0)) + np.dstack([4 * np.sin(y / 40), 3 * np.cos(x / 50)]).astype(np.float32)
    pictures = make_pictures(full, factor, bent)
    centres = [(60, 60), (120, 160), (180, 90), (240, 170), (160, 120)]
    mask = np.zeros(shape, np.uint8)
    for row, col in centres:
        cv2.circle(mask, (col, row), 5, 1, -1)
    painted = AfterFrame(pictures, pictures.registration).paint(mask > 0)
    assert painted.shape == full
    assert set(np.unique(painted)) == {0, 255}
    found = cv2.connectedComponentsWithStats(painted)[3][1:]
    assert len(found) == len(centres)
    for row, col in centres:
        expected = scaled_position(bent[row, col].astype(float), 1 / factor)
        assert np.linalg.norm(found - expected, axis=1).min() < 0.35


def test_a_whole_field_painted_into_the_after_photo_has_no_holes() -> None:
    pictures = make_pictures((640, 480), 0.5)
    painted = AfterFrame(pictures, pictures.registration).paint(pictures.registration.shared)
    count, _, stats, _ = cv2.connectedComponentsWithStats(255 - painted)
    assert count == 2  # the surroundings only
    expected = pictures.registration.shared.sum() * 1.05**2 / 0.5**2
    assert (painted > 0).sum() == pytest.approx(expected, rel=0.02)
    assert stats.shape[0] == 2


def test_a_mask_enlarged_keeps_its_place() -> None:
    mask = np.zeros((40, 30), bool)
    mask[10:20, 5:15] = True
    full = in_full_pixels(mask, (100, 75, 3))
    rows, cols = np.nonzero(full)
    assert (rows.min(), rows.max() + 1, cols.min(), cols.max() + 1) == pytest.approx((25, 50, 12.5, 37.5), abs=1)


def test_shares_of_looks_keep_their_peak_and_their_vein_s_edge() -> None:
    line = np.zeros((60, 40), np.uint8)
    cv2.line(line, (8, 5), (30, 52), 1, 1)  # one pixel wide: what interpolation would halve
    mask = line > 0
    for share in (0.8, 0.2, 0.004):
        shares = np.where(mask, np.float32(share), np.float32(0))
        full = shares_in_full_pixels(shares, (150, 100, 3))
        assert set(np.unique(full)) == {0, round(255 * share)}
        cut, around = in_full_pixels(mask, (150, 100, 3)), np.ones((3, 3), np.uint8)  # where half of a pixel is vein either may be
        assert not np.any((full > 0) & (cv2.dilate(cut, around) == 0))
        assert not np.any((cut > 0) & (cv2.dilate(full, around) == 0))
        np.testing.assert_array_equal(shares_in_full_pixels(shares, (60, 40, 3)) > 0, mask)
    assert not shares_in_full_pixels(np.zeros((60, 40), np.float32), (150, 100, 3)).any()


def test_shares_of_looks_enlarged_some_columns_at_a_time_are_those_of_the_whole() -> None:
    rng = np.random.default_rng(3)
    shares = np.where(rng.random((90, 201)) < 0.02, rng.random((90, 201)), 0.0).astype(np.float32)
    shares[:, :80] = 0
    size = (1333, 611)
    whole, veins = (cv2.resize(k, size, interpolation=cv2.INTER_LINEAR) for k in (shares, (shares > 0).astype(np.float32)))
    expected = np.where(veins >= 0.5, np.rint(np.clip(whole / np.maximum(veins, np.float32(1e-9)), 0, 1) * np.float32(255)), 0)
    np.testing.assert_array_equal(shares_in_full_pixels(shares, (611, 1333, 3)), expected.astype(np.uint8))


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (255, 3, 3), (256, 7), (257, 5, 3), (600, 40, 3)])
@pytest.mark.parametrize("deflate", [encoding.deflate, zlib])
def test_a_picture_as_png_is_what_other_programs_read(shape: tuple[int, ...], deflate: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "deflate", deflate)
    picture = np.random.default_rng(len(shape)).integers(0, 256, shape, dtype=np.uint8)
    stored = png(picture)
    with Image.open(io.BytesIO(stored)) as opened:
        assert (opened.format, opened.info) == ("PNG", {})
        np.testing.assert_array_equal(opened, picture)
    read = cv2.imdecode(np.frombuffer(stored, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read[..., ::-1] if len(shape) == 3 else read, picture)


def test_a_picture_enlarged_as_it_is_encoded_is_the_one_enlarged_first() -> None:
    picture = np.random.default_rng(5).integers(0, 255, (40, 30, 3), dtype=np.uint8)
    assert png(picture, (100, 75, 3)) == png(cv2.resize(picture, (75, 100), interpolation=cv2.INTER_LINEAR))


def test_shares_of_looks_lie_in_the_after_photo_where_a_mask_would() -> None:
    pictures = make_pictures((640, 480), 0.5)
    mask = np.zeros((320, 240), bool)
    mask[100:104, 60:180] = mask[200:203, 60:180] = True
    shares = np.where(mask, np.where(np.arange(320)[:, None] < 150, np.float32(0.8), np.float32(0.2)), np.float32(0))
    frame = AfterFrame(pictures, pictures.registration)
    painted = frame.paint_shares(shares)
    assert np.count_nonzero((painted > 0) != (frame.paint(mask) > 0)) <= 9  # where a byte rounds
    assert set(np.unique(painted)) == {0, 51, 204}
    assert painted.shape == (640, 480)


# --- files


def test_all_files_of_a_measured_pair(tmp_path: Path) -> None:
    comparison = make_comparison()
    assert write_comparison(comparison, tmp_path / "out") == list(CONTRACT_FILES)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(CONTRACT_FILES)
    height, width = comparison.pictures.before.shape[:2]
    for name in CONTRACT_FILES:
        if name.endswith(".png"):
            image = cv2.imread(str(tmp_path / "out" / name), cv2.IMREAD_UNCHANGED)
            if name not in ("fate.png", "summary.png"):
                assert image.shape[:2] == (height, width), name
            if name.split("_")[0].split(".")[0] in ("pigment", "field"):
                assert image.ndim == 2
                assert set(np.unique(image)) <= {0, 255}
            if name.startswith("veins"):
                assert image.ndim == 2
                assert image.dtype == np.uint8
    with np.load(tmp_path / "out" / "registration.npz") as stored:
        step = int(stored["step"])
        assert stored["map_xy"].shape == (-(-height // step), -(-width // step), 2)
        assert stored["map_xy"].dtype == np.float32


def test_normalised_pictures_are_rgb_in_the_right_order(tmp_path: Path) -> None:
    write_comparison(make_comparison(), tmp_path)
    red, green, blue = np.asarray(Image.open(tmp_path / "before_normalised.png"))[30, 150]
    assert red > green > blue


def test_a_refusal_leaves_the_result_and_the_summary_only(tmp_path: Path) -> None:
    assert write_comparison(make_comparison("mirrored"), tmp_path) == ["summary.png", "result.json"]


def test_an_earlier_result_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_comparison(make_comparison(), tmp_path)
    write_comparison(make_comparison("mirrored"), tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notes.txt", "result.json", "summary.png"]
    assert json.loads((tmp_path / "result.json").read_text())["status"] == "not_comparable"


def test_same_comparison_same_files(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_comparison(make_comparison("soft:before"), tmp_path / folder)
    for name in CONTRACT_FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_a_full_disk_leaves_the_earlier_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_comparison(make_comparison("mirrored"), tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space left"):
        write_comparison(make_comparison(), tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_full_disk_leaves_no_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(UsageError):
        write_comparison(make_comparison(), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("not a folder")
    with pytest.raises(UsageError, match="can't be written"):
        write_comparison(make_comparison(), tmp_path / "out")


def test_a_folder_with_a_file_s_name_leaves_the_earlier_result(tmp_path: Path) -> None:
    write_comparison(make_comparison("mirrored"), tmp_path)
    (tmp_path / "result.json").unlink()
    (tmp_path / "result.json").mkdir()
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
    with pytest.raises(UsageError, match=r"result\.json is a folder"):
        write_comparison(make_comparison(), tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()} == before


def test_no_file_carries_metadata(tmp_path: Path) -> None:
    write_comparison(make_comparison(), tmp_path)
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as image:
            assert not image.info, path.name
            assert not image.getexif(), path.name


# --- pictures


def fate_map(comparison: Comparison) -> np.ndarray:
    return draw_fate(result_of(comparison), pictures_of(comparison), T)


def summary(comparison: Comparison, language: str = "en") -> np.ndarray:
    return draw_summary(result_of(comparison), pictures_of(comparison), texts(language))


def test_every_fate_is_painted_in_its_colour() -> None:
    figure = fate_map(make_comparison(pictures=make_pictures((800, 600), 1.0)))[:800]
    for fate, style in FATE_STYLES.items():
        close = (np.abs(figure.astype(int) - style.colour).max(axis=2) <= 25).sum()
        assert close > 30, fate


def test_fate_lines_lie_on_their_veins() -> None:
    """The residual vein's line is painted at the vein's place, whatever the working factor."""
    comparison = make_comparison(pictures=make_pictures((800, 600), 0.5))
    piece = next(p for p in comparison.pictures.measured.pieces if p.fate == "residual")
    figure = fate_map(comparison)
    left = (figure.shape[1] - 600) // 2
    col, row = (round(scaled_position(float(v), 2.0)) for v in piece.points[100][::-1])
    window = figure[row - 3 : row + 4, left + col - 3 : left + col + 4].astype(int)
    assert np.abs(window - FATE_STYLES["residual"].colour).max(axis=2).min() <= 20


def test_line_colours_stay_apart_in_grey() -> None:
    """Who sees no colour at all tells the fates by brightness or by dash."""
    looks = {(round(float(np.dot(s.colour, (0.2126, 0.7152, 0.0722))) // 20), s.dash, s.casing) for s in FATE_STYLES.values()}
    assert len(looks) == len(FATE_STYLES)


@pytest.mark.parametrize(
    "codes", [(), ("light_differs", "soft:before", "soft:after", "some_glare:after", "recompressed:before", "noisy:before", "coarse:after")]
)
def test_summary_is_drawn_at_its_width(codes: tuple[str, ...]) -> None:
    for language in LANGUAGES:
        drawn = summary(make_comparison(*codes), language)
        assert drawn.shape[1:] == (1600, 3), language
        assert 900 < drawn.shape[0] < 2600, language


def test_a_summary_says_the_same_in_every_language_in_letters_that_its_type_has() -> None:
    comparison = make_comparison("soft:before", "scale_assumed")
    assert not np.array_equal(summary(comparison, "en")[:80], summary(comparison, "es")[:80])
    for language in LANGUAGES:
        t, result = texts(language), result_of(comparison)
        told = [as_text(result, t), made_by(result, t), *(word for row in numbers(result, t) for word in row)]
        told += [word for row in fate_rows(result, t) for word in (row.name, row.length, row.share)]
        told += [*t.section("summary").values(), *t.section("caption").values(), *t.section("flags").values(), *t.section("band").values()]
        letters = {letter for text in told for letter in text if not letter.isspace()}
        assert not [letter for letter in letters if not drawn_apart(letter, language)], language


def drawn_apart(letter: str, language: str) -> bool:
    """Whether the letter looks unlike what the type draws for a letter that it lacks."""
    sheets = []
    for text in (letter, "\ue000"):
        canvas = Canvas(60, language)
        canvas.text((10, 10), text, Type(24))
        sheets.append(np.asarray(canvas.image))
    return not np.array_equal(*sheets)


def test_a_refusal_is_drawn_and_has_no_fates() -> None:
    refused = make_comparison("not_same_view")
    assert summary(refused).shape[1] == 1600
    with pytest.raises(ValueError, match="no fates"):
        fate_map(refused)


# --- words


def test_rounding_carries_no_told_headline_over_a_mark() -> None:
    comparison = make_comparison()
    assert comparison.outcome is not None
    near = dataclasses.replace(comparison.outcome, length=Estimate(74.6, 60.0, 85.0, "%"))
    assert headline(result_of(dataclasses.replace(comparison, outcome=near)), T).startswith("74.6 % of the visible veins")
    assert headline(result_of(comparison), T).startswith("61 % of")
