"""The audit in print and as charts: every figure stands in it, in every language, and hostile names do nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from photocompare.practice.audit_pdf import audit_pdf
from photocompare.practice.audit_words import counted, filtered, funnel_words, run_words, with_interval, word
from photocompare.practice.charts import distribution_plot, funnel_plot, quality_plot, run_plot
from photocompare.practice.cohort import CohortFilter
from photocompare.practice.figures import AuditFigures, audit_figures
from photocompare.practice.page_charts import (
    Chart,
    bland_altman_chart,
    breakdown_chart,
    distribution_chart,
    funnel_chart,
    in_language,
    quality_chart,
    run_chart_chart,
)
from photocompare.practice.rating import PairAgreement, round_agreement
from photocompare.report.words.texts import LANGUAGES, texts
from tests.support.made_cohort import Practice, made_cohort

FOOT = texts("en")("audit.foot")
HOSTILE = '![x](http://h/p.png) <img onerror=alert(1)> $x$ "q" \u202e Żółć'


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return made_cohort(Practice(rows=1500, seed=31))


@pytest.fixture(scope="module")
def figures(frame: pd.DataFrame) -> AuditFigures:
    return audit_figures(frame)


def words_of(pdf: bytes) -> str:
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(text.replace("\u00a0", " ").split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures_stand_in_print(figures: AuditFigures, language: str) -> None:
    t = texts(language)
    said = words_of(audit_pdf(figures, t))
    assert figures.outcomes is not None
    assert t("audit.title") in said
    for estimate in (figures.outcomes.responders, figures.outcomes.truth.responders, figures.after_effects[0].rate):
        assert " ".join(with_interval(estimate, t).split()) in said
    for step in figures.flow.steps:
        assert counted("patients", step.patients, t) in said
        assert counted("comparisons", step.comparisons, t) in said
    for table in figures.outcomes.breakdowns:
        assert t(f"audit_dimension.{table.dimension}") in said
    assert t("common.disclaimer") in said


def test_what_stands_at_the_foot_has_one_size_on_every_page(figures: AuditFigures) -> None:
    sizes: list[float] = []

    def read(text: str, _device: object, _matrix: object, _font: object, size: float) -> None:
        if FOOT in text:
            sizes.append(size)

    pages = PdfReader(io.BytesIO(audit_pdf(figures, texts("en")))).pages
    for page in pages:
        page.extract_text(visitor_text=read)
    assert sizes == [6.5] * len(pages)


def test_equal_figures_give_equal_bytes(figures: AuditFigures) -> None:
    assert audit_pdf(figures, texts("en")) == audit_pdf(figures, texts("en"))


def test_a_pdf_names_no_one_in_its_information(figures: AuditFigures) -> None:
    information = PdfReader(io.BytesIO(audit_pdf(figures, texts("en")))).metadata
    assert information is not None
    assert information.title == "photocompare audit"
    assert information.author is None


def test_long_tables_go_on_on_the_next_page() -> None:
    pdf = audit_pdf(audit_figures(made_cohort(Practice(rows=4000, operators=150))), texts("en"))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert len(pages) >= 6
    assert sum("Operator" in page for page in pages) >= 2
    assert all(f"Page {n} of {len(pages)}" in page.replace("\u00a0", " ") for n, page in enumerate(pages, 1))


@pytest.mark.parametrize("rows", [0, 4, 12, 60])
def test_few_rows_or_none_are_printed_too(frame: pd.DataFrame, rows: int) -> None:
    found = audit_figures(frame.iloc[:rows])
    said = words_of(audit_pdf(found, texts("en")))
    assert "Who is counted" in said
    if found.outcomes is None:
        assert "Fewer than 5 patients have an outcome" in said


def test_hostile_names_are_only_text(frame: pd.DataFrame) -> None:
    renamed = frame["operator"].cat.rename_categories({"operator 001": HOSTILE})
    found = audit_figures(frame.assign(operator=renamed))
    assert found.outcomes is not None
    said = words_of(audit_pdf(found, texts("en")))
    assert "<img onerror=alert(1)>" in said
    spec = funnel_chart(funnel_plot(found.outcomes.funnels["operator"], texts("en")), texts("en")).to_dict()
    assert HOSTILE in json.dumps(spec, ensure_ascii=False).replace('\\"', '"')


# --- words


def test_a_filter_is_told() -> None:
    t = texts("es")
    wanted = CohortFilter(legs=("left",), operators=("Ana",), least_concentration=0.25)
    assert filtered(wanted, t) == "Solo: Operador: Ana; Pierna: izquierda; Agente y concentración: desde 0.25"
    assert filtered(CohortFilter(), t) == ""
    assert word("ita_group", "very light", t) == "muy claro"
    assert word("operator", "", t) == "sin anotar"
    assert word("operator", "left", t) == "left"


def test_signals_and_outliers_are_told(figures: AuditFigures, frame: pd.DataFrame) -> None:
    t = texts("en")
    assert figures.outcomes is not None
    assert run_words(figures.outcomes.run_chart.signals, t) == [t("audit_run.none")]
    rows = frame.copy()
    bad = (rows["operator"] == "operator 004") & rows["length"].notna()
    rows.loc[bad, ["length", "length_low", "length_high"]] -= 30.0
    later = (rows["baseline_on"] >= "2025-01-01") & rows["length"].notna()
    rows.loc[later, ["length", "length_low", "length_high"]] -= 10.0
    worse = audit_figures(rows).outcomes
    assert worse is not None
    assert "operator 004" in " ".join(funnel_words(worse.funnels["operator"], t))
    assert "A shift" in " ".join(run_words(worse.run_chart.signals, t))


# --- charts


def agreement() -> PairAgreement:
    rng = np.random.default_rng(1)
    truth = rng.uniform(0, 100, 30)
    rows = [
        {"rater": rater, "comparison_id": k, "occasion": 1, "percent": float(np.clip(truth[k] + rng.normal(0, 5), 0, 100)), "five_point": 3}
        for rater in ("ana", "ben")
        for k in range(30)
    ]
    return round_agreement(pd.DataFrame(rows), pd.Series(truth)).between[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "draw",
    [
        lambda f, t: distribution_chart(distribution_plot(f, f.outcomes, t)),
        lambda f, t: breakdown_chart(f.outcomes.breakdowns[1], t),
        lambda f, t: breakdown_chart(f.outcomes.breakdowns[1], t, measure="responders"),
        lambda f, t: funnel_chart(funnel_plot(f.outcomes.funnels["operator"], t), t),
        lambda f, t: run_chart_chart(run_plot(f.outcomes.run_chart, t), t),
        lambda f, t: quality_chart(quality_plot(f.quality, t), t),
        lambda _, t: bland_altman_chart(agreement(), t),
    ],
)
def test_charts_are_valid_and_need_no_network(figures: AuditFigures, language: str, draw: Callable[[AuditFigures, object], Chart]) -> None:
    t = texts(language)
    spec = in_language(draw(figures, t), t).to_dict()  # checked against Vega-Lite's schema
    assert spec["config"]["locale"]["number"]["decimal"] == t("number.decimal_mark")
    tips = [tip for layer in spec["layer"] for tip in layer["encoding"].get("tooltip", [])]
    assert all(tip["title"] in t.entries.values() for tip in tips)
    text = json.dumps({name: part for name, part in spec.items() if name != "$schema"})
    assert "http" not in text
    assert '"url"' not in text


def test_hidden_groups_are_not_drawn() -> None:
    found = audit_figures(made_cohort(Practice(rows=60, operators=30))).outcomes
    assert found is not None
    (operators,) = (b for b in found.breakdowns if b.dimension == "operator")
    hidden = [g.name for g in operators.groups if g.hidden]
    text = json.dumps(breakdown_chart(operators, texts("en")).to_dict())
    assert hidden
    assert not any(name in text for name in hidden)
