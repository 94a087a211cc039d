"""Reading a file that somebody named: a regular one, of a known size at most, and never waiting for the other end of a pipe."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class NotRegular(OSError):
    """A folder, a pipe or a device."""


class TooLong(OSError):
    """More bytes than were allowed."""


def regular_bytes(path: Path, most: int) -> bytes:
    """All bytes of a regular file.

    Parameters
    ----------
    path : Path
    most : int
        Bytes that it may have.

    Raises
    ------
    NotRegular
    TooLong
    OSError
        It can't be opened or read.
    """
    try:
        # Without O_NONBLOCK a named pipe would block for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError:  # a null character
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotRegular(errno.EINVAL, "it is a folder, a pipe or a device, not a file")
        if status.st_size <= most:
            with open(descriptor, "rb", closefd=False) as file:
                data = file.read(most + 1)  # it may have grown meanwhile
            if len(data) <= most:
                return data
        raise TooLong(errno.EFBIG, os.strerror(errno.EFBIG))
    finally:
        os.close(descriptor)
