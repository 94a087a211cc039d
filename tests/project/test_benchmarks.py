"""The benchmarks' own arithmetic, launcher and report; no time is judged here."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.costs import Cost, run_apart
from benchmarks.launch import descendants, proportional_kib
from benchmarks.machine import Machine, memory_gib, processor_model, this_machine
from benchmarks.peer import PairComparison, PeerRun, PointError, judged_at, our_points, point_error, sent_by_map
from benchmarks.photos import MadePair, enlarge_pair, enlarged, size_for
from benchmarks.report import BEGIN, END, Findings, as_markdown, plain, put_into, table, targets, write_report
from benchmarks.sizes import END as LAST
from benchmarks.sizes import START, SizeCost, Times, cost_per_megapixel, parts_of, stage_medians

NAN = math.nan


def size_cost(megapixels: float, wall_s: float, peak_mib: float) -> SizeCost:
    """A made size: the stages are the same at each."""
    return SizeCost(
        megapixels, 4000, 3000, "comparable", 3, Times(wall_s, 2 * wall_s), (wall_s, wall_s), peak_mib, peak_mib + 100,
        Times(0.1, 0.1), 80.0, {START: Times(0.2, 0.2), "register": Times(0.6, 1.0), LAST: Times(0.1, 0.1)},
    )  # fmt: skip


def peer_run(unit: str, ratio: float, lower: bool) -> PeerRun:
    return PeerRun(unit, 20.0, 40.0, 900.0, PointError(8.0, 15.0), ratio, lower)


@pytest.fixture
def found() -> Findings:
    pair = PairComparison(
        "standard-0", "standard", 5, "comparable", 1.4, 2.0, 700.0, 0.9, PointError(0.05, 0.2), PointError(7.0, 12.0),
        (peer_run("pixel", 14.2, True), peer_run("mm", 9.0, True)),
    )  # fmt: skip
    machine = Machine("Some Processor", 2, 8.0, "Linux x86_64", "3.12.1", {"numpy": "2.2.0"})
    sizes = (size_cost(1.92, 1.4, 500.0), size_cost(12.0, 3.6, 700.0))
    control = {"pixel": PointError(0.01, 0.02), "mm": PointError(0.004, 0.01)}
    return Findings("1.2.3", "ab" * 32, machine, (0.1, 0.9), {"Python starts": Times(0.02, 0.02)}, sizes, control, (pair,))


def test_the_launcher_tells_status_time_and_the_memory_of_the_command_alone() -> None:
    held = np.ones(64 * 2**20, np.uint8)  # this process holds more than the command will
    small = run_apart([sys.executable, "-I", "-S", "-c", "pass"])
    large = run_apart([sys.executable, "-I", "-S", "-c", "held = bytearray(b'1') * (96 << 20)"])
    assert held.nbytes / 2**20 > small.peak_mib
    assert 90 < large.peak_mib - small.peak_mib < 110
    assert small.wall_s > 0
    assert small.together_mib == 0


def test_the_memory_of_child_processes_counts_in_the_sum() -> None:
    hold = "import time; held = bytearray(b'1') * (64 << 20); time.sleep(0.4)"
    parent = f"import subprocess, sys; children = [subprocess.Popen([sys.executable, '-I', '-S', '-c', {hold!r}]) for _ in range(2)]"
    command = [sys.executable, "-I", "-S", "-c", f"{parent}; [child.wait() for child in children]"]
    cost = run_apart(command, together=True)
    assert cost.peak_mib < 100
    if Path("/proc/self/smaps_rollup").exists():
        assert 128 < cost.together_mib < 200
    else:  # only Linux tells it
        assert cost.together_mib == 0


def test_processes_that_have_ended_cost_nothing(tmp_path: Path) -> None:
    assert descendants(123, tmp_path) == [123]
    assert proportional_kib(123, tmp_path) == 0


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="status 7"):
        run_apart([sys.executable, "-c", "raise SystemExit(7)"])
    assert run_apart([sys.executable, "-c", "raise SystemExit(7)"], codes=(7,)).wall_s > 0


def test_parts_of_a_run_add_up_to_the_whole() -> None:
    marks = {"read": {"start": 10.5, "end": 11.0, "cpu_s": 0.8}, "register": {"start": 11.0, "end": 12.0, "cpu_s": 1.5}}
    parts = parts_of(marks, Cost(started=10.0, wall_s=2.5, cpu_s=3.1, peak_mib=1.0, together_mib=0.0))
    assert list(parts) == [START, "read", "register", LAST]
    assert parts[START].wall_s == pytest.approx(0.5)
    assert sum(part.wall_s for part in parts.values()) == pytest.approx(2.5)
    assert sum(part.cpu_s for part in parts.values()) == pytest.approx(3.1)


def test_stage_medians_take_the_results_own_wall_times_and_the_traced_rest() -> None:
    traced = [{START: Times(s, s), "read": Times(9.0, s)} for s in (1.0, 3.0, 2.0)]
    medians = stage_medians([{"read": 5.0}, {"read": 7.0}, {"read": 6.0}], traced)
    assert medians == {START: Times(2.0, 2.0), "read": Times(6.0, 2.0)}


def test_a_straight_line_is_found_again() -> None:
    sizes = [2.0, 12.0, 48.0]
    assert cost_per_megapixel(sizes, [1.2 + 0.05 * size for size in sizes]) == pytest.approx((1.2, 0.05))
    with pytest.raises(ValueError, match="two sizes"):
        cost_per_megapixel([2.0, 2.0], [1.0, 1.1])


@pytest.mark.parametrize(("megapixels", "size"), [(1.92, (1600, 1200)), (12.0, (4000, 3000)), (48.0, (8000, 6000))])
def test_sizes_keep_the_sides_ratio(megapixels: float, size: tuple[int, int]) -> None:
    assert size_for((1600, 1200), megapixels) == size


def test_an_enlarged_photo_is_the_same_scene_with_fresh_noise() -> None:
    plain_grey = np.full((300, 400, 3), 128, np.uint8)
    large = enlarged(plain_grey, 0.48, seed=1)
    assert large.shape == (600, 800, 3)
    assert large.mean() == pytest.approx(128, abs=0.02)
    assert large.std() == pytest.approx(1.53, abs=0.02)  # 1.5 codes, rounded to whole ones: sqrt(1.5 ** 2 + 1 / 12)
    assert np.array_equal(large, enlarged(plain_grey, 0.48, seed=1))
    assert not np.array_equal(large, enlarged(plain_grey, 0.48, seed=2))


def test_a_pair_at_its_own_size_is_measured_as_it_was_rendered(tmp_path: Path) -> None:
    photos = tmp_path / "before.jpg", tmp_path / "after.jpg"
    for path in photos:
        cv2.imwrite(str(path), np.full((400, 300, 3), 90, np.uint8))
    pair = MadePair("made", "standard", 1, photos, np.zeros((1, 4)), 0.1)
    assert enlarge_pair(pair, tmp_path / "same", 0.12) == photos
    larger = enlarge_pair(pair, tmp_path / "larger", 0.48)
    assert all(cv2.imread(str(path)).shape == (800, 600, 3) for path in larger)


def test_point_error_is_in_millimetres_and_leaves_out_points_without_a_place() -> None:
    true = np.zeros((5, 2))
    found_xy = np.array([[3.0, 4.0], [6.0, 8.0], [0.0, 1.0], [NAN, NAN], [0.0, 0.0]])
    error = point_error(found_xy, true, 0.1)
    assert error.median_mm == pytest.approx(0.3)
    assert error.p95_mm == pytest.approx(0.1 * np.percentile([5, 10, 1, 0], 95))
    nothing = point_error(np.full((2, 2), NAN), np.zeros((2, 2)), 0.1)
    assert math.isnan(nothing.median_mm)


def test_lower_error_means_both_figures_and_never_a_refusal() -> None:
    peer = PointError(0.5, 1.0)
    assert PointError(0.4, 0.9).below(peer)
    assert not PointError(0.4, 1.1).below(peer)
    assert not PointError(0.6, 0.9).below(peer)
    assert not PointError(NAN, NAN).below(peer)


def test_a_grid_map_sends_points_between_its_nodes(tmp_path: Path) -> None:
    step = 4
    rows, columns = np.mgrid[0:40:step, 0:60:step].astype(np.float32)
    grid = np.dstack([columns + 0.5 * rows + 2, rows - 3]).astype(np.float32)
    grid[:, -1] = np.nan
    points = np.array([[10.0, 7.0], [33.0, 20.5], [56.0, 8.0]])
    np.savez(tmp_path / "registration.npz", map_xy=grid, step=step)
    found_xy = our_points(tmp_path, points)
    expected = np.column_stack([points[:, 0] + 0.5 * points[:, 1] + 2, points[:, 1] - 3])
    assert found_xy[:2] == pytest.approx(expected[:2], abs=0.15)  # OpenCV reads between nodes in 32nds of a node's distance
    assert np.isnan(found_xy[2]).all()
    assert np.array_equal(sent_by_map(grid, step, points), found_xy, equal_nan=True)


def test_both_are_judged_where_we_give_a_map_and_everywhere_when_we_refuse(tmp_path: Path) -> None:
    partly = np.array([[1.0, 1.0], [NAN, NAN], [2.0, 2.0]])
    assert judged_at(partly).tolist() == [True, False, True]
    refused = our_points(tmp_path, partly)
    assert np.isnan(refused).all()
    assert judged_at(refused).all()


def test_the_machine_is_told_without_its_name() -> None:
    assert processor_model("processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\nmodel name\t: Other\n") == "Some CPU @ 3 GHz"
    assert processor_model("") == "unknown"
    assert memory_gib("MemFree: 1 kB\nMemTotal:        8388608 kB\n") == 8.0
    assert math.isnan(memory_gib(""))
    machine = this_machine()
    assert machine.cores >= 1
    assert "numpy" in machine.libraries


def test_the_aims_are_met_or_missed_by_the_figures(found: Findings) -> None:
    verdicts = {what: met for what, _, _, met in targets(found)}
    assert verdicts == {
        "wall time at 2 MP": True,
        "wall time at 12 MP": False,
        "peak memory at 12 MP": True,
        "times faster than the peer in units of pixel, worst pair": True,
        "lower error than the peer in units of pixel": True,
        "times faster than the peer in units of mm, worst pair": True,
        "lower error than the peer in units of mm": True,
    }
    pair = replace(found.pairs[0], peers=(peer_run("pixel", 14.2, True), peer_run("mm", 7.9, False)))
    worse = {what: met for what, _, _, met in targets(replace(found, pairs=(pair,)))}
    assert worse["lower error than the peer in units of pixel"]
    assert not worse["times faster than the peer in units of mm, worst pair"]
    assert not worse["lower error than the peer in units of mm"]


def test_the_report_shows_every_part(found: Findings, tmp_path: Path) -> None:
    write_report(found, tmp_path / "report")
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    for part in (
        "Some Processor, 2 cores",
        "| 12.0 | 4000 x 3000 |",
        "| register | 0.600 / 1.000 (6.0) |",
        "| Python starts |",
        "0.050 / 0.200",
    ):
        assert part in text
    told = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert told["sizes"][1]["whole"]["wall_s"] == 3.6
    assert told["pairs"][0]["peers"][1]["ours_lower"] is True
    assert [row["met"] for row in told["targets"]] == [True, False, True, True, True, True, True]


def test_without_the_peer_the_report_says_so(found: Findings) -> None:
    text = as_markdown(replace(found, pairs=(), control={}, peer_absent="Not run."))
    assert "Not run." in text
    assert "times faster" not in text


def test_nan_is_null_in_json() -> None:
    assert plain({"a": [NAN, 1.0], "b": PointError(0.5, NAN)}) == {"a": [None, 1.0], "b": {"median_mm": 0.5, "p95_mm": None}}


def test_a_table_has_full_rows() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    with pytest.raises(ValueError, match="longer or shorter"):
        table(("a", "b"), [("1",)])


def test_figures_take_the_place_of_the_last_ones_in_a_page() -> None:
    page = f"# Page\n\n{BEGIN}\nold\n{END}\n\nafter\n"
    once = put_into(page, "new")
    assert once == f"# Page\n\n{BEGIN}\n\nnew\n\n{END}\n\nafter\n"
    assert put_into(once, "new") == once
    with pytest.raises(ValueError, match="once each"):
        put_into("# Page without the lines\n", "new")


def test_the_page_in_the_docs_can_take_the_figures() -> None:
    page = (Path(__file__).parents[2] / "docs" / "performance.md").read_text(encoding="utf-8")
    assert "figures of a run" in put_into(page, "figures of a run")
