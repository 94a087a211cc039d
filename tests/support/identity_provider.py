"""A small OpenID Connect provider: whoever a test names is signed in without a question."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "photocompare"
CLIENT_SECRET = "a secret of the tests"
LIFE_S = 300


@dataclass
class IdentityProvider:
    """The provider, and who it says has just signed in.

    Parameters
    ----------
    url : str
        Its address, which is the issuer.
    person : str
        The subject of whoever signs in next.
    back_date_s : float
        By how much the sign-in is said to be older than it is.
    """

    url: str
    person: str = "nobody"
    back_date_s: float = 0.0
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}))
    granted: dict[str, dict[str, str]] = field(default_factory=dict)

    def subject(self, person: str) -> str:
        """What an account of a person is called."""
        return f"{self.url}#{person}"

    def metadata(self) -> dict[str, Any]:
        """What is found under the well-known address."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorized(self, asked: Mapping[str, str]) -> str:
        """Where the browser goes with its code."""
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        code = secrets.token_urlsafe()
        self.granted[code] = {**asked, "person": self.person}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def tokens(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """What a code is exchanged for, once."""
        granted = self.granted.pop(asked["code"])
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest()).decode().rstrip("=")
        assert challenge == granted["code_challenge"]
        now = int(time.time() - self.back_date_s)
        claims = {
            "iss": self.url,
            "sub": granted["person"],
            "aud": CLIENT,
            "iat": now,
            "exp": int(time.time()) + LIFE_S,
            "nonce": granted["nonce"],
            "email": f"{granted['person']}@clinic.example",
        }
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return {"access_token": secrets.token_urlsafe(), "id_token": token, "token_type": "Bearer", "expires_in": LIFE_S}


def _handler(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorized({name: values[0] for name, values in parse_qs(asked.query).items()}))
                self.end_headers()
            elif asked.path == "/jwks":
                self.answer({"keys": [provider.key.as_dict(private=False)]})
            else:
                self.answer(provider.metadata())

        def do_POST(self) -> None:
            known = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
            assert known.replace("+", " ").replace("%20", " ") == f"{CLIENT}:{CLIENT_SECRET}"
            body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.answer(provider.tokens({name: values[0] for name, values in body.items()}))

        def answer(self, said: Mapping[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    return Handler


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """A provider on a free port of this machine."""
    provider = IdentityProvider("")
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider)) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
