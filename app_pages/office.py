"""Office: accounts, the trail, verification."""

from photocompare.viewer.office.page import show

show()
