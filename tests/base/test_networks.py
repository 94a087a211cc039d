"""The networks' library runs without telling anybody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_no_report_of_the_machine_is_kept_or_sent(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    for folder in (home, temporary):
        folder.mkdir()
    places = ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "ORT_DISABLE_TELEMETRY")
    elsewhere = {name: value for name, value in os.environ.items() if name not in places}
    opening = "from photocompare.veins.network import open_networks; open_networks(reduced=True)"
    done = subprocess.run(
        [sys.executable, "-c", opening],
        env={**elsewhere, "HOME": str(home), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for folder in (home, temporary) for path in folder.rglob("*")] == []
