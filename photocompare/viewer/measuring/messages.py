"""What the measuring process and the viewer say to each other, as framed messages on its pipes.

A message is a line of JSON with the length of the bytes that follow it.  Only JSON and bytes pass: nothing that either side would run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

LONGEST_LINE = 1 << 20
"""Bytes of JSON in one message; the longest in use, with a polygon of a thousand points, is below 64 kB."""

LONGEST_BODY = 1 << 30
"""Bytes of one message's body: two full-size photos of 120 megapixels stay below it."""


def send(pipe: IO[bytes], kind: str, body: bytes = b"", **facts: Any) -> None:
    """Write one message and flush it."""
    pipe.write(json.dumps({"kind": kind, "size": len(body), **facts}).encode() + b"\n")
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[str, Mapping[str, Any], bytes] | None:
    """The next message as kind, facts and body; None at the end, or where the other side stopped within one.

    Raises
    ------
    ValueError
        What came is no message.
    """
    line = pipe.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        return None
    facts = json.loads(line)
    if not isinstance(facts, dict) or not isinstance(facts.get("kind"), str):
        raise ValueError("no message")
    kind, size = facts.pop("kind"), facts.pop("size", None)
    if type(size) is not int or not 0 <= size <= LONGEST_BODY:
        raise ValueError("a message of an impossible size")
    body = pipe.read(size) if size else b""
    return None if len(body) < size else (kind, facts, body)


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
