"""Fail when an accuracy figure is worse than what was reached before: `ratchet.py SCORE.json [REAL_SCORE.json]`.

The limits stand in `ratchet.json` beside this file: for each figure of the bench's summary, and under "real" of that of the real
photographs (`real-null.bias` names a figure within a group), "most" or "least".  Wall time is not among them.  When a figure gets better,
tighten its limit.
"""

from __future__ import annotations

import json
import pathlib
import sys
from collections.abc import Mapping
from typing import Any


def worse_than(limits: Mapping[str, Mapping[str, float]], summary: Mapping[str, Any]) -> list[str]:
    """A line for each figure that breaks its limit, or is not there."""
    lines = []
    for figure, limit in limits.items():
        value: Any = summary
        for part in figure.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        # A share such as "12/15" counts by how many there are.
        number = float(str(value).split("/")[0]) if value is not None else None
        if number is None or number > limit.get("most", number) or number < limit.get("least", number):
            lines.append(f"{figure} is {value}, allowed: {dict(limit)}")
    return lines


def main() -> int:
    bench, *real = (json.loads(pathlib.Path(path).read_text())["summary"] for path in sys.argv[1:])
    limits = json.loads(pathlib.Path(__file__).with_name("ratchet.json").read_text())
    on_real = limits.pop("real")
    worse = [*worse_than(limits, bench), *(line for summary in real for line in worse_than(on_real, summary))]
    print("\n".join(worse) or f"{len(limits) + len(on_real) * len(real)} accuracy figures are as good as they were")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
