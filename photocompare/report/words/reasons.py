"""The reasons of a result as they are told: in the language at hand, and only those that matter to what is shown."""

from __future__ import annotations

import dataclasses

from photocompare.base.flags import NOTHING_TO_DO, Severity
from photocompare.report.words.texts import Texts
from photocompare.results.result import Reason, Result


def told_reasons(result: Result, t: Texts) -> list[Reason]:
    """The reasons in the language, worst first; no notes that ask for nothing, and without a number none at all, which would distract.

    A reason stays as it is stored where this version doesn't know its code and sentence.
    """
    return [_told(reason, t) for reason in result.reasons if reason.severity is not Severity.NOTE or (result.measured and _asks(reason))]


def _asks(reason: Reason) -> bool:
    return reason.flag is None or reason.flag.fix != NOTHING_TO_DO


def _told(reason: Reason, t: Texts) -> Reason:
    flag = reason.flag
    if flag is None:
        return reason
    message, fix = t.flag(flag.code, flag.which)
    return dataclasses.replace(reason, message=message, fix=fix)
