"""The practice's outcomes: who is counted, how it went, by whom and with what, and how far that can be trusted."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from photocompare.practice.audit_words import filtered, period
from photocompare.practice.figures import AuditFigures, AuditOptions
from photocompare.records.access import Actor
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.audit import sections
from photocompare.viewer.audit.cohort import cohort_of, figures_of
from photocompare.viewer.audit.export import Exports, show_exports
from photocompare.viewer.audit.filters import filters_asked, period_asked, run_period_asked
from photocompare.viewer.sign_in.page import link_to
from photocompare.viewer.sign_in.records_page import show_records_page


def show() -> None:
    """The page: filters, then every figure of what they leave, then the files to take away."""
    show_records_page("audit_page.title", _audit)


def _audit(held: Records, who: Actor, t: Texts) -> None:
    since, until = period_asked(t)
    frame = cohort_of(held, who, since, until)
    wanted = filters_asked(frame, since, until, t)
    if frame.empty:
        whole = since is None and until is None
        st.info(t("audit_page.empty") if whole else t("audit.nobody"))
        if whole:
            link_to("compare", t("app.compare"))
        return
    options = AuditOptions(run_period=run_period_asked(t), as_of=dt.datetime.now(dt.UTC).date())
    figures = figures_of(frame, wanted, options)
    st.text(" ".join(part for part in (period(figures, t), filtered(wanted, t)) if part))
    _figures(figures, t)
    show_exports(Exports(held, who, frame, figures, t))


def _figures(figures: AuditFigures, t: Texts) -> None:
    sections.show_flow(figures, t)
    outcomes = figures.outcomes
    if outcomes is None:
        st.info(t("audit.too_few", n=figures.options.least_patients))
    else:
        sections.show_headline(figures, outcomes, t)
        sections.show_distribution(figures, outcomes, t)
        sections.show_breakdowns(figures, outcomes, t)
        sections.show_funnels(outcomes, t)
        sections.show_run_chart(outcomes, t)
    sections.show_after_effects(figures, t)
    sections.show_completeness(figures, t)
    sections.show_quality(figures, t)
    sections.show_reasons(figures, t)
    sections.show_notes(figures, t)
