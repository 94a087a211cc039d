"""The examples run, and print what they say that they print."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
APART = 0.05
"""Share by which a printed number may differ on another machine: its linear algebra moves last digits."""


def test_there_are_four() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_prints_what_it_says(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = runpy.run_path(str(path))["__doc__"].partition("prints\n\n")[2]
    said = [line.strip() for line in capsys.readouterr().out.splitlines()]
    expected = [line.strip() for line in told.strip().splitlines()]
    assert [NUMBER.sub("#", line) for line in said] == [NUMBER.sub("#", line) for line in expected]
    numbers = [[float(n) for line in lines for n in NUMBER.findall(line)] for lines in (said, expected)]
    assert numbers[0] == pytest.approx(numbers[1], rel=APART, abs=0.5)
