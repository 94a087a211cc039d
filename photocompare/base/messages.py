"""What a parent and its child process say to each other on a pipe, as framed messages.

A message is a line of JSON with its kind and the length of the bytes that follow it.  Only JSON and bytes pass: nothing that either side
would run, and no length is believed that no message can have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import subprocess

LONGEST_LINE = 1 << 20
"""Bytes of JSON in one message; the longest in use, with a polygon of a thousand points, is below 64 kB."""

LONGEST_BODY = 1 << 30
"""Bytes of one message's body: the pixels of a photo of 120 megapixels, and two full-size photos as JPEG, stay below it."""


class Head(NamedTuple):
    """A message before its body: its kind, its facts, and how many bytes follow."""

    kind: str
    facts: dict[str, Any]
    size: int


class Message(NamedTuple):
    """A whole message."""

    kind: str
    facts: dict[str, Any]
    body: bytes


def pipes_of(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """A child's standard input and output.  ValueError where it was started without."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("the process was started without pipes")
    return process.stdin, process.stdout


def let_go(process: subprocess.Popen[bytes]) -> None:
    """Kill a child, if it still runs, close its pipes and wait for its end."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was not written yet goes nowhere
                pipe.close()
    process.wait()


def send(pipe: IO[bytes], kind: str, body: bytes = b"", **facts: Any) -> None:
    """Write one message and flush it."""
    send_head(pipe, kind, len(body), **facts)
    pipe.write(body)
    pipe.flush()


def send_head(pipe: IO[bytes], kind: str, size: int, **facts: Any) -> None:
    """Write a message's line; its `size` bytes are the caller's to write."""
    pipe.write(json.dumps({"kind": kind, "size": size, **facts}).encode() + b"\n")


def receive(pipe: IO[bytes]) -> Message | None:
    """The next message; None at the end, or where the other side stopped within one.

    Raises
    ------
    ValueError
        What came is no message.
    """
    head = receive_head(pipe)
    if head is None:
        return None
    body = pipe.read(head.size) if head.size else b""
    return None if len(body) < head.size else Message(head.kind, head.facts, body)


def receive_head(pipe: IO[bytes]) -> Head | None:
    """The next message's line; its bytes are the caller's to read.  None at the end, or where the line was cut short.

    Raises
    ------
    ValueError
        What came is no message.
    """
    line = pipe.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        return None
    try:
        facts = json.loads(line)
    except RecursionError:  # brackets within brackets
        raise ValueError("no message") from None
    if not isinstance(facts, dict) or not isinstance(facts.get("kind"), str):
        raise ValueError("no message")
    kind, size = facts.pop("kind"), facts.pop("size", None)
    if type(size) is not int or not 0 <= size <= LONGEST_BODY:
        raise ValueError("a message of an impossible size")
    return Head(kind, facts, size)


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Named bytes as one: a line of JSON with the names and sizes, then all of them."""
    return json.dumps({name: len(data) for name, data in parts.items()}).encode() + b"\n" + b"".join(parts.values())


def unpacked(data: bytes) -> dict[str, bytes]:
    """The named bytes that `packed` packed."""
    line, _, rest = data.partition(b"\n")
    parts, at = {}, 0
    for name, size in json.loads(line).items():
        parts[name] = rest[at : at + size]
        at += size
    return parts
