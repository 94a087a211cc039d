"""Rows of the audit's tables, the same on page and in print but for what stands where there is nothing to say."""

from __future__ import annotations

from photocompare.practice.audit_words import clearance, clearance_interval, clearance_value, interval, number, percent, with_interval, word
from photocompare.practice.breakdown import Breakdown
from photocompare.practice.figures import AuditFigures, Outcomes
from photocompare.practice.statistics import PERCENT
from photocompare.report.words.numbers import shortest
from photocompare.report.words.texts import Texts

Rows = list[tuple[str, ...]]


def headline_entries(figures: AuditFigures, outcomes: Outcomes, t: Texts) -> tuple[tuple[str, str, str], ...]:
    """The three numbers that are asked for first: name, number, interval."""
    mean = outcomes.clearance
    shares = ((_responders(figures, t), outcomes.responders), (t("audit_head.complete"), figures.completeness.in_window))
    return (
        (t("audit_head.clearance"), clearance_value(mean.value, t), clearance_interval(mean.low, mean.high, t)),
        *((name, percent(found.value, t), interval(found.low, found.high, t)) for name, found in shares),
    )


def distribution_rows(figures: AuditFigures, outcomes: Outcomes, t: Texts) -> Rows:
    """Shares about the band and the spread: name, as measured, with the error taken out."""
    truth, shares = outcomes.truth, outcomes.distribution
    pairs = (
        (t("audit_table.below"), shares.below, truth.below_band),
        (t("audit_table.within"), shares.within, truth.within_band),
        (t("audit_table.above"), shares.above, truth.above_band),
        (_responders(figures, t), outcomes.responders, truth.responders),
    )
    spread = (t("audit_table.spread"), number(truth.observed_sd, t), number(truth.true_sd.value, t))
    return [*((name, with_interval(measured, t), with_interval(true, t)) for name, measured, true in pairs), spread]


def _responders(figures: AuditFigures, t: Texts) -> str:
    return t("audit_head.responders", n=shortest(figures.options.band.responder_percent, t))


def group_rows(table: Breakdown, t: Texts, *, hidden: tuple[str, ...]) -> Rows:
    """Name, patients, pairs, clearance, responders; of a hidden group `hidden` after its name."""
    return [
        (word(table.dimension, group.name, t), *hidden)
        if group.hidden
        else (
            word(table.dimension, group.name, t),
            str(group.patients),
            str(group.pairs),
            clearance(group.clearance, t),
            with_interval(group.responders, t),
        )
        for group in table.groups
    ]


def effect_rows(figures: AuditFigures, legs: list[str], t: Texts) -> Rows:
    """Name, `legs` of each after-effect as they are to be read, affected legs, mean share."""
    return [
        (t(f"audit_effect.{e.name}", n=shortest(e.threshold_percent, t)), said, with_interval(e.rate, t), with_interval(e.mean_share, t))
        for e, said in zip(figures.after_effects, legs, strict=True)
    ]


def completeness_rows(figures: AuditFigures, t: Texts, *, nothing: str) -> Rows:
    """Window, regions, their share of those due; `nothing` where none is due."""
    found = figures.completeness
    return [
        (t(f"audit_window.{name}"), str(count), percent(PERCENT * count / found.due, t) if found.due else nothing)
        for name, count in found.by_window.items()
    ]


def reason_rows(figures: AuditFigures, t: Texts, *, few: str, nothing: str) -> Rows:
    """Reason, patients, refused comparisons; `few` and `nothing` where the patients are too few to count."""
    return [
        (
            t.flag(reason.code, reason.which)[0] if f"flags.{reason.code}.message" in t.entries else reason.code,
            few if reason.patients is None else str(reason.patients),
            nothing if reason.refused is None else str(reason.refused),
        )
        for reason in figures.flow.reasons
    ]
