"""The shipped sample is what the method measures today.

When a change of the method moves it, store it anew: `python -m photocompare.viewer.measuring.stored_sample`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from photocompare import __version__
from photocompare.results.dossier import Dossier, read_dossier
from photocompare.results.result_json import as_dict
from photocompare.results.timing import Timing
from photocompare.settings import STANDARD
from photocompare.viewer.measuring import stored_sample
from photocompare.viewer.measuring.stored_sample import STORED, measured_sample
from photocompare.viewer.result.session_pair import sample

FOLDER = Path(__file__).parents[2] / stored_sample.SAMPLE
ANEW = "the sample is of another method: store it anew with `python -m photocompare.viewer.measuring.stored_sample`"
POINTS = 0.1

ACROSS_MACHINES = 2e-3
"""Share by which a figure may differ where the processor or the linear algebra is another (docs/architecture.md)."""


@pytest.fixture(scope="module")
def stored() -> Dossier:
    return read_dossier((FOLDER / STORED).read_bytes())


@pytest.fixture(scope="module")
def fresh() -> Dossier:
    return measured_sample(FOLDER)


def percentages(value: Any, at: str = "") -> dict[str, float | None]:
    """Every percentage below a node of the result, by its place."""
    found: dict[str, float | None] = {}
    for key, part in value.items():
        if isinstance(part, dict):
            found |= percentages(part, f"{at}{key}.")
        elif key in ("percent", "low", "high", "stained_percent_of_baseline_length"):
            found[at + key] = part
    return found


def test_the_stored_sample_is_of_this_version_and_these_settings(stored: Dossier) -> None:
    made_by = stored.result.provenance
    assert made_by.version == __version__, ANEW
    assert (made_by.config, made_by.config_sha256) == (STANDARD.name, STANDARD.sha256), ANEW


def test_measured_anew_the_sample_comes_out_as_it_is_stored(stored: Dossier, fresh: Dossier) -> None:
    assert stored.measured
    assert fresh.result.status == stored.result.status, ANEW
    assert fresh.result.reasons == stored.result.reasons, ANEW
    for which, photo in stored.result.photos.items():
        again = fresh.result.photos[which]
        assert (again.sha256, again.width, again.height) == (photo.sha256, photo.width, photo.height), ANEW
        assert again.quality == {name: pytest.approx(value, rel=ACROSS_MACHINES) for name, value in photo.quality.items()}, ANEW
    assert fresh.result.provenance == stored.result.provenance, ANEW
    before, now = as_dict(stored.result), as_dict(fresh.result)
    for part in ("clearance", "pigment"):
        old, new = percentages(before[part]), percentages(now[part])
        assert new == {place: pytest.approx(value, abs=POINTS) for place, value in old.items()}, ANEW
        assert old
    assert fresh.result.unit == stored.result.unit, ANEW
    assert fresh.result.fates == pytest.approx(stored.result.fates, rel=0.005, abs=0.5), ANEW


def test_the_stored_sample_has_every_picture_that_is_drawn_today(stored: Dossier, fresh: Dossier) -> None:
    assert set(stored.pictures) == set(fresh.pictures), ANEW
    assert {fate: len(lines) for fate, lines in stored.lines["fates"].items()} == {  # type: ignore[index]
        fate: len(lines)
        for fate, lines in fresh.lines["fates"].items()  # type: ignore[index]
    }, ANEW
    assert len(stored.veins.pieces) == len(fresh.veins.pieces), ANEW  # type: ignore[union-attr]


def test_the_sample_shows_a_good_result_inside_its_window() -> None:
    result = sample(FOLDER / STORED).result
    assert result.timing == Timing(91, "assessment")
    assert result.benchmark.verdict == "within"
    assert result.provenance.seconds == {}
