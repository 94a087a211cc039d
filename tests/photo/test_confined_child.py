"""The confined child that decodes a photo, forked or started: what it may cost, what it may do, and that nothing it says is believed."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from photocompare.base.errors import PhotoError, TooLarge, TruncatedPhoto
from photocompare.photo.decoding import apart
from photocompare.photo.reading import PhotoLimits, read_photo, read_photos
from tests.support import hostile_files as make

where_children_are_forked = pytest.mark.skipif(not apart.can_fork(), reason="children are forked on Linux alone")


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


# --- what it may cost


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
    assert time.monotonic() - start < make.PROMPT_S


# --- what it says and does


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


COPIED = """
import os, sys, threading
sys.path[:0] = sys.argv[1:]
os.environ["PATIENT_DATABASE_PASSWORD"] = "hunter2"
held = open(os.devnull)
from photocompare.photo.decoding import apart, child, loaded
from photocompare.photo.reading import read_photo
from tests.support import hostile_files as make
serve = child.serve
def watched(request):
    if "PATIENT_DATABASE_PASSWORD" in os.environ or not set(os.listdir("/proc/self/fd")) <= {"0", "1", "2", "3"}:
        os._exit(1)
    serve(request)
child.serve = watched
"""


def said_by_copied(code: str) -> list[str]:
    """What a process says that has its children forked from a copy of itself."""
    command = [sys.executable, "-c", COPIED + code, str(Path(__file__).parents[2]), *apart.library_folders()]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # as the command line has it, for a single thread
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.split()


@where_children_are_forked
def test_a_copied_process_s_children_hold_nothing_of_it_and_read_photos() -> None:
    code = (
        "apart.prepare(by_copy=True); first = read_photo(make.png()); number = apart.LOADED_PROCESS.number; os.kill(number, 9)\n"
        "again = read_photo(make.png())\n"
        "print(type(apart.LOADED_PROCESS._running[0]).__name__, number != os.getpid(), (first.encoded == make.scene()).all(), "
        "(again.encoded == first.encoded).all())"
    )
    # The killed copy's place is taken by a new process: by then a photo has been read here.
    assert said_by_copied(code) == ["Popen", "True", "True", "True"]


@where_children_are_forked
@pytest.mark.parametrize("by_copy", [True, False])
def test_photos_are_read_where_ended_children_are_ignored(by_copy: bool) -> None:
    code = (
        f"import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); apart.prepare(by_copy={by_copy})\n"
        "number, photos = apart.LOADED_PROCESS.number, [read_photo(make.png()) for _ in range(5)]\n"
        "print(all((photo.encoded == make.scene()).all() for photo in photos), apart.LOADED_PROCESS.number == number)\n"
        "apart.LOADED_PROCESS.end(); print(apart.LOADED_PROCESS.number)"
    )
    assert said_by_copied(code) == ["True", "True", "None"]


@where_children_are_forked
@pytest.mark.parametrize(
    ("before", "kind"),
    [
        ("", "_Copy"),
        ("import photocompare.commands.compare", "_Copy"),
        ("threading.Thread(target=threading.Event().wait, daemon=True).start()", "Popen"),
        ("import onnxruntime", "Popen"),
    ],
)
def test_a_process_is_copied_only_while_it_is_small_and_has_one_thread(before: str, kind: str) -> None:
    code = f"{before}\napart.prepare(by_copy=True); print(type(apart.LOADED_PROCESS._running[0]).__name__)"
    assert said_by_copied(code) == [kind]


def test_a_child_that_was_let_go_of_is_killed(in_child: Callable[[str], None], tmp_path: Path) -> None:
    code = f"import os, time; open({str(tmp_path / 'number')!r}, 'w').write(str(os.getpid())); os.write(1, {READY!r}); time.sleep(60)"
    in_child(code)
    with pytest.raises(TooLarge, match="time or memory"):
        read_photo(make.png(), limits=PhotoLimits(wall_seconds=3.0))
    number = int((tmp_path / "number").read_text())
    deadline = time.monotonic() + make.PROMPT_S
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
