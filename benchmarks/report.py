"""From figures to `report.md` and `report.json`, and into the page that shows them."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import Machine
from benchmarks.peer import PairComparison, PointError
from benchmarks.sizes import SizeCost, Times, cost_per_megapixel

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
"""Between these lines of a page stand the figures of the last run."""

MOST_SECONDS = {2: 1.5, 12: 3.5}
"""The project's own limits on wall time by megapixels: an answer while the patient sits there."""

MOST_MIB_AT_12_MP = 800.0
"""The project's own limit on the largest process, so that the smallest clinic computer with 4 GiB has room for it beside a browser."""

LEAST_TIMES_FASTER = 8.0
"""The project's own aim against affine + B-spline registration at the peer's defaults."""


@dataclass(frozen=True)
class Findings:
    """Everything that a run measured.

    Parameters
    ----------
    version, config_sha256 : str
        Of photocompare and its settings.
    machine : Machine
    load : (float, float)
        Load average over one minute before and after; NaN where the system doesn't tell.
    floors : dict of str to Times
    sizes : tuple of SizeCost
    control : dict of str to PointError
        The peer on a photo and its shifted copy, by unit; empty without the peer.
    pairs : tuple of PairComparison
        Empty without the peer.
    peer_absent : str
        Why the peer was not run; empty when it was.
    """

    version: str
    config_sha256: str
    machine: Machine
    load: tuple[float, float]
    floors: dict[str, Times]
    sizes: tuple[SizeCost, ...]
    control: dict[str, PointError]
    pairs: tuple[PairComparison, ...]
    peer_absent: str = ""


def plain(value: Any) -> Any:
    """A value as JSON has it: NaN becomes null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def number(value: float, digits: int = 2) -> str:
    """A figure for a table; "none" for NaN."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "none"


def yes(fact: bool) -> str:
    """A verdict for a table."""
    return "true" if fact else "false"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; every row as long as the header."""
    if any(len(row) != len(header) for row in rows):
        raise ValueError("a row is longer or shorter than the header")
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _sizes_table(sizes: Sequence[SizeCost]) -> str:
    header = (
        "megapixels", "rows x columns", "result", "wall s (least to most)", "CPU s", "peak MiB", "all processes MiB",
        "decoding: wall s", "decoding: peak MiB", "wall / decoding", "CPU / decoding", "peak / decoding",
    )  # fmt: skip
    rows = [
        (
            number(size.megapixels, 1),
            f"{size.rows} x {size.columns}",
            size.status,
            f"{number(size.whole.wall_s)} ({number(size.wall_range_s[0])} to {number(size.wall_range_s[1])})",
            number(size.whole.cpu_s),
            number(size.peak_mib, 0),
            number(size.together_mib, 0),
            number(size.decoding.wall_s, 3),
            number(size.decoding_peak_mib, 0),
            number(size.whole.wall_s / size.decoding.wall_s, 1),
            number(size.whole.cpu_s / size.decoding.cpu_s, 1),
            number(size.peak_mib / size.decoding_peak_mib, 1),
        )
        for size in sizes
    ]
    return table(header, rows)


def _slopes(sizes: Sequence[SizeCost]) -> str:
    megapixels = [size.megapixels for size in sizes]
    if len(set(megapixels)) < 2:
        return ""
    parts = (
        ("wall", "s", 2, [size.whole.wall_s for size in sizes]),
        ("CPU", "s", 2, [size.whole.cpu_s for size in sizes]),
        ("peak", "MiB", 0, [size.peak_mib for size in sizes]),
    )
    told = []
    for name, unit, digits, amounts in parts:
        fixed, each = cost_per_megapixel(megapixels, amounts)
        told.append(f"{name} {number(fixed, digits)} {unit} + {number(each, digits + 1)} {unit} a megapixel")
    return "Straight lines through these rows: " + "; ".join(told) + ".\n"


def _stages_table(sizes: Sequence[SizeCost]) -> str:
    names = list(dict.fromkeys(name for size in sizes for name in size.stages))
    header = ["stage", *(f"{size.megapixels:.0f} MP: wall s / CPU s (wall over decoding)" for size in sizes)]
    rows = []
    for name in names:
        cells = []
        for size in sizes:
            times = size.stages.get(name)
            ratio = "" if times is None else f" ({number(times.wall_s / size.decoding.wall_s, 1)})"
            cells.append("not reached" if times is None else f"{number(times.wall_s, 3)} / {number(times.cpu_s, 3)}{ratio}")
        rows.append([name, *cells])
    return table(header, rows)


def _errors(error: PointError) -> str:
    return f"{number(error.median_mm, 3)} / {number(error.p95_mm, 3)}"


def _peer_table(pairs: Sequence[PairComparison]) -> str:
    header = (
        "pair", "ours: result", "wall s", "CPU s", "error mm, median / p95", "points covered", "unregistered, mm",
        "peer's unit", "registration alone: wall s", "CPU s", "peak MiB", "error mm, median / p95", "times faster", "lower error",
    )  # fmt: skip
    rows = [
        (
            pair.name, pair.status, number(pair.wall_s), number(pair.cpu_s), _errors(pair.error), number(pair.share), _errors(pair.unmoved),
            peer.unit, number(peer.wall_s, 1), number(peer.cpu_s, 1), number(peer.peak_mib, 0), _errors(peer.error),
            number(peer.time_ratio, 1), yes(peer.ours_lower),
        )
        for pair in pairs
        for peer in pair.peers
    ]  # fmt: skip
    return table(header, rows)


def targets(found: Findings) -> list[tuple[str, str, str, bool]]:
    """The project's own aims: (what, aim, measured, met); only those that this run measured."""
    told = []
    for size in found.sizes:
        nearest = round(size.megapixels)
        if nearest in MOST_SECONDS:
            most = MOST_SECONDS[nearest]
            told.append((f"wall time at {nearest} MP", f"<= {most} s", f"{number(size.whole.wall_s)} s", size.whole.wall_s <= most))
        if nearest == 12:
            told.append(
                ("peak memory at 12 MP", f"<= {MOST_MIB_AT_12_MP:.0f} MiB", f"{size.peak_mib:.0f} MiB", size.peak_mib <= MOST_MIB_AT_12_MP)
            )
    for unit in dict.fromkeys(peer.unit for pair in found.pairs for peer in pair.peers):
        peers = [peer for pair in found.pairs for peer in pair.peers if peer.unit == unit]
        least = min(peer.time_ratio for peer in peers)
        lower = sum(peer.ours_lower for peer in peers)
        named = f"the peer in units of {unit}"
        faster = f">= {LEAST_TIMES_FASTER:.0f}"
        told.append((f"times faster than {named}, worst pair", faster, number(least, 1), least >= LEAST_TIMES_FASTER))
        told.append((f"lower error than {named}", "on every pair", f"on {lower} of {len(peers)} pairs", lower == len(peers)))
    return told


