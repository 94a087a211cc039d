"""Rating: pairs scored by people who don't see the number."""

from photocompare.viewer import rating_page

rating_page.show()
