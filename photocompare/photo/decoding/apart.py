"""Confined children, seen from the parent: each decodes one photo and ends.

Where the system can, they are forked from a process that has their libraries loaded and has seen no photo (`loaded`): loading takes ten
times as long as decoding.  That one is a new process, or a copy of this one as it was before its first photo.  Elsewhere each child is a
new process that loads the libraries itself.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Protocol

from photocompare.base.messages import let_go, pipes_of

LIBRARIES = ("photocompare", "PIL", "pillow_heif", "numpy", "cv2", "pydicom", "jpeg_ls", "gdcm", "pylibjpeg")
"""The last four serve DICOM alone and may be absent."""

VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "PATH")
"""All of the environment that a child is given: what the system needs to find libraries."""

PATHS = "import gc, sys; gc.disable(); sys.path[:0] = [folder for folder in sys.argv[1:-1] if folder not in sys.path]; "
"""`python -I` passes over the working folder, PYTHONPATH and the user's site: the folders of the libraries are handed over.  One photo's
objects need no look for those that hold each other."""

CHILD = PATHS + "from photocompare.photo.decoding.child import main; main()"

LOADED = PATHS + "from photocompare.photo.decoding.loaded import main; main()"

_PIPE_BYTES = 1 << 20
"""The most that Linux gives to whoever asks (`fs.pipe-max-size`)."""

STATUS = struct.Struct("=i")
"""How a forked child ended, as `subprocess` has it: below 0 by a signal."""


class Child(Protocol):
    """A child that was asked for one photo; its standard input takes the file."""

    @property
    def requests(self) -> IO[bytes]: ...

    @property
    def answers(self) -> IO[bytes]: ...

    def kill(self) -> None:
        """End it, at once and from any thread."""

    def wait(self) -> int:
        """Its exit status once it has ended, below 0 by a signal."""

    def close(self) -> None:
        """End it and let go of it."""


def child(request: str) -> Child:
    """A child that has been handed `request`, the JSON that `photocompare.photo.decoding.child` takes."""
    return LOADED_PROCESS.forked(request) if can_fork() else _Started(request)


def prepare(*, by_copy: bool = False) -> None:
    """Have the libraries loaded before the first photo comes, where children are forked.

    Parameters
    ----------
    by_copy : bool
        This process is going to load the same libraries: it loads them first, and a copy of it serves.  Only while it is small and has a
        single thread; a new process serves otherwise.
    """
    if can_fork():
        LOADED_PROCESS.start(by_copy=by_copy)


def _may_be_copied() -> bool:
    """Forking is sound with one thread, and what measuring loads would count against the children's memory."""
    try:
        threads = len(list(Path("/proc/self/task").iterdir()))
    except OSError:  # a system that doesn't show its processes
        return False
    return threads == 1 and "onnxruntime" not in sys.modules


@functools.cache
def can_fork() -> bool:
    """Whether children can be forked and watched: on Linux from 5.3 on."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


def _close(*streams: IO[bytes]) -> None:
    for stream in streams:
        with contextlib.suppress(OSError):
            stream.close()


@functools.cache
def library_folders() -> tuple[str, ...]:
    """Where this process found what the child imports."""
    specs = (importlib.util.find_spec(name) for name in LIBRARIES)
    folders = (str(Path(spec.origin).resolve().parent.parent) for spec in specs if spec is not None and spec.origin)
    return tuple(dict.fromkeys(folders))


def _process(code: str, request: str, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name in VARIABLES}
    # One thread each: thread pools reserve memory that the limit would count, and only one may be there when a process forks.
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENCV_LOG_LEVEL": "SILENT"}
    command = [sys.executable, "-I", "-B", "-c", code, *library_folders(), request]
    return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, env=environment)


def _copied(control: socket.socket) -> _Copy:
    from photocompare.photo.decoding import loaded

    number = os.fork()
    if number == 0:
        loaded.serve_as_copy(control)
    return _Copy(number)


def _pipe() -> tuple[int, int]:
    """Both ends of a pipe that takes as much as the system lets it: of the usual 64 KiB a photo needs hundreds."""
    import fcntl

    ends = os.pipe()
    with contextlib.suppress(OSError):
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return ends


class _Started:
    """A child that is a new process."""

    def __init__(self, request: str) -> None:
        self._process = _process(CHILD, request, subprocess.PIPE, subprocess.PIPE)
        self.requests, self.answers = pipes_of(self._process)

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> int:
        return self._process.wait()

    def close(self) -> None:
        let_go(self._process)


class _Copy:
    """A copy of this process, watched as `subprocess` watches one that it started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._lock = threading.Lock()
        self._status: int | None = None

    def poll(self) -> int | None:
        return self._ended(os.WNOHANG)

    def wait(self) -> int:
        return self._ended(0) or 0

    def _ended(self, how: int) -> int | None:
        with self._lock:
            if self._status is None:
                try:
                    number, status = os.waitpid(self.pid, how)
                except ChildProcessError:  # nobody is told of ended children where SIGCHLD is ignored
                    number, status = self.pid, 0
                self._status = os.waitstatus_to_exitcode(status) if number else None
            return self._status


