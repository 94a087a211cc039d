"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from photocompare.base.safe_files import staging, write_whole, written_privately

LONG_AGO = 1_000_000_000

HOLDING = """
import os, sys
from pathlib import Path
from photocompare.base.safe_files import staging, write_whole, written_privately
with staging(Path(sys.argv[1])) as hidden:
    (hidden / "before_normalised.png").write_bytes(b"skin")
    os.utime(hidden, (1_000_000_000, 1_000_000_000))
    print(hidden, flush=True)
    sys.stdin.read()
"""


def test_folders_that_were_made_for_nothing_go_and_those_that_were_there_stay(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="disk"), staging(tmp_path / "clinic" / "july" / "leg"):
        raise OSError("the disk is full")
    assert list(tmp_path.iterdir()) == []
    with staging(tmp_path / "clinic" / "july") as hidden:
        (hidden / "one").write_text("1")
        (hidden / "one").replace(tmp_path / "clinic" / "july" / "one")
    assert [path.name for path in (tmp_path / "clinic" / "july").iterdir()] == ["one"]


@pytest.mark.skipif(os.name != "posix", reason="only there are folders locked")
def test_what_a_killed_process_left_goes_and_what_a_running_one_holds_stays(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDING, str(tmp_path)], stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout is not None
        held = Path(holder.stdout.readline().strip())
        with staging(tmp_path):
            assert (held / "before_normalised.png").exists()
        holder.kill()
    assert held.exists()
    with staging(tmp_path):
        assert not held.exists()


def test_a_folder_that_was_made_this_moment_is_left_to_its_maker(tmp_path: Path) -> None:
    (tmp_path / ".photocompare-young").mkdir()
    with staging(tmp_path):
        assert (tmp_path / ".photocompare-young").exists()
    os.utime(tmp_path / ".photocompare-young", (LONG_AGO, LONG_AGO))
    with staging(tmp_path):
        assert not (tmp_path / ".photocompare-young").exists()


def _privately(path: Path) -> None:
    with written_privately(path) as file:
        file.write(b"new")


@pytest.mark.parametrize("write", [lambda path: write_whole(path, b"new"), _privately])
def test_what_fails_is_told_of_the_file_that_was_asked_for(write: Callable[[Path], None], tmp_path: Path) -> None:
    missing = tmp_path / "nowhere" / "card.pdf"
    with pytest.raises(FileNotFoundError) as told:
        write(missing)
    assert told.value.filename == str(missing)