def _machine_text(found: Findings) -> str:
    machine = found.machine
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    return (
        f"photocompare {found.version}, settings {found.config_sha256[:12]}. {machine.processor}, {machine.cores} cores, "
        f"{number(machine.memory_gib, 1)} GiB memory; {machine.system}, Python {machine.python}; {libraries}. "
        f"Load average over one minute {number(found.load[0])} before, {number(found.load[1])} after: "
        "wall times hold for a quiet machine only when the first is near 0."
    )


def _peer_text(found: Findings) -> str:
    if not found.pairs:
        return found.peer_absent
    control = "; ".join(f"{_errors(error)} mm in units of {unit}" for unit, error in found.control.items())
    return (
        "Our whole comparison (process start, decoding, measuring, all files) against the peer's registration alone, both on the same "
        "photos in turn. Errors are at the points that our map covers, for both; a refused pair counts as not lower. The peer is run "
        "twice, with a pixel and with a millimetre as its unit, since its default B-spline grid is 10 units.\n\n"
        f"{_peer_table(found.pairs)}\n\n"
        f"Control: on a photo and its copy under a known affine map the peer's error (median / p95) is {control}."
    )


def _cost_text(found: Findings) -> str:
    runs = found.sizes[0].runs if found.sizes else 0
    return (
        f"`photocompare compare` as a process of its own, files warm, median of {runs}; decoding is `cv2.imread` of the same two photos, "
        "in turn with it. Peak is the largest process; all processes together (shared pages once) were looked at every 20 ms in a run that "
        "was not timed, so that sum may miss a short peak.\n\n"
        f"{_sizes_table(found.sizes)}\n\n{_slopes(found.sizes)}"
    )


def as_markdown(found: Findings) -> str:
    """The report as Markdown, headings from the third level so that it fits into a page."""
    aims = table(("aim", "limit", "measured", "met"), [(what, aim, got, yes(met)) for what, aim, got, met in targets(found)])
    floors = table(
        ("floor", "wall s", "CPU s"), [(name, number(times.wall_s, 3), number(times.cpu_s, 3)) for name, times in found.floors.items()]
    )
    beside = "CPU is that of all threads while the stage lasts, so work that goes on beside a stage counts there."
    sections = {
        "Aims": aims,
        "Cost against megapixels": _cost_text(found).rstrip(),
        "Stage by stage": f"{beside}\n\n{_stages_table(found.sizes)}",
        "Floor": floors,
        "Against affine + B-spline registration": _peer_text(found),
    }
    return "\n\n".join([_machine_text(found), *(f"### {title}\n\n{text}" for title, text in sections.items())]) + "\n"


def put_into(page: str, report: str) -> str:
    """The page with the report between `BEGIN` and `END`; see `put_between`."""
    return put_between(page, report, BEGIN, END)


def put_between(page: str, report: str, begin_mark: str, end_mark: str) -> str:
    """The page with the report between two lines, in place of what stood there.

    Raises
    ------
    ValueError
        The page doesn't have both lines once, in that order.
    """
    head, begin, rest = page.partition(begin_mark)
    _, end, tail = rest.partition(end_mark)
    if not begin or not end or begin_mark in tail or end_mark in tail:
        raise ValueError(f"the page needs the lines {begin_mark} and {end_mark} once each")
    return f"{head}{begin_mark}\n\n{report.strip()}\n\n{end_mark}{tail}"


def write_report(found: Findings, folder: Path) -> None:
    """Write `report.md` and `report.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(f"# Benchmarks\n\n{as_markdown(found)}", encoding="utf-8")
    told = plain(found) | {"targets": [dict(zip(("what", "limit", "measured", "met"), row, strict=True)) for row in targets(found)]}
    (folder / "report.json").write_text(json.dumps(told, indent=1, allow_nan=False) + "\n", encoding="utf-8")
