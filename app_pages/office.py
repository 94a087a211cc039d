"""Office: accounts, the trail, verification."""

from photocompare.viewer import office_page

office_page.show()
