"""Affine + B-spline registration by itk-elastix at its default parameter maps: `python -m benchmarks.elastix TASK.json OUT.json`.

Klein et al., IEEE TMI 2010;29:196.  A process of its own, so that loading the library (some seconds) is no part of the time.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

STAGES = ("affine", "bspline")


def grey_image(itk: Any, path: str, spacing: float) -> Any:
    """A photo as a grey float image; `spacing` is the side of a pixel in the unit that the parameter maps count in."""
    grey = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise SystemExit("a photo could not be decoded")
    image = itk.image_from_array(grey.astype(np.float32))
    image.SetSpacing([spacing, spacing])
    return image


def default_parameters(itk: Any) -> Any:
    """The default maps; the one change is that no picture is resampled at the end, so that registration alone is timed."""
    parameters = itk.ParameterObject.New()
    for stage in STAGES:
        stage_map = parameters.GetDefaultParameterMap(stage)
        stage_map["WriteResultImage"] = ("false",)
        parameters.AddParameterMap(stage_map)
    return parameters


def register(itk: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Register the pair of a task and send its points through the result.

    elastix' transform leads from the fixed image to the moving one: with the before photo fixed it sends before points to the after photo.

    Parameters
    ----------
    itk : module
    task : dict
        `before`, `after` (paths), `spacing`, `points_xy` (before photo, pixels).

    Returns
    -------
    dict
        `wall_s`, `cpu_s` of the registration alone; `points_xy` in the after photo, pixels.
    """
    spacing = float(task["spacing"])
    fixed, moving = (grey_image(itk, task[which], spacing) for which in ("before", "after"))
    registration = itk.ElastixRegistrationMethod.New(fixed, moving)
    registration.SetParameterObject(default_parameters(itk))
    registration.SetLogToConsole(False)
    wall, cpu = time.perf_counter(), time.process_time()
    registration.UpdateLargestPossibleRegion()
    seconds = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    transform = registration.ConvertToItkTransform(registration.GetCombinationTransform())
    sent = [transform.TransformPoint([x * spacing, y * spacing]) for x, y in task["points_xy"]]
    return seconds | {"points_xy": [[x / spacing, y / spacing] for x, y in sent]}


def main() -> None:
    """Read the task, register, write what came of it."""
    task_file, out = map(Path, sys.argv[1:])
    done = register(importlib.import_module("itk"), json.loads(task_file.read_text()))
    out.write_text(json.dumps(done))


if __name__ == "__main__":
    main()
