"""Gallery: outcomes of legs that looked alike, to set a shared target."""

from pathlib import Path

from photocompare.viewer.gallery import page as gallery_page

gallery_page.show(Path(__file__).parents[1] / "sample_images" / "good_result" / "measured.zip")
