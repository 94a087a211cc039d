"""Lay the after photo over the before photo: features, smooth warp, dense refinement, judgement."""

from __future__ import annotations

from photocompare.registration.register import register
from photocompare.registration.result import Registration, RegistrationOptions

__all__ = ["Registration", "RegistrationOptions", "register"]
