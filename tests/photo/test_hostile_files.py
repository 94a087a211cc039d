"""What the door does with damaged, hostile and odd files: one group of tests for each promise."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photocompare.base.errors import (
    NotAPhoto,
    PhotoError,
    SeveralPictures,
    TooLarge,
    TooSmall,
    TruncatedPhoto,
    UnsupportedColour,
)
from photocompare.photo.decoding import apart
from photocompare.photo.decoding.checks import jpeg_end, require_whole
from photocompare.photo.decoding.refusal import CannotDecode
from photocompare.photo.reading import PhotoLimits, read_photo, read_photos
from tests.support import hostile_files as make

PROMPT_S = 20.0
"""A refusal may take this long on a busy machine; the CPU limit would end it at 20 s of its own time."""


# --- 1, 2: cut and damaged


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_a_cut_file_is_refused(kind: str) -> None:
    whole = make.encoded(make.scene(), kind, **({"compression": "tiff_lzw"} if kind == "TIFF" else {}))
    for share in (0.99, 0.9, 0.5, 0.2):
        with pytest.raises(TruncatedPhoto, match="ends early or is damaged"):
            read_photo(make.cut(whole, share))


def test_a_progressive_jpeg_cut_between_scans_is_refused() -> None:
    whole = make.jpeg(progressive=True)
    with pytest.raises(TruncatedPhoto):
        read_photo(whole[: whole.rfind(b"\xff\xda")])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIF"])
def test_a_file_filled_up_with_zeros_is_refused(kind: str) -> None:
    with pytest.raises(TruncatedPhoto):
        read_photo(make.zero_filled(make.encoded(make.scene(), kind), 0.7))


def test_a_jpeg_overwritten_in_its_scan_is_flagged() -> None:
    """No promise can be made for every such file; most lose step, which libjpeg notices."""
    flagged = ["decoder_warning" in read_photo(make.overwritten(make.jpeg(), seed=seed)).flags for seed in range(5)]
    assert sum(flagged) >= 4


def test_padding_before_the_end_marker_is_no_damage() -> None:
    assert read_photo(make.with_padding(make.jpeg())).flags == ()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_one_flipped_bit_in_a_png_is_refused(share: float) -> None:
    damaged = bytearray(make.png())
    damaged[int(len(damaged) * share)] ^= 4
    with pytest.raises(TruncatedPhoto):
        read_photo(bytes(damaged))


def test_the_end_of_a_jpeg_is_its_own_and_not_its_thumbnails() -> None:
    whole = make.jpeg()
    thumbnail = make.jpeg_segment(0xE1, b"Exif\0\0" + make.jpeg(make.scene(40, 40)))
    assert jpeg_end(whole) == len(whole) - 2
    assert jpeg_end(make.jpeg_with(thumbnail)) == len(whole) + len(thumbnail) - 2
    assert jpeg_end(make.jpeg_with(thumbnail)[: len(thumbnail) + 600]) == -1
    for restarts in (make.jpeg(restart_marker_rows=1), make.jpeg(progressive=True)):
        assert jpeg_end(restarts) == len(restarts) - 2


def test_no_byte_changed_in_a_container_makes_the_checks_fail_otherwise() -> None:
    """Mutation of small seeds: the parent's and the child's own parsers either pass or refuse, they never crash or hang."""
    generator = np.random.default_rng(5)
    for kind in ("JPEG", "PNG", "WEBP", "HEIF"):
        seed = make.encoded(make.scene(32, 40), kind)
        for position in range(0, min(len(seed), 600)):
            mutated = bytearray(seed)
            mutated[position] = generator.integers(256)
            with suppress(CannotDecode):
                require_whole(bytes(mutated), kind)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_mutated_photos_are_read_or_refused(kind: str) -> None:
    whole = make.encoded(make.scene(256, 256), kind)
    generator = np.random.default_rng(6)
    for _ in range(4):
        mutated = bytearray(whole)
        for position in generator.integers(4, min(len(whole), 400), 3):
            mutated[position] = generator.integers(256)
        with suppress(PhotoError):
            assert read_photo(bytes(mutated)).encoded.ndim == 3


# --- 3, 13: no photos


@pytest.mark.parametrize("name", sorted(make.NOT_PHOTOS))
def test_what_is_no_photo_is_refused_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.NOT_PHOTOS[name])
    with pytest.raises(NotAPhoto, match="not a JPEG, PNG, TIFF, WebP, HEIC or DICOM") as caught:
        read_photo(path)
    assert "photo.jpg" not in str(caught.value)


def test_no_child_is_started_for_what_is_no_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("photocompare.photo.decoding.call.child", lambda _: pytest.fail("asked for a child"))
    for data in make.NOT_PHOTOS.values():
        with pytest.raises(NotAPhoto):
            read_photo(data)


def test_a_magic_number_with_nothing_behind_it_is_damaged() -> None:
    for magic in (b"\xff\xd8\xff\xe0", make.png()[:40], b"II*\0" + bytes(20), b"RIFF\x10\0\0\0WEBP", make.heic()[:60]):
        with pytest.raises(TruncatedPhoto):
            read_photo(magic)


def test_camera_raw_is_refused() -> None:
    with pytest.raises(NotAPhoto, match="camera raw"):
        read_photo(make.tiff_pages(1, subfile=1))


def test_things_that_are_no_files(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe.jpg"
    os.mkfifo(fifo)
    for path in (tmp_path, fifo, Path("/dev/zero")):
        with pytest.raises(NotAPhoto, match="folder or a device"):
            read_photo(path)
    for path in (tmp_path / "Anna.jpg", tmp_path / "a\0b", tmp_path / ("x" * 400)):
        with pytest.raises(PhotoError, match="can't be opened") as caught:
            read_photo(path)
        assert "Anna" not in str(caught.value)


# --- 4, 5, 6, 7: sizes and bombs


@pytest.mark.parametrize(("width", "height"), [(14_000, 14_000), (60_000, 60_000), (20_001, 300), (300, 20_001), (2**31 - 1, 2**31 - 1)])
def test_a_header_that_promises_too_much_is_refused_before_pixels_exist(width: int, height: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooLarge, match="120 megapixels"):
        read_photo(make.png_claiming(width, height))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_header_within_the_limits_without_data_is_damaged() -> None:
    with pytest.raises(TruncatedPhoto):
        read_photo(make.png_claiming(10_000, 10_000))


def test_too_many_bytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(60_000_001)
    for source in (path, bytes(60_000_001)):
        with pytest.raises(TooLarge, match="60 MB"):
            read_photo(source)


@pytest.mark.parametrize(
    ("name", "error"),
    [("text", TooLarge), ("pages", SeveralPictures), ("loop", PhotoError), ("exif loop", None), ("frames", SeveralPictures)],
)
def test_what_unfolds_without_end_is_settled_in_time(name: str, error: type[PhotoError] | None) -> None:
    data = {
        "text": make.png_text_bomb,
        "pages": lambda: make.tiff_pages(10_000),
        "loop": lambda: make.tiff_pages(2, loop=True),
        "exif loop": make.tiff_with_looping_exif,
        "frames": lambda: make.animated("WEBP", 500),
    }[name]()
    start = time.monotonic()
    if error is None:
        np.testing.assert_array_equal(read_photo(data).encoded, make.scene())
    else:
        with pytest.raises(error):
            read_photo(data)
    assert time.monotonic() - start < PROMPT_S


def test_memory_is_limited() -> None:
    with pytest.raises(TooLarge, match="time or memory"):
        read_photo(make.png_pixel_bomb(5_000), limits=PhotoLimits(memory_bytes=130_000_000))


def test_processor_time_is_limited() -> None:
    with pytest.raises(TooLarge, match="time or memory"):
        read_photo(make.png_pixel_bomb(5_000), limits=PhotoLimits(cpu_seconds=0))


def test_wall_time_is_limited(in_child: Callable[[str], None]) -> None:
    in_child("import time; time.sleep(60)")
    start = time.monotonic()
    with pytest.raises(TooLarge, match="time or memory"):
        read_photo(make.png(), limits=PhotoLimits(wall_seconds=0.3))
    assert time.monotonic() - start < PROMPT_S


def test_a_large_photo_is_read_whole() -> None:
    photo = read_photo(make.jpeg(np.tile(make.scene(400, 400), (15, 20, 1)), quality=80))
    assert (photo.facts.height, photo.facts.width) == (6000, 8000)
    linear, factor = photo.working(2_000_000)
    assert linear.shape[0] * linear.shape[1] == pytest.approx(2_000_000, rel=0.01)
    assert factor == pytest.approx((2e6 / 48e6) ** 0.5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (64, 64), (1, 20_000), (239, 4000)])
def test_too_small_is_refused(height: int, width: int) -> None:
    with pytest.raises(TooSmall, match="240 pixels"):
        read_photo(make.png(np.full((height, width, 3), 128, dtype=np.uint8)))


# --- 8, 9, 10: modes


def test_cmyk_needs_a_profile_that_works() -> None:
    for profile in (None, b"garbage" * 40, make.WIDE_PROFILES["Display P3"]):
        with pytest.raises(UnsupportedColour, match="CMYK"):
            read_photo(make.cmyk_jpeg(profile=profile))
    photo = read_photo(make.cmyk_jpeg(profile=make.cmyk_profile()))
    assert photo.facts.colour_space == "CMYK profile"
    # Paper is white; full cyan of the ideal press is (0, 255, 255), within the 8-bit Lab of the profile.
    np.testing.assert_allclose(photo.encoded[128, 32], (255, 255, 255), atol=2)
    np.testing.assert_allclose(photo.encoded[128, 224], (0, 255, 255), atol=8)


@pytest.mark.parametrize("mode", ["1", "F", "I"])
def test_data_without_certain_colours_is_refused(mode: str) -> None:
    with pytest.raises(UnsupportedColour):
        read_photo(make.encoded(make.grey(mode), "TIFF"))


def test_transparency_is_refused_and_opaque_alpha_dropped() -> None:
    with pytest.raises(UnsupportedColour, match="transparent"):
        read_photo(make.alpha_png(254))
    np.testing.assert_array_equal(read_photo(make.alpha_png(255)).encoded, make.scene())
    with pytest.raises(UnsupportedColour, match="transparent"):
        read_photo(make.png(Image.fromarray(make.scene()).quantize(32), transparency=3))
    with pytest.raises(UnsupportedColour, match="transparent"):
        read_photo(make.png(Image.merge("LA", (make.grey("L"), make.grey("L")))))


def test_a_palette_is_a_photo_written_anew() -> None:
    photo = read_photo(make.png(Image.fromarray(make.scene()).quantize(256)))
    assert photo.facts.has_colour
    assert photo.flags == ("recompressed",)
    assert np.abs(photo.encoded.astype(int) - make.scene()).mean() < 8


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_sixteen_bits_are_reduced_and_said(kind: str) -> None:
    colour = read_photo(make.deep(kind))
    np.testing.assert_array_equal(colour.encoded, make.scene())
    assert (colour.facts.bit_depth, colour.flags) == (16, ("reduced_bit_depth",))
    grey = read_photo(make.deep(kind, grey=True))
    np.testing.assert_array_equal(grey.encoded[:, :, 0], make.scene()[:, :, 1])
    assert (grey.facts.bit_depth, grey.flags) == (16, ("no_colour", "reduced_bit_depth"))


# --- 11, 16, 17: several pictures, gain maps


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animations_are_refused(kind: str) -> None:
    with pytest.raises(SeveralPictures):
        read_photo(make.animated(kind, 3))


def test_a_heif_sequence_is_refused() -> None:
    with pytest.raises(SeveralPictures):
        read_photo(b"\0\0\0\x18ftyphevc\0\0\0\0hevcmsf1" + bytes(100))


def test_the_main_picture_of_a_cameras_file_is_used() -> None:
    photo = read_photo(make.mpo())
    assert photo.flags == ("primary_of_several",)
    assert photo.encoded.shape == (260, 340, 3)
    several = make.heic(save_all=True, append_images=[Image.fromarray(make.scene(seed=9))])
    assert read_photo(several).flags == ("primary_of_several",)


def test_a_gain_map_is_noted_and_the_standard_picture_used() -> None:
    for data in (make.jpeg_gain_map(), make.heic_gain_map()):
        photo = read_photo(data)
        assert photo.facts.gain_map
        assert photo.flags == ("tone_mapped",)
        assert np.abs(photo.encoded.astype(int) - make.scene()).mean() < 3


def test_ten_bit_heic() -> None:
    photo = read_photo(make.heic_ten_bit())
    assert (photo.facts.bit_depth, photo.flags) == (10, ("reduced_bit_depth",))
    assert np.abs(photo.encoded.astype(int) - make.scene()).mean() < 3


def test_heic_with_an_hdr_curve_is_refused() -> None:
    with pytest.raises(UnsupportedColour, match="HDR"):
        read_photo(make.heic(color_primaries=9, transfer_characteristics=16, matrix_coefficients=9, full_range_flag=1))


# --- 12, 18: what else a file may carry


def test_a_tail_of_another_kind_is_never_looked_at() -> None:
    assert read_photo(make.polyglot()).flags == ()


@pytest.mark.parametrize(
    "tags", [b"", b"II*\0\xff\xff\xff\xff", b"garbage", b"MM\0*\0\0\0\x08\xff\xff" + b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x08" * 50]
)
def test_malformed_exif_counts_as_none(tags: bytes) -> None:
    photo = read_photo(make.jpeg_with(make.jpeg_segment(0xE1, b"Exif\0\0" + tags)))
    assert photo.facts.camera_make is None
    assert photo.encoded.shape == (260, 340, 3)


# --- 15: profiles


def test_profiles_that_are_no_use_are_flagged() -> None:
    for data in (
        make.png(icc_profile=b"garbage" * 40),
        make.png(icc_profile=make.WIDE_PROFILES["Display P3"][:200]),
        make.png(icc_profile=make.cmyk_profile()),
        make.png(exif=make.exif_block({0xA001: 65535})),
    ):
        photo = read_photo(data)
        assert photo.facts.colour_space == "unknown"
        assert photo.flags == ("unknown_colour_space",)
        np.testing.assert_array_equal(photo.encoded, make.scene())


def test_a_grey_photo_with_a_colour_profile_stays_grey() -> None:
    photo = read_photo(make.png(make.grey("L"), icc_profile=make.WIDE_PROFILES["Display P3"]))
    assert photo.flags == ("no_colour",)
    assert np.ptp(photo.encoded.astype(int), axis=2).max() <= 1


# --- the child


@pytest.fixture(params=["forked", "started"])
def in_child(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Lets children run other code than the decoder's, in either way in which they come about."""
    forks = request.param == "forked"
    if forks and not apart.can_fork():
        pytest.skip("children are forked on Linux alone")
    loaded = apart.LoadedProcess()
    monkeypatch.setattr(apart, "LOADED_PROCESS", loaded)
    monkeypatch.setattr(apart, "can_fork", lambda: forks)

    def run(code: str) -> None:
        monkeypatch.setattr(apart, "CHILD", code)
        said = f"from photocompare.photo.decoding import child, loaded; child.serve = lambda _: exec({code!r}, {{}}); loaded.main()"
        monkeypatch.setattr(apart, "LOADED", apart.PATHS + said)
        loaded.end()

    yield run
    loaded.end()


