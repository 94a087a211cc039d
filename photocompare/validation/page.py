"""The validation report: one HTML page that needs nothing else, the same as JSON, and a short summary in Markdown."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from photocompare.base.safe_files import write_whole
from photocompare.validation.findings import (
    ALL_BAD,
    ALL_GOOD,
    CLAIM_HOLDS,
    CLAIM_NEAR,
    HEADLINES,
    TRUE_MEDIAN,
    TRUE_P95,
    WRONG_PAIRINGS,
    Findings,
    Table,
)
from photocompare.validation.measures import Figure
from photocompare.validation.plots import Plot
from photocompare.validation.rows import Row
from photocompare.validation.study import ROWS, Study
from photocompare.validation.wording import told

SCHEMA = "photocompare.validation/1"
PAGE, FIGURES, SUMMARY = "validation.html", "validation.json", "summary.md"

_PLOT_BEFORE = {
    "agreement": "accuracy",
    "bland_altman": "linearity",
    "bias": "bias",
    "null": "null",
    "groups": "groups",
    "registration": "registration",
}
"""Above which table a plot stands."""

_DIGITS = 6
"""Significant digits in the JSON file: more than any figure can mean, few enough to read."""

_STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; color: #1a1a1a; max-width: 66rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-top: 1px solid #bbb; padding-top: 1rem; }
table { border-collapse: collapse; margin: .8rem 0; font-size: .9rem; } caption { text-align: left; color: #444; padding-bottom: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid #ddd; }
td { font-variant-numeric: tabular-nums; } tbody th { font-weight: normal; } th.block { font-weight: 600; padding-top: .8rem; }
figure { margin: 1rem 0; } img { max-width: 100%; height: auto; } figcaption { color: #444; font-size: .9rem; } .wide { overflow-x: auto; }
@media print { body { max-width: none; margin: 0; font-size: 10.5pt; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; } }
"""


