"""The reasons of a stored result as they are told: in the language at hand, and only those that matter to what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from photocompare.base.flags import REGISTRY, RaisedFlag, Severity, raised
from photocompare.report.words.texts import Texts


@dataclass(frozen=True)
class Reason:
    """One gate that fired: what is so, what to do, and whether it stands in the way of a number."""

    message: str
    fix: str
    refuses: bool


def refound(reason: Mapping[str, str]) -> RaisedFlag | None:
    """The flag that fired, of which photo by its stored sentence; None where this version doesn't know code and sentence."""
    if reason["code"] not in REGISTRY:
        return None
    fired = (raised(reason["code"], which) for which in ("", "before", "after"))
    return next((flag for flag in fired if flag.message == reason["message"]), None)


def told_reasons(result: Mapping[str, Any], t: Texts) -> list[Reason]:
    """The reasons in the language, worst first; without a number no notes on it, which would distract."""
    kept = [r for r in result["reasons"] if result["clearance"] is not None or not _is_note(r["code"])]
    return [_told(reason, t) for reason in kept]


def _is_note(code: str) -> bool:
    return code in REGISTRY and REGISTRY[code].severity is Severity.NOTE


def _told(reason: Mapping[str, str], t: Texts) -> Reason:
    """A stored reason in the language; as it is stored where this version doesn't know it."""
    code, flag = reason["code"], refound(reason)
    refuses = code in REGISTRY and REGISTRY[code].severity is Severity.REFUSE
    message, fix = (reason["message"], reason["fix"]) if flag is None else t.flag(code, flag.which)
    return Reason(message, fix, refuses)
