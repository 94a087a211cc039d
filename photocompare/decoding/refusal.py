"""Why the decoding child refuses a photo, as a code that `photocompare.decoding.call` turns into a sentence."""

from __future__ import annotations

import struct

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


class Refusal(Exception):  # noqa: N818  (a verdict on the photo, not a fault of the program)
    """The photo can't be used.

    Parameters
    ----------
    code : str
        A key of `photocompare.decoding.call.REFUSALS`.
    **numbers : int
        Figures for the sentence.
    """

    def __init__(self, code: str, **numbers: int) -> None:
        super().__init__(code)
        self.code = code
        self.numbers = numbers
