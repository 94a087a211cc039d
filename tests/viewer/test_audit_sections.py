"""The sections of the audit's page: how their words are put together."""

from __future__ import annotations

import dataclasses
import re

import pytest

from photocompare.practice.figures import AuditFigures, audit_figures
from photocompare.practice.flow import Flow, FlowStep
from photocompare.report.words.texts import texts
from photocompare.viewer.audit import sections
from tests.support.made_cohort import Practice, made_cohort


@pytest.fixture(scope="module")
def figures() -> AuditFigures:
    return audit_figures(made_cohort(Practice(rows=60)))


def shown_flow(figures: AuditFigures, step: FlowStep, language: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is read of a step."""
    shown: list[str] = []
    with monkeypatch.context() as watched:
        watched.setattr(sections.st, "header", lambda *_, **__: None)
        watched.setattr(sections.st, "html", shown.append)
        sections.show_flow(dataclasses.replace(figures, flow=Flow((step,), {}, ())), texts(language))
    return " ".join(re.sub(r"<[^>]*>", " ", shown[0]).split())


@pytest.mark.parametrize(
    ("language", "one", "several"),
    [
        ("en", "1 patient 1 region, 1 comparison", "2 patients 3 regions, 4 comparisons"),
        ("de", "1 Patient 1 Region, 1 Vergleich", "2 Patienten 3 Regionen, 4 Vergleiche"),
        ("es", "1 paciente 1 zona, 1 comparación", "2 pacientes 3 zonas, 4 comparaciones"),
        ("fr", "1 patient 1 région, 1 comparaison", "2 patients 3 régions, 4 comparaisons"),
    ],
)
def test_one_of_a_kind_is_told_in_the_singular(
    language: str, one: str, several: str, figures: AuditFigures, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown_flow(figures, FlowStep("everyone", 1, 1, 1), language, monkeypatch).endswith(f" {one}")
    assert shown_flow(figures, FlowStep("everyone", 2, 3, 4), language, monkeypatch).endswith(f" {several}")


def test_each_count_has_its_own_form(figures: AuditFigures, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown_flow(figures, FlowStep("everyone", 1, 2, 1), "en", monkeypatch).endswith(" 1 patient 2 regions, 1 comparison")
    assert shown_flow(figures, FlowStep("everyone", 1, 1, 0), "en", monkeypatch).endswith(" 1 patient 1 region, 0 comparisons")
