"""Compare: the clinician's page."""

from pathlib import Path

from photocompare.viewer.compare.page import show

show(Path(__file__).parents[1] / "sample_images" / "good_result" / "measured.zip")
