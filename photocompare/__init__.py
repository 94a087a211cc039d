"""Percent clearance of visible leg veins from a before and an after photograph.

Public names are loaded on first use, so that the photo decoder's child process
(`photocompare._decode_child`) starts without the measuring libraries.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photocompare.comparison import Comparison, compare
    from photocompare.photo.reading import Photo, read_photo
    from photocompare.settings import Settings

__version__ = "0.1.0"
__all__ = ["Comparison", "Photo", "Settings", "__version__", "compare", "read_photo"]

_HOMES = {
    "Comparison": "photocompare.comparison",
    "Photo": "photocompare.photo.reading",
    "Settings": "photocompare.settings",
    "compare": "photocompare.comparison",
    "read_photo": "photocompare.photo.reading",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