class _Forked:
    """A child that was forked from the process with the libraries loaded, which ends it when the line to it is closed."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes], line: socket.socket, parent: _Running) -> None:
        self.requests, self.answers = requests, answers
        self._line, self._parent = line, parent

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_WR)

    def wait(self) -> int:
        said = self._line.recv(STATUS.size)
        # No word where the process that it comes from has ended, or could not start.
        return int(STATUS.unpack(said)[0]) if len(said) == STATUS.size else self._parent.wait()

    def close(self) -> None:
        self.kill()
        _close(self.requests, self.answers)
        self._line.close()


_Running = subprocess.Popen[bytes] | _Copy


class LoadedProcess:
    """The process that has the children's libraries loaded; it starts with the first photo and ends with this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: tuple[_Running, socket.socket] | None = None

    def start(self, *, by_copy: bool = False) -> None:
        """Start it, unless it runs."""
        with self._lock:
            self._started(by_copy=by_copy)

    def forked(self, request: str) -> Child:
        """A child forked from it."""
        (photo, requests), (answers, said), (line, its_line) = _pipe(), _pipe(), socket.socketpair()
        ours = os.fdopen(requests, "wb"), os.fdopen(answers, "rb")
        try:
            with self._lock:
                return _Forked(*ours, line, self._asked(request.encode(), [photo, said, its_line.fileno()]))
        except OSError:
            _close(*ours)
            line.close()
            raise
        finally:
            os.close(photo)
            os.close(said)
            its_line.close()

    @property
    def number(self) -> int | None:
        """The system's number of it; None where it doesn't run."""
        return None if self._running is None else self._running[0].pid

    def end(self) -> None:
        """End it, and children that are at work; the next photo starts another."""
        with self._lock:
            if self._running is not None:
                process, control = self._running
                control.close()
                process.wait()
                self._running = None

    def _asked(self, request: bytes, descriptors: list[int]) -> _Running:
        """The process, which has been told; if it ends just then, the next one is."""
        process, control = self._started()
        try:
            socket.send_fds(control, [request], descriptors)
        except ConnectionError:
            process.wait()
            process, control = self._started()
            socket.send_fds(control, [request], descriptors)
        return process

    def _started(self, *, by_copy: bool = False) -> tuple[_Running, socket.socket]:
        """The process, and the socket on which it takes requests; a new one where the last has ended."""
        if self._running is not None and self._running[0].poll() is not None:
            self._running[1].close()
            self._running = None
        if self._running is None:
            control, its_control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with its_control:
                copied = by_copy and _may_be_copied()
                process = _copied(its_control) if copied else _process(LOADED, "", its_control.fileno(), subprocess.DEVNULL)
                self._running = process, control
        return self._running


LOADED_PROCESS = LoadedProcess()
atexit.register(LOADED_PROCESS.end)  # waited for, so that its time counts as this process's and no dead entry is left
