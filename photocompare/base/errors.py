"""Errors that reach a person: few, named, each with what to do next.

`PhotocompareError` and its children mean "bad usage, or a photo that can't be read": the command line prints
`str(error)` as one sentence and leaves with status 2.  A pair that can be read but not measured is no error: it is a
`Comparison` whose status is `not_comparable`.
"""

from __future__ import annotations


class PhotocompareError(Exception):
    """Base of all errors meant for the person at the screen; the message says what is wrong and what to do."""


class UsageError(PhotocompareError):
    """An argument is missing, malformed or contradicts another.

    Parameters
    ----------
    message : str
        The English sentence.
    code : str
        Name of that sentence in the other languages of the viewer; empty where the viewer never meets it.
    **values
        What fills the sentence's placeholders there.
    """

    def __init__(self, message: str = "", *, code: str = "", **values: object) -> None:
        super().__init__(message)
        self.code = code
        self.values = values


class PhotoError(PhotocompareError):
    """A file can't be used as a photo.

    Attributes
    ----------
    which : str
        "before" or "after" where it is known whose photo it is; else empty.
    number : int
        Which of that visit's photos, from 1; else 0.
    """

    which: str = ""
    number: int = 0


class NotAPhoto(PhotoError):
    """The bytes are not JPEG, PNG, TIFF, WebP or HEIC, whatever the file's name says."""


class UnsupportedJpeg(PhotoError):
    """The file is whole, but of a kind of JPEG that is not read: 12-bit, lossless, JPEG-LS, JPEG 2000, JPEG XL."""


class DicomFile(PhotoError):
    """The file is DICOM, as archives keep pictures, and the optional libraries that read it are not installed."""


class UnsupportedDicom(PhotoError):
    """The file is DICOM, but holds no single colour photo of a kind that is read."""


class TruncatedPhoto(PhotoError):
    """The picture data ends early or is damaged."""


class TooLarge(PhotoError):
    """More bytes or pixels than the limits allow, or decoding ran past its time or memory."""


class TooSmall(PhotoError):
    """Too few pixels to measure anything."""


class SeveralPictures(PhotoError):
    """The file holds an animation or several pages."""


class NotACollage(PhotoError):
    """One picture was to hold the photos of both visits, and does not, or not in the direction that was given."""


class UnsupportedColour(PhotoError):
    """The colours can't be brought to sRGB with certainty (CMYK without a profile, transparency, float data)."""


class AccessDenied(UsageError):
    """The person's role does not allow what was asked for."""


class StaleRecord(UsageError):
    """Somebody else changed the record since it was opened; nothing was overwritten."""


class RecordsUnusable(UsageError):
    """The records' database or photo store can't be used as it is: damaged, missing, of another version, or in an unsafe place."""


class DamagedPhoto(RecordsUnusable):
    """A stored file's bytes are no longer those that were stored."""
