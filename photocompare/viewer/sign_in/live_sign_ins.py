"""Who is signed in now, kept by the server: limits on its own clock, and an end that a kept cookie can't undo.

Streamlit's cookie is a signed copy of what the identity provider stated; it holds for thirty days and nothing ends it on the server.  So
each sign-in has a mark, the digest of everything that the provider stated, which holds a random number of that one sign-in (the nonce).
A mark is let in once, soon after the provider stated it, lives until its limits or its end, and never comes back.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Standing = Literal["live", "idle", "expired", "ended"]

_OF_STREAMLIT = ("tokens", "origin", "provider", "is_logged_in")
"""What Streamlit adds, some of it in its cookie and some in the session; the rest was stated by the provider once."""

_CLOCKS_APART_S = 120.0
"""By which the provider's clock may run ahead of ours (RFC 7519, 4.1.4: "no more than a few minutes")."""


@dataclass(frozen=True)
class Limits:
    """When a sign-in ends by itself.

    Parameters
    ----------
    idle_s : float
        After the last thing that was done; half an hour, as NIST SP 800-63B (2017), 4.2.3, has it for its middle level of assurance.
    absolute_s : float
        After signing in, whatever was done; twelve hours, from the same place.
    """

    idle_s: float = 1800.0
    absolute_s: float = 43200.0


@dataclass(frozen=True)
class SignIn:
    """One sign-in, as the provider stated it.

    Parameters
    ----------
    subject : str
        Issuer and subject, `issuer#subject`: the only pair that stays with one person (OpenID Connect Core 1.0, 5.7).  An e-mail address
        may be given to somebody else one day.
    mark : str
        SHA-256 of everything that was stated.
    issued_at : float
        Seconds since 1970.
    """

    subject: str
    mark: str
    issued_at: float

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> SignIn | None:
        """The sign-in that claims tell of; None for somebody who is not signed in, and where they lack what identifies a sign-in."""
        needed = [claims.get(name) for name in ("iss", "sub", "nonce", "iat")]
        if claims.get("is_logged_in") is not True or not all(needed):
            return None
        issuer, subject, _, issued = needed
        if not isinstance(issued, (int, float)):
            return None
        stated = {name: value for name, value in claims.items() if name not in _OF_STREAMLIT}
        text = json.dumps(stated, sort_keys=True, separators=(",", ":"), default=str)
        return cls(f"{issuer}#{subject}", hashlib.sha256(text.encode()).hexdigest(), float(issued))


@dataclass
class _Live:
    subject: str
    begun: float
    seen: float
    end: Standing = "live"


@dataclass
class LiveSignIns:
    """Every sign-in that this server let in; asked from all sessions at once.

    Parameters
    ----------
    limits : Limits
    now : callable
        Seconds of a clock that never goes back.
    wall : callable
        Seconds since 1970, for the provider's times.
    """

    limits: Limits = field(default_factory=Limits)
    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    _held: dict[str, _Live] = field(default_factory=dict)
    _open: dict[str, str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def standing(self, sign_in: SignIn, *, begin: Callable[[], bool], act: bool = True) -> Standing:
        """How a sign-in stands.

        Parameters
        ----------
        sign_in : SignIn
        begin : callable
            Notes a sign-in that is met for the first time; False where it is known to have been here already.
        act : bool
            Whether this is something that the person does: it starts the idle time anew.
        """
        with self._lock:
            self._expire()
            held = self._held.get(sign_in.mark)
            if held is None:
                return self._let_in(sign_in, begin)
            if held.end == "live" and act:
                held.seen = self.now()
            return held.end

    def is_live(self, sign_in: SignIn) -> bool:
        """Whether it was let in and lives; nothing is begun or prolonged."""
        with self._lock:
            self._expire()
            held = self._held.get(sign_in.mark)
            return held is not None and held.end == "live"

    def idle_left_s(self, sign_in: SignIn) -> float:
        """Seconds until it ends if nothing is done; 0 for one that does not live."""
        with self._lock:
            held = self._held.get(sign_in.mark)
            return self.limits.idle_s - (self.now() - held.seen) if held is not None and held.end == "live" else 0.0

    def end(self, mark: str) -> None:
        """It is over, in every window."""
        with self._lock:
            if (held := self._held.get(mark)) is not None:
                self._finish(held, "ended")

    def _let_in(self, sign_in: SignIn, begin: Callable[[], bool]) -> Standing:
        age = self.wall() - sign_in.issued_at
        if not -_CLOCKS_APART_S <= age <= self.limits.idle_s:
            return "expired"
        let_in = begin()  # where that fails, nobody was let in
        now = self.now()
        held = self._held[sign_in.mark] = _Live(sign_in.subject, now, now, "live" if let_in else "ended")
        return held.end

    def _expire(self) -> None:
        """End what ran out; forget what is too old to be let in again in any case."""
        now = self.now()
        for mark, held in list(self._held.items()):
            if held.end == "live" and now - held.begun >= self.limits.absolute_s:
                self._finish(held, "expired")
            elif held.end == "live" and now - held.seen >= self.limits.idle_s:
                self._finish(held, "idle")
            if now - held.begun > self.limits.absolute_s + self.limits.idle_s + _CLOCKS_APART_S:
                del self._held[mark]

    def _finish(self, held: _Live, end: Standing) -> None:
        if held.end == "live":
            held.end = end
        if not any(other.subject == held.subject and other.end == "live" for other in self._held.values()):
            self._open.pop(held.subject, None)

    # --- the one patient of a consult

    def open_patient(self, subject: str) -> str:
        """Key of the patient that an account has open in consult; empty for none."""
        with self._lock:
            return self._open.get(subject, "")

    def set_open_patient(self, subject: str, key: str) -> bool:
        """Open a patient, or close with an empty key; False where another one is open."""
        with self._lock:
            if key and self._open.get(subject, key) != key:
                return False
            if key:
                self._open[subject] = key
            else:
                self._open.pop(subject, None)
            return True
