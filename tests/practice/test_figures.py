"""All figures of an audit together: true to the rows, silent on small groups, the same whichever way they are estimated."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from photocompare.base.estimate import Estimate
from photocompare.practice.audit_words import DASH, clearance, notes
from photocompare.practice.breakdown import grouped
from photocompare.practice.charts import distribution_plot
from photocompare.practice.cohort import CohortFilter, select
from photocompare.practice.figures import AuditFigures, AuditOptions, audit_figures
from photocompare.practice.statistics import mean_estimates, rate_estimates
from photocompare.report.words.texts import texts
from tests.support.gee import gee_means
from tests.support.made_cohort import Practice, made_cohort


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return made_cohort(Practice(rows=3000, seed=11))


@pytest.fixture(scope="module")
def figures(frame: pd.DataFrame) -> AuditFigures:
    return audit_figures(frame)


def ended(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["length"].notna() & frame["window"].isin(["assessment", "late"])]


def test_figures_are_those_of_the_rows(frame: pd.DataFrame, figures: AuditFigures) -> None:
    rows, found = ended(frame), figures.outcomes
    assert found is not None
    assert (found.pairs, found.patients) == (len(rows), rows["patient_id"].nunique())
    assert found.clearance.value == pytest.approx(rows["length"].mean())
    assert found.responding == (rows["length"] >= 75).sum()
    assert found.distribution.quartiles == pytest.approx(np.percentile(rows["length"], [25, 50, 75]))
    assert sum(n for _, _, n in found.distribution.bins) == len(rows)
    shares = [found.distribution.below.value, found.distribution.within.value, found.distribution.above.value]
    assert sum(shares) == pytest.approx(100.0)
    assert shares[1] == pytest.approx(100 * rows["length"].between(70, 90).mean())
    assert found.vessels["reticular"].value == pytest.approx(rows["reticular"].mean())
    assert (figures.first_day, figures.last_day) == (frame["baseline_on"].min().date(), frame["baseline_on"].max().date())


@pytest.mark.parametrize("dimension", ["agent", "form", "calibre", "ita_group", "operator", "site"])
def test_a_breakdown_is_that_of_the_rows(frame: pd.DataFrame, figures: AuditFigures, dimension: str) -> None:
    assert figures.outcomes is not None
    (table,) = (b for b in figures.outcomes.breakdowns if b.dimension == dimension)
    by_group = ended(frame).groupby(dimension, observed=True)["length"]
    assert {g.name: g.pairs for g in table.groups} == by_group.size().to_dict()
    for group in table.groups:
        assert group.clearance.value == pytest.approx(by_group.mean()[group.name])
        assert group.responders.value == pytest.approx(100 * (by_group.get_group(group.name) >= 75).mean())


def test_concentrations_stand_with_their_agent(figures: AuditFigures) -> None:
    assert figures.outcomes is not None
    (table,) = (b for b in figures.outcomes.breakdowns if b.dimension == "concentration")
    assert "polidocanol 0.25 %" in [g.name for g in table.groups]
    assert sum(g.pairs or 0 for g in table.groups) == figures.outcomes.pairs


def test_breakdowns_are_those_of_statsmodels_gee(frame: pd.DataFrame) -> None:
    small = frame.iloc[:600]
    outcomes = audit_figures(small).outcomes
    assert outcomes is not None
    rows = ended(small).reset_index(drop=True)
    cohort = select(rows, CohortFilter())
    clearance = cohort.numbers("length")
    for table in outcomes.breakdowns:
        groups = grouped(cohort, table.dimension, least_patients=1)
        means = mean_estimates(gee_means(clearance, groups.clusters))
        rates = rate_estimates(gee_means((clearance >= 75.0).astype(float), groups.clusters))
        expected = {name: pair for name, *pair in zip(groups.names, means, rates, strict=True)}
        for group in table.groups:
            for found, other in zip((group.clearance, group.responders), expected[group.name], strict=True):
                ends = [(getattr(found, end), getattr(other, end)) for end in ("value", "low", "high")]
                assert group.hidden or np.allclose(*zip(*ends, strict=True), rtol=0, atol=1e-8), group.name


def test_a_filter_and_a_part_of_the_rows_are_the_same(frame: pd.DataFrame) -> None:
    wanted = CohortFilter(since=dt.date(2024, 3, 1), until=dt.date(2024, 9, 30), legs=("left",))
    part = frame[frame["baseline_on"].between("2024-03-01", "2024-09-30") & (frame["leg"] == "left")]
    found, alone = audit_figures(frame, wanted), audit_figures(part.reset_index(drop=True))
    assert found.flow == alone.flow
    assert found.outcomes is not None
    assert alone.outcomes is not None
    assert found.outcomes.clearance.value == pytest.approx(alone.outcomes.clearance.value)
    for one, other in zip(found.outcomes.breakdowns, alone.outcomes.breakdowns, strict=True):
        told, expected = ([(g.name, g.pairs, g.patients, g.clearance.low, g.responders.high) for g in b.groups] for b in (one, other))
        assert [row[:3] for row in told] == [row[:3] for row in expected]
        assert np.allclose([row[3:] for row in told], [row[3:] for row in expected], equal_nan=True)


def test_equal_rows_give_equal_figures(frame: pd.DataFrame, figures: AuditFigures) -> None:
    again = audit_figures(frame.copy())
    assert dataclasses.asdict(again.flow) == dataclasses.asdict(figures.flow)
    assert again.outcomes is not None
    assert figures.outcomes is not None
    assert again.outcomes.truth == figures.outcomes.truth


def test_groups_of_few_patients_are_hidden_with_what_would_tell_them(frame: pd.DataFrame) -> None:
    rows = frame.copy()
    agent = rows["agent"].astype(str)
    kept = ended(rows).index
    agent[kept[:3]] = "rare agent"
    rows["agent"] = pd.Categorical(agent)
    found = audit_figures(rows).outcomes
    assert found is not None
    (table,) = (b for b in found.breakdowns if b.dimension == "agent")
    hidden = [g for g in table.groups if g.hidden]
    assert len(hidden) == 2
    assert "rare agent" in [g.name for g in hidden]
    assert all(g.patients is None and not g.clearance.ok and not g.responders.ok for g in hidden)
    # The strengths of a hidden agent would add up to it.
    (strengths,) = (b for b in found.breakdowns if b.dimension == "concentration")
    names = tuple(g.name for g in hidden)
    assert all(g.hidden for g in strengths.groups if g.name.startswith(names))


def test_a_cohort_of_few_patients_has_no_outcomes_but_is_counted(frame: pd.DataFrame) -> None:
    rows = frame[frame["patient_id"].isin(ended(frame)["patient_id"].unique()[:4])]
    found = audit_figures(rows.reset_index(drop=True))
    assert found.outcomes is None
    assert found.flow.steps[0].patients == 4


def test_an_empty_cohort_is_empty(frame: pd.DataFrame) -> None:
    found = audit_figures(frame.iloc[:0])
    assert found.outcomes is None
    assert [s.patients for s in found.flow.steps] == [0, 0, 0, 0]
    assert found.quality.periods == ()
    assert found.first_day is None


def test_what_was_never_recorded_is_no_breakdown(frame: pd.DataFrame) -> None:
    rows = frame.copy()
    rows["site"] = pd.Categorical([""] * len(rows))
    rows["concentration_percent"] = np.nan
    found = audit_figures(rows).outcomes
    assert found is not None
    assert "site" not in [b.dimension for b in found.breakdowns]
    assert "site" not in found.funnels
    (strengths,) = (b for b in found.breakdowns if b.dimension == "concentration")
    assert {g.name for g in strengths.groups} == {"glucose", "polidocanol", "sodium tetradecyl sulfate"}


def test_a_worse_operator_is_found_among_equals(frame: pd.DataFrame) -> None:
    rows = frame.copy()
    bad = (rows["operator"] == "operator 004") & rows["length"].notna()
    rows.loc[bad, ["length", "length_low", "length_high"]] -= 18.0
    found = audit_figures(rows).outcomes
    assert found is not None
    assert [u.name for u in found.funnels["operator"].units if u.place == "low_998"] == ["operator 004"]


def test_getting_worse_shows_in_the_run_chart(frame: pd.DataFrame) -> None:
    rows = frame.copy()
    later = (rows["baseline_on"] >= "2025-03-01") & rows["length"].notna()
    rows.loc[later, ["length", "length_low", "length_high"]] -= 10.0
    found = audit_figures(rows).outcomes
    assert found is not None
    assert found.run_chart.signals.any
    before = audit_figures(frame).outcomes
    assert before is not None
    assert not before.run_chart.signals.any


def test_photos_that_get_better_show_a_change(frame: pd.DataFrame) -> None:
    rows = frame.copy()
    quality = rows["photo_quality"].astype(str)
    quality[(rows["follow_up_on"] >= "2025-06-01") & (quality != "")] = "good"
    rows["photo_quality"] = pd.Categorical(quality)
    found = audit_figures(rows).quality
    assert found.good_change_a_year.low > 0.0
    assert sum(share.value for share in found.shares.values()) == pytest.approx(100.0)
    assert sum(p.pairs or 0 for p in found.periods) <= found.pairs


def test_quarters_instead_of_months(frame: pd.DataFrame) -> None:
    found = audit_figures(frame, options=AuditOptions(run_period="quarter")).outcomes
    assert found is not None
    assert [p.period for p in found.run_chart.points][:2] == ["2024-Q1", "2024-Q2"]
    with pytest.raises(ValueError, match="quarter"):
        AuditOptions(run_period="week")


@pytest.mark.thorough
def test_mean_clearance_covers_over_whole_cohorts() -> None:
    # 40 made practices: the mean before the ends at 0 and 100 cut it is known from a large one.
    truth = ended(made_cohort(Practice(rows=200_000, seed=999)))["length"].mean()
    held = 0
    for seed in range(40):
        found = audit_figures(made_cohort(Practice(rows=250, seed=seed))).outcomes
        assert found is not None
        held += found.clearance.low <= truth <= found.clearance.high
    assert stats.binom.cdf(held, 40, 0.95) > 0.01


def test_numbers_of_another_method_are_counted_and_not_pooled(frame: pd.DataFrame) -> None:
    """Results of other settings, all of them 0 % here, must not move a figure; the method is that of the latest comparison."""
    earlier = frame["follow_up_on"] < frame["follow_up_on"].quantile(0.5)
    assert earlier.any()
    mixed = frame.assign(method=pd.Categorical(np.where(earlier, "an older", "made"), ["an older", "made"]))
    mixed.loc[earlier & mixed["length"].notna(), ["length", "length_low", "length_high", "stained_share"]] = 0.0
    found = audit_figures(mixed)
    alone = audit_figures(mixed[~earlier])
    assert (found.method, found.other_methods) == ("made", int((earlier & mixed["length"].notna()).sum()))
    assert found.outcomes is not None
    assert alone.outcomes is not None
    assert found.outcomes.clearance == alone.outcomes.clearance
    assert found.outcomes.truth.true_sd.value == alone.outcomes.truth.true_sd.value
    assert found.after_effects == alone.after_effects
    steps = {step.name: step.comparisons for step in found.flow.steps}
    assert steps["measured"] == int(mixed["length"].notna().sum())
    assert steps["in_window"] == found.outcomes.pairs
    told = " ".join(notes(found, texts("en")))
    assert f"{found.other_methods} comparisons with a number were measured by another version" in told
    assert "another version" not in " ".join(notes(alone, texts("en")))


@pytest.mark.parametrize("last", ["a", "b"])
def test_of_several_methods_on_the_last_day_that_of_the_comparison_saved_last_counts(frame: pd.DataFrame, last: str) -> None:
    number, day = frame["comparison_id"], frame["follow_up_on"].max()
    saved_last = frame["length"].notna() & (number == number[frame["length"].notna()].max())
    mixed = frame.assign(
        method=pd.Categorical(np.where(saved_last, last, {"a": "b", "b": "a"}[last])),
        follow_up_on=frame["follow_up_on"].where(frame["follow_up_on"].isna(), day),
    )
    for order in (mixed, mixed[::-1].reset_index(drop=True)):
        assert audit_figures(order).method == last


def test_numbers_of_drawn_fields_are_counted_and_told(frame: pd.DataFrame) -> None:
    numbered = frame["length"].notna()
    drawn = numbered & (np.arange(len(frame)) % 50 == 0)
    marked = frame.assign(reasons=pd.Categorical(np.where(drawn, "light_differs field_drawn", "")))
    found, none = audit_figures(marked), audit_figures(frame.assign(reasons=pd.Categorical([""] * len(frame))))
    assert (found.drawn_fields, none.drawn_fields) == (int(drawn.sum()), 0)
    assert texts("en")("audit_note.drawn_fields", n=found.drawn_fields) in notes(found, texts("en"))
    assert len(notes(found, texts("en"))) == len(notes(none, texts("en"))) + 1


def test_clearances_below_0_are_counted_drawn_and_told_in_words(frame: pd.DataFrame) -> None:
    """Most legs darker than before: the histogram and its axis go below 0, and a mean below 0 has words."""
    darker = frame.assign(length=frame["length"] - 90.0, length_low=frame["length_low"] - 90.0, length_high=frame["length_high"] - 90.0)
    outcomes = audit_figures(darker).outcomes
    assert outcomes is not None
    bins = outcomes.distribution.bins
    assert sum(n for _, _, n in bins) == outcomes.pairs
    assert bins[0][0] <= ended(darker)["length"].min() < bins[0][1]
    assert bins[-1][1] == 100.0
    plot = distribution_plot(audit_figures(darker), outcomes, texts("en"))
    assert plot.x.least == bins[0][0]
    said = clearance(outcomes.clearance, texts("en"))
    assert said.startswith(f"Darker than before, {-outcomes.clearance.value:.1f} % (")
    assert said.endswith(" % darker)")
    assert "-" not in said
    assert clearance(Estimate.failed("%"), texts("en")) == DASH
