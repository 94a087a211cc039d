"""How the decoding child says no: codes that `photocompare.photo.decoding.call` turns into sentences."""

from __future__ import annotations

import struct

OUT_OF_MEMORY = 3
"""Exit status of a child that asked for more memory than it may have."""

MALFORMED = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    AttributeError,
    struct.error,
)
"""What Pillow and pillow-heif raise on malformed bytes: their parsers don't wrap their errors."""


class CannotDecode(Exception):
    """The photo can't be used.

    Parameters
    ----------
    code : str
        A key of `photocompare.photo.decoding.call.REFUSALS`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