def refused_by_child(in_child: Callable[[str], None], code: str) -> PhotoError:
    in_child(code)
    with pytest.raises(PhotoError) as caught:
        read_photo(make.png())
    return caught.value


READY = b'{"kind": "ready", "size": 0}\n'


def test_a_child_that_dies_is_a_refusal(in_child: Callable[[str], None]) -> None:
    ready = f"import os; os.write(1, {READY!r}); "
    assert isinstance(refused_by_child(in_child, ready + "os.kill(os.getpid(), 11)"), TruncatedPhoto)
    assert isinstance(refused_by_child(in_child, ready + "raise AttributeError"), TruncatedPhoto)
    assert isinstance(refused_by_child(in_child, ready + "os.kill(os.getpid(), 9)"), TooLarge)
    assert "could not start" in str(refused_by_child(in_child, "import no_such_library"))
    assert "could not start" in str(refused_by_child(in_child, "print('something else')"))


def photo_line(**changes: object) -> bytes:
    """The line before the pixels of a photo of 300 x 300."""
    return json.dumps({"kind": "photo", "size": 270_000, "width": 300, "height": 300, "flags": [], **changes}).encode() + b"\n"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{}\n",
        b"null\n",
        b"\xff\xff\xff\xff\n",
        b"[" * 100_000 + b"\n",
        b"x" * 2_000_000,
        photo_line(height=9_999_999_999),
        photo_line(height=float("inf")),
        photo_line(size=10),
        photo_line(size=-1),
        photo_line(size=1 << 40),
        photo_line(),
        photo_line() + bytes(270_000),
        photo_line() + bytes(270_000) + b'{"kind": "done", "size": 0}\n',
        photo_line(flags=7) + bytes(270_000) + b'{"kind": "done", "size": 0, "flags": []}\n',
        b'{"kind": "refused", "size": 0, "code": "<script>"}\n',
        b'{"kind": "refused", "size": 0}\n',
    ],
    ids=lambda said: said[:40].decode("ascii", "replace"),
)
def test_nothing_is_taken_from_the_child_on_trust(in_child: Callable[[str], None], tmp_path: Path, said: bytes) -> None:
    (tmp_path / "said").write_bytes(READY + said)
    copied = f"out.write(open({str(tmp_path / 'said')!r}, 'rb').read()); out.flush()"
    code = f"import sys; sys.stdin.buffer.read(); out = sys.stdout.buffer; {copied}"
    error = refused_by_child(in_child, code)
    assert isinstance(error, TruncatedPhoto)
    assert "script" not in str(error)


