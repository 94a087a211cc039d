"""Gallery: outcomes of legs that looked alike, to set a shared target."""

from pathlib import Path

from photocompare.viewer.gallery.page import show

show(Path(__file__).parents[1] / "sample_images" / "good_result" / "measured.zip")
