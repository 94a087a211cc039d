"""Consult: the screen beside the patient."""

from pathlib import Path

from photocompare.viewer.consult.page import show

show(Path(__file__).parents[1] / "sample_images" / "good_result" / "measured.zip")
