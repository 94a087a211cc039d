"""What every request passes before Streamlit sees it: Streamlit itself serves `/media` and uploads to whoever knows an address."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit
import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from photocompare.viewer.sign_in import session
from photocompare.viewer.sign_in.live_sign_ins import SignIn
from photocompare.viewer.sign_in.start_check import Setting, auth_section, is_loopback, sign_in_configured, start_refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SIGNED_IN_ONLY = ("/media/", "/_stcore/upload_file")
"""Addresses behind which lie files of sessions."""

UNCHANGING = "/static/"
"""Streamlit's own scripts and fonts, whose names change with their content."""

_FIRST_PAGE = Path(streamlit.__file__).parent / "static" / "index.html"
_WRITTEN_IN = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def _own_scripts() -> str:
    """Digests of the scripts that stand in Streamlit's own first page, by which a browser lets them run and no other."""
    scripts = _WRITTEN_IN.findall(_FIRST_PAGE.read_text(encoding="utf-8"))
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


POLICY = "; ".join(
    (
        "default-src 'self'",
        f"script-src 'self' 'unsafe-eval' blob: {_own_scripts()}",  # charts are compiled in the browser; components are blobs
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "connect-src 'self' blob: data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""Whatever a page is made to say, it loads and tells nothing elsewhere, and no other page frames it."""

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def check_start() -> None:
    """End the process where the viewer must not be served as it is set up.

    Raises
    ------
    SystemExit
    """
    refused = start_refusal(Setting.present())
    if refused is not None:
        sys.exit(f"photocompare: {refused}")
    session.live()  # a limit that can't be read is told now


def middleware() -> list[Middleware]:
    """What stands before Streamlit's own layers."""
    return [Middleware(RequestCheck)]


class RequestCheck:
    """Refuses what must not pass, and adds to every answer what a browser has to keep to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        why = _refusal(scope)
        if why is None:
            await self._app(scope, receive, _adding(scope, send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": why})
        else:
            await PlainTextResponse(why, status_code=403)(scope, receive, _adding(scope, send))


def _refusal(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    if not is_host_allowed(headers.get("host")):
        return "The viewer does not answer under this name."
    if not sign_in_configured():
        # However the server was started: this is where the connection came in.
        address = (scope.get("server") or ("", None))[0]
        return None if is_loopback(address) else "The viewer has no sign-in and answers its own machine alone."
    path = scope["path"]
    base = "/" + (st.get_option("server.baseUrlPath") or "").strip("/")
    path = path.removeprefix(base.rstrip("/"))
    if path.startswith(SIGNED_IN_ONLY):
        sign_in = sign_in_of_cookie(headers)
        if sign_in is None or not session.live().is_live(sign_in):
            return "Sign in first."
    return None


def sign_in_of_cookie(headers: Headers) -> SignIn | None:
    """The sign-in that a request's signed cookie tells of; None without one, or for one that is forged."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load("; ".join(headers.getlist("cookie")))
    except CookieError:
        return None
    secret = get_cookie_secret()

    def one(name: str) -> bytes | None:
        return decode_signed_value(secret, name, jar[name].value.encode("latin-1", "replace")) if name in jar else None

    signed = get_cookie_with_chunks(one, USER_COOKIE_NAME)
    try:
        claims = None if signed is None else json.loads(signed)
    except ValueError:
        return None
    return SignIn.of(claims) if isinstance(claims, dict) else None


def _adding(scope: Scope, send: Send) -> Send:
    path, secure = scope["path"], urlsplit(str(auth_section().get("redirect_uri", ""))).scheme == "https"

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            if UNCHANGING not in path:
                headers["Cache-Control"] = "no-store"
            if secure:
                _only_over_tls(headers)
        await send(message)

    return answer


def _only_over_tls(headers: MutableHeaders) -> None:
    """Streamlit leaves that to whoever serves it."""
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        headers.append("set-cookie", cookie if "secure" in cookie.lower().split("; ") else f"{cookie}; Secure")
