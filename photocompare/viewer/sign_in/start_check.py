"""Whether the viewer may be served at all, as it is set up: asked before anything is served, and again on every run of a page."""

from __future__ import annotations

import importlib.metadata
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from packaging.version import Version
from streamlit.runtime.secrets import secrets_singleton

from photocompare.base.errors import UsageError

FLOORS: Mapping[str, str] = {"pillow": "13.0", "pillow-heif": "1.8", "streamlit": "1.67"}
"""Libraries that meet what strangers send, and the oldest version that is let near it; as `pyproject.toml` has them."""

SHORTEST_SECRET = 32
"""Characters of the secret that signs the cookies: 32 random hexadecimal ones are 128 bits."""

OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
"""How a machine calls itself."""

_NEEDED = ("redirect_uri", "cookie_secret")
_PROVIDER = ("client_id", "client_secret", "server_metadata_url")


@dataclass(frozen=True)
class Setting:
    """How the viewer is set up to be served.

    Parameters
    ----------
    address : str
        `server.address`; empty listens on every address of the machine.
    allowed_hosts : tuple of str
        `server.allowedHosts`: names under which the viewer answers; empty for every name.
    trusted_headers : bool
        Whether `server.trustedUserHeaders` lets a header of the request say who somebody is.
    auth : mapping
        The section [auth] of Streamlit's secrets; empty without sign-in.
    versions : mapping
        Library to its installed version, of those in `FLOORS`.
    """

    address: str
    allowed_hosts: tuple[str, ...] = ()
    trusted_headers: bool = False
    auth: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def present(cls) -> Setting:
        """As this process is set up."""
        option: Callable[[str], Any] = st.get_option
        return cls(
            address=option("server.address") or "",
            allowed_hosts=tuple(option("server.allowedHosts") or ()),
            trusted_headers=bool(option("server.trustedUserHeaders")),
            auth=auth_section(),
            versions={name: importlib.metadata.version(name) for name in FLOORS},
        )


def auth_section() -> Mapping[str, Any]:
    """The section [auth] of Streamlit's secrets; empty where there is none."""
    if not secrets_singleton.load_if_toml_exists():
        return {}
    section = secrets_singleton.get("auth")
    return {} if section is None else section.to_dict()


def sign_in_configured() -> bool:
    """Whether people sign in here; otherwise one person sits at this machine."""
    return bool(auth_section())


def providers(auth: Mapping[str, Any]) -> list[str]:
    """Names of the identity providers; the one without a name is "default"."""
    named = [name for name, value in auth.items() if isinstance(value, Mapping) and "client_id" in value]
    return named or ["default"]


def start_refusal(setting: Setting) -> UsageError | None:
    """Why the viewer must not be served like this; None where it may."""
    return _old_library(setting.versions) or (_unsafe_sign_in(setting) if setting.auth else _unsafe_alone(setting))


def is_loopback(address: str) -> bool:
    """Whether an address is reached from this machine alone."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _old_library(versions: Mapping[str, str]) -> UsageError | None:
    for name, found in versions.items():
        if Version(found) < Version(FLOORS[name]):
            return UsageError(
                f"{name} {found} is older than {FLOORS[name]}, which the viewer needs to be safe; install a newer one.",
                code="library_old",
                library=name,
                found=found,
                floor=FLOORS[name],
            )
    return None


def _unsafe_alone(setting: Setting) -> UsageError | None:
    """Without sign-in whoever reaches the viewer is its one user: nobody may reach it but from this machine."""
    if not is_loopback(setting.address):
        return UsageError(
            "The viewer has no sign-in and would answer other machines; set server.address to 127.0.0.1, or set up sign-in "
            "(docs/deployment.md).",
            code="address_without_sign_in",
        )
    if not setting.allowed_hosts or not {name.lower() for name in setting.allowed_hosts} <= OWN_NAMES:
        return UsageError(
            "The viewer has no sign-in and would answer under names of other machines; leave localhost and 127.0.0.1 alone in "
            "server.allowedHosts, or set up sign-in (docs/deployment.md).",
            code="hosts_without_sign_in",
        )
    if setting.trusted_headers:
        return _trusting()
    return None


def _unsafe_sign_in(setting: Setting) -> UsageError | None:
    auth = setting.auth
    if setting.trusted_headers:
        return _trusting()
    sections: Sequence[Mapping[str, Any]] = [auth if name == "default" else auth[name] for name in providers(auth)]
    missing = [name for name in _NEEDED if not auth.get(name)]
    missing += [name for name in _PROVIDER if any(not section.get(name) for section in sections)]
    if missing:
        entries = ", ".join(missing)
        return UsageError(
            f"The section [auth] of the secrets lacks {entries}; complete it (docs/deployment.md).",
            code="sign_in_incomplete",
            entries=entries,
        )
    if len(str(auth["cookie_secret"])) < SHORTEST_SECRET:
        return UsageError(
            f"The secret that signs the cookies has fewer than {SHORTEST_SECRET} characters; make a random one (docs/deployment.md).",
            code="cookie_secret_short",
            least=SHORTEST_SECRET,
        )
    callback = urlsplit(str(auth["redirect_uri"]))
    if callback.scheme != "https" and not is_loopback(callback.hostname or ""):
        return UsageError(
            "Sign-in over plain http would show its cookie to the network; give redirect_uri an https address.", code="sign_in_plain"
        )
    return None


def _trusting() -> UsageError:
    return UsageError(
        "A header of the request must not say who somebody is; remove server.trustedUserHeaders and use sign-in.", code="headers_trusted"
    )
