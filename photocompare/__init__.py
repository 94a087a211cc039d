"""Percent clearance of visible leg veins from a before and an after photograph.

`compare` is the whole measurement; the stages that serve by themselves stand here too.  Public names are loaded on first use, so that
the photo decoder's child process (`photocompare.photo.decoding.child`) starts without the measuring libraries.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from photocompare.comparison import Comparison, compare
    from photocompare.leg.field import Field, find_field
    from photocompare.phantom import simple_pair
    from photocompare.photo.reading import Photo, read_photo
    from photocompare.prepared_photo import PreparedPhoto, prepare_photo
    from photocompare.registration import Registration, register
    from photocompare.settings import Settings
    from photocompare.veins.network import read_skin
    from photocompare.veins.pieces import find_veins

__version__ = "0.1.0"
__all__ = [
    "Comparison",
    "Field",
    "Photo",
    "PreparedPhoto",
    "Registration",
    "Settings",
    "__version__",
    "compare",
    "find_field",
    "find_veins",
    "prepare_photo",
    "read_photo",
    "read_skin",
    "register",
    "simple_pair",
]

_HOMES = {
    "Comparison": "photocompare.comparison",
    "Field": "photocompare.leg.field",
    "Photo": "photocompare.photo.reading",
    "PreparedPhoto": "photocompare.prepared_photo",
    "Registration": "photocompare.registration",
    "Settings": "photocompare.settings",
    "compare": "photocompare.comparison",
    "find_field": "photocompare.leg.field",
    "find_veins": "photocompare.veins.pieces",
    "prepare_photo": "photocompare.prepared_photo",
    "read_photo": "photocompare.photo.reading",
    "read_skin": "photocompare.veins.network",
    "register": "photocompare.registration",
    "simple_pair": "photocompare.phantom",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
