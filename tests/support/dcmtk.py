"""DICOM files as another program reads them: DCMTK's, which .ci/run installs."""

from __future__ import annotations

import shutil
import subprocess


def said_by(program: str, *arguments: object) -> str:
    """What one of DCMTK's programs says of a file, without an error."""
    found = shutil.which(program)
    assert found is not None, f"{program} is missing; install the package dcmtk"
    done = subprocess.run([found, *map(str, arguments)], capture_output=True, text=True, check=True)
    assert not [line for line in done.stderr.splitlines() if line.startswith(("E:", "F:"))]
    return done.stdout
