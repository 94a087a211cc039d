"""Office: accounts, the trail, verification."""

from photocompare.viewer.office import page as office_page

office_page.show()
