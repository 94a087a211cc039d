"""The page About: what the tool is for, how accurate it was measured to be, how to measure that oneself, and under which licences."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib import metadata
from importlib.resources import files
from typing import Any

import streamlit as st

from photocompare import __version__
from photocompare.report.words.numbers import shortest
from photocompare.report.words.texts import Texts
from photocompare.report.words.visit import date_of
from photocompare.viewer.shared.components import put_style
from photocompare.viewer.shared.page import begin
from photocompare.viewer.shared.tables import head_and_body

PACKAGES = (
    "alembic",
    "altair",
    "click",
    "fpdf2",
    "fsspec",
    "isal",
    "matplotlib",
    "numpy",
    "onnxruntime",
    "opencv-python",
    "pillow",
    "pillow-heif",
    "pandas",
    "platformdirs",
    "pyarrow",
    "scikit-image",
    "scipy",
    "sqlalchemy",
    "streamlit",
    "tqdm",
)
"""Distributions that the tool and its viewer ask for by name, as `pyproject.toml` has them."""

LONGEST_LICENCE_NAME = 80
"""Characters; a longer licence field holds the licence's text instead of its name."""

_PLACES = "abcd"
"""Names of the placeholders for the numbers of one row."""


@dataclass(frozen=True)
class Package:
    """One package in use.

    Parameters
    ----------
    name : str
    version : str or None
        None where it is not installed.
    licence : str or None
        As its own metadata names it; None where they hold no name.
    """

    name: str
    version: str | None
    licence: str | None


def accuracy() -> dict[str, Any]:
    """The shipped summary of the accuracy study: version, date, plan, figures, aims not reached (`report/accuracy.json`)."""
    found: dict[str, Any] = json.loads(files("photocompare.report").joinpath("accuracy.json").read_text(encoding="utf-8"))
    return found


def packages() -> list[Package]:
    """What is installed of `PACKAGES`, with the licence that each states."""
    return [_package(name) for name in PACKAGES]


def _package(name: str) -> Package:
    try:
        stated = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return Package(name, None, None)
    names = [*(stated.get_all("License-Expression") or []), *(stated.get_all("License") or [])]
    names += [text.split(" :: ")[-1] for text in stated.get_all("Classifier") or [] if text.startswith("License ::")]
    short = (text for text in names if text and "\n" not in text and len(text) <= LONGEST_LICENCE_NAME)
    return Package(name, metadata.version(name), next(short, None))


def apache_licence() -> list[str]:
    """The paragraphs of the licence that comes with the matching networks, each on one line so that a phone can break it."""
    text = files("photocompare.models").joinpath("XFEAT_LICENSE_Apache-2.0.txt").read_text(encoding="utf-8")
    return [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text.strip())]


def validate_command(plan: dict[str, Any]) -> str:
    """The command that repeats the study."""
    return f"photocompare validate --out DIR --pairs {plan['pairs']} --seed {plan['seed']} --mismatches {plan['mismatches']}"


def show() -> None:
    """The whole page."""
    t = begin("about.title")
    study = accuracy()
    put_style("about/about.css")
    st.html(_paragraphs(t("about.intro", version=__version__), t("common.disclaimer")))
    st.header(t("about.use_title"))
    st.html(intended_use(t))
    st.header(t("about.accuracy_title"))
    st.html(accuracy_summary(study, t))
    st.subheader(t("about.aims_title"))
    st.html(aims_missed(study, t))
    st.header(t("about.check_title"))
    st.html(_paragraphs(t("about.check_note")))
    st.code(validate_command(study["plan"]), language=None, wrap_lines=True)
    st.header(t("about.licences_title"))
    st.html(licences(t))
    with st.expander(t("about.licence_text")):
        st.html(f'<div class="pc-about-licence">{_paragraphs(*apache_licence())}</div>')


def intended_use(t: Texts) -> str:
    """What it is made for, what it is not, and its limits, as three lists."""
    blocks = []
    for part in ("meant", "not_meant", "limit"):
        items = "".join(f"<li>{escape(point)}</li>" for point in t.section(f"about.{part}").values())
        blocks.append(f"<section><h3>{escape(t(f'about.{part}_title'))}</h3><ul>{items}</ul></section>")
    return f'<div class="pc-about-lists">{"".join(blocks)}</div>'


def accuracy_summary(study: dict[str, Any], t: Texts) -> str:
    """When and on what it was measured, the main figures, and what real photographs add."""
    date = date_of(dt.date.fromisoformat(study["date"]), t)
    measured = t("about.accuracy_measured", date=date, version=study["version"], pairs=study["plan"]["pairs"])
    rows = [
        (t(f"about.figure.{row['name']}.name"), _filled(t, f"about.figure.{row['name']}.value", row["numbers"]), str(row["n"]))
        for row in study["figures"]
    ]
    heads = [t(f"about.{name}_column") for name in ("figure", "value", "number")]
    return (
        _paragraphs(measured)
        + _table(heads, rows)
        + _paragraphs(t("about.accuracy_real", **{name: shortest(number, t) for name, number in study["real"].items()}))
    )


def aims_missed(study: dict[str, Any], t: Texts) -> str:
    """The aims that the study did not reach, with what was measured instead."""
    rows = [
        (
            t(f"about.aim.{row['name']}.name"),
            _filled(t, f"about.aim.{row['name']}.limit", row["limit"]),
            _filled(t, f"about.aim.{row['name']}.measured", row["measured"]),
        )
        for row in study["aims"]
    ]
    return _paragraphs(t("about.aims_note")) + _table([t(f"about.{name}_column") for name in ("aim", "limit", "measured")], rows)


def licences(t: Texts) -> str:
    """Ours, the networks', and those of the packages in use."""
    absent, unstated = t("about.not_installed"), t("about.licence_unstated")
    rows = [(package.name, package.version or absent, package.licence or unstated) for package in packages()]
    sentences = _paragraphs(t("about.licence_own"), t("about.licence_models"), t("about.licence_packages"))
    return sentences + _table([t(f"about.{name}_column") for name in ("package", "version", "licence")], rows)


def _filled(t: Texts, key: str, numbers: Sequence[float]) -> str:
    """A row's text with its numbers in their places, minus signs as such."""
    return t(key, **{place: shortest(number, t) for place, number in zip(_PLACES, numbers, strict=False)})


def _paragraphs(*texts: str) -> str:
    return f'<div class="pc-about">{"".join(f"<p>{escape(text)}</p>" for text in texts)}</div>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f'<table class="pc-about-table">{head_and_body(heads, rows)}</table>'
