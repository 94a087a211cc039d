"""Framed messages between a parent and its child process: they arrive as they were sent, and nonsense is an error that is expected."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocompare.base.messages import LONGEST_BODY, packed, receive, receive_head, send, send_head, unpacked

JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=3), max_size=2)
NAMES = st.text(max_size=6).filter(lambda name: name not in ("kind", "size", "pipe", "body"))


@given(st.text(), st.binary(), st.dictionaries(NAMES, JSON, max_size=3))
def test_a_message_arrives_as_it_was_sent(kind: str, body: bytes, facts: dict[str, Any]) -> None:
    pipe = BytesIO()
    send(pipe, kind, body, **facts)
    send(pipe, "next")
    pipe.seek(0)
    assert receive(pipe) == (kind, facts, body)
    assert receive(pipe) == ("next", {}, b"")
    assert receive(pipe) is None


@given(st.binary(max_size=40), st.data())
def test_a_message_that_was_cut_short_is_none(body: bytes, data: st.DataObject) -> None:
    pipe = BytesIO()
    send(pipe, "stage", body, stage="read")
    whole = pipe.getvalue()
    end = data.draw(st.integers(0, len(whole) - 1))
    assert receive(BytesIO(whole[:end])) is None


@given(st.binary(max_size=200))
def test_what_is_no_message_is_none_or_an_error_that_is_expected(noise: bytes) -> None:
    try:
        assert receive(BytesIO(noise)) is None
    except ValueError:
        return


@pytest.mark.parametrize("size", [-1, LONGEST_BODY + 1, 10**400, 1.5, "7", None, True, [1]])
def test_a_message_of_an_impossible_size_is_not_read(size: object) -> None:
    with pytest.raises(ValueError, match="impossible size"):
        receive(BytesIO(json.dumps({"kind": "dossier", "size": size}).encode() + b"\n" + b"x" * 9))


@pytest.mark.parametrize("line", [b"[]", b"7", b"null", b"{}", b'{"kind": 3, "size": 0}', b"{", b"\xff\xfe"])
def test_a_line_that_is_no_message_is_an_error_that_is_expected(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's, Unicode's and our own
        receive(BytesIO(line + b"\n"))


def test_brackets_within_brackets_are_an_error_that_is_expected() -> None:
    with pytest.raises(ValueError, match="no message"):
        receive(BytesIO(b"[" * 500_000 + b"\n"))


def test_a_body_may_be_written_and_read_by_the_caller() -> None:
    pipe = BytesIO()
    send_head(pipe, "photo", 6, width=2)
    pipe.write(b"abc")
    pipe.write(b"def")
    pipe.seek(0)
    assert receive(pipe) == ("photo", {"width": 2}, b"abcdef")
    pipe.seek(0)
    assert receive_head(pipe) == ("photo", {"width": 2}, 6)
    assert pipe.read(6) == b"abcdef"
    assert receive_head(pipe) is None


@given(st.dictionaries(st.text(), st.binary(), max_size=5))
def test_what_was_packed_is_unpacked(parts: dict[str, bytes]) -> None:
    assert unpacked(packed(parts)) == parts
