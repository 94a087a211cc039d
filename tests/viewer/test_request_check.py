"""What passes before Streamlit sees a request, however the server was started."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from photocompare.viewer.sign_in import request_check
from photocompare.viewer.sign_in.request_check import POLICY, RequestCheck


async def _streamlit(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"set-cookie", b"a=b; Path=/"), (b"cache-control", b"public")]})
    await send({"type": "http.response.body", "body": b"a page"})


def asked(path: str = "/", *, at: str = "127.0.0.1", host: str = "localhost", kind: str = "http") -> list[dict[str, Any]]:
    """What is sent for a request that came in at an address of the machine."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect" if kind == "websocket" else "http.request"}

    scope = {"type": kind, "path": path, "method": "GET", "server": (at, 8501), "headers": [(b"host", host.encode())], "query_string": b""}
    with ThreadPoolExecutor(1) as aside:  # Playwright, in the same worker, leaves a loop running in this thread
        aside.submit(lambda: asyncio.run(RequestCheck(_streamlit)(scope, receive, send))).result()
    return sent


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_check, "sign_in_configured", lambda: True)
    monkeypatch.setattr(request_check, "auth_section", lambda: {"redirect_uri": "https://clinic.example/oauth2callback"})
    monkeypatch.setattr(request_check, "get_cookie_secret", lambda: "s" * 32)


def headers(sent: list[dict[str, Any]]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize("at", ["127.0.0.1", "::1"])
def test_alone_its_own_machine_is_answered(at: str) -> None:
    sent = asked(at=at)
    assert sent[0]["status"] == 200
    assert headers(sent)["content-security-policy"] == POLICY
    assert headers(sent)["cache-control"] == "no-store"
    assert headers(asked("/static/js/index.js"))["cache-control"] == "public"


@pytest.mark.parametrize("at", ["192.168.1.20", "::ffff:10.0.0.1", ""])
def test_alone_another_machine_is_not(at: str) -> None:
    assert asked(at=at)[0]["status"] == 403
    assert asked(at=at, kind="websocket") == [
        {"type": "websocket.close", "code": 1008, "reason": "The viewer has no sign-in and answers its own machine alone."}
    ]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_a_foreign_name_is_not_answered(host: str) -> None:
    assert asked(host=host)[0]["status"] == 403
    assert asked(host=host, kind="websocket")[0]["type"] == "websocket.close"


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize("path", ["/media/0123.jpg", "/_stcore/upload_file/one/two"])
def test_with_sign_in_files_need_one(path: str) -> None:
    assert asked(path, at="10.0.0.5")[0]["status"] == 403
    assert asked("/", at="10.0.0.5")[0]["status"] == 200


@pytest.mark.usefixtures("several")
def test_over_tls_cookies_stay_on_tls() -> None:
    assert headers(asked())["set-cookie"] == "a=b; Path=/; Secure"
