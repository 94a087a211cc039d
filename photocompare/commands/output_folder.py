"""The checks of `--out`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from photocompare.base.errors import UsageError


def check_output_folder(out: Path) -> None:
    """Fail before the work rather than after.  UsageError for a file."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; give a folder.")


def check_inputs_stay(out: Path, inputs: Iterable[Path]) -> None:
    """Fail where a result's file would take the place of a file that it is made of.

    Raises
    ------
    UsageError
    """
    folder = out.resolve()
    inside = [file for file in inputs if file.resolve().parent == folder]
    if not inside:
        return
    from photocompare.report.files.comparison_files import OWN_FILES  # draws, and takes a moment to load

    for file in inside:
        if file.resolve().name in OWN_FILES:
            raise UsageError(f"{file} would be overwritten by the result's own file; choose another folder for --out.")