def write_report(folder: Path, study: Study, findings: Findings, plots: Sequence[Plot], *, made: str) -> None:
    """Write `validation.json`, `summary.md` and, last, `validation.html`; `made` is the time in UTC, ISO 8601."""
    write_whole(
        folder / FIGURES, json.dumps(report_as_dict(study, findings, made), indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    )
    write_whole(folder / SUMMARY, summary_text(study, findings).encode())
    write_whole(folder / PAGE, page_text(study, findings, plots, made).encode())


def _json_number(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _json_figure(figure: Figure) -> dict[str, Any]:
    numbers = {name: _json_number(getattr(figure, name)) for name in ("value", "low", "high")}
    return numbers | {"n": figure.n, "unit": figure.unit, "method": figure.method}


def report_as_dict(study: Study, findings: Findings, made: str) -> dict[str, Any]:
    """The report in plain JSON types; a figure that too few pairs allow is null, with its n."""
    plan, method = study.plan, study.method
    return {
        "schema": SCHEMA,
        "made": made,
        "plan": {"pairs": plan.pairs, "seed": plan.seed, "mismatches": plan.mismatches, "rows": plan.size[0], "columns": plan.size[1]},
        "method": {
            "version": method.version,
            "config": method.config,
            "config_sha256": method.config_sha256,
            "code_sha256": method.code_sha256,
        },
        "tables": {
            key: {
                "title": table.title,
                "note": table.note,
                "columns": dict(table.columns),
                "lines": [
                    {"heading": line.heading, "label": line.label, "figures": {k: _json_figure(f) for k, f in line.figures.items()}}
                    for line in table.lines
                ],
            }
            for key, table in findings.tables.items()
        },
        "good_refused": [_case_as_dict(row) for row in findings.good_refused],
        "bad_accepted": [_case_as_dict(row) for row in findings.bad_accepted],
        "faults": [_case_as_dict(row) for row in findings.faults],
        "pairs": ROWS,
    }


def _case_as_dict(row: Row) -> dict[str, Any]:
    return {
        "role": row.role,
        "number": row.number,
        "kind": row.kind,
        "why": row.why,
        "ranges": row.ranges,
        "seed": row.seed,
        "status": row.status,
        "reasons": list(row.refusals),
    }


def page_text(study: Study, findings: Findings, plots: Sequence[Plot], made: str) -> str:
    """The page: no script, nothing fetched."""
    plan, method = study.plan, study.method
    drawn = {_PLOT_BEFORE[plot.name]: plot for plot in plots}
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>photocompare: validation on {plan.pairs} rendered pairs</title><style>{_STYLE}</style></head><body><main>",
        "<h1>How far the clearance numbers can be trusted</h1>",
        f"<p>{escape(_what_was_done(study))}</p>",
        f"<p>{escape(LIMITS)}</p>",
        "<h2>In short</h2>",
        _html_table(
            "The main figures", ("Figure", "Value (95 % interval)", "n"), [(n, told(f), str(f.n)) for n, f in headline_figures(findings)]
        ),
    ]
    for key, table in findings.tables.items():
        parts.append(f'<section id="{key}"><h2>{escape(table.title)}</h2>')
        parts += [_html_figure(drawn[key])] if key in drawn else []
        parts += [_html_findings(table), "</section>"]
    parts += ['<section id="cases"><h2>Pairs to look at</h2>']
    parts.append(_html_cases("Good pairs that got no number", findings.good_refused))
    parts.append(_html_cases("Bad pairs that got a number", findings.bad_accepted))
    parts.append(_html_cases("Pairs on which the program failed", findings.faults))
    parts += ["</section><section><h2>How it was done</h2>", *(f"<p>{escape(text)}</p>" for text in HOW)]
    parts.append(
        f"<p>photocompare {escape(method.version)}, settings {escape(method.config)} ({method.config_sha256[:16]}), code"
        f" {method.code_sha256[:16]}; seed {plan.seed}, {plan.size[1]} x {plan.size[0]} pixels; made {escape(made)}.</p>"
    )
    return "\n".join([*parts, "</section></main></body></html>", ""])


LIMITS = (
    "Rendered legs have a known truth, real ones don't: these figures tell how well the tool measures what a photo shows under the"
    " conditions that were rendered. They are no evidence from patients, and they don't tell what a vein does between two visits by itself."
)

HOW = (
    "Each pair is a simulated leg: skin whose colour comes from light transport through melanin and blood, veins of two calibres, pose,"
    " light, camera, hair and JPEG compression drawn at random, half of them from harder ranges. The photos are written as JPEG files and"
    " measured by the same steps as anybody's photos. The truth comes from the scene, never from the photos.",
    "Proportions carry Wilson's interval; medians and percentiles distribution-free intervals between ordered values; means Student's;"
    ' the repeatability coefficient the chi-square interval; limits of agreement those of Bland and Altman (1999). Where a table says "too'
    " few\", that many pairs don't allow the figure. Bias, linearity and repeatability are the terms of Raunig et al. (2015).",
    "Wrong pairings put the before photo of one leg beside the after photo of another, legs of like skin tone first.",
)


def _what_was_done(study: Study) -> str:
    plan = study.plan
    wrong = f", and on {plan.mismatches} pairing{'s' * (plan.mismatches > 1)} of photos of two different legs" if plan.mismatches else ""
    rendered = f"{plan.pairs} rendered pair{'s' * (plan.pairs != 1)}"
    return (
        f"photocompare {study.method.version} was run on {rendered} of photographs whose truth is known{wrong}."
        " Errors are measured minus true, in percentage points."
    )


def headline_figures(findings: Findings) -> list[tuple[str, Figure]]:
    """The main figures, a dozen or so."""

    def figure(table: str, label: str, column: str = "value") -> Figure:
        return findings.tables[table].figure(label, column)

    length, net = HEADLINES["length"], HEADLINES["net_change"]
    area, contrast = HEADLINES["area"], HEADLINES["contrast"]
    return [
        (f"{length}: absolute error, median", figure("accuracy", length, "abs_median")),
        (f"{length}: absolute error, 90th percentile", figure("accuracy", length, "abs_p90")),
        (f"{length}: bias", figure("accuracy", length, "bias")),
        (f"{length}: slope against truth", figure("linearity", length, "slope")),
        (f"{length}: 95 % intervals that hold the truth", figure("accuracy", length, "covered")),
        (f"{length}: width of the 95 % interval, median", figure("accuracy", length, "width")),
        (f"{area}: absolute error, median", figure("accuracy", area, "abs_median")),
        (f"{contrast}: absolute error, median", figure("accuracy", contrast, "abs_median")),
        (f"Untreated legs: {length.lower()}, 90th percentile", figure("null", length, "abs_p90")),
        (f"Untreated legs: {net.lower()}, absolute, 90th percentile", figure("null", net, "abs_p90")),
        (f"Untreated legs: {net.lower()}, repeatability coefficient", figure("null", net, "rc")),
        (f"Registration, mm: {TRUE_MEDIAN.lower()}", figure("registration", TRUE_MEDIAN)),
        (f"Registration, mm: {TRUE_P95.lower()}", figure("registration", TRUE_P95)),
        (f"Registration: {CLAIM_HOLDS.lower()}", figure("registration", CLAIM_HOLDS)),
        (f"Registration: {CLAIM_NEAR.lower()}", figure("registration", CLAIM_NEAR)),
        ("Good pairs measured", figure("measured", ALL_GOOD, "measured")),
        (f"{ALL_BAD}: accepted", figure("false_acceptance", ALL_BAD, "accepted")),
        (f"{WRONG_PAIRINGS}: accepted", figure("false_acceptance", WRONG_PAIRINGS, "accepted")),
    ]


def summary_text(study: Study, findings: Findings) -> str:
    """A table for the documents and five lines for a README."""
    lines = [f"{_what_was_done(study)} Seed {study.plan.seed}.", "", "| figure | value (95 % interval) | n |", "|---|---|---|"]
    lines += [f"| {name} | {told(figure)} | {figure.n} |" for name, figure in headline_figures(findings)]
    return "\n".join([*lines, "", "In five lines:", "", *_five_lines(study, findings), ""])


def _five_lines(study: Study, findings: Findings) -> list[str]:
    length, net = HEADLINES["length"], HEADLINES["net_change"]

    def say(table: str, label: str, column: str = "value") -> str:
        return told(findings.tables[table].figure(label, column))

    return [
        f"* {length} on {study.plan.pairs} rendered pairs (seed {study.plan.seed}), error in points: median"
        f" {say('accuracy', length, 'abs_median')}, 90th percentile {say('accuracy', length, 'abs_p90')}, bias"
        f" {say('accuracy', length, 'bias')}.",
        f"* 95 % intervals that hold the truth: {say('accuracy', length, 'covered')}; median width in points:"
        f" {say('accuracy', length, 'width')}.",
        f"* Untreated legs, 90th percentile in points: clearance of length {say('null', length, 'abs_p90')}, net change"
        f" {say('null', net, 'abs_p90')}.",
        f"* Registration error in mm: median {say('registration', TRUE_MEDIAN)}, 95th percentile {say('registration', TRUE_P95)}; pairs in"
        f" which the claimed error holds: {say('registration', CLAIM_HOLDS)}.",
        f"* Good pairs measured: {say('measured', ALL_GOOD, 'measured')}; bad pairs given a number:"
        f" {say('false_acceptance', ALL_BAD, 'accepted')}; photos of two different legs given a number:"
        f" {say('false_acceptance', WRONG_PAIRINGS, 'accepted')}.",
    ]


def _html_table(caption: str, headings: Iterable[str], lines: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in headings)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>' + "".join(f"<td>{escape(text)}</td>" for text in rest) + "</tr>"
        for first, *rest in lines
    )
    return f'<div class="wide"><table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _html_findings(table: Table) -> str:
    """A table of figures; groups without any pair are left out, and each block of lines has its heading."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in ("", "n", *table.columns.values()))
    body, block = [], ""
    for line in table.lines:
        counts = [figure.n for figure in line.figures.values()]
        if line.heading and not any(counts):
            continue
        if line.heading and line.heading != block:
            block = line.heading
            body.append(f'<tr><th class="block" scope="colgroup" colspan="{len(table.columns) + 2}">{escape(block)}</th></tr>')
        cells = "".join(f"<td>{escape(told(line.figures[key]))}</td>" for key in table.columns)
        body.append(f'<tr><th scope="row">{escape(line.label)}</th><td>{max(counts)}</td>{cells}</tr>')
    caption = f"{table.note} 95 % intervals in brackets."
    rows = "".join(body)
    return f'<div class="wide"><table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _html_figure(plot: Plot) -> str:
    data = base64.b64encode(plot.svg).decode()
    picture = f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(plot.alt)}">'
    return f"<figure>{picture}<figcaption>{escape(plot.caption)}.</figcaption></figure>"


def _html_cases(title: str, rows: Sequence[Row]) -> str:
    if not rows:
        return f"<p>{escape(title)}: none.</p>"
    lines = [
        (f"{r.role} {r.number}", f"{r.kind} {r.why}".strip(), r.ranges, str(r.seed), r.status, ", ".join(r.refusals) or "-") for r in rows
    ]
    return _html_table(f"{title}: {len(rows)}", ("Pair", "Kind", "Ranges", "Seed", "Status", "Reasons"), lines)
