"""The check of `--out` that several commands share."""

from __future__ import annotations

from pathlib import Path

from photocompare.base.errors import UsageError


def check_output_folder(out: Path) -> None:
    """Fail before the work rather than after.  UsageError for a file."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; give a folder.")
