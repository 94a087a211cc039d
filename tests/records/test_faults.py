"""Nothing that was acknowledged is lost: not by kill -9, not by a full disk, not by four writers at once.

A round of kill -9 falls into any of some forty saves: a fault that loses one save in fifty shows in eight rounds as surely as in 25.
More rounds and saves are a matter of the two constants below.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from photocompare.records.access import LOCAL
from photocompare.records.photo_files import digest_of
from photocompare.records.places import Places, in_folder
from photocompare.records.schema import ComparisonRow, PhotoRow
from photocompare.records.store import Records
from photocompare.records.upkeep import verify

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[2]
WORKER = "tests.support.records_worker"
ROUNDS = 8
WRITERS = 4
SAVES_EACH = 50

LARGEST_FILE = "900000"
"""Bytes; the empty database has a third of that."""

LONGEST_ROUND_S = 0.6
"""A round's process saves a dozen times or more before it is killed."""


def start(places: Places, *deed: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", WORKER, places.database_url, places.photos_url, *deed]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)


def said(output: bytes) -> list[dict[str, Any]]:
    """Whole lines alone: the last may have been cut."""
    return [json.loads(line) for line in output.decode().split("\n")[:-1]]


def test_nothing_acknowledged_is_lost_in_rounds_of_kill_9(places: Places) -> None:
    chance = random.Random(20_261_123)
    acknowledged: list[dict[str, Any]] = []
    Records(places).close()
    for number in range(ROUNDS):
        process = start(places, "save", f"round {number}", "1000")
        assert process.stdout is not None
        first = process.stdout.readline()  # it is at work: the kill falls among saves, not among imports
        time.sleep(chance.uniform(0.0, LONGEST_ROUND_S))
        process.kill()
        rest, _ = process.communicate(timeout=30)
        assert process.returncode == -9
        acknowledged += said(first + rest)
    records = Records(places)
    found = verify(records, LOCAL)
    assert found.problems == ()
    assert len(acknowledged) >= ROUNDS
    with records.database.reading() as session:
        kept = set(session.scalars(select(ComparisonRow.id)))
        photos = set(session.scalars(select(PhotoRow.sha256)))
    assert {line["id"] for line in acknowledged} <= kept
    for line in acknowledged:
        digest = digest_of(line["photo"].encode())
        assert digest in photos
        assert records.photos.read(digest) == line["photo"].encode()
    # What was begun and never said is there whole or not at all; what is left beside its place goes with time.
    assert records.photos.clean_up(lambda digest: digest in photos, older_than_s=-1.0) == found.unfinished
    assert verify(records, LOCAL).problems == ()
    records.close()


def test_four_writers_at_once_lose_nothing_of_each_other(places: Places) -> None:
    Records(places).close()
    processes = [start(places, "save", f"writer {k}", str(SAVES_EACH)) for k in range(WRITERS)]
    lines: list[dict[str, Any]] = []
    for process in processes:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err.decode()
        lines += said(out)
    assert len({line["id"] for line in lines}) == WRITERS * SAVES_EACH
    records = Records(places)
    with records.database.reading() as session:
        assert set(session.scalars(select(ComparisonRow.id))) == {line["id"] for line in lines}
    assert verify(records, LOCAL).problems == ()
    records.close()


def full_disk(size: str) -> list[str]:
    """A command's beginning that runs it with a small disk at the folder which follows, gone with it."""
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    return [*unshare, "sh", "-c", f'mount -t tmpfs -o size={size} tmpfs "$0" && shift 0 && exec "$@"']


def can_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*full_disk("64k"), str(folder), "true"], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("photos_elsewhere", [True, False])
def test_a_full_disk_loses_nothing_and_says_so(tmp_path: Path, photos_elsewhere: bool) -> None:
    """On a disk of 1.5 MB; where no disk may be mounted, with files that may not grow."""
    small = tmp_path / "small"
    small.mkdir()
    places = in_folder(small)
    if photos_elsewhere:
        places = Places(places.database_url, str(tmp_path / "photos"))
    deed = [sys.executable, "-m", WORKER, places.database_url, places.photos_url, "fill", str(small / "ballast")]
    if can_mount(small):
        script = f'dd if=/dev/zero of={small}/ballast bs=1k count=300 2>/dev/null; exec "$@"'
        command = [*full_disk("1500k"), str(small), "sh", "-c", script, "sh", *deed]
        ended = subprocess.run(command, check=False, capture_output=True, timeout=120, cwd=ROOT)
    else:
        (small / "ballast").write_bytes(b"\0")
        ended = subprocess.run([*deed, LARGEST_FILE], check=False, capture_output=True, timeout=120, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr.decode()
    *saves, error, again, checked = said(ended.stdout)
    assert len(saves) >= 3
    assert "nothing was saved" in error["error"]
    assert "space" in error["error"]
    assert again["again"] == saves[-1]["id"] + 1
    assert checked == {"problems": [], "unfinished": 0}
