"""The practice's outcomes: who is counted, how it went, by whom and with what, and how far that can be trusted."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from photocompare.practice.audit_words import filtered, period
from photocompare.practice.figures import AuditFigures, AuditOptions
from photocompare.report.words.texts import Texts
from photocompare.viewer.audit import sections as audit_sections
from photocompare.viewer.audit.cohort import cohort_of, figures_of
from photocompare.viewer.audit.export import Exports, show_exports
from photocompare.viewer.audit.filters import filters_asked, period_asked, run_period_asked
from photocompare.viewer.shared.page import begin
from photocompare.viewer.shared.record_pages import mark_demo, room_style, told_errors
from photocompare.viewer.shared.records_access import actor, records
from photocompare.viewer.sign_in.page import link_to


def show() -> None:
    """The page: filters, then every figure of what they leave, then the files to take away."""
    t = begin("audit_page.title")
    room_style()
    with told_errors(t):
        held, who = records(), actor()
        mark_demo(held, t)
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
    audit_sections.show_flow(figures, t)
    outcomes = figures.outcomes
    if outcomes is None:
        st.info(t("audit.too_few", n=figures.options.least_patients))
    else:
        audit_sections.show_headline(figures, outcomes, t)
        audit_sections.show_distribution(figures, outcomes, t)
        audit_sections.show_breakdowns(figures, outcomes, t)
        audit_sections.show_funnels(outcomes, t)
        audit_sections.show_run_chart(outcomes, t)
    audit_sections.show_after_effects(figures, t)
    audit_sections.show_completeness(figures, t)
    audit_sections.show_quality(figures, t)
    audit_sections.show_reasons(figures, t)
    audit_sections.show_notes(figures, t)
