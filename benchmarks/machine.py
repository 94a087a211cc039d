"""On what the figures were taken: processor, memory, versions; nothing that names the machine."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

LIBRARIES = ("numpy", "opencv-python", "scipy", "scikit-image", "onnxruntime", "itk-elastix")


@dataclass(frozen=True)
class Machine:
    """Parameters
    ----------
    processor : str
        As the system names the model.
    cores : int
        That this process may use.
    memory_gib : float
        NaN where the system doesn't tell.
    system, python : str
    libraries : dict of str to str
        Versions of those installed.
    """

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    libraries: dict[str, str]


def processor_model(cpuinfo: str) -> str:
    """The first "model name" of /proc/cpuinfo; "unknown" without one."""
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return "unknown"


def memory_gib(meminfo: str) -> float:
    """MemTotal of /proc/meminfo in GiB; NaN without one."""
    for line in meminfo.splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) / 2**20
    return float("nan")


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _versions() -> dict[str, str]:
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return versions


def this_machine() -> Machine:
    """What the figures of this run were taken on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(
        processor=processor_model(_text("/proc/cpuinfo")),
        cores=cores,
        memory_gib=memory_gib(_text("/proc/meminfo")),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        libraries=_versions(),
    )