def test_the_child_gives_up_what_it_does_not_need(tmp_path: Path) -> None:
    probe = (
        "import os, resource, sys; sys.path[:0] = sys.argv[1:-1]\n"
        "from photocompare.photo.decoding.child import confine\n"
        "confine({'memory_bytes': 2_000_000_000, 'cpu_seconds': 20, 'open_files': 64})\n"
        "try:\n    os.write(os.open(sys.argv[-1], os.O_CREAT | os.O_WRONLY), b'x')\n    print('wrote')\n"
        "except OSError as error:\n    print(error.errno)\n"
        "print(resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_NOFILE)[0])\n"
    )
    command = [sys.executable, "-I", "-c", probe, *apart.library_folders(), str(tmp_path / "x")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[0] == str(errno.EFBIG)
    assert said[1] == "2000000000 64"


def test_the_child_keeps_nothing_of_the_environment(in_child: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATIENT_DATABASE_PASSWORD", "hunter2")
    code = f"import os; os.write(1, b'?' if 'PATIENT_DATABASE_PASSWORD' in os.environ else {READY!r})"
    assert isinstance(refused_by_child(in_child, code), TruncatedPhoto)


def test_a_forked_child_holds_nothing_of_its_parent_and_of_other_photos(in_child: Callable[[str], None]) -> None:
    code = f"import os; os.write(1, {READY!r} if set(os.listdir('/proc/self/fd')) <= {{'0', '1', '2', '3'}} else b'?')"
    assert isinstance(refused_by_child(in_child, code), TruncatedPhoto)


def test_photos_are_read_again_after_the_process_with_the_libraries_was_killed() -> None:
    if not apart.can_fork():
        pytest.skip("children are forked on Linux alone")
    first = read_photo(make.png())
    killed = apart.LOADED_PROCESS.number
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    np.testing.assert_array_equal(read_photo(make.png()).encoded, first.encoded)
    assert apart.LOADED_PROCESS.number not in (None, killed)


def test_a_child_that_was_let_go_of_is_killed(in_child: Callable[[str], None], tmp_path: Path) -> None:
    code = f"import os, time; open({str(tmp_path / 'number')!r}, 'w').write(str(os.getpid())); os.write(1, {READY!r}); time.sleep(60)"
    in_child(code)
    with pytest.raises(TooLarge, match="time or memory"):
        read_photo(make.png(), limits=PhotoLimits(wall_seconds=3.0))
    number = int((tmp_path / "number").read_text())
    deadline = time.monotonic() + PROMPT_S
    while Path(f"/proc/{number}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{number}").exists()


def test_photos_read_at_the_same_time_are_not_mixed_up() -> None:
    pictures = [np.full((300, 300, 3), level, np.uint8) for level in range(20, 220, 10)]
    for picture, photo in zip(pictures, read_photos([make.png(picture) for picture in pictures]), strict=True):
        np.testing.assert_array_equal(photo.encoded, picture)


def test_a_photo_module_in_the_working_folder_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "PIL.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(read_photo(make.png()).encoded, make.scene())
