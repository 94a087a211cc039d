"""Worker processes: one that dies costs its pair alone, and none outlives the batch."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

from photocompare.base.errors import UsageError
from photocompare.batch import workers
from photocompare.batch.pair import PairOutcome, PairTask, attempt
from photocompare.batch.workers import LocalWorkers
from tests.support.stand_in_measures import CALLS, calls, quick, tasks_of, write_pairs

if TYPE_CHECKING:
    pass

SOON_S = 20.0


@pytest.fixture(autouse=True)
def same_threads() -> Iterator[None]:
    """Gives OpenCV back the threads that an attempt within this process takes from it."""
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


def outcomes_of(folder: Path, words: list[str], *, count: int = 2, pair_seconds: float = 30.0) -> dict[str, PairOutcome]:
    manifest = write_pairs(folder, words)
    with LocalWorkers(count, quick, pair_seconds=pair_seconds) as hands:
        found = list(hands.outcomes(tasks_of(manifest)))
    assert len({outcome.key for outcome in found}) == len(found) == len(words)
    return {outcome.key: outcome for outcome in found}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ")[-1][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_bad_pairs_cost_themselves_and_killed_ones_are_tried_once_more(tmp_path: Path) -> None:
    words = ["ok", "kill", "fault", f"kill-once {tmp_path / 'mark'}", "text", "memory", "ok", "ok"]
    found = outcomes_of(tmp_path / "pairs", words)
    assert [found[f"key{row}"].status for row in range(2, 10)] == [
        "indicative", "failed", "failed", "indicative", "unreadable", "failed", "indicative", "indicative",
    ]  # fmt: skip
    assert found["key3"].why == "The process that measured this pair was killed, perhaps for want of memory, 2 times."
    assert "ZeroDivisionError: a fault of the program" in found["key4"].why
    assert found["key7"].why == "The process that measured this pair ran out of memory, 2 times."
    begun = calls(tmp_path / "pairs")
    assert [begun.count(f"key{row}") for row in range(2, 10)] == [1, 2, 1, 2, 1, 2, 1, 1]


def test_a_pair_that_never_ends_is_ended(tmp_path: Path) -> None:
    begin = time.monotonic()
    found = outcomes_of(tmp_path, ["hang", "ok"], pair_seconds=3.0)
    assert time.monotonic() - begin < workers.TRIES * 3.0 + SOON_S
    assert found["key2"].status == "failed"
    assert found["key2"].why.startswith("The process that measured this pair took more than 3 s and was ended")
    assert found["key3"].status == "indicative"


def test_no_more_processes_than_pairs_and_none_left_afterwards(tmp_path: Path) -> None:
    outcomes_of(tmp_path, ["ok"], count=2)
    pids = {line.split()[2] for line in (tmp_path / CALLS).read_text().splitlines()}
    assert len(pids) == 1
    assert not alive(int(pids.pop()))


def test_the_work_is_shared_and_each_process_has_one_thread(tmp_path: Path) -> None:
    outcomes_of(tmp_path, ["sleep 0.3"] * 6)
    assert len({line.split()[2] for line in (tmp_path / CALLS).read_text().splitlines()}) == 2
    manifest = write_pairs(tmp_path / "threads", ["ok"])
    with LocalWorkers(1, threads) as hands:
        (outcome,) = hands.outcomes(tasks_of(manifest))
    assert outcome.why == "1 1 1"
    assert "OMP_NUM_THREADS" not in os.environ or os.environ["OMP_NUM_THREADS"] != "1"


def threads(task: PairTask) -> PairOutcome:
    """How many threads OpenCV has, and what the libraries of linear algebra were told."""
    return PairOutcome(task.key, "skipped", f"{cv2.getNumThreads()} {os.environ['OMP_NUM_THREADS']} {os.environ['OPENBLAS_NUM_THREADS']}")


def nothing(task: PairTask) -> None:
    """Forgets to give an outcome."""


def test_a_measurement_that_gives_no_outcome_has_failed(tmp_path: Path) -> None:
    (task,) = tasks_of(write_pairs(tmp_path, ["ok"]))
    outcome = attempt(nothing, task)  # type: ignore[arg-type]
    assert (outcome.key, outcome.status) == (task.key, "failed")
    assert "TypeError: measuring gave a NoneType" in outcome.why


def test_processes_that_can_not_start_end_the_run_with_a_sentence(tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, ["ok"])
    gone = tmp_path / "not_importable.py"
    gone.write_text("def measure(task):\n    return task\n")
    sys.path.insert(0, str(tmp_path))
    try:
        import not_importable
    finally:
        sys.path.remove(str(tmp_path))
    gone.unlink()
    with LocalWorkers(1, not_importable.measure) as hands, pytest.raises(UsageError, match="No process for the measuring could be started"):
        list(hands.outcomes(tasks_of(manifest)))


def test_a_worker_of_another_version_does_not_answer(tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, ["ok"])
    (task,) = tasks_of(manifest)
    other = PairTask(task.key, task.sources, version="0.0.1")
    outcome = attempt(quick, other)
    assert outcome.status == "failed"
    assert "begun with 0.0.1" in outcome.why
    assert calls(tmp_path) == []


def test_processes_go_when_the_batch_is_killed(tmp_path: Path) -> None:
    write_pairs(tmp_path, ["hang", "hang"])
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from photocompare.batch.manifest import read_manifest\n"
        "from photocompare.batch.workers import LocalWorkers\n"
        "from tests.support.stand_in_measures import quick, tasks_of\n"
        "with LocalWorkers(2, quick) as hands: list(hands.outcomes(tasks_of(read_manifest(Path(sys.argv[1]) / 'manifest.csv'))))\n"
    )
    batch = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[2])
    try:
        end = time.monotonic() + SOON_S
        while len(calls(tmp_path)) < 2 and time.monotonic() < end:
            time.sleep(0.05)
        pids = [int(line.split()[2]) for line in (tmp_path / CALLS).read_text().splitlines()]
        assert len(pids) == 2
        assert all(map(alive, pids))
    finally:
        batch.send_signal(signal.SIGKILL)
        batch.wait()
    end = time.monotonic() + SOON_S
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(alive, pids))
