"""The process that confined children are forked from: it has their libraries loaded, and no byte of a photo ever gets into it.

It has one thread, so that forking is sound.  On standard input, a socket, it takes a request and three descriptors: where the photo comes
from, where the answers go, and a line to the parent.  When that line's other end is closed the child is killed; when the child has ended
its exit status goes out on it.  The process ends when the parent has gone.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass
from typing import NoReturn

import cv2  # noqa: F401  # what the children ask about libjpeg's warnings

from photocompare.photo.decoding import child
from photocompare.photo.decoding.apart import STATUS

LONGEST_REQUEST = 1 << 16
"""Bytes of one request, a few hundred in use."""

_FIRST_OF_OTHERS = 3
"""Descriptors from here on are the parent's affairs."""

_MOST_DESCRIPTORS = 1 << 16
"""The lowest free number is given out, and a process has 1,024 of them unless it asks for more."""


@dataclass(frozen=True, eq=False)
class _Child:
    """A forked child: its number, a descriptor that becomes readable when it ends, and the line to whom it belongs."""

    number: int
    ending: int
    line: socket.socket


def main() -> NoReturn:
    """Entry of the process; standard input is the socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a copy of the command has the command's answer
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever started the parent may have let it be ignored
    control = socket.socket(fileno=os.dup(0))
    with selectors.DefaultSelector() as awaited:
        awaited.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in awaited.select():
                if key.data is not None:
                    _attend(key.data, awaited, ended=key.fileobj == key.data.ending)
                elif (forked := _fork(control)) is None:
                    _end_all(awaited)
                else:
                    for source in (forked.ending, forked.line):
                        awaited.register(source, selectors.EVENT_READ, forked)


def serve_as_copy(control: socket.socket) -> NoReturn:
    """Entry of a process that is a copy of its parent: it keeps nothing that the parent has open, and no word of its environment."""
    try:
        gc.disable()
        os.environ.clear()
        os.dup2(control.detach(), 0)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        os.closerange(_FIRST_OF_OTHERS, _MOST_DESCRIPTORS)
        sys.stdin = os.fdopen(0, closefd=False)  # as the parent's may have been closed
        main()
    finally:
        os._exit(1)


def _fork(control: socket.socket) -> _Child | None:
    """The child of the next request; None where nobody asks any more."""
    request, descriptors, _, _ = socket.recv_fds(control, LONGEST_REQUEST, 3)
    if not request:
        return None
    photo, answers, line = descriptors
    number = os.fork()
    if number == 0:
        _decode(request, photo, answers)
    os.close(photo)
    os.close(answers)
    return _Child(number, os.pidfd_open(number), socket.socket(fileno=line))


def _decode(request: bytes, photo: int, answers: int) -> NoReturn:
    """What a child does; it never comes back to what its parent does."""
    try:
        os.dup2(photo, 0)
        os.dup2(answers, 1)
        # Nothing through which it could ask for another child, or reach another one's photo.
        os.closerange(_FIRST_OF_OTHERS, _MOST_DESCRIPTORS)
        child.serve(json.loads(request))
    finally:
        os._exit(1)


def _attend(forked: _Child, awaited: selectors.BaseSelector, *, ended: bool) -> None:
    """A child that has ended, or that is wanted no more."""
    if forked.line.fileno() < 0:  # both at once, and attended to
        return
    if not ended:
        # It has not been waited for, so the number is its own.
        os.kill(forked.number, signal.SIGKILL)
        awaited.unregister(forked.line)
        return
    awaited.unregister(forked.ending)
    with contextlib.suppress(KeyError):
        awaited.unregister(forked.line)
    status = os.waitstatus_to_exitcode(os.waitpid(forked.number, 0)[1])
    with contextlib.suppress(OSError):
        forked.line.send(STATUS.pack(status), socket.MSG_NOSIGNAL)
    forked.line.close()
    os.close(forked.ending)


def _end_all(awaited: selectors.BaseSelector) -> NoReturn:
    for forked in {key.data.number for key in awaited.get_map().values() if key.data is not None}:
        os.kill(forked, signal.SIGKILL)
    os._exit(0)
