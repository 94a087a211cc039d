"""Fail when an accuracy figure is worse than what was reached before: `ratchet.py SCORE.json`.

The limits stand in `ratchet.json` beside this file: for each figure of the bench's summary "most" or "least".  Wall time is not among
them.  When a figure gets better, tighten its limit.
"""

from __future__ import annotations

import json
import pathlib
import sys


def main() -> int:
    summary = json.loads(pathlib.Path(sys.argv[1]).read_text())["summary"]
    limits = json.loads(pathlib.Path(__file__).with_name("ratchet.json").read_text())
    worse = []
    for figure, limit in limits.items():
        value = summary.get(figure)
        number = float(str(value).split("/")[0]) if value is not None else None
        if number is None or number > limit.get("most", number) or number < limit.get("least", number):
            worse.append(f"{figure} is {value}, allowed: {limit}")
    print("\n".join(worse) or f"{len(limits)} accuracy figures are as good as they were")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
