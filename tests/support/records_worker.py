"""What the fault tests run in processes of their own: each line on standard output is one acknowledged deed.

python records_worker.py DATABASE_URL PHOTOS_URL save NAME COUNT      saves COUNT comparisons of a new patient
python records_worker.py DATABASE_URL PHOTOS_URL fill BALLAST         saves until the disk is full, then removes the ballast and goes on
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path

from photocompare.base.errors import RecordsUnusable
from photocompare.records.access import Actor
from photocompare.records.places import Places
from photocompare.records.store import Records
from photocompare.records.upkeep import verify
from tests.support.made_records import new_comparison

PHOTO_BYTES = 20_000


def say(**what: object) -> None:
    """One line, out at once."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def save(records: Records, name: str, count: int) -> None:
    """Save one comparison after another, and say each once it is acknowledged."""
    actor = Actor(name, "local")
    key = records.add_patient(actor)
    for k in range(count):
        photo = f"{name} {os.getpid()} {k}".encode()
        saved = records.save_comparison(actor, new_comparison(key, region=f"region {k}", before_photos=(photo,)))
        say(id=saved.id, photo=photo.decode())


def fill(records: Records, ballast: Path, largest: int) -> None:
    """Until nothing more goes in; then with the ballast thrown out."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write past the limit fails instead of ending the process
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, limits[1]))
    actor = Actor("filler", "local")
    key = records.add_patient(actor)
    for k in range(1_000):
        photo = bytes([k % 251]) * PHOTO_BYTES + str(k).encode()
        try:
            saved = records.save_comparison(actor, new_comparison(key, region=f"region {k}", before_photos=(photo,)))
        except RecordsUnusable as error:
            say(error=str(error))
            break
        say(id=saved.id)
    ballast.unlink()
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    say(again=records.save_comparison(actor, new_comparison(key, region="afterwards")).id)
    found = verify(records, actor)
    say(problems=found.problems, unfinished=found.unfinished)


def main() -> None:
    """Run the deed that is named."""
    _, database_url, photos_url, deed, *rest = sys.argv
    records = Records(Places(database_url, photos_url))
    if deed == "save":
        save(records, rest[0], int(rest[1]))
    else:
        fill(records, Path(rest[0]), int(rest[1]) if rest[1:] else resource.RLIM_INFINITY)
    records.close()


if __name__ == "__main__":
    main()
