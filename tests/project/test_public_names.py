"""The names that the package itself exports."""

from __future__ import annotations

import subprocess
import sys

import photocompare


def test_every_public_name_is_there() -> None:
    missing = [name for name in photocompare.__all__ if not hasattr(photocompare, name)]
    assert missing == []


def test_the_package_alone_loads_no_measuring_library() -> None:
    said = "import sys, photocompare; print(sorted({'numpy', 'cv2', 'scipy', 'skimage', 'onnxruntime'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
